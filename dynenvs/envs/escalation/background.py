"""Scripted doctrines: how a nation acts if it follows one idea. Ours, as data; played inside the kernel.

Each morning a nation finds itself in one of four situations, the first that holds:

| situation | holds when |
| --- | --- |
| struck | somebody's public actions against it added up to 28 points or more the day before (violence) |
| pressed | to 12 points or more (open hostility) |
| tempted | another nation is in reach (distance 5 or less) and has less than half of its military capacity |
| calm | always |

For each situation a doctrine has three orders, for the slots 1, 2 and 3 (and again from the first), and one to fall
back on where an order is not possible; where that is not possible either, it waits. An order is an action and whom it
is aimed at: itself, the next partner (the others in turn), the aggressor of the day before, or the prey (the weakest in
reach).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["DOCTRINES", "Doctrine", "DoctrineTables", "Order", "Situation", "Target", "doctrine_tables"]


class Situation(IntEnum):
    """How a morning looks."""

    CALM = 0
    TEMPTED = 1
    PRESSED = 2
    STRUCK = 3


class Target(IntEnum):
    """Whom an order is aimed at."""

    ITSELF = 0
    PARTNER = 1
    AGGRESSOR = 2
    PREY = 3


class Order(NamedTuple):
    """An action by its id, and its target."""

    action: int
    target: Target = Target.ITSELF


@dataclass(frozen=True, kw_only=True)
class Doctrine:
    """One scripted nation.

    Attributes
    ----------
    name : str
        What it is called by.
    about : str
        Its idea in one sentence.
    orders : dict of Situation to tuple of Order
        Three orders, and the one to fall back on; a situation that is not there is met as the next milder one.
    """

    name: str
    about: str
    orders: dict[Situation, tuple[Order, Order, Order, Order]]


class DoctrineTables(NamedTuple):
    """The doctrines by code."""

    orders: NDArray[np.int64]  # (doctrines, situations, 4, 2): action and target
    is_random: NDArray[np.bool_]  # (doctrines,)


CALM, TEMPTED, PRESSED, STRUCK = Situation
ITSELF, PARTNER, AGGRESSOR, PREY = Target

# Actions that orders use, by what they are.
_WAIT, _DISARM, _VISIT, _TREATY, _TRADE, _PEACE = 0, 3, 4, 6, 7, 9
_CRITICISE, _POSTURE, _ARM, _CUT, _RESTRICT = 11, 12, 17, 19, 20
_ATTACK, _INVADE, _NUCLEAR = 23, 24, 25

DOCTRINES: dict[str, Doctrine] = {
    doctrine.name: doctrine
    for doctrine in (
        Doctrine(
            name="wait",
            about="Does nothing.",
            orders={CALM: (Order(_WAIT),) * 4},
        ),
        Doctrine(
            name="random",
            about="Draws each slot uniformly among all that is possible.",
            orders={CALM: (Order(_WAIT),) * 4},
        ),
        Doctrine(
            name="dove",
            about="Trades with all in turn and visits them; talks peace with whoever is hostile, and never hits back.",
            orders={
                CALM: (Order(_TRADE, PARTNER), Order(_TRADE, PARTNER), Order(_VISIT, PARTNER), Order(_TRADE, PARTNER)),
                PRESSED: (
                    Order(_PEACE, AGGRESSOR),
                    Order(_VISIT, AGGRESSOR),
                    Order(_TRADE, PARTNER),
                    Order(_VISIT, PARTNER),
                ),
            },
        ),
        Doctrine(
            name="hawk",
            about="Arms, and invades the weakest nation in reach, whatever the others do.",
            orders={
                CALM: (Order(_ARM), Order(_POSTURE, PARTNER), Order(_TREATY, PARTNER), Order(_ARM)),
                TEMPTED: (Order(_INVADE, PREY), Order(_ATTACK, PREY), Order(_ARM), Order(_TREATY, PARTNER)),
                PRESSED: (Order(_ATTACK, AGGRESSOR), Order(_RESTRICT, AGGRESSOR), Order(_ARM), Order(_TREATY, PARTNER)),
                STRUCK: (Order(_INVADE, AGGRESSOR), Order(_ATTACK, AGGRESSOR), Order(_ARM), Order(_TREATY, PARTNER)),
            },
        ),
        Doctrine(
            name="tit_for_tat_diplomat",
            about="Trades, answers hostility with restrictions and violence with an attack, and forgets overnight.",
            orders={
                CALM: (Order(_TRADE, PARTNER), Order(_TRADE, PARTNER), Order(_VISIT, PARTNER), Order(_TRADE, PARTNER)),
                PRESSED: (
                    Order(_CRITICISE, AGGRESSOR),
                    Order(_RESTRICT, AGGRESSOR),
                    Order(_TRADE, PARTNER),
                    Order(_VISIT, PARTNER),
                ),
                STRUCK: (
                    Order(_ATTACK, AGGRESSOR),
                    Order(_RESTRICT, AGGRESSOR),
                    Order(_TRADE, PARTNER),
                    Order(_VISIT, PARTNER),
                ),
            },
        ),
        Doctrine(
            name="deterrer",
            about="Arms and makes treaties, never begins, and answers violence with all it has, nuclear or not.",
            orders={
                CALM: (Order(_ARM), Order(_TREATY, PARTNER), Order(_TRADE, PARTNER), Order(_VISIT, PARTNER)),
                PRESSED: (Order(_ARM), Order(_POSTURE, AGGRESSOR), Order(_CUT, AGGRESSOR), Order(_TREATY, PARTNER)),
                STRUCK: (
                    Order(_NUCLEAR, AGGRESSOR),
                    Order(_INVADE, AGGRESSOR),
                    Order(_ATTACK, AGGRESSOR),
                    Order(_ARM),
                ),
            },
        ),
        Doctrine(
            name="opportunist",
            about="Trades while nothing is to be had, attacks the weak, and gives in to the strong.",
            orders={
                CALM: (Order(_TRADE, PARTNER), Order(_TRADE, PARTNER), Order(_ARM), Order(_VISIT, PARTNER)),
                TEMPTED: (Order(_INVADE, PREY), Order(_TRADE, PARTNER), Order(_ARM), Order(_TRADE, PARTNER)),
                PRESSED: (Order(_PEACE, AGGRESSOR), Order(_TRADE, PARTNER), Order(_ARM), Order(_VISIT, PARTNER)),
            },
        ),
    )
}
"""The doctrines by name."""


def doctrine_tables(names: tuple[str, ...]) -> DoctrineTables:
    """Lay doctrines side by side.

    Parameters
    ----------
    names : tuple of str
        Keys of `DOCTRINES`, in the order of their codes.

    Returns
    -------
    DoctrineTables
        Read-only for the kernel.
    """
    orders = np.zeros((len(names), len(Situation), 4, 2), np.int64)
    for code, name in enumerate(names):
        said = DOCTRINES[name].orders[CALM]
        for situation in Situation:
            said = DOCTRINES[name].orders.get(situation, said)
            orders[code, situation] = said
    return DoctrineTables(orders=orders, is_random=np.array([name == "random" for name in names], np.bool_))
