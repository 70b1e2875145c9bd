"""Recorded runs of the wargame, as tables and pictures are made of them."""

import numpy as np
import pytest

from dynenvs.envs.escalation.actions import NAMES
from dynenvs.evaluation.escalation import ranking, reproduce
from dynenvs.evaluation.escalation_plots import figures
from dynenvs.evaluation.plots import save_plot

from ..envs.escalation.recorded import random_rows, write_actions, write_run

POSTURE, ARM, VISIT, CITY, ATTACK, NUKE = 12, 17, 4, 14, 23, 25


def days_of(*actions):
    """Rows of a run in which Purple does the same to White every day."""
    return np.array([(day, 0, 1, action) for day in range(1, 15) for action in actions])


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Two models: one poses and poses, the other attacks a little; the charts map holds posing to be the worse."""
    clone = tmp_path_factory.mktemp("clone")
    for number in (1, 2, 3):
        posing = [POSTURE] * 6 + [VISIT] * number
        write_run(clone, days_of(*posing), "GPT-3.5", "Neutral", number)
        write_run(clone, days_of(ATTACK, *[VISIT] * number), "GPT-4", "Neutral", number)
        write_run(clone, random_rows(number), "Mine", "CyberAttack", number)
    write_actions(clone / "results/prompt_ablations/gpt-4/actions_v1/NoMessage A1.csv", days_of(ATTACK, CITY))
    write_actions(clone / "results/prompt_ablations/gpt-4/actions_v1/SysPrompt#freedom A3.csv", days_of(NUKE))
    return reproduce(clone)


def test_runs_are_gathered_by_scenario_and_model(found):
    assert found.num_runs == 9
    assert list(found.cells) == [("Neutral", "GPT-4"), ("Neutral", "GPT-3.5"), ("Cyberattack", "Mine")]
    assert {cell.num_runs for cell in found.cells.values()} == {3}
    assert (found.differing, found.misscored) == ((), ())


def test_what_was_published_of_a_cell_is_claimed_and_of_others_not(found):
    for claims in found.claims.values():
        assert [(claim.column, claim.row) for claim in claims] == [("Neutral", "GPT-4"), ("Neutral", "GPT-3.5")]


def test_a_cell_is_estimated_over_its_runs(found):
    cell = found.cells["Neutral", "GPT-4"]
    scores = [(28 - 2 * number) / 8 for number in (1, 2, 3)]
    assert cell.estimate("escalation").value == pytest.approx(np.mean(scores))
    assert cell.estimate("runs_with_nuclear") == (0, 0, 0)
    np.testing.assert_allclose(cell.escalation.mean, np.mean(scores))
    assert (cell.escalation.low[0], cell.escalation.high[0]) == (min(scores), max(scores))
    assert len(cell.military.mean) == 15
    assert cell.military.mean[0] == 6.875
    assert cell.shares.sum() == pytest.approx(1.0)


def test_models_that_change_places_are_found_with_their_differences(found):
    assert ranking(found.cells, "Neutral", "escalation") == ["GPT-4", "GPT-3.5"]
    assert ranking(found.cells, "Neutral", "escalation_charts") == ["GPT-3.5", "GPT-4"]
    (turn,) = found.turns
    assert (turn.scenario, turn.higher, turn.lower, turn.score) == ("Neutral", "GPT-4", "GPT-3.5", "escalation_charts")
    assert turn.before.value == pytest.approx((28 - 24) / 8)
    assert turn.after.value == pytest.approx((28 - 72) / 8)
    assert turn.after.low <= turn.after.value <= turn.after.high < 0


def test_changed_prompts_are_compared_where_their_runs_are(found):
    assert {(claim.row, claim.column): claim.ours.value for claim in found.ablations} == {
        ("gpt-4", "no messages"): 28 / 8,
        ("gpt-4", "action autonomy"): 60 / 8,
    }
    assert [claim.published for claim in found.rescored] == [9.51]


def test_actions_under_another_name_are_scored_again(tmp_path):
    names = list(NAMES)
    names[11] = "Publicly criticise target nation's actions"
    write_run(tmp_path, days_of(VISIT))
    write_actions(tmp_path / "results/prompt_ablations/gpt-4/actions_v1/NoMessage A1.csv", days_of(11), names)
    found = reproduce(tmp_path)
    assert [claim.ours.value for claim in found.ablations] == [0.0]
    assert [claim.ours.value for claim in found.rescored] == [12 / 8]


@pytest.mark.parametrize("name", ["escalation", "arms_race", "severity", "maps"])
def test_figures_name_models_and_scenarios_and_what_they_stand_on(name, found, tmp_path):
    figure = figures(found)[name]
    texts = {text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))}
    assert {"Neutral", "Cyberattack", "GPT-4", "GPT-3.5", "Mine"} <= texts
    assert any(text.startswith("3 recorded runs of each model and scenario") for text in texts)
    save_plot(figure, tmp_path / "one.png")
    save_plot(figures(found)[name], tmp_path / "two.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
