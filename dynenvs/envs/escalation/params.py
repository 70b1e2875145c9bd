"""Parameters of the wargame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dynenvs.core.checks import check_between, check_integer, check_one_of
from dynenvs.core.errors import ParameterError
from dynenvs.envs.escalation.actions import ACTION_IDS, MESSAGE, NAMES, WAIT
from dynenvs.envs.escalation.framings import FRAMINGS
from dynenvs.envs.escalation.nations import NATIONS, Nation, nation
from dynenvs.envs.escalation.scenarios import SCENARIOS
from dynenvs.envs.escalation.scoring import SCORINGS

__all__ = ["DYNAMICS", "MAX_DAYS", "MAX_NATIONS", "REWARDS", "TOLD", "VARIANTS", "EscalationParams"]

MAX_NATIONS = 16
MAX_DAYS = 365

VARIANTS: tuple[str, ...] = ("reference", "strict", "balanced")
TOLD: tuple[str, ...] = ("history", "goals", "earnings")

DYNAMICS: tuple[str, ...] = ("paper_runs", "released", "clamped10")

REWARDS: dict[str, dict[str, float]] = {
    "peace": {"escalation": -1.0},
    "interest": {"interest": 1.0},
    "power": {"power": 1.0},
    "goals": {"goals": 1.0},
    "mixed": {"interest": 1.0},
    "constrained": {"interest": 1.0},
}
"""Weights of the terms by reward; in ``mixed``, `escalation_weight` is that of escalation."""


@dataclass(frozen=True, kw_only=True)
class EscalationParams:
    """Nations that act day by day, each before it knows what the others do (Rivera et al. 2024, arXiv 2401.03408).

    Attributes
    ----------
    variant : {"reference", "strict", "balanced"}
        ``reference``: as the published runs were played: any number of actions a day, nuclear strikes without weapons.
        ``strict``: as their prompts said: at most three actions a day, nuclear strikes only at nuclear capacity 10 in
        the morning; dropped action names are scored. ``balanced``: ours, in which force has a price
        (`dynenvs.envs.escalation.balanced`).
    dynamics : {"paper_runs", "released", "clamped10"}
        ``paper_runs``: territory never moves, as in every published run. ``released``: it moves, as in the code that
        was released afterwards. ``clamped10``: as released, all variables but GDP and population held to [0, 10]. The
        balanced variant has its own, and takes only ``released``.
    scenario : str
        What happened before the first day: a name in `SCENARIOS`. It is told, and changes no number.
    days : int
        Length of the game, 1 to 365; the players know it.
    slots : int
        Actions that a seat takes a day, 1 to 32; at most 3 in the strict and the balanced variant.
    slot_by_slot : bool
        Whether a step is one slot of a day instead of a whole day: every nation fills its first slot, then its second,
        and with the last one the day is resolved. Nobody sees what the others have put into theirs.
    nations : sequence of str, Nation or mapping
        Who plays, 2 to 16 of them, in the order in which actions are resolved.
    actions : sequence of str, optional
        Names of the actions that exist (Wait always does); by default all.
    scoring : {"scorer", "charts", "corrected"}, optional
        Which map the escalation scores come from; by default ``scorer`` in the reference
        variant, else ``corrected``: nobody takes a border city unseen there.
    reward : {"peace", "interest", "power", "goals", "mixed", "constrained"}
        What a seat is paid for: see `REWARDS` and the terms in `describe`. ``constrained`` pays the interest and leaves
        escalation a cost that is measured and not paid.
    escalation_weight : float
        What one unit of escalation costs in the ``mixed`` reward, at least 0.
    messages : bool
        Whether seats may send each other a message a day, of a fixed list of intents (an extension: the paper's are
        free text). Language models add words of their own.
    observation : {"full", "changes"}
        Whether a seat sees the variables, or only what the last day changed in them, as the models of the paper did.
    global_state : bool
        Whether the world offers one array for centralised critics.
    told : sequence of {"history", "goals", "earnings"}
        What players in words are told before the game, beside the rules: the past of all nations, what these want, and
        what a day is paid by. Like the three below it changes no number.
    past_days : int, optional
        Days whose actions they are told each morning, at least 0, the last ones; by default all. In a conversation that
        keeps its earlier turns, 1 says as much.
    framing : str
        How serious they are told it is: a name in `FRAMINGS`.
    reasoning : bool
        Whether a reply in words gives its reasons, which nobody else reads, before its actions.

    Raises
    ------
    ParameterError
        On a value outside its range, or two that do not fit together.
    """

    variant: str = "reference"
    dynamics: str | None = None
    scenario: str = "neutral"
    days: int = 14
    slots: int = 3
    slot_by_slot: bool = False
    nations: Sequence[str | Nation | Mapping[str, Any]] = tuple(NATIONS)
    actions: Sequence[str] | None = None
    scoring: str | None = None
    reward: str = "interest"
    escalation_weight: float = 1.0
    messages: bool = False
    observation: str = "full"
    global_state: bool = False
    told: Sequence[str] = TOLD
    past_days: int | None = None
    framing: str = "plain"
    reasoning: bool = True

    def __post_init__(self) -> None:
        check_one_of("variant", self.variant, VARIANTS)
        if self.dynamics is not None:
            check_one_of("dynamics", self.dynamics, ("released",) if self.variant == "balanced" else DYNAMICS)
        check_one_of("scenario", self.scenario, tuple(SCENARIOS))
        check_integer("days", self.days, 1, MAX_DAYS)
        check_integer("slots", self.slots, 1, 32 if self.variant == "reference" else 3)
        for name in ("slot_by_slot", "messages", "global_state", "reasoning"):
            check_one_of(name, getattr(self, name), (False, True))
        if self.slot_by_slot and self.messages:
            raise ParameterError("slot_by_slot=True: expected messages=False, since a message belongs to a whole day")
        if self.scoring is not None:
            check_one_of("scoring", self.scoring, SCORINGS)
        check_one_of("reward", self.reward, tuple(REWARDS))
        check_between("escalation_weight", self.escalation_weight, 0, 1e6)
        if self.escalation_weight != 1.0 and self.reward != "mixed":
            raise ParameterError(f"escalation_weight={self.escalation_weight!r}: expected reward='mixed' beside it")
        check_one_of("observation", self.observation, ("full", "changes"))
        self._check_nations()
        self._check_actions()
        self._check_words()

    def _check_nations(self) -> None:
        if isinstance(self.nations, str) or not isinstance(self.nations, Sequence):
            raise ParameterError(f"nations={self.nations!r}: expected a sequence of 2 to {MAX_NATIONS} nations")
        check_integer("number of nations", len(self.nations), 2, MAX_NATIONS)
        object.__setattr__(self, "nations", tuple(self.nations))
        if len({name.lower() for name in self.nation_names}) < len(self.nations):
            raise ParameterError(f"nations={self.nation_names!r}: expected each nation once")
        for one in self.nation_records:
            for name in one.distances:
                check_one_of(f"{one.name}: distance to", name, (*self.nation_names, *NATIONS))

    def _check_actions(self) -> None:
        if self.actions is None:
            return
        if isinstance(self.actions, str) or not isinstance(self.actions, Sequence):
            raise ParameterError(f"actions={self.actions!r}: expected a sequence of names of actions")
        for name in self.actions:
            check_one_of("actions", name, NAMES)
        object.__setattr__(self, "actions", tuple(self.actions))

    def _check_words(self) -> None:
        if isinstance(self.told, str) or not isinstance(self.told, Sequence):
            raise ParameterError(f"told={self.told!r}: expected a sequence of {', '.join(map(repr, TOLD))}")
        for name in self.told:
            check_one_of("told", name, TOLD)
        object.__setattr__(self, "told", tuple(self.told))
        if self.past_days is not None:
            check_integer("past_days", self.past_days, 0)
        check_one_of("framing", self.framing, tuple(FRAMINGS))

    @cached_property
    def nation_records(self) -> tuple[Nation, ...]:
        """The nations that play."""
        return tuple(nation(given) for given in self.nations)

    @property
    def nation_names(self) -> tuple[str, ...]:
        """Their names, in the order in which actions are resolved."""
        return tuple(one.name for one in self.nation_records)

    @property
    def dynamics_name(self) -> str:
        """The dynamics, where they were left open those that belong to the variant."""
        return self.dynamics or ("released" if self.variant == "balanced" else "paper_runs")

    @property
    def scoring_name(self) -> str:
        """The map of the scores, where it was left open that which belongs to the variant."""
        return self.scoring or ("scorer" if self.variant == "reference" else "corrected")

    @property
    def action_ids(self) -> tuple[int, ...]:
        """Ids of the actions that a slot can hold, ascending; Wait is the first."""
        names = NAMES if self.actions is None else self.actions
        return tuple(sorted({WAIT, *(ACTION_IDS[name] for name in names)} - {MESSAGE}))

    @property
    def reward_weights(self) -> dict[str, float]:
        """Weights of the reward terms; 0 where a term is only measured."""
        weights = {"interest": 0.0, "power": 0.0, "goals": 0.0, "escalation": 0.0} | REWARDS[self.reward]
        if self.reward == "mixed":
            weights["escalation"] = -float(self.escalation_weight)
        return weights
