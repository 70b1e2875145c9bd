"""How bad can it get? A policy in every model of an uncertainty set, in raw numbers.

The models are those of a closed grid over the world's uncertainty set (both ends of every parameter belong to it), or
those of a tabular family. Every model is played from the same starts (common random numbers), so that differences
between models are not differences of luck. The least of many noisy means is biased downwards; so the worst model is
found on one set of starts and played again on others, and a policy is chosen on other starts than those that score it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs import registration
from dynenvs.adapters.players import Players
from dynenvs.core.checks import check_between, check_integer, shown
from dynenvs.core.errors import ParameterError
from dynenvs.core.seats import EXTERNAL
from dynenvs.core.world import World
from dynenvs.evaluation.playing import seat_table
from dynenvs.evaluation.statistics import Estimate, bootstrap, percentile_estimate, resample_counts
from dynenvs.policies import Policy, make_policy

__all__ = [
    "Metric",
    "Models",
    "Robustness",
    "choose_and_score",
    "measure_robustness",
    "metric_name",
    "normalised",
    "returns_in_models",
    "slices",
    "uncertain_models",
]

BATCH = 8192
"""Games played at once."""

MOST_MODELS = 1_000_000

GRID = 10
"""Values of each uncertain parameter where nobody says how many."""

FRESH_STARTS = 2**32
"""Starts that the worst model is played from once more have seeds that many further on."""

FloatArray = NDArray[np.float64]

Metric: TypeAlias = Callable[[World], ArrayLike]
"""A metric of your own: takes the world when all its episodes are over, and gives a number a game, shape (games,)."""


@dataclass(frozen=True, eq=False)
class Models:
    """Points of an uncertainty set.

    Attributes
    ----------
    names : tuple of str
        What is uncertain.
    points : ndarray of float64, shape (models, parameters)
        Its values, by model.
    changes : dict of str to ndarray, shape (models,)
        Parameters of the world that put each model in force.
    units : dict of str to str
        Units of what is uncertain, by name; pure numbers, and what has none that is known, are left out.
    """

    names: tuple[str, ...]
    points: FloatArray
    changes: dict[str, NDArray[Any]]
    units: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.points)

    def at(self, model: int) -> dict[str, float]:
        """Return one model's values by name."""
        return dict(zip(self.names, self.points[model].tolist(), strict=True))

    def chosen(self, models: NDArray[np.int64]) -> Models:
        """Return some of them."""
        changes = {name: values[models] for name, values in self.changes.items()}
        return Models(self.names, self.points[models], changes, self.units)

    def unit(self, name: str) -> str:
        """Return the unit of what is uncertain; empty where there is none."""
        return self.units.get(name, "")


def uncertain_models(env_id: str, grid: int | None = None, **params: Any) -> Models:
    """List the models of a world's uncertainty set.

    Parameters
    ----------
    env_id : str
        A world with uncertain parameters: a `Robust...` one, or `TabularMDP-v0` with a family.
    grid : int, optional
        Values of each parameter, both ends among them: 10 by default. None for a family: it has the models that it has.
    **params
        As in `dynenvs.make_params`.

    Returns
    -------
    Models
        All combinations.

    Raises
    ------
    ParameterError
        If nothing is uncertain in that world, or a grid is given for a family.
    """
    built = registration.make_params(env_id, **params)
    if hasattr(built, "param_set"):
        grid = GRID if grid is None else grid
        check_integer("grid", grid, 2, int(MOST_MODELS ** (1 / len(built.param_set))))
        points = built.param_set.grid(grid)
        names = built.param_set.names
        units = {name: built.PHYSICS[name].unit for name in names}
        return Models(names, points, dict(zip(names, points.T, strict=True)), units)
    family: Any = getattr(built, "models", None)
    if family is None or len(family) < 2:
        raise ParameterError(f"{env_id}: expected a world with an uncertainty set, such as dynenvs/RobustCartPole-v0")
    if grid is not None:
        raise ParameterError(f"grid={grid!r}: expected none, {built.told} is a family of {len(family)} models")
    places = np.arange(len(family))
    names = tuple(family.parameters[0])
    points = np.array([[known[name] for name in names] for known in family.parameters], np.float64)
    if not names:  # models that stand for no numbers are known by their places
        names, points = ("model",), places[:, None].astype(np.float64)
    return Models(names, points, {"model": places})


def returns_in_models(
    env_id: str,
    policy: str | Policy,
    models: Models,
    *,
    episodes: int = 20,
    seed: int = 0,
    metric: str | Metric = "return",
    discount: float = 1.0,
    **params: Any,
) -> FloatArray:
    """Play one policy in every model, from the same starts.

    Parameters
    ----------
    env_id : str
        A world with one agent.
    policy : str or Policy
        Who plays.
    models : Models
        Where.
    episodes : int
        Starts: each model is played with the seeds ``seed``, ``seed + 1``, ...
    seed : int
        The first of them.
    metric : str or callable
        ``"return"``, a metric of the world, such as ``discounted_return``, or one of your own, see `Metric`.
    discount : float
        Of the return, in (0, 1].
    **params
        As in `dynenvs.make_params`; those that the models set, and ``varies``, are overruled: one model an episode.

    Returns
    -------
    ndarray of float64, shape (models, episodes)
        What each episode brought.

    Raises
    ------
    ParameterError
        If the world has more than one agent, or no such metric, or one of your own gives something else.
    """
    check_integer("episodes", episodes, 1)
    check_integer("seed", seed, 0)
    check_between("discount", discount, 0, 1, closed="right")
    playing = make_policy(policy, env_id) if isinstance(policy, str) else policy
    at_once = max(1, BATCH // episodes)
    parts = []
    for first in range(0, len(models), at_once):
        some = models.chosen(np.arange(first, min(first + at_once, len(models))))
        world, returns = _play(env_id, playing, some, episodes, seed, discount, params)
        values = returns if metric == "return" else _measured(env_id, world, metric)
        parts.append(values.reshape(len(some), episodes))
    return np.concatenate(parts)


def _play(
    env_id: str, policy: Policy, models: Models, episodes: int, seed: int, discount: float, params: Mapping[str, Any]
) -> tuple[World, FloatArray]:
    """Play all episodes of some models side by side, model after model; give the world at its end, and the returns."""
    given = {**params, "varies": "never"}
    world = registration.make_world(env_id, len(models) * episodes, seats=seat_table([policy]), **given)
    if world.num_agents != 1:
        raise ParameterError(f"{env_id}: expected a world with one agent, this one has {world.num_agents}")
    seeds = np.tile(np.arange(seed, seed + episodes, dtype=np.uint64), len(models))
    world.reset(seeds, params={name: np.repeat(values, episodes) for name, values in models.changes.items()})
    players = Players(world, {EXTERNAL - 1: policy} if policy.seat == "external" else {})
    actions = np.zeros_like(world.idle_actions)
    returns, weight = np.zeros(world.num_games), 1.0
    while world.buffers.alive.any():
        players.ask(world.buffers.acting, actions)
        alive = world.buffers.alive[:, 0].copy()
        world.step(actions)
        returns += weight * world.buffers.rewards[:, 0] * alive
        weight *= discount
    return world, returns


def _measured(env_id: str, world: World, metric: str | Metric) -> FloatArray:
    if callable(metric):
        return _measured_by(metric, world)
    room = registration.room(env_id, "metrics")
    known = {} if room is None else room.metrics(world, np.arange(world.num_games))
    if metric not in known:
        raise ParameterError(f"metric={metric!r}: expected one of {', '.join(map(repr, ('return', *known)))}")
    measured: FloatArray = known[metric][:, 0]
    return measured


def _measured_by(metric: Metric, world: World) -> FloatArray:
    values = np.asarray(metric(world), np.float64)
    if values.shape != (world.num_games,) or not np.isfinite(values).all():
        raise ParameterError(
            f"metric={metric_name(metric)!r}: expected {world.num_games} finite numbers, one a game, "
            f"got {shown(values)}"
        )
    return values


def metric_name(metric: str | Metric) -> str:
    """Return what a metric is called: its own name, or that of the function."""
    return metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class Robustness:
    """What a policy brings in every model.

    Attributes
    ----------
    env_id, policy, digest : str
        Who was measured where.
    metric : str
        What was measured.
    models : Models
        The whole grid.
    returns : ndarray of float64, shape (models, episodes)
        From the same starts in every model.
    again : ndarray of float64, shape (episodes,)
        The worst model once more, from other starts.
    seed : int
        The first start.
    level : float
        Share of the models that `cvar` is the mean of.
    horizon : int, optional
        Steps of an episode, at most; None where the world does not say.
    """

    env_id: str
    policy: str
    digest: str
    metric: str
    models: Models
    returns: FloatArray
    again: FloatArray
    seed: int
    level: float
    horizon: int | None = None

    @cached_property
    def means(self) -> FloatArray:
        """Mean of each model, shape (models,)."""
        means: FloatArray = self.returns.mean(axis=1)
        return means

    @property
    def unit(self) -> str:
        """What the numbers are, in words."""
        steps = "" if self.horizon is None else f" of at most {self.horizon:,} steps"
        if self.metric == "return":
            return f"return: sum of the rewards of an episode{steps}"
        return f"{self.metric.replace('_', ' ')} of an episode{steps}"

    @property
    def worst_model(self) -> int:
        """Place of the model with the least mean; the first of equal ones."""
        return int(self.means.argmin())

    @property
    def worst_params(self) -> dict[str, float]:
        """What is uncertain, in the worst model."""
        return self.models.at(self.worst_model)

    @property
    def worst(self) -> Estimate:
        """The least mean of the grid, with the interval of that model's mean: biased downwards, see `confirmed`."""
        return bootstrap(self.returns[self.worst_model])

    @property
    def confirmed(self) -> Estimate:
        """Mean of the worst model from other starts than those that it was found on."""
        return bootstrap(self.again)

    @property
    def mean(self) -> Estimate:
        """Mean over all models; the starts, which all models share, are what is resampled."""
        return bootstrap(self.returns.mean(axis=0))

    @property
    def cvar(self) -> Estimate:
        """Mean of the worst share of the models."""
        tail = max(1, int(np.ceil(self.level * len(self.means) - 1e-9)))
        counts = resample_counts(np.zeros(self.returns.shape[1]), np.random.default_rng(0))
        resampled = counts @ self.returns.T / self.returns.shape[1]
        return percentile_estimate(
            float(np.sort(self.means)[:tail].mean()), np.sort(resampled, axis=1)[:, :tail].mean(axis=1)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON can write it, every model and every episode too."""
        return {
            "env_id": self.env_id,
            "policy": self.policy,
            "policy_digest": self.digest,
            "metric": self.metric,
            "search": "closed grid",
            "episodes": self.returns.shape[1],
            "first_seed": self.seed,
            "worst": self.worst._asdict(),
            "worst_params": self.worst_params,
            "worst_from_other_starts": self.confirmed._asdict(),
            "mean": self.mean._asdict(),
            "cvar": {"level": self.level, **self.cvar._asdict()},
            "names": list(self.models.names),
            "points": self.models.points.tolist(),
            "returns": self.returns.tolist(),
        }


def measure_robustness(
    env_id: str,
    policy: str | Policy,
    *,
    grid: int | None = None,
    episodes: int = 20,
    seed: int = 0,
    level: float = 0.1,
    metric: str | Metric = "return",
    **params: Any,
) -> Robustness:
    """Measure a policy in every model of a closed grid over the uncertainty set.

    Parameters
    ----------
    env_id : str
        A world with uncertain parameters, see `uncertain_models`.
    policy : str or Policy
        Anything of `dynenvs.make_policy`.
    grid : int, optional
        Values of each uncertain parameter, both ends among them: 10 by default, see `uncertain_models`.
    episodes : int
        Starts, the same for every model.
    seed : int
        The first of them.
    level : float
        Share of the models, in (0, 1], that the CVaR is the mean of.
    metric : str or callable
        ``"return"``, a metric of the world, or one of your own, see `Metric`.
    **params
        As in `dynenvs.make_params`, but for what the models set: each is in force for whole episodes.

    Returns
    -------
    Robustness
        Raw numbers: the worst case, where it lies, mean, CVaR and the whole grid.

    Raises
    ------
    ParameterError
        If nothing is uncertain, a value is out of range, or one would do nothing, as the models set it.
    """
    check_between("level", level, 0, 1, closed="right")
    playing = make_policy(policy, env_id) if isinstance(policy, str) else policy
    models = uncertain_models(env_id, grid, **params)
    _check_idle(env_id, models, params)
    run = {"episodes": episodes, "metric": metric, **params}
    returns = returns_in_models(env_id, playing, models, seed=seed, **run)
    worst = models.chosen(np.array([returns.mean(axis=1).argmin()]))
    again = returns_in_models(env_id, playing, worst, seed=seed + FRESH_STARTS, **run)
    return Robustness(
        env_id=env_id,
        policy=playing.name,
        digest=playing.digest(),
        metric=metric_name(metric),
        models=models,
        returns=returns,
        again=again[0],
        seed=seed,
        level=level,
        horizon=getattr(registration.make_params(env_id, **params), "horizon", None),
    )


def _check_idle(env_id: str, models: Models, params: Mapping[str, Any]) -> None:
    """Refuse parameters that would do nothing: who chooses the model, and what each model sets itself."""
    for name in models.changes:
        if name in params:
            raise ParameterError(f"{name}={shown(params[name])}: expected none, every model that is played sets it")
    preset = {} if params.get("preset") is None else registration.spec(env_id).presets[params["preset"]]
    told = "expected none, here every model is in force for whole episodes"
    if params.get("varies", "never") != "never":
        raise ParameterError(f"varies={params['varies']!r}: {told}")
    if set(preset) == {"varies"}:
        raise ParameterError(f"preset={params['preset']!r}, that is varies={preset['varies']!r}: {told}")


def choose_and_score(
    env_id: str, policies: Sequence[str | Policy], *, seed: int = 0, **options: Any
) -> tuple[int, Robustness, list[Robustness]]:
    """Choose the policy with the best worst case, and score it from other starts than those it was chosen on.

    Parameters
    ----------
    env_id : str
        A world with uncertain parameters.
    policies : sequence of str or Policy
        Who is to choose from, at least one.
    seed : int
        The first start; the choice is made far from it.
    **options
        As in `measure_robustness`.

    Returns
    -------
    chosen : int
        Place of the policy.
    score : Robustness
        What it is worth.
    candidates : list of Robustness
        What the choice was made by.

    Raises
    ------
    ParameterError
        If there is nothing to choose from.
    """
    if not policies:
        raise ParameterError("policies=[]: expected at least one")
    candidates = [measure_robustness(env_id, one, seed=seed + 2 * FRESH_STARTS, **options) for one in policies]
    chosen = int(np.argmax([candidate.worst.value for candidate in candidates]))
    return chosen, measure_robustness(env_id, policies[chosen], seed=seed, **options), candidates


def normalised(values: Mapping[str, float], low: str, high: str) -> dict[str, float]:
    """Scale raw scores so that one policy has 0 and another 1; to be shown beside the raw ones, never instead.

    Parameters
    ----------
    values : mapping of str to float
        Raw scores by policy.
    low, high : str
        The policies that have 0 and 1 (or -1, where the second is below the first), as in table 1 of arXiv 2410.06212.

    Returns
    -------
    dict of str to float
        By policy.

    Raises
    ------
    ParameterError
        If one of the two is missing, or both have the same score.
    """
    for name in (low, high):
        if name not in values:
            raise ParameterError(f"policy {name!r}: expected one of {', '.join(map(repr, values))}")
    span = abs(values[high] - values[low])
    if span == 0:
        raise ParameterError(f"{low!r} and {high!r} both score {values[low]:g}: expected different scores")
    return {name: (value - values[low]) / span for name, value in values.items()}


def slices(found: Robustness) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield for every pair of uncertain parameters (first, second) the worst mean over all the others, as a table."""
    axes = [np.unique(found.models.points[:, k]) for k in range(len(found.models.names))]
    for first in range(len(axes)):
        for second in range(first + 1, len(axes)):
            table = np.full((len(axes[first]), len(axes[second])), np.inf)
            rows = np.searchsorted(axes[first], found.models.points[:, first])
            columns = np.searchsorted(axes[second], found.models.points[:, second])
            np.minimum.at(table, (rows, columns), found.means)
            yield first, second, table
