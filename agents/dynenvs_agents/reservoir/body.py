"""The body: an echo state network that has got used to a cooperative partner, and whose readout cooperates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_array, check_between, check_integer, check_one_of
from dynenvs.core.errors import ParameterError
from dynenvs.core.jit import bind
from dynenvs_agents.reservoir import kernels

__all__ = [
    "Bodies",
    "BodyParams",
    "cooperative_partner",
    "draw_recurrent",
    "grow_bodies",
    "ridge_readout",
    "whole_moves",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WEIGHT_DECIMALS = 9
"""Weights are rounded, so that the last digits of another linear algebra library make no other agent."""

_LONGEST = 100_000
"""Rounds of any training."""
_LARGEST = 2000
"""Neurons: beyond, a single body fills the memory with its square."""


@dataclass(frozen=True, kw_only=True)
class BodyParams:
    """How bodies grow. Nakamura (2026) names the parts; numbers are ours unless it says otherwise.

    Attributes
    ----------
    d : int
        Neurons, in [1, 2000]. The source sweeps 5 to 100.
    spectral_radius : float
        Largest modulus of an eigenvalue of W, in [0, 1). From 1 on the body may remember its first state for ever:
        without input and bias the state at rest is then unstable, as its linear part (1-g) I + g W has a radius of rho
        with a leak of 1, and one of up to 1 - g + g rho otherwise (Jaeger 2001: a radius below 1 is necessary for echo
        states). 0.9 is the usual choice for memories of tens of rounds; 0 is a body without memory, as a control.
    leak : float
        g in (0, 1], how fast a state follows: 1 is the plain network, and less smooths (which flattens the law of C4).
    input_scaling : float
        Input weights are uniform in [-s, s], s >= 0.
    bias_scaling : float
        Currents of the units are uniform in [-s, s], s >= 0. Without any, a unit has no use for a constant.
    oja_rate : float
        Rate of Oja's rule in [0, 0.1], while the body gets used to its partner, before the readout is trained. 0: no
        habituation of the inputs. 0.01 changes weights over hundreds of rounds and does not follow single ones.
    oja_rounds : int
        How long that lasts, at least 1.
    ridge : float
        Regularisation of the readout, on the Gram matrix of the states divided by the number of rounds; > 0. It sets
        the level of C4, which is why `dynenvs reproduce reservoir C4` sweeps it.
    readout_bias : bool
        Whether the readout has a constant of its own, free of regularisation. Then it may ignore the body: a control.
    target : float
        The degree of cooperation that the readout learns, and that the partner of the training plays, in [0, 1].
    partner_noise : float
        Standard deviation of the partner of the training around it, >= 0.
    moves : bool
        Whether the body grows up among whole moves: what both play in its training is 1 with the probability that is
        the degree, and else 0, without other noise. For games of two actions: there a body that only felt degrees
        takes its own moves for an anomaly.
    rounds : int
        Rounds on which the readout is trained, at least 10.
    washout : int
        Rounds before, in which the first state is forgotten, at least 0.
    """

    d: int = 30
    spectral_radius: float = 0.9
    leak: float = 1.0
    input_scaling: float = 0.5
    bias_scaling: float = 0.5
    oja_rate: float = 0.01
    oja_rounds: int = 500
    ridge: float = 5e-3
    readout_bias: bool = False
    target: float = 0.9
    partner_noise: float = 0.1
    moves: bool = False
    rounds: int = 2000
    washout: int = 100

    def __post_init__(self) -> None:
        check_integer("d", self.d, 1, _LARGEST)
        _check_echo(self.spectral_radius)
        check_between("leak", self.leak, 0, 1, closed="right")
        check_between("input_scaling", self.input_scaling, 0, 100)
        check_between("bias_scaling", self.bias_scaling, 0, 100)
        check_between("oja_rate", self.oja_rate, 0, 0.1)
        check_integer("oja_rounds", self.oja_rounds, 1, _LONGEST)
        check_between("ridge", self.ridge, 0, np.inf, closed="neither")
        check_one_of("readout_bias", self.readout_bias, (False, True))
        check_between("target", self.target, 0, 1)
        check_between("partner_noise", self.partner_noise, 0, 1)
        check_one_of("moves", self.moves, (True, False))
        check_integer("rounds", self.rounds, 10, _LONGEST)
        check_integer("washout", self.washout, 0, _LONGEST)


def _check_echo(radius: object) -> None:
    """Refuse a spectral radius with which a body need not forget."""
    try:
        check_between("spectral_radius", radius, 0, 1, closed="left")
    except ParameterError as error:
        raise ParameterError(f"{error}: from 1 on the body need not forget its first state (no echo states)") from None


_advancing: dict[object, Callable[..., None]] = {}
"""Machine code by the types of what varies: a body alone steps in two microseconds, and `bind` would take as long."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bodies:
    """Some bodies of the same kind, side by side.

    Attributes
    ----------
    params : BodyParams
        How they grew.
    seeds : tuple of int
        From which seed each one did.
    recurrent : ndarray of float64, shape (bodies, d, d)
        ``recurrent[k, j]`` is column j of W: W transposed.
    inputs : ndarray of float64, shape (bodies, 2, d)
        W_in transposed: weights of the own action, then of the other's.
    bias : ndarray of float64, shape (bodies, d)
        b.
    readout : ndarray of float64, shape (bodies, d)
        w.
    offset : ndarray of float64, shape (bodies,)
        The readout's own constant, 0 unless `BodyParams.readout_bias`.
    rest : ndarray of float64, shape (bodies, d)
        Mean state of the training: where a body is when a game begins.
    """

    params: BodyParams
    seeds: tuple[int, ...]
    recurrent: FloatArray
    inputs: FloatArray
    bias: FloatArray
    readout: FloatArray
    offset: FloatArray
    rest: FloatArray

    def __len__(self) -> int:
        return len(self.seeds)

    def __post_init__(self) -> None:
        for name in ("recurrent", "inputs", "bias", "readout", "offset", "rest"):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), np.float64))

    def advance(self, x: FloatArray, body: IntArray, own: FloatArray, other: FloatArray) -> None:
        """Let states (rows, d), of the bodies that `body` (rows,) names, live through a round; they are overwritten.

        It is called in every round, and checks nothing.
        """
        weights = (self.recurrent, self.inputs, self.bias, float(self.params.leak))
        arguments = (x, body, *weights, own, other, np.empty((2, x.shape[1])))
        kinds = tuple((varying.dtype.char, varying.flags.num) for varying in (x, body, own, other))
        code = _advancing.get(kinds)
        if code is None:
            code = _advancing[kinds] = bind(kernels.advance, *arguments)
        code(*arguments)

    def read(self, x: FloatArray, body: IntArray) -> FloatArray:
        """Return what the bodies would play in these states, in [0, 1]."""
        out = np.empty(len(x))
        arguments = (x, body, self.readout, self.offset, out)
        bind(kernels.read_out, *arguments)(*arguments)
        return out

    def listen(self, own: FloatArray, other: FloatArray, start: FloatArray | None = None) -> FloatArray:
        """Let every body live through given rounds.

        Parameters
        ----------
        own, other : ndarray of float64, shape (bodies, rounds)
            What both play.
        start : ndarray of float64, shape (bodies, d), optional
            States before; by default at rest.

        Returns
        -------
        ndarray of float64, shape (bodies, rounds, d)
            States after each round.

        Raises
        ------
        ParameterError
            If there is not a row for each body, or one of both plays more rounds.
        """
        own = check_array("own", own, len(self), "rounds")
        other = check_array("other", other, *own.shape)
        x = self.rest.copy() if start is None else check_array("start", start, *self.rest.shape)
        states, body = np.empty((*own.shape, x.shape[1])), np.arange(len(self))
        for t in range(own.shape[1]):
            self.advance(x, body, np.ascontiguousarray(own[:, t]), np.ascontiguousarray(other[:, t]))
            states[:, t] = x
        return states

    def play(self, other: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Close the loop at full receptivity: every body plays what it reads, and feels what it played.

        Parameters
        ----------
        other : ndarray of float64, shape (bodies, rounds)
            What the partner plays.

        Returns
        -------
        actions : ndarray of float64, shape (bodies, rounds)
            What the bodies play.
        states : ndarray of float64, shape (bodies, rounds, d)
            States in which they decide.

        Raises
        ------
        ParameterError
            If there is not a row for each body.
        """
        other = check_array("other", other, len(self), "rounds")
        x, body = self.rest.copy(), np.arange(len(self))
        actions, states = np.empty(other.shape), np.empty((*other.shape, x.shape[1]))
        for t in range(other.shape[1]):
            actions[:, t], states[:, t] = self.read(x, body), x
            self.advance(x, body, np.ascontiguousarray(actions[:, t]), np.ascontiguousarray(other[:, t]))
        return actions, states


def grow_bodies(params: BodyParams, seeds: Sequence[int]) -> Bodies:
    """Grow bodies: draw weights, let inputs habituate, and train the readout to cooperate.

    Parameters
    ----------
    params : BodyParams
        How.
    seeds : sequence of int
        One a body, at least 0; a body depends on its own seed alone.

    Returns
    -------
    Bodies
        As many as there are seeds.
    """
    generators = [np.random.default_rng([1, seed]) for seed in seeds]
    drawn = [_draw_weights(params, rng) for rng in generators]
    recurrent, inputs, bias = (np.stack(parts) for parts in zip(*drawn, strict=True))
    x = np.zeros((len(seeds), params.d))
    if params.oja_rate > 0:
        other = np.stack([cooperative_partner(params, rng, params.oja_rounds) for rng in generators])
        weights = (recurrent, inputs, bias, float(params.leak))
        arguments = (
            x,
            *weights,
            _own_training(params, generators, params.oja_rounds),
            other,
            float(params.oja_rate),
            np.empty(params.d),
        )
        bind(kernels.habituate_inputs, *arguments)(*arguments)
    naive = Bodies(
        params=params,
        seeds=tuple(seeds),
        recurrent=recurrent,
        inputs=inputs.round(WEIGHT_DECIMALS),
        bias=bias,
        readout=np.zeros((len(seeds), params.d)),
        offset=np.zeros(len(seeds)),
        rest=x,
    )
    return _with_readout(naive, generators)


def _draw_weights(params: BodyParams, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    recurrent = draw_recurrent(params.d, params.spectral_radius, rng)
    inputs = rng.uniform(-params.input_scaling, params.input_scaling, (2, params.d))
    bias = rng.uniform(-params.bias_scaling, params.bias_scaling, params.d)
    return recurrent, inputs, bias


def draw_recurrent(d: int, spectral_radius: float, rng: np.random.Generator) -> FloatArray:
    """Draw the weights of `d` neurons on each other: normal, and scaled to a spectral radius.

    Returns
    -------
    ndarray of float64, shape (d, d)
        W transposed.

    Raises
    ------
    ParameterError
        On a number of neurons or a radius out of range.
    """
    check_integer("d", d, 1, _LARGEST)
    _check_echo(spectral_radius)
    W = rng.normal(size=(d, d))
    W *= spectral_radius / np.abs(np.linalg.eigvals(W)).max()
    return np.ascontiguousarray(W.T.round(WEIGHT_DECIMALS))


def cooperative_partner(params: BodyParams, rng: np.random.Generator, rounds: int) -> FloatArray:
    """Draw what the partner of the training plays: clip(target + noise, 0, 1), or moves; each round by itself."""
    if params.moves:
        return whole_moves(np.full(rounds, params.target), rng)
    return np.clip(params.target + params.partner_noise * rng.normal(size=rounds), 0.0, 1.0)


def whole_moves(degrees: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw moves: 1 with the probability that is the degree, and else 0."""
    return (rng.random(degrees.shape) < degrees).astype(np.float64)


def _own_training(params: BodyParams, generators: list[np.random.Generator], rounds: int) -> FloatArray:
    """Return what bodies feel as their own actions in the training (bodies, rounds): the target, as if they knew it."""
    own = np.full((len(generators), rounds), float(params.target))
    if params.moves:
        return np.stack([whole_moves(row, rng) for row, rng in zip(own, generators, strict=True)])
    return own


def _with_readout(naive: Bodies, generators: list[np.random.Generator]) -> Bodies:
    """Train the readouts; meanwhile the bodies feel the target as their own action (teacher forcing)."""
    params, total = naive.params, naive.params.washout + naive.params.rounds
    other = np.stack([cooperative_partner(params, rng, total) for rng in generators])
    states = naive.listen(_own_training(params, generators, total), other)[:, params.washout :]
    fits = [ridge_readout(one, params.target, params.ridge, bias=params.readout_bias) for one in states]
    return Bodies(
        params=params,
        seeds=naive.seeds,
        recurrent=naive.recurrent,
        inputs=naive.inputs,
        bias=naive.bias,
        readout=np.stack([weights for weights, _ in fits]),
        offset=np.array([offset for _, offset in fits]),
        rest=states.mean(axis=1).round(WEIGHT_DECIMALS),
    )


def ridge_readout(features: FloatArray, target: float, ridge: float, *, bias: bool = False) -> tuple[FloatArray, float]:
    """Fit weights so that weights . features is near a constant target, by ridge regression.

    Parameters
    ----------
    features : ndarray of float64, shape (rounds, columns)
        One row a round.
    target : float
        What every round should give.
    ridge : float
        lambda_r, added to the diagonal of the Gram matrix divided by the number of rounds.
    bias : bool
        Whether a constant is fitted too, without any regularisation.

    Returns
    -------
    weights : ndarray of float64, shape (columns,)
        Rounded to nine decimals.
    offset : float
        0 without bias.
    """
    center = features.mean(axis=0) if bias else np.zeros(features.shape[1])
    shifted, wanted = features - center, 0.0 if bias else target
    gram = shifted.T @ shifted / len(shifted) + ridge * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, wanted * shifted.mean(axis=0)).round(WEIGHT_DECIMALS)
    return weights, (float(target - weights @ center) if bias else 0.0)
