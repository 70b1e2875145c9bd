"""A pendulum that a weak motor is to swing up and hold, with uncertain physics: Gymnasium's Pendulum, step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, open_step, start_episode
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

__all__ = ["Pendulum", "PendulumParams"]

STRONGEST = 2.0  # N m, the largest torque that can be asked for
MAX_SPEED = 8.0  # rad/s
START_SPEED = 1.0  # rad/s; the angle begins anywhere


@dataclass(frozen=True, kw_only=True)
class PendulumParams(PhysicsParams):
    """A rod on a motor (Gymnasium's Pendulum-v1).

    Attributes
    ----------
    g : float
        Gravity in m/s^2, 1 to 30.
    m : float
        Mass of the rod in kg, 0.1 to 10; in [0.5, 1.6] in the default uncertainty set.
    l : float
        Length of the rod in m, 0.1 to 5; in [0.6, 1.4] in the default uncertainty set.
    dt : float
        Seconds of a step, 0.001 to 0.1.
    max_torque : float
        What the motor gives at most, in N m, 0.1 to 2: more that is asked for has no effect.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "g": Parameter(low=1.0, high=30.0, unit="m/s^2"),
        "m": Parameter(low=0.1, high=10.0, robust=(0.5, 1.6), unit="kg"),
        "l": Parameter(low=0.1, high=5.0, robust=(0.6, 1.4), unit="m"),
        "dt": Parameter(low=0.001, high=0.1, unit="s"),
        "max_torque": Parameter(low=0.1, high=STRONGEST, unit="N m"),
    }

    g: float = 10.0
    m: float = 1.0
    l: float = 1.0  # noqa: E741 - as Gymnasium has it
    dt: float = 0.05
    max_torque: float = STRONGEST


class Pendulum(PhysicsWorld):
    """Swing a rod up and hold it: each step costs the angle from upright, the speed and the torque, all squared."""

    NUM_VARIABLES = 2
    PAYS: ClassVar[Mapping[str, str]] = {
        "reward": "in each step -(angle^2 + 0.1 velocity^2 + 0.001 torque^2), in rad from upright, rad/s and N m, as "
        "they were before the step: from -16.3 to 0",
    }

    @classmethod
    def actions(cls, params: Any) -> ActionLayout:
        """Lay out the torque."""
        about = "torque of the motor, counter-clockwise"
        return ActionLayout(
            heads=(ContinuousHead(name="torque", low=-STRONGEST, high=STRONGEST, unit="N m", about=about),)
        )

    @classmethod
    def fields(cls, params: Any) -> tuple[Field, ...]:
        """Lay out angle and speed."""
        return (
            Field(name="cos_theta", low=-1.0, high=1.0, about="cosine of the angle from upright"),
            Field(name="sin_theta", low=-1.0, high=1.0, about="sine of that angle, counter-clockwise"),
            Field(name="theta_dot", low=-MAX_SPEED, high=MAX_SPEED, unit="rad/s", about="its velocity"),
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


Pendulum.step_span = staticmethod(step_span)


@rule
def start_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Let the rod begin anywhere, at little speed."""
    angle, speed, _, _ = draw_block(b, i)
    state.x[i, 0], state.x[i, 1] = spread(angle, 0.0, math.pi), spread(speed, 0.0, START_SPEED)


@rule
def step_one(state: PhysicsState, b: Buffers, actions: Any, i: int) -> None:
    """Turn the rod, and count what that costs."""
    move_nature(state, b, actions, i)
    pay(state, b, i, -advance(state.x[i], state.physics[i], actions[i, AGENT, 0]))
    end_at_horizon(state, b, i)


@rule
def advance(x: NDArray[np.float64], physics: NDArray[np.float64], torque: float) -> float:
    """Move the rod by one step, and return the cost; `x` is (theta, theta_dot)."""
    g, m, l, dt, max_torque = physics  # noqa: E741 - as Gymnasium has it
    theta, theta_dot = x
    u = min(max(torque, -max_torque), max_torque)
    from_upright = (theta + math.pi) % (2.0 * math.pi) - math.pi
    cost = from_upright * from_upright + 0.1 * (theta_dot * theta_dot) + 0.001 * (u * u)
    faster = theta_dot + (3.0 * g / (2.0 * l) * np.sin(theta) + 3.0 / (m * (l * l)) * u) * dt
    x[1] = min(max(faster, -MAX_SPEED), MAX_SPEED)
    x[0] = theta + x[1] * dt
    return cost


@rule
def observe_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Write what is seen."""
    theta, theta_dot = state.x[i]
    row = b.vector[i, AGENT]
    row[0], row[1], row[2] = np.cos(theta), np.sin(theta), theta_dot
    observe_parameters(state, b, i, 3)
