"""Timing in turn: every repetition times all contenders, so that all of them feel the machine's other work alike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TypeAlias

from dynenvs.core.errors import MissingExtra

__all__ = ["Contender", "Play", "Timing", "measure"]

Play: TypeAlias = Callable[[], int]
"""Plays on for some milliseconds; returns how many units that were."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """Something whose speed is measured.

    Attributes
    ----------
    name : str
        What is played, through what: "RepeatedGame, batch".
    open : callable
        Makes it: a context that gives its `Play`, and ends with it. Raises `MissingExtra` where it is not installed.
    games, threads : int
        Copies of the game that are played at once, and threads that play them.
    unit : str
        What `Play` counts: "turns" (of both players) or "agent-steps" (moves of seats that are played from outside),
        "days", or "backups" (worst cases of one state and action).
    peer : str
        Name of the contender that it is compared with; empty if with none.
    """

    name: str
    open: Callable[[], AbstractContextManager[Play]]
    games: int = 1
    threads: int = 1
    unit: str = "agent-steps"
    peer: str = ""


@dataclass(frozen=True)
class Timing:
    """How fast a contender was.

    Attributes
    ----------
    rates : tuple of float
        Units a second, one a repetition; none if it could not be measured.
    missing : str
        Why not, and what to do about it.
    """

    rates: tuple[float, ...] = ()
    missing: str = ""


def measure(
    contenders: Sequence[Contender],
    *,
    repetitions: int,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
    progress: Callable[[str], object] = lambda what: None,
) -> dict[str, Timing]:
    """Time contenders.

    Parameters
    ----------
    contenders : sequence of Contender
        In the order of a repetition: who is compared had better be neighbours.
    repetitions : int
        How often each is timed.
    seconds : float
        How long a repetition of each takes, at least one `Play`.
    clock : callable
        Gives the time in seconds.
    progress : callable
        Told what is under way.

    Returns
    -------
    dict of str to Timing
        By name.
    """
    timings: dict[str, Timing] = {}
    rates: dict[str, list[float]] = {}
    with ExitStack() as opened:
        plays: dict[str, tuple[Play, int]] = {}
        for contender in contenders:
            progress(f"preparing {contender.name}")
            try:
                play = opened.enter_context(contender.open())
            except MissingExtra as error:
                timings[contender.name] = Timing(missing=str(error))
                continue
            plays[contender.name] = play, _calls(play, seconds, clock)
        for repetition in range(repetitions):
            progress(f"timing, {repetition + 1} of {repetitions}")
            for name, (play, calls) in plays.items():
                rates.setdefault(name, []).append(_rate(play, calls, clock))
    return timings | {name: Timing(tuple(measured)) for name, measured in rates.items()}


def _calls(play: Play, seconds: float, clock: Callable[[], float]) -> int:
    """Return how many calls fill the time; the first call of all is not counted, for it may compile."""
    play()
    started = clock()
    play()
    return max(1, math.ceil(seconds / max(clock() - started, 1e-9)))


def _rate(play: Play, calls: int, clock: Callable[[], float]) -> float:
    started = clock()
    units = sum(play() for _ in range(calls))
    return units / (clock() - started)
