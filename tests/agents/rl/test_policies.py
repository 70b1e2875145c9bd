"""Trained networks at play."""

import copy
import pickle
import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from sb3_contrib import RecurrentPPO
from stable_baselines3 import DQN, PPO

from dynenvs import make_policy, make_world, sb3_vec_env
from dynenvs.cli import main
from dynenvs.core.errors import CorruptFile, LifecycleError, MissingExtra, ParameterError
from dynenvs.policies import Policy, turn_of
from dynenvs_agents.rl.onnx_files import write_onnx
from dynenvs_agents.rl.policies import TorchPolicy

from ...adapters.small_worlds import BARGAIN, FISHERY, small_worlds  # noqa: F401

GAME = "dynenvs/RepeatedGame-v0"


def model_of(algorithm=PPO, env_id=GAME, policy="MlpPolicy", **keywords):
    seats = ["external"] * 3 if env_id == FISHERY else None
    return algorithm(policy, sb3_vec_env(env_id, 2, seats=seats), seed=0, device="cpu", **keywords)


def frozen(*arguments, **keywords):
    return TorchPolicy("p", model_of(*arguments, **keywords).policy)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The string of a policy in a file: the untrained weights of `model_of()`."""
    path = tmp_path_factory.mktemp("exported") / "p.onnx"
    write_onnx(path, model_of().policy, env_id=GAME, params={}, name="p", algorithm="ppo")
    return f"onnx:{path}"


def play(policy, games=6, seeds=None, steps=20, **params):
    """Let a policy play seat 0 of the repeated game; return its moves, a row a game."""
    params = {"execution_noise": 0.2, "horizon": 100, **params}
    world = make_world(GAME, games, seats=["external", "random"], **params)
    world.reset(40 if seeds is None else seeds)
    policy.reset(world, np.arange(games))
    moves = []
    for _ in range(steps):
        turn = turn_of(world, world.buffers.acting & (world.buffers.seats < 0))
        moves.append(policy.act(turn)[:, 0])
        world.step(np.stack([moves[-1], moves[-1]], axis=1))
    return np.array(moves).T


def test_argmax_is_what_sb3_predicts_at_another_batch_size(exported):
    model, policy = model_of(), make_policy(f"{exported}?deterministic=true", GAME)
    world = make_world(GAME, 50, seats=["external", "random"], execution_noise=0.3)
    world.reset(0)
    policy.reset(world, np.arange(50))
    for _ in range(20):
        turn = turn_of(world, world.buffers.seats < 0)
        predicted, _ = model.predict(turn.observations, deterministic=True)
        assert policy.act(turn)[:, 0].tolist() == predicted.tolist()
        world.step(np.stack([1 - predicted, predicted], axis=1))


def test_a_sampling_policy_plays_a_game_alike_alone_and_in_a_crowd(exported):
    policy = make_policy(exported, GAME)
    crowd = play(policy, games=6)
    assert len({tuple(row) for row in crowd}) > 1
    for game in range(6):
        assert play(policy, games=1, seeds=[40 + game]).tolist() == [crowd[game].tolist()]


def test_onnx_and_torch_play_the_same_game(exported):
    assert np.array_equal(play(make_policy(exported, GAME)), play(frozen()))


def test_a_recurrent_policy_remembers_each_game_and_forgets_at_its_end():
    policy = frozen(RecurrentPPO, policy="MlpLstmPolicy", policy_kwargs={"lstm_hidden_size": 8})
    alone = play(policy, games=1)
    remembered = policy._memory.copy()
    assert remembered.any()
    world = make_world(GAME, 1, seats=["external", "random"], execution_noise=0.2)
    world.reset(40)
    policy.reset(world, np.array([0]))
    assert not policy._memory.any()
    assert np.array_equal(play(policy, games=1), alone)
    assert np.array_equal(play(policy, games=3)[0], alone[0])


def test_dqn_takes_its_best_action_unless_told_otherwise(tmp_path):
    model_of(DQN).save(tmp_path / "mine.zip")
    spec = f"sb3:{tmp_path / 'mine.zip'}?algo=dqn"
    assert make_policy(spec, GAME).deterministic
    assert not make_policy(f"{spec}&deterministic=false", GAME).deterministic


def test_continuous_policies_stay_within_their_bounds():
    env = sb3_vec_env(FISHERY, 8, opponents=[frozen(env_id=FISHERY)])
    env.reset()
    env.step(np.full((8, 1), 0.1, np.float32))  # the world refuses what is out of bounds
    assert len(np.unique(env._actions[:, 1:])) > 4


def test_names_and_digests_tell_networks_and_ways_to_decide_apart(exported):
    drawing, best = make_policy(exported, GAME), make_policy(f"{exported}?deterministic=true", GAME)
    assert (drawing.name, best.name) == ("p", "p?deterministic=true")
    policies = [drawing, best, frozen(), frozen(policy_kwargs={"net_arch": [3]})]
    digests = [policy.digest() for policy in policies]
    assert len(set(digests)) == 4
    assert all(len(digest) == 16 for digest in digests)
    assert isinstance(drawing, Policy)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda policy: pickle.loads(pickle.dumps(policy))])
def test_copies_play_on(exported, copied):
    for policy in (make_policy(exported, GAME), frozen()):
        assert np.array_equal(play(copied(policy)), play(policy))


def test_a_frozen_policy_does_not_learn_with_the_learner():
    model = model_of(n_steps=8, batch_size=16, learning_rate=0.1)
    past = TorchPolicy("p", model.policy)
    before = past.digest()
    model.learn(64)
    assert past.digest() == before != TorchPolicy("p", model.policy).digest()


def test_a_policy_of_another_environment_or_another_shape_is_refused(exported):
    with pytest.raises(ParameterError, match=f"was trained in {GAME}: expected {BARGAIN}"):
        make_policy(exported, BARGAIN)
    expected = "'p' was made for a vector of 18 numbers against 22 of this world; did it learn under other parameters"
    with pytest.raises(ParameterError) as refused:
        play(make_policy(exported, GAME), memory=4)
    assert str(refused.value) == f"{expected} (the usual ones)?"
    with pytest.raises(ParameterError, match=re.escape(f"{expected}?")):
        play(frozen(), memory=4)


def test_a_policy_in_a_file_says_with_which_parameters_it_learned(tmp_path):
    params = {"memory": 4, "game": "stag hunt"}
    write_onnx(tmp_path / "p.onnx", model_of().policy, env_id=GAME, params=params, name="p", algorithm="ppo")
    with pytest.raises(ParameterError, match=re.escape("(-p 'game=stag hunt' -p memory=4)?")):
        play(make_policy(f"onnx:{tmp_path / 'p.onnx'}", GAME), memory=4)


def test_a_seat_that_does_not_fit_is_refused():
    model = PPO("MlpPolicy", sb3_vec_env(BARGAIN, 2, opponents=["random_legal"]), seed=0, device="cpu")
    policy = TorchPolicy("p", model.policy)
    world = make_world(BARGAIN, 2)
    world.reset(0)
    policy.reset(world, np.arange(2))
    assert policy.act(turn_of(world, world.buffers.acting)).shape == (2, 1)
    with pytest.raises(ParameterError, match=r"'p' cannot play seats \[1\]"):
        policy.act(turn_of(world, np.array([[False, True]] * 2)))


def test_asking_before_the_first_reset_is_refused():
    world = make_world(GAME, 2)
    world.reset(0)
    with pytest.raises(LifecycleError, match="call reset"):
        frozen().act(turn_of(world, world.buffers.acting))


@pytest.mark.parametrize(
    ("options", "message"), [("?deterministic=maybe", "'maybe'"), ("?colour=red", "'colour'"), ("?deterministic", "''")]
)
def test_unknown_options_are_refused(exported, options, message):
    with pytest.raises(ParameterError, match=message):
        make_policy(exported + options, GAME)


def test_a_model_of_sb3_plays_once_it_is_said_what_it_is(tmp_path):
    model = model_of()
    model.save(tmp_path / "mine.zip")
    policy = make_policy(f"sb3:{tmp_path / 'mine.zip'}?algo=ppo", GAME)
    assert policy.name == "mine"
    assert np.array_equal(play(policy), play(TorchPolicy("mine", model.policy)))
    with pytest.raises(ParameterError, match=r"\?algo=ppo"):
        make_policy(f"sb3:{tmp_path / 'mine.zip'}", GAME)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and so on", b"text"])
def test_a_damaged_model_is_refused(tmp_path, content):
    (tmp_path / "mine.zip").write_bytes(content)
    with pytest.raises(CorruptFile, match=r"mine\.zip"):
        make_policy(f"sb3:{tmp_path / 'mine.zip'}?algo=ppo", GAME)
    with pytest.raises(CorruptFile, match=r"other\.zip: no such file or folder: expected a run"):
        make_policy(f"sb3:{tmp_path / 'other.zip'}?algo=ppo", GAME)
    with pytest.raises(CorruptFile, match=f"{tmp_path}: a folder without a model: expected a run"):
        make_policy(f"sb3:{tmp_path}?algo=ppo", GAME)


def test_records_of_an_onnx_file_replay_where_it_is_said_where_the_file_is(exported, tmp_path):
    records, out = str(tmp_path / "rec.jsonl"), str(tmp_path / "game.svg")

    def run(*arguments):
        return CliRunner().invoke(main, list(arguments))

    played = run("evaluate", GAME, exported, "--opponents", "tit_for_tat", "--episodes", "2", "--out", records)
    assert played.exit_code == 0, played.output
    assert "--policy p=onnx:PATH" in run("replay", records, "--out", out).output
    result = run("replay", records, "--policy", f"p={exported}", "--out", out)
    assert (result.exit_code, result.output) == (0, f"{out}\n")


@pytest.mark.parametrize("spec", ["onnx:", "onnx:?deterministic=true", "sb3:", "sb3:?algo=ppo"])
def test_a_string_without_a_path_says_where_it_belongs(spec):
    with pytest.raises(
        ParameterError, match=f"policy {re.escape(repr(spec))}: expected a path behind the colon, as in"
    ):
        make_policy(spec, GAME)


@pytest.mark.parametrize(("scheme", "module"), [("sb3", "stable_baselines3"), ("onnx", "onnx")])
def test_a_string_whose_libraries_are_missing_says_how_to_get_them(scheme, module, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"a policy of an {scheme}: string needs {module}: pip install"):
        make_policy(f"{scheme}:{tmp_path}", GAME)
