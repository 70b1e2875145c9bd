"""Options that several commands share."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["NAMES", "env_argument", "param_option", "seed_option"]

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


def _params(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    """Turn ``name=value`` into parameters; a value is JSON, or else text."""
    params: dict[str, Any] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r}: expected name=value", ctx, option)
        try:
            params[name] = json.loads(text)
        except json.JSONDecodeError:
            params[name] = text
    return params


def _env_id(ctx: click.Context, argument: click.Parameter, value: str) -> str:
    """Import the module before the colon, if there is one: it registers the environment."""
    module, colon, env_id = value.rpartition(":")
    if colon:
        try:
            importlib.import_module(module)
        except (ImportError, ValueError) as error:
            raise click.BadParameter(f"{value!r}: expected an id, or module:id, but {error}", ctx, argument) from error
    return env_id


def env_argument(command: Command) -> Command:
    """Take the id of an environment, or ``module:id`` of one that a module of the user's registers, as in Gymnasium."""
    return click.argument("env_id", metavar="ENV", callback=_env_id)(command)


def param_option(command: Command) -> Command:
    """Take parameters of the environment."""
    text = "Parameter of the environment, e.g. execution_noise=0.02 or game=stag_hunt; may be repeated."
    option = click.option("-p", "--param", "params", multiple=True, callback=_params, metavar="NAME=VALUE", help=text)
    return option(command)


def seed_option(command: Command) -> Command:
    """Take a seed."""
    return click.option("--seed", default=0, show_default=True, help="Gives the seeds of all episodes.")(command)
