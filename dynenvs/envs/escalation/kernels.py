"""The rules of the wargame, for one game and for a span of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.buffers import PLAY, RESTART, Buffers, close_step, open_step, start_episode
from dynenvs.core.jit import kernel, rule
from dynenvs.envs.escalation import balanced
from dynenvs.envs.escalation.actions import FIRST_AIMED, MESSAGE, NUM_ACTIONS, PRIVATE, WAIT
from dynenvs.envs.escalation.doctrine_kernels import choose
from dynenvs.envs.escalation.dynamics import TERRITORY, apply_action
from dynenvs.envs.escalation.legality import BALANCED, REFERENCE, action_is_open, decode, target_is_open
from dynenvs.envs.escalation.rewards import NUCLEAR_STRIKE, power_shares, write_terms

if TYPE_CHECKING:
    from dynenvs.envs.escalation.background import DoctrineTables
    from dynenvs.envs.escalation.world import EscalationState

__all__ = ["step_span"]

DEADLINE, FALLEN, ALONE = 1, 2, 3  # codes in the world's end_reasons


@kernel
def step_span(
    state: EscalationState, tables: DoctrineTables, b: Buffers, actions: NDArray[np.int64], lo: int, hi: int
) -> None:
    """Play the waiting phase of games `lo` to `hi`."""
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, tables, b, actions, i)
            observe_one(state, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            reset_one(state, b, i)
            observe_one(state, b, i)


@rule
def reset_one(state: EscalationState, b: Buffers, i: int) -> None:
    """Begin on the morning of day 1 in game `i`."""
    state.day[i], state.slot[i] = 0, 0
    state.log[i] = -1
    state.daily_points[i] = 0.0
    state.counts[i] = 0
    state.executed[i] = 0
    state.intents[i] = 0
    state.said[i] = 0
    state.pressure[i] = 0.0
    state.points[i] = 0.0
    state.chosen[i] = 0
    state.fallen[i] = False
    for agent in range(b.rewards.shape[1]):
        for column in range(state.values.shape[2]):
            state.values[i, agent, column] = state.initial[i, agent, column]
            state.previous[i, agent, column] = state.initial[i, agent, column]
    power_shares(state, b, i)
    for agent in range(b.rewards.shape[1]):
        _write_mask(state, b, i, agent)
        _observe_constants(state, b, i, agent)


@rule
def step_one(state: EscalationState, tables: DoctrineTables, b: Buffers, actions: NDArray[np.int64], i: int) -> None:
    """Take the nations' choices in game `i`; when all slots are filled, resolve the day."""
    slots, first = state.chosen.shape[2], state.slot[i]
    filled = first + 1 if state.slot_by_slot[0] else slots
    for slot in range(first, filled):
        _fill_slot(state, tables, b, actions, i, slot, slot - first)
    state.slot[i] = filled % slots
    if filled < slots:
        return
    if actions.shape[2] > slots:
        _hear(state, b, actions, i)
    _resolve_day(state, b, i)
    write_terms(state, b, i)
    state.day[i] += 1
    _end_if_over(state, b, i)
    _update_masks(state, b, i)


@rule
def _fill_slot(
    state: EscalationState,
    tables: DoctrineTables,
    b: Buffers,
    actions: NDArray[np.int64],
    i: int,
    slot: int,
    head: int,
) -> None:
    """Note what every nation puts into one of its slots: as it is told from outside, or as its doctrine says."""
    for agent in range(b.rewards.shape[1]):
        doctrine = b.seats[i, agent]
        if not b.alive[i, agent]:
            state.chosen[i, agent, slot] = 0
        elif doctrine < 0:
            state.chosen[i, agent, slot] = actions[i, agent, head]
        else:
            state.chosen[i, agent, slot] = choose(state, tables, b, doctrine, i, agent, slot)


@rule
def _hear(state: EscalationState, b: Buffers, actions: NDArray[np.int64], i: int) -> None:
    """Note the day's messages: one from each to each, none from doctrines."""
    first = state.chosen.shape[2]
    for agent in range(b.rewards.shape[1]):
        speaks = b.alive[i, agent] and b.seats[i, agent] < 0
        for other in range(b.rewards.shape[1]):
            intent = actions[i, agent, first + other] if speaks else 0
            state.intents[i, agent, other] = intent
            state.said[i, state.day[i], agent, other] = intent
            if intent > 0:
                state.counts[i, agent, MESSAGE] += 1


# A day.


@rule
def _resolve_day(state: EscalationState, b: Buffers, i: int) -> None:
    """Resolve all actions of a day: nation by nation in the order of the table, slot by slot."""
    nations, slots, day = b.rewards.shape[1], state.chosen.shape[2], state.day[i]
    for agent in range(nations):
        state.points[i, agent] = 0.0
        for column in range(state.values.shape[2]):
            state.previous[i, agent, column] = state.values[i, agent, column]
        for other in range(nations):
            state.pressure[i, agent, other] = 0.0
    for agent in range(nations):
        if b.alive[i, agent]:
            for slot in range(slots):
                _resolve_slot(state, i, day, agent, slot)
        state.daily_points[i, day, agent] = state.points[i, agent]
    if state.variant[i] == BALANCED:
        for agent in range(nations):
            balanced.pay_upkeep(state.values[i], agent)


@rule
def _resolve_slot(state: EscalationState, i: int, day: int, actor: int, slot: int) -> None:
    """Score an action as attempted, and play it if the rules take it."""
    action, target = decode(state.chosen[i, actor, slot], actor, state.values.shape[1])
    points = state.severity[i, action]
    state.points[i, actor] += points
    state.counts[i, actor, action] += 1
    if not PRIVATE[action]:
        state.pressure[i, actor, target] += points
    row = state.log[i, day, actor * state.chosen.shape[2] + slot]
    row[0], row[1], row[2] = actor, target, action
    if _play(state, i, actor, target, action, slot):
        state.executed[i, actor] += 1


@rule
def _play(state: EscalationState, i: int, actor: int, target: int, action: int, slot: int) -> bool:
    """Change the variables; say whether the action was played."""
    if state.variant[i] != BALANCED:
        apply_action(state.values[i], state.dynamics[i], actor, target, action)
        return True
    for earlier in range(slot):
        if action != WAIT and state.chosen[i, actor, earlier] == state.chosen[i, actor, slot]:
            return False
    return balanced.execute(state.values[i], state.distances[i], actor, target, action)


@rule
def _end_if_over(state: EscalationState, b: Buffers, i: int) -> None:
    """End the game on its last day, or when one nation is left; whoever has no territory left is out."""
    if state.variant[i] == BALANCED:
        left = 0
        for agent in range(b.rewards.shape[1]):
            if b.alive[i, agent] and state.values[i, agent, TERRITORY] <= 0.0:
                state.fallen[i, agent] = True
                b.terminations[i, agent] = True
                b.end_reason[i, agent] = FALLEN
            elif b.alive[i, agent]:
                left += 1
        if left <= 1:
            _end_for_others(b, i, ALONE)
    if state.day[i] >= state.days[i]:
        _end_for_others(b, i, DEADLINE)


@rule
def _end_for_others(b: Buffers, i: int, reason: int) -> None:
    """End the game for whoever did not fall on its last day."""
    for agent in range(b.rewards.shape[1]):
        if b.alive[i, agent] and not b.terminations[i, agent]:
            b.terminations[i, agent] = True
            b.end_reason[i, agent] = reason


# Masks.


@rule
def _update_masks(state: EscalationState, b: Buffers, i: int) -> None:
    """Write the masks of the next morning, where they can have changed."""
    if state.variant[i] != REFERENCE:
        for agent in range(b.rewards.shape[1]):
            if state.variant[i] == BALANCED or _gate_moved(state, i, agent):
                _write_mask(state, b, i, agent)


@rule
def _gate_moved(state: EscalationState, i: int, agent: int) -> bool:
    before = action_is_open(state, state.previous[i], i, agent, NUM_ACTIONS - 1)
    return before != action_is_open(state, state.values[i], i, agent, NUM_ACTIONS - 1)


@rule
def _write_mask(state: EscalationState, b: Buffers, i: int, agent: int) -> None:
    """Write which options are open to a nation this morning; Wait always is."""
    nations = b.rewards.shape[1]
    mask = b.action_masks[i, agent]
    mask[0] = True
    for action in range(FIRST_AIMED, NUM_ACTIONS):
        first = 1 + (action - FIRST_AIMED) * nations
        is_open = action_is_open(state, state.values[i], i, agent, action)
        for target in range(nations):
            mask[first + target] = is_open and target_is_open(state, i, agent, action, target)
    intents = (len(mask) - first - nations) // nations  # 0 without messages
    for other in range(nations):
        for intent in range(1, intents):
            mask[first + nations + other * intents + intent] = other != agent and not state.fallen[i, other]


# Observations, column after column as `Escalation.describe` lists them.


@rule
def _observe_constants(state: EscalationState, b: Buffers, i: int, agent: int) -> None:
    """Write what does not change in an episode: who the nation is, and how far away the others are."""
    row = b.vector[i, agent]
    for other in range(b.rewards.shape[1]):
        row[other] = 1.0 if other == agent else 0.0
        row[b.rewards.shape[1] + other] = state.distances[i, agent, other] / 10.0


@rule
def observe_one(state: EscalationState, b: Buffers, i: int) -> None:
    """Write what the players outside the kernel see; what all of them see is written once, and copied."""
    first = -1
    own = _own_columns(state, b)
    for agent in range(b.rewards.shape[1]):
        if b.seats[i, agent] >= 0:
            continue
        _observe_own(state, b, i, agent)
        if first < 0:
            first = agent
            _observe_world(state, b, i, agent, own)
        else:
            source, row = b.vector[i, first, own:], b.vector[i, agent, own:]
            for column in range(len(row)):
                row[column] = source[column]
    if first >= 0:
        _observe_private(state, b, i)
    if b.global_state.shape[1] > 0:
        _observe_globally(state, b, i)


@rule
def _own_columns(state: EscalationState, b: Buffers) -> int:
    """Count the columns before those that all seats share."""
    nations, slots = b.rewards.shape[1], state.chosen.shape[2]
    count = 2 * nations
    if state.slot_by_slot[0]:
        count += 1 + 2 * slots
    if state.num_intents[0] > 0:
        count += nations * (state.num_intents[0] - 1)
    return count


@rule
def _observe_own(state: EscalationState, b: Buffers, i: int, agent: int) -> None:
    """Write what only this nation knows: its slots so far, and the messages it was sent."""
    nations, slots = b.rewards.shape[1], state.chosen.shape[2]
    row, column = b.vector[i, agent], 2 * nations
    if state.slot_by_slot[0]:
        row[column] = state.slot[i] / slots
        column += 1
        for slot in range(slots):
            row[column], row[column + 1] = 0.0, 0.0
            if slot < state.slot[i]:
                action, target = decode(state.chosen[i, agent, slot], agent, nations)
                _write_seen(row[column:], 0, target, action, nations)
            column += 2
    for other in range(nations):
        for intent in range(1, state.num_intents[0]):
            row[column] = 1.0 if state.intents[i, other, agent] == intent else 0.0
            column += 1


@rule
def _observe_world(state: EscalationState, b: Buffers, i: int, agent: int, column: int) -> None:
    """Write what everybody sees."""
    nations, slots = b.rewards.shape[1], state.chosen.shape[2]
    row = b.vector[i, agent]
    row[column] = 1.0 - state.day[i] / state.days[i]
    column += 1
    if state.variant[i] == BALANCED:
        for nation in range(nations):
            row[column + nation] = 0.0 if state.fallen[i, nation] else 1.0
        column += nations
    if state.shows_values[0]:
        column = _observe_values(state, i, row, column)
    for nation in range(nations):
        now, before, part = state.values[i, nation], state.previous[i, nation], row[column:]
        for variable in range(len(now)):
            change = (now[variable] - before[variable]) * state.per_unit[i, variable]
            part[variable] = min(max(change, -1.0), 1.0)
        column += len(now)
    most = 1.0 / (NUCLEAR_STRIKE * slots)
    for nation in range(nations):
        pressure, part = state.pressure[i, nation], row[column:]
        for other in range(len(pressure)):
            part[other] = pressure[other] * most
        column += nations
    _observe_last_day(state, i, row[column:], nations * slots)


@rule
def _observe_values(state: EscalationState, i: int, row: NDArray[np.float32], column: int) -> int:
    """Write the variables, each as a share x / (x + c) that is 1/2 at the mean of all nations at the start."""
    for nation in range(state.values.shape[1]):
        values, part = state.values[i, nation], row[column:]
        for variable in range(len(values)):
            part[variable] = values[variable] / (values[variable] + state.unit[i, variable])
        column += len(values)
    return column


@rule
def _observe_last_day(state: EscalationState, i: int, part: NDArray[np.float32], rows: int) -> None:
    """Write the public actions of the last day: what stands in each slot of each nation, 0 for nothing to be seen."""
    for k in range(len(part)):
        part[k] = 0.0
    if state.day[i] == 0:
        return
    for k in range(rows):
        _, target, action = _logged(state, i, k)
        if action >= 0 and not PRIVATE[action]:
            _write_seen(part, k, target, action, state.values.shape[1])


@rule
def _write_seen(part: NDArray[np.float32], k: int, target: int, action: int, nations: int) -> None:
    part[2 * k] = (action + 1) / NUM_ACTIONS
    part[2 * k + 1] = (target + 1) / nations


@rule
def _observe_private(state: EscalationState, b: Buffers, i: int) -> None:
    """Show the private actions of the last day to whoever took them, and to their targets."""
    if state.day[i] == 0:
        return
    rows = state.log.shape[2]
    first = b.vector.shape[2] - 2 * rows
    for k in range(rows):
        actor, target, action = _logged(state, i, k)
        if action >= 0 and PRIVATE[action]:
            for agent in (actor, target):
                if b.seats[i, agent] < 0:
                    _write_seen(b.vector[i, agent, first:], k, target, action, b.rewards.shape[1])


@rule
def _logged(state: EscalationState, i: int, k: int) -> tuple[int, int, int]:
    """Return actor, target and action of row `k` of the last day."""
    row = state.log[i, state.day[i] - 1, k]
    return row[0], row[1], row[2]


@rule
def _observe_globally(state: EscalationState, b: Buffers, i: int) -> None:
    """Write what a centralised critic sees: the time left, and all variables."""
    row = b.global_state[i]
    row[0] = 1.0 - state.day[i] / state.days[i]
    _observe_values(state, i, row, 1)
