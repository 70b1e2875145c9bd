"""``dynenvs reproduce escalation``: the published wargame, from its recorded runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from dynenvs.cli.bench import PAGE_WIDTH
from dynenvs.cli.progress import telling

if TYPE_CHECKING:
    from dynenvs.evaluation.escalation import Reproduction, Turn
    from dynenvs.evaluation.reproduction import Claim

NO_RUNS = """the recorded runs are not ours to pass on. Their authors have published them; get them once:

  git clone https://{source}
  git -C EscalAItion checkout {commit}

and then: dynenvs reproduce escalation --runs EscalAItion"""

WIDE = 114
"""Columns of a terminal on which all scenarios stand side by side."""

_RUNS = "A clone of the public repository, or its runs as one JSON file."
_OUT = "Draw the figures into this folder."
_QUOTE = "Write the models' places into this board of nations that play alike, as quotes."


@click.command()
@click.option("--runs", type=click.Path(path_type=Path), help=_RUNS)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help=_OUT)
@click.option("--quote", type=click.Path(path_type=Path, file_okay=False), metavar="BOARD", help=_QUOTE)
def escalation(runs: Path | None, out: Path | None, quote: Path | None) -> None:
    """Compute the numbers of Rivera et al. (2024) from its recorded runs; print them beside the published ones."""
    from dynenvs.core.errors import require_extra
    from dynenvs.envs.escalation.runs import COMMIT, SOURCE
    from dynenvs.evaluation.escalation import reproduce

    if runs is None:
        raise click.UsageError(NO_RUNS.format(source=SOURCE, commit=COMMIT))
    if out is not None:
        require_extra("matplotlib", "render", "a plot")
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    with telling(console) as tell:
        tell("reading and replaying the recorded runs")
        found = reproduce(runs)
    for table in _tables(found, wide=console.width >= WIDE):
        console.print(table)
    for line in _summary(found):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    if out is not None:
        _draw(console, found, out)
    if quote is not None:
        console.print(f"quoted: {_quote(runs, quote)}", soft_wrap=True, highlight=False, markup=False)


def _tables(found: Reproduction, *, wide: bool) -> Iterator[Table]:
    """Lay out all that was published, and then what was not."""
    for quantity, claims in found.claims.items():
        if claims:
            yield _claims_table(quantity.told, claims, found.scenarios) if wide else _list_table(quantity.told, claims)
    if found.ablations:
        yield _list_table("neutral scenario with a changed prompt: mean escalation score", found.ablations)
    if found.rescored:
        yield _list_table("without messages, and actions scored that bore other names there", found.rescored)
    yield _own_table(found)


def _claims_table(title: str, claims: Sequence[Claim], scenarios: Sequence[str]) -> Table:
    """Lay out claims: one row a model, published and ours for each scenario, and the worst verdict."""
    from dynenvs.evaluation.reproduction import worst

    table = Table(Column("model", no_wrap=True), title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for scenario in scenarios:
        table.add_column(f"{escape(scenario)}\npublished", justify="right", no_wrap=True)
        table.add_column("\nours", justify="right", no_wrap=True)
    table.add_column("\nreproduced", no_wrap=True)
    for model in dict.fromkeys(claim.row for claim in claims):
        row = {claim.column: claim for claim in claims if claim.row == model}
        cells = [text for scenario in scenarios for text in _published_and_ours(row.get(scenario))]
        table.add_row(escape(model), *cells, worst(row.values()))
    return table


def _list_table(title: str, claims: Sequence[Claim]) -> Table:
    """Lay out claims one below the other."""
    table = Table("model", "", title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("published", "ours"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("reproduced", no_wrap=True)
    for claim in claims:
        table.add_row(escape(claim.row), escape(claim.column), *_published_and_ours(claim), claim.verdict)
    return table


def _own_table(found: Reproduction) -> Table:
    """Lay out what nothing was published of: the corrected map, and how far scores jump from day to day."""
    title = "corrected map, and how far the score jumps from day to day (nothing published)"
    table = Table("model", "", title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("escalation score", "mean jump", "sd of jumps"):
        table.add_column(name, justify="right", no_wrap=True)
    for (scenario, model), cell in found.cells.items():
        score = cell.estimate("escalation_corrected")
        half_width = (score.high - score.low) / 2
        numbers = f"{score.value:.2f} ± {half_width:.2f}", f"{cell.mean('jump'):.2f}", f"{cell.mean('jump_sd'):.2f}"
        table.add_row(escape(model), escape(scenario), *numbers)
    return table


def _published_and_ours(claim: Claim | None) -> tuple[str, str]:
    if claim is None:
        return "", ""
    published, ours = f"{claim.published:.{claim.digits}f}", f"{claim.ours.value:.{claim.digits}f}"
    if claim.error is None:
        return published, ours
    return f"{published} ± {claim.error:.2f}", f"{ours} ± {claim.half_width:.2f}"


# In words.


def _summary(found: Reproduction) -> Iterator[str]:
    from dynenvs.evaluation.reproduction import Verdict, tally

    replayed, scored = found.num_runs - len(found.differing), found.num_runs - len(found.misscored)
    yield f"{replayed} of {found.num_runs} runs replay bit for bit to their recorded variables{_but(found.differing)}."
    yield f"{scored} of {found.num_runs} runs have the published daily scores{_but(found.misscored)}."
    claims = [claim for listed in found.claims.values() for claim in listed]
    claims += [*found.ablations, *found.rescored]
    if claims:
        counted = tally(claims)
        yield (
            f"Of {len(claims)} published numbers {counted[Verdict.EXACT]} are reproduced exactly, to all their digits, "
            f"{counted[Verdict.WITHIN]} within the 95 % bootstrap error, and {counted[Verdict.NOT]} not."
        )
    else:
        yield "None of these models and scenarios has published numbers to compare with."
    if not found.ablations:
        yield "Runs with a changed prompt: none found; a clone has them in results/prompt_ablations."
    yield ""
    yield from _turns_told(found.turns)


def _but(names: Sequence[str], most: int = 3) -> str:
    listed = ", ".join(names[:most]) + (", ..." if len(names) > most else "")
    return f"; not {listed}" if names else ""


def _turns_told(turns: Sequence[Turn]) -> Iterator[str]:
    """Say where the way of scoring turns the ranking, and whether that is beyond chance."""
    from dynenvs.evaluation.escalation import SCORES

    if not turns:
        yield "The choice of the map turns no pair of models."
        return
    yield "Where the choice of the map turns the ranking (difference of scores, 95 % interval):"
    for turn in turns:
        certain = "beyond chance" if turn.after.high < 0 else "within chance"
        yield (
            f"  {turn.scenario}: {turn.higher} is above {turn.lower} by {_told(turn.before)} with the "
            f"published scores, and below it by {_told(turn.after, -1)} with the {SCORES[turn.score]}, {certain}."
        )


def _told(estimate: tuple[float, float, float], sign: int = 1) -> str:
    value, *ends = (sign * number for number in estimate)
    return f"{value:.2f} ({min(ends):.2f} to {max(ends):.2f})"


def _draw(console: Console, found: Reproduction, out: Path) -> None:
    from dynenvs.evaluation.escalation_plots import figures
    from dynenvs.evaluation.plots import save_plot

    for name, figure in figures(found).items():
        save_plot(figure, out / f"{name}.png")
        console.print(f"figure: {out / f'{name}.png'}", soft_wrap=True, highlight=False, markup=False)


def _quote(runs: Path, board: Path) -> Path:
    """Write what the published models gained and how far they escalated as quotes of a board."""
    from dynenvs.envs.escalation.runs import COMMIT, SOURCE, read_runs
    from dynenvs.evaluation.escalation_front import front_of_runs
    from dynenvs.leaderboard.quotes import Quote, Quotes, write_quotes

    source = (
        f"Language models of Rivera et al. (2024, arXiv 2401.03408), computed from the run logs that they released at "
        f"{SOURCE}, commit {COMMIT}; dynenvs cannot play them again. The rules are those of this board; a nation acts "
        "any number of times a day, and the three scenarios, which change no number, are pooled. Intervals: 95 % "
        "bootstrap over runs within scenarios."
    )
    quotes = tuple(
        Quote(policy=model, episodes=found.runs, score=found.place.up, metrics={"escalation": found.place.across})
        for model, found in front_of_runs(read_runs(runs)).items()
    )
    command = f"dynenvs reproduce escalation --runs EscalAItion --quote {board.as_posix()}"
    return write_quotes(board, Quotes(title="published language models", source=source, command=command, quotes=quotes))
