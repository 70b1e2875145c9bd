"""Background players of the public goods game, as data: how much each gives for what the others gave."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONTRIBUTORS", "Contributor", "ContributorTables", "Manner", "contributor_tables"]


class Manner(IntEnum):
    """How a background player decides."""

    SCHEDULE = 0
    RANDOM = 1
    GRIM = 2


@dataclass(frozen=True, kw_only=True)
class Contributor:
    """One background player.

    A schedule says what the player gives, as shares of its endowment: in the first round, and where the others gave on
    average nothing, half, or all of theirs in the last one; linear in between, rounded to whole tokens (halves up).
    Fischbacher, Gächter and Fehr (2001) let people state how they cooperate in this form.

    Attributes
    ----------
    name : str
        What it is called by, in snake_case.
    about : str
        Its exact definition in one sentence.
    source : str
        Where it comes from.
    schedule : tuple of float
        Shares given (first, others nothing, others half, others all), each in [0, 1].
    manner : Manner
        Whether the schedule holds, or what does instead.
    """

    name: str
    about: str
    source: str
    schedule: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    manner: Manner = Manner.SCHEDULE


class ContributorTables(NamedTuple):
    """The background players by code."""

    manner: NDArray[np.int8]  # (players,) a Manner
    schedule: NDArray[np.float64]  # (players, 4)


_STRATEGY_METHOD = "Fischbacher, Gächter and Fehr (2001), Economics Letters 71"

CONTRIBUTORS: dict[str, Contributor] = {
    player.name: player
    for player in (
        Contributor(
            name="free_rider",
            about="Never gives anything: the dominant strategy of the single round.",
            source=_STRATEGY_METHOD,
        ),
        Contributor(
            name="contributor",
            about="Always gives all.",
            source="the joint optimum",
            schedule=(1.0, 1.0, 1.0, 1.0),
        ),
        Contributor(
            name="random",
            about="Gives any number of tokens, all alike likely.",
            source="baseline",
            manner=Manner.RANDOM,
        ),
        Contributor(
            name="conditional_cooperator",
            about="Gives all at first, then what the others gave on average in the last round.",
            source=_STRATEGY_METHOD + "; the first round is our choice",
            schedule=(1.0, 0.0, 0.5, 1.0),
        ),
        Contributor(
            name="imperfect_conditional_cooperator",
            about="Gives all at first, then three quarters of what the others gave on average in the last round.",
            source="Fischbacher and Gächter (2010), American Economic Review 100; slope and first round are our choice",
            schedule=(1.0, 0.0, 0.375, 0.75),
        ),
        Contributor(
            name="hump_shaped_contributor",
            about="Gives half at first, then what the others gave on average up to half of all, and ever less beyond.",
            source=_STRATEGY_METHOD + "; the first round is our choice",
            schedule=(0.5, 0.0, 0.5, 0.0),
        ),
        Contributor(
            name="grim_contributor",
            about="Gives all until anyone has given less, then nothing for the rest of the episode.",
            source="the trigger strategy of Friedman (1971), Review of Economic Studies 38",
            manner=Manner.GRIM,
        ),
    )
}
"""The background players by name."""


def contributor_tables(names: tuple[str, ...]) -> ContributorTables:
    """Lay background players side by side.

    Parameters
    ----------
    names : tuple of str
        Keys of `CONTRIBUTORS`, in the order of their codes.

    Returns
    -------
    ContributorTables
        Read-only for the kernel.
    """
    players = [CONTRIBUTORS[name] for name in names]
    return ContributorTables(
        manner=np.array([player.manner for player in players], np.int8),
        schedule=np.array([player.schedule for player in players], np.float64).reshape(-1, 4),
    )
