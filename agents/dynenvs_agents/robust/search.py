"""Looking for the worst point of a box: on a closed grid, or by CMA-ES (Hansen 2016, arXiv 1604.00772)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_integer
from dynenvs.core.errors import require_extra
from dynenvs.envs.robust.param_set import ParamSet
from dynenvs.evaluation.robustness import Models, returns_in_models
from dynenvs.policies import Policy

__all__ = ["SEARCHES", "Found", "Score", "cma_search", "grid_search", "rollout_score"]

SEARCHES: tuple[str, ...] = ("grid", "cma")

FloatArray = NDArray[np.float64]

Score: TypeAlias = Callable[[FloatArray], FloatArray]
"""Values (points,) of points (points, parameters), all in one call."""


class Found(NamedTuple):
    """The worst point that was found.

    Attributes
    ----------
    point : ndarray of float64, shape (parameters,)
        Where it is.
    value : float
        What the score is there.
    evaluations : int
        Points that were looked at.
    """

    point: FloatArray
    value: float
    evaluations: int


def rollout_score(
    env_id: str,
    policy: str | Policy,
    box: ParamSet,
    *,
    episodes: int,
    seed: int = 0,
    discount: float = 1.0,
    **params: Any,
) -> Score:
    """Score points by the mean return of a policy there: all points and starts in one batch, the starts the same.

    Parameters
    ----------
    env_id, policy, episodes, seed, discount, **params
        As in `dynenvs.evaluation.robustness.returns_in_models`.
    box : ParamSet
        What the points are points of.

    Returns
    -------
    callable
        A `Score`.
    """

    def score(points: FloatArray) -> FloatArray:
        models = Models(box.names, points, dict(zip(box.names, points.T, strict=True)))
        run = {"episodes": episodes, "seed": seed, "discount": discount, **params}
        means: FloatArray = returns_in_models(env_id, policy, models, **run).mean(axis=1)
        return means

    return score


def grid_search(score: Score, box: ParamSet, *, n: int = 10) -> Found:
    """Return the worst point of a closed grid: both ends of every parameter belong to it.

    Parameters
    ----------
    score : callable
        What to minimise.
    box : ParamSet
        Where.
    n : int
        Values of each parameter.

    Returns
    -------
    Found
        The first of equally bad points.
    """
    points = box.grid(n)
    values = score(points)
    worst = int(values.argmin())
    return Found(points[worst], float(values[worst]), len(points))


def cma_search(score: Score, box: ParamSet, *, generations: int = 6, population: int = 100, seed: int = 0) -> Found:
    """Minimise by CMA-ES in the box scaled to [0, 1], from its middle with a deviation of 0.5, as the paper does.

    Parameters
    ----------
    score : callable
        What to minimise.
    box : ParamSet
        Where; no point outside is looked at.
    generations, population : int
        How long, and how many points at once.
    seed : int
        Of the draws.

    Returns
    -------
    Found
        The worst point that was looked at.

    Raises
    ------
    MissingExtra
        If the library ``cmaes`` is not installed.
    """
    check_integer("generations", generations, 1)
    check_integer("population", population, 4)
    cmaes = require_extra("cmaes", "robust", "a search by CMA-ES")
    size = len(box)
    # The library takes no fewer than two dimensions: a box of one is searched with a second one that does nothing.
    search = cmaes.CMA(
        mean=np.full(max(2, size), 0.5),
        sigma=0.5,
        bounds=np.tile([0.0, 1.0], (max(2, size), 1)),
        population_size=population,
        seed=seed,
    )
    found = Found(box.nominal, np.inf, 0)
    for _ in range(generations):
        asked = [search.ask() for _ in range(population)]
        shares = np.clip([one[:size] for one in asked], 0.0, 1.0)
        points = box.low + (box.high - box.low) * shares
        values = score(points)
        search.tell([(one, float(value)) for one, value in zip(asked, values, strict=True)])
        worst = int(values.argmin())
        if values[worst] < found.value:
            found = Found(points[worst], float(values[worst]), 0)
        if search.should_stop():
            break
    return found._replace(evaluations=population * search.generation)
