"""Frames as pixels, off screen or in a window, and as PNG and GIF files.

Importing this module needs the extra "render"; nothing here needs a display, except an open `Window`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import MissingExtra, ParameterError, require_extra
from dynenvs.core.files import replacing
from dynenvs.rendering.svg import CAPITALS
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

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # it greets on stdout, where programs talk
require_extra("pygame", "render", "rendering")
require_extra("PIL", "render", "rendering")

import pygame  # noqa: E402 (the error above is the one to see)
from PIL import Image  # noqa: E402

__all__ = ["Window", "draw", "save_gif", "save_png"]

FINENESS = 4
"""Frames are drawn this many times larger and scaled down, which smooths every edge alike.

A power of two: others make pygame's scaling lose a shade of every colour."""

GIF_COLORS = 255
"""Of the 256 that a GIF can hold, one is left to say "as in the frame before", which keeps files small."""


def draw(frame: Frame) -> NDArray[np.uint8]:
    """Draw a frame.

    Parameters
    ----------
    frame : Frame
        What to draw.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Red, green, blue; a fresh array. The same frame gives the same bytes.
    """
    surface = _paint(frame)
    pixels = np.frombuffer(pygame.image.tobytes(surface, "RGB"), dtype=np.uint8)
    return pixels.reshape(frame.height, frame.width, 3).copy()


def save_png(frame: Frame, path: str | Path) -> None:
    """Draw a frame into a PNG file.

    Parameters
    ----------
    frame : Frame
        What to draw.
    path : str or Path
        The file; it appears whole or not at all.
    """
    with replacing(path) as beside:
        Image.fromarray(draw(frame)).save(beside, format="PNG", optimize=True)


def save_gif(frames: Iterable[Frame], path: str | Path, fps: float) -> None:
    """Draw frames into an animated GIF that plays for ever.

    Parameters
    ----------
    frames : iterable of Frame
        At least one, all of the same size; a frame that is repeated is shown longer.
    path : str or Path
        The file; it appears whole or not at all.
    fps : float
        Frames a second, in (0, 50]; the format counts in hundredths of a second.

    Raises
    ------
    ParameterError
        If there are no frames, or `fps` is out of range.
    """
    if not 0 < fps <= 50:
        raise ParameterError(f"fps={fps!r}: expected a number in (0, 50]")
    runs = [(draw(frame), sum(1 for _ in run)) for frame, run in groupby(frames)]
    if not runs:
        raise ParameterError("frames is empty: expected at least one frame")
    (first, *others), palette = _with_common_palette([drawing for drawing, _ in runs])
    durations = [10 * round(100 / fps) * repeats for _, repeats in runs]  # milliseconds
    settings = {"duration": durations, "loop": 0, "palette": palette, "optimize": True}
    with replacing(path) as beside:
        first.save(beside, format="GIF", save_all=True, append_images=others, **settings)


class Window:
    """A window that shows frames as they come; it opens at the first one.

    When its user closes it, the program goes on unseen: later frames are dropped. A copy, also a pickled one,
    has no window yet.

    Parameters
    ----------
    title : str
        Shown in its bar.
    fps : float
        `show` waits so long that at most this many frames are shown a second.
    """

    def __init__(self, title: str, fps: float) -> None:
        self.title = title
        self.fps = fps
        self._window: pygame.Window | None = None
        self._clock: pygame.time.Clock | None = None
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the user or the program has closed it."""
        return self._closed

    def show(self, frame: Frame) -> None:
        """Show a frame, and wait for its time to pass."""
        if not self._closed:
            window = self._open(frame)
            window.get_surface().blit(_paint(frame), (0, 0))
            window.flip()
            self._heed_events(window)
        if self._clock is not None:
            self._clock.tick(self.fps)

    def close(self) -> None:
        """Close the window for good; closing it twice is fine."""
        self._closed = True
        self._clock = None
        if self._window is not None:
            window, self._window = self._window, None
            if _exists(window):
                window.destroy()

    def _open(self, frame: Frame) -> pygame.Window:
        size = (frame.width, frame.height)
        if self._window is None or not _exists(self._window):
            self._window = None  # first: letting go of it later would destroy what has taken its place
            pygame.display.init()
            self._window = pygame.Window(self.title, size)
            self._clock = pygame.time.Clock()
        if self._window.size != size:
            self._window.size = size
        return self._window

    def _heed_events(self, window: pygame.Window) -> None:
        for event in pygame.event.get():
            if event.type == pygame.WINDOWCLOSE:
                if event.window == window:
                    self.close()
                else:
                    pygame.event.post(event)  # it is for another window of ours

    def __getstate__(self) -> dict[str, Any]:
        return {"title": self.title, "fps": self.fps}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _exists(window: pygame.Window) -> bool:
    """Whether a window is still there: any other library in the program may quit pygame, and with it all windows."""
    try:
        window.get_surface()
    except pygame.error:
        return False
    return pygame.display.get_init()


def _paint(frame: Frame) -> pygame.Surface:
    large = pygame.Surface((frame.width * FINENESS, frame.height * FINENESS), depth=32)
    large.fill(frame.background)
    for shape in primitives(frame.shapes):
        _PAINTERS[type(shape)](large, shape)
    return pygame.transform.smoothscale(large, (frame.width, frame.height))


def _paint_rect(surface: pygame.Surface, shape: Rect) -> None:
    box = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    if shape.fill is not None:
        pygame.draw.rect(surface, shape.fill, _between(*box), border_radius=_length(shape.radius))
    if shape.stroke is not None:
        half = shape.stroke_width / 2
        outside = _between(box[0] - half, box[1] - half, box[2] + half, box[3] + half)
        radius = _length(shape.radius + half) if shape.radius else 0
        width = max(1, _length(shape.stroke_width))
        pygame.draw.rect(surface, shape.stroke, outside, width, border_radius=radius)


def _paint_circle(surface: pygame.Surface, shape: Circle) -> None:
    centre = _point((shape.x, shape.y))
    if shape.fill is not None:
        pygame.draw.circle(surface, shape.fill, centre, shape.radius * FINENESS)
    if shape.stroke is not None:
        radius = (shape.radius + shape.stroke_width / 2) * FINENESS
        pygame.draw.circle(surface, shape.stroke, centre, radius, max(1, _length(shape.stroke_width)))


def _paint_line(surface: pygame.Surface, shape: Line) -> None:
    half = shape.width * FINENESS / 2
    points = [(x * FINENESS, y * FINENESS) for x, y in shape.points]
    for (x0, y0), (x1, y1) in pairwise(points):
        length = np.hypot(x1 - x0, y1 - y0)
        if length > 0:
            across_x, across_y = -(y1 - y0) / length * half, (x1 - x0) / length * half
            sides = ((x0, y0, 1), (x1, y1, 1), (x1, y1, -1), (x0, y0, -1))
            corners = [(x + side * across_x, y + side * across_y) for x, y, side in sides]
            pygame.draw.polygon(surface, shape.color, corners)
    for point in points:
        pygame.draw.circle(surface, shape.color, point, half)


def _paint_polygon(surface: pygame.Surface, shape: Polygon) -> None:
    pygame.draw.polygon(surface, shape.fill, [_point(point) for point in shape.points])


def _paint_text(surface: pygame.Surface, shape: Text) -> None:
    printable = "".join(character for character in shape.text if character.isprintable())
    size = max(1, _length(shape.size))
    font = _font(size, bold=shape.weight == "bold")
    letters = font.render(printable, True, shape.color)
    x, y = _point((shape.x, shape.y))
    left = x - {"start": 0, "middle": letters.get_width() / 2, "end": letters.get_width()}[shape.anchor]
    baseline = y + size * CAPITALS / 2
    surface.blit(letters, (round(left), round(baseline - font.get_ascent())))


_PAINTERS: dict[type[Primitive], Callable[[pygame.Surface, Any], None]] = {
    Rect: _paint_rect,
    Circle: _paint_circle,
    Line: _paint_line,
    Polygon: _paint_polygon,
    Text: _paint_text,
}

_fonts: dict[tuple[int, bool], pygame.font.Font] = {}


def _font(size: int, *, bold: bool) -> pygame.font.Font:
    if not pygame.font.get_init():
        _fonts.clear()  # never opened, or another part of the program quit pygame: they are void now
        pygame.font.init()
    if (size, bold) not in _fonts:
        _fonts[size, bold] = pygame.font.Font(_font_file(bold=bold), size)
    return _fonts[size, bold]


def _font_file(*, bold: bool) -> Path:
    """Find DejaVu Sans, which Matplotlib brings (it is not imported): pygame's own face is bold only."""
    package = find_spec("matplotlib")
    if package is None or package.origin is None:
        raise MissingExtra('rendering needs matplotlib: pip install "dynenvs[render]"')
    folder = Path(package.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


def _between(left: float, top: float, right: float, bottom: float) -> pygame.Rect:
    """Round edges, not sizes: neighbouring cells of a grid stay neighbours."""
    x, y = _length(left), _length(top)
    return pygame.Rect(x, y, _length(right) - x, _length(bottom) - y)


def _point(point: Point) -> Point:
    return point[0] * FINENESS, point[1] * FINENESS


def _length(length: float) -> int:
    return round(length * FINENESS)


def _with_common_palette(drawings: list[NDArray[np.uint8]]) -> tuple[list[Image.Image], bytes]:
    """Reduce all drawings to the colours that they use most, so that nothing flickers.

    Pillow's own reduction finds only nearly the nearest colours: white becomes grey.
    """
    frequency = np.zeros(1 << 24, np.int64)
    for drawing in drawings:
        used, counts = np.unique(_packed(drawing), return_counts=True)
        frequency[used] += counts
    packed = np.flatnonzero(frequency)
    colors = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=1)
    palette = colors[np.argsort(-frequency[packed], kind="stable")[:GIF_COLORS]]
    nearest = np.zeros(1 << 24, np.uint8)
    nearest[packed] = [((palette - color) ** 2).sum(axis=1).argmin() for color in colors]
    written = palette.astype(np.uint8).tobytes()
    pictures = [Image.fromarray(nearest[_packed(drawing)]) for drawing in drawings]
    for picture in pictures:
        picture.putpalette(written)
    return pictures, written


def _packed(drawing: NDArray[np.uint8]) -> NDArray[np.uint32]:
    red, green, blue = np.moveaxis(drawing.astype(np.uint32), -1, 0)
    return red << 16 | green << 8 | blue
