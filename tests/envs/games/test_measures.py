"""Measures of how a player answers, against definitions computed otherwise."""

import itertools
import math

import numpy as np
import pytest

import dynenvs
from dynenvs.core.errors import ParameterError
from dynenvs.envs.games import play_match
from dynenvs.envs.games.measures import MEMORY_ONE, best_reply, self_play
from dynenvs.envs.games.metrics import counts, measures
from dynenvs.envs.games.params import RepeatedGameParams

C, D = 0, 1
TIT_FOR_TAT = (1, 1, 0, 1, 0)  # start, cc, cd, dc, dd
STEADY = RepeatedGameParams(horizon=None, continuation=0.9)


def measured(policy, opponent, episodes=200, seed=0, **params):
    """Play a policy on seat 0, and measure it."""
    world = dynenvs.make_world("dynenvs/RepeatedGame-v0", episodes, seats=[policy, opponent], **params)
    world.reset(seed)
    while world.buffers.alive.any():
        world.step(world.idle_actions)
    counted = {name: values[:, 0] for name, values in counts(world, np.arange(episodes)).items()}
    return measures(counted, world.params)


def discounted(row, column, params):
    """Mean payoff a round of row in the endless game of two memory-one strategies, by the chain of joint moves."""
    row, column = np.array(row, float), np.array(column, float)
    w, payoffs = params.continuation, params.matrices()[0]
    chances = np.array(
        [
            [r * c, r * (1 - c), (1 - r) * c, (1 - r) * (1 - c)]
            for r, c in zip(row, column[[0, 1, 3, 2, 4]], strict=True)
        ]
    )
    values = np.linalg.solve(np.eye(4) - w * chances[1:], chances[1:] @ payoffs.ravel())
    return (1 - w) * (chances[0] @ (payoffs.ravel() + w * values))


# By dynamic programming.


@pytest.mark.parametrize(
    ("strategy", "best", "itself"),
    [
        ((1, 1, 1, 1, 1), 5.0, 3.0),  # always defect against who always cooperates
        ((0, 0, 0, 0, 0), 1.0, 1.0),
        (TIT_FOR_TAT, (99 * 3 + 5) / 100, 3.0),  # cooperate until the last round
        ((1, 1, 0, 0, 1), (99 * 3 + 5) / 100, 3.0),  # win-stay lose-shift
        ((0, 1, 0, 1, 0), (0 + 98 * 3 + 5) / 100, 1.0),  # suspicious: swallow the first defection
    ],
)
def test_the_best_reply_to_a_classic_is_known(strategy, best, itself):
    params = RepeatedGameParams(horizon=100)
    assert best_reply(np.array(strategy), params) == pytest.approx(best)
    assert self_play(np.array(strategy), params) == pytest.approx(itself)


@pytest.mark.parametrize("slip", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(3))
def test_without_an_end_the_best_reply_is_the_best_of_the_pure_memory_one_replies(seed, slip):
    strategy = np.random.default_rng(seed).random(5)
    params = RepeatedGameParams(horizon=None, continuation=0.9, execution_noise=slip)
    replies = [[slip + (1 - 2 * slip) * move for move in reply] for reply in itertools.product((0, 1), repeat=5)]
    best = max(discounted(reply, strategy, params) for reply in replies)
    assert best_reply(strategy, params) == pytest.approx(best, abs=1e-9)


def test_a_horizon_that_is_hardly_ever_reached_makes_no_difference():
    far = RepeatedGameParams(horizon=2**31 - 1, continuation=0.9)
    assert best_reply(np.array(TIT_FOR_TAT), far) == best_reply(np.array(TIT_FOR_TAT), STEADY)


def test_against_itself_it_earns_what_the_chain_of_joint_moves_says():
    strategies = np.random.default_rng(1).random((5, 4))
    expected = [discounted(strategy, strategy, STEADY) for strategy in strategies.T]
    assert self_play(strategies, STEADY) == pytest.approx(expected, abs=1e-9)


def test_a_finite_game_is_worth_what_it_is_played_for():
    strategy = (1, 0.9, 0.2, 0.6, 0.3)
    scores = play_match(*["memory_one(0.9,0.2,0.6,0.3)"] * 2, turns=20, repetitions=4000).scores_a / 20
    expected = self_play(np.array(strategy), RepeatedGameParams(horizon=20))
    assert abs(scores.mean() - expected) < 4 * scores.std() / math.sqrt(len(scores))


def test_no_strategy_that_is_played_earns_more_than_the_best_reply():
    best = best_reply(np.array([1, 0.9, 0.2, 0.6, 0.3]), RepeatedGameParams(horizon=50))
    for reply in ("always_defect", "grudger", "zd_extort_2", "win_stay_lose_shift"):
        scores = play_match(reply, "memory_one(0.9,0.2,0.6,0.3)", turns=50, repetitions=500).scores_a / 50
        assert scores.mean() - 4 * scores.std() / math.sqrt(500) < best


@pytest.mark.parametrize(
    ("strategy", "params", "message"),
    [
        ((1, 1, 1), {}, "expected probabilities for start, cc, cd, dc, dd"),
        ((1, 1, 1, 1, 1.5), {}, "expected probabilities"),
        ((1, 1, 1, 1, math.nan), {}, "expected probabilities"),
        (TIT_FOR_TAT, {"game": "battle_of_the_sexes"}, "expected a symmetric game"),
        (TIT_FOR_TAT, {"game": "rock_paper_scissors"}, "expected a symmetric game of two actions"),
        (TIT_FOR_TAT, {"execution_noise": (0.1, 0.0)}, "the same noise for both players"),
    ],
)
def test_what_has_no_best_reply_here_is_refused(strategy, params, message):
    with pytest.raises(ParameterError, match=message):
        best_reply(np.array(strategy), RepeatedGameParams(**params))


# From episodes.


def test_tit_for_tat_is_measured_as_what_it_is():
    found = measured("tit_for_tat", "random")
    values = {
        name: found[name].value for name in (*(f"cooperation_after_{last}" for last in MEMORY_ONE), "retaliation")
    }
    assert list(values.values()) == [1, 1, 0, 1, 0, 1]
    assert found["forgiveness"].value == 0.0
    assert found["best_reply"].value == pytest.approx(3.02)
    assert found["exploitability"].value == pytest.approx(0.02)
    assert found["exploitability"].high < 0.05


def test_the_probabilities_of_a_memory_one_strategy_are_found_again():
    found = measured("memory_one(0.9,0.2,0.6,0.3)", "random", episodes=100)
    for last, truth in (("cc", 0.9), ("cd", 0.2), ("dc", 0.6), ("dd", 0.3)):
        answer = found[f"cooperation_after_{last}"]
        assert answer.low < truth < answer.high
        assert answer.high - answer.low < 0.06
    assert found["forgiveness"].low < 0.25 < found["forgiveness"].high  # after CD and DD about as often


def test_slips_belong_to_the_answers():
    found = measured("always_cooperate", "always_defect", execution_noise=0.1)
    answer = found["cooperation_after_cd"]
    assert answer.low < 0.9 < answer.high


def test_whoever_defects_first_is_not_nice():
    assert measured("suspicious_tit_for_tat", "tit_for_tat")["niceness"].high < 0.05
    niceness = measured("tit_for_tat", "random", execution_noise=0.1)["niceness"]
    assert (niceness.value, niceness.number) == (1.0, 200)


def test_who_is_forgiven_is_reconciled_with():
    generous = measured("memory_one(1,0.5,1,0.5)", "tit_for_tat", execution_noise=0.05)
    hard = measured("grudger", "tit_for_tat", execution_noise=0.05)
    assert generous["reconciliation"].low > hard["reconciliation"].high


def test_what_was_never_tried_is_unknown():
    found = measured("tit_for_tat", "always_cooperate")
    unknown = found["cooperation_after_cd"]
    assert math.isnan(unknown.value)
    assert unknown.number == 0
    assert unknown.low < 0.01
    assert unknown.high > 0.99
    assert found["exploitability"].high > 1.5  # for all that is known, it may be one that always cooperates
    assert found["exploitability"].low < 0.1


def test_rounds_of_one_episode_are_not_taken_for_independent():
    def of(cooperated):
        counted = {f"{name}_{last}": np.full(40, 50.0) for last in MEMORY_ONE for name in ("after", "cooperated_after")}
        counted |= {"cooperated_after_cc": cooperated, "reconciled": np.zeros(40), "nice": np.ones(40)}
        found = measures(counted, RepeatedGameParams())["cooperation_after_cc"]
        assert found.value == 0.5
        return found.high - found.low

    of_episodes = of(np.repeat([0.0, 50.0], 20))  # in half of them always, in the others never
    of_rounds = of(np.full(40, 25.0))
    assert of_episodes == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(40), rel=0.1)
    assert of_rounds == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(2000), rel=0.1)


def test_intervals_hold_the_truth_as_often_as_they_say():
    world = dynenvs.make_world(
        "dynenvs/RepeatedGame-v0", 2000, seats=["memory_one(0.8,0.1,0.5,0.3)", "random"], horizon=20
    )
    world.reset(0)
    while world.buffers.alive.any():
        world.step(world.idle_actions)
    counted = {name: values[:, 0] for name, values in counts(world, np.arange(2000)).items()}
    held = []
    for start in range(0, 2000, 10):
        some = {name: values[start : start + 10] for name, values in counted.items()}
        answer = measures(some, world.params)["cooperation_after_cc"]
        held.append(answer.low < 0.8 < answer.high)
    assert 0.90 < np.mean(held) < 0.99


def test_a_game_of_unequal_sides_has_no_exploitability():
    found = measured("random", "random", game="battle_of_the_sexes", episodes=5)
    assert "exploitability" not in found
    assert "retaliation" in found


def test_the_same_seed_gives_the_same_intervals():
    assert measured("random", "tit_for_tat", episodes=5) == measured("random", "tit_for_tat", episodes=5)
