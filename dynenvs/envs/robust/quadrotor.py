"""A quadrotor in a vertical plane that is to hover at a point, with uncertain physics and wind.

A rigid body under two thrusts across it, gravity, and a drag that is linear in its speed through the air; semi-implicit
Euler steps (velocities first, and places with the new ones).
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
from dynenvs.core.layouts import ActionLayout, ContinuousHead, Field
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

__all__ = ["Quadrotor", "QuadrotorParams"]

LIMIT = 5.0  # m from the target, across and upwards
TILT_LIMIT = math.pi / 2
FASTEST = 1000.0  # m/s and rad/s: what is faster is seen as this fast
START, START_TILT = 2.0, 0.2  # it begins at rest so near the target and so nearly level, in m and rad

LOST = 2  # code in the world's end_reasons


@dataclass(frozen=True, kw_only=True)
class QuadrotorParams(PhysicsParams):
    """A planar quadrotor.

    Attributes
    ----------
    gravity : float
        m/s^2, 1 to 30.
    mass : float
        kg, 0.1 to 10; in [0.6, 1.6] in the default uncertainty set.
    inertia : float
        Moment of inertia in kg m^2, 0.001 to 0.1; in [0.006, 0.02] in the default uncertainty set.
    arm : float
        Distance of each rotor from the centre in m, 0.05 to 1.
    drag : float
        N s/m, 0.01 to 1.
    wind : float
        m/s to the right, -10 to 10; in [-2, 2] in the default uncertainty set.
    max_thrust : float
        Of each rotor in N, 1 to 100.
    dt : float
        Seconds of a step, 0.0005 to 0.05.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "gravity": Parameter(low=1.0, high=30.0, unit="m/s^2"),
        "mass": Parameter(low=0.1, high=10.0, robust=(0.6, 1.6), unit="kg"),
        "inertia": Parameter(low=0.001, high=0.1, robust=(0.006, 0.02), unit="kg m^2"),
        "arm": Parameter(low=0.05, high=1.0, unit="m"),
        "drag": Parameter(low=0.01, high=1.0, unit="N s/m"),
        "wind": Parameter(low=-10.0, high=10.0, robust=(-2.0, 2.0), unit="m/s"),
        "max_thrust": Parameter(low=1.0, high=100.0, unit="N"),
        "dt": Parameter(low=0.0005, high=0.05, unit="s"),
    }

    gravity: float = 9.81
    mass: float = 1.0
    inertia: float = 0.01
    arm: float = 0.25
    drag: float = 0.1
    wind: float = 0.0
    max_thrust: float = 10.0
    dt: float = 0.02
    horizon: int = 250


class Quadrotor(PhysicsWorld):
    """Hover at a point: a step pays 1 / (1 + d^2), d metres away; far off, or tipped on edge, the quadrotor is lost."""

    NUM_VARIABLES = 6
    END_REASONS = ("running", "horizon", "lost")
    PAYS: ClassVar[Mapping[str, str]] = {
        "reward": "in each step 1 / (1 + distance^2), the distance from the target in m after the step: at most 1",
    }
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "lost": f"terminated: more than {LIMIT:g} m from the target across or upwards, or tilted by more than 90 "
        "degrees",
    }

    @classmethod
    def actions(cls, params: Any) -> ActionLayout:
        """Lay out the two rotors."""
        return ActionLayout(
            heads=(
                ContinuousHead(name="left", low=0.0, high=1.0, about="thrust of the left rotor, of what it can give"),
                ContinuousHead(name="right", low=0.0, high=1.0, about="that of the right one"),
            )
        )

    @classmethod
    def fields(cls, params: Any) -> tuple[Field, ...]:
        """Lay out place, attitude and velocities."""
        return (
            Field(name="x", low=-2 * LIMIT, high=2 * LIMIT, unit="m", about="how far right of the target"),
            Field(name="y", low=-2 * LIMIT, high=2 * LIMIT, unit="m", about="how far above it"),
            Field(name="cos_theta", low=-1.0, high=1.0, about="cosine of the tilt, counter-clockwise"),
            Field(name="sin_theta", low=-1.0, high=1.0, about="sine of it"),
            Field(name="x_dot", low=-FASTEST, high=FASTEST, unit="m/s", about="velocity to the right"),
            Field(name="y_dot", low=-FASTEST, high=FASTEST, unit="m/s", about="velocity upwards"),
            Field(name="theta_dot", low=-FASTEST, high=FASTEST, unit="rad/s", about="velocity of the tilt"),
        )


@kernel
def step_span(state: PhysicsState, tables: Any, b: Buffers, actions: Any, lo: int, hi: int) -> None:
    """Play the waiting phase of games `lo` to `hi`."""
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, b, actions, i)
            observe_one(state, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            begin_physics(state, b, i)
            start_one(state, b, i)
            observe_one(state, b, i)


Quadrotor.step_span = staticmethod(step_span)


@rule
def start_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Begin at rest beside the target, nearly level."""
    x, y, tilt, _ = draw_block(b, i)
    state.x[i] = 0.0
    state.x[i, 0], state.x[i, 1], state.x[i, 2] = (
        spread(x, 0.0, START),
        spread(y, 0.0, START),
        spread(tilt, 0.0, START_TILT),
    )


@rule
def step_one(state: PhysicsState, b: Buffers, actions: Any, i: int) -> None:
    """Fly, and see how far it is."""
    move_nature(state, b, actions, i)
    x = state.x[i]
    advance(x, state.physics[i], actions[i, AGENT, 0], actions[i, AGENT, 1])
    pay(state, b, i, 1.0 / (1.0 + x[0] * x[0] + x[1] * x[1]))
    if abs(x[0]) > LIMIT or abs(x[1]) > LIMIT or abs(x[2]) > TILT_LIMIT:
        end_game(b, i, LOST, False)
    else:
        end_at_horizon(state, b, i)


@rule
def advance(x: NDArray[np.float64], physics: NDArray[np.float64], left: float, right: float) -> None:
    """Move by one step; `x` is (x, y, theta) and their velocities, thrusts are shares of what rotors can give."""
    gravity, mass, inertia, arm, drag, wind, max_thrust, dt = physics
    thrust = (left + right) * max_thrust
    x[3] += (-thrust * np.sin(x[2]) - drag * (x[3] - wind)) / mass * dt
    x[4] += ((thrust * np.cos(x[2]) - drag * x[4]) / mass - gravity) * dt
    x[5] += (right - left) * max_thrust * arm / inertia * dt
    for place in range(3):
        x[place] += x[place + 3] * dt


@rule
def observe_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Write what is seen."""
    x, row = state.x[i], b.vector[i, AGENT]
    row[0] = min(max(x[0], -2.0 * LIMIT), 2.0 * LIMIT)
    row[1] = min(max(x[1], -2.0 * LIMIT), 2.0 * LIMIT)
    row[2], row[3] = np.cos(x[2]), np.sin(x[2])
    for place in range(3):
        row[4 + place] = min(max(x[3 + place], -FASTEST), FASTEST)
    observe_parameters(state, b, i, 7)
