"""The classic strategies of two actions with a finite memory.

Definitions follow the sources; where these leave a detail open (what counts as the past under noise, say), it is
settled as the Axelrod-Python library settles it, since results are compared with that library's.
"""

from __future__ import annotations

from collections.abc import Callable

from dynenvs.envs.games.automata import Automaton, C, D, automaton, memory_one, remembering
from dynenvs.envs.games.definitions import Strategy
from dynenvs.envs.games.sources import (
    ASHLOCK,
    AXELROD_1980,
    AXELROD_1984,
    HILBE,
    LI,
    LI_KENDALL,
    LIBRARY,
    MITTAL,
    NACHBAR,
    NOWAK_1993,
    PRISON,
    PRISONERS_DILEMMA,
    ROBSON,
    STEWART,
    WU,
)

__all__ = ["CLASSICS"]

CHECK, PASSED, COPYING = "check", "passed", "copying"

NYDEGGER_DEFECTS = frozenset({1, 6, 7, 17, 22, 23, 26, 29, 30, 31, 33, 38, 39, 45, 49, 54, 55, 58, 61})

LOOKED_UP = (
    "CDCCDCCCDCDDDCCC"  # the opponent began with C, C
    "DCDDDDDDDCDDDCDC"  # C, D
    "DDDDCCDCCCCDDDDC"  # D, C
    "CDDDDCCDCDDDDDDD"  # D, D
)
"""Replies of the evolved look-up player, by its own last two moves, then by the opponent's (CC, CD, DC, DD each)."""


def _cycle(moves: str) -> Automaton:
    """Repeat a string of moves for ever."""
    return automaton(0, lambda place: moves[place] == "C", lambda place, own, other: (place + 1) % len(moves))


def _opening(opening: str, verdict: Callable[[str], str | None]) -> Automaton:
    """Play an opening, then for ever the move that `verdict` makes of the replies; where it makes none, tit for tat."""

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
        if before is None:
            return C, other
        return (other if other == before else own), other

    start: tuple[int, int | None] = (C, None)
    return automaton(start, lambda memory: memory[0] == C, remember)


def _nydegger() -> Automaton:
    """Tit for tat for three rounds, then a decision on the last three, weighed in binary."""

    def cooperates(rounds: tuple[tuple[int, int], ...]) -> bool:
        if not rounds:
            return True
        if len(rounds) < 3:
            gave_way = len(rounds) == 2 and rounds[0][1] == D  # first to defect, first to cooperate again
            return rounds[-1][1] == C and not gave_way
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


def _mem2() -> Automaton:
    """Choose one of three ways of playing for two rounds at a time, by what the last two brought."""

    def cooperates(memory: tuple[str, int, tuple[tuple[int, int], ...], int]) -> bool:
        way, _, rounds, _ = memory
        harm = [other == D for _, other in rounds]
        tats = {"tit_for_tat": 1, "tit_for_two_tats": 2}.get(way, 0)
        return tats > 0 and (len(harm) < tats or not all(harm[-tats:]))

    def remember(
        memory: tuple[str, int, tuple[tuple[int, int], ...], int], own: int, other: int
    ) -> tuple[str, int, tuple[tuple[int, int], ...], int]:
        way, left, rounds, despaired = memory
        rounds = (*rounds, (own, other))[-2:]
        if left > 1 or despaired == 2:
            return way, 1, rounds, despaired
        if rounds == ((C, C), (C, C)):
            return "tit_for_tat", 2, rounds, despaired
        if set(rounds) == {(C, D), (D, C)}:
            return "tit_for_two_tats", 2, rounds, despaired
        return "always_defect", 2, rounds, despaired + 1

    start: tuple[tuple[int, int], ...] = ()
    return automaton(("tit_for_tat", 2, start, 0), cooperates, remember)


CLASSICS = (
    Strategy(
        name="always_cooperate",
        about="Cooperates.",
        source=AXELROD_1984,
        plays=lambda view: _cycle("C"),
        axelrod_name="Cooperator",
    ),
    Strategy(
        name="always_defect",
        about="Defects.",
        source=AXELROD_1984,
        plays=lambda view: _cycle("D"),
        axelrod_name="Defector",
    ),
    Strategy(
        name="alternator",
        about="Cooperates first, then does the other thing than it did last.",
        source=AXELROD_1984,
        plays=lambda view: memory_one(0, 0, 1, 1),
        axelrod_name="Alternator",
    ),
    Strategy(
        name="cycler_ccd",
        about="Repeats C, C, D.",
        source=MITTAL,
        plays=lambda view: _cycle("CCD"),
        axelrod_name="CyclerCCD",
    ),
    Strategy(
        name="cycler_ddc",
        about="Repeats D, D, C.",
        source=MITTAL,
        plays=lambda view: _cycle("DDC"),
        axelrod_name="CyclerDDC",
    ),
    Strategy(
        name="suspicious_tit_for_tat",
        about="Defects first, then does what the opponent did last.",
        source=HILBE,
        plays=lambda view: memory_one(1, 0, 1, 0, first=0),
        axelrod_name="SuspiciousTitForTat",
    ),
    Strategy(
        name="anti_tit_for_tat",
        about="Cooperates first, then does the opposite of what the opponent did last.",
        source=HILBE,
        plays=lambda view: memory_one(0, 1, 0, 1),
        axelrod_name="AntiTitForTat",
    ),
    Strategy(
        name="bully",
        about="Defects first, then does the opposite of what the opponent did last.",
        source=NACHBAR,
        plays=lambda view: memory_one(0, 1, 0, 1, first=0),
        axelrod_name="Bully",
    ),
    Strategy(
        name="win_stay_lose_shift",
        about="Cooperates first, then keeps its move if the opponent cooperated and changes it if not (Pavlov).",
        source=NOWAK_1993,
        plays=lambda view: memory_one(1, 0, 0, 1),
        axelrod_name="WinStayLoseShift",
    ),
    Strategy(
        name="tit_for_two_tats",
        about="Defects if the opponent defected in both of the last two rounds.",
        source=AXELROD_1984,
        plays=lambda view: remembering(2, lambda seen: seen != (D, D)),
        axelrod_name="TitFor2Tats",
    ),
    Strategy(
        name="two_tits_for_tat",
        about="Defects if the opponent defected in either of the last two rounds.",
        source=AXELROD_1984,
        plays=lambda view: remembering(2, lambda seen: D not in seen),
        axelrod_name="TwoTitsForTat",
    ),
    Strategy(
        name="hard_tit_for_tat",
        about="Defects if the opponent defected in any of the last three rounds.",
        source=PRISONERS_DILEMMA,
        plays=lambda view: remembering(3, lambda seen: D not in seen),
        axelrod_name="HardTitForTat",
    ),
    Strategy(
        name="hard_tit_for_two_tats",
        about="Defects if the opponent defected twice in a row within the last three rounds.",
        source=STEWART,
        plays=lambda view: remembering(3, lambda seen: (D, D) not in (seen[:2], seen[1:])),
        axelrod_name="HardTitFor2Tats",
    ),
    Strategy(
        name="slow_tit_for_two_tats_2",
        about="Cooperates twice, then keeps its move until the opponent has twice in a row made the other.",
        source=PRISON,
        plays=lambda view: _slow_two(),
        axelrod_name="SlowTitForTwoTats2",
    ),
    Strategy(
        name="contrite_tit_for_tat",
        about="Tit for tat, but having slipped into D against C it cooperates, and once more after its first C since.",
        source=WU,
        plays=lambda view: _contrite(),
        axelrod_name="ContriteTitForTat",
    ),
    Strategy(
        name="grudger",
        about="Cooperates until the opponent has defected once, then defects for ever (grim trigger, Friedman).",
        source=AXELROD_1980,
        plays=lambda view: automaton(
            False,
            lambda betrayed: not betrayed,
            lambda betrayed, own, other: betrayed or other == D,
        ),
        axelrod_name="Grudger",
    ),
    Strategy(
        name="fool_me_once",
        about="Cooperates until the opponent has defected twice, then defects for ever.",
        source=LIBRARY,
        plays=lambda view: automaton(
            0,
            lambda harm: harm < 2,
            lambda harm, own, other: min(harm + other, 2),
        ),
        axelrod_name="FoolMeOnce",
    ),
    Strategy(
        name="aggravater",
        about="Defects three times, then plays grudger, whose grudges may date from the opening.",
        source=LIBRARY,
        plays=lambda view: automaton(
            (0, False),
            lambda memory: memory == (3, False),
            lambda memory, own, other: (min(memory[0] + 1, 3), memory[1] or other == D),
        ),
        axelrod_name="Aggravater",
    ),
    Strategy(
        name="davis",
        about="Cooperates for ten rounds, then plays grudger, whose grudges may date from the opening.",
        source=AXELROD_1980,
        plays=lambda view: automaton(
            (0, False),
            lambda memory: memory != (10, True),
            lambda memory, own, other: (min(memory[0] + 1, 10), memory[1] or other == D),
        ),
        axelrod_name="FirstByDavis",
    ),
    Strategy(
        name="easy_go",
        about="Defects until the opponent has defected once, then cooperates for ever.",
        source=PRISON,
        plays=lambda view: automaton(
            False,
            lambda beaten: beaten,
            lambda beaten, own, other: beaten or other == D,
        ),
        axelrod_name="EasyGo",
    ),
    Strategy(
        name="appeaser",
        about="Cooperates, and goes over to its other move each time that the opponent defects.",
        source=LIBRARY,
        plays=lambda view: memory_one(1, 0, 0, 1),
        axelrod_name="Appeaser",
    ),
    Strategy(
        name="tricky_cooperator",
        about="Cooperates for three rounds, then defects unless the opponent defected in the last ten.",
        source=LIBRARY,
        plays=lambda view: _tricky(),
        axelrod_name="TrickyCooperator",
    ),
    Strategy(
        name="handshake",
        about="Plays C, D, then for ever C if the opponent did the same, else D.",
        source=ROBSON,
        plays=lambda view: _opening("CD", lambda replies: "C" if replies == "CD" else "D"),
        axelrod_name="Handshake",
    ),
    Strategy(
        name="prober",
        about="Plays D, C, C, then for ever D if the opponent's last two moves were C, C, else tit for tat.",
        source=LI,
        plays=lambda view: _opening("DCC", lambda replies: "D" if replies[1:] == "CC" else None),
        axelrod_name="Prober",
    ),
    Strategy(
        name="prober_2",
        about="Plays D, C, C, then for ever C if the opponent's last two moves were D, C, else tit for tat.",
        source=PRISON,
        plays=lambda view: _opening("DCC", lambda replies: "C" if replies[1:] == "DC" else None),
        axelrod_name="Prober2",
    ),
    Strategy(
        name="prober_3",
        about="Plays D, C, then for ever D if the opponent's last move was C, else tit for tat.",
        source=PRISON,
        plays=lambda view: _opening("DC", lambda replies: "D" if replies[1] == "C" else None),
        axelrod_name="Prober3",
    ),
    Strategy(
        name="hard_prober",
        about="Plays D, D, C, C, then for ever D if the opponent's moves two and three were C, C, else tit for tat.",
        source=PRISON,
        plays=lambda view: _opening("DDCC", lambda replies: "D" if replies[1:3] == "CC" else None),
        axelrod_name="HardProber",
    ),
    Strategy(
        name="alternator_hunter",
        about="Plays C six times, then for ever D if the opponent's six moves alternated, else C.",
        source=LIBRARY,
        plays=lambda view: _opening("CCCCCC", lambda replies: "D" if replies in ("CDCDCD", "DCDCDC") else "C"),
        axelrod_name="AlternatorHunter",
    ),
    Strategy(
        name="fortress_3",
        about="Defects until the opponent has defected twice in a row, then cooperates until it defects; and so on.",
        source=ASHLOCK,
        plays=lambda view: _fortress(2),
        axelrod_name="Fortress3",
    ),
    Strategy(
        name="fortress_4",
        about="Defects until the opponent has defected thrice in a row, then cooperates until it defects; and so on.",
        source=ASHLOCK,
        plays=lambda view: _fortress(3),
        axelrod_name="Fortress4",
    ),
    Strategy(
        name="nydegger",
        about=(
            "Tit for tat for three rounds (but D in the third if the opponent played D, C), then defects if "
            "16 a + 4 b + c is in a list of 19 numbers, where a, b, c are 2 for the opponent's D plus 1 for its own, "
            "in the last round, the one before, and the one before that."
        ),
        source=AXELROD_1980,
        plays=lambda view: _nydegger(),
        axelrod_name="FirstByNydegger",
    ),
    Strategy(
        name="evolved_looker_up_2_2_2",
        about="Cooperates twice, then looks its move up by the opponent's first two moves and the last two of both.",
        source=LIBRARY,
        plays=lambda view: _looked_up(),
        axelrod_name="EvolvedLookerUp2_2_2",
    ),
    Strategy(
        name="mem2",
        about=(
            "Plays tit for tat and every two rounds chooses anew by these: tit for tat after mutual cooperation, "
            "tit for two tats after (C, D) and (D, C) in any order, else always defect, the second time for ever."
        ),
        source=LI_KENDALL,
        plays=lambda view: _mem2(),
        axelrod_name="MEM2",
    ),
)
"""Deterministic strategies of finite memory, for games of two actions."""
