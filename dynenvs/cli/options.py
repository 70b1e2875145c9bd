"""Options that several commands share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from dynenvs.registration import registered_id

__all__ = [
    "NAMES",
    "env_argument",
    "name_texts",
    "name_values",
    "narrator_option",
    "param_option",
    "plots_option",
    "run_options",
    "seed_option",
]

_TRANSCRIPTS = "Write a transcript of each episode into this folder."

Command = TypeVar("Command", bound=Callable[..., Any])


class _Names(click.ParamType[list[str]]):
    """Names between commas; commas inside parentheses belong to the name."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        """Split the text."""
        if isinstance(value, list):
            return value
        names = [name.strip() for name in re.split(r",(?![^(]*\))", value)]
        if not all(names):
            self.fail(f"{value!r}: expected names between commas", param, ctx)
        return names


NAMES = _Names()


def name_values(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, Any]]:
    """Take ``name=value`` apart; a value is JSON, or else text."""
    pairs: list[tuple[str, Any]] = []
    for name, text in _name_texts(ctx, option, values):
        try:
            pairs.append((name, json.loads(text)))
        except json.JSONDecodeError:
            pairs.append((name, text))
    return pairs


def name_texts(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Take ``name=text`` apart."""
    return dict(_name_texts(ctx, option, values))


def _name_texts(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r}: expected name=value", ctx, option)
        yield name, text


def _params(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    return dict(name_values(ctx, option, values))


def _registered(ctx: click.Context, argument: click.Parameter, value: str) -> str:
    return registered_id(value)


def env_argument(command: Command) -> Command:
    """Take the id of an environment, or ``module:id`` of one that a module of the user's registers, as in Gymnasium."""
    return click.argument("env_id", metavar="ENV", callback=_registered)(command)


def param_option(command: Command) -> Command:
    """Take parameters of the environment."""
    text = "Parameter of the environment, e.g. execution_noise=0.02 or game=stag_hunt; may be repeated."
    option = click.option("-p", "--param", "params", multiple=True, callback=_params, metavar="NAME=VALUE", help=text)
    return option(command)


def narrator_option(command: Command) -> Command:
    """Take who tells the players what happens."""
    text = "Who tells the players what happens: template, llm:MODEL, or none (the default)."
    return click.option("--narrator", default="none", help=text)(command)


def plots_option(command: Command) -> Command:
    """Take a folder for plots."""
    kind = click.Path(path_type=Path, file_okay=False)
    return click.option("--plots", type=kind, help="Draw the plots into this folder.")(command)


def run_options(command: Command) -> Command:
    """Take where a run writes, and whether it goes on with an earlier one."""
    for option in (
        click.option("--transcripts", type=click.Path(path_type=Path, file_okay=False), help=_TRANSCRIPTS),
        click.option("--resume", is_flag=True, help="Go on with the run that was to write --out."),
        click.option("--out", type=click.Path(path_type=Path), help="Write the records: a .jsonl or a .parquet file."),
    ):
        command = option(command)
    return command


def seed_option(command: Command) -> Command:
    """Take a seed."""
    return click.option("--seed", default=0, show_default=True, help="Gives the seeds of all episodes.")(command)
