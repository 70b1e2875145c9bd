"""What one seat of one game has been through: its memory, what it used, and what it was last asked and answered."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from dynenvs.core.replies import BadReply
from dynenvs.policies import Remark
from dynenvs_agents.llm.caller import Answer
from dynenvs_agents.llm.ladder import LOWER_RUNGS, Reading
from dynenvs_agents.llm.memory import Memory
from dynenvs_agents.llm.models import ChatMessage, Reply, Request

__all__ = ["Conversation", "Exchange", "Purpose", "Tally"]

Purpose: TypeAlias = Literal["decision", "repair", "reflection", "summary"]
"""Why a model was asked: for an action, for a better reply, for thoughts, for notes."""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    Attributes
    ----------
    purpose : Purpose
        Why it was asked.
    request : Request
        What was asked.
    answer : Answer
        What came back.
    reading : Reading or None
        What was read in it; None where no action was asked for.
    """

    purpose: Purpose
    request: Request
    answer: Answer
    reading: Reading | None = None


@dataclass
class Tally:
    """Sums over an episode.

    Attributes
    ----------
    decisions : int
        Actions that were asked for.
    replies, bad_replies : int
        Answers to that, repairs included; those that were refused.
    recovered : int
        Replies read on a lower rung: an action, but more than that.
    repairs, fallbacks : int
        Further attempts after bad replies; decisions that were played by the world's rule instead.
    lost_to_thinking : int
        Replies in which thinking used up the tokens.
    calls : int
        Requests of every purpose, answered by the model or by the cache.
    prompt_tokens, completion_tokens : int
        Of all calls.
    estimated_replies : int
        Calls of which the server did not say the tokens.
    cost_usd : float
        Of all calls with a known price, when they were made.
    """

    decisions: int = 0
    replies: int = 0
    bad_replies: int = 0
    recovered: int = 0
    repairs: int = 0
    fallbacks: int = 0
    lost_to_thinking: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated_replies: int = 0
    cost_usd: float = 0.0

    def add(self, exchanges: list[Exchange], *, fallback: bool) -> None:
        """Count a decision."""
        readings = [exchange.reading for exchange in exchanges if exchange.reading is not None]
        self.decisions += 1
        self.fallbacks += fallback
        self.replies += len(readings)
        self.bad_replies += sum(isinstance(reading.outcome, BadReply) for reading in readings)
        self.recovered += sum(
            reading.rung in LOWER_RUNGS and not isinstance(reading.outcome, BadReply) for reading in readings
        )
        self.lost_to_thinking += sum(reading.rung == "lost_to_thinking" for reading in readings)
        self.repairs += sum(exchange.purpose == "repair" for exchange in exchanges)
        self.calls += len(exchanges)
        for answer in (exchange.answer for exchange in exchanges):
            self.prompt_tokens += answer.reply.usage.prompt_tokens
            self.completion_tokens += answer.reply.usage.completion_tokens
            self.estimated_replies += answer.reply.usage.estimated
            self.cost_usd += answer.usd or 0.0


@dataclass
class Conversation:
    """One seat of one game.

    Attributes
    ----------
    memory : Memory
        What it remembers.
    system : str
        The first message of the episode; empty before the first turn.
    played_for_it : str
        What it is to be told of the last turn, if its replies could not be used.
    tally : Tally
        Sums over the episode.
    remark : Remark
        What came with its last decision.
    """

    memory: Memory
    system: str = ""
    played_for_it: str = ""
    tally: Tally = field(default_factory=Tally)
    remark: Remark = field(default_factory=Remark)
    _sent: tuple[ChatMessage, ...] = ()
    _schema: dict[str, Any] | None = None

    def write(self, exchange: Exchange) -> dict[str, Any]:
        """Write an exchange for a transcript: only what differs from the last one that was written."""
        request, reply, reading = exchange.request, exchange.answer.reply, exchange.reading
        carried = _common(self._sent, request.messages)
        note: dict[str, Any] = {
            "purpose": exchange.purpose,
            "carried": carried,
            "messages": [asdict(message) for message in request.messages[carried:]],
            **{name: getattr(request, name) for name in ("temperature", "max_tokens", "seed", "logprobs")},
            "reply": _writable(reply),
            "cached": exchange.answer.cached,
            "usd": exchange.answer.usd,
            "rung": None if reading is None else reading.rung,
            "bad_reply": asdict(reading.outcome) if reading and isinstance(reading.outcome, BadReply) else None,
        }
        if request.schema != self._schema:
            note["schema"] = request.schema
        self._sent, self._schema = request.messages, request.schema
        return note


def _common(old: tuple[ChatMessage, ...], new: tuple[ChatMessage, ...]) -> int:
    """Count the messages that two conversations begin with."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    return same


def _writable(reply: Reply) -> dict[str, Any]:
    """Write a reply in strict JSON, which has no infinities: tokens that a grammar forbids have none either."""
    written = reply.to_dict()
    for token in written["tokens"]:
        token["top"] = [pair for pair in token["top"] if math.isfinite(pair[1])]
        token["logprob"] = token["logprob"] if math.isfinite(token["logprob"]) else None
    return written
