"""The public goods game with punishment: its two stages, its background players, its words and its pictures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynenvs
from dynenvs.core.errors import IllegalAction, ParameterError, UnknownPolicy
from dynenvs.core.view import GameView
from dynenvs.envs.games.metrics import counts, metrics
from dynenvs.envs.games.public_goods_background import CONTRIBUTORS
from dynenvs.envs.games.punishment_background import PUNISHERS, punisher
from dynenvs.envs.games.punishment_language import parse, request, rules, schema, situation, write
from dynenvs.envs.games.punishment_rendering import ansi, frame
from dynenvs.rendering.vocabulary import Arrow, Circle, Text

ENV_ID = "dynenvs/PublicGoodsPunishment-v0"
NOBODY = [[0, 0, 0]] * 4


def group(num_games=1, **params):
    return dynenvs.make_world(ENV_ID, num_games, **params)


def play_round(world, contributions, points=NOBODY):
    """Play both stages; points are given by player, to the next player first. Return what both stages paid."""
    world.step([[[given, *row] for given, row in zip(contributions, points, strict=True)]])
    first = world.buffers.rewards[0].tolist()
    world.step([[[given, *row] for given, row in zip(contributions, points, strict=True)]])
    return first, world.buffers.rewards[0].tolist()


def played(*rounds, **params):
    """A game after these rounds: contributions, and points where anybody takes some."""
    world = group(**params)
    world.reset(0)
    for given_and_points in rounds:
        play_round(world, *given_and_points)
    return world


def reference_round(contributions, points, fine, multiplier, endowment):
    """Payoffs of one round in plain Python; points[i][j] are those that i takes off j."""
    n, pot = len(contributions), sum(contributions)
    earned = [endowment - given + multiplier * pot / n for given in contributions]
    return [earned[i] - sum(points[i]) - fine * sum(points[j][i] for j in range(n)) for i in range(n)]


def points_of(player, own, others):
    """Whom a background player takes points off, when it is made to give this by its contributor and others that."""
    world = group(seats=[player, "external", "external", "external"])
    world.reset(0)
    world.step([[[0] * 4, *([given, 0, 0, 0] for given in others)]])
    assert world.state.contributions[0, 0] == own
    world.step(np.zeros((1, 4, 4), np.int64))
    return world.state.points[0, 0, 1:].tolist()


# The stages.


@st.composite
def rounds(draw):
    n, E, M = draw(st.integers(2, 5)), draw(st.integers(1, 20)), draw(st.integers(1, 10))
    tokens = draw(st.lists(st.integers(0, E), min_size=n, max_size=n))
    points = [draw(st.lists(st.integers(0, M), min_size=n - 1, max_size=n - 1)) for _ in range(n)]
    params = {
        "num_players": n,
        "endowment": E,
        "max_points": M,
        "multiplier": draw(st.floats(1.01, n - 0.01)),
        "fine": draw(st.floats(0.1, 10)),
    }
    return params, tokens, points


@settings(max_examples=60, deadline=None)
@given(rounds())
def test_a_round_pays_what_plain_python_says(drawn):
    params, tokens, points = drawn
    n = params["num_players"]
    world = group(**params)
    world.reset(0)
    play_round(world, tokens, points)
    by_target = [[0 if i == j else points[i][(j - i) % n - 1] for j in range(n)] for i in range(n)]
    expected = reference_round(tokens, by_target, params["fine"], params["multiplier"], params["endowment"])
    assert world.buffers.episode_returns[0] == pytest.approx(expected)
    assert world.state.points[0].tolist() == by_target
    low, high = world.layout.roles[0].observation.bounds()
    assert (world.buffers.vector[0] >= low).all()
    assert (world.buffers.vector[0] <= high).all()


@settings(max_examples=20, deadline=None)
@given(rounds())
def test_punishing_costs_the_group_whatever_it_deters(drawn):
    params, tokens, points = drawn
    world = group(**params)
    world.reset(0)
    _, second = play_round(world, tokens, points)
    assert sum(second) == pytest.approx(-(1 + params["fine"]) * sum(map(sum, points)))


def test_the_first_stage_is_the_public_goods_game():
    world = group()
    plain = dynenvs.make_world("dynenvs/PublicGoods-v0", endowment=20)
    world.reset(0)
    plain.reset(0)
    for contributions in ([0, 5, 10, 20], [20, 20, 20, 0]):
        first, _ = play_round(world, contributions)
        plain.step([contributions])
        assert first == plain.buffers.rewards[0].tolist()


def test_what_the_other_stage_decides_is_ignored():
    world = group()
    world.reset(0)
    world.step([[[5, 10, 10, 10]] * 4])
    assert world.state.points.sum() == 0
    world.step([[[20, 1, 0, 0]] * 4])
    assert world.state.contributions[0].tolist() == [5] * 4
    assert world.buffers.rewards[0].tolist() == [-4.0] * 4


def test_more_points_than_there_are_are_refused():
    world = group()
    world.reset(0)
    before = world.digest()
    with pytest.raises(IllegalAction, match=r"agent 2: points_3 11 is outside 0\.\.10"):
        world.step([[[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 11], [0, 0, 0, 0]]])
    assert world.digest() == before


@pytest.mark.parametrize(("known", "reason"), [(True, "horizon"), (False, "cap")])
def test_the_episode_ends_with_the_second_stage_of_its_last_round(known, reason):
    world = played(([5] * 4,), horizon=2, horizon_known=known)
    world.step(np.zeros((1, 4, 4), np.int64))
    assert world.buffers.alive.all()
    world.step(np.zeros((1, 4, 4), np.int64))
    assert not world.buffers.alive.any()
    assert world.buffers.terminations.all() == known
    assert {world.layout.end_reasons[code] for code in world.buffers.end_reason[0]} == {reason}
    assert world.buffers.episode_lengths[0] == 4


def test_chance_ends_episodes_between_rounds_only():
    world = group(2000, horizon=None, continuation=0.75, seats=["contributor"] * 4)
    world.reset(0)
    while world.buffers.alive.any():
        world.step(world.idle_actions)
    assert set(world.buffers.episode_lengths % 2) == {0}
    assert world.buffers.episode_lengths.mean() / 2 == pytest.approx(4.0, abs=4 * np.sqrt(12 / 2000))


# What players see.


def test_contributions_are_seen_before_points_are_decided():
    world = group()
    world.reset(0)
    world.step([[[0, 0, 0, 0], [5, 0, 0, 0], [10, 0, 0, 0], [20, 0, 0, 0]]])
    seen = world.layout.roles[2].observation.named(world.buffers.vector[0, 2])
    assert {name: value.tolist() for name, value in seen.items()} == {
        "punishing": 1.0,
        "first_round": 1.0,
        "own_contribution": 0.5,
        "others_mean": pytest.approx(25 / 60),
        "others_contributions": [1.0, 0.0, 0.25],  # player 3, then 0, then 1
        "points_given": [0.0, 0.0, 0.0],
        "points_received": 0.0,
        "group_mean": pytest.approx(35 / 80),
        "mean_payoff": pytest.approx(24 / 20),
        "time_left": 1.0,
    }


def test_points_are_seen_as_given_one_by_one_and_as_received_in_sum():
    world = played(([20] * 4, [[0, 0, 0], [0, 0, 5], [1, 0, 10], [0, 0, 2]]), horizon=4)
    seen = world.layout.roles[2].observation.named(world.buffers.vector[0, 2])
    assert seen["punishing"] == 0.0
    assert seen["points_given"].tolist() == pytest.approx([0.1, 0.0, 1.0])
    assert seen["points_received"] == pytest.approx(2 / 30)  # 2 of player 3, who sits three seats before it
    assert seen["mean_payoff"] == pytest.approx((32 - 11 - 6) / 20)
    assert seen["time_left"] == 0.75


def test_nobody_is_told_by_whom_points_were_taken():
    by_one = played(([20] * 4, [[9, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]))
    by_other = played(([20] * 4, [[0, 0, 0], [0, 0, 0], [0, 0, 9], [0, 0, 0]]))
    assert by_one.buffers.vector[0, 1].tolist() == by_other.buffers.vector[0, 1].tolist()
    assert situation(GameView(by_one, 0), 1) == situation(GameView(by_other, 0), 1)


# Background players.


@pytest.mark.parametrize("name", sorted(CONTRIBUTORS.keys() - {"random"}))
def test_contributors_give_as_without_punishment_and_punish_nobody(name):
    world = group(seats=[name, "external", "external", "external"])
    plain = dynenvs.make_world("dynenvs/PublicGoods-v0", endowment=20, seats=[name, "external", "external", "external"])
    world.reset(0)
    plain.reset(0)
    for others in ([20, 20, 20], [0, 20, 11], [3, 2, 1], [20, 20, 20]):
        play_round(world, [0, *others])
        plain.step([[0, *others]])
        assert world.state.contributions[0, 0] == plain.state.contributions[0, 0]
    assert world.state.spent[0, 0] == 0


def test_peer_punishers_punish_who_gave_less_than_they_did():
    assert points_of("peer_punisher", 20, [20, 19, 18]) == [0, 0, 1]  # a quarter point a token, halves up
    assert points_of("peer_punisher", 20, [10, 4, 0]) == [3, 4, 5]


def test_antisocial_punishers_punish_who_gave_more():
    assert points_of("antisocial_punisher", 0, [0, 1, 20]) == [0, 0, 5]


def test_severity_is_limited_by_the_points_that_are_allowed():
    assert points_of("punisher(2,0)", 20, [20, 17, 0]) == [0, 6, 10]


def test_where_peers_punish_free_riding_does_not_pay():
    def earned(own, others):
        world = group(seats=[own, *[others] * 3])
        world.reset(0)
        while world.buffers.alive.any():
            world.step(world.idle_actions)
        return world.buffers.episode_returns[0, 0]

    assert earned("free_rider", "contributor") > earned("contributor", "contributor")
    assert earned("free_rider", "contributing_punisher") < earned("contributor", "contributing_punisher")


def test_names_are_read_strictly():
    with pytest.raises(ParameterError, match=r"expected punisher\(below,above\) with decimal numbers"):
        punisher("punisher(1)")
    with pytest.raises(ParameterError, match=r"below=-1.0: expected a number in \[0, 100\]"):
        punisher("punisher(-1,0)")
    with pytest.raises(UnknownPolicy, match="'peer_punisher'"):
        punisher("peer_punishr")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"num_players": 17}, "num_players=17: expected an integer in [2, 16]"),
        ({"max_points": 0}, "max_points=0: expected an integer in [1, 100]"),
        ({"fine": 0}, "fine=0: expected a number in (0, 100] tokens a point"),
        ({"multiplier": 4}, "multiplier=4: expected a number in (1, 4)"),
    ],
)
def test_parameters_out_of_range_are_refused(params, message):
    with pytest.raises(ParameterError) as error:
        dynenvs.make_params(ENV_ID, **params)
    assert str(error.value) == message


# One world among others.


def test_a_game_plays_the_same_alone_and_in_a_crowd_and_on_threads():
    def play(seeds, threads=None):
        seats = ["external", "random", "peer_punisher", ["antisocial_punisher", "grim_contributor"]]
        world = group(len(seeds), seats=seats, autoreset="next_step", threads=threads)
        world.reset(seeds)
        for k in range(50):
            world.step(np.full((len(seeds), 4, 4), k % 11))
        return world

    crowd = play(range(100, 164))
    assert play(range(100, 164), threads=3).digest() == crowd.digest()
    assert play([142]).digest() == crowd.digest(game=42)


def test_nothing_of_an_episode_is_left_in_the_next():
    world = played(([3, 9, 20, 0], [[1, 2, 3]] * 4))
    world.step(np.zeros((1, 4, 4), np.int64))  # left between the stages
    world.reset(0)
    assert world.digest() == played().digest()


# What is measured.


def test_efficiency_is_net_of_punishment_and_points_are_counted_by_the_round():
    points = [[0, 0, 0], [0, 0, 4], [2, 0, 0], [0, 0, 0]]  # 1 takes 4 off 0; 2 takes 2 off 3
    world = played(([0, 20, 10, 10], points), ([20] * 4,), horizon=2)
    measured = metrics(world, np.array([0]))
    assert {name: values[0].tolist() for name, values in measured.items()} == {
        "contribution": [0.5, 1.0, 0.75, 0.75],
        "efficiency": [pytest.approx((4 * 20 + 0.6 * 40 + 4 * 32 - 6 * 4) / (2 * 4 * 32))] * 4,
        "points_spent": [0.0, 2.0, 1.0, 0.0],
        "antisocial_points": [0.0, 0.0, 1.0, 0.0],
    }
    assert measured["efficiency"][0] == pytest.approx(world.buffers.episode_returns[0].sum() / (2 * 4 * 32))
    assert counts(world, np.array([0])) == {}


# Words.


def view_of(*given, **params):
    return GameView(played(*given, **params), 0)


def test_both_stages_and_their_prices_are_told():
    assert rules(view_of(fine=2.5), 1).splitlines()[-3:] == [
        "Each round has a second stage: all see what each gave, and may then take points off one another, all at once.",
        "You can take 0 to 10 points off each other player. A point costs you 1 token, and the one whom it is taken "
        "off 2.5. Nobody is told who took points off whom.",
        "There are 10 rounds.",
    ]


def test_the_situation_tells_this_round_in_the_second_stage_and_the_last_in_the_first():
    view = view_of(([20, 5, 10, 0], [[0, 0, 7], [0, 0, 0], [3, 0, 0], [1, 0, 0]]))
    assert situation(view, 0) == (
        "Round 2 of 10, first stage: contributions.\n"
        "Contributions of the last round: you 20, player 1 5, player 2 10, player 3 0.\n"
        "Points that you took off others in the last round: player 1 0, player 2 0, player 3 7.\n"
        "Points that others took off you in the last round: 1 in all.\n"
        "Mean contribution of a player in all rounds so far: 8.75.\n"
        "Your mean payoff a round so far, less what points cost you: 4."
    )
    view.world.step([[[20, 0, 0, 0]] * 4])
    assert situation(view, 0).splitlines()[:2] == [
        "Round 2 of 10, second stage: points.",
        "Contributions of this round: you 20, player 1 20, player 2 20, player 3 20.",
    ]
    assert situation(view, 0).endswith("less what points cost you: 18.")


def test_a_stage_asks_for_its_own_decisions_only():
    view = view_of()
    assert request(view, 1).endswith('{"contribution": a whole number from 0 to 20}')
    assert parse(view, 1, '{"contribution": 7}').tolist() == [7, 0, 0, 0]
    view.world.step([[[7, 0, 0, 0]] * 4])
    assert list(schema(view, 1)["properties"]) == ["points_off_player_2", "points_off_player_3", "points_off_player_0"]
    reply = '{"points_off_player_2": 1, "points_off_player_3": 0, "points_off_player_0": 10}'
    assert parse(view, 1, reply).tolist() == [0, 1, 0, 10]
    assert write(view, 1, np.array([0, 1, 0, 10])) == reply
    assert parse(view, 1, '{"contribution": 7}').kind == "wrong_schema"


def test_a_game_can_be_played_in_words():
    game = dynenvs.text_game(ENV_ID, seats=["external", "peer_punisher", "free_rider", "free_rider"], horizon=1)
    game.reset(seed=1)
    assert game.submit(0, '{"contribution": 12}') is None
    assert game.submit(0, '{"points_off_player_1": 0, "points_off_player_2": 1, "points_off_player_3": 0}') is None
    assert game.over
    assert game.returns[0] == pytest.approx(20 - 12 + 0.4 * 32 - 1 - 3 * 2)


# Pictures.


def test_arrows_lead_from_who_took_points_to_whom_they_were_taken_off():
    world = played(([20, 20, 0, 0], [[0, 5, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]))
    _, arrow = [shape for shape in frame(world).shapes if isinstance(shape, Arrow)]  # the first is its rim
    (x0, y0), (x1, y1) = arrow.start, arrow.end
    assert x0 == pytest.approx(x1)  # player 0 sits on top, player 2 below
    assert y0 < y1


@pytest.mark.parametrize("num_players", range(2, 17))
def test_every_punishment_is_seen_beside_the_pot_and_apart_from_its_answer(num_players):
    world = group(num_players=num_players, multiplier=1.5)
    world.reset(0)
    for _ in range(2):
        world.step(np.full((1, num_players, num_players), 3))
    shapes = frame(world).shapes
    arrows = [shape for shape in shapes if isinstance(shape, Arrow)][1::2]  # each after its rim
    assert len(arrows) == num_players * (num_players - 1)
    first = shapes.index(arrows[0])
    pot = max((shape for shape in shapes[:first] if isinstance(shape, Circle)), key=lambda circle: circle.radius)
    ways = {(arrow.start, arrow.end): np.array(next(arrow.parts()).points) for arrow in arrows}
    assert all(np.hypot(*(way - (pot.x, pot.y)).T).min() > pot.radius for way in ways.values())
    for (start, end), way in ways.items():
        answer = next(other for ends, other in ways.items() if np.allclose(ends, (end, start)))
        assert np.hypot(*(way[len(way) // 2] - answer[len(answer) // 2])) > 1.0


def test_a_frame_tells_points_and_net_payoffs():
    shown = [s.text for s in frame(played(([20, 20, 0, 0], [[0, 5, 0], *NOBODY[1:]]))).shapes if isinstance(s, Text)]
    assert "A token given makes 1.6, shared equally by 4. A point costs 1, and 3 to the one punished." in shown
    assert {"11.00", "16.00", "21.00", "36.00"} <= set(shown)


def test_a_crowd_is_drawn_with_its_first_players_listed():
    world = group(num_players=16, multiplier=5.0)
    world.reset(0)
    shown = [shape.text for shape in frame(world).shapes if isinstance(shape, Text)]
    assert "and 9 more" in shown
    assert sum(text == "external" for text in shown) == 7


def test_text_tells_points_out_and_in(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    world = played(([20, 20, 0, 0], [[0, 5, 0], *NOBODY[1:]]))
    world.step(np.zeros((1, 4, 4), np.int64))
    title, *players = ansi(world).split("\n")
    assert title == "Public goods with punishment, round 1 of 10, now points"
    assert players[0].split() == ["0", "external", "gave", "0", "points", "out", "5,", "in", "0", "15.500"]


def test_a_picture_changes_nothing():
    world = played(([20, 20, 0, 0], [[0, 5, 0], *NOBODY[1:]]))
    before = world.digest()
    frame(world)
    ansi(world)
    assert world.digest() == before


def test_every_background_player_can_be_seated():
    world = group(len(PUNISHERS), seats=[list(PUNISHERS)] * 4)
    world.reset(0)
    for _ in range(6):
        world.step(world.idle_actions)
    assert (world.state.points <= 10).all()
    assert (world.state.contributions <= 20).all()
