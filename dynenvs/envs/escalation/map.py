"""The map of the wargame: islands as large as their territory, what they have, and what they did to each other."""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from dynenvs.envs.escalation.day import Link, acts_of, fell_on, links_of
from dynenvs.envs.escalation.dynamics import NUCLEAR, TERRITORY, TOP
from dynenvs.envs.escalation.nations import NATIONS
from dynenvs.envs.escalation.scoring import CATEGORIES
from dynenvs.rendering import palette
from dynenvs.rendering.parts import number
from dynenvs.rendering.vocabulary import Arrow, Box, Circle, Frame, Line, Point, Polygon, Rect, Shape, Text, shorten

if TYPE_CHECKING:
    from dynenvs.envs.escalation.world import Escalation

__all__ = ["DARK", "GROUPS", "KIND_COLORS", "LIGHT", "Theme", "map_frame", "nation_color", "signed", "world_map"]

MAP_WIDTH, MAP_HEIGHT = 690, 688
LEGEND_HEIGHT = 84.0
LARGEST = 14.0  # territory beyond which an island grows no further


class Theme(NamedTuple):
    """Colours of whatever has no colour of its own, by day and by night."""

    paper: palette.Color
    sea: palette.Color
    shoal: palette.Color
    grid: palette.Color
    muted: palette.Color
    ink: palette.Color


LIGHT = Theme(palette.PAPER, "#eef3f7", "#e2eaf1", palette.GRID, palette.MUTED, palette.INK)
DARK = Theme("#12171d", "#18212b", "#1f2a36", "#33404d", "#9aa6b2", "#e6ebf0")

KIND_COLORS: tuple[palette.Color, ...] = ("#3d9bd1", "#8a94a0", "#c9a227", "#ea7a1f", "#cd2a22", "#a3178f")
"""One colour a kind of action, in the order of `CATEGORIES`: from cold over warm to the colour of nothing else."""

_NATION_COLORS: dict[str, palette.Color] = {
    "Purple": "#7b5bb5",
    "White": "#f7f8fa",
    "Pink": "#e694bd",
    "Red": "#cf4040",
    "Yellow": "#f0d442",
    "Blue": "#1f77b8",
    "Green": "#1a9e75",
    "Orange": "#eb8f1c",
}

# In shares of the map. Placed by hand: near where the rated distance is small, and room for everybody's signs.
_PLACES: dict[str, Point] = {
    "Purple": (0.43, 0.43),
    "White": (0.35, 0.03),
    "Pink": (0.95, 0.94),
    "Red": (0.93, 0.42),
    "Yellow": (0.62, 0.84),
    "Blue": (0.05, 0.36),
    "Green": (0.16, 0.93),
    "Orange": (0.70, 0.10),
}

GROUPS: tuple[tuple[str, palette.Color, tuple[int, ...]], ...] = (
    ("territory, military, nuclear", "#64707f", (0, 1, 9)),
    ("GDP, trade, resources, population", "#2a9d8f", (2, 3, 4, 6)),
    ("stability, soft power, cybersecurity", "#9a7cc7", (5, 7, 8)),
)
"""The bars of a nation from left to right: what a group is, its colour, its variables."""


class _Node(NamedTuple):
    """Where a nation stands, and how large its signs are: a disc, and a plate below it."""

    x: float
    y: float
    radius: float

    @property
    def plate(self) -> Box:
        """The place of its plate."""
        width, height = (66, 37) if self.radius < 20 else (84, 44)
        return Box(self.x - width / 2, self.y + self.radius + 4, width, height)

    def covers(self, point: Point, gap: float) -> bool:
        """Say whether a point lies on its signs, or nearer to them than `gap`."""
        (x, y), plate = point, self.plate
        on_plate = plate.x - gap < x < plate.right + gap and plate.y - gap < y < plate.bottom + gap
        return on_plate or math.hypot(x - self.x, y - self.y) < self.radius + gap


def nation_color(world: Escalation, game: int, nation: int) -> palette.Color:
    """Return the colour of a nation: the one that it is called by, or else that of its seat."""
    name = world.game_params[game].nation_names[nation]
    fallback = palette.seat_color(nation)
    if nation >= len(palette.SEATS):  # a second round through the colours of seats
        fallback = palette.mix(fallback, palette.PAPER, 0.5)
    return _NATION_COLORS.get(name, fallback)


def map_frame(world: Escalation, game: int = 0, theme: Theme = LIGHT) -> Frame:
    """Draw the map alone.

    Parameters
    ----------
    world : Escalation
        A batch that was reset.
    game : int
        Which of its games.
    theme : Theme
        Day or night.

    Returns
    -------
    Frame
        690 x 688 pixels.
    """
    shapes = world_map(world, game, Box(0, 0, MAP_WIDTH, MAP_HEIGHT), theme)
    return Frame(MAP_WIDTH, MAP_HEIGHT, tuple(shapes), theme.paper)


def world_map(world: Escalation, game: int, box: Box, theme: Theme = LIGHT) -> Iterator[Shape]:
    """Draw the map of a game with its legend into a box."""
    sea = Box(box.x, box.y, box.width, box.height - LEGEND_HEIGHT)
    nodes = _nodes(world, game, sea)
    links = links_of(acts_of(world, game))
    yield Rect.over(sea, theme.sea, radius=14)
    for outer in (True, False):
        for nation, node in enumerate(nodes):
            yield _island(world, game, nation, node, theme, outer=outer)
    yield from _arrows(links, nodes, theme)
    for nation, node in enumerate(nodes):
        yield from _nation(world, game, nation, node, links, theme)
    yield from _legend(Box(box.x, sea.bottom + 12, box.width, LEGEND_HEIGHT - 12), theme)


# Places.


def _nodes(world: Escalation, game: int, sea: Box) -> list[_Node]:
    """Place the nations: the eight of the paper by hand, all others on an oval in their order."""
    names = world.game_params[game].nation_names
    radius = 23.0 if len(names) <= 10 else 17.0
    coast = 3.35 * radius  # of the largest island, so that none leaves the sea
    area = Box(sea.x + coast, sea.y + coast, sea.width - 2 * coast, sea.height - 2 * coast - 12)
    if set(names) <= set(NATIONS):
        points = [(_PLACES[name][0] * area.width, _PLACES[name][1] * area.height) for name in names]
    else:
        angles = [2 * math.pi * k / len(names) - math.pi / 2 for k in range(len(names))]
        points = [(math.cos(angle) * area.width, math.sin(angle) * area.height) for angle in angles]
    return [_Node(x, y, radius) for x, y in _spread(points, area)]


def _spread(points: list[Point], area: Box) -> list[Point]:
    """Move points into the middle of an area, and apart or together until they fill it, but not beyond all bounds."""
    columns, rows = zip(*points, strict=True)
    width, height = max(columns) - min(columns), max(rows) - min(rows)
    scale = min(area.width / max(width, 1.0), area.height / max(height, 1.0), 1.6)
    middle_x, middle_y = (max(columns) + min(columns)) / 2, (max(rows) + min(rows)) / 2
    x, y = area.middle
    return [(x + scale * (u - middle_x), y + scale * (v - middle_y)) for u, v in points]


def _island(world: Escalation, game: int, nation: int, node: _Node, theme: Theme, *, outer: bool) -> Shape:
    """Draw a nation's land, whose area grows with its territory, or the shallow water around it."""
    territory = float(world.state.values[game, nation, TERRITORY])
    radius = (node.radius + 11 + 10 * math.sqrt(min(territory, LARGEST))) * (node.radius / 23)
    seed = zlib.crc32(world.game_params[game].nation_names[nation].encode())
    a, b, c = (((seed >> shift) & 255) / 255 * 2 * math.pi for shift in (0, 8, 16))
    points = []
    for step in range(56):
        t = 2 * math.pi * step / 56
        coast = 1 + 0.09 * math.sin(2 * t + a) + 0.06 * math.sin(3 * t + b) + 0.035 * math.sin(5 * t + c)
        reach = radius * coast + (8 if outer else 0)
        points.append((node.x + reach * math.cos(t), node.y + 6 + 0.94 * reach * math.sin(t)))
    if outer:
        return Polygon(tuple(points), theme.shoal)
    color = theme.muted if world.state.fallen[game, nation] else nation_color(world, game, nation)
    return Polygon(tuple(points), palette.mix(color, theme.paper, 0.72))


# What they did to each other.


def _arrows(links: list[Link], nodes: list[_Node], theme: Theme) -> Iterator[Shape]:
    """Draw the links as bent arrows, the mildest below; those between the same two are fanned out by kind."""
    between: dict[tuple[int, int], list[Link]] = defaultdict(list)
    for link in links:
        if link.actor != link.target:
            between[link.actor, link.target].append(link)
    arrows = [(link, place) for fan in between.values() for place, link in enumerate(fan)]
    for link, place in sorted(arrows, key=lambda arrow: arrow[0].kind):
        yield from _arrow(link, place, nodes[link.actor], nodes[link.target], theme)


def _arrow(link: Link, place: int, start: _Node, end: _Node, theme: Theme) -> Iterator[Shape]:
    width = 1.4 + 0.5 * link.kind + 1.1 * min(link.times - 1, 4)
    visible = _visible_part(start, end, 0.07 + 0.055 * place)
    if visible is None:
        return
    leave, meet, bend = visible
    head = min(7 + 1.5 * width, 0.5 * math.dist(leave, meet))
    yield Arrow(leave, meet, theme.sea, width + 2.5, head, bend)  # a rim of sea, which parts lines that cross
    yield Arrow(leave, meet, _kind_color(link.kind, theme), width, head, bend)


def _kind_color(kind: int, theme: Theme) -> palette.Color:
    """Return the colour of a kind of action; by night a lighter one, or the gravest would be the least seen."""
    return KIND_COLORS[kind] if theme is LIGHT else palette.mix(KIND_COLORS[kind], palette.PAPER, 0.22)


def _visible_part(start: _Node, end: _Node, bend: float) -> tuple[Point, Point, float] | None:
    """Return where a bent line leaves the signs of one nation and meets those of another, and its bend between.

    None where they stand so close that nothing of it is to be seen.
    """
    dx, dy = end.x - start.x, end.y - start.y
    control = (start.x + dx / 2 + 2 * bend * dy, start.y + dy / 2 - 2 * bend * dx)
    steps = 96
    points = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        points.append((a * start.x + b * control[0] + c * end.x, a * start.y + b * control[1] + c * end.y))
    leave = max(step for step, point in enumerate(points) if start.covers(point, 3)) + 1
    meet = next(step for step, point in enumerate(points) if end.covers(point, 4)) - 1
    if meet - leave < 2:
        return None
    return points[leave], points[meet], bend * (meet - leave) / steps


# A nation.


def _nation(world: Escalation, game: int, nation: int, node: _Node, links: list[Link], theme: Theme) -> Iterator[Shape]:
    if world.state.fallen[game, nation]:
        yield from _ruin(node, theme)
    else:
        color = nation_color(world, game, nation)
        yield Circle(node.x, node.y, node.radius + 3, theme.paper)
        yield Circle(node.x, node.y, node.radius, color, palette.mix(color, palette.INK, 0.35), 1.5)
        if world.state.day[game]:
            points = signed(float(world.state.points[game, nation]))
            yield Text(node.x, node.y, points, 0.62 * node.radius, palette.ink_on(color), "bold", "middle")
        yield from _self_marks(links, nation, node, theme)
        if world.state.values[game, nation, NUCLEAR] >= TOP:
            yield from trefoil(node.x + 0.82 * node.radius, node.y - 0.82 * node.radius, 0.42 * node.radius, theme)
    yield from _plate(world, game, nation, node, theme)


def signed(points: float) -> str:
    """Write points with their sign; 0 has none."""
    return number(points, "+g") if points else "0"


def _ruin(node: _Node, theme: Theme) -> Iterator[Shape]:
    """Draw the disc of a nation that has fallen: empty, and crossed out."""
    yield Circle(node.x, node.y, node.radius, theme.sea, theme.muted, 1.5)
    arm = 0.36 * node.radius
    for rise in (-arm, arm):
        yield Line(((node.x - arm, node.y - rise), (node.x + arm, node.y + rise)), theme.muted, 3)


def _self_marks(links: list[Link], nation: int, node: _Node, theme: Theme) -> Iterator[Shape]:
    """Draw what a nation did to itself as beads around the left of its disc, one an action."""
    kinds = [link.kind for link in links if link.actor == link.target == nation for _ in range(link.times)]
    for place, kind in enumerate(kinds[:8]):
        angle = math.radians(180 + 26 * place - 13 * (len(kinds[:8]) - 1))
        x, y = node.x + (node.radius + 1.5) * math.cos(angle), node.y + (node.radius + 1.5) * math.sin(angle)
        yield Circle(x, y, 4.5, _kind_color(kind, theme), theme.paper, 1.5)


def trefoil(x: float, y: float, radius: float, theme: Theme) -> Iterator[Shape]:
    """Draw the sign of nuclear weapons."""
    yield Circle(x, y, radius, palette.ALARM, theme.paper, 1.5)
    for blade in range(3):
        middle = math.radians(90 + 120 * blade)
        arc = [middle + math.radians(turn) for turn in (-30, -15, 0, 15, 30)]
        rim = [(x + 0.8 * radius * math.cos(angle), y + 0.8 * radius * math.sin(angle)) for angle in arc]
        yield Polygon(((x, y), *rim), palette.INK)
    yield Circle(x, y, 0.24 * radius, palette.ALARM)
    yield Circle(x, y, 0.14 * radius, palette.INK)


def _plate(world: Escalation, game: int, nation: int, node: _Node, theme: Theme) -> Iterator[Shape]:
    """Draw a nation's name, and its ten variables as bars with a notch where each stood in the morning."""
    small = node.radius < 20
    name = shorten(world.game_params[game].nation_names[nation], 10)
    day = fell_on(world, game, nation)
    plate = node.plate
    yield Rect.over(plate, theme.paper, radius=7, stroke=theme.grid)
    ink = theme.ink if day is None else theme.muted
    yield Text(node.x, plate.y + 9, name, 10 if small else 12, ink, "bold", "middle")
    if day is not None:
        yield Text(node.x, plate.bottom - 13, f"fell on day {day}", 9 if small else 10.5, theme.muted, anchor="middle")
        return
    yield from _bars(world, game, nation, Box(plate.x + 7, plate.y + 17, plate.width - 14, plate.height - 22), theme)


def _bars(world: Escalation, game: int, nation: int, box: Box, theme: Theme) -> Iterator[Shape]:
    """Draw the variables as upright bars: half full is the mean of all nations at the start."""
    state = world.state
    units = state.unit[game]
    width = (box.width - 2 * 3 - 9) / 10  # nine gaps, two of them wide
    x = box.x
    for _, color, variables in GROUPS:
        for variable in variables:
            unit = float(units[variable])
            now, before = (float(values[game, nation, variable]) for values in (state.values, state.previous))
            full, notch = now / (now + unit) * box.height, before / (before + unit) * box.height
            yield Rect(x, box.y, width, box.height, theme.sea)
            if full > 0:
                yield Rect(x, box.bottom - full, width, full, color)
            if now != before:
                yield Line(((x, box.bottom - notch), (x + width, box.bottom - notch)), theme.ink, 1.2)
            x += width + 1
        x += 3


# What the signs mean.


def _legend(box: Box, theme: Theme) -> Iterator[Shape]:
    x, y = box.x + 6, box.y + 8
    for kind, name in enumerate(CATEGORIES):
        if name != "status quo":
            yield Arrow((x, y), (x + 26, y), _kind_color(kind, theme), 1.4 + 0.5 * kind, 8 + 0.5 * kind)
            yield Text(x + 32, y, name, 11, theme.muted)
            x += 50 + 6.4 * len(name)
    yield from trefoil(x + 6, y, 8, theme)
    yield Text(x + 20, y, "nuclear weapons", 11, theme.muted)
    x, y = box.x + 6, y + 24
    for name, color, _ in GROUPS:
        yield Rect(x, y - 6, 11, 11, color, 2)
        yield Text(x + 17, y, name, 11, theme.muted)
        x += 36 + 5.9 * len(name)
    about = (
        "Discs: points of the day. Beads: actions at home. Thicker: more. Bars: half is the mean at the start, "
        "a notch the morning."
    )
    yield Text(box.x + 6, y + 22, about, 10.5, theme.muted)
