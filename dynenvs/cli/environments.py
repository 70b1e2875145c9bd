"""``dynenvs list``, ``dynenvs info`` and ``dynenvs warmup``: what there is."""

from __future__ import annotations

import time
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dynenvs import registration
from dynenvs.cli.description import Sheet, as_markdown, sheets
from dynenvs.cli.options import env_argument, param_option


@click.command("list")
def list_environments() -> None:
    """List all environments."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("environment", no_wrap=True)
    table.add_column("what it models")
    for env_id in registration.env_ids():
        table.add_row(env_id, escape(registration.spec(env_id).about))
    Console().print(table)


@click.command()
@env_argument
@param_option
@click.option("--markdown", is_flag=True, help="Print Markdown, with the definition of every background policy.")
def info(env_id: str, params: dict[str, Any], markdown: bool) -> None:
    """Describe ENV: parameters, roles, observations, actions, rewards, ends and background policies."""
    described = sheets(env_id, registration.make_params(env_id, **params))
    if markdown:
        click.echo("\n".join(as_markdown(sheet) for sheet in described), nl=False)
        return
    console, spec = Console(), registration.spec(env_id)
    console.print(f"[bold]{escape(env_id)}[/bold]  {escape(spec.about)}")
    console.print(f"source: {escape(spec.paper)}", style="dim")
    names = registration.world_type(env_id).background_policies()
    for sheet in described[: -1 if names else None]:
        console.print(_table(sheet))
    if names:
        console.print(f"background policies: {', '.join(names)}", highlight=False)
        console.print("what they do: add --markdown", style="dim")


@click.command()
@click.argument("env_ids", metavar="[ENV]...", nargs=-1)
def warmup(env_ids: tuple[str, ...]) -> None:
    """Compile environments ahead (all by default), so that their first use does not wait."""
    for env_id in env_ids or registration.env_ids():
        started = time.perf_counter()
        registration.make_world(env_id).reset(0)
        click.echo(f"{env_id}: {time.perf_counter() - started:.1f} s")


def _table(sheet: Sheet) -> Table:
    table = Table(title=escape(sheet.title), title_justify="left", box=box.SIMPLE_HEAD)
    for place, name in enumerate(sheet.header):
        table.add_column(name, overflow="fold", no_wrap=place == 0 or name == "field")
    for row in sheet.rows:
        table.add_row(*map(escape, row))
    return table
