"""What language models were asked and answered, out of a transcript.

Transcripts are written, read and played again by `dynenvs.evaluation.transcripts`, whoever played. The notes in them of
a seat that a `LanguagePolicy` played hold each request and reply; of a request only what differs from the last one, for
conversations grow. Here they are put together again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from dynenvs.core.checks import check_integer
from dynenvs.core.errors import CorruptFile
from dynenvs.core.layouts import ActionLayout
from dynenvs.core.replies import write_action
from dynenvs.evaluation.transcripts import Transcript
from dynenvs_agents.llm.models import Reply, check_types

__all__ = ["WrittenExchange", "exchanges", "told_choices"]

SILENT = "nothing"
"""What the first option of a head is called that says or does nothing."""


@dataclass(frozen=True)
class WrittenExchange:
    """One request and its reply, as a transcript has them.

    Attributes
    ----------
    step, agent : int
        When it was asked, and for which seat.
    messages : tuple of dict
        The whole conversation that was sent, each message with ``role`` and ``content``.
    schema : dict or None
        What the answer had to fit.
    note : dict
        All else: ``purpose``, ``reply``, ``rung``, ``bad_reply``, ``cached``, ``usd`` (None where no price is
        known), and how it was asked.
    """

    step: int
    agent: int
    messages: tuple[dict[str, str], ...]
    schema: dict[str, Any] | None
    note: dict[str, Any]


def exchanges(transcript: Transcript) -> Iterator[WrittenExchange]:
    """Yield what was asked and answered, step by step, seat by seat.

    Parameters
    ----------
    transcript : Transcript
        As `read_transcript` gives it. Seats that no language model played have nothing.

    Yields
    ------
    WrittenExchange
        In the order of asking within a seat.

    Raises
    ------
    CorruptFile
        If notes that should be of a language model are not.
    """
    last: dict[int, WrittenExchange] = {}
    for step in transcript.steps:
        for turn in step["turns"]:
            agent = turn["agent"]
            try:
                for note in _notes(turn, len(transcript.head["seats"])):
                    last[agent] = _whole(step["step"], agent, note, last.get(agent))
                    yield last[agent]
            except (KeyError, TypeError, ValueError) as error:
                raise CorruptFile(f"step {step['step']}, agent {agent}: no exchange: {error!r}") from error


def _notes(turn: dict[str, Any], seats: int) -> list[Any]:
    check_types("notes", {"exchanges": [], "fallback": False, **turn["notes"]}, {"exchanges": list, "fallback": bool})
    check_integer("agent", turn["agent"], 0, seats - 1)
    notes: list[Any] = turn["notes"].get("exchanges", [])
    return notes


_NOTE: dict[str, Any] = {
    "purpose": str,
    "carried": int,
    "messages": list,
    "temperature": int | float | None,
    "max_tokens": int,
    "seed": int | None,
    "reply": dict,
    "cached": bool,
    "usd": int | float | None,
    "rung": str | None,
    "bad_reply": dict | None,
}
_TOKEN: dict[str, Any] = {"text": str, "logprob": int | float | None, "top": list}


def _check_note(note: Any) -> None:
    """Check that a note has all that is shown of it; the log-probability of an impossible token is written as null."""
    check_types("exchange", note, _NOTE)
    for message in note["messages"]:
        check_types("message", message, {"role": str, "content": str})
    check_types("bad_reply", note["bad_reply"] or {"kind": "", "reason": ""}, {"kind": str, "reason": str})
    Reply.from_dict({**note["reply"], "tokens": ()})
    for token in note["reply"]["tokens"]:
        check_types("token", token, _TOKEN)


def _whole(step: int, agent: int, note: dict[str, Any], last: WrittenExchange | None) -> WrittenExchange:
    _check_note(note)
    carried = () if last is None else last.messages[: note["carried"]]
    schema = note.get("schema", last.schema if last else None)
    kept = {name: value for name, value in note.items() if name not in ("carried", "messages", "schema")}
    return WrittenExchange(step, agent, (*carried, *note["messages"]), schema, kept)


def told_choices(actions: ActionLayout, action: NDArray[Any]) -> dict[str, Any]:
    """Name what was chosen, head by head, without those of further heads that say nothing.

    Parameters
    ----------
    actions : ActionLayout
        What the role decides.
    action : ndarray, shape (heads,)
        One action of that role.

    Returns
    -------
    dict of str to str, int or float
        As `dynenvs.core.replies.write_action` names them.
    """
    said: dict[str, Any] = json.loads(write_action(actions, action))
    return {name: value for k, (name, value) in enumerate(said.items()) if k == 0 or value != SILENT}
