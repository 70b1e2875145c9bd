"""``dynenvs measure``: how the policies of an evaluation answer the others."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

if TYPE_CHECKING:
    from dynenvs.evaluation.statistics import Estimate


@click.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="RECORDS")
def measure(path: Path) -> None:
    """Estimate how every policy answers the others, and what its replies cost, from RECORDS of `dynenvs evaluate`."""
    from dynenvs.evaluation.answers import family_measures, usage
    from dynenvs.evaluation.records import read_records

    console, records = Console(), read_records(path)
    for policy, measures in family_measures(records).items():
        console.print(measures_table(policy, measures, usage(records, policy)))


def measures_table(policy: str, measures: dict[str, Any], used: dict[str, Estimate]) -> Table:
    """Lay out the measures of one policy under its name, which may be long."""
    table = Table(Column("measure", no_wrap=True), title=escape(policy), title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("value", "95 % interval", "number"):
        table.add_column(name, justify="right", no_wrap=True)
    table.caption_justify = "left"
    for name, found in measures.items():
        if found.number:
            table.add_row(name, *value_and_interval(found), f"{found.number:,}")
    nothing = [name for name, found in measures.items() if not found.number]
    if nothing:
        table.caption = escape(f"never came up: {', '.join(nothing)}")
    for name, estimate in used.items():
        digits = ".3g" if name.startswith("cost") else ".3f"  # a reply of a small model costs far less than a cent
        table.add_row(name, *value_and_interval(estimate, digits), "")
    return table


def value_and_interval(found: Any, digits: str = ".3f") -> tuple[str, str]:
    """Write a measure's value, and its interval; there is none of what never came up."""
    if math.isnan(found.value):
        return "never", "-"
    return f"{found.value:{digits}}", f"{found.low:{digits}} to {found.high:{digits}}"
