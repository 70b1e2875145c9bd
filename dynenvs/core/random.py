"""Counter-based randomness: a game's draws depend on its seed, its episode and their count alone.

Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). The key is
the seed of the game; the counter holds the number of blocks drawn and the index of the episode. So a game plays the
same alone and in a crowd, in any thread and in any process, and any episode of a run can be replayed by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from dynenvs.core.jit import rule

if TYPE_CHECKING:
    from dynenvs.core.buffers import Buffers

__all__ = ["Word", "draw_below", "draw_block", "draw_uniform", "philox", "to_unit"]

Word: TypeAlias = np.uint64
"""A word of 32 bits, in a uint64."""

# Constants of Salmon et al. (2011), section 3.3 and their reference implementation.
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)  # golden ratio
_WEYL_1 = np.uint64(0xBB67AE85)  # sqrt(3) - 1
_LOW_WORD = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_ROUNDS = 10


@rule
def philox(c0: Word, c1: Word, c2: Word, c3: Word, k0: Word, k1: Word) -> tuple[Word, Word, Word, Word]:
    """Encrypt a counter of four 32-bit words under a key of two: ten rounds of Philox4x32.

    All words are uint64 that hold 32 bits, so that the products below fit.
    """
    for _ in range(_ROUNDS):
        p0 = _MULTIPLIER_0 * c0
        p1 = _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (p1 >> _WORD) ^ c1 ^ k0, p1 & _LOW_WORD, (p0 >> _WORD) ^ c3 ^ k1, p0 & _LOW_WORD
        k0 = (k0 + _WEYL_0) & _LOW_WORD
        k1 = (k1 + _WEYL_1) & _LOW_WORD
    return c0, c1, c2, c3


@rule
def draw_block(b: Buffers, i: int) -> tuple[Word, Word, Word, Word]:
    """Draw four independent 32-bit words for game `i`, each in a uint64."""
    n = b.draws[i]
    b.draws[i] = n + np.uint64(1)
    episode = np.uint64(b.episode_index[i])
    seed = b.seeds[i]
    return philox(n & _LOW_WORD, n >> _WORD, episode & _LOW_WORD, episode >> _WORD, seed & _LOW_WORD, seed >> _WORD)


@rule
def to_unit(word: Word) -> float:
    """Map a 32-bit word to [0, 1), in steps of 2^-32."""
    return np.float64(word) * 2.0**-32


@rule
def draw_uniform(b: Buffers, i: int) -> float:
    """Draw a number in [0, 1) with all 53 bits of a double."""
    high, low, _, _ = draw_block(b, i)
    return np.float64(((high >> np.uint64(5)) << np.uint64(26)) | (low >> np.uint64(6))) * 2.0**-53


@rule
def draw_below(b: Buffers, i: int, n: int) -> np.int64:
    """Draw an integer in [0, n), exactly uniform, for 0 < n < 2^32 (Lemire 2019, without the shortcut)."""
    n64 = np.uint64(n)
    threshold = np.uint64(2**32) % n64  # words whose product's low half is smaller are one too many
    product, _, _, _ = draw_block(b, i)
    product = product * n64
    while (product & _LOW_WORD) < threshold:
        product, _, _, _ = draw_block(b, i)
        product = product * n64
    return np.int64(product >> _WORD)
