"""A round robin of background strategies, all matches in one batch: scores, and nothing else.

For records of every episode, policies that are asked and intervals there is `dynenvs.evaluation.episodes.round_robin`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_integer
from dynenvs.core.errors import ParameterError
from dynenvs.core.jit import bind, kernel
from dynenvs.envs.games.kernels import step_span
from dynenvs.envs.games.params import Payoffs, RepeatedGameParams
from dynenvs.envs.games.world import RepeatedGame

if TYPE_CHECKING:
    from dynenvs.core.buffers import Buffers
    from dynenvs.envs.games.world import RepeatedGameState

__all__ = ["Tournament", "play_tournament"]

SIDE_BY_SIDE = 64
"""Matches that are played to their end before the next ones begin: they stay in the processor's cache."""


class Tournament(NamedTuple):
    """What came out of a round robin.

    Attributes
    ----------
    names : tuple of str
        The strategies.
    scores : ndarray of float64, shape (repetitions, strategies, strategies)
        Sum of payoffs of the row against the column. A match against itself counts as the row's.
    """

    names: tuple[str, ...]
    scores: NDArray[np.float64]

    def ranking(self) -> list[str]:
        """Return the names, the highest mean score against the others first."""
        totals = self.scores.mean(axis=0)
        np.fill_diagonal(totals, 0.0)
        return [self.names[k] for k in np.argsort(-totals.sum(axis=1), kind="stable")]


def play_tournament(
    names: Sequence[str],
    turns: int = 200,
    repetitions: int = 5,
    payoffs: Payoffs = (3, 0, 5, 1),
    noise: float = 0.0,
    seed: int = 0,
) -> Tournament:
    """Let every strategy meet every other, and itself.

    Parameters
    ----------
    names : sequence of str
        Background strategies, at least one, each once.
    turns : int
        Rounds of a match; the players know how many, as in `dynenvs.envs.games.play_match`.
    repetitions : int
        Matches of each pair.
    payoffs : Payoffs
        Of a symmetric game.
    noise : float
        Probability in [0, 1] that a move turns into another one.
    seed : int
        The same gives the same scores.

    Returns
    -------
    Tournament
        All scores.

    Raises
    ------
    UnknownPolicy, ParameterError
        If a strategy does not exist or stands there twice, or a value is out of range.

    Examples
    --------
    >>> play_tournament(["tit_for_tat", "always_defect"], turns=10, repetitions=1).scores[0].tolist()
    [[30.0, 9.0], [14.0, 10.0]]
    """
    for name, value in (("turns", turns), ("repetitions", repetitions)):
        check_integer(name, value, 1)
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"names={list(names)}: expected strategies, at least one, each once")
    params = RepeatedGameParams(payoffs=payoffs, horizon=turns, horizon_known=True, execution_noise=noise)
    row, column = params.matrices()
    if not np.array_equal(column, row.T):
        raise ParameterError("expected a symmetric game, in which it makes no difference who sits where")
    pairs = list(itertools.combinations_with_replacement(range(len(names)), 2))
    world = RepeatedGame(params, len(pairs))
    world.assign_seats([(names[first], names[second]) for first, second in pairs])
    first, second = np.array(pairs).T
    scores = np.empty((repetitions, len(names), len(names)))
    for repetition in range(repetitions):
        world.reset(seed + repetition * len(pairs))
        arguments = (world.state, world.tables, world.buffers, world.idle_actions, turns)
        bind(_play_to_the_end, *arguments)(*arguments)
        returns = world.buffers.episode_returns
        scores[repetition, second, first] = returns[:, 1]
        scores[repetition, first, second] = returns[:, 0]
    return Tournament(tuple(names), scores)


@kernel
def _play_to_the_end(state: RepeatedGameState, tables: Any, b: Buffers, actions: NDArray[np.int64], turns: int) -> None:
    """Play all rounds of some games, then of the next."""
    for lo in range(0, actions.shape[0], SIDE_BY_SIDE):
        for _ in range(turns):
            step_span(state, tables, b, actions, lo, min(lo + SIDE_BY_SIDE, actions.shape[0]))
