"""The strategies that count for as long as the game lasts: what they do, their rules being in `strategies.py`."""

from __future__ import annotations

from dynenvs.envs.games.definitions import Program, Strategy
from dynenvs.envs.games.sources import AXELROD_1980, AXELROD_1984, BEAUFILS, LIBRARY, MITTAL, PRISON, SLANY, TZAFESTAS

__all__ = ["COUNTING"]

COUNTING = (
    Strategy(
        name="go_by_majority",
        about="Cooperates while the opponent's cooperations are not outnumbered by its defections.",
        source=AXELROD_1984,
        plays=Program.GO_BY_MAJORITY,
        axelrod_name="GoByMajority",
    ),
    Strategy(
        name="hard_go_by_majority",
        about="Cooperates while the opponent's cooperations outnumber its defections.",
        source=MITTAL,
        plays=Program.HARD_GO_BY_MAJORITY,
        first=0.0,
        axelrod_name="HardGoByMajority",
    ),
    Strategy(
        name="gradual",
        about=(
            "Answers a defection by as many defections as the opponent has made in all, then cooperates twice, "
            "and answers none meanwhile."
        ),
        source=BEAUFILS,
        plays=Program.GRADUAL,
        axelrod_name="Gradual",
    ),
    Strategy(
        name="punisher",
        about=(
            "Answers a defection by 1 + m defections and answers none meanwhile, m being 20 times the share of "
            "defections among the opponent's moves so far, rounded down."
        ),
        source=LIBRARY,
        plays=Program.PUNISHER,
        axelrod_name="Punisher",
    ),
    Strategy(
        name="adaptive_tit_for_tat",
        about=(
            "Holds a belief that starts at 1/2, moves halfway to 1 when the opponent cooperates and halfway to 0 when "
            "it defects, and cooperates while the belief, in double precision, is at least 1/2."
        ),
        source=TZAFESTAS,
        plays=Program.ADAPTIVE_TIT_FOR_TAT,
        axelrod_name="AdaptiveTitForTat",
    ),
    Strategy(
        name="omega_tit_for_tat",
        about=(
            "Tit for tat, but cooperates twice after the opponent changed its move three times in a row, and defects "
            "while its count of randomness (+1 for a change, +1 for a round in which both differed, -1 for two "
            "cooperations of the opponent in a row; not counted while it cooperates twice) is 8 or more."
        ),
        source=SLANY,
        plays=Program.OMEGA_TIT_FOR_TAT,
        axelrod_name="OmegaTFT",
    ),
    Strategy(
        name="limited_retaliate",
        about=(
            "Defects while it was cheated, rounds (C, D), more than a tenth as often as it cheated, rounds (D, C), "
            "but cooperates after 20 such defections in a row."
        ),
        source=LIBRARY,
        plays=Program.LIMITED_RETALIATE,
        axelrod_name="LimitedRetaliate",
    ),
    Strategy(
        name="back_stabber",
        about="Cooperates up to the opponent's fourth defection, but not in the last two rounds of a known horizon.",
        source=LIBRARY,
        plays=Program.BACK_STABBER,
        axelrod_name="BackStabber",
    ),
    Strategy(
        name="double_crosser",
        about="Back stabber, but until round 180 tit for two tats with one that cooperated in the first seven rounds.",
        source=LIBRARY,
        plays=Program.DOUBLE_CROSSER,
        axelrod_name="DoubleCrosser",
    ),
    Strategy(
        name="grumpy",
        about=(
            "Cooperates, but defects from when the opponent's defections lead by over ten "
            "until its cooperations lead by over ten."
        ),
        source=LIBRARY,
        plays=Program.GRUMPY,
        axelrod_name="Grumpy",
    ),
    Strategy(
        name="thue_morse",
        about="Cooperates in round n, counted from 0, if n has an odd number of ones in binary.",
        source=LIBRARY,
        plays=Program.THUE_MORSE,
        first=0.0,
        axelrod_name="ThueMorse",
    ),
    Strategy(
        name="worse_and_worse",
        about="Defects in round n, counted from 1, with probability n / 1000.",
        source=PRISON,
        plays=Program.WORSE_AND_WORSE,
        first=0.999,
        axelrod_name="WorseAndWorse",
    ),
    Strategy(
        name="feld",
        about="Tit for tat, but after n rounds cooperates only with probability max(1 - n / 400, 1/2) where it would.",
        source=AXELROD_1980,
        plays=Program.FELD,
        axelrod_name="FirstByFeld",
    ),
    Strategy(
        name="shubik",
        about="Answers the k-th betrayal, a round (C, D) outside a punishment, by k defections.",
        source=AXELROD_1980,
        plays=Program.SHUBIK,
        axelrod_name="FirstByShubik",
    ),
    Strategy(
        name="tullock",
        about="Cooperates for eleven rounds, then as often as the opponent did in the last ten, less one tenth.",
        source=AXELROD_1980,
        plays=Program.TULLOCK,
        axelrod_name="FirstByTullock",
    ),
)
"""Strategies whose memory grows, for games of two actions."""
