"""Pictures of the wargame: a map with everything beside it, lines of text, and the moments of a replay."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dynenvs.envs.escalation.day import Act, acts_of, fell_on, said_on, state_of_play
from dynenvs.envs.escalation.map import DARK as NIGHT
from dynenvs.envs.escalation.map import KIND_COLORS, map_frame, nation_color, signed, world_map
from dynenvs.envs.escalation.nations import VARIABLES
from dynenvs.envs.escalation.scenarios import SCENARIOS
from dynenvs.envs.escalation.scoring import CATEGORIES
from dynenvs.envs.escalation.world import INTENTS
from dynenvs.rendering import palette
from dynenvs.rendering.parts import MARGIN, header, number
from dynenvs.rendering.scenes import Cell, Curve, Event, Mark, Row, Scene, Table, spoken
from dynenvs.rendering.text import paint
from dynenvs.rendering.vocabulary import Box, Circle, Frame, Line, Point, Polygon, Rect, Shape, Text, shorten

if TYPE_CHECKING:
    from dynenvs.envs.escalation.world import Escalation

__all__ = ["ansi", "frame", "scene"]

WIDTH, HEIGHT = 1280, 800
MAP = Box(MARGIN, 84, 690, 688)
SIDE = Box(742, 84, WIDTH - MARGIN - 742, 688)
NAME_WIDTH, POINTS_WIDTH = 118.0, 40.0
SHORT = ("terr", "mil", "GDP", "trade", "res", "stab", "pop", "soft", "cyb", "nuc")
"""Heads of the columns of tables, in the order of `VARIABLES`."""


def frame(world: Escalation, game: int = 0) -> Frame:
    """Draw one game: the map, the variables, the escalation so far, and the most severe actions of the last day.

    Parameters
    ----------
    world : Escalation
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    Frame
        1280 x 800 pixels. It shows all there is, also private actions.
    """
    table = _table_box(world)
    chart = Box(SIDE.x + 34, table.bottom + 42, SIDE.width - 34, 132)
    shapes = [
        *header(WIDTH, "Escalation", _clock(world, game), _about(world, game), _score_so_far(world, game)),
        *world_map(world, game, MAP),
        *_variables(world, game, table),
        *_chart(world, game, chart),
        *_last_day(world, game, Box(SIDE.x, chart.bottom + 36, SIDE.width, SIDE.bottom - chart.bottom - 36)),
    ]
    return Frame(WIDTH, HEIGHT, tuple(shapes))


def ansi(world: Escalation, game: int = 0) -> str:
    """Write one game as lines for a terminal: every nation with its variables, and the most severe actions.

    Parameters
    ----------
    world : Escalation
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    str
        A line about the game, the heads of the columns, a line a nation, up to six actions, and how many more there
        are; the columns fit into 80 characters.
    """
    heads = "".join(f"{head[:4]:>5}" for head in SHORT)
    lines = [f"Escalation, {state_of_play(world, game)}; {_score_so_far(world, game)}", f"{'':<22}{'day':>6}{heads}"]
    for nation, name in enumerate(_names(world, game)):
        who = f"{shorten(name, 9):<10}{shorten(_policy(world, game, nation), 11):<12}"
        color = nation_color(world, game, nation)
        values = "".join(f"{_written(value):>5}" for value in world.state.values[game, nation])
        fallen = fell_on(world, game, nation)
        told = f"{signed(world.state.points[game, nation]):>6}{values}" if fallen is None else f"  fell on day {fallen}"
        lines.append(paint(who, color, bold=True) + told)
    acts = acts_of(world, game)
    gravest = [
        paint(f"{CATEGORIES[act.kind]:>14}  {_told(world, game, act)}", KIND_COLORS[act.kind]) for act in acts[:6]
    ]
    more = [f"{'':>14}  {more}"] if (more := _more(acts[6:])) else []
    return "\n".join([*lines, *gravest, *more])


def scene(world: Escalation, game: int = 0) -> Scene:
    """Describe one moment of a replay: the map by day and by night, the variables, the actions and the words.

    Parameters
    ----------
    world : Escalation
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    Scene
        What a replay's page shows of it.
    """
    acts = acts_of(world, game)
    return Scene(
        label=_clock(world, game),
        picture=map_frame(world, game),
        night=map_frame(world, game, NIGHT),
        about=_about(world, game),
        color=KIND_COLORS[acts[0].kind] if acts else "",
        table=Table("Nations", ("played by", *(variable.told for variable in VARIABLES)), tuple(_rows(world, game))),
        events_title="What they did",
        events=tuple(_event(world, game, act) for act in acts),
        words=(*_before(world, game), *spoken(world, game), *_intents(world, game)),
        curves_title="Escalation of the day, points a nation",
        curves=tuple(_curves(world, game)),
    )


# In words and numbers.


def _names(world: Escalation, game: int) -> tuple[str, ...]:
    names: tuple[str, ...] = world.game_params[game].nation_names
    return names


def _policy(world: Escalation, game: int, nation: int) -> str:
    return world.seat_name(int(world.buffers.seats[game, nation]))


def _clock(world: Escalation, game: int) -> str:
    text = state_of_play(world, game)
    return text[0].upper() + text[1:]


def _about(world: Escalation, game: int) -> str:
    params = world.game_params[game]
    scenario = params.scenario.replace("_", " ")
    dynamics = (
        "balanced rules" if params.variant == "balanced" else f"{params.dynamics_name.replace('_', ' ')} dynamics"
    )
    return f"{params.variant} variant, {scenario} scenario, {dynamics}, scored by {params.scoring_name}"


def _score_so_far(world: Escalation, game: int) -> str:
    """Say the escalation score: the mean of the daily points of a nation."""
    day = int(world.state.day[game])
    if day == 0:
        return "nobody has acted yet"
    return f"escalation score so far {number(float(world.state.daily_points[game, :day].mean()), '.2f')}"


def _told(world: Escalation, game: int, act: Act) -> str:
    names = _names(world, game)
    if not act.aimed:
        return f"{names[act.actor]}: {act.name}"
    target = "itself" if act.actor == act.target else names[act.target]
    return f"{names[act.actor]} \N{RIGHTWARDS ARROW} {target}: {act.name}"


def _written(value: float) -> str:
    """Write a variable in at most five signs."""
    if value >= 10_000:
        return f"{value:.0e}".replace("e+0", "e")
    return f"{value:.0f}" if value >= 100 or value == round(value) else f"{value:.1f}"


# The side of the picture.


def _table_box(world: Escalation) -> Box:
    row = 26.0 if world.num_agents <= 10 else 17.0
    return Box(SIDE.x, SIDE.y, SIDE.width, 20 + row * world.num_agents)


def _variables(world: Escalation, game: int, box: Box) -> Iterator[Shape]:
    """Draw the table of all variables; what rose or fell on the last day has a mark."""
    columns = _columns(Box(box.x + NAME_WIDTH, box.y, box.width - NAME_WIDTH - POINTS_WIDTH, 14))
    for head, column in zip(SHORT, columns, strict=True):
        yield Text(column.right, column.middle[1], head, 10, palette.MUTED, anchor="end")
    yield Text(box.right, box.y + 7, "day", 10, palette.MUTED, anchor="end")
    rows = Box(box.x, box.y + 20, box.width, box.height - 20).rows(world.num_agents, 0)
    for nation, row in enumerate(rows):
        if nation % 2 == 0:
            yield Rect(row.x - 8, row.y, row.width + 16, row.height, palette.PANEL, 5)
        yield from _who(world, game, nation, row)
        if fell_on(world, game, nation) is None:
            yield from _numbers(world, game, nation, row, columns)
        else:
            yield Text(
                columns[0].x + 8, row.middle[1], f"fell on day {fell_on(world, game, nation)}", 11, palette.MUTED
            )


def _columns(box: Box) -> list[Box]:
    """Cut a row into cells, one a variable; that of the population is wider, for it has most digits."""
    wide = [1.45 if variable.name == "population" else 1.0 for variable in VARIABLES]
    unit, x, cells = box.width / sum(wide), box.x, list[Box]()
    for share in wide:
        cells.append(Box(x, box.y, share * unit, box.height))
        x += share * unit
    return cells


def _who(world: Escalation, game: int, nation: int, row: Box) -> Iterator[Shape]:
    """Draw who a nation is, and who plays it."""
    color = nation_color(world, game, nation)
    y = row.middle[1]
    yield Circle(row.x + 5, y, 5, color, palette.mix(color, palette.INK, 0.35), 1)
    name, policy = _names(world, game)[nation], _policy(world, game, nation)
    if row.height > 20:
        yield Text(row.x + 16, y - 6, shorten(name, 15), 11, weight="bold")
        yield Text(row.x + 16, y + 6, shorten(policy, 20), 9.5, palette.MUTED)
    else:
        yield Text(row.x + 16, y, shorten(name, 10), 10, weight="bold")
        yield Text(row.x + 78, y, shorten(policy, 9), 9, palette.MUTED)


def _numbers(world: Escalation, game: int, nation: int, row: Box, columns: list[Box]) -> Iterator[Shape]:
    state, y = world.state, row.middle[1]
    for variable, column in enumerate(columns):
        now, before = float(state.values[game, nation, variable]), float(state.previous[game, nation, variable])
        color = palette.COOPERATION if now > before else palette.DEFECTION if now < before else palette.INK
        yield Text(column.right, y, _written(now), 10.5, color, anchor="end")
        if now != before:
            width = 6.4 * len(_written(now)) - 3.2 * _written(now).count(".")
            yield _change_mark(column.right - width - 4, y, color, rises=now > before)
    if state.day[game]:
        points = signed(float(state.points[game, nation]))
        yield Text(row.right, y, points, 11, weight="bold", anchor="end")


def _change_mark(x: float, y: float, color: palette.Color, *, rises: bool) -> Shape:
    tip, base = (-3, 2) if rises else (3, -2)
    return Polygon(((x - 2.4, y + base), (x + 2.4, y + base), (x, y + tip)), color)


def _chart(world: Escalation, game: int, box: Box) -> Iterator[Shape]:
    """Draw the points of each day: of every nation thinly, and their mean."""
    state = world.state
    day, days = int(state.day[game]), int(state.days[game])
    daily = state.daily_points[game, :day]
    low, high = min(0.0, float(daily.min(initial=0.0))), _top(float(daily.max(initial=0.0)))

    def place(k: int, points: float) -> Point:
        return box.x + (k + 0.5) / days * box.width, box.bottom - (points - low) / (high - low) * box.height

    yield Text(SIDE.x, box.y - 20, "Points of each day: nations, and their mean", 12, weight="bold")
    for level in (0.0, high / 2, high):
        y = place(0, level)[1]
        yield Line(((box.x, y), (box.right, y)), palette.GRID if level else palette.MUTED)
        yield Text(box.x - 10, y, number(level, "g"), 11, palette.MUTED, anchor="end")
    for nation in range(world.num_agents):
        color = _on_paper(nation_color(world, game, nation))
        until = fell_on(world, game, nation) or day
        yield from _curve([place(k, float(daily[k, nation])) for k in range(until)], color, 1.5)
    yield from _curve([place(k, float(daily[k].mean())) for k in range(day)], palette.INK, 3.0)
    for k in range(0, days, max(1, round(days / 14))):
        yield Text(place(k, 0)[0], box.bottom + 12, str(k + 1), 10, palette.MUTED, anchor="middle")


def _top(points: float) -> float:
    """Return where an axis ends: at the next of the numbers that halve well."""
    tops = (12.0, 40.0, 80.0, 120.0, 180.0)
    return next((top for top in tops if points <= top), points)


def _on_paper(color: palette.Color) -> palette.Color:
    """Darken a colour so far that a thin line of it is seen on paper."""
    return palette.mix(color, palette.INK, 0.35 if palette.ink_on(color) == palette.INK else 0.0)


def _curve(points: list[tuple[float, float]], color: palette.Color, width: float) -> Iterator[Shape]:
    if len(points) > 1:
        yield Line(tuple(points), color, width)
    if points:
        yield Circle(*points[-1], width + 1.2, color, palette.PAPER, 1)


def _last_day(world: Escalation, game: int, box: Box) -> Iterator[Shape]:
    """Tell the last day, the most severe first; before the first, what led to it."""
    day = int(world.state.day[game])
    if day == 0:
        yield from _story(world, game, box)
        return
    acts, said = acts_of(world, game), said_on(world, game)
    yield Text(box.x, box.y, f"Day {day}", 12, weight="bold")
    yield Text(box.right, box.y, f"{sum(act.times for act in acts)} actions", 11, palette.MUTED, anchor="end")
    room = int((box.height - 16) // 19)
    shown = acts[: room if len(acts) <= room and not said else room - 1]
    y = box.y + 22
    for act in shown:
        yield Rect(box.x, y - 6, 11, 11, KIND_COLORS[act.kind], 3)
        yield Text(box.x + 20, y, shorten(_told(world, game, act), 72), 11.5)
        yield Text(box.right, y, signed(act.points), 11.5, palette.MUTED, anchor="end")
        y += 19
    rest = [more] if (more := _more(acts[len(shown) :])) else []
    rest += [f"{len(said)} messages"] if said else []
    yield Text(box.x + 20, y, " and ".join(rest), 11, palette.MUTED)


def _more(acts: list[Act]) -> str:
    """Say how many actions are not listed, repeats among them."""
    return f"{sum(act.times for act in acts)} more" if acts else ""


def _story(world: Escalation, game: int, box: Box) -> Iterator[Shape]:
    yield Text(box.x, box.y, "Before day 1", 12, weight="bold")
    told = SCENARIOS[world.game_params[game].scenario] or "Nothing out of the ordinary has happened."
    for k, line in enumerate(textwrap.wrap(told, 76)):
        yield Text(box.x, box.y + 24 + 18 * k, line, 12, palette.MUTED)


# The parts of a replay's page.


def _mark(world: Escalation, game: int, nation: int) -> Mark:
    return Mark(_names(world, game)[nation], nation_color(world, game, nation))


def _rows(world: Escalation, game: int) -> Iterator[Row]:
    state = world.state
    for nation in range(world.num_agents):
        day = fell_on(world, game, nation)
        cells = [Cell(_policy(world, game, nation) + ("" if day is None else f", fell on day {day}"), None)]
        for variable in range(len(VARIABLES)):
            now, before = float(state.values[game, nation, variable]), float(state.previous[game, nation, variable])
            cells.append(Cell(number(round(now, 2), "g"), now - before))
        yield Row(_mark(world, game, nation), tuple(cells), faded=day is not None)


def _event(world: Escalation, game: int, act: Act) -> Event:
    target = None if act.target == act.actor or not act.aimed else _mark(world, game, act.target)
    kind = CATEGORIES[act.kind]
    return Event(_mark(world, game, act.actor), target, act.name, kind, KIND_COLORS[act.kind], signed(act.points))


def _before(world: Escalation, game: int) -> Iterator[tuple[str, str, str]]:
    told = SCENARIOS[world.game_params[game].scenario]
    if told and not world.state.day[game]:
        yield "Before day 1", "", told


def _intents(world: Escalation, game: int) -> Iterator[tuple[str, str, str]]:
    """Yield what each nation said to the others, the same to several of them at once."""
    names = _names(world, game)
    receivers: dict[tuple[int, int], list[str]] = defaultdict(list)
    for said in said_on(world, game):
        receivers[said.sender, said.intent].append(names[said.receiver])
    for (sender, intent), to in receivers.items():
        yield names[sender], ", ".join(to), INTENTS[intent]


def _curves(world: Escalation, game: int) -> Iterator[Curve]:
    day = int(world.state.day[game])
    points = [float(each) for each in world.state.points[game]]
    for nation, each in enumerate(points):
        mark = _mark(world, game, nation)
        plays = day > 0 and (fell_on(world, game, nation) or day) == day
        yield Curve(mark.name, mark.color, each if plays else None)
    yield Curve("mean", "", sum(points) / len(points) if day else None, main=True)
