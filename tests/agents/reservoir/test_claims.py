"""``dynenvs reproduce reservoir``: verdicts that are computed, tables, and pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.collections import FillBetweenPolyCollection, LineCollection

import dynenvs_agents.reservoir
from dynenvs.cli import main
from dynenvs.evaluation.statistics import Estimate, bootstrap
from dynenvs_agents.reservoir import variance
from dynenvs_agents.reservoir.body import BodyParams
from dynenvs_agents.reservoir.claims import CLAIMS, _exponent
from dynenvs_agents.reservoir.experiments import CONDITIONS
from dynenvs_agents.reservoir.figures import payoff_plot
from dynenvs_agents.reservoir.findings import Judgement, Study, ends, judge
from dynenvs_agents.reservoir.phases import GOVERNED, change_near_twenty, largest_change, measure_best, measure_phases

PAGE = Path(dynenvs_agents.reservoir.__file__).with_name("README.md")


@pytest.fixture(scope="module")
def study():
    return Study(3)


def test_the_command_judges_what_it_is_asked_and_draws_it_into_files_of_its_own(tmp_path):
    result = CliRunner().invoke(main, ["reproduce", "reservoir", "C5", "--seeds", "2", "--out", str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    assert "alpha around 200 rounds of defection" in result.output
    content = json.loads((tmp_path / "new/reservoir_C5.json").read_text(encoding="utf-8"))
    assert content["seeds"] == 2
    assert [claim["name"] for claim in content["claims"]] == ["C5"]
    assert content["claims"][0]["verdict"] in set(map(str, Judgement))
    assert all(content["claims"][0][part] for part in ("claim", "measured", "found"))
    assert content["tables"][0]["columns"][1:3] == ["100 rounds before", "2 rounds later"]
    assert (tmp_path / "new/alarm.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("given", "told"), [("C9", "'C9' is not one of"), ("--seeds=1", "1 is not in the range")])
def test_a_claim_that_is_none_is_refused(given, told):
    result = CliRunner().invoke(main, ["reproduce", "reservoir", given])
    assert result.exit_code == 2
    assert told in result.output


def test_the_body_decides_and_notices(study):
    (one,) = CLAIMS["C1"](study).judged
    assert one.judgement == Judgement.YES
    assert "100.0 % of the rounds of a defection" in one.found


def test_the_sentinel_is_reproduced_and_its_supremacy_is_not(study):
    assert CLAIMS["C5"](study).judged[0].judgement == Judgement.YES
    finding = CLAIMS["C7"](study)
    everywhere, *_, ours = finding.judged
    assert everywhere.judgement == Judgement.NO
    assert "less than 'static, 0.95' against one that reciprocates, slips in 5 %" in everywhere.found
    assert ours.claim.startswith("ours:")
    assert ours.judgement == Judgement.YES
    for payoffs in finding.evidence.values():
        assert payoffs.net("sentinel", 0.0) == pytest.approx(payoffs.raw["sentinel"] - payoffs.tools["sentinel"])
        assert payoffs.tools["tit for tat"] == pytest.approx(0.05)
        assert payoffs.alpha["static, 0.95"] == pytest.approx(0.95)


def test_who_has_not_read_the_paper_is_told_what_is_claimed_measured_and_found_in_words():
    shown = CliRunner().invoke(main, ["reproduce", "reservoir", "C1", "--seeds", "2"]).output
    assert shown.startswith("alpha     how far an agent trusts its body")
    lines = [line.split() for line in shown.splitlines() if line.strip()]
    parts = [words[1] if words[0] == "C1" else words[0] for words in lines]
    assert [part for part in parts if part in ("claim", "measured", "found", "verdict")] == [
        "claim",
        "measured",
        "found",
        "verdict",
    ]


@pytest.mark.parametrize("name", ["C1", "C5", "C7"])
def test_the_page_says_what_the_command_prints(study, name):
    """But for numbers, which are those of 20 bodies there."""
    page = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    told = [cells[1:3] for cells in page if cells[0] == f"| {name}"]
    assert told == [[one.claim, one.measured] for one in CLAIMS[name](study).judged]


def test_payoffs_are_drawn_with_their_intervals_and_over_all_conditions(study):
    evidence = CLAIMS["C7"](study).evidence
    payoffs = next(iter(evidence.values()))
    left, right = payoff_plot(evidence).axes
    assert [label.get_text() for label in left.get_yticklabels()] == [*CONDITIONS, "all conditions"]
    bars = [one for one in left.collections if isinstance(one, LineCollection)]
    for bar, (name, raw) in zip(bars, payoffs.raw.items(), strict=True):
        expected = [bootstrap(row) for row in (*raw, raw.mean(axis=0))]
        drawn = [(low, high) for (low, _), (high, _) in bar.get_segments()]
        assert drawn == pytest.approx(np.array([(one.low, one.high) for one in expected])), name
    assert len([one for one in right.collections if isinstance(one, FillBetweenPolyCollection)]) == 3


def test_delay_lines_have_a_ratio_of_their_length():
    line = variance.LINES[0]
    ratios = variance.measure_ratios(3, [line])
    np.testing.assert_allclose(ratios.median(line), variance.SIZES, rtol=0.15)
    assert ratios.slope(line) == pytest.approx(1.0, abs=0.1)


def test_a_constant_in_the_readout_makes_the_ratio_infinite_and_recurrence_is_no_need(monkeypatch):
    monkeypatch.setattr(variance, "SIZES", (5, 20, 50))
    kinds = ["readout with a constant", "no recurrence", "ridge 1e-1", "ridge 1e-4"]
    ratios = variance.measure_ratios(5, kinds)
    assert np.isinf(ratios.ratios[kinds[0]]).all()
    assert ratios.median("no recurrence")[-1] > 5 * ratios.median("no recurrence")[0]
    assert ratios.median("ridge 1e-4")[-1] > 30 * ratios.median("ridge 1e-1")[-1]


def test_verdicts_say_all_some_or_none():
    assert [judge(holds) for holds in ([True, True], [True, False], [False])] == [*Judgement]
    assert ends(Estimate(1.0, 0.5, 1.5), 1) == "1.0 (0.5 to 1.5)"


def test_an_exponent_is_that_of_the_power_law():
    distortion = np.outer([1.0, 0.5, 0.1, 0.0], [1.0, 2.0, 3.0])
    assert _exponent(distortion, 7 * distortion**1.5).value == pytest.approx(1.5)


def test_a_step_is_found_where_it_is_and_the_interval_says_how_sure_that_is():
    sizes, rng = (5, 10, 20, 40, 80), np.random.default_rng(0)
    step = np.array([0.0, 0.0, 1.0, 1.0, 1.0])[:, None] + 0.1 * rng.normal(size=(5, 8))
    assert np.unique(largest_change(sizes, step)) == pytest.approx([np.sqrt(200)])
    noise = largest_change(sizes, rng.normal(size=(5, 8)))
    assert len(np.unique(noise)) > 1


def test_trust_grows_with_the_length_of_regimes_and_not_with_the_size_of_the_body(monkeypatch):
    monkeypatch.setattr("dynenvs_agents.reservoir.phases.ROUNDS", 600)
    phases = measure_phases(3, BodyParams(), sizes=(10, 40))
    means = phases.alpha.mean(axis=2)
    assert (means[:, -1] > means[:, 0] + 0.1).all()
    assert np.abs(means[0] - means[1]).max() < 0.1
    assert phases.best().shape == means.shape
    assert np.array_equal(phases.payoffs["tit for tat"][0], phases.payoffs["tit for tat"][1])


def test_a_change_of_governance_is_seen_where_it_is_clear():
    below, above = [[1, 1, 0], [1, 1, 0]], [[2, 1, 0], [2, 1, 1], [2, 1, 0]]
    best = np.array([[*below, [1, 1, 0], *above]])
    assert change_near_twenty(best).tolist() == [[True, False, False]]


def test_a_price_of_complexity_decides_who_earns_most(monkeypatch):
    monkeypatch.setattr("dynenvs_agents.reservoir.phases.PRICED_SIZES", (10,))
    monkeypatch.setattr("dynenvs_agents.reservoir.phases._PRICED_ROUNDS", 300)
    best = measure_best(2, BodyParams())[:, 0]
    assert GOVERNED[best[0, 1]].name == "sentinel"
    assert GOVERNED[best[-1, 1]].name in ("alpha 0.95", "alpha 1")
