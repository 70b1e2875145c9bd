"""``dynenvs bench``: how fast we are, and how fast others are, on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

PAGE_WIDTH = 120
"""Columns of the tables where no terminal says how many it has: a README shows so many."""

_PYTHON_HELP = (
    "An interpreter that has the Axelrod library and reservoirpy, which are compared with: `make bench` makes one."
)


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write all numbers as JSON as well.")
@click.option("--quick", is_flag=True, help="Only try whether everything runs: the numbers mean little.")
@click.option("--memory", is_flag=True, help="Also play 10^8 agent-steps and watch the memory.")
@click.option(
    "--peers-python",
    envvar="DYNENVS_PEERS_PYTHON",
    type=click.Path(exists=True, dir_okay=False),
    metavar="PATH",
    show_envvar=True,
    help=_PYTHON_HELP,
)
def bench(out: Path | None, quick: bool, memory: bool, peers_python: str | None) -> None:
    """Time our worlds and adapters, and our peers, in one run; say which promises hold."""
    from dynenvs.bench.report import to_json, to_tables
    from dynenvs.bench.run import FULL, QUICK, run
    from dynenvs.core.files import write_text

    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    with console.status("preparing") as status:
        effort = QUICK if quick else FULL
        report = run(effort, memory=memory, peers_python=peers_python, progress=status.update)
    console.print(to_tables(report))
    if out is not None:
        write_text(out, to_json(report))
        console.print(f"written: {out}")
