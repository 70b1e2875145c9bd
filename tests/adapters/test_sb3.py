"""Worlds as Stable-Baselines3 sees them."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from dynenvs import make_world, sb3_vec_env
from dynenvs.adapters.sb3 import SeatVecEnv
from dynenvs.core.errors import IllegalAction, ParameterError, UnknownPolicy
from dynenvs.policies import BackgroundPolicy, RandomPolicy
from dynenvs.policies.past_selves import PastSelves

from .small_worlds import BARGAIN, FISHERY, LIFEBOAT, small_worlds  # noqa: F401

GAME, POLE = "dynenvs/RepeatedGame-v0", "dynenvs/RobustCartPole-v0"
COOPERATE, DEFECT = 0, 1


class Always:
    """Plays one action, and counts how it is treated."""

    seat = "external"

    def __init__(self, action, name="always"):
        self.action, self.name = action, name
        self.begun, self.asked = [], 0

    def digest(self):
        return "0" * 16

    def reset(self, world, games):
        self.begun.append(games.tolist())

    def act(self, turn):
        self.asked += len(turn)
        return np.full(len(turn), self.action, turn.world.idle_actions.dtype)


def moves(env, *rounds):
    """Play rounds in which every row does the same; return the rewards, one row a round."""
    return np.array([env.step(np.full(env.num_envs, move))[1] for move in rounds])


# What the rows are.


def test_self_play_has_a_row_for_every_seat_of_every_game():
    env = sb3_vec_env(GAME, 3, seats=["external", "external"], horizon=4)
    observations = env.reset()
    assert env.num_envs == 6
    assert observations.shape == (6, env.world.layout.roles[0].observation.size)
    _, rewards, dones, _ = env.step(np.array([COOPERATE, DEFECT] * 3))  # game after game, seat after seat
    assert rewards.tolist() == [0.0, 5.0] * 3
    assert not dones.any()


def test_one_seat_meets_a_population_drawn_anew_at_every_episode():
    env = sb3_vec_env(GAME, 200, seats=["external", ["always_cooperate", "always_defect"]], horizon=1)
    env.reset()
    payoffs = moves(env, *[COOPERATE] * 10)
    assert set(np.unique(payoffs)) == {0.0, 3.0}
    assert 0.4 < (payoffs == 3.0).mean() < 0.6
    assert (payoffs[0] != payoffs[1]).any()


def test_without_a_table_the_other_seats_are_played_as_the_record_says():
    env = sb3_vec_env(GAME, 2)
    assert env.num_envs == 2
    assert env.world.seats == ("external", ["tit_for_tat"])


def test_the_learner_can_sit_elsewhere():
    env = sb3_vec_env(GAME, 2, seat=1, opponents=["always_cooperate"], payoffs=[[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    env.reset()
    assert moves(env, DEFECT).tolist() == [[6.0, 6.0]]  # the column player's, at (cooperate, defect)


def test_a_seat_may_learn_in_some_episodes_and_be_played_in_others():
    env = sb3_vec_env(GAME, 100, seats=[["external", "always_defect"], "always_cooperate"], horizon=2)
    env.reset()
    _, rewards, _, _ = env.step(np.full(100, COOPERATE))
    acted = env.turns.acted
    assert 30 < acted.sum() < 70
    assert rewards[acted].tolist() == [3.0] * acted.sum()
    assert not rewards[~acted].any()
    _, _, dones, infos = env.step(np.full(100, COOPERATE))
    assert dones.all()
    assert [bool(info) for info in infos] == acted.tolist()


def test_spaces_are_those_of_the_learning_role():
    assert sb3_vec_env(GAME, 1).action_space.n == 2
    fishery = sb3_vec_env(FISHERY, 1, seats=["external"] * 3)
    assert (fishery.action_space.low, fishery.action_space.high, fishery.action_space.dtype) == (0, 1, np.float32)
    responder = sb3_vec_env(BARGAIN, 1, seat=1, opponents=[RandomPolicy()])
    assert responder.observation_space.shape == (2,)
    proposer = sb3_vec_env(BARGAIN, 1, opponents=[RandomPolicy()])
    assert proposer.observation_space.shape == (1,)  # not padded to the responder's width
    assert proposer.observation_space.contains(proposer.reset()[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"env_id": BARGAIN}, r"seats 0 \(proposer\) and 1 \(responder\) observe or act differently"),
        ({"seats": ["tit_for_tat", "tit_for_tat"]}, "expected 'external' for at least one seat"),
        ({"seats": ["external", -2]}, r"the seats name the codes \[-2\], but 0 opponents stand for \[\]"),
        ({"seats": ["external", -3], "opponents": [RandomPolicy()]}, r"codes \[-3\], but 1 opponents stand for \[-2\]"),
        ({"seats": ["external", "external"], "opponents": ["tit_for_tat"]}, "belong there"),
        ({"seat": 2}, "seat=2: expected an integer in"),
        ({"num_games": 0}, "num_games=0: expected an integer"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ParameterError, match=message):
        sb3_vec_env(**{"env_id": GAME, "num_games": 2, **arguments})


def test_an_unknown_opponent_is_named_with_its_nearest():
    with pytest.raises(UnknownPolicy, match="tit_for_tat"):
        sb3_vec_env(GAME, 2, opponents=["tit_for_tta"])


def test_a_world_that_does_not_reset_within_the_step_is_refused():
    with pytest.raises(ParameterError, match="autoreset='disabled'"):
        SeatVecEnv(make_world(GAME, 2))


def test_a_policy_of_the_kernel_is_no_opponent_outside_of_it():
    world = make_world(GAME, 2, seats=["external", -2], autoreset="same_step")
    with pytest.raises(ParameterError, match="'tit_for_tat' plays inside the kernel"):
        SeatVecEnv(world, opponents=[BackgroundPolicy("tit_for_tat")])


# Steps, ends, and what is told about them.


def test_the_terminal_observation_is_what_a_world_stepped_by_hand_shows():
    seats, params = ["external", "tit_for_tat"], {"horizon": 7, "execution_noise": 0.3}
    env = sb3_vec_env(GAME, 5, seats=seats, seed=11, **params)
    world = make_world(GAME, 5, seats=seats, **params)
    world.reset(11)
    observations = env.reset()
    rng = np.random.default_rng(0)
    for step in range(7):
        assert np.array_equal(observations, world.buffers.vector[:, 0])
        chosen = rng.integers(2, size=5)
        world.step(np.stack([chosen, np.zeros(5, np.int64)], axis=1))
        observations, rewards, dones, infos = env.step(chosen)
        assert rewards.tolist() == world.buffers.rewards[:, 0].tolist()
        assert dones.all() == (step == 6)
    for game, info in enumerate(infos):
        assert np.array_equal(info["terminal_observation"], world.buffers.vector[game, 0])
        assert info["episode"] == {"r": world.buffers.episode_returns[game, 0], "l": 7}
        assert (info["seed"], info["episode_index"]) == (11 + game, 0)
    world.reset()  # the next episode of each seed
    assert np.array_equal(observations, world.buffers.vector[:, 0])


def test_any_episode_can_be_replayed_from_its_identity():
    env = sb3_vec_env(GAME, 3, seats=["external", "random"], seed=5, horizon=10, execution_noise=0.2)
    env.reset()
    for _ in range(40):
        _, _, dones, infos = env.step(np.zeros(3, np.int64))
    assert dones.all()
    replay = make_world(GAME, 1, seats=["external", "random"], horizon=10, execution_noise=0.2)
    for info in infos:
        assert info["episode_index"] == 3
        replay.reset([info["seed"]], episodes=[info["episode_index"]])
        while replay.buffers.alive.any():
            replay.step(np.zeros((1, 2), np.int64))
        assert replay.buffers.episode_returns[0, 0] == info["episode"]["r"]
        assert np.array_equal(replay.buffers.vector[0, 0], info["terminal_observation"])


@pytest.mark.parametrize("known", [True, False])
def test_truncation_is_told_from_termination(known):
    env = sb3_vec_env(GAME, 2, horizon=3, horizon_known=known)
    env.reset()
    for _ in range(3):
        _, _, dones, infos = env.step(np.zeros(2, np.int64))
    assert dones.all()
    assert [info["TimeLimit.truncated"] for info in infos] == [not known] * 2


def test_rows_where_nothing_ended_have_empty_infos_of_their_own():
    env = sb3_vec_env(GAME, 3)
    env.reset()
    infos = env.step(np.zeros(3, np.int64))[3]
    assert infos == [{}, {}, {}]
    infos[0]["mine"] = 1
    assert infos[1] == {}


def test_what_was_returned_is_never_overwritten():
    env = sb3_vec_env(GAME, 4, seats=["external"] * 2, execution_noise=0.5, horizon=5)
    kept = [env.reset()]
    copies = [kept[0].copy()]
    for _ in range(12):
        returned = env.step(np.zeros(8, np.int64))
        kept += [*returned[:3], *(info["terminal_observation"] for info in returned[3] if info)]
        copies += [array.copy() for array in kept[len(copies) :]]
    assert all(np.array_equal(array, copied) for array, copied in zip(kept, copies, strict=True))


def test_an_illegal_action_is_refused_before_anything_moves():
    env = sb3_vec_env(BARGAIN, 2, opponents=[Always(0)], pie=3)
    env.reset()
    env.step(np.array([3, 3]))
    env.step(np.array([0, 0]))  # refused: the pie shrinks to two
    before = env.world.digest()
    with pytest.raises(IllegalAction, match="offer 3 is masked; legal here: 0, 1, 2"):
        env.step(np.array([2, 3]))
    assert env.world.digest() == before


def test_a_player_who_leaves_early_ends_alone_and_waits_without_a_turn_for_the_next_game():
    env = sb3_vec_env(LIFEBOAT, 1, seats=["external"] * 3, seed=9)
    env.reset()
    told = []
    for _ in range(5):
        _, rewards, dones, infos = env.step(np.tile([1, 1], (3, 1)))
        told.append((env.turns.acted.tolist(), rewards.tolist(), dones.tolist(), infos))
    assert [acted for acted, *_ in told] == [[True] * 3] * 2 + [[False, True, True]] * 2 + [[True] * 3]
    assert [rewards[0] for _, rewards, *_ in told] == [11.0, 11.0, 0.0, 0.0, 11.0]
    assert [dones for *_, dones, _ in told] == [
        [False] * 3,
        [True, False, False],
        [False] * 3,
        [False, True, True],
        [False] * 3,
    ]
    fallen, rescued = told[1][3][0], told[3][3][1]
    assert (fallen["episode"], fallen["TimeLimit.truncated"]) == ({"r": 22.0, "l": 2}, False)
    assert (rescued["episode"], rescued["TimeLimit.truncated"]) == ({"r": 44.0, "l": 4}, True)
    assert fallen["terminal_observation"]["vector"] == [2.0]
    assert rescued["terminal_observation"]["grid"].tolist() == [[[0], [2], [1]]]
    assert (rescued["seed"], rescued["episode_index"]) == (fallen["seed"], fallen["episode_index"]) == (9, 0)


def test_grids_come_beside_the_vector_and_heads_side_by_side():
    env = sb3_vec_env(LIFEBOAT, 2, seats=["external"] * 3)
    observations = env.reset()
    assert observations["vector"].shape == (6, 1)
    assert observations["grid"].tolist()[:2] == [[[[2], [1], [1]]], [[[1], [2], [1]]]]
    assert env.action_space.nvec.tolist() == [3, 3]
    assert env.action_masks().tolist() == [[True] * 6] * 6
    env.step(np.zeros((6, 2), np.int64))
    assert env.action_masks().tolist() == [[True, True, False] * 2] * 6


# Seeds.


def test_a_seed_counts_at_the_next_reset_and_episodes_go_on_without_one():
    env = sb3_vec_env(GAME, 3, seed=7)
    env.reset()
    assert env.world.buffers.seeds.tolist() == [7, 8, 9]
    assert env.seed(100) == [100, 101, 102]
    assert env.world.buffers.seeds.tolist() == [7, 8, 9]
    env.reset()
    assert env.reset_infos == [{"seed": seed, "episode_index": 0} for seed in (100, 101, 102)]
    env.reset()
    assert env.reset_infos == [{"seed": seed, "episode_index": 1} for seed in (100, 101, 102)]


def test_rows_of_one_game_share_its_seed():
    env = sb3_vec_env(GAME, 2, seats=["external"] * 2)
    assert env.seed(4) == [4, 4, 5, 5]


def test_the_same_seed_trains_the_same_weights():
    def weights():
        env = sb3_vec_env(GAME, 8, seats=["external", "random"], horizon=10)
        model = PPO("MlpPolicy", env, n_steps=16, batch_size=64, seed=3, device="cpu").learn(300)
        return torch.cat([parameter.flatten() for parameter in model.policy.parameters()])

    assert torch.equal(weights(), weights())


# Turns.


def test_masks_are_those_of_the_moment():
    env = sb3_vec_env(BARGAIN, 2, opponents=[Always(0)], pie=3)
    env.reset()
    assert is_masking_supported(env)
    assert get_action_masks(env).tolist() == [[True] * 4] * 2
    env.step(np.array([1, 1]))
    env.step(np.array([0, 0]))
    assert get_action_masks(env).tolist() == [[True, True, True, False]] * 2
    assert env.env_method("action_masks", indices=[1])[0].tolist() == [True, True, True, False]


def test_rows_tell_whether_they_acted_and_whether_they_will():
    env = sb3_vec_env(BARGAIN, 1, opponents=[Always(0)], pie=2)
    env.reset()
    told = []
    for _ in range(4):
        _, _, dones, _ = env.step(np.array([0]))
        told.append((env.turns.acted[0], env.turns.acting[0], dones[0]))
    assert told == [(True, False, False), (False, True, False), (True, False, False), (False, True, True)]


def test_earnings_wait_for_the_seats_next_turn_or_the_end():
    env = sb3_vec_env(BARGAIN, 1, opponents=[Always(1)], pie=5)
    env.reset()
    assert [env.step(np.array([2]))[1][0] for _ in range(4)] == [0.0, 3.0, 0.0, 3.0]
    responder = sb3_vec_env(BARGAIN, 1, seat=1, opponents=[Always(4)], pie=5)
    responder.reset()
    assert [responder.step(np.array([1]))[1][0] for _ in range(4)] == [0.0, 4.0, 0.0, 4.0]


# Opponents outside the kernel.


def test_opponents_are_asked_only_for_their_seats_and_told_of_every_new_episode():
    first, second = Always(COOPERATE), Always(DEFECT)
    env = sb3_vec_env(GAME, 50, opponents=[first, second, "always_cooperate"], horizon=2)
    env.reset()
    payoffs = moves(env, COOPERATE, COOPERATE, COOPERATE)
    assert first.asked + second.asked < 150  # the kernel plays the rest
    assert min(first.asked, second.asked) > 15
    assert (payoffs == 0.0).sum() == second.asked
    assert first.begun == second.begun == [list(range(50))] * 2


def test_an_opponent_can_be_replaced_in_the_middle():
    env = sb3_vec_env(GAME, 4, opponents=[Always(COOPERATE)], horizon=100)
    env.reset()
    assert moves(env, COOPERATE).tolist() == [[3.0] * 4]
    newcomer = Always(DEFECT)
    env.replace_opponent(0, newcomer)
    assert moves(env, COOPERATE, COOPERATE).tolist() == [[0.0] * 4] * 2
    assert newcomer.begun == [[0, 1, 2, 3]]
    with pytest.raises(ParameterError, match="opponent 1: expected one of the 1"):
        env.replace_opponent(1, newcomer)


def test_past_selves_are_added_during_training_and_games_under_way_keep_theirs():
    pool = PastSelves(size=1)
    pool.add(Always(COOPERATE))
    env = sb3_vec_env(GAME, 3, opponents=[pool], horizon=3)
    env.reset()
    payoffs = [moves(env, COOPERATE)]
    pool.add(Always(DEFECT))
    payoffs += [moves(env, *[COOPERATE] * 3)]
    assert np.concatenate(payoffs)[:, 0].tolist() == [3.0, 3.0, 3.0, 0.0]
    assert pool.num_added == 2


# What else SB3 asks.


def test_attributes_and_methods_are_shared_by_all_rows():
    env = sb3_vec_env(GAME, 3)
    assert env.get_attr("world", [0, 2]) == [env.world, env.world]
    assert env.has_attr("turns")
    assert not env.has_attr("wings")
    env.set_attr("render_mode", "ansi")
    assert env.get_attr("render_mode", 1) == ["ansi"]
    with pytest.raises(ParameterError, match="rows share their attributes"):
        env.set_attr("render_mode", None, indices=[0])
    assert env.env_method("seed", 3, indices=[0]) == [[3, 4, 5]]


def test_it_counts_as_monitored_and_as_nothing_else():
    env = sb3_vec_env(GAME, 2)
    assert env.env_is_wrapped(Monitor) == [True, True]
    assert env.env_is_wrapped(DummyVecEnv, 0) == [False]


def test_options_of_a_reset_change_parameters_of_all_games_or_of_each_and_they_stay():
    env = sb3_vec_env("dynenvs/RobustCartPole-v0", 3)
    env.set_options({"params": {"masspole": np.array([0.1, 0.2, 0.3]), "length": 0.7}})
    for _ in range(2):
        env.reset()
        assert [(params.masspole, params.length) for params in env.world.game_params] == [
            (0.1, 0.7),
            (0.2, 0.7),
            (0.3, 0.7),
        ]
    env.set_options()
    env.reset()
    assert env.world.game_params[2].masspole == 0.3


def test_each_environment_may_have_options_of_its_own_as_in_sb3():
    env = sb3_vec_env(POLE, 3)
    env.set_options([{"params": {"masspole": 0.5}}, {}, {"params": {"length": 2, "masspole": 1}}])
    env.reset()
    assert [(params.masspole, params.length) for params in env.world.game_params] == [(0.5, 0.5), (0.1, 0.5), (1, 2)]
    with pytest.raises(ParameterError, match=r"varies=.*'episode', 'never', 'never'.*: expected numbers, or the same"):
        env.set_options([{"params": {"varies": "episode"}}, {}, {}])
    env = sb3_vec_env(GAME, 1, seats=["external", "external"], horizon=9)
    with pytest.raises(ParameterError, match="rows of game 0 give horizon as 5 and 9"):
        env.set_options([{"params": {"horizon": 5}}, {}])
    env.set_options([{"params": {"horizon": 5}}] * 2)
    env.reset()
    assert env.world.game_params[0].horizon == 5


def test_options_reach_the_games_through_the_wrappers_of_sb3_and_a_training():
    env = VecNormalize(sb3_vec_env(POLE, 4))
    env.set_options({"params": {"masspole": 1.5}})
    PPO("MlpPolicy", env, n_steps=8, batch_size=8, n_epochs=1, device="cpu").learn(32)
    assert env.unwrapped.world.state.physics[:, 2].tolist() == [1.5] * 4


def test_physics_set_as_an_attribute_or_by_a_method_is_refused_with_the_call_that_changes_it():
    env = sb3_vec_env(POLE, 2)
    env.reset()
    before = env.world.digest()
    advice = r"env.set_options\(\{'params': \{'masspole': 1.5\}\}\), then env.reset\(\)"
    with pytest.raises(ParameterError, match=rf"set_attr\('masspole'\): no such attribute; .*{advice}"):
        env.set_attr("masspole", 1.5)
    with pytest.raises(ParameterError, match=r"set_attr\('polemass'\): no such attribute; .*\{NAME: VALUE\}"):
        env.set_attr("polemass", 1.5)
    with pytest.raises(ParameterError, match=r"env_method\('set_params'\): no such method; .*env.set_options"):
        env.env_method("set_params", masspole=1.5)
    with pytest.raises(ParameterError, match=r"env_method\('reset'\): expected no arguments; .*env.set_options"):
        env.env_method("reset", options={"params": {"masspole": 1.5}})
    assert env.world.digest() == before


@pytest.mark.parametrize(
    "options",
    [{"horizon": 3}, [{"params": {"horizon": 3}}], [{"horizon": 3}, {}], [{}, 3], {"params": 3}, "params", 3],
)
def test_options_of_a_reset_that_nobody_knows_are_refused_rather_than_ignored(options):
    with pytest.raises(ParameterError, match="options="):
        sb3_vec_env(GAME, 2).set_options(options)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))], ids=["deepcopy", "pickle"]
)
def test_a_copy_has_the_same_future_and_a_life_of_its_own(copied):
    env = sb3_vec_env(
        GAME, 4, seats=["external", ["random", -2]], opponents=[RandomPolicy()], execution_noise=0.3, horizon=5
    )
    env.reset()
    moves(env, COOPERATE, DEFECT, COOPERATE)
    twin = copied(env)
    digest = env.world.digest()
    ours = moves(env, *[DEFECT] * 9)
    assert twin.world.digest() == digest
    assert np.array_equal(moves(twin, *[DEFECT] * 9), ours)
    assert twin.world.digest() == env.world.digest() != digest


def test_wrappers_of_sb3_go_around_it():
    env = VecNormalize(sb3_vec_env(GAME, 4, seats=["external"] * 2, horizon=5))
    env.reset()
    for _ in range(5):
        observations, _, dones, infos = env.step(np.zeros(8, np.int64))
    assert dones.all()
    assert observations.shape == (8, env.observation_space.shape[0])
    assert infos[0]["episode"]["l"] == 5


@pytest.mark.filterwarnings("error")
def test_evaluate_policy_reads_exact_returns():
    env = sb3_vec_env(GAME, 4, seats=["external", "always_defect"], horizon=10)
    model = PPO("MlpPolicy", env, n_steps=8, batch_size=32, seed=0, device="cpu")
    returns, lengths = evaluate_policy(model, env, n_eval_episodes=8, return_episode_rewards=True)
    assert lengths == [10] * 8
    assert all(0 <= value <= 10 and value == int(value) for value in returns)


@pytest.mark.parametrize("algorithm", [PPO, MaskablePPO, DQN])
def test_algorithms_of_sb3_learn_in_it(algorithm):
    env = sb3_vec_env(GAME, 8, seats=["external"] * 2, horizon=10)
    keywords = {"learning_starts": 32} if algorithm is DQN else {"n_steps": 8, "batch_size": 64}
    model = algorithm("MlpPolicy", env, seed=0, device="cpu", **keywords)
    before = torch.cat([parameter.flatten() for parameter in model.policy.parameters()]).clone()
    model.learn(400)
    after = torch.cat([parameter.flatten() for parameter in model.policy.parameters()])
    assert not torch.equal(before, after)
    assert model.ep_info_buffer[-1]["l"] == 10


def test_continuous_actions_are_learnt():
    env = sb3_vec_env(FISHERY, 4, seats=["external"] * 3, horizon=10)
    model = PPO("MlpPolicy", env, n_steps=16, batch_size=64, seed=0, device="cpu").learn(400)
    assert len(model.ep_info_buffer) > 0


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (None, r"actions None: expected integers of shape \(3,\)$"),
        ([0, 0], r"actions \[0, 0\] of shape \(2,\), type int64: expected integers of shape \(3,\)$"),
        ([0.0, 0, 0], r"actions \[0.0, 0, 0\] of shape \(3,\), type float64: expected integers of shape \(3,\)$"),
        ([[0, 0, 0]], r"actions \[\[0, 0, 0\]\] of shape \(1, 3\), type int64: expected integers of shape \(3,\)$"),
        ([[0], [0, 1], [0]], r"actions \[.*\], which is ragged: expected integers of shape \(3,\)$"),
    ],
)
def test_actions_of_another_shape_are_told_as_they_were_given(actions, message):
    env = sb3_vec_env(GAME, 3)
    env.reset()
    before = env.world.digest()
    with pytest.raises(IllegalAction, match=message):
        env.step(actions)
    assert env.world.digest() == before


@pytest.mark.parametrize("seed", [-1, 2**64 - 2, "a", None, True])
def test_a_first_seed_that_does_not_fit_is_refused_at_once(seed):
    with pytest.raises(ParameterError, match=f"seed={seed!r}: expected an integer in"):
        sb3_vec_env(GAME, 3, seed=seed)
