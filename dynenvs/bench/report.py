"""What a run of the benchmark found: rows of speed, bars that hold or do not, and the machine it ran on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from rich import box
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dynenvs.bench.timing import Contender, Timing

__all__ = ["Bar", "Report", "Row", "compare", "ratios", "to_json", "to_tables"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name, games, threads, unit, peer
        As in `Contender`.
    rates : tuple of float
        Units a second, one a repetition.
    ratios : tuple of float
        The same over the peer's rate in the same repetition; empty where one of them is missing.
    missing : str
        Why there are no rates.
    """

    name: str
    games: int
    threads: int
    unit: str
    peer: str = ""
    rates: tuple[float, ...] = ()
    ratios: tuple[float, ...] = ()
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A promise about speed, and whether it was kept.

    Attributes
    ----------
    about : str
        What is measured.
    bound : float
        The bar.
    at_least : bool
        Whether values above it are good; else those below it are.
    unit : str
        Of bound and value.
    value : float or None
        What was measured.
    missing : str
        Why nothing was.
    """

    about: str
    bound: float
    at_least: bool = False
    unit: str
    value: float | None = None
    missing: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the bar was met; None if nothing was measured."""
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def verdict(self) -> str:
        """That in words."""
        if self.holds is None:
            return f"not measured: {self.missing}"
        return "holds" if self.holds else "does not hold"


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that a run found.

    Attributes
    ----------
    machine : mapping of str to str
        Where it ran: see `dynenvs.bench.machine`.
    rows : tuple of Row
        Speeds.
    bars : tuple of Bar
        Promises.
    """

    machine: Mapping[str, str]
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]


def compare(contenders: Sequence[Contender], timings: Mapping[str, Timing]) -> tuple[Row, ...]:
    """Put the timings of contenders beside those of their peers.

    Parameters
    ----------
    contenders : sequence of Contender
        One a row.
    timings : mapping of str to Timing
        By name, as `measure` gives them.

    Returns
    -------
    tuple of Row
        In the same order.
    """
    return tuple(
        Row(
            name=contender.name,
            games=contender.games,
            threads=contender.threads,
            unit=contender.unit,
            peer=contender.peer,
            rates=timings[contender.name].rates,
            ratios=ratios(timings[contender.name].rates, timings.get(contender.peer, Timing()).rates),
            missing=timings[contender.name].missing,
        )
        for contender in contenders
    )


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Divide rates repetition by repetition; the machine may slow down between them. Empty where some are missing."""
    if not (ours and theirs):
        return ()
    return tuple(our / their for our, their in zip(ours, theirs, strict=True))


def to_json(report: Report) -> str:
    """Write a report as JSON, with the verdict of each bar."""
    content = asdict(report)
    for bar, found in zip(content["bars"], report.bars, strict=True):
        bar["holds"] = found.holds
    return json.dumps(content, indent=2) + "\n"


def to_tables(report: Report) -> Group:
    """Lay out a report for the terminal: the machine, the speeds, the bars."""
    machine = Text("\n".join(f"{name}: {value}" for name, value in report.machine.items()), style="dim")
    return Group(machine, _speeds(report.rows), _verdicts(report.bars))


def _speeds(rows: Sequence[Row]) -> Table:
    repetitions = max((len(row.rates) for row in rows), default=0)
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("world, adapter", no_wrap=True)
    table.add_column("games", justify="right", no_wrap=True)
    table.add_column("threads", justify="right", no_wrap=True)
    table.add_column(f"units a second, median (min-max) of {repetitions}")
    table.add_column("x peer", no_wrap=True)
    for row in rows:
        over_peer = f"{median(row.ratios):.3g} x {row.peer}" if row.ratios else "-"
        table.add_row(escape(row.name), f"{row.games:,}", str(row.threads), escape(_speed(row)), over_peer)
    return table


def _speed(row: Row) -> str:
    """Write the rates of a row in one scale, with three digits."""
    if not row.rates:
        return f"missing: {row.missing}"
    middle = median(row.rates)
    factor, prefix = next(scale for scale in _SCALES if middle >= scale[0] or scale[0] == 1)
    digits = max(0, 2 - int(math.log10(max(middle / factor, 1))))
    low, mid, high = (f"{rate / factor:.{digits}f}" for rate in (min(row.rates), middle, max(row.rates)))
    return f"{mid}{prefix} {row.unit} ({low}-{high})"


_SCALES = ((1e6, " M"), (1e3, " k"), (1.0, ""))


def _verdicts(bars: Sequence[Bar]) -> Table:
    table = Table("promise", "bar", "measured", "verdict", box=box.SIMPLE_HEAD)
    for bar in bars:
        promise = f"at {'least' if bar.at_least else 'most'} {bar.bound:g} {bar.unit}"
        measured = "-" if bar.value is None else f"{bar.value:.3g} {bar.unit}"
        table.add_row(escape(bar.about), promise, measured, Text(bar.verdict, style=_STYLES[bar.holds]))
    return table


_STYLES = {True: "green", False: "bold red", None: "yellow"}
