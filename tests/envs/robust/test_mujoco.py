"""Robots of MuJoCo: they are Gymnasium's, friction and masses act where they should and everywhere in their ranges."""

import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from click.testing import CliRunner

import dynenvs
from dynenvs.cli import main
from dynenvs.core.errors import LifecycleError, MissingExtra, ParameterError
from dynenvs.envs.robust.mujoco_planar import CAREFUL
from dynenvs.evaluation.robustness import measure_robustness

HOPPER, CHEETAH = "dynenvs/RobustHopper-v0", "dynenvs/RobustHalfCheetah-v0"
WALKER, PENDULUM = "dynenvs/RobustWalker2d-v0", "dynenvs/RobustInvertedPendulum-v0"
ANT, HUMANOID = "dynenvs/RobustAnt-v0", "dynenvs/RobustHumanoidStandup-v0"
ORIGINALS = {
    HOPPER: "Hopper-v5",
    CHEETAH: "HalfCheetah-v5",
    WALKER: "Walker2d-v5",
    PENDULUM: "InvertedPendulum-v5",
    ANT: "Ant-v5",
    HUMANOID: "HumanoidStandup-v5",
}
RUNNERS = list(ORIGINALS)[:3]  # whose friction is uncertain

PUBLISHED = {
    (HOPPER, "published_1d"): {"friction": (0.1, 3.0)},
    (HOPPER, "published_2d"): {"friction": (0.1, 3.0), "torso_mass": (0.1, 3.0)},
    (HOPPER, None): {"friction": (0.1, 3.0), "torso_mass": (0.1, 3.0), "thigh_mass": (0.1, 4.0)},
    (CHEETAH, "published_1d"): {"friction": (0.1, 3.0)},
    (CHEETAH, "published_2d"): {"friction": (0.1, 4.0), "torso_mass": (0.1, 7.0)},
    (CHEETAH, None): {"friction": (0.1, 4.0), "torso_mass": (0.1, 7.0), "back_thigh_mass": (0.1, 3.0)},
    (WALKER, "published_1d"): {"friction": (0.1, 4.0)},
    (WALKER, "published_2d"): {"friction": (0.1, 4.0), "torso_mass": (0.1, 5.0)},
    (WALKER, None): {"friction": (0.1, 4.0), "torso_mass": (0.1, 5.0), "thigh_mass": (0.1, 6.0)},
    (PENDULUM, "published_1d"): {"pole_mass": (1.0, 31.0)},
    (PENDULUM, None): {"pole_mass": (1.0, 31.0), "cart_mass": (1.0, 11.0)},
    (ANT, "published_1d"): {"torso_mass": (0.1, 3.0)},
    (ANT, "published_2d"): {"torso_mass": (0.1, 3.0), "front_left_leg_mass": (0.01, 3.0)},
    (ANT, None): {
        "torso_mass": (0.1, 3.0),
        "front_left_leg_mass": (0.01, 3.0),
        "front_right_leg_mass": (0.01, 3.0),
    },
    (HUMANOID, "published_1d"): {"torso_mass": (0.1, 16.0)},
    (HUMANOID, "published_2d"): {"torso_mass": (0.1, 16.0), "right_foot_mass": (0.1, 8.0)},
    (HUMANOID, None): {"torso_mass": (0.1, 16.0), "right_foot_mass": (0.1, 8.0), "left_thigh_mass": (0.1, 5.0)},
}
"""Table 7 of arXiv 2410.06212."""


SINK = {
    "Hopper": (1, 0.06),
    "Walker2d": (1, 0.06),
    "HalfCheetah": (1, 0.15),
    "InvertedPendulum": (1, 0.0),
    "Ant": (2, 0.3),
    "HumanoidStandup": (2, 0.02),
}
"""Which place is the height of a robot, and how much lower its feet are pressed into the floor, in m."""


@pytest.fixture
def original(tmp_path, monkeypatch):
    """Return a maker of Gymnasium's robots, where MuJoCo may leave its log of warnings."""
    monkeypatch.chdir(tmp_path)
    return lambda env_id: gymnasium.make(ORIGINALS[env_id]).unwrapped


def made(env_id, games=1, *, seeds=1, **params):
    world = dynenvs.make_world(env_id, games, **params)
    world.reset(seeds)
    return world


def push_all(world, action):
    """Let the motors of all games do the same."""
    world.step(np.tile(action, (world.num_games, 1, 1)).reshape(world.idle_actions.shape))


def drive(world, steps, key=0, strength=1.0):
    """Drive the motors of all games alike, at random."""
    rng = np.random.default_rng(key)
    low, high = world.layout.roles[0].actions.bounds()
    for _ in range(steps):
        push_all(world, strength * rng.uniform(low, high))


def sunk(world):
    """Return where the games are, but with the feet pressed into the floor."""
    x, (place, depth) = world.state.x.copy(), SINK[type(world).__name__]
    x[:, place] -= depth
    return x


def seen(world, game=0):
    return world.buffers.vector[game, 0]


# They are Gymnasium's.


@pytest.mark.parametrize("env_id", ORIGINALS)
def test_with_nominal_physics_they_play_gymnasiums_episodes_bit_by_bit(env_id, original):
    theirs, rng = original(env_id), np.random.default_rng(0)
    low, high = theirs.action_space.low.astype(float), theirs.action_space.high.astype(float)
    ours = made(env_id, 2)  # the other game has other physics, and takes turns with this one
    ends = 0
    for seed in range(3):
        ours.reset(seed, params={name: np.array([getattr(ours.params, name), 1.5]) for name in ours.params.PHYSICS})
        theirs.reset(seed=0)
        theirs.set_state(*ours.get_state(0))
        for step in range(150):
            action = rng.uniform(low, high) * (0.3 if step < 10 else 1.0)
            push_all(ours, action)
            observed, reward, terminated, _, _ = theirs.step(action)
            mine = np.concatenate(ours.get_state(0))
            assert mine.tolist() == [*theirs.data.qpos, *theirs.data.qvel]
            assert seen(ours).tolist() == observed.astype(np.float32).tolist()
            if env_id == ANT:  # whose two costs Gymnasium adds to each other first
                assert ours.buffers.rewards[0, 0] == pytest.approx(reward, rel=1e-13, abs=1e-13)
            else:
                assert ours.buffers.rewards[0, 0] == reward
            assert ours.buffers.terminations[0, 0] == terminated
            if terminated:
                ends += 1
                break
    assert ends == (0 if env_id in (CHEETAH, HUMANOID) else 3)
    theirs.close()


@pytest.mark.parametrize("env_id", ORIGINALS)
def test_they_begin_as_gymnasiums_do(env_id, original):
    theirs = original(env_id)
    ours = made(env_id, 200)
    began = np.array([theirs.reset(seed=seed)[0] for seed in range(200)])
    mine = ours.buffers.vector[:, 0].astype(float)
    assert mine.shape == began.shape
    tolerance = 4 * began.std(axis=0) / np.sqrt(200) * np.sqrt(2)
    tolerance += 1e-6 * np.abs(began).max(axis=0)  # masses never vary
    assert (np.abs(mine.mean(axis=0) - began.mean(axis=0)) <= tolerance).all()
    np.testing.assert_allclose(mine.std(axis=0), began.std(axis=0), rtol=0.35, atol=1e-6)
    theirs.close()


@pytest.mark.parametrize("env_id", ORIGINALS)
def test_given_values_are_those_of_gymnasiums_model(env_id, original):
    theirs, ours = original(env_id), made(env_id)
    for name, body in ours.BODIES.items():
        assert getattr(ours.params, name) == theirs.model.body(body).mass[0]
    theirs.close()


def test_an_episode_is_truncated_after_a_thousand_steps_like_gymnasiums():
    for env_id, name in ORIGINALS.items():
        assert dynenvs.make_params(env_id).horizon == gymnasium.spec(name).max_episode_steps
    world = made(CHEETAH, horizon=3)
    drive(world, 3)
    assert world.buffers.truncations[0, 0]
    assert not world.buffers.terminations[0, 0]


@pytest.mark.parametrize("env_id", [HOPPER, WALKER, ANT])
def test_a_robot_stands_where_gymnasium_calls_it_healthy(env_id, original):
    theirs, ours = original(env_id), made(env_id)
    rng, q, v = np.random.default_rng(0), ours._model.nq, ours._model.nv
    told = []
    for _ in range(400):
        x = rng.normal(size=ours.state.x.shape[1])
        x[0], x[1], x[2] = 1e4 * x[0], rng.uniform(0.5, 2.3), 0.4 * x[2] + (0.6 if env_id == ANT else 0.0)
        if rng.random() < 0.3:
            x[rng.integers(3, q + v)] = rng.choice([-1.0, 1.0]) * rng.uniform(95, 105)
        theirs.set_state(x[:q], x[q : q + v])
        told.append(ours.stands(x))
        assert told[-1] == theirs.is_healthy
    assert 50 < sum(told) < 350
    theirs.close()


@pytest.mark.parametrize(("env_id", "angle", "end"), [(PENDULUM, 0.25, "fell"), (CHEETAH, 3.0, "running")])
def test_a_pole_may_fall_and_a_cheetah_may_lie_on_its_back(env_id, angle, end):
    world = made(env_id)
    world.state.x[0, world.JOINTS.index(next(j for j in world.JOINTS if j.name in ("theta", "pitch")))] = angle
    drive(world, 1, strength=0.0)
    assert world.layout.end_reasons[world.buffers.end_reason[0, 0]] == end
    assert world.buffers.terminations[0, 0] == (end == "fell")


@pytest.mark.parametrize("env_id", ORIGINALS)
def test_through_gymnasium_make_they_see_and_pay_the_same(env_id, original):
    """Of float32 actions Gymnasium sums the squares in float32; ours are told the same numbers and sum in float64."""
    theirs, ours = original(env_id), gymnasium.make(env_id).unwrapped
    ours.reset(seed=1)
    theirs.reset(seed=1)
    theirs.set_state(*ours.world.get_state(0))
    ours.action_space.seed(0)
    for _ in range(20):
        action = ours.action_space.sample()
        assert action.dtype == theirs.action_space.dtype == np.float32
        observation, reward, terminated, _, _ = ours.step(action)
        expected, paid, fell, _, _ = theirs.step(action)
        np.testing.assert_array_equal(observation, expected.astype(np.float32))
        assert reward == pytest.approx(paid, rel=1e-5, abs=1e-6)
        assert terminated == fell
        if terminated:
            break
    theirs.close()


@pytest.mark.parametrize("env_id", ORIGINALS)
def test_a_robot_is_put_somewhere_and_seen_and_paid_from_there(env_id, original):
    theirs, world = original(env_id), made(env_id, 2)
    drive(world, 5)
    theirs.reset(seed=0)
    qpos, qvel = world.get_state(1)
    qpos[0] += 5.0
    qvel[:] = 0.1
    other = world.state.x[0].copy()
    world.set_state(1, qpos, qvel)
    theirs.set_state(qpos, qvel)
    for told, put in zip(world.get_state(1), (qpos, qvel), strict=True):
        np.testing.assert_array_equal(told, put)
    np.testing.assert_array_equal(seen(world, 1), theirs._get_obs().astype(np.float32))
    np.testing.assert_array_equal(world.state.x[0], other)
    push_all(world, np.zeros(len(world.MOTORS)))
    paid = theirs.step(np.zeros(len(world.MOTORS)))[1]
    assert world.buffers.rewards[1, 0] == pytest.approx(paid, rel=1e-9)
    theirs.close()


@pytest.mark.parametrize(
    ("game", "qpos", "qvel", "message"),
    [
        (0, np.zeros(14), np.zeros(14), r"qpos of shape \(14,\): expected \(15,\)"),
        (0, np.zeros(15), np.full(14, np.nan), "qvel: nan: expected finite numbers"),
        (0, np.zeros(15), np.full(14, 1001.0), "speeds up to 1000 a second"),
        (1, np.zeros(15), np.zeros(14), r"game=1: expected an integer in \[0, 0\]"),
    ],
)
def test_a_place_that_is_none_is_refused_and_the_robot_stays(game, qpos, qvel, message):
    world = made(ANT)
    before = world.digest()
    with pytest.raises(ParameterError, match=message):
        world.set_state(game, qpos, qvel)
    assert world.digest() == before


# Friction acts where it is said to, and masses with their inertia.


def frictions(world, game):
    """Return the sliding friction of every contact with the floor, by the part that touches it."""
    world._enter(game)
    world._mujoco.mj_forward(world._model, world._data)
    floor = world._model.geom("floor").id
    found = {}
    for contact in world._data.contact[: world._data.ncon]:
        if floor in contact.geom:
            (part,) = set(contact.geom.tolist()) - {floor}
            assert contact.friction[0] == contact.friction[1]
            assert contact.dim == 3
            found[world._model.geom(part).name] = contact.friction[0]
    return found


@pytest.mark.parametrize("env_id", RUNNERS)
def test_the_parameter_is_the_friction_of_foot_and_floor_on_its_whole_range(env_id):
    known = dynenvs.make_params(env_id).PHYSICS["friction"]
    values = np.linspace(known.low, known.high, 40)
    world = made(env_id, 40)
    world.reset([1] * 40, params={"friction": values})
    world.state.x[:] = sunk(world)
    for game, value in enumerate(values):
        touching = frictions(world, game)
        assert touching
        feet = [grip for part, grip in touching.items() if "foot" in part]
        assert feet == [value] * len(feet)
        assert len(feet) >= 1


@pytest.mark.parametrize("env_id", RUNNERS)
def test_given_friction_leaves_every_contact_as_gymnasium_has_it(env_id, original):
    theirs, ours = original(env_id), made(env_id)
    lying = ours.state.x.copy()
    lying[:, 1], lying[:, 2] = (0.1, 1.4) if env_id != CHEETAH else (-0.65, 0.0)  # many parts touch the floor
    ours.state.x[:] = lying
    theirs.set_state(*ours.get_state(0))
    floor = theirs.model.geom("floor").id
    expected = {
        theirs.model.geom((set(contact.geom.tolist()) - {floor}).pop()).name: contact.friction[0]
        for contact in theirs.data.contact[: theirs.data.ncon]
        if floor in contact.geom
    }
    assert len(expected) >= 2
    assert frictions(ours, 0) == expected
    theirs.close()


def test_less_friction_slides_further():
    """A hopper thrown forward on its foot comes less far, the better it grips."""
    values = np.array([0.1, 0.5, 1.0, 1.5, 2.5])
    world = made(HOPPER, 5)
    world.reset([1] * 5, params={"friction": values})
    thrown = world.state.x.copy()
    thrown[:, :] = 0.0
    thrown[:, 1], thrown[:, 6] = 1.2, 3.0
    world.state.x[:] = thrown
    feet = []
    for _ in range(15):
        drive(world, 1, strength=0.0)
    for game in range(5):
        (foot,) = [limb for limb in world.limbs(game) if limb.body == "foot"]
        feet.append(foot.ends[0][0])
    assert np.diff(feet).max() < -1e-4


@pytest.mark.parametrize("env_id", ORIGINALS)
def test_inertia_grows_with_mass_and_what_follows_is_made_anew(env_id):
    world = made(env_id)
    for name, body in world.BODIES.items():
        world.reset(1)
        world._enter(0)
        model = world._model
        place = model.body(body).id
        before, inertia, derived = model.body_mass.copy(), model.body_inertia.copy(), model.body_invweight0.copy()
        world.reset(1, params={name: 3.0 * before[place]})
        world._enter(0)
        np.testing.assert_allclose(model.body_inertia[place], 3.0 * inertia[place], rtol=1e-15)
        assert model.body_mass[place] == 3.0 * before[place]
        others = np.arange(model.nbody) != place
        np.testing.assert_array_equal(model.body_mass[others], before[others])
        assert model.body_subtreemass[0] == pytest.approx(before.sum() + 2.0 * before[place])
        assert (model.body_invweight0[place] != derived[place]).any()
        world.reset(params={name: before[place]})
        world._enter(0)
        np.testing.assert_array_equal(model.body_inertia, inertia)
        np.testing.assert_array_equal(model.body_invweight0, derived)


@pytest.mark.parametrize(
    ("env_id", "name"), [(env_id, name) for env_id in ORIGINALS for name in dynenvs.make_params(env_id).uncertain]
)
def test_every_value_of_an_uncertain_parameter_changes_what_one_step_brings(env_id, name):
    low, high = dynenvs.make_params(env_id).uncertain[name]
    middle = (low + high) / 2
    values = np.array([low, low + 0.01, middle, middle + 0.01, high - 0.01, high])
    world = made(env_id, 6)
    world.reset([1] * 6, params={name: values})
    world.state.x[:] = sunk(world)
    world.state.x[:, world._model.nq] = 2.0  # m/s: its feet slide
    drive(world, 1, strength=0.5)
    ends = world.state.x[:, : world._model.nq + world._model.nv]
    assert (ends[1:] != ends[:-1]).any(axis=1).all()
    np.testing.assert_array_equal(np.isfinite(ends), True)


@pytest.mark.parametrize("env_id", ORIGINALS)
def test_no_corner_of_what_is_allowed_lets_the_simulation_fly_apart(env_id):
    """MuJoCo begins anew, and says so in a file, where numbers explode: it never has to."""
    known = dynenvs.make_params(env_id).PHYSICS
    ends = {name: (parameter.low, parameter.high) for name, parameter in known.items()}
    corners = dynenvs.make_params(env_id, uncertainty=ends).param_set
    world = made(env_id, 2 ** len(ends), autoreset="next_step")
    world.reset(params=corners.columns(corners.corners()))
    rng = np.random.default_rng(0)
    low, high = world.layout.roles[0].actions.bounds()
    for step in range(100):
        push = np.where(rng.random(len(low)) < 0.5, low, high) if step % 2 else high
        push_all(world, push)
    assert [int(warning.number) for warning in world._data.warning] == [0] * len(world._data.warning)
    for field in world.fields(world.params):
        if (env_id, field.name) != (ANT, "contact"):  # which Gymnasium cuts off too
            part = world.layout.roles[0].observation.slices[field.name]
            limit = 1e-6 + field.high if world.SPEED == CAREFUL else field.high
            assert np.abs(world.buffers.vector[..., part]).max() < limit, field.name


def test_where_nature_tears_a_robot_apart_the_episode_ends_and_nobody_is_paid_for_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where MuJoCo would leave its log
    known = dynenvs.make_params(CHEETAH).PHYSICS
    ends = {name: (parameter.low, parameter.high) for name, parameter in known.items()}
    world = made(CHEETAH, preset="adversary", uncertainty=ends, seeds=8)
    rng, actions, paid = np.random.default_rng(8), np.zeros((1, 2, 6)), []
    while world.buffers.alive.any():
        actions[0, 0] = rng.choice([-1.0, 1.0], 6)
        actions[0, 1, :3] = [low if len(paid) % 2 else high for low, high in ends.values()]
        before = world.state.x.copy()
        world.step(actions)
        paid.append(world.buffers.rewards[0, 0])
        assert world.layout.roles[0].observation.bounds()[1].max() >= np.abs(world.buffers.vector).max()
    assert world.layout.end_reasons[world.buffers.end_reason[0, 0]] == "apart"
    assert 100 < len(paid) < 1000
    assert paid[-1] == 0.0
    np.testing.assert_array_equal(world.state.x, before)
    assert list(tmp_path.iterdir()) == []


def test_where_mujoco_gives_up_the_robot_stays_where_it_was_seen_last(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    world = made(ANT, 2, preset="adversary")
    qpos, qvel = world.get_state(0)
    world.set_state(0, qpos, qvel + 900.0)
    before, other = seen(world).copy(), made(ANT, 2, preset="adversary")
    actions = np.zeros((2, 2, 8))
    actions[:, 1, :3] = [0.3, 0.04, 0.04]
    for one in (world, other):
        one.step(actions)
    assert world.layout.end_reasons[world.buffers.end_reason[0, 0]] == "apart"
    assert world.buffers.terminations[0].all()
    assert world.buffers.rewards[0].tolist() == [0.0, 0.0]
    np.testing.assert_array_equal(seen(world), before)
    np.testing.assert_array_equal(world.state.x[1], other.state.x[1])
    assert list(tmp_path.iterdir()) == []


def test_before_a_reset_there_is_no_robot():
    world = dynenvs.make_world(PENDULUM)
    for look in (world.get_state, world.limbs, lambda game: world.set_state(game, [0, 0], [0, 0])):
        with pytest.raises(LifecycleError, match="game 0 was never reset"):
            look(0)


@pytest.mark.parametrize("env_id", RUNNERS)
def test_the_solver_works_to_gymnasiums_scale(env_id, original):
    theirs = original(env_id)
    assert made(env_id)._model.stat.meaninertia == pytest.approx(theirs.model.stat.meaninertia, rel=1e-12)
    theirs.close()


# Sets, and who chooses from them.


@pytest.mark.parametrize(("env_id", "preset"), PUBLISHED)
def test_sets_are_those_that_were_published_and_closed(env_id, preset):
    params = dynenvs.make_params(env_id, preset=preset)
    assert params.uncertain == PUBLISHED[env_id, preset]
    grid = params.param_set.grid(10)
    assert grid.min(axis=0).tolist() == [low for low, _ in params.uncertain.values()]
    assert grid.max(axis=0).tolist() == [high for _, high in params.uncertain.values()]
    world = made(env_id, len(grid[:4]), preset=preset)
    world.reset(params=params.param_set.columns(grid[-4:]))
    names = list(params.PHYSICS)
    places = [names.index(name) for name in params.uncertain]
    np.testing.assert_array_equal(world.state.physics[:, places], grid[-4:])


def test_resets_never_add_up():
    fresh, used = made(HOPPER, torso_mass=1.0), made(HOPPER, preset="adversary")
    for seed in range(5):
        used.reset(seed, params={"torso_mass": 0.5, "friction": 0.3})
        used.step(np.concatenate([np.zeros((1, 3)), [[0.2, 2.0, 0.4]]])[None])
    used = made(HOPPER)
    for _ in range(5):
        used.reset(1, params={"torso_mass": 0.5})
        used.reset(1, params={"torso_mass": 1.0})
    for world in (fresh, used):
        drive(world, 10, strength=0.2)
    np.testing.assert_array_equal(fresh.state.x, used.state.x)


@pytest.mark.parametrize("env_id", [CHEETAH, HUMANOID])
def test_nature_that_keeps_the_given_physics_leaves_the_game_as_it_is(env_id):
    alone, beside = made(env_id), made(env_id, preset="adversary")
    motors, names = len(alone.MOTORS), list(beside.params.uncertain)
    actions = np.zeros((1, 2, motors))
    actions[0, 1, : len(names)] = [getattr(beside.params, name) for name in names]
    for action in np.random.default_rng(0).uniform(-0.4, 0.4, (30, motors)):
        alone.step(action[None, None])
        actions[0, 0] = action
        beside.step(actions)
        np.testing.assert_array_equal(beside.buffers.rewards[0, 1], -alone.buffers.rewards[0, 0])
    np.testing.assert_array_equal(alone.state.x, beside.state.x)


def test_nature_changes_the_very_next_step():
    world = made(CHEETAH, 2, preset="adversary", seeds=[1, 1])
    actions = np.zeros((2, 2, 6))
    actions[:, 1, :3] = [[0.1, 0.1, 0.1], [4.0, 7.0, 3.0]]
    world.step(actions)
    assert (world.state.x[0] != world.state.x[1]).any()
    assert world.state.physics.tolist() == [[0.1, 0.1, 0.1], [4.0, 7.0, 3.0]]


@pytest.mark.parametrize("env_id", [HOPPER, ANT, HUMANOID])
def test_a_snapshot_in_the_middle_of_a_hop_has_the_same_future(env_id):
    world = made(env_id, 3, preset="randomised", autoreset="next_step")
    drive(world, 20)
    snapshot = world.snapshot()
    drive(world, 30, key=1)
    expected = world.digest()
    other = dynenvs.make_world(env_id, 3, preset="randomised", autoreset="next_step")
    other.restore(snapshot)
    drive(other, 30, key=1)
    assert other.digest() == expected


def test_a_snapshot_of_another_uncertainty_is_refused():
    snapshot = made(HOPPER, preset="randomised", uncertainty={"torso_mass": (1.0, 2.0)}).snapshot()
    other = made(HOPPER, preset="randomised", uncertainty={"friction": (1.0, 2.0)})
    before = other.digest()
    with pytest.raises(ParameterError, match=r"this snapshot is of another world: .*torso_mass.* is fixed there"):
        other.restore(snapshot)
    assert other.digest() == before


# Tools.


def test_the_worst_case_of_a_policy_lies_in_the_set():
    found = measure_robustness(HOPPER, "random_legal", grid=3, episodes=2, preset="published_2d", horizon=30)
    assert found.returns.shape == (9, 2)
    assert len(np.unique(found.means)) == 9
    assert set(found.worst_params) == {"friction", "torso_mass"}
    assert 3.0 in found.models.points[:, 0]


def test_words_play_a_robot():
    game = dynenvs.text_game(HOPPER)
    game.reset(seed=1)
    assert "thigh" in game.briefing(0)
    assert game.submit(0, '{"thigh": 0.1, "leg": -0.5, "foot": 0}') is None
    assert game.world.state.steps[0] == 1


# Without MuJoCo.


def test_without_mujoco_making_one_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingExtra, match=r'the world of Hopper needs mujoco: pip install "dynenvs\[mujoco\]"'):
        dynenvs.make_world(HOPPER)
    assert dynenvs.make_params(HOPPER).friction == 2.0
    shown = CliRunner().invoke(main, ["info", HOPPER])
    assert shown.exit_code == 0
    assert "torso_mass" in shown.output


def test_without_mujoco_warming_up_tells_what_it_leaves_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    monkeypatch.setattr(dynenvs.registration, "env_ids", lambda: [HOPPER, "dynenvs/RobustPendulum-v0"])
    everything = CliRunner().invoke(main, ["warmup"])
    assert everything.exit_code == 0
    assert "RobustHopper-v0: left out, the world of Hopper needs mujoco" in everything.output
    assert "RobustPendulum-v0: " in everything.output
    assert CliRunner().invoke(main, ["warmup", HOPPER]).exit_code != 0


def test_listing_environments_and_describing_a_robot_loads_no_mujoco():
    code = (
        "import sys, dynenvs, dynenvs.cli\n"
        "from dynenvs import registration\n"
        f"registration.world_type({HOPPER!r}).describe(registration.make_params({HOPPER!r}))\n"
        "print('mujoco' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_making_a_robot_writes_no_log_and_says_nothing(tmp_path):
    code = f"import dynenvs\nworld = dynenvs.make_world({CHEETAH!r})\nworld.reset(1)\nworld.step(world.idle_actions)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert (run.stdout, run.stderr, list(tmp_path.iterdir())) == ("", "", [])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"friction": 6.0}, r"friction=6.0: expected a number in \[0.05, 5\]"),
        ({"mass": 1.0}, "has no parameter 'mass'"),
        ({"uncertainty": {"leg_mass": (1.0, 2.0)}}, "parameter 'leg_mass': expected one of friction, torso_mass"),
    ],
)
def test_what_makes_no_sense_is_refused(params, message):
    with pytest.raises(ParameterError, match=message):
        dynenvs.make_params(HOPPER, **params)
