"""A batch cut into spans of games, one a thread. Kernels release the GIL, and games never touch each other."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

__all__ = ["num_spans", "run_spans"]

GAMES_PER_SPAN = 16_384
"""Games that a thread must have to do, so that handing them over pays (measured on repeated games of ~50 ns each)."""


def num_spans(num_games: int, threads: int | None) -> int:
    """Return into how many spans a batch is cut: as many as asked for, or as many as pay on this machine."""
    if threads is not None:
        return min(threads, num_games)
    return max(1, min(os.cpu_count() or 1, num_games // GAMES_PER_SPAN))


def run_spans(run: Callable[[int, int], object], num_games: int, spans: int) -> None:
    """Call ``run(lo, hi)`` for `spans` even spans of the games, side by side; the first error is raised."""
    if spans == 1:
        run(0, num_games)
        return
    edges = [num_games * k // spans for k in range(spans + 1)]
    for _ in _pool(spans).map(run, edges[:-1], edges[1:]):
        pass


@lru_cache(maxsize=4)
def _pool(size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(size, thread_name_prefix="dynenvs")


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
