"""``dynenvs robustness``."""

import json

import pytest
from click.testing import CliRunner

from dynenvs.cli import main

POLE = "dynenvs/RobustCartPole-v0"
GOOD, BAD = "linear:1,1,10,2,0", "linear:0,0,-1,0,0"
SMALL = ("--grid", 2, "--episodes", 3)


def run(*arguments):
    return CliRunner(env={"COLUMNS": "160"}).invoke(main, ["robustness", *(str(argument) for argument in arguments)])


def test_it_prints_raw_numbers_and_writes_the_whole_grid_and_maps(tmp_path):
    result = run(POLE, GOOD, BAD, *SMALL, "--out", tmp_path / "maps")
    assert result.exit_code == 0, result.output
    told = "8 models x 3 starts, return: sum of the rewards of an episode of at most 500 steps"
    assert told in " ".join(result.output.split())
    assert "scaled" not in result.output
    content = json.loads((tmp_path / "maps" / "robustness.json").read_text(encoding="utf-8"))
    assert [one["policy"] for one in content] == [GOOD, BAD]
    assert f"{content[0]['worst']['value']:.4g}" in result.output
    assert f"{BAD} is worst with masspole 0.05 kg, length 0.1 m, force_mag 15 N" in result.output
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["map_0.png", "map_1.png", "robustness.json"]


def test_a_metric_of_the_world_is_said_to_be_of_an_episode():
    family = "-p", "mdp=machine_replacement", "-p", "horizon=5"
    result = run("dynenvs/TabularMDP-v0", "random_legal", *family, "--episodes", 2, "--metric", "discounted_return")
    assert "35 models x 2 starts, discounted return of an episode of at most 5 steps" in result.output


def test_scaled_scores_stand_beside_raw_ones():
    result = run(POLE, GOOD, BAD, *SMALL, "--zero", BAD, "--one", GOOD)
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.output.splitlines() if line.strip().startswith("linear:")][:2]
    assert [row[0] for row in rows] == [GOOD, BAD]
    assert [row[-1] for row in rows] == ["1", "0"]
    assert float(rows[0][1]) > float(rows[1][1]) > 1


def test_selecting_measures_the_best_policy_alone():
    result = run(POLE, BAD, GOOD, *SMALL, "--select")
    assert result.exit_code == 0, result.output
    assert GOOD in result.output
    assert BAD not in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--zero", BAD, "--one", "random_legal"), "expected two of the policies that are measured"),
        (("--zero", BAD), "expected two of the policies that are measured"),
        (("--zero", BAD, "--one", GOOD, "--select"), "expected no --zero and --one beside it"),
        (("--metric", "joy"), "metric='joy': expected one of 'return'"),
    ],
)
def test_what_cannot_be_done_is_refused(options, message):
    result = run(POLE, GOOD, BAD, *SMALL, *options)
    assert result.exit_code in (1, 2)
    assert message in " ".join(result.output.split())
