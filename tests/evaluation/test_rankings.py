import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.rankings import (
    episode_scores,
    payoff_matrix,
    rank_by,
    rank_by_payoff,
    ranking_table,
)

from .examples import OPPONENTS, SKILLS, example_record, example_records

MEETING = {"policies": ("a", "b"), "policy_digests": ("1", "2"), "focal": (0, 1), "matchup": ""}


def row_of(ranking, policy):
    return next(row for row in ranking.rows if row.policy == policy)


def shown(ranking, width):
    console = Console(file=io.StringIO(), width=width)
    console.print(ranking_table(ranking, "A title"))
    return console.file.getvalue()


def test_the_best_policy_comes_first():
    ranking = rank_by_payoff(example_records())
    assert [row.policy for row in ranking.rows] == ["ppo", "tit_for_tat", "always_defect"]
    assert [row.rank for row in ranking.rows] == [1, 2, 3]


def test_lower_can_be_better():
    ranking = rank_by(example_records(), "payoff", higher_is_better=False)
    assert [row.policy for row in ranking.rows] == ["always_defect", "tit_for_tat", "ppo"]


def test_the_score_is_the_mean_payoff_of_a_step_over_opponents():
    records = example_records()
    for row in rank_by_payoff(records).rows:
        mine = [record for record in records if record.policies[0] == row.policy]
        by_opponent = {
            opponent: np.mean([r.returns[0] / r.length for r in mine if r.matchup == opponent])
            for opponent in OPPONENTS
        }
        assert {name: cell.value for name, cell in row.by_opponent.items()} == pytest.approx(by_opponent)
        assert row.score.value == pytest.approx(np.mean(list(by_opponent.values())))


def test_missing_episodes_do_not_shift_the_weights_of_opponents_and_are_counted():
    records = [
        record
        for record in example_records(luck=0, noise=0)
        if not (record.policies[0] == "ppo" and record.matchup == "random" and record.trial >= 10)
    ]
    row = row_of(rank_by_payoff(records), "ppo")
    assert row.score.value == pytest.approx(2.7)
    assert (row.played, row.planned) == (50, 80)
    assert {name: cell.n for name, cell in row.by_opponent.items()} == {"grudger": 40, "random": 10}


def test_an_opponent_never_met_counts_as_planned():
    records = [r for r in example_records() if not (r.policies[0] == "ppo" and r.matchup == "random")]
    row = row_of(rank_by_payoff(records), "ppo")
    assert (row.played, row.planned) == (40, 80)


def test_luck_shared_by_all_does_not_blur_the_ranks():
    ranking = rank_by_payoff(example_records(luck=2.0, noise=0.1))
    assert row_of(ranking, "tit_for_tat").score.high > row_of(ranking, "ppo").score.low
    assert [(row.rank_low, row.rank_high) for row in ranking.rows] == [(1, 1), (2, 2), (3, 3)]


def test_ranks_of_near_equals_overlap():
    ranking = rank_by_payoff(example_records(skills={"a": 2.0, "b": 2.001, "c": 3.0}, noise=0.5))
    assert [(row.rank_low, row.rank_high) for row in ranking.rows] == [(1, 1), (2, 3), (2, 3)]


def test_equals_share_a_rank():
    ranking = rank_by_payoff(example_records(skills={"b": 2.0, "a": 2.0, "c": 1.0}, luck=0, noise=0))
    assert [(row.policy, row.rank) for row in ranking.rows] == [("a", 1), ("b", 1), ("c", 3)]


def test_nineteen_of_twenty_intervals_hold_the_skill():
    """Also with a luck that all opponents share, which a bootstrap of single episodes would take for many."""
    scores = [
        rank_by_payoff(example_records({"ppo": 2.7}, episodes=40, luck=1.0, seed=k)).rows[0].score for k in range(200)
    ]
    assert np.mean([score.low <= 2.7 <= score.high for score in scores]) == pytest.approx(0.95, abs=0.05)


def test_seeds_of_their_own_for_each_opponent_are_fine():
    records = example_records()
    apart = [dataclasses.replace(r, seed=r.seed + 1000 * (r.matchup == "random")) for r in records]
    ours, theirs = rank_by_payoff(apart).rows[0].score, rank_by_payoff(records).rows[0].score
    assert ours.value == theirs.value
    assert ours.high - ours.low < theirs.high - theirs.low  # two independent halves of luck


def test_the_order_of_records_does_not_matter():
    records = example_records()
    ours, theirs = rank_by_payoff(records[::-1]).rows, rank_by_payoff(records).rows
    for one, other in zip(ours, theirs, strict=True):
        assert one.score == pytest.approx(other.score)
        assert (one.policy, one.rank_low, one.rank_high) == (other.policy, other.rank_low, other.rank_high)


def test_both_sides_of_a_meeting_are_measured_where_both_are_focal():
    records = [example_record(seed=k, trial=k, returns=(300.0, 100.0), metrics={}, **MEETING) for k in range(4)]
    ranking = rank_by_payoff(records)
    assert [(row.policy, row.score.value) for row in ranking.rows] == [("a", 3.0), ("b", 1.0)]
    assert [list(row.by_opponent) for row in ranking.rows] == [["b"], ["a"]]
    assert [(row.played, row.planned) for row in ranking.rows] == [(4, 4), (4, 4)]


def test_a_round_robin_counts_every_ordered_pair_and_a_policy_against_itself():
    names = {"a": "1", "b": "2"}
    records = [
        example_record(
            **(MEETING | {"policies": (first, second), "policy_digests": (names[first], names[second])}),
            **{"seed": k, "trial": k, "metrics": {}},
        )
        for first in names
        for second in names
        for k in range(4)
    ]
    for row in rank_by_payoff(records[:-1]).rows:
        assert set(row.by_opponent) == {"a", "b"}
        assert row.planned == 12
        assert row.played == (11 if row.policy == "b" else 12)


def test_two_seats_of_one_policy_count_as_their_mean():
    alone = {"policies": ("a", "a"), "policy_digests": ("1", "1"), "focal": (0, 1)}
    (row,) = rank_by_payoff([example_record(returns=(300.0, 100.0), metrics={}, **alone)]).rows
    assert row.score.value == 2.0


def test_a_metric_of_the_family_can_rank():
    metrics = [{"cooperation": (share, 0.0)} for share in (0.5, 0.7)]
    records = [example_record(trial=k, seed=k, metrics=metric) for k, metric in enumerate(metrics)]
    assert rank_by(records, "cooperation").rows[0].score.value == pytest.approx(0.6)
    assert rank_by(records, "return").rows[0].score.value == pytest.approx(0.1 + 0.2)


def test_a_metric_averages_the_episodes_that_have_it():
    metrics = [{"repair": (3.0, 0.0)}, {}, {"repair": (5.0, 0.0)}]
    records = [example_record(trial=k, seed=k, metrics=metric) for k, metric in enumerate(metrics)]
    (row,) = rank_by_payoff(records).rows
    assert row.metrics["repair"].value == 4.0


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "records: expected at least one"),
        ([example_record(), example_record()], r"the episode \(.*\) stands there twice"),
        ([example_record(), example_record(env_id="x")], "records of env_id .*: expected one task"),
        ([example_record(), example_record(params="{}")], "records of params .*: expected one task"),
        ([example_record(), example_record(rules_digest="x")], "records of rules_digest .*: expected one task"),
        (
            [example_record(), example_record(trial=1, policy_digests=("a2", "b2"))],
            "policy 'tit_for_tat': digests 'a1' and 'a2': expected one",
        ),
    ],
)
def test_records_that_do_not_belong_together_are_refused(records, message):
    with pytest.raises(ParameterError, match=message):
        rank_by_payoff(records)


def test_an_unknown_metric_lists_the_known_ones():
    message = "metric='welfare': no record of 'tit_for_tat' has it; known: payoff, return, a.b, cooperation"
    with pytest.raises(ParameterError, match=message):
        rank_by([example_record()], "welfare")


def test_a_payoff_matrix_has_the_best_row_on_top():
    records = example_records(opponents=("tit_for_tat", "random", "ppo"))
    matrix = payoff_matrix([r for r in records if r.policies[0] != r.matchup])
    assert matrix.policies == ("ppo", "tit_for_tat", "always_defect")
    assert matrix.opponents == ("ppo", "tit_for_tat", "random")
    assert np.isnan(matrix.means[0, 0])
    assert np.isnan(matrix.means[1, 1])
    mine = [r.returns[0] / r.length for r in records if r.policies[0] == "ppo" and r.matchup == "random"]
    assert matrix.means[0, 2] == pytest.approx(np.mean(mine))
    assert matrix.sizes.tolist() == [[0, 40, 40], [40, 0, 40], [40, 40, 40]]


def test_episode_scores_hold_every_episode():
    scores = episode_scores(example_records())
    assert {policy: len(values) for policy, values in scores.items()} == dict.fromkeys(SKILLS, 80)


def test_the_printed_table_says_who_leads_and_what_it_stands_on():
    text = shown(rank_by_payoff(example_records()[:-3]), width=100)
    lines = [line for line in text.splitlines() if "●" in line]
    assert [line.split()[1] for line in lines] == ["ppo", "tit_for_tat", "always_defect"]
    assert lines[0].index("●") > lines[1].index("●") > lines[2].index("●")
    assert "237 of 240 planned episodes; 95 % bootstrap intervals; payoff: reward per step" in text


def test_the_table_says_what_a_return_is_and_nothing_of_a_familys_metrics():
    assert "intervals; return: sum of the rewards of an episode" in " ".join(
        shown(rank_by(example_records(), "return"), width=100).split()
    )
    text = shown(rank_by(example_records(), "cooperation"), width=100)
    assert text.rstrip().endswith("95 % bootstrap intervals")


def test_numbers_are_whole_in_a_narrow_terminal():
    metrics = {"cooperation": (0.5, 0.5), "mutual_cooperation": (0.5, 0.5)}
    records = [dataclasses.replace(record, metrics=metrics) for record in example_records()]
    text = shown(rank_by_payoff(records), width=80)
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= 80


@pytest.mark.parametrize("width", [80, 100, 120])
def test_with_many_metrics_the_policy_and_its_payoff_stay_and_metrics_are_left_out(width):
    names = [f"share_of_something_{k}" for k in range(20)]
    metrics = dict.fromkeys(names, (0.5, 0.5))
    records = [dataclasses.replace(record, metrics=metrics) for record in example_records()]
    ranking = rank_by_payoff(records)
    text = shown(ranking, width=width)
    for row in ranking.rows:
        line = next(line for line in text.splitlines() if row.policy in line)
        assert f"{row.score.value:.3f}" in line
        assert f"{row.score.low:.3f} to {row.score.high:.3f}" in line
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    left_out = 20 - line.count("0.500")
    assert 0 < left_out < 20
    assert f"{left_out} metrics left out (" in text
    assert "--out" in text
    assert "left out" not in shown(ranking, width=300)


def test_long_names_give_way_before_numbers():
    records = [
        dataclasses.replace(
            record, policies=(f"{record.policies[0]}_of_a_name_that_is_far_too_long", *record.policies[1:])
        )
        for record in example_records()
    ]
    ranking = rank_by_payoff(records)
    text = shown(ranking, width=60)
    for row in ranking.rows:
        assert f"{row.score.low:.3f} to {row.score.high:.3f}" in text
        assert row.policy not in text


def test_a_table_of_one_certain_score_can_be_printed():
    assert "●" in shown(rank_by_payoff([example_record()]), width=80)


def test_markup_in_a_name_is_shown_as_it_is():
    odd = example_record(policies=("[red]x[/red]", "random"))
    assert "[red]x[/red]" in shown(rank_by_payoff([odd]), width=100)
