"""``dynenvs list``, ``dynenvs info`` and ``dynenvs warmup``: what there is."""

from __future__ import annotations

import time
from typing import Any

import click
from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from dynenvs import registration
from dynenvs.cli.description import as_markdown, sheets
from dynenvs.cli.options import env_argument, param_option
from dynenvs.cli.tables import laid_out
from dynenvs.core.errors import MissingExtra

FEW = 3
"""Background policies that are listed with what they do."""


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
@click.option("--policies", is_flag=True, help="Print what every background policy does, and its source.")
@click.option("--markdown", is_flag=True, help="Print all of it as Markdown.")
def info(env_id: str, params: dict[str, Any], policies: bool, markdown: bool) -> None:
    """Describe ENV: parameters, roles, observations, actions, rewards, ends and background policies."""
    described = sheets(env_id, registration.make_params(env_id, **params))
    names = registration.world_type(env_id).background_policies()
    if policies:
        described = described[-1:] if names else []
    if markdown:
        click.echo("\n".join(as_markdown(sheet) for sheet in described), nl=False)
        return
    console, spec = Console(), registration.spec(env_id)
    console.print(f"[bold]{escape(env_id)}[/bold]  {escape(spec.about)}")
    console.print(f"source: {escape(spec.paper)}", style="dim")
    for sheet in described if policies else described[: -1 if names else None]:
        whole = [place for place, name in enumerate(sheet.header) if place == 0 or name == "field"]
        console.print(laid_out(sheet.header, sheet.rows, console.width, title=sheet.title, whole=whole))
        if sheet.foot:
            console.print(escape(sheet.foot.replace("`", "")) + "\n", style="dim", highlight=False, soft_wrap=True)
    if names and not policies:
        console.print(_seated(env_id, params, names), style="italic", highlight=False)
        console.print(_listed(env_id, names), highlight=False)
        console.print(f"what each of them does: dynenvs info {env_id} --policies", style="dim", highlight=False)
    elif policies and not names:
        console.print("no background policies")


@click.command()
@click.argument("env_ids", metavar="[ENV]...", nargs=-1)
def warmup(env_ids: tuple[str, ...]) -> None:
    """Compile environments ahead (all by default), so that their first use does not wait."""
    for env_id in env_ids or registration.env_ids():
        started = time.perf_counter()
        try:
            registration.make_world(env_id).reset(0)
        except MissingExtra as error:
            if env_ids:
                raise
            click.echo(f"{env_id}: left out, {error}")
            continue
        click.echo(f"{env_id}: {time.perf_counter() - started:.1f} s")


def _seated(env_id: str, params: dict[str, Any], names: tuple[str, ...]) -> str:
    """Say how many background policies there are, and where they can sit with these parameters."""
    world_type, built = registration.world_type(env_id), registration.make_params(env_id, **params)
    players, seats = world_type.describe(built).player_names, world_type.background_seats(built)
    head = f"Background policies: {len(names)}"
    if len(seats) == len(players):
        return f"{head}, each of which can sit on a seat, as can random_legal"
    told = ", ".join(f"{seat} ({escape(players[seat])})" for seat in seats)
    where = f"on seat {told} alone" if seats else "on no seat with these parameters"
    return f"{head}, which can sit {where}; random_legal can sit on any"


def _listed(env_id: str, names: tuple[str, ...]) -> Columns | Padding:
    """List background policies by name; a few with what they do."""
    if len(names) > FEW:
        return Columns([f"  {name}" for name in sorted(names)], column_first=True, padding=(0, 1))
    notes, grid = registration.world_type(env_id).background_notes(), Table.grid(padding=(0, 2))
    for name in sorted(names):
        grid.add_row(escape(name), escape(notes[name][0]))
    return Padding(grid, (0, 0, 0, 2))
