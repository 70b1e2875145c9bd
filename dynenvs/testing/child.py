"""The other process of the clauses: reads an environment from standard input, and prints the digest of its play."""

from __future__ import annotations

import pickle
import sys

from dynenvs import env_ids, register
from dynenvs.testing.play import play_digest


def main() -> None:
    """Read a pickled pair of an `EnvSpec` and parameters, play, and print the digest."""
    spec, params = pickle.load(sys.stdin.buffer)
    if spec.id not in env_ids():
        register(spec)
    print(play_digest(spec.id, **params))


if __name__ == "__main__":
    main()
