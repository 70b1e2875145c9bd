"""Background players of the game in degrees do what their definitions say."""

import numpy as np
import pytest

import dynenvs
from dynenvs.core.errors import ParameterError, UnknownPolicy
from dynenvs.envs.games.continuous_background import DEGREE_FORMS, DEGREE_PLAYERS, degree_player

ENV_ID = "dynenvs/ContinuousGame-v0"


def degrees_of(player, others, num_games=1, **params):
    """What a background player does, round by round, when the other does this: (rounds, games)."""
    world = dynenvs.make_world(ENV_ID, num_games, **{"horizon": len(others), **params}, seats=[player, "external"])
    world.reset(7)
    done = []
    for degree in others:
        world.step(np.full((num_games, 2), degree))
        done.append(world.state.degrees[:, 0].copy())
    return np.array(done)


def one(player, others, **params):
    return degrees_of(player, others, **params)[:, 0].tolist()


@pytest.mark.parametrize(
    ("player", "degree"),
    [("cooperate", 0.9), ("cooperate(0.35)", 0.35), ("always_cooperate", 1.0), ("always_defect", 0.0)],
)
def test_constant_players_do_not_care(player, degree):
    assert one(player, [0.0, 1.0, 0.5]) == [degree] * 3


def test_tit_for_tat_does_what_was_done_to_it():
    assert one("tit_for_tat", [0.2, 0.7, 0.0, 1.0]) == [1.0, 0.2, 0.7, 0.0]


def test_a_reciprocator_begins_more_cautiously():
    assert one("reciprocator", [0.2, 0.7, 0.0]) == [0.9, 0.2, 0.7]


def test_it_answers_what_it_saw():
    world = dynenvs.make_world(ENV_ID, 100, perception_noise=(0.2, 0.0), seats=["tit_for_tat", "external"])
    world.reset(0)
    world.step(np.full((100, 2), 0.5))
    as_seen = world.state.history[:, 0, 0, 1].copy()
    world.step(np.full((100, 2), 0.5))
    assert len(np.unique(as_seen)) > 90
    assert (world.state.degrees[:, 0] == as_seen).all()


@pytest.mark.parametrize(("player", "weight"), [("moving_average", 0.2), ("moving_average(0.5)", 0.5)])
def test_a_moving_average_follows_slowly(player, weight):
    others = [0.0, 0.4, 1.0, 0.3]
    expected, m = [], 1.0
    for other in others:
        expected.append(m)
        m = (1 - weight) * m + weight * other
    assert one(player, others) == pytest.approx(expected)


def test_a_slipping_reciprocator_slips_as_often_as_it_is_said_to():
    done = degrees_of("slipping_reciprocator", [0.8] * 200, 200)[1:]
    assert set(np.unique(done)) == {0.0, 0.8}
    assert (done == 0).mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / done.size))
    often = degrees_of("slipping_reciprocator(0.5)", [0.8] * 200, 200)[1:]
    assert (often == 0).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / often.size))


def test_an_interrupted_cooperator_defects_for_a_fifth_of_the_game():
    done = one("interrupted_cooperator", [1.0] * 1000)
    assert [k for k, degree in enumerate(done) if degree == 0.1] == list(range(400, 600))
    assert set(done) == {0.1, 0.9}
    assert one("interrupted_cooperator(0.7,0,0.25,0.5)", [1.0] * 8) == [0.7, 0.7, 0, 0, 0.7, 0.7, 0.7, 0.7]


def test_a_betrayer_never_comes_back():
    assert one("betrayer", [1.0] * 6) == [0.9] * 3 + [0.1] * 3
    assert one("betrayer(1,0,0)", [1.0] * 3) == [0.0] * 3


def test_without_a_horizon_they_go_by_the_expected_length():
    world = dynenvs.make_world(ENV_ID, 300, horizon=None, continuation=0.75, seats=["betrayer", "external"])
    world.reset(0)
    done = []
    for _ in range(4):
        world.step(np.ones((300, 2)), which=world.buffers.alive[:, 0])
        done.append(set(world.state.degrees[world.buffers.alive[:, 0], 0]))
    assert done == [{0.9}] * 2 + [{0.1}] * 2


@pytest.mark.parametrize("mean", [1.0, 4.0, 20.0])
def test_regimes_last_as_long_as_they_should_on_average(mean):
    done = degrees_of("regime_switcher", [1.0] * 400, 500, regime_length=mean)
    changes = done[1:] != done[:-1]
    assert set(np.unique(done)) == {0.1, 0.9}
    assert changes.mean() == pytest.approx(1 / mean, abs=4 * np.sqrt(1 / mean * (1 - 1 / mean) / changes.size))


def test_regimes_begin_either_way_and_their_lengths_are_geometric():
    done = degrees_of("regime_switcher", [1.0] * 300, 1000, regime_length=5.0)
    assert (done[0] == 0.9).mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(1000))
    lengths = []
    for column in done.T:
        ends = np.flatnonzero(column[1:] != column[:-1])
        lengths += np.diff(ends[:-2] if len(ends) > 40 else ends).tolist()
    lengths = np.array(lengths)
    for k in (1, 2, 5):
        share = 0.2 * 0.8 ** (k - 1)
        assert (lengths == k).mean() == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / len(lengths)))


def test_a_random_player_does_anything():
    done = degrees_of("random", [0.5] * 20, 1000).ravel()
    assert np.histogram(done, bins=4, range=(0, 1))[0] / done.size == pytest.approx(
        [0.25] * 4, abs=4 * np.sqrt(0.25 * 0.75 / done.size)
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cooperate(1.5)", r"level=1.5: expected a number in \[0, 1\]"),
        ("cooperate()", r"expected cooperate\(level\) with decimal numbers"),
        ("betrayer(0.9)", r"expected betrayer\(level,low,start\)"),
        ("regime_switcher(0.9,-0.1)", r"low=-0.1: expected a number in \[0, 1\]"),
        ("interrupted_cooperator(0.9,0,0.6,0.4)", r"stop=0.4: expected a number in \[0.6, 1\]"),
        ("moving_average(0)", r"weight=0.0: expected a number in \(0, 1\]"),
        ("slipping_reciprocator(-1)", r"slip=-1.0: expected a number in \[0, 1\]"),
    ],
)
def test_numbers_in_a_name_are_read_strictly(name, message):
    with pytest.raises(ParameterError, match=message):
        dynenvs.make_world(ENV_ID, seats=[name, "external"])


def test_an_unknown_player_is_refused_with_the_nearest():
    with pytest.raises(UnknownPolicy, match="'betrayer'"):
        degree_player("betrayr")


def test_forms_are_listed_beside_their_defaults():
    assert {form.partition("(")[0] for form in DEGREE_FORMS} <= set(DEGREE_PLAYERS)
    notes = dynenvs.make_world(ENV_ID).background_notes()
    assert set(notes) == {*DEGREE_PLAYERS, *DEGREE_FORMS}
