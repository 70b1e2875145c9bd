import dataclasses
import datetime
import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs.evaluation.rankings import rank_by_payoff
from dynenvs.evaluation.records import records_digest
from dynenvs.leaderboard.boards import entry_from_records, read_board, read_boards, read_entries, write_entry

from ..evaluation.examples import example_record, example_records
from .examples import BOARD, make_board, make_entry, make_leaderboards

DAY = datetime.date(2026, 1, 31)


def make_from_records(board, records, policy="ppo", kind="rl"):
    return entry_from_records(board, records, policy, kind=kind, command="dynenvs evaluate", created=DAY)


def change_entry(board, change):
    """Write an entry, then change its JSON."""
    path = write_entry(board, make_entry())
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def complaint_about(board):
    try:
        read_entries(board)
    except CorruptFile as error:
        return str(error)
    return "nothing"


# ---------------------------------------------------------------- boards


def test_a_board_is_read_with_the_name_of_its_folder(tmp_path):
    board = read_board(make_board(tmp_path / "noisy"))
    assert (board.id, board.title, board.params) == ("noisy", "Noisy dilemma", {"noise": 0.02})
    assert board.planned == 80


def test_a_board_without_opponents_plans_its_episodes_once(tmp_path):
    assert read_board(make_board(tmp_path / "alone", opponents=[])).planned == 40


def test_folders_without_a_board_are_passed_over(tmp_path):
    make_leaderboards(tmp_path)
    (tmp_path / "notes").mkdir()
    assert [board.id for board in read_boards(tmp_path)] == ["empty", "noisy"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": None}, r"board\.json: title: expected this field, found none"),
        ({"title": ""}, r"board\.json: title='': expected text of visible characters"),
        ({"title": "a\u202eb"}, "title='a.*b': expected text of visible characters"),
        ({"titel": "x"}, "titel='x': no such field; known: about, columns, env_id"),
        ({"params": []}, r"params=\[\]: expected an object"),
        ({"higher_is_better": 1}, "higher_is_better=1: expected true or false"),
        ({"episodes": 0}, "episodes=0: expected an integer, at least 1"),
        ({"episodes": True}, "episodes=True: expected an integer, at least 1"),
        ({"seed": 2.0}, "seed=2.0: expected an integer, at least 0"),
        ({"opponents": ["a", "a"]}, r"opponents=\['a', 'a'\]: expected a list of different texts"),
        ({"opponents": [1]}, r"opponents=\[1\]: expected a list of different texts"),
    ],
)
def test_a_bad_board_is_named_with_key_value_and_expectation(tmp_path, changes, message):
    with pytest.raises(CorruptFile, match=message):
        read_board(make_board(tmp_path / "noisy", **changes))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"title": NaN}', '{"a": 1, "a": 2}', "\ufeff{}", "[" * 10**5])
def test_a_file_that_is_no_json_object_is_corrupt(tmp_path, text):
    folder = make_board(tmp_path / "noisy")
    (folder / "board.json").write_text(text, encoding="utf-8")
    with pytest.raises(CorruptFile, match=r"board\.json: "):
        read_board(folder)


@pytest.mark.parametrize("name", ["index", "Noisy", "a b", "-a", "ä"])
def test_a_folder_that_makes_no_page_name_is_refused(tmp_path, name):
    with pytest.raises(CorruptFile, match=f"folder '{name}': expected lower-case letters, digits"):
        read_board(make_board(tmp_path / name))


# ---------------------------------------------------------------- entries


def test_an_entry_survives_a_round_trip(tmp_path):
    board = make_board(tmp_path / "noisy")
    entry = make_entry(policy="sb3:runs/PPO ü", mean=0.1 + 0.2)
    path = write_entry(board, entry)
    assert read_entries(board) == [entry]
    assert path.parent == board / "results"


def test_the_entry_of_a_language_model_says_how_valid_its_replies_were(tmp_path):
    board = read_board(make_board(tmp_path / "noisy"))
    counts = {"decisions": 8, "replies": 10, "bad_replies": 2, "prompt_tokens": 70, "completion_tokens": 10}
    talked = {name: (float(value), 0.0) for name, value in counts.items()}
    records = [dataclasses.replace(record, counts=talked) for record in example_records()]
    entry = make_from_records(board, records, kind="llm")
    assert entry.metrics["valid_replies"].value == 0.8
    assert entry.metrics["tokens_per_decision"].value == 10.0
    assert "valid_replies" not in make_from_records(board, example_records()).metrics


def test_an_entry_written_again_takes_the_place_of_the_older_one(tmp_path):
    board = make_board(tmp_path / "noisy")
    write_entry(board, make_entry(mean=2.0))
    write_entry(board, make_entry(mean=3.0))
    assert [entry.score.value for entry in read_entries(board)] == [3.0]
    assert len(list((board / "results").iterdir())) == 1


@pytest.mark.parametrize("policy", ["PPO", "p/o", "p:o", "../ppo", "ppo.json", "ポリシー", "x" * 500, "-"])
def test_odd_names_get_plain_files_of_their_own(tmp_path, policy):
    board = make_board(tmp_path / "noisy")
    paths = {write_entry(board, make_entry(policy=name)) for name in ("ppo", "p-o", policy)}
    assert len(paths) == 3
    assert all(path.parent == board / "results" and path.stem.isascii() for path in paths)
    assert {entry.policy for entry in read_entries(board)} == {"ppo", "p-o", policy}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.pop("kind"), r"results/ppo\.json: kind: expected this field, found none"),
        (lambda e: e.update(kind="human"), "kind='human': expected one of 'scripted', 'rl', 'llm'"),
        (lambda e: e.update(kind=[]), r"kind=\[\]: expected one of"),
        (lambda e: e.update(policy="a\nb"), r"policy='a\\nb': expected text of visible characters"),
        (lambda e: e.update(note=1), "note=1: no such field"),
        (lambda e: e.update(score=2.5), "score=2.5: expected an object"),
        (lambda e: e["score"].update(mean="2"), r"score\.mean='2': expected a finite number"),
        (lambda e: e["score"].update(mean=1e308), r"score\.mean=1e\+308: expected a finite number"),
        (lambda e: e["score"].update(low=2.6), r"score\.low=2.6: expected at most the mean, 2.5"),
        (lambda e: e["score"].update(high=2.4), r"score\.high=2.4: expected at least the mean, 2.5"),
        (lambda e: e["score"].update(extra=0), r"score\.extra=0: no such field"),
        (lambda e: e["score"].update(mean=2.51), "score=.*: expected the mean over by_opponent, 2.5"),
        (lambda e: e["by_opponent"]["random"].update(n=0), r"by_opponent\.random\.n=0: expected an integer"),
        (lambda e: e["by_opponent"]["random"].update(n=3), "episodes=80: expected the 43 of by_opponent"),
        (lambda e: e["by_opponent"].update(bully=e["by_opponent"].pop("random")), "'bully' is no opponent"),
        (lambda e: e["metrics"].update({"\x07": {}}), "expected a key of visible characters"),
        (lambda e: e.update(planned=81), "planned=81: expected 80, as the board plans"),
        (lambda e: e.update(episodes=81), "episodes=81: expected at most the 80 planned"),
        (lambda e: e.update(records_sha256="0F" * 32), "records_sha256='0F.*: expected 64 hexadecimal digits"),
        (lambda e: e.update(created="20260131"), "created='20260131': expected a date such as '2026-01-31'"),
        (lambda e: e.update(created=20260131), "created=20260131: expected a date"),
        (lambda e: e["versions"].update(numpy=2), r"versions\.numpy=2: expected text"),
    ],
)
def test_a_bad_entry_is_named_with_key_value_and_expectation(tmp_path, change, message):
    board = make_board(tmp_path / "noisy")
    change_entry(board, change)
    with pytest.raises(CorruptFile, match=message):
        read_entries(board)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
places = st.sampled_from(
    [(name,) for name in ("policy", "kind", "planned", "episodes", "score", "by_opponent", "metrics", "created")]
    + [("score", "mean"), ("by_opponent", "random"), ("by_opponent", "random", "n"), ("versions", "numpy")]
    + [("unknown",), ("metrics", "unknown"), ("by_opponent", "unknown")]
)


@given(place=places, value=json_values)
def test_whatever_stands_in_a_file_it_is_read_or_reported(tmp_path_factory, place, value):
    folder = tmp_path_factory.mktemp("boards") / "noisy"
    board = make_board(folder)

    def change(values):
        *way, last = place
        for key in way:
            values = values[key]
        values[last] = value

    change_entry(board, change)
    assert re.match(r".*results/ppo\.json: |^nothing$", complaint_about(board), re.DOTALL)


def test_a_policy_cannot_stand_in_two_files(tmp_path):
    board = make_board(tmp_path / "noisy")
    path = write_entry(board, make_entry())
    path.with_name("copy.json").write_bytes(path.read_bytes())
    with pytest.raises(CorruptFile, match=r"ppo\.json: policy='ppo': stands in copy\.json as well"):
        read_entries(board)


# ---------------------------------------------------------------- entries of records


def test_an_entry_is_computed_from_the_records_of_its_policy(tmp_path):
    board, records = read_board(make_board(tmp_path / "noisy")), example_records()
    entry = make_from_records(board, records)
    row = rank_by_payoff(records).rows[0]
    assert (entry.policy, entry.score, entry.by_opponent) == (row.policy, row.score, row.by_opponent)
    assert (entry.episodes, entry.planned) == (80, 80)
    assert entry.policy_digest == "digest of ppo"
    assert entry.records_sha256 == records_digest(r for r in records if r.policies[0] == "ppo")
    assert entry.created == "2026-01-31"
    write_entry(tmp_path / "noisy", entry)
    assert read_entries(tmp_path / "noisy") == [entry]


def test_missing_episodes_stay_visible(tmp_path):
    board = read_board(make_board(tmp_path / "noisy"))
    entry = make_from_records(board, example_records()[:-9])
    assert (entry.episodes, entry.planned) == (77, 80)


def test_versions_that_differ_are_all_named(tmp_path):
    board = read_board(make_board(tmp_path / "noisy", opponents=["random"], episodes=4))
    records = [example_record(seed=k, trial=k, versions={"numpy": f"2.{k}"}) for k in (1, 0, 1)]
    records = [example_record(seed=k, trial=k, versions=r.versions) for k, r in enumerate(records)]
    assert make_from_records(board, records, "tit_for_tat", "scripted").versions == {"numpy": "2.0, 2.1"}


def test_a_world_without_opponents_makes_an_entry_without_them(tmp_path):
    board = read_board(make_board(tmp_path / "alone", opponents=[], episodes=4))
    alone = {"matchup": "", "policies": ("ppo",), "policy_digests": ("1",), "returns": (250.0,), "end_reasons": ("x",)}
    records = [example_record(seed=k, trial=k, metrics={}, reward_terms={}, **alone) for k in range(4)]
    entry = make_from_records(board, records)
    assert (entry.by_opponent, entry.score.value, entry.episodes) == ({}, 2.5, 4)
    write_entry(tmp_path / "alone", entry)
    assert read_entries(tmp_path / "alone") == [entry]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"env_id": "dynenvs/Other-v0"}, "env_id='dynenvs/RepeatedGame-v0': expected 'dynenvs/Other-v0', as board"),
        ({"params": {"noise": 0.5}}, "params='.*': expected '{\"noise\":0.5}', as board 'noisy' says"),
        ({"episodes": 41}, "planned=40: expected 41, as board 'noisy' says"),
        ({"opponents": ["random"]}, "matchup='grudger': expected an opponent of board 'noisy': random"),
    ],
)
def test_records_of_another_task_are_refused(tmp_path, changes, message):
    board = read_board(make_board(tmp_path / "noisy", **changes))
    with pytest.raises(ParameterError, match=message):
        make_from_records(board, example_records())


def test_a_policy_without_records_and_an_unknown_kind_are_refused(tmp_path):
    board = read_board(make_board(tmp_path / "noisy"))
    with pytest.raises(ParameterError, match="policy='dqn': expected records in which it is measured, found none"):
        make_from_records(board, example_records(), "dqn")
    with pytest.raises(ParameterError, match="kind='human': expected one of 'scripted', 'rl', 'llm'"):
        make_from_records(board, example_records(), kind="human")


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    board = make_board(tmp_path / "noisy")
    write_entry(board, make_entry())
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_entry(board, make_entry(mean=math.nan))
    assert read_entries(board) == [make_entry()]
    assert BOARD["episodes"] == 40


def test_what_a_run_is_called_by_is_no_parameter_of_a_world(tmp_path):
    with pytest.raises(CorruptFile, match="'seed' is no parameter of an environment: it is said beside params"):
        read_board(make_board(tmp_path / "noisy", params={"horizon": 5, "seed": 3}))


def test_an_entry_cannot_leave_its_opponents_out(tmp_path):
    board = make_board(tmp_path / "noisy")
    change_entry(board, lambda entry: entry.update(by_opponent={}))
    assert "by_opponent={}: expected the score against the opponents of the board" in complaint_about(board)
