"""Calls of a model that may cost money: answered from the cache where they can be, paid for once, within the budget."""

from __future__ import annotations

import inspect
from typing import NamedTuple

from dynenvs.core.checks import shown
from dynenvs.core.errors import ParameterError
from dynenvs_agents.llm.budget import Budget
from dynenvs_agents.llm.cache import ReplyCache
from dynenvs_agents.llm.loops import arun
from dynenvs_agents.llm.models import ChatModel, Reply, Request
from dynenvs_agents.llm.prices import Price

__all__ = ["Answer", "Caller"]


class Answer(NamedTuple):
    """What came back.

    Attributes
    ----------
    reply : Reply
        The model's.
    cached : bool
        Whether it was answered in an earlier run.
    usd : float or None
        What it cost when it was answered, in US dollars; None without a price.
    """

    reply: Reply
    cached: bool
    usd: float | None


class Caller:
    """Asks a model.

    Parameters
    ----------
    model : ChatModel
        Who is asked.
    cache : ReplyCache, optional
        Where replies are kept.
    price : Price, optional
        What its tokens cost.
    budget : Budget, optional
        What may be spent.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        cache: ReplyCache | None = None,
        price: Price | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.model, self.cache, self.price, self.budget = model, cache, price, budget
        self._digest = model.digest()

    async def ask(self, request: Request, occasion: str) -> Answer:
        """Answer a request.

        Parameters
        ----------
        request : Request
            What is asked.
        occasion : str
            What tells it from the same request at another time.

        Returns
        -------
        Answer
            From the cache, or from the model.

        Raises
        ------
        ModelError
            If there is no reply.
        BudgetExhausted
            If nothing may be spent any more.
        ParameterError
            If the model answers with something that is no `Reply`.
        """
        key = ReplyCache.key(self._digest, request, occasion)
        kept = None if self.cache is None else self.cache.get(key)
        if kept is not None:
            return Answer(kept, True, self._cost(kept))
        if self.budget is not None:
            self.budget.begin_call()
        reply = await arun(self._fetch(request, key))
        return Answer(reply, False, self._cost(reply))

    async def _fetch(self, request: Request, key: str) -> Reply:
        """Ask the model, and keep the reply before anything else can happen to it."""
        reply = await self._answered(request)
        if self.cache is not None:
            self.cache.put(key, reply)
        if self.budget is not None:
            self.budget.end_call(reply.usage, self._cost(reply) or 0.0)
        return reply

    async def _answered(self, request: Request) -> Reply:
        """Ask the model, which may be a class of the user's own."""
        asked: object = self.model.acomplete(request)
        if not inspect.isawaitable(asked):
            raise ParameterError(f"model {self.model.name!r}: acomplete returned {shown(asked)}: expected async def")
        reply: object = await asked
        if not isinstance(reply, Reply):
            raise ParameterError(f"model {self.model.name!r}: acomplete returned {shown(reply)}: expected a Reply")
        return reply

    def _cost(self, reply: Reply) -> float | None:
        return None if self.price is None else self.price.cost(reply.usage)
