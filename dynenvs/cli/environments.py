"""``dynenvs list``, ``dynenvs info`` and ``dynenvs warmup``: what there is."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from dynenvs import registration
from dynenvs.cli.options import env_argument, param_option
from dynenvs.core.layouts import Role, WorldLayout


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
def info(env_id: str, params: dict[str, Any]) -> None:
    """Describe ENV: parameters, roles, observations, actions, rewards, ends and background policies."""
    console, spec = Console(), registration.spec(env_id)
    built = registration.make_params(env_id, **params)
    world_type = registration.world_type(env_id)
    layout = world_type.describe(built)
    console.print(f"[bold]{escape(env_id)}[/bold]  {escape(spec.about)}")
    console.print(f"source: {escape(spec.paper)}", style="dim")
    console.print(_params_table(built))
    for role in dict.fromkeys(layout.roles):
        console.print(_observation_table(role))
        console.print(_action_table(role))
    console.print(_summary(layout))
    if names := world_type.background_policies():
        console.print(f"background policies: {', '.join(names)}", highlight=False)


@click.command()
@click.argument("env_ids", metavar="[ENV]...", nargs=-1)
def warmup(env_ids: tuple[str, ...]) -> None:
    """Compile environments ahead (all by default), so that their first use does not wait."""
    for env_id in env_ids or registration.env_ids():
        started = time.perf_counter()
        registration.make_world(env_id).reset(0)
        click.echo(f"{env_id}: {time.perf_counter() - started:.1f} s")


def _params_table(params: Any) -> Table:
    table = Table("parameter", "value", title="Parameters", title_justify="left", box=box.SIMPLE_HEAD)
    for field in dataclasses.fields(params):
        table.add_row(field.name, escape(repr(getattr(params, field.name))))
    return table


def _observation_table(role: Role) -> Table:
    title = f"Observation of the {role.name}: {role.observation.size} numbers"
    names = ("columns", Column("field", no_wrap=True), "range", "unit", "meaning")
    table = Table(*names, title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for field, columns in zip(role.observation.fields, role.observation.slices.values(), strict=True):
        span = f"{columns.start}" if field.size == 1 else f"{columns.start}-{columns.stop - 1}"
        table.add_row(span, field.name, escape(f"[{field.low:g}, {field.high:g}]"), field.unit, escape(field.about))
    if grid := role.observation.grid:
        table.add_row("grid", grid.name, escape(f"[0, {grid.num_codes - 1}]"), str(grid.shape), escape(grid.about))
    return table


def _action_table(role: Role) -> Table:
    title = f"Action of the {role.name}"
    table = Table("head", "values", "meaning", title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for head in role.actions.discrete_heads:
        options = ", ".join(f"{number} {option}" for number, option in enumerate(head.options[:8]))
        more = f", ... {head.size - 1}" if head.size > 8 else ""
        table.add_row(head.name, escape(options + more), escape(head.about))
    for box_head in role.actions.continuous_heads:
        bounds = f"[{box_head.low:g}, {box_head.high:g}] {box_head.unit}"
        table.add_row(box_head.name, escape(bounds), escape(box_head.about))
    return table


def _summary(layout: WorldLayout) -> str:
    terms = ", ".join(f"{weight:g} x {name}" for name, weight in layout.reward_terms.items())
    return (
        f"players: {layout.num_agents} ({', '.join(layout.player_names)})\n"
        f"reward: {terms}\n"
        f"ends by: {', '.join(layout.end_reasons[1:])}"
    )
