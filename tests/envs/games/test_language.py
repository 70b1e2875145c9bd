import numpy as np
import pytest

import dynenvs
from dynenvs.core.errors import ParameterError
from dynenvs.core.view import GameView
from dynenvs.envs.games.language import rules, situation

C, D = 0, 1
TOLD = {"round", "payoffs", "history", "perceived_counts"}  # arrays of the state that the words may draw on


def played(env_id, joint_moves, seed=0, **params):
    """A view of a game after these joint moves."""
    world = dynenvs.make_world(env_id, **params)
    world.reset(seed)
    for joint_move in joint_moves:
        world.step([joint_move])
    return GameView(world, 0)


def repeated_game(joint_moves, seed=0, **params):
    return played("dynenvs/RepeatedGame-v0", joint_moves, seed, **params)


# The repeated game.


def test_the_rules_give_the_payoffs_from_the_seats_side():
    view = repeated_game([], game="battle_of_the_sexes")
    assert rules(view, 1) == (
        "You play the same game again and again with one other player. In each round both choose at the same time.\n"
        "Payoffs of a round:\n"
        "- you: opera, the other: opera: 2 for you, 3 for the other\n"
        "- you: opera, the other: football: 0 for you, 0 for the other\n"
        "- you: football, the other: opera: 0 for you, 0 for the other\n"
        "- you: football, the other: football: 3 for you, 2 for the other\n"
        "You do not know how many rounds there are."
    )


def test_the_situation_is_what_the_seat_saw():
    view = repeated_game([(C, D), (C, C), (D, C), (C, D)], memory=3, horizon=10, horizon_known=True)
    assert situation(view, 0) == (
        "Round 5 of 10.\n"
        "So far: 1 x you: cooperate, the other: cooperate; 2 x you: cooperate, the other: defect; "
        "1 x you: defect, the other: cooperate.\n"
        "Mean payoff a round so far: 2 for you, 3.25 for the other.\n"
        "The last 3 rounds:\n"
        "- round 2: you: cooperate, the other: cooperate; 3 for you, 3 for the other\n"
        "- round 3: you: defect, the other: cooperate; 5 for you, 0 for the other\n"
        "- round 4: you: cooperate, the other: defect; 0 for you, 5 for the other"
    )
    assert situation(view, 1).endswith("- round 4: you: defect, the other: cooperate; 5 for you, 0 for the other")
    assert "Mean payoff a round so far: 3.25 for you, 2 for the other." in situation(view, 1)


def test_a_game_of_unequal_sides_is_told_from_both():
    payoffs = (((1, 2, 3), (4, 5, 6)), ((-1, -2, -3), (-4, -5, -6)))
    view = repeated_game([(1, 2)], payoffs=payoffs)
    assert "- you: action 2, the other: defect: -6 for you, 6 for the other" in rules(view, 1)
    assert situation(view, 1).endswith("- round 1: you: action 2, the other: defect; -6 for you, 6 for the other")


def test_nothing_has_been_played_before_the_first_round():
    assert situation(repeated_game([]), 0) == "Round 1. Nothing has been played yet."


def test_an_episode_that_is_over_is_told_as_such():
    view = repeated_game([(C, D)] * 2, horizon=2)
    assert situation(view, 0).startswith(
        "The game is over, after 2 rounds.\nSo far: 2 x you: cooperate, the other: defect."
    )


def test_the_memory_reaches_as_far_back_as_the_observation():
    view = repeated_game([(C, D)] * 40, memory=32)
    lines = [line for line in situation(view, 0).splitlines() if line.startswith("- round")]
    assert len(lines) == 32
    assert lines[0].startswith("- round 9:")
    assert lines[-1].startswith("- round 40:")


def test_under_perception_noise_a_seat_is_told_what_it_read_and_never_what_was_played():
    view = repeated_game([(C, C)] * 6, perception_noise=(1.0, 0.0), memory=6)
    told = situation(view, 0)
    assert told.count("the other: defect") == 7  # once in the tally, six times in the list
    assert "the other: cooperate" not in told
    assert "Mean payoff a round so far: 0 for you, 5 for the other." in told
    assert "the other: defect" not in situation(view, 1)


def test_a_slip_of_the_hand_is_seen_by_both():
    view = repeated_game([(C, C)] * 3, execution_noise=(1.0, 0.0))
    assert "you: cooperate" not in situation(view, 0)
    assert "the other: cooperate" not in situation(view, 1)


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("seed", range(5))
def test_the_situation_depends_on_nothing_that_the_seat_cannot_know(seat, seed):
    rng = np.random.default_rng(seed)
    view = repeated_game(rng.integers(0, 2, (20, 2)), seed, execution_noise=0.3, perception_noise=0.5, horizon=97)
    told = situation(view, seat), rules(view, seat)
    state, b = view.world.state, view.world.buffers
    assert not np.array_equal(state.joint_counts[0], state.perceived_counts[0, seat])  # there is something to give away
    for name, array in state._asdict().items():
        if name not in TOLD:
            array[...] = 1
    for own in (state.history, state.perceived_counts):
        own[0, 1 - seat] = 0
    for hidden in (b.rewards, b.reward_terms, b.episode_returns, b.seeds, b.draws):
        hidden[...] = 1
    assert (situation(view, seat), rules(view, seat)) == told


# Labels and framing.


def test_labels_take_the_place_of_the_actions_names():
    view = repeated_game([(C, D)], labels=["J", "F"])
    assert "- you: J, the other: F: 0 for you, 5 for the other" in rules(view, 0)
    assert situation(view, 1).endswith("- round 1: you: F, the other: J; 5 for you, 0 for the other")
    assert "cooperate" not in rules(view, 0) + situation(view, 0)
    assert view.role(0).actions.discrete_heads[0].options == ("J", "F")


def test_losses_are_what_is_missing_to_the_most_that_could_be():
    view = repeated_game([(C, D), (C, C)], framing="losses")
    assert rules(view, 0).splitlines()[1:4] == [
        "In each round you are given 5 and the other 5. Losses from it, by what both choose:",
        "- you: cooperate, the other: cooperate: 2 for you, 2 for the other",
        "- you: cooperate, the other: defect: 5 for you, 0 for the other",
    ]
    assert "Mean loss a round so far: 3.5 for you, 1 for the other." in situation(view, 0)
    assert situation(view, 1).endswith("- round 2: you: cooperate, the other: cooperate; 2 for you, 2 for the other")
    assert "ayoff" not in rules(view, 0) + situation(view, 0)


def test_each_player_has_its_own_stake_and_nothing_below_zero_is_one():
    payoffs = (((4, 0), (1, 2)), ((-1, -2), (-3, -4)))
    told = rules(repeated_game([], payoffs=payoffs, framing="losses"), 1)
    assert "you are given 0 and the other 4." in told
    assert "- you: defect, the other: cooperate: 2 for you, 4 for the other" in told


WORDS = {"labels": ("x", "y"), "framing": "losses"}


def test_words_change_neither_rules_nor_states():
    assert dynenvs.registration.rules_digest("dynenvs/RepeatedGame-v0") == dynenvs.registration.rules_digest(
        "dynenvs/RepeatedGame-v0", **WORDS
    )
    moves = [(C, D), (D, D), (C, C)]
    plain, worded = repeated_game(moves, execution_noise=0.3), repeated_game(moves, execution_noise=0.3, **WORDS)
    assert plain.world.digest() == worded.world.digest()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"labels": ("J",)}, r"labels=\('J',\): expected 2 different words"),
        ({"labels": ("J", "j")}, "expected 2 different words"),
        ({"labels": ("J", " ")}, "expected 2 different words of visible characters"),
        ({"labels": ("J", "F\n")}, "expected 2 different words of visible characters"),
        ({"labels": ("J", 1)}, "expected 2 different words"),
        ({"labels": "JF"}, "labels='JF': expected 2 different words"),
        ({"labels": ("a", "b"), "game": "rock_paper_scissors"}, "expected 3 different words"),
        ({"framing": "loss"}, "framing='loss': expected one of"),
    ],
)
def test_words_that_cannot_be_told_apart_are_refused(params, message):
    with pytest.raises(ParameterError, match=message):
        repeated_game([], **params)


# How it ends.


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"horizon": 77, "horizon_known": True}, "There are 77 rounds."),
        ({"horizon": 77}, "You do not know how many rounds there are."),
        ({"horizon": 77, "continuation": 0.9}, "After each round another one follows with probability 0.9."),
        (
            {"horizon": 77, "horizon_known": True, "continuation": 0.9},
            "After each round another one follows with probability 0.9, up to 77 rounds.",
        ),
        ({"horizon": None, "continuation": 0.9}, "After each round another one follows with probability 0.9."),
    ],
)
@pytest.mark.parametrize("env_id", ["dynenvs/RepeatedGame-v0", "dynenvs/PublicGoods-v0"])
def test_the_end_is_told_as_far_as_players_know_it(env_id, params, sentence):
    view = played(env_id, [], **{"horizon_known": False, **params})
    assert rules(view, 0).splitlines()[-1] == sentence
    known = bool(params.get("horizon_known"))
    assert ("77" in rules(view, 0)) == known
    assert ("77" in situation(view, 0)) == known


def test_noise_is_told_from_the_seats_side_and_only_if_there_is_any():
    noisy = repeated_game([], execution_noise=(0.1, 0.2), perception_noise=(0.3, 0.4))
    assert "yours with probability 0.2, the other's with 0.1." in rules(noisy, 1)
    assert "misread the other's choice, with probability 0.4, and the other yours, with 0.3." in rules(noisy, 1)
    assert "probability" not in rules(repeated_game([]), 1)


# The public goods game.


def test_the_public_goods_game_is_told_with_its_numbers():
    view = played("dynenvs/PublicGoods-v0", [], preset="fehr_gaechter_2000")
    assert rules(view, 2) == (
        "You are player 2 of 4; the others are player 0, player 1, player 3.\n"
        "In each round each player gets 20 tokens and puts some, all or none into a common pot, all at once.\n"
        "What a player does not put in, it keeps.\n"
        "What is in the pot is multiplied by 1.6 and shared equally by all 4, whoever put it in.\n"
        "Your payoff in a round: 20 - your contribution + 0.4 x all contributions.\n"
        "There are 10 rounds."
    )


def test_contributions_are_told_by_name_and_in_tokens():
    view = played("dynenvs/PublicGoods-v0", [[20, 20, 20, 20], [0, 5, 10, 20]], preset="fehr_gaechter_2000")
    assert situation(view, 2) == (
        "Round 3 of 10.\n"
        "Contributions of the last round: you 10, player 3 20, player 0 0, player 1 5.\n"
        "Mean contribution of a player in all rounds so far: 14.38.\n"
        "Your mean payoff a round so far: 28."
    )
