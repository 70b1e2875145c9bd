"""Timing in turn, on a clock that the tests wind."""

from contextlib import contextmanager

import pytest

from dynenvs.bench.timing import Contender, Timing, measure
from dynenvs.core.errors import MissingExtra


class Clock:
    """A time that passes only when somebody plays."""

    def __init__(self):
        self.now = 0.0
        self.played = []

    def __call__(self):
        return self.now

    def contender(self, name, *, takes, units=100):
        """Play `units` in `takes` seconds, or in the next of several times."""
        times = iter(takes) if isinstance(takes, list) else None

        @contextmanager
        def opened():
            def play():
                self.now += next(times) if times else takes
                self.played.append(name)
                return units

            yield play
            self.played.append(f"{name} closed")

        return Contender(name=name, open=opened)


@pytest.fixture
def clock():
    return Clock()


def test_a_rate_is_units_over_the_time_they_took(clock):
    fast, slow = clock.contender("fast", takes=0.01), clock.contender("slow", takes=0.5)
    timings = measure([fast, slow], repetitions=3, seconds=0.1, clock=clock)
    assert timings["fast"].rates == pytest.approx([10_000] * 3)
    assert timings["slow"].rates == pytest.approx([200] * 3)


def test_contenders_take_turns_so_that_both_feel_what_else_the_machine_does(clock):
    measure([clock.contender("a", takes=1.0), clock.contender("b", takes=1.0)], repetitions=2, seconds=1, clock=clock)
    warming_up, timed = clock.played[:4], clock.played[4:]
    assert warming_up == ["a", "a", "b", "b"]
    assert timed == ["a", "b", "a", "b", "b closed", "a closed"]


def test_a_repetition_lasts_as_long_as_asked_for(clock):
    measure([clock.contender("a", takes=0.25)], repetitions=1, seconds=1, clock=clock)
    assert clock.played == ["a"] * 2 + ["a"] * 4 + ["a closed"]


def test_the_first_call_may_compile_and_does_not_count(clock):
    compiling = clock.contender("a", takes=[60.0, 0.1, 0.1, 0.1])
    assert measure([compiling], repetitions=1, seconds=0.2, clock=clock)["a"].rates == pytest.approx([1000])


def test_what_is_not_installed_is_said_and_the_others_are_timed(clock):
    @contextmanager
    def absent():
        raise MissingExtra("needs sails")
        yield

    ship = Contender(name="ship", open=absent)
    timings = measure([ship, clock.contender("cart", takes=1.0)], repetitions=2, seconds=1, clock=clock)
    assert timings["ship"] == Timing(missing="needs sails")
    assert timings["cart"].rates == (100, 100)


def test_somebody_is_told_what_is_under_way(clock):
    told = []
    measure([clock.contender("a", takes=1.0)], repetitions=2, seconds=1, clock=clock, progress=told.append)
    assert told == ["preparing a", "timing, 1 of 2", "timing, 2 of 2"]
