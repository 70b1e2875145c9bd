"""A board and entries made up for the tests."""

from __future__ import annotations

import json
from pathlib import Path

from dynenvs.evaluation.rankings import Cell
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import Entry, write_entry

BOARD = {
    "title": "Noisy dilemma",
    "about": "Who earns most when moves slip?",
    "env_id": "dynenvs/RepeatedGame-v0",
    "params": {"noise": 0.02},
    "metric": "payoff",
    "unit": "points a turn",
    "higher_is_better": True,
    "opponents": ["grudger", "random"],
    "episodes": 40,
    "seed": 7,
}
SCORES = {"ppo": ("rl", 2.7), "tit_for_tat": ("scripted", 2.2), "always_defect": ("scripted", 2.0)}


def make_board(folder: Path, **changes) -> Path:
    """Write a board.json; a field changed to None is left out."""
    folder.mkdir(parents=True)
    values = {name: value for name, value in {**BOARD, **changes}.items() if value is not None}
    (folder / "board.json").write_text(json.dumps(values), encoding="utf-8")
    return folder


def make_entry(policy="ppo", kind="rl", mean=2.5, half=0.05, **changes) -> Entry:
    fields = {
        "policy": policy,
        "kind": kind,
        "policy_digest": f"digest of {policy}",
        "records_sha256": "0f" * 32,
        "planned": 80,
        "episodes": 80,
        "score": Estimate(mean, mean - half, mean + half),
        "by_opponent": {
            "grudger": Cell(mean - 0.5, mean - 0.6, mean - 0.4, 40),
            "random": Cell(mean + 0.5, mean + 0.4, mean + 0.6, 40),
        },
        "metrics": {"cooperation": Estimate(mean / 4, mean / 4 - 0.1, mean / 4 + 0.1)},
        "versions": {"dynenvs": "0.1.0", "numpy": "2.4.6"},
        "created": "2026-01-31",
        "command": f"dynenvs evaluate dynenvs/RepeatedGame-v0 --policy {policy}",
    }
    return Entry(**{**fields, **changes})


def make_leaderboards(folder: Path) -> Path:
    """Write two boards, one with three entries and one without any."""
    board = make_board(folder / "noisy")
    for policy, (kind, mean) in SCORES.items():
        write_entry(board, make_entry(policy, kind, mean))
    make_board(folder / "empty", title="Nobody yet")
    return folder
