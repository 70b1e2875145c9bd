"""The commands as a user types them."""

import json
import re
import subprocess
import sys
from dataclasses import fields

import pytest
from click.testing import CliRunner

import dynenvs
from dynenvs.cli import COMMANDS, main
from dynenvs.evaluation.records import read_records
from dynenvs.evaluation.transcripts import replay_transcript
from dynenvs.leaderboard.boards import read_entries

GAME = "dynenvs/RepeatedGame-v0"


def run(*arguments):
    return CliRunner(env={"COLUMNS": "160"}).invoke(main, [str(argument) for argument in arguments])


def output(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def complaint(*arguments):
    result = run(*arguments)
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    return " ".join(result.output.split())


@pytest.mark.parametrize("command", [*COMMANDS, "train", "demo"])
def test_every_command_explains_itself(command):
    assert "Usage:" in output(command, "--help")


def test_the_installed_command_runs():
    done = subprocess.run([sys.executable, "-m", "dynenvs", "--version"], capture_output=True, text=True, check=True)
    assert dynenvs.__version__ in done.stdout


def test_list_shows_every_id():
    shown = output("list")
    assert all(env_id in shown for env_id in dynenvs.env_ids())


@pytest.mark.parametrize("env_id", dynenvs.env_ids())
def test_info_shows_parameters_spaces_and_background_policies(env_id):
    shown = output("info", env_id)
    world_type = dynenvs.registration.world_type(env_id)
    params = dynenvs.make_params(env_id)
    layout = world_type.describe(params)
    for field in layout.roles[0].observation.fields:
        assert field.name in shown
    for word in (fields(params)[0].name, "ends by", *world_type.background_policies()[:1]):
        assert word in shown


def test_info_lists_many_policies_in_columns_and_says_how_to_read_on():
    shown, names = run("info", GAME).output, dynenvs.registration.world_type(GAME).background_policies()
    listed = shown[shown.index(f"Background policies: {len(names)}, each") : shown.index("what each of them does:")]
    rows = [line.split() for line in listed.splitlines()[1:]]
    assert sorted(name for row in rows for name in row) == sorted(names)
    assert [row[0] for row in rows] == sorted(names)[: len(rows)]  # read downwards
    assert f"what each of them does: dynenvs info {GAME} --policies" in shown


def test_info_says_what_each_policy_does_if_asked():
    shown = output("info", GAME, "--policies")
    assert "tit_for_tat" in shown
    assert "does what the opponent did last" in shown
    assert "execution_noise" not in shown


def test_info_shows_the_environment_as_parameterised():
    assert "2 scissors" in output("info", GAME, "-p", "game=rock_paper_scissors")


def test_evaluate_ranks_and_writes_records_and_plots(tmp_path):
    records = tmp_path / "records.jsonl"
    plots = tmp_path / "plots"
    options = ("--opponents", "grudger,memory_one(1,0,1,0)", "--episodes", 5, "-p", "execution_noise=0.05")
    shown = output("evaluate", GAME, "tit_for_tat", "random", *options, "--out", records, "--plots", plots)
    assert "20 of 20 planned episodes" in shown
    assert {record.matchup for record in read_records(records)} == {"grudger", "memory_one(1,0,1,0)"}
    assert json.loads(read_records(records)[0].params) == {"execution_noise": 0.05}
    assert sorted(path.name for path in plots.iterdir()) == ["episodes.png", "payoffs.png", "ranking.png"]


def test_evaluate_goes_on_with_what_a_killed_run_left(tmp_path):
    records, left = tmp_path / "records.jsonl", tmp_path / "records.jsonl.partial"
    arguments = ("evaluate", GAME, "random", "--opponents", "joss", "-p", "horizon=5", "--out", records)
    output(*arguments, "--episodes", 3)
    records.rename(left)
    assert "records.jsonl.partial: an earlier run left it" in complaint(*arguments, "--episodes", 5)
    assert "5 of 5 planned episodes" in output(*arguments, "--episodes", 5, "--resume")
    assert len(read_records(records)) == 5
    assert not left.exists()


def test_evaluate_writes_a_transcript_an_episode(tmp_path):
    output("evaluate", GAME, "random_legal", "--opponents", "joss", "--episodes", 2, "--transcripts", tmp_path)
    assert [replay_transcript(path).agrees for path in tmp_path.iterdir()] == [True, True]


def test_tournament_ranks_and_evolves(tmp_path):
    policies = ("tit_for_tat", "always_defect", "grudger")
    shown = output("tournament", GAME, *policies, "--repetitions", 2, "--moran", 3, "--runs", 50, "--plots", tmp_path)
    assert "Moran process: 3 players of each policy, 50 runs" in shown
    assert (tmp_path / "moran.png").exists()


def test_a_tournament_counts_the_same_episodes_while_it_plays_and_at_its_end(monkeypatch):
    monkeypatch.setattr("dynenvs.cli.progress.SECONDS", 0.0)  # tell every line
    result = run("tournament", GAME, "tit_for_tat", "always_defect", "grudger", "--repetitions", 2)
    assert "18 of 18 episodes: " in result.stderr  # of each of the nine ordered pairs, two
    assert "18 of 18 planned episodes" in result.stdout


@pytest.mark.parametrize("dynamics", ["replicator", "logit"])
def test_a_tournament_says_where_large_populations_end_and_what_that_is(dynamics, tmp_path):
    policies = ("tit_for_tat", "always_defect", "always_cooperate")
    arguments = (GAME, *policies, "--repetitions", 1, "--dynamics", dynamics, "--starts", 50, "--plots", tmp_path)
    shown = output("tournament", *arguments)
    assert f"{dynamics} dynamics: 50 populations of any shares, for 1000 units of time" in shown
    if dynamics == "replicator":
        assert re.search(r"% +always_defect 100% +yes +yes +0.000", shown)
        assert re.search(r"and \d+\.\d% at \d+ more", shown)  # any mixture of those that cooperate is one
        assert "had not come to rest" not in shown
    else:
        assert re.search(r"100.0% +tit_for_tat 56%.* no +no", shown)
    assert (tmp_path / f"{dynamics}.png").exists()


def test_populations_that_are_still_on_their_way_are_told_apart_from_those_that_rest():
    arguments = ("random", "always_defect", "tit_for_tat", "--repetitions", 1, "--dynamics", "replicator")
    shown = output("tournament", GAME, *arguments, "--starts", 40, "--time", 3)
    told = re.search(r"(\d+\.\d)% had not come to rest; on average over them, at the last moment: \w+ \d+%", shown)
    placed = re.findall(r"^ +(\d+\.\d)%", shown, re.MULTILINE)
    assert float(told[1]) + sum(map(float, placed)) == pytest.approx(100.0, abs=0.5)
    assert float(told[1]) > 50


def test_a_policy_enters_a_board_and_the_page_shows_it(tmp_path):
    board = tmp_path / "boards" / "short"
    board.mkdir(parents=True)
    fields = {
        "title": "A short board",
        "about": "Ten rounds.",
        "env_id": GAME,
        "params": {"horizon": 10},
        "metric": "payoff",
        "unit": "payoff a round",
        "higher_is_better": True,
        "opponents": ["tit_for_tat"],
        "episodes": 3,
        "seed": 7,
    }
    (board / "board.json").write_text(json.dumps(fields))
    output("leaderboard", "enter", board, "always_cooperate", "always_defect")
    scores = {entry.policy: entry.score.value for entry in read_entries(board)}
    assert scores == {"always_cooperate": 3.0, "always_defect": pytest.approx((5 + 9) / 10)}
    assert {entry.command for entry in read_entries(board)} == {
        f"dynenvs leaderboard enter {board} {policy} --kind scripted" for policy in scores
    }
    output("leaderboard", "build", "--boards", tmp_path / "boards", "--out", tmp_path / "site")
    assert "always_cooperate" in (tmp_path / "site" / "short.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("info", "dynenvs/RepeatedGame-v1"), "UnknownEnvironment: no environment 'dynenvs/RepeatedGame-v1'; nearest:"),
        (("evaluate", GAME, "tit_for_that"), "UnknownPolicy: no strategy 'tit_for_that'; nearest: 'tit_for_tat'"),
        (("evaluate", GAME, "random", "-p", "noise=0.1"), "RepeatedGameParams has no parameter 'noise'"),
        (("evaluate", GAME, "random", "-p", "horizon"), "expected name=value"),
        (("evaluate", GAME, "random", "-p", "horizon=0"), "horizon=0: expected an integer in [1, 2147483647]"),
        (("evaluate", GAME, "random", "--opponents", "random,,grudger"), "expected names between commas"),
        (("evaluate", GAME, "onnx:nowhere.onnx"), "nowhere.onnx"),
        (("tournament", "dynenvs/PublicGoods-v0", "random"), "expected two in a round robin"),
        (("leaderboard", "build", "--boards", "no/such/folder"), "no/such/folder"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments, expected):
    assert expected in complaint(*arguments)
