"""A whole tournament, ours and the Axelrod library's: how long it takes, and whether scores are the same.

A tournament of that library takes too long to be repeated: it is played once with noise and once without. Without noise
it plays each pair that does not draw but once, and copies the score; we play all.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from statistics import median

import numpy as np

from dynenvs.bench.peers import GET_AXELROD, NOISE, TURNS
from dynenvs.bench.report import Bar, Row, ratios
from dynenvs.envs.games.background import strategy, strategy_names
from dynenvs.envs.games.tournament import play_tournament
from dynenvs.evaluation.statistics import FloatArray

__all__ = ["REPETITIONS", "STRATEGIES", "measure_tournaments"]

STRATEGIES = tuple(name for name in strategy_names() if strategy(name).axelrod_name)[:40]
REPETITIONS = 5
DRAWING = "random"  # the only one among them that draws


def measure_tournaments(
    peers_python: str | None, times: int, strategies: tuple[str, ...] = STRATEGIES
) -> tuple[tuple[Row, ...], tuple[Bar, ...]]:
    """Play tournaments of 200 turns and five repetitions.

    Parameters
    ----------
    peers_python : str or None
        The interpreter of an environment in which the Axelrod library is installed.
    times : int
        How often ours are played.
    strategies : tuple of str
        Who takes part.

    Returns
    -------
    (tuple of Row, tuple of Bar)
        With noise and without, and what is promised of them.
    """
    rows, promised = [], []
    for noise in (NOISE, 0.0):
        rates, scores = _ours(strategies, noise, times)
        theirs = None if peers_python is None else _theirs(peers_python, strategies, noise)
        seconds, payoffs = (None, None) if theirs is None else theirs
        rows += _rows(len(strategies), noise, rates, seconds)
        if noise:
            promised.append(_speed_bar(len(strategies), rows[0]))
        else:
            promised.append(_score_bar(strategies, scores, payoffs))
    return tuple(rows), tuple(promised)


def _matches(strategies: int) -> int:
    return strategies * (strategies + 1) // 2 * REPETITIONS


def _rows(strategies: int, noise: float, rates: tuple[float, ...], seconds: float | None) -> list[Row]:
    """Put our tournaments and theirs beside each other."""
    kind = "noisy tournament" if noise else "tournament"
    peer = f"Axelrod, {kind}"
    their_rates = () if seconds is None else (_matches(strategies) / seconds,)
    missing = "" if their_rates else GET_AXELROD
    ours = Row(
        name=f"{kind} of {strategies}",
        games=strategies * (strategies + 1) // 2,
        threads=1,
        unit="matches",
        peer=peer,
        rates=rates,
        ratios=ratios(rates, their_rates * len(rates)),
    )
    return [ours, Row(name=peer, games=1, threads=1, unit="matches", rates=their_rates, missing=missing)]


def _speed_bar(strategies: int, row: Row) -> Bar:
    return Bar(
        about=f"tournament of {strategies} strategies, {TURNS} turns, {REPETITIONS} repetitions, noise {NOISE}: "
        "over the Axelrod library",
        bound=100,
        at_least=True,
        unit="x",
        value=median(row.ratios) if row.ratios else None,
        missing=GET_AXELROD,
    )


def _score_bar(strategies: tuple[str, ...], scores: FloatArray, payoffs: FloatArray | None) -> Bar:
    """Count the scores that differ, of strategies that do not draw."""
    sure = [k for k, name in enumerate(strategies) if name != DRAWING]
    where = np.ix_(range(REPETITIONS), sure, sure)
    differ = None if payoffs is None else float((scores != np.round(payoffs * TURNS, 6))[where].sum())
    about = f"the same without noise: scores of {REPETITIONS * len(sure) ** 2:,} that differ from the Axelrod library's"
    return Bar(about=about, bound=0, unit="scores", value=differ, missing=GET_AXELROD)


def _ours(strategies: tuple[str, ...], noise: float, times: int) -> tuple[tuple[float, ...], FloatArray]:
    """Return how many matches a second are played each time, and the scores; what compiles is not timed."""
    rates = []
    for _ in range(times + 1):
        started = time.perf_counter()
        played = play_tournament(strategies, TURNS, REPETITIONS, noise=noise)
        rates.append(_matches(len(strategies)) / (time.perf_counter() - started))
    return tuple(rates[1:]), played.scores


def _theirs(python: str, strategies: tuple[str, ...], noise: float) -> tuple[float, FloatArray] | None:
    """Return the seconds of the other library, and its payoffs by repetition, row and column; None without it."""
    script = Path(__file__).with_name("axelrod_tournament.py")
    names = [str(strategy(name).axelrod_name) for name in strategies]
    command = [python, str(script), str(TURNS), str(REPETITIONS), str(noise), *names]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        return None
    found = json.loads(run.stdout)
    return float(found["seconds"]), np.array(found["payoffs"]).transpose(2, 0, 1)
