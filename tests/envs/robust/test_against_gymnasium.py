"""One step from the same state, for random parameters, against Gymnasium's own code; ours against an integrator."""

import inspect
import textwrap

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.classic_control import acrobot, continuous_mountain_car, mountain_car, pendulum
from scipy.integrate import solve_ivp

import dynenvs
from dynenvs.envs.robust.physics import PhysicsParams

POINTS = 400
WITHIN = 1e-12  # sines differ in their last bit between builds of NumPy and of the C library


def draw(env_id, rng):
    """Draw parameters for each of POINTS games from all that is allowed."""
    physics = dynenvs.make_params(env_id).PHYSICS
    return {name: rng.uniform(known.low, known.high, POINTS) for name, known in physics.items()}


def step(env_id, x, params, actions):
    """Play one step from each state; return the new states, rewards and whether the rules ended the episode."""
    world = dynenvs.make_world(env_id, len(x))
    world.reset(1, params=params)
    world.state.x[:] = x
    world.step(actions)
    return world.state.x, world.buffers.rewards[:, 0], world.buffers.terminations[:, 0]


def gymnasium_steps(env, x, params, actions):
    """Play the same with a Gymnasium environment: parameters are its attributes, under the same names."""
    env.reset(seed=0)
    for game, state in enumerate(x):
        for name, values in params.items():
            setattr(env, name, float(values[game]))
        if hasattr(env, "polemass_length"):  # CartPole keeps what follows from its parameters
            env.total_mass, env.polemass_length = env.masspole + env.masscart, env.masspole * env.length
        if hasattr(env, "steps_beyond_terminated"):
            env.steps_beyond_terminated = None
        env.state = np.array(state)
        _, reward, terminated, _, _ = env.step(actions[game])
        yield np.array(env.state), float(reward), terminated


def with_gravity(cls, method, literal):
    """Return a copy of a class of Gymnasium that reads its gravity from an attribute instead of its source."""
    source = textwrap.dedent(inspect.getsource(getattr(cls, method)))
    assert source.count(literal) == 1
    names = dict(vars(inspect.getmodule(cls)))
    exec(source.replace(literal, "self.gravity"), names)
    return type(cls.__name__, (cls,), {method: names[method]})


def test_cart_pole_is_gymnasiums_to_the_last_bit():
    rng = np.random.default_rng(1)
    params = draw("dynenvs/RobustCartPole-v0", rng)
    x = rng.uniform(-1, 1, (POINTS, 4)) * (2.4, 3.0, 0.25, 3.0)
    actions = rng.integers(2, size=POINTS)
    ours = step("dynenvs/RobustCartPole-v0", x, params, actions[:, None])
    env = gymnasium.make("CartPole-v1").unwrapped
    for game, (state, reward, over) in enumerate(gymnasium_steps(env, x, params, actions)):
        assert ours[0][game].tolist() == state.tolist()
        assert (ours[1][game], ours[2][game]) == (reward, over)


def test_a_cart_pole_of_changed_physics_plays_whole_episodes_as_gymnasiums():
    params = {"masspole": 1.3, "length": 1.1, "force_mag": 6.0, "gravity": 7.0}
    ours = dynenvs.make_world("dynenvs/RobustCartPole-v0", **params)
    theirs = gymnasium.make("CartPole-v1").unwrapped
    theirs.reset(seed=1)
    for name, value in params.items():
        setattr(theirs, name, value)
    theirs.total_mass, theirs.polemass_length = 1.3 + 1.0, 1.3 * 1.1
    for seed in range(5):
        ours.reset(seed)
        theirs.state, theirs.steps_beyond_terminated = ours.state.x[0].copy(), None
        for _ in range(400):
            action = int(theirs.state[2] + 0.2 * theirs.state[3] > 0)
            ours.step(np.array([[action]]))
            _, _, over, _, _ = theirs.step(action)
            assert ours.state.x[0].tolist() == np.array(theirs.state).tolist()
            assert ours.buffers.terminations[0, 0] == over
            if over:
                break


def test_pendulum_is_gymnasiums():
    rng = np.random.default_rng(2)
    params = draw("dynenvs/RobustPendulum-v0", rng)
    x = rng.uniform(-1, 1, (POINTS, 2)) * (10.0, 8.0)
    torques = rng.uniform(-2, 2, (POINTS, 1))
    ours = step("dynenvs/RobustPendulum-v0", x, params, torques)
    for game, (state, reward, _) in enumerate(gymnasium_steps(pendulum.PendulumEnv(), x, params, torques)):
        np.testing.assert_allclose(ours[0][game], state, rtol=0, atol=WITHIN)
        assert ours[1][game] == pytest.approx(reward, abs=WITHIN)


def test_acrobot_is_gymnasiums():
    rng = np.random.default_rng(3)
    set_of_all = dynenvs.make_params("dynenvs/RobustAcrobot-v0", uncertainty=dict.fromkeys(ACROBOT, (0.5, 1.5)))
    params = dict(set_of_all.param_set.columns(set_of_all.param_set.sample(rng, POINTS)))
    params["gravity"] = rng.uniform(5, 12, POINTS)
    params["dt"] = rng.uniform(0.01, 0.2, POINTS)
    x = rng.uniform(-1, 1, (POINTS, 4)) * (np.pi, np.pi, 4.0, 9.0)
    actions = rng.integers(3, size=POINTS)
    ours = step("dynenvs/RobustAcrobot-v0", x, params, actions[:, None])
    env = with_gravity(acrobot.AcrobotEnv, "_dsdt", "9.8")()
    theirs = {name.upper() if name in ACROBOT else name: values for name, values in params.items()}
    for game, (state, reward, over) in enumerate(gymnasium_steps(env, x, theirs, actions)):
        np.testing.assert_allclose(ours[0][game], state, rtol=0, atol=WITHIN)
        assert (ours[1][game], ours[2][game]) == (reward, over)


ACROBOT = ("link_mass_1", "link_mass_2", "link_length_1", "link_com_pos_1", "link_com_pos_2", "link_moi")


def cars(rng):
    """Draw states all over the valley, at the wall and near the goal too."""
    x = np.stack([rng.uniform(-1.25, 0.65, POINTS).clip(-1.2, 0.6), rng.uniform(-0.07, 0.07, POINTS)], axis=1)
    x[:50, 0] = rng.uniform(0.44, 0.52, 50)
    return x


def test_mountain_car_is_gymnasiums():
    rng = np.random.default_rng(4)
    params, x = draw("dynenvs/RobustMountainCar-v0", rng), cars(rng)
    actions = rng.integers(3, size=POINTS)
    ours = step("dynenvs/RobustMountainCar-v0", x, params, actions[:, None])
    assert 0 < ours[2].sum() < POINTS
    for game, (state, reward, over) in enumerate(gymnasium_steps(mountain_car.MountainCarEnv(), x, params, actions)):
        np.testing.assert_allclose(ours[0][game], state, rtol=0, atol=WITHIN)
        assert (ours[1][game], ours[2][game]) == (reward, over)


def test_mountain_car_with_a_throttle_is_gymnasiums_before_it_rounds_its_state():
    rng = np.random.default_rng(5)
    params, x = draw("dynenvs/RobustMountainCarContinuous-v0", rng), cars(rng)
    throttles = rng.uniform(-1, 1, (POINTS, 1))
    ours = step("dynenvs/RobustMountainCarContinuous-v0", x, params, throttles)
    assert 0 < ours[2].sum() < POINTS
    env = with_gravity(continuous_mountain_car.Continuous_MountainCarEnv, "step", "0.0025")()
    for game, (state, reward, over) in enumerate(gymnasium_steps(env, x, params, throttles)):
        np.testing.assert_allclose(ours[0][game].astype(np.float32), state, rtol=1.2e-7, atol=WITHIN)
        assert ours[1][game] == pytest.approx(reward, abs=WITHIN)
        assert ours[2][game] == over


# What Gymnasium has not: our own systems, against their equations written anew and integrated by SciPy.


def quadrotor_flow(t, x, p, left, right):
    tilt, vx, vy, spin = x[2:]
    body = np.array([-np.sin(tilt), np.cos(tilt)]) * (left + right) * p["max_thrust"]
    air = np.array([vx - p["wind"], vy])
    ax, ay = (body - p["drag"] * air) / p["mass"] - (0, p["gravity"])
    return [vx, vy, spin, ax, ay, (right - left) * p["max_thrust"] * p["arm"] / p["inertia"]]


def lander_flow(t, x, p, up, aside):
    centre, tilt, velocity, spin, fuel = np.array(x[:2]), x[2], np.array(x[3:5]), x[5], x[6]
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    force = turn @ (aside, up) - p["drag"] * (velocity - (p["wind"], 0))
    moment = -aside * 1.0
    for corner in ((-1.0, -1.0), (1.0, -1.0)):
        arm = turn @ corner
        speed = velocity + spin * np.array([-arm[1], arm[0]])
        sunk = -(centre + arm)[1]
        if sunk > 0:
            load = max(0.0, 4000.0 * sunk - 650.0 * speed[1])
            push = np.array([-0.5 * load * np.clip(speed[0] / 0.5, -1, 1), load])
            force = force + push
            moment += arm[0] * push[1] - arm[1] * push[0]
    ax, ay = force / (p["mass"] + fuel) - (0, p["gravity"])
    return [*velocity, spin, ax, ay, moment / p["inertia"], -(up + abs(aside)) / p["exhaust_speed"]]


def fly(env_id, start, action, dt, seconds, **params):
    """Return where our steps of `dt` lead."""
    world = dynenvs.make_world(env_id, dt=dt, horizon=10**6, **params)
    world.reset(1)
    world.state.x[0] = start
    for _ in range(round(seconds / dt)):
        world.step(np.array([[action]]))
    assert world.buffers.end_reason[0, 0] == 0
    return world.state.x[0].copy()


def physics(env_id, **changes):
    params = dynenvs.make_params(env_id, **changes)
    assert isinstance(params, PhysicsParams)
    return dict(zip(params.PHYSICS, params.physics(), strict=True))


QUADROTOR, LANDER = "dynenvs/RobustQuadrotor-v0", "dynenvs/RobustLander-v0"
OFF, LEFT, MAIN = 0, 1, 2
FLIGHTS = {
    "quadrotor in a wind": (
        QUADROTOR,
        [1.0, -0.5, 0.1, -0.3, 0.4, -0.2],
        ([0.53, 0.5298], quadrotor_flow, (0.53, 0.5298)),
        {"wind": 2.0, "mass": 1.2, "inertia": 0.02, "drag": 0.3},
        1.0,
    ),
    "lander under power": (
        LANDER,
        [1.0, 15.0, 0.2, -1.0, -2.0, -0.1, 8.0],
        (MAIN, lander_flow, (2000.0, 0.0)),
        {"wind": -4.0, "main_engine_power": 2000.0, "drag": 20.0},
        2.0,
    ),
    "lander that turns": (
        LANDER,
        [1.0, 15.0, 0.4, 0.0, 0.0, 0.0, 8.0],
        (LEFT, lander_flow, (0.0, 150.0)),
        {"gravity": 8.0},
        0.8,
    ),
    "lander on its legs": (
        LANDER,
        [0.0, 1.15, 0.1, 0.8, -0.5, 0.1, 8.0],
        (OFF, lander_flow, (0.0, 0.0)),
        {},
        0.3,
    ),
}


@pytest.mark.parametrize("flight", FLIGHTS)
def test_ours_come_near_the_true_motion_the_nearer_the_finer_the_steps_are(flight):
    env_id, start, (action, flow, forces), changes, seconds = FLIGHTS[flight]
    p = physics(env_id, **changes)
    true = solve_ivp(flow, (0, seconds), start, args=(p, *forces), rtol=1e-9, atol=1e-10, max_step=0.002).y[:, -1]
    coarse, fine = (np.abs(fly(env_id, start, action, dt, seconds, **changes) - true).max() for dt in (0.004, 0.0005))
    assert fine < 0.01
    assert coarse / fine > 4  # with eight times the steps: semi-implicit Euler is of first order
