"""What of a world can be kept: its messages, a copy of its arrays, their hash."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dynenvs.core.buffers import Buffers
    from dynenvs.core.seats import Seat

__all__ = ["Message", "Snapshot", "add_rows", "named_arrays", "shown_rows"]

SEEN = {"vector": "seats", "grid": "seats", "action_masks": "seats"}
FINALLY_SEEN = {"final_vector": "final_seats", "final_grid": "final_seats"}
"""What a seat sees, and who sits there: rules need not write the rows of policies inside the kernel."""

SHOWN = (
    *(*SEEN, "global_state", "alive", "acting"),
    *("reward_terms", "rewards", "terminations", "truncations", "end_reason"),
    *("episode_lengths", "episode_index"),
)


class Message(NamedTuple):
    """One text in a game: words never change numbers.

    Attributes
    ----------
    episode, step : int
        When it was said: the index of the episode, and the steps played in it before.
    sender : int
        Agent who said it; -1 is the world (a narrator).
    receivers : tuple of int
        Agents who can read it; empty means everyone.
    text : str
        The words.
    """

    episode: int
    step: int
    sender: int
    receivers: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Snapshot:
    """A copy of everything that decides how a batch goes on.

    Attributes
    ----------
    arrays : dict of str to ndarray
        All arrays of state and buffers, copied.
    params : tuple
        Parameters of every game.
    seats, game_seats : tuple
        The seat table, and those of single games where they are assigned.
    background : tuple of str
        Background policies by code.
    texts : tuple of tuple of Message
        Messages of every game.
    """

    arrays: dict[str, NDArray[Any]]
    params: tuple[Any, ...]
    seats: tuple[Seat, ...]
    game_seats: tuple[tuple[Seat, ...], ...]
    background: tuple[str, ...]
    texts: tuple[tuple[Message, ...], ...]


def named_arrays(state: Any, buffers: Buffers) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield all arrays of state and buffers that have an axis of games, by name."""
    for group, arrays in (("state", state), ("buffers", buffers)):
        for name, array in zip(arrays._fields, arrays, strict=True):
            if name != "setup":
                yield f"{group}.{name}", array


def shown_rows(buffers: Buffers, game: int, names: Iterable[str] = SHOWN) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield what players and records know of a game, by name: how it plays, not how it is kept."""
    for name in names:
        row = getattr(buffers, name)[game]
        seats = (SEEN | FINALLY_SEEN).get(name)
        yield name, row if seats is None else row[getattr(buffers, seats)[game] < 0]


def add_rows(digest: hashlib._Hash, rows: Iterable[tuple[str, NDArray[Any]]]) -> None:
    """Add named arrays to a hash: the same bytes on every machine."""
    for name, row in rows:
        digest.update(_title(name, row.dtype, row.shape))
        digest.update((row if sys.byteorder == "little" else row.byteswap()).tobytes())


@lru_cache(maxsize=1024)
def _title(name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    return f"{name}|{dtype.name}|{shape}|".encode()
