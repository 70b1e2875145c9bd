"""Pictures of the wargame."""

import itertools
import math
import re

import numpy as np
import pytest

import dynenvs
from dynenvs.envs.escalation.actions import ACTION_IDS
from dynenvs.envs.escalation.day import acts_of, fell_on, links_of
from dynenvs.envs.escalation.legality import encode
from dynenvs.envs.escalation.map import KIND_COLORS, map_frame
from dynenvs.envs.escalation.nations import NATIONS, VARIABLES
from dynenvs.envs.escalation.rendering import ansi, frame, scene
from dynenvs.envs.escalation.scenarios import SCENARIOS
from dynenvs.rendering.svg import to_svg
from dynenvs.rendering.vocabulary import Arrow, Circle, Line, Polygon, Rect, Text, primitives

GAME = "dynenvs/Escalation-v0"
MIXED = ["dove", "hawk", "tit_for_tat_diplomat", "deterrer", "opportunist", "random", "dove", "hawk"]
SIXTEEN = [
    {
        **{variable.name: 3.0 + k % 4 for variable in VARIABLES},
        "name": f"Nation {k}",
        "distances": {},
        "nuclear": 10.0 * (k % 3 == 0),
    }
    for k in range(16)
]
TABLES = {
    "mixed": (MIXED, {}),
    "random": (["random"] * 8, {"dynamics": "released", "scenario": "invasion"}),
    "balanced": (["hawk", "hawk", "dove", "opportunist", "hawk", "hawk", "dove", "hawk"], {"variant": "balanced"}),
    "slots": (MIXED, {"slot_by_slot": True, "variant": "strict"}),
    "two": (["hawk", "dove"], {"nations": ["Orange", "Purple"], "slots": 7}),
    "sixteen": (["random"] * 16, {"nations": SIXTEEN}),
    "long": (MIXED, {"days": 60}),
}
VIOLENT, NUCLEAR = KIND_COLORS[4], KIND_COLORS[5]


def moments(seats, seed=3, **params):
    """A world, before the first step and after each."""
    world = dynenvs.make_world(GAME, seats=seats, **params)
    world.reset(seed)
    yield world
    while world.buffers.alive.any():
        world.step(world.idle_actions)
        yield world


def played(*acts, **params):
    """A game of one day, in which these nations did these things, and all others waited."""
    world = dynenvs.make_world(GAME, **params)
    world.reset(0)
    options = np.zeros_like(world.idle_actions)
    names = world.params.nation_names
    filled = dict.fromkeys(names, 0)
    for actor, action, target in acts:
        option = encode(ACTION_IDS[action], names.index(target), len(names))
        options[0, names.index(actor), filled[actor]] = option
        filled[actor] += 1
    world.step(options)
    return world


def points_of(shape):
    """All places that a shape reaches."""
    if isinstance(shape, Line | Polygon):
        return list(shape.points)
    if isinstance(shape, Rect):
        return [(shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height)]
    if isinstance(shape, Circle):
        return [(shape.x - shape.radius, shape.y - shape.radius), (shape.x + shape.radius, shape.y + shape.radius)]
    width = 0.5 * shape.size * len(shape.text)  # a letter of DejaVu Sans is about so wide
    left = shape.x - {"start": 0, "middle": width / 2, "end": width}[shape.anchor]
    return [(left, shape.y - shape.size / 2), (left + width, shape.y + shape.size / 2)]


def words(picture):
    return [shape.text for shape in picture.shapes if isinstance(shape, Text)]


def arrows(world, color=None):
    """The arrows of the map, without those of its legend and their rims."""
    shapes = [shape for shape in map_frame(world).shapes if isinstance(shape, Arrow) and shape.end[1] < 600]
    colors = KIND_COLORS if color is None else (color,)
    return [shape for shape in shapes if shape.color in colors]


@pytest.mark.parametrize("table", TABLES)
def test_whatever_is_drawn_is_finite_and_on_the_canvas(table):
    seats, params = TABLES[table]
    count = 0
    for world in moments(seats, **params):
        for picture in (frame(world), map_frame(world)):
            for shape in primitives(picture.shapes):
                for x, y in points_of(shape):
                    assert math.isfinite(x)
                    assert math.isfinite(y)
                    assert 0 <= x <= picture.width, shape
                    assert 0 <= y <= picture.height, shape
        count += 1
    assert count > 2


@pytest.mark.parametrize("table", TABLES)
def test_no_two_nations_cover_each_other(table):
    seats, params = TABLES[table]
    discs = [shape for shape in map_frame(next(moments(seats, **params))).shapes if isinstance(shape, Circle)]
    discs = [(disc.x, disc.y) for disc in discs if disc.radius in (23, 17)]
    assert len(discs) == len(seats)
    assert min(math.dist(a, b) for a, b in itertools.combinations(discs, 2)) > 75


def test_nations_that_are_rated_near_are_drawn_near():
    discs = [shape for shape in map_frame(next(moments(MIXED))).shapes if isinstance(shape, Circle)]
    places = dict(zip(NATIONS, [(disc.x, disc.y) for disc in discs if disc.radius == 23], strict=True))
    pairs = list(itertools.combinations(NATIONS, 2))
    rated = np.array([NATIONS[a].distances[b] for a, b in pairs])
    drawn = np.array([math.dist(places[a], places[b]) for a, b in pairs])
    ranks = [values.argsort().argsort() for values in (rated, drawn)]
    assert np.corrcoef(*ranks)[0, 1] > 0.6
    assert drawn[rated <= 2].mean() < 0.6 * drawn[rated == 10].mean()


def test_a_frame_tells_every_variable_and_who_plays():
    *_, world = moments(MIXED, days=2)
    shown = words(frame(world))
    assert {*NATIONS, *MIXED} <= set(shown)
    for nation in range(8):
        population = f"{world.state.values[0, nation, 6]:.1f}".removesuffix(".0")
        assert population in shown or f"{world.state.values[0, nation, 6]:.0f}" in shown


def test_the_day_is_told_in_words():
    world = dynenvs.make_world(GAME, seats=["wait"] * 8, days=2)
    world.reset(0)
    clocks = [words(frame(world))[2]]
    for _ in range(2):
        world.step(world.idle_actions)
        clocks.append(words(frame(world))[2])
    assert clocks == ["Before day 1 of 2", "Day 1 of 2", "Day 2 of 2, over"]


def test_slots_of_a_day_under_way_are_counted_and_not_shown():
    world = dynenvs.make_world(GAME, slot_by_slot=True)
    world.reset(0)
    before = to_svg(map_frame(world))
    world.step(np.full_like(world.idle_actions, 5))
    assert "Day 1 of 14, 1 of 3 slots filled" in words(frame(world))
    assert to_svg(map_frame(world)) == before


def test_the_scenario_is_told_before_the_first_day():
    shown = " ".join(words(frame(next(moments(MIXED, scenario="invasion")))))
    assert SCENARIOS["invasion"] in shown


def test_an_attack_is_an_arrow_in_the_colour_of_its_kind_from_actor_to_target():
    world = played(("Orange", "Execute full on invasion", "Purple"))
    (arrow,) = arrows(world)
    assert arrow.color == VIOLENT
    discs = [shape for shape in map_frame(world).shapes if isinstance(shape, Circle) and shape.radius == 23]
    nearest = [min(range(8), key=lambda k: math.dist(at, (discs[k].x, discs[k].y))) for at in (arrow.start, arrow.end)]
    assert nearest == [list(NATIONS).index("Orange"), list(NATIONS).index("Purple")]


def test_several_of_a_kind_are_one_thicker_arrow_and_kinds_are_fanned_out():
    one = played(("Blue", "Execute targeted attack", "Pink"))
    many = played(
        ("Blue", "Execute targeted attack", "Pink"),
        ("Blue", "Execute full on invasion", "Pink"),
        ("Blue", "Execute full nuclear attack", "Pink"),
    )
    (violent,) = arrows(many, VIOLENT)
    (nuclear,) = arrows(many, NUCLEAR)
    assert violent.width > arrows(one)[0].width
    assert violent.bend < nuclear.bend
    assert arrows(many)[-1].color == NUCLEAR


def test_what_concerns_its_actor_alone_is_no_arrow_whatever_it_is_aimed_at():
    world = played(("Blue", "Increase military capacities", "Pink"))
    assert arrows(world) == []
    assert [(link.actor, link.target) for link in links_of(acts_of(world, 0))] == [(5, 5)]
    assert "Blue: Increase military capacities" in words(frame(world))
    world = played(("Blue", "Execute targeted attack", "Blue"))
    assert arrows(world) == []
    assert "Blue \N{RIGHTWARDS ARROW} itself: Execute targeted attack" in words(frame(world))


def test_the_most_severe_comes_first_and_repeats_are_counted():
    world = played(
        ("Green", "Negotiate trade agreement with other nation", "Blue"),
        ("Green", "Execute tactical nuclear strike", "Red"),
        ("White", "Execute targeted attack", "Red"),
        ("White", "Execute targeted attack", "Red"),
    )
    assert [(act.name, act.points) for act in acts_of(world, 0)] == [
        ("Execute tactical nuclear strike", 60.0),
        ("Execute targeted attack \N{MULTIPLICATION SIGN}2", 56.0),
        ("Negotiate trade agreement with other nation", -2.0),
    ]


def test_the_sign_of_nuclear_weapons_comes_and_goes_with_them():
    def signs(world):
        return sum(isinstance(shape, Circle) and shape.fill == "#f0b400" for shape in map_frame(world).shapes) // 2

    assert signs(played()) == 5 + 1  # one is in the legend
    assert signs(played(("Blue", "Do nuclear disarmament", "Blue"))) == 4 + 1
    assert signs(played(("Pink", "Acquire or develop nuclear option", "Pink"))) == 6 + 1


def test_a_nation_that_has_fallen_says_when():
    seats, params = TABLES["balanced"]
    fallen = {}
    for world in moments(seats, **params):
        for nation in world.state.fallen[0].nonzero()[0]:
            fallen.setdefault(int(nation), int(world.state.day[0]))
    assert fallen
    for nation, day in fallen.items():
        assert fell_on(world, 0, nation) == day
        assert words(frame(world)).count(f"fell on day {day}") == 2 * sum(other == day for other in fallen.values())
        assert f"fell on day {day}" in ansi(world)


def test_the_line_of_a_nation_that_has_fallen_ends_where_it_fell():
    seats, params = TABLES["balanced"]
    curves = {int(world.state.day[0]): scene(world).curves for world in moments(seats, **params)}
    *_, world = moments(seats, **params)
    falls = [fell_on(world, 0, nation) for nation in range(8)]
    assert any(falls)
    for nation, fell in enumerate(falls):
        last = fell or int(world.state.day[0])
        assert all((curves[day][nation].value is None) == (day > last) for day in list(curves)[1:])
    lines = [shape for shape in frame(world).shapes if isinstance(shape, Line) and shape.width == 1.5]
    drawn = [len(line.points) for line in lines if min(x for x, _ in line.points) > 742]
    assert drawn == [last for fell in falls if (last := fell or int(world.state.day[0])) > 1]


def test_actions_that_are_not_listed_are_counted_as_the_listed_ones_are():
    posture = [(name, "Do military posturing or military exercise", "Purple") for name in NATIONS for _ in range(9)]
    aimed = [(name, "Send surveillance drone", other) for name in NATIONS for other in list(NATIONS)[:4]]
    told = words(frame(played(*posture, *aimed, slots=13)))
    assert "104 actions" in told
    listed = [
        re.search(r": .*?(?:\N{MULTIPLICATION SIGN}(\d+))?$", text) for text in told if "\N{RIGHTWARDS ARROW}" in text
    ]
    more = next(int(text.removesuffix(" more")) for text in told if text.endswith(" more"))
    assert sum(int(line[1] or 1) for line in listed if line) + more == 104


def test_cells_of_the_table_do_not_run_together():
    world = played(("Red", "Execute full nuclear attack", "Blue"), ("Red", "Execute full on invasion", "Yellow"))
    shapes = frame(world).shapes
    numbers = [shape for shape in shapes if isinstance(shape, Text) and shape.size == 10.5 and shape.anchor == "end"]
    marks = [
        shape for shape in shapes if isinstance(shape, Polygon) and len(shape.points) == 3 and shape.points[0][0] > 850
    ]
    assert marks
    for mark in marks:
        left, y = min(x for x, _ in mark.points), sum(y for _, y in mark.points) / 3
        before = [text.x for text in numbers if abs(text.y - y) < 4 and text.x < left + 3]
        assert not before or left - max(before) >= 4


def test_messages_are_counted_in_a_frame_and_told_in_a_replay():
    world = dynenvs.make_world(GAME, messages=True, nations=["Blue", "Red"])
    world.reset(0)
    world.step([[[0, 0, 0, 0, 6], [0, 0, 0, 2, 0]]])
    assert "2 messages" in words(frame(world))
    assert scene(world).words == (("Blue", "Red", "threaten"), ("Red", "Blue", "promise"))


def test_the_same_message_to_several_is_told_once():
    world = dynenvs.make_world(GAME, messages=True, nations=["Blue", "Red", "Pink"])
    world.reset(0)
    world.step([[[0, 0, 0, 0, 6, 6], [0] * 6, [0] * 6]])
    assert scene(world).words == (("Blue", "Red, Pink", "threaten"),)


def test_a_replay_tells_the_changes_the_actions_and_the_points():
    world = played(("Orange", "Execute full on invasion", "Purple"))
    shown = scene(world)
    purple = next(row for row in shown.table.rows if row.mark.name == "Purple")
    assert shown.table.columns[2] == "military capacity"
    assert purple.cells[2] == ("1", -5.0)
    (event,) = shown.events
    assert (event.actor.name, event.target.name, event.kind, event.value) == ("Orange", "Purple", "violent", "+28")
    assert {curve.name: curve.value for curve in shown.curves} == {
        **dict.fromkeys(NATIONS, 0.0),
        "Orange": 28.0,
        "mean": 3.5,
    }
    assert shown.color == VIOLENT


def test_what_a_narrator_tells_of_a_day_is_in_its_scene():
    world = played(("Orange", "Execute full on invasion", "Purple"))
    world.say(0, -1, "War has come.")
    assert ("Narrator", "", "War has come.") in scene(world).words
    world.step(world.idle_actions)
    assert scene(world).words == ()


@pytest.mark.parametrize("table", TABLES)
def test_text_has_a_line_for_each_nation(table, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    seats, params = TABLES[table]
    *_, world = moments(seats, **params)
    lines = ansi(world).split("\n")
    names = world.params.nation_names
    assert [line[:10].strip() for line in lines[2 : 2 + len(names)]] == list(names)
    assert max(len(line) for line in lines[1 : 2 + len(names)]) <= 80
    told = [re.search(r"\N{MULTIPLICATION SIGN}(\d+)$", line) for line in lines[2 + len(names) :][:6]]
    listed = sum(int(times[1]) if times else 1 for times in told)
    more = sum(act.times for act in acts_of(world, 0)) - listed
    assert lines[2 + len(names) + 6 :] == ([f"{f'{more} more':>{16 + len(f'{more} more')}}"] if more else [])


def test_a_frame_changes_nothing():
    world = played(("Orange", "Execute full on invasion", "Purple"))
    before = world.digest()
    frame(world)
    ansi(world)
    scene(world)
    assert world.digest() == before


def test_each_game_of_a_batch_has_its_own_frame():
    world = dynenvs.make_world(GAME, 2, seats=["random"] * 8)
    world.reset(0)
    world.step(world.idle_actions)
    assert to_svg(frame(world, 0)) != to_svg(frame(world, 1))
    alone = dynenvs.make_world(GAME, seats=["random"] * 8)
    alone.reset(1)
    alone.step(alone.idle_actions)
    assert to_svg(frame(world, 1)) == to_svg(frame(alone))
