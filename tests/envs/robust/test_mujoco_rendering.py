"""Pictures of the robots of MuJoCo."""

import numpy as np
import pytest

import dynenvs
from dynenvs.envs.robust.mujoco_rendering import spatial_robot
from dynenvs.envs.robust.rendering import frame
from dynenvs.envs.robust.scene import BODY, PART, SCENE
from dynenvs.rendering.vocabulary import Circle, Line

HOPPER, ANT, HUMANOID = (f"dynenvs/Robust{name}-v0" for name in ("Hopper", "Ant", "HumanoidStandup"))


def made(env_id):
    world = dynenvs.make_world(env_id)
    world.reset(1)
    return world


def test_the_picture_follows_the_runner():
    world = made(HOPPER)
    for place in (0.0, 7.3):
        world.state.x[0, 0] = place
        limbs = [s for s in frame(world).shapes if isinstance(s, Line) and s.color in (BODY, PART)]
        assert len(limbs) == 4
        assert [s.color for s in limbs] == [PART, PART, BODY, BODY]
        assert abs(limbs[0].points[0][0] - SCENE.middle[0]) < 5
        ys = [y for s in limbs for _, y in s.points]
        assert max(ys) < SCENE.bottom - 30
        assert max(ys) - min(ys) > 100


def test_the_picture_follows_a_robot_that_rises():
    world = made(HOPPER)
    qpos, qvel = world.get_state(0)
    drawn = []
    for qpos[1] in (1.6, 30.0):
        world.set_state(0, qpos, qvel)
        limbs = [s for s in frame(world).shapes if isinstance(s, Line) and s.color in (BODY, PART)]
        drawn.append(np.array([s.points for s in limbs]))
    np.testing.assert_allclose(drawn[0], drawn[1], atol=1e-6)


def test_the_picture_shows_the_nearer_parts_of_a_robot_in_space_last():
    world = made(ANT)
    qpos, qvel = world.get_state(0)
    middles = []
    for qpos[0] in (0.0, 7.0):  # the picture goes with it
        world.set_state(0, qpos, qvel)
        shapes = [s for s in spatial_robot(world, 0) if isinstance(s, Circle | Line)]
        (torso,) = [s for s in shapes if isinstance(s, Circle) and s.fill == PART and s.radius > 10]
        middles.append((torso.x, torso.y))
        assert abs(torso.x - SCENE.middle[0]) < 1
        legs = [s for s in shapes if isinstance(s, Line) and s.color == BODY]  # in the order in which they are drawn
        assert max(y for _, y in legs[0].points) < max(y for _, y in legs[-1].points)
    assert middles[0] == middles[1]


@pytest.mark.parametrize("height", [0.1, 1.3, 2.6, 20.0])
def test_a_humanoid_is_within_the_scene_however_high_it_flies(height):
    world = made(HUMANOID)
    qpos, qvel = world.get_state(0)
    qpos[2], qpos[3:7] = height, np.sqrt([0.5, 0.0, 0.5, 0.0])  # upright
    world.set_state(0, qpos, qvel)
    places = [place for s in spatial_robot(world, 0) if isinstance(s, Line) for place in s.points]
    assert min(y for _, y in places) >= SCENE.y - 1e-9
    assert max(y for _, y in places) <= SCENE.bottom + 1e-9
