"""Play matches of the Axelrod library, for an interpreter of an environment in which that is installed.

``python axelrod_matches.py TURNS NOISE OPPONENT...`` says that it is ready, and then answers every line that it reads
with the number of turns that it has played: some matches of tit for tat, the cheapest of its strategies that looks at
the opponent, against each of the opponents in turn. It knows nothing of dynenvs, which is not installed there.
"""

from __future__ import annotations

import sys

ROUNDS = 4
"""Matches against each opponent, so that a request costs little beside what it asks for."""


def main(turns: int, noise: float, *opponents: str) -> None:
    """Answer requests until there are no more."""
    import axelrod

    print("ready", flush=True)
    seed = 0
    for _ in sys.stdin:
        for name in opponents * ROUNDS:
            seed += 1
            players = axelrod.TitForTat(), getattr(axelrod, name)()
            axelrod.Match(players, turns=turns, noise=noise, seed=seed).play()
        print(turns * len(opponents) * ROUNDS, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:])
