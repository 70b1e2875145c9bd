"""The whole agent: body, cognitive filter and governance, for many games at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between, check_integer
from dynenvs.core.errors import ParameterError
from dynenvs.core.jit import bind
from dynenvs_agents.reservoir import kernels
from dynenvs_agents.reservoir.body import WEIGHT_DECIMALS, Bodies, cooperative_partner, whole_moves
from dynenvs_agents.reservoir.cognition import Tool
from dynenvs_agents.reservoir.complexity import Moments, fixed_shrinkage
from dynenvs_agents.reservoir.sentinel import Governance, Sentinel, StaticGovernance, feel, fresh_mood

__all__ = ["ALPHAS", "Baseline", "ReservoirAgents", "habituate"]

_STILL = 1e-12  # variance of all neurons together, of a body that does not move

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ALPHAS = (0.0, 0.25, 0.5, 0.75, 0.95)
"""Receptivities at which a body gets used to a cooperative partner, so that it knows how all of them feel. If it knew
that of trust alone, one alarm would keep itself alive: distrust makes the agent's own actions noisier, which such a
body takes for a reason to be alarmed."""

ROUNDS = 1000
"""Rounds at each of them."""

QUANTILE = 0.99
"""Share of those rounds in which a body is not to feel discomfort at its state."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Baseline:
    """What bodies are used to, one row a body.

    Attributes
    ----------
    mean, covariance : ndarray of float64, shapes (bodies, d), (bodies, d, d)
        Of the states; the covariance with a tenth of the mean variance on its diagonal.
    whitening : ndarray of float64, shape (bodies, d, d)
        ``whitening[k, j]`` is column j of L, where L' L is the inverse covariance.
    limit : ndarray of float64, shape (bodies,)
        What the averaged distance of the state exceeds in 1 % of the rounds.
    action : ndarray of float64, shape (bodies,)
        What the body would play on average.
    states : ndarray of float64, shape (bodies, samples, d)
        All states, in order of receptivities.
    """

    mean: FloatArray
    covariance: FloatArray
    whitening: FloatArray
    limit: FloatArray
    action: FloatArray
    states: FloatArray

    def moments(self, k: int) -> Moments:
        """Return the Gaussian of a body."""
        return Moments(self.mean[k], self.covariance[k])

    def distance(self, x: FloatArray, body: IntArray) -> FloatArray:
        """Return how far states (rows, d) are from the baseline: the mean square of a whitened coordinate."""
        out, d = np.empty(len(x)), x.shape[1]
        arguments = (x, body, self.mean, self.whitening, np.empty(d), np.empty((1, d)), out)
        bind(kernels.squared_distance, *arguments)(*arguments)
        return out


class ReservoirAgents:
    """Reservoir agents in many games, one row each.

    Parameters
    ----------
    bodies : Bodies
        Their bodies.
    baseline : Baseline
        What these are used to.
    governance : Governance
        How far the body is trusted.
    tool : Tool
        What is played as far as it is not.
    body : ndarray of int64, shape (rows,)
        Which body each row has.

    Attributes
    ----------
    x : ndarray of float64, shape (rows, d)
        States.
    wish : ndarray of float64, shape (rows,)
        What the body would play next, a_body.
    mood : Mood
        What governance remembers; ``mood.alpha`` is the receptivity.
    memory : ndarray of float64, shape (rows, numbers)
        What the tool remembers.
    """

    def __init__(self, bodies: Bodies, baseline: Baseline, governance: Governance, tool: Tool, body: IntArray) -> None:
        self.bodies, self.baseline, self.governance, self.tool, self.body = bodies, baseline, governance, tool, body
        rows = len(body)
        self.x = np.empty((rows, bodies.params.d))
        self.wish = np.empty(rows)
        self.mood = fresh_mood(governance, rows)
        self.memory = np.empty((rows, len(tool.start)))
        self.reset(np.arange(rows))

    def reset(self, rows: IntArray) -> None:
        """Forget the games of these rows."""
        self.x[rows] = self.bodies.rest[self.body[rows]]
        self.wish[rows] = self.bodies.read(self.x[rows], self.body[rows])
        for mine, fresh in zip(self.mood, fresh_mood(self.governance, len(rows)), strict=True):
            mine[rows] = fresh
        self.memory[rows] = self.tool.start

    def advice(self, rows: IntArray) -> FloatArray:
        """Return what the tool would play next."""
        return self.tool.advise(self.memory[rows])

    def act(self, rows: IntArray) -> FloatArray:
        """Return what these rows play next, in [0, 1]: alpha a_body + (1 - alpha) a_tool, or an offer of peace."""
        alpha = self.mood.alpha[rows]
        mixed = alpha * self.wish[rows] + (1.0 - alpha) * self.advice(rows)
        return np.where(self.mood.offering[rows] > 0, self.baseline.action[self.body[rows]], mixed)

    def observe(self, rows: IntArray, own: FloatArray, other: FloatArray) -> None:
        """Let these rows feel a round.

        Parameters
        ----------
        rows : ndarray of int64, shape (n,)
            Which, each at most once.
        own, other : ndarray of float64, shape (n,)
            What both played, in [0, 1].
        """
        body, x, wished = self.body[rows], self.x[rows], self.wish[rows]
        self.bodies.advance(x, body, own, other)
        self.x[rows] = x
        self.wish[rows] = wish = self.bodies.read(x, body)
        memory = self.memory[rows]
        self.tool.observe(memory, own, other)
        self.memory[rows] = memory
        if isinstance(self.governance, Sentinel):
            mood = type(self.mood)(*(part[rows] for part in self.mood))
            feel(
                self.governance,
                mood,
                distance=self.baseline.distance(x, body),
                limit=self.baseline.limit[body],
                wish=wish,
                usual=self.baseline.action[body],
                wished=wished,
                other=other,
            )
            for mine, new in zip(self.mood, mood, strict=True):
                mine[rows] = new


def habituate(
    bodies: Bodies, tool: Tool, *, alphas: Sequence[float] = ALPHAS, rounds: int = ROUNDS, averaging: float = 0.3
) -> Baseline:
    """Let bodies get used to a cooperative partner, each at several receptivities.

    Parameters
    ----------
    bodies : Bodies
        With trained readouts.
    tool : Tool
        What is played as far as the body is not trusted.
    alphas : sequence of float
        Receptivities in [0, 1], at least one; see `ALPHAS`.
    rounds : int
        At each, at least 10; the first tenth is left out.
    averaging : float
        Weight of the last round in the average of distances, as in `Sentinel`.

    Returns
    -------
    Baseline
        A body's own depends on its seed alone.

    Raises
    ------
    ParameterError
        If something is out of range.
    """
    if not len(alphas):
        raise ParameterError("alphas=(): expected at least one receptivity")
    for alpha in alphas:
        check_between("alpha", alpha, 0, 1)
    check_integer("rounds", rounds, 10)
    check_between("averaging", averaging, 0, 1, closed="right")
    played = [_live(bodies, tool, alpha, number, rounds) for number, alpha in enumerate(alphas)]
    skipped = rounds // 10
    states = np.concatenate([states[:, skipped:] for states, _ in played], axis=1)
    wishes = np.concatenate([wishes[:, skipped:] for _, wishes in played], axis=1)
    moments = [fixed_shrinkage(one) for one in states]
    covariance = np.stack([one.covariance for one in moments])
    if not (np.trace(covariance, axis1=1, axis2=2) > _STILL).all():
        raise ParameterError(
            "a body never moves while it gets used to its partner, so that it can feel nothing unusual: expected more "
            "input_scaling, or more leak"
        )
    baseline = Baseline(
        mean=np.stack([one.mean for one in moments]).round(WEIGHT_DECIMALS),
        covariance=covariance,
        whitening=np.ascontiguousarray(np.linalg.inv(np.linalg.cholesky(covariance)).transpose(0, 2, 1)).round(6),
        limit=np.empty(len(bodies)),
        action=wishes.mean(axis=1).round(WEIGHT_DECIMALS),
        states=states,
    )
    baseline.limit[:] = _limits(baseline, [states for states, _ in played], skipped, averaging).round(WEIGHT_DECIMALS)
    return baseline


def _live(bodies: Bodies, tool: Tool, alpha: float, number: int, rounds: int) -> tuple[FloatArray, FloatArray]:
    """Play with the partner of the training: states (bodies, rounds, d), and what the bodies would play."""
    generators = [np.random.default_rng([2, seed, number]) for seed in bodies.seeds]
    partners = [cooperative_partner(bodies.params, rng, rounds) for rng in generators]
    other, rows = np.stack(partners), np.arange(len(bodies))
    nothing = np.empty((len(bodies), 0))
    unused = Baseline(
        mean=nothing, covariance=nothing, whitening=nothing, limit=nothing, action=np.zeros(len(bodies)), states=nothing
    )
    agents = ReservoirAgents(bodies, unused, StaticGovernance(alpha=alpha), tool, rows)
    states, wishes = np.empty((*other.shape, bodies.params.d)), np.empty(other.shape)
    for t in range(rounds):
        states[:, t], wishes[:, t] = agents.x, agents.wish
        own = agents.act(rows)
        if bodies.params.moves:
            own = np.array([whole_moves(degree, rng) for degree, rng in zip(own, generators, strict=True)])
        agents.observe(rows, own, np.ascontiguousarray(other[:, t]))
    return states, wishes


def _limits(baseline: Baseline, played: list[FloatArray], skipped: int, averaging: float) -> FloatArray:
    """Return the quantile of the averaged distance over all receptivities, by body."""
    averages = []
    for states in played:
        mean, body = np.ones(len(states)), np.arange(len(states))
        for t in range(states.shape[1]):
            mean += averaging * (baseline.distance(np.ascontiguousarray(states[:, t]), body) - mean)
            if t >= skipped:
                averages.append(mean.copy())
    return np.quantile(np.stack(averages), QUANTILE, axis=0)
