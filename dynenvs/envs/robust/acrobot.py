"""Two links of which only the middle joint is driven, with uncertain physics: Gymnasium's Acrobot, step by step.

Equations of Sutton and Barto's book (as in Gymnasium 1.4, after Sutton 1996), one Runge-Kutta step of fourth order at a
time. The length of the second link stands in none of them, so that it is no parameter here.
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

__all__ = ["Acrobot", "AcrobotParams"]

MAX_VEL_1, MAX_VEL_2 = 4 * math.pi, 9 * math.pi  # rad/s
START = 0.1  # each variable begins in [-START, START)

REACHED = 2  # code in the world's end_reasons


@dataclass(frozen=True, kw_only=True)
class AcrobotParams(PhysicsParams):
    """Two links, hanging (Gymnasium's Acrobot-v1).

    Attributes
    ----------
    gravity : float
        m/s^2, 1 to 30.
    link_mass_1, link_mass_2 : float
        Masses of the links in kg, 0.1 to 10; in [0.75, 1.25] in the default uncertainty set.
    link_length_1 : float
        Length of the upper link in m, 0.1 to 5; in [0.75, 1.25] in the default uncertainty set.
    link_com_pos_1, link_com_pos_2 : float
        Distances of the links' centres of mass from their joints in m, 0.05 to 5.
    link_moi : float
        Moment of inertia of each link in kg m^2, 0.1 to 10; in [0.75, 1.25] in the default uncertainty set.
    dt : float
        Seconds of a step, 0.001 to 0.3.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "gravity": Parameter(low=1.0, high=30.0, unit="m/s^2"),
        "link_mass_1": Parameter(low=0.1, high=10.0, robust=(0.75, 1.25), unit="kg"),
        "link_mass_2": Parameter(low=0.1, high=10.0, robust=(0.75, 1.25), unit="kg"),
        "link_length_1": Parameter(low=0.1, high=5.0, robust=(0.75, 1.25), unit="m"),
        "link_com_pos_1": Parameter(low=0.05, high=5.0, unit="m"),
        "link_com_pos_2": Parameter(low=0.05, high=5.0, unit="m"),
        "link_moi": Parameter(low=0.1, high=10.0, robust=(0.75, 1.25), unit="kg m^2"),
        "dt": Parameter(low=0.001, high=0.3, unit="s"),
    }

    gravity: float = 9.8
    link_mass_1: float = 1.0
    link_mass_2: float = 1.0
    link_length_1: float = 1.0
    link_com_pos_1: float = 0.5
    link_com_pos_2: float = 0.5
    link_moi: float = 1.0
    dt: float = 0.2
    horizon: int = 500


class Acrobot(PhysicsWorld):
    """Swing two links until the free end is as high above the axle as a link is long: each step before that costs 1."""

    NUM_VARIABLES = 4
    END_REASONS = ("running", "horizon", "reached")
    PAYS: ClassVar[Mapping[str, str]] = {
        "reward": "-1 for each step, 0 for the one that reaches the height",
    }
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "reached": "terminated: the free end is more than 1 m above the axle, each link counted as 1 m long",
    }

    @classmethod
    def actions(cls, params: Any) -> ActionLayout:
        """Lay out the three torques."""
        return ActionLayout(
            heads=(DiscreteHead(name="torque", options=("-1", "0", "1"), about="torque at the middle joint, in N m"),)
        )

    @classmethod
    def fields(cls, params: Any) -> tuple[Field, ...]:
        """Lay out the two angles and their velocities."""
        return (
            Field(name="cos_theta1", low=-1.0, high=1.0, about="cosine of the upper link's angle from hanging"),
            Field(name="sin_theta1", low=-1.0, high=1.0, about="sine of it"),
            Field(name="cos_theta2", low=-1.0, high=1.0, about="cosine of the lower link's angle from the upper one"),
            Field(name="sin_theta2", low=-1.0, high=1.0, about="sine of it"),
            Field(name="theta1_dot", low=-MAX_VEL_1, high=MAX_VEL_1, unit="rad/s", about="velocity of the first angle"),
            Field(name="theta2_dot", low=-MAX_VEL_2, high=MAX_VEL_2, unit="rad/s", about="that of the second"),
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


Acrobot.step_span = staticmethod(step_span)


@rule
def start_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Let the links hang nearly still."""
    for variable, word in enumerate(draw_block(b, i)):
        state.x[i, variable] = spread(word, 0.0, START)


@rule
def step_one(state: PhysicsState, b: Buffers, actions: Any, i: int) -> None:
    """Apply the torque, and see how high the free end is."""
    move_nature(state, b, actions, i)
    x = state.x[i]
    advance(x, state.physics[i], actions[i, AGENT, 0] - 1.0)
    reached = -np.cos(x[0]) - np.cos(x[1] + x[0]) > 1.0
    pay(state, b, i, 0.0 if reached else -1.0)
    if reached:
        end_game(b, i, REACHED, False)
    else:
        end_at_horizon(state, b, i)


@rule
def advance(x: NDArray[np.float64], physics: NDArray[np.float64], torque: float) -> None:
    """Move the links by one step; `x` is (theta1, theta2, theta1_dot, theta2_dot)."""
    dt = physics[7]
    half, (a, b, va, vb) = dt / 2.0, x
    k1 = derivatives(a, b, va, vb, physics, torque)
    k2 = derivatives(a + half * k1[0], b + half * k1[1], va + half * k1[2], vb + half * k1[3], physics, torque)
    k3 = derivatives(a + half * k2[0], b + half * k2[1], va + half * k2[2], vb + half * k2[3], physics, torque)
    k4 = derivatives(a + dt * k3[0], b + dt * k3[1], va + dt * k3[2], vb + dt * k3[3], physics, torque)
    for variable in range(4):
        slope = k1[variable] + 2.0 * k2[variable] + 2.0 * k3[variable] + k4[variable]
        x[variable] += dt / 6.0 * slope
    x[0], x[1] = wrapped(x[0]), wrapped(x[1])
    x[2] = min(max(x[2], -MAX_VEL_1), MAX_VEL_1)
    x[3] = min(max(x[3], -MAX_VEL_2), MAX_VEL_2)


@rule
def derivatives(
    theta1: float, theta2: float, dtheta1: float, dtheta2: float, physics: NDArray[np.float64], torque: float
) -> tuple[float, float, float, float]:
    """Return the velocities and the accelerations, in the symbols of Sutton and Barto."""
    g, m1, m2, l1, lc1, lc2, moi, _ = physics
    cos2, sin2 = np.cos(theta2), np.sin(theta2)
    d1 = m1 * lc1**2 + m2 * (l1**2 + lc2**2 + 2 * l1 * lc2 * cos2) + moi + moi
    d2 = m2 * (lc2**2 + l1 * lc2 * cos2) + moi
    phi2 = m2 * lc2 * g * np.cos(theta1 + theta2 - math.pi / 2.0)
    phi1 = (
        -m2 * l1 * lc2 * dtheta2**2 * sin2
        - 2 * m2 * l1 * lc2 * dtheta2 * dtheta1 * sin2
        + (m1 * lc1 + m2 * l1) * g * np.cos(theta1 - math.pi / 2.0)
        + phi2
    )
    ddtheta2 = (torque + d2 / d1 * phi1 - m2 * l1 * lc2 * dtheta1**2 * sin2 - phi2) / (m2 * lc2**2 + moi - d2**2 / d1)
    return dtheta1, dtheta2, -(d2 * ddtheta2 + phi1) / d1, ddtheta2


@rule
def wrapped(angle: float) -> float:
    """Return an angle in [-pi, pi]."""
    while angle > math.pi:
        angle -= 2.0 * math.pi
    while angle < -math.pi:
        angle += 2.0 * math.pi
    return angle


@rule
def observe_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Write what is seen."""
    theta1, theta2, theta1_dot, theta2_dot = state.x[i]
    row = b.vector[i, AGENT]
    row[0], row[1], row[2], row[3] = np.cos(theta1), np.sin(theta1), np.cos(theta2), np.sin(theta2)
    row[4], row[5] = theta1_dot, theta2_dot
    observe_parameters(state, b, i, 6)
