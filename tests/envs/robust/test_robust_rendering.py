"""Pictures of the worlds of uncertain physics."""

import numpy as np
import pytest

import dynenvs
from dynenvs.envs.robust.physics import PhysicsWorld
from dynenvs.envs.robust.rendering import BODY, PANEL, PART, SCENE, ansi, frame
from dynenvs.rendering.palette import INK
from dynenvs.rendering.svg import to_svg
from dynenvs.rendering.vocabulary import Circle, Line, Rect, Text, primitives

IDS = [env_id for env_id in dynenvs.env_ids() if issubclass(dynenvs.registration.world_type(env_id), PhysicsWorld)]


def played(env_id, steps=0, **params):
    world = dynenvs.make_world(env_id, **params)
    world.reset(1)
    rng = np.random.default_rng(0)
    for _ in range(steps):
        world.step(world.sample_actions(rng))
    return world


def words(world):
    return [shape.text for shape in frame(world).shapes if isinstance(shape, Text)]


def places(shape):
    """Yield the corners of a shape."""
    if isinstance(shape, Rect):
        yield from ((shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height))
    elif isinstance(shape, Circle | Text):
        yield shape.x, shape.y
    else:
        yield from shape.points


@pytest.mark.parametrize("preset", [None, "randomised", "adversary"])
@pytest.mark.parametrize("env_id", IDS)
def test_every_moment_can_be_drawn_within_the_frame_and_drawing_changes_nothing(env_id, preset):
    world = played(env_id, preset=preset)
    rng = np.random.default_rng(0)
    for _ in range(30):
        before = world.digest()
        picture = frame(world)
        for shape in primitives(picture.shapes):
            for x, y in places(shape):
                assert -30 <= x <= picture.width + 30
                assert -30 <= y <= picture.height + 30
        assert ansi(world)
        assert world.digest() == before
        world.step(world.sample_actions(rng))
    assert to_svg(picture).startswith("<svg")


@pytest.mark.parametrize("env_id", IDS)
def test_it_can_be_drawn_at_the_ends_of_all_that_is_allowed(env_id):
    known = dynenvs.make_params(env_id).PHYSICS
    for end in ("low", "high"):
        world = played(env_id, 3, **{name: getattr(parameter, end) for name, parameter in known.items()})
        shown = [p for shape in primitives(frame(world).shapes) for p in places(shape)]
        assert np.isfinite(shown).all()
        assert max(x for x, _ in shown) < 800


@pytest.mark.parametrize("env_id", IDS)
def test_the_parameters_are_shown_within_their_uncertainty(env_id):
    world = played(env_id)
    points = world.params.param_set
    for share, point in ((0.0, points.low), (1.0, points.high)):
        world.reset(params=points.mapping(point))
        marks = [s for s in frame(world).shapes if isinstance(s, Circle) and s.x > SCENE.right and s.fill == BODY]
        assert len(marks) == len(points)
        assert len({mark.x for mark in marks}) == 1
        assert (marks[0].x > PANEL.middle[0]) == (share == 1.0)
    assert set(points.names) <= set(words(world))


def test_a_frame_says_who_chose_the_parameters_and_how_far_it_is():
    assert {"as given", "step 3 of 500", "return 3.0"} <= set(words(played("dynenvs/RobustCartPole-v0", 3)))
    assert "drawn for each episode" in words(played("dynenvs/RobustCartPole-v0", preset="randomised"))
    assert "moved by nature" in words(played("dynenvs/RobustCartPole-v0", preset="adversary"))
    tasks = ({"masspole": 0.2}, {"length": 1.5})
    world = played("dynenvs/RobustCartPole-v0", varies="tasks", tasks=tasks)
    world.reset()
    assert "of task 2 of 2" in words(world)


def test_the_pole_is_drawn_at_its_angle_and_its_length():
    world = played("dynenvs/RobustCartPole-v0")
    world.state.x[0, 2] = 0.2
    (pole,) = [s for s in frame(world).shapes if isinstance(s, Line) and s.color == PART]
    (x, y), (tip_x, tip_y) = pole.points
    assert np.arctan2(tip_x - x, y - tip_y) == pytest.approx(0.2)
    half = np.hypot(tip_x - x, y - tip_y)
    world.reset(params={"length": 0.25})
    (pole,) = [s for s in frame(world).shapes if isinstance(s, Line) and s.color == PART]
    assert np.hypot(*np.subtract(*pole.points)) == pytest.approx(half / 2)


def test_what_tilts_to_the_left_is_drawn_tilted_to_the_left():
    world = played("dynenvs/RobustLander-v0")
    world.state.x[0, :3] = 0.0, 8.0, 0.4
    legs = [s.points[1] for s in frame(world).shapes if isinstance(s, Line) and s.color == INK and s.width == 3]
    (_, left), (_, right) = sorted(legs)
    assert left > right  # in pixels downwards


def test_text_tells_what_is_seen_and_where_the_parameters_lie(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    world = played("dynenvs/RobustMountainCar-v0", 2, force=0.002)
    first, seen, force, _ = ansi(world).split("\n")
    assert first == "Mountain car, step 2 of 200, return -2.0; physics as given"
    assert seen.split()[::2] == ["position", "velocity"]
    assert force.split() == ["force", "0.0008", "-" * 19 + "#", "0.002", "0.002", "length/step^2"]
