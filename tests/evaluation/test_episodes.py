"""Playing policies and writing down what happened."""

from dataclasses import replace

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError, UnknownPolicy
from dynenvs.envs.games import play_match
from dynenvs.evaluation.episodes import evaluate, evaluation_seeds, replay, round_robin
from dynenvs.evaluation.rankings import payoff_matrix
from dynenvs.policies import make_policy

GAME = "dynenvs/RepeatedGame-v0"
POT = "dynenvs/PublicGoods-v0"


class Copycat:
    """Tit-for-tat outside the kernel: it reads the other's last move where the observation has it."""

    name, seat = "copycat", "external"

    def __init__(self, env_id):
        self.asked = 0

    def digest(self):
        return "0" * 16

    def reset(self, world, games):
        self.asked = 0

    def act(self, turn):
        self.asked += 1
        return turn.observations[:, 3].astype(np.int64)  # newest joint move, one-hot: own C, D, other's C, D


def test_records_tell_who_played_and_how_it_went():
    (record,) = evaluate(GAME, ["tit_for_tat"], opponents=["always_defect"], episodes=1, horizon=10)
    assert record.policies == ("tit_for_tat", "always_defect")
    assert record.matchup == "always_defect"
    assert record.focal == (0,)
    assert record.length == 10
    assert record.returns == (9.0, 14.0)
    assert record.reward_terms == {"payoff": (9.0, 14.0)}
    assert record.metrics["cooperation"] == (0.1, 0.0)
    assert record.end_reasons == ("cap", "cap")


def test_every_policy_meets_every_opponent_with_the_same_seeds():
    records = evaluate(GAME, ["random", "grudger"], opponents=["random", "bully"], episodes=3)
    assert len(records) == 12
    seeds = evaluation_seeds(0, 3)
    for policy in ("random", "grudger"):
        for opponent in ("random", "bully"):
            mine = [record for record in records if record.policies == (policy, opponent)]
            assert [record.seed for record in mine] == seeds


def test_evaluation_seeds_are_far_from_those_of_training():
    assert min(evaluation_seeds(0, 1000)) > 2**40
    assert len(set(evaluation_seeds(0, 1000))) == 1000
    assert evaluation_seeds(0, 5) == evaluation_seeds(0, 10)[:5]
    assert evaluation_seeds(0, 5) != evaluation_seeds(1, 5)


def test_another_seat_can_be_measured():
    (record,) = evaluate(GAME, ["always_defect"], opponents=["always_cooperate"], episodes=1, seat=1, horizon=4)
    assert record.policies == ("always_cooperate", "always_defect")
    assert record.focal == (1,)
    assert record.returns == (0.0, 20.0)


@pytest.mark.parametrize("policy", ["grudger", "random", "random_legal", f"python:{__name__}:Copycat"])
def test_any_record_plays_again_alone(policy):
    records = evaluate(GAME, [policy], opponents=["joss"], episodes=5, execution_noise=0.1, continuation=0.95)
    policies = [make_policy(policy, GAME), make_policy("joss", GAME)]
    assert all(replay(record, policies) for record in records)
    assert len({record.length for record in records}) > 1  # they ended at different times


def test_a_record_whose_policies_name_does_not_say_where_it_is_plays_again_where_this_is_said():
    (record,) = evaluate(GAME, [f"python:{__name__}:Copycat"], opponents=["joss"], episodes=1)
    name = record.policies[0]
    assert replay(record, {name: f"python:{__name__}:Copycat"})
    with pytest.raises(ParameterError, match=f"in Python replay.record, .'{name}': 'onnx:PATH'.."):
        replay(record)
    with pytest.raises(ParameterError, match=f"policy '{name}': 'tit_for_tat' has the digest .*, what was run had"):
        replay(record, {name: "tit_for_tat"})


def test_a_record_that_was_changed_does_not_play_again():
    (record,) = evaluate(GAME, ["random"], opponents=["random"], episodes=1)
    assert not replay(replace(record, seed=record.seed + 1))


def test_a_policy_outside_the_kernel_plays_as_its_twin_inside():
    inside, outside = evaluate(
        GAME, ["tit_for_tat", f"python:{__name__}:Copycat"], opponents=["joss"], episodes=1, execution_noise=0.05
    )
    assert inside.returns == outside.returns


def test_the_other_seats_of_a_larger_game_are_all_opponents():
    (record,) = evaluate(POT, ["free_rider"], opponents=["contributor"], episodes=1, num_players=3)
    assert record.policies == ("free_rider", "contributor", "contributor")


def test_without_opponents_the_environments_own_background_plays():
    (record,) = evaluate(GAME, ["random"], episodes=1)
    assert record.policies == ("random", "tit_for_tat")


def test_everyone_meets_everyone_from_both_seats_and_itself():
    records = round_robin(GAME, ["tit_for_tat", "always_defect"], repetitions=2, horizon=20)
    assert len(records) == 8
    assert {record.policies for record in records} == {
        (first, second) for first in ("tit_for_tat", "always_defect") for second in ("tit_for_tat", "always_defect")
    }
    matrix = payoff_matrix(records)
    row, column = matrix.policies.index("tit_for_tat"), matrix.opponents.index("always_defect")
    assert matrix.means[row, column] == play_match("tit_for_tat", "always_defect", turns=20).scores_a[0] / 20


def test_a_round_robin_needs_two_players():
    with pytest.raises(ParameterError, match="4 players: expected two"):
        round_robin(POT, ["random"])


def test_names_that_do_not_exist_are_refused_before_anything_is_played():
    with pytest.raises(UnknownPolicy, match="'tit_for_tat'"):
        evaluate(GAME, ["random", "tit_for_that"], opponents=["random"])
    with pytest.raises(UnknownPolicy, match="'grudger'"):
        evaluate(GAME, ["random"], opponents=["grudge"])
    with pytest.raises(ParameterError, match="seat=2"):
        evaluate(GAME, ["random"], seat=2)
    with pytest.raises(ParameterError, match="episodes=0"):
        evaluate(GAME, ["random"], episodes=0)


@pytest.mark.parametrize("policies", [[], (), None, 5, "tit_for_tat", [5], ["tit_for_tat", None]])
@pytest.mark.parametrize("play", [evaluate, round_robin])
def test_policies_are_a_list_of_names_and_at_least_one(play, policies, tmp_path):
    with pytest.raises(ParameterError, match=r"policies=.*: expected a list of policies' names, at least one"):
        play(GAME, policies, out=tmp_path / "records.jsonl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("opponents", [[], 5, [5], [None]])
def test_opponents_are_names_too(opponents):
    with pytest.raises(ParameterError, match=r"opponents=.*: expected a list of policies' names, at least one"):
        evaluate(GAME, ["random"], opponents=opponents)


def test_more_episodes_than_any_batch_holds_are_refused():
    with pytest.raises(ParameterError, match=r"episodes=1099511627776: expected an integer in \[1, 16777216\]"):
        evaluate(GAME, ["random"], episodes=2**40)


@pytest.mark.parametrize("spec", [5, None, ["tit_for_tat"], b"tit_for_tat"])
def test_a_policy_is_made_from_a_string(spec):
    with pytest.raises(ParameterError, match=r"policy .*: expected a string, such as 'tit_for_tat' or 'onnx:policy"):
        make_policy(spec, GAME)


@pytest.mark.parametrize(
    "twice", [{"policies": ["random", "random"]}, {"policies": ["random"], "opponents": ["joss", "joss"]}]
)
def test_what_stands_there_twice_is_refused_before_anything_is_played(twice):
    told = []
    with pytest.raises(ParameterError, match="random against joss is to be played twice"):
        evaluate(GAME, **{"opponents": ["joss"], "episodes": 2, "progress": told.append, **twice})
    assert told == []


def test_a_run_tells_how_far_it_is_over_all_opponents():
    told = []
    evaluate(GAME, ["random"], opponents=["joss", "grudger"], episodes=3, horizon=5, progress=told.append)
    assert told[0] == "0 of 6 episodes: random against joss"
    assert told[-1] == "6 of 6 episodes: random against grudger"


def test_policies_that_are_made_already_stand_beside_strings():
    mine = Copycat(GAME)
    records = evaluate(GAME, [mine, "tit_for_tat"], opponents=["joss", mine], episodes=2, horizon=5)
    assert [(record.policies[0], record.matchup) for record in records[::2]] == [
        ("copycat", "joss"),
        ("copycat", "copycat"),
        ("tit_for_tat", "joss"),
        ("tit_for_tat", "copycat"),
    ]
    assert len(round_robin(GAME, [mine, "random"], repetitions=1, horizon=5)) == 4
