"""One pairing of two background strategies: the quick way to ask what happens when they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_integer
from dynenvs.core.jit import bind, kernel
from dynenvs.envs.games.kernels import HISTORY_DEPTH, step_span
from dynenvs.envs.games.params import Payoffs, RepeatedGameParams
from dynenvs.envs.games.world import RepeatedGame

if TYPE_CHECKING:
    from dynenvs.core.buffers import Buffers
    from dynenvs.envs.games.world import RepeatedGameState

__all__ = ["Match", "play_match"]


class Match(NamedTuple):
    """What happened in a match.

    Attributes
    ----------
    scores_a, scores_b : ndarray of float64, shape (repetitions,)
        Sums of payoffs of both players.
    moves : ndarray of int8, shape (repetitions, turns, 2)
        Moves as executed; in a dilemma 0 is to cooperate and 1 to defect.
    """

    scores_a: NDArray[np.float64]
    scores_b: NDArray[np.float64]
    moves: NDArray[np.int8]


def play_match(
    a: str,
    b: str,
    turns: int = 200,
    payoffs: Payoffs = (3, 0, 5, 1),
    noise: float = 0.0,
    repetitions: int = 1,
    seed: int = 0,
) -> Match:
    """Let two strategies play a repeated game.

    Parameters
    ----------
    a, b : str
        Background strategies, e.g. ``"tit_for_tat"``; `dynenvs.envs.games.background.strategy_names` lists them.
    turns : int
        Rounds of each repetition. The players know how many, as in Axelrod's first tournament.
    payoffs : Payoffs
        (R, S, T, P), or matrices: see `dynenvs.envs.games.params.payoff_matrices`.
    noise : float
        Probability in [0, 1] that a move turns into the other one.
    repetitions : int
        Independent matches: number i has the seed ``seed + i``.
    seed : int
        In [0, 2^64 - repetitions].

    Returns
    -------
    Match
        Scores and moves.

    Raises
    ------
    UnknownPolicy, ParameterError
        If a strategy does not exist, or a value is out of range.

    Examples
    --------
    >>> play_match("tit_for_tat", "always_defect", turns=10).scores_a
    array([9.])
    """
    check_integer("turns", turns, 1)
    params = RepeatedGameParams(payoffs=payoffs, horizon=turns, horizon_known=True, execution_noise=noise)
    world = RepeatedGame(params, repetitions, seats=[a, b])
    world.reset(seed)
    moves = np.empty((repetitions, turns, 2), np.int8)
    arguments = (world.state, world.tables, world.buffers, world.idle_actions, moves)
    bind(_play_all, *arguments)(*arguments)
    returns = world.buffers.episode_returns
    return Match(returns[:, 0].copy(), returns[:, 1].copy(), moves)


@kernel
def _play_all(
    state: RepeatedGameState, tables: Any, b: Buffers, actions: NDArray[np.int64], moves: NDArray[np.int8]
) -> None:
    """Play all rounds of all games, writing down the moves."""
    for turn in range(moves.shape[1]):
        step_span(state, tables, b, actions, 0, moves.shape[0])
        place = turn & (HISTORY_DEPTH - 1)
        for i in range(moves.shape[0]):
            moves[i, turn, 0] = state.history[i, 0, place, 0]
            moves[i, turn, 1] = state.history[i, 1, place, 0]
