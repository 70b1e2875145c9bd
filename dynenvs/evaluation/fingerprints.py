"""Fingerprints of strategies: what they earn against a probe that is disturbed in every way.

Ashlock and Kim (2008, Fingerprinting: visualization and automatic analysis of prisoner's dilemma strategies, IEEE TEC
12, 647-659): the Joss-Ann of a probe cooperates with probability x and defects with probability y whatever it has
seen, and otherwise does what the probe does. The fingerprint of a strategy is its mean payoff in an endless game, as a
function of x and y. Where x + y > 1 the square is filled by the *double* fingerprint: there it is the Joss-Ann of the
probe's dual, which does the opposite of the probe, with 1 - y and 1 - x; on the line x + y = 1 both only draw.

Probes look at the last joint move at most, as tit for tat does. A strategy that is an automaton is solved exactly
(`dynenvs.envs.games.chains`); any other policy plays episodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dynenvs import registration
from dynenvs.core.checks import check_integer
from dynenvs.core.errors import ParameterError
from dynenvs.envs.games.automata import C, D, memory_one
from dynenvs.envs.games.background import strategy_automaton
from dynenvs.envs.games.chains import Encounter, payoffs_by_opponent
from dynenvs.envs.games.params import RepeatedGameParams
from dynenvs.evaluation.episodes import evaluate
from dynenvs.evaluation.plots import foot, new_figure, style
from dynenvs.evaluation.statistics import FloatArray
from dynenvs.policies import make_policy
from dynenvs.rendering.palette import COOPERATION, INK, MUTED, PAPER, mix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Fingerprint", "fingerprint", "fingerprint_plot", "joss_ann"]

REPEATED_GAME = "dynenvs/RepeatedGame-v0"
OUTCOMES = [(C, C), (C, D), (D, C), (D, D)]
LEVELS = 24  # shades of a picture
IN_A_ROW = 3


@dataclass(frozen=True)
class Fingerprint:
    """What a policy earns against the Joss-Anns of a probe.

    Attributes
    ----------
    policy, probe : str
        Both.
    axis : ndarray of float64, shape (points,)
        Values of x, and of y.
    payoffs : ndarray of float64, shape (points, points)
        Mean payoff a round, by y (rows) and x (columns).
    exact : bool
        Whether these are computed, of an endless game; else they are means of episodes.
    """

    policy: str
    probe: str
    axis: FloatArray
    payoffs: FloatArray
    exact: bool


def fingerprint(
    policy: str,
    env_id: str = REPEATED_GAME,
    *,
    probe: str = "tit_for_tat",
    points: int = 21,
    episodes: int = 10,
    seed: int = 0,
    **params: Any,
) -> Fingerprint:
    """Take the fingerprint of a policy.

    Parameters
    ----------
    policy : str
        A string of `dynenvs.make_policy`.
    env_id : str
        A repeated game of two actions; the policy sits on its first seat.
    probe : str
        A background strategy that looks at the last joint move at most.
    points : int
        Values of x and of y, at least 2: both ends of [0, 1] belong to them.
    episodes, seed : int
        Of each point, where the policy is no automaton.
    **params
        As in `dynenvs.make_params`. The horizon counts for episodes only.

    Returns
    -------
    Fingerprint
        By x and y.

    Raises
    ------
    UnknownEnvironment, UnknownPolicy, ParameterError
        If something does not exist or fit.

    Examples
    --------
    Who always cooperates earns 3 where the other does, and it does so in 1 - y of all rounds:

    >>> fingerprint("always_cooperate", points=3).payoffs.round(6)[:, 0].tolist()
    [3.0, 1.5, 0.0]
    """
    check_integer("points", points, 2, 1001)
    game = registration.make_params(env_id, **params)
    if not isinstance(game, RepeatedGameParams) or game.matrices().shape != (2, 2, 2):
        raise ParameterError(f"{env_id}: expected a repeated game of two actions")
    axis = np.linspace(0.0, 1.0, points)
    y, x = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    opponents = joss_ann(_probabilities(probe, game), x, y)
    background = make_policy(policy, env_id).seat != "external"
    automaton = strategy_automaton(policy, game.matrices()) if background else None
    if automaton is not None:
        moves = np.stack([opponents, 1.0 - opponents], axis=2)
        successors = memory_one(0, 0, 0, 0).successors
        payoffs = payoffs_by_opponent(Encounter.of(game, endless=True), automaton, moves, successors)[:, 0]
    else:
        payoffs = _measured(policy, env_id, opponents, episodes, seed, params)
    return Fingerprint(policy, probe, axis, payoffs.reshape(points, points), exact=automaton is not None)


def joss_ann(probe: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Disturb a memory-one probe, or its dual where x + y > 1.

    Parameters
    ----------
    probe : ndarray of float64, shape (5,)
        Its probabilities of cooperating at first and after CC, CD, DC, DD, own move first.
    x, y : ndarray of float64, shape (n,)
        Probabilities in [0, 1] of cooperating, and of defecting, whatever it has seen.

    Returns
    -------
    ndarray of float64, shape (n, 5)
        The same probabilities of each Joss-Ann.

    Examples
    --------
    >>> joss_ann(np.array([1, 1, 0, 1, 0]), np.array([0.1, 1.0]), np.array([0.2, 1.0])).round(3).tolist()
    [[0.8, 0.8, 0.1, 0.8, 0.1], [0.0, 0.0, 1.0, 0.0, 1.0]]
    """
    dual = 1.0 - np.asarray(probe)[[0, 3, 4, 1, 2]]  # it takes its own moves for the opposite, too
    sure = np.where(x + y <= 1.0, x, 1.0 - y)[:, None]
    chosen = np.where((x + y <= 1.0)[:, None], probe, dual)
    return np.clip(sure + np.abs(1.0 - x - y)[:, None] * chosen, 0.0, 1.0)


def _probabilities(probe: str, game: RepeatedGameParams) -> FloatArray:
    """Return the probabilities by which a memory-one strategy cooperates, or refuse any other."""
    made = strategy_automaton(probe, game.matrices(), seat=1)
    if made is not None:
        answers = made.moves[made.successors, C]  # by state, own and other's move
        if (answers == answers[0]).all():
            return np.array([made.moves[0, C], *(answers[0][outcome] for outcome in OUTCOMES)])
    raise ParameterError(f"probe={probe!r}: expected a strategy that looks at the last joint move at most")


def _measured(
    policy: str, env_id: str, opponents: FloatArray, episodes: int, seed: int, params: dict[str, Any]
) -> FloatArray:
    """Play episodes against every opponent."""
    names = [f"memory_one({','.join(f'{odds:.9g}' for odds in [*after, first])})" for first, *after in opponents]
    records = evaluate(
        env_id, [policy], opponents=list(dict.fromkeys(names)), episodes=episodes, seed=seed, notice=_ignore, **params
    )
    earned: dict[str, list[float]] = {}
    for record in records:
        earned.setdefault(record.matchup, []).append(record.returns[0] / record.length)
    return np.array([np.mean(earned[name]) for name in names])


def _ignore(text: str) -> None:
    """Tell nobody."""


def fingerprint_plot(fingerprints: Sequence[Fingerprint], title: str = "") -> Figure:
    """Draw fingerprints side by side, on one scale: the darker, the more.

    Parameters
    ----------
    fingerprints : sequence of Fingerprint
        At least one.
    title : str
        Stands above.

    Returns
    -------
    matplotlib.figure.Figure
        The dashed line is x + y = 1, beyond which the probe's dual is disturbed.

    Raises
    ------
    ParameterError
        If there are none.
    MissingExtra
        If matplotlib is not installed.
    """
    if not fingerprints:
        raise ParameterError("fingerprints: expected at least one")
    low = min(float(one.payoffs.min()) for one in fingerprints)
    high = max(float(one.payoffs.max()) for one in fingerprints)
    columns = min(IN_A_ROW, len(fingerprints))
    rows = -(-len(fingerprints) // columns)
    with style():
        figure = new_figure(1.4 + 2.9 * columns, 1.3 + 2.9 * rows)
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=12)
        for k, one in enumerate(fingerprints):
            axes = figure.add_subplot(rows, columns, k + 1, aspect="equal")
            _draw(axes, one, np.linspace(low, high if high > low else low + 1.0, LEVELS + 1))
            axes.set_title(one.policy, fontsize=10)
            if k % columns == 0:
                axes.set_ylabel("y: defects")
            if k + columns >= len(fingerprints):
                axes.set_xlabel("x: cooperates")
        means = "mean payoff a round of an endless game" if all(one.exact for one in fingerprints) else "mean payoff"
        foot(figure, f"{means} against the Joss-Anns of {fingerprints[0].probe}, from {low:.2f} (light) to {high:.2f}")
    return figure


def _draw(axes: Axes, one: Fingerprint, levels: FloatArray) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.ticker import MaxNLocator

    light, dark = mix(COOPERATION, PAPER, 0.93), mix(COOPERATION, INK, 0.6)
    shades = LinearSegmentedColormap.from_list("payoffs", [light, COOPERATION, dark])
    axes.contourf(one.axis, one.axis, one.payoffs, levels=levels, cmap=shades, extend="both")
    if np.ptp(one.payoffs) > 0:
        round_ones = MaxNLocator(7).tick_values(levels[0], levels[-1])
        lines = axes.contour(one.axis, one.axis, one.payoffs, levels=round_ones, colors=PAPER, linewidths=0.7)
        axes.clabel(lines, fontsize=7, fmt="%g")
    axes.plot([0, 1], [1, 0], color=MUTED, lw=1, ls=(0, (4, 3)))
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    axes.tick_params(length=0, labelsize=8)
    axes.spines[:].set_visible(False)
