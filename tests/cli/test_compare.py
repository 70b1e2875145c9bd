"""``dynenvs compare`` and ``dynenvs measure``."""

import pytest
from click.testing import CliRunner

from dynenvs.cli import main

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
    assert row(words, "tit_for_tat", "payoff") == ["3.000", "3.000", "+0.000", "+0.000", "to", "+0.000"]
    assert row(noise, "tit_for_tat", "payoff")[2].startswith("-")


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
    assert row(second, "cooperation_after_dc")[0] == "never"
    assert row(second, "exploitability")[0] == "2.000"


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
