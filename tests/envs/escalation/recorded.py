"""Recorded runs for the tests: the published ones, where they are at hand, and clones that tests write themselves."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from dynenvs.envs.escalation import replay, score
from dynenvs.envs.escalation.actions import NAMES
from dynenvs.envs.escalation.nations import NATIONS

ROOT = Path(__file__).parents[3]
PUBLISHED = Path(os.environ.get("DYNENVS_WARGAME_RUNS", ROOT.parent / "shared" / "data" / "wargame_replay165.json"))
"""A clone of github.com/jprivera44/EscalAItion, or its runs as one file; they are not ours to pass on."""

needs_published_runs = pytest.mark.skipif(
    not PUBLISHED.exists(), reason="needs the recorded runs of the wargame: DYNENVS_WARGAME_RUNS names a clone"
)

VARIABLES = "territory,military capacity,gdp,trade,resources,political stability,population,soft power,cybersecurity"
STATE_COLUMNS = ["day", "nation_name", *VARIABLES.split(","), "nuclear"]
TARGETS = (*NATIONS, "World")


def random_rows(seed, days=14, a_day=24):
    """Rows of a run in which everybody does anything, and now and then something that does not exist."""
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [
            np.repeat(np.arange(1, days + 1), a_day),
            np.tile(np.repeat(np.arange(8), a_day // 8), days),
            rng.integers(-1, 9, days * a_day),
            rng.integers(-1, 27, days * a_day),
        ]
    )


def write_run(clone, rows, model="GPT-4", scenario="Neutral", number=1, evaluated="_raw"):
    """Write the three logs of a run into a clone, as its authors' code writes them."""
    stem = f"{model} {scenario}"
    actions = clone / "results/actions_v3" / f"{stem} A{number}.csv"
    write_actions(actions, rows)
    states, lines = replay(rows, days=14), []
    for day, state in enumerate(states):
        lines += [[day + (day > 0), nation, *map(repr, map(float, state[k]))] for k, nation in enumerate(NATIONS)]
    write_table(clone / "results/variables_v3" / f"{stem} V{number}.csv", STATE_COLUMNS, lines)
    totals = [{"Day": day, "Posturing": 0, "Total": int(t)} for day, t in enumerate(score(rows, days=14), start=1)]
    write_json(clone / "evals/json_v6_exponential" / f"{stem} A{number}{evaluated}.json", totals)


def write_actions(path, rows, names=NAMES):
    """Write rows; -1 becomes a name that nobody knows."""
    lines = [
        [
            day,
            [*NATIONS, "Nobody"][actor],
            [*TARGETS, "Atlantis"][target],
            [*names, "Launch"][action],
            'Dear "all",\nhi',
        ]
        for day, actor, target, action in rows
    ]
    write_table(path, ["day", "self", "other", "action", "content"], lines)


def write_table(path, columns, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *lines])


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
