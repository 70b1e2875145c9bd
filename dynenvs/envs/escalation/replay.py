"""Replays: from rows of actions to states and escalation scores, without a world.

A row is four integers: day (from 1), actor, target and action. Actor and target are places among the nations; the
target of a message may also be the world, which is the number of nations (8); -1 is a name that nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core.checks import check_integer, check_one_of, shown
from dynenvs.core.errors import ParameterError
from dynenvs.envs.escalation.actions import MESSAGE, NUM_ACTIONS
from dynenvs.envs.escalation.nations import NATIONS, NUM_VARIABLES, Nation, nation, nation_table
from dynenvs.envs.escalation.params import DYNAMICS, MAX_DAYS, MAX_NATIONS
from dynenvs.envs.escalation.scoring import SCORINGS, SEVERITY

__all__ = ["Rows", "check_rows", "executed", "replay", "score", "score_by_nation"]

DAY, ACTOR, TARGET, ACTION = range(4)

Rows = NDArray[np.int64]
"""Shape (rows, 4): day, actor, target, action."""


def check_rows(rows: ArrayLike, num_nations: int = 8) -> Rows:
    """Bring rows into one form, or refuse them.

    Parameters
    ----------
    rows : array_like of int, shape (rows, 4)
        Day, actor, target and action; none at all are fine.
    num_nations : int
        How many nations there are.

    Returns
    -------
    ndarray of int64, shape (rows, 4)
        The same.

    Raises
    ------
    ParameterError
        If they are no integers, the days go backwards, or something is out of range; the row is named.
    """
    check_integer("num_nations", num_nations, 1, MAX_NATIONS)
    try:
        given = np.asarray(rows)
    except ValueError as error:
        raise ParameterError(f"rows={shown(rows)}: expected integers of shape (rows, 4), not ragged ones") from error
    if given.size == 0:
        return np.empty((0, 4), np.int64)
    if given.ndim != 2 or given.shape[1] != 4 or given.dtype.kind not in "iu":
        raise ParameterError(
            f"rows of shape {given.shape} and type {given.dtype}: expected integers of shape (rows, 4): "
            "day, actor, target, action"
        )
    ends = {
        "day": (DAY, 1, MAX_DAYS),
        "actor": (ACTOR, -1, num_nations - 1),
        "target": (TARGET, -1, num_nations),
        "action": (ACTION, -1, NUM_ACTIONS - 1),
    }
    for name, (column, low, high) in ends.items():
        wrong = np.flatnonzero((given[:, column] < low) | (given[:, column] > high))
        if wrong.size:
            k = wrong[0]
            raise ParameterError(f"row {k}, {given[k].tolist()}: expected {name} in [{low}, {high}]")
    checked = np.ascontiguousarray(given, np.int64)
    wrong = np.flatnonzero(np.diff(checked[:, DAY], prepend=1) < 0)
    if wrong.size:
        k = wrong[0]
        raise ParameterError(f"row {k}, {checked[k].tolist()}: expected days in ascending order")
    return checked


def replay(
    rows: ArrayLike,
    dynamics: str = "paper_runs",
    *,
    days: int | None = None,
    nations: Sequence[str | Nation] = tuple(NATIONS),
) -> NDArray[np.float64]:
    """Play rows of actions, as the published update does.

    Parameters
    ----------
    rows : array_like of int, shape (rows, 4)
        Day, actor, target, action, any number a day: see `check_rows`.
    dynamics : {"paper_runs", "released", "clamped10"}
        As in `EscalationParams`.
    days : int, optional
        Days to play; by default until the last row's.
    nations : sequence of str or Nation
        Who plays.

    Returns
    -------
    ndarray of float64, shape (days + 1, nations, 10)
        The variables, in the order of `VARIABLES`: at the start, and after each day.

    Raises
    ------
    ParameterError
        On rows, dynamics, days or nations that make no sense.

    Examples
    --------
    >>> from dynenvs.envs.escalation import replay
    >>> invades = [(1, 7, 0, 24)]  # on day 1 Orange (7) invades Purple (0)
    >>> replay(invades, "released")[-1, 0, :3].round(2).tolist()  # Purple's territory, military and GDP
    [1.0, 1.0, 31.96]
    """
    from dynenvs.envs.escalation.dynamics import replay_rows  # here: whoever only scores needs no compiler

    check_one_of("dynamics", dynamics, DYNAMICS)
    records = tuple(nation(given) for given in nations)
    checked = check_rows(rows, len(records))
    states = np.empty((_num_days(checked, days) + 1, len(records), NUM_VARIABLES))
    states[0] = nation_table(records)
    replay_rows(states, checked, DYNAMICS.index(dynamics))
    return states


def executed(rows: ArrayLike, *, num_nations: int = 8) -> NDArray[np.bool_]:
    """Say of each row whether the update takes it: known names, and a nation as target, or the world for a message.

    Returns
    -------
    ndarray of bool, shape (rows,)
        One a row.
    """
    _, actor, target, action = check_rows(rows, num_nations).T
    aimed = (target >= 0) & ((target < num_nations) | (action == MESSAGE))
    taken: NDArray[np.bool_] = (actor >= 0) & (action >= 0) & aimed
    return taken


def score(
    rows: ArrayLike, scoring: str = "scorer", *, days: int | None = None, num_nations: int = 8
) -> NDArray[np.float64]:
    """Add up the escalation of each day over all nations.

    Actions count as attempted: one aimed at nobody scores as well, one whose name nobody knows does not.

    Parameters
    ----------
    rows : array_like of int, shape (rows, 4)
        As in `replay`.
    scoring : {"scorer", "charts", "corrected"}
        As in `dynenvs.envs.escalation.scoring`.
    days : int, optional
        As in `replay`.
    num_nations : int
        How many nations there are.

    Returns
    -------
    ndarray of float64, shape (days,)
        Points; the papers' escalation score is their mean, divided by the number of nations.
    """
    totals: NDArray[np.float64] = score_by_nation(rows, scoring, days=days, num_nations=num_nations).sum(axis=1)
    return totals


def score_by_nation(
    rows: ArrayLike, scoring: str = "scorer", *, days: int | None = None, num_nations: int = 8
) -> NDArray[np.float64]:
    """Add up the escalation of each day and nation: as `score`, shape (days, nations)."""
    check_one_of("scoring", scoring, SCORINGS)
    checked = check_rows(rows, num_nations)
    points = np.where(checked[:, ACTION] >= 0, SEVERITY[scoring][checked[:, ACTION]], 0.0)
    daily = np.zeros((_num_days(checked, days), num_nations))
    known = checked[:, ACTOR] >= 0
    np.add.at(daily, (checked[known, DAY] - 1, checked[known, ACTOR]), points[known])
    return daily


def _num_days(rows: Rows, days: int | None) -> int:
    last = int(rows[-1, DAY]) if len(rows) else 0
    if days is None:
        return last
    check_integer("days", days, last, MAX_DAYS)
    return days
