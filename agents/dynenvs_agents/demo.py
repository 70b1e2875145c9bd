"""``dynenvs demo``: train, evaluate, rank and publish, in a few minutes on two cores.

A PPO agent learns the noisy iterated prisoner's dilemma against a population of classic strategies, then it and the
reference agents play fresh episodes against the same population, and the results become a page.
"""

from __future__ import annotations

import datetime
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from dynenvs.core.errors import require_extra
from dynenvs.core.files import write_text

if TYPE_CHECKING:
    from dynenvs.evaluation.records import EpisodeRecord
    from dynenvs.leaderboard.boards import Board

__all__ = ["demo"]

REFERENCES = (
    "always_defect",
    "random",
    "tit_for_tat",
    "always_cooperate",
    "grudger",
    "win_stay_lose_shift",
    "generous_tit_for_tat",
    "gradual",
    "omega_tit_for_tat",
    "zd_extort_2",
)


def demo_board() -> Board:
    """Return what the demo measures; ``leaderboards/noisy_prisoners_dilemma`` is the same board."""
    from dynenvs.leaderboard.boards import Board

    return Board(
        id="noisy_prisoners_dilemma",
        title="Noisy prisoner's dilemma against the classics",
        about=(
            "One player meets each of eleven classic strategies for a hundred rounds in which every move slips with "
            "probability 0.02. Neither knows when it ends. The score is the mean payoff a round (mutual cooperation 3, "
            "mutual defection 1, temptation 5, sucker 0): whoever finds out what the other is, exploits those who let "
            "themselves be exploited and gets along with the rest, wins."
        ),
        env_id="dynenvs/RepeatedGame-v0",
        params={"execution_noise": 0.02},
        metric="payoff",
        unit="points a round",
        higher_is_better=True,
        opponents=(
            "always_cooperate",
            "always_defect",
            "tit_for_tat",
            "two_tits_for_tat",
            "tit_for_two_tats",
            "hard_tit_for_tat",
            "suspicious_tit_for_tat",
            "grudger",
            "win_stay_lose_shift",
            "alternator",
            "bully",
        ),
        episodes=500,
        seed=0,
    )


@click.command()
@click.option("--steps", default=3_000_000, show_default=True, help="Steps of training.")
@click.option("--episodes", default=500, show_default=True, help="Of each policy against each opponent.")
@click.option("--out", default="runs/demo", show_default=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", default=0, show_default=True, help="Seed of the training.")
def demo(steps: int, episodes: int, out: Path, seed: int) -> None:
    """Train PPO against the classics, rank it among the reference agents, draw plots and build the page."""
    from dataclasses import replace

    for module, extra in (("sb3_contrib", "rl"), ("matplotlib", "render"), ("polars", "eval"), ("jinja2", "eval")):
        require_extra(module, extra, "the demo")  # now, and not after the training
    console, started, board = Console(), time.perf_counter(), replace(demo_board(), episodes=episodes)
    console.rule("1  train PPO in the noisy prisoner's dilemma, against a population of classic strategies")
    policy = _train(board, out, steps, seed)
    console.rule("2  evaluate it and the reference agents over fresh seeds")
    records = _evaluate(console, board, policy)
    console.rule("3  plots and page")
    _publish(console, board, records, policy, out)
    console.print(f"\ndone in {time.perf_counter() - started:.0f} s", highlight=False)


def _train(board: Board, out: Path, steps: int, seed: int) -> str:
    """Train the agent; return the string of its exported policy."""
    from dynenvs_agents.rl.training import train

    folder = train(
        board.env_id, "ppo", steps, out / "ppo", opponents=board.opponents, seed=seed, resume=True, **board.params
    )
    return f"onnx:{folder / 'policy.onnx'}"


def _evaluate(console: Console, board: Board, policy: str) -> list[EpisodeRecord]:
    """Play all policies on the board, and print the ranking."""
    from dynenvs.cli.progress import telling
    from dynenvs.evaluation.episodes import evaluate
    from dynenvs.evaluation.rankings import rank_by, ranking_table

    with telling(console) as tell:
        records = evaluate(
            board.env_id,
            [policy, *REFERENCES],
            opponents=board.opponents,
            episodes=board.episodes,
            seed=board.seed,
            progress=tell,
            **board.params,
        )
    console.print(ranking_table(rank_by(records, board.metric), title=board.title))
    return records


def _publish(console: Console, board: Board, records: list[EpisodeRecord], policy: str, out: Path) -> None:
    """Write records, plots, entries and the page, and say where they are."""
    from dynenvs.cli.evaluate import draw_plots
    from dynenvs.evaluation.records import write_records
    from dynenvs.leaderboard.boards import entry_from_records, write_entry
    from dynenvs.leaderboard.site import build_site

    learned = records[0].policies[records[0].focal[0]]
    write_records(out / "records.parquet", records)
    plots = draw_plots(records, out / "plots", title=board.title, highlight=(learned,))
    folder = out / "leaderboards" / board.id
    folder.mkdir(parents=True, exist_ok=True)
    fields = {name: value for name, value in asdict(board).items() if name != "id"}
    write_text(folder / "board.json", json.dumps(fields, indent=2) + "\n")
    today = datetime.datetime.now(tz=datetime.UTC).date()
    for name, spec in zip((learned, *REFERENCES), (policy, *REFERENCES), strict=True):
        kind = "rl" if name == learned else "scripted"
        command = f"dynenvs leaderboard enter {folder} {spec} --kind {kind}"
        write_entry(folder, entry_from_records(board, records, name, kind=kind, command=command, created=today))
    page = build_site(out / "leaderboards", out / "site").parent / f"{board.id}.html"
    for what, path in (("records", out / "records.parquet"), *(("plot", plot) for plot in plots), ("page", page)):
        console.print(f"{what:8} {path}", highlight=False)
