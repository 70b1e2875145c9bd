"""When a call of a server is tried again, and after how long."""

from __future__ import annotations

import email.utils
import random
import re
import time
from collections.abc import Mapping

from dynenvs_agents.llm.models import ModelError

__all__ = ["Failure", "asked_to_wait", "failure", "is_about_context", "pause"]

PASSING = (408, 409, 425, 429)  # and all from 500 on: the same request may succeed a little later
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds
LONGEST_WAIT = 300.0  # seconds: a server that asks for more is given up

_ABOUT_CONTEXT = re.compile(r"context[ _](length|window|size)|exceed\w* .{0,40}context", re.IGNORECASE)

_jitter = random.Random()


class Failure(Exception):
    """An attempt that brought no reply.

    Parameters
    ----------
    error : ModelError
        What to raise in the end.
    again : bool or float
        Whether to try again; a number is the seconds that the server asks to wait before.
    """

    def __init__(self, error: ModelError, again: bool | float) -> None:
        super().__init__(str(error))
        self.error = error
        self.again = again


def failure(error: ModelError, headers: Mapping[str, str] | None = None) -> Failure:
    """Decide about the next attempt.

    Parameters
    ----------
    error : ModelError
        How the last one failed.
    headers : mapping, optional
        What the server sent along; names in lower case.

    Returns
    -------
    Failure
        To be raised.
    """
    if error.status is None:
        return Failure(error, again=True)
    headers = headers or {}
    told = headers.get("x-should-retry")  # OpenAI says so where the status alone would mislead, as with spent quota
    again = told == "true" if told in ("true", "false") else error.status in PASSING or error.status >= 500
    wait = asked_to_wait(headers)
    if not again or wait is None:
        return Failure(error, again)
    return Failure(error, again=wait if wait <= LONGEST_WAIT else False)


def is_about_context(explained: str) -> bool:
    """Tell whether an error is that prompt and reply are longer than the model's context, however a server says it."""
    return _ABOUT_CONTEXT.search(explained) is not None


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds a server asks to be left alone, if it does.

    Parameters
    ----------
    headers : mapping
        Of its response: ``Retry-After`` as seconds or as a date, or ``retry-after-ms``.

    Returns
    -------
    float or None
        At least 0.
    """
    try:
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    except (KeyError, ValueError):
        pass
    given = headers.get("retry-after", "")
    try:
        return max(0.0, float(given))
    except ValueError:
        return _until(given)


def _until(given: str) -> float | None:
    """Return the seconds until a date; None for what no calendar has."""
    try:
        date = email.utils.parsedate_tz(given)
        return None if date is None else max(0.0, email.utils.mktime_tz(date) - time.time())
    except (ValueError, OverflowError, IndexError):
        return None


def pause(attempt: int) -> float:
    """Return how long to wait after a failed attempt.

    Parameters
    ----------
    attempt : int
        Its number, from 1.

    Returns
    -------
    float
        Seconds: doubled from attempt to attempt, and up to half of it at random, so that games which failed together
        do not come back together.
    """
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt - 1, 16))
    return longest * _jitter.uniform(0.5, 1.0)
