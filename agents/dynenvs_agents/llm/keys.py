"""Keys of servers: read from the environment, and kept out of everything that is written."""

from __future__ import annotations

import functools
import json
import logging
import os
import re
from urllib.parse import quote

from dynenvs.core.errors import ParameterError

__all__ = ["censor_logs", "check_variable", "read_key", "told", "without_key"]

SHORTEST_SECRET = 8  # shorter keys are placeholders, such as "none": what a server says may well contain them

TRANSPORTS = ("httpx", "httpcore", "httpx2", "httpcore2")
PARTS = ("", ".connection", ".http11", ".http2", ".proxy")
TRANSPORT_LOGGERS = ["openai", "openai._base_client", *(f"{library}{part}" for library in TRANSPORTS for part in PARTS)]
"""Loggers that tell at level DEBUG what a server sent, header by header."""

LONGEST_TOLD = 20  # characters of a user's text that a message repeats whole: keys are longer


def read_key(variable: str) -> str:
    """Read a key; nothing of it is shown, whatever is wrong with it.

    Parameters
    ----------
    variable : str
        The environment variable that holds it.

    Returns
    -------
    str
        The key without surrounding white space; empty where the variable is not set.

    Raises
    ------
    ParameterError
        If it is no possible key.
    """
    key = os.environ.get(variable, "").strip()
    if re.fullmatch(r"[!-~]*", key) is None:
        raise ParameterError(f"{variable}: expected a key of printable ASCII without spaces")
    return key


def check_variable(name: str, variable: str) -> None:
    """Check that an option names an environment variable; what is none may be the key itself, and is not shown.

    Raises
    ------
    ParameterError
        If it does not.
    """
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable) is None:
        raise ParameterError(f"{name}: expected the name of an environment variable, such as MY_KEY, and not a key")


def told(text: str) -> str:
    """Write a user's text for a message, in quotes; what may be a key, or hold one, is left out.

    Parameters
    ----------
    text : str
        An option, its name or its value.

    Returns
    -------
    str
        The text if it is short, or looks like the name of a variable; else only its length.
    """
    named = re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", text) is not None
    secret = "sk-" in text or any(without_key(key, text) != text for key in _censor.keys)
    return repr(text) if (named or len(text) <= LONGEST_TOLD) and not secret else f"({len(text)} characters)"


def without_key(key: str, text: str) -> str:
    """Return a text with "[key]" wherever the key stood, plain or as JSON, Python and addresses write it."""
    if len(key) >= SHORTEST_SECRET:
        for spelling in _spellings(key):
            text = text.replace(spelling, "[key]")
    return text


@functools.lru_cache(maxsize=32)
def _spellings(key: str) -> tuple[str, ...]:
    written = json.dumps(key)[1:-1]
    spellings = {key, written, written.replace("/", "\\/"), repr(key)[1:-1], quote(key), quote(key, safe="")}
    return tuple(sorted(spellings, key=len, reverse=True))


def censor_logs(key: str) -> None:
    """Take a key out of what the libraries that talk to a server will log: one may send it back in a header."""
    _censor.keys.add(key)
    for name in TRANSPORT_LOGGERS:
        logging.getLogger(name).addFilter(_censor)


class _Censor(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self.keys: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        for key in self.keys:
            message = without_key(key, message)
        if message != record.getMessage():
            record.msg, record.args = message, ()
        return True


_censor = _Censor()
