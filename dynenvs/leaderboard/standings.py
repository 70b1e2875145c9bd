"""Entries in their order, with the ranks that their intervals allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dynenvs.leaderboard.boards import Board, Entry

__all__ = ["Standing", "standings"]


class Standing(NamedTuple):
    """An entry and its place.

    Ranks from `best` to `worst` are possible: entries whose intervals lie wholly on the better side come before it,
    those wholly on the worse side come after it. Entries were measured apart, so this is the cautious way to say it.
    """

    entry: Entry
    rank: int
    best: int
    worst: int


def standings(board: Board, entries: Sequence[Entry]) -> list[Standing]:
    """Rank entries by their scores: those of equal score share a rank and stand in the order of their names.

    Parameters
    ----------
    board : Board
        Says which end is rank 1.
    entries : sequence of Entry
        In any order.

    Returns
    -------
    list of Standing
        Best first.
    """
    sign = 1 if board.higher_is_better else -1
    spans = [sorted((sign * entry.score.low, sign * entry.score.high)) for entry in entries]
    places = [
        Standing(
            entry=entry,
            rank=1 + sum(sign * other.score.value > sign * entry.score.value for other in entries),
            best=1 + sum(other_low > high for other_low, _ in spans),
            worst=len(entries) - sum(other_high < low for _, other_high in spans),
        )
        for entry, (low, high) in zip(entries, spans, strict=True)
    ]
    return sorted(places, key=lambda place: (place.rank, place.entry.policy))
