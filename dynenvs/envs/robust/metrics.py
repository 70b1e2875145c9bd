"""What an episode of an explicit process was worth.

| metric | is |
| --- | --- |
| ``discounted_return`` | the sum of discounted rewards: on average a policy's value where episodes begin |
| ``model`` | place of the model that was in force |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dynenvs.core.world import World

__all__ = ["metrics"]


def metrics(world: World, games: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Measure finished episodes.

    Parameters
    ----------
    world : World
        A `TabularWorld`, played with ``autoreset="disabled"``.
    games : ndarray of int64, shape (games,)
        Games whose episode is over.

    Returns
    -------
    dict of str to ndarray of float64, shape (games, 1)
        By the names above.
    """
    state = world.state
    return {
        "discounted_return": state.discounted[games, None].copy(),
        "model": state.model[games, None].astype(np.float64),
    }
