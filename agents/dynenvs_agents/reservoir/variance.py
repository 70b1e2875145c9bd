"""C4: how much steadier a body plays than its partner, by its size, and what that is owed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs_agents.reservoir.body import BodyParams, cooperative_partner, grow_bodies, ridge_readout

__all__ = ["BODIES", "DRAWN", "HABITUATED", "LINES", "SIZES", "Ratios", "measure_ratios"]

FloatArray = NDArray[np.float64]

SIZES = (5, 10, 20, 30, 50, 75, 100)
"""Neurons, as in the source."""

ROUNDS = 2000
"""Of a game; the first tenth is left out."""

_STILL = 1e-20
"""A variance of nothing but rounding."""

HABITUATED, DRAWN = "body, inputs habituated", "body, inputs as drawn"

_PLAIN: dict[str, Any] = {"oja_rate": 0.0}

BODIES: dict[str, dict[str, Any]] = {
    HABITUATED: {},
    DRAWN: _PLAIN,
    "ridge 1e-4": {**_PLAIN, "ridge": 1e-4},
    "ridge 1e-3": {**_PLAIN, "ridge": 1e-3},
    "ridge 3e-3": {**_PLAIN, "ridge": 3e-3},
    "ridge 1e-2": {**_PLAIN, "ridge": 1e-2},
    "ridge 1e-1": {**_PLAIN, "ridge": 1e-1},
    "leak 0.3": {**_PLAIN, "leak": 0.3},
    "leak 0.1": {**_PLAIN, "leak": 0.1},
    "spectral radius 0.5": {**_PLAIN, "spectral_radius": 0.5},
    "no recurrence": {**_PLAIN, "spectral_radius": 0.0},
    "no bias currents": {**_PLAIN, "bias_scaling": 0.0},
    "readout with a constant": {**_PLAIN, "readout_bias": True},
}
"""Kinds of bodies: all from the third on as the second, but for what they are called after."""

LINES = ("delay line, other's", "delay line, both", "delay line, both and 1")
"""Readouts of the same size without a body: on the other's last d degrees; on the last d/2 of both; with a constant."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratios:
    """Variance of the partner's degrees over that of the body's, at full receptivity.

    Attributes
    ----------
    ratios : dict of str to ndarray of float64, shape (sizes, seeds)
        By kind of `BODIES` and `LINES`; inf where an action never moves.
    actions : dict of str to ndarray of float64, shape (sizes, seeds)
        Mean degree that was played.
    """

    ratios: dict[str, FloatArray]
    actions: dict[str, FloatArray]

    def median(self, kind: str) -> FloatArray:
        """Return the median over seeds, by size."""
        return np.median(self.ratios[kind], axis=1)

    def band(self, kind: str) -> FloatArray:
        """Return the 10 and 90 % quantiles over seeds, shape (2, sizes)."""
        ordered = np.sort(self.ratios[kind], axis=1)  # np.quantile makes NaN of two infinities
        last = ordered.shape[1] - 1
        return np.stack([ordered[:, round(0.1 * last)], ordered[:, round(0.9 * last)]])

    def slope(self, kind: str) -> float:
        """Return the exponent of a power law in d, fitted to the medians; NaN where one is not finite."""
        medians = self.median(kind)
        if not np.isfinite(medians).all():
            return float("nan")
        return float(np.polyfit(np.log(SIZES), np.log(medians), 1)[0])


def measure_ratios(seeds: int, kinds: Sequence[str] = (*BODIES, *LINES)) -> Ratios:
    """Play every kind in every size, with the same partners.

    Parameters
    ----------
    seeds : int
        Bodies of each, at least 1.
    kinds : sequence of str
        Which.

    Returns
    -------
    Ratios
        By kind.
    """
    ratios, actions = {}, {}
    for kind in kinds:
        played = [_play_line(kind, d, seeds) if kind in LINES else _play_body(kind, d, seeds) for d in SIZES]
        other = _partners(seeds)[:, ROUNDS // 10 :].var(axis=1)
        moved = np.stack([own.var(axis=1) for own in played])
        ratios[kind] = np.divide(other, moved, out=np.full_like(moved, np.inf), where=moved > _STILL)
        actions[kind] = np.stack([own.mean(axis=1) for own in played])
    return Ratios(ratios=ratios, actions=actions)


def _partners(seeds: int, rounds: int = ROUNDS, stream: int = 5) -> FloatArray:
    params = BodyParams()
    return np.stack(
        [cooperative_partner(params, np.random.default_rng([stream, seed]), rounds) for seed in range(seeds)]
    )


def _play_body(kind: str, d: int, seeds: int) -> FloatArray:
    actions, _ = grow_bodies(BodyParams(d=d, **BODIES[kind]), range(seeds)).play(_partners(seeds))
    return actions[:, ROUNDS // 10 :]


def _play_line(kind: str, d: int, seeds: int) -> FloatArray:
    """Train a readout on a delay line as that of a body is trained, and close the loop."""
    params, both = BodyParams(), kind != LINES[0]
    lag = max(1, d // 2) if both else d
    training = _partners(seeds, params.rounds + lag, stream=6)
    weights = np.stack([_fit_line(kind, one, lag, params) for one in training])
    other, own = _partners(seeds), np.full((seeds, ROUNDS), params.target)
    for t in range(lag, ROUNDS):
        own[:, t] = np.clip(np.einsum("sd,sd->s", weights, _line(kind, own, other, t, lag)), 0.0, 1.0)
    return own[:, ROUNDS // 10 :]


def _fit_line(kind: str, other: FloatArray, lag: int, params: BodyParams) -> FloatArray:
    own = np.full((1, len(other)), params.target)
    features = np.concatenate([_line(kind, own, other[None], t, lag) for t in range(lag, len(other))])
    return ridge_readout(features, params.target, params.ridge)[0]


def _line(kind: str, own: FloatArray, other: FloatArray, t: int, lag: int) -> FloatArray:
    parts = [other[:, t - lag : t]]
    if kind != LINES[0]:
        parts.append(own[:, t - lag : t])
    if kind == LINES[2]:
        parts.append(np.ones((len(own), 1)))
    return np.concatenate(parts, axis=1)
