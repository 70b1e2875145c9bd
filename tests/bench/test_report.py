"""The table and the verdicts, made from timings that the tests choose."""

import io
import json

import pytest
from rich.console import Console

from dynenvs.bench.ours import BATCH, CART_POLES, DAYS, OURS, ROBUST_ITERATION, SINGLE
from dynenvs.bench.peers import (
    AXELROD,
    CART_POLE,
    CART_POLE_SYNC,
    CART_POLE_VECTOR,
    GET_AXELROD,
    LINEAR_PROGRAMS,
    peers,
)
from dynenvs.bench.report import Bar, Report, Row, compare, to_json, to_tables
from dynenvs.bench.run import beside_their_peers, speed_bars
from dynenvs.bench.timing import Timing

CONTENDERS = beside_their_peers(OURS, peers(None))
SPEEDS = {
    BATCH: (16e6, 18e6, 17e6),
    DAYS: (400e3, 500e3, 300e3),
    AXELROD: (250e3, 300e3, 200e3),  # so ours over theirs: 64, 60, 85
    SINGLE: (200e3, 100e3, 150e3),
    CART_POLE: (100e3, 200e3, 100e3),  # and 2, 0.5, 1.5
    CART_POLES: (24e6, 26e6, 28e6),
    CART_POLE_VECTOR: (12e6, 13e6, 16e6),  # and 2, 2, 1.75
    CART_POLE_SYNC: (200e3, 130e3, 140e3),  # and 120, 200, 200
    ROBUST_ITERATION: (500e3, 600e3, 450e3),
    LINEAR_PROGRAMS: (500, 400, 300),  # and 1000, 1500, 1500
}


def rows(**changed):
    timings = {contender.name: Timing((1000.0, 3000.0, 2000.0)) for contender in CONTENDERS}
    timings |= {name: Timing(rates) for name, rates in SPEEDS.items()}
    return compare(CONTENDERS, timings | changed)


def printed(report):
    console = Console(width=160, file=io.StringIO())
    console.print(to_tables(report))
    return console.file.getvalue()


def line_of(text, name):
    (line,) = [line for line in text.splitlines() if line.strip().startswith(f"{name}  ")]
    return " ".join(line.split())


def report(rows=(), bars=()):
    return Report(machine={"CPU": "an abacus, 2 cores", "dynenvs": "0.1.0, commit 0123abc"}, rows=rows, bars=bars)


def test_every_contender_has_a_row_beside_its_peer():
    text = printed(report(rows()))
    for contender in CONTENDERS:
        assert line_of(text, contender.name)
    names = [row.name for row in rows()]
    for row in rows():
        assert not row.peer or abs(names.index(row.peer) - names.index(row.name)) == 1


def test_a_row_gives_median_range_and_how_many_times_its_peer():
    text = printed(report(rows()))
    assert line_of(text, BATCH) == f"{BATCH} 1,024 1 17.0 M turns (16.0-18.0) 64 x {AXELROD}"
    assert line_of(text, SINGLE) == f"{SINGLE} 1 1 150 k agent-steps (100-200) 1.5 x {CART_POLE}"
    assert line_of(text, AXELROD) == f"{AXELROD} 1 1 250 k turns (200-300) -"
    assert "median (min-max) of 3" in text


def test_rates_are_compared_within_each_repetition_for_the_machine_may_slow_down_between():
    row = next(row for row in rows() if row.name == BATCH)
    assert row.ratios == (64, 60, 85)


def test_what_is_missing_is_said_in_its_row_and_in_the_verdict():
    without = rows(**{AXELROD: Timing(missing=GET_AXELROD)})
    bars = speed_bars(without)
    text = printed(report(without, bars))
    assert f"missing: {GET_AXELROD[:30]}" in line_of(text, AXELROD)
    assert line_of(text, BATCH).endswith(" -")
    assert (bars[0].holds, bars[0].verdict) == (None, f"not measured: {GET_AXELROD}")


def test_the_speed_bars_are_read_from_their_rows():
    batch, days, single, poles, poles_over_sync, backups = speed_bars(rows())
    assert (batch.value, batch.holds) == (64, True)
    assert (days.value, days.holds) == (400, True)
    assert (single.value, single.holds) == (pytest.approx(1 / 1.5), True)
    assert (poles.value, poles.holds) == (2, True)
    assert (poles_over_sync.value, poles_over_sync.holds) == (200, True)
    assert (backups.value, backups.holds) == (1500, True)


def test_a_bar_that_does_not_hold_is_not_glossed_over():
    rates = {AXELROD: 1e6, CART_POLE: 1e6, DAYS: 1e5, CART_POLE_VECTOR: 20e6, CART_POLE_SYNC: 1e6, LINEAR_PROGRAMS: 1e4}
    slow = speed_bars(rows(**{name: Timing((rate,) * 3) for name, rate in rates.items()}))
    assert [bar.holds for bar in slow] == [False] * 6
    assert printed(report(bars=slow)).count("does not hold") == 6


@pytest.mark.parametrize(
    ("value", "at_least", "holds"), [(1, True, True), (0.9, True, False), (1, False, True), (1.1, False, False)]
)
def test_a_bar_bounds_from_one_side(value, at_least, holds):
    bar = Bar(about="speed", bound=1, at_least=at_least, unit="x", value=value)
    assert bar.holds is holds
    assert bar.verdict == ("holds" if holds else "does not hold")


def test_the_machine_is_named():
    text = printed(report())
    assert "CPU: an abacus, 2 cores" in text
    assert "dynenvs: 0.1.0, commit 0123abc" in text


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        (16_183_000, "16.2 M"),
        (1_234_000, "1.23 M"),
        (250_400, "250 k"),
        (1_000, "1.00 k"),
        (87.43, "87.4"),
        (0.5, "0.50"),
    ],
)
def test_rates_have_three_digits(rate, written):
    row = Row(name="cart", games=1, threads=1, unit="turns", rates=(rate,))
    assert f" {written} turns" in printed(report([row]))


def test_the_json_holds_all_numbers_and_verdicts():
    content = json.loads(to_json(report(rows(), speed_bars(rows()))))
    assert content["machine"]["CPU"] == "an abacus, 2 cores"
    assert [row["name"] for row in content["rows"]] == [contender.name for contender in CONTENDERS]
    assert content["rows"][0]["rates"] == list(SPEEDS[BATCH])
    assert [bar["holds"] for bar in content["bars"]] == [True] * 6
