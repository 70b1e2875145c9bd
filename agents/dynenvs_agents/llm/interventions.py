"""Interventions: what an experiment changes about how a model is asked, in any world."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dynenvs.adapters.language import GOAL
from dynenvs.core.checks import check_between, check_integer

__all__ = ["Interventions"]


@dataclass(frozen=True, kw_only=True)
class Interventions:
    """How a model is asked.

    Attributes
    ----------
    temperature : float or None
        Of the sampling, in [0, 10]; None leaves it to the model's own default.
    reflection : bool
        Whether the model is asked for its thoughts before it decides. They are private: no other seat sees them, and
        they are not sent again in later turns.
    persona : str
        Who the model is told to be, before the rules; empty for nobody.
    goal : str
        What the model is told to aim at; empty leaves the goal out.
    history : bool
        Whether earlier turns are sent, as far as the policy's memory keeps them. What the world's own situation tells
        of the past is not touched: that is the world's observation.
    reminder_every : int
        After so many turns rules and goal are told again; 0 is never.
    messages : bool
        Whether the model may say something to the other players with each decision.
    """

    temperature: float | None = 0.0
    reflection: bool = False
    persona: str = ""
    goal: str = GOAL
    history: bool = True
    reminder_every: int = 0
    messages: bool = False

    def __post_init__(self) -> None:
        if self.temperature is not None:
            check_between("temperature", self.temperature, 0, 10)
        check_integer("reminder_every", self.reminder_every, 0)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can write it."""
        return asdict(self)
