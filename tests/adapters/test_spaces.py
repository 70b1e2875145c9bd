"""Forms and spaces: flat or named observations, masks inside or outside, grids, several heads."""

import copy
import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

from dynenvs.adapters.gymnasium import SeatEnv, SeatVectorEnv

from .relay import RELAY, relay  # noqa: F401
from .small_worlds import BARGAIN, FISHERY, LIFEBOAT, small_worlds  # noqa: F401

GAME = "dynenvs/RepeatedGame-v0"
PROPOSER, RESPONDER = 0, 1


class Refuser:
    """A responder who always says no."""

    name, seat = "refuser", "external"

    def __init__(self, env_id):
        """Needs nothing."""

    def digest(self):
        return "no"

    def reset(self, world, games):
        """Nothing to forget."""

    def act(self, turn):
        return np.zeros(len(turn), np.int64)


REFUSER = f"python:{__name__}:Refuser"


def seat_env(env_id, background="random_legal", **options):
    return SeatEnv(env_id, background=background, **options)


def vector_env(env_id, num_envs=3, background="random_legal", **options):
    return SeatVectorEnv(env_id, num_envs, background=background, **options)


class TestForms:
    def test_named_observations_are_the_flat_ones_in_parts(self):
        flat, named = (SeatEnv(GAME, observation=form) for form in ("flat", "named"))
        (vector, _), (parts, _) = flat.reset(seed=1), named.reset(seed=1)
        assert named.observation_space.contains(parts)
        np.testing.assert_array_equal(vector, np.concatenate([part.ravel() for part in parts.values()]))
        assert list(parts) == [field.name for field in named.world.layout.roles[0].observation.fields]

    def test_a_mask_inside_is_the_mask_outside(self):
        env = seat_env(BARGAIN, REFUSER, mask="observation", pie=2)
        observation, _ = env.reset(seed=1)
        assert observation["action_mask"].tolist() == [1, 1, 1]
        observation, _, _, _, info = env.step(0)
        assert observation["action_mask"].tolist() == info["action_mask"].tolist() == [1, 1, 0]
        assert observation["observation"].tolist() == [1]

    def test_narrow_roles_are_not_padded(self):
        responder = seat_env(BARGAIN, seat=RESPONDER)
        assert responder.action_space.n == 2
        assert responder.observation_space.shape == (2,)
        assert seat_env(BARGAIN).observation_space.shape == (1,)

    def test_a_grid_comes_beside_the_vector(self):
        env = seat_env(LIFEBOAT)
        observation, info = env.reset(seed=1)
        assert observation["vector"].tolist() == [0]
        assert observation["grid"].tolist() == [[[2], [1], [1]]]
        assert env.observation_space.contains(observation)
        assert [mask.tolist() for mask in info["action_mask"]] == [[1, 1, 1], [1, 1, 1]]
        assert env.action_space.nvec.tolist() == [3, 3]

    def test_a_mask_that_heads_share_is_shown_for_each(self):
        env = seat_env(LIFEBOAT, mask="observation")
        env.reset(seed=1)
        observation, _, _, _, info = env.step([2, 2])
        assert [mask.tolist() for mask in info["action_mask"]] == [[1, 1, 0], [1, 1, 0]]
        assert observation["action_mask"].tolist() == [1, 1, 0, 1, 1, 0]
        assert env.action_space.sample(mask=observation["action_mask"]).max() < 2

    def test_continuous_seats_have_a_box_and_no_mask(self):
        env = seat_env(FISHERY)
        _, info = env.reset(seed=1)
        assert isinstance(env.action_space, gymnasium.spaces.Box)
        assert set(info) == {"seed", "episode_index"}

    def test_many_games_show_what_each_shows_alone(self):
        for options in ({}, {"observation": "named"}, {"mask": "observation"}):
            for env_id in (GAME, LIFEBOAT, FISHERY):
                envs = vector_env(env_id, 2, **options)
                single = seat_env(env_id, **options)
                batch, seen = envs.reset(seed=[1, 5])[0], single.reset(seed=5)[0]
                rows = {key: np.asarray(part[1]) for key, part in _flatten(batch).items()}
                assert data_equivalence(rows, _flatten(seen))
                assert envs.observation_space.contains(batch)


def _flatten(seen, path=""):
    if not isinstance(seen, dict):
        return {path: seen}
    return {place: part for key in seen for place, part in _flatten(seen[key], f"{path}/{key}").items()}


class TestSpaces:
    def test_a_bare_sample_is_legal(self):
        env = seat_env(BARGAIN, REFUSER, pie=4)
        env.reset(seed=1)
        env.action_space.seed(1)
        for legal in (4, 3, 2, 1):
            drawn = {int(env.action_space.sample()) for _ in range(200)}
            assert drawn == set(range(legal + 1))
            env.step(0)

    def test_a_given_mask_is_obeyed(self):
        env = seat_env(BARGAIN)
        env.reset(seed=1)
        only = np.array([0, 0, 1, 0, 0, 0], np.int8)
        assert {int(env.action_space.sample(mask=only)) for _ in range(50)} == {2}

    def test_batched_samples_are_legal_game_by_game(self):
        envs = vector_env(LIFEBOAT, 4, autoreset_mode="SameStep")
        envs.reset(seed=1)
        for _ in range(50):
            actions = envs.action_space.sample()
            assert actions.shape == (4, 2)
            envs.step(actions)

    @pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
    @pytest.mark.parametrize("seat", [PROPOSER, RESPONDER])
    def test_the_spaces_of_a_copy_look_at_the_masks_of_the_copy(self, duplicate, seat):
        env = seat_env(BARGAIN, seat=seat, pie=4)
        env.reset(seed=1)
        again = duplicate(env)
        again.world.buffers.action_masks[0, seat] = np.arange(5) == 1
        assert {int(again.action_space.sample()) for _ in range(50)} == {1}
        assert len({int(env.action_space.sample()) for _ in range(100)}) > 1
