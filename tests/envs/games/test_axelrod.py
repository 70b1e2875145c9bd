"""Our strategies against facts measured with the Axelrod-Python library."""

import numpy as np
import pytest

from .matches import OURS, facts, letters, play, replies

DETERMINISTIC = facts("axelrod_deterministic.csv")
STOCHASTIC = facts("axelrod_stochastic.csv")


@pytest.fixture(scope="module")
def all_pairings():
    """Matches of 200 rounds of all pairings of the library's deterministic strategies."""
    return play([(OURS[row["first"]], OURS[row["second"]]) for row in DETERMINISTIC], turns=200)


def test_all_pairings_of_38_strategies_are_there():
    names = {row["first"] for row in DETERMINISTIC}
    assert len(names) == 38
    assert len(DETERMINISTIC) == 38 * 39 // 2


def test_deterministic_matches_score_exactly_as_in_the_axelrod_library(all_pairings):
    _, scores = all_pairings
    expected = [(float(row["first_score"]), float(row["second_score"])) for row in DETERMINISTIC]
    assert scores.tolist() == [list(pair) for pair in expected]


def test_deterministic_strategies_cooperate_as_often_as_in_the_axelrod_library(all_pairings):
    moves, _ = all_pairings
    expected = [[int(row["first_cooperation"]), int(row["second_cooperation"])] for row in DETERMINISTIC]
    assert (moves == 0).sum(axis=1).tolist() == expected


def test_deterministic_matches_begin_move_by_move_as_in_the_axelrod_library(all_pairings):
    moves, _ = all_pairings
    assert [letters(match[:12].ravel()) for match in moves] == [row["first_12"] for row in DETERMINISTIC]


def test_a_match_is_the_same_from_the_other_seat(all_pairings):
    moves, _ = all_pairings
    swapped, _ = play([(OURS[row["second"]], OURS[row["first"]]) for row in DETERMINISTIC], turns=200)
    assert np.array_equal(swapped, moves[:, :, ::-1])


@pytest.mark.parametrize("name", sorted({row["strategy"] for row in facts("axelrod_replies.csv")}))
def test_slips_of_the_own_hand_are_remembered_as_in_the_axelrod_library(name):
    rows = [row for row in facts("axelrod_replies.csv") if row["strategy"] == name]
    assert any(row["executed"] != row["meant"] for row in rows)
    for row in rows:
        assert replies(OURS[name], row["opponent"], row["executed"], int(row["length"])) == row["meant"]


def test_stochastic_strategies_earn_and_cooperate_in_the_mean_as_in_the_axelrod_library():
    matches, measures = 400, ("score", "opponent_score", "cooperation")
    pairings = [(OURS[row["strategy"]], OURS[row["opponent"]]) for row in STOCHASTIC]
    moves, scores = play([pairing for pairing in pairings for _ in range(matches)], turns=100)
    cooperation = (moves[:, :, 0] == 0).sum(axis=1)
    ours = np.column_stack([scores, cooperation]).reshape(len(pairings), matches, 3)
    theirs = np.array([[float(row[measure]) for measure in measures] for row in STOCHASTIC])
    their_error = np.array([[float(row[f"{measure}_error"]) for measure in measures] for row in STOCHASTIC])

    joint_error = np.hypot(ours.std(axis=1) / np.sqrt(matches), their_error)
    far = np.abs(ours.mean(axis=1) - theirs) > 4 * joint_error + 1e-4  # the facts have four decimals
    assert [(STOCHASTIC[row]["strategy"], STOCHASTIC[row]["opponent"]) for row in np.flatnonzero(far.any(axis=1))] == []
