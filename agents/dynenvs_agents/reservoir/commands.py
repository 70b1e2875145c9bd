"""``dynenvs reproduce reservoir``: body-reservoir agents (arXiv 2602.20846), claim by claim."""

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
from rich.table import Table

from dynenvs.cli.bench import PAGE_WIDTH
from dynenvs.cli.progress import telling
from dynenvs.core.errors import require_extra

if TYPE_CHECKING:
    from dynenvs_agents.reservoir.findings import Finding, Sheet

__all__ = ["memory", "reservoir"]

NAMES = tuple(f"C{number}" for number in range(1, 9))

WORDS = """\
alpha     how far an agent trusts its body: from 0, where a tool such as tit for tat decides, to 1, where the body does
d         neurons of a body; 30 where nothing else is said
bodies    with "inputs habituated" they got used to a cooperative partner before the game, as in the paper; with
          "inputs as drawn" they did not
agents    sentinel: alpha falls when the body feels discomfort, and recovers; static, 0.95: alpha stays there;
          tit for tat, moving average: the tool alone
nat       unit of a KL divergence, of how far the states of a body are from what it is used to
verdicts  reproduced: in all that was tried; reproduced under these parameters: in a part of it, or by our choice of
          parameters; not reproduced: in none of it
numbers in parentheses are 95 % intervals over bodies"""
"""What readers need to know who have not read the paper."""


@click.command()
@click.argument("claims", nargs=-1, type=click.Choice(NAMES, case_sensitive=False), metavar="[CLAIM]...")
@click.option("--seeds", default=20, show_default=True, type=click.IntRange(2), help="Bodies in every cell.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write tables and plots into this folder."
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print verdicts alone, as a table for a page.")
def reservoir(claims: tuple[str, ...], seeds: int, out: Path | None, as_markdown: bool) -> None:
    """Judge claims C1 to C8 about reservoir agents (Nakamura 2026); all of them, unless some are named."""
    from dynenvs_agents.reservoir.claims import CLAIMS
    from dynenvs_agents.reservoir.findings import Study

    if out is not None:
        require_extra("matplotlib", "render", "a plot")
    console, study = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH), Study(seeds)
    found: dict[str, Finding] = {}
    with telling(console) as tell:
        for name in sorted(set(claims)) or NAMES:
            tell(f"judging {name}")
            found[name] = CLAIMS[name](study)
    if as_markdown:
        click.echo("\n".join(_markdown(found)))
    else:
        _print(console, found)
    if out is not None:
        for path in _write(out, seeds, found):
            console.print(f"wrote {path}", soft_wrap=True, highlight=False, markup=False)


def _print(console: Console, found: dict[str, Finding]) -> None:
    console.print(WORDS, highlight=False, markup=False)
    console.print(_verdicts(found))
    for finding in found.values():
        for sheet in finding.sheets:
            console.print(_table(sheet))


def _verdicts(found: dict[str, Finding]) -> Table:
    """Lay out a paragraph a claim: what is claimed, what was measured, what came out, and the verdict."""
    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column(style="bold")
    table.add_column(style="bold")
    for name, finding in found.items():
        for one in finding.judged:
            table.add_row(name, "claim", escape(one.claim))
            table.add_row("", "measured", escape(one.measured))
            table.add_row("", "found", escape(one.found))
            table.add_row("", "verdict", f"[bold]{one.judgement}[/]", end_section=True)
    return table


def _markdown(found: dict[str, Finding]) -> Iterator[str]:
    yield "| | claim | measured | found | verdict |"
    yield "| --- | --- | --- | --- | --- |"
    for name, finding in found.items():
        for one in finding.judged:
            verdict = f"**{one.judgement}**" if one.judgement.startswith("not") else one.judgement
            yield f"| {name} | {one.claim} | {one.measured} | {one.found} | {verdict} |"


def _table(sheet: Sheet) -> Table:
    table = Table(title=escape(sheet.title), title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(sheet.columns[0])
    for name in sheet.columns[1:]:
        table.add_column(name, justify="right")
    for row in sheet.rows:
        table.add_row(*map(escape, row))
    return table


def _write(out: Path, seeds: int, found: dict[str, Finding]) -> list[Path]:
    from dynenvs.core.files import write_text
    from dynenvs.evaluation.plots import save_plot
    from dynenvs_agents.reservoir.figures import FIGURES

    out.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {
        "seeds": seeds,
        "claims": [
            {
                "name": name,
                "claim": one.claim,
                "measured": one.measured,
                "found": one.found,
                "verdict": one.judgement,
            }
            for name, finding in found.items()
            for one in finding.judged
        ],
        "tables": [
            {"claim": name, "title": sheet.title, "columns": sheet.columns, "rows": sheet.rows}
            for name, finding in found.items()
            for sheet in finding.sheets
        ],
    }
    paths = [out / ("reservoir.json" if len(found) == len(NAMES) else f"reservoir_{'_'.join(found)}.json")]
    write_text(paths[0], json.dumps(content, indent=1) + "\n")
    for name, finding in found.items():
        if name in FIGURES:
            title, draw = FIGURES[name]
            paths.append(out / f"{title}.png")
            save_plot(draw(finding.evidence), paths[-1])
    return paths


@click.command()
@click.option("--steps", default=300_000, show_default=True, type=click.IntRange(1), help="Rounds of every training.")
@click.option("--trainings", default=3, show_default=True, type=click.IntRange(2), help="Seeds of each memory.")
def memory(steps: int, trainings: int) -> None:
    """Train PPO with four memories on one budget: the last move, eight of them, a body, an LSTM."""
    require_extra("stable_baselines3", "rl", "training")
    from dynenvs_agents.reservoir.memory import MEMORIES, compare_memories

    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    with telling(console) as tell:
        found = compare_memories(steps, trainings, progress=tell)
    title = f"twelve strategies, {trainings} trainings of {steps:,} rounds each: points a round (95 % over trainings)"
    table = Table("what it observes", title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("points", "seconds a training"):
        table.add_column(name, justify="right")
    for one in found:
        value, low, high = one.estimate
        table.add_row(MEMORIES[one.memory], f"{value:.3f} ({low:.3f} to {high:.3f})", f"{one.seconds:.0f}")
    console.print(table)
