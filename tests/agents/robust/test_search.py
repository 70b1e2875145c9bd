"""The worst point of a box is found, on a grid and by CMA-ES, and both ends of the box belong to it."""

import numpy as np
import pytest

from dynenvs.envs.robust.param_set import ParamSet
from dynenvs_agents.robust.linear import LinearPolicy
from dynenvs_agents.robust.search import cma_search, grid_search, rollout_score

BOX = ParamSet(("a", "b"), low=(-1, 0), high=(3, 10), nominal=(0, 5))


def bowl(points):
    return ((points - [1.0, 2.5]) ** 2).sum(axis=1)


def slope(points):
    return -points.sum(axis=1)


def test_the_grid_holds_both_ends():
    found = grid_search(slope, BOX, n=5)
    assert found.point.tolist() == [3, 10]
    assert (found.value, found.evaluations) == (-13, 25)


def test_cma_es_finds_what_lies_within_and_what_lies_at_the_edge():
    inside = cma_search(bowl, BOX, generations=25, population=20, seed=1)
    assert inside.point == pytest.approx([1.0, 2.5], abs=0.05)
    edge = cma_search(slope, BOX, generations=25, population=20, seed=1)
    assert edge.value == pytest.approx(-13, abs=0.1)
    assert inside.evaluations == 500


def test_cma_es_looks_at_no_point_outside_and_repeats_itself():
    seen = []

    def noting(points):
        seen.append(points)
        return bowl(points)

    first, second = (cma_search(noting, BOX, generations=4, population=10, seed=3) for _ in range(2))
    points = np.concatenate(seen)
    assert (points >= BOX.low).all()
    assert (points <= BOX.high).all()
    assert first.point.tolist() == second.point.tolist()


def test_a_box_of_one_parameter_is_searched_too():
    line = ParamSet(("a",), low=(0,), high=(1,), nominal=(0.5,))
    found = cma_search(lambda points: np.abs(points[:, 0] - 0.3), line, generations=15, population=10)
    assert found.point == pytest.approx([0.3], abs=0.02)


def test_points_are_scored_by_mean_returns_from_the_same_starts():
    box = ParamSet(("masspole", "length"), low=(0.05, 0.1), high=(2.0, 2.5), nominal=(0.1, 0.5))
    score = rollout_score("dynenvs/RobustCartPole-v0", LinearPolicy([0, 0, 1, 0.5, 0]), box, episodes=3)
    points = np.array([box.nominal, box.nominal, box.low])
    values = score(points)
    assert values[0] == values[1] != values[2]
    discounted = rollout_score(
        "dynenvs/RobustCartPole-v0", LinearPolicy([0, 0, 1, 0.5, 0]), box, episodes=3, discount=0.5
    )
    assert discounted(points) == pytest.approx([2.0] * 3, abs=0.01)
