"""Play tournaments of the Axelrod library, for an interpreter of an environment in which that is installed.

``python axelrod_tournament.py TURNS REPETITIONS NOISE STRATEGY...`` plays one, once the library is imported, and prints
as JSON how long that took, and the mean payoff a turn of every strategy against every other, by repetition. It knows
nothing of dynenvs, which is not installed there.
"""

from __future__ import annotations

import json
import sys
import time


def main(turns: int, repetitions: int, noise: float, *strategies: str) -> None:
    """Play one tournament, in this process alone."""
    import axelrod

    started = time.perf_counter()
    players = [getattr(axelrod, name)() for name in strategies]
    tournament = axelrod.Tournament(players, turns=turns, repetitions=repetitions, noise=noise, seed=1)
    results = tournament.play(progress_bar=False)
    print(json.dumps({"seconds": time.perf_counter() - started, "payoffs": results.payoffs}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:])
