import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import read_board
from dynenvs.leaderboard.charts import axis_over, decimals_for, heat_map
from dynenvs.leaderboard.standings import standings

from .examples import make_board, make_entry

numbers = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
estimates = st.tuples(numbers, numbers, numbers).map(sorted).map(lambda three: Estimate(three[1], three[0], three[2]))


@given(st.lists(estimates, min_size=1, max_size=5))
def test_every_interval_lies_on_the_axis_between_few_round_ticks(intervals):
    axis = axis_over(intervals)
    assert all(0 <= axis.percent(end) <= 100 for interval in intervals for end in interval)
    assert all(0 <= axis.percent(tick) <= 100 for tick in axis.ticks)
    assert 2 <= len(axis.ticks) <= 7
    assert all(float(f"{tick:.{axis.decimals}f}") == pytest.approx(tick, abs=1e-9) for tick in axis.ticks)


def test_numbers_on_a_narrow_scale_do_not_run_together():
    axis = axis_over([Estimate(-0.026, -0.027, -0.025), Estimate(0.0638, 0.0634, 0.0642)])
    assert axis.ticks == pytest.approx((-0.02, 0.0, 0.02, 0.04, 0.06))
    assert axis.labels == pytest.approx((0.0, 0.04))
    assert axis.labels_within(300) == axis.ticks
    widest = axis_over([Estimate(-0.9, -1.0, -0.8), Estimate(5.0, 4.9, 5.1)])
    assert len(widest.labels) == len(widest.ticks)


def test_ticks_are_round():
    axis = axis_over([Estimate(2.7, 2.6, 2.8), Estimate(2.0, 1.9, 2.1)])
    assert axis.ticks == pytest.approx((2.0, 2.2, 2.4, 2.6, 2.8))
    assert axis.decimals == 1
    assert axis.percent(axis.low) == 0
    assert axis.percent(axis.high) == 100


def test_one_certain_score_has_an_axis():
    assert axis_over([Estimate(2.0, 2.0, 2.0)]).percent(2.0) == 50


@pytest.mark.parametrize(
    ("half", "decimals"), [(30.0, 0), (2.0, 0), (0.5, 1), (0.05, 2), (0.0004, 4), (1e-9, 4), (0, 2)]
)
def test_numbers_show_the_decimals_that_their_intervals_give_meaning_to(half, decimals):
    assert decimals_for([Estimate(1.0, 1.0 - half, 1.0 + half)]) == decimals


def test_a_heat_map_has_a_row_an_entry_and_a_column_an_opponent(tmp_path):
    board = read_board(make_board(tmp_path / "noisy"))
    half = make_entry("half", mean=1.0)
    only_random = {"random": half.by_opponent["random"]}
    places = standings(board, [make_entry("ppo"), make_entry("half", mean=1.5, by_opponent=only_random, episodes=40)])
    heat = heat_map(board, places)
    assert heat.opponents == ("grudger", "random")
    assert [row.policy for row in heat.rows] == ["ppo", "half"]
    ppo, half = (row.shades for row in heat.rows)
    assert [(shade.value, shade.step) for shade in ppo] == [(2.0, 3), (3.0, 10)]
    assert half[0] is None
    assert (half[1].value, half[1].step) == (1.5, 0)
