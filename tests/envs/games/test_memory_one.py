"""Strategies of the last joint move, and what the zero-determinant ones among them enforce."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.envs.games.automata import View
from dynenvs.envs.games.background import strategy, strategy_automaton, strategy_tables
from dynenvs.envs.games.chains import Encounter, pair_payoffs
from dynenvs.envs.games.memory_one import MEMORY_ONE, feasible_paces, zero_determinant
from dynenvs.envs.games.params import RepeatedGameParams, payoff_matrices

from .matches import play

R, S, T, P = 3.0, 0.0, 5.0, 1.0
DONATION = (8.0, -2.0, 10.0, 0.0)  # benefit 10, cost 2
OPPONENTS = ("random", "always_cooperate", "generous_tit_for_tat", "memory_one(0.7,0.2,0.6,0.3)", "win_stay_lose_shift")
TURNS, MATCHES = 2000, 40


def view(payoffs):
    row, column = payoff_matrices(payoffs)
    return View(row, column)


def cooperation_after(name, payoffs=(R, S, T, P)):
    """Probabilities of cooperating after CC, CD, DC, DD."""
    made = strategy(name).plays(view(payoffs))
    return made.moves[made.successors[0].ravel(), 0]


def mean_payoffs(name, opponent, payoffs=(R, S, T, P)):
    """Mean payoffs a round of both (matches, 2)."""
    _, scores = play([(name, opponent)] * MATCHES, turns=TURNS, payoffs=payoffs, horizon_known=False)
    return scores / TURNS


def assert_is_enforced(difference, phi):
    """The mean of a match is off by at most 1 / (phi rounds), for it begins with cooperation."""
    error = difference.std() / np.sqrt(MATCHES)
    assert abs(difference.mean()) < 4 * error + 1 / (phi * TURNS)


def test_memory_one_cooperates_with_its_four_probabilities():
    probabilities = (0.9, 0.1, 0.5, 0.2)
    rounds, _ = play([("memory_one(0.9,0.1,0.5,0.2)", "random")] * MATCHES, turns=TURNS)
    assert (rounds[:, 0, 0] == 0).all()
    before, after = rounds[:, :-1], rounds[:, 1:, 0]
    for outcome, probability in zip(((0, 0), (0, 1), (1, 0), (1, 1)), probabilities, strict=True):
        answered = after[(before == outcome).all(axis=2)] == 0
        assert answered.mean() == pytest.approx(probability, abs=4 * 0.5 / np.sqrt(answered.size))


@pytest.mark.parametrize(
    ("name", "probabilities"),
    [
        ("zd_extort_2", [8 / 9, 1 / 2, 1 / 3, 0]),  # Stewart and Plotkin (2012)
        ("zd_gtft_2", [1, 1 / 8, 1, 1 / 4]),  # Stewart and Plotkin (2012)
        ("zd_extort_4", [11 / 17, 0, 8 / 17, 0]),
        ("zd_set_2", [3 / 4, 1 / 4, 1 / 2, 1 / 4]),  # Kuhn (2017)
        ("zd_gen_2", [1, 9 / 16, 1 / 2, 1 / 8]),  # Kuhn (2017)
        ("generous_tit_for_tat", [1, 1 / 3, 1, 1 / 3]),  # Nowak and Sigmund (1992)
    ],
)
def test_published_probabilities_follow_from_the_usual_payoffs(name, probabilities):
    assert cooperation_after(name) == pytest.approx(probabilities)


def test_zd_with_the_numbers_of_extort_2_is_extort_2():
    assert cooperation_after(f"zd({1 / 18},2,1)") == pytest.approx(cooperation_after("zd_extort_2"))


@pytest.mark.parametrize("opponent", OPPONENTS)
@pytest.mark.parametrize(
    ("name", "phi", "chi"), [("zd_extort_2", 1 / 18, 2), ("zd_extort_4", 1 / 17, 4), ("zd(0.05,3,1)", 0.05, 3)]
)
def test_extortion_earns_chi_times_the_others_gain_over_mutual_defection(name, phi, chi, opponent):
    own, other = mean_payoffs(name, opponent).T
    assert_is_enforced((own - P) - chi * (other - P), phi)


@pytest.mark.parametrize("opponent", OPPONENTS)
def test_generous_zd_bears_twice_the_others_loss_under_mutual_cooperation(opponent):
    own, other = mean_payoffs("zd_gtft_2", opponent).T
    assert_is_enforced((own - R) - 2 * (other - R), phi=1 / 8)


@pytest.mark.parametrize("opponent", OPPONENTS)
def test_an_equalizer_pins_what_the_opponent_earns(opponent):
    _, other = mean_payoffs("zd_set_2", opponent).T
    assert_is_enforced(other - (R + P) / 2, phi=1 / 4)


@pytest.mark.parametrize("opponent", ["random", "win_stay_lose_shift"])
def test_extortion_holds_for_other_payoffs_too(opponent):
    own, other = mean_payoffs("zd_extort_2", opponent, payoffs=DONATION).T
    assert_is_enforced(own - 2 * other, phi=1 / 44)


def test_tit_for_tat_enforces_no_extortion():
    own, other = mean_payoffs("tit_for_tat", "random").T
    with pytest.raises(AssertionError):
        assert_is_enforced((own - P) - 2 * (other - P), phi=1 / 18)


def test_an_infeasible_zd_strategy_is_refused_with_the_largest_feasible_phi():
    with pytest.raises(
        ParameterError, match=r"zd\(0.5,2,1\).*after CD with probability -3.5: expected 0 < phi <= 0.11111"
    ):
        zero_determinant(view((R, S, T, P)), phi=0.5, chi=2, kappa=1)
    with pytest.raises(ParameterError, match=r"after CC with probability 1.1: no phi is feasible here"):
        zero_determinant(view((R, S, T, P)), phi=0.1, chi=0.5, kappa=1)
    with pytest.raises(ParameterError, match=r"zd\(0,2,1\) repeats its last move.*expected 0 < phi <= 0.11111"):
        zero_determinant(view((R, S, T, P)), phi=0, chi=2, kappa=1)
    with pytest.raises(ParameterError, match=r"after CD with probability 2.2: expected -0.25 <= phi < 0"):
        zero_determinant(view((R, S, T, P)), phi=0.3, chi=-2, kappa=2)
    with pytest.raises(ParameterError, match=r"equalizer\(0.5,2\).*after CD with probability -0.5: expected 0 < phi"):
        strategy("equalizer(0.5,2)").plays(view((R, S, T, P)))
    zero_determinant(view((R, S, T, P)), phi=1 / 9, chi=2, kappa=1)


def test_where_both_earn_the_same_after_every_move_nothing_can_be_enforced():
    with pytest.raises(ParameterError, match="enforces nothing: no phi is feasible here"):
        zero_determinant(view((3.0, 1.0, 1.0, 0.0)), phi=0.1, chi=1, kappa=2)


@pytest.mark.parametrize("number", range(20))
def test_any_feasible_numbers_enforce_their_relation_on_anyone_in_any_symmetric_game(number):
    """In the stationary distribution, against opponents of any memory, for payoffs that no game is named after."""
    rng = np.random.default_rng(number)
    payoffs, chi, kappa, phi = _draw_feasible(rng)
    opponents = ["mem2", f"memory_one({','.join(map(str, rng.random(4)))})", "nydegger"]
    for opponent in opponents:
        ours = zero_determinant(view(payoffs), phi, chi, kappa)
        theirs = strategy_automaton(opponent, payoff_matrices(payoffs))
        own, other = pair_payoffs(Encounter.of(RepeatedGameParams(payoffs=payoffs), endless=True), ours, theirs)
        assert own - kappa == pytest.approx(chi * (other - kappa), abs=1e-8)


def _draw_feasible(rng):
    """Draw payoffs and numbers until they are feasible."""
    while True:
        payoffs = tuple(rng.uniform(-5, 5, 4))
        chi, kappa = rng.uniform(-4, 4), rng.uniform(-5, 5)
        low, high = feasible_paces(view(payoffs), chi, kappa)
        if low < high:
            return payoffs, chi, kappa, rng.uniform(low or 0.1 * high, high or 0.1 * low)


def test_feasible_paces_are_all_that_are_feasible():
    low, high = feasible_paces(view((R, S, T, P)), chi=-2, kappa=2)
    assert (low, high) == (-0.25, 0)
    zero_determinant(view((R, S, T, P)), low, chi=-2, kappa=2)
    with pytest.raises(ParameterError, match=r"expected -0.25 <= phi < 0"):
        zero_determinant(view((R, S, T, P)), low - 1e-6, chi=-2, kappa=2)


def test_an_equalizer_of_given_numbers_pins_the_same():
    assert cooperation_after("equalizer(0.25,2)") == pytest.approx(cooperation_after("zd_set_2"))


def test_zd_strategies_are_refused_where_a_game_has_none():
    chicken = payoff_matrices((0.0, -1.0, 1.0, -10.0))
    with pytest.raises(ParameterError, match="'zd_extort_2' is not feasible for R=0, S=-1, T=1, P=-10"):
        strategy_tables(("zd_extort_2",), chicken)
    asymmetric = payoff_matrices((((3.0, 0.0), (5.0, 1.0)), ((3.0, 0.0), (5.0, 1.0))))
    with pytest.raises(ParameterError, match="symmetric 2 x 2 game"):
        strategy_tables(("zd_extort_2",), asymmetric)


def test_generosity_is_refused_where_there_is_no_prisoners_dilemma():
    with pytest.raises(ParameterError, match="T > R > P > S"):
        strategy_tables(("generous_tit_for_tat",), payoff_matrices((0.0, -1.0, 1.0, -10.0)))


def test_all_memory_one_strategies_cooperate_first():
    assert all(entry.plays(view((R, S, T, P))).moves[0, 0] == 1.0 for entry in MEMORY_ONE)
