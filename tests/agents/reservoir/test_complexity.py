"""What a strategy costs the body, in nats: against what is known exactly."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs_agents.reservoir.complexity import (
    Moments,
    fixed_shrinkage,
    gaussian_kl,
    ledoit_wolf,
    nearest_neighbour_kl,
    principal_directions,
)

RNG = np.random.default_rng(0)


def test_the_divergence_of_gaussians_of_one_dimension_is_the_textbooks():
    one = Moments(np.array([1.0]), np.array([[4.0]]))
    base = Moments(np.array([0.0]), np.array([[1.0]]))
    assert gaussian_kl(one, base) == pytest.approx(np.log(1 / 2) + (4 + 1) / 2 - 1 / 2)
    assert gaussian_kl(one, one) == pytest.approx(0.0, abs=1e-12)


def test_the_divergence_does_not_depend_on_coordinates():
    A, shift = RNG.normal(size=(4, 4)), RNG.normal(size=4)
    one, base = (Moments(RNG.normal(size=4), np.cov(RNG.normal(size=(4, 50)))) for _ in range(2))
    turned = [Moments(A @ m.mean + shift, A @ m.covariance @ A.T) for m in (one, base)]
    assert gaussian_kl(*turned) == pytest.approx(gaussian_kl(one, base))


def test_a_singular_covariance_is_refused():
    flat = Moments(np.zeros(2), np.zeros((2, 2)))
    with pytest.raises(ParameterError, match="singular; shrink it first"):
        gaussian_kl(flat, flat)


def test_ledoit_wolf_is_the_formula_of_the_paper_term_by_term():
    states = RNG.normal(size=(40, 6)) @ RNG.normal(size=(6, 6))
    moments, share = ledoit_wolf(states)
    x = states - states.mean(axis=0)
    S = x.T @ x / 40
    m = np.trace(S) / 6
    d2 = np.linalg.norm(S - m * np.eye(6)) ** 2 / 6
    b2 = min(d2, sum(np.linalg.norm(np.outer(v, v) - S) ** 2 / 6 for v in x) / 40**2)
    assert share == pytest.approx(b2 / d2)
    np.testing.assert_allclose(moments.covariance, b2 / d2 * m * np.eye(6) + (1 - b2 / d2) * S)


def test_ledoit_wolf_shrinks_much_where_little_is_known_and_is_nearer_the_truth():
    truth = np.diag(np.linspace(1, 3, 30))
    few, many = (RNG.normal(size=(n, 30)) @ np.sqrt(truth) for n in (40, 20_000))
    assert ledoit_wolf(few)[1] > 0.3 > 0.05 > ledoit_wolf(many)[1]
    sample = np.cov(few.T, bias=True)
    assert np.linalg.norm(ledoit_wolf(few)[0].covariance - truth) < 0.6 * np.linalg.norm(sample - truth)


def test_fixed_shrinkage_adds_a_share_of_the_mean_variance():
    states = RNG.normal(size=(100, 3))
    S = np.cov(states.T, bias=True)
    np.testing.assert_allclose(fixed_shrinkage(states, 0.1).covariance, S + 0.1 * np.trace(S) / 3 * np.eye(3))


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (0.5, 1.0), (0.3, 0.7)])
def test_nearest_neighbours_find_the_divergence_of_gaussians(shift, scale):
    d, n = 3, 3000
    samples, base = shift + scale * RNG.normal(size=(n, d)), RNG.normal(size=(n, d))
    exact = gaussian_kl(Moments(np.full(d, shift), scale**2 * np.eye(d)), Moments(np.zeros(d), np.eye(d)))
    assert nearest_neighbour_kl(samples, base) == pytest.approx(exact, abs=0.1)


def test_nearest_neighbours_need_no_gaussian():
    samples, base = RNG.uniform(0, 0.5, (4000, 1)), RNG.uniform(0, 1, (4000, 1))
    assert nearest_neighbour_kl(samples, base) == pytest.approx(np.log(2), abs=0.05)


def test_principal_directions_whiten():
    states = RNG.normal(size=(500, 4)) @ np.diag([3.0, 2.0, 1.0, 0.1])
    projected = states @ principal_directions(states, 2)
    np.testing.assert_allclose(np.cov(projected.T, bias=True), np.eye(2), atol=1e-10)
    assert abs(np.corrcoef(projected[:, 0], states[:, 0])[0, 1]) > 0.99


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ledoit_wolf(np.zeros((1, 3))), r"states of shape \(1, 3\): expected at least 2 rows"),
        (lambda: fixed_shrinkage(np.zeros((5, 2)), -1.0), "share=-1"),
        (lambda: nearest_neighbour_kl(np.zeros((3, 1)), np.zeros((9, 1))), r"samples of shape \(3, 1\): .* 6 rows"),
        (lambda: nearest_neighbour_kl(np.zeros((9, 1)), np.zeros((9, 1))), "some coincide"),
        (lambda: principal_directions(np.zeros((9, 2)), 3), r"count=3: expected an integer in \[1, 2\]"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
