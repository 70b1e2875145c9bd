"""Two automata as a chain: the same as what is played, what theory says, and the best replies."""

import numpy as np
import pytest

from dynenvs.envs.games.automata import memory_one
from dynenvs.envs.games.background import strategy_automaton
from dynenvs.envs.games.chains import Encounter, best_reply_value, pair_payoffs, payoffs_by_opponent
from dynenvs.envs.games.measures import best_reply, self_play
from dynenvs.envs.games.params import GAMES, RepeatedGameParams

from .matches import play

GAMES_PLAYED = 4000
NOISY = {"execution_noise": (0.05, 0.2), "perception_noise": (0.1, 0.02)}
SETTINGS = {
    "a cap": {"horizon": 12},
    "noise of hands and eyes": {"horizon": 12, **NOISY},
    "chance": {"horizon": None, "continuation": 0.9, **NOISY},
    "both": {"horizon": 8, "continuation": 0.9},
    "another game": {"horizon": 12, "payoffs": GAMES["battle_of_the_sexes"].payoffs, **NOISY},
    "three actions": {"horizon": 12, "game": "rock_paper_scissors", **NOISY},
}


def exact(params, own, other, seat=0, **options):
    automata = [strategy_automaton(name, params.matrices(), place) for name, place in ((own, seat), (other, 1 - seat))]
    return pair_payoffs(Encounter.of(params, seat, **options), *automata)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS.keys())
def test_what_is_computed_is_what_is_earned_on_average(setting):
    params = RepeatedGameParams(**setting)
    pair = ("beat_last", "cycle(0,1,2)") if params.game == "rock_paper_scissors" else ("joss", "remorseful_prober")
    others = {name: value for name, value in setting.items() if name != "horizon"}
    _, scores = play([pair] * GAMES_PLAYED, setting["horizon"] or 400, horizon_known=False, **others)
    expected = np.array(exact(params, *pair)) * params.expected_length
    error = scores.std(axis=0) / np.sqrt(GAMES_PLAYED)
    assert (np.abs(scores.mean(axis=0) - expected) < 4 * error + 1e-9).all()
    assert exact(params, *reversed(pair), seat=1) == pytest.approx(exact(params, *pair)[::-1])


def test_in_an_endless_game_only_what_goes_on_for_ever_counts():
    params = RepeatedGameParams()
    assert exact(params, "tit_for_tat", "suspicious_tit_for_tat", endless=True) == pytest.approx((2.5, 2.5))  # for ever
    assert exact(params, "grudger", "alternator", endless=True) == pytest.approx((3, 0.5))
    assert exact(params, "always_defect", "grudger", endless=True) == pytest.approx((1, 1))


def test_an_endless_game_may_end_in_several_ways():
    """With C first it goes on with C for ever: half of the time."""
    stubborn = memory_one(1, 1, 0, 0, first=0.5)
    encounter = Encounter.of(RepeatedGameParams(), endless=True)
    assert pair_payoffs(encounter, stubborn, memory_one(1, 1, 1, 1)) == pytest.approx(((3 + 5) / 2, (3 + 0) / 2))


def test_many_opponents_are_met_as_each_alone():
    params = RepeatedGameParams(horizon=None, continuation=0.8, execution_noise=0.01)
    encounter, ours = Encounter.of(params), strategy_automaton("nydegger", params.matrices())
    others = [memory_one(*np.random.default_rng(k).random(5)) for k in range(4)]
    together = payoffs_by_opponent(encounter, ours, np.stack([other.moves for other in others]), others[0].successors)
    assert together.tolist() == [list(pair_payoffs(encounter, ours, other)) for other in others]


@pytest.mark.parametrize("setting", ["a cap", "chance", "both"])
def test_memory_one_strategies_are_measured_as_by_recursion_over_rounds(setting):
    params = RepeatedGameParams(**{**SETTINGS[setting], "perception_noise": 0.0, "execution_noise": 0.0})
    p = np.random.default_rng(5).random(5)
    made = memory_one(*p[1:], first=p[0])
    encounter = Encounter.of(params)
    assert pair_payoffs(encounter, made, made) == pytest.approx(2 * [float(self_play(p, params))])
    assert best_reply_value(encounter, made) == pytest.approx(float(best_reply(p, params)))


@pytest.mark.parametrize(
    ("name", "noise", "worth"),
    [
        ("tit_for_tat", 0.0, 3),
        ("tit_for_two_tats", 0.0, (5 + 3) / 2),  # defect every other time
        ("always_cooperate", 0.1, 0.9 * (0.9 * 5 + 0.1 * 1) + 0.1 * (0.9 * 3)),
        ("win_stay_lose_shift", 0.0, 3),
        ("grudger", 0.0, 3),
        ("handshake", 0.0, 5),  # shake hands, and then betray
        ("davis", 0.0, 3),
        ("alternator", 0.0, 3),
        ("fool_me_once", 0.0, 3),
    ],
)
def test_the_best_reply_for_ever_is_the_known_one(name, noise, worth):
    params = RepeatedGameParams(execution_noise=noise)
    strategy = strategy_automaton(name, params.matrices())
    assert best_reply_value(Encounter.of(params, endless=True), strategy) == pytest.approx(worth, abs=1e-6)


def test_the_best_reply_within_a_horizon_knows_when_it_ends():
    params = RepeatedGameParams(horizon=10)
    grudger = strategy_automaton("grudger", params.matrices())
    assert best_reply_value(Encounter.of(params), grudger) == pytest.approx((9 * 3 + 5) / 10)


def test_replies_may_be_after_something_else_than_their_payoff():
    params = RepeatedGameParams()
    encounter = Encounter.of(params, endless=True)
    lead = encounter.payoffs[1] - encounter.payoffs[0]
    tit_for_tat, joss = (strategy_automaton(name, params.matrices()) for name in ("tit_for_tat", "joss"))
    assert best_reply_value(encounter, tit_for_tat, lead) == pytest.approx(0, abs=1e-9)
    assert best_reply_value(encounter, joss, -lead) == pytest.approx(0.1 * 5)  # who always forgives


def test_no_memory_one_reply_beats_the_best_reply():
    rng = np.random.default_rng(2)
    for setting in SETTINGS.values():
        params = RepeatedGameParams(**setting)
        if params.matrices().shape == (2, 2, 2):
            encounter, ours = Encounter.of(params), strategy_automaton("mem2", params.matrices())
            replies = memory_one(0, 0, 0, 0)._replace(moves=np.zeros((0, 0)))
            drawn = rng.integers(2, size=(40, 5))
            moves = np.stack([drawn, 1.0 - drawn], axis=2)
            earned = payoffs_by_opponent(encounter, ours, moves, replies.successors)[:, 1]
            assert earned.max() <= best_reply_value(encounter, ours) + 1e-9
