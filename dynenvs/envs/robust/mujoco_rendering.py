"""Pictures of the robots of MuJoCo, without OpenGL: from the side those that move in a plane, from above the others."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from dynenvs.envs.robust.scene import BODY, GROUND, PART, SCENE, Scale
from dynenvs.rendering import palette
from dynenvs.rendering.vocabulary import Circle, Line, Point, Rect, Shape, Text

if TYPE_CHECKING:
    from dynenvs.envs.robust.mujoco_world import Limb

__all__ = ["planar_robot", "spatial_robot"]

Place = tuple[float, float, float]

PER_METRE = 120.0  # pixels
TALL = 1.6  # m: the height of a torso up to which the floor stays where it is in the picture


def planar_robot(world: Any, game: int) -> Iterator[Shape]:
    """Draw a robot from the side, uncertain masses in their own colour, and the floor that passes below."""
    runs, (middle, height) = bool(world.FEET), world.state.x[game, :2].tolist()
    if runs:  # it stays in the middle, and is followed where it rises
        risen = max(0.0, height - TALL)
        scale = Scale(SCENE.middle[0] - middle * PER_METRE, SCENE.bottom - 40 + risen * PER_METRE, PER_METRE)
        yield from _ground(scale, middle)
    else:
        scale = Scale(*SCENE.middle, 200.0)
    uncertain = _uncertain_bodies(world)
    for limb in world.limbs(game):
        ends = [scale.at(x, z) for x, _, z in limb.ends]
        yield Line(tuple(ends), _color(limb, uncertain), 2 * limb.radius * scale.per_metre)
    yield from _legend(uncertain)


def _uncertain_bodies(world: Any) -> set[str]:
    """Return the bodies whose masses are uncertain."""
    return {world.BODIES[name] for name in world.params.uncertain if name in world.BODIES}


def _color(limb: Limb, uncertain: set[str]) -> palette.Color:
    """Colour what is fixed, what is of uncertain mass, and the rest."""
    return GROUND if limb.body == "world" else PART if limb.body in uncertain else BODY


def _legend(uncertain: set[str]) -> Iterator[Shape]:
    """Say what the colour of uncertain bodies means, where there are any."""
    if uncertain:
        yield Circle(SCENE.x + 18, SCENE.y + 18, 5, PART)
        yield Text(SCENE.x + 30, SCENE.y + 18, "of uncertain mass", 11, palette.MUTED)


def _ground(scale: Scale, x: float) -> Iterator[Shape]:
    """Draw the floor from the side, with a mark at every metre."""
    if scale.y > SCENE.bottom - 30:
        return  # too far below
    yield Line(((SCENE.x + 12, scale.y), (SCENE.right - 12, scale.y)), GROUND, 2)
    reach = (0.5 * SCENE.width - 24) / scale.per_metre
    for metre in range(math.ceil(x - reach), math.floor(x + reach) + 1):
        px, py = scale.at(metre, 0)
        yield Line(((px, py), (px, py + 8)), GROUND, 2)
        yield Text(px, py + 20, f"{metre} m", 11, palette.MUTED, anchor="middle")


class View(NamedTuple):
    """A parallel projection from above, with x to the right and y away; a robot that rises is followed."""

    x: float  # of the torso, in m
    y: float
    z: float
    turn: float = math.radians(16.0)
    tilt: float = math.radians(28.0)

    def at(self, place: Place) -> Point:
        """Return a place in pixels."""
        along, away = self._turned(place)
        risen = max(0.0, self.z - TALL)
        up = away * math.sin(self.tilt) + (place[2] - risen) * math.cos(self.tilt)
        return SCENE.middle[0] + along * PER_METRE, SCENE.y + 0.66 * SCENE.height - up * PER_METRE

    def distance(self, place: Place) -> float:
        """Return how far behind others a place is, in m."""
        return self._turned(place)[1] * math.cos(self.tilt) - place[2] * math.sin(self.tilt)

    def _turned(self, place: Place) -> Point:
        dx, dy = place[0] - self.x, place[1] - self.y
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        return dx * cos - dy * sin, dx * sin + dy * cos


def spatial_robot(world: Any, game: int) -> Iterator[Shape]:
    """Draw a robot from above, the nearer parts last, its shadow, and the floor that passes below."""
    view, uncertain = View(*world.state.x[game, :3].tolist()), _uncertain_bodies(world)
    limbs = world.limbs(game)
    yield from _tiles(view)
    for limb in limbs:
        shadow = tuple(view.at((x, y, 0.0)) for x, y, _ in limb.ends)
        if all(y < SCENE.bottom - limb.radius * PER_METRE for _, y in shadow):
            yield Line(shadow, palette.mix(palette.PANEL, palette.INK, 0.16), 2 * limb.radius * PER_METRE)
    for limb in sorted(limbs, key=lambda limb: -sum(view.distance(end) for end in limb.ends)):
        yield from _capsule(view, limb, _color(limb, uncertain))
    yield from _legend(uncertain)


def _capsule(view: View, limb: Limb, color: palette.Color) -> Iterator[Shape]:
    """Draw a part with a darker edge and a light on its upper side, or only its upper side where it is small."""
    (ax, ay), (bx, by) = (view.at(end) for end in limb.ends)
    radius = limb.radius * PER_METRE
    for shade, share, lift in (
        (palette.mix(color, palette.INK, 0.35), 1.0, 0.0),
        (color, 0.82, 0.06),
        (palette.mix(color, palette.PAPER, 0.3), 0.36, 0.34),
    ):
        up = lift * radius
        if math.hypot(bx - ax, by - ay) > 1e-9:
            yield Line(((ax, ay - up), (bx, by - up)), shade, 2 * share * radius)
        else:
            yield Circle(ax, ay - up, share * radius, shade)


def _tiles(view: View) -> Iterator[Shape]:
    """Draw the floor from above, in tiles of a metre."""
    reach = 9  # m: the corners of the scene are nearer
    steps = range(-reach, reach + 1)
    for y in (math.floor(view.y) + step for step in steps):
        if line := _clipped(view.at((view.x - reach, y, 0.0)), view.at((view.x + reach, y, 0.0))):
            yield line
    for x in (math.floor(view.x) + step for step in steps):
        if line := _clipped(view.at((x, view.y + reach, 0.0)), view.at((x, view.y - reach, 0.0))):
            yield line
            px, py = line.points[1]
            if py > SCENE.bottom - 1 and SCENE.x + 20 < px < SCENE.right - 60:
                label = f"x = {x} m"
                yield Rect(px + 3, py - 21, 6 + 6 * len(label), 18, palette.PANEL)
                yield Text(px + 6, py - 12, label, 11, palette.MUTED)


def _clipped(start: Point, end: Point) -> Line | None:
    """Return what lies within the scene of a line on the floor.

    After Liang and Barsky (1984), A New Concept and Method for Line Clipping.
    """
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    first, last = 0.0, 1.0
    for step, room in ((-dx, x - SCENE.x), (dx, SCENE.right - x), (-dy, y - SCENE.y), (dy, SCENE.bottom - y)):
        if step < 0:
            first = max(first, room / step)
        elif step > 0:
            last = min(last, room / step)
        elif room < 0:
            return None
    ends = tuple((x + share * dx, y + share * dy) for share in (first, last))
    return Line(ends, palette.GRID, 1.5) if first < last else None
