"""Constraints: the price finds the level at which a budget is kept, and survives being halted."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dynenvs.adapters.sb3 import sb3_vec_env
from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.episodes import evaluate
from dynenvs_agents.rl import onnx_files
from dynenvs_agents.rl.checkpoints import newest_checkpoint, resume_model
from dynenvs_agents.rl.commands import train as command
from dynenvs_agents.rl.lagrangian import DAMPING, Constraint
from dynenvs_agents.rl.training import train

GAME = "dynenvs/Escalation-v0"
# One decision: an invasion pays Blue, who gains land that Pink does not lose, and costs 28 points of 60.
WORLD = {
    "nations": ["Blue", "Pink"],
    "actions": ["Execute full on invasion"],
    "dynamics": "released",
    "days": 1,
    "slots": 1,
    "reward": "constrained",
}
COST = 28 / 60
# Small steps of plain policy gradients, and some entropy: a certain learner would jump from always to never and back.
FAST = {
    "n_steps": 4,
    "batch_size": 256,
    "n_epochs": 2,
    "learning_rate": 0.003,
    "normalize_advantage": False,
    "ent_coef": 0.05,
}
COMMON = {"opponents": ["wait"], "games": 64, "quiet": True, "seed": 3, "hyperparameters": FAST, **WORLD}


def mean_cost(run):
    """Mean escalation a day of the exported policy."""
    records = evaluate(GAME, [f"onnx:{run / 'policy.onnx'}"], opponents=["wait"], episodes=1000, **WORLD)
    return np.mean([record.reward_terms["escalation"][0] for record in records])


def scalars(run, name):
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    return np.array([event.value for event in events.Scalars(name)])


def test_a_constrained_learner_keeps_its_budget_where_a_free_one_does_not(tmp_path):
    free = train(GAME, "maskable_ppo", 12_800, tmp_path / "free", **COMMON)
    assert mean_cost(free) > 0.85 * COST
    kept = train(
        GAME, "maskable_ppo", 25_600, tmp_path / "kept", constraints=["escalation<=0.2"], multiplier_rate=0.1, **COMMON
    )
    assert scalars(kept, "constraint/escalation")[-40:].mean() == pytest.approx(0.2, abs=0.03)
    assert mean_cost(kept) < 0.3


@pytest.fixture
def no_export(monkeypatch):
    monkeypatch.setattr(onnx_files, "write_onnx", lambda path, *_, **__: path.write_bytes(b"exported"))


def prices(run):
    model = resume_model(newest_checkpoint(run), "maskable_ppo")
    return model.multipliers["escalation"], model.get_env().charges[3]


def test_a_halted_run_goes_on_with_its_price(tmp_path, no_export):
    arguments = {**COMMON, "constraints": ["escalation<=0.1"]}
    train(GAME, "maskable_ppo", 1024, tmp_path / "straight", **arguments)
    train(GAME, "maskable_ppo", 512, tmp_path / "halted", **arguments)
    half = prices(tmp_path / "halted")
    train(GAME, "maskable_ppo", 1024, tmp_path / "halted", resume=True, **arguments)
    assert prices(tmp_path / "halted") == prices(tmp_path / "straight")
    assert 0 < half[0] < prices(tmp_path / "halted")[0]
    assert json.loads((tmp_path / "halted/run.json").read_text())["plan"]["constraints"] == ["escalation<=0.1"]


def test_cost_and_price_are_told_to_tensorboard(tmp_path, no_export):
    run = train(
        GAME, "maskable_ppo", 512, tmp_path / "run", constraints=["escalation<=0.1"], multiplier_rate=0.5, **COMMON
    )
    excess = scalars(run, "constraint/escalation") - 0.1
    assert len(excess) == 2
    expected = np.cumsum(0.5 * excess) + DAMPING * 0.5 * excess
    np.testing.assert_allclose(scalars(run, "constraint/escalation_price"), expected, rtol=1e-5)


def test_charges_are_paid_by_the_learner_and_unknown_to_the_world():
    env = sb3_vec_env(GAME, 4, opponents=["wait"], **WORLD)
    env.charges[3] = 2.0
    env.reset()
    invade = np.flatnonzero(env.action_masks()[0])[-1]
    _, rewards, dones, infos = env.step(np.array([0, invade, invade, 0]))
    returns = np.array([info["episode"]["r"] for info in infos])
    assert dones.all()
    assert returns[1] > 0 == returns[0]
    np.testing.assert_allclose(rewards, returns - 2.0 * COST * np.array([0, 1, 1, 0]), rtol=1e-6)
    assert env.tally.steps == 4
    assert env.tally.terms[3] == pytest.approx(2 * COST)


@pytest.mark.parametrize("text", ["escalation", "escalation<=", "<=0.1", "escalation<=nan", "escalation<=much"])
def test_a_constraint_that_is_none_is_refused(text):
    with pytest.raises(ParameterError, match=r"expected TERM<=BUDGET, as in 'escalation<=0\.05'"):
        Constraint.parse(text)


def test_neither_multiplier_nor_price_is_negative():
    assert Constraint("cost", 1.0).answer(0.3, 0.0, 1.0) == (0.0, 0.0)
    assert Constraint("cost", 1.0).answer(2.0, 0.9, 1.0) == (pytest.approx(1.9), pytest.approx(0.9))


def test_a_term_that_the_world_does_not_have_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="constraint='losses': expected one of"):
        train(GAME, "maskable_ppo", 1, tmp_path / "run", constraints=["losses<=1"], **COMMON)
    assert not (tmp_path / "run").exists()


def test_an_algorithm_that_learns_from_old_steps_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="expected an algorithm that learns from rollouts"):
        train(GAME, "dqn", 1, tmp_path / "run", constraints=["escalation<=1"], opponents=["wait"], **WORLD)


def test_the_command_takes_constraints_and_hyperparameters(tmp_path, no_export):
    params = [f"--param={name}={json.dumps(value)}" for name, value in WORLD.items()]
    asked = ["--algo", "maskable_ppo", "--games", "8", "--steps", "32", "--opponents", "wait", "--hyper", "n_steps=4"]
    asked += ["--constraint", "escalation<=0.1", "--multiplier-rate", "0.2", "--out", str(tmp_path / "run"), *params]
    result = CliRunner().invoke(command, [GAME, *asked])
    assert result.exit_code == 0, result.output
    plan = json.loads((tmp_path / "run/run.json").read_text())["plan"]
    assert (plan["constraints"], plan["multiplier_rate"]) == (["escalation<=0.1"], 0.2)
    assert plan["hyperparameters"]["n_steps"] == 4
