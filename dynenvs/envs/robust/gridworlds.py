"""Grids with an unknown number in their dynamics: the frozen lake, and the windy walk."""

from __future__ import annotations

import numpy as np

from dynenvs.core.checks import check_between
from dynenvs.envs.robust.tabular import TabularMDP

__all__ = ["frozen_lake", "windy_walk"]

LAKE = ("SFFF", "FHFH", "FFFH", "HFFG")
"""Gymnasium's map of four by four: start, frozen, hole, goal."""

LEFT, DOWN, RIGHT, UP = range(4)  # actions in Gymnasium's order
_MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))


def frozen_lake(
    slip: float = 2 / 3, bias: float = 0.0, *, gamma: float = 0.95, name: str = "frozen_lake"
) -> TabularMDP:
    """Make a frozen lake on which a share of the moves slips aside.

    Parameters
    ----------
    slip : float
        Probability in [0, 1] that a move goes to one of its sides.
    bias : float
        In [-1, 1]: which side; the one that comes before the move in the order left, down, right, up has a share of
        (1 + bias) / 2, the one after it one of (1 - bias) / 2.
    gamma : float
        Discount in [0, 1).
    name : str
        What it is called.

    Returns
    -------
    TabularMDP
        16 states, 4 actions; reaching the goal pays 1, holes and the goal hold for ever.

    Raises
    ------
    ParameterError
        On a value out of range.
    """
    check_between("slip", slip, 0, 1)
    check_between("bias", bias, -1, 1)
    rows, columns = len(LAKE), len(LAKE[0])
    S, A, goal = rows * columns, 4, rows * columns - 1
    P, R = np.zeros((S, A, S)), np.zeros((S, A, S))
    for s in range(S):
        row, column = divmod(s, columns)
        if LAKE[row][column] in "HG":
            P[s, :, s] = 1.0
            continue
        for a in range(A):
            sides = (((a - 1) % A, slip * (1 + bias) / 2), (a, 1 - slip), ((a + 1) % A, slip * (1 - bias) / 2))
            for move, chance in sides:
                to = _step(row, column, move, rows, columns)
                P[s, a, to] += chance
                R[s, a, goal] = 1.0 if to == goal else R[s, a, goal]
    return TabularMDP(P, R, gamma, name=name, action_names=("left", "down", "right", "up"))


def _step(row: int, column: int, move: int, rows: int, columns: int) -> int:
    down, right = _MOVES[move]
    return min(max(row + down, 0), rows - 1) * columns + min(max(column + right, 0), columns - 1)


WALK = ("S....G", ".###..", "......", ".###..", "......", "......")
"""Our layout of the windy walk: three corridors, six cells of wall; from the north-western corner to the other one."""

WINDY_COLUMNS = (1, 2, 3)
_WIND_POWERS = {0: 1, 2: 3, 4: 6, 5: 6}  # by row: the northern, the middle and the southern corridor


def windy_walk(alpha: float = 0.0, *, gamma: float = 0.95) -> TabularMDP:
    """Make the windy walk of IWOCS (arXiv 2410.06212, appendix E), in a layout of ours: theirs is only in a figure.

    Each step costs 1 until the goal. Between the walls wind may turn a move into one to the west: with probability
    alpha in the northern corridor, alpha^3 in the middle one, alpha^6 in the southern one.

    Parameters
    ----------
    alpha : float
        Strength of the wind, in [0, 1].
    gamma : float
        Discount in [0, 1).

    Returns
    -------
    TabularMDP
        36 states, of which six cannot be reached, and 4 actions.

    Raises
    ------
    ParameterError
        On a value out of range.
    """
    check_between("alpha", alpha, 0, 1)
    rows, columns = len(WALK), len(WALK[0])
    S, goal = rows * columns, columns - 1
    P, R = np.zeros((S, 4, S)), np.full((S, 4), -1.0)
    for s in range(S):
        row, column = divmod(s, columns)
        if WALK[row][column] in "#G":
            P[s, :, s] = 1.0
            continue
        wind = alpha ** _WIND_POWERS[row] if column in WINDY_COLUMNS else 0.0
        for a in range(4):
            P[s, a, _walk(row, column, a)] += 1.0 - wind
            P[s, a, _walk(row, column, LEFT)] += wind
    R[goal] = 0.0
    return TabularMDP(P, R, gamma, name="windy_walk", action_names=("west", "south", "east", "north"))


def _walk(row: int, column: int, move: int) -> int:
    to = _step(row, column, move, len(WALK), len(WALK[0]))
    to_row, to_column = divmod(to, len(WALK[0]))
    return row * len(WALK[0]) + column if WALK[to_row][to_column] == "#" else to
