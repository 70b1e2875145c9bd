import numpy as np
import pytest

import dynenvs
from dynenvs.core.errors import LifecycleError
from dynenvs.envs.games.metrics import counts, metrics

C, D = 0, 1


def finished(env_id, rounds, **params):
    """Play the given joint moves (rounds, games, agents) as a whole episode."""
    moves = np.array(rounds)
    world = dynenvs.make_world(env_id, moves.shape[1], horizon=len(moves), **params)
    world.reset(0)
    for joint_move in moves:
        world.step(joint_move)
    return world


def listed(measured):
    return {name: values.tolist() for name, values in measured.items()}


def test_cooperation_is_counted_by_player_and_for_both():
    world = finished("dynenvs/RepeatedGame-v0", [[[C, C]], [[C, D]], [[C, D]], [[D, D]]])
    assert listed(metrics(world, np.array([0]))) == {
        "cooperation": [[0.75, 0.25]],
        "mutual_cooperation": [[0.25, 0.25]],
    }


def test_moves_count_as_executed():
    world = finished("dynenvs/RepeatedGame-v0", [[[C, C]]] * 3, execution_noise=(1.0, 0.0))
    assert metrics(world, np.array([0]))["cooperation"].tolist() == [[0.0, 1.0]]


def test_misread_moves_make_no_difference():
    world = finished("dynenvs/RepeatedGame-v0", [[[C, D]]] * 3, perception_noise=1.0)
    assert metrics(world, np.array([0]))["cooperation"].tolist() == [[1.0, 0.0]]


def test_only_the_asked_games_are_measured_in_their_order():
    world = finished("dynenvs/RepeatedGame-v0", [[[C, C], [C, D], [D, D]]] * 2)
    assert metrics(world, np.array([2, 0]))["cooperation"].tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_action_names_of_other_games_are_no_matter():
    world = finished("dynenvs/RepeatedGame-v0", [[[0, 2]], [[1, 0]], [[2, 2]]], game="rock_paper_scissors")
    measured = metrics(world, np.array([0]))
    assert measured["cooperation"].tolist() == [[1 / 3, 1 / 3]]
    assert measured["mutual_cooperation"].tolist() == [[0.0, 0.0]]


# Who began, and who answered how.


@pytest.mark.parametrize(
    ("rounds", "nice"),
    [
        ([(C, C), (C, C)], [1, 1]),
        ([(C, C), (D, C), (C, D)], [0, 1]),
        ([(C, C), (D, D)], [0, 0]),  # at once: neither had seen the other do it
        ([(C, D), (D, D)], [1, 0]),
    ],
)
def test_who_defects_before_it_was_defected_upon_is_not_nice(rounds, nice):
    world = finished("dynenvs/RepeatedGame-v0", [[moves] for moves in rounds])
    assert counts(world, np.array([0]))["nice"].tolist() == [nice]


def test_a_slip_is_not_held_against_who_slipped_but_provokes_the_other():
    world = finished("dynenvs/RepeatedGame-v0", [[[C, C]], [[C, D]]], execution_noise=(1.0, 0.0))
    assert counts(world, np.array([0]))["nice"].tolist() == [[1.0, 1.0]]


def test_whoever_misreads_a_move_was_provoked():
    world = finished("dynenvs/RepeatedGame-v0", [[[C, C]], [[D, C]]], perception_noise=(1.0, 0.0))
    assert counts(world, np.array([0]))["nice"].tolist() == [[1.0, 1.0]]


def test_answers_are_counted_by_the_last_joint_move_as_it_was_played():
    world = dynenvs.make_world("dynenvs/RepeatedGame-v0", 5, horizon=60, execution_noise=0.2, perception_noise=0.3)
    world.reset(3)
    played, rng = [], np.random.default_rng(0)
    for _ in range(60):
        world.step(world.sample_actions(rng))
        played.append(world.state.moves.copy())
    moves = np.array(played)  # (rounds, games, seats)
    counted = counts(world, np.array([4, 1]))
    for row, game in enumerate([4, 1]):
        for seat in range(2):
            own, other = moves[:, game, seat], moves[:, game, 1 - seat]
            for a, b in np.ndindex(2, 2):
                after = (own[:-1] == a) & (other[:-1] == b)
                name = "after_" + "cd"[a] + "cd"[b]
                assert counted[name][row, seat] == after.sum()
                assert counted[f"cooperated_{name}"][row, seat] == (after & (own[1:] == C)).sum()
            assert counted["cooperated_after_start"][row, seat] == (own[0] == C)
            both = (own == C) & (other == C)
            assert counted["reconciled"][row, seat] == (~both[:-1] & both[1:]).sum()


def test_a_new_episode_is_counted_from_nothing():
    world = finished("dynenvs/RepeatedGame-v0", [[[D, D]]] * 4)
    world.reset()
    for _ in range(4):
        world.step([[C, C]])
    assert counts(world, np.array([0]))["after_dd"].tolist() == [[0.0, 0.0]]
    assert counts(world, np.array([0]))["nice"].tolist() == [[1.0, 1.0]]


def test_in_other_games_any_action_but_the_first_counts_as_one():
    world = finished("dynenvs/RepeatedGame-v0", [[[0, 2]], [[1, 0]], [[0, 0]]], game="rock_paper_scissors")
    counted = counts(world, np.array([0]))
    assert {name: values[0, 0] for name, values in counted.items() if values[0, 0]} == {
        "after_cd": 1,
        "after_dc": 1,
        "cooperated_after_dc": 1,
        "nice": 1,
        "after_start": 1,
        "cooperated_after_start": 1,
        "reconciled": 1,
    }


def test_nothing_is_counted_in_a_public_goods_game():
    world = finished("dynenvs/PublicGoods-v0", [[[1, 0, 1, 0]]])
    assert counts(world, np.array([0])) == {}


# The public goods game.


def test_contributions_and_efficiency_are_shares():
    rounds = [[[0, 5, 10, 20]], [[20, 20, 20, 20]]]
    world = finished("dynenvs/PublicGoods-v0", rounds, num_players=4, endowment=20, multiplier=1.6)
    measured = metrics(world, np.array([0]))
    assert measured["contribution"].tolist() == [[0.5, 0.625, 0.75, 1.0]]
    assert measured["efficiency"][0] == pytest.approx([(33 + 30.5 + 28 + 23) / (4 * 32)] * 4)


@pytest.mark.parametrize(("tokens", "efficiency"), [(0, 1 / 1.5), (3, 1.0)])
def test_efficiency_reaches_from_one_over_the_multiplier_to_one(tokens, efficiency):
    world = finished("dynenvs/PublicGoods-v0", [[[tokens] * 3]] * 2, num_players=3, endowment=3, multiplier=1.5)
    assert metrics(world, np.array([0]))["efficiency"][0] == pytest.approx([efficiency] * 3)


@pytest.mark.parametrize("env_id", ["dynenvs/RepeatedGame-v0", "dynenvs/PublicGoods-v0"])
def test_every_metric_has_one_number_a_game_and_player(env_id):
    world = dynenvs.make_world(env_id, 5, horizon=3)
    world.reset(0)
    rng = np.random.default_rng(0)
    for _ in range(3):
        world.step(world.sample_actions(rng))
    for values in metrics(world, np.arange(1, 5)).values():
        assert values.shape == (4, world.num_agents)
        assert values.dtype == np.float64


def test_an_episode_under_way_is_refused():
    world = dynenvs.make_world("dynenvs/RepeatedGame-v0", 2, horizon=1)
    with pytest.raises(LifecycleError, match="game 1: expected a finished episode"):
        metrics(world, np.array([1]))
    world.reset(0)
    world.step([[C, C], [C, C]], which=np.array([True, False]))
    assert metrics(world, np.array([0]))["cooperation"].tolist() == [[1.0, 1.0]]
    with pytest.raises(LifecycleError, match="game 1: expected a finished episode"):
        metrics(world, np.array([0, 1]))
