"""Keys of servers: read from the environment, and kept out of everything that is written."""

from __future__ import annotations

import logging
import os
import re

from dynenvs.core.errors import ParameterError

__all__ = ["censor_logs", "read_key", "without_key"]

SHORTEST_SECRET = 8  # shorter keys are placeholders, such as "none": what a server says may well contain them

TRANSPORTS = ("httpx", "httpcore", "httpx2", "httpcore2")
PARTS = ("", ".connection", ".http11", ".http2", ".proxy")
TRANSPORT_LOGGERS = [f"{library}{part}" for library in TRANSPORTS for part in PARTS]
"""Loggers that tell at level DEBUG what a server sent, header by header."""


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


def without_key(key: str, text: str) -> str:
    """Return a text with "[key]" wherever the key stood."""
    return text.replace(key, "[key]") if len(key) >= SHORTEST_SECRET else text


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
