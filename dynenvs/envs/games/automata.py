"""Strategies with a finite memory, written as automata and laid out as tables.

Most classic strategies of repeated games remember only a little: the last move, whether they were ever betrayed, how
far an opening has been played. Such a strategy is told by three things: what it remembers at first, how it moves
for what it remembers, and what it remembers after a round. `automaton` numbers every memory that can be reached, so
that playing it is one look-up, however its author thought of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import ParameterError

__all__ = ["Automaton", "C", "D", "View", "automaton", "memory_one", "mixed_automaton", "remembering"]

C, D = 0, 1
"""Cooperate and defect: actions 0 and 1 of a game of two actions."""

MAX_STATES = 4096
"""An automaton that needs more does not forget: it should count instead."""

Memory = TypeVar("Memory", bound=Hashable)


class View(NamedTuple):
    """A two-player game as the player of one seat sees it."""

    own: NDArray[np.float64]  # (m, n): what it gets if it plays a and the other plays b
    other: NDArray[np.float64]  # (m, n): what the other gets then

    @property
    def num_actions(self) -> int:
        """Number of its own actions."""
        return self.own.shape[0]

    @property
    def num_replies(self) -> int:
        """Number of the other's actions."""
        return self.own.shape[1]


class Automaton(NamedTuple):
    """A strategy of finite memory; it starts in state 0."""

    moves: NDArray[np.float64]  # (states, m): probability of each own action
    successors: NDArray[np.int32]  # (states, m, n): next state, by own executed and other's perceived action


def mixed_automaton(
    view: View,
    start: Memory,
    moves: Callable[[Memory], Sequence[float]],
    remember: Callable[[Memory, int, int], Memory],
) -> Automaton:
    """Make an automaton of any actions from what a strategy remembers.

    Parameters
    ----------
    view : View
        The game, for the numbers of actions.
    start : hashable
        What it remembers before the first round.
    moves : callable
        Maps a memory to the probabilities of the own actions.
    remember : callable
        Maps a memory, the own move as executed and the other's as perceived to the next memory.

    Returns
    -------
    Automaton
        Its states in the order of their discovery, `start` first.

    Raises
    ------
    ParameterError
        If more than `MAX_STATES` memories can be reached.
    """
    known = {start: 0}
    waiting = [start]  # grows while it is read
    successors = []
    for memory in waiting:
        for own in range(view.num_actions):
            for other in range(view.num_replies):
                following = remember(memory, own, other)
                if following not in known:
                    known[following] = len(known)
                    waiting.append(following)
                successors.append(known[following])
        if len(known) > MAX_STATES:
            raise ParameterError(f"an automaton needs over {MAX_STATES} states: expected a strategy that forgets")
    return Automaton(
        moves=np.array([moves(memory) for memory in waiting], np.float64),
        successors=np.array(successors, np.int32).reshape(len(known), view.num_actions, view.num_replies),
    )


_TWO_BY_TWO = View(own=np.zeros((2, 2)), other=np.zeros((2, 2)))


def automaton(
    start: Memory, cooperates: Callable[[Memory], float], remember: Callable[[Memory, int, int], Memory]
) -> Automaton:
    """Make an automaton that cooperates or defects from what a strategy remembers.

    Parameters
    ----------
    start : hashable
        What it remembers before the first round.
    cooperates : callable
        Maps a memory to the probability of cooperating; True and False will do.
    remember : callable
        Maps a memory, the own move as executed and the other's as perceived (`C` or `D`) to the next memory.

    Returns
    -------
    Automaton
        Of two actions.

    Examples
    --------
    Grudger remembers one thing, and never forgets it:

    >>> automaton(False, lambda betrayed: not betrayed, lambda betrayed, own, other: betrayed or other == D).moves
    array([[1., 0.],
           [0., 1.]])
    """
    return mixed_automaton(_TWO_BY_TWO, start, lambda memory: _two(float(cooperates(memory))), remember)


def remembering(rounds: int, cooperates: Callable[[tuple[int, ...]], float]) -> Automaton:
    """Make a strategy that looks at the opponent's moves of the last rounds only.

    Parameters
    ----------
    rounds : int
        How many moves it sees; fewer at the beginning.
    cooperates : callable
        Maps these moves, oldest first, to the probability of cooperating.
    """
    nothing: tuple[int, ...] = ()
    return automaton(nothing, cooperates, lambda seen, own, other: (*seen, other)[-rounds:])


def memory_one(cc: float, cd: float, dc: float, dd: float, first: float = 1.0) -> Automaton:
    """Make a strategy that looks at the last joint move only.

    Parameters
    ----------
    cc, cd, dc, dd : float
        Probability of cooperating after each (own move, other's move).
    first : float
        Probability of cooperating in the first round.
    """
    after = {(C, C): cc, (C, D): cd, (D, C): dc, (D, D): dd, None: first}
    start: tuple[int, int] | None = None
    return automaton(start, after.__getitem__, lambda last, own, other: (own, other))


def _two(cooperation: float) -> tuple[float, float]:
    return cooperation, 1.0 - cooperation
