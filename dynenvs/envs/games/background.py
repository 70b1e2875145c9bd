"""The background strategies of repeated two-player games: the catalogue, and the tables that a world plays them from.

A strategy is named as in ``tit_for_tat``, or with its numbers as in ``memory_one(0.9,0.1,0.5,0.2)``. `strategy_names`
lists the former, `strategy_forms` the latter; `strategy` finds either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import ParameterError
from dynenvs.envs.games.automata import Automaton, View
from dynenvs.envs.games.classics import CLASSICS
from dynenvs.envs.games.counting import COUNTING
from dynenvs.envs.games.definitions import Program, Strategy
from dynenvs.envs.games.forms import Form, find_player, written_forms
from dynenvs.envs.games.general import GENERAL, always_strategy, cycle_strategy
from dynenvs.envs.games.memory_one import (
    MEMORY_ONE,
    equalizer_strategy,
    memory_one_strategy,
    zero_determinant_strategy,
)

__all__ = [
    "Strategy",
    "StrategyTables",
    "playable_strategies",
    "strategy",
    "strategy_automaton",
    "strategy_forms",
    "strategy_names",
    "strategy_tables",
]

CATALOGUE = {entry.name: entry for entry in (*GENERAL, *CLASSICS, *COUNTING, *MEMORY_ONE)}

FORMS: dict[str, Form[Strategy]] = {
    "memory_one": Form(
        "cc,cd,dc,dd",
        "cooperates with these probabilities after each joint move, and at first (else surely)",
        memory_one_strategy,
        optional="first",
    ),
    "zd": Form("phi,chi,kappa", "enforces s_x - kappa = chi (s_y - kappa) at pace phi", zero_determinant_strategy),
    "equalizer": Form("phi,kappa", "enforces s_y = kappa at pace phi", equalizer_strategy),
    "always": Form("a", "plays action a", always_strategy, whole=True),
    "cycle": Form("a,b,...", "repeats these actions", cycle_strategy, whole=True),
}


class StrategyTables(NamedTuple):
    """Strategies side by side, for the rules to look up. S strategies, T states of all their automata together.

    All arrays are read-only, and shared by the games of a batch.
    """

    program: NDArray[np.int32]  # (S,): a code of `Program`; NONE plays by its automaton
    first_state: NDArray[np.int32]  # (S, 2): where it starts, by seat
    first_chance: NDArray[np.float64]  # (S,): probability that a program cooperates in the first round
    chances: NDArray[np.float64]  # (T, n): probability of an action up to this one
    successors: NDArray[np.int32]  # (T, n, n): next state, by own executed and other's perceived action


def strategy_names() -> list[str]:
    """Return the names of all strategies that need no numbers."""
    return list(CATALOGUE)


def strategy_forms() -> dict[str, str]:
    """Return how strategies with numbers are written, and what these do.

    Examples
    --------
    >>> strategy_forms()["always(a)"]
    'plays action a'
    """
    return written_forms(FORMS)


def strategy(name: str) -> Strategy:
    """Find a strategy by its name.

    Parameters
    ----------
    name : str
        One of `strategy_names`, or a form of `strategy_forms` with numbers in place of its parameters.

    Returns
    -------
    Strategy
        Its definition.

    Raises
    ------
    UnknownPolicy
        If there is none; the message lists the nearest names.
    ParameterError
        If the numbers in the parentheses are too few, too many, out of range or none.

    Examples
    --------
    >>> strategy("grudger").about
    'Cooperates until the opponent has defected once, then defects for ever (grim trigger, Friedman).'
    >>> strategy("cycle(0,0,1)").about
    'Repeats actions 0, 0, 1.'
    """
    return find_player(name, CATALOGUE, FORMS, env_id="dynenvs/RepeatedGame-v0", kind="strategy")


def strategy_automaton(name: str, payoffs: NDArray[np.float64], seat: int = 0) -> Automaton | None:
    """Return the automaton by which a strategy plays, or None for one that counts.

    Parameters
    ----------
    name : str
        As in `strategy`.
    payoffs : ndarray of float64, shape (2, m, n)
        What the row and the column player get, by (row action, column action).
    seat : int
        Whose side of the game it plays: 0 for the row player's, 1 for the column player's.

    Raises
    ------
    UnknownPolicy, ParameterError
        As `strategy_tables`.
    """
    entry, view = strategy(name), _views(payoffs)[0 if seat == 0 else -1]
    made = _automaton(entry, view)
    return None if isinstance(entry.plays, Program) else made


def strategy_tables(names: Sequence[str], payoffs: NDArray[np.float64]) -> StrategyTables:
    """Lay strategies side by side for a game.

    Parameters
    ----------
    names : sequence of str
        The strategies; the place of a name is the strategy's code.
    payoffs : ndarray of float64, shape (2, m, n)
        What the row and the column player get, by (row action, column action).

    Returns
    -------
    StrategyTables
        Read-only; with n the larger of both numbers of actions.

    Raises
    ------
    UnknownPolicy
        If a name is unknown.
    ParameterError
        If a strategy cannot play this game: it has other actions, or the strategy is not feasible with these payoffs.
    """
    views = _views(payoffs)
    entries = [strategy(name) for name in names]
    automata: list[Automaton] = []
    first_state = np.zeros((len(entries), 2), np.int32)
    size = 0
    for code, entry in enumerate(entries):
        for seat, view in enumerate(views):
            made = _automaton(entry, view)
            first_state[code, seat:] = size  # in a symmetric game both seats share the automaton of the first
            automata.append(made)
            size += len(made.moves)
    chances, successors = _lay_out(automata, max(payoffs.shape[1:]))
    tables = StrategyTables(
        program=np.array([_program(entry) for entry in entries], np.int32),
        first_state=first_state,
        first_chance=np.array([entry.first for entry in entries], np.float64),
        chances=chances,
        successors=successors,
    )
    for table in tables:
        table.flags.writeable = False
    return tables


def playable_strategies(payoffs: NDArray[np.float64]) -> list[str]:
    """Return the names of the strategies, of those without numbers, that can play a game from either seat.

    Parameters
    ----------
    payoffs : ndarray of float64, shape (2, m, n)
        What the row and the column player get, by (row action, column action).
    """
    return [name for name in CATALOGUE if _can_play(name, payoffs)]


def _can_play(name: str, payoffs: NDArray[np.float64]) -> bool:
    try:
        strategy_tables((name,), payoffs)
    except ParameterError:
        return False
    return True


def _views(payoffs: NDArray[np.float64]) -> list[View]:
    """Return the game as both seats see it, once if they see the same."""
    row, column = View(payoffs[0], payoffs[1]), View(payoffs[1].T, payoffs[0].T)
    symmetric = np.array_equal(row.own, column.own) and np.array_equal(row.other, column.other)
    return [row] if symmetric else [row, column]


def _program(entry: Strategy) -> Program:
    return entry.plays if isinstance(entry.plays, Program) else Program.NONE


def _automaton(entry: Strategy, view: View) -> Automaton:
    """Make a strategy's automaton for a seat: an idle one for a program."""
    if not entry.any_game and view.own.shape != (2, 2):
        game = f"{view.num_actions} x {view.num_replies}"
        raise ParameterError(f"strategy {entry.name!r} cannot play a {game} game: expected 2 x 2 actions")
    if isinstance(entry.plays, Program):
        return Automaton(moves=np.zeros((0, 2)), successors=np.zeros((0, 2, 2), np.int32))
    return entry.plays(view)


def _lay_out(automata: list[Automaton], num_actions: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Lay automata one after the other, padded to the same number of actions."""
    size = sum(len(made.moves) for made in automata)
    chances = np.ones((size, num_actions))
    successors = np.zeros((size, num_actions, num_actions), np.int32)
    start = 0
    for made in automata:
        states, m, n = made.successors.shape
        chances[start : start + states, : m - 1] = made.moves.cumsum(axis=1)[:, :-1]
        successors[start : start + states, :m, :n] = made.successors + start
        start += states
    return chances, successors
