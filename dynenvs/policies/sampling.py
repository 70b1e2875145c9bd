"""Random numbers for policies: they depend on the game's seed, the episode, the step and the seat alone.

So a policy that draws its actions plays the same in any batch, in any order and after a restart. The stream is that of
`dynenvs.core.random`, at counters that neither the rules nor the draws of seats ever reach.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import kernel
from dynenvs.core.random import philox
from dynenvs.policies.protocol import Turn

__all__ = ["episode_uniforms", "turn_uniforms"]

_POLICY_STREAM = np.uint64(0xC0000000)  # top bits of the counter's second word: that of seat draws begins with 10
_NO_SEAT = 0x3FFF  # stands for the episode itself, beyond the number of any agent
_LOW_WORD = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_COLUMNS = np.uint64(16)  # bits of the counter that number the draws of one turn


def turn_uniforms(turn: Turn, count: int) -> NDArray[np.float64]:
    """Draw numbers for every row of a turn.

    Parameters
    ----------
    turn : Turn
        The rows.
    count : int
        Numbers a row, at most 65,536.

    Returns
    -------
    ndarray of float64, shape (rows, count)
        In [0, 1).
    """
    steps = turn.world.buffers.episode_lengths[turn.games]
    return _uniforms(turn.seeds, turn.episode_index, steps, turn.agents, count)


def episode_uniforms(seeds: NDArray[np.uint64], episode_index: NDArray[np.int64]) -> NDArray[np.float64]:
    """Draw one number in [0, 1) for each episode, shape (episodes,)."""
    zeros = np.zeros(len(seeds), np.int64)
    return _uniforms(seeds, episode_index, zeros, zeros + _NO_SEAT, 1)[:, 0]


def _uniforms(
    seeds: NDArray[np.uint64],
    episodes: NDArray[np.int64],
    steps: NDArray[np.int64],
    agents: NDArray[np.int64],
    count: int,
) -> NDArray[np.float64]:
    out = np.empty((len(seeds), count))
    _fill(seeds, episodes.astype(np.uint64), steps.astype(np.uint64), agents.astype(np.uint64), out)
    return out


@kernel
def _fill(
    seeds: NDArray[np.uint64],
    episodes: NDArray[np.uint64],
    steps: NDArray[np.uint64],
    agents: NDArray[np.uint64],
    out: NDArray[np.float64],
) -> None:
    for row in range(out.shape[0]):
        seed, episode = seeds[row], episodes[row]
        for column in range(out.shape[1]):
            place = _POLICY_STREAM | (agents[row] << _COLUMNS) | np.uint64(column)
            high, low, _, _ = philox(
                steps[row] & _LOW_WORD, place, episode & _LOW_WORD, episode >> _WORD, seed & _LOW_WORD, seed >> _WORD
            )
            bits = ((high >> np.uint64(5)) << np.uint64(26)) | (low >> np.uint64(6))
            out[row, column] = np.float64(bits) * 2.0**-53
