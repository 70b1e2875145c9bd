"""Names of background players that carry numbers, as in ``memory_one(1,0,1,0)``: how they are taken apart."""

from __future__ import annotations

import re

from dynenvs.core.errors import ParameterError

__all__ = ["form_of", "numbers_of"]

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
