"""Batches cut into spans."""

import threading

import pytest

from dynenvs.core import threads
from dynenvs.core.threads import num_spans, run_spans


def test_small_batches_stay_in_one_thread(monkeypatch):
    monkeypatch.setattr(threads.os, "cpu_count", lambda: 8)
    assert num_spans(threads.GAMES_PER_SPAN - 1, None) == 1
    assert num_spans(3 * threads.GAMES_PER_SPAN, None) == 3
    assert num_spans(100 * threads.GAMES_PER_SPAN, None) == 8


def test_no_more_spans_than_games():
    assert num_spans(2, 5) == 2


@pytest.mark.parametrize("spans", [1, 2, 3, 7])
def test_spans_cover_every_game_once(spans):
    played = []
    run_spans(lambda lo, hi: played.extend(range(lo, hi)), 23, spans)
    assert sorted(played) == list(range(23))


def test_spans_run_in_threads_of_their_own():
    names = set()
    both = threading.Barrier(2, timeout=10)

    def run(lo, hi):
        both.wait()
        names.add(threading.current_thread().name)

    run_spans(run, 10, 2)
    assert len(names) == 2


def test_an_error_in_a_span_reaches_the_caller():
    def fail(lo, hi):
        if lo:
            raise ZeroDivisionError("second span")

    with pytest.raises(ZeroDivisionError, match="second span"):
        run_spans(fail, 10, 2)
