"""Who plays beside the user's seats: names for the kernel, codes for those who are asked."""

import numpy as np
import pytest

from dynenvs import make_world, registration, sb3_vec_env
from dynenvs.adapters.gymnasium import SeatEnv
from dynenvs.adapters.players import Players, seat_players
from dynenvs.core.errors import ParameterError, UnknownPolicy
from dynenvs.registration import EnvSpec

GAME = "dynenvs/RepeatedGame-v0"


class Counter:
    """Cooperates, and counts."""

    seat = "external"

    def __init__(self, env_id="", name="counter"):
        self.name, self.begun, self.asked = name, [], []

    def digest(self):
        return self.name

    def reset(self, world, games):
        self.begun += games.tolist()

    def act(self, turn):
        self.asked += list(zip(turn.games.tolist(), turn.agents.tolist(), strict=True))
        return np.zeros(len(turn), np.int64)


def test_policies_of_the_kernel_keep_their_names_and_the_others_get_codes():
    counter = f"python:{__name__}:Counter"
    seats, policies = seat_players(GAME, [["tit_for_tat", "random_legal", counter], "external"])
    assert seats == [["tit_for_tat", -2, -3], ["external"]]
    assert [policy.name for policy in policies.values()] == ["random_legal", "counter"]


def test_the_same_string_is_one_policy():
    seats, policies = seat_players(GAME, ["random_legal", ["random_legal", "random_legal"]])
    assert seats == [[-2], [-2, -2]]
    assert list(policies) == [-2]


def test_only_strings_name_policies():
    with pytest.raises(ParameterError, match="seat -2: expected 'external' or the string of a policy"):
        seat_players(GAME, [-2, "external"])
    with pytest.raises(UnknownPolicy, match="tit_for_tat"):
        seat_players(GAME, ["tit_for_tatt", "external"])


def test_policies_are_asked_for_the_seats_that_bear_their_code():
    one, other = Counter(name="one"), Counter(name="other")
    world = make_world(GAME, 3)
    players = Players(world, {-2: one, -3: other})
    world.assign_seats([["external", -2], [-3, "external"], [-3, -2]])
    world.reset(0)
    actions = np.full_like(world.idle_actions, 1)
    players.ask(world.buffers.acting, actions)
    assert actions[..., 0].tolist() == [[1, 0], [0, 1], [0, 0]]
    assert one.asked == [(0, 1), (2, 1)]
    assert other.asked == [(1, 0), (2, 0)]
    assert world.seat_name(-3) == "other"


def test_policies_are_told_once_of_every_episode():
    policy = Counter()
    world = make_world(GAME, 2, seats=["external", -2], autoreset="same_step", horizon=2)
    players = Players(world, {-2: policy})
    world.reset(0)
    for _ in range(3):
        players.ask(world.buffers.acting, np.zeros_like(world.idle_actions))
        world.step(world.idle_actions)
    assert policy.begun == [0, 1, 0, 1]

    first = np.array([True, False])
    world.reset(5, which=first)
    players.forget(first)
    players.ask(world.buffers.acting, np.zeros_like(world.idle_actions))
    assert policy.begun[4:] == [0]


def test_whom_the_record_names_sits_down_through_every_adapter(monkeypatch):
    """Also where that is a policy outside the kernel."""
    spec = EnvSpec(
        id="small/Haggle-v0",
        world="examples.worlds.bargain:Bargain",
        params="examples.worlds.bargain:BargainParams",
        about="For tests.",
        paper="-",
        background="random_legal",
    )
    monkeypatch.setitem(registration._SPECS, spec.id, spec)
    rows = sb3_vec_env(spec.id, 2)
    assert rows.num_envs == 2
    assert [policy.name for policy in rows.opponents] == ["random_legal"]
    assert [policy.name for policy in SeatEnv(spec.id).table.players.policies.values()] == ["random_legal"]
