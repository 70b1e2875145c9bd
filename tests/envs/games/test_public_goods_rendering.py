"""Pictures of the public goods game."""

import pytest

import dynenvs
from dynenvs.envs.games.public_goods_rendering import ansi, frame
from dynenvs.rendering import palette
from dynenvs.rendering.vocabulary import Rect, Text


def played(*rounds, **params):
    """A game in which the players gave this."""
    world = dynenvs.make_world("dynenvs/PublicGoods-v0", **params)
    world.reset(0)
    for contributions in rounds:
        world.step([contributions])
    return world


def words(world):
    return [shape.text for shape in frame(world).shapes if isinstance(shape, Text)]


def test_a_frame_says_the_rules_and_the_round():
    shown = words(played((1, 0, 0, 1), num_players=4, multiplier=1.6, horizon=10))
    assert "A token given makes 1.6, shared equally by 4: 0.4 of it returns to the giver." in shown
    assert "round 1 of 10" in shown


def test_the_pot_holds_what_all_gave_and_pays_each():
    shown = words(played((10, 0, 5, 5), endowment=10, multiplier=2.0))
    assert "20 of 40" in shown
    assert "10 to each" in shown


def test_mean_payoffs_are_those_of_the_rules():
    world = played((10, 0, 5, 5), (0, 0, 0, 0), endowment=10, multiplier=2.0)
    means = [text for text in words(world) if "." in text and len(text) < 6]
    assert means == [f"{total / 2:.2f}" for total in world.buffers.episode_returns[0]]


def test_bars_show_the_share_that_each_round_brought():
    world = played((1, 1, 1, 1), (1, 1, 0, 0), (0, 0, 0, 0), horizon=10)
    bars = [s for s in frame(world).shapes if isinstance(s, Rect) and s.y + s.height == 430 and s.radius == 2]
    heights = [bar.height for bar in bars]
    assert heights == pytest.approx([heights[0], heights[0] / 2, 0])
    assert {bar.fill for bar in bars} == {palette.COOPERATION}


def test_a_long_game_shows_its_last_rounds():
    depth = played(horizon=10).state.pots.shape[1]
    world = played(*[(1, 1, 1, 1)] * (depth + 3), horizon=1000)
    assert words(world)[-1] != words(played(horizon=1000))[-1]
    assert "4" in words(world)  # the first round that is shown


def test_a_crowd_is_drawn_with_its_first_players_listed():
    shown = words(played([1] * 64, num_players=64, multiplier=20.0))
    assert "and 57 more" in shown
    assert sum(text == "external" for text in shown) == 7


def test_a_game_that_has_not_begun_can_be_drawn():
    assert "0 of 4" in words(played())


def test_a_frame_changes_nothing():
    world = played((1, 0, 0, 1))
    before = world.digest()
    frame(world)
    ansi(world)
    assert world.digest() == before


def test_text_tells_what_each_gave_and_earned(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    game, *players = ansi(played((4, 0), num_players=2, endowment=4, multiplier=1.5, horizon=5)).split("\n")
    assert game == "Public goods, round 1 of 5, pot 4 of 8"
    assert [line.split() for line in players] == [
        ["0", "external", "gave", "4", "3.000"],
        ["1", "external", "gave", "0", "7.000"],
    ]
