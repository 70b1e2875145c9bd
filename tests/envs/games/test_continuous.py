"""The game in degrees: payoffs, noise, what is seen, how it ends, what is measured."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynenvs
from dynenvs.core.errors import IllegalAction, ParameterError
from dynenvs.envs.games.continuous import ContinuousGame
from dynenvs.envs.games.metrics import counts, measures, metrics
from dynenvs.envs.games.params import GAMES, ContinuousGameParams

ENV_ID = "dynenvs/ContinuousGame-v0"

degrees = st.floats(0, 1)
payoffs = st.tuples(*[st.floats(-10, 10)] * 4)


def game(num_games=1, **params):
    return dynenvs.make_world(ENV_ID, num_games, **params)


def played(rounds, seed=0, **params):
    """A game after these joint degrees."""
    world = game(**params)
    world.reset(seed)
    for joint in rounds:
        world.step([joint])
    return world


def seen(world, seat=0, index=0):
    named = world.layout.roles[seat].observation.named(world.buffers.vector[index, seat])
    return {name: value.tolist() for name, value in named.items()}


def reference_payoff(corners, own, other):
    """The formula in exact fractions."""
    R, S, T, P = map(Fraction, corners)
    a, o = Fraction(own), Fraction(other)
    return float(R * a * o + S * a * (1 - o) + T * (1 - a) * o + P * (1 - a) * (1 - o))


# Payoffs.


@settings(max_examples=100, deadline=None)
@given(payoffs, degrees, degrees)
def test_a_round_pays_what_the_formula_says(corners, own, other):
    rewards = played([(own, other)], payoffs=corners).buffers.rewards[0]
    assert rewards[0] == pytest.approx(reference_payoff(corners, own, other), abs=1e-13)
    assert rewards[1] == pytest.approx(reference_payoff(corners, other, own), abs=1e-13)


@settings(max_examples=50, deadline=None)
@given(payoffs, degrees, degrees)
def test_who_plays_on_which_side_makes_no_difference(corners, own, other):
    there = played([(own, other)], payoffs=corners).buffers.rewards[0]
    back = played([(other, own)], payoffs=corners).buffers.rewards[0]
    assert there.tolist() == back[::-1].tolist()


@pytest.mark.parametrize("name", ["prisoners_dilemma", "stag_hunt", "chicken", "mild_chicken", "coordination"])
def test_at_the_ends_it_is_the_game_of_two_actions(name):
    matrix = dynenvs.make_params("dynenvs/RepeatedGame-v0", game=name).matrices()
    for row, column in np.ndindex(2, 2):
        rewards = played([(1 - row, 1 - column)], game=name).buffers.rewards[0]
        assert rewards.tolist() == matrix[:, row, column].tolist()


def test_less_cooperation_pays_more_in_every_round_of_the_dilemma():
    own = np.linspace(0, 1, 11)
    for other in own:
        world = game(len(own))
        world.reset(0)
        world.step(np.stack([own, np.full(11, other)], axis=1))
        assert (np.diff(world.buffers.rewards[:, 0]) < 0).all()


# Noise.


def test_without_noise_degrees_are_done_and_seen_as_meant():
    world = played([(0.25, 0.75)])
    assert world.state.degrees[0].tolist() == [0.25, 0.75]
    assert seen(world)["recent_degrees"][0] == [0.25, 0.75]
    assert seen(world, 1)["recent_degrees"][0] == [0.75, 0.25]
    assert world.buffers.draws[0] == 0


def test_a_noisy_opponent_is_its_level_and_normal_noise_clipped():
    """The opponents of the reservoir experiments: clip(0.9 + N(0, 0.1), 0, 1)."""
    world = game(50_000, execution_noise=(0.0, 0.1), seats=["external", "cooperate"])
    world.reset(1)
    world.step(np.full((50_000, 2), 0.5))
    own, other = world.state.degrees.T
    assert (own == 0.5).all()
    assert (world.state.meant[:, 1] == 0.9).all()
    density = math.exp(-0.5) / math.sqrt(2 * math.pi)  # of the standard normal at 1
    clipped = 0.5 * math.erfc(1 / math.sqrt(2))
    assert (other == 1.0).mean() == pytest.approx(clipped, abs=4 * math.sqrt(clipped / 50_000))
    mean = 0.9 + 0.1 * (clipped - density)  # E min(Z, 1) = P(Z > 1) - density(1)
    assert other.mean() == pytest.approx(mean, abs=4 * 0.1 / math.sqrt(50_000))
    assert (world.buffers.vector[:, 0, 1] == other.astype(np.float32)).all()  # both see what came out


@pytest.mark.parametrize("which", ["execution_noise", "perception_noise"])
def test_noise_never_leaves_the_unit_interval(which):
    world = game(2000, **{which: 1.0})
    world.reset(0)
    for _ in range(5):
        world.step(np.tile([0.0, 1.0], (2000, 1)))
        assert world.state.history.min() == 0.0
        assert world.state.history.max() == 1.0


def test_misperception_changes_what_is_seen_and_not_what_is_paid():
    world = game(1000, perception_noise=(0.3, 0.0))
    world.reset(0)
    world.step(np.full((1000, 2), 0.5))
    assert (world.buffers.rewards == reference_payoff((3, 0, 5, 1), 0.5, 0.5)).all()
    fields = world.layout.roles[0].observation.named(world.buffers.vector)
    own, other = fields["recent_degrees"][:, 0, 0].T
    assert (own == 0.5).all()
    assert len(np.unique(other)) > 900
    assert (fields["recent_degrees"][:, 1, 0] == 0.5).all()
    expected = [reference_payoff((3, 0, 5, 1), 0.5, float(o)) for o in world.state.history[:, 0, 0, 1]]
    assert fields["mean_payoffs"][:, 0, 0] == pytest.approx(expected, rel=1e-6)


# What players see.


def test_nothing_has_been_played_before_the_first_round():
    assert seen(played([], memory=2)) == {
        "recent_degrees": [[0, 0], [0, 0]],
        "memory_filled": 0,
        "mean_degrees": [0, 0],
        "mean_payoffs": [0, 0],
    }


def test_a_player_sees_the_last_rounds_newest_first_and_means_of_all():
    world = played([(1.0, 0.0), (0.5, 0.25), (0.0, 0.75)], memory=2, horizon=4, horizon_known=True)
    assert seen(world, 1) == {
        "recent_degrees": [[0.75, 0.0], [0.25, 0.5]],
        "memory_filled": 1.0,
        "mean_degrees": [pytest.approx(1 / 3), 0.5],
        "mean_payoffs": pytest.approx(world.buffers.episode_returns[0, ::-1] / 3),
        "time_left": 0.25,
    }


def test_a_memory_that_is_not_full_says_so():
    world = played([(1.0, 0.5)], memory=4)
    assert seen(world)["memory_filled"] == 0.25
    assert seen(world)["recent_degrees"] == [[1.0, 0.5], [0, 0], [0, 0], [0, 0]]


def test_the_longest_memory_reaches_over_the_ring():
    rounds = [(k / 100, 1 - k / 100) for k in range(100)]
    recent = np.array(seen(played(rounds, memory=32))["recent_degrees"])
    assert recent == pytest.approx(np.array(rounds[::-1][:32]), abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(payoffs, st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**32))
def test_observations_stay_within_their_bounds(corners, hand, eye, seed):
    world = ContinuousGame(
        ContinuousGameParams(payoffs=corners, execution_noise=hand, perception_noise=eye, horizon_known=True), 4
    )
    world.reset(seed)
    rng = np.random.default_rng(seed)
    low, high = world.layout.roles[0].observation.bounds()
    for _ in range(20):
        world.step(world.sample_actions(rng))
        assert (world.buffers.vector >= low).all()
        assert (world.buffers.vector <= high).all()


@pytest.mark.parametrize("degree", [-0.01, 1.01, math.nan, math.inf])
def test_what_is_no_degree_is_refused_and_nothing_moves(degree):
    world = played([])
    before = world.digest()
    with pytest.raises(
        IllegalAction, match=r"game 0, agent 1: action \[.*\] is out of bounds; expected degree in \[0, 1\]"
    ):
        world.step([[0.5, degree]])
    assert world.digest() == before


# How an episode ends.


@pytest.mark.parametrize(("known", "reason"), [(True, "horizon"), (False, "cap")])
def test_a_known_horizon_terminates_and_an_unknown_one_truncates(known, reason):
    world = played([(0.5, 0.5)] * 2, horizon=2, horizon_known=known)
    assert not world.buffers.alive.any()
    assert world.buffers.terminations.all() == known
    assert world.buffers.truncations.all() != known
    assert {world.layout.end_reasons[code] for code in world.buffers.end_reason[0]} == {reason}


def test_chance_ends_episodes_after_the_expected_number_of_rounds():
    world = game(4000, horizon=None, continuation=0.8, seats=["cooperate"] * 2)
    world.reset(0)
    while world.buffers.alive.any():
        world.step(world.idle_actions)
    assert world.params.expected_length == pytest.approx(5.0)
    assert world.buffers.episode_lengths.mean() == pytest.approx(5.0, abs=4 * np.sqrt(20 / 4000))  # variance w/(1-w)^2
    assert set(world.buffers.end_reason.ravel()) == {world.layout.end_reasons.index("chance")}


# One world among others.


def test_a_game_plays_the_same_alone_and_in_a_crowd_and_on_threads():
    def play(seeds, threads=None):
        seats = ["external", ["slipping_reciprocator", "regime_switcher", "random"]]
        world = game(
            len(seeds), seats=seats, execution_noise=0.1, perception_noise=0.2, autoreset="next_step", threads=threads
        )
        world.reset(seeds)
        for k in range(250):
            world.step(np.full((len(seeds), 2), k % 11 / 10))
        return world

    crowd = play(range(100, 164))
    assert play(range(100, 164), threads=3).digest() == crowd.digest()
    assert play([142]).digest() == crowd.digest(game=42)


def test_nothing_of_an_episode_is_left_in_the_next():
    world = played([(0.3, 0.7)] * 80, seed=3, execution_noise=0.2)
    world.reset(3)
    again = played([], seed=3, execution_noise=0.2)
    assert world.digest() == again.digest()


def test_payoffs_and_noise_may_differ_between_games_but_the_memory_may_not():
    world = game(2)
    world.reset(0)
    world.reset(0, which=np.array([False, True]), params={"regime_length": 7.0, "execution_noise": (0.5, 0.0)})
    world.step(np.full((2, 2), 0.5))
    assert world.state.regime_length.tolist() == [50.0, 7.0]
    assert world.state.degrees[0].tolist() == [0.5, 0.5]
    assert world.state.degrees[1, 0] != 0.5
    with pytest.raises(ParameterError, match="this changes the layout"):
        world.reset(0, params={"memory": 5})


# What is measured.


def test_metrics_are_means_and_variances_of_executed_degrees():
    rng = np.random.default_rng(4)
    world = game(3, horizon=40, execution_noise=0.2, perception_noise=0.3)
    world.reset(9)
    done = []
    for _ in range(40):
        world.step(world.sample_actions(rng))
        done.append(world.state.degrees.copy())
    done = np.array(done)[:, [2, 0]]
    measured = metrics(world, np.array([2, 0]))
    assert list(measured) == ["cooperation", "mutual_cooperation", "variance"]
    assert measured["cooperation"] == pytest.approx(done.mean(axis=0), rel=1e-12)
    assert measured["mutual_cooperation"] == pytest.approx(np.repeat(done.prod(axis=2).mean(axis=0)[:, None], 2, 1))
    assert measured["variance"] == pytest.approx(done.var(axis=0), rel=1e-10)


def test_a_constant_degree_has_no_variance_however_long_it_lasts():
    world = game(horizon=3000, seats=["cooperate(0.3)", "cooperate"])
    world.reset(0)
    while world.buffers.alive.any():
        world.step(world.idle_actions)
    assert metrics(world, np.array([0]))["variance"].tolist() == [[0.0, 0.0]]


def test_answers_to_moves_are_not_counted_where_there_are_degrees():
    world = played([(0.5, 0.5)], horizon=1)
    assert counts(world, np.array([0])) == {}
    assert measures({}, world.params) == {}


# What is refused.


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"game": "matching_pennies"}, "game='matching_pennies': expected one of 'prisoners_dilemma', "),
        ({"payoffs": (1, 2, 3)}, "payoffs=(1, 2, 3): expected (R, S, T, P), "),
        ({"payoffs": [[1, 2, 3]] * 3}, "payoffs=[[1, 2, 3], [1, 2, 3], [1, 2, 3]]: expected (R, S, T, P), or a 2 x 2"),
        ({"payoffs": ([[1, 2], [3, 4]],) * 2}, "payoffs=([[1, 2], [3, 4]], [[1, 2], [3, 4]]): expected (R, S, T, P)"),
        ({"execution_noise": (0, 1.5)}, "execution_noise=1.5: expected a number in [0, 1]"),
        ({"perception_noise": (0, 0, 0)}, "perception_noise=(0, 0, 0): expected one number, or one for each of"),
        ({"memory": 33}, "memory=33: expected an integer in [1, 32]"),
        ({"regime_length": 0.5}, "regime_length=0.5: expected a number in [1, inf) rounds"),
        ({"horizon": None}, "horizon=None, continuation=1.0: expected a horizon, or a continuation below 1"),
    ],
)
def test_parameters_out_of_range_are_refused(params, message):
    with pytest.raises(ParameterError) as error:
        dynenvs.make_params(ENV_ID, **params)
    assert str(error.value).startswith(message)


def test_every_symmetric_game_of_two_actions_can_be_named():
    names = [name for name, known in GAMES.items() if len(known.row_actions) == 2 and not known.column_actions]
    playable = []
    for name in names:
        matrices = dynenvs.make_params("dynenvs/RepeatedGame-v0", game=name).matrices()
        if np.array_equal(matrices[1], matrices[0].T):
            playable.append(name)
            dynenvs.make_params(ENV_ID, game=name)
    assert len(playable) == 5
