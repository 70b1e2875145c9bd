"""Pictures of the robots of MuJoCo, without OpenGL: from the side those that move in a plane, from above the others."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from dynenvs.envs.robust.scene import BODY, GROUND, PART, SCENE, Scale
from dynenvs.rendering import palette
from dynenvs.rendering.vocabulary import Circle, Line, Point, Shape, Text

if TYPE_CHECKING:
    from dynenvs.envs.robust.mujoco_world import Limb

__all__ = ["planar_robot", "spatial_robot"]

Place = tuple[float, float, float]


def planar_robot(world: Any, game: int) -> Iterator[Shape]:
    """Draw a robot from the side, uncertain masses in their own colour, and the floor that passes below."""
    runs, x = bool(world.FEET), float(world.state.x[game, 0])
    scale = Scale(SCENE.middle[0], SCENE.bottom - 40, 120.0) if runs else Scale(*SCENE.middle, 200.0)
    if runs:
        scale = scale._replace(x=scale.x - x * scale.per_metre)  # it stays in the middle
        yield from _ground(scale, x)
    for limb in world.limbs(game):
        ends = [scale.at(x, z) for x, _, z in limb.ends]
        yield Line(tuple(ends), _color(world, limb), 2 * limb.radius * scale.per_metre)


def _color(world: Any, limb: Limb) -> palette.Color:
    """Colour what is fixed, what is of uncertain mass, and the rest."""
    if limb.body == "world":
        return GROUND
    return PART if limb.body in {world.BODIES.get(name) for name in world.params.uncertain} else BODY


def _ground(scale: Scale, x: float) -> Iterator[Shape]:
    """Draw the floor from the side, with a mark at every metre."""
    yield Line(((SCENE.x + 12, scale.y), (SCENE.right - 12, scale.y)), GROUND, 2)
    reach = (0.5 * SCENE.width - 24) / scale.per_metre
    for metre in range(math.ceil(x - reach), math.floor(x + reach) + 1):
        px, py = scale.at(metre, 0)
        yield Line(((px, py), (px, py + 8)), GROUND, 2)
        yield Text(px, py + 20, f"{metre} m", 11, palette.MUTED, anchor="middle")


class View(NamedTuple):
    """A parallel projection, from above, behind and the right of what walks forward: forward is to the right."""

    x: float  # of the place on the floor that is in the middle, in m
    y: float
    turn: float = math.radians(16.0)
    tilt: float = math.radians(28.0)
    per_metre: float = 120.0

    def at(self, place: Place) -> Point:
        """Return a place in pixels."""
        along, away = self._turned(place)
        px = SCENE.middle[0] + along * self.per_metre
        up = away * math.sin(self.tilt) + place[2] * math.cos(self.tilt)
        return px, SCENE.y + 0.66 * SCENE.height - up * self.per_metre

    def distance(self, place: Place) -> float:
        """Return how far behind others a place is, in m."""
        return self._turned(place)[1] * math.cos(self.tilt) - place[2] * math.sin(self.tilt)

    def _turned(self, place: Place) -> Point:
        dx, dy = place[0] - self.x, place[1] - self.y
        cos, sin = math.cos(self.turn), math.sin(self.turn)
        return dx * cos - dy * sin, dx * sin + dy * cos


def spatial_robot(world: Any, game: int) -> Iterator[Shape]:
    """Draw a robot from above, the nearer parts last, its shadow, and the floor that passes below."""
    view = View(*world.state.x[game, :2].tolist())
    limbs = world.limbs(game)
    yield from _tiles(view)
    for limb in limbs:
        shadow = tuple(view.at((x, y, 0.0)) for x, y, _ in limb.ends)
        yield Line(shadow, palette.mix(palette.PANEL, palette.INK, 0.16), 2 * limb.radius * view.per_metre)
    for limb in sorted(limbs, key=lambda limb: -sum(view.distance(end) for end in limb.ends)):
        yield from _capsule(view, limb, _color(world, limb))


def _capsule(view: View, limb: Limb, color: palette.Color) -> Iterator[Shape]:
    """Draw a part with a darker edge and a light on its upper side, or only its upper side where it is small."""
    (ax, ay), (bx, by) = (view.at(end) for end in limb.ends)
    radius = limb.radius * view.per_metre
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
    reach = 5  # m: the corners of the scene are nearer
    for i in range(-reach, reach + 1):
        x, y = math.floor(view.x) + i, math.floor(view.y) + i
        yield from _clipped(view.at((x, view.y - reach, 0.0)), view.at((x, view.y + reach, 0.0)), f"{x} m")
        yield from _clipped(view.at((view.x - reach, y, 0.0)), view.at((view.x + reach, y, 0.0)), "")


def _clipped(start: Point, end: Point, label: str) -> Iterator[Shape]:
    """Draw what lies within the scene of a line on the floor, and its label where it leaves the scene below.

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
            return
    if first < last:
        ends = tuple((x + share * dx, y + share * dy) for share in (first, last))
        yield Line(ends, palette.GRID, 1.5)
        for px, py in ends:
            if label and py > SCENE.bottom - 1 and SCENE.x + 20 < px < SCENE.right - 20:
                yield Text(px + 6, py - 12, label, 11, palette.MUTED)
