"""Training: it learns, it survives being killed, and it leaves what it promised."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dynenvs import make_policy, make_world
from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs.policies import turn_of
from dynenvs_agents.rl import onnx_files
from dynenvs_agents.rl.checkpoints import KEPT, SavedModel, newest_checkpoint
from dynenvs_agents.rl.training import train

from ...adapters.small_worlds import BARGAIN, LIFEBOAT, small_worlds  # noqa: F401

GAME = "dynenvs/RepeatedGame-v0"
ROLLOUT = 16 * 8  # steps of all games in one rollout
SMALL = {"games": 16, "hyperparameters": {"n_steps": 8, "batch_size": 64, "n_epochs": 2}, "quiet": True}
POPULATION = {"opponents": ["random", "tit_for_tat", "past_selves"], "horizon": 11, "execution_noise": 0.1}


@pytest.fixture
def no_export(monkeypatch):
    """Leave out what takes a second, where only checkpoints matter."""
    monkeypatch.setattr(onnx_files, "write_onnx", lambda path, *_, **__: path.write_bytes(b"exported"))


def weights(run, algo="ppo"):
    checkpoint = newest_checkpoint(Path(run))
    model = SavedModel(path=checkpoint / "model.zip", algorithm=algo, name="", env_id=None).load()
    return torch.cat([parameter.flatten() for parameter in model.policy.parameters()])


def payoff(policy, opponent, games=200):
    """Mean payoff a round of a policy on seat 0."""
    world = make_world(GAME, games, seats=["external", opponent], horizon=20)
    world.reset(0)
    policy.reset(world, np.arange(games))
    while world.buffers.alive.any():
        moves = policy.act(turn_of(world, world.buffers.seats < 0))[:, 0]
        world.step(np.stack([moves, moves], axis=1))
    return world.buffers.episode_returns[:, 0].mean() / 20


def test_ppo_learns_to_exploit_who_always_cooperates_and_to_withstand_who_never_does(tmp_path):
    hyperparameters = {"n_steps": 20, "batch_size": 320, "learning_rate": 3e-3}
    common = {"games": 32, "horizon": 20, "quiet": True, "seed": 1, "hyperparameters": hyperparameters}
    for opponent, at_random, learned in (("always_cooperate", 4.0, 4.6), ("always_defect", 0.5, 0.85)):
        folder = train(GAME, "ppo", 20_000, tmp_path / opponent, opponents=[opponent], **common)
        policy = make_policy(f"onnx:{folder / 'policy.onnx'}", GAME)
        untrained = make_policy("random_legal", GAME)
        assert payoff(untrained, opponent, games=50) == pytest.approx(at_random, abs=0.1)
        assert payoff(policy, opponent) > learned


def test_a_run_that_was_killed_ends_with_the_weights_of_one_that_was_not(tmp_path, no_export):
    code = f"""
from dynenvs_agents.rl.training import train
train({GAME!r}, "ppo", 10**9, {str(tmp_path / "killed")!r}, checkpoint_every=1, snapshot_every=300, seed=5,
      **{SMALL!r}, **{POPULATION!r})
"""
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": "1"})
    wait_for_checkpoint(process, tmp_path / "killed", at_least=5 * ROLLOUT)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    total = int(newest_checkpoint(tmp_path / "killed").name) + 5 * ROLLOUT
    arguments = {"snapshot_every": 300, "seed": 5, **SMALL, **POPULATION}
    train(GAME, "ppo", total, tmp_path / "killed", resume=True, **arguments)
    train(GAME, "ppo", total, tmp_path / "straight", **arguments)
    assert torch.equal(weights(tmp_path / "killed"), weights(tmp_path / "straight"))
    assert (tmp_path / "killed/policy.onnx").exists()


def wait_for_checkpoint(process, folder, at_least):
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        newest = newest_checkpoint(folder)
        if newest is not None and int(newest.name) >= at_least:
            return
        time.sleep(0.02)
    pytest.fail(f"no checkpoint; the process returned {process.poll()}")


@pytest.mark.parametrize(("algo", "env_id"), [("maskable_ppo", BARGAIN), ("recurrent_ppo", GAME)])
def test_relatives_of_ppo_go_on_to_the_last_bit_too(tmp_path, no_export, algo, env_id):
    opponents = ["random_legal"] if env_id == BARGAIN else ["random"]
    arguments = {"opponents": opponents, "seed": 2, **SMALL}
    train(env_id, algo, 6 * ROLLOUT, tmp_path / "straight", **arguments)
    train(env_id, algo, 3 * ROLLOUT, tmp_path / "halted", **arguments)
    train(env_id, algo, 6 * ROLLOUT, tmp_path / "halted", resume=True, **arguments)
    assert torch.equal(weights(tmp_path / "straight", algo), weights(tmp_path / "halted", algo))


def test_dqn_goes_on_with_an_empty_replay_buffer_that_it_fills_first(tmp_path, no_export):
    keywords = {"learning_starts": 64, "buffer_size": 1000, "batch_size": 32}
    arguments = {"opponents": ["random"], "games": 4, "hyperparameters": keywords, "quiet": True}
    train(GAME, "dqn", 200, tmp_path / "run", **arguments)
    before = weights(tmp_path / "run", "dqn")
    train(GAME, "dqn", 260, tmp_path / "run", resume=True, **arguments)
    assert torch.equal(weights(tmp_path / "run", "dqn"), before)
    train(GAME, "dqn", 400, tmp_path / "run", resume=True, **arguments)
    assert not torch.equal(weights(tmp_path / "run", "dqn"), before)


def test_resuming_a_run_that_is_done_changes_nothing(tmp_path, no_export):
    arguments = {"opponents": ["random"], **SMALL}
    train(GAME, "ppo", ROLLOUT, tmp_path / "run", **arguments)
    before = weights(tmp_path / "run")
    train(GAME, "ppo", ROLLOUT, tmp_path / "run", resume=True, **arguments)
    assert torch.equal(weights(tmp_path / "run"), before)
    told = json.loads((tmp_path / "run/run.json").read_text())
    assert [session["first_step"] for session in told["sessions"]] == [0, ROLLOUT]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A short finished run."""
    folder = tmp_path_factory.mktemp("runs") / "short"
    return train(GAME, "ppo", 10 * ROLLOUT, folder, checkpoint_every=1, command="dynenvs train", **SMALL, **POPULATION)


def test_a_run_tells_all_that_is_needed_to_repeat_it(run):
    told = json.loads((run / "run.json").read_text())
    (session,) = told["sessions"]
    assert (session["command"], session["first_step"]) == ("dynenvs train", 0)
    assert session["versions"]["torch"] == torch.__version__
    assert told["plan"]["env_id"] == GAME
    assert told["plan"]["params"]["execution_noise"] == 0.1
    assert told["plan"]["hyperparameters"]["gamma"] == 0.98


def test_a_run_keeps_its_newest_checkpoints_and_nothing_half_written(run):
    names = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert names == [f"{10 * ROLLOUT - k * ROLLOUT:012d}" for k in reversed(range(KEPT))]


def test_scalars_are_there_for_tensorboard(run):
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("rollout/ep_rew_mean")][-1] == 10 * ROLLOUT
    assert "train/loss" in events.Tags()["scalars"]


def test_a_run_and_each_checkpoint_are_policies(run):
    spoken = [run, newest_checkpoint(run), newest_checkpoint(run) / "model.zip"]
    policies = [make_policy(f"sb3:{path}", GAME) for path in spoken]
    assert {policy.name for policy in policies} == {"short"}
    assert len({policy.digest() for policy in policies}) == 1
    onnx = make_policy(f"onnx:{run / 'policy.onnx'}", GAME)
    assert onnx.name == "short"
    assert payoff(onnx, "tit_for_tat") == payoff(policies[0], "tit_for_tat")
    with pytest.raises(ParameterError, match=f"trained in {GAME}"):
        make_policy(f"sb3:{run}", BARGAIN)


def test_a_folder_holds_one_run_only(run):
    with pytest.raises(ParameterError, match="holds a run already: resume it"):
        train(GAME, "ppo", 1000, run, **SMALL, **POPULATION)
    for change, named in (({"seed": 7}, "seed=7"), ({"horizon": 3}, "horizon=3")):
        with pytest.raises(ParameterError, match=f"is another one: {named} was asked for, it has"):
            train(GAME, "ppo", 1000, run, resume=True, **{**SMALL, **POPULATION, **change})


@pytest.mark.parametrize("file", ["training.pkl", "model.zip"])
@pytest.mark.parametrize(
    "damage", [lambda content: content[:100], lambda content: b"", lambda content: b"\x80\x04K\x01."]
)
def test_a_damaged_checkpoint_is_refused(tmp_path, no_export, file, damage):
    arguments = {"opponents": ["random"], **SMALL}
    folder = train(GAME, "ppo", ROLLOUT, tmp_path / "run", **arguments)
    path = newest_checkpoint(folder) / file
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CorruptFile, match=file):
        train(GAME, "ppo", 2 * ROLLOUT, folder, resume=True, **arguments)


def test_what_a_killed_run_left_half_written_is_cleared_away(tmp_path, no_export):
    arguments = {"opponents": ["random"], **SMALL}
    folder = train(GAME, "ppo", ROLLOUT, tmp_path / "run", **arguments)
    (folder / "checkpoints/.000000000999.ab12.tmp").mkdir()
    train(GAME, "ppo", 2 * ROLLOUT, folder, resume=True, **arguments)
    assert not list((folder / "checkpoints").glob(".*"))


def test_self_play_learns_on_every_seat(tmp_path, no_export):
    folder = train(GAME, "ppo", 2 * ROLLOUT, tmp_path / "run", self_play=True, **SMALL)
    assert newest_checkpoint(folder).name == f"{2 * ROLLOUT:012d}"  # one rollout of 32 rows


def test_a_grid_is_trained_on_and_exported(tmp_path):
    folder = train(LIFEBOAT, "maskable_ppo", ROLLOUT, tmp_path / "run", opponents=["random_legal"], **SMALL)
    assert set(make_policy(f"onnx:{folder / 'policy.onnx'}", LIFEBOAT).signature.inputs) == {"vector", "grid"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"algo": "sarsa"}, "algo='sarsa': expected one of"),
        ({"steps": 0}, "steps=0: expected an integer at least 1"),
        ({"games": 0}, "games=0"),
        ({"seat": 2}, "seat=2"),
        ({"self_play": True, "opponents": ["random"]}, "in self-play all seats learn"),
        ({"hyperparameters": {"wings": 2}}, "wings"),
        ({"horizon": -1}, "horizon=-1"),
        ({"env_id": BARGAIN, "algo": "dqn", "opponents": ["random_legal"]}, "use maskable_ppo"),
        (
            {"env_id": BARGAIN, "opponents": ["random_legal"], "games": 64, "steps": 5000},
            "maskable_ppo keeps to what is legal",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(tmp_path, arguments, message):
    defaults = {"env_id": GAME, "steps": 100, "out": tmp_path / "run", "quiet": True}
    with pytest.raises(ParameterError, match=message):
        train(**{**defaults, **arguments})


def test_the_torch_threads_of_the_caller_are_given_back(tmp_path, no_export):
    torch.set_num_threads(2)
    try:
        train(GAME, "ppo", 1, tmp_path / "run", **SMALL)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
