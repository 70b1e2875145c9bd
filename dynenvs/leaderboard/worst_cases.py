"""Entries of boards that rank by the worst case over an uncertainty set."""

from __future__ import annotations

import datetime
import hashlib

import numpy as np

from dynenvs.core.checks import check_one_of
from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.recording import library_versions
from dynenvs.evaluation.records import canonical_json
from dynenvs.evaluation.robustness import Robustness
from dynenvs.leaderboard.boards import KINDS, Board, Entry, ModelMeans

__all__ = ["LEVEL", "entry_from_robustness"]

LEVEL = 0.1
"""Share of the models whose mean stands beside the worst case: the CVaR."""


def entry_from_robustness(board: Board, found: Robustness, *, kind: str, command: str, created: datetime.date) -> Entry:
    """Make an entry of a policy that was measured in every model.

    Parameters
    ----------
    board : Board
        One with a grid.
    found : Robustness
        What was measured, as the board says.
    kind : {"scripted", "rl", "llm"}
        What the policy is.
    command : str
        Measures it again.
    created : datetime.date
        When.

    Returns
    -------
    Entry
        Its score is the worst model's mean, from other starts than those by which that model was found: the least of
        many means is biased downwards. It stands among the metrics as ``least_mean``.

    Raises
    ------
    ParameterError
        If `kind` is another, or something else was measured than the board says.
    """
    check_one_of("kind", kind, KINDS)
    expected = {"env_id": board.env_id, "metric": board.metric, "seed": board.seed}
    for name, value in expected.items():
        if getattr(found, name) != value:
            raise ParameterError(f"{name}={getattr(found, name)!r}: expected {value!r}, as board {board.id!r} says")
    episodes = found.returns.shape[1]
    if board.grid is None or episodes != board.episodes:
        raise ParameterError(f"episodes={episodes}: expected {board.episodes} starts in each model of a grid")
    metrics = {"mean_of_models": found.mean, "worst_tenth": found.cvar, "least_mean": found.worst}
    return Entry(
        policy=found.policy,
        kind=kind,
        policy_digest=found.digest,
        records_sha256=hashlib.sha256(canonical_json(found.to_dict()).encode()).hexdigest(),
        planned=board.planned,
        episodes=episodes,
        score=found.confirmed,
        by_opponent={},
        metrics=metrics,
        versions=library_versions(),
        created=created.isoformat(),
        command=command,
        models=_means(found),
    )


def _means(found: Robustness) -> ModelMeans:
    """Sort the means of all models into a table with an axis for each uncertain parameter."""
    axes = [np.unique(column) for column in found.models.points.T]
    shape = tuple(map(len, axes))
    places = tuple(np.searchsorted(axis, column) for axis, column in zip(axes, found.models.points.T, strict=True))
    order = np.ravel_multi_index(places, shape)
    if not np.array_equal(np.sort(order), np.arange(np.prod(shape))):
        raise ParameterError(f"{found.env_id}: expected models that are all combinations of some values")
    means = np.empty(len(order))
    means[order] = found.means
    named = dict(zip(found.models.names, (tuple(axis.tolist()) for axis in axes), strict=True))
    return ModelMeans(axes=named, means=tuple(means.tolist()))
