"""Runs that are killed and go on."""

import sys
from dataclasses import replace

import pytest

from dynenvs.core.errors import CorruptFile, MissingExtra, ParameterError
from dynenvs.evaluation.episodes import Matchup, evaluate, evaluation_seeds, play_matchups
from dynenvs.evaluation.journal import Journal
from dynenvs.evaluation.records import read_records, records_digest
from dynenvs.policies import make_policy

from .examples import example_record
from .patient import Patient

GAME = "dynenvs/RepeatedGame-v0"


class Killed(BaseException):
    """What a kill is to those inside."""


def run(out, *, kill_at=None, seeds=range(8), policy=None, **options):
    """Play eight episodes; at a step of one of them everything breaks off."""

    def fails(seed, step):
        if (seed, step) == kill_at:
            raise Killed

    policy = policy or Patient(concurrency=1, fails=fails)
    matchup = Matchup((policy, make_policy("joss", GAME)), "joss", (0,))
    options = {"horizon": 5, "notice": lambda text: None, **options}
    return play_matchups(GAME, [matchup], list(seeds), out=out, **options), policy


def killed(out, at, **options):
    with pytest.raises(Killed):
        run(out, kill_at=at, **options)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_killed_run_goes_on_where_it_was(tmp_path, suffix):
    whole, _ = run(tmp_path / f"whole{suffix}")
    out = tmp_path / f"x{suffix}"
    killed(out, (3, 2))
    assert not out.exists()
    resumed, policy = run(out, resume=True)
    assert sorted({game for game, _ in policy.log}) == [0, 1, 2, 3, 4]  # seeds 3 to 7, as a batch of five
    assert records_digest(resumed) == records_digest(whole) == records_digest(read_records(out))
    assert list(tmp_path.glob("*.partial")) == []


def test_a_run_may_be_killed_again_and_again(tmp_path):
    whole, _ = run(None)
    out = tmp_path / "x.jsonl"
    killed(out, (0, 0))
    for seed in range(1, 8):
        killed(out, (seed, 4), resume=True)
    resumed, policy = run(out, resume=True)
    assert len(policy.log) == 5
    assert records_digest(resumed) == records_digest(whole)


def test_a_finished_run_has_nothing_left_to_play(tmp_path):
    out = tmp_path / "x.jsonl"
    first, _ = run(out)
    again, policy = run(out, resume=True)
    assert policy.log == []
    assert again == first


def test_a_line_torn_by_a_kill_is_told_and_played_again(tmp_path):
    out, partial, told = tmp_path / "x.jsonl", tmp_path / "x.jsonl.partial", []
    killed(out, (3, 2))
    partial.write_bytes(partial.read_bytes()[:-20])
    resumed, policy = run(out, resume=True, notice=told.append)
    assert told == [f"{partial}: the last line was torn by a kill; its episode is played again"]
    assert len(policy.log) == 6 * 5
    assert records_digest(resumed) == records_digest(run(None)[0])


def test_damage_elsewhere_is_an_error(tmp_path):
    out, partial = tmp_path / "x.jsonl", tmp_path / "x.jsonl.partial"
    killed(out, (3, 2))
    partial.write_bytes(b"{}\n" + partial.read_bytes())
    with pytest.raises(CorruptFile, match=r"x\.jsonl\.partial, line 1: expected a field"):
        run(out, resume=True)


def test_what_an_earlier_run_left_is_not_lost_by_mistake(tmp_path):
    out = tmp_path / "x.jsonl"
    killed(out, (3, 2))
    left = (tmp_path / "x.jsonl.partial").read_bytes()
    with pytest.raises(ParameterError, match=r"an earlier run left it: go on with resume=True \(--resume\)"):
        run(out)
    assert (tmp_path / "x.jsonl.partial").read_bytes() == left


def test_records_of_a_finished_run_are_not_replaced_by_mistake(tmp_path):
    out = tmp_path / "x.jsonl"
    run(out)
    written = out.read_bytes()
    with pytest.raises(ParameterError, match=r"x\.jsonl: an earlier run left it: .*--resume\), or give another name"):
        run(out, seeds=range(100, 103))
    assert out.read_bytes() == written


def test_a_run_knows_of_episodes_that_were_never_begun():
    poor = Patient(concurrency=1, fails=lambda seed, step: "infrastructure" if seed >= 5 else None)
    matchups = [Matchup((poor, make_policy(name, GAME)), name, (0,)) for name in ("joss", "grudger")]
    records = play_matchups(GAME, matchups, range(8), horizon=5, notice=lambda text: None)
    assert (len(records), records.planned, records.is_whole) == (10, 16, False)


def test_episodes_that_could_not_be_finished_are_played_when_the_run_goes_on(tmp_path):
    out = tmp_path / "x.jsonl"
    poor = Patient(fails=lambda seed, step: "budget" if seed >= 5 else None)
    records, _ = run(out, policy=poor)
    assert len(records) == len(read_records(out)) == 5
    resumed, policy = run(out, resume=True)
    assert len(policy.log) == 3 * 5
    assert records_digest(resumed) == records_digest(run(None)[0])


def test_a_run_may_be_made_longer(tmp_path):
    out = tmp_path / "x.jsonl"
    evaluate(GAME, ["random"], opponents=["joss"], episodes=3, horizon=5, out=out)
    longer = evaluate(GAME, ["random"], opponents=["joss"], episodes=5, horizon=5, out=out, resume=True)
    assert longer == read_records(out)
    assert {record.planned for record in longer} == {5}
    assert [record.seed for record in longer] == evaluation_seeds(0, 5)
    assert records_digest(longer) == records_digest(
        evaluate(GAME, ["random"], opponents=["joss"], episodes=5, horizon=5)
    )


@pytest.mark.parametrize("changed", [{"seeds": range(1, 9)}, {"horizon": 6}, {"seeds": range(2)}])
def test_another_run_is_not_gone_on_with(tmp_path, changed):
    out = tmp_path / "x.jsonl"
    killed(out, (3, 2))
    with pytest.raises(ParameterError, match="holds an episode that this run does not plan: patient against joss"):
        run(out, resume=True, **changed)


def test_another_policy_of_the_same_name_does_not_take_over(tmp_path):
    class Another(Patient):
        def digest(self):
            return "f" * 16

    out = tmp_path / "x.jsonl"
    killed(out, (3, 2))
    with pytest.raises(ParameterError, match=r"trial 0 was played with policy_digests=\('0{16}'"):
        run(out, resume=True, policy=Another())


def test_there_must_be_a_file_to_go_on_with():
    with pytest.raises(ParameterError, match="resume=True: expected out"):
        run(None, resume=True)


def test_a_wrong_name_is_refused_before_anything_is_played(tmp_path):
    with pytest.raises(ParameterError, match=r"suffix of out='\.csv'"):
        run(tmp_path / "x.csv", kill_at=(0, 0))


def test_every_record_is_on_disk_as_soon_as_it_is_added(tmp_path):
    journal = Journal(tmp_path / "x.jsonl", resume=False, notice=print)
    for trial in range(3):
        journal.add([example_record(trial=trial, seed=trial)])
        again = Journal(tmp_path / "x.jsonl", resume=True, notice=print)
        assert again.find(example_record(trial=trial, seed=trial).identity) == replace(
            example_record(trial=trial, seed=trial)
        )


@pytest.mark.parametrize("name", ["taken.jsonl", "file/x.jsonl", "file/deeper/x.parquet"])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_played(tmp_path, name):
    (tmp_path / "taken.jsonl").mkdir()
    (tmp_path / "file").touch()
    policy = Patient(concurrency=1)
    with pytest.raises(ParameterError, match=rf"out='.*{name}': expected a (file to write|place where files can be)"):
        run(tmp_path / name, policy=policy)
    assert policy.log == []
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "taken.jsonl"]


def test_parquet_without_polars_is_refused_before_anything_is_played(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    policy = Patient(concurrency=1)
    with pytest.raises(MissingExtra, match=r'a \.parquet file of records needs polars: pip install "dynenvs\[eval\]"'):
        run(tmp_path / "x.parquet", policy=policy)
    assert policy.log == []
    assert list(tmp_path.iterdir()) == []
