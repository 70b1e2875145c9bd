"""Names of background players, which may carry numbers as in ``memory_one(1,0,1,0)``: how players are found by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from dynenvs.core.errors import ParameterError, UnknownPolicy

__all__ = ["Form", "find_player", "form_of", "numbers_of", "written_forms"]

Player = TypeVar("Player")

NAME = re.compile(r"(?P<form>[a-z0-9_]+)\((?P<numbers>[^()]*)\)")
DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?(e-?[0-9]{1,2})?")  # always finite
WHOLE = re.compile(r"[0-9]{1,4}")


def form_of(name: str) -> str:
    """Return what stands before the parentheses of a name; empty where it carries no numbers.

    Examples
    --------
    >>> form_of("cycle(0,0,1)")
    'cycle'
    """
    parts = NAME.fullmatch(name)
    return parts["form"] if parts else ""


def numbers_of(name: str, parameters: str, *, whole: bool = False) -> list[float]:
    """Read the numbers between the parentheses of a name.

    Parameters
    ----------
    name : str
        A name of which `form_of` is not empty.
    parameters : str
        What is expected, a comma between; ``...`` at the end stands for any number of them.
    whole : bool
        Whether they are actions, counted from 0.

    Returns
    -------
    list of float, or of int if `whole`
        In their order.

    Raises
    ------
    ParameterError
        If they are too few, too many, or no such numbers.

    Examples
    --------
    >>> numbers_of("zd(0.1, 2, 1)", "phi,chi,kappa")
    [0.1, 2.0, 1.0]
    """
    words = [word.strip() for word in name[name.index("(") + 1 : -1].split(",")]
    wanted = parameters.split(",")
    pattern = WHOLE if whole else DECIMAL
    enough = len(words) == len(wanted) or wanted[-1] == "..."
    if not enough or not all(pattern.fullmatch(word) for word in words):
        kind = "actions, counted from 0" if whole else "decimal numbers"
        raise ParameterError(f"strategy {name!r}: expected {form_of(name)}({parameters}) with {kind}")
    return [int(word) if whole else float(word) for word in words]


@dataclass(frozen=True)
class Form(Generic[Player]):
    """A kind of background players whose names carry numbers.

    Attributes
    ----------
    parameters : str
        As they are written, a comma between; ``...`` at the end stands for any number of them.
    about : str
        What such a player does.
    define : callable
        Takes the whole name and the numbers, and returns the player.
    whole : bool
        Whether the numbers are actions.
    optional : str
        A last parameter that may be left out.
    """

    parameters: str
    about: str
    define: Callable[..., Player]
    whole: bool = False
    optional: str = ""

    def written(self, name: str) -> str:
        """Write how a player of this form is named."""
        return f"{name}({self.parameters}{f'[,{self.optional}]' if self.optional else ''})"

    def asked(self, name: str) -> str:
        """Return the parameters that a name gives: with the optional one, if there is one number more."""
        more = self.optional and name.count(",") > self.parameters.count(",")
        return f"{self.parameters},{self.optional}" if more else self.parameters


def written_forms(forms: Mapping[str, Form[Player]]) -> dict[str, str]:
    """Return how players with numbers are written, and what these do, from forms by name."""
    return {form.written(name): form.about for name, form in forms.items()}


def find_player(
    name: str,
    players: Mapping[str, Player],
    forms: Mapping[str, Form[Player]],
    *,
    env_id: str,
    kind: str = "background policy",
) -> Player:
    """Find a background player by its name.

    Parameters
    ----------
    name : str
        What was asked for.
    players : mapping
        Those that need no numbers, by name.
    forms : mapping
        The others, by what stands before their parentheses.
    env_id, kind : str
        Where they play and what they are called there, for the message.

    Returns
    -------
    Player
        Its definition.

    Raises
    ------
    UnknownPolicy
        If there is none; the message lists the nearest names.
    ParameterError
        If the numbers in the parentheses are too few, too many, out of range or none.
    """
    if name in players:
        return players[name]
    form = forms.get(form_of(name))
    if form is None:
        raise UnknownPolicy(kind, name, [*players, *written_forms(forms)], f"dynenvs info {env_id}")
    return form.define(name, *numbers_of(name, form.asked(name), whole=form.whole))
