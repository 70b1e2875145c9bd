"""The best known strategies, each by what it is known for; all of them are compared move by move in test_axelrod.py."""

import numpy as np
import pytest

from dynenvs.envs.games.background import strategy_names
from dynenvs.envs.games.params import RepeatedGameParams
from dynenvs.envs.games.world import RepeatedGame

from .matches import answers, moves, play, replies


def test_tit_for_tat_answers_the_last_move():
    assert moves("tit_for_tat", against="CCDDC") == "CCCDDC"


def test_suspicious_tit_for_tat_begins_with_defection():
    assert moves("suspicious_tit_for_tat", against="CDC") == "DCDC"


def test_tit_for_two_tats_forgives_a_single_defection():
    assert moves("tit_for_two_tats", against="DCDDC") == "CCCCDC"


def test_two_tits_for_tat_strikes_twice():
    assert moves("two_tits_for_tat", against="CDCCC") == "CCDDCC"


def test_grudger_never_forgives():
    assert moves("grudger", against="CDCCCC") == "CCDDDDD"


def test_win_stay_lose_shift_stays_after_cooperation_and_shifts_after_defection():
    assert moves("win_stay_lose_shift", against="CDCD") == "CCDDC"


def test_win_stay_lose_shift_returns_to_cooperation_with_itself_after_a_slip():
    assert replies("win_stay_lose_shift", given="CCDCC", executed="CDDCC") == "CCDCC"


def test_alternator_alternates():
    assert moves("alternator", against="DDDD") == "CDCDC"


def test_bully_does_the_opposite_and_begins_with_defection():
    assert moves("bully", against="CDDC") == "DDCCD"


def test_gradual_answers_the_nth_defection_by_n_and_calms_down_with_two_cooperations():
    assert moves("gradual", against="DCCC" + "DCCCC") == "CDCC" + "CDDCCC"


def test_go_by_majority_cooperates_at_a_tie_and_hard_go_by_majority_does_not():
    assert moves("go_by_majority", against="CDDC") == "CCCDC"
    assert moves("hard_go_by_majority", against="CDDC") == "DCDDD"


def test_handshake_cooperates_with_its_own_kind_only():
    assert moves("handshake", against="CDCC") == "CDCCC"
    assert moves("handshake", against="CCCC") == "CDDDD"


def test_prober_exploits_who_does_not_answer_and_else_plays_tit_for_tat():
    assert moves("prober", against="CCCC") == "DCCDD"
    assert moves("prober", against="CDCDC") == "DCCCDC"


def test_contrite_tit_for_tat_takes_the_answer_to_its_own_slip():
    assert replies("tit_for_tat", given="CDCD", executed="DCDC") == "CCDC"
    assert replies("contrite_tit_for_tat", given="CDCC", executed="DCCC") == "CCCC"


def test_omega_tit_for_tat_breaks_a_deadlock_in_which_tit_for_tat_stays():
    trapped, freed = moves("tit_for_tat", against="DCDCDCDC"), moves("omega_tit_for_tat", against="DCDCDCDC")
    assert trapped == "CDCDCDCDC"
    assert freed[:6] == "CDCDCC"


def test_limited_retaliate_lays_down_its_arms_after_twenty_rounds():
    assert moves("limited_retaliate", against="D" * 23) == "C" + "D" * 20 + "C" + "DD"


def test_adaptive_tit_for_tat_plays_tit_for_tat_until_its_belief_rounds_to_one():
    assert moves("adaptive_tit_for_tat", against="CDDCDCC") == moves("tit_for_tat", against="CDDCDCC")
    assert moves("adaptive_tit_for_tat", against="C" * 60 + "DD")[-2:] == "CD"


def test_back_stabber_defects_in_the_last_two_rounds_of_a_horizon_that_it_knows():
    assert moves("back_stabber", against="CCCCC", horizon_known=True) == "CCCCDD"
    assert moves("back_stabber", against="CCCCC", horizon_known=False) == "CCCCCC"


def test_thue_morse_plays_the_thue_morse_sequence():
    assert moves("thue_morse", against="CCCCCCC") == "DCCDCDDC"


def test_worse_and_worse_defects_more_and_more():
    rounds, _ = play([("worse_and_worse", "always_cooperate")] * 200, turns=1100)
    defections = rounds[:, :, 0].mean(axis=0)
    assert defections[:100].mean() == pytest.approx(0.0505, abs=0.01)
    assert defections[450:550].mean() == pytest.approx(0.5, abs=0.02)
    assert defections[999:].min() == 1.0


def test_tit_for_tat_copies_in_games_of_any_number_of_actions():
    assert answers("tit_for_tat", [2, 1, 0], game="rock_paper_scissors") == [0, 2, 1, 0]


def test_beat_last_beats_rock_by_paper_paper_by_scissors_and_scissors_by_rock():
    for seat in (0, 1):
        assert answers("beat_last", [0, 1, 2], seat, game="rock_paper_scissors")[1:] == [1, 2, 0]


def test_beat_last_knows_its_own_payoffs_in_a_game_that_is_not_symmetric():
    assert answers("beat_last", [0, 1], seat=0, game="matching_pennies")[1:] == [0, 1]
    assert answers("beat_last", [0, 1], seat=1, game="matching_pennies")[1:] == [1, 0]


def test_always_and_cycle_play_the_actions_that_are_asked_for():
    assert answers("always(2)", [0, 0], game="rock_paper_scissors") == [2, 2, 2]
    assert answers("cycle(0,2,1)", [0, 0, 0], game="rock_paper_scissors") == [0, 2, 1, 0]


def test_random_plays_all_actions_alike_also_where_players_have_different_numbers_of_them():
    payoffs = np.zeros((2, 2, 3))
    rounds, _ = play([("random", "random")] * 50, turns=100, payoffs=payoffs)
    for agent, actions in enumerate((2, 3)):
        shares = np.bincount(rounds[:, :, agent].ravel()) / 5000
        assert shares == pytest.approx(1 / actions, abs=4 * 0.5 / np.sqrt(5000))


@pytest.mark.parametrize("name", strategy_names())
def test_a_new_episode_finds_nothing_remembered(name):
    world = RepeatedGame(RepeatedGameParams(horizon=60), num_games=8)
    world.set_seats([name, "random"])

    def episode():
        world.reset(3)
        rounds = []
        for _ in range(60):
            world.step(np.zeros((8, 2), np.int64))
            rounds.append(world.state.moves.copy())
        return np.array(rounds)

    assert np.array_equal(episode(), episode())
