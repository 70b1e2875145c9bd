"""Step a reservoir of reservoirpy, for an interpreter of an environment in which that is installed.

``python reservoirpy_steps.py UNITS HOW`` says that it is ready, and then answers every line that it reads with the
number of steps that a reservoir with two inputs has taken: in one run (HOW is ``run``), or one call each (``step``).
All weights are there, as in our bodies; it knows nothing of dynenvs, which is not installed there.
"""

from __future__ import annotations

import sys

STEPS = 500
"""Of a request, so that it costs little beside what it asks for."""


def main(units: int, how: str) -> None:
    """Answer requests until there are no more."""
    import numpy as np
    from reservoirpy.nodes import Reservoir

    reservoir = Reservoir(units, lr=1.0, sr=0.9, rc_connectivity=1.0, input_connectivity=1.0, seed=0)
    actions = np.random.default_rng(0).random((STEPS, 2))
    reservoir.run(actions)
    print("ready", flush=True)
    for _ in sys.stdin:
        if how == "run":
            reservoir.run(actions)
        else:
            for pair in actions:
                reservoir.step(pair)
        print(STEPS, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
