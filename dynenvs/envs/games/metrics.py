"""What an episode of a repeated or a public goods game was like, in a few numbers a player.

| world | metric | range | is |
| --- | --- | --- | --- |
| `RepeatedGame` | ``cooperation`` | [0, 1] | share of rounds in which the player executed action 0 |
| | ``mutual_cooperation`` | [0, 1] | share of rounds in which both did |
| `PublicGoods` | ``contribution`` | [0, 1] | share of its endowments that the player gave |
| | ``efficiency`` | [1/r, 1] | payoffs of all, over what all get if all give everything |

Moves count as executed, slips included, whoever saw what. Action 0 is the cooperative one in the games that have such a
thing (`dynenvs.envs.games.params.GAMES`); in the others the first two numbers say only how often it was played.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import LifecycleError
from dynenvs.envs.games.params import PublicGoodsParams, RepeatedGameParams

if TYPE_CHECKING:
    from dynenvs.core.world import World

__all__ = ["metrics"]

Metrics = dict[str, NDArray[np.float64]]


def metrics(world: World, games: NDArray[np.int64]) -> Metrics:
    """Measure finished episodes.

    Parameters
    ----------
    world : RepeatedGame or PublicGoods
        With ``autoreset="disabled"``, so that a finished game still stands as its last step left it.
    games : ndarray of int64, shape (games,)
        Games whose episode is over.

    Returns
    -------
    dict of str to ndarray of float64, shape (games, num_agents)
        The metrics listed above, by name.

    Raises
    ------
    LifecycleError
        If one of the games is still under way, or was never begun.
    """
    b = world.buffers
    for game in games:
        if b.alive[game].any() or b.episode_lengths[game] == 0:
            raise LifecycleError(f"game {game}: expected a finished episode, left as it ended")
    rounds = b.episode_lengths[games][:, None].astype(np.float64)
    return _METRICS[type(world.params)](world.state, games, rounds)


def _of_repeated_game(state: Any, games: NDArray[np.int64], rounds: NDArray[np.float64]) -> Metrics:
    counts = state.joint_counts[games]
    own = np.stack([counts[:, 0, :].sum(axis=1), counts[:, :, 0].sum(axis=1)], axis=1)
    both = counts[:, 0, 0][:, None].repeat(2, axis=1)
    return {"cooperation": own / rounds, "mutual_cooperation": both / rounds}


def _of_public_goods(state: Any, games: NDArray[np.int64], rounds: NDArray[np.float64]) -> Metrics:
    given = state.contributed[games]
    endowments = state.endowment[games][:, None] * rounds
    share = given / endowments
    r = state.multiplier[games][:, None]
    efficiency = (1.0 + (r - 1.0) * share.mean(axis=1, keepdims=True)) / r
    return {"contribution": share, "efficiency": efficiency.repeat(given.shape[1], axis=1)}


_METRICS: dict[type, Callable[[Any, NDArray[np.int64], NDArray[np.float64]], Metrics]] = {
    RepeatedGameParams: _of_repeated_game,
    PublicGoodsParams: _of_public_goods,
}
"""By the world's parameters, whose type is as good as its class and lies in a lower room."""
