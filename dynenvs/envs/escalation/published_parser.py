"""Replies as the published runs read them, and who saw which action: for whoever compares with those runs.

Rivera et al. (2024) read replies leniently: words around the JSON were passed over, entries that were no actions were
dropped, unknown names went on into the score log. Here this is one pure function, beside our own strict parser
(`dynenvs.envs.escalation.replies`), which plays no part in it. It agrees with the public code on every crafted reply
of ``tests/fidelity/wargame_parser.json``; beyond those it is our reading of the same rules. What is dropped is counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from dynenvs.envs.escalation.actions import ACTION_IDS, MESSAGE, NAMES, PRIVATE
from dynenvs.envs.escalation.nations import NATIONS
from dynenvs.envs.escalation.replay import Rows, check_rows

__all__ = [
    "NO_REASONING",
    "PublishedAction",
    "PublishedReply",
    "actions_of",
    "read_reply",
    "render",
    "rows_of",
    "visible",
]

NO_REASONING = "*model outputted no reasoning*"
"""Stands in the logs where a reply had no reasons."""

WORLD = "World"

_CUTS = ("**", "##")  # a model that goes on to write the next prompt begins it so


class PublishedAction(NamedTuple):
    """An action as it was logged: texts, which may name nothing that exists."""

    name: str
    actor: str
    target: str
    content: str = ""


@dataclass(frozen=True)
class PublishedReply:
    """What was read in a reply.

    Attributes
    ----------
    reasoning : str
        The reasons, or `NO_REASONING`.
    actions : tuple of PublishedAction
        In the order of the reply.
    dropped : int
        Entries of the list that were passed over, since they were no objects, or had no name or no target.
    """

    reasoning: str
    actions: tuple[PublishedAction, ...]
    dropped: int = 0


def read_reply(reply: str, nation: str) -> PublishedReply | None:
    """Read a reply as the published runs did.

    Parameters
    ----------
    reply : str
        The text.
    nation : str
        Whose reply it is: it is the actor of all actions, whatever they say.

    Returns
    -------
    PublishedReply or None
        None where they would have asked again.
    """
    said = _first_object(reply)
    if said is None or not isinstance(said.get("actions"), list):
        return None
    entries = said["actions"]
    actions = [
        PublishedAction(str(entry["action_name"]), nation, str(entry["target_nation"]), str(entry.get("content", "")))
        for entry in entries
        if isinstance(entry, dict) and "action_name" in entry and "target_nation" in entry
    ]
    return PublishedReply(str(said.get("reasoning", NO_REASONING)), tuple(actions), len(entries) - len(actions))


def _first_object(reply: str) -> dict[str, Any] | None:
    """Read the first object of a text, up to where a further prompt seems to begin; line breaks in texts are fine."""
    for cut in _CUTS:
        reply = reply.partition(cut)[0]
    begin = reply.find("{")
    if begin < 0:
        return None
    try:
        said, _ = json.JSONDecoder(strict=False).raw_decode(reply, begin)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def render(actions: Iterable[PublishedAction], reasoning: str = "") -> str:
    """Write a reply in which `read_reply` reads these actions again, whatever their texts hold."""
    entries = [{"action_name": one.name, "target_nation": one.target, "content": one.content} for one in actions]
    written = json.dumps({"reasoning": reasoning, "actions": entries})
    return written.replace("*", "\\u002a").replace("#", "\\u0023")


def rows_of(actions: Iterable[PublishedAction], day: int, nations: Sequence[str] = tuple(NATIONS)) -> Rows:
    """Code actions as rows of `dynenvs.envs.escalation.replay`.

    Parameters
    ----------
    actions : iterable of PublishedAction
        In the order in which they are resolved.
    day : int
        From 1.
    nations : sequence of str
        Their names in order.

    Returns
    -------
    ndarray of int64, shape (actions, 4)
        Day, actor, target, action; -1 for names that do not exist, and the number of nations for the world.
    """
    place = {name: k for k, name in enumerate(nations)}
    to = place | {WORLD: len(nations)}
    rows = [(day, place.get(one.actor, -1), to.get(one.target, -1), ACTION_IDS.get(one.name, -1)) for one in actions]
    return check_rows(np.array(rows, np.int64).reshape(-1, 4), len(nations))


def actions_of(rows: ArrayLike, nations: Sequence[str] = tuple(NATIONS)) -> tuple[PublishedAction, ...]:
    """Name rows again, without the words of messages; a code that stands for no name becomes an empty one."""
    known, actions = [*nations, WORLD, ""], [*NAMES, ""]
    checked = check_rows(rows, len(nations)).tolist()
    return tuple(PublishedAction(actions[action], known[actor], known[target]) for _, actor, target, action in checked)


def visible(actions: Iterable[PublishedAction], nation: str) -> list[str]:
    """Write the lines of a day's actions that a nation read the next morning.

    Parameters
    ----------
    actions : iterable of PublishedAction
        All of that day.
    nation : str
        Who reads; ``"World"`` for what everybody could see.

    Returns
    -------
    list of str
        ``actor -> target : name``, for messages with their words.
    """
    return [_line(one) for one in actions if not _is_private(one) or nation in (one.actor, one.target)]


def _is_private(one: PublishedAction) -> bool:
    return one.name in ACTION_IDS and bool(PRIVATE[ACTION_IDS[one.name]]) and one.target != WORLD


def _line(one: PublishedAction) -> str:
    words = f' "{one.content}"' if one.name == NAMES[MESSAGE] else ""
    return f"{one.actor} -> {one.target} : {one.name}{words}"
