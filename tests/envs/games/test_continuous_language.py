"""The game in degrees in words."""

import numpy as np
import pytest

import dynenvs
from dynenvs.core.view import GameView
from dynenvs.envs.games.continuous_language import rules, situation

ENV_ID = "dynenvs/ContinuousGame-v0"
TOLD = {"round", "history", "seen_degrees", "seen_payoffs"}  # arrays of the state that the words may draw on


def played(rounds, seed=0, **params):
    """A view of a game after these joint degrees."""
    world = dynenvs.make_world(ENV_ID, **params)
    world.reset(seed)
    for joint in rounds:
        world.step([joint])
    return GameView(world, 0)


def test_the_rules_say_what_degrees_are_and_what_they_pay():
    assert rules(played([], game="chicken", horizon=9, horizon_known=True), 1) == (
        "You play the same game again and again with one other player. In each round both choose a degree at once:\n"
        "any number from 0 (straight) to 1 (swerve). Payoffs of a round at the ends:\n"
        "- your degree 1, the other's 1: 0 for you, 0 for the other\n"
        "- your degree 1, the other's 0: -1 for you, 1 for the other\n"
        "- your degree 0, the other's 1: 1 for you, -1 for the other\n"
        "- your degree 0, the other's 0: -10 for you, -10 for the other\n"
        "In between they are mixed: with your degree a and the other's b,\n"
        "you get 0 a b + -1 a (1 - b) + 1 (1 - a) b + -10 (1 - a) (1 - b); for the other, swap a and b.\n"
        "There are 9 rounds."
    )


def test_noise_is_told_from_the_seats_side_and_only_if_there_is_any():
    told = rules(played([], execution_noise=(0.1, 0.2), perception_noise=(0.3, 0.4)), 1)
    assert "of standard deviation 0.2 to yours and 0.1 to the other's" in told
    assert "you see the other's degree with noise of standard deviation 0.4, it sees yours with 0.3." in told
    assert "deviation" not in rules(played([]), 1)


def test_the_situation_is_what_the_seat_saw():
    view = played([(1.0, 0.5), (0.25, 0.75), (0.0, 1.0)], memory=2)
    assert situation(view, 0) == (
        "Round 4.\n"
        "Mean degree so far: 0.4167 of yours, 0.75 of the other's.\n"
        "Mean payoff a round so far: 3.354 for you, 1.688 for the other.\n"
        "The last 2 rounds:\n"
        "- round 2: your degree 0.25, the other's 0.75\n"
        "- round 3: your degree 0, the other's 1"
    )
    assert situation(view, 1).endswith("- round 3: your degree 1, the other's 0")


def test_nothing_has_been_played_before_the_first_round():
    assert situation(played([]), 0) == "Round 1. Nothing has been played yet."


@pytest.mark.parametrize("seat", [0, 1])
def test_the_situation_depends_on_nothing_that_the_seat_cannot_know(seat):
    rng = np.random.default_rng(seat)
    view = played(rng.random((20, 2)), execution_noise=0.3, perception_noise=0.5)
    told = situation(view, seat), rules(view, seat)
    for name, array in view.world.state._asdict().items():
        if name not in TOLD:
            array[...] = 1
    for shown in (view.world.state.history, view.world.state.seen_degrees, view.world.state.seen_payoffs):
        shown[0, 1 - seat] = 0
    for hidden in (view.world.buffers.rewards, view.world.buffers.episode_returns, view.world.buffers.seeds):
        hidden[...] = 1
    assert (situation(view, seat), rules(view, seat)) == told


def test_a_number_is_a_reply_and_a_word_is_none():
    game = dynenvs.text_game(ENV_ID, seats=["external", "tit_for_tat"])
    game.reset(seed=1)
    assert game.schema(0)["properties"]["degree"] == {
        "type": "number",
        "minimum": 0.0,
        "maximum": 1.0,
        "description": "how far to go: 0 is defect, 1 is cooperate",
    }
    assert game.submit(0, '{"degree": 0.5}') is None
    assert game.world.state.degrees[0].tolist() == [0.5, 1.0]
    assert game.submit(0, '{"degree": 1.5}').kind == "illegal_action"
    assert game.submit(0, '{"degree": "cooperate"}').kind == "wrong_schema"
