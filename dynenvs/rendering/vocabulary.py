"""What a frame is made of: a closed set of flat shapes, as data.

A family's `rendering.py` turns a world into a `Frame`; what happens to it then (pixels, a window, a GIF,
SVG in an HTML replay) is decided elsewhere. Lengths are pixels, x grows to the right and y downwards, later
shapes cover earlier ones. A new shape needs nothing from the canvas if it can be said in the others: it
defines `parts`, as `Bar` and `Arrow` do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dynenvs.rendering.palette import INK, PANEL, PAPER, Color

__all__ = [
    "Arrow",
    "Bar",
    "Box",
    "Circle",
    "Frame",
    "Line",
    "Point",
    "Polygon",
    "Primitive",
    "Rect",
    "Shape",
    "Text",
    "primitives",
    "shorten",
]

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """An area to lay things out in; it draws nothing.

    Attributes
    ----------
    x, y : float
        Upper left corner.
    width, height : float
        Its size.
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def inset(self, margin: float) -> Box:
        """Take a margin off all four sides."""
        return Box(self.x + margin, self.y + margin, self.width - 2 * margin, self.height - 2 * margin)

    def columns(self, number: int, gap: float) -> list[Box]:
        """Cut it into `number` boxes of the same width, side by side, `gap` apart."""
        width = (self.width - gap * (number - 1)) / number
        return [Box(self.x + i * (width + gap), self.y, width, self.height) for i in range(number)]

    def rows(self, number: int, gap: float) -> list[Box]:
        """Cut it into `number` boxes of the same height, one below the other, `gap` apart."""
        height = (self.height - gap * (number - 1)) / number
        return [Box(self.x, self.y + i * (height + gap), self.width, height) for i in range(number)]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle, with rounded corners if it has a radius; the stroke straddles the edge."""

    x: float
    y: float
    width: float
    height: float
    fill: Color | None = INK
    radius: float = 0.0
    stroke: Color | None = None
    stroke_width: float = 1.0

    @classmethod
    def over(
        cls,
        box: Box,
        fill: Color | None = INK,
        *,
        radius: float = 0.0,
        stroke: Color | None = None,
        stroke_width: float = 1.0,
    ) -> Rect:
        """Cover a box."""
        return cls(box.x, box.y, box.width, box.height, fill, radius, stroke, stroke_width)


@dataclass(frozen=True, slots=True)
class Circle:
    """A disc, or a ring if it has a stroke and no fill; the stroke straddles the edge."""

    x: float
    y: float
    radius: float
    fill: Color | None = INK
    stroke: Color | None = None
    stroke_width: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line through two or more points, with round ends and joints."""

    points: tuple[Point, ...]
    color: Color = INK
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled outline of three or more points."""

    points: tuple[Point, ...]
    fill: Color = INK


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text.

    Attributes
    ----------
    x, y : float
        Where it stands: x is its start, middle or end, as `anchor` says; y is half the height of its capitals
        above the baseline, so that a label in the middle of a box looks centred.
    text : str
        Any characters; control characters are drawn as nothing.
    size : float
        Size of the letters (their em), in pixels.
    color : str
        Colour of the letters.
    weight : {"regular", "bold"}
        Thickness of the letters.
    anchor : {"start", "middle", "end"}
        What of the text lies at x.
    """

    x: float
    y: float
    text: str
    size: float = 14.0
    color: Color = INK
    weight: Literal["regular", "bold"] = "regular"
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass(frozen=True, slots=True)
class Bar:
    """A horizontal bar filled from the left, or an upright one (higher than wide) filled from below.

    Attributes
    ----------
    x, y, width, height : float
        The whole bar, full or not.
    share : float
        How much of it is filled; clipped to [0, 1].
    color, track : str
        Colours of the filled part and of what is behind it.
    radius : float
        Of the corners.
    """

    x: float
    y: float
    width: float
    height: float
    share: float
    color: Color = INK
    track: Color = PANEL
    radius: float = 0.0

    def parts(self) -> Iterator[Primitive]:
        """Yield the track, and the filled part on it."""
        share = min(1.0, max(0.0, self.share))
        yield Rect(self.x, self.y, self.width, self.height, self.track, self.radius)
        if share == 0.0:
            return
        if self.height > self.width:
            filled = self.height * share
            yield Rect(self.x, self.y + self.height - filled, self.width, filled, self.color, self.radius)
        else:
            yield Rect(self.x, self.y, self.width * share, self.height, self.color, self.radius)


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line with a head at its end.

    Attributes
    ----------
    start, end : (float, float)
        Where it begins, and where its tip is.
    color : str
        Colour of line and head.
    width : float
        Of the line.
    head : float
        Length of the head.
    bend : float
        How far the middle is pushed to the left of the way from start to end, in shares of their distance.
        Two arrows with the same bend, there and back, do not cover each other.
    """

    start: Point
    end: Point
    color: Color = INK
    width: float = 2.0
    head: float = 10.0
    bend: float = 0.0

    def parts(self) -> Iterator[Primitive]:
        """Yield the line up to the head, and the head."""
        (x0, y0), (x1, y1) = self.start, self.end
        dx, dy = x1 - x0, y1 - y0
        if dx == 0.0 and dy == 0.0:
            return
        # Control point of a quadratic Bezier curve: its middle lies half way to it.
        control = ((x0 + x1) / 2 + 2 * self.bend * dy, (y0 + y1) / 2 - 2 * self.bend * dx)
        ux, uy = _direction(control, self.end)
        neck = (x1 - ux * self.head, y1 - uy * self.head)
        yield Line(tuple(_curve(self.start, control, neck, self.bend)), self.color, self.width)
        half = self.head / 2
        wings = ((neck[0] - uy * half, neck[1] + ux * half), (neck[0] + uy * half, neck[1] - ux * half))
        yield Polygon((self.end, *wings), self.color)


Primitive: TypeAlias = Rect | Circle | Line | Polygon | Text
"""What a canvas can draw."""
Shape: TypeAlias = Primitive | Bar | Arrow
"""What a frame may hold."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a world.

    Attributes
    ----------
    width, height : int
        Its size in pixels.
    shapes : tuple of Shape
        What is on it, from back to front.
    background : str
        Colour behind everything.
    """

    width: int
    height: int
    shapes: tuple[Shape, ...]
    background: Color = PAPER


def primitives(shapes: Iterable[Shape]) -> Iterator[Primitive]:
    """Yield the shapes as a canvas draws them: composed ones taken apart, in order."""
    for shape in shapes:
        if isinstance(shape, Bar | Arrow):
            yield from shape.parts()
        else:
            yield shape


def shorten(text: str, length: int) -> str:
    """Cut a name that is too long for its place, with an ellipsis at the cut.

    Examples
    --------
    >>> shorten("win_stay_lose_shift", 12)
    'win_stay_lo…'
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def _direction(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    return dx / length, dy / length


def _curve(start: Point, control: Point, end: Point, bend: float) -> Iterator[Point]:
    """Points of a quadratic Bezier curve; a straight one needs only its ends."""
    steps = 1 if bend == 0.0 else 16
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        yield a * start[0] + b * control[0] + c * end[0], a * start[1] + b * control[1] + c * end[1]
