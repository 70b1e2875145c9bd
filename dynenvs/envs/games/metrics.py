"""What an episode of a repeated game, with moves, degrees or contributions, was like, in a few numbers a player.

| world | metric | range | is |
| --- | --- | --- | --- |
| `RepeatedGame` | ``cooperation`` | [0, 1] | share of rounds in which the player executed action 0 |
| | ``mutual_cooperation`` | [0, 1] | share of rounds in which both did |
| `ContinuousGame` | ``cooperation`` | [0, 1] | mean degree that the player executed |
| | ``mutual_cooperation`` | [0, 1] | mean product of both degrees |
| | ``variance`` | [0, 0.25] | variance of the degrees that the player executed, over the rounds |
| `PublicGoods` | ``contribution`` | [0, 1] | share of its endowments that the player gave |
| | ``efficiency`` | [1/r, 1] | payoffs of all, over what all get if all give everything |
| `PublicGoodsPunishment` | ``contribution`` | [0, 1] | share of its endowments that the player gave |
| | ``efficiency`` | at most 1 | as above, of payoffs net of what points cost both sides |
| | ``points_spent`` | >= 0 | points that the player took off others, a round |
| | ``antisocial_points`` | >= 0 | of these, off players who had given as much as it or more |

Moves count as executed, slips included, whoever saw what. Action 0 is the cooperative one in the games that have such a
thing (`dynenvs.envs.games.params.GAMES`); in the others these numbers say only how often it was played. How a player
answers the other's moves stands in `counts`, from which `measures` are estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import LifecycleError
from dynenvs.envs.games.measures import Measured, repeated_game_measures
from dynenvs.envs.games.params import ContinuousGameParams, PublicGoodsParams, PunishmentParams, RepeatedGameParams

if TYPE_CHECKING:
    from dynenvs.core.world import World

__all__ = ["counts", "measures", "metrics"]

Metrics = dict[str, NDArray[np.float64]]

ITSELF = 1  # in the state's first_defector


def metrics(world: World, games: NDArray[np.int64]) -> Metrics:
    """Measure finished episodes.

    Parameters
    ----------
    world : RepeatedGame, ContinuousGame, PublicGoods or PublicGoodsPunishment
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
    _check_finished(world, games)
    rounds = world.buffers.episode_lengths[games][:, None].astype(np.float64)
    return _METRICS[type(world.params)](world.state, games, rounds)


def counts(world: World, games: NDArray[np.int64]) -> Metrics:
    """Count how players answered in finished episodes of `RepeatedGame`; nothing is counted in the others.

    Parameters
    ----------
    world, games
        As in `metrics`.

    Returns
    -------
    dict of str to ndarray of float64, shape (games, 2)
        With C for action 0 and D for any other, own move first: ``after_cd``, rounds that followed one in which the
        player did C and the other D, and ``cooperated_after_cd``, those among them in which it did C; so for ``cc``,
        ``dc``, ``dd`` and ``start``, the first round. ``reconciled``: rounds of mutual cooperation that followed one
        without. ``nice``: 1 unless the player chose D, slips apart, before it saw the other play D.

    Raises
    ------
    LifecycleError
        As `metrics`.
    """
    _check_finished(world, games)
    if not isinstance(world.params, RepeatedGameParams):
        return {}
    of_row = world.state.transitions[games].astype(np.float64)  # (games, own, other's, own now, other's now)
    of_column = of_row.transpose(0, 2, 1, 4, 3)
    transitions = np.stack([of_row, of_column], axis=1)
    after, cooperated = transitions.sum(axis=(4, 5)), transitions[..., 0, :].sum(axis=4)
    counted = {}
    for own, other in np.ndindex(2, 2):
        outcome = "cd"[own] + "cd"[other]
        counted[f"after_{outcome}"] = after[:, :, own, other]
        counted[f"cooperated_after_{outcome}"] = cooperated[:, :, own, other]
    counted["after_start"] = np.ones((len(games), 2))
    counted["cooperated_after_start"] = _cooperations(world.state, games) - cooperated.sum(axis=(2, 3))
    counted["nice"] = (world.state.first_defector[games] != ITSELF).astype(np.float64)
    counted["reconciled"] = transitions[..., 0, 0].sum(axis=(2, 3)) - transitions[:, :, 0, 0, 0, 0]
    return counted


def measures(
    counts: Mapping[str, NDArray[np.float64]],
    params: RepeatedGameParams | ContinuousGameParams | PublicGoodsParams,
    seed: int = 0,
) -> dict[str, Measured]:
    """Estimate how one player answers the others, from its `counts` episode by episode.

    Returns
    -------
    dict of str to Measured
        What `dynenvs.envs.games.measures.repeated_game_measures` gives; nothing for the other games.
    """
    return repeated_game_measures(counts, params, seed) if isinstance(params, RepeatedGameParams) else {}


def _check_finished(world: World, games: NDArray[np.int64]) -> None:
    b = world.buffers
    for game in games:
        if b.alive[game].any() or b.episode_lengths[game] == 0:
            raise LifecycleError(f"game {game}: expected a finished episode, left as it ended")


def _of_repeated_game(state: Any, games: NDArray[np.int64], rounds: NDArray[np.float64]) -> Metrics:
    both = state.joint_counts[games, 0, 0][:, None].repeat(2, axis=1)
    return {"cooperation": _cooperations(state, games) / rounds, "mutual_cooperation": both / rounds}


def _cooperations(state: Any, games: NDArray[np.int64]) -> NDArray[np.float64]:
    """Count the rounds in which each player executed action 0: (games, 2)."""
    joint = state.joint_counts[games]
    return np.stack([joint[:, 0, :].sum(axis=1), joint[:, :, 0].sum(axis=1)], axis=1).astype(np.float64)


def _of_continuous_game(state: Any, games: NDArray[np.int64], rounds: NDArray[np.float64]) -> Metrics:
    return {
        "cooperation": state.mean_degrees[games],
        "mutual_cooperation": state.mean_product[games][:, None].repeat(2, axis=1),
        "variance": state.squares[games] / rounds,
    }


def _of_public_goods(state: Any, games: NDArray[np.int64], rounds: NDArray[np.float64]) -> Metrics:
    given = state.contributed[games]
    endowments = state.endowment[games][:, None] * rounds
    share = given / endowments
    r = state.multiplier[games][:, None]
    efficiency = (1.0 + (r - 1.0) * share.mean(axis=1, keepdims=True)) / r
    return {"contribution": share, "efficiency": efficiency.repeat(given.shape[1], axis=1)}


def _of_punishment(state: Any, games: NDArray[np.int64], _steps: NDArray[np.float64]) -> Metrics:
    rounds = state.round[games][:, None].astype(np.float64)  # each of them is two steps
    measured = _of_public_goods(state, games, rounds)
    best = (state.multiplier[games] * state.endowment[games])[:, None] * rounds
    lost = state.spent[games] + state.fine[games][:, None] * state.taken_off[games]
    return {
        "contribution": measured["contribution"],
        "efficiency": measured["efficiency"] - lost.mean(axis=1, keepdims=True) / best,
        "points_spent": state.spent[games] / rounds,
        "antisocial_points": state.spent_on_givers[games] / rounds,
    }


_METRICS: dict[type, Callable[[Any, NDArray[np.int64], NDArray[np.float64]], Metrics]] = {
    RepeatedGameParams: _of_repeated_game,
    ContinuousGameParams: _of_continuous_game,
    PublicGoodsParams: _of_public_goods,
    PunishmentParams: _of_punishment,
}
"""By the world's parameters, whose type is as good as its class and lies in a lower room."""
