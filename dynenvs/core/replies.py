"""Replies in JSON: the schema of the actions that are legal now, and the parser that accepts exactly what fits it.

Both are made from a role's `ActionLayout` and its mask. A reply is one JSON object with one key a head:
``{"move": "cooperate"}``. A discrete head takes the name of a legal option, or a number where all names of its options
are whole numbers; a continuous one takes a number within its bounds. Nothing is guessed: prose around the object, other
keys, a key twice, other spellings are all refused, with a kind to count and a reason fit to be shown to a model.

Options are listed (JSON Schema's ``enum``) even where they are a range of numbers: the grammars that constrain the
decoding of small models enforce a list, but not a ``minimum``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import shown
from dynenvs.core.errors import ParameterError
from dynenvs.core.layouts import ActionLayout, ContinuousHead, DiscreteHead

__all__ = [
    "BAD_REPLY_KINDS",
    "BadReply",
    "BadReplyKind",
    "Letter",
    "action_schema",
    "check_reply",
    "decode_reply",
    "parse_action",
    "reply_form",
    "write_action",
]

BadReplyKind: TypeAlias = Literal["empty", "not_json", "duplicate_key", "wrong_schema", "illegal_action"]
"""Why a reply is refused.

``empty``: no text. ``not_json``: anything but one JSON value. ``duplicate_key``: an object says something twice.
``wrong_schema``: JSON, but not an object with these keys whose values are such options or numbers. ``illegal_action``:
an option that exists, but not now, or a number out of bounds.
"""

BAD_REPLY_KINDS: tuple[BadReplyKind, ...] = get_args(BadReplyKind)

_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
_SHOWN = 40  # characters of a wrong value that a reason repeats


@dataclass(frozen=True)
class BadReply:
    """A reply that is no legal action: an event to be counted, never an exception.

    Attributes
    ----------
    kind : BadReplyKind
        What is wrong, for statistics.
    reason : str
        What is wrong and what was expected: one line of ASCII unless names of the world are not, for a model to read.
    """

    kind: BadReplyKind
    reason: str


class Letter(NamedTuple):
    """Words in a reply that are meant for other players.

    Attributes
    ----------
    text : str
        What is said.
    receivers : tuple of int
        Agents who can read it; empty means everyone.
    """

    text: str
    receivers: tuple[int, ...] = ()


class _Refused(Exception):
    """Carries a `BadReply` up to `parse_action`."""

    def __init__(self, kind: BadReplyKind, reason: str) -> None:
        super().__init__(reason)
        self.bad_reply = BadReply(kind, reason)


def action_schema(actions: ActionLayout, action_mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Describe the actions that are legal now.

    Parameters
    ----------
    actions : ActionLayout
        What the role decides.
    action_mask : ndarray of bool, shape (num_masks,)
        True = legal; empty where heads are continuous.

    Returns
    -------
    dict
        A JSON Schema (draft 2020-12) of one object, all keys required and no others allowed.
    """
    properties = {
        **{head.name: _choice_schema(head, _legal(actions, head, action_mask)) for head in actions.discrete_heads},
        **{head.name: _number_schema(head) for head in actions.continuous_heads},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def reply_form(actions: ActionLayout, action_mask: NDArray[np.bool_]) -> str:
    """Say in words what `action_schema` says, e.g. ``{"move": "cooperate" or "defect"}``."""
    spelled = {
        **{head.name: _spell(_legal_values(actions, head, action_mask)) for head in actions.discrete_heads},
        **{head.name: _spell_bounds(head) for head in actions.continuous_heads},
    }
    return "{" + ", ".join(f"{json.dumps(name)}: {form}" for name, form in spelled.items()) + "}"


def check_reply(reply: object) -> None:
    """Refuse what no model can have said: a program has passed on something else than its text.

    Raises
    ------
    ParameterError
        If it is neither text nor None.
    """
    if reply is not None and not isinstance(reply, str):
        raise ParameterError(f"reply={shown(reply)}: expected the text of a reply, or None")


def parse_action(actions: ActionLayout, action_mask: NDArray[np.bool_], reply: str | None) -> NDArray[Any] | BadReply:
    """Read a reply: exactly what fits `action_schema` is an action, all else is a bad reply.

    Parameters
    ----------
    actions, action_mask
        As in `action_schema`.
    reply : str or None
        The text, which may be anything; None, as servers have it, is no text.

    Returns
    -------
    ndarray, shape (heads,), or BadReply
        int64 options or float64 values, as `World.step` takes them for the role.

    Raises
    ------
    ParameterError
        If it is neither text nor None; no text raises.
    """
    try:
        values = _decode(reply)
        _check_keys(values, [head.name for head in actions.heads])
        chosen = [_option(actions, head, action_mask, values[head.name]) for head in actions.discrete_heads]
        numbers = [_number(head, values[head.name]) for head in actions.continuous_heads]
    except _Refused as refused:
        return refused.bad_reply
    return np.array(chosen, np.int64) if actions.is_discrete else np.array(numbers, np.float64)


def decode_reply(reply: str | None) -> Any:
    """Read the JSON value of a reply as `parse_action` does, for parsers of other forms.

    Returns
    -------
    object
        What it says; a `BadReply` of kind ``empty``, ``not_json`` or ``duplicate_key`` if it is no JSON value.

    Raises
    ------
    ParameterError
        If it is neither text nor None; no text raises.
    """
    try:
        return _decode(reply)
    except _Refused as refused:
        return refused.bad_reply


def write_action(actions: ActionLayout, action: NDArray[Any]) -> str:
    """Write an action as the reply that `parse_action` reads.

    Parameters
    ----------
    actions : ActionLayout
        What the role decides.
    action : ndarray, shape (heads,)
        One action of that role.

    Returns
    -------
    str
        A JSON object.
    """
    discrete, continuous = actions.discrete_heads, actions.continuous_heads
    said: dict[str, Any] = {head.name: _values(head)[int(k)] for head, k in zip(discrete, action, strict=False)}
    said |= {head.name: float(value) for head, value in zip(continuous, action, strict=False)}
    return json.dumps(said)


# What stands for an option, in schema, words and parser alike.


def _values(head: DiscreteHead) -> Sequence[str | int]:
    """Return what a reply says for each option: its name, or a number where all names are whole numbers."""
    numbered = all(_WHOLE_NUMBER.fullmatch(option) for option in head.options)
    return [int(option) for option in head.options] if numbered else head.options


def _legal(actions: ActionLayout, head: DiscreteHead, action_mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero(action_mask[actions.mask_slices[head.name]])


def _legal_values(actions: ActionLayout, head: DiscreteHead, action_mask: NDArray[np.bool_]) -> list[str | int]:
    values = _values(head)
    return [values[option] for option in _legal(actions, head, action_mask)]


# Schema.


def _choice_schema(head: DiscreteHead, legal: NDArray[np.int64]) -> dict[str, Any]:
    values = _values(head)
    json_type = "integer" if isinstance(values[0], int) else "string"
    return {"type": json_type, "enum": [values[option] for option in legal]} | _described(head.about)


def _number_schema(head: ContinuousHead) -> dict[str, Any]:
    about = ", ".join(filter(None, (head.about, head.unit and f"in {head.unit}")))
    return {"type": "number", "minimum": head.low, "maximum": head.high} | _described(about)


def _described(about: str) -> dict[str, str]:
    return {"description": about} if about else {}


# Words.


def _spell(values: Sequence[str | int]) -> str:
    """List options: a run of whole numbers by its ends, others one by one."""
    numbers = [value for value in values if isinstance(value, int)]
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[0] + len(values))):
        return f"a whole number from {numbers[0]} to {numbers[-1]}"
    named = [json.dumps(value, ensure_ascii=False) for value in values]
    return " or ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))


def _spell_bounds(head: ContinuousHead) -> str:
    return f"a number from {head.low:g} to {head.high:g} {head.unit}".rstrip()


def _shown(value: Any) -> str:
    """Repeat a wrong value, on one line and not at length."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value[: _SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


# Parser.


def _decode(reply: str | None) -> Any:
    check_reply(reply)
    if reply is None or not reply.strip():
        raise _Refused("empty", "the reply is empty: expected one JSON object")
    try:
        return json.loads(reply, object_pairs_hook=_once_each, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        near = _shown(reply[error.pos : error.pos + _SHOWN // 2])
        raise _Refused(
            "not_json", f"expected one JSON object and nothing else: character {error.pos + 1} is wrong, near {near}"
        ) from error
    except (RecursionError, ValueError) as error:  # nested too deep, or a number of thousands of digits
        raise _Refused("not_json", "expected one small JSON object") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for key, value in pairs:
        if key in said:
            raise _Refused("duplicate_key", f"the key {_shown(key)} stands there more than once")
        said[key] = value
    return said


def _refuse_constant(name: str) -> None:
    raise _Refused("not_json", f"{name} is no number in JSON")


def _check_keys(values: Any, expected: Sequence[str]) -> None:
    if not isinstance(values, dict):
        raise _Refused("wrong_schema", f"expected a JSON object, got {_shown(values)}")
    for key in expected:
        if key not in values:
            raise _Refused("wrong_schema", f"the key {_shown(key)} is missing")
    for key in values:
        if key not in expected:
            raise _Refused(
                "wrong_schema", f"unknown key {_shown(key)}: expected {', '.join(map(json.dumps, expected))}"
            )


def _option(actions: ActionLayout, head: DiscreteHead, action_mask: NDArray[np.bool_], value: Any) -> int:
    values = _values(head)
    expected = f"expected {_spell(_legal_values(actions, head, action_mask))}"
    is_bare = isinstance(value, str | int | float) and not isinstance(value, bool)  # JSON's true is not 1
    if not is_bare or value not in values:
        raise _Refused("wrong_schema", f"{head.name}: {_shown(value)} is no option; {expected}")
    option = values.index(value)
    if option not in _legal(actions, head, action_mask):
        raise _Refused("illegal_action", f"{head.name}: {_shown(value)} is not possible now; {expected}")
    return option


def _number(head: ContinuousHead, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused("wrong_schema", f"{head.name}: {_shown(value)} is no number; expected {_spell_bounds(head)}")
    if not head.low <= value <= head.high:
        raise _Refused(
            "illegal_action", f"{head.name}: {_shown(value)} is out of bounds; expected {_spell_bounds(head)}"
        )
    return float(value)
