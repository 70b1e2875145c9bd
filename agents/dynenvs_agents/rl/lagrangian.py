"""Constraints: keep the mean of a reward term within a budget, by a price that answers the excess.

``"escalation<=0.05"`` asks for a mean of at most 0.05 a step, over all steps in which a learning seat was in the game.
The learner is paid the world's reward less a price for each unit of the term. After every rollout a multiplier grows by
a rate times the excess (the term's mean less the budget), or falls, but not below 0: dual ascent, as in Tessler,
Mankowitz and Mannor (2019), arXiv 1805.11074. By itself it swings to and fro, since the learner's best answer jumps
where the price is right. So the price is the multiplier plus `DAMPING` times the rate times the present excess, as in
the PI controllers of Stooke, Achiam and Abbeel (2020), arXiv 2007.03964. The term's own weight in the world's reward
may be 0: then it is a cost that is measured and not paid.

The world, its returns and all records know nothing of the price: it stands in the `SeatVecEnv`, the multiplier in the
model, and both in checkpoints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dynenvs.core.errors import ParameterError

__all__ = ["DAMPING", "MULTIPLIER_RATE", "Constraint"]

DAMPING = 10.0
"""How many rollouts' worth of the present excess the price holds beside the multiplier."""

MULTIPLIER_RATE = 0.05
"""By default, how much the multiplier changes in a rollout for each unit of excess."""


@dataclass(frozen=True)
class Constraint:
    """A reward term, and what it may be in the mean of all steps.

    Attributes
    ----------
    term : str
        Name of the reward term.
    budget : float
        In its units a step.
    """

    term: str
    budget: float

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """Read ``term<=budget``.

        Raises
        ------
        ParameterError
            If it is not of that form, or the budget is no finite number.

        Examples
        --------
        >>> Constraint.parse("escalation<=0.05")
        Constraint(term='escalation', budget=0.05)
        """
        term, sign, budget = text.partition("<=")
        try:
            constraint = cls(term.strip(), float(budget))
        except ValueError:
            constraint = cls("", math.nan)
        if not (sign and constraint.term and math.isfinite(constraint.budget)):
            raise ParameterError(f"constraint {text!r}: expected TERM<=BUDGET, as in 'escalation<=0.05'")
        return constraint

    def answer(self, multiplier: float, mean: float, rate: float) -> tuple[float, float]:
        """Return multiplier and price after a rollout in which the term's mean a step was `mean`."""
        excess = mean - self.budget
        multiplier = max(0.0, multiplier + rate * excess)
        return multiplier, max(0.0, multiplier + DAMPING * rate * excess)
