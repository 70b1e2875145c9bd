"""The car in the valley with a motor that can be throttled: Gymnasium's MountainCarContinuous, with uncertain physics.

As in Gymnasium 1.4, step by step, but for one thing: all numbers are doubles here, while the state there is rounded to
single precision after each step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, end_game, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.core.layouts import ActionLayout, ContinuousHead, Field
from dynenvs.envs.robust.mountain_car import ARRIVED, FIELDS, observe_car, roll, start_car
from dynenvs.envs.robust.physics import (
    AGENT,
    Parameter,
    PhysicsParams,
    PhysicsState,
    PhysicsWorld,
    begin_physics,
    end_at_horizon,
    move_nature,
    pay,
)

__all__ = ["MountainCarContinuous", "MountainCarContinuousParams"]

GOAL = 0.45
PRIZE = 100.0
EFFORT = 0.1  # what full throttle costs in a step


@dataclass(frozen=True, kw_only=True)
class MountainCarContinuousParams(PhysicsParams):
    """A car that must swing up a hill, with a throttle (Gymnasium's MountainCarContinuous-v0).

    Attributes
    ----------
    power : float
        What the motor adds to the velocity in a step at full throttle, in length/step^2, 0.0001 to 0.01; in
        [0.0008, 0.002] in the default uncertainty set.
    gravity : float
        What the steepest slope adds, in length/step^2, 0.0005 to 0.01; in [0.002, 0.0032] in the default
        uncertainty set.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "power": Parameter(low=0.0001, high=0.01, robust=(0.0008, 0.002), unit="length/step^2"),
        "gravity": Parameter(low=0.0005, high=0.01, robust=(0.002, 0.0032), unit="length/step^2"),
    }

    power: float = 0.0015
    gravity: float = 0.0025
    horizon: int = 999


class MountainCarContinuous(PhysicsWorld):
    """Drive a car up the right-hand hill for 100, less a tenth of each step's throttle squared."""

    NUM_VARIABLES = 2
    END_REASONS = ("running", "horizon", "arrived")
    PAYS: ClassVar[Mapping[str, str]] = {
        "reward": f"{PRIZE:g} for the step that arrives, less {EFFORT:g} throttle^2 for each step",
    }
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "arrived": f"terminated: the car is at {GOAL:g} or beyond, and does not roll back",
    }

    @classmethod
    def actions(cls, params: Any) -> ActionLayout:
        """Lay out the throttle."""
        about = "throttle of the motor: full to the left, to full to the right"
        return ActionLayout(heads=(ContinuousHead(name="throttle", low=-1.0, high=1.0, about=about),))

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


MountainCarContinuous.step_span = staticmethod(step_span)


@rule
def start_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Let the car stand in the valley."""
    start_car(state, b, i)


@rule
def step_one(state: PhysicsState, b: Buffers, actions: Any, i: int) -> None:
    """Drive, and see whether the car is up."""
    move_nature(state, b, actions, i)
    x, throttle = state.x[i], actions[i, AGENT, 0]
    roll(x, throttle * state.physics[i, 0], state.physics[i, 1])
    arrived = x[0] >= GOAL and x[1] >= 0.0
    pay(state, b, i, (PRIZE if arrived else 0.0) - throttle * throttle * EFFORT)
    if arrived:
        end_game(b, i, ARRIVED, False)
    else:
        end_at_horizon(state, b, i)


@rule
def observe_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Write what is seen."""
    observe_car(state, b, i)
