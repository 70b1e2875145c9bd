"""Normal noise: its distribution, and the table it stands on."""

import math

import numpy as np
import pytest
from scipy import stats

import dynenvs
from dynenvs.envs.games.normal import UP_TO

GAMES, ROUNDS = 4096, 60


@pytest.fixture(scope="module")
def deviations():
    """Draws, by round and game: what noise of 0.1 adds to a degree of 0.5, in tenths."""
    world = dynenvs.make_world(
        "dynenvs/ContinuousGame-v0", GAMES, horizon=ROUNDS, execution_noise=(0.1, 0.0), seats=["cooperate(0.5)"] * 2
    )
    world.reset(2026)
    drawn = []
    for _ in range(ROUNDS):
        world.step(world.idle_actions)
        drawn.append((world.state.degrees[:, 0] - 0.5) / 0.1)
    return np.array(drawn)


def test_draws_are_normal(deviations):
    assert stats.kstest(deviations.ravel(), "norm").pvalue > 1e-3


@pytest.mark.parametrize(("power", "moment", "variance"), [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)])
def test_their_moments_are_those_of_the_normal_distribution(deviations, power, moment, variance):
    assert (deviations**power).mean() == pytest.approx(moment, abs=4 * math.sqrt(variance / deviations.size))


@pytest.mark.parametrize("beyond", [1, 2, 3])
def test_large_deviations_are_as_rare_as_they_should_be(deviations, beyond):
    share = math.erfc(beyond / math.sqrt(2))
    assert (abs(deviations) > beyond).mean() == pytest.approx(share, abs=4 * math.sqrt(share / deviations.size))


def test_draws_do_not_depend_on_one_another(deviations):
    for one, other in ((deviations[1:], deviations[:-1]), (deviations[:, 1:], deviations[:, :-1])):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(0, abs=4 / math.sqrt(one.size))


def test_the_table_of_whole_parts_is_that_of_the_formula():
    chances = np.exp([-k * k / 2 for k in range(40)])
    up_to = (chances / chances.sum()).cumsum()
    assert list(UP_TO) == pytest.approx(up_to[: len(UP_TO)], abs=2e-16)
