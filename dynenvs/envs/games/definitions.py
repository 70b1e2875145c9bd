"""What a background strategy is: a name, an exact definition, its source, and how it is played."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from dynenvs.envs.games.automata import Automaton, View

__all__ = ["Program", "Strategy"]


class Program(IntEnum):
    """Codes of the strategies that count, and so are rules in `dynenvs.envs.games.strategies`, no automata."""

    NONE = 0
    GO_BY_MAJORITY = 1
    HARD_GO_BY_MAJORITY = 2
    GRADUAL = 3
    PUNISHER = 4
    ADAPTIVE_TIT_FOR_TAT = 5
    OMEGA_TIT_FOR_TAT = 6
    LIMITED_RETALIATE = 7
    BACK_STABBER = 8
    DOUBLE_CROSSER = 9
    GRUMPY = 10
    THUE_MORSE = 11
    WORSE_AND_WORSE = 12
    FELD = 13
    SHUBIK = 14
    TULLOCK = 15


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """One strategy of a repeated two-player game.

    Attributes
    ----------
    name : str
        What it is called by, in snake_case; parameters follow in parentheses, as in ``cycle(0,0,1)``.
    about : str
        Its exact definition in one sentence. C is action 0, D is action 1; a round is told as (own move, other's move).
    source : str
        Where it comes from.
    plays : callable or Program
        Makes its automaton for a seat's view of the game, or says which program counts for it.
    first : float
        Probability that a program cooperates in the first round.
    any_game : bool
        Whether it can play games of other than two actions.
    axelrod_name : str or None
        Its class in the Axelrod-Python library 4.14.0, where there is one that plays the same.
    """

    name: str
    about: str
    source: str
    plays: Callable[[View], Automaton] | Program
    first: float = 1.0
    any_game: bool = False
    axelrod_name: str | None = None
