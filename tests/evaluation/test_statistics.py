import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.statistics import (
    LEVEL,
    bootstrap,
    interquartile_mean,
    mean,
    mean_ratio,
    paired_difference,
    probability_of_improvement,
    resample_counts,
    wilson_interval,
)

SAMPLE = np.random.default_rng(5).lognormal(size=60)


def once(values):
    return np.ones((1, len(values)), dtype=np.int64)


def share_covered(intervals, truth):
    return np.mean([low <= truth <= high for _, low, high in intervals])


# ---------------------------------------------------------------- weighted statistics


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 4)), min_size=1, max_size=30))
def test_a_weight_counts_a_value_so_many_times(pairs):
    values, weights = np.array([v for v, _ in pairs]), np.array([[w for _, w in pairs]])
    repeated = np.repeat(values, weights[0])
    if not len(repeated):
        assert np.isnan(mean(values, weights)[0])
        return
    assert mean(values, weights)[0] == pytest.approx(repeated.mean(), rel=1e-9, abs=1e-6)
    trimmed = scipy.stats.trim_mean(repeated, 0.25)
    assert interquartile_mean(values, weights)[0] == pytest.approx(trimmed, rel=1e-9, abs=1e-6)


def test_the_interquartile_mean_ignores_the_extremes():
    values = np.array([-1e9, 1.0, 2.0, 3.0, 4.0, 1e9, 2.0, 3.0])
    assert interquartile_mean(values, once(values))[0] == 2.5


# ---------------------------------------------------------------- bootstrap


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(mean, np.mean), (interquartile_mean, lambda x, axis: scipy.stats.trim_mean(x, 0.25, axis=axis))],
)
def test_the_interval_agrees_with_scipy(ours, theirs):
    estimate = bootstrap(SAMPLE, ours, seed=1)
    oracle = scipy.stats.bootstrap((SAMPLE,), theirs, method="percentile", n_resamples=20_000, rng=2)
    width = oracle.confidence_interval.high - oracle.confidence_interval.low
    assert estimate.value == pytest.approx(theirs(SAMPLE, axis=0))
    assert estimate[1:] == pytest.approx(tuple(oracle.confidence_interval), abs=0.05 * width)


@pytest.mark.parametrize("statistic", [mean, interquartile_mean])
def test_nineteen_of_twenty_intervals_hold_the_truth(statistic):
    rng = np.random.default_rng(11)
    intervals = [bootstrap(rng.normal(3.0, 2.0, 60), statistic, seed=k) for k in range(600)]
    assert share_covered(intervals, 3.0) == pytest.approx(LEVEL, abs=0.03)


def test_clusters_cover_where_single_values_are_too_sure_of_themselves():
    rng = np.random.default_rng(13)
    clusters = np.repeat(np.arange(40), 5)
    samples = [np.repeat(rng.normal(size=40), 5) + rng.normal(0, 0.3, 200) for _ in range(600)]
    together = [bootstrap(x, clusters=clusters, seed=k) for k, x in enumerate(samples)]
    assert share_covered(together, 0) == pytest.approx(LEVEL, abs=0.03)
    assert share_covered([bootstrap(x, seed=k) for k, x in enumerate(samples)], 0) < 0.75


def test_strata_take_the_differences_between_groups_out_of_the_interval():
    strata = np.repeat(["easy", "hard"], 30)
    values = np.where(strata == "easy", 10.0, 0.0) + np.random.default_rng(3).normal(size=60)
    apart, mixed = bootstrap(values, strata=strata), bootstrap(values)
    assert apart.value == mixed.value
    assert apart.high - apart.low < 0.3 * (mixed.high - mixed.low)


def test_a_seed_repeats_an_interval_and_another_one_moves_it_little():
    assert bootstrap(SAMPLE, seed=1) == bootstrap(SAMPLE, seed=1)
    first, second = bootstrap(SAMPLE, seed=1), bootstrap(SAMPLE, seed=2)
    assert first != second
    assert first.low == pytest.approx(second.low, abs=0.08 * (first.high - first.low))


def test_equal_values_leave_no_doubt():
    assert bootstrap([2.0, 2.0, 2.0]) == (2.0, 2.0, 2.0)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_every_stratum_keeps_its_size_in_every_resample(strata):
    counts = resample_counts(strata, np.random.default_rng(0), resamples=20)
    for stratum in set(strata):
        members = np.array(strata) == stratum
        assert (counts[:, members].sum(axis=1) == members.sum()).all()


def test_draws_are_the_same_in_blocks_of_any_size(monkeypatch):
    whole = resample_counts(np.zeros(50), np.random.default_rng(4), resamples=200)
    monkeypatch.setattr("dynenvs.evaluation.statistics._BLOCK", 150)
    np.testing.assert_array_equal(whole, resample_counts(np.zeros(50), np.random.default_rng(4), resamples=200))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"values": []}, r"values=\[\]: expected a list of finite numbers, at least one"),
        ({"values": [1.0, np.nan]}, r"values=\[ 1. nan\]: expected a list of finite numbers"),
        ({"values": [[1.0]]}, "expected a list of finite numbers"),
        ({"values": [1.0, 2.0], "clusters": [1]}, r"clusters of shape \(1,\): expected a label for each of 2"),
        ({"values": [1.0, 2.0], "clusters": [1, 1], "strata": [1, 2]}, "expected each cluster to lie in one"),
    ],
)
def test_a_sample_that_means_nothing_is_refused(arguments, message):
    with pytest.raises(ParameterError, match=message):
        bootstrap(**arguments)


# ---------------------------------------------------------------- comparisons and shares


def test_common_seeds_take_their_luck_out_of_a_difference():
    rng = np.random.default_rng(6)
    luck = rng.normal(0, 5, 50)
    better, worse = luck + 0.3 + rng.normal(0, 0.3, 50), luck + rng.normal(0, 0.3, 50)
    assert paired_difference(better, worse).low > 0
    assert bootstrap(better).low < bootstrap(worse).high
    with pytest.raises(ParameterError, match="lengths 2 and 1: expected pairs"):
        paired_difference([1.0, 2.0], [1.0])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_the_probability_of_improvement_is_that_of_mann_and_whitney(first, second):
    estimate = probability_of_improvement(first, second)
    u = scipy.stats.mannwhitneyu(first, second, method="asymptotic").statistic if len(set(first + second)) > 1 else None
    assert estimate.value == pytest.approx(0.5 if u is None else u / (len(first) * len(second)))
    assert 0 <= estimate.low <= estimate.high <= 1
    assert probability_of_improvement(second, first).value == pytest.approx(1 - estimate.value)


def test_the_probability_of_improvement_covers():
    rng = np.random.default_rng(7)
    truth = scipy.stats.norm.cdf(0.5 / np.sqrt(2))
    intervals = [probability_of_improvement(rng.normal(0.5, 1, 50), rng.normal(0, 1, 50), seed=k) for k in range(400)]
    assert share_covered(intervals, truth) == pytest.approx(LEVEL, abs=0.035)


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (0, 20), (7, 20), (20, 20), (499, 1000)])
def test_wilson_intervals_are_those_of_scipy(successes, trials):
    oracle = scipy.stats.binomtest(successes, trials).proportion_ci(LEVEL, method="wilson")
    assert wilson_interval(successes, trials) == pytest.approx((successes / trials, oracle.low, oracle.high))


@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3), (0, 0)])
def test_more_successes_than_trials_are_refused(successes, trials):
    with pytest.raises(ParameterError, match="expected an integer"):
        wilson_interval(successes, trials)


# ---------------------------------------------------------------- ratios


def test_a_ratio_weighs_long_episodes_more():
    found = mean_ratio([1.0, 0.0], [1.0, 9.0])
    assert found == (0.1, 0.0, 1.0)


def test_the_interval_of_a_ratio_holds_the_truth():
    rng = np.random.default_rng(3)
    intervals = []
    for k in range(300):
        wholes = rng.integers(1, 20, size=40)
        intervals.append(mean_ratio(rng.binomial(wholes, 0.3), wholes, seed=k))
    assert 0.90 < share_covered(intervals, 0.3) < 0.98


@pytest.mark.parametrize(
    ("parts", "wholes"), [([], []), ([1.0], [1.0, 2.0]), ([1.0], [0.0]), ([1.0, 1.0], [3.0, -1.0])]
)
def test_what_has_no_ratio_is_refused(parts, wholes):
    with pytest.raises(ParameterError):
        mean_ratio(parts, wholes)
