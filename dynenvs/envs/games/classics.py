"""The classic strategies of two actions with a finite memory.

Definitions follow the sources; where these leave a detail open (what counts as the past under noise, say), it is settled
as the Axelrod-Python library settles it, since results are compared with that library's.
"""

from __future__ import annotations

from collections.abc import Callable

from dynenvs.envs.games.automata import Automaton, C, D, automaton, memory_one, remembering
from dynenvs.envs.games.strategy import Strategy

__all__ = ["CLASSICS"]

ASHLOCK = "Ashlock and Ashlock (2006), Changes in prisoner's dilemma strategies over evolutionary time, IEEE CEC"
AXELROD_1980 = "Axelrod (1980), Effective choice in the prisoner's dilemma, J. Conflict Resolution 24, 3-25"
AXELROD_1984 = "Axelrod (1984), The Evolution of Cooperation, Basic Books"
BEAUFILS = "Beaufils, Delahaye and Mathieu (1997), Our meeting with gradual, Artificial Life V"
HILBE = "Hilbe, Nowak and Traulsen (2013), Adaptive dynamics of extortion and compliance, PLoS ONE 8, e77886"
LI = "Li, Hingston and Kendall (2011), Engineering design of strategies for winning IPD competitions, IEEE TCIAIG 3"
LIBRARY = "Axelrod-Python library (Knight and others 2016, J. Open Research Software 4, e35)"
MITTAL = "Mittal and Deb (2009), Optimal strategies of the iterated prisoner's dilemma problem, IEEE TEC 13"
PRISON = "PRISON (1998), the strategies of the Lille group's simulator"
STEWART = "Stewart and Plotkin (2012), Extortion and cooperation in the prisoner's dilemma, PNAS 109, 10134"

CHECK, PASSED, COPYING = "check", "passed", "copying"

NYDEGGER_DEFECTS = frozenset({1, 6, 7, 17, 22, 23, 26, 29, 30, 31, 33, 38, 39, 45, 49, 54, 55, 58, 61})

LOOKED_UP = (
    "CDCCDCCCDCDDDCCC"  # the opponent began with C, C
    "DCDDDDDDCDDDCDCD"  # C, D
    "DDDCCDCCCCDDDCCD"  # D, C
    "DDDCCDCDDDDDDDDD"  # D, D
)
"""Replies of the evolved look-up player, by its own last two moves, then by the opponent's (CC, CD, DC, DD each)."""


def _cycle(moves: str) -> Automaton:
    """Repeat a string of moves for ever."""
    return automaton(0, lambda place: moves[place] == "C", lambda place, own, other: (place + 1) % len(moves))


def _opening(opening: str, verdict: Callable[[str], str | None]) -> Automaton:
    """Play an opening, then for ever the move that `verdict` makes of the opponent's replies; copy it where there is none."""

    def cooperates(memory: tuple[str, str]) -> bool:
        stance, moves = memory
        return (opening[len(moves)] if stance == CHECK else moves) == "C"

    def remember(memory: tuple[str, str], own: int, other: int) -> tuple[str, str]:
        stance, moves = memory
        reply = "CD"[other]
        if stance == PASSED:
            return memory
        if stance == COPYING:
            return COPYING, reply
        replies = moves + reply
        if len(replies) < len(opening):
            return CHECK, replies
        move = verdict(replies)
        return (COPYING, reply) if move is None else (PASSED, move)

    return automaton((CHECK, ""), cooperates, remember)


def _fortress(knocks: int) -> Automaton:
    """Let in who defects so many times in a row, and cooperate with it while it does."""

    def remember(heard: int, own: int, other: int) -> int:
        if heard == knocks:
            return heard if other == C else 0
        return heard + 1 if other == D else 0

    return automaton(0, lambda heard: heard == knocks, remember)


def _contrite() -> Automaton:
    """Copy the opponent, but after an own slip cooperate until the answer to it is taken."""

    def remember(memory: tuple[bool, int], own: int, other: int) -> tuple[bool, int]:
        contrite, intended = memory
        if contrite and own == C:
            return False, C
        slipped = intended == C and own == D and other == C
        return (True, C) if slipped else (contrite, other)

    return automaton((False, C), lambda memory: memory[1] == C, remember)


def _tricky() -> Automaton:
    """Defect on an opponent that is known, and has long done no harm."""

    def remember(memory: tuple[int, int], own: int, other: int) -> tuple[int, int]:
        rounds, harmless = memory
        return min(rounds + 1, 3), 10 if other == D else max(harmless - 1, 0)

    return automaton((0, 0), lambda memory: memory[0] < 3 or memory[1] > 0, remember)


def _slow_two() -> Automaton:
    """Change the own move only for what the opponent did twice."""

    def remember(memory: tuple[int, int | None], own: int, other: int) -> tuple[int, int | None]:
        _, before = memory
        return (other if other == before else own), other

    start: tuple[int, int | None] = (C, None)
    return automaton(start, lambda memory: memory[0] == C, remember)


def _nydegger() -> Automaton:
    """Tit for tat for three rounds, then a decision on the last three, weighed in binary."""

    def cooperates(rounds: tuple[tuple[int, int], ...]) -> bool:
        if not rounds:
            return True
        if len(rounds) < 3:
            stood_up = rounds == ((C, D), (D, C))  # then it defects once more
            return rounds[-1][1] == C and not stood_up
        weights = (1, 4, 16)  # of the round longest ago, ... of the last one
        told = sum(weight * (own + 2 * other) for weight, (own, other) in zip(weights, rounds, strict=True))
        return told not in NYDEGGER_DEFECTS

    start: tuple[tuple[int, int], ...] = ()
    return automaton(start, cooperates, lambda rounds, own, other: (*rounds, (own, other))[-3:])


def _looked_up() -> Automaton:
    """Look the move up by the opponent's first two moves and the last two of both."""

    def cooperates(memory: tuple[str, str, str]) -> bool:
        opening, own, other = memory
        if len(own) < 2:
            return True
        place = int((opening + own + other).replace("C", "0").replace("D", "1"), 2)
        return LOOKED_UP[place] == "C"

    def remember(memory: tuple[str, str, str], own: int, other: int) -> tuple[str, str, str]:
        opening, own_last, other_last = memory
        return (opening + "CD"[other])[:2], (own_last + "CD"[own])[-2:], (other_last + "CD"[other])[-2:]

    return automaton(("", "", ""), cooperates, remember)
