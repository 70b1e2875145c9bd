"""Background players of the game in degrees, as data: a handful of numbers each.

A player is named as in ``betrayer``, or with its numbers as in ``betrayer(0.8,0,0.25)``. `DEGREE_PLAYERS` lists the
former, `DEGREE_FORMS` the latter; `degree_player` finds either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between
from dynenvs.envs.games.forms import Form, find_player, written_forms
from dynenvs.envs.games.sources import AXELROD_1980, AXELROD_1984, FOLKLORE

__all__ = [
    "DEGREE_FORMS",
    "DEGREE_PLAYERS",
    "DegreeManner",
    "DegreePlayer",
    "DegreeTables",
    "degree_player",
    "degree_tables",
]

LEVEL = 0.9
"""How far the cooperative ones go, unless told otherwise."""

LOW = 0.1
"""How far they still go when they defect."""

LENGTH = "L is the horizon, or the expected length where there is none."


class DegreeManner(IntEnum):
    """How a background player decides."""

    SCHEDULE = 0
    FOLLOW = 1
    REGIMES = 2
    RANDOM = 3


@dataclass(frozen=True, kw_only=True)
class DegreePlayer:
    """One background player.

    Attributes
    ----------
    name : str
        What it is called by, in snake_case; numbers follow in parentheses.
    about : str
        Its exact definition.
    source : str
        Where it comes from.
    manner : DegreeManner
        SCHEDULE plays `level`, but `low` from share `start` to share `stop` of the episode. FOLLOW plays an average m
        of what it saw the other do: m = `level` at first, then (1 - `weight`) m + `weight` o. REGIMES plays `level`
        or `low`, by turns of random length. RANDOM plays anything.
    level, low : float
        Degrees, in [0, 1].
    start, stop : float
        Shares of the episode's length.
    weight : float
        Of what was seen last, in (0, 1].
    slip : float
        Probability in [0, 1] of degree 0 in a round instead.
    """

    name: str
    about: str
    source: str = "ours"
    manner: DegreeManner = DegreeManner.SCHEDULE
    level: float = LEVEL
    low: float = LOW
    start: float = np.inf
    stop: float = np.inf
    weight: float = 1.0
    slip: float = 0.0


class DegreeTables(NamedTuple):
    """The background players by code; the columns are those of `DegreePlayer`, each of shape (players,)."""

    manner: NDArray[np.int8]
    level: NDArray[np.float64]
    low: NDArray[np.float64]
    start: NDArray[np.float64]
    stop: NDArray[np.float64]
    weight: NDArray[np.float64]
    slip: NDArray[np.float64]


def _check_shares(name: str, **shares: float) -> None:
    for parameter, share in shares.items():
        check_between(f"{name}: {parameter}", share, 0, 1)


def _cooperate(name: str, level: float) -> DegreePlayer:
    _check_shares(name, level=level)
    return DegreePlayer(name=name, about=f"Plays {level:g}.", level=level)


def _interrupted(name: str, level: float, low: float, start: float, stop: float) -> DegreePlayer:
    _check_shares(name, level=level, low=low, start=start)
    check_between(f"{name}: stop", stop, start, 1)
    about = f"Plays {level:g}, but {low:g} in round k, counted from 0, if {start:g} L <= k < {stop:g} L; {LENGTH}"
    return DegreePlayer(name=name, about=about, level=level, low=low, start=start, stop=stop)


def _betrayer(name: str, level: float, low: float, start: float) -> DegreePlayer:
    _check_shares(name, level=level, low=low, start=start)
    about = f"Plays {level:g}, and {low:g} for good in rounds k >= {start:g} L, counted from 0; {LENGTH}"
    return DegreePlayer(name=name, about=about, level=level, low=low, start=start)


def _regime_switcher(name: str, level: float, low: float) -> DegreePlayer:
    _check_shares(name, level=level, low=low)
    about = f"Plays {level:g} or {low:g}, either alike likely first, and after each round changes over with probability"
    return DegreePlayer(
        name=name, about=f"{about} 1 / `regime_length`.", manner=DegreeManner.REGIMES, level=level, low=low
    )


def _moving_average(name: str, weight: float) -> DegreePlayer:
    check_between(f"{name}: weight", weight, 0, 1, closed="right")
    return DegreePlayer(
        name=name,
        about=f"Plays m: 1 at first, then {1 - weight:g} m + {weight:g} o, with o as it saw the other last.",
        manner=DegreeManner.FOLLOW,
        level=1.0,
        weight=weight,
    )


def _slipping(name: str, slip: float) -> DegreePlayer:
    _check_shares(name, slip=slip)
    return DegreePlayer(
        name=name,
        about=f"Reciprocator, but plays 0 in any round with probability {slip:g}.",
        manner=DegreeManner.FOLLOW,
        slip=slip,
    )


FORMS: dict[str, Form[DegreePlayer]] = {
    "cooperate": Form("level", "plays this degree", _cooperate),
    "moving_average": Form("weight", "an average in which the last round has this weight", _moving_average),
    "slipping_reciprocator": Form("slip", "slips with this probability", _slipping),
    "interrupted_cooperator": Form(
        "level,low,start,stop", "plays the low degree between these shares of the episode", _interrupted
    ),
    "betrayer": Form("level,low,start", "plays the low degree from this share of the episode on", _betrayer),
    "regime_switcher": Form("level,low", "changes over between these degrees", _regime_switcher),
}

DEGREE_FORMS = written_forms(FORMS)
"""How players with numbers are written, and what these do."""

DEGREE_PLAYERS: dict[str, DegreePlayer] = {
    player.name: player
    for player in (
        DegreePlayer(
            name="random",
            about="Plays any degree, all alike likely.",
            source=f"{AXELROD_1980}, in degrees",
            manner=DegreeManner.RANDOM,
        ),
        _cooperate("cooperate", LEVEL),
        DegreePlayer(name="always_cooperate", about="Plays 1.", source=AXELROD_1984, level=1.0),
        DegreePlayer(name="always_defect", about="Plays 0.", source=AXELROD_1984, level=0.0),
        DegreePlayer(
            name="tit_for_tat",
            about="Plays 1 first, then the degree that it saw of the other last.",
            source=f"Rapoport, in {AXELROD_1980}, in degrees",
            manner=DegreeManner.FOLLOW,
            level=1.0,
        ),
        _moving_average("moving_average", 0.2),
        DegreePlayer(
            name="reciprocator",
            about=f"Plays {LEVEL} first, then the degree that it saw of the other last.",
            source=FOLKLORE,
            manner=DegreeManner.FOLLOW,
        ),
        _slipping("slipping_reciprocator", 0.05),
        _interrupted("interrupted_cooperator", LEVEL, LOW, 0.4, 0.6),
        _betrayer("betrayer", LEVEL, LOW, 0.5),
        _regime_switcher("regime_switcher", LEVEL, LOW),
    )
}
"""The background players that need no numbers, by name."""


def degree_player(name: str) -> DegreePlayer:
    """Find a background player by its name.

    Parameters
    ----------
    name : str
        A key of `DEGREE_PLAYERS`, or a form of `DEGREE_FORMS` with numbers in place of its parameters.

    Returns
    -------
    DegreePlayer
        Its definition.

    Raises
    ------
    UnknownPolicy
        If there is none; the message lists the nearest names.
    ParameterError
        If the numbers in the parentheses are too few, too many, out of range or none.

    Examples
    --------
    >>> degree_player("betrayer(0.8,0,0.25)").start
    0.25
    """
    return find_player(name, DEGREE_PLAYERS, FORMS, env_id="dynenvs/ContinuousGame-v0")


def degree_tables(names: tuple[str, ...]) -> DegreeTables:
    """Lay background players side by side.

    Parameters
    ----------
    names : tuple of str
        As `degree_player` takes them, in the order of their codes.

    Returns
    -------
    DegreeTables
        Read-only for the kernel.
    """
    players = [degree_player(name) for name in names]
    return DegreeTables(
        manner=np.array([player.manner for player in players], np.int8),
        level=np.array([player.level for player in players], np.float64),
        low=np.array([player.low for player in players], np.float64),
        start=np.array([player.start for player in players], np.float64),
        stop=np.array([player.stop for player in players], np.float64),
        weight=np.array([player.weight for player in players], np.float64),
        slip=np.array([player.slip for player in players], np.float64),
    )
