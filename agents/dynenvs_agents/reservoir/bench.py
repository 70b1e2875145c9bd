"""How fast bodies step, beside reservoirpy, in `dynenvs bench`: 100 neurons that all feel each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from dynenvs.bench.peers import answering
from dynenvs.bench.report import Bar, Row
from dynenvs.bench.run import Plugged
from dynenvs.bench.timing import Contender, Play
from dynenvs_agents.reservoir.body import BodyParams, grow_bodies

__all__ = ["contenders"]

UNITS, AGENTS = 100, 1024
ONE, MANY = "body of 100, one agent", "body of 100, 1,024 agents"
RUN, STEP = "reservoirpy, run", "reservoirpy, step"
MISSING = "no reservoirpy, which needs an environment of its own: make bench, or --peers-python PATH"


def contenders(peers_python: str | None) -> Plugged:
    """List them.

    Parameters
    ----------
    peers_python : str or None
        The interpreter of an environment in which reservoirpy is installed.
    """
    script = Path(__file__).with_name("reservoirpy_steps.py")
    return Plugged(
        ours=(
            Contender(name=MANY, open=_bodies(AGENTS), games=AGENTS, unit="steps", peer=RUN),
            Contender(name=ONE, open=_bodies(1), unit="steps", peer=STEP),
        ),
        peers=tuple(
            Contender(name=name, open=answering(peers_python, script, [str(UNITS), how], MISSING), unit="steps")
            for name, how in ((RUN, "run"), (STEP, "step"))
        ),
        bars=_bars,
    )


def _bodies(agents: int) -> Callable[[], Any]:
    """Let agents with bodies of one kind live through rounds, a call each."""

    @contextmanager
    def opened() -> Iterator[Play]:
        bodies = grow_bodies(BodyParams(d=UNITS), [0])
        x, body = np.zeros((agents, UNITS)), np.zeros(agents, np.int64)
        own, other = np.random.default_rng(0).random((2, agents))
        calls = max(1, 1000 // agents)

        def play() -> int:
            for _ in range(calls):
                bodies.advance(x, body, own, other)
            return calls * agents

        yield play

    return opened


def _bars(rows: Mapping[str, Row]) -> tuple[Bar, ...]:
    promised = ((MANY, 5.0, "1,024 agents at once, over reservoirpy's run"), (ONE, 2.0, "one agent, over its step"))
    return tuple(
        Bar(
            about=f"body of {UNITS} neurons, all connected: {how}",
            bound=bound,
            at_least=True,
            unit="x",
            value=median(rows[name].ratios) if rows[name].ratios else None,
            missing=MISSING,
        )
        for name, bound, how in promised
    )
