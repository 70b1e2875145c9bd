"""Published numbers beside ours, and a verdict on each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dynenvs.evaluation.statistics import Estimate

__all__ = ["Claim", "Verdict", "tally", "worst"]

_ROUNDING = 1e-9  # where a number lies halfway between two that can be written


class Verdict(StrEnum):
    """What became of a published number, from the best to the worst."""

    EXACT = "exactly"
    WITHIN = "within error"
    NOT = "no"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A published number, and what we find instead.

    Attributes
    ----------
    row, column : str
        Where it stands in its table.
    published : float
        As it was published.
    digits : int
        Its decimals.
    ours : Estimate
        What we find, with its 95 % interval.
    error : float or None
        Half the width of the published 95 % interval, where there is one.
    """

    row: str
    column: str
    published: float
    digits: int
    ours: Estimate
    error: float | None = None

    @property
    def half_width(self) -> float:
        """Half the width of our interval."""
        return (self.ours.high - self.ours.low) / 2

    @property
    def verdict(self) -> Verdict:
        """Exactly: the same to all published digits; within error: within either half-width; or not."""
        off = abs(self.ours.value - self.published)
        if off <= 0.5 * 10.0**-self.digits + _ROUNDING:
            return Verdict.EXACT
        return Verdict.WITHIN if off <= max(self.half_width, self.error or 0.0) else Verdict.NOT


def tally(claims: Iterable[Claim]) -> dict[Verdict, int]:
    """Count the verdicts."""
    counted = Counter(claim.verdict for claim in claims)
    return {verdict: counted[verdict] for verdict in Verdict}


def worst(claims: Iterable[Claim]) -> Verdict:
    """Return the worst verdict of some claims, at least one."""
    ranks = list(Verdict)
    return max((claim.verdict for claim in claims), key=ranks.index)
