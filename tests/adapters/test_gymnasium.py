"""Worlds as Gymnasium sees them: one seat of one game, or of many."""

import copy
import re

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode

from dynenvs.adapters.gymnasium import SeatEnv, SeatVectorEnv
from dynenvs.core.errors import IllegalAction, ParameterError, UnknownEnvironment, UnknownPolicy

from .relay import RELAY, relay  # noqa: F401
from .small_worlds import BARGAIN, FISHERY, LIFEBOAT, small_worlds  # noqa: F401

GAME = "dynenvs/RepeatedGame-v0"
PROPOSER, RESPONDER = 0, 1
REFUSE, ACCEPT = 0, 1
COOPERATE, DEFECT = 0, 1


class Scripted:
    """Plays one action for ever; remembers whom it was asked for."""

    seat = "external"

    def __init__(self, name, action):
        self.name, self.action = name, action
        self.begun, self.asked = [], []

    def digest(self):
        return self.name

    def reset(self, world, games):
        self.begun += games.tolist()

    def act(self, turn):
        self.asked += turn.games.tolist()
        return np.full((len(turn), 1), self.action)


def refuser(env_id):
    return Scripted("refuser", REFUSE)


def accepter(env_id):
    return Scripted("accepter", ACCEPT)


def offers_two(env_id):
    return Scripted("offers_two", 2)


def python_policy(factory):
    return f"python:{__name__}:{factory.__name__}"


def seat_env(env_id, background="random_legal", **options):
    return SeatEnv(env_id, background=background, **options)


def vector_env(env_id, num_envs=3, background="random_legal", **options):
    return SeatVectorEnv(env_id, num_envs, background=background, **options)


class TestMaking:
    def test_ids_are_registered_for_one_game_and_for_many(self):
        env = gymnasium.make(GAME, background="always_defect", horizon=7)
        assert isinstance(env.unwrapped, SeatEnv)
        assert env.unwrapped.world.params.horizon == 7
        envs = gymnasium.make_vec("dynenvs:" + GAME, num_envs=5, horizon=7)
        assert isinstance(envs.unwrapped, SeatVectorEnv)
        assert envs.num_envs == 5

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"horizn": 3}, ParameterError, "no parameter 'horizn'; did you mean 'horizon'"),
            ({"background": "tit_for_tatt"}, UnknownPolicy, "'tit_for_tat'"),
            ({"background": "external"}, ParameterError, "expected names of policies that play the other seats"),
            ({"seat": 2}, ParameterError, r"seat=2: expected an integer in \[0, 1\]"),
            ({"observation": "pixels"}, ParameterError, "observation='pixels': expected one of 'flat', 'named'"),
            ({"mask": "nowhere"}, ParameterError, "mask='nowhere': expected one of 'info', 'observation'"),
            ({"render_mode": "smell"}, ParameterError, "render_mode='smell': expected one of"),
        ],
    )
    def test_what_does_not_fit_is_refused_in_one_line(self, options, error, message):
        for make in (SeatEnv, SeatVectorEnv):
            with pytest.raises(error, match=message):
                make(GAME, **options)

    def test_an_unknown_id_lists_the_nearest(self):
        with pytest.raises(UnknownEnvironment, match=f"nearest: '{GAME}'"):
            SeatEnv("dynenvs/RepeatedGames-v0")

    def test_a_family_without_pictures_says_so(self):
        with pytest.raises(ParameterError, match="this environment draws nothing"):
            seat_env(BARGAIN, render_mode="rgb_array")


class TestTurns:
    """The rewards and ends of one seat, while others move in between."""

    def test_the_others_answer_within_the_step(self):
        env = seat_env(BARGAIN, python_policy(refuser), pie=3)
        observation, info = env.reset(seed=1)
        assert observation.tolist() == [3]
        assert info["action_mask"].tolist() == [1, 1, 1, 1]
        pies, rewards, ends = [], [], []
        for _ in range(3):
            observation, reward, terminated, truncated, info = env.step(1)
            pies.append(observation.tolist())
            rewards.append(reward)
            ends.append((terminated, truncated))
        assert pies == [[2], [1], [0]]
        assert rewards == [0, 0, 0]
        assert ends == [(False, False), (False, False), (True, False)]
        assert (info["end_reason"], info["return"], info["length"]) == ("wasted", 0, 6)

    def test_what_the_others_answer_brings_belongs_to_the_step(self):
        env = seat_env(BARGAIN, python_policy(accepter))
        env.reset(seed=1)
        _, reward, terminated, _, info = env.step(2)
        assert (reward, terminated) == (3, True)
        assert (info["end_reason"], info["return"], info["length"]) == ("agreed", 3, 2)

    def test_an_episode_is_shown_from_the_first_turn_of_the_seat_on(self):
        env = seat_env(BARGAIN, python_policy(offers_two), seat=RESPONDER)
        assert env.reset(seed=1)[0].tolist() == [5, 2]
        observation, reward, terminated, _, _ = env.step(REFUSE)
        assert (observation.tolist(), reward, terminated) == ([4, 2], 0, False)
        _, reward, terminated, _, info = env.step(ACCEPT)
        assert (reward, terminated, info["length"]) == (2, True, 4)

    @pytest.mark.parametrize(
        ("options", "rewards", "reason"),
        [
            ({"seat": 0}, [1 + 2, 3 + 4, 5 + 6], "arrived"),
            ({"seat": 1}, [1 + 2 + 3, 4 + 5, 6], "arrived"),  # the 1 was earned before its first turn
            ({"seat": 0, "first_drops_out": 3}, [1 + 2, 3], "dropped out"),
            ({"seat": 1, "first_drops_out": 3}, [1 + 2 + 3, 4, 5, 6], "arrived"),
        ],
    )
    def test_what_is_earned_while_waiting_comes_with_the_turn_before(self, options, rewards, reason):
        env = seat_env(RELAY, **options)
        for seed in (1, None):
            env.reset(seed=seed)
            earned, terminated = [], False
            while not terminated:
                _, reward, terminated, truncated, info = env.step(1)
                assert not truncated
                earned.append(reward)
            assert earned == rewards
            assert (info["end_reason"], info["return"]) == (reason, sum(rewards))

    def test_policies_are_told_of_new_episodes_and_asked_for_their_turns_only(self):
        env = seat_env(BARGAIN, python_policy(refuser), pie=2)
        env.reset(seed=1)
        (policy,) = env.table.players.policies.values()
        for _ in range(2):
            env.step(1)
        env.reset()
        env.step(1)
        assert policy.begun == [0, 0]
        assert policy.asked == [0, 0, 0]

    def test_an_illegal_action_asks_nobody(self):
        env = seat_env(BARGAIN, python_policy(refuser))
        env.reset(seed=1)
        (policy,) = env.table.players.policies.values()
        with pytest.raises(IllegalAction):
            env.step(99)
        assert policy.asked == []

    def test_several_policies_take_turns_by_the_seed(self):
        env = seat_env(BARGAIN, [python_policy(refuser), python_policy(accepter)])
        answers = set()
        for seed in range(20):
            env.reset(seed=seed)
            answers.add(env.step(1)[2])
        assert answers == {True, False}


class TestAutoreset:
    """A responder who always takes the two tokens it is offered: what a vector shows at each step, in each mode."""

    def envs(self, mode):
        envs = vector_env(BARGAIN, 2, python_policy(offers_two), seat=RESPONDER, autoreset_mode=mode)
        observations, _ = envs.reset(seed=1)
        assert observations.tolist() == [[5, 2], [5, 2]]
        return envs

    def test_next_step(self):
        envs = self.envs(AutoresetMode.NEXT_STEP)
        observations, rewards, terminations, _, infos = envs.step([REFUSE, ACCEPT])
        assert observations.tolist() == [[4, 2], [5, 2]]
        assert rewards.tolist() == [0, 2]
        assert terminations.tolist() == [False, True]
        assert infos["final_info"]["return"].tolist() == [0, 2]
        assert infos["final_info"]["length"].tolist() == [0, 2]
        assert infos["_final_info"].tolist() == [False, True]
        assert infos["episode_index"].tolist() == [0, 0]
        assert "final_obs" not in infos

        observations, rewards, terminations, _, infos = envs.step([ACCEPT, REFUSE])  # the second one is not played
        assert observations.tolist() == [[4, 2], [5, 2]]
        assert rewards.tolist() == [2, 0]
        assert terminations.tolist() == [True, False]
        assert infos["episode_index"].tolist() == [0, 1]

    def test_same_step(self):
        envs = self.envs(AutoresetMode.SAME_STEP)
        observations, rewards, terminations, _, infos = envs.step([REFUSE, ACCEPT])
        assert observations.tolist() == [[4, 2], [5, 2]]
        assert rewards.tolist() == [0, 2]
        assert terminations.tolist() == [False, True]
        assert infos["final_obs"][1].tolist() == [5, 2]
        assert infos["_final_obs"].tolist() == [False, True]
        assert infos["final_info"]["return"].tolist() == [0, 2]
        assert infos["episode_index"].tolist() == [0, 1]

        observations, rewards, terminations, _, _ = envs.step([ACCEPT, REFUSE])  # both are played
        assert observations.tolist() == [[5, 2], [4, 2]]
        assert rewards.tolist() == [2, 0]
        assert terminations.tolist() == [True, False]

    def test_disabled(self):
        envs = self.envs(AutoresetMode.DISABLED)
        envs.step([REFUSE, ACCEPT])
        observations, rewards, terminations, _, infos = envs.step([REFUSE, REFUSE])  # the second one is not played
        assert observations.tolist() == [[3, 2], [5, 2]]
        assert rewards.tolist() == [0, 0]
        assert terminations.tolist() == [False, True]
        assert infos["episode_index"].tolist() == [0, 0]

        observations, infos = envs.reset(options={"reset_mask": np.array([False, True])})
        assert observations.tolist() == [[3, 2], [5, 2]]
        assert infos["episode_index"].tolist() == [0, 1]
        assert envs.step([REFUSE, REFUSE])[0].tolist() == [[2, 2], [4, 2]]

    @pytest.mark.parametrize("mode", list(AutoresetMode))
    @pytest.mark.parametrize(("seat", "drops_out"), [(0, 6), (1, 6), (0, 3), (1, 3)])
    def test_every_mode_pays_each_episode_alike(self, mode, seat, drops_out):
        """Also what is earned before the first turn, and where the seat's episode ends before the game."""
        single = seat_env(RELAY, seat=seat, first_drops_out=drops_out)
        single.reset(seed=4)
        expected, terminated = [], False
        while not terminated:
            _, reward, terminated, _, _ = single.step(1)
            expected.append(reward)

        envs = vector_env(RELAY, 2, seat=seat, first_drops_out=drops_out, autoreset_mode=mode)
        envs.reset(seed=4)
        paid, fresh = [[], []], False
        while len(paid) < 8:
            _, rewards, terminations, _, infos = envs.step([1, 1])
            if fresh:  # the step that began an episode
                assert rewards.tolist() == [0, 0]
            else:
                for game in range(2):
                    paid[-2 + game].append(rewards[game])
            if terminations.all():
                assert infos["final_info"]["return"].tolist() == [sum(expected)] * 2
                paid += [[], []]
                if mode == AutoresetMode.DISABLED:
                    envs.reset(options={"reset_mask": np.ones(2, bool)})
            fresh = mode == AutoresetMode.NEXT_STEP and terminations.all()
        assert paid[:6] == [expected] * 6

    def test_the_mode_stands_in_the_metadata(self):
        for mode in AutoresetMode:
            assert vector_env(BARGAIN, autoreset_mode=mode).metadata["autoreset_mode"] is mode
            assert vector_env(BARGAIN, autoreset_mode=mode.value).metadata["autoreset_mode"] is mode
        with pytest.raises(ParameterError, match="autoreset_mode='never': expected one of"):
            vector_env(BARGAIN, autoreset_mode="never")


class TestBadActions:
    @pytest.mark.parametrize(
        ("action", "message"),
        [
            (6, r"game 0, agent 0: offer 6 is outside 0\.\.5; legal here: 0, 1, 2, 3, 4, 5"),
            (1.0, "agent 0: action 1.0: expected one integer$"),
            (True, "agent 0: action True: expected one integer$"),
            ([1, 2], r"agent 0: action \[1, 2\] of shape \(2,\), type int64: expected one integer$"),
            (None, "agent 0: action None: expected one integer$"),
            ([[1], [1, 2]], r"agent 0: action \[\[1\], \[1, 2\]\], which is ragged: expected one integer$"),
        ],
    )
    def test_one_seat(self, action, message):
        env = seat_env(BARGAIN)
        env.reset(seed=1)
        before = env.world.digest()
        with pytest.raises(IllegalAction, match=message):
            env.step(action)
        assert env.world.digest() == before

    @pytest.mark.parametrize(
        ("actions", "message"),
        [
            ([0, 0, 9], r"game 2, agent 0: offer 9 is outside 0\.\.5"),
            (
                [0.0, 0.0, 0.0],
                r"action \[0.0, 0.0, 0.0\] of shape \(3,\), type float64: expected integers of shape \(3,\)$",
            ),
            ([0, 0], r"agent 0: action \[0, 0\] of shape \(2,\), type int64: expected integers of shape \(3,\)$"),
            (np.zeros((3, 2), int), r"action .* of shape \(3, 2\), type int64: expected integers of shape \(3,\)$"),
            ([[0], [0, 1], [1]], r"\[\[0\], \[0, 1\], \[1\]\], which is ragged: expected integers of shape \(3,\)$"),
            (None, r"agent 0: action None: expected integers of shape \(3,\)$"),
        ],
    )
    def test_many_games(self, actions, message):
        envs = vector_env(BARGAIN)
        envs.reset(seed=1)
        before = envs.world.digest()
        with pytest.raises(IllegalAction, match=message):
            envs.step(actions)
        assert envs.world.digest() == before

    @pytest.mark.parametrize("seed", [-1, 2**64, "a", 1.5, True])
    def test_a_seed_that_is_none_is_refused(self, seed):
        for env in (seat_env(BARGAIN), vector_env(BARGAIN)):
            with pytest.raises(ParameterError, match=f"seeds?={seed!r}: expected"):
                env.reset(seed=seed)

    def test_a_seed_that_leaves_no_room_for_all_games_is_told_as_it_was_given(self):
        with pytest.raises(ParameterError, match=f"seed={2**64 - 1}: expected an integer in .0, {2**64 - 3}."):
            vector_env(BARGAIN).reset(seed=2**64 - 1)

    def test_numpy_seeds_are_seeds(self):
        assert seat_env(BARGAIN).reset(seed=np.int64(3))[1]["seed"] == 3
        assert vector_env(BARGAIN).reset(seed=np.uint8(3))[1]["seed"].tolist() == [3, 4, 5]

    @pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 1, 2), (), (1,), (3,)])
    def test_an_action_of_one_seat_has_the_shape_of_its_space(self, shape):
        env = seat_env(LIFEBOAT)
        env.reset(seed=1)
        env.step(np.zeros(2, int))
        before = env.world.digest()
        told = ("" if shape == () else rf" of shape {shape}, type int64") + ": expected integers of shape (2,)"
        with pytest.raises(IllegalAction, match=re.escape(told) + "$"):
            env.step(np.zeros(shape, int))
        assert env.world.digest() == before

    @pytest.mark.parametrize("shape", [(1, 3, 2), (6,), (2, 3), (3, 2, 1), (3,), (3, 1)])
    def test_actions_of_many_games_have_the_shape_of_their_space(self, shape):
        envs = vector_env(LIFEBOAT)
        envs.reset(seed=1)
        envs.step(np.zeros((3, 2), int))
        before = envs.world.digest()
        with pytest.raises(IllegalAction, match=re.escape(f" of shape {shape}, type int64: expected integers of")):
            envs.step(np.zeros(shape, int))
        assert envs.world.digest() == before

    @pytest.mark.parametrize("action", [1, np.int64(1), np.array(1), np.uint8(1), [1], np.array([1])])
    def test_a_single_choice_may_come_as_a_number_or_as_a_row_of_one(self, action):
        env, plain = (seat_env(BARGAIN, python_policy(refuser)) for _ in range(2))
        for one, offer in ((env, action), (plain, 1)):
            one.reset(seed=1)
            one.step(offer)
        assert env.unwrapped.world.digest() == plain.unwrapped.world.digest()

    def test_a_single_number_does_not_come_in_two_axes(self):
        for env, action in ((seat_env(FISHERY), [[0.5]]), (vector_env(FISHERY), [[[0.5]] * 3])):
            env.reset(seed=1)
            with pytest.raises(IllegalAction, match=r"of shape \(1, (1|3, 1)\), type float64: expected"):
                env.step(action)

    def test_a_masked_option_is_refused_by_game_and_agent(self):
        envs = vector_env(BARGAIN, 2, python_policy(refuser))
        envs.reset(seed=1)
        envs.step([5, 5])
        with pytest.raises(IllegalAction, match="game 1, agent 0: offer 5 is masked; legal here: 0, 1, 2, 3, 4"):
            envs.step([0, 5])

    def test_numbers_out_of_bounds_are_refused(self):
        env = seat_env(FISHERY)
        env.reset(seed=1)
        with pytest.raises(
            IllegalAction, match=r"game 0, agent 0: action \[1.5\] is out of bounds; expected effort in"
        ):
            env.step([1.5])


class TestIdentity:
    def test_infos_say_which_episode_it_is(self):
        env = SeatEnv(GAME, horizon=2)
        assert env.reset(seed=5)[1]["seed"] == 5
        infos = [env.reset()[1] for _ in range(2)]
        assert [(info["seed"], info["episode_index"]) for info in infos] == [(5, 1), (5, 2)]

    def test_an_episode_can_be_asked_for_again(self):
        env = SeatEnv(GAME, horizon=20, execution_noise=0.3, background="random")
        env.reset(seed=5)
        env.reset()
        played = [env.step(COOPERATE) for _ in range(20)]
        again = SeatEnv(GAME, horizon=20, execution_noise=0.3, background="random")
        again.reset(seed=5, options={"episode_index": 1})
        assert data_equivalence(played, [again.step(COOPERATE) for _ in range(20)])

    def test_environments_that_were_not_seeded_differ(self):
        seeds = [SeatEnv(GAME).reset()[1]["seed"] for _ in range(3)]
        assert len(set(seeds)) == 3
        assert len(set(SeatVectorEnv(GAME, 3).reset()[1]["seed"].tolist())) == 3

    def test_game_i_is_seeded_with_the_seed_plus_i(self):
        envs = SeatVectorEnv(GAME, 3)
        assert envs.reset(seed=5)[1]["seed"].tolist() == [5, 6, 7]
        assert envs.reset(seed=[9, 1, 4])[1]["seed"].tolist() == [9, 1, 4]
        assert envs.reset()[1]["episode_index"].tolist() == [1, 1, 1]

    def test_game_i_plays_as_the_single_game_of_its_seed(self):
        options = {"execution_noise": 0.2, "horizon": 10, "background": ["grudger", "random", "tit_for_tat"]}
        envs = SeatVectorEnv(GAME, 4, autoreset_mode="Disabled", **options)
        single = SeatEnv(GAME, **options)
        envs.reset(seed=20)
        single.reset(seed=23)
        rng = np.random.Generator(np.random.Philox(1))
        for _ in range(10):
            actions = rng.integers(2, size=4)
            observations, rewards, _, truncations, _ = envs.step(actions)
            seen, reward, _, truncated, _ = single.step(actions[3])
            np.testing.assert_array_equal(observations[3], seen)
            assert (rewards[3], truncations[3]) == (reward, truncated)

    def test_parameters_given_at_a_reset_stay(self):
        env = SeatEnv(GAME, horizon=9)
        env.reset(seed=1, options={"params": {"horizon": 1}, "whatever": 1})
        assert env.step(COOPERATE)[3]
        env.reset()
        assert env.step(COOPERATE)[3]

    def test_a_misspelt_option_is_refused_and_changes_nothing(self):
        for env in (SeatEnv(GAME, horizon=9), SeatVectorEnv(GAME, 2, horizon=9)):
            env.reset(seed=1)
            before = env.world.digest()
            with pytest.raises(ParameterError, match=r"option 'param': nobody takes it; did you mean 'params'\?"):
                env.reset(seed=2, options={"param": {"horizon": 1}})
            assert env.world.digest() == before

    def test_many_games_can_be_asked_for_their_episodes(self):
        envs = SeatVectorEnv(GAME, 3)
        assert envs.reset(seed=5, options={"episode_index": 2})[1]["episode_index"].tolist() == [2, 2, 2]
        assert envs.reset(options={"episode_index": [0, 4, 1]})[1]["episode_index"].tolist() == [0, 4, 1]


def test_what_is_returned_is_not_overwritten_later():
    env, envs = SeatEnv(GAME), SeatVectorEnv(GAME, 3)
    first, many = env.reset(seed=1), envs.reset(seed=1)
    kept, kept_many = copy.deepcopy(first), copy.deepcopy(many)
    outcome, outcomes = env.step(DEFECT), envs.step([DEFECT] * 3)
    kept_outcome, kept_outcomes = copy.deepcopy(outcome), copy.deepcopy(outcomes)
    env.step(COOPERATE)
    envs.step([COOPERATE] * 3)
    for now, before in ((first, kept), (many, kept_many), (outcome, kept_outcome), (outcomes, kept_outcomes)):
        assert data_equivalence(now, before)


def test_a_game_is_rendered_as_pixels_or_text():
    env = SeatEnv(GAME, render_mode="rgb_array")
    env.reset(seed=1)
    before = env.render()
    env.step(DEFECT)
    after = env.render()
    assert before.dtype == np.uint8
    assert before.shape == after.shape
    assert before.ndim == 3
    assert (before != after).any()

    envs = SeatVectorEnv(GAME, 2, render_mode="ansi")
    envs.reset(seed=1)
    assert [type(text) for text in envs.render()] == [str, str]


def test_a_window_is_shown_and_closed():
    env = SeatEnv(GAME, render_mode="human")  # the tests' video driver draws nowhere
    env.reset(seed=1)
    env.step(COOPERATE)
    assert env.render() is None
    env.close()
