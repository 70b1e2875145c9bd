"""Pictures of the game in degrees."""

import pytest

import dynenvs
from dynenvs.envs.games.continuous_rendering import ansi, frame, recent_rounds
from dynenvs.rendering import palette
from dynenvs.rendering.vocabulary import Circle, Line, Text


def played(rounds, **params):
    """A game after these joint degrees."""
    world = dynenvs.make_world("dynenvs/ContinuousGame-v0", **params)
    world.reset(0)
    for joint in rounds:
        world.step([joint])
    return world


def words(world):
    return [shape.text for shape in frame(world).shapes if isinstance(shape, Text)]


def test_a_frame_says_what_is_played_by_whom_and_how_it_stands():
    shown = words(played([(0.5, 1.0), (0.0, 1.0)], horizon=7, horizon_known=True, execution_noise=(0, 1e-9)))
    assert "Prisoner's dilemma in degrees" in shown
    assert "round 2 of 7" in shown
    assert "noise of hand 0 / 1e-09" in shown
    assert {"0.25", "1.00", "4.50", "0.75"} <= set(shown)  # mean degrees and mean payoffs


@pytest.mark.parametrize("degree", [0.0, 0.25, 1.0])
def test_lines_run_at_the_height_of_the_degrees(degree):
    world = played([(degree, 0.5), (degree, 0.5)])
    (line,) = [s for s in frame(world).shapes if isinstance(s, Line) and s.color == palette.seat_color(0)]
    assert [y for _, y in line.points] == [pytest.approx(420 - 208 * degree)] * 2


def test_rings_show_what_the_other_saw_wrongly():
    rings = [s for s in frame(played([(0.5, 0.5)] * 5, perception_noise=(0.1, 0))).shapes if isinstance(s, Circle)]
    assert sum(ring.fill is None for ring in rings) == 5
    assert {ring.stroke for ring in rings if ring.fill is None} == {palette.seat_color(1)}


def test_a_long_game_shows_its_last_rounds():
    recent = recent_rounds(played([(k / 100, 0.0) for k in range(100)]), 0)
    assert recent.before == 36
    assert recent.degrees[:, 0].tolist() == [k / 100 for k in range(36, 100)]


def test_a_game_that_has_not_begun_can_be_drawn():
    assert "round 0" in words(played([]))


def test_a_frame_changes_nothing():
    world = played([(0.3, 0.6)])
    before = world.digest()
    frame(world)
    ansi(world)
    assert world.digest() == before


def test_text_tells_degrees_as_blocks(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    title, first, second = ansi(played([(0.0, 1.0), (0.5, 1.0)], horizon=5)).split("\n")
    assert title == "Prisoner's dilemma in degrees, round 2"
    assert first == f"{'external':<24} 0.250   4.500   ▄"
    assert second == f"{'external':<24} 1.000   0.750  ██"
