"""Frames as pixels and files."""

import hashlib
import subprocess
import sys

import numpy as np
import pygame
import pytest
from PIL import Image

from dynenvs.core.errors import ParameterError
from dynenvs.rendering.canvas import draw, save_gif, save_png
from dynenvs.rendering.vocabulary import Circle, Frame, Line, Polygon, Rect, Text

RED, GREEN, BLUE, WHITE = "#d00000", "#00c000", "#0000e0", "#ffffff"


def color_at(pixels, x, y):
    return "#" + bytes(pixels[y, x]).hex()


def drawn(*shapes, width=60, height=40):
    return draw(Frame(width, height, shapes))


def is_inked(pixels):
    return (pixels < 255).any(axis=-1)


def test_a_frame_becomes_rows_of_columns_of_colors():
    pixels = draw(Frame(60, 40, (), background=BLUE))
    assert (pixels.shape, pixels.dtype) == ((40, 60, 3), np.uint8)
    assert {color_at(pixels, x, y) for x in (0, 59) for y in (0, 39)} == {BLUE}
    assert pixels.flags.writeable
    assert pixels.flags.c_contiguous


def test_a_rectangle_covers_its_pixels_and_no_others():
    inked = is_inked(drawn(Rect(10, 5, 20, 8, RED)))
    expected = np.zeros((40, 60), bool)
    expected[5:13, 10:30] = True
    np.testing.assert_array_equal(inked, expected)


def test_neighbouring_cells_leave_no_gap_between_them():
    cells = [Rect(5 + column * 7.3, 10, 7.3, 10, RED) for column in range(6)]
    pixels = drawn(*cells)
    assert {color_at(pixels, x, 15) for x in range(6, 48)} == {RED}


def test_round_corners_are_cut():
    pixels = drawn(Rect(10, 10, 20, 20, RED, radius=8))
    assert color_at(pixels, 10, 10) == WHITE
    assert color_at(pixels, 20, 10) == RED


def test_a_stroke_straddles_the_edge():
    pixels = drawn(Rect(10, 10, 20, 20, GREEN, stroke=RED, stroke_width=4))
    assert [color_at(pixels, x, 20) for x in (7, 8, 11, 12)] == [WHITE, RED, RED, GREEN]


def test_a_disc_is_round_and_smooth():
    pixels = drawn(Circle(30, 20, 10, RED))
    assert color_at(pixels, 30, 20) == RED
    assert color_at(pixels, 22, 12) == WHITE
    assert is_inked(pixels).sum() == pytest.approx(np.pi * 10**2, rel=0.15)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 4  # half-covered pixels along the edge


def test_a_ring_is_hollow():
    pixels = drawn(Circle(30, 20, 10, None, stroke=RED, stroke_width=2))
    assert [color_at(pixels, x, 20) for x in (30, 20, 40)] == [WHITE, RED, RED]


def test_a_line_is_as_wide_as_it_says_in_any_direction():
    for end in ((50, 10), (10, 50), (38.28, 38.28)):
        inked = drawn(Line(((10, 10), end), RED, width=6), width=60, height=60)
        covered = (255 - inked[..., 1]).sum() / 255
        assert covered == pytest.approx(40 * 6 + np.pi * 3**2, rel=0.05), end


def test_a_polygon_is_filled():
    pixels = drawn(Polygon(((10, 10), (50, 10), (10, 35)), GREEN))
    assert (color_at(pixels, 15, 15), color_at(pixels, 45, 30)) == (GREEN, WHITE)


def test_later_shapes_cover_earlier_ones():
    assert color_at(drawn(Rect(0, 0, 60, 40, RED), Rect(0, 0, 60, 40, BLUE)), 30, 20) == BLUE


def test_shapes_may_reach_over_the_edge():
    pixels = drawn(Circle(0, 0, 10, RED), Rect(50, 30, 100, 100, GREEN), Text(58, 35, "over"))
    assert (color_at(pixels, 0, 0), color_at(pixels, 51, 39)) == (RED, GREEN)


@pytest.mark.parametrize(("anchor", "left", "right"), [("start", 100, 140), ("middle", 80, 120), ("end", 60, 100)])
def test_text_stands_where_its_anchor_says(anchor, left, right):
    inked = is_inked(drawn(Text(100, 20, "HHHH", 14, anchor=anchor), width=200))
    columns = np.flatnonzero(inked.any(axis=0))
    assert columns[0] == pytest.approx(left, abs=6)
    assert columns[-1] == pytest.approx(right, abs=6)


def test_capitals_are_centred_on_their_height():
    rows = np.flatnonzero(is_inked(drawn(Text(10, 20, "H", 20))).any(axis=1))
    assert (rows[0] + rows[-1] + 1) / 2 == pytest.approx(20, abs=0.5)


def test_bold_text_has_more_ink():
    regular, bold = (255 - drawn(Text(5, 20, "Nash", 16, weight=weight)).astype(int) for weight in ("regular", "bold"))
    assert bold.sum() > 1.2 * regular.sum()


def test_any_text_can_be_drawn():
    assert not is_inked(drawn(Text(5, 20, ""))).any()
    assert is_inked(drawn(Text(5, 20, "囚人\x00\n→ é"))).any()


def test_the_same_frame_gives_the_same_bytes_in_another_process():
    frame = Frame(60, 40, (Circle(20, 20, 9, RED), Text(5, 20, "same", 12)))
    code = f"""
import hashlib
from dynenvs.rendering.canvas import draw
from dynenvs.rendering.vocabulary import Circle, Frame, Text
print(hashlib.sha256(draw({frame!r})).hexdigest())"""
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert elsewhere.strip() == hashlib.sha256(draw(frame)).hexdigest()


def test_drawing_survives_another_library_that_quits_pygame():
    frame = Frame(60, 40, (Text(5, 20, "text"),))
    before = draw(frame)
    pygame.quit()
    pygame.font.init()
    pygame.font.quit()
    np.testing.assert_array_equal(draw(frame), before)


def test_a_png_holds_the_pixels(tmp_path):
    frame = Frame(60, 40, (Circle(20, 20, 9, RED),))
    save_png(frame, tmp_path / "frame.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "frame.png")), draw(frame))
    assert [path.name for path in tmp_path.iterdir()] == ["frame.png"]


def test_a_gif_plays_the_frames_for_ever_at_its_speed(tmp_path):
    frames = [Frame(60, 40, (Rect(10 * i, 10, 10, 10, RED),)) for i in range(4)]
    save_gif(frames, tmp_path / "match.gif", fps=5)
    with Image.open(tmp_path / "match.gif") as gif:
        assert (gif.n_frames, gif.size, gif.info["duration"], gif.info["loop"]) == (4, (60, 40), 200, 0)
        for index, frame in enumerate(frames):
            gif.seek(index)
            difference = np.abs(np.asarray(gif.convert("RGB")).astype(int) - draw(frame))
            assert difference.max() <= 2


def test_a_repeated_frame_is_shown_longer(tmp_path):
    first, last = (Frame(20, 20, (Circle(10, 10, radius, RED),)) for radius in (3, 9))
    save_gif([first, last, last, last], tmp_path / "match.gif", fps=10)
    with Image.open(tmp_path / "match.gif") as gif:
        gif.seek(1)
        assert (gif.n_frames, gif.info["duration"]) == (2, 300)


def test_a_gif_of_one_frame_is_a_picture(tmp_path):
    frame = Frame(20, 20, (Circle(10, 10, 9, RED),))
    save_gif([frame, frame], tmp_path / "match.gif", fps=10)
    with Image.open(tmp_path / "match.gif") as gif:
        assert (gif.n_frames, gif.size) == (1, (20, 20))


def test_flat_colors_of_a_gif_are_exact(tmp_path):
    shades = [Rect(2 * i, 0, 2, 20, f"#{i:02x}{255 - i:02x}80") for i in range(150)]
    frame = Frame(300, 20, tuple(shades))
    save_gif([frame], tmp_path / "shades.gif", fps=10)
    with Image.open(tmp_path / "shades.gif") as gif:
        np.testing.assert_array_equal(np.asarray(gif.convert("RGB")), draw(frame))


@pytest.mark.parametrize("fps", [0, -1, 51, float("nan")])
def test_a_gif_of_impossible_speed_is_refused(tmp_path, fps):
    with pytest.raises(ParameterError, match=r"fps=.*\(0, 50\]"):
        save_gif([Frame(10, 10, ())], tmp_path / "match.gif", fps)


def test_a_gif_of_nothing_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(ParameterError, match="at least one frame"):
        save_gif([], tmp_path / "match.gif", 10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["pygame", "PIL"])
def test_a_missing_library_names_the_extra(module):
    code = f"import sys; sys.modules[{module!r}] = None; import dynenvs.rendering.canvas"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    expected = f'MissingExtra: rendering needs {module}: pip install "dynenvs[render]"'
    assert run.stderr.strip().splitlines()[-1].endswith(expected)


def test_importing_the_canvas_prints_nothing():
    run = subprocess.run(
        [sys.executable, "-c", "import dynenvs.rendering.canvas"], capture_output=True, text=True, check=True
    )
    assert run.stdout + run.stderr == ""
