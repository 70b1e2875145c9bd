"""A pole on a cart, with physics that nobody is sure of: Gymnasium's CartPole, step by step, for any parameters.

Equations: Florian (2007), as in Gymnasium 1.4 (after Barto, Sutton and Anderson 1983), with its Euler steps. All that
follows from the parameters (the total mass, the product of the pole's mass and length) is computed in each step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, end_game, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field
from dynenvs.core.random import draw_block
from dynenvs.envs.robust.physics import (
    AGENT,
    Parameter,
    PhysicsParams,
    PhysicsState,
    PhysicsWorld,
    begin_physics,
    end_at_horizon,
    move_nature,
    observe_parameters,
    pay,
    spread,
)

__all__ = ["CartPole", "CartPoleParams"]

X_LIMIT = 2.4  # m
THETA_LIMIT = 12 * 2 * math.pi / 360  # rad
START = 0.05  # each variable begins in [-START, START)
FASTEST = 10_000.0  # no parameters let a pole come near it: a bound for observations, in m/s and rad/s

FELL = 2  # code in the world's end_reasons


@dataclass(frozen=True, kw_only=True)
class CartPoleParams(PhysicsParams):
    """A pole on a cart (Gymnasium's CartPole-v1).

    Attributes
    ----------
    gravity : float
        m/s^2, 1 to 30.
    masscart : float
        Mass of the cart in kg, 0.1 to 20.
    masspole : float
        Mass of the pole in kg, 0.01 to 20; in [0.05, 2] in the default uncertainty set.
    length : float
        *Half* the length of the pole in m, 0.05 to 10; in [0.1, 2.5] in the default uncertainty set.
    force_mag : float
        Push in N, 0.1 to 100; in [1.5, 15] in the default uncertainty set.
    tau : float
        Seconds of a step, 0.001 to 0.1.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "gravity": Parameter(low=1.0, high=30.0, unit="m/s^2"),
        "masscart": Parameter(low=0.1, high=20.0, unit="kg"),
        "masspole": Parameter(low=0.01, high=20.0, robust=(0.05, 2.0), unit="kg"),
        "length": Parameter(low=0.05, high=10.0, robust=(0.1, 2.5), unit="m"),
        "force_mag": Parameter(low=0.1, high=100.0, robust=(1.5, 15.0), unit="N"),
        "tau": Parameter(low=0.001, high=0.1, unit="s"),
    }

    gravity: float = 9.8
    masscart: float = 1.0
    masspole: float = 0.1
    length: float = 0.5
    force_mag: float = 10.0
    tau: float = 0.02
    horizon: int = 500


class CartPole(PhysicsWorld):
    """Push a cart left or right so that the pole on it stays up: 1 a step."""

    NUM_VARIABLES = 4
    END_REASONS = ("running", "horizon", "fell")
    PAYS: ClassVar[Mapping[str, str]] = {
        "reward": "1 for each step, the one in which the pole falls too: the return is the number of steps",
    }
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "fell": "terminated: the cart is more than 2.4 m from the middle, or the pole more than 12 degrees (0.21 rad) "
        "from upright",
    }

    @classmethod
    def actions(cls, params: Any) -> ActionLayout:
        """Lay out the two pushes."""
        return ActionLayout(
            heads=(DiscreteHead(name="push", options=("left", "right"), about="where to push the cart"),)
        )

    @classmethod
    def fields(cls, params: Any) -> tuple[Field, ...]:
        """Lay out position and velocity of cart and pole."""
        return (
            Field(
                name="x", low=-2 * X_LIMIT, high=2 * X_LIMIT, unit="m", about="place of the cart right of the middle"
            ),
            Field(name="x_dot", low=-FASTEST, high=FASTEST, unit="m/s", about="its velocity"),
            Field(
                name="theta",
                low=-2 * THETA_LIMIT,
                high=2 * THETA_LIMIT,
                unit="rad",
                about="angle of the pole from upright, clockwise",
            ),
            Field(name="theta_dot", low=-FASTEST, high=FASTEST, unit="rad/s", about="its velocity"),
        )


@kernel
def step_span(state: PhysicsState, tables: Any, b: Buffers, actions: Any, lo: int, hi: int) -> None:
    """Play the waiting phase of games `lo` to `hi`."""
    if (
        b.rewards.shape[1] == 1
        and b.reward_terms.shape[2] == 1
        and b.vector.shape[2] == 4
        and state.physics.shape[1] == 6
    ):
        _play(state, b, actions, lo, hi)  # constants let the compiler unroll the loops: half the time
    else:
        _play(state, b, actions, lo, hi)


@rule
def _play(state: PhysicsState, b: Buffers, actions: Any, lo: int, hi: int) -> None:
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, b, actions, i)
            observe_one(state, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            begin_physics(state, b, i)
            for variable, word in enumerate(draw_block(b, i)):
                state.x[i, variable] = spread(word, 0.0, START)
            observe_one(state, b, i)


CartPole.step_span = staticmethod(step_span)


@rule
def step_one(state: PhysicsState, b: Buffers, actions: Any, i: int) -> None:
    """Push, and see whether the pole still stands."""
    move_nature(state, b, actions, i)
    x = state.x[i]
    advance(x, state.physics[i], actions[i, AGENT, 0] == 1)
    pay(state, b, i, 1.0)
    if x[0] < -X_LIMIT or x[0] > X_LIMIT or x[2] < -THETA_LIMIT or x[2] > THETA_LIMIT:
        end_game(b, i, FELL, False)
    else:
        end_at_horizon(state, b, i)


@rule
def advance(x: NDArray[np.float64], physics: NDArray[np.float64], right: bool) -> None:
    """Move cart and pole by one step; `x` is (x, x_dot, theta, theta_dot)."""
    gravity, masscart, masspole, length, force_mag, tau = physics
    total_mass, polemass_length = masspole + masscart, masspole * length
    position, x_dot, theta, theta_dot = x
    force = force_mag if right else -force_mag
    costheta, sintheta = np.cos(theta), np.sin(theta)
    temp = (force + polemass_length * (theta_dot * theta_dot) * sintheta) / total_mass
    thetaacc = (gravity * sintheta - costheta * temp) / (
        length * (4.0 / 3.0 - masspole * (costheta * costheta) / total_mass)
    )
    xacc = temp - polemass_length * thetaacc * costheta / total_mass
    x[0] = position + tau * x_dot
    x[1] = x_dot + tau * xacc
    x[2] = theta + tau * theta_dot
    x[3] = theta_dot + tau * thetaacc


@rule
def observe_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Write what is seen."""
    for variable in range(4):
        b.vector[i, AGENT, variable] = state.x[i, variable]
    observe_parameters(state, b, i, 4)
