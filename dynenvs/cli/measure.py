"""``dynenvs measure``: how the policies of an evaluation answer the others."""

from __future__ import annotations

import math
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table


@click.command()
@click.argument("path", type=click.Path(path_type=Path), metavar="RECORDS")
def measure(path: Path) -> None:
    """Estimate how every policy answers the others, and what its replies cost, from RECORDS of `dynenvs evaluate`."""
    from dynenvs.evaluation.answers import family_measures, usage
    from dynenvs.evaluation.records import read_records

    records = read_records(path)
    table = Table(Column("policy", overflow="fold"), Column("measure", no_wrap=True), box=box.SIMPLE_HEAD)
    for name in ("value", "95 % interval", "number"):
        table.add_column(name, justify="right", no_wrap=True)
    for policy, measures in family_measures(records).items():
        for k, (name, found) in enumerate(measures.items()):
            value = "never" if math.isnan(found.value) else f"{found.value:.3f}"
            interval = f"{found.low:.3f} to {found.high:.3f}"
            table.add_row("" if k else escape(policy), name, value, interval, f"{found.number:,}")
        for name, used in usage(records, policy).items():
            table.add_row("", name, f"{used.value:.3f}", f"{used.low:.3f} to {used.high:.3f}", "")
        table.add_section()
    Console().print(table)
