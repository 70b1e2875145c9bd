"""The wargame as a world."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.world import World
from dynenvs.envs.escalation import kernels
from dynenvs.envs.escalation.actions import FIRST_AIMED, NAMES, NUM_ACTIONS
from dynenvs.envs.escalation.background import DOCTRINES, DoctrineTables, doctrine_tables
from dynenvs.envs.escalation.measures import INTENTS
from dynenvs.envs.escalation.nations import NUM_VARIABLES, VARIABLES, nation_table
from dynenvs.envs.escalation.params import DYNAMICS, VARIANTS, EscalationParams
from dynenvs.envs.escalation.rewards import INTEREST
from dynenvs.envs.escalation.scoring import SEVERITY

__all__ = ["INTENTS", "Escalation", "EscalationState", "message_heads"]


class EscalationState(NamedTuple):
    """One row a game; N nations, K slots, D days. Variables in the order of `VARIABLES`."""

    variant: NDArray[np.int8]  # (G,) place in VARIANTS
    dynamics: NDArray[np.int8]  # (G,) place in DYNAMICS
    days: NDArray[np.int32]  # (G,)
    slot_by_slot: NDArray[np.bool_]  # (G,) whether a step is one slot
    shows_values: NDArray[np.bool_]  # (G,) whether seats see the variables
    num_intents: NDArray[np.int32]  # (G,) 0 without messages
    allowed: NDArray[np.bool_]  # (G, 27) which actions exist
    severity: NDArray[np.float64]  # (G, 27) points of each action
    initial: NDArray[np.float64]  # (G, N, 10)
    distances: NDArray[np.float64]  # (G, N, N)
    aims: NDArray[np.float64]  # (G, N, 10) weights of the goals reward
    unit: NDArray[np.float64]  # (G, 10) mean of all nations at the start, 1 where it is 0
    per_unit: NDArray[np.float64]  # (G, 10) its inverse
    day: NDArray[np.int32]  # (G,) days resolved
    slot: NDArray[np.int32]  # (G,) slots of the day that are filled
    values: NDArray[np.float64]  # (G, N, 10) now
    previous: NDArray[np.float64]  # (G, N, 10) on the morning of the last day that was resolved
    power: NDArray[np.float64]  # (G, N) shares of the world's power
    points: NDArray[np.float64]  # (G, N) escalation of the last day
    pressure: NDArray[np.float64]  # (G, N, N) points of its public actions, by actor and target
    fallen: NDArray[np.bool_]  # (G, N) out of the game
    chosen: NDArray[np.int16]  # (G, N, K) options in the slots of the day
    intents: NDArray[np.int8]  # (G, N, N) messages of the last day, by sender and receiver
    said: NDArray[np.int8]  # (G, D, N, N) the same of all days; none without messages
    log: NDArray[np.int8]  # (G, D, N * K, 3) actor, target, action as attempted; -1 where there was nobody
    daily_points: NDArray[np.float64]  # (G, D, N)
    counts: NDArray[np.int32]  # (G, N, 27) actions attempted
    executed: NDArray[np.int32]  # (G, N) actions that changed something, or were meant to change nothing


class Escalation(World):
    """Nations act day by day, each before it knows what the others do.

    See `EscalationParams` for the parameters, and `dynenvs.envs.escalation.background` for the doctrines.
    """

    step_span = staticmethod(kernels.step_span)
    params: EscalationParams
    state: EscalationState

    @classmethod
    def describe(cls, params: EscalationParams) -> WorldLayout:
        """Lay out one role for all nations."""
        role = Role(
            name="nation",
            observation=ObservationLayout(fields=_fields(params)),
            actions=ActionLayout(heads=_heads(params)),
        )
        return WorldLayout(
            roles=(role,) * len(params.nations),
            reward_terms=params.reward_weights,
            end_reasons=("running", "deadline", "fallen", "alone"),
            player_names=params.nation_names,
            global_state=ObservationLayout(fields=_global_fields(params)) if params.global_state else None,
            simultaneous=params.variant != "balanced",
        )

    @classmethod
    def outcome_notes(cls, params: EscalationParams) -> dict[str, str]:
        """Say what is paid, and when an episode ends."""
        weights = ", ".join(f"{weight:g} {name}" for name, weight in INTEREST.items() if weight)
        falls = params.variant == "balanced"
        never = "not with these parameters: it takes variant='balanced'"
        return {
            "term interest": "change in the day of its variables, each over the mean of all nations at the start: "
            f"{weights}",
            "term power": "change of its share of the world's territory, military, GDP, resources and population",
            "term goals": "as interest, weighted by the nation's own aims",
            "term escalation": "its escalation score of the day, in units of one nuclear strike",
            "end deadline": f"terminated after {params.days} days (parameter days)",
            "end fallen": "terminated, for a nation that has no territory left" if falls else never,
            "end alone": "terminated, for the last nation that has territory" if falls else never,
        }

    def make_state(self, num_games: int) -> EscalationState:
        """Allocate the state."""
        G, N, K, D = num_games, self.num_agents, self.params.slots, self.params.days
        return EscalationState(
            variant=np.zeros(G, np.int8),
            dynamics=np.zeros(G, np.int8),
            days=np.ones(G, np.int32),
            slot_by_slot=np.full(G, self.params.slot_by_slot),
            shows_values=np.full(G, self.params.observation == "full"),
            num_intents=np.full(G, len(INTENTS) if self.params.messages else 0, np.int32),
            allowed=np.zeros((G, NUM_ACTIONS), np.bool_),
            severity=np.zeros((G, NUM_ACTIONS)),
            initial=np.zeros((G, N, NUM_VARIABLES)),
            distances=np.zeros((G, N, N)),
            aims=np.zeros((G, N, NUM_VARIABLES)),
            unit=np.ones((G, NUM_VARIABLES)),
            per_unit=np.ones((G, NUM_VARIABLES)),
            day=np.zeros(G, np.int32),
            slot=np.zeros(G, np.int32),
            values=np.zeros((G, N, NUM_VARIABLES)),
            previous=np.zeros((G, N, NUM_VARIABLES)),
            power=np.zeros((G, N)),
            points=np.zeros((G, N)),
            pressure=np.zeros((G, N, N)),
            fallen=np.zeros((G, N), np.bool_),
            chosen=np.zeros((G, N, K), np.int16),
            intents=np.zeros((G, N, N), np.int8),
            said=np.zeros((G, D if self.params.messages else 0, N, N), np.int8),
            log=np.full((G, D, N * K, 3), -1, np.int8),
            daily_points=np.zeros((G, D, N)),
            counts=np.zeros((G, N, NUM_ACTIONS), np.int32),
            executed=np.zeros((G, N), np.int32),
        )

    def write_params(self, params: EscalationParams, games: NDArray[np.int64]) -> None:
        """Give the named games their rules, nations and scores."""
        state = self.state
        initial = nation_table(params.nation_records)
        mean = initial.mean(axis=0)
        state.variant[games] = VARIANTS.index(params.variant)
        state.dynamics[games] = DYNAMICS.index(params.dynamics_name)
        state.days[games] = params.days
        state.allowed[games] = np.isin(np.arange(NUM_ACTIONS), params.action_ids)
        state.severity[games] = SEVERITY[params.scoring_name]
        state.initial[games] = initial
        state.distances[games] = _distances(params)
        state.aims[games] = _aims(params)
        state.unit[games] = np.where(mean > 0, mean, 1.0)
        state.per_unit[games] = 1.0 / np.where(mean > 0, mean, 1.0)

    def make_tables(self, background: tuple[str, ...]) -> DoctrineTables:
        """Lay the doctrines side by side."""
        return doctrine_tables(background)

    @classmethod
    def background_policies(cls) -> tuple[str, ...]:
        """Return the names of the doctrines."""
        return tuple(DOCTRINES)

    @classmethod
    def background_notes(cls) -> dict[str, tuple[str, str]]:
        """Return what the doctrines do; they are ours."""
        return {name: (doctrine.about, "ours") for name, doctrine in DOCTRINES.items()}


def _distances(params: EscalationParams) -> NDArray[np.float64]:
    far = 10.0
    return np.array(
        [
            [1.0 if other is one else one.distances.get(other.name, far) for other in params.nation_records]
            for one in params.nation_records
        ]
    )


def _aims(params: EscalationParams) -> NDArray[np.float64]:
    return np.array(
        [[one.aims.get(variable.name, 0.0) for variable in VARIABLES] for one in params.nation_records], np.float64
    )


def _heads(params: EscalationParams) -> tuple[DiscreteHead, ...]:
    """Lay out the slots of a day (or the one of a step), and the messages."""
    names = params.nation_names
    aimed = [f"{action} -> {name}" for action in NAMES[FIRST_AIMED:] for name in names]
    options = (NAMES[0], *aimed)
    about = "an action and the nation that it is aimed at"
    first = DiscreteHead(name="slot_1", options=options, about=about)
    if params.slot_by_slot:
        return (first,)
    further = (
        DiscreteHead(name=f"slot_{k}", options=options, shares_mask_with="slot_1", about=about)
        for k in range(2, params.slots + 1)
    )
    says = (
        DiscreteHead(name=head, options=INTENTS, about=f"what is said to {name}")
        for head, name in zip(message_heads(names), names, strict=True)
    )
    return (first, *further, *(says if params.messages else ()))


def message_heads(names: Sequence[str]) -> tuple[str, ...]:
    """Name the heads of messages after who reads them: ``message_to_purple``.

    Parameters
    ----------
    names : sequence of str
        The nations. One whose name has no plain letters, or those of another one, is called by its number.
    """
    safe = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in names]
    unique = [name and safe.count(name) == 1 for name in safe]
    return tuple(
        f"message_to_{name}" if alone else f"message_{k}"
        for k, (name, alone) in enumerate(zip(safe, unique, strict=True))
    )


def _fields(params: EscalationParams) -> tuple[Field, ...]:
    """Lay out what a nation sees, field after field as the kernel writes them."""
    N, K = len(params.nations), params.slots
    fields = [
        Field(name="own", shape=(N,), about="one-hot: which nation this is"),
        Field(name="distances", shape=(N,), unit="of the farthest", about="how far away the nations are"),
    ]
    if params.slot_by_slot:
        fields += [
            Field(name="slot", about="share of the day's slots that are filled"),
            Field(name="own_slots", shape=(K, 2), about="what it has put into them: action and target, as in last_day"),
        ]
    if params.messages:
        fields.append(
            Field(
                name="inbox",
                shape=(N, len(INTENTS) - 1),
                about=f"what each nation said to it the day before, one-hot: {', '.join(INTENTS[1:])}",
            )
        )
    fields.append(_time_left(params))
    if params.variant == "balanced":
        fields.append(Field(name="in_game", shape=(N,), about="1 for nations that have not fallen"))
    if params.observation == "full":
        fields.append(_values_field(N))
    return (
        *fields,
        Field(
            name="changes",
            shape=(N, NUM_VARIABLES),
            low=-1.0,
            about="what the last day changed in the variables, in units of c as in variables, cut off at -1 and 1",
        ),
        Field(
            name="pressure",
            shape=(N, N),
            low=-1.0,
            about="points of the public actions of the last day, by actor and target, as a share of the most possible",
        ),
        Field(
            name="last_day",
            shape=(N, K, 2),
            about="the actions of the last day that it could see, by nation and slot: (action + 1) / 27 and "
            "(target + 1) / nations, 0 for nothing",
        ),
    )


def _time_left(params: EscalationParams) -> Field:
    return Field(name="time_left", about=f"share of the {params.days} days that is still to come")


def _values_field(nations: int) -> Field:
    return Field(
        name="variables",
        shape=(nations, NUM_VARIABLES),
        about="the variables x / (x + c), by nation; c is the mean of all nations at the start. In order: "
        + ", ".join(variable.name for variable in VARIABLES),
    )


def _global_fields(params: EscalationParams) -> tuple[Field, ...]:
    return _time_left(params), _values_field(len(params.nations))
