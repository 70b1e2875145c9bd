"""Budgets: what a run may still spend. When it is spent the run ends cleanly, and can go on later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from dynenvs.core.checks import check_between, check_integer
from dynenvs.core.errors import Interrupted
from dynenvs_agents.llm.models import Usage

__all__ = ["Budget", "BudgetExhausted"]


class BudgetExhausted(Interrupted):
    """What a run may spend is spent: its unfinished episodes stay unfinished."""

    reason: Literal["infrastructure", "budget"] = "budget"


@dataclass
class Budget:
    """What the calls of a run may cost, and what they did.

    A call is a question to the model that the cache does not answer, whether a reply comes or not. It is one call
    however many requests it takes: a server is asked again after trouble that passes, and in a simpler way after a
    refusal. Of tokens and dollars only those of replies count, for requests that failed tell none. Calls under way when
    the budget runs out are let end, so it may be overrun by as many as are made at once; the number of calls is kept
    exactly.

    Attributes
    ----------
    max_usd, max_tokens, max_calls : float or int, optional
        The limits, each > 0; None is none. Tokens are those read and written.
    usd, tokens, calls : float or int
        What was spent so far.
    """

    max_usd: float | None = None
    max_tokens: int | None = None
    max_calls: int | None = None
    usd: float = 0.0
    tokens: int = 0
    calls: int = 0

    UNITS: ClassVar[dict[str, str]] = {"usd": "US dollars", "tokens": "tokens", "calls": "calls"}

    def __post_init__(self) -> None:
        if self.max_usd is not None:
            check_between("max_usd", self.max_usd, 0, 1e9, unit="US dollars", closed="right")
        for name in ("max_tokens", "max_calls"):
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name), 1)

    @property
    def begun(self) -> bool:
        """Whether a call was made, or anything spent."""
        return bool(self.calls or self.tokens or self.usd)

    def begin_call(self) -> None:
        """Count a call that is about to be made.

        Raises
        ------
        BudgetExhausted
            If nothing is left for it.
        """
        for name, unit in self.UNITS.items():
            limit = getattr(self, f"max_{name}")
            if limit is not None and getattr(self, name) >= limit:
                raise BudgetExhausted(f"the budget of {limit:g} {unit} is spent")
        self.calls += 1

    def end_call(self, usage: Usage, usd: float) -> None:
        """Count what a call used."""
        self.tokens += usage.prompt_tokens + usage.completion_tokens
        self.usd += usd
