"""Frames as SVG: for HTML replays and documents, with nothing to install."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from dynenvs.rendering.vocabulary import (
    Circle,
    Frame,
    Line,
    Point,
    Polygon,
    Primitive,
    Rect,
    Text,
    primitives,
)

__all__ = ["CAPITALS", "to_svg"]

CAPITALS = 0.729
"""Height of the capitals of DejaVu Sans, and of the faces that stand in for it, in ems."""

Attributes: TypeAlias = dict[str, str | float]

_FACES = "'DejaVu Sans', Verdana, Geneva, sans-serif"  # Verdana and Geneva are as wide as DejaVu


def to_svg(frame: Frame) -> str:
    """Write a frame as an SVG element.

    Parameters
    ----------
    frame : Frame
        What to draw.

    Returns
    -------
    str
        One ``<svg>`` element with a view box: a page decides its size. The same frame gives the same text.
    """
    size = f'width="{frame.width}" height="{frame.height}" viewBox="0 0 {frame.width} {frame.height}"'
    look = f'font-family="{_FACES}" stroke-linecap="round" stroke-linejoin="round"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>']
    lines.append(f'<rect width="{frame.width}" height="{frame.height}" fill="{frame.background}"/>')
    lines += [_ELEMENTS[type(shape)](shape) for shape in primitives(frame.shapes)]
    return "\n".join([*lines, "</svg>"])


def _rect(shape: Rect) -> str:
    corners = {"rx": shape.radius} if shape.radius else {}
    place = {"x": shape.x, "y": shape.y, "width": shape.width, "height": shape.height}
    return _element("rect", **place, **corners, **_paint(shape))


def _circle(shape: Circle) -> str:
    return _element("circle", cx=shape.x, cy=shape.y, r=shape.radius, **_paint(shape))


def _line(shape: Line) -> str:
    look: Attributes = {"fill": "none", "stroke": shape.color, "stroke-width": shape.width}
    return _element("polyline", points=_points(shape.points), **look)


def _polygon(shape: Polygon) -> str:
    return _element("polygon", points=_points(shape.points), fill=shape.fill)


def _text(shape: Text) -> str:
    place = {"x": shape.x, "y": shape.y + shape.size * CAPITALS / 2, "font-size": shape.size}
    look = {"text-anchor": shape.anchor, "font-weight": shape.weight.replace("regular", "normal")}
    printable = "".join(character for character in shape.text if character.isprintable())
    return _element("text", **place, **look, fill=shape.color)[:-2] + f">{escape(printable)}</text>"


_ELEMENTS: dict[type[Primitive], Callable[[Any], str]] = {
    Rect: _rect,
    Circle: _circle,
    Line: _line,
    Polygon: _polygon,
    Text: _text,
}


def _element(name: str, **attributes: str | float) -> str:
    written = " ".join(f"{key}={quoteattr(_number(value))}" for key, value in attributes.items())
    return f"<{name} {written}/>"


def _paint(shape: Rect | Circle) -> Attributes:
    look: Attributes = {"fill": shape.fill or "none"}
    if shape.stroke:
        look |= {"stroke": shape.stroke, "stroke-width": shape.stroke_width}
    return look


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: str | float) -> str:
    """Write to a hundredth of a pixel: that is enough, and keeps replays small."""
    return value if isinstance(value, str) else f"{round(float(value), 2):g}"
