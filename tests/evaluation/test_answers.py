"""What counts say of a policy."""

import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.answers import family_measures, refusals, usage
from dynenvs.evaluation.episodes import evaluate, round_robin

from .examples import example_record

GAME = "dynenvs/RepeatedGame-v0"


def talker(**counts):
    defaults = {
        "decisions": 10.0,
        "replies": 12.0,
        "bad_replies": 3.0,
        "prompt_tokens": 90.0,
        "completion_tokens": 10.0,
    }
    return {name: (value, 0.0) for name, value in {**defaults, **counts}.items()}


def test_measures_are_those_of_the_policy_over_all_its_opponents():
    records = evaluate(GAME, ["tit_for_tat", "grudger"], opponents=["always_defect", "random"], episodes=10)
    found = family_measures(records)
    assert list(found) == ["tit_for_tat", "grudger"]
    assert found["tit_for_tat"]["retaliation"].value == 1.0
    assert found["tit_for_tat"]["niceness"].number == 20
    assert found["grudger"]["forgiveness"].value == 0.0


def test_a_policy_is_measured_on_all_seats_that_it_holds():
    found = family_measures(round_robin(GAME, ["tit_for_tat", "alternator"], repetitions=3))
    rounds = sum(found["tit_for_tat"][f"cooperation_after_{last}"].number for last in ("start", "cc", "cd", "dc", "dd"))
    assert rounds == 3 * 100 * (2 + 1 + 1)  # against itself on both seats, against the other on either
    assert found["tit_for_tat"]["cooperation_after_cd"].value == 0.0


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (lambda: [], "records of 0 tasks: expected one"),
        (lambda: [example_record(), example_record(params="{}")], "records of 2 tasks: expected one environment"),
        (
            lambda: evaluate("dynenvs/PublicGoods-v0", ["random_legal"], episodes=1),
            "has no measures beyond the metrics",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(records, message):
    with pytest.raises(ParameterError, match=message):
        family_measures(records())


def test_usage_divides_sums_by_sums():
    records = [
        example_record(counts=talker()),
        example_record(seed=1, trial=1, counts=talker(replies=88.0, bad_replies=7.0, decisions=30.0)),
    ]
    used = usage(records, "tit_for_tat")
    assert used["valid_replies"].value == 0.9
    assert used["valid_replies"].low == 0.75  # of the first episode alone
    assert used["tokens_per_decision"].value == 200 / 40
    assert "cost_usd_per_episode" not in used


def test_refused_replies_are_told_of_whoever_had_some():
    policies = {"policies": ("llm:m", "llm:quiet"), "policy_digests": ("1", "2")}
    counts = {"replies": (5.0, 6.0), "bad_replies": (5.0, 0.0), "fallbacks": (3.0, 0.0)}
    more = counts | {"fallbacks": (2.0, 0.0)}
    records = [example_record(**policies, counts=counts), example_record(**policies, seed=1, trial=1, counts=more)]
    assert refusals(records) == ["llm:m: 10 replies, 10 refused, 5 turns played by the world's rule"]
    assert refusals([example_record()]) == []


def test_cost_is_told_where_prices_are_known():
    records = [example_record(seed=k, trial=k, counts=talker(cost_usd=0.25 * k)) for k in range(3)]
    assert usage(records, "tit_for_tat")["cost_usd_per_episode"].value == 0.25


def test_a_policy_that_says_nothing_uses_nothing():
    assert usage([example_record(counts={})], "tit_for_tat") == {}
    assert usage([example_record(counts={"replies": (0.0, 9.0)})], "tit_for_tat") == {}
