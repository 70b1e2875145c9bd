"""Pictures of the repeated game."""

import re

import numpy as np
import pytest

import dynenvs
from dynenvs.envs.games.rendering import ansi, frame, recent_rounds
from dynenvs.rendering import palette
from dynenvs.rendering.svg import to_svg
from dynenvs.rendering.vocabulary import Circle, Line, Rect, Text

C, D = 0, 1


def played(*rounds, **params):
    """A game in which the two made these moves."""
    world = dynenvs.make_world("dynenvs/RepeatedGame-v0", **params)
    world.reset(0)
    for moves in rounds:
        world.step([moves])
    return world


def words(world, game=0):
    return [shape.text for shape in frame(world, game).shapes if isinstance(shape, Text)]


def squares(world):
    """Colours of the squares of the two strips, by player and round."""
    shapes = [shape for shape in frame(world).shapes if isinstance(shape, Rect) and shape.height == 23]
    rows = sorted({shape.y for shape in shapes})
    return [[shape.fill for shape in shapes if shape.y == y and shape.fill != palette.PANEL] for y in rows]


def test_a_frame_says_what_is_played_and_how_far_it_is():
    shown = words(played((C, D), (C, C), horizon=10, horizon_known=True, execution_noise=0.05))
    assert "Prisoner's dilemma" in shown
    assert "round 2 of 10" in shown
    assert "slips 5 %" in shown


def test_a_horizon_that_players_do_not_know_is_not_shown():
    assert "round 1" in words(played((C, C), horizon=10))


def test_a_frame_says_when_the_game_is_over():
    assert "round 2, over" in words(played((C, C), (C, C), horizon=2))


def test_squares_show_the_moves_of_both_in_order():
    blue, red = palette.COOPERATION, palette.DEFECTION
    assert squares(played((C, D), (C, D), (D, C))) == [[blue, blue, red], [red, red, blue]]


def test_squares_show_the_last_rounds_of_a_long_game():
    world = played(*[(C, C)] * 32, (D, C), (C, D))
    recent = recent_rounds(world, 0)
    assert (recent.before, len(recent.moves)) == (2, 32)
    assert recent.moves[-3:].tolist() == [[C, C], [D, C], [C, D]]
    assert squares(world)[0][-2:] == [palette.DEFECTION, palette.COOPERATION]


def test_mean_payoffs_are_followed_back_through_the_rounds():
    recent = recent_rounds(played(*[(C, C)] * 40, (D, C), (C, D)), 0)
    assert recent.means[-3:, 0] == pytest.approx([3.0, 125 / 41, 125 / 42])
    assert recent.means[-3:, 1] == pytest.approx([3.0, 120 / 41, 125 / 42])


def test_players_show_their_mean_payoff_and_share_of_cooperation():
    shown = words(played((C, D), (C, C), (D, C), (C, C)))
    assert [text for text in shown if re.fullmatch(r"\d\.\d\d", text)] == ["2.75", "2.75"]
    assert [text for text in shown if text.endswith("%")] == ["75 %", "75 %"]


def test_background_strategies_are_called_by_name():
    world = dynenvs.make_world("dynenvs/RepeatedGame-v0", seats=["tit_for_tat", "external"])
    world.reset(0)
    assert {"tit_for_tat", "external"} <= set(words(world))


def test_the_cell_that_was_played_last_has_a_frame():
    def framed(world):
        return [(shape.x, shape.y) for shape in frame(world).shapes if isinstance(shape, Rect) and shape.stroke]

    corners = [framed(played(moves)) for moves in ((C, C), (C, D), (D, C), (D, D))]
    assert [len(cells) for cells in corners] == [1, 1, 1, 1]
    (((x0, y0),), ((x1, y1),), ((x2, y2),), ((x3, y3),)) = corners
    assert (y0, y1, y2, y3) == (y0, y0, y2, y2)
    assert (x0, x1, x2, x3) == (x0, x1, x0, x1)
    assert y0 < y2
    assert x0 < x1
    assert framed(played()) == []


def test_slips_are_marked_where_they_happened():
    recent = recent_rounds(played(*[(C, D)] * 30, execution_noise=(0.3, 0.0)), 0)
    np.testing.assert_array_equal(recent.slipped[:, 0], recent.moves[:, 0] != C)
    assert recent.slipped[:, 0].any()
    assert not recent.slipped[:, 1].any()
    assert not recent.misread.any()


def test_moves_that_the_other_misread_are_marked():
    world = played(*[(C, D)] * 30, perception_noise=(0.0, 0.3))
    recent = recent_rounds(world, 0)
    seen_by_column = world.state.history[0, 1, :30, 1]
    np.testing.assert_array_equal(recent.misread[:, 0], seen_by_column != C)
    assert recent.misread[:, 0].any()
    assert not recent.misread[:, 1].any()


def test_marks_are_drawn_and_explained_only_where_there_is_noise():
    def marks(world):
        return sum(isinstance(shape, Circle) and palette.PAPER in (shape.fill, shape.stroke) for shape in quiet(world))

    def quiet(world):
        return [shape for shape in frame(world).shapes if not isinstance(shape, Circle) or shape.radius in (3.5, 6.5)]

    silent, noisy = (played(*[(C, C)] * 20, execution_noise=noise) for noise in (0.0, 0.5))
    assert marks(silent) == 0
    assert marks(noisy) == 1 + recent_rounds(noisy, 0).slipped.sum()
    assert "slip" in words(noisy)
    assert "slip" not in words(silent)


@pytest.mark.parametrize("game", ["stag_hunt", "battle_of_the_sexes", "rock_paper_scissors", "matching_pennies"])
def test_every_classic_game_can_be_drawn(game):
    names = played(game=game).params.action_names()[0]
    assert set(names) <= set(words(played((0, 1), game=game)))


def test_games_of_any_shape_can_be_drawn():
    world = played((2, 39), payoffs=np.random.default_rng(0).normal(size=(2, 3, 40)))
    assert {"action 2", "action 39"} <= set(words(world))
    assert all(0 <= shape.x <= 800 for shape in frame(world).shapes if isinstance(shape, Text))


def test_a_game_of_equal_payoffs_can_be_drawn():
    world = played((0, 1), (1, 1), payoffs=((2.0, 2.0), (2.0, 2.0)))
    heights = {y for shape in frame(world).shapes if isinstance(shape, Line) for _, y in shape.points}
    assert all(np.isfinite(y) for y in heights)


def test_each_game_of_a_batch_has_its_own_frame():
    world = dynenvs.make_world("dynenvs/RepeatedGame-v0", num_games=2)
    world.reset(0)
    world.step([[C, C], [D, C]])
    assert to_svg(frame(world, 0)) != to_svg(frame(world, 1))
    assert to_svg(frame(world, 0)) == to_svg(frame(played((C, C)), 0))


def test_a_frame_changes_nothing():
    world = played((C, D), (D, D))
    before = world.digest()
    frame(world)
    ansi(world)
    assert world.digest() == before


def test_text_tells_the_round_the_players_and_their_moves(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    game, row, column = ansi(played((C, D), (C, C), (D, D))).split("\n")
    assert game == "Prisoner's dilemma, round 3"
    assert row.split() == ["external", "1.333", "CCD"]
    assert column.split() == ["external", "3.000", "DCD"]


def test_text_writes_slips_in_small_letters(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    row = ansi(played(*[(C, C)] * 3, execution_noise=(1.0, 0.0))).split("\n")[1]
    assert row.endswith("ddd")


def test_moves_whose_initials_clash_are_numbered(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    world = played((0, 1), game="chicken")  # swerve, straight
    assert ansi(world).split("\n")[1].endswith("0")
