"""Linear policies are named by a string, played in batches, and trained against more than the nominal model."""

import numpy as np
import pytest

import dynenvs
from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.robustness import Models, measure_robustness, returns_in_models
from dynenvs_agents.robust import baselines
from dynenvs_agents.robust.baselines import METHODS, cross_entropy, train_linear
from dynenvs_agents.robust.linear import LinearGames, LinearPolicy

POLE = "dynenvs/RobustCartPole-v0"
BALANCES = [0.5, 0.5, 10.0, 2.0, 0.0]


def test_a_string_names_the_policy():
    policy = dynenvs.make_policy("linear:0.5,0.5,10,2,0", POLE)
    assert policy.name == LinearPolicy(BALANCES).spec == "linear:0.5,0.5,10,2,0"
    assert policy.digest() == LinearPolicy(BALANCES).digest()


def test_a_string_may_name_how_it_is_learnt():
    made = [dynenvs.make_policy(spec, POLE) for spec in ("linear:nominal", "linear:nominal", "linear:nominal?seed=1")]
    assert [policy.name for policy in made] == ["linear:nominal", "linear:nominal", "linear:nominal?seed=1"]
    assert (made[0].weights == train_linear(POLE, "nominal").policy.weights).all()
    assert made[0].digest() == made[1].digest() != made[2].digest()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("linear:1,two", "policy 'linear:1,two': expected numbers between commas, or one of nominal, randomised"),
        ("linear:nominal?seed=x", "policy 'linear:nominal.seed=x': expected numbers between commas, or one of"),
        ("linear:nan,1", "expected a row of finite numbers"),
        ("linear:1", "expected a row of finite numbers"),
    ],
)
def test_strings_that_name_no_policy_are_refused(spec, message):
    with pytest.raises(ParameterError, match=message):
        dynenvs.make_policy(spec, POLE)


@pytest.mark.parametrize("env_id", ["dynenvs/RobustPendulum-v0", "dynenvs/RepeatedGame-v0"])
def test_a_world_that_it_does_not_fit_is_refused(env_id):
    world = dynenvs.make_world(env_id, 2)
    with pytest.raises(ParameterError, match="a linear policy of 5 weights: expected an observation of 4 columns"):
        LinearPolicy(BALANCES).reset(world, np.arange(2))


def test_games_side_by_side_are_what_each_policy_plays_alone():
    points = np.array([[0.1, 0.5, 10.0], [2.0, 2.5, 1.5], [0.05, 0.1, 15.0]])
    weights = np.array([BALANCES, [0, 0, 1, 0.1, 0.01]])
    games = LinearGames(POLE, 2, 3)
    together = games(weights, points, seed=7)
    names = ("masspole", "length", "force_mag")
    models = Models(names, points, dict(zip(names, points.T, strict=True)))
    for row, policy in zip(together, weights, strict=True):
        alone = returns_in_models(POLE, LinearPolicy(policy), models, episodes=1, seed=7)[:, 0]
        np.testing.assert_array_equal(row, alone)
    assert games.steps == together.sum()
    assert (games(weights, points[::-1].copy(), seed=7) == together[:, ::-1]).all()


def test_the_cross_entropy_method_finds_a_maximum():
    rng = np.random.default_rng(0)
    mean, deviation = cross_entropy(
        lambda points, _: -np.abs(points - [1.0, -2.0]).sum(axis=1), np.zeros(2), np.ones(2), rng, 20
    )
    assert mean == pytest.approx([1.0, -2.0], abs=0.02)
    assert (deviation < 0.1).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_policy(monkeypatch, method):
    monkeypatch.setattr(baselines, "GENERATIONS", 2)
    monkeypatch.setattr(baselines, "ROUNDS", 2)
    monkeypatch.setattr(baselines, "ROUND_GENERATIONS", 2)
    options = {"grid": 2} if method == "scenarios" else {}
    first, second, other = (train_linear(POLE, method, seed=seed, **options) for seed in (1, 1, 2))
    assert first.policy.digest() == second.policy.digest() != other.policy.digest()
    assert first.steps == second.steps > 0


def test_who_trains_against_the_worst_is_more_robust_than_who_believes_in_the_nominal_model():
    worst = {
        method: measure_robustness(POLE, train_linear(POLE, method, seed=1).policy, grid=4, episodes=3).worst.value
        for method in ("nominal", "corners")
    }
    assert worst["nominal"] < 100 < 300 < worst["corners"]


def test_bad_requests_are_refused():
    with pytest.raises(ParameterError, match="method='hope': expected one of 'nominal'"):
        train_linear(POLE, "hope")
    with pytest.raises(ParameterError, match="expected an observation of 3 columns and one choice"):
        train_linear("dynenvs/RobustPendulum-v0", "nominal")
