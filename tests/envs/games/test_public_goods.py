import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynenvs
from dynenvs.core.errors import IllegalAction, ParameterError, UnknownPolicy
from dynenvs.envs.games.params import PublicGoodsParams
from dynenvs.envs.games.public_goods import PublicGoods
from dynenvs.envs.games.public_goods_background import CONTRIBUTORS

ENV_ID = "dynenvs/PublicGoods-v0"


def laboratory(num_games=1, **params):
    """Four players with twenty tokens, doubled less a fifth: a token gives back 0.4."""
    return dynenvs.make_world(ENV_ID, num_games, preset="fehr_gaechter_2000", **params)


def payoffs_of(params, contributions):
    """Payoffs of one round."""
    world = PublicGoods(params)
    world.reset(0)
    world.step(np.array([contributions]))
    return world.buffers.rewards[0]


def contributions_of(player, others, **params):
    """What a background player gives, round by round, when the others give these numbers of tokens."""
    num_players = len(others[0]) + 1
    world = PublicGoods(
        PublicGoodsParams(num_players=num_players, horizon=len(others), **params),
        seats=[player] + ["external"] * (num_players - 1),
    )
    world.reset(7)
    given = []
    for tokens in others:
        world.step(np.array([[0, *tokens]]))
        given.append(int(world.state.contributions[0, 0]))
    return given


@st.composite
def dilemmas(draw):
    """Parameters, contributions of all, and a player."""
    n = draw(st.integers(2, 5))
    E = draw(st.integers(1, 20))
    r = draw(st.floats(1.01, n - 0.01))
    tokens = st.integers(0, E)
    params = PublicGoodsParams(num_players=n, endowment=E, multiplier=r)
    return params, draw(st.lists(tokens, min_size=n, max_size=n)), draw(st.integers(0, n - 1))


# The dilemma.


@settings(max_examples=40, deadline=None)
@given(dilemmas())
def test_a_player_gains_by_giving_less_whatever_the_others_give(dilemma):
    params, contributions, player = dilemma
    nothing = list(contributions)
    nothing[player] = 0
    gain = payoffs_of(params, nothing)[player] - payoffs_of(params, contributions)[player]
    assert gain == pytest.approx(contributions[player] * (1 - params.multiplier / params.num_players))
    assert (gain > 0) == (contributions[player] > 0)


@settings(max_examples=40, deadline=None)
@given(dilemmas())
def test_all_gain_if_all_give_all(dilemma):
    params, contributions, _ = dilemma
    n, E, r = params.num_players, params.endowment, params.multiplier
    best = payoffs_of(params, [E] * n)
    assert best == pytest.approx([r * E] * n)
    assert payoffs_of(params, [0] * n) == pytest.approx([E] * n)
    joint = payoffs_of(params, contributions).sum()
    assert joint == pytest.approx(n * E + (r - 1) * sum(contributions))
    assert joint <= best.sum() + 1e-9


def test_payoffs_are_those_computed_by_hand():
    world = laboratory()
    world.reset(0)
    world.step([[0, 5, 10, 20]])  # 35 tokens become 56, 14 for each
    assert world.buffers.rewards[0].tolist() == [34.0, 29.0, 24.0, 14.0]
    world.step([[20, 20, 20, 20]])
    assert world.buffers.rewards[0].tolist() == [32.0] * 4
    assert world.buffers.episode_returns[0].tolist() == [66.0, 61.0, 56.0, 46.0]


# What players see.


def test_nobody_has_given_anything_before_the_first_round():
    world = laboratory()
    world.reset(0)
    seen = world.layout.roles[2].observation.named(world.buffers.vector[0, 2])
    assert {name: value.tolist() for name, value in seen.items()} == {
        "first_round": 1.0,
        "own_contribution": 0.0,
        "others_mean": 0.0,
        "others_contributions": [0.0, 0.0, 0.0],
        "group_mean": 0.0,
        "mean_payoff": 0.0,
        "time_left": 1.0,
    }


def test_a_player_sees_the_last_round_and_the_means_of_all():
    world = laboratory()
    world.reset(0)
    world.step([[20, 20, 20, 20]])
    world.step([[0, 5, 10, 20]])
    seen = world.layout.roles[2].observation.named(world.buffers.vector[0, 2])
    assert seen["first_round"] == 0.0
    assert seen["own_contribution"] == 0.5
    assert seen["others_mean"] == pytest.approx(25 / 60)
    assert seen["others_contributions"].tolist() == [1.0, 0.0, 0.25]  # player 3, then 0, then 1
    assert seen["group_mean"] == pytest.approx((80 + 35) / 160)
    assert seen["mean_payoff"] == pytest.approx((32 + 24) / 40)
    assert seen["time_left"] == pytest.approx(0.8)


@settings(max_examples=25, deadline=None)
@given(dilemmas(), st.integers(0, 2**32))
def test_observations_stay_within_their_bounds(dilemma, seed):
    params, _, _ = dilemma
    world = PublicGoods(params, 4)
    world.reset(seed)
    rng = np.random.default_rng(seed)
    low, high = world.layout.roles[0].observation.bounds()
    for _ in range(params.horizon):
        world.step(world.sample_actions(rng))
        assert (world.buffers.vector >= low).all()
        assert (world.buffers.vector <= high).all()


def test_the_time_left_is_hidden_where_the_horizon_is_not_known():
    fields = laboratory(horizon_known=False).layout.roles[0].observation.fields
    assert "time_left" not in {field.name for field in fields}


def test_every_whole_number_of_tokens_is_legal_and_nothing_else():
    world = laboratory()
    world.reset(0)
    assert world.buffers.action_masks.shape == (1, 4, 21)
    assert world.buffers.action_masks.all()
    before = world.digest()
    with pytest.raises(IllegalAction, match=r"game 0, agent 3: contribution 21 is outside 0\.\.20"):
        world.step([[0, 0, 0, 21]])
    assert world.digest() == before


# How an episode ends.


@pytest.mark.parametrize(("known", "reason"), [(True, "horizon"), (False, "cap")])
def test_a_known_horizon_terminates_and_an_unknown_one_truncates(known, reason):
    world = laboratory(horizon=2, horizon_known=known)
    world.reset(0)
    world.step([[1, 2, 3, 4]])
    assert world.buffers.alive.all()
    world.step([[1, 2, 3, 4]])
    assert not world.buffers.alive.any()
    assert world.buffers.terminations.all() == known
    assert world.buffers.truncations.all() != known
    assert {world.layout.end_reasons[code] for code in world.buffers.end_reason[0]} == {reason}


def test_chance_ends_episodes_after_the_expected_number_of_rounds():
    params = PublicGoodsParams(horizon=None, continuation=0.8)
    world = PublicGoods(params, 4000, seats=["contributor"] * 4)
    world.reset(0)
    while world.buffers.alive.any():
        world.step(world.idle_actions)
    assert params.expected_length == pytest.approx(5.0)
    assert world.buffers.episode_lengths.mean() == pytest.approx(5.0, abs=4 * np.sqrt(20 / 4000))  # variance w/(1-w)^2
    assert set(world.buffers.end_reason.ravel()) == {world.layout.end_reasons.index("chance")}
    assert world.buffers.terminations.all()


# Background players.


def test_free_riders_and_contributors_do_not_care():
    others = [[0, 3], [9, 9], [5, 0]]
    assert contributions_of("free_rider", others, endowment=9) == [0, 0, 0]
    assert contributions_of("contributor", others, endowment=9) == [9, 9, 9]


def test_a_conditional_cooperator_gives_what_the_others_gave_on_average():
    others = [[0, 3], [4, 5], [10, 1], [2, 2], [0, 0]]
    assert contributions_of("conditional_cooperator", others, endowment=10) == [10, 2, 5, 6, 2]


@pytest.mark.parametrize("total", range(0, 200, 9))
def test_a_conditional_cooperator_rounds_halves_up(total):
    others = [[total // 2, total - total // 2], [0, 0]]
    assert contributions_of("conditional_cooperator", others, endowment=100)[1] == (total + 1) // 2


def test_an_imperfect_conditional_cooperator_gives_three_quarters_of_that():
    others = [[20, 20, 20], [8, 8, 8], [0, 1, 0], [0, 0, 0]]
    assert contributions_of("imperfect_conditional_cooperator", others, endowment=20) == [20, 15, 6, 0]


def test_a_hump_shaped_contributor_gives_less_when_the_others_give_much():
    others = [[4, 4], [10, 10], [13, 13], [20, 20], [0, 0]]
    assert contributions_of("hump_shaped_contributor", others, endowment=20) == [10, 4, 10, 7, 0]


def test_a_grim_contributor_never_forgives():
    others = [[5, 5], [5, 5], [5, 4], [5, 5], [5, 5]]
    assert contributions_of("grim_contributor", others, endowment=5) == [5, 5, 5, 0, 0]


def test_a_random_player_gives_every_number_alike():
    world = PublicGoods(PublicGoodsParams(endowment=3, horizon=50), 200, seats=["random"] * 4)
    world.reset(0)
    counts = np.zeros(4)
    for _ in range(50):
        world.step(world.idle_actions)
        counts += np.bincount(world.state.contributions.ravel(), minlength=4)
    assert counts / counts.sum() == pytest.approx([0.25] * 4, abs=4 * np.sqrt(0.25 * 0.75 / 40_000))


def test_conditional_cooperation_decays_where_it_is_imperfect_and_lasts_where_it_is_not():
    def group(player):
        world = laboratory(seats=[player] * 4)
        world.reset(0)
        pots = []
        for _ in range(10):
            world.step(world.idle_actions)
            pots.append(int(world.state.contributions.sum()))
        return pots

    assert group("conditional_cooperator") == [80] * 10
    decay = group("imperfect_conditional_cooperator")
    assert decay[0] == 80
    assert decay == sorted(decay, reverse=True)
    assert decay[-1] <= 8


@pytest.mark.parametrize("name", CONTRIBUTORS)
def test_a_background_player_never_gives_more_than_it_has(name):
    world = PublicGoods(PublicGoodsParams(num_players=3, endowment=7), 64, seats=[name, "random", "external"])
    world.reset(0)
    rng = np.random.default_rng(0)
    for _ in range(10):
        world.step(world.sample_actions(rng))
        assert (world.state.contributions >= 0).all()
        assert (world.state.contributions <= 7).all()


def test_an_unknown_background_player_is_refused_with_the_nearest():
    with pytest.raises(UnknownPolicy, match="'free_rider'"):
        laboratory(seats=["free_ridr", "external", "external", "external"])


# One world among others.


def test_a_game_plays_the_same_alone_and_in_a_crowd_and_on_threads():
    def play(seeds, threads=None):
        seats = ["external", "random", "grim_contributor", "imperfect_conditional_cooperator"]
        world = laboratory(len(seeds), seats=seats, autoreset="next_step", threads=threads)
        world.reset(seeds)
        for k in range(35):
            world.step(np.full((len(seeds), 4), 3 * k % 21))
        return world

    crowd = play(range(100, 164))
    assert play(range(100, 164), threads=3).digest() == crowd.digest()
    assert play([142]).digest() == crowd.digest(game=42)


def test_nothing_of_an_episode_is_left_in_the_next():
    world = laboratory(autoreset="disabled", seats=["random"] * 4)
    world.reset(3)
    fresh = world.digest()
    for _ in range(10):
        world.step(world.idle_actions)
    world.reset(3)
    replayed = {name: array.copy() for name, array in world.state._asdict().items()}
    again = laboratory(seats=["random"] * 4)
    again.reset(3)
    assert all(np.array_equal(replayed[name], array) for name, array in again.state._asdict().items())
    assert again.digest() == fresh


def test_the_multiplier_may_differ_between_games_but_the_endowment_may_not():
    world = laboratory(2)
    world.reset(0)
    world.reset(0, which=np.array([False, True]), params={"multiplier": 3.0})
    world.step([[20, 0, 0, 0], [20, 0, 0, 0]])
    assert world.buffers.rewards[:, 1].tolist() == [28.0, 35.0]
    with pytest.raises(ParameterError, match="this changes the layout"):
        world.reset(0, params={"endowment": 5})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"num_players": 1}, "num_players=1: expected an integer in [2, 64]"),
        ({"endowment": 2.5}, "endowment=2.5: expected an integer in [1, 100]"),
        ({"multiplier": 1.0}, "multiplier=1.0: expected a number in (1, 4)"),
        ({"multiplier": 4}, "multiplier=4: expected a number in (1, 4)"),
        ({"horizon": 0}, "horizon=0: expected an integer in [1, 2147483647]"),
        ({"horizon": None}, "horizon=None, continuation=1.0: expected a horizon, or a continuation below 1"),
        ({"continuation": 0.0}, "continuation=0.0: expected a number in (0, 1]"),
        ({"multiplyer": 2.0}, "PublicGoodsParams has no parameter 'multiplyer'; did you mean 'multiplier'?"),
    ],
)
def test_parameters_out_of_range_are_refused(params, message):
    with pytest.raises(ParameterError) as error:
        dynenvs.make_params(ENV_ID, **params)
    assert str(error.value) == message
