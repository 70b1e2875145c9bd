"""Every error that dynenvs raises on purpose.

::

    DynenvsError
    ├── ParameterError      (ValueError)           a parameter outside its documented range
    ├── IllegalAction       (ValueError)           an action that the rules do not allow now
    ├── LifecycleError      (RuntimeError)         a call out of order, such as step before reset
    ├── UnknownName         (LookupError)
    │   ├── UnknownEnvironment                     no environment of that id
    │   └── UnknownPolicy                          no policy or strategy of that name
    ├── Unsupported         (NotImplementedError)  something that a world does not offer
    ├── CorruptFile         (ValueError)           a record, policy, checkpoint or board that cannot be read
    ├── Interrupted         (RuntimeError)         an episode that cannot go on, for a reason outside its rules
    └── MissingExtra        (ImportError)          a part of dynenvs whose libraries are not installed

Messages are one line: the value, and what was expected instead.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType
from typing import Literal

__all__ = [
    "CorruptFile",
    "DynenvsError",
    "IllegalAction",
    "Interrupted",
    "LifecycleError",
    "MissingExtra",
    "ParameterError",
    "UnknownEnvironment",
    "UnknownName",
    "UnknownPolicy",
    "Unsupported",
    "require_extra",
]


class DynenvsError(Exception):
    """Base of all errors that dynenvs raises on purpose."""


class ParameterError(DynenvsError, ValueError):
    """A parameter lies outside its documented range, or does not exist."""


class IllegalAction(DynenvsError, ValueError):
    """An action has the wrong shape or type, or the rules do not allow it now."""


class LifecycleError(DynenvsError, RuntimeError):
    """A call came out of order, such as a step before the first reset."""


class UnknownName(DynenvsError, LookupError):
    """A name that is not in a registry; the message lists the nearest ones.

    Parameters
    ----------
    kind : str
        What was looked for, e.g. ``"environment"``.
    name : str
        The name that was not found.
    known : iterable of str
        The names that exist.
    listing : str
        The command that prints all of them.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], listing: str) -> None:
        super().__init__(kind, name, tuple(known), listing)

    def __str__(self) -> str:
        kind, name, known, listing = self.args
        nearest = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
        hint = f"; nearest: {', '.join(map(repr, nearest))}" if nearest else ""
        return f"no {kind} {name!r}{hint}; all: {listing}"


class UnknownEnvironment(UnknownName):
    """No environment is registered under that id."""


class UnknownPolicy(UnknownName):
    """No policy or background strategy has that name."""


class Unsupported(DynenvsError, NotImplementedError):
    """A world was asked for something that it does not offer; its flags say so beforehand."""


class CorruptFile(DynenvsError, ValueError):
    """A file cannot be read as what it should be; the message names the file and the place.

    What stands in a corrupt file may be of any length. A message that holds too much of it loses its middle: it begins
    with the file, the place and the value, and ends with what was expected.
    """

    LONGEST, BEGINNING, END = 600, 320, 200
    """Characters of a message, and of what is left of a longer one."""

    def __init__(self, message: str) -> None:
        if len(message) > self.LONGEST:
            left_out = len(message) - self.BEGINNING - self.END
            message = f"{message[: self.BEGINNING]}... ({left_out:,} characters left out) ...{message[-self.END :]}"
        super().__init__(message)


class Interrupted(DynenvsError, RuntimeError):
    """An episode cannot go on, for a reason outside its rules: it is left unfinished, and counts for nothing.

    Attributes
    ----------
    reason : {"infrastructure", "budget"}
        Something that a policy needs gave no answer, or what a run may spend is spent.
    """

    reason: Literal["infrastructure", "budget"] = "infrastructure"


class MissingExtra(DynenvsError, ImportError):
    """A part of dynenvs needs libraries that are not installed; the message says how to get them."""


def require_extra(module: str, extra: str, purpose: str) -> ModuleType:
    """Import a library that only an extra installs.

    Parameters
    ----------
    module : str
        Name to import, e.g. ``"pygame"``.
    extra : str
        The extra of dynenvs that installs it, e.g. ``"render"``.
    purpose : str
        Who needs it, for the message, e.g. ``"rendering"``.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingExtra
        If it is not installed: the message holds the ``pip install`` line.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise  # the library is there, and something inside it is not: not ours to explain
        raise MissingExtra(f'{purpose} needs {module}: pip install "dynenvs[{extra}]"') from error
