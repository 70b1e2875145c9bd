"""Linear policies for worlds of two options: five numbers balance a pole.

``linear:W1,...,Wn,BIAS`` has these weights; ``linear:scenarios`` or ``linear:scenarios?seed=3`` those that a method of
`dynenvs_agents.robust.baselines` finds for the world, within a few seconds and always the same.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs import registration
from dynenvs.core.errors import ParameterError
from dynenvs.core.layouts import DiscreteHead, Role
from dynenvs.core.seats import Seat
from dynenvs.core.world import World
from dynenvs.policies import Turn

__all__ = ["LinearGames", "LinearPolicy", "load_linear"]

FloatArray = NDArray[np.float64]


class LinearPolicy:
    """Chooses the second option where a weighted sum of the observation exceeds 0.

    Parameters
    ----------
    weights : array_like, shape (columns of the observation + 1,)
        The last one is the bias.
    name : str, optional
        How it is called; by default its string.

    Raises
    ------
    ParameterError
        If they are no finite numbers.
    """

    seat: Seat = "external"

    def __init__(self, weights: ArrayLike, name: str = "") -> None:
        self.weights = np.array(weights, np.float64)
        if self.weights.ndim != 1 or len(self.weights) < 2 or not np.isfinite(self.weights).all():
            raise ParameterError(f"weights={weights!r}: expected a row of finite numbers, the last of them the bias")
        self.name = name or self.spec

    @property
    def spec(self) -> str:
        """The string that names it anywhere."""
        return "linear:" + ",".join(f"{weight:.6g}" for weight in self.weights)

    def digest(self) -> str:
        """Hash the weights."""
        return hashlib.sha256(self.weights.tobytes()).hexdigest()[:16]

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Refuse a world that it does not fit; there is nothing to forget."""
        _check_fit(world.layout.roles[0], len(self.weights) - 1)

    def act(self, turn: Turn) -> NDArray[Any]:
        """Decide."""
        seen = turn.observations[:, : len(self.weights) - 1]
        return (seen @ self.weights[:-1] + self.weights[-1] > 0).astype(np.int64)


def load_linear(rest: str, env_id: str) -> LinearPolicy:
    """Make the policy of a string.

    Raises
    ------
    ParameterError
        If these are neither numbers nor a method.
    """
    from dynenvs_agents.robust.baselines import METHODS, train_linear  # which imports this module

    method, _, seed = rest.partition("?seed=")
    if method in METHODS and (seed.isdecimal() or rest == method):
        trained = train_linear(env_id, method, seed=int(seed or 0))
        return LinearPolicy(trained.policy.weights, f"linear:{rest}")
    try:
        weights = [float(number) for number in rest.split(",")]
    except ValueError as error:
        known = ", ".join(METHODS)
        raise ParameterError(
            f"policy 'linear:{rest}': expected numbers between commas, or one of {known}, with ?seed=N behind it or not"
        ) from error
    return LinearPolicy(weights, f"linear:{rest}")


class LinearGames:
    """Plays many linear policies in many models side by side: one game for each pair.

    Parameters
    ----------
    env_id : str
        A world with one agent that has two options.
    candidates, models : int
        How many of each.
    **params
        As in `dynenvs.make_params`.

    Raises
    ------
    ParameterError
        If it is no such world.
    """

    def __init__(self, env_id: str, candidates: int, models: int, **params: Any) -> None:
        self._shape = candidates, models
        self._world = registration.make_world(env_id, candidates * models, **params)
        role = self._world.layout.roles[0]
        if self._world.num_agents != 1:
            raise ParameterError(f"{env_id}: expected a world with one agent, this one has {self._world.num_agents}")
        self.num_weights = role.observation.size + 1
        _check_fit(role, role.observation.size)
        if self._world.params.varies != "never":
            raise ParameterError(
                f"varies={self._world.params.varies!r}: expected none, the models are played one by one"
            )
        self._names = self._world.params.param_set.names
        self._points: FloatArray | None = None
        self.steps = 0

    def __call__(self, weights: FloatArray, points: FloatArray, seed: int) -> FloatArray:
        """Play one episode of each policy in each model, all from the same start.

        Parameters
        ----------
        weights : ndarray, shape (candidates, columns + 1)
            The policies.
        points : ndarray, shape (models, parameters)
            The models.
        seed : int
            The start.

        Returns
        -------
        ndarray of float64, shape (candidates, models)
            Returns.
        """
        candidates, models = self._shape
        changes = None
        if self._points is None or not np.array_equal(points, self._points):
            columns = np.tile(points, (candidates, 1)).T
            changes, self._points = dict(zip(self._names, columns, strict=True)), points.copy()
        world, by_game = self._world, np.repeat(weights, models, axis=0)
        world.reset(np.full(world.num_games, seed, np.uint64), params=changes)
        actions = world.idle_actions.copy()
        alive = world.buffers.alive[:, 0]
        while alive.any():
            seen = world.buffers.vector[:, 0, :]
            actions[:, 0, 0] = np.einsum("gc,gc->g", seen, by_game[:, :-1]) + by_game[:, -1] > 0
            world.step(actions)
        self.steps += int(world.buffers.episode_lengths.sum())
        return world.buffers.episode_returns[:, 0].reshape(candidates, models).copy()


def _check_fit(role: Role, columns: int) -> None:
    heads = role.actions.heads
    if role.observation.size != columns or len(heads) != 1 or not _is_choice_of_two(heads[0]):
        raise ParameterError(
            f"a linear policy of {columns + 1} weights: expected an observation of {columns} columns and one choice "
            f"between two options, this seat has {role.observation.size} columns"
        )


def _is_choice_of_two(head: object) -> bool:
    return isinstance(head, DiscreteHead) and len(head.options) == 2
