"""Colours."""

import pytest

from dynenvs.rendering import palette


def brightness(color):
    """Relative luminance (WCAG 2.1), in [0, 1]."""
    channels = [value / 255 for value in bytes.fromhex(color[1:])]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(color, other):
    low, high = sorted((brightness(color), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", [palette.INK, palette.MUTED])
@pytest.mark.parametrize("ground", [palette.PAPER, palette.PANEL])
def test_text_is_readable_on_paper_and_panels(color, ground):
    assert contrast(color, ground) >= 4.3


def test_eight_seats_have_eight_colors_and_the_ninth_begins_anew():
    assert len({palette.seat_color(seat) for seat in range(8)}) == 8
    assert palette.seat_color(8) == palette.seat_color(0)


def test_the_first_two_moves_are_cooperation_and_defection():
    colors = [palette.move_color(action) for action in range(6)]
    assert colors[:2] == [palette.COOPERATION, palette.DEFECTION]
    assert len(set(colors)) == 6


@pytest.mark.parametrize(("share", "blend"), [(-1, "#204060"), (0, "#204060"), (0.5, "#30507f"), (2, "#40609e")])
def test_a_blend_lies_between_its_colors(share, blend):
    assert palette.mix("#204060", "#40609e", share) == blend


@pytest.mark.parametrize("ground", [*palette.SEATS, palette.COOPERATION, palette.DEFECTION, *palette.FOLLOWING])
def test_letters_on_a_color_are_readable(ground):
    assert contrast(palette.ink_on(ground), ground) >= 2.7
