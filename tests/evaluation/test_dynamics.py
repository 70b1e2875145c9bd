"""Large populations: closed forms, known games, and what their ends are."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.dynamics import destinations, logit, random_starts, replicator, rest_state

HAWK_DOVE = [[-1, 2], [0, 1]]  # V = 2, C = 4
STAG_HUNT = [[4, 1], [3, 3]]
ROCK_PAPER_SCISSORS = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
GENEROUS = [[0, -1, 2], [2, 0, -1], [-1, 2, 0]]  # winning pays more than losing costs
STINGY = [[0, -2, 1], [1, 0, -2], [-2, 1, 0]]
THIRD = [1 / 3] * 3


def test_a_strategy_that_always_earns_more_spreads_as_the_logistic_function():
    advantage, start, moments = 0.7, 0.01, np.linspace(0, 20, 41)
    (followed,) = replicator([[advantage] * 2, [0.0] * 2], [[start, 1 - start]], time=20, samples=41)
    assert followed[:, 0] == pytest.approx(1 / (1 + (1 / start - 1) * np.exp(-advantage * moments)), abs=1e-5)


def test_hawks_and_doves_end_at_value_over_cost_from_everywhere():
    (end,) = destinations(HAWK_DOVE, replicator(HAWK_DOVE, random_starts(2, 200)))
    assert end.state.shares == pytest.approx([0.5, 0.5], abs=1e-9)
    assert (end.populations, end.resting, end.state.nash, end.state.stable) == (200, True, True, True)


def test_who_hunts_the_stag_depends_on_whether_two_thirds_do():
    starts = random_starts(2, 500, seed=3)
    hunting = replicator(STAG_HUNT, starts)[:, -1, 0] > 0.5
    assert (hunting == (starts[:, 0] > 2 / 3)).all()


def test_rock_paper_scissors_goes_round_for_ever():
    """The product of the shares is conserved (Hofbauer and Sigmund 1998, 7.6)."""
    followed = replicator(ROCK_PAPER_SCISSORS, random_starts(3, 20), time=50)
    products = followed.prod(axis=2)
    assert products == pytest.approx(products[:, :1].repeat(101, axis=1), rel=1e-4)
    (end,) = destinations(ROCK_PAPER_SCISSORS, followed)
    assert (end.populations, end.resting) == (20, False)
    assert rest_state(ROCK_PAPER_SCISSORS, THIRD).nash
    assert rest_state(ROCK_PAPER_SCISSORS, THIRD).stable is False


@pytest.mark.parametrize(("payoffs", "stable"), [(GENEROUS, True), (STINGY, False)])
def test_rock_paper_scissors_settles_where_winning_pays_more_than_losing_costs(payoffs, stable):
    ends = replicator(payoffs, [[0.4, 0.35, 0.25]], time=500)[:, -1]
    assert (np.abs(ends - 1 / 3).max() < 1e-3) == stable
    assert rest_state(payoffs, THIRD).stable == stable


def test_those_on_their_way_are_one_row_at_the_end_and_no_destination():
    starts = [[0.9, 0.1]] * 2 + [[0.1, 0.9]] * 3 + [[0.66666, 0.33334], [0.66667, 0.33333]]
    ends = destinations(STAG_HUNT, replicator(STAG_HUNT, starts, time=16))
    assert [(end.populations, end.resting) for end in ends] == [(3, True), (2, True), (2, False)]
    assert [end.state.shares.tolist() for end in ends[:2]] == [[0.0, 1.0], [1.0, 0.0]]


def test_who_is_absent_stays_so_and_shares_add_up_to_one():
    followed = replicator(np.random.default_rng(0).random((6, 6)), [[1, 2, 0, 3, 0, 1]], time=30)
    assert (followed[:, :, [2, 4]] == 0).all()
    assert followed.sum(axis=2) == pytest.approx(np.ones((1, 101)))


@pytest.mark.parametrize("noise", [0.05, 0.5, 100.0])
def test_the_logit_dynamics_rests_where_choices_repeat_themselves(noise):
    ends = logit(STAG_HUNT, random_starts(2, 10), noise=noise)[:, -1]
    earned = ends @ np.array(STAG_HUNT).T / noise
    chosen = np.exp(earned - earned.max(axis=1, keepdims=True))
    assert ends == pytest.approx(chosen / chosen.sum(axis=1, keepdims=True), abs=1e-6)
    if noise == 100.0:
        assert ends == pytest.approx(np.full((10, 2), 0.5), abs=0.01)


def test_many_populations_go_as_each_alone():
    starts = random_starts(3, 5)
    together = replicator(GENEROUS, starts)
    assert all((replicator(GENEROUS, [start])[0] == alone).all() for start, alone in zip(starts, together, strict=True))


@pytest.mark.parametrize(
    ("payoffs", "shares", "nash", "stable"),
    [
        ([[3, 0], [5, 1]], [0, 1], True, True),  # mutual defection
        ([[3, 0], [5, 1]], [1, 0], False, False),
        (STAG_HUNT, [2 / 3, 1 / 3], True, False),
        (HAWK_DOVE, [0.5, 0.5], True, True),
        ([[1, 1], [1, 1]], [1, 0], True, False),  # neutral drift
        ([[1, 1], [1, 0]], [1, 0], True, True),  # no worse against itself, better against the other
        ([[1, 1, 1], [1, 0, 3], [1, 3, 0]], [1, 0, 0], True, False),  # a mixture of two invades, neither alone does
        ([[1, 1, 1], [1, 0, 1.9], [1, 1.9, 0]], [1, 0, 0], True, True),
    ],
)
def test_equilibria_and_their_stability_are_told(payoffs, shares, nash, stable):
    state = rest_state(payoffs, shares)
    assert (state.nash, state.stable) == (nash, stable)
    assert (state.gain <= 1e-9) == nash


def test_stability_is_what_its_definition_says():
    """Against many mixtures, in random games where every strategy replies best to the state."""
    rng, told = np.random.default_rng(1), []
    for _ in range(60):
        payoffs = rng.normal(size=(4, 4))
        payoffs -= payoffs[:, :2].mean(axis=1, keepdims=True)  # all earn 0 against half and half of the first two
        state, mixtures = np.array([0.5, 0.5, 0, 0]), rng.dirichlet([0.3] * 4, 4000)
        better = np.einsum("i,ij,kj->k", state, payoffs, mixtures) - np.einsum(
            "ki,ij,kj->k", mixtures, payoffs, mixtures
        )
        told.append(rest_state(payoffs, state).stable)
        assert told[-1] == bool((better > 0).all()), payoffs
    assert {True, False} == set(told)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: replicator([[1, 2]], [[1]]), r"payoffs of shape \(1, 2\)"),
        (lambda: replicator(HAWK_DOVE, [[1, 2, 3]]), r"starts of shape \(1, 3\): expected \(populations, 2\)"),
        (lambda: replicator(HAWK_DOVE, [[1, 1], [-1, 2]]), r"starts: \[-1.0, 2.0\]: expected shares >= 0"),
        (lambda: replicator(HAWK_DOVE, [1, 2]), r"starts of shape \(2,\): expected \(populations, 2\)"),
        (lambda: replicator(HAWK_DOVE, [[1, 2], [1]]), "starts=.*: expected an array of numbers"),
        (
            lambda: replicator([[1e300, 0], [0, 1]], [[1, 2]]),
            r"payoffs: 1e\+300: expected numbers in \[-1e\+09, 1e\+09\]",
        ),
        (lambda: replicator([[0, -1e300], [0, 1]], [[1, 2]]), r"payoffs: -1e\+300: expected numbers"),
        (lambda: rest_state([[1e300, 0], [0, 1]], [1, 2]), r"payoffs: 1e\+300"),
        (lambda: replicator([[np.inf, 0], [0, 1]], [[1, 2]]), "payoffs: inf: expected finite numbers"),
        (
            lambda: replicator([[1e9, 0], [0, 1]], [[1, 2]]),
            r"differ by 1e\+09, time=100: 4e\+11 steps .* at most 1e\+10",
        ),
        (
            lambda: logit(HAWK_DOVE, [[1, 2]], noise=1e-6, time=1e4),
            "differ by 3, time=10000, noise=1e-06: 1.2e.11 steps",
        ),
        (lambda: logit([[1, 2, 3]], [[1, 2]]), r"payoffs of shape \(1, 3\): expected a square matrix"),
        (lambda: replicator(HAWK_DOVE, [[1, 2]], time=0), "time=0"),
        (lambda: replicator(HAWK_DOVE, [[1, 2]], samples=1), "samples=1"),
        (lambda: logit(HAWK_DOVE, [[1, 2]], noise=0), "noise=0"),
        (lambda: rest_state(HAWK_DOVE, [1, 2, 3]), r"shares of shape \(3,\): expected \(2,\)"),
        (lambda: rest_state(HAWK_DOVE, [-1, 2]), r"shares: \[-1.0, 2.0\]: expected shares >= 0"),
        (lambda: rest_state(HAWK_DOVE, [1, 1e308]), r"shares: \[1.0, 1e\+308\]: expected .* at most 1e\+09"),
        (
            lambda: destinations(HAWK_DOVE, [[1, 2]]),
            r"followed of shape \(1, 2\): expected \(populations, samples, 2\)",
        ),
        (lambda: destinations(HAWK_DOVE, np.ones((5, 4, 3))), r"followed of shape \(5, 4, 3\): .*samples, 2\)"),
        (lambda: destinations(HAWK_DOVE, np.ones((5, 1, 2))), r"\(5, 1, 2\): expected at least two samples"),
        (lambda: destinations(HAWK_DOVE, np.ones((0, 4, 2))), r"\(0, 4, 2\): expected \(populations, samples, 2\)"),
    ],
)
def test_what_is_no_population_is_refused(call, expected):
    with pytest.raises(ParameterError, match=expected):
        call()
