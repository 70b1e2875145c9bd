"""Evolution of populations: known answers, and what cannot be."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.evolution import fixation_probability, moran_process

RUNS = 20_000


def standard_error(share):
    return np.sqrt(share * (1 - share) / RUNS)


@pytest.mark.parametrize("num_players", [2, 5, 10])
def test_without_selection_every_player_is_as_likely_to_take_over(num_players):
    runs = moran_process(np.ones((2, 2)), [1, num_players - 1], runs=RUNS, seed=1, selection=0.0)
    assert abs(runs.fixed[0] - 1 / num_players) < 4 * standard_error(1 / num_players)


def test_neutral_drift_does_not_look_at_payoffs():
    assert fixation_probability([[1, 0], [100, 3]], 7, selection=0.0) == pytest.approx(1 / 7)


@pytest.mark.parametrize(
    "payoffs",
    [[[3, 0], [5, 1]], [[2, 2], [1, 1]], [[4, 1], [3, 3]]],
    ids=["cooperators among defectors", "a constant advantage", "stag hunters among hare hunters"],
)
def test_two_strategies_fixate_as_the_formula_says(payoffs):
    payoffs = np.array(payoffs) + 0.5  # no fitness of zero
    exact = fixation_probability(payoffs, 6, mutants=2)
    runs = moran_process(payoffs, [2, 4], runs=RUNS, seed=3)
    assert abs(runs.fixed[0] - exact) < 4 * standard_error(exact)


def test_a_constant_advantage_gives_the_textbook_fixation_probability():
    r, n = 2.0, 8
    assert fixation_probability([[r, r], [1, 1]], n) == pytest.approx((1 - 1 / r) / (1 - r**-n))


def test_every_run_ends_with_one_strategy_and_the_history_shows_the_first():
    runs = moran_process([[3, 1, 2], [2, 2, 2], [1, 3, 2]], [3, 3, 3], runs=50, seed=2)
    assert runs.fixed.sum() == pytest.approx(1.0)
    assert runs.history[0].tolist() == [3, 3, 3]
    assert sorted(runs.history[-1]) == [0, 0, 9]
    assert len(runs.history) == runs.steps[0] + 1
    assert (abs(np.diff(runs.history, axis=0)).sum(axis=1) <= 2).all()


def test_the_same_seed_gives_the_same_runs():
    first, again = (moran_process(np.eye(2) + 1, [3, 3], runs=100, seed=5) for _ in range(2))
    assert (first.steps == again.steps).all()
    assert (first.history == again.history).all()


@pytest.mark.parametrize(
    ("payoffs", "counts", "complaint"),
    [
        ([[1, 2, 3], [1, 2, 3]], [1, 1], "square"),
        ([[1, np.nan], [1, 1]], [1, 1], "finite"),
        (np.ones((2, 2)), [1, 1, 1], "2 integers"),
        (np.ones((2, 2)), [-1, 3], "2 integers"),
        (np.ones((2, 2)), [1, 0], "two players"),
        ([[0, 1], [1, 1]], [1, 1], "fitness 0"),
    ],
)
def test_what_is_no_population_is_refused(payoffs, counts, complaint):
    with pytest.raises(ParameterError, match=complaint):
        moran_process(payoffs, counts)
