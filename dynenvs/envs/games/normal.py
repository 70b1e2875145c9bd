"""Normal noise from comparisons and products alone, so that it is the same, bit for bit, on every machine.

Logarithms and cosines, which the usual ways need, differ in their last digits from one C library to the next. Karney
(2016), Sampling exactly from the normal distribution, ACM Transactions on Mathematical Software 42, art. 3, needs none:
a whole part, a fraction, and a game of falling random numbers (von Neumann 1951) that says whether they are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynenvs.core.jit import rule
from dynenvs.core.random import draw_block, draw_uniform, to_unit

if TYPE_CHECKING:
    from dynenvs.core.buffers import Buffers

__all__ = ["UP_TO", "draw_normal"]

UP_TO = (
    0.5703484474872088,
    0.9162822676077018,
    0.9934705362919456,
    0.9998065352206729,
    0.9999978658096870,
    0.9999999913005381,
    0.9999999999869333,
    0.9999999999999928,
)
"""Chance that a whole part k, which comes up in proportion to exp(-k^2 / 2), is at most 0, 1, 2, ...

What is left of it, 1e-14, counts as the last whole part but one more: no draw lies beyond nine standard deviations."""

TOP_BIT = 2.0**-32
HALF = 0.5


@rule
def draw_normal(b: Buffers, i: int) -> float:
    """Draw from the normal distribution of mean 0 and standard deviation 1 for game `i`."""
    while True:
        k = _whole_part(draw_uniform(b, i))
        fraction, fine, sign, _ = draw_block(b, i)
        x = to_unit(fraction) + to_unit(fine) * TOP_BIT
        if _is_kept(b, i, k, x):  # with probability exp(-x (2 k + x) / 2)
            return k + x if to_unit(sign) < HALF else -(k + x)


@rule
def _whole_part(uniform: float) -> int:
    k = 0
    while k < len(UP_TO) and uniform >= UP_TO[k]:
        k += 1
    return k


@rule
def _is_kept(b: Buffers, i: int, k: int, x: float) -> bool:
    """Say yes with probability exp(-x)^k exp(-x^2 / 2)."""
    for _ in range(k):
        if not _survives(b, i, x):
            return False
    return _survives(b, i, HALF * x * x)


@rule
def _survives(b: Buffers, i: int, z: float) -> bool:
    """Say yes with probability exp(-z), for z in [0, 1]: whether an even number of draws fall, each below the last."""
    bound, even = z, True
    while True:
        word, _, _, _ = draw_block(b, i)
        uniform = to_unit(word)
        if uniform >= bound:
            return even
        bound, even = uniform, not even
