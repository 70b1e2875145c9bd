"""What the page of a replay shows of one moment, as data.

A family's rendering room may say more of a game than its frame: with a function ``scene(world, game=0) -> Scene``. For
all others a scene is made of the frame, the returns and the messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from dynenvs.rendering.palette import Color, seat_color
from dynenvs.rendering.vocabulary import Frame

if TYPE_CHECKING:
    from dynenvs.core.world import World

__all__ = ["Cell", "Curve", "Event", "Mark", "Row", "Scene", "Table", "Words", "scene_of", "spoken"]

Words = tuple[str, str, str]
"""Who spoke, to whom (empty: to all), and what."""


class Mark(NamedTuple):
    """A player by name and colour."""

    name: str
    color: Color


class Cell(NamedTuple):
    """An entry of a table, and by how much it has just changed; None where it is a word."""

    text: str
    change: float | None


class Row(NamedTuple):
    """A row of a table; faded where it is of somebody who is out."""

    mark: Mark
    cells: tuple[Cell, ...]
    faded: bool = False


class Table(NamedTuple):
    """A table with a row a player; the first column is of their marks and has no name."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


class Event(NamedTuple):
    """Something that just happened: who did what to whom (None: to itself), of which kind, and what it counts."""

    actor: Mark
    target: Mark | None
    text: str
    kind: str
    color: Color
    value: str


class Curve(NamedTuple):
    """A quantity that a chart follows through the replay, and its value now; None where it has none yet."""

    name: str
    color: Color  # empty: that of the text
    value: float | None
    main: bool = False


@dataclass(frozen=True)
class Scene:
    """One moment.

    Attributes
    ----------
    label : str
        When it is.
    picture : Frame
        What there is to see.
    night : Frame, optional
        The same on a dark page; by default the same picture.
    about : str
        What is played, in a line.
    color : str
        Colour of the moment in the timeline; empty for none.
    table : Table, optional
        What the players have.
    events_title, events : str, tuple of Event
        What just happened, the gravest first.
    words : tuple of Words
        What was just said.
    curves_title, curves : str, tuple of Curve
        A chart; the same curves in every scene.
    """

    label: str
    picture: Frame
    night: Frame | None = None
    about: str = ""
    color: Color = ""
    table: Table | None = None
    events_title: str = ""
    events: tuple[Event, ...] = ()
    words: tuple[Words, ...] = ()
    curves_title: str = ""
    curves: tuple[Curve, ...] = ()


def scene_of(drawing: ModuleType, world: World, game: int = 0) -> Scene:
    """Describe a moment with the family's rendering room, or with what every world has."""
    if hasattr(drawing, "scene"):
        own: Scene = drawing.scene(world, game)
        return own
    step = int(world.buffers.episode_lengths[game])
    marks = [Mark(_player(world, game, agent), seat_color(agent)) for agent in range(world.num_agents)]
    returns = world.buffers.episode_returns[game]
    return Scene(
        label=f"Step {step}" if step else "Start",
        picture=drawing.frame(world, game),
        words=tuple(spoken(world, game)),
        curves_title="Return",
        curves=tuple(Curve(mark.name, mark.color, float(its)) for mark, its in zip(marks, returns, strict=True)),
    )


def spoken(world: World, game: int) -> Iterator[Words]:
    """Yield what a narrator told of the last step, and what was said with it."""
    now = int(world.buffers.episode_lengths[game])
    said = world.messages(game)
    yield from (("Narrator", "", one.text) for one in said if one.sender < 0 and one.step == now)
    for one in said:
        if one.sender >= 0 and one.step == now - 1:
            receivers = ", ".join(_called(world, agent) for agent in one.receivers)
            yield _called(world, one.sender), receivers, one.text


def _called(world: World, agent: int) -> str:
    return world.layout.player_names[agent]


def _player(world: World, game: int, agent: int) -> str:
    return f"{_called(world, agent)}: {world.seat_name(int(world.buffers.seats[game, agent]))}"
