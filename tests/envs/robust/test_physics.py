"""Worlds of uncertain physics: who chooses the parameters and when, that they all matter, that tasks have solutions."""

import gymnasium
import numpy as np
import pytest

import dynenvs
from dynenvs.core.errors import ParameterError

from . import pilots

CART_POLE, PENDULUM = "dynenvs/RobustCartPole-v0", "dynenvs/RobustPendulum-v0"
IDS = [
    env_id
    for env_id in dynenvs.env_ids()
    if env_id.startswith("dynenvs/Robust") and hasattr(dynenvs.make_params(env_id), "PHYSICS")
]


LEFT_OUT = {"dynenvs/RobustHopper-v0": ("torso_mass", "thigh_mass")}
"""Published sets that do not hold the nominal value."""


def made(env_id, games=1, *, seeds=1, **params):
    world = dynenvs.make_world(env_id, games, **params)
    world.reset(seeds)
    return world


def in_force(world):
    """Return the uncertain parameters of every game."""
    places = [list(world.params.PHYSICS).index(name) for name in world.params.uncertain]
    return world.state.physics[:, places]


def play(world, steps, rng):
    """Let all seats act at random, the same in every game, and as strongly as they may."""
    one = dynenvs.make_world(env_id_of(world), **vars(world.params))
    for _ in range(steps):
        actions = one.sample_actions(rng).reshape(1, *world.idle_actions.shape[1:])
        for agent, role in enumerate(world.layout.roles):
            low, high = role.actions.bounds()
            actions[0, agent, : len(low)] = np.where(rng.random(len(low)) < 0.5, low, high)
        world.step(np.repeat(actions, world.num_games, axis=0))


def env_id_of(world):
    return next(env_id for env_id in IDS if isinstance(world.params, type(dynenvs.make_params(env_id))))


def test_there_are_thirteen_of_them():
    assert len(IDS) == 13


# Parameters matter.


@pytest.mark.parametrize(("env_id", "name"), [(i, name) for i in IDS for name in dynenvs.make_params(i).PHYSICS])
def test_every_parameter_is_active_on_its_whole_range(env_id, name):
    known = dynenvs.make_params(env_id).PHYSICS[name]
    values = np.linspace(known.low, known.high, 65)
    world = made(env_id, 65)
    world.reset([3] * 65, params={name: values})
    play(world, 25, np.random.default_rng(0))
    ends = np.column_stack([world.state.x, world.buffers.episode_returns[:, 0]])
    assert (ends[1:] != ends[:-1]).any(axis=1).all()


@pytest.mark.parametrize("env_id", IDS)
def test_uncertain_parameters_lie_within_what_makes_sense_round_the_nominal_point(env_id):
    params = dynenvs.make_params(env_id)
    assert len(params.uncertain) >= 2
    for name, (low, high) in params.uncertain.items():
        assert params.PHYSICS[name].low <= low < high <= params.PHYSICS[name].high
        assert (low <= getattr(params, name) <= high) == (name not in LEFT_OUT.get(env_id, ()))


# Who chooses them.


@pytest.mark.parametrize("env_id", IDS)
def test_without_a_choice_they_stay_what_was_given(env_id):
    world = made(env_id, 3, autoreset="same_step", horizon=4)
    play(world, 10, np.random.default_rng(0))
    assert (world.buffers.episode_index > 0).all()
    np.testing.assert_array_equal(world.state.physics, np.tile(world.params.physics(), (3, 1)))


@pytest.mark.parametrize("env_id", IDS)
def test_randomised_ones_are_drawn_from_the_whole_set_at_every_episode_and_kept_within_it(env_id):
    world = made(env_id, 500, preset="randomised")
    points = world.params.param_set
    first = in_force(world).copy()
    assert ((points.low <= first) & (first <= points.high)).all()
    spread = (first.max(axis=0) - first.min(axis=0)) / (points.high - points.low)
    assert (spread > 0.95).all()
    play(world, 1, np.random.default_rng(0))
    np.testing.assert_array_equal(in_force(world), first)
    world.reset()
    assert (in_force(world) != first).all()


def test_draws_and_games_are_the_same_for_the_same_seed_alone_and_in_a_crowd():
    crowd, alone = made(PENDULUM, 8, preset="randomised", seeds=5), made(PENDULUM, 1, preset="randomised", seeds=8)
    for world in (crowd, alone):
        play(world, 20, np.random.default_rng(0))
    assert crowd.digest(3) == alone.digest(0)


def test_tasks_follow_each_other_for_so_many_episodes_and_begin_again():
    tasks = ({"masspole": 0.2}, {"length": 1.5, "gravity": 5.0})
    world = made(CART_POLE, varies="tasks", tasks=tasks, task_episodes=2, force_mag=7.0)
    seen = []
    for _ in range(6):
        gravity, _, masspole, length, force, _ = world.state.physics[0]
        assert force == 7.0
        seen.append((masspole, length, gravity))
        world.reset()
    assert seen == [(0.2, 0.5, 9.8)] * 2 + [(0.1, 1.5, 5.0)] * 2 + [(0.2, 0.5, 9.8)] * 2


@pytest.mark.parametrize("env_id", IDS)
def test_nature_sets_them_anew_at_every_step_and_loses_what_the_agent_earns(env_id):
    world = made(env_id, 4, preset="adversary")
    rng, points = np.random.default_rng(0), world.params.param_set
    for _ in range(5):
        actions = np.zeros_like(world.idle_actions)
        actions[...] = world.sample_actions(rng).reshape(actions.shape)
        wanted = points.sample(rng, 4)
        actions[:, 1, : len(points)] = wanted
        playing = world.buffers.alive[:, 1].copy()
        world.step(actions)
        np.testing.assert_array_equal(in_force(world)[playing], wanted[playing])
        np.testing.assert_array_equal(world.buffers.rewards[:, 1], -world.buffers.rewards[:, 0])
    world.reset()
    given = [getattr(world.params, name) for name in points.names]
    np.testing.assert_array_equal(in_force(world), np.tile(given, (4, 1)))


def test_an_adversary_that_keeps_the_nominal_point_leaves_the_game_as_it_is():
    alone, beside = made(PENDULUM), made(PENDULUM, preset="adversary")
    torques = np.random.default_rng(0).uniform(-2, 2, 50)
    for torque in torques:
        alone.step(np.array([[torque]]))
        beside.step(np.array([[[torque, 0.0], beside.params.param_set.nominal]]))
    np.testing.assert_array_equal(alone.state.x, beside.state.x)
    assert alone.buffers.episode_returns[0, 0] == beside.buffers.episode_returns[0, 0]


def test_an_adversary_may_not_leave_the_set():
    world = made(CART_POLE, preset="adversary")
    with pytest.raises(dynenvs.core.errors.IllegalAction, match=r"length in \[0.1, 2.5\]"):
        world.step(np.array([[[1.0, 0.0, 0.0], [0.1, 2.6, 10.0]]]))


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("env_id", IDS)
def test_either_seat_learns_while_the_other_one_moves_at_random(env_id, seat):
    env = gymnasium.make(env_id, varies="adversary", seat=seat)
    envs = gymnasium.make_vec(env_id, num_envs=3, varies="adversary", seat=seat)
    rows = dynenvs.sb3_vec_env(env_id, 3, varies="adversary", seat=seat, opponents=("random_legal",))
    env.reset(seed=1)
    envs.reset(seed=1)
    rows.reset()
    different = []
    for _ in range(3):
        one = env.step(env.action_space.sample())[1]
        three = envs.step(envs.action_space.sample())[1]
        learnt = rows.step(np.array([rows.action_space.sample() for _ in range(3)]))[1]
        assert np.isfinite([one, *three, *learnt]).all()
        different.append(len(np.unique(in_force(rows.world)[:, 0])))
    assert max(different) == 3  # games that have just begun anew have what was given
    env.close()
    envs.close()


def test_either_seat_can_be_played_in_words():
    game = dynenvs.text_game(CART_POLE, varies="adversary")
    game.reset(seed=1)
    refused = game.submit(1, '{"masspole": 0.5, "length": 9.0, "force_mag": 5}')
    assert "length: 9.0 is out of bounds; expected a number from 0.1 to 2.5" in refused.reason
    assert game.submit(1, '{"masspole": 0.5, "length": 2.0, "force_mag": 5}') is None
    assert game.submit(0, '{"push": "left"}') is None
    assert game.rewards.tolist() == [1.0, -1.0]
    assert game.world.state.physics[0, 2:5].tolist() == [0.5, 2.0, 5.0]


# Resets.


@pytest.mark.parametrize("env_id", IDS)
def test_resets_change_what_they_name_for_good_and_never_compound(env_id):
    world = made(env_id, 3)
    points = world.params.param_set
    name, other = points.names[:2]
    values = np.array([points.low[0], points.nominal[0], points.high[0]])
    world.reset(params={name: values})
    for _ in range(3):
        world.reset(params={other: points.high[1]})
        world.reset()
        np.testing.assert_array_equal(in_force(world)[:, 0], values)
        np.testing.assert_array_equal(in_force(world)[:, 1], points.high[1])
    world.reset(params={name: getattr(world.params, name) for name in points.names})
    np.testing.assert_array_equal(world.state.physics, np.tile(world.params.physics(), (3, 1)))


@pytest.mark.parametrize("env_id", IDS)
def test_vector_environments_take_a_matrix_of_parameters_which_stays(env_id):
    envs = gymnasium.make_vec(env_id, num_envs=4)
    world, points = envs.unwrapped.world, dynenvs.make_params(env_id).param_set
    matrix = points.sample(np.random.default_rng(0), 4)
    envs.reset(seed=1, options={"params": points.columns(matrix)})
    envs.action_space.seed(1)
    for _ in range(3):
        envs.step(envs.action_space.sample())
        np.testing.assert_array_equal(in_force(world), matrix)
        envs.reset()
    some = np.array([True, False, False, True])
    envs.reset(options={"reset_mask": some, "params": points.columns(np.tile(points.low, (4, 1)))})
    np.testing.assert_array_equal(in_force(world), np.where(some[:, None], points.low, matrix))
    envs.close()


def test_one_environment_takes_them_too():
    env = gymnasium.make(CART_POLE)
    env.reset(seed=1, options={"params": {"masspole": 1.5}})
    env.reset()
    assert env.unwrapped.world.state.physics[0, 2] == 1.5


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"masspol": 1.0}, "has no parameter 'masspol'; did you mean 'masspole'"),
        ({"masspole": 21.0}, r"masspole=21.0: expected a number in \[0.01, 20\]"),
        ({"masspole": np.nan}, r"masspole=nan: expected a number in \[0.01, 20\]"),
        ({"varies": "sometimes"}, "varies='sometimes': expected one of 'never', 'episode', 'tasks', 'adversary'"),
        ({"uncertainty": {"masspol": (0.1, 1.0)}}, "parameter 'masspol': expected one of gravity, masscart, masspole"),
        (
            {"uncertainty": {"masspol": (0.1, 1.0)}},
            "uncertainty: parameter 'masspol': .*; did you mean 'masspole'",
        ),
        ({"pole": 1.0}, r"no parameter 'pole'; did you mean 'masspole'\?"),
        ({"uncertainty": {"length": (0.1, 11.0)}}, r"uncertainty: length=11.0: expected a number in \[0.05, 10\]"),
        ({"uncertainty": {"length": (1.0, 0.5)}}, r"length=\(1.0, 0.5\): expected the lower end first"),
        ({"uncertainty": {"length": 1.0}}, "uncertainty of length=1.0: expected two ends"),
        ({"uncertainty": {}}, "uncertainty={}: expected a mapping"),
        ({"varies": "tasks"}, "expected at least one task"),
        ({"varies": "tasks", "tasks": ({"masspole": 30.0},)}, r"masspole=30.0: expected a number in \[0.01, 20\]"),
        ({"varies": "tasks", "tasks": ("heavy",)}, "task 'heavy': expected a mapping"),
        ({"varies": "tasks", "tasks": "heavy"}, "tasks='heavy': expected a sequence"),
        ({"task_episodes": 0}, "task_episodes=0: expected an integer at least 1"),
        ({"horizon": 0}, r"horizon=0: expected an integer in \[1, 2147483647\]"),
        ({"sees_parameters": "yes"}, "sees_parameters='yes': expected one of False, True"),
    ],
)
def test_what_makes_no_sense_is_refused_with_name_value_and_range(params, message):
    with pytest.raises(ParameterError, match=message):
        dynenvs.make_params(CART_POLE, **params)


# Who sees them.


@pytest.mark.parametrize("env_id", IDS)
def test_an_agent_sees_them_from_0_at_the_low_end_to_1_at_the_high_one_if_it_may(env_id):
    blind, seeing = made(env_id, 3), made(env_id, 3, sees_parameters=True)
    points = seeing.params.param_set
    for world in (blind, seeing):
        world.reset(1, params=points.columns([points.low, (points.low + points.high) / 2, points.high]))
    width = blind.buffers.vector.shape[2]
    told = seeing.buffers.vector[:, 0, width:]
    np.testing.assert_allclose(told, np.repeat([[0.0], [0.5], [1.0]], len(points), axis=1), atol=1e-6)
    np.testing.assert_array_equal(seeing.buffers.vector[:, 0, :width], blind.buffers.vector[:, 0])
    assert [field.name for field in seeing.layout.roles[0].observation.fields[-len(points) :]] == list(points.names)


@pytest.mark.parametrize("env_id", IDS)
def test_nature_sees_all_that_the_agent_sees_and_the_parameters(env_id):
    world = made(env_id, 3, preset="adversary")
    play(world, 2, np.random.default_rng(0))
    width = world.layout.roles[0].observation.size
    b, points = world.buffers, world.params.param_set
    np.testing.assert_array_equal(b.vector[:, 1, :width], b.vector[:, 0, :width])
    shares = (in_force(world) - points.low) / (points.high - points.low)
    np.testing.assert_allclose(b.vector[:, 1, width:], shares, atol=1e-6)


# The tasks can be solved, at every corner of the default sets.


def at_corners(env_id, times=3):
    """Return a world with some games at each corner of its set, and the nominal point."""
    points = dynenvs.make_params(env_id).param_set
    matrix = np.repeat([*points.corners(), points.nominal], times, axis=0)
    world = made(env_id, len(matrix))
    world.reset(1, params=points.columns(matrix))
    return world


def steer(world, pilot):
    while world.buffers.alive[:, 0].any():
        world.step(np.asarray(pilot(world.buffers.vector[:, 0])).reshape(world.idle_actions.shape))
    return [world.layout.end_reasons[code] for code in world.buffers.end_reason[:, 0]]


@pytest.mark.parametrize(
    ("env_id", "pilot"),
    [
        ("dynenvs/RobustMountainCar-v0", lambda seen: (pilots.swing(seen) + 1).astype(int)),
        ("dynenvs/RobustMountainCarContinuous-v0", pilots.swing),
    ],
)
def test_the_car_comes_up_the_hill_by_pushing_where_it_rolls(env_id, pilot):
    world = at_corners(env_id)
    assert set(steer(world, pilot)) == {"arrived"}


def test_the_quadrotor_can_hover_in_any_wind():
    world = at_corners("dynenvs/RobustQuadrotor-v0")
    known = dict(zip(world.params.PHYSICS, world.state.physics.T, strict=True))
    assert set(steer(world, lambda seen: pilots.hover(seen, known))) == {"horizon"}
    assert world.buffers.episode_returns[:, 0].min() > 150  # of 250 at most


def test_the_lander_lands_without_knowing_its_physics():
    world = at_corners("dynenvs/RobustLander-v0")
    assert set(steer(world, pilots.land)) == {"landed"}
    assert (world.buffers.episode_returns[:, 0] > 100).all()
    assert (world.state.x[:, 6] > 0).all()


# The lander's ends, its fuel and its feet.

LANDER = "dynenvs/RobustLander-v0"
X, Y, TILT, X_DOT, Y_DOT, SPIN, FUEL = range(7)
OFF, LEFT, MAIN, RIGHT = range(4)
STANDING = 1.0 - 105.0 * 10.0 / 8000.0  # m, where two springs carry 105 kg


def lander(**changes):
    world = made(LANDER, **changes)
    world.state.x[0] = 0.0, 10.0, 0.0, 0.0, 0.0, 0.0, 5.0
    return world


def engine(world, what, steps=1):
    for _ in range(steps):
        world.step(np.array([[what]]))
    return world.layout.end_reasons[world.buffers.end_reason[0, 0]]


def test_the_lander_stands_on_its_springs_where_they_carry_its_weight():
    world = lander()
    world.state.x[0, :] = 2.0, STANDING, 0.0, 0.0, 0.0, 0.0, 5.0
    assert engine(world, OFF) == "landed"
    assert np.abs(world.state.x[0, 3:6]).max() < 1e-12
    assert world.buffers.vector[0, 0, 8:].tolist() == [1.0, 1.0]
    assert world.buffers.rewards[0, 0] == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("height", "place", "value", "end"),
    [
        (STANDING, X, 4.0, "missed"),
        (1.05, Y_DOT, -4.0, "crashed"),
        (STANDING, TILT, 1.0, "crashed"),
        (-3.0, X, 0.0, "crashed"),
        (STANDING, X, 21.0, "lost"),
        (30.1, X, 0.0, "lost"),
    ],
)
def test_it_misses_crashes_and_gets_lost(height, place, value, end):
    world = lander()
    world.state.x[0, Y] = height
    world.state.x[0, place] = value
    assert engine(world, OFF) == end
    assert (world.buffers.rewards[0, 0] < -90) == (end in ("crashed", "lost"))
    assert world.buffers.terminations[0, 0]


def test_engines_burn_fuel_and_stop_when_it_is_gone():
    world = lander(fuel=1.0)
    world.state.x[0, FUEL] = 0.1
    engine(world, MAIN)
    assert world.state.x[0, FUEL] == pytest.approx(0.1 - 2400.0 / 2000.0 * 0.05)
    engine(world, MAIN, 2)
    assert world.state.x[0, FUEL] == 0.0
    falling = world.state.x[0, Y_DOT]
    engine(world, MAIN)
    drag = 10.0 * falling / 100.0
    assert world.state.x[0, Y_DOT] == pytest.approx(falling - (10.0 + drag) * 0.05)


def test_nature_cannot_move_the_fuel_that_was_taken_along():
    with pytest.raises(ParameterError, match="uncertainty of fuel"):
        lander(varies="adversary", uncertainty={"fuel": (5.0, 10.0)})
    lander(varies="episode", uncertainty={"fuel": (5.0, 10.0)})


def test_side_engines_push_and_turn_as_their_names_say():
    for what, sign in ((LEFT, 1.0), (RIGHT, -1.0)):
        world = lander()
        engine(world, what)
        assert np.sign(world.state.x[0, X_DOT]) == sign
        assert np.sign(world.state.x[0, SPIN]) == -sign


@pytest.mark.parametrize(
    "changes",
    [
        {"varies": "tasks", "tasks": [{"masspole": 0.2}, {"masspole": 0.3}]},
        {"uncertainty": {"gravity": (9.0, 10.0), "tau": (0.01, 0.02)}},
        {"uncertainty": {"gravity": (5.0, 15.0)}},
    ],
)
def test_what_the_state_has_no_room_for_is_refused_and_nothing_has_changed(changes):
    world = dynenvs.make_world("dynenvs/RobustCartPole-v0", 2)
    world.reset(0)
    before, params = world.digest(), list(world.game_params)
    with pytest.raises(ParameterError, match="this changes the layout; make a new world instead"):
        world.reset(5, params=changes)
    assert (world.digest(), world.game_params) == (before, params)
