"""The world that plays explicit processes: it does what the table says, and what solvers compute comes out of it."""

import json
from dataclasses import asdict

import numpy as np
import pytest

import dynenvs
from dynenvs.adapters.language import Language
from dynenvs.core.errors import ParameterError
from dynenvs.core.view import GameView
from dynenvs.envs.robust import TabularMDP, family, garnet, language, policy_values, problem, solve
from dynenvs.envs.robust.families import FAMILIES
from dynenvs.envs.robust.metrics import metrics
from dynenvs.envs.robust.problems import PROBLEMS
from dynenvs.envs.robust.tabular_rendering import ansi, frame
from dynenvs.evaluation.episodes import evaluate
from dynenvs_agents.rl.plan import TrainingPlan

ID = "dynenvs/TabularMDP-v0"
CHAIN = TabularMDP(
    P=[[[0.5, 0.5, 0], [0, 0, 1]], [[0, 0.25, 0.75], [1, 0, 0]], [[0, 0, 1], [0, 0, 1]]],
    R=[[[1, 2, 0], [0, 0, 3]], [[0, 4, 5], [6, 0, 0]], [[0, 0, 0], [0, 0, 0]]],
    gamma=0.9,
    name="chain",
    state_names=("left", "middle", "end"),
    action_names=("go", "jump"),
)


def played(policy, **params):
    """Play one policy (an action a state) in 4000 games to their end."""
    world = dynenvs.make_world(ID, 4000, **params)
    world.reset(1)
    while world.buffers.alive.any():
        world.step(np.asarray(policy)[world.state.s][:, None])
    return world


@pytest.mark.parametrize("name", [*PROBLEMS, *FAMILIES])
def test_every_problem_and_family_is_played_by_its_name(name):
    world = dynenvs.make_world(ID, 3, mdp=name)
    world.reset(0)
    world.step(world.sample_actions(np.random.default_rng(0)))
    assert world.layout.roles[0].observation.fields[0].shape == (world.params.models.models[0].num_states,)


def test_moves_and_rewards_are_those_of_the_table():
    world = dynenvs.make_world(ID, 20_000, mdp=CHAIN, autoreset="same_step", horizon=50)
    world.reset(5)
    rng, counts = np.random.default_rng(0), np.zeros((3, 2, 3))
    for _ in range(4):
        before, actions = world.state.s.copy(), world.sample_actions(rng)
        world.step(actions)
        over = ~(world.buffers.end_reason[:, 0] == 0)
        after = np.where(over, 2, world.state.s)  # the chain is over in its last state alone
        np.add.at(counts, (before, actions[:, 0], after), 1)
        np.testing.assert_array_equal(world.buffers.rewards[:, 0], CHAIN.R[before, actions[:, 0], after])
    shares = counts[:2] / counts[:2].sum(axis=2, keepdims=True)
    np.testing.assert_allclose(shares, CHAIN.P[:2], atol=0.02)
    assert (counts[:2][CHAIN.P[:2] == 0] == 0).all()


def test_an_episode_is_over_where_nothing_can_happen_any_more_and_truncated_at_the_horizon():
    world = played([1, 0, 0], mdp=CHAIN)
    assert (world.buffers.end_reason == 2).all()
    assert world.buffers.terminations.all()
    assert (world.buffers.final_lengths == 1).all()
    world = played([0] * 6, mdp="riverswim6_osband", horizon=7)
    assert (world.buffers.end_reason == 1).all()
    assert world.buffers.truncations.all()
    assert (world.buffers.final_lengths == 7).all()


@pytest.mark.parametrize("model", [0, 17, 34])
def test_the_mean_discounted_return_is_the_value_that_the_solver_computes(model):
    models = family("machine_replacement")
    policy = solve(models.models[17], "nominal").policy
    world = played(policy, mdp="machine_replacement", model=model, horizon=150)
    returns = metrics(world, np.arange(4000))["discounted_return"][:, 0]
    assert returns.mean() == pytest.approx(policy_values(models, policy)[model], abs=4 * returns.std() / 4000**0.5)


def test_episodes_draw_their_model_where_it_varies():
    world = played([0] * 10, mdp="machine_replacement", varies="episode", horizon=2)
    counts = np.bincount(world.state.model, minlength=35)
    assert counts.min() > 60
    assert (metrics(world, np.arange(4000))["model"][:, 0] == world.state.model).all()
    world = played([0] * 10, mdp="machine_replacement", horizon=2)
    assert set(world.state.model.tolist()) == {17}


def test_each_game_may_have_its_own_model():
    world = dynenvs.make_world(ID, 2, mdp="windy_walk", sees_model=True)
    world.reset(0, which=np.array([False, True]), params={"model": 24})
    world.reset(0, which=np.array([True, False]))
    assert world.state.model.tolist() == [0, 24]
    assert world.buffers.vector[:, 0, -1].tolist() == [0.0, 1.0]


def test_the_state_is_seen_as_a_row_or_as_a_number():
    row = dynenvs.make_world(ID, mdp=CHAIN)
    number = dynenvs.make_world(ID, mdp=CHAIN, encoding="index")
    for world in (row, number):
        world.reset(3)
        world.step([[0]])
        while world.buffers.alive.any() and world.state.s[0] != 1:
            world.step([[0]])
    assert row.buffers.vector[0, 0].tolist() == [0, 1, 0]
    assert number.buffers.vector[0, 0].tolist() == [1]


def test_an_episode_begins_where_the_process_says():
    start = (0.25, 0.75, 0.0)
    mdp = TabularMDP(CHAIN.P, CHAIN.R, CHAIN.gamma, start=start)
    world = dynenvs.make_world(ID, 8000, mdp=mdp)
    world.reset(0)
    np.testing.assert_allclose(np.bincount(world.state.s, minlength=3) / 8000, start, atol=0.02)


def test_a_process_of_ones_own_is_recorded_by_name_and_digest_and_as_a_mapping_whole():
    by_name = evaluate(ID, ["random_legal"], episodes=2, mdp=CHAIN)
    whole = evaluate(ID, ["random_legal"], episodes=2, mdp=CHAIN.to_dict())
    assert json.loads(by_name[0].params) == {"mdp": f"chain@{CHAIN.digest}"}
    given = json.loads(whole[0].params)["mdp"]
    assert TabularMDP(**given) == CHAIN
    assert [record.state_digest for record in by_name] == [record.state_digest for record in whole]
    with pytest.raises(ParameterError, match="expected the TabularMDP itself"):
        dynenvs.make_params(ID, mdp=json.loads(by_name[0].params)["mdp"])


def test_a_training_in_a_process_of_ones_own_writes_it_down_whole():
    plan = TrainingPlan(env_id=ID, params=asdict(dynenvs.make_params(ID, mdp=CHAIN)), algo="ppo")
    kept = json.loads(json.dumps(plan.to_dict()))["params"]["mdp"]
    assert TabularMDP(**kept) == CHAIN
    assert plan.make_env().reset().shape[1] == 3


def test_processes_of_one_name_that_differ_are_told_apart():
    one, other = (TabularMDP(CHAIN.P, CHAIN.R, gamma, name="mine") for gamma in (0.9, 0.8))
    assert one != other
    assert one.digest != other.digest
    assert repr(dynenvs.make_params(ID, mdp=one)) != repr(dynenvs.make_params(ID, mdp=other))
    same = TabularMDP(CHAIN.P.copy(), CHAIN.R, 0.9, name="mine")
    assert same == one
    assert hash(same) == hash(one)


def test_another_process_needs_another_world():
    world = dynenvs.make_world(ID, mdp="machine20")
    with pytest.raises(ParameterError, match="this changes the layout"):
        world.reset(0, params={"mdp": TabularMDP(problem("machine20").P, np.zeros((20, 2)), 0.99)})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"mdp": "machine21"}, "mdp='machine21': expected a TabularMDP or one of 'machine_delage_mannor'"),
        ({"mdp": 7}, "mdp=7: expected a TabularMDP or one of"),
        ({"mdp": {"P": [[[1.0]]]}}, "expected P, R and gamma of a TabularMDP"),
        ({"mdp": {"P": [[[0.5]]], "R": [[0]], "gamma": 0.5}}, r"P\[0, 0\] sums to 0.5: expected 1"),
        ({"model": 1}, r"model=1: expected an integer in \[0, 0\]"),
        ({"varies": "tasks"}, "varies='tasks': expected one of 'never', 'episode'"),
        ({"encoding": "binary"}, "encoding='binary': expected one of 'one_hot', 'index'"),
        ({"horizon": 0}, "horizon=0: expected an integer in"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(params, message):
    with pytest.raises(ParameterError, match=message):
        dynenvs.make_params(ID, **params)


def test_the_rules_tell_the_whole_table_of_a_small_process():
    world = dynenvs.make_world(ID, mdp=CHAIN)
    world.reset(0)
    told = language.rules(GameView(world, 0), 0)
    assert "States: left, middle, end. Actions: go, jump." in told
    assert "- left, go: left 0.5 (1), middle 0.5 (2)" in told
    assert "- middle, jump: left 1 (6)" in told
    assert "guess" not in told


def test_the_rules_of_a_large_process_and_of_a_family_say_what_is_not_told():
    for params, table, guess in (
        ({"mdp": "forest50"}, False, False),
        ({"mdp": "machine_replacement", "model": 3}, True, True),
        ({"mdp": "machine_replacement", "model": 3, "sees_model": True}, True, False),
    ):
        world = dynenvs.make_world(ID, **params)
        world.reset(0)
        told = language.rules(GameView(world, 0), 0)
        assert ("with which probability" in told) is table
        assert ("These probabilities are a guess" in told) is guess


def test_without_sight_of_the_model_the_table_is_that_of_the_nominal_one():
    tables = []
    for model in (3, 30):
        world = dynenvs.make_world(ID, mdp="machine_replacement", model=model)
        world.reset(0)
        tables.append(language.rules(GameView(world, 0), 0))
    assert tables[0] == tables[1]


def test_the_process_is_a_game_of_words():
    world = dynenvs.make_world(ID, mdp=CHAIN)
    world.reset(0)
    assert Language(ID).parse(GameView(world, 0), 0, '{"action": "jump"}').tolist() == [1]
    assert not isinstance(Language(ID).parse(GameView(world, 0), 0, '{"action": "fly"}'), np.ndarray)
    assert language.situation(GameView(world, 0), 0) == (
        "You are in state left after 0 steps, with a sum of rewards of 0."
    )
    world.step([[1]])
    assert language.situation(GameView(world, 0), 0).startswith("The episode is over. You are in state end after 1")


def test_pictures_show_the_state():
    world = dynenvs.make_world(ID, mdp=garnet(30, 2, 2))
    world.reset(0)
    first = frame(world)
    assert len([shape for shape in first.shapes if getattr(shape, "stroke_width", 0) == 4]) == 1
    while world.state.s[0] == 0:
        world.step([[0]])
    assert frame(world) != first
    assert f"state {world.state.s[0]}" in ansi(world)


def test_digests_and_snapshots_know_the_process():
    slip = dynenvs.make_world("dynenvs/TabularMDP-v0", mdp="frozenlake_slip")
    bias = dynenvs.make_world("dynenvs/TabularMDP-v0", mdp="frozenlake_bias")
    slip.reset(3)
    bias.reset(3)
    assert slip.digest() != bias.digest()
    before = bias.digest()
    with pytest.raises(ParameterError, match="this snapshot is of another world"):
        bias.restore(slip.snapshot())
    assert bias.digest() == before
