"""``dynenvs reproduce robust``: IWOCS (arXiv 2410.06212), claim by claim."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from dynenvs.cli.bench import PAGE_WIDTH
from dynenvs.cli.progress import telling
from dynenvs.core.errors import require_extra

if TYPE_CHECKING:
    from dynenvs_agents.robust.claims import Garnets, Judged, Row

__all__ = ["robust"]

_OUT = "Write all numbers, and curves of the families, into this folder."


@click.command()
@click.option("--garnets", default=100, show_default=True, help="Families of mixed garnets to play.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help=_OUT)
def robust(garnets: int, out: Path | None) -> None:
    """Judge the claims of IWOCS (2024), and compute the tables of robust values once more."""
    from dynenvs_agents.robust import claims

    require_extra("cmaes", "robust", "a search by CMA-ES")
    if out is not None:
        require_extra("matplotlib", "render", "a plot")
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    with telling(console) as tell:
        tell("solving families")
        rows = [claims.tabular_row(name) for name in claims.FAMILIES]
        tell("playing mixed garnets")
        played = claims.play_garnets(garnets)
        tell("solving robust problems")
        reference = claims.reference_table()
        tell("judging")
        judged = claims.judge_all(rows, played)
    for table in (_claims(judged), _families(rows), _mixed(played), *_reference(reference)):
        console.print(table)
    if out is not None:
        for path in _write(out, rows, played, reference, judged):
            console.print(f"wrote {path}", soft_wrap=True, highlight=False, markup=False)


def _claims(judged: list[Judged]) -> Table:
    table = Table("claim of arXiv 2410.06212", "verdict", "what we find", box=box.SIMPLE_HEAD, show_lines=True)
    for one in judged:
        table.add_row(escape(one.claim), one.judgement, escape(one.why))
    return table


def _families(rows: list[Row]) -> Table:
    title = "worst case of each method's policy, exactly evaluated in all models"
    table = Table(Column("family", no_wrap=True), title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in (*rows[0].worst, "bound"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("IWOCS", no_wrap=True)
    for row in rows:
        ended = f"{row.iwocs.status}, {len(row.iwocs.history)}"
        table.add_row(row.name, *(f"{value:.3f}" for value in row.worst.values()), f"{row.dual:.3f}", ended)
    return table


def _mixed(garnets: Garnets) -> Table:
    count = len(next(iter(garnets.regret.values())))
    ended = ", ".join(f"{number} {status}" for status, number in sorted(garnets.statuses.items()))
    title = f"{count} families of mixed garnets; IWOCS: {ended}, {garnets.iterations:.1f} iterations on average"
    table = Table("method", title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("mean regret (0 best, 1 median of all policies)", "exactly optimal"):
        table.add_column(name, justify="right")
    for method, regret in garnets.regret.items():
        table.add_row(method, f"{regret.mean():.4f}", f"{100 * (regret < 1e-6).mean():.1f} %")
    return table


def _reference(reference: dict[str, dict[str, float]]) -> Iterator[Table]:
    """Lay the reference table out in two, each as wide as a page."""
    sets = list(next(iter(reference.values())))
    for first in range(0, len(sets), 6):
        title = "best robust values where episodes begin" if first == 0 else None
        table = Table(Column("problem", no_wrap=True), title=title, title_justify="left", box=box.SIMPLE_HEAD)
        for name in sets[first : first + 6]:
            table.add_column(name, justify="right", no_wrap=True)
        for name, values in reference.items():
            table.add_row(name, *(f"{values[told]:.5f}" for told in sets[first : first + 6]))
        yield table


def _write(
    out: Path, rows: list[Row], garnets: Garnets, reference: dict[str, dict[str, float]], judged: list[Judged]
) -> list[Path]:
    from dynenvs.core.files import write_text
    from dynenvs.evaluation.plots import save_plot
    from dynenvs_agents.robust.figures import family_curves

    out.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {
        "claims": [{"claim": one.claim, "verdict": one.judgement, "why": one.why} for one in judged],
        "families": {row.name: {"worst": row.worst, "dual": row.dual, "iwocs": row.iwocs.status} for row in rows},
        "garnets": {
            "regret": {method: values.tolist() for method, values in garnets.regret.items()},
            "statuses": garnets.statuses,
        },
        "robust_values": reference,
    }
    paths = [out / "robust.json", out / "families.png"]
    write_text(paths[0], json.dumps(content, indent=1) + "\n")
    save_plot(family_curves([row.name for row in rows if row.name != "machine_replacement"]), paths[1])
    return paths
