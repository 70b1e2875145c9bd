"""A car in a valley whose motor is too weak for the hill, with uncertain physics: Gymnasium's MountainCar.

Moore (1990), as in Gymnasium 1.4, step by step. Lengths and speeds have no units there: a step is the unit of time.
"""

from __future__ import annotations

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

__all__ = ["MountainCar", "MountainCarParams", "observe_car", "roll", "start_car"]

MIN_POSITION, MAX_POSITION, MAX_SPEED = -1.2, 0.6, 0.07
START, REACH = -0.5, 0.1  # the car begins in [START - REACH, START + REACH), at rest
GOAL = 0.5

ARRIVED = 2  # code in the world's end_reasons

FIELDS = (
    Field(
        name="position",
        low=MIN_POSITION,
        high=MAX_POSITION,
        unit="length",
        about="place of the car; the valley is at -0.52",
    ),
    Field(name="velocity", low=-MAX_SPEED, high=MAX_SPEED, unit="length/step", about="its velocity"),
)


@dataclass(frozen=True, kw_only=True)
class MountainCarParams(PhysicsParams):
    """A car that must swing up a hill (Gymnasium's MountainCar-v0).

    Attributes
    ----------
    force : float
        What the motor adds to the velocity in a step, in length/step^2, 0.0001 to 0.01; in [0.0008, 0.002] in the
        default uncertainty set.
    gravity : float
        What the steepest slope adds, in length/step^2, 0.0005 to 0.01; in [0.002, 0.0032] in the default
        uncertainty set.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "force": Parameter(low=0.0001, high=0.01, robust=(0.0008, 0.002), unit="length/step^2"),
        "gravity": Parameter(low=0.0005, high=0.01, robust=(0.002, 0.0032), unit="length/step^2"),
    }

    force: float = 0.001
    gravity: float = 0.0025


class MountainCar(PhysicsWorld):
    """Drive a car up the right-hand hill, with a run-up on the left one: each step costs 1."""

    NUM_VARIABLES = 2
    END_REASONS = ("running", "horizon", "arrived")
    PAYS: ClassVar[Mapping[str, str]] = {
        "reward": "-1 for each step, the one that arrives too",
    }
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "arrived": f"terminated: the car is at {GOAL:g} or beyond, and does not roll back",
    }

    @classmethod
    def actions(cls, params: Any) -> ActionLayout:
        """Lay out the three pushes."""
        return ActionLayout(
            heads=(DiscreteHead(name="push", options=("left", "none", "right"), about="where the motor pushes"),)
        )

    @classmethod
    def fields(cls, params: Any) -> tuple[Field, ...]:
        """Lay out position and velocity."""
        return FIELDS


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


MountainCar.step_span = staticmethod(step_span)


@rule
def start_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Let the car stand in the valley."""
    start_car(state, b, i)


@rule
def step_one(state: PhysicsState, b: Buffers, actions: Any, i: int) -> None:
    """Push, and see whether the car is up."""
    move_nature(state, b, actions, i)
    x, force, gravity = state.x[i], state.physics[i, 0], state.physics[i, 1]
    roll(x, (actions[i, AGENT, 0] - 1.0) * force, gravity)
    pay(state, b, i, -1.0)
    if x[0] >= GOAL and x[1] >= 0.0:
        end_game(b, i, ARRIVED, False)
    else:
        end_at_horizon(state, b, i)


@rule
def observe_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Write what is seen."""
    observe_car(state, b, i)


@rule
def start_car(state: PhysicsState, b: Buffers, i: int) -> None:
    """Put the car into the valley, at rest."""
    place, _, _, _ = draw_block(b, i)
    state.x[i, 0], state.x[i, 1] = spread(place, START, REACH), 0.0


@rule
def roll(x: NDArray[np.float64], push: float, gravity: float) -> None:
    """Move the car by one step; `x` is (position, velocity). The wall on the left takes all its speed."""
    faster = x[1] + (push - gravity * np.cos(3.0 * x[0]))
    x[1] = min(max(faster, -MAX_SPEED), MAX_SPEED)
    x[0] = min(max(x[0] + x[1], MIN_POSITION), MAX_POSITION)
    if x[0] == MIN_POSITION and x[1] < 0.0:
        x[1] = 0.0


@rule
def observe_car(state: PhysicsState, b: Buffers, i: int) -> None:
    """Write where the car is, and how fast."""
    b.vector[i, AGENT, 0], b.vector[i, AGENT, 1] = state.x[i, 0], state.x[i, 1]
    observe_parameters(state, b, i, 2)
