"""The cognitive filter: strategic tools that are called on demand, and cost something when they are.

A tool is a rule on a few numbers that it remembers of each game. It sees both actions of every round and says what it
would play next; how far it is listened to is for governance to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between, check_one_of

__all__ = ["TOOLS", "ForgivingTitForTat", "MovingAverage", "TitForTat", "Tool", "make_tool"]

FloatArray = NDArray[np.float64]

COST = 0.05
"""Payoff that a round of full use of a tool costs. The source says that tools cost something, and not how much: ours is
small beside the 0 to 5 that a round of the dilemma pays."""


@runtime_checkable
class Tool(Protocol):
    """A strategy in degrees, for many games at once.

    Everything that it computes must be element by element, so that it plays alike in any batch.

    Attributes
    ----------
    name : str
        What strings call it.
    cost : float
        Payoff that a round of full use costs, >= 0; a round in which it counts for 1 - alpha costs that share.
    start : tuple of float
        What it remembers of a game before the first round.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 # see above

    @property
    def cost(self) -> float: ...  # noqa: D102

    @property
    def start(self) -> tuple[float, ...]: ...  # noqa: D102

    def observe(self, memory: FloatArray, own: FloatArray, other: FloatArray) -> None:
        """Take in a round: both actions (rows,), and what it remembers (rows, numbers), overwritten."""
        ...

    def advise(self, memory: FloatArray) -> FloatArray:
        """Say what it would play next: (rows,), in [0, 1]."""
        ...


@dataclass(frozen=True)
class TitForTat:
    """Does what the other did last: the tool of the source (A. Rapoport, in Axelrod 1980)."""

    name: str = "tit_for_tat"
    cost: float = COST
    start: tuple[float, ...] = (1.0,)

    def observe(self, memory: FloatArray, own: FloatArray, other: FloatArray) -> None:
        """Remember the other's action."""
        memory[:, 0] = other

    def advise(self, memory: FloatArray) -> FloatArray:
        """Return it."""
        return memory[:, 0].copy()


@dataclass(frozen=True)
class MovingAverage:
    """Does what the other did on average: m = 1 at first, then m + weight (o - m). The source compares with it.

    Attributes
    ----------
    weight : float
        Of the last round, in (0, 1]. The source's is not known; 0.2 remembers some five rounds.
    """

    weight: float = 0.2
    name: str = "moving_average"
    cost: float = COST
    start: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        check_between("weight", self.weight, 0, 1, closed="right")

    def observe(self, memory: FloatArray, own: FloatArray, other: FloatArray) -> None:
        """Move the average."""
        memory[:, 0] += self.weight * (other - memory[:, 0])

    def advise(self, memory: FloatArray) -> FloatArray:
        """Return it."""
        return memory[:, 0].copy()


@dataclass(frozen=True)
class ForgivingTitForTat:
    """Tit for tat that lets a first defection of a good partner pass. Ours.

    It plays the other's last action, but the one before where only the last was a defection and the record of the
    other is good. So a slip is not answered, two in a row are, and one whose cooperation is mere chance is not
    forgiven, since its record is bad.

    Attributes
    ----------
    record_weight : float
        Of the last round in the record, in (0, 1]: 0.1 looks at some ten rounds.
    good_record : float
        From which average on slips are forgiven, in [0, 1]: above the one half of a random player, below the 0.86 of
        a cooperator at 0.9 that slips in one of twenty rounds.
    cooperative : float
        From which degree on an action is no defection, in [0, 1].
    """

    record_weight: float = 0.1
    good_record: float = 0.65
    cooperative: float = 0.5
    name: str = "forgiving_tit_for_tat"
    cost: float = COST
    start: tuple[float, ...] = field(default=(1.0, 1.0, 1.0))

    def __post_init__(self) -> None:
        check_between("record_weight", self.record_weight, 0, 1, closed="right")
        check_between("good_record", self.good_record, 0, 1)
        check_between("cooperative", self.cooperative, 0, 1)

    def observe(self, memory: FloatArray, own: FloatArray, other: FloatArray) -> None:
        """Remember the last two actions, and the record before the last."""
        memory[:, 2] += self.record_weight * (memory[:, 0] - memory[:, 2])
        memory[:, 1] = memory[:, 0]
        memory[:, 0] = other

    def advise(self, memory: FloatArray) -> FloatArray:
        """Return the last action, or the one before where that is forgiven."""
        last, before, record = memory[:, 0], memory[:, 1], memory[:, 2]
        slipped = (last < self.cooperative) & (before >= self.cooperative)
        return np.where(slipped & (record >= self.good_record), before, last)


TOOLS: dict[str, Callable[[], Tool]] = {
    "tit_for_tat": TitForTat,
    "moving_average": MovingAverage,
    "forgiving_tit_for_tat": ForgivingTitForTat,
}
"""Tools that a string can name. One of your own is given to `ReservoirAgents` as an object."""


def make_tool(name: str) -> Tool:
    """Make a tool by its name.

    Raises
    ------
    ParameterError
        If none is called so; the message lists them.
    """
    check_one_of("tool", name, tuple(TOOLS))
    return TOOLS[name]()
