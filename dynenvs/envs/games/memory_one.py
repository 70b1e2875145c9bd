"""Strategies that draw their move by the last joint move, among them the zero-determinant ones.

Press and Dyson (2012, PNAS 109, 10409): in a game repeated for long, one player alone can enforce a linear relation
between the two mean payoffs, whatever the other does. With the payoffs S_x (own) and S_y (the other's) after
CC, CD, DC, DD, and p the probabilities of cooperating after them, ::

    p - (1, 1, 0, 0)  =  phi [(S_x - kappa) - chi (S_y - kappa)]   enforces   s_x - kappa = chi (s_y - kappa),
    p - (1, 1, 0, 0)  =  phi [kappa - S_y]                         enforces   s_y = kappa.

kappa = P makes extortion (the gain over P is chi times the other's), kappa = R makes generosity (so is the loss under
R). phi only sets the pace; not every one is feasible, for p must be probabilities. All of this holds for any symmetric
payoffs; which chi and kappa are feasible depends on them (`feasible_paces`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between
from dynenvs.core.errors import ParameterError
from dynenvs.envs.games.automata import Automaton, C, D, View, automaton, memory_one
from dynenvs.envs.games.definitions import Strategy
from dynenvs.envs.games.sources import (
    ADAMI,
    AXELROD_1980,
    FREAN,
    KUHN,
    LI,
    LIBRARY,
    NOWAK_1990,
    NOWAK_1992,
    PRESS,
    PRISON,
    STEWART,
)

__all__ = [
    "MEMORY_ONE",
    "equalizer_strategy",
    "feasible_paces",
    "memory_one_strategy",
    "zero_determinant",
    "zero_determinant_strategy",
]

OUTCOMES = ("CC", "CD", "DC", "DD")
REPEATING = np.array([1.0, 1.0, 0.0, 0.0])  # who plays so keeps its last move, and enforces nothing
ROUNDING = 1e-12  # probabilities may miss [0, 1] by this


def zero_determinant(view: View, phi: float, chi: float, kappa: float) -> Automaton:
    """Make the zero-determinant strategy that enforces s_x - kappa = chi (s_y - kappa).

    Parameters
    ----------
    view : View
        A symmetric game of two actions.
    phi : float
        Pace, not 0: the larger, the less the last own move counts. Negative where chi is.
    chi : float
        Slope: 1 is fair, over 1 takes (kappa = P) or bears (kappa = R) the greater share, below 0 lets one gain what
        the other loses.
    kappa : float
        Baseline, in units of payoff.

    Returns
    -------
    Automaton
        Cooperates in the first round.

    Raises
    ------
    ParameterError
        If the game is not symmetric, or a probability would leave [0, 1]; the message gives the feasible phi.
    """
    return _at_pace(f"zd({phi:g},{chi:g},{kappa:g})", phi, _slope_direction(view, chi, kappa))


def feasible_paces(view: View, chi: float, kappa: float) -> tuple[float, float]:
    """Return between which phi, 0 excluded, s_x - kappa = chi (s_y - kappa) can be enforced.

    Parameters
    ----------
    view : View
        A symmetric game of two actions.
    chi, kappa : float
        As in `zero_determinant`.

    Returns
    -------
    (float, float)
        One end is 0; both are where nobody can enforce it.

    Raises
    ------
    ParameterError
        If the game is not symmetric.
    """
    return _paces(_slope_direction(view, chi, kappa))


def _at_pace(name: str, phi: float, direction: NDArray[np.float64]) -> Automaton:
    probabilities = REPEATING + phi * direction
    if phi == 0 or not direction.any():
        raise ParameterError(f"{name} repeats its last move and enforces nothing: {_cure(direction)}")
    if np.abs(probabilities - 0.5).max() > 0.5 + ROUNDING:
        worst = int(np.abs(probabilities - 0.5).argmax())
        odds = f"after {OUTCOMES[worst]} with probability {probabilities[worst]:.6g}"
        raise ParameterError(f"{name} would cooperate {odds}: {_cure(direction)}")
    return memory_one(*np.clip(probabilities, 0.0, 1.0).tolist())


def _cure(direction: NDArray[np.float64]) -> str:
    low, high = _paces(direction)
    if low < 0:
        return f"expected {low:.6g} <= phi < 0"
    return f"expected 0 < phi <= {high:.6g}" if high > 0 else "no phi is feasible here"


def _slope(name: str, chi: float, baseline: str, pace: float) -> Callable[[View], Automaton]:
    """Enforce a slope through mutual cooperation (R) or defection (P), at a share of the largest feasible phi."""

    def plays(view: View) -> Automaton:
        R, _, _, P = _payoffs(view)
        return _paced(name, view, pace, _slope_direction(view, chi, {"R": R, "P": P}[baseline]))

    return plays


def _pinning(name: str, pace: float) -> Callable[[View], Automaton]:
    """Enforce what the opponent earns: halfway between mutual cooperation and mutual defection."""

    def plays(view: View) -> Automaton:
        R, _, _, P = _payoffs(view)
        return _paced(name, view, pace, _pin_direction(view, (R + P) / 2))

    return plays


def _paced(name: str, view: View, pace: float, direction: NDArray[np.float64]) -> Automaton:
    _, largest = _paces(direction)
    if largest == 0:
        R, S, T, P = _payoffs(view)
        raise ParameterError(f"strategy {name!r} is not feasible for R={R:g}, S={S:g}, T={T:g}, P={P:g}")
    return memory_one(*np.clip(REPEATING + pace * largest * direction, 0.0, 1.0).tolist())


def _slope_direction(view: View, chi: float, kappa: float) -> NDArray[np.float64]:
    R, S, T, P = _payoffs(view)
    S_x, S_y = np.array([R, S, T, P]), np.array([R, T, S, P])
    return (S_x - kappa) - chi * (S_y - kappa)


def _pin_direction(view: View, kappa: float) -> NDArray[np.float64]:
    R, S, T, P = _payoffs(view)
    return kappa - np.array([R, T, S, P])


def _paces(direction: NDArray[np.float64]) -> tuple[float, float]:
    """Return the smallest and the largest phi that leave all four in [0, 1]; both 0 where only phi = 0 does."""
    inward = np.where(REPEATING == 1.0, -direction, direction)  # moves from 1 down, or from 0 up
    if not inward.any():
        return 0.0, 0.0
    high = float(1.0 / inward.max()) if inward.min() >= 0 else 0.0
    low = float(1.0 / inward.min()) if inward.max() <= 0 else 0.0
    return low, high


def _payoffs(view: View) -> tuple[float, float, float, float]:
    """Return R, S, T, P of a symmetric game of two actions."""
    if view.own.shape != (2, 2) or not np.array_equal(view.own, view.other.T):
        raise ParameterError(f"payoffs {view.own.tolist()} and {view.other.tolist()}: expected a symmetric 2 x 2 game")
    (R, S), (T, P) = view.own.tolist()
    return R, S, T, P


def _generous(view: View) -> Automaton:
    """Forgive as often as a world of reciprocators can bear (Nowak and Sigmund 1992)."""
    R, S, T, P = _payoffs(view)
    if not (T > R > P > S):
        raise ParameterError(f"R={R:g}, S={S:g}, T={T:g}, P={P:g}: generosity is defined for T > R > P > S")
    generosity = max(0.0, min(1.0 - (T - R) / (R - S), (R - P) / (T - P)))
    return memory_one(1.0, generosity, 1.0, generosity)


def _remorseful() -> Automaton:
    """Probe a cooperator now and then, and swallow the answer."""

    def cooperates(memory: tuple[int, bool, bool]) -> float:
        other, probing, first = memory
        if other == D:
            return probing
        return 1.0 if first else 0.9

    def remember(memory: tuple[int, bool, bool], own: int, other: int) -> tuple[int, bool, bool]:
        before, _, _ = memory
        return other, before == C and own == D, False

    return automaton((C, False, True), cooperates, remember)


def memory_one_strategy(name: str, cc: float, cd: float, dc: float, dd: float, first: float = 1.0) -> Strategy:
    """Define the memory-one strategy of four probabilities, and one for the first round.

    Raises
    ------
    ParameterError
        If one of them lies outside [0, 1].
    """
    for moment, probability in zip((*OUTCOMES, "first"), (cc, cd, dc, dd, first), strict=True):
        check_between(f"{name}: p_{moment.lower()}", probability, 0, 1)
    odds = f"{cc:g} after CC, {cd:g} after CD, {dc:g} after DC, {dd:g} after DD"
    opening = {0.0: "Defects", 1.0: "Cooperates"}.get(first, f"Cooperates with probability {first:g}")
    return Strategy(
        name=name,
        about=f"{opening} first, then cooperates with probability {odds}.",
        source=NOWAK_1990,
        plays=lambda view: memory_one(cc, cd, dc, dd, first),
    )


def zero_determinant_strategy(name: str, phi: float, chi: float, kappa: float) -> Strategy:
    """Define the zero-determinant strategy of three numbers; the game tells whether it is feasible."""
    return Strategy(
        name=name,
        about=f"Cooperates first, then enforces s_x - {kappa:g} = {chi:g} (s_y - {kappa:g}) at pace phi = {phi:g}.",
        source=PRESS,
        plays=lambda view: zero_determinant(view, phi, chi, kappa),
    )


def equalizer_strategy(name: str, phi: float, kappa: float) -> Strategy:
    """Define the zero-determinant strategy that sets what the other earns; the game tells whether it is feasible."""
    return Strategy(
        name=name,
        about=f"Cooperates first, then enforces s_y = {kappa:g} at pace phi = {phi:g}.",
        source=PRESS,
        plays=lambda view: _at_pace(f"equalizer({phi:g},{kappa:g})", phi, _pin_direction(view, kappa)),
    )


MEMORY_ONE = (
    Strategy(
        name="generous_tit_for_tat",
        about="Tit for tat, but forgives a defection with probability min(1 - (T-R)/(R-S), (R-P)/(T-P)), at least 0.",
        source=NOWAK_1992,
        plays=_generous,
        axelrod_name="GTFT",
    ),
    Strategy(
        name="joss",
        about="Cooperates first, then with probability 0.9 after the opponent cooperated, and never after it defected.",
        source=AXELROD_1980,
        plays=lambda view: memory_one(0.9, 0, 0.9, 0),
        axelrod_name="FirstByJoss",
    ),
    Strategy(
        name="naive_prober",
        about="Tit for tat, but defects with probability 0.1 where it would cooperate after round one.",
        source=LI,
        plays=lambda view: memory_one(0.9, 0, 0.9, 0),
        axelrod_name="NaiveProber",
    ),
    Strategy(
        name="remorseful_prober",
        about="Naive prober, but cooperates if the opponent's defection answers a probe.",
        source=LI,
        plays=lambda view: _remorseful(),
        axelrod_name="RemorsefulProber",
    ),
    Strategy(
        name="soft_joss",
        about="Cooperates first and whenever the opponent did, and with probability 0.1 after it defected.",
        source=PRISON,
        plays=lambda view: memory_one(1, 0.1, 1, 0.1),
        axelrod_name="SoftJoss",
    ),
    Strategy(
        name="firm_but_fair",
        about="Cooperates first, whenever the opponent did, and with probability 2/3 after mutual defection.",
        source=FREAN,
        plays=lambda view: memory_one(1, 0, 1, 2 / 3),
        axelrod_name="FirmButFair",
    ),
    Strategy(
        name="grofman",
        about="Cooperates first and whenever both moved alike, else with probability 2/7.",
        source=AXELROD_1980,
        plays=lambda view: memory_one(1, 2 / 7, 2 / 7, 1),
        axelrod_name="FirstByGrofman",
    ),
    Strategy(
        name="stochastic_cooperator",
        about="Cooperates first, then with probability 0.935 after CC, 0.229 after CD, 0.266 after DC, 0.42 after DD.",
        source=ADAMI,
        plays=lambda view: memory_one(0.935, 0.229, 0.266, 0.42),
        axelrod_name="StochasticCooperator",
    ),
    Strategy(
        name="stochastic_win_stay_lose_shift",
        about="Win-stay lose-shift that does the other thing with probability 0.05 after round one.",
        source=LIBRARY,
        plays=lambda view: memory_one(0.95, 0.05, 0.05, 0.95),
        axelrod_name="StochasticWSLS",
    ),
    Strategy(
        name="zd_extort_2",
        about="Cooperates first, then enforces s_x - P = 2 (s_y - P) at half of the largest feasible pace.",
        source=STEWART,
        plays=_slope("zd_extort_2", chi=2, baseline="P", pace=1 / 2),
        axelrod_name="ZDExtort2",
    ),
    Strategy(
        name="zd_extort_4",
        about="Cooperates first, then enforces s_x - P = 4 (s_y - P) at the largest feasible pace.",
        source=LIBRARY,
        plays=_slope("zd_extort_4", chi=4, baseline="P", pace=1),
        axelrod_name="ZDExtort4",
    ),
    Strategy(
        name="zd_gtft_2",
        about="Cooperates first, then enforces s_x - R = 2 (s_y - R) at the largest feasible pace.",
        source=STEWART,
        plays=_slope("zd_gtft_2", chi=2, baseline="R", pace=1),
        axelrod_name="ZDGTFT2",
    ),
    Strategy(
        name="zd_gen_2",
        about="Cooperates first, then enforces s_x - R = 2 (s_y - R) at half of the largest feasible pace.",
        source=KUHN,
        plays=_slope("zd_gen_2", chi=2, baseline="R", pace=1 / 2),
        axelrod_name="ZDGen2",
    ),
    Strategy(
        name="zd_set_2",
        about="Cooperates first, then enforces s_y = (R + P) / 2 at three quarters of the largest feasible pace.",
        source=KUHN,
        plays=_pinning("zd_set_2", pace=3 / 4),
        axelrod_name="ZDSet2",
    ),
)
"""Strategies that draw their move by the last joint move, for games of two actions."""
