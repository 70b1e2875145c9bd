"""Every example runs as its first line says, quietly, and answers its question."""

import os
import re
import subprocess
import sys

import pytest

from .pages import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))
LINES_OF_A_SCREEN = 60
SLOW = {"03_your_own_world", "05_train", "10_robust"}

ANSWERS = {
    "01_one_seat": r"forgives 100% of the defections: 2\.8\d a round",
    "02_many_games": r"against always_cooperate +4\.\d\d a round in 200 games",
    "03_your_own_world": r"examples/Bargain-v0 keeps \d\d clauses of the contract",
    "04_self_play": r"agent_0: rock 0\.3\d, paper 0\.3\d, scissors 0\.3\d",
    "05_train": r"after 262,144 steps: [23]\.\d\d a round",
    "06_your_own_policy": r"455 of 455 planned episodes",
    "08_language_models": r"64 games, 666 replies in \d+\.\d s(.|\n)*valid replies: 96\.1%",
    "07_text_game": r"returns: \[9\. 4\.\]; 10 replies, of them refused: \{'not_json': 5\}",
    "09_escalation": r"dove +-6\.0 +\+0\.182 (.|\n)*To stay a dove costs Purple 0\.0\d\d a day, 0\.\d\d a game",
    "10_robust": r"textbook.* (1|2)\d \((.|\n)*at random +[12]\d\d \((.|\n)*worst ones +4\d\d \(4\d\d to",
    "11_reservoir": r"Offers of peace are worth (0\.[89]|1\.0)\d points a round",
}


def test_every_example_has_an_answer_that_is_looked_for():
    assert {path.stem for path in EXAMPLES} == set(ANSWERS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_asks_a_question_says_how_to_run_it_and_fits_a_screen(path):
    source = path.read_text(encoding="utf-8")
    assert re.match(rf'"""[A-Z][^.]*\?.* Run: python examples/{path.name}', source)
    assert source.count("\n") <= LINES_OF_A_SCREEN


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in SLOW else []) for path in EXAMPLES],
)
def test_an_example_runs_and_answers(path):
    quiet = {**os.environ, "PYTHONWARNINGS": "error::UserWarning"}
    run = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, cwd=ROOT, env=quiet, timeout=100)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert re.search(ANSWERS[path.stem], run.stdout), run.stdout
