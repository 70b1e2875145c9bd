"""``dynenvs leaderboard``: measure entries of a board, and build the pages of all boards."""

from __future__ import annotations

import datetime
from pathlib import Path

import click
from rich.console import Console


@click.group()
def leaderboard() -> None:
    """Enter policies on boards, and build the boards' pages."""


@leaderboard.command()
@click.argument("board_dir", type=click.Path(path_type=Path, file_okay=False), metavar="BOARD")
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@click.option("--kind", type=click.Choice(["scripted", "rl", "llm"]), default="scripted", show_default=True)
def enter(board_dir: Path, policies: tuple[str, ...], kind: str) -> None:
    """Play every POLICY as the board in folder BOARD says, and write its entry there."""
    from dynenvs.evaluation.episodes import evaluate
    from dynenvs.leaderboard.boards import entry_from_records, read_board, write_entry

    console, board = Console(), read_board(board_dir)
    for policy in policies:
        with console.status(policy) as status:
            records = evaluate(
                board.env_id,
                [policy],
                opponents=board.opponents,
                episodes=board.episodes,
                seed=board.seed,
                progress=lambda label, status=status: status.update(label),  # type: ignore[misc]
                **board.params,
            )
        name = records[0].policies[records[0].focal[0]]
        command = f"dynenvs leaderboard enter {board_dir} {policy} --kind {kind}"
        today = datetime.datetime.now(tz=datetime.UTC).date()
        entry = entry_from_records(board, records, name, kind=kind, command=command, created=today)
        console.print(f"{name}: {entry.score.value:.3f}  {write_entry(board_dir, entry)}")


@leaderboard.command()
@click.option("--boards", default="leaderboards", show_default=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--out", default="site", show_default=True, type=click.Path(path_type=Path, file_okay=False))
def build(boards: Path, out: Path) -> None:
    """Build the static site of all boards."""
    from dynenvs.leaderboard.site import build_site

    click.echo(f"open {build_site(boards, out)}")
