"""What happened on the last day of a game, as data: for pictures, replays and whoever tells it in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from dynenvs.envs.escalation.actions import MESSAGE, NAMES, SELF_REGARDING, WAIT
from dynenvs.envs.escalation.scoring import categories

if TYPE_CHECKING:
    from dynenvs.envs.escalation.world import Escalation

__all__ = ["KINDS", "Act", "Link", "Said", "acts_of", "fell_on", "links_of", "said_on", "state_of_play"]

KINDS = categories("corrected")
"""By action: its place in `CATEGORIES`. Pictures show every action by the corrected map, whatever the scores are by."""


class Act(NamedTuple):
    """An action of the last day as attempted, and how often."""

    actor: int
    target: int
    action: int
    points: float  # of all its repeats
    times: int

    @property
    def kind(self) -> int:
        """Its place in `CATEGORIES`."""
        return int(KINDS[self.action])

    @property
    def aimed(self) -> bool:
        """Whether it changes, or tells, anybody but its actor: whom else it names as its target does not matter."""
        return self.action not in SELF_REGARDING

    @property
    def name(self) -> str:
        """What it is called, with the number of repeats."""
        return NAMES[self.action] + (f" \N{MULTIPLICATION SIGN}{self.times}" if self.times > 1 else "")


class Link(NamedTuple):
    """All actions of one kind that one nation has aimed at another."""

    actor: int
    target: int
    kind: int  # place in CATEGORIES
    times: int


class Said(NamedTuple):
    """A message of the last day: what one nation told another that it means."""

    sender: int
    receiver: int
    intent: int


def acts_of(world: Escalation, game: int) -> list[Act]:
    """List what the nations did on the last day, the most severe first; Wait is left out."""
    state = world.state
    day = int(state.day[game])
    if day == 0:
        return []
    rows = [tuple(map(int, row)) for row in state.log[game, day - 1] if row[0] >= 0 and row[2] not in (WAIT, MESSAGE)]
    acts = [
        Act(actor, target, action, float(state.severity[game, action]) * count, count)
        for (actor, target, action), count in Counter(rows).items()
    ]
    return sorted(acts, key=lambda act: (-act.kind, -act.action, act.actor, act.target))


def links_of(acts: list[Act]) -> list[Link]:
    """Add the actions up by actor, target and kind, the mildest first; what concerns the actor alone is aimed at it."""
    counts: Counter[tuple[int, int, int]] = Counter()
    for act in acts:
        counts[act.kind, act.actor, act.target if act.aimed else act.actor] += act.times
    return [Link(actor, target, kind, count) for (kind, actor, target), count in sorted(counts.items())]


def said_on(world: Escalation, game: int) -> list[Said]:
    """List the messages of the last day."""
    intents = world.state.intents[game]
    senders, receivers = intents.nonzero()
    return [Said(int(a), int(b), int(intents[a, b])) for a, b in zip(senders, receivers, strict=True)]


def fell_on(world: Escalation, game: int, nation: int) -> int | None:
    """Return the day on which a nation fell; None where it did not."""
    state = world.state
    if not state.fallen[game, nation]:
        return None
    return int((state.log[game, : int(state.day[game]), :, 0] == nation).any(axis=1).sum())


def state_of_play(world: Escalation, game: int) -> str:
    """Say how far a game is."""
    state = world.state
    day, days, slot = int(state.day[game]), int(state.days[game]), int(state.slot[game])
    if slot:
        return f"day {day + 1} of {days}, {slot} of {state.chosen.shape[2]} slots filled"
    over = "" if world.buffers.alive[game].any() else ", over"
    return f"day {day} of {days}{over}" if day else f"before day 1 of {days}"
