"""The main job, small: everything that ``make demo`` makes is there, and computed."""

from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from dynenvs.cli import main, progress
from dynenvs.evaluation.records import read_records
from dynenvs.leaderboard.boards import read_board, read_entries
from dynenvs_agents.demo import REFERENCES, demo_board

BOARD = Path(__file__).parents[2] / "leaderboards" / "noisy_prisoners_dilemma"


def test_the_demo_trains_ranks_draws_and_publishes(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", 0.0)
    monkeypatch.setenv("SB3_LOGDIR", str(tmp_path / "sb3"))
    result = CliRunner().invoke(main, ["demo", "--steps", "1", "--episodes", "3", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    records = read_records(tmp_path / "records.parquet")
    assert {record.policies[0] for record in records} == {"ppo", *REFERENCES}
    entries = read_entries(tmp_path / "leaderboards" / "noisy_prisoners_dilemma")
    assert {entry.policy: entry.kind for entry in entries}["ppo"] == "rl"
    assert len(entries) == 1 + len(REFERENCES)
    for made in ("plots/ranking.png", "plots/payoffs.png", "site/index.html", "site/noisy_prisoners_dilemma.html"):
        assert (tmp_path / made).stat().st_size > 1000
    assert "done in" in result.output
    assert "363 of 363 episodes: zd_extort_2 against bully" in result.stderr  # for whoever waits in front of a pipe
    assert "3 of 3 episodes" not in result.stdout
    assert not (tmp_path / "sb3").exists()


def test_the_demo_measures_what_the_published_board_measures():
    published = read_board(BOARD)
    assert replace(published, exploitability=None) == demo_board()  # the best replies take longer than the training
