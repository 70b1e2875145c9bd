"""Sets of parameters: closed grids, corners, samples, points by name, and errors that name value and range."""

import numpy as np
import pytest

import dynenvs
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust.param_set import ParamSet

POLES = ParamSet(("masspole", "length"), low=(0.05, 0.1), high=(2.0, 2.5), nominal=(0.1, 0.5))


def test_a_grid_holds_both_ends_of_every_parameter_in_all_combinations():
    grid = POLES.grid(5)
    assert grid.shape == (25, 2)
    assert len(np.unique(grid, axis=0)) == 25
    np.testing.assert_array_equal(grid[[0, -1]], [POLES.low, POLES.high])  # exactly, not nearly
    np.testing.assert_allclose(np.unique(grid[:, 1]), [0.1, 0.7, 1.3, 1.9, 2.5])
    assert grid[1].tolist() == [0.05, pytest.approx(0.7)]  # the last one changes fastest


def test_corners_are_the_grid_of_two():
    assert POLES.corners().tolist() == [[0.05, 0.1], [0.05, 2.5], [2.0, 0.1], [2.0, 2.5]]


def test_a_parameter_that_is_certain_has_one_value():
    fixed = ParamSet(("a", "b"), (1.0, 0.0), (1.0, 1.0), (1.0, 0.5))
    assert fixed.grid(3).tolist() == [[1, 0], [1, 0.5], [1, 1]]
    assert fixed.corners().tolist() == [[1, 0], [1, 1]]


def test_samples_lie_within_and_reach_everywhere():
    points = POLES.sample(np.random.default_rng(0), 4000)
    assert points.shape == (4000, 2)
    assert (points >= POLES.low).all()
    assert (points <= POLES.high).all()
    middle = (POLES.low + POLES.high) / 2
    np.testing.assert_allclose(points.mean(axis=0), middle, rtol=0.05)
    assert POLES.sample(np.random.default_rng(0)).tolist() == points[0].tolist()


def test_points_have_names_both_ways():
    assert POLES.mapping([0.3, 0.6]) == {"masspole": 0.3, "length": 0.6}
    assert POLES.vector({"length": 2.0}).tolist() == [0.1, 2.0]
    columns = POLES.columns([[0.3, 0.6], [0.4, 0.7]])
    assert {name: values.tolist() for name, values in columns.items()} == {"masspole": [0.3, 0.4], "length": [0.6, 0.7]}


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda: POLES.mapping([0.3, 2.6]), r"length=2.6: expected a number in \[0.1, 2.5\]"),
        (lambda: POLES.mapping([np.nan, 1.0]), r"masspole=nan: expected a number in \[0.05, 2\]"),
        (lambda: POLES.mapping([0.3]), "expected 2 numbers, for masspole, length"),
        (lambda: POLES.columns([[0.3, 0.6], [9.0, 0.6]]), r"masspole=9.0: expected a number in \[0.05, 2\]"),
        (lambda: POLES.vector({"masspol": 1.0}), "parameter 'masspol': expected one of masspole, length"),
        (lambda: POLES.vector({"masspole": 3.0}), r"masspole=3.0: expected a number in \[0.05, 2\]"),
        (lambda: POLES.grid(1), "n=1: expected an integer at least 2"),
        (lambda: POLES.sample(np.random.default_rng(0), 0), "count=0: expected an integer at least 1"),
        (lambda: ParamSet((), (), (), ()), r"names=\(\)"),
        (lambda: ParamSet("ab", (0, 0), (1, 1), (0, 0)), "names='ab'"),
        (lambda: ParamSet(("a", "a"), (0, 0), (1, 1), (0, 0)), "expected different names"),
        (lambda: ParamSet(("a",), (0, 0), (1,), (0,)), r"low=\(0, 0\): expected 1 finite numbers"),
        (lambda: ParamSet(("a",), (0,), (np.inf,), (0,)), "high="),
        (lambda: ParamSet(("a",), (2,), (1,), (1,)), r"a: expected low <= high, got \[2, 1\]"),
        (lambda: ParamSet(("a",), (0,), (1,), (3,)), r"nominal a=3.0: expected a number in \[0, 1\]"),
    ],
)
def test_what_makes_no_sense_is_refused_with_name_value_and_range(broken, message):
    with pytest.raises(ParameterError, match=message):
        broken()


def test_the_set_cannot_be_changed_by_those_who_look_at_it():
    with pytest.raises(ValueError, match="read-only"):
        POLES.low[0] = 3.0


def test_a_world_names_its_own_set():
    params = dynenvs.make_params("dynenvs/RobustCartPole-v0", masspole=0.01, uncertainty={"masspole": (0.1, 1.0)})
    found = params.param_set
    assert (found.names, found.low.tolist(), found.high.tolist()) == (("masspole",), [0.1], [1.0])
    assert found.nominal.tolist() == [0.1]  # the nearest point of the set to what was given
