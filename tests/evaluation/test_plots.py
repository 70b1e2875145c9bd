import sys

import numpy as np
import pytest
from PIL import Image

from dynenvs.core.errors import MissingExtra, ParameterError
from dynenvs.evaluation.plots import evolution_plot, payoff_boxes, payoff_heat_map, ranking_plot, save_plot
from dynenvs.evaluation.rankings import episode_scores, payoff_matrix, rank_by_payoff

from .examples import example_records

RECORDS = example_records(opponents=("tit_for_tat", "random"))
RECORDS = [record for record in RECORDS if record.policies[0] != record.matchup]


def shares(generations=30, strategies=12):
    fitness = np.linspace(0, 1, strategies)
    return np.exp(fitness * (1 + 0.2 * np.arange(generations)[:, None]))


PLOTS = {
    "ranking": lambda: ranking_plot(rank_by_payoff(RECORDS), "Ranking", highlight=["ppo"]),
    "heat map": lambda: payoff_heat_map(payoff_matrix(RECORDS), "Payoffs"),
    "boxes": lambda: payoff_boxes(episode_scores(RECORDS), "Episodes"),
    "evolution": lambda: evolution_plot(shares(), [f"s{k}" for k in range(12)], "Evolution"),
}
EACH_PLOT = pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS.keys())


def texts(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


@EACH_PLOT
def test_a_plot_is_light_and_has_its_title(plot, tmp_path):
    figure = plot()
    save_plot(figure, tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as image:
        assert min(image.size) > 300
        pixels = np.asarray(image.convert("L"))
    assert pixels[0, 0] == 255
    assert 0.02 < np.mean(pixels < 250) < 0.9
    assert figure.axes[0].get_title(loc="left")


@EACH_PLOT
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_plot_gives_the_same_bytes(plot, suffix, tmp_path):
    for name in ("one", "two"):
        save_plot(plot(), tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()


def test_the_ranking_stands_in_its_order_on_the_episodes_it_names():
    figure = PLOTS["ranking"]()
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [row.policy for row in rank_by_payoff(RECORDS).rows]
    assert figure.axes[0].yaxis_inverted()
    assert "200 of 200 planned episodes · 95 % bootstrap intervals" in texts(figure)


def test_a_meeting_that_never_was_is_no_payoff_of_zero():
    matrix = payoff_matrix(RECORDS)
    assert np.isnan(matrix.means).sum() == 1
    assert texts(PLOTS["heat map"]()).count("·") == 1


def test_boxes_are_sorted_by_their_means():
    labels = [label.get_text() for label in PLOTS["boxes"]().axes[0].get_yticklabels()]
    assert labels == ["ppo", "tit_for_tat", "always_defect"]


def test_evolution_names_the_largest_and_adds_up_the_others():
    shown = texts(PLOTS["evolution"]())
    last = shares()[-1] / shares()[-1].sum()
    assert f"s11  {100 * last[11]:.0f} %" in shown
    assert f"others  {100 * last[:4].sum():.0f} %" in shown


def test_a_dollar_sign_in_a_name_is_a_dollar_sign(tmp_path):
    figure = evolution_plot(np.ones((2, 1)), ["$x^2$ and $"])
    save_plot(figure, tmp_path / "plot.svg")
    labels = figure.findobj(lambda artist: "$x^2$ and $" in getattr(artist, "get_text", str)())
    assert labels
    assert not any(label.get_parse_math() for label in labels)  # as a formula it would be drawn otherwise


@pytest.mark.parametrize(
    ("population", "message"),
    [
        (np.ones((3, 2)), r"shares of shape \(3, 2\): expected \(generations, 1\)"),
        (np.ones(3), r"shares of shape \(3,\)"),
        (np.zeros((3, 1)), "expected finite numbers >= 0, not all 0"),
        (np.full((3, 1), -1.0), "expected finite numbers >= 0"),
        (np.full((3, 1), np.nan), "expected finite numbers >= 0"),
    ],
)
def test_shares_that_are_none_are_refused(population, message):
    with pytest.raises(ParameterError, match=message):
        evolution_plot(population, ["a"])


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"expected a name that ends in \.png, \.svg, \.pdf"):
        save_plot(PLOTS["evolution"](), tmp_path / "plot.jpg")


def test_a_plot_without_matplotlib_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r'pip install "dynenvs\[render\]"'):
        PLOTS["evolution"]()
