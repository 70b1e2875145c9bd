"""The colours of dynenvs: few, named for what they mean, told apart with every common colour blindness.

Cooperation and defection are blue and vermilion of Okabe and Ito (2008), "Color universal design"; the seats
are the "muted" scheme of Paul Tol (2021), "Colour schemes", SRON/EPS/TN/09-002, ordered so that neighbours
differ most.
"""

from __future__ import annotations

from typing import TypeAlias

__all__ = [
    "ALARM",
    "COOPERATION",
    "DEFECTION",
    "FOLLOWING",
    "GRID",
    "INK",
    "MUTED",
    "PANEL",
    "PAPER",
    "SEATS",
    "Color",
    "ink_on",
    "mix",
    "move_color",
    "seat_color",
]

Color: TypeAlias = str
"""``"#rrggbb"``, in small or capital hexadecimal digits."""

PAPER: Color = "#ffffff"
"""Background of a frame."""
PANEL: Color = "#f4f5f7"
"""Background of a panel on the paper, or the empty part of a bar."""
GRID: Color = "#d9dde3"
"""Rules, axes, borders."""
MUTED: Color = "#6b7480"
"""Secondary text."""
INK: Color = "#1f2730"
"""Text and whatever else has no colour of its own."""

COOPERATION: Color = "#0072b2"
"""The first action of a dilemma; also anything peaceful, given or saved."""
DEFECTION: Color = "#d55e00"
"""The second action of a dilemma; also anything hostile, taken or burnt."""
ALARM: Color = "#f0b400"
"""A mark that something out of the ordinary happened, such as a slip of the hand."""
FOLLOWING: tuple[Color, ...] = ("#e69f00", "#009e73", "#cc79a7", "#56b4e9")
"""The third and later actions of games that have more than two."""

SEATS: tuple[Color, ...] = (
    "#882255",  # wine
    "#44aa99",  # teal
    "#332288",  # indigo
    "#ddcc77",  # sand
    "#cc6677",  # rose
    "#117733",  # green
    "#88ccee",  # cyan
    "#999933",  # olive
)
"""One colour a seat; a ninth seat begins anew."""


def seat_color(seat: int) -> Color:
    """Colour of a seat, the same in every picture."""
    return SEATS[seat % len(SEATS)]


def move_color(action: int) -> Color:
    """Colour of an action of a matrix game: cooperation, defection, then the others in turn."""
    first = (COOPERATION, DEFECTION)
    return first[action] if action < len(first) else FOLLOWING[(action - len(first)) % len(FOLLOWING)]


def mix(color: Color, other: Color, share: float) -> Color:
    """Blend two colours: tints, and colour scales of heat maps.

    Parameters
    ----------
    color, other : str
        What to blend.
    share : float
        How much of `other`, in [0, 1]; values beyond are clipped.

    Returns
    -------
    str
        The blend, channel by channel.

    Examples
    --------
    >>> mix("#000000", "#ffffff", 0.2)
    '#333333'
    """
    weight = min(1.0, max(0.0, share))
    pairs = zip(bytes.fromhex(color[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + weight * (b - a)) for a, b in pairs).hex()


def ink_on(color: Color) -> Color:
    """Choose paper or ink for letters on a ground, whichever is read better."""
    red, green, blue = bytes.fromhex(color[1:])
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 155 else PAPER
