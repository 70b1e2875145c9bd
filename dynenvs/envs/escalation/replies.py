"""The reply of a nation in words: its reasons, and a list of actions.

``{"reasoning": "...", "actions": [{"action_name": "Wait", "target_nation": "Blue"}, ...]}``: the form of the paper,
read strictly. What is missing in the list is waited. Where there are messages, an action ``"Message"`` has
``"intent"`` and ``"content"`` beside its target, which may be ``"World"``: then it goes to every nation that has no
message of its own. Nothing is repaired or dropped: one name that does not exist, or one action too many, and the whole
reply is bad.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.replies import BadReply, BadReplyKind, Letter, decode_reply
from dynenvs.envs.escalation.actions import MESSAGE, NAMES
from dynenvs.envs.escalation.legality import decode, encode, num_options
from dynenvs.envs.escalation.world import INTENTS, message_heads

if TYPE_CHECKING:
    from dynenvs.core.view import GameView
    from dynenvs.envs.escalation.params import EscalationParams

__all__ = ["CONTENT_LIMIT", "WORLD", "Choice", "fallback", "letters", "parse", "request", "schema", "write"]

WORLD = "World"
"""Target of a message that everybody reads."""

CONTENT_LIMIT = 500
"""Characters of a message."""

_ACTION_KEYS = ("action_name", "target_nation")
_MESSAGE_KEYS = (*_ACTION_KEYS, "intent", "content")


@dataclass(frozen=True)
class Choice:
    """What is possible for a nation now, read from its mask.

    Attributes
    ----------
    view : GameView
        The game.
    seat : int
        The nation.
    """

    view: GameView
    seat: int

    @property
    def params(self) -> EscalationParams:
        """Parameters of the game."""
        params: EscalationParams = self.view.params
        return params

    @property
    def names(self) -> tuple[str, ...]:
        """All nations."""
        return self.params.nation_names

    @property
    def most(self) -> int:
        """Actions that the reply may hold, messages aside."""
        return 1 if self.params.slot_by_slot else self.params.slots

    @cached_property
    def targets(self) -> dict[int, tuple[str, ...]]:
        """Nations that each action may be aimed at, for the actions that are open; the nation itself for Wait."""
        mask = self.view.action_mask(self.seat)[: num_options(len(self.names))]
        targets: dict[int, list[str]] = {}
        for option in np.flatnonzero(mask).tolist():
            action, target = decode(option, self.seat, len(self.names))
            targets.setdefault(action, []).append(self.names[target])
        return {action: tuple(names) for action, names in targets.items()}

    @cached_property
    def receivers(self) -> tuple[str, ...]:
        """Nations that a message may go to."""
        if not self.params.messages:
            return ()
        slices = self.view.role(self.seat).actions.mask_slices
        mask = self.view.action_mask(self.seat)
        heads = zip(message_heads(self.names), self.names, strict=True)
        return tuple(name for head, name in heads if mask[slices[head]][1:].any())

    @property
    def addresses(self) -> tuple[str, ...]:
        """What a message may have as its target."""
        return (*self.receivers, WORLD) if self.receivers else ()


class _Refused(Exception):
    """Carries a `BadReply` up to `parse`."""

    def __init__(self, kind: BadReplyKind, reason: str) -> None:
        super().__init__(reason)
        self.bad_reply = BadReply(kind, reason)


# What is asked.


def request(view: GameView, seat: int) -> str:
    """Say which replies are possible now.

    Parameters
    ----------
    view : GameView
        One game of an `Escalation`.
    seat : int
        Who is asked.

    Returns
    -------
    str
        The form, and what of the list of actions is closed today.
    """
    choice = Choice(view, seat)
    most = "at most one action" if choice.most == 1 else f"at most {choice.most} actions"
    item = '{"action_name": "...", "target_nation": "..."}'
    reasons = '"reasoning": "...", ' if choice.params.reasoning else ""
    lines = [
        f'Reply with one JSON object and nothing else: {{{reasons}"actions": [{item}, ...]}}, with {most}; for what is '
        "missing you wait. Names of actions and nations as they are listed."
    ]
    if choice.params.reasoning:
        lines.append('Nobody else reads your "reasoning"; keep it under 250 words.')
    lines += _told_targets(choice)
    if choice.addresses:
        intents = ", ".join(map(json.dumps, INTENTS[1:]))
        lines.append(
            'Beside them, messages: {"action_name": "Message", "target_nation": "...", "intent": "...", "content": '
            f'"..."}}, one to a target ({", ".join(choice.addresses)}), with an intent out of {intents}, and at most '
            f"{CONTENT_LIMIT} characters of content."
        )
    return "\n".join(lines)


def _told_targets(choice: Choice) -> list[str]:
    """Say what may be aimed at whom, the largest group of actions last and unnamed, and which of them are closed."""
    groups = sorted(_groups(choice).items(), key=lambda group: len(group[1]))
    aims = [f"{', '.join(names)} at {_told_nations(choice, targets)}" for targets, names in groups[:-1]]
    others = "all other actions" if aims else "every action"
    aims.append(f"{others} at {_told_nations(choice, groups[-1][0])}")
    closed = [NAMES[action] for action in choice.params.action_ids if action not in choice.targets]
    return [f"Aim {'; '.join(aims)}.", *([f"Not possible today: {', '.join(closed)}."] if closed else [])]


def _told_nations(choice: Choice, targets: Sequence[str]) -> str:
    """List the nations that something may be aimed at."""
    if list(targets) == [choice.names[choice.seat]]:
        return f"your own nation, {targets[0]}"
    return " or ".join(filter(None, (", ".join(targets[:-1]), targets[-1])))


def _groups(choice: Choice) -> dict[tuple[str, ...], list[str]]:
    """Group the open actions by whom they may be aimed at."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for action, targets in choice.targets.items():
        groups.setdefault(targets, []).append(NAMES[action])
    return groups


def schema(view: GameView, seat: int) -> dict[str, Any]:
    """Return the JSON Schema of the replies that are possible now.

    Actions are grouped by whom they may be aimed at, so that a grammar made from it stays small.
    """
    choice = Choice(view, seat)
    items = [_item(_ACTION_KEYS, names, targets) for targets, names in _groups(choice).items()]
    actions: dict[str, Any] = {"type": "array"}
    if choice.addresses:
        actions |= {
            "items": {"anyOf": [*items, _message_item(choice.addresses)]},
            "maxItems": choice.most + len(choice.addresses),
            "allOf": [
                _at_most(choice.most, {"properties": {"action_name": {"not": {"const": NAMES[MESSAGE]}}}}),
                *(_at_most(1, _message_item((address,))) for address in choice.addresses),
            ],
        }
    else:
        actions |= {"items": {"anyOf": items} if len(items) > 1 else items[0], "maxItems": choice.most}
    reasons = {"reasoning": {"type": "string"}} if choice.params.reasoning else {}
    return _object({**reasons, "actions": actions})


def _at_most(number: int, described: dict[str, Any]) -> dict[str, Any]:
    return {"contains": described, "minContains": 0, "maxContains": number}


def _item(keys: Sequence[str], names: Sequence[str], targets: Sequence[str]) -> dict[str, Any]:
    return _object(dict(zip(keys, ({"type": "string", "enum": list(part)} for part in (names, targets)), strict=True)))


def _message_item(addresses: Sequence[str]) -> dict[str, Any]:
    item = _item(_ACTION_KEYS, [NAMES[MESSAGE]], addresses)
    words = {"type": "string", "maxLength": CONTENT_LIMIT}
    return _object(item["properties"] | {"intent": {"type": "string", "enum": list(INTENTS[1:])}, "content": words})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# What is answered.


def parse(view: GameView, seat: int, reply: str | None) -> NDArray[np.int64] | BadReply:
    """Read a reply: what fits `schema` is an action, all else is a bad reply; no text raises.

    Returns
    -------
    ndarray of int64, shape (heads,), or BadReply
        Options of the slots in the order of the list, then the intents by nation.
    """
    said = decode_reply(reply)
    if isinstance(said, BadReply):
        return said
    try:
        return _action(Choice(view, seat), said)
    except _Refused as refused:
        return refused.bad_reply


def _action(choice: Choice, said: Any) -> NDArray[np.int64]:
    keys = ("reasoning", "actions") if choice.params.reasoning else ("actions",)
    _check_keys("the reply", said, keys)
    if choice.params.reasoning and not isinstance(said["reasoning"], str):
        raise _Refused("wrong_schema", "reasoning: expected text")
    if not isinstance(said["actions"], list):
        raise _Refused("wrong_schema", "actions: expected a list")
    options, intents = list[int](), dict[str, int]()
    for number, item in enumerate(said["actions"], 1):
        place = f"action {number}"
        if not isinstance(item, dict) or "action_name" not in item:
            raise _Refused("wrong_schema", f"{place}: expected an object with action_name and target_nation")
        if choice.params.messages and item["action_name"] == NAMES[MESSAGE]:
            address, intent = _message(choice, place, item)
            if address in intents:
                raise _Refused("illegal_action", f"{place}: expected one message to a target, not two to {address}")
            intents[address] = intent
        else:
            options.append(_option(choice, place, item))
    if len(options) > choice.most:
        besides = " besides messages" if choice.params.messages else ""
        raise _Refused("illegal_action", f"{len(options)} actions: expected at most {choice.most}{besides}")
    return _heads(choice, options, intents)


def _heads(choice: Choice, options: list[int], intents: dict[str, int]) -> NDArray[np.int64]:
    """Lay out slots and messages as the world takes them."""
    action = np.zeros(len(choice.view.role(choice.seat).actions.heads), np.int64)
    action[: len(options)] = options
    if choice.params.messages:
        to_all = intents.get(WORLD, 0)
        for k, name in enumerate(choice.names):
            if name in choice.receivers:
                action[choice.most + k] = intents.get(name, to_all)
    return action


def _option(choice: Choice, place: str, item: dict[str, Any]) -> int:
    """Read an action and its target."""
    _check_keys(place, item, _ACTION_KEYS)
    known = [NAMES[action] for action in choice.params.action_ids]
    name = _one_of(place, "action", item["action_name"], known)
    target = _one_of(place, "nation", item["target_nation"], choice.names)
    action = NAMES.index(name)
    if action not in choice.targets:
        raise _Refused("illegal_action", f"{place}: {json.dumps(name)} is not possible today")
    if target not in choice.targets[action]:
        expected = ", ".join(choice.targets[action])
        raise _Refused(
            "illegal_action", f"{place}: {json.dumps(name)} cannot be aimed at {target}; expected {expected}"
        )
    return int(encode(action, choice.names.index(target), len(choice.names)))


def _message(choice: Choice, place: str, item: dict[str, Any]) -> tuple[str, int]:
    """Read to whom a message goes, and what it is meant as."""
    _check_keys(place, item, _MESSAGE_KEYS)
    address = _one_of(place, "nation", item["target_nation"], (*choice.names, WORLD))
    if address not in choice.addresses:
        expected = ", ".join(choice.addresses) or "no message"
        raise _Refused("illegal_action", f"{place}: no message can go to {address}; expected {expected}")
    intent = _one_of(place, "intent", item["intent"], INTENTS[1:])
    if not isinstance(item["content"], str):
        raise _Refused("wrong_schema", f"{place}: content: expected text")
    if len(item["content"]) > CONTENT_LIMIT:
        raise _Refused("illegal_action", f"{place}: content: expected at most {CONTENT_LIMIT} characters")
    return address, INTENTS.index(intent)


def _one_of(place: str, what: str, value: Any, known: Sequence[str]) -> str:
    if isinstance(value, str) and value in known:
        return value
    near = difflib.get_close_matches(value[:100], known, n=1) if isinstance(value, str) else []
    expected = f"did you mean {json.dumps(near[0])}?" if near else f"expected {', '.join(map(json.dumps, known))}"
    raise _Refused("wrong_schema", f"{place}: {_shown(value)} is no {what}; {expected}")


def _check_keys(place: str, said: Any, keys: Sequence[str]) -> None:
    if not isinstance(said, dict):
        raise _Refused("wrong_schema", f"{place}: expected a JSON object, got {_shown(said)}")
    for key in keys:
        if key not in said:
            raise _Refused("wrong_schema", f"{place}: the key {json.dumps(key)} is missing")
    for key in said:
        if key not in keys:
            expected = ", ".join(map(json.dumps, keys))
            raise _Refused("wrong_schema", f"{place}: unknown key {_shown(key)}: expected {expected}")


def _shown(value: Any) -> str:
    """Repeat a wrong value, on one line and not at length."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value[:41] if isinstance(value, str) else value)
    return text if len(text) <= 40 else f"{text[:37]}..."


# What is written.


def write(view: GameView, seat: int, action: NDArray[np.int64]) -> str:
    """Write an action as the reply that `parse` reads, without reasons, and without words in its messages."""
    choice = Choice(view, seat)
    options = action[: choice.most].tolist()
    while options and options[-1] == 0:
        options.pop()
    items = [_written(choice, *decode(option, seat, len(choice.names))) for option in options]
    for name, intent in zip(choice.names, action[choice.most :].tolist(), strict=False):
        if intent:
            words = {"intent": INTENTS[intent], "content": ""}
            items.append({"action_name": NAMES[MESSAGE], "target_nation": name, **words})
    return json.dumps({**({"reasoning": ""} if choice.params.reasoning else {}), "actions": items})


def _written(choice: Choice, action: int, target: int) -> dict[str, str]:
    return {"action_name": NAMES[action], "target_nation": choice.names[target]}


def letters(view: GameView, seat: int, reply: str) -> tuple[Letter, ...]:
    """Return the words of the messages in a reply that `parse` takes, with their readers; empty ones are not sent."""
    names = view.params.nation_names
    sent = [item for item in json.loads(reply)["actions"] if item["action_name"] == NAMES[MESSAGE]]
    return tuple(
        Letter(item["content"], () if item["target_nation"] == WORLD else (names.index(item["target_nation"]),))
        for item in sent
        if item["content"].strip()
    )


def fallback(view: GameView, seat: int) -> NDArray[np.int64]:
    """Skip the day, as the published runs did after a nation's last bad reply: it waits, and says nothing."""
    return np.zeros(len(view.role(seat).actions.heads), np.int64)
