"""Recorded runs, read from a clone of the public repository or from one file."""

import json

import numpy as np
import pytest

from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs.envs.escalation.actions import ACTION_IDS, NAMES
from dynenvs.envs.escalation.row_measures import agrees
from dynenvs.envs.escalation.runs import RENAMED, read_ablations, read_runs

from .recorded import random_rows, write_actions, write_json, write_run


@pytest.fixture
def clone(tmp_path):
    write_run(tmp_path, random_rows(1))
    return tmp_path


def actions_of(clone):
    return clone / "results/actions_v3/GPT-4 Neutral A1.csv"


def variables_of(clone):
    return clone / "results/variables_v3/GPT-4 Neutral V1.csv"


def totals_of(clone):
    return clone / "evals/json_v6_exponential/GPT-4 Neutral A1_raw.json"


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def compact(run):
    """A run as the one file holds it."""
    totals = {str(day): total for day, total in enumerate(run.totals, start=1)}
    return {
        "a": run.rows.ravel().tolist(),
        "final": run.states[14].tolist(),
        "after_day7": run.states[7].tolist(),
        "es": totals,
    }


# A clone.


def test_what_was_logged_is_read_as_it_was(clone):
    (run,) = read_runs(clone)
    assert (run.model, run.scenario, run.number, run.name) == ("GPT-4", "Neutral", 1, "GPT-4 Neutral 1")
    np.testing.assert_array_equal(run.rows, random_rows(1))
    assert sorted(run.states) == list(range(15))
    assert agrees(run) == (True, True)


def test_runs_are_sorted_by_model_scenario_and_number(tmp_path):
    for model, scenario, number in [("GPT-4", "Neutral", 10), ("GPT-4", "Neutral", 2), ("Claude-2.0", "Invasion", 1)]:
        write_run(tmp_path, random_rows(number), model, scenario, number)
    assert [run.name for run in read_runs(tmp_path)] == ["Claude-2.0 Invasion 1", "GPT-4 Neutral 2", "GPT-4 Neutral 10"]


def test_both_spellings_of_the_cyberattack_are_one_scenario(tmp_path):
    write_run(tmp_path, random_rows(1), "Claude-2.0", "CyberAttack", 1)
    write_run(tmp_path, random_rows(2), "Claude-2.0", "Cyberattack", 6)
    assert {run.scenario for run in read_runs(tmp_path)} == {"Cyberattack"}


def test_scores_with_a_word_more_in_their_name_are_found(tmp_path):
    write_run(tmp_path, random_rows(1), evaluated="_claude-2.0_raw")
    assert agrees(read_runs(tmp_path)[0]) == (True, True)
    write_run(tmp_path, random_rows(2))  # and left where there are others
    assert agrees(read_runs(tmp_path)[0]) == (True, True)


def test_variables_that_spell_the_run_in_another_way_are_found(clone):
    variables_of(clone).rename(variables_of(clone).with_name("gpt 4 neutral V1.csv"))
    assert agrees(read_runs(clone)[0]) == (True, True)


def test_a_model_with_a_blank_in_its_name_is_the_same_model(tmp_path):
    write_run(tmp_path, random_rows(1), "Claude 2.0", "Cyberattack", 6)
    (run,) = read_runs(tmp_path)
    assert (run.model, run.scenario, run.number) == ("Claude-2.0", "Cyberattack", 6)


@pytest.mark.parametrize("name", ["wait", "Wait ", "Execute a full nuclear attack", ""])
def test_names_count_only_as_they_are_spelt(name, tmp_path):
    write_actions(tmp_path / "results/actions_v3/GPT-4 Neutral A1.csv", [(1, 0, 1, 0)], names=[name, *NAMES[1:]])
    write_run(tmp_path, [(1, 0, 1, -1)])
    write_actions(actions_of(tmp_path), [(1, 0, 1, 0)], names=[name, *NAMES[1:]])
    (run,) = read_runs(tmp_path)
    assert run.rows.tolist() == [[1, 0, 1, -1]]


def test_the_world_is_a_target_of_its_own(tmp_path):
    write_run(tmp_path, [(1, 3, 8, ACTION_IDS["Message"]), (1, 3, -1, ACTION_IDS["Message"])])
    (run,) = read_runs(tmp_path)
    assert run.rows[:, 2].tolist() == [8, -1]


def test_a_run_that_differs_is_noticed(clone):
    edit(variables_of(clone), "15,Orange,", "15,Orange,1")
    (run,) = read_runs(clone)
    assert agrees(run) == (False, True)
    totals = json.loads(totals_of(clone).read_text())
    totals[3]["Total"] += 2
    write_json(totals_of(clone), totals)
    assert agrees(read_runs(clone)[0]) == (False, False)


# Runs with a changed prompt.


def test_ablations_are_told_apart_by_their_file_names(tmp_path):
    folder = tmp_path / "results/prompt_ablations/gpt-4/actions_v1"
    for name in (
        "NoMessage A1",
        "NoMessage A2",
        "Nation#nations_configs_nations_v5_no_goals.csv A1",
        "GPT-4 Neutral A1",
    ):
        write_actions(folder / f"{name}.csv", [(1, 0, 1, 17)])
    found = read_ablations(tmp_path)
    assert {key: len(rows) for key, rows in found.items()} == {("gpt-4", "no messages"): 2, ("gpt-4", "no goals"): 1}


def test_actions_that_bore_another_name_are_taken_for_what_they_are_if_asked(tmp_path):
    names = list(NAMES)
    for other, known in RENAMED.items():
        names[ACTION_IDS[known]] = other
    rows = [(1, 0, 1, ACTION_IDS[known]) for known in RENAMED.values()]
    path = tmp_path / "results/prompt_ablations/gpt-4/actions_v1/NoMessage A1.csv"
    write_actions(path, rows, names)
    (as_published,) = read_ablations(tmp_path)["gpt-4", "no messages"]
    (renamed,) = read_ablations(tmp_path, renamed=True)["gpt-4", "no messages"]
    assert as_published[:, 3].tolist() == [-1, -1, -1]
    assert renamed.tolist() == [list(row) for row in rows]


# One file.


def test_the_compact_form_holds_the_same_runs(clone):
    (run,) = read_runs(clone)
    path = clone / "runs.json"
    write_json(path, {"runs": {run.name: compact(run)}})
    (again,) = read_runs(path)
    np.testing.assert_array_equal(again.rows, run.rows)
    np.testing.assert_array_equal(again.totals, run.totals)
    for day in (7, 14):
        np.testing.assert_array_equal(again.states[day], run.states[day])
    assert read_ablations(path) == {}


def test_a_run_in_which_nothing_was_logged_is_a_run(tmp_path):
    write_run(tmp_path, np.empty((0, 4), np.int64))
    (run,) = read_runs(tmp_path)
    write_json(tmp_path / "runs.json", {"runs": {run.name: compact(run)}})
    (again,) = read_runs(tmp_path / "runs.json")
    assert run.rows.shape == again.rows.shape == (0, 4)
    assert agrees(run) == agrees(again) == (True, True)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"a": [1, 0, 1]}, "day, actor, target and action, one after another"),
        ({"a": ["x"] * 4}, "a: expected integers"),
        ({"a": [1, 0, 1, 2.5]}, "a: expected integers"),
        ({"a": [1, [0], 1, 2]}, "a: expected numbers"),
        ({"a": [10**30] * 4}, "a: expected integers"),
        ({"a": [1, 0, 1, 27]}, r"row 0, \[1, 0, 1, 27\]: expected action in"),
        ({"a": [15, 0, 1, 2]}, "day 15: expected days 1 to 14"),
        ({"final": [[1.0]]}, "day 14: expected ten finite variables"),
        ({"final": [["x"] * 10] * 8}, "final: expected numbers"),
        ({"final": [[float("inf")] * 10] * 8}, "day 14: expected ten finite variables"),
        ({"es": {str(day): 10**400 for day in range(1, 15)}}, "day 1: total=10+: expected a number"),
        ({"es": {"1": 2}}, "a total for each of the days 1 to 14"),
        ({"es": {str(day): "many" for day in range(1, 15)}}, "day 1: total='many': expected a number"),
    ],
)
def test_a_run_that_is_none_is_refused_by_name(change, complaint, clone):
    (run,) = read_runs(clone)
    write_json(clone / "runs.json", {"runs": {run.name: compact(run) | change}})
    with pytest.raises(CorruptFile, match=rf"runs\.json, 'GPT-4 Neutral 1'.*{complaint}"):
        read_runs(clone / "runs.json")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "expected a log of github.com/jprivera44/EscalAItion, but"),
        ("[]", "expected an object with 'runs'"),
        ('{"runs": {"GPT-4": {}}}', "run 'GPT-4': expected model, scenario and number"),
        ('{"runs": {"GPT-4 Neutral 1": {}}}', "expected 'a', 'final', 'after_day7' and 'es'"),
    ],
)
def test_a_file_that_holds_no_runs_is_refused(text, complaint, tmp_path):
    path = tmp_path / "runs.json"
    path.write_text(text)
    with pytest.raises(CorruptFile, match=complaint):
        read_runs(path)


def test_a_file_without_a_single_run_is_refused(tmp_path):
    write_json(tmp_path / "runs.json", {"runs": {}})
    with pytest.raises(ParameterError, match="expected recorded runs, found none"):
        read_runs(tmp_path / "runs.json")


# What is wrong is named by file, line and value.


def test_a_folder_that_is_no_clone_is_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"no such file or folder; expected a clone of github\.com"):
        read_runs(tmp_path / "nowhere")
    with pytest.raises(ParameterError, match="with the folder results/actions_v3"):
        read_runs(tmp_path)


@pytest.mark.parametrize("place", [variables_of, totals_of])
def test_a_log_that_is_missing_is_named(place, clone):
    place(clone).unlink()
    with pytest.raises(CorruptFile, match=rf"{place(clone).name}: expected a log of .*, but no such file"):
        read_runs(clone)


def test_a_file_of_another_name_is_refused(clone):
    (clone / "results/actions_v3/notes.csv").touch()
    with pytest.raises(CorruptFile, match=r"notes\.csv: expected a name such as 'GPT-4 Neutral A1\.csv'"):
        read_runs(clone)


@pytest.mark.parametrize(
    ("place", "old", "new", "complaint"),
    [
        (actions_of, "day,self", "date,self", r"A1\.csv, line 1: expected the columns day, self, .*; no 'day'"),
        (actions_of, "\n1,", "\none,", r"A1\.csv, line 3: day='one': expected a number"),
        (actions_of, "\n1,", "\n99,", r"A1\.csv: row 1, .*: expected days in ascending order"),
        (variables_of, ",37.6,", ",lots,", r"V1\.csv, line 2: gdp='lots': expected a number"),
        (variables_of, ",37.6,", ",inf,", r"V1\.csv: expected finite variables of all 8 nations after day 0"),
        (variables_of, ",37.6,", ",nan,", r"V1\.csv: expected finite variables of all 8 nations after day 0"),
        (variables_of, "\n2,Purple", "\n1,Purple", r"V1\.csv, line 10: day=1, nation 'Purple': expected 0 or 2 to 15"),
        (variables_of, "0,Purple", "0,Mauve", r"V1\.csv, line 2: day=0, nation 'Mauve'"),
        (variables_of, "nation_name", "name", r"V1\.csv, line 1: .*no 'nation_name'"),
        (totals_of, '"Total"', '"Sum"', r"A1_raw\.json: expected a list of days, each with 'Day' and 'Total'"),
        (totals_of, '"Day": 1,', '"Day": 2,', r"A1_raw\.json: expected a total for each of the days 1 to 14"),
    ],
)
def test_a_wrong_cell_is_named_by_file_and_line(place, old, new, complaint, clone):
    edit(place(clone), old, new)
    with pytest.raises(CorruptFile, match=complaint):
        read_runs(clone)


def test_a_line_that_breaks_off_is_named(clone):
    path = variables_of(clone)
    path.write_text(path.read_text().rstrip().rsplit(",", 3)[0])
    with pytest.raises(CorruptFile, match=r"V1\.csv, line 121: no '"):
        read_runs(clone)


def test_a_file_that_is_no_text_is_refused(clone):
    actions_of(clone).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorruptFile, match=r"A1\.csv: expected a log of"):
        read_runs(clone)
