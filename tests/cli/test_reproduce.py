"""``dynenvs reproduce``."""

import sys
from importlib.metadata import EntryPoint

import click
import pytest
from click.testing import CliRunner

import dynenvs.cli
from dynenvs.cli import main
from dynenvs.cli.reproduce_escalation import escalation

from ..envs.escalation.recorded import random_rows, write_run


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def clone(tmp_path):
    for model in ("GPT-4", "GPT-3.5"):
        for number in (1, 2):
            write_run(tmp_path / "clone", random_rows(number), model, "Neutral", number)
    return tmp_path / "clone"


def test_published_numbers_stand_beside_ours_with_a_verdict(clone):
    result = run("reproduce", "escalation", "--runs", clone)
    assert result.exit_code == 0, result.output
    table = result.output.split("mean escalation score a nation-day, scorer map")[1].split("escalation score on day 1")[
        0
    ]
    (row,) = [line.split() for line in table.splitlines() if "GPT-3.5" in line]
    assert row[:4] == ["GPT-3.5", "20.87", "±", "2.96"]
    assert row[-1] in ("no", "error", "exactly")
    assert "4 of 4 runs replay bit for bit to their recorded variables." in result.output
    assert "4 of 4 runs have the published daily scores." in result.output
    assert "Of 34 published numbers " in result.output
    assert "The choice of the map turns no pair of models." in result.output  # both played the same
    assert "Runs with a changed prompt: none found" in result.output


def test_figures_are_drawn_where_asked(clone, tmp_path):
    result = run("reproduce", "escalation", "--runs", clone, "--out", tmp_path / "figures")
    assert result.exit_code == 0, result.output
    drawn = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert drawn == ["arms_race.png", "escalation.png", "maps.png", "severity.png"]
    assert all(name in result.output for name in drawn)


def test_runs_that_do_not_replay_are_named(clone):
    path = clone / "results/variables_v3/GPT-4 Neutral V2.csv"
    path.write_text(path.read_text().replace("15,Purple,5.0", "15,Purple,6.0"))
    result = run("reproduce", "escalation", "--runs", clone)
    assert "3 of 4 runs replay bit for bit to their recorded variables; not GPT-4 Neutral 2." in result.output


def test_models_of_which_nothing_was_published_are_measured_all_the_same(tmp_path):
    write_run(tmp_path, random_rows(1), "Mine", "Neutral", 1)
    result = run("reproduce", "escalation", "--runs", tmp_path)
    assert result.exit_code == 0, result.output
    assert "None of these models and scenarios has published numbers to compare with." in result.output
    assert "Mine" in result.output


def test_without_runs_it_says_where_to_get_them():
    result = run("reproduce", "escalation")
    assert result.exit_code != 0
    assert "git clone https://github.com/jprivera44/EscalAItion" in result.output
    assert "git -C EscalAItion checkout bdd1e51" in result.output
    assert "--runs EscalAItion" in result.output


def test_a_folder_that_is_no_clone_is_one_line(tmp_path):
    result = run("reproduce", "escalation", "--runs", tmp_path)
    assert result.exit_code != 0
    assert "expected a clone of github.com/jprivera44/EscalAItion" in result.output
    assert "Traceback" not in result.output


def test_figures_without_matplotlib_are_refused_before_anything_is_read(clone, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("reproduce", "escalation", "--runs", tmp_path / "nowhere", "--out", tmp_path)
    assert result.exit_code != 0
    assert 'pip install "dynenvs[render]"' in result.output


@pytest.mark.parametrize(("columns", "side_by_side"), [(80, False), (120, True)])
def test_on_a_narrow_terminal_scenarios_stand_one_below_the_other(columns, side_by_side, clone, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    escalation.main(["--runs", str(clone)], standalone_mode=False)
    shown = capsys.readouterr().out
    assert "…" not in shown
    first = next(line for line in shown.splitlines() if line.split()[:1] == ["GPT-4"])
    assert ("Neutral" not in first) == side_by_side


# Packages add parts of their own.


@pytest.fixture
def plugged(monkeypatch):
    @click.command()
    def mine():
        """Print a number of mine."""
        click.echo("reproduced")

    monkeypatch.setattr(sys.modules[__name__], "mine", mine, raising=False)
    entries = [EntryPoint("reproduce.mine", f"{__name__}:mine", "dynenvs.commands")]
    monkeypatch.setattr(
        dynenvs.cli, "entry_points", lambda group, name=None: [one for one in entries if name in (None, one.name)]
    )


@pytest.mark.usefixtures("plugged")
def test_a_package_can_add_its_own_part():
    assert {"escalation", "mine"} <= set(run("reproduce", "--help").output.split())
    assert run("reproduce", "mine").output == "reproduced\n"


@pytest.mark.usefixtures("plugged")
def test_a_part_is_no_command_of_its_own():
    assert "reproduce.mine" not in run("--help").output
    assert run("mine").exit_code != 0


def test_a_part_that_does_not_exist_is_refused():
    result = run("reproduce", "everything")
    assert result.exit_code != 0
    assert "No such command 'everything'" in result.output
