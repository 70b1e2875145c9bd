"""The whole benchmark: who is timed, in which order, and what they promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from statistics import median
from typing import NamedTuple

from dynenvs.bench.machine import describe_machine
from dynenvs.bench.ours import BATCH, CART_POLES, DAYS, OURS, ROBUST_ITERATION, SINGLE
from dynenvs.bench.peers import CART_POLE_SYNC, GET_AXELROD, peers
from dynenvs.bench.processes import measure_first_step, measure_import, measure_memory
from dynenvs.bench.report import Bar, Report, Row, compare, ratios
from dynenvs.bench.timing import Contender, measure
from dynenvs.bench.tournament import STRATEGIES, measure_tournaments
from dynenvs.core.errors import MissingExtra

__all__ = ["ENTRY_POINTS", "FULL", "QUICK", "Effort", "Plugged", "run"]

ENTRY_POINTS = "dynenvs.contenders"
"""Group of functions that take the interpreter of peers, or None, and give `Plugged`: contenders of other packages."""


class Effort(NamedTuple):
    """How much is measured."""

    repetitions: int
    seconds: float  # of a repetition of each contender
    processes: int  # pairs of fresh processes
    strategies: int  # of a tournament


FULL = Effort(repetitions=7, seconds=0.2, processes=7, strategies=len(STRATEGIES))
QUICK = Effort(repetitions=1, seconds=0.005, processes=1, strategies=4)


@dataclass(frozen=True, kw_only=True)
class Plugged:
    """What a package beside this one has to time.

    Attributes
    ----------
    ours, peers : tuple of Contender
        Its own, and whom they are compared with.
    bars : callable
        Takes the rows by name; gives what is promised of them.
    """

    ours: tuple[Contender, ...]
    peers: tuple[Contender, ...]
    bars: Callable[[Mapping[str, Row]], tuple[Bar, ...]]


def run(
    effort: Effort = FULL,
    *,
    memory: bool = False,
    peers_python: str | None = None,
    progress: Callable[[str], object] = lambda what: None,
) -> Report:
    """Measure everything.

    Parameters
    ----------
    effort : Effort
        `FULL`, or `QUICK` to see whether all works: its numbers mean little.
    memory : bool
        Whether to play 10^8 agent-steps and watch the memory.
    peers_python : str, optional
        The interpreter of an environment in which the Axelrod library is installed.
    progress : callable
        Told what is under way.

    Returns
    -------
    Report
        What is missing is said in its place.
    """
    machine = describe_machine(peers_python)
    plugged = [entry.load()(peers_python) for entry in sorted(entry_points(group=ENTRY_POINTS))]
    ours = [*OURS, *(contender for one in plugged for contender in one.ours)]
    others = [*peers(peers_python), *(contender for one in plugged for contender in one.peers)]
    contenders = beside_their_peers(ours, others)
    rows = compare(
        contenders,
        measure(contenders, repetitions=effort.repetitions, seconds=effort.seconds, progress=progress),
    )
    progress("playing tournaments")
    tournament_rows, tournament_bars = measure_tournaments(
        peers_python, effort.repetitions, STRATEGIES[: effort.strategies]
    )
    progress("training")
    training_row, training_bar = measure_training(effort.repetitions)
    progress("starting processes")
    bars = (
        *speed_bars(rows),
        *(bar for one in plugged for bar in one.bars({row.name: row for row in rows})),
        *tournament_bars,
        training_bar,
        measure_import(effort.processes),
        measure_first_step(effort.processes),
        measure_memory(memory),
    )
    return Report(machine=machine, rows=(*rows, *tournament_rows, training_row), bars=bars)


def measure_training(repetitions: int) -> tuple[Row, Bar]:
    """Time PPO's training, and the environment's share of it: the median over rollouts."""
    row = Row(name="RepeatedGame, SB3 PPO", games=256, threads=1, unit="agent-steps")
    bar = Bar(about="RepeatedGame, SB3 PPO: environment's share of the time", bound=5, unit="%")
    try:
        from dynenvs.bench.training import GAMES, STEPS, time_training
    except MissingExtra as error:
        return replace(row, missing=str(error)), replace(bar, missing=str(error))
    times = time_training(repetitions)
    rates = tuple(GAMES * STEPS / total for total, _ in times)
    return replace(row, rates=rates), replace(bar, value=100 * median(inside / total for total, inside in times))


def beside_their_peers(ours: Sequence[Contender], others: Sequence[Contender]) -> tuple[Contender, ...]:
    """Order contenders so that each is followed by the one it is compared with; those left over come last."""
    by_name = {contender.name: contender for contender in others}

    def ordered() -> Iterator[Contender]:
        for contender in ours:
            yield contender
            if contender.peer in by_name:
                yield by_name.pop(contender.peer)
        yield from by_name.values()

    return tuple(ordered())


def speed_bars(rows: Sequence[Row]) -> tuple[Bar, ...]:
    """Judge the batches of games and the single environment by their rows."""
    by_name = {row.name: row for row in rows}
    batch, days, single, poles = by_name[BATCH], by_name[DAYS], by_name[SINGLE], by_name[CART_POLES]
    robust = by_name[ROBUST_ITERATION]
    over_sync = ratios(poles.rates, by_name[CART_POLE_SYNC].rates)
    return (
        Bar(
            about="RepeatedGame, batch of 1,024, over the Axelrod library",
            bound=40,
            at_least=True,
            unit="x",
            value=median(batch.ratios) if batch.ratios else None,
            missing=GET_AXELROD,
        ),
        Bar(  # the public reference plays 35 days a second (quoted, not run here)
            about="Escalation, batch of 1,024: days of 8 nations x 3 actions (the published code: 35, as quoted)",
            bound=350,
            at_least=True,
            unit="k days/s",
            value=median(days.rates) / 1e3 if days.rates else None,
            missing="see the table",
        ),
        Bar(
            about="RepeatedGame, Env: cost of a step, over CartPole-v1's",
            bound=1.5,
            unit="x",
            value=1 / median(single.ratios) if single.ratios else None,
            missing="see the table",
        ),
        Bar(
            about="RobustCartPole, VectorEnv of 1,024 with physics of their own, over Gymnasium's CartPoleVectorEnv",
            bound=1.5,
            at_least=True,
            unit="x",
            value=median(poles.ratios) if poles.ratios else None,
            missing="see the table",
        ),
        Bar(
            about="RobustCartPole, VectorEnv of 1,024 with physics of their own, over SyncVectorEnv",
            bound=50,
            at_least=True,
            unit="x",
            value=median(over_sync) if over_sync else None,
            missing="see the table",
        ),
        Bar(
            about="robust value iteration, L1, 100 states: backups, over a linear program of scipy's each",
            bound=100,
            at_least=True,
            unit="x",
            value=median(robust.ratios) if robust.ratios else None,
            missing="see the table",
        ),
    )
