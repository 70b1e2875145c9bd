"""Seat tables: who plays where.

Each seat names one policy, or several to draw from anew at each episode. A name of a background policy is played
inside the kernel; ``"external"`` (code -1) is the policy that calls `World.step`; further negative codes
stand for further policies outside the kernel, such as past selves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import ParameterError

__all__ = ["EXTERNAL", "Seat", "SeatTable", "background_names", "choices", "encode_seats"]

EXTERNAL = -1
"""Code of the seats whose actions are those given to `World.step` by the (learning) policy."""

Seat: TypeAlias = str | int | Sequence[str | int]
"""A background policy's name, ``"external"`` or a negative code; or several of them to draw from."""

SeatTable: TypeAlias = Sequence[Seat]
"""One seat an agent."""


def choices(seat: Seat) -> list[str | int]:
    """Return the policies that a seat is drawn from, as a list."""
    return [seat] if isinstance(seat, str | int) else list(seat)


def background_names(seats: SeatTable) -> list[str]:
    """Return the names of all background policies in a table, each once, in order.

    Raises
    ------
    ParameterError
        If it is no sequence of seats.
    """
    if isinstance(seats, str) or not isinstance(seats, Sequence):
        raise ParameterError(f"seats={seats!r}: expected a sequence with one entry for each agent")
    names = [choice for seat in seats for choice in choices(seat) if isinstance(choice, str) and choice != "external"]
    return list(dict.fromkeys(names))


def encode_seats(
    seats: SeatTable, num_agents: int, code_of: Callable[[str], int]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Turn a seat table into the arrays that kernels read.

    Parameters
    ----------
    seats : sequence of Seat
        One an agent.
    num_agents : int
        Number of agents of the world.
    code_of : callable
        Gives the code of a background policy by its name.

    Returns
    -------
    choices : ndarray of int32, shape (num_agents, most choices)
        Codes, padded with -1.
    counts : ndarray of int32, shape (num_agents,)
        How many of them count.

    Raises
    ------
    ParameterError
        If the table has another length, or a seat is empty or holds something else.
    """
    if isinstance(seats, str) or len(seats) != num_agents:
        raise ParameterError(f"seats={seats!r}: expected one entry for each of {num_agents} agents")
    coded = [[_encode(choice, code_of) for choice in choices(seat)] for seat in seats]
    if not all(coded):
        raise ParameterError(f"seats={seats!r}: expected at least one policy for every seat")
    table = np.full((num_agents, max(map(len, coded))), EXTERNAL, np.int32)
    for agent, codes in enumerate(coded):
        table[agent, : len(codes)] = codes
    return table, np.array([len(codes) for codes in coded], np.int32)


def _encode(choice: str | int, code_of: Callable[[str], int]) -> int:
    if choice == "external":
        return EXTERNAL
    if isinstance(choice, str):
        return code_of(choice)
    if isinstance(choice, bool) or not isinstance(choice, int) or choice >= 0:
        raise ParameterError(f"seat {choice!r}: expected a policy's name, 'external', or a negative code")
    return choice
