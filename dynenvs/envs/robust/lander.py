"""A lander that comes down on springy legs with little fuel, in uncertain gravity and wind.

A rigid body of which the fuel is a part, under a main engine, two engines that push sideways above the centre of mass
and so turn it, gravity, a drag that is linear in its speed through the air, and the ground: each foot below it is
pushed up by a spring and a damper (never pulled down), and held by friction that grows with the slip until it
slides. Semi-implicit Euler steps (velocities first, and places with the new ones).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, end_game, open_step, start_episode
from dynenvs.core.errors import ParameterError
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

__all__ = ["Lander", "LanderParams"]

LIMIT, CEILING = 20.0, 30.0  # m beside the pad, and above the ground
PAD = 3.0  # m, half the width of the pad
FOOT_X, FOOT_Y = 1.0, 1.0  # m, where the feet are beside and below the centre of mass
NOZZLE_Y = 1.0  # m, where the side engines push above it
STIFFNESS, DAMPING = 4000.0, 650.0  # N/m and N s/m of each leg
FRICTION, SLIP = 0.5, 0.5  # share of the load that a sliding foot feels, and how fast in m/s it slides then
SAFE_SPEED, SAFE_TILT = 3.0, math.pi / 4  # of a touching foot in m/s, and of the body in rad
REST = 0.1  # m/s and rad/s: what is slower has come to rest
FASTEST = 1000.0  # m/s and rad/s: what is faster is seen as this fast
MOST_FUEL = 50.0  # kg

LANDED_PRIZE, CRASH_PRICE, FUEL_PRICE = 100.0, 100.0, 0.5  # once, once, and a kg

OFF, LEFT, MAIN, RIGHT = range(4)
LANDED, MISSED, CRASHED, LOST = 2, 3, 4, 5  # codes in the world's end_reasons


@dataclass(frozen=True, kw_only=True)
class LanderParams(PhysicsParams):
    """A lander with fuel and legs.

    Attributes
    ----------
    gravity : float
        m/s^2, 1 to 20; in [6, 12] in the default uncertainty set.
    mass : float
        Without fuel, in kg, 60 to 200.
    inertia : float
        Moment of inertia in kg m^2, 60 to 400.
    main_engine_power : float
        Thrust of the main engine in N, 500 to 6000; in [1680, 3120] (30 % less or more) in the default uncertainty set.
    side_engine_power : float
        Thrust of each side engine in N, 20 to 500.
    exhaust_speed : float
        m/s, 500 to 5000: burning one kg gives so many N s.
    fuel : float
        At the beginning, in kg, 1 to 50; nature cannot move it later.
    drag : float
        N s/m, 1 to 50.
    wind : float
        m/s to the right, -20 to 20; in [-5, 5] in the default uncertainty set.
    dt : float
        Seconds of a step, 0.0005 to 0.05.
    varies, uncertainty, tasks, task_episodes, sees_parameters, horizon
        As in `PhysicsParams`.
    """

    PHYSICS: ClassVar[Mapping[str, Parameter]] = {
        "gravity": Parameter(low=1.0, high=20.0, robust=(6.0, 12.0), unit="m/s^2"),
        "mass": Parameter(low=60.0, high=200.0, unit="kg"),
        "inertia": Parameter(low=60.0, high=400.0, unit="kg m^2"),
        "main_engine_power": Parameter(low=500.0, high=6000.0, robust=(1680.0, 3120.0), unit="N"),
        "side_engine_power": Parameter(low=20.0, high=500.0, unit="N"),
        "exhaust_speed": Parameter(low=500.0, high=5000.0, unit="m/s"),
        "fuel": Parameter(low=1.0, high=MOST_FUEL, unit="kg"),
        "drag": Parameter(low=1.0, high=50.0, unit="N s/m"),
        "wind": Parameter(low=-20.0, high=20.0, robust=(-5.0, 5.0), unit="m/s"),
        "dt": Parameter(low=0.0005, high=0.05, unit="s"),
    }

    gravity: float = 10.0
    mass: float = 100.0
    inertia: float = 100.0
    main_engine_power: float = 2400.0
    side_engine_power: float = 150.0
    exhaust_speed: float = 2000.0
    fuel: float = 10.0
    drag: float = 10.0
    wind: float = 0.0
    dt: float = 0.05
    horizon: int = 400

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.varies == "adversary" and "fuel" in self.uncertain:
            raise ParameterError("uncertainty of fuel: it counts at the beginning only, so nature cannot move it")


class Lander(PhysicsWorld):
    """Land softly on a pad.

    Each step pays how much the sum of the distance from the pad in m, the speed in m/s and 10 (1 - cos of the tilt) has
    fallen, less half a point for each kg of fuel. Coming to rest on both feet pays 100 more on the pad and nothing
    beside it; a foot that touches the ground too fast or too tilted, and leaving the scene, cost 100.
    """

    NUM_VARIABLES = 7
    END_REASONS = ("running", "horizon", "landed", "missed", "crashed", "lost")
    PAYS: ClassVar[Mapping[str, str]] = {
        "reward": "in each step how much the sum of the distance from the pad in m, the speed in m/s and 10 (1 - cos "
        f"of the tilt) has fallen, less {FUEL_PRICE:g} for each kg of fuel; once {LANDED_PRIZE:g} for landing, or "
        f"-{CRASH_PRICE:g} for crashing or getting lost",
    }
    ENDINGS: ClassVar[Mapping[str, str]] = {
        "landed": f"terminated: at rest (slower than {REST:g} m/s and rad/s) on both feet, at most {PAD:g} m from the "
        "middle of the pad",
        "missed": "terminated: at rest on both feet beside the pad",
        "crashed": f"terminated: a foot touches the ground at more than {SAFE_SPEED:g} m/s or with the body tilted by "
        "more than 45 degrees, or the body touches it",
        "lost": f"terminated: more than {LIMIT:g} m beside the middle of the pad, or more than {CEILING:g} m high",
    }

    @classmethod
    def actions(cls, params: Any) -> ActionLayout:
        """Lay out the engines."""
        options = ("off", "left", "main", "right")
        about = "engine to fire: the left one pushes to the right and tilts clockwise, the right one the other way"
        return ActionLayout(heads=(DiscreteHead(name="engine", options=options, about=about),))

    @classmethod
    def fields(cls, params: Any) -> tuple[Field, ...]:
        """Lay out place, attitude, velocities, fuel and contact."""
        return (
            Field(name="x", low=-2 * LIMIT, high=2 * LIMIT, unit="m", about="how far right of the middle of the pad"),
            Field(name="y", low=-CEILING, high=2 * CEILING, unit="m", about="height of the centre of mass"),
            Field(name="cos_theta", low=-1.0, high=1.0, about="cosine of the tilt, counter-clockwise"),
            Field(name="sin_theta", low=-1.0, high=1.0, about="sine of it"),
            Field(name="x_dot", low=-FASTEST, high=FASTEST, unit="m/s", about="velocity to the right"),
            Field(name="y_dot", low=-FASTEST, high=FASTEST, unit="m/s", about="velocity upwards"),
            Field(name="theta_dot", low=-FASTEST, high=FASTEST, unit="rad/s", about="velocity of the tilt"),
            Field(name="fuel", high=MOST_FUEL, unit="kg", about="fuel that is left"),
            Field(name="left_contact", about="1 if the left foot touches the ground"),
            Field(name="right_contact", about="1 if the right one does"),
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


Lander.step_span = staticmethod(step_span)


@rule
def start_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Begin high above the pad, falling a little, with full tanks."""
    place, height, tilt, _ = draw_block(b, i)
    aside, fall, _, _ = draw_block(b, i)
    x = state.x[i]
    x[0], x[1], x[2] = spread(place, 0.0, 5.0), spread(height, 14.0, 2.0), spread(tilt, 0.0, 0.2)
    x[3], x[4], x[5] = spread(aside, 0.0, 1.0), spread(fall, -1.0, 1.0), 0.0
    x[6] = state.physics[i, 6]


@rule
def step_one(state: PhysicsState, b: Buffers, actions: Any, i: int) -> None:
    """Fire an engine, and see whether it has landed, or worse."""
    move_nature(state, b, actions, i)
    x = state.x[i]
    before, fuel = trouble(x), x[6]
    advance(x, state.physics[i], int(actions[i, AGENT, 0]))
    end = fate(x)
    prize = LANDED_PRIZE if end == LANDED else -CRASH_PRICE if end in (CRASHED, LOST) else 0.0
    pay(state, b, i, before - trouble(x) - FUEL_PRICE * (fuel - x[6]) + prize)
    if end > 0:
        end_game(b, i, end, False)
    else:
        end_at_horizon(state, b, i)


@rule
def trouble(x: NDArray[np.float64]) -> float:
    """Measure how far from standing on the pad it is: distance, speed and tilt."""
    distance, speed = math.hypot(x[0], x[1] - FOOT_Y), math.hypot(x[3], x[4])
    return distance + speed + 10.0 * (1.0 - np.cos(x[2]))


@rule
def foot(x: NDArray[np.float64], side: float) -> tuple[float, float, float, float]:
    """Return how far a foot (-1 left, 1 right) is right of and above the centre of mass, and its velocity."""
    cos, sin = np.cos(x[2]), np.sin(x[2])
    dx, dy = side * FOOT_X * cos + FOOT_Y * sin, side * FOOT_X * sin - FOOT_Y * cos
    return dx, dy, x[3] - x[5] * dy, x[4] + x[5] * dx


@rule
def fate(x: NDArray[np.float64]) -> int:
    """Say how the flight has ended, if it has: a code of the world's end_reasons, or 0."""
    feet = 0
    for side in (-1.0, 1.0):
        _, dy, _, rising = foot(x, side)
        if x[1] + dy < 0.0:
            feet += 1
            if rising < -SAFE_SPEED or np.cos(x[2]) < math.cos(SAFE_TILT):
                return CRASHED
    if x[1] < 0.0:
        return CRASHED
    if abs(x[0]) > LIMIT or x[1] > CEILING:
        return LOST
    if feet == 2 and math.hypot(x[3], x[4]) < REST and abs(x[5]) < REST:
        return LANDED if abs(x[0]) <= PAD else MISSED
    return 0


@rule
def advance(x: NDArray[np.float64], physics: NDArray[np.float64], engine: int) -> None:
    """Move by one step; `x` is (x, y, theta), their velocities, and the fuel."""
    gravity, mass, inertia, main_power, side_power, exhaust_speed, _, drag, wind, dt = physics
    up = main_power if engine == MAIN else 0.0
    aside = side_power if engine == LEFT else -side_power if engine == RIGHT else 0.0
    burnt = (up + abs(aside)) / exhaust_speed * dt
    if burnt > x[6]:  # the last drops
        up, aside, burnt = up * (x[6] / burnt), aside * (x[6] / burnt), x[6]
    cos, sin = np.cos(x[2]), np.sin(x[2])
    fx = aside * cos - up * sin - drag * (x[3] - wind)
    fy = aside * sin + up * cos - drag * x[4]
    torque = -aside * NOZZLE_Y
    for side in (-1.0, 1.0):
        dx, dy, slip, rising = foot(x, side)
        if x[1] + dy < 0.0:
            load = max(0.0, -STIFFNESS * (x[1] + dy) - DAMPING * rising)
            grip = -FRICTION * load * min(max(slip / SLIP, -1.0), 1.0)
            fx, fy, torque = fx + grip, fy + load, torque + dx * load - dy * grip
    total = mass + x[6]
    x[3] += fx / total * dt
    x[4] += (fy / total - gravity) * dt
    x[5] += torque / inertia * dt
    for place in range(3):
        x[place] += x[place + 3] * dt
    x[6] -= burnt


@rule
def observe_one(state: PhysicsState, b: Buffers, i: int) -> None:
    """Write what is seen."""
    x, row = state.x[i], b.vector[i, AGENT]
    row[0] = min(max(x[0], -2.0 * LIMIT), 2.0 * LIMIT)
    row[1] = min(max(x[1], -CEILING), 2.0 * CEILING)
    row[2], row[3] = np.cos(x[2]), np.sin(x[2])
    for place in range(3):
        row[4 + place] = min(max(x[3 + place], -FASTEST), FASTEST)
    row[7] = x[6]
    for leg, side in enumerate((-1.0, 1.0)):
        _, dy, _, _ = foot(x, side)
        row[8 + leg] = 1.0 if x[1] + dy < 0.0 else 0.0
    observe_parameters(state, b, i, 10)
