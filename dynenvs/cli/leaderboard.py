"""``dynenvs leaderboard``: measure entries of a board, and build the pages of all boards."""

from __future__ import annotations

import datetime
import shlex
from pathlib import Path

import click
from rich.console import Console

from dynenvs.cli.options import run_options
from dynenvs.cli.progress import check_whole, telling


@click.group()
def leaderboard() -> None:
    """Enter policies on boards, and build the boards' pages."""


@leaderboard.command()
@click.argument("board_dir", type=click.Path(path_type=Path, file_okay=False), metavar="BOARD")
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@click.option("--kind", type=click.Choice(["scripted", "rl", "llm"]), default="scripted", show_default=True)
@run_options
def enter(
    board_dir: Path, policies: tuple[str, ...], kind: str, out: Path | None, resume: bool, transcripts: Path | None
) -> None:
    """Play every POLICY as the board in folder BOARD says, and write its entry there."""
    from dynenvs.evaluation.episodes import evaluate
    from dynenvs.leaderboard.boards import entry_from_records, read_board, write_entry
    from dynenvs.policies import make_policy

    console, board = Console(), read_board(board_dir)
    names = {make_policy(policy, board.env_id).name: policy for policy in policies}
    with telling(console, out) as tell:
        records = evaluate(
            board.env_id,
            policies,
            opponents=board.opponents,
            episodes=board.episodes,
            seed=board.seed,
            out=out,
            resume=resume,
            transcripts=transcripts,
            progress=tell,
            notice=lambda text: console.print(text, markup=False),
            **board.params,
        )
    today = datetime.datetime.now(tz=datetime.UTC).date()
    for name, policy in names.items():
        command = shlex.join(["dynenvs", "leaderboard", "enter", str(board_dir), policy, "--kind", kind])
        entry = entry_from_records(board, records, name, kind=kind, command=command, created=today)
        console.print(f"{name}: {entry.score.value:.3f}  {write_entry(board_dir, entry)}", markup=False)
    check_whole(records, out)


@leaderboard.command()
@click.option("--boards", default="leaderboards", show_default=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--out", default="site", show_default=True, type=click.Path(path_type=Path, file_okay=False))
def build(boards: Path, out: Path) -> None:
    """Build the static site of all boards."""
    from dynenvs.leaderboard.site import build_site

    click.echo(f"open {build_site(boards, out)}")
