"""Tournaments in one batch: the same as match by match, and as in the other library."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.envs.games import play_match
from dynenvs.envs.games.tournament import play_tournament

from .matches import OURS, facts


def test_the_scores_of_all_deterministic_strategies_are_those_of_the_axelrod_library():
    """Every pair, and every strategy's total: the whole table of a tournament."""
    rows = facts("axelrod_deterministic.csv")
    names = list(dict.fromkeys(OURS[row["first"]] for row in rows))
    played = play_tournament(names, turns=200, repetitions=2)
    expected = np.zeros((len(names), len(names)))
    for row in rows:
        first, second = names.index(OURS[row["first"]]), names.index(OURS[row["second"]])
        expected[second, first] = float(row["second_score"])
        expected[first, second] = float(row["first_score"])
    assert len(names) == 38
    assert (played.scores == expected).all()
    np.fill_diagonal(expected, 0)
    assert played.ranking()[0] == names[int(expected.sum(axis=1).argmax())]


def test_a_tournament_plays_the_matches_that_are_played_alone():
    names = ["joss", "gradual", "random"]
    played = play_tournament(names, turns=30, repetitions=2, noise=0.1, seed=7)
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    for repetition in range(2):
        for place, (first, second) in enumerate(pairs):
            seed = 7 + 6 * repetition + place
            alone = play_match(names[first], names[second], turns=30, noise=0.1, seed=seed)
            assert played.scores[repetition, first, second] == alone.scores_a[0]
            if first != second:
                assert played.scores[repetition, second, first] == alone.scores_b[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"names": []}, "at least one, each once"),
        ({"names": ["joss", "joss"]}, "at least one, each once"),
        ({"names": ["joss"], "turns": 0}, "turns=0"),
        ({"names": ["joss"], "repetitions": 0}, "repetitions=0"),
        ({"names": ["random"], "payoffs": (((1, 0), (0, 1)), ((0, 1), (1, 0)))}, "expected a symmetric game"),
    ],
)
def test_what_is_no_tournament_is_refused(arguments, expected):
    with pytest.raises(ParameterError, match=expected):
        play_tournament(**arguments)
