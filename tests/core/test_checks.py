"""Checks of parameters name the value and what was expected."""

from dataclasses import dataclass

import numpy as np
import pytest

from dynenvs.core.checks import (
    build_params,
    check_array,
    check_between,
    check_integer,
    check_one_of,
    check_options,
    integers_by_game,
    meant,
)
from dynenvs.core.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Params:
    growth_rate: float = 0.5
    horizon: int = 10

    def __post_init__(self):
        check_between("growth_rate", self.growth_rate, 0, 3, unit="per season", closed="neither")
        check_integer("horizon", self.horizon, 1)


@pytest.mark.parametrize("value", [-0.5, 0, 3, float("nan"), float("inf"), "1", None, True])
def test_a_number_outside_its_interval_is_refused(value):
    expected = rf"growth_rate={value!r}: expected a number in \(0, 3\) per season"
    with pytest.raises(ParameterError, match=expected):
        Params(growth_rate=value)


@pytest.mark.parametrize(("closed", "inside"), [("both", (0, 1)), ("left", (0,)), ("right", (1,)), ("neither", ())])
def test_ends_of_an_interval_belong_to_it_as_stated(closed, inside):
    for value in (0, 1):
        if value in inside:
            check_between("p", value, 0, 1, closed=closed)
        else:
            with pytest.raises(ParameterError):
                check_between("p", value, 0, 1, closed=closed)


@pytest.mark.parametrize("value", [0, 1.0, "3", True, None])
def test_only_integers_in_range_count_as_integers(value):
    with pytest.raises(ParameterError, match=f"horizon={value!r}: expected an integer at least 1"):
        Params(horizon=value)


def test_numpy_numbers_are_numbers():
    assert Params(growth_rate=np.float32(1), horizon=np.int8(3)).horizon == 3


@pytest.mark.parametrize(
    ("values", "axes", "told"),
    [
        ([1, 2, 3], ("rows", 3), r"shares of shape \(3,\): expected \(rows, 3\)"),
        ([[1, 2]], ("rows", 3), r"shares of shape \(1, 2\): expected \(rows, 3\)"),
        (np.empty((0, 3)), ("rows", 3), r"shares of shape \(0, 3\): expected \(rows, 3\)"),
        ([[1.0]], (1,), r"shares of shape \(1, 1\): expected \(1,\)"),
        ([[1, 2], [3]], (2, 2), r"shares=\[\[1, 2\], \[3\]\]: expected an array of numbers"),
        (["a"], (1,), r"shares=\['a'\]: expected an array of numbers"),
        ([1.0 + 2.0j], (1,), r"shares=\[\(1\+2j\)\]: expected an array of numbers"),
        (None, ("rows",), r"shares of shape \(\): expected \(rows,\)"),
        ([1.0, np.inf], (2,), "shares: inf: expected finite numbers"),
    ],
)
def test_an_array_that_does_not_fit_is_refused_with_its_shape_and_the_one_expected(values, axes, told):
    with pytest.raises(ParameterError, match=told):
        check_array("shares", values, *axes)


def test_an_array_that_fits_is_copied():
    given = np.array([[1.0, 2.0]])
    check_array("shares", given, "rows", 2)[0, 0] = 5.0
    assert given[0, 0] == 1.0


def test_a_choice_that_does_not_exist_lists_those_that_do():
    with pytest.raises(ParameterError, match="mode='c': expected one of 'a', 'b'"):
        check_one_of("mode", "c", ("a", "b"))


def test_a_misspelt_parameter_suggests_the_right_one():
    with pytest.raises(ParameterError, match=r"no parameter 'growth_rat'; did you mean 'growth_rate'\?"):
        build_params(Params, {"growth_rat": 1})
    with pytest.raises(ParameterError, match="Params has no parameter 'x'; known: growth_rate, horizon"):
        build_params(Params, {"x": 1})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mass", "; did you mean 'torso_mass' or 'left_leg_mass'?"),  # spelt, 'tasks' is nearer
        ("leg_mass", "; did you mean 'left_leg_mass'?"),
        ("frict", "; did you mean 'friction'?"),
        ("horizn", "; did you mean 'horizon'?"),
        ("wings", ""),
    ],
)
def test_what_holds_the_word_is_meant_rather_than_what_is_spelt_alike(name, told):
    assert meant(name, ("tasks", "horizon", "torso_mass", "left_leg_mass", "friction")) == told


@pytest.mark.parametrize("name", ["param", "parms", "prams", "Params", "parameters"])
def test_a_misspelt_option_of_a_reset_is_refused(name):
    with pytest.raises(ParameterError, match=rf"option '{name}': nobody takes it; did you mean 'params'\?"):
        check_options({name: {"horizon": 3}}, Params(), ("params", "episode_index"))


@pytest.mark.parametrize("name", ["render", "level", "seed", "state", "mask", 7, ("params",)])
def test_an_option_that_nobody_here_knows_may_be_a_wrappers(name):
    assert check_options({name: 1}, Params(), ("params", "episode_index", "reset_mask")) == {name: 1}


def test_one_integer_serves_all_games_or_grows_from_game_to_game():
    assert integers_by_game("episodes", 5, 3).tolist() == [5, 5, 5]
    assert integers_by_game("seeds", np.int64(5), 3, spread=True).tolist() == [5, 6, 7]
    assert integers_by_game("seeds", [2**64 - 1, 0, 1], 3).tolist() == [2**64 - 1, 0, 1]
    assert integers_by_game("seeds", 2**64 - 3, 3, spread=True).tolist() == [2**64 - 3, 2**64 - 2, 2**64 - 1]
    assert integers_by_game("seeds", 2**64 - 1, 3).tolist() == [2**64 - 1] * 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 2], r"seeds=\[1, 2\]: expected one integer, or 3, one a game; got 2"),
        (np.arange(1000), r"seeds=\[0, 1, 2, 3, 4, 5, \.\.\.\]: expected one integer, or 3, one a game; got 1000"),
        ([1, 2, -1], r"seeds: -1 for game 2: expected an integer in \[0, 2\^64\)"),
        ([1, 2, 1.5], "seeds: 1.5 for game 2: expected an integer in"),
        ([1, [2, 3], 4], r"seeds: \[2, 3\] for game 1: expected an integer in"),
        (-1, r"seeds=-1: expected an integer in \[0, 2\^64\)$"),
        (2**64, r"seeds=18446744073709551616: expected an integer in \[0, 2\^64\)$"),
        (2**64 - 2, r"seeds=18446744073709551614: .* in \[0, 2\^64\); the last of 3 games gets 2 more"),
        (True, "seeds=True: expected one integer, or 3"),
        ("7", "seeds='7': expected one integer, or 3"),
    ],
)
def test_integers_that_do_not_fit_the_batch_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        integers_by_game("seeds", values, 3, spread=True)


def test_an_integer_beyond_all_floats_is_out_of_range():
    with pytest.raises(ParameterError, match=r"mass=1000.*: expected a number in"):
        check_between("mass", 10**400, 0, 1)
