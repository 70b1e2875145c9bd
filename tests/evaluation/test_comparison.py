"""What a change does to a policy, told from pairs of episodes."""

import dataclasses

import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.comparison import compare
from dynenvs.evaluation.episodes import evaluate

from .examples import example_records

GAME = "dynenvs/RepeatedGame-v0"


def lowered(records, by, policy="ppo"):
    """The same episodes, in which one policy earned less a step."""
    return [
        dataclasses.replace(record, returns=(record.returns[0] - by * record.length, 0.0))
        if record.policies[0] == policy
        else record
        for record in records
    ]


def of(differences, policy, metric="payoff"):
    (found,) = [one for one in differences if (one.policy, one.metric) == (policy, metric)]
    return found


def test_only_what_changed_differs():
    records = example_records()
    differences = compare(records, lowered(records, 0.25))
    assert of(differences, "ppo").change.value == pytest.approx(-0.25)
    assert of(differences, "ppo").change.high == pytest.approx(-0.25)  # the luck of a seed cancels out
    assert of(differences, "ppo").after == pytest.approx(of(differences, "ppo").before - 0.25)
    assert of(differences, "tit_for_tat").change == (0.0, 0.0, 0.0)
    assert of(differences, "ppo", "cooperation").change.value == 0.0
    assert of(differences, "ppo").pairs == 80


def test_episodes_that_were_played_in_one_way_only_are_left_out():
    records = example_records()
    differences = compare(records, lowered(records, 0.25)[: len(records) // 2])
    assert of(differences, "ppo").pairs == 40


def test_the_order_of_records_makes_no_difference():
    records = example_records()
    changed = lowered(records, 0.25)
    assert of(compare(records, changed[::-1]), "ppo") == of(compare(records, changed), "ppo")


def test_nothing_to_compare_is_refused():
    records = example_records()
    with pytest.raises(ParameterError, match="expected episodes of the same policies, opponents and seeds, found none"):
        compare(records, [dataclasses.replace(record, seed=record.seed + 10**6) for record in records])


def test_whoever_reads_no_words_is_not_moved_by_them():
    run = {"opponents": ["random"], "episodes": 20, "execution_noise": 0.1}
    before = evaluate(GAME, ["tit_for_tat"], **run)
    after = evaluate(GAME, ["tit_for_tat"], **run, labels=["defect", "cooperate"], framing="losses")
    assert [found.change for found in compare(before, after)] == [(0.0, 0.0, 0.0)] * 3


def test_a_change_of_the_rules_is_seen():
    run = {"opponents": ["tit_for_tat"], "episodes": 20}
    differences = compare(
        evaluate(GAME, ["tit_for_tat"], **run), evaluate(GAME, ["tit_for_tat"], **run, execution_noise=0.1)
    )
    assert of(differences, "tit_for_tat").change.high < 0
