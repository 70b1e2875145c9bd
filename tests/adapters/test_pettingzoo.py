"""Worlds as PettingZoo sees them: all agents at once, or one after another."""

import copy
import pickle

import numpy as np
import pettingzoo
import pytest
from gymnasium.utils.env_checker import data_equivalence

import dynenvs
from dynenvs.adapters.pettingzoo import WorldAECEnv, WorldParallelEnv, aec_env, parallel_env
from dynenvs.core.errors import IllegalAction, LifecycleError, ParameterError, UnknownPolicy

from .relay import RELAY, relay  # noqa: F401
from .small_worlds import BARGAIN, FISHERY, LIFEBOAT, small_worlds  # noqa: F401

GAME = "dynenvs/RepeatedGame-v0"
ANN, BOB, CY = "agent_0", "agent_1", "agent_2"
COOPERATE, DEFECT = 0, 1
REFUSE, ACCEPT = 0, 1


class OffersTwo:
    """A proposer that is asked outside the kernel."""

    name, seat = "offers_two", "external"

    def __init__(self, env_id):
        self.asked = 0

    def digest(self):
        return "two"

    def reset(self, world, games):
        self.asked = 0

    def act(self, turn):
        self.asked += 1
        return np.full((len(turn), 1), 2)


OFFERS_TWO = f"python:{__name__}:OffersTwo"


def play_through(env, action=lambda agent: 0, most=100):
    """Walk an AEC environment to its end, and return who was selected with what reward, end and action."""
    told = []
    for agent in env.agent_iter(most):
        _, reward, terminated, truncated, _ = env.last()
        ended = terminated or truncated
        told.append((agent, reward, ended))
        env.step(None if ended else action(agent))
    return told


def reason(env, info):
    return env.world.layout.end_reasons[info["end_reason"]]


class TestMaking:
    @pytest.mark.parametrize(("kind", "env_type"), [("parallel", WorldParallelEnv), ("aec", WorldAECEnv)])
    def test_ids_are_registered_in_both_kinds(self, kind, env_type):
        env = pettingzoo.make(kind, GAME, horizon=7)
        assert isinstance(env, env_type)
        assert env.world.params.horizon == 7
        assert str(env) == GAME
        face = {"parallel": dynenvs.parallel_env, "aec": dynenvs.aec_env}[kind]
        assert isinstance(face(GAME, horizon=7), env_type)

    @pytest.mark.parametrize("make", [parallel_env, aec_env])
    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"horizn": 3}, ParameterError, "no parameter 'horizn'; did you mean 'horizon'"),
            ({"seats": ["external"]}, ParameterError, "expected one entry for each of 2 agents"),
            ({"seats": ["external", "tit_for_tatt"]}, UnknownPolicy, "'tit_for_tat'"),
            ({"seats": ["tit_for_tat"] * 2}, ParameterError, "expected 'external' for at least one seat"),
            (
                {"seats": ["external", ["external", "tit_for_tat"]]},
                ParameterError,
                "expected 'external' or policies",
            ),
            ({"seats": ["external", -2]}, ParameterError, "seat -2: expected 'external' or the string of a policy"),
            ({"mask": "nowhere"}, ParameterError, "mask='nowhere': expected one of 'info', 'observation'"),
            ({"render_mode": "smell"}, ParameterError, "render_mode='smell': expected one of"),
        ],
    )
    def test_what_does_not_fit_is_refused_in_one_line(self, make, options, error, message):
        with pytest.raises(error, match=message):
            make(GAME, **options)

    def test_agents_have_the_spaces_of_their_roles(self):
        env = parallel_env(BARGAIN)
        assert env.possible_agents == [ANN, BOB]
        assert [env.action_space(agent).n for agent in env.possible_agents] == [6, 2]
        assert [env.observation_space(agent).shape for agent in env.possible_agents] == [(1,), (2,)]
        assert env.action_space(ANN) is env.action_space(ANN)
        boxes = env.observation_spaces.values()
        assert all(np.isfinite(box.low).all() and np.isfinite(box.high).all() for box in boxes)


class TestParallel:
    def test_all_act_at_once_and_leave_together(self):
        env = parallel_env(GAME, horizon=2)
        observations, infos = env.reset(seed=5)
        assert list(observations) == list(infos) == [ANN, BOB]
        assert infos[ANN]["action_mask"].tolist() == [1, 1]
        assert (infos[ANN]["seed"], infos[ANN]["episode_index"]) == (5, 0)

        _, rewards, _, truncations, _ = env.step({ANN: COOPERATE, BOB: DEFECT})
        assert rewards == {ANN: 0, BOB: 5}
        assert truncations == {ANN: False, BOB: False}

        observations, rewards, terminations, truncations, infos = env.step({ANN: DEFECT, BOB: DEFECT})
        assert rewards == {ANN: 1, BOB: 1}
        assert terminations == {ANN: False, BOB: False}
        assert truncations == {ANN: True, BOB: True}
        assert list(observations) == [ANN, BOB]
        assert (reason(env, infos[BOB]), infos[BOB]["return"], infos[BOB]["length"]) == ("cap", 6, 2)
        assert env.agents == []

    def test_who_waits_stays_and_is_not_asked(self):
        env = parallel_env(BARGAIN)
        env.reset(seed=1)
        for actions in ({ANN: 2}, {ANN: 2, BOB: 77}):
            env.reset(seed=1)
            observations, rewards, terminations, _, _ = env.step(actions)
            assert env.agents == [ANN, BOB]
            assert observations[BOB].tolist() == [5, 2]
            assert rewards == {ANN: 0, BOB: 0}
        _, rewards, terminations, _, infos = env.step({ANN: 0, BOB: ACCEPT})
        assert rewards == {ANN: 3, BOB: 2}
        assert terminations == {ANN: True, BOB: True}
        assert reason(env, infos[ANN]) == "agreed"

    def test_an_agent_that_dies_leaves_the_others_playing(self):
        env = parallel_env(LIFEBOAT)
        env.reset(seed=1)
        actions = {agent: [0, 1] for agent in env.agents}
        env.step(actions)
        _, rewards, terminations, truncations, infos = env.step(actions)
        assert terminations == {ANN: True, BOB: False, CY: False}
        assert (reason(env, infos[ANN]), infos[ANN]["return"]) == ("overboard", 20)
        assert (reason(env, infos[BOB]), infos[BOB]["return"]) == ("running", 20)
        assert env.agents == [BOB, CY]

        observations, rewards, _, _, infos = env.step(actions)  # what is given for the dead is ignored
        assert list(observations) == list(rewards) == list(infos) == [BOB, CY]
        _, rewards, terminations, truncations, _ = env.step(actions)
        assert rewards == {BOB: 10, CY: 10}
        assert truncations == {BOB: True, CY: True}
        assert env.agents == []

    def test_rewards_come_to_all_agents_in_every_lap(self):
        env = parallel_env(RELAY, first_drops_out=4)
        env.reset(seed=1)
        told = []
        while env.agents:
            _, rewards, _, _, _ = env.step(dict.fromkeys(env.agents, 1))
            told.append(rewards)
        assert told == [*({ANN: lap, BOB: lap} for lap in (1, 2, 3, 4)), {BOB: 5}, {BOB: 6}]

    def test_bad_actions_name_the_agent_and_move_nothing(self):
        env = parallel_env(GAME)
        env.reset(seed=1)
        before = env.world.digest()
        for actions, message in (
            ({ANN: 0}, r"agent_1 acts now: expected its action among those of \['agent_0'\]"),
            ({ANN: 0, BOB: 0, "carl": 0}, "'carl' is no agent here: expected agent_0, agent_1"),
            ({ANN: 0, BOB: 2}, r"game 0, agent 1: move 2 is outside 0\.\.1; legal here: 0, 1"),
            ({ANN: 0.5, BOB: 0}, r"agent 0: action 0\.5: expected one integer$"),
            ({ANN: 0, BOB: [0, 1]}, r"agent 1: action \[0, 1\] of shape \(2,\), type int64: expected one integer$"),
            ({ANN: [[0]], BOB: 0}, r"agent 0: action \[\[0\]\] of shape \(1, 1\), type int64: expected one integer$"),
            ({ANN: 0, BOB: [[0], [0, 1]]}, "agent 1: action .*, which is ragged: expected one integer$"),
            (None, "actions=None: expected a dict of actions by agent"),
            ([0, 1], r"actions=\[0, 1\]: expected a dict of actions by agent"),
            ("agent_0", "actions='agent_0': expected a dict of actions by agent"),
        ):
            with pytest.raises(IllegalAction, match=message):
                env.step(actions)
        assert env.world.digest() == before

    @pytest.mark.parametrize("seed", [-1, 2**64, "a", 1.5, True])
    def test_a_seed_that_is_none_is_refused(self, seed):
        with pytest.raises(ParameterError, match=f"seed={seed!r}: expected an integer in"):
            parallel_env(GAME).reset(seed=seed)

    def test_a_step_without_agents_asks_for_a_reset(self):
        env = parallel_env(GAME, horizon=1)
        with pytest.raises(LifecycleError, match="call reset"):
            env.step({})
        env.reset(seed=1)
        env.step({ANN: 0, BOB: 0})
        with pytest.raises(LifecycleError, match="call reset"):
            env.step({})


class TestOneByOne:
    def test_only_who_acts_is_selected(self):
        env = aec_env(BARGAIN)
        env.reset(seed=1)
        actions = {ANN: 2, BOB: REFUSE}
        env.step(actions[ANN])
        env.step(actions[BOB])
        assert env.agent_selection == ANN
        env.step(1)
        assert env.agent_selection == BOB
        assert env.observe(BOB).tolist() == [4, 1]
        env.step(ACCEPT)
        told = play_through(env)
        assert told == [(ANN, 3, True), (BOB, 1, True)]
        assert env.agents == []

    def test_those_who_act_at_once_do_not_see_each_other_move(self):
        env = aec_env(GAME, horizon=2)
        env.reset(seed=1)
        before = env.observe(BOB)
        env.step(DEFECT)
        assert env.agent_selection == BOB
        assert env.rewards == {ANN: 0, BOB: 0}
        np.testing.assert_array_equal(env.observe(BOB), before)
        env.step(COOPERATE)
        assert env.rewards == {ANN: 5, BOB: 0}
        assert (env.observe(BOB) != before).any()
        assert env.last()[1] == 5

    def test_what_is_earned_while_waiting_is_told_at_the_next_turn(self):
        env = aec_env(RELAY)
        env.reset(seed=1)
        laps = [(ANN, 0), (BOB, 1), (ANN, 1 + 2), (BOB, 2 + 3), (ANN, 3 + 4), (BOB, 4 + 5)]
        ends = [(ANN, 5 + 6), (BOB, 6)]
        assert play_through(env) == [*((*lap, False) for lap in laps), *((*end, True) for end in ends)]

    def test_the_dead_take_their_leave_before_the_others_go_on(self):
        env = aec_env(LIFEBOAT)
        env.reset(seed=1)
        told = play_through(env, action=lambda agent: [0, 1])
        names = [agent for agent, _, _ in told]
        assert names == [ANN, BOB, CY, ANN, BOB, CY, ANN, BOB, CY, BOB, CY, BOB, CY]
        assert [agent for agent, _, ended in told if ended] == [ANN, BOB, CY]
        assert [reward for agent, reward, _ in told if agent == BOB] == [0, 10, 10, 10, 10]

    def test_the_dead_can_only_leave(self):
        env = aec_env(GAME, horizon=1)
        env.reset(seed=1)
        env.step(COOPERATE)
        env.step(COOPERATE)
        with pytest.raises(ValueError, match="None"):
            env.step(COOPERATE)
        env.step(None)
        assert env.agents == [BOB]

    def test_a_refused_action_can_be_tried_again(self):
        env = aec_env(BARGAIN)
        env.reset(seed=1)
        env.step(2)
        for action, message in ((2, r"game 0, agent 1: answer 2 is outside 0\.\.1"), (1.0, "agent 1: action 1.0")):
            with pytest.raises(IllegalAction, match=message):
                env.step(action)
        assert env.agent_selection == BOB
        env.step(ACCEPT)
        assert env.rewards == {ANN: 3, BOB: 2}

    def test_a_step_without_agents_asks_for_a_reset(self):
        with pytest.raises(LifecycleError, match="call reset"):
            aec_env(GAME).step(0)

    def test_an_early_reset_forgets_collected_actions_and_the_dead(self):
        env = aec_env(LIFEBOAT)
        env.reset(seed=1)
        for _ in range(6):
            env.step([0, 1])
        assert env.terminations[ANN]
        env.reset(seed=1)
        assert env.agents == [ANN, BOB, CY]
        assert not any(env.terminations.values())
        assert env.last()[1] == 0
        assert [agent for agent, _, _ in play_through(env, action=lambda agent: [0, 1])][:7] == [
            *(ANN, BOB, CY, ANN, BOB, CY),
            ANN,
        ]


@pytest.mark.parametrize("env_id", [GAME, BARGAIN, LIFEBOAT, RELAY])
def test_both_kinds_play_the_same_game(env_id):
    parallel, one_by_one = parallel_env(env_id), aec_env(env_id)
    parallel.reset(seed=3)
    one_by_one.reset(seed=3)
    for env in (parallel, one_by_one):
        for number, agent in enumerate(env.possible_agents):
            env.action_space(agent).seed(number)
    for _ in range(150):
        acting = [agent for agent in parallel.agents if parallel._acts(agent)]
        actions = {agent: parallel.action_space(agent).sample() for agent in acting}
        parallel.step(actions)
        for agent in acting:
            assert one_by_one.agent_selection == agent
            one_by_one.step(one_by_one.action_space(agent).sample())
        assert one_by_one.world.digest() == parallel.world.digest()
        while one_by_one.agents and (one_by_one.last()[2] or one_by_one.last()[3]):
            one_by_one.step(None)
        assert one_by_one.agents == parallel.agents
        if not parallel.agents:
            parallel.reset()
            one_by_one.reset()
    assert parallel.world.buffers.episode_index[0] > 0


class TestSeats:
    def test_seats_of_background_policies_are_no_agents(self):
        env = parallel_env(GAME, seats=["tit_for_tat", "external"])
        env.reset(seed=1)
        assert env.agents == env.possible_agents == [BOB]
        assert env.step({BOB: DEFECT})[1] == {BOB: 5}
        assert env.step({BOB: DEFECT})[1] == {BOB: 1}

    def test_policies_outside_the_kernel_play_until_an_agent_has_the_turn(self):
        env = parallel_env(BARGAIN, seats=[OFFERS_TWO, "external"])
        observations, _ = env.reset(seed=1)
        assert observations[BOB].tolist() == [5, 2]
        observations, _, _, _, _ = env.step({BOB: REFUSE})
        assert observations[BOB].tolist() == [4, 2]
        assert env.step({BOB: ACCEPT})[1:3] == ({BOB: 2}, {BOB: True})

        env = aec_env(BARGAIN, seats=[OFFERS_TWO, "external"])
        env.reset(seed=1)
        assert play_through(env, action=lambda agent: ACCEPT) == [(BOB, 0, False), (BOB, 2, True)]

    @pytest.mark.parametrize(
        ("seats", "rewards"),
        [(["random_legal", "external"], [1 + 2 + 3, 4 + 5, 6]), (["external", "random_legal"], [1 + 2, 3 + 4, 5 + 6])],
    )
    def test_rewards_of_the_laps_between_add_up(self, seats, rewards):
        parallel, one_by_one = parallel_env(RELAY, seats=seats), aec_env(RELAY, seats=seats)
        for seed in (1, None):
            parallel.reset(seed=seed)
            (agent,) = parallel.agents
            told = []
            while parallel.agents:
                told.append(parallel.step({agent: 1})[1][agent])
            assert told == rewards
            one_by_one.reset(seed=seed)
            assert [reward for _, reward, _ in play_through(one_by_one)] == [0, *rewards]

    def test_an_illegal_action_asks_nobody(self):
        env = parallel_env(BARGAIN, seats=[OFFERS_TWO, "external"])
        env.reset(seed=1)
        (policy,) = env._players.policies.values()
        with pytest.raises(IllegalAction):
            env.step({BOB: 2})
        assert policy.asked == 1

    def test_who_plays_may_be_drawn_for_each_episode(self):
        env = parallel_env(GAME, seats=["external", ["always_cooperate", "always_defect"]], horizon=1)
        paid = set()
        env.reset(seed=1)
        for _ in range(20):
            paid.add(env.step({ANN: COOPERATE})[1][ANN])
            env.reset()
        assert paid == {0, 3}


class TestMasks:
    def test_a_mask_inside_is_the_mask_outside(self):
        env = parallel_env(BARGAIN, mask="observation", pie=2)
        observations, infos = env.reset(seed=1)
        assert env.observation_space(ANN).contains(observations[ANN])
        assert observations[ANN]["action_mask"].tolist() == infos[ANN]["action_mask"].tolist() == [1, 1, 1]
        assert observations[ANN]["observation"].tolist() == [2]
        assert "action_mask" not in parallel_env(FISHERY, mask="observation").reset(seed=1)[1][ANN]

    def test_who_waits_without_a_legal_option_is_shown_all_of_them(self):
        env = parallel_env(RELAY)
        _, infos = env.reset(seed=1)
        assert not env.world.buffers.action_masks[0, 1].any()
        assert infos[BOB]["action_mask"].tolist() == [1, 1, 1]
        assert env.action_space(BOB).contains(env.action_space(BOB).sample())

    def test_several_heads_have_a_mask_each(self):
        env = parallel_env(LIFEBOAT)
        env.reset(seed=1)
        infos = env.step({agent: [2, 2] for agent in env.agents})[4]
        assert [mask.tolist() for mask in infos[BOB]["action_mask"]] == [[1, 1, 0], [1, 1, 0]]
        assert env.action_space(BOB).sample(mask=infos[BOB]["action_mask"]).max() < 2


class TestState:
    def test_a_world_with_a_global_state_shows_it(self):
        env = parallel_env(RELAY)
        env.reset(seed=1)
        env.step({ANN: 2})
        assert env.state().tolist() == [2, 1]
        assert env.state_space.contains(env.state())

    @pytest.mark.parametrize("make", [parallel_env, aec_env])
    def test_elsewhere_it_is_all_that_the_agents_see(self, make):
        env = make(LIFEBOAT)
        env.reset(seed=1)
        assert env.state().tolist() == [*(0, 2, 1, 1), *(0, 1, 2, 1), *(0, 1, 1, 2)]
        assert env.state_space.contains(env.state())
        assert make(BARGAIN).state_space.shape == (3,)

    def test_it_is_a_copy(self):
        env = parallel_env(RELAY)
        env.reset(seed=1)
        before = env.state()
        env.step({ANN: 2})
        assert before.tolist() == [0, 0]


class TestIdentity:
    def test_infos_always_have_the_same_keys(self):
        env = parallel_env(BARGAIN)
        keys = set(env.reset(seed=1)[1][ANN])
        assert keys == {"seed", "episode_index", "return", "length", "end_reason", "action_mask"}
        env.step({ANN: 2})
        infos = env.step({BOB: ACCEPT})[4]
        assert [set(info) for info in infos.values()] == [keys, keys]

    def test_resets_go_on_with_the_next_episode(self):
        env = parallel_env(GAME, horizon=2)
        infos = [env.reset(seed=5)[1], env.reset()[1], env.reset(options={"episode_index": 7, "unknown": 1})[1]]
        assert [(info[ANN]["seed"], info[ANN]["episode_index"]) for info in infos] == [(5, 0), (5, 1), (5, 7)]

    @pytest.mark.parametrize("make", [parallel_env, aec_env])
    def test_a_misspelt_option_is_refused(self, make):
        with pytest.raises(ParameterError, match=r"option 'param': nobody takes it; did you mean 'params'\?"):
            make(GAME).reset(seed=1, options={"param": {"horizon": 1}})

    def test_environments_that_were_not_seeded_differ(self):
        assert len({parallel_env(GAME).reset()[1][ANN]["seed"] for _ in range(3)}) == 3

    def test_parameters_given_at_a_reset_stay(self):
        env = parallel_env(GAME, horizon=9)
        env.reset(seed=1, options={"params": {"horizon": 1}})
        env.reset()
        assert env.step({ANN: 0, BOB: 0})[3] == {ANN: True, BOB: True}

    def test_what_is_returned_is_not_overwritten_later(self):
        env = parallel_env(BARGAIN)
        first = env.reset(seed=1)
        kept = copy.deepcopy(first)
        env.step({ANN: 1})
        env.step({BOB: REFUSE})
        assert data_equivalence(first, kept)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
@pytest.mark.parametrize("make", [parallel_env, aec_env])
def test_a_copy_does_not_lose_the_game_and_looks_at_its_own_masks(duplicate, make):
    env = make(BARGAIN)
    env.reset(seed=1)
    first = {ANN: 4} if make is parallel_env else 4
    env.step(first)
    again = duplicate(env)
    assert again.observe(BOB).tolist() == [5, 4]
    again.step({BOB: REFUSE} if make is parallel_env else REFUSE)
    assert again.observe(ANN).tolist() == [4]
    assert env.observe(ANN).tolist() == [5]
    assert {int(again.action_space(ANN).sample()) for _ in range(100)} == {0, 1, 2, 3, 4}
    assert {int(env.action_space(ANN).sample()) for _ in range(100)} == {0, 1, 2, 3, 4, 5}


def test_a_copy_made_while_actions_are_collected_remembers_them():
    env = aec_env(GAME)
    env.reset(seed=1)
    env.step(DEFECT)
    again = copy.deepcopy(env)
    again.step(COOPERATE)
    assert again.rewards == {ANN: 5, BOB: 0}
    env.step(DEFECT)
    assert env.rewards == {ANN: 1, BOB: 1}


@pytest.mark.parametrize("make", [parallel_env, aec_env])
def test_a_game_is_rendered_as_pixels_text_or_a_window(make):
    for mode, kind in (("rgb_array", np.ndarray), ("ansi", str), ("human", type(None))):
        env = make(GAME, render_mode=mode)
        env.reset(seed=1)
        assert isinstance(env.render(), kind)
        env.close()
