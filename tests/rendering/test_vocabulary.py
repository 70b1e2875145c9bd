"""Frames as data."""

import subprocess
import sys

import pytest

from dynenvs.rendering.vocabulary import Arrow, Bar, Box, Circle, Line, Polygon, Rect, primitives, shorten


def test_the_vocabulary_and_svg_import_no_pygame():
    code = "import sys, dynenvs.rendering.vocabulary, dynenvs.rendering.svg; print('pygame' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "False"


def test_shapes_are_values_that_cannot_change():
    assert Circle(1, 2, 3) == Circle(1, 2, 3)
    assert len({Circle(1, 2, 3), Circle(1, 2, 3)}) == 1
    with pytest.raises(AttributeError):
        Circle(1, 2, 3).x = 4


def test_a_wide_bar_fills_from_the_left():
    track, filled = Bar(10, 20, 100, 8, 0.25).parts()
    assert (track.x, track.width) == (10, 100)
    assert (filled.x, filled.y, filled.width, filled.height) == (10, 20, 25, 8)


def test_an_upright_bar_fills_from_below():
    _, filled = Bar(10, 20, 8, 100, 0.25).parts()
    assert (filled.x, filled.y, filled.width, filled.height) == (10, 95, 8, 25)


@pytest.mark.parametrize(("share", "width"), [(1.5, 100), (1, 100)])
def test_a_bar_never_leaves_its_track(share, width):
    _, filled = Bar(0, 0, 100, 8, share).parts()
    assert filled.width == width


@pytest.mark.parametrize("share", [0, -0.5])
def test_an_empty_bar_is_only_its_track(share):
    assert [type(part) for part in Bar(0, 0, 100, 8, share).parts()] == [Rect]


def test_an_arrow_touches_its_end_with_its_tip():
    line, head = Arrow((0, 0), (100, 0), head=10).parts()
    assert line.points == ((0, 0), (90, 0))
    assert head.points == ((100, 0), (90, 5), (90, -5))


def test_a_bent_arrow_and_its_way_back_run_on_different_sides():
    there, _ = Arrow((0, 0), (100, 0), bend=0.2).parts()
    back, _ = Arrow((100, 0), (0, 0), bend=0.2).parts()
    assert min(y for _, y in there.points) == pytest.approx(-20, abs=2)
    assert max(y for _, y in back.points) == pytest.approx(20, abs=2)


def test_an_arrow_to_where_it_starts_draws_nothing():
    assert list(Arrow((5, 5), (5, 5)).parts()) == []


def test_composed_shapes_come_apart_in_order():
    shapes = [Circle(0, 0, 1), Arrow((0, 0), (9, 9)), Bar(0, 0, 10, 2, 0.5)]
    assert [type(shape) for shape in primitives(shapes)] == [Circle, Line, Polygon, Rect, Rect]


def test_boxes_divide_without_losing_space():
    box = Box(10, 20, 100, 50)
    left, right = box.columns(2, gap=10)
    assert (left.x, left.right, right.x, right.right) == (10, 55, 65, 110)
    assert [row.y for row in box.rows(3, gap=1)] == pytest.approx([20, 37, 54])
    assert box.inset(5) == Box(15, 25, 90, 40)
    assert box.middle == (60, 45)


def test_long_names_are_cut_with_an_ellipsis():
    assert shorten("grudger", 7) == "grudger"
    assert shorten("two_tits_for_tat", 7) == "two_ti…"
