"""Fronts: whom nobody beats in both metrics, and their picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.escalation_front import front_of_runs
from dynenvs.evaluation.fronts import Place, front_plot, stairs, unbeaten
from dynenvs.evaluation.plots import save_plot
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.quotes import read_quotes

from ..envs.escalation.recorded import PUBLISHED, ROOT, needs_published_runs

small = st.integers(0, 5)


@given(st.lists(st.tuples(small, small), min_size=1, max_size=12))
def test_everyone_else_is_beaten_by_somebody_on_the_front(goods):
    front = unbeaten(goods)
    for k, (a, b) in enumerate(goods):
        better = [j for j in front if goods[j] != (a, b) and goods[j][0] >= a and goods[j][1] >= b]
        assert bool(better) == (k not in front)
    along = [goods[k] for k in front]
    assert along == sorted(along, reverse=True)
    assert [up for _, up in along] == sorted(up for _, up in along)


def test_stairs_turn_where_the_next_one_begins_to_be_worse():
    assert stairs([(3, 0), (1, 1), (0, 2)]) == [(3, 0), (1, 0), (1, 1), (0, 1), (0, 2)]
    assert stairs([(1, 1)]) == [(1, 1)]


def place(across, up):
    return Place(Estimate(across, across - 0.5, across + 0.5), Estimate(up, up - 0.1, up + 0.1))


def test_a_plot_names_everybody_and_both_metrics(tmp_path):
    groups = {"scripted": {"dove": place(-6, 0.2), "hawk": place(20, 0.1)}, "learned": {"ppo": place(4, 0.6)}}
    figure = front_plot(groups, "Front", across="harm", up="gain")
    (axes,) = figure.axes
    assert {text.get_text() for text in axes.texts} == {"dove", "hawk", "ppo"}
    assert (axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()) == ("Front", "harm", "gain")
    assert axes.lines[0].get_xydata().tolist() == [[-6, 0.2], [4, 0.2], [4, 0.6]]
    save_plot(figure, tmp_path / "front.png")
    with Image.open(tmp_path / "front.png") as image:
        assert min(image.size) > 300


def test_those_who_share_a_place_are_named_side_by_side():
    figure = front_plot(
        {"a": {"dove": place(1, 1), "saint": place(1, 1)}, "b": {"hawk": place(2, 0)}}, across="x", up="y"
    )
    assert {text.get_text() for text in figure.axes[0].texts} - {""} == {"dove, saint", "hawk"}


def test_the_better_ends_can_be_turned(tmp_path):
    groups = {"all": {"low": place(0, 0), "high": place(1, 1)}}
    line = front_plot(groups, across="x", up="y", across_higher=True, up_higher=False).axes[0].lines[0].get_xydata()
    assert line.tolist() == [[1, 1], [0, 1], [0, 0]]


def test_a_plot_of_nobody_is_refused():
    with pytest.raises(ParameterError, match="expected at least one policy"):
        front_plot({"all": {}}, across="x", up="y")


@needs_published_runs
def test_what_the_board_quotes_comes_out_of_the_recorded_runs():
    from dynenvs.envs.escalation.runs import read_runs

    computed = front_of_runs(read_runs(PUBLISHED))
    quoted = {quote.policy: quote for quote in read_quotes(ROOT / "leaderboards/escalation_all_alike").quotes}
    assert {"GPT-4", "GPT-3.5", "Claude-2.0", "Llama-2-Chat", "GPT-4-Base"} <= set(quoted)
    assert computed.keys() == quoted.keys()
    for model, ((across, up), runs) in computed.items():
        assert quoted[model].episodes == runs
        assert quoted[model].metrics["escalation"] == pytest.approx(across, rel=1e-9)
        assert quoted[model].score == pytest.approx(up, rel=1e-9)
