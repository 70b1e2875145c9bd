"""Tabular test problems by name, and garnets at will."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between, check_integer, check_one_of
from dynenvs.envs.robust.gridworlds import frozen_lake
from dynenvs.envs.robust.tabular import TabularMDP

__all__ = ["PROBLEMS", "garnet", "problem"]


def problem(name: str) -> TabularMDP:
    """Return a test problem by its name in `PROBLEMS`.

    Raises
    ------
    ParameterError
        If there is none of that name.

    Examples
    --------
    >>> problem("machine20")
    TabularMDP('machine20@1453c083ea1ecbc1', 20 states, 2 actions, gamma=0.99)
    """
    check_one_of("problem", name, tuple(PROBLEMS))
    return PROBLEMS[name]()


def machine_delage_mannor(wear: float = 0.8, failure: float = 0.3) -> TabularMDP:
    """Make the machine replacement of Delage and Mannor (2010), figure 3.

    States 0 to 7 are ages, 7 the last; 8 and 9 are the long and the short repair. Being worn out costs 20, the long
    repair 10, the short one 2.

    Parameters
    ----------
    wear : float
        Probability in [0, 1] that the machine ages while nothing is done.
    failure : float
        Probability in [0, 1] that it ages although a repair is ordered; else the repair is short six times out of
        seven.

    Raises
    ------
    ParameterError
        On a value out of range.
    """
    check_between("wear", wear, 0, 1)
    check_between("failure", failure, 0, 1)
    S, worn, long, short = 10, 7, 8, 9
    wait, repair = 0, 1
    P, R = np.zeros((S, 2, S)), np.zeros((S, 2, S))
    for age in range(worn + 1):
        P[age, wait, age] += 1.0 - wear
        P[age, wait, min(age + 1, worn)] += wear
        P[age, repair, [min(age + 1, worn), short, long]] = failure, (1 - failure) * 6 / 7, (1 - failure) / 7
    P[long, wait, long] = 1.0
    P[long, repair, [long, short]] = 0.4, 0.6
    P[short, wait, [0, short]] = 0.8, 0.2
    P[short, repair, short] = 1.0
    R[:, :, long], R[:, :, short] = -10.0 * (P[:, :, long] > 0), -2.0 * (P[:, :, short] > 0)
    R[:, :, worn] = -20.0
    return TabularMDP(P, R, 0.8, name="machine_delage_mannor", action_names=("wait", "repair"))


def machine20() -> TabularMDP:
    """Make a machine that is dearer to keep with every year, and can be replaced."""
    S, keep, replace = 20, 0, 1
    P, R = np.zeros((S, 2, S)), np.zeros((S, 2))
    for age in range(S):
        P[age, keep, min(age + 1, S - 1)] = 1.0
        P[age, replace, 0] = 1.0
        R[age] = -(0.1 + 0.02 * age), -2.0
    return TabularMDP(P, R, 0.99, name="machine20", action_names=("keep", "replace"))


def _riverswim(name: str, up: float, stay: float, down: float) -> TabularMDP:
    S, left, right = 6, 0, 1
    P, R = np.zeros((S, 2, S)), np.zeros((S, 2))
    for place in range(S):
        P[place, left, max(place - 1, 0)] = 1.0
        P[place, right, max(place - 1, 0)] += down
        P[place, right, place] += stay
        P[place, right, min(place + 1, S - 1)] += up
    P[0, right, :2] = 0.6, 0.4
    P[-1, right, -2:] = 0.4, 0.6
    R[0, left], R[-1, right] = 0.005, 1.0
    return TabularMDP(P, R, 0.99, name=name, action_names=("left", "right"))


def riverswim6_osband() -> TabularMDP:
    """Make the swim against a current of Osband, Russo and Van Roy (2013): upstream 0.35, stay 0.6, downstream 0.05."""
    return _riverswim("riverswim6_osband", up=0.35, stay=0.6, down=0.05)


def riverswim6_fastrmdps() -> TabularMDP:
    """Make the same with a strong current, as in the code fast-robust-mdps: upstream 0.05, downstream 0.35."""
    return _riverswim("riverswim6_fastrmdps", up=0.05, stay=0.6, down=0.35)


def _forest(states: int, gamma: float) -> TabularMDP:
    wait, cut = 0, 1
    P, R = np.zeros((states, 2, states)), np.zeros((states, 2))
    for age in range(states):
        P[age, wait, 0] += 0.1  # fire
        P[age, wait, min(age + 1, states - 1)] += 0.9
        P[age, cut, 0] = 1.0
    R[1:, cut] = 1.0
    R[-1] = 4.0, 2.0
    return TabularMDP(P, R, gamma, name=f"forest{states}", action_names=("wait", "cut"))


def forest3() -> TabularMDP:
    """Make a forest that grows, burns and can be cut, of three ages (pymdptoolbox)."""
    return _forest(3, 0.9)


def forest50() -> TabularMDP:
    """Make the same forest with fifty ages."""
    return _forest(50, 0.99)


def inventory20() -> TabularMDP:
    """Make a store of up to 19 units: order 0 to 4 at 0.5, demand 0 to 5, holding costs 0.1, a missing unit 1.

    What is missing is known only on average where the store is empty at night, and is charged so.
    """
    S, A, demand = 20, 5, np.array([0.1, 0.2, 0.3, 0.2, 0.15, 0.05])
    P, R = np.zeros((S, A, S)), np.zeros((S, A, S))
    for level in range(S):
        for order in range(A):
            stock = min(level + order, S - 1)
            left = stock - np.arange(len(demand))
            np.add.at(P[level, order], np.maximum(left, 0), demand)
            R[level, order] = -0.5 * order - 0.1 * np.arange(S)
            empty = P[level, order, 0]
            if empty > 0:
                R[level, order, 0] -= (demand * np.maximum(-left, 0)).sum() / empty
    return TabularMDP(P, R, 0.95, name="inventory20")


def gambler20() -> TabularMDP:
    """Make the gambler of Sutton and Barto (2018), example 4.3, with a goal of 20: stakes win with probability 0.4."""
    goal, win = 20, 0.4
    S, A = goal + 1, goal // 2 + 1
    P, R = np.zeros((S, A, S)), np.zeros((S, A, S))
    for capital in range(S):
        for stake in range(A):
            bet = min(stake, capital, goal - capital)
            P[capital, stake, capital + bet] += win
            P[capital, stake, capital - bet] += 1.0 - win
    R[1:goal, :, goal] = 1.0
    return TabularMDP(P, R, 0.99, start=goal // 2, name="gambler20")


def frozenlake4x4() -> TabularMDP:
    """Make Gymnasium's frozen lake of four by four: two thirds of the moves slip aside."""
    return frozen_lake(slip=2 / 3, name="frozenlake4x4")


def garnet(states: int, actions: int, branches: int, *, seed: int = 0, gamma: float = 0.95) -> TabularMDP:
    """Make a random process (Archibald, McKinnon and Thomas 1995).

    Parameters
    ----------
    states, actions : int
        Numbers of each, at least 1.
    branches : int
        Next states that a row reaches, in [1, states]: drawn without repetition; their probabilities are the gaps
        between uniform numbers.
    seed : int
        Of NumPy's PCG64.
    gamma : float
        Discount in [0, 1).

    Returns
    -------
    TabularMDP
        With rewards by state and action, uniform in [0, 1).

    Raises
    ------
    ParameterError
        On a value out of range.
    """
    check_integer("states", states, 1)
    check_integer("actions", actions, 1)
    check_integer("branches", branches, 1, states)
    check_integer("seed", seed, 0)
    check_between("gamma", gamma, 0, 1, closed="left")
    rng = np.random.Generator(np.random.PCG64(seed))
    P = np.zeros((states, actions, states))
    for row in P.reshape(-1, states):
        cuts = np.sort(rng.random(branches - 1))
        row[rng.choice(states, branches, replace=False)] = np.diff(cuts, prepend=0.0, append=1.0)
    R: NDArray[np.float64] = rng.random((states, actions))
    return TabularMDP(P, R, gamma, name=f"garnet_{states}_{actions}_{branches}_seed{seed}")


def garnet_8_3_3_seed0() -> TabularMDP:
    """Make a small random process."""
    return garnet(8, 3, 3, seed=0)


PROBLEMS: dict[str, Callable[[], TabularMDP]] = {
    make.__name__: make
    for make in (
        machine_delage_mannor,
        machine20,
        riverswim6_osband,
        riverswim6_fastrmdps,
        forest3,
        forest50,
        inventory20,
        gambler20,
        frozenlake4x4,
        garnet_8_3_3_seed0,
    )
}
"""The test problems by name; each makes a `TabularMDP`."""
