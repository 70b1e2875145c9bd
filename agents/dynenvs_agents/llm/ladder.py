"""The parse ladder: from a model's reply to an action, by rungs that are recorded.

Each rung finds one JSON text in the reply, in a way that leaves no choice, and hands it to the world's own strict
parser. Nothing is ever fished out of prose: a move that is merely named, or one object among several, is no decision.

| rung | what is read |
| --- | --- |
| ``tool_call`` | the arguments of the one function that the model called |
| ``json`` | the whole answer |
| ``fenced`` | the one block between fences, ````` ```json ````` |
| ``embedded`` | the one object in braces, in an answer that is not JSON as a whole |
| ``lost_to_thinking`` | nothing: thinking used up the tokens before there was an answer |
| ``cut_off`` | nothing that can be used: the tokens ran out within the answer |
| ``none`` | nothing that can be used |

On the first four rungs the parser may still refuse what was found; a lower rung is then not tried. Thinking that stands
in the text itself, between ``<think>`` and ``</think>``, is set aside first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from numpy.typing import NDArray

from dynenvs.core.replies import BadReply
from dynenvs_agents.llm.models import Reply

__all__ = ["LOWER_RUNGS", "RUNGS", "TELLING_RUNGS", "Reading", "Rung", "read_reply", "without_thinking"]

Rung: TypeAlias = Literal["tool_call", "json", "fenced", "embedded", "lost_to_thinking", "cut_off", "none"]

RUNGS: tuple[Rung, ...] = get_args(Rung)

LOWER_RUNGS: tuple[Rung, ...] = ("fenced", "embedded")
"""Rungs of replies that hold an action, but more than that."""

TELLING_RUNGS: tuple[Rung, ...] = ("lost_to_thinking", "cut_off")
"""Rungs that say themselves why there is no action."""

Parse: TypeAlias = Callable[[str | None], NDArray[Any] | BadReply]

_OPENS = re.compile(r"[ \t]*```[a-zA-Z]*[ \t]*")
_CLOSES = re.compile(r"[ \t]*```[ \t]*")
_MARKS = re.compile(r'[{}"]|\\.', re.DOTALL)


@dataclass(frozen=True)
class Reading:
    """What was read in a reply.

    Attributes
    ----------
    rung : Rung
        Where on the ladder.
    text : str or None
        The JSON text that was handed to the parser; None where there was none.
    outcome : ndarray or BadReply
        What the parser made of it.
    """

    rung: Rung
    text: str | None
    outcome: NDArray[Any] | BadReply


def read_reply(reply: Reply, parse: Parse) -> Reading:
    """Read a reply; never raises, whatever it says.

    Parameters
    ----------
    reply : Reply
        What the model answered.
    parse : callable
        The world's strict parser for the seat.

    Returns
    -------
    Reading
        The action or why there is none, and the rung.
    """
    if reply.tool_calls:
        return _read_tool_calls(reply.tool_calls, parse)
    answer = without_thinking(reply.text or "")
    whole = parse(answer)
    if not isinstance(whole, BadReply) or whole.kind not in ("empty", "not_json"):
        return Reading("json", answer, whole)
    lower: tuple[tuple[Rung, list[str]], ...] = ("fenced", _fenced(answer)), ("embedded", _objects(answer))
    for rung, found in lower:
        if len(found) == 1:
            return Reading(rung, found[0], parse(found[0]))
        if found:
            return Reading("none", None, BadReply("not_json", f"expected one JSON object, found {len(found)}"))
    if reply.finish_reason != "length":
        return Reading("none", None, whole)
    if answer.strip():
        return Reading("cut_off", None, BadReply("not_json", "the answer was cut off: expected one short JSON object"))
    wasted = "thinking used up all tokens before there was an answer: think less"
    return Reading("lost_to_thinking", None, BadReply("empty", wasted))


def without_thinking(text: str) -> str:
    """Return the answer that follows thinking in the text itself; thinking that never ends leaves none."""
    _, closed, answer = text.rpartition("</think>")
    if closed:
        return answer.strip()
    return "" if text.lstrip().startswith("<think>") else text


def _read_tool_calls(tool_calls: tuple[str, ...], parse: Parse) -> Reading:
    if len(tool_calls) > 1:
        return Reading("none", None, BadReply("not_json", f"expected one call, found {len(tool_calls)}"))
    return Reading("tool_call", tool_calls[0], parse(tool_calls[0]))


def _fenced(text: str) -> list[str]:
    """Return what stands between fences, line by line: a long answer takes as long as its length."""
    found: list[str] = []
    block: list[str] | None = None
    for line in text.split("\n"):
        if block is None:
            block = [] if _OPENS.fullmatch(line) else None
        elif _CLOSES.fullmatch(line):
            found.append("".join(f"{inner}\n" for inner in block))
            block = None
        else:
            block.append(line)
    return found


def _objects(text: str) -> list[str]:
    """Return the stretches of a text that lie between matching outermost braces; one pass, however deep they are."""
    found, depth, start, in_string = [], 0, 0, False
    for mark in _MARKS.finditer(text):
        sign = mark[0]
        if sign == '"' and depth:
            in_string = not in_string
        elif sign == "{" and not in_string:
            start = start if depth else mark.start()
            depth += 1
        elif sign == "}" and depth and not in_string:
            depth -= 1
            if not depth:
                found.append(text[start : mark.end()])
    return found
