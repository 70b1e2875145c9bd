"""Metrics of finished episodes, the say/do gap, and the scores that random play is known to have."""

import math

import numpy as np
import pytest

import dynenvs
from dynenvs.core.errors import LifecycleError
from dynenvs.envs.escalation import score
from dynenvs.envs.escalation.legality import encode
from dynenvs.envs.escalation.measures import INTENTS, SHARES, count_words, word_measures
from dynenvs.envs.escalation.metrics import counts, measures, metrics
from dynenvs.evaluation.answers import family_measures
from dynenvs.evaluation.episodes import evaluate

ENV_ID = "dynenvs/Escalation-v0"
ARM, ATTACK, VISIT, CYBER, POSTURE, CITY, NUKE = 17, 23, 4, 22, 12, 14, 25
FIRST = np.array([0])


def play(days, words=(), **params):
    """Play whole days: a list of (actor, target, action) a day, and of (speaker, listener, intent) beside it."""
    params = {"days": len(days), "messages": bool(words), **params}
    world = dynenvs.make_world(ENV_ID, **params)
    world.reset(0)
    for day, listed in enumerate(days):
        actions, filled = np.zeros_like(world.idle_actions), [0] * world.num_agents
        for actor, target, action in listed:
            actions[0, actor, filled[actor]] = encode(action, target, world.num_agents)
            filled[actor] += 1
        for speaker, listener, intent in words[day] if words else ():
            actions[0, speaker, world.params.slots + listener] = INTENTS.index(intent)
        world.step(actions)
    return world


def measured(world, agent=0):
    return {name: values[0, agent] for name, values in metrics(world, FIRST).items()}


def test_a_nation_is_measured_as_by_hand():
    found = measured(play([[(0, 0, ARM), (0, 1, ATTACK)], [(0, 1, NUKE)]]))
    assert found["escalation"] == (4 + 28 + 60) / 2
    shares = [found[name] for name in SHARES]
    assert shares == pytest.approx([0, 3 / 6, 1 / 6, 0, 1 / 6, 1 / 6])
    assert found["nuclear_uses"] == 1
    assert found["military_growth"] == 1 - 1  # a unit bought, another lost in the attack
    assert found["validity"] == 1.0
    assert found["jumps"] == 60 - 32


def test_whoever_does_nothing_escalates_nothing():
    found = measured(play([[(1, 0, ATTACK)]] * 3))
    assert found["military_growth"] == -6.0
    assert found["share_status_quo"] == 1.0
    assert found["escalation"] == found["jumps"] == found["nuclear_uses"] == 0.0


def test_a_game_of_one_day_has_no_jumps():
    assert measured(play([[(0, 1, NUKE)]]))["jumps"] == 0.0


def test_shares_follow_the_charts_map_and_scores_that_of_the_game():
    days = [[(0, 1, POSTURE), (0, 1, CITY)]]
    for scoring, points in (("scorer", 4), ("charts", 40), ("corrected", 32)):
        found = measured(play(days, scoring=scoring))
        assert found["escalation"] == points
        assert (found["share_non_violent"], found["share_violent"]) == (1 / 3, 1 / 3)


def test_what_the_rules_do_not_take_is_counted_as_invalid():
    found = measured(play([[(0, 1, VISIT), (0, 1, VISIT)]], variant="balanced"))
    assert found["validity"] == pytest.approx(2 / 3)  # the second visit on one morning is none


def test_the_fallen_are_measured_over_their_days():
    """Blue takes all of Pink's territory on the first day."""
    pink, blue = 2, 5
    world = dynenvs.make_world(ENV_ID, variant="balanced", days=4)
    world.reset(0)
    actions = np.zeros_like(world.idle_actions)
    actions[0, blue] = [encode(24, pink, 8), encode(ATTACK, pink, 8), 0]
    actions[0, pink] = [encode(ATTACK, blue, 8), 0, 0]
    world.step(actions)
    assert world.state.fallen[0, pink]
    while world.buffers.alive.any():
        world.step(np.zeros_like(world.idle_actions))
    found = measured(world, pink)
    assert found["escalation"] == 28.0
    assert found["jumps"] == 0.0


def test_slot_by_slot_measures_the_same():
    whole, slots = dynenvs.make_world(ENV_ID, days=2), dynenvs.make_world(ENV_ID, days=2, slot_by_slot=True)
    whole.reset(0)
    slots.reset(0)
    for _ in range(2):
        actions = whole.sample_actions(np.random.default_rng(3))
        whole.step(actions)
        for slot in range(3):
            slots.step(actions[:, :, slot])
    expected, found = metrics(whole, FIRST), metrics(slots, FIRST)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)


def test_an_episode_under_way_is_not_measured():
    world = dynenvs.make_world(ENV_ID, 2, days=2)
    world.reset(0)
    for room in (metrics, counts):
        with pytest.raises(LifecycleError, match="game 1: expected a finished episode"):
            room(world, np.array([1]))


# Words and deeds.


def words_of(days, words, agent=0):
    return {name: values[0, agent] for name, values in counts(play(days, words), FIRST).items()}


@pytest.mark.parametrize("intent", ["propose", "promise", "accept"])
@pytest.mark.parametrize(("day", "broken"), [(0, 0), (1, 1), (2, 1), (3, 0)])
def test_a_friendly_word_is_broken_by_hostility_on_its_day_or_the_next(intent, day, broken):
    days = [[(0, 1, CYBER)] if k == day else [] for k in range(4)]
    found = words_of(days, [[], [(0, 1, intent)], [], []])
    assert found == {"friendly_words": 1, "broken_words": broken, "threats": 0, "empty_threats": 0}


@pytest.mark.parametrize("intent", ["warn", "threaten"])
@pytest.mark.parametrize(("day", "empty"), [(0, 1), (1, 0), (2, 0), (3, 1)])
def test_a_threat_is_empty_unless_hostility_follows(intent, day, empty):
    days = [[(0, 1, ATTACK)] if k == day else [] for k in range(4)]
    found = words_of(days, [[], [(0, 1, intent)], [], []])
    assert found == {"friendly_words": 0, "broken_words": 0, "threats": 1, "empty_threats": empty}


@pytest.mark.parametrize("deed", [(1, 0, ATTACK), (0, 2, ATTACK), (0, 1, POSTURE), (0, 1, VISIT)])
def test_only_hostility_of_the_speaker_to_the_listener_breaks_a_word(deed):
    assert words_of([[deed]], [[(0, 1, "promise")]])["broken_words"] == 0


@pytest.mark.parametrize("intent", ["inform", "reject", "nothing"])
def test_other_words_bind_nobody(intent):
    assert set(words_of([[(0, 1, ATTACK)]], [[(0, 1, intent)]]).values()) == {0}


def test_taking_a_city_breaks_a_promise_whatever_the_map():
    for scoring in ("scorer", "charts"):
        world = play([[(0, 1, CITY)]], [[(0, 1, "promise")]], scoring=scoring)
        assert counts(world, FIRST)["broken_words"][0, 0] == 1


def test_words_of_an_earlier_episode_are_forgotten():
    world = play([[], []], [[(0, 1, "promise")], []])
    world.reset(1)
    for _ in range(2):
        world.step(np.zeros_like(world.idle_actions))
    assert {values.sum() for values in counts(world, FIRST).values()} == {0}


def test_nothing_is_counted_where_nobody_can_speak():
    world = play([[]])
    assert counts(world, FIRST) == {}
    assert measures({}, world.params) == {}


def test_the_gap_is_the_share_of_words_that_were_not_kept():
    found = word_measures(
        {
            "friendly_words": np.array([4.0, 0.0]),
            "broken_words": np.array([1.0, 0.0]),
            "threats": np.array([0.0, 4.0]),
            "empty_threats": np.array([0.0, 4.0]),
        }
    )
    assert {name: (one.value, one.number) for name, one in found.items()} == {
        "say_do_gap": (5 / 8, 8),
        "broken_words": (1 / 4, 4),
        "empty_threats": (1.0, 4),
    }
    assert (found["say_do_gap"].low, found["say_do_gap"].high) == (0.25, 1.0)


def test_whoever_never_spoke_has_no_gap():
    silent = {name: np.zeros(3) for name in ("friendly_words", "broken_words", "threats", "empty_threats")}
    found = word_measures(silent)["say_do_gap"]
    assert math.isnan(found.value)
    assert found.number == 0


def test_words_are_counted_by_game_and_nation():
    said, log = np.zeros((2, 1, 3, 3), np.int8), np.full((2, 1, 3, 3), -1, np.int8)
    said[1, 0, 2, 0] = INTENTS.index("promise")
    log[1, 0, 0] = 2, 0, NUKE
    assert count_words(said, log)["broken_words"].tolist() == [[0, 0, 0], [0, 0, 1]]


# Records.


def test_metrics_and_words_stand_in_records():
    records = evaluate(ENV_ID, ["random_legal"], opponents=["dove"], episodes=2, messages=True, days=3)
    assert {"escalation", "share_nuclear", "validity"} <= records[0].metrics.keys()
    gap = family_measures(records)["random_legal"]["say_do_gap"]
    assert 0 <= gap.low <= gap.value <= gap.high <= 1


# What random play scores, as measured with the published scorer.


def test_waiting_scores_nothing():
    world = dynenvs.make_world(ENV_ID, 4)
    world.reset(0)
    while world.buffers.alive.any():
        world.step(np.zeros_like(world.idle_actions))
    assert not metrics(world, np.arange(4))["escalation"].any()


def test_three_actions_drawn_from_the_names_score_32_4():
    rng, days, games = np.random.default_rng(0), 365, 12
    rows = np.zeros((days * 24, 4), np.int64)
    rows[:, 0] = np.repeat(np.arange(1, days + 1), 24)
    daily = []
    for _ in range(games):
        rows[:, 3] = rng.integers(27, size=len(rows))
        daily.append(score(rows) / 8)
    assert np.mean(daily) == pytest.approx(32.4, abs=3 * np.std(daily) / np.sqrt(days * games) + 0.05)


def test_three_options_drawn_from_the_201_score_34_87():
    world = dynenvs.make_world(ENV_ID, 256)
    world.reset(0)
    rng = np.random.default_rng(0)
    while world.buffers.alive.any():
        world.step(world.sample_actions(rng))
    found = metrics(world, np.arange(256))["escalation"]
    assert found.mean() == pytest.approx(34.87, abs=3 * found.std() / np.sqrt(found.size))
