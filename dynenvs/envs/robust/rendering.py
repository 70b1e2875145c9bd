"""Pictures of the worlds of uncertain physics: the system, and beside it its parameters within their uncertainty."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dynenvs.envs.robust import lander as landing
from dynenvs.envs.robust import mountain_car, mountain_car_continuous, quadrotor
from dynenvs.envs.robust.cart_pole import X_LIMIT
from dynenvs.envs.robust.mujoco_rendering import planar_robot, spatial_robot
from dynenvs.envs.robust.physics import AGENT
from dynenvs.envs.robust.scene import AIM, BODY, GROUND, HEIGHT, PART, SCENE, WIDTH, Scale
from dynenvs.rendering import palette
from dynenvs.rendering.parts import MARGIN, header, number
from dynenvs.rendering.text import paint
from dynenvs.rendering.vocabulary import Arrow, Bar, Box, Circle, Frame, Line, Point, Polygon, Rect, Shape, Text

if TYPE_CHECKING:
    from dynenvs.envs.robust.physics import PhysicsWorld

__all__ = ["ansi", "frame"]

PANEL = Box(526, SCENE.y, WIDTH - MARGIN - 526, SCENE.height)
CELLS = 20  # of a bar in text
PER_LINE = 8  # numbers in text

VARIES = ("as given", "drawn for each episode", "", "moved by nature")


def frame(world: PhysicsWorld, game: int = 0) -> Frame:
    """Draw one game: the system as it stands, and its uncertain parameters as places in their intervals.

    Parameters
    ----------
    world : PhysicsWorld
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    Frame
        760 x 440 pixels.
    """
    earned = number(float(world.buffers.episode_returns[game, AGENT]), ".1f")
    title, about, draw = _SYSTEMS[type(world).__name__]
    shapes = [
        *header(WIDTH, title, _clock(world, game), about, f"return {earned}"),
        Rect.over(SCENE, palette.PANEL, radius=8),
        *draw(world, game),
        *_panel(world, game),
    ]
    return Frame(WIDTH, HEIGHT, tuple(shapes))


def ansi(world: PhysicsWorld, game: int = 0) -> str:
    """Write one game for a terminal: what the agent sees, and the uncertain parameters as places in their intervals.

    Parameters
    ----------
    world : PhysicsWorld
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    str
        A line for the game, the single numbers that are seen, eight a line, and a line a parameter.
    """
    earned = float(world.buffers.episode_returns[game, AGENT])
    title = _SYSTEMS[type(world).__name__].title
    seen = world.layout.roles[AGENT].observation.named(world.buffers.vector[game, AGENT])
    numbers = [f"{field.name} {seen[field.name]:.3f}" for field in world.fields(world.params) if not field.shape]
    lines = [
        f"{title}, {_clock(world, game)}, return {earned:.1f}; physics {_chooser(world, game)}",
        *("  ".join(numbers[start : start + PER_LINE]) for start in range(0, len(numbers), PER_LINE)),
    ]
    longest = max(len(name) for name in world.params.uncertain)
    for one in _uncertain(world, game):
        place = round(_share(one.value, one.low, one.high) * (CELLS - 1))
        bar = "".join("#" if cell == place else "-" for cell in range(CELLS))
        value = f"{one.value:.4g} {one.unit}".rstrip()
        lines.append(f"{one.name:<{longest}} {one.low:>8.4g} {paint(bar, BODY)} {one.high:<8.4g} {value}")
    return "\n".join(lines)


# What there is to say.


def _clock(world: PhysicsWorld, game: int) -> str:
    reason = world.layout.end_reasons[world.buffers.end_reason[game, AGENT]]
    over = "" if world.buffers.alive[game].any() else f", {reason}"
    return f"step {world.state.steps[game]} of {world.state.horizon[game]}{over}"


def _chooser(world: PhysicsWorld, game: int) -> str:
    """Say who chose the parameters."""
    params = world.game_params[game]
    if params.varies != "tasks":
        return VARIES[int(world.state.varies[game])]
    task = int(world.buffers.episode_index[game]) // params.task_episodes % len(params.tasks)
    return f"of task {task + 1} of {len(params.tasks)}"


class Uncertain(NamedTuple):
    """A parameter: its value, the ends of its uncertainty, what was given, and the unit of all four."""

    name: str
    value: float
    low: float
    high: float
    given: float
    unit: str


def _uncertain(world: PhysicsWorld, game: int) -> Iterator[Uncertain]:
    state, known = world.state, list(world.params.PHYSICS.items())
    for u, place in enumerate(state.uncertain[game].tolist()):
        (name, parameter), value, given = known[place], state.physics[game, place], state.given[game, place]
        ends = float(state.low[game, u]), float(state.high[game, u])
        yield Uncertain(name, float(value), *ends, float(given), parameter.unit)


def _physics(world: PhysicsWorld, game: int) -> dict[str, float]:
    return dict(zip(world.params.PHYSICS, world.state.physics[game].tolist(), strict=True))


def _share(value: float, low: float, high: float) -> float:
    """Return where a value lies between two ends, from 0 to 1."""
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5


def _panel(world: PhysicsWorld, game: int) -> Iterator[Shape]:
    """Draw each uncertain parameter as a place in its interval, with a tick at what was given."""
    yield Text(PANEL.x, PANEL.y + 8, "Physics", 14, weight="bold")
    yield Text(PANEL.right, PANEL.y + 8, _chooser(world, game), 11, palette.MUTED, anchor="end")
    parameters = list(_uncertain(world, game))
    table = Box(PANEL.x, PANEL.y + 26, PANEL.width, PANEL.height - 26)
    for line, parameter in zip(table.rows(max(5, len(parameters)), 4), parameters, strict=False):
        yield from _parameter(line, parameter)


def _parameter(line: Box, parameter: Uncertain) -> Iterator[Shape]:
    name, value, low, high, given, unit = parameter
    y, ends = line.y + 0.5 * line.height, (number(low, ".4g"), number(high, ".4g"))
    yield Text(line.x, y - 14, name, 12)
    yield Text(line.right, y - 14, f"{number(value, '.4g')} {unit}".rstrip(), 12, weight="bold", anchor="end")
    track = Box(line.x + 44, y - 2, line.width - 88, 6)
    yield Rect.over(track, palette.GRID, radius=3)
    tick = track.x + _share(given, low, high) * track.width
    yield Line(((tick, track.y - 3), (tick, track.bottom + 3)), palette.MUTED, 2)
    place = track.x + _share(value, low, high) * track.width
    within = low <= value <= high  # what lies outside is a ring at the nearer end
    yield Circle(place, track.middle[1], 6, BODY if within else palette.PAPER, None if within else BODY, 2)
    yield Text(line.x, track.middle[1], ends[0], 10, palette.MUTED)
    yield Text(line.right, track.middle[1], ends[1], 10, palette.MUTED, anchor="end")


# Geometry.


def _turned(middle: Point, angle: float, corners: Sequence[Point]) -> tuple[Point, ...]:
    """Turn corners (in pixels, y upwards) counter-clockwise round a place of the picture."""
    cos, sin = math.cos(angle), math.sin(angle)
    return tuple((middle[0] + x * cos - y * sin, middle[1] - x * sin - y * cos) for x, y in corners)


def _thickness(mass: float) -> float:
    """Draw what is heavier thicker."""
    return min(20.0, max(4.0, 9.0 * math.sqrt(mass)))


def _wind(speed: float, most: float) -> Iterator[Shape]:
    """Draw the wind in the upper left corner."""
    x, y = SCENE.x + 66, SCENE.y + 26
    reach = 46.0 * max(-1.0, min(1.0, speed / most))
    yield Text(SCENE.x + 20, y + 22, f"wind {number(speed, '.1f')} m/s", 11, palette.MUTED)
    if abs(reach) > 1.0:
        yield Arrow((x - reach, y), (x + reach, y), palette.COOPERATION, 2.5, min(10.0, abs(reach)))


# The systems.


def _cart_pole(world: PhysicsWorld, game: int) -> Iterator[Shape]:
    scale = Scale(SCENE.middle[0], SCENE.bottom - 52, SCENE.width / (2.4 * X_LIMIT))
    physics, (x, _, theta, _) = _physics(world, game), world.state.x[game]
    yield Line(((SCENE.x + 12, scale.y), (SCENE.right - 12, scale.y)), GROUND, 2)
    for end in (-X_LIMIT, X_LIMIT):
        px, py = scale.at(end, 0)
        yield Line(((px, py - 8), (px, py + 8)), palette.DEFECTION, 3)
    px, py = scale.at(x, 0)
    long = min(2 * physics["length"] * scale.per_metre, SCENE.height - 84)  # a longer one goes on above the picture
    tip = (px + long * math.sin(theta), py - 12 - long * math.cos(theta))
    wide = 20 + 8 * math.sqrt(physics["masscart"])
    yield Rect(px - wide, py - 14, 2 * wide, 20, BODY, 4)
    yield from (Circle(px + side * 0.6 * wide, py + 8, 6, palette.INK) for side in (-1, 1))
    yield Line(((px, py - 12), tip), PART, _thickness(physics["masspole"]))
    yield Circle(px, py - 12, 4, palette.PAPER)


def _pendulum(world: PhysicsWorld, game: int) -> Iterator[Shape]:
    physics, (theta, _) = _physics(world, game), world.state.x[game]
    longest = max([physics["l"], *(one.high for one in _uncertain(world, game) if one.name == "l")])
    reach = 0.44 * SCENE.height / longest
    x, y = SCENE.middle
    yield Line(((x, y), (x, y - reach * longest)), palette.mix(AIM, palette.PANEL, 0.6), 3)
    tip = (x - reach * physics["l"] * math.sin(theta), y - reach * physics["l"] * math.cos(theta))
    yield Line(((x, y), tip), PART, 1.2 * _thickness(physics["m"]))
    yield Circle(x, y, 5, palette.INK)


def _acrobot(world: PhysicsWorld, game: int) -> Iterator[Shape]:
    """Draw both links one metre long, as the goal is measured, whatever the length of the first is."""
    physics, (theta1, theta2, _, _) = _physics(world, game), world.state.x[game]
    scale = Scale(SCENE.middle[0], SCENE.middle[1], 0.22 * SCENE.height)
    elbow = (math.sin(theta1), -math.cos(theta1))
    hand = (elbow[0] + math.sin(theta1 + theta2), elbow[1] - math.cos(theta1 + theta2))
    left, right = (scale.at(side, 1.0) for side in (-2.6, 2.6))
    yield Line((left, right), AIM, 2)
    yield Line((scale.at(0, 0), scale.at(*elbow)), BODY, _thickness(physics["link_mass_1"]))
    yield Line((scale.at(*elbow), scale.at(*hand)), PART, _thickness(physics["link_mass_2"]))
    yield from (Circle(*scale.at(*joint), 5, palette.INK) for joint in ((0.0, 0.0), elbow))


def _mountain_car(world: PhysicsWorld, game: int) -> Iterator[Shape]:
    throttled = isinstance(world, mountain_car_continuous.MountainCarContinuous)
    goal = mountain_car_continuous.GOAL if throttled else mountain_car.GOAL
    low, high = mountain_car.MIN_POSITION, mountain_car.MAX_POSITION
    per = (SCENE.width - 24) / (high - low)
    scale = Scale(SCENE.x + 12 - low * per, SCENE.bottom - 20, per)
    places = np.linspace(low, high, 80).tolist()
    hill = [scale.at(x, _height(x)) for x in places]
    yield Polygon((*hill, (hill[-1][0], SCENE.bottom - 8), (hill[0][0], SCENE.bottom - 8)), palette.GRID)
    yield Line(tuple(hill), GROUND, 2)
    foot = scale.at(goal, _height(goal))
    yield Line((foot, (foot[0], foot[1] - 44)), palette.INK, 2)
    flag = ((foot[0], foot[1] - 44), (foot[0] + 22, foot[1] - 36), (foot[0], foot[1] - 28))
    yield Polygon(flag, AIM)
    x = float(world.state.x[game, 0])
    slope = math.atan(1.35 * math.cos(3 * x))
    middle = scale.at(x, _height(x))
    yield Polygon(_turned(middle, slope, [(-22, 7), (22, 7), (22, 16), (10, 24), (-12, 24), (-22, 16)]), BODY)
    yield from (Circle(*wheel, 6, palette.INK) for wheel in _turned(middle, slope, [(-13, 6), (13, 6)]))


def _height(x: float) -> float:
    """Return the height of Gymnasium's hill, whose slope is what drives the car."""
    return 0.45 * math.sin(3 * x) + 0.45


def _quadrotor(world: PhysicsWorld, game: int) -> Iterator[Shape]:
    """Draw the quadrotor at its place, larger than life."""
    x, y, tilt = world.state.x[game, :3].tolist()
    scale = Scale(*SCENE.middle, (SCENE.height - 8) / (2 * quadrotor.LIMIT))
    yield from _wind(_physics(world, game)["wind"], 4.0)
    yield from _cross(scale.at(0, 0))
    middle = scale.at(x, y)
    left, right = _turned(middle, tilt, [(-34, 0), (34, 0)])
    yield Line((left, right), BODY, 6)
    for start, end in (((-50, 12), (-18, 12)), ((18, 12), (50, 12))):
        yield Line(_turned(middle, tilt, [start, end]), PART, 4)
    for side in (-34, 34):
        yield Line(_turned(middle, tilt, [(side, 0), (side, 12)]), BODY, 3)
    yield Circle(*middle, 8, palette.INK)


def _cross(place: Point) -> Iterator[Shape]:
    x, y = place
    yield Circle(x, y, 14, None, AIM, 2)
    yield Line(((x - 20, y), (x + 20, y)), AIM, 2)
    yield Line(((x, y - 20), (x, y + 20)), AIM, 2)


def _lander(world: PhysicsWorld, game: int) -> Iterator[Shape]:
    physics, (x, y, tilt, _, _, _, fuel) = _physics(world, game), world.state.x[game].tolist()
    scale = Scale(SCENE.middle[0], SCENE.bottom - 24, (SCENE.height - 40) / 18.0)
    yield Rect(SCENE.x, scale.y, SCENE.width, 24, palette.GRID, 8)
    yield Line(((SCENE.x, scale.y), (SCENE.right, scale.y)), GROUND, 2)
    yield Line((scale.at(-landing.PAD, 0), scale.at(landing.PAD, 0)), AIM, 5)
    yield from _wind(physics["wind"], 10.0)
    yield Text(SCENE.right - 150, SCENE.y + 26, "fuel", 11, palette.MUTED, anchor="end")
    yield Bar(SCENE.right - 142, SCENE.y + 21, 122, 10, fuel / physics["fuel"], palette.FOLLOWING[0], palette.GRID, 4)
    unit, middle = scale.per_metre, scale.at(x, y)
    for side in (-1.0, 1.0):
        leg = [(0.45 * side * unit, -0.3 * unit), (side * landing.FOOT_X * unit, -landing.FOOT_Y * unit)]
        yield Line(_turned(middle, tilt, leg), palette.INK, 3)
    corners = [(-0.7, -0.4), (0.7, -0.4), (0.7, 0.3), (0.4, 0.9), (-0.4, 0.9), (-0.7, 0.3)]
    yield Polygon(_turned(middle, tilt, [(dx * unit, dy * unit) for dx, dy in corners]), BODY)
    nozzle = [(-0.3, -0.7), (0.3, -0.7), (0.15, -0.4), (-0.15, -0.4)]
    yield Polygon(_turned(middle, tilt, [(dx * unit, dy * unit) for dx, dy in nozzle]), PART)


class System(NamedTuple):
    """A name, a line about it, and what draws it."""

    title: str
    about: str
    draw: Callable[[PhysicsWorld, int], Iterator[Shape]]


_SYSTEMS = {
    "CartPole": System("Cart and pole", "Keep the pole up by pushing the cart.", _cart_pole),
    "Pendulum": System("Pendulum", "Swing the rod up with a weak motor, and hold it.", _pendulum),
    "Acrobot": System("Acrobot", "Swing the free end above the line.", _acrobot),
    "MountainCar": System("Mountain car", "Swing up to the flag: the motor is too weak to climb.", _mountain_car),
    "MountainCarContinuous": System("Mountain car", "Swing up to the flag, at little throttle.", _mountain_car),
    "Quadrotor": System("Quadrotor", "Hover at the cross.", _quadrotor),
    "Lander": System("Lander", "Come to rest on the pad.", _lander),
    "Hopper": System("Hopper", "Hop forward without falling.", planar_robot),
    "HalfCheetah": System("Half cheetah", "Run forward.", planar_robot),
    "Walker2d": System("Walker", "Walk forward without falling.", planar_robot),
    "InvertedPendulum": System("Inverted pendulum", "Keep the pole up by pushing the cart.", planar_robot),
    "Ant": System("Ant", "Walk along x.", spatial_robot),
    "HumanoidStandup": System("Humanoid standup", "Stand up, and stay so.", spatial_robot),
}
"""By the name of the world's class."""
