"""What language models were asked and answered, out of a transcript.

Transcripts are written, read and played again by `dynenvs.evaluation.transcripts`, whoever played. The notes in them of
a seat that a `LanguagePolicy` played hold each request and reply; of a request only what differs from the last one, for
conversations grow. Here they are put together again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dynenvs.core.errors import CorruptFile
from dynenvs.evaluation.transcripts import Transcript

__all__ = ["WrittenExchange", "exchanges"]


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
            for note in turn["notes"].get("exchanges", ()):
                try:
                    last[turn["agent"]] = _whole(step["step"], turn["agent"], note, last.get(turn["agent"]))
                except (KeyError, TypeError) as error:
                    raise CorruptFile(f"step {step['step']}, agent {turn['agent']}: no exchange: {error!r}") from error
                yield last[turn["agent"]]


def _whole(step: int, agent: int, note: dict[str, Any], last: WrittenExchange | None) -> WrittenExchange:
    carried = () if last is None else last.messages[: note["carried"]]
    schema = note.get("schema", last.schema if last else None)
    kept = {name: value for name, value in note.items() if name not in ("carried", "messages", "schema")}
    return WrittenExchange(step, agent, (*carried, *note["messages"]), schema, kept)
