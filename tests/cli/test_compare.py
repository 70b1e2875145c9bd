"""``dynenvs compare`` and ``dynenvs measure``."""

import pytest
from click.testing import CliRunner

from dynenvs.cli import main
from dynenvs.evaluation.records import read_records
from dynenvs.policies import RandomPolicy

GAME = "dynenvs/RepeatedGame-v0"


def run(*arguments):
    return CliRunner(env={"COLUMNS": "120"}).invoke(main, [str(argument) for argument in arguments])


def row(shown, *begins):
    """The cells after the first words of the one row that begins so."""
    (found,) = [line.split() for line in shown.splitlines() if line.split()[: len(begins)] == list(begins)]
    return found[len(begins) :]


def test_each_change_is_compared_with_the_same_seeds():
    changes = ("--change", 'labels=["F", "J"]', "--change", "execution_noise=0.2")
    result = run("compare", GAME, "tit_for_tat", "--opponents", "tit_for_tat", "--episodes", 10, *changes)
    assert result.exit_code == 0, result.output
    words, noise = result.output.split("execution_noise=0.2: 10 pairs of episodes")
    assert 'labels=["F", "J"]: 10 pairs' in words
    assert row(words, "payoff") == ["3.000", "3.000", "+0.000", "+0.000", "to", "+0.000"]
    assert row(noise, "payoff")[2].startswith("-")


def test_the_familys_measures_stand_before_and_after():
    options = ("--opponents", "joss,random", "--episodes", 10, "--change", "execution_noise=0.2", "-p", "horizon=30")
    shown = run("compare", GAME, "generous_tit_for_tat", *options).output
    before, _, _, _, after, *_ = row(shown, "cooperation_after_cc")
    assert before == "1.000"
    assert float(after) < 0.95


def test_a_comparison_is_recorded_way_by_way_and_goes_on(tmp_path):
    out, transcripts = tmp_path / "x.jsonl", tmp_path / "t"
    options = (
        "--opponents",
        "joss",
        "--episodes",
        2,
        "-p",
        "horizon=5",
        "--change",
        "execution_noise=0.2",
        "--seat",
        1,
    )
    options += ("--out", out, "--transcripts", transcripts)
    assert run("compare", GAME, "random", *options).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t", "x-1.jsonl", "x-before.jsonl"]
    assert {record.focal for record in read_records(tmp_path / "x-1.jsonl")} == {(1,)}
    assert sorted(path.name for path in transcripts.iterdir()) == ["1", "before"]
    assert "an earlier run left it" in run("compare", GAME, "random", *options).output.replace("\n", " ")
    assert run("compare", GAME, "random", *options, "--resume").exit_code == 0


LONG = f"python:{__name__}:long_name"


def long_name(env_id):
    return RandomPolicy("llm:smollm2?memory=window:5&reflection=true&persona=a banker")


@pytest.mark.parametrize("command", ["compare", "measure", "evaluate"])
def test_long_names_are_whole_in_eighty_columns(tmp_path, command):
    out, narrow = tmp_path / "x.jsonl", CliRunner(env={"COLUMNS": "80"})
    options = ["--opponents", "joss", "--episodes", "3", "-p", "horizon=5", "-p", "execution_noise=0.1"]
    arguments = ["evaluate", GAME, LONG, *options, "--out", str(out)]
    result = narrow.invoke(main, arguments)
    if command == "compare":
        result = narrow.invoke(main, ["compare", GAME, LONG, *options, "--change", "framing=losses"])
    if command == "measure":
        result = narrow.invoke(main, ["measure", str(out)])
    assert result.exit_code == 0, result.output
    for part in ("llm:smollm2", "memory=window:5", "reflection=true", "persona=a banker"):
        assert part in result.output
    assert max(map(len, result.output.splitlines())) <= 80


def test_a_change_that_cannot_be_is_refused():
    result = run("compare", GAME, "tit_for_tat", "--change", "framing=loss")
    assert result.exit_code != 0
    assert "framing='loss': expected one of" in result.output


def test_measures_are_printed_for_every_policy(tmp_path):
    records = tmp_path / "records.jsonl"
    opponents = ("--opponents", "random", "--episodes", 5)
    assert run("evaluate", GAME, "tit_for_tat", "always_cooperate", *opponents, "--out", records).exit_code == 0
    result = run("measure", records)
    assert result.exit_code == 0, result.output
    first, second = result.output.split("always_cooperate")
    assert row(first, "retaliation")[0] == "1.000"
    assert row(second, "retaliation")[0] == "0.000"
    assert "never came up: cooperation_after_dc" in second
    assert row(second, "exploitability")[0] == "2.000"


def test_measures_of_words_that_nobody_said_are_no_rows_of_nan(tmp_path):
    records, wargame = tmp_path / "records.jsonl", "dynenvs/Escalation-v0"
    told = ("-p", "messages=true", "-p", "days=2", "--opponents", "dove", "--episodes", 2, "--out", records)
    assert run("evaluate", wargame, "hawk", *told).exit_code == 0
    result = run("measure", records)
    assert result.exit_code == 0, result.output
    assert "nan" not in result.output
    assert "never came up: say_do_gap, broken_words, empty_threats" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("content", "message"), [("", "records of 0 tasks"), ("{}", "CorruptFile: "), (None, "no such file")]
)
def test_a_file_without_records_is_explained(tmp_path, content, message):
    path = tmp_path / "records.jsonl"
    if content is not None:
        path.write_text(content)
    result = run("measure", path)
    assert result.exit_code != 0
    assert message in result.output
    assert "Traceback" not in result.output
