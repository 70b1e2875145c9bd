"""Governance: how far the body is trusted. A fixed alpha, the sentinel of the source, and a forgiving one of ours.

Every round the agent plays alpha a_body + (1 - alpha) a_tool. The sentinel lowers alpha by what it feels,

    D = w_x D_state + w_a D_output + w_e D_disagree,    alpha -> base exp(-sensitivity D),

at once where that is lower, and by a small share of the gap where it is higher. The source gives D as that sum and
says that alpha falls rapidly; the three signals and the law are our reconstruction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between, check_integer
from dynenvs.core.jit import bind, kernel, rule

__all__ = ["ForgivingSentinel", "Governance", "Mood", "Sentinel", "StaticGovernance", "feel", "fresh_mood"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class StaticGovernance:
    """The body counts for the same in every round.

    Attributes
    ----------
    alpha : float
        Receptivity, in [0, 1]: 1 is the body alone, 0 the tool alone.
    """

    alpha: float = 0.95

    def __post_init__(self) -> None:
        check_between("alpha", self.alpha, 0, 1)


@dataclass(frozen=True, kw_only=True)
class Sentinel:
    """Trusts the body unless it signals discomfort.

    Attributes
    ----------
    base : float
        alpha where all is well, in (0, 1]. Below 1, so that the tool is heard a little and the body knows how that
        feels.
    state_weight, output_weight, disagreement_weight : float
        w_x, w_a, w_e, >= 0. The output counts half: it is a function of the state, which counts already.
    sensitivity : float
        How steeply alpha falls with D, >= 0: at D = 1 it is base exp(-4) = 0.02, the tool alone for all purposes.
    averaging : float
        Weight of the last round in the averages of distance and disagreement, in (0, 1]: 0.3 smooths single rounds of
        noise and still sees a defection in the round after.
    recovery : float
        Share of the gap by which alpha grows in a round, in (0, 1]: with 0.05 trust needs some 14 calm rounds for half.
    output_margin, output_width : float
        D_output is 0 up to this distance of what the body would play from what it usually would, and 1 beyond so much
        more; >= 0 and > 0.
    disagreement_margin : float
        How much more the body may want to give than the other gives, on average, in [0, 1]: twice the noise of the
        partner of the training.
    """

    base: float = 0.95
    state_weight: float = 1.0
    output_weight: float = 0.5
    disagreement_weight: float = 1.0
    sensitivity: float = 4.0
    averaging: float = 0.3
    recovery: float = 0.05
    output_margin: float = 0.02
    output_width: float = 0.1
    disagreement_margin: float = 0.2

    def __post_init__(self) -> None:
        check_between("base", self.base, 0, 1, closed="right")
        for name in ("state_weight", "output_weight", "disagreement_weight", "sensitivity", "output_margin"):
            check_between(name, getattr(self, name), 0, 1000)
        check_between("averaging", self.averaging, 0, 1, closed="right")
        check_between("recovery", self.recovery, 0, 1, closed="right")
        check_between("output_width", self.output_width, 0, 1, closed="right")
        check_between("disagreement_margin", self.disagreement_margin, 0, 1)


@dataclass(frozen=True, kw_only=True)
class ForgivingSentinel(Sentinel):
    """A sentinel that looks for a way back. Ours: it is meant to be played with the tool `forgiving_tit_for_tat`.

    After `patience` rounds of distrust it offers peace: it cooperates for `probe` rounds, as its body usually would. If
    the other answers in kind in the last of them, the old mistrust is forgotten, for `grace` rounds the body's
    memory of it does not count, and the next offer may come twice as soon. If not, it waits twice as long: someone who
    defects for ever costs the logarithm of the game's length, and so does chance that looks like an answer.

    Attributes
    ----------
    patience : int
        Rounds of distrust before the first offer, at least 1.
    probe : int
        Rounds of an offer, at least 2: the other cannot answer in the first.
    grace : int
        Rounds after peace in which only disagreement counts, at least 0: as long as a body's memory.
    accepted : float
        What the other must play in the last round of an offer, in [0, 1].
    distrust : float
        Share of the base below which alpha means distrust, in (0, 1].
    """

    patience: int = 5
    probe: int = 2
    grace: int = 10
    accepted: float = 0.7
    distrust: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("patience", self.patience, 1)
        check_integer("probe", self.probe, 2)
        check_integer("grace", self.grace, 0)
        check_between("accepted", self.accepted, 0, 1)
        check_between("distrust", self.distrust, 0, 1, closed="right")


Governance: TypeAlias = StaticGovernance | Sentinel


class Mood(NamedTuple):
    """What governance remembers of each row, shape (rows,) each."""

    alpha: FloatArray
    distance: FloatArray  # average of the distance of the state from the baseline
    disagreement: FloatArray  # average of how much more the body would give than the other gives
    state_signal: FloatArray  # D_state of the last round
    output_signal: FloatArray  # D_output
    disagreement_signal: FloatArray  # D_disagree
    distrusted: FloatArray  # rounds of distrust in a row
    patience: FloatArray  # rounds of distrust until the next offer
    offering: FloatArray  # rounds of an offer that are still to come, this one included; 0 = no offer
    grace: FloatArray  # rounds in which only disagreement counts


class _Law(NamedTuple):
    """The numbers of a sentinel, as the kernel takes them; one that does not forgive has a probe of 0 rounds."""

    base: float
    state_weight: float
    output_weight: float
    disagreement_weight: float
    sensitivity: float
    averaging: float
    recovery: float
    output_margin: float
    output_width: float
    disagreement_margin: float
    patience: float
    probe: float
    grace: float
    accepted: float
    distrust: float


_UNFORGIVING = {"patience": 1.0, "probe": 0.0, "grace": 0.0, "accepted": 1.0, "distrust": 0.0}


def fresh_mood(governance: Governance, rows: int) -> Mood:
    """Return the mood in which games begin."""
    zeros = {name: np.zeros(rows) for name in Mood._fields}
    zeros["alpha"][:] = governance.alpha if isinstance(governance, StaticGovernance) else governance.base
    if isinstance(governance, ForgivingSentinel):
        zeros["patience"][:] = governance.patience
    return Mood(**zeros)


def feel(
    governance: Sentinel,
    mood: Mood,
    *,
    distance: FloatArray,
    limit: FloatArray,
    wish: FloatArray,
    usual: FloatArray,
    wished: FloatArray,
    other: FloatArray,
) -> None:
    """Let a sentinel feel a round, and set alpha for the next.

    Parameters
    ----------
    governance : Sentinel
        Which one.
    mood : Mood
        Overwritten.
    distance, limit : ndarray, shape (rows,)
        How far the state is from the baseline now, and what it seldom exceeds on average.
    wish, usual : ndarray, shape (rows,)
        What the body would play next, and what it usually would.
    wished, other : ndarray, shape (rows,)
        What the body would have played in this round, and what the other did play.
    """
    arguments = (_law(governance), mood, distance, limit, wish, usual, wished, other)
    bind(_feel_all, *arguments)(*arguments)


def _law(governance: Sentinel) -> _Law:
    known = {field.name: float(getattr(governance, field.name)) for field in fields(governance)}
    return _Law(**(_UNFORGIVING | known))


@kernel
def _feel_all(
    law: _Law,
    mood: Mood,
    distance: FloatArray,
    limit: FloatArray,
    wish: FloatArray,
    usual: FloatArray,
    wished: FloatArray,
    other: FloatArray,
) -> None:
    for n in range(distance.shape[0]):
        new = law.averaging
        mood.distance[n] += new * (distance[n] - mood.distance[n])
        mood.disagreement[n] += new * (max(0.0, wished[n] - other[n]) - mood.disagreement[n])
        mood.state_signal[n] = min(1.0, max(0.0, mood.distance[n] / limit[n] - 1.0))
        beyond = abs(wish[n] - usual[n]) - law.output_margin
        mood.output_signal[n] = min(1.0, max(0.0, beyond / law.output_width))
        mood.disagreement_signal[n] = max(0.0, mood.disagreement[n] - law.disagreement_margin)
        _set_alpha(law, mood, n)
        if law.probe > 0.0:
            _seek_peace(law, mood, n, other[n])


@rule
def _set_alpha(law: _Law, mood: Mood, n: int) -> None:
    """Let alpha fall at once, or recover slowly."""
    discomfort = law.disagreement_weight * mood.disagreement_signal[n]
    if mood.grace[n] > 0.0:
        mood.grace[n] -= 1.0
    else:
        discomfort += law.state_weight * mood.state_signal[n] + law.output_weight * mood.output_signal[n]
    target = law.base * math.exp(-law.sensitivity * discomfort)
    if target < mood.alpha[n]:
        mood.alpha[n] = target
    else:
        mood.alpha[n] += law.recovery * (target - mood.alpha[n])


@rule
def _seek_peace(law: _Law, mood: Mood, n: int, other: float) -> None:
    """Make an offer when distrust has lasted, and see what comes back."""
    if mood.offering[n] > 0.0:
        mood.offering[n] -= 1.0
        if mood.offering[n] == 0.0:
            mood.distrusted[n] = 0.0
            if other < law.accepted:
                mood.patience[n] *= 2.0
            else:
                mood.patience[n] = max(law.patience, 0.5 * mood.patience[n])
                mood.alpha[n] = law.base
                mood.distance[n] = 0.0
                mood.disagreement[n] = 0.0
                mood.grace[n] = law.grace
    elif mood.alpha[n] < law.distrust * law.base:
        mood.distrusted[n] += 1.0
        if mood.distrusted[n] >= mood.patience[n]:
            mood.offering[n] = law.probe
    else:
        mood.distrusted[n] = 0.0
