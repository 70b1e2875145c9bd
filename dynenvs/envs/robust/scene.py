"""Where a system is drawn, in which colours, and where its metres are in the picture."""

from __future__ import annotations

from typing import NamedTuple

from dynenvs.rendering import palette
from dynenvs.rendering.parts import MARGIN
from dynenvs.rendering.vocabulary import Box, Point

__all__ = ["AIM", "BODY", "GROUND", "HEIGHT", "PART", "SCENE", "WIDTH", "Scale"]

WIDTH, HEIGHT = 760, 440
SCENE = Box(MARGIN, 84, 470, 328)
BODY, PART, GROUND, AIM = palette.SEATS[2], palette.SEATS[4], palette.MUTED, palette.FOLLOWING[1]


class Scale(NamedTuple):
    """Where metres are on the picture."""

    x: float  # of the origin, in pixels
    y: float
    per_metre: float

    def at(self, x: float, y: float) -> Point:
        """Return a place in pixels, moved into the scene where it lies outside."""
        px, py = self.x + x * self.per_metre, self.y - y * self.per_metre
        return min(max(px, SCENE.x + 4), SCENE.right - 4), min(max(py, SCENE.y + 4), SCENE.bottom - 4)
