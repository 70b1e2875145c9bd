"""Reservoir agents by their strings, in any repeated game of two."""

import numpy as np
import pytest

import dynenvs
from dynenvs.adapters.players import Players
from dynenvs.core.errors import LifecycleError, ParameterError
from dynenvs.evaluation.playing import play, seat_policies
from dynenvs.policies import turn_of

DEGREES, MOVES = "dynenvs/ContinuousGame-v0", "dynenvs/RepeatedGame-v0"
STRINGS = ["reservoir:sentinel?d=10", "reservoir:static?d=10&alpha=0.5", "reservoir:forgiving?d=10"]


def returns(env_id, spec, opponent, num_games, seeds, **params):
    policies = [dynenvs.make_policy(spec, env_id), dynenvs.make_policy(opponent, env_id)]
    world, players = seat_policies(env_id, policies, num_games, **params)
    world.reset(seeds)
    play(world, players)
    return world.buffers.episode_returns


@pytest.mark.parametrize("spec", STRINGS)
@pytest.mark.parametrize(("env_id", "noise"), [(DEGREES, (0.0, 0.1)), (MOVES, 0.05)])
def test_it_plays_the_same_alone_and_in_a_crowd(spec, env_id, noise):
    crowd = returns(env_id, spec, "tit_for_tat", 9, list(range(9)), execution_noise=noise, horizon=60)
    for seed in (0, 4, 8):
        alone = returns(env_id, spec, "tit_for_tat", 1, [seed], execution_noise=noise, horizon=60)
        assert np.array_equal(alone[0], crowd[seed])
    assert len(np.unique(crowd[:, 0])) > 5


@pytest.mark.parametrize("spec", STRINGS)
def test_it_cooperates_with_cooperators_in_degrees_and_in_moves(spec):
    degrees = returns(DEGREES, spec, "cooperate", 20, 0, execution_noise=(0.0, 0.1), horizon=200)
    assert degrees[:, 0].mean() / 200 == pytest.approx(2.86, abs=0.06)
    moves = returns(MOVES, spec, "always_cooperate", 20, 0, horizon=200)
    assert 2.9 < moves[:, 0].mean() / 200 < 3.4  # one move in ten or so is a defection, which pays more


def trust(spec):
    policies = [dynenvs.make_policy(spec, MOVES), dynenvs.make_policy("always_cooperate", MOVES)]
    world, players = seat_policies(MOVES, policies, 20, execution_noise=0.02, horizon=150)
    world.reset(0)
    play(world, players)
    return policies[0].agents.mood.alpha[::2].mean()


def test_in_games_of_moves_a_body_that_grew_up_among_moves_is_at_ease_and_another_is_not():
    assert trust("reservoir:sentinel?moves=true") > 0.7 > 0.4 > trust("reservoir:sentinel")


def test_forgiveness_pays_with_tit_for_tat_where_hands_slip():
    own = returns(MOVES, "reservoir:forgiving?moves=true&target=0.97", "tit_for_tat", 30, 0, execution_noise=0.02)
    theirs = returns(MOVES, "tit_for_tat", "tit_for_tat", 30, 0, execution_noise=0.02)
    assert own[:, 0].mean() > theirs[:, 0].mean() + 15  # of some 250 in 100 rounds


def test_the_sentinel_defends_itself_and_the_trusting_body_does_not():
    wary, trusting = (
        returns(DEGREES, spec, "always_defect", 5, 0, horizon=300)[:, 0].mean()
        for spec in ("reservoir:sentinel?d=10", "reservoir:static?d=10&alpha=1")
    )
    assert wary > 0.97 * 300 > trusting + 100


def test_two_of_them_may_sit_at_one_table():
    own = dynenvs.make_policy("reservoir:sentinel?d=10", DEGREES)
    world = dynenvs.make_world(DEGREES, 3, seats=[-2, -2], horizon=40)
    players = Players(world, {-2: own})
    world.reset(0)
    play(world, players)
    assert world.buffers.episode_returns.mean() / 40 == pytest.approx(2.8, abs=0.1)
    assert np.array_equal(world.buffers.episode_returns[:, 0], world.buffers.episode_returns[:, 1])


def test_a_new_episode_is_begun_without_the_memory_of_the_last():
    policy = dynenvs.make_policy("reservoir:sentinel?d=10", DEGREES)
    world, players = seat_policies(DEGREES, [policy, dynenvs.make_policy("random", DEGREES)], 2, horizon=30)
    world.reset(5)
    play(world, players)
    first = world.buffers.episode_returns.copy()
    world.reset(6)
    play(world, players)
    world.reset(5)
    players._known[:] = -1
    play(world, players)
    assert np.array_equal(world.buffers.episode_returns, first)


def test_the_digest_tells_bodies_and_governance_apart_and_nothing_else():
    specs = ["sentinel", "sentinel?seed=1", "sentinel?d=20", "sentinel?sensitivity=3", "static", "forgiving"]
    specs += ["sentinel?tool=moving_average", "sentinel?oja_rate=0"]
    digests = [dynenvs.make_policy(f"reservoir:{spec}", DEGREES).digest() for spec in specs]
    assert len(set(digests)) == len(specs)
    again = dynenvs.make_policy("reservoir:sentinel?d=30&seed=0", MOVES)
    assert again.digest() == digests[0]
    assert again.name == "reservoir:sentinel?d=30&seed=0"


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("reservoir:guard", "expected one of reservoir:static, reservoir:sentinel, reservoir:forgiving"),
        ("reservoir:", "expected one of reservoir:static"),
        ("reservoir:sentinel?size=3", "option of reservoir:sentinel='size': expected one of 'd', 'spectral_radius'"),
        ("reservoir:sentinel?alpha=0.5", "option of reservoir:sentinel='alpha'"),
        ("reservoir:static?d=ten", "d='ten': expected an integer"),
        ("reservoir:static?alpha=high", "alpha='high': expected a number"),
        ("reservoir:static?alpha=2", r"alpha=2\.0: expected a number in \[0, 1\]"),
        ("reservoir:static?d=0", r"d=0: expected an integer in \[1, 2000\]"),
        ("reservoir:static?spectral_radius=1.2", r"spectral_radius=1\.2: .* \[0, 1\).* echo states"),
        ("reservoir:static?readout_bias=1", "readout_bias='1': expected one of 'true', 'false'"),
        ("reservoir:static?d", r"expected options as in \?d=30&seed=0"),
        ("reservoir:static?tool=hammer", "tool='hammer': expected one of 'tit_for_tat'"),
        ("reservoir:static?seed=-1", "seed=-1: expected an integer at least 0"),
    ],
)
def test_a_string_that_says_nothing_is_refused_with_what_was_expected(spec, told):
    with pytest.raises(ParameterError, match=told):
        dynenvs.make_policy(spec, DEGREES)


@pytest.mark.parametrize(
    ("env_id", "params"),
    [("dynenvs/PublicGoods-v0", {}), (MOVES, {"game": "rock_paper_scissors"}), ("dynenvs/RobustCartPole-v0", {})],
)
def test_a_world_that_is_no_repeated_game_of_two_is_refused(env_id, params):
    policy = dynenvs.make_policy("reservoir:static?d=5", env_id)
    world = dynenvs.make_world(env_id, 1, **params)
    world.reset(0)
    with pytest.raises(ParameterError, match="plays repeated games of two degrees or of two actions"):
        policy.reset(world, np.array([0]))


def test_it_does_not_decide_before_it_was_reset():
    policy = dynenvs.make_policy("reservoir:static?d=5", DEGREES)
    world = dynenvs.make_world(DEGREES, 1)
    world.reset(0)
    with pytest.raises(LifecycleError, match="call reset"):
        policy.act(turn_of(world, world.buffers.acting))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("reservoir:static?input_scaling=0&bias_scaling=0", "a body never moves while it gets used to its partner"),
        ("reservoir:static?leak=1e-300", "a body never moves"),
        ("reservoir:static?d=3&d=5", "d is given twice, expected once"),
        ("reservoir:static?seed=1_0", "seed='1_0': expected an integer"),
        ("reservoir:static?rounds=1000000000000", "rounds=1000000000000: expected"),
    ],
)
def test_agents_that_cannot_be_are_refused_in_words(spec, message):
    with pytest.raises(ParameterError, match=message):
        dynenvs.make_policy(spec, "dynenvs/ContinuousGame-v0")
