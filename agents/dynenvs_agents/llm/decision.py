"""One decision of one seat: what the model is told, what it answers, and what is played in the end."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from dynenvs.adapters.language import Language
from dynenvs.core.checks import check_integer
from dynenvs.core.replies import BadReply, Letter
from dynenvs.core.view import GameView
from dynenvs.policies import Remark
from dynenvs_agents.llm.caller import Caller
from dynenvs_agents.llm.channel import (
    MESSAGE_LIMIT,
    action_of,
    clean,
    message_of,
    parse_with_message,
    schema_with_message,
    write_with_message,
)
from dynenvs_agents.llm.conversation import Conversation, Exchange, Purpose
from dynenvs_agents.llm.interventions import Interventions
from dynenvs_agents.llm.ladder import Reading, read_reply, without_thinking
from dynenvs_agents.llm.memory import MemoryRule
from dynenvs_agents.llm.models import ChatMessage, Reply, Request, Role
from dynenvs_agents.llm.prompts import Prompts

__all__ = ["Decision", "Manner"]

_SHOWN = 2_000  # characters of a bad reply that the model is sent again
_NO_TEXT = "(no answer)"  # some servers refuse a message without text


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a model is asked, whatever the model and the world.

    Attributes
    ----------
    prompts : Prompts
        The texts around what the world says.
    interventions : Interventions
        What the experiment changes.
    memory : MemoryRule
        What a seat remembers.
    repairs : int
        Further attempts after a bad reply, >= 0, each of which is told what was wrong.
    max_tokens : int
        Of a reply, thinking included; >= 1.
    logprobs : int
        As in `Request`.
    """

    prompts: Prompts = field(default_factory=Prompts.load)
    interventions: Interventions = field(default_factory=Interventions)
    memory: MemoryRule = field(default_factory=lambda: MemoryRule("full"))
    repairs: int = 1
    max_tokens: int = 512
    logprobs: int = 0

    def __post_init__(self) -> None:
        check_integer("repairs", self.repairs, 0, 100)
        check_integer("max_tokens", self.max_tokens, 1)
        check_integer("logprobs", self.logprobs, 0, 20)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can write it, the prompts by their hash."""
        return {
            "prompts": self.prompts.sha256,
            "interventions": self.interventions.to_dict(),
            "memory": asdict(self.memory),
            "repairs": self.repairs,
            "max_tokens": self.max_tokens,
            "logprobs": self.logprobs,
        }


class Decision:
    """One decision.

    Parameters
    ----------
    caller : Caller
        Asks the model.
    language : Language
        The words of the world.
    manner : Manner
        How it is asked.
    view : GameView
        The game.
    seat : int
        Who decides.
    talk : Conversation
        What the seat has been through.
    occasion : str
        Names the decision among all of an experiment.
    """

    def __init__(
        self,
        caller: Caller,
        language: Language,
        manner: Manner,
        view: GameView,
        seat: int,
        talk: Conversation,
        occasion: str,
    ) -> None:
        self._caller, self._language, self._manner = caller, language, manner
        self._view, self._seat, self._talk, self._occasion = view, seat, talk, occasion
        self._exchanges: list[Exchange] = []

    async def make(self) -> NDArray[Any]:
        """Ask, and ask again after bad replies; after the last one the world's rule decides.

        Returns
        -------
        ndarray, shape (heads of the role,)
            A legal action.

        Raises
        ------
        Interrupted
            If the model gives no reply at all, or the budget is spent.
        """
        await self._sum_up()
        asked = self._turn(self._request)  # what is remembered has no thoughts in it
        messages = await self._reflect() if self._said.reflection else (*self._past(), _message("user", asked))
        reading = await self._answer(messages)
        if isinstance(reading.outcome, BadReply):
            action = self._language.fallback(self._view, self._seat)
            self._conclude(asked, self._write(action), fallback=True)
            return action
        self._conclude(asked, clean(reading.text or ""), fallback=False)
        return reading.outcome

    # What is asked.

    @property
    def _said(self) -> Interventions:
        return self._manner.interventions

    @cached_property
    def _request(self) -> str:
        request = self._language.request(self._view, self._seat)
        if not self._said.messages:
            return request
        return self._manner.prompts.fill("channel", request=request, limit=str(MESSAGE_LIMIT))

    @cached_property
    def _schema(self) -> dict[str, Any]:
        schema = self._language.schema(self._view, self._seat)
        return schema_with_message(schema) if self._said.messages else schema

    def _turn(self, request: str) -> str:
        every, turn = self._said.reminder_every, self._talk.tally.decisions
        reminds = every and turn and turn % every == 0
        return self._manner.prompts.fill(
            "turn",
            fallback=self._talk.played_for_it,
            reminder=self._manner.prompts.fill("reminder", **self._purpose_of_the_game()) if reminds else "",
            situation=self._language.situation(self._view, self._seat),
            request=request,
        )

    def _past(self) -> tuple[ChatMessage, ...]:
        """Return the conversation so far, as far as it is remembered."""
        talk = self._talk
        if not talk.system:
            talk.system = self._manner.prompts.fill("system", persona=self._said.persona, **self._purpose_of_the_game())
        notes = self._manner.prompts.fill("notes", notes=talk.memory.notes) if talk.memory.notes else ""
        past = [_message("system", f"{talk.system}\n\n{notes}".rstrip())]
        for asked, answered in talk.memory.turns:
            past += [_message("user", asked), _message("assistant", answered)]
        return tuple(past)

    def _purpose_of_the_game(self) -> dict[str, str]:
        return {"rules": self._language.rules(self._view, self._seat), "goal": self._said.goal}

    # What is answered.

    async def _sum_up(self) -> None:
        """Let a seat whose memory is full make notes."""
        if self._talk.memory.is_full:
            asked = _message("user", self._manner.prompts.fill("summary"))
            exchange = await self._ask("summary", (*self._past(), asked), None)
            self._talk.memory.sum_up(_words(exchange.answer.reply))

    async def _reflect(self) -> tuple[ChatMessage, ...]:
        """Let the seat think; return the conversation that asks for its decision."""
        prompts = self._manner.prompts
        asked = f"{self._turn('')}\n\n{prompts.fill('reflection', request=self._request)}"
        messages = (*self._past(), _message("user", asked))
        thoughts = _words((await self._ask("reflection", messages, None)).answer.reply) or _NO_TEXT
        decide = prompts.fill("decision", request=self._request)
        return (*messages, _message("assistant", thoughts), _message("user", decide))

    async def _answer(self, messages: tuple[ChatMessage, ...]) -> Reading:
        """Ask for the action, and again while the reply is bad and attempts are left."""
        for attempt in range(self._manner.repairs + 1):
            exchange = await self._ask("repair" if attempt else "decision", messages, self._schema)
            reading = read_reply(exchange.answer.reply, self._parse)
            self._exchanges[-1] = Exchange(exchange.purpose, exchange.request, exchange.answer, reading)
            if not isinstance(reading.outcome, BadReply):
                break
            repair = self._manner.prompts.fill("repair", reason=clean(reading.outcome.reason), request=self._request)
            bad = clean(exchange.answer.reply.text or "")[:_SHOWN] or _NO_TEXT
            messages = (*messages, _message("assistant", bad), _message("user", repair))
        return reading

    async def _ask(
        self, purpose: Purpose, messages: tuple[ChatMessage, ...], schema: dict[str, Any] | None
    ) -> Exchange:
        occasion = f"{self._occasion}/{len(self._exchanges)}"
        request = Request(
            messages=messages,
            schema=schema,
            temperature=self._said.temperature,
            max_tokens=self._manner.max_tokens,
            seed=int.from_bytes(hashlib.sha256(occasion.encode()).digest()[:4]) >> 1,
            logprobs=self._manner.logprobs,
        )
        self._exchanges.append(Exchange(purpose, request, await self._caller.ask(request, occasion)))
        return self._exchanges[-1]

    def _parse(self, reply: str | None) -> NDArray[Any] | BadReply:
        def parse(text: str | None) -> NDArray[Any] | BadReply:
            return self._language.parse(self._view, self._seat, text)

        return parse_with_message(parse, reply) if self._said.messages else parse(reply)

    # What is kept.

    def _write(self, action: NDArray[Any]) -> str:
        written = self._language.write(self._view, self._seat, action)
        return write_with_message(written, "") if self._said.messages else written

    def _conclude(self, asked: str, answered: str, *, fallback: bool) -> None:
        talk = self._talk
        if self._said.history:
            talk.memory.keep(asked, answered)
        talk.played_for_it = self._manner.prompts.fill("fallback", action=answered) if fallback else ""
        talk.tally.add(self._exchanges, fallback=fallback)
        notes = {"exchanges": [talk.write(exchange) for exchange in self._exchanges], "fallback": fallback}
        talk.remark = (
            Remark(notes=notes) if fallback else Remark(self._message(answered), notes, self._letters(answered))
        )

    def _message(self, answered: str) -> str:
        return message_of(answered) if self._said.messages else ""

    def _letters(self, answered: str) -> tuple[Letter, ...]:
        """Return the words for others that the world's own part of a reply holds."""
        own = action_of(answered) if self._said.messages else answered
        sent = self._language.letters(self._view, self._seat, own)
        return tuple(letter._replace(text=text) for letter in sent if (text := clean(letter.text)))


def _message(role: Role, content: str) -> ChatMessage:
    return ChatMessage(role=role, content=content)


def _words(reply: Reply) -> str:
    """Return what a model said in free text, without its thinking."""
    return clean(without_thinking(reply.text or ""))
