"""A setting that is accepted does something; one that would do nothing is refused with its name, value and the cure."""

import itertools
from dataclasses import fields

import gymnasium
import numpy as np
import pytest

import dynenvs
from dynenvs.cli.play import sit_down
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust import policy_worst_case, problem, solve
from dynenvs.envs.robust.physics import VARIES
from dynenvs.evaluation.episodes import evaluate
from dynenvs.evaluation.robustness import measure_robustness
from dynenvs_agents.robust.baselines import train_linear
from dynenvs_agents.robust.deep import DeepProblem, Searching

POLE, TABULAR = "dynenvs/RobustCartPole-v0", "dynenvs/TabularMDP-v0"
IDS = [env_id for env_id in dynenvs.env_ids() if "mujoco" not in dynenvs.spec(env_id).world and "Robust" in env_id]


def played(env_id, params):
    """Return all that there is to see of some episodes, and of the models that a policy would be measured in."""
    world = dynenvs.make_world(env_id, 3, autoreset="same_step", **params)
    world.reset(1)
    rng, seen = np.random.default_rng(0), [repr(world.layout)]
    for _ in range(24):
        world.step(world.sample_actions(rng))
        b = world.buffers
        seen += [b.vector.tobytes(), b.rewards.tobytes(), b.end_reason.tobytes()]
    box = getattr(world.params, "param_set", None)
    return seen, None if box is None else (box.names, box.low.tolist(), box.high.tolist())


def accepted(env_id, params):
    try:
        dynenvs.make_params(env_id, **params)
    except ParameterError:
        return False
    return True


@pytest.mark.parametrize("varies", VARIES)
@pytest.mark.parametrize("env_id", IDS)
def test_every_setting_of_a_control_world_that_is_accepted_changes_something(env_id, varies):
    usual = dynenvs.make_params(env_id)
    first, second = list(usual.uncertain)[:2]
    known = usual.PHYSICS
    ends = {name: p.high if getattr(usual, name) < p.high else p.low for name, p in known.items()}
    middle = {name: (getattr(usual, name) + end) / 2 for name, end in ends.items()}
    tasks = ({first: middle[first]}, {second: middle[second]})
    base = {"varies": varies, "horizon": 6, **({"tasks": tasks} if varies == "tasks" else {})}
    changes = {
        "varies": "never" if varies != "never" else "episode",
        "uncertainty": {first: usual.uncertain[first]},
        "tasks": (*tasks, {first: usual.uncertain[first][1]}),
        "task_episodes": 2,
        "sees_parameters": True,
        "horizon": 3,
        **middle,
    }
    assert set(changes) == {field.name for field in fields(usual)}
    before = played(env_id, base)
    for name, value in changes.items():
        changed = {**base, name: value}
        if name == "varies":
            changed.pop("tasks", None)
        if accepted(env_id, changed):
            assert played(env_id, changed) != before, name


@pytest.mark.parametrize("varies", ["never", "episode"])
@pytest.mark.parametrize("mdp", ["machine20", "machine_replacement"])
def test_every_setting_of_a_tabular_process_that_is_accepted_changes_something(mdp, varies):
    base = {"mdp": mdp, "varies": varies, "horizon": 6}
    if not accepted(TABULAR, base):
        assert (mdp, varies) == ("machine20", "episode")
        return
    before = played(TABULAR, base)
    changes = {"mdp": "forest3", "model": 3, "encoding": "index", "sees_model": True, "horizon": 3}
    changes["varies"] = "never" if varies == "episode" else "episode"
    assert set(changes) == {field.name for field in fields(dynenvs.make_params(TABULAR))}
    for name, value in changes.items():
        if accepted(TABULAR, {**base, name: value}):
            assert played(TABULAR, {**base, name: value}) != before, name


@pytest.mark.parametrize(
    ("env_id", "params", "message"),
    [
        (POLE, {"tasks": ({"length": 1.0},)}, r"tasks=.*: expected varies='tasks' beside it, got varies='never'"),
        (POLE, {"task_episodes": 5}, "task_episodes=5: expected varies='tasks' beside it, got varies='never'"),
        (POLE, {"tasks": ({},), "varies": "episode"}, "expected varies='tasks' beside it, got varies='episode'"),
        (
            POLE,
            {"tasks": ({"gravity": 5.0},), "varies": "tasks", "sees_parameters": True},
            "tasks: gravity is not uncertain, and so not among what is seen",
        ),
        (
            POLE,
            {"varies": "episode", "length": 1.0},
            r"length=1.0: with varies='episode' it is drawn from \[0.1,",
        ),
        (
            TABULAR,
            {"mdp": "windy_walk", "varies": "episode", "model": 3},
            "model=3: with varies='episode' each",
        ),
        (TABULAR, {"mdp": "machine20", "varies": "episode"}, "varies='episode': machine20 is one process"),
        (
            TABULAR,
            {"mdp": "machine20", "sees_model": True},
            "sees_model=True: machine20 is one process; expected a",
        ),
    ],
)
def test_who_sets_what_would_do_nothing_is_told_so(env_id, params, message):
    with pytest.raises(ParameterError, match=message):
        gymnasium.make(env_id, **params)


def test_a_reset_cannot_set_what_each_episode_draws():
    envs = gymnasium.make_vec(POLE, num_envs=2, preset="randomised")
    with pytest.raises(ParameterError, match=r"masspole=1\.0: with varies='episode' it is drawn"):
        envs.reset(seed=1, options={"params": {"masspole": np.array([1.0, 0.5])}})
    envs.reset(seed=1, options={"params": {"gravity": 5.0}})
    assert envs.unwrapped.world.state.physics[:, 0].tolist() == [5.0, 5.0]
    envs.close()


@pytest.mark.parametrize("env_id", [POLE, TABULAR])
def test_a_game_of_one_takes_no_other_players(env_id):
    expected = f"expected none, with these parameters {env_id} has one player"
    for call in (
        lambda: gymnasium.make(env_id, background="random_legal"),
        lambda: gymnasium.make_vec(env_id, num_envs=2, background="no such policy"),
        lambda: dynenvs.sb3_vec_env(env_id, 2, opponents=["random_legal"]),
        lambda: evaluate(env_id, ["random_legal"], opponents=["random_legal"], episodes=1),
        lambda: sit_down(env_id, (0,), "random_legal", open_table=False),
    ):
        with pytest.raises(ParameterError, match=expected):
            call()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"varies": "adversary"}, "varies='adversary': expected none, here every model is in force for whole episodes"),
        ({"preset": "adversary"}, "preset='adversary', that is varies='adversary': expected none"),
        ({"masspole": 0.3}, "masspole=0.3: expected none, every model that is played sets it"),
    ],
)
def test_a_measurement_of_robustness_refuses_what_its_models_overrule(options, message):
    with pytest.raises(ParameterError, match=message):
        measure_robustness(POLE, "random_legal", grid=2, episodes=1, **options)


def test_a_family_is_measured_in_all_its_models_and_takes_no_grid():
    with pytest.raises(ParameterError, match="grid=5: expected none, two_doors is a family of 2 models"):
        measure_robustness(TABULAR, "random_legal", grid=5, mdp="two_doors")
    with pytest.raises(ParameterError, match="model=1: expected none, every model"):
        measure_robustness(TABULAR, "random_legal", mdp="two_doors", model=1)
    assert len(measure_robustness(TABULAR, "random_legal", preset="windy_walk", episodes=2).models) == 25


def test_solvers_refuse_a_radius_and_distances_that_nothing_uses():
    forest = problem("forest3")
    with pytest.raises(ParameterError, match=r"radius=0\.3: 'nominal' has no radius"):
        solve(forest, "nominal", 0.3)
    for uncertainty in ("l1", "kl", "nominal"):
        with pytest.raises(ParameterError, match=f"expected it with 'wasserstein' alone, got '{uncertainty}'"):
            solve(forest, uncertainty, metric=np.zeros((3, 3)))
    with pytest.raises(ParameterError, match="expected it with 'wasserstein' alone, got 'l1'"):
        policy_worst_case(forest, [0, 0, 0], "l1", metric=np.zeros((3, 3)))


def test_trainings_refuse_what_they_do_not_use():
    for method, grid in itertools.product(("nominal", "randomised", "corners"), (3,)):
        with pytest.raises(ParameterError, match=f"grid=3: expected none, '{method}' looks for no worst model"):
            train_linear(POLE, method, grid=grid)
    with pytest.raises(ParameterError, match="varies='tasks': expected none, the models are played one by one"):
        train_linear(POLE, "nominal", varies="tasks", tasks=({"length": 1.0},))
    with pytest.raises(ParameterError, match="varies='episode': expected none"):
        DeepProblem(env_id=POLE, params={"varies": "episode"})
    with pytest.raises(ParameterError, match="population=9: expected none, how='grid' has none"):
        Searching(population=9)
    with pytest.raises(ParameterError, match="grid=9: expected none, how='cma' has none"):
        Searching(how="cma", grid=9)
