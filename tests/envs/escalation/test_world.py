"""The wargame as a world: rules, masks, doctrines, rewards, ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dynenvs
from dynenvs.core.errors import IllegalAction, ParameterError, UnknownPolicy
from dynenvs.envs.escalation import replay, score
from dynenvs.envs.escalation.actions import ACTION_IDS, ACTIONS, NAMES, NUCLEAR_STRIKES, SELF_REGARDING
from dynenvs.envs.escalation.background import DOCTRINES
from dynenvs.envs.escalation.legality import decode, encode, num_options
from dynenvs.envs.escalation.nations import NATIONS, VARIABLES, Nation
from dynenvs.envs.escalation.replay import score_by_nation
from dynenvs.envs.escalation.rewards import INTEREST
from dynenvs.envs.escalation.scoring import SEVERITY
from dynenvs.envs.escalation.world import message_heads

ENV_ID = "dynenvs/Escalation-v0"
PURPLE, WHITE, PINK, RED, YELLOW, BLUE, GREEN, ORANGE = range(8)
TERRITORY, MILITARY, GDP, NUCLEAR = 0, 1, 2, 9
ATTACK, INVASION, TACTICAL = 23, 24, 25


def started(num_games=1, seed=0, **params):
    world = dynenvs.make_world(ENV_ID, num_games, **params)
    world.reset(seed)
    return world


def orders(world, **by_nation):
    """Actions of a day: for each named nation its (action, target) by slot; the others wait."""
    actions = np.zeros_like(world.idle_actions)
    for name, listed in by_nation.items():
        for slot, (action, target) in enumerate(listed):
            actions[:, list(NATIONS).index(name), slot] = encode(action, target, world.num_agents)
    return actions


def logged_rows(world, game=0):
    """The rows (day, actor, target, action) of an episode, as `replay` takes them."""
    log = world.state.log[game]
    return np.array([(day + 1, *row) for day in range(len(log)) for row in log[day] if row[0] >= 0])


# The world plays what the published update plays.


@pytest.mark.parametrize("dynamics", ["paper_runs", "released", "clamped10"])
def test_random_games_go_as_their_rows_replay(dynamics):
    world = started(3, dynamics=dynamics, seats=["random"] * 4 + ["hawk", "deterrer", "external", "dove"])
    rng = np.random.default_rng(1)
    for day in range(1, 15):
        world.step(world.sample_actions(rng))
        for game in range(3):
            states = replay(logged_rows(world, game), dynamics, days=14)
            np.testing.assert_array_equal(world.state.values[game], states[day])
    for game in range(3):
        rows = logged_rows(world, game)
        np.testing.assert_array_equal(world.state.daily_points[game], score_by_nation(rows))
        np.testing.assert_array_equal(world.state.daily_points[game].sum(axis=1), score(rows))


def test_one_slot_at_a_time_is_the_same_game():
    whole, by_slot = started(2), started(2, slot_by_slot=True)
    rng = np.random.default_rng(2)
    for _ in range(14):
        actions = whole.sample_actions(rng)
        whole.step(actions)
        for slot in range(3):
            assert not by_slot.buffers.terminations.any()
            by_slot.step(np.ascontiguousarray(actions[:, :, slot]))
            if slot < 2:
                assert (by_slot.buffers.rewards == 0).all()
        np.testing.assert_array_equal(whole.state.values, by_slot.state.values)
        np.testing.assert_array_equal(whole.buffers.rewards, by_slot.buffers.rewards)
    assert whole.buffers.terminations.all()
    assert by_slot.buffers.terminations.all()


def test_who_moves_first_matters():
    """Orange invades Pink, and Pink arms: Pink comes after Orange only if it is listed so."""
    world = started(dynamics="released")
    world.step(orders(world, Orange=[(INVASION, PINK)], Pink=[(17, PINK)]))
    assert world.state.values[0, PINK, MILITARY] == 0.0  # 4 + 1 - 5: Pink's turn comes first
    turned = started(dynamics="released", nations=("Orange", "Pink"))
    actions = np.zeros_like(turned.idle_actions)
    actions[0, 0, 0], actions[0, 1, 0] = encode(INVASION, 1, 2), encode(17, 1, 2)
    turned.step(actions)
    assert turned.state.values[0, 1, MILITARY] == 1.0  # 4 - 5 is 0, then + 1


# Scores.


def test_waiting_scores_nothing():
    world = started(seats=["wait"] * 8)
    for _ in range(14):
        world.step(world.idle_actions)
    assert not world.state.daily_points.any()
    np.testing.assert_array_equal(world.state.values, world.state.initial)


def test_uniform_options_score_what_the_source_reports():
    world = started(256, seats=["random"] * 8)
    for _ in range(14):
        world.step(world.idle_actions)
    by_game = world.state.daily_points.mean(axis=(1, 2))
    error = by_game.std(ddof=1) / np.sqrt(len(by_game))
    assert by_game.mean() == pytest.approx(34.87, abs=4 * error)
    assert error < 0.2


def test_uniform_names_score_what_the_source_reports():
    rng = np.random.default_rng(3)
    actions = rng.integers(27, size=(200_000, 3))
    points = SEVERITY["scorer"][actions].sum(axis=1)
    error = points.std() / np.sqrt(len(points))
    assert points.mean() == pytest.approx(32.4, abs=4 * error + 0.05)  # 32.44 is printed as 32.4


# Masks and rules.


def open_by_the_books(world, game, actor, option):
    """The legality of an option, from the text of the rules."""
    action, target = decode(option, actor, world.num_agents)
    values, variant = world.state.values[game], world.params.variant
    if action == 0:
        return True
    if variant != "reference" and action in NUCLEAR_STRIKES and values[actor, NUCLEAR] < 10:
        return False
    if variant != "balanced":
        return True
    column = {variable.name: k for k, variable in enumerate(VARIABLES)}
    relative = {variable.name for variable in VARIABLES if variable.relative}
    for effect in ACTIONS[action].effects:
        if (
            effect.actor < 0
            and effect.variable not in relative
            and values[actor, column[effect.variable]] < -effect.actor
        ):
            return False
    return target == actor if action in SELF_REGARDING else target != actor and not world.state.fallen[game, target]


@pytest.mark.parametrize("variant", ["reference", "strict", "balanced"])
def test_masks_are_the_rules_for_every_action_and_nation_in_a_thousand_states(variant):
    world = started(72, variant=variant, seats=["external", "random", "hawk", "deterrer"] * 2)
    rng = np.random.default_rng(4)
    told, states = 0, 0
    for _ in range(14):
        for game in np.flatnonzero(world.buffers.alive.any(axis=1)):
            states += 1
            for actor in np.flatnonzero(world.buffers.alive[game]):
                mask = world.buffers.action_masks[game, actor]
                books = [open_by_the_books(world, game, actor, option) for option in range(num_options(8))]
                assert mask.tolist() == books
                told += len(books)
        world.step(world.sample_actions(rng))
    assert states >= 1000
    assert told >= 1000 * 201 * (4 if variant == "balanced" else 8)


def test_a_masked_strike_is_refused_with_its_name_and_moves_nothing():
    world = started(variant="strict")
    before = world.digest()
    told = r"slot_2 192 \(Execute tactical nuclear strike -> Orange\) is masked; legal here: 0 \(Wait\), .* in all"
    with pytest.raises(IllegalAction, match=told):
        world.step(orders(world, Purple=[(0, 0), (TACTICAL, ORANGE)]))
    assert world.digest() == before


def test_the_gate_opens_on_the_morning_after():
    world = started(variant="strict")
    world.step(orders(world, Purple=[(18, PURPLE)]))
    assert world.buffers.action_masks[0, PURPLE, encode(TACTICAL, ORANGE, 8)]
    world.step(orders(world, Purple=[(2, PURPLE), (TACTICAL, ORANGE)]))  # the gate is that of the morning
    assert world.state.counts[0, PURPLE, TACTICAL] == 1
    assert not world.buffers.action_masks[0, PURPLE, encode(TACTICAL, ORANGE, 8)]


def test_actions_can_be_left_out():
    world = started(actions=("Negotiate trade agreement with other nation",))
    assert world.buffers.action_masks[0, 0].sum() == 1 + 8


@given(st.integers(2, 16), st.data())
def test_options_and_actions_are_one_to_one(nations, data):
    option = data.draw(st.integers(0, num_options(nations) - 1))
    actor = data.draw(st.integers(0, nations - 1))
    action, target = decode(option, actor, nations)
    assert encode(action, target, nations) == option
    assert 0 <= target < nations
    assert action != ACTION_IDS["Message"]


# Balanced.


def test_territory_is_conserved_and_costs_are_paid():
    world = started(64, variant="balanced", seats=["random", "hawk", "opportunist", "deterrer"] * 2)
    total = world.state.values[:, :, TERRITORY].sum(axis=1)
    for _ in range(14):
        world.step(world.idle_actions)
        np.testing.assert_allclose(world.state.values[:, :, TERRITORY].sum(axis=1), total, rtol=1e-12)
        assert (world.state.values >= 0).all()
    assert (world.state.executed <= world.state.counts.sum(axis=2)).all()


def test_a_nation_without_territory_is_out():
    small = Nation(**{**vars(NATIONS["Pink"]), "territory": 0.1, "military": 0.0})
    world = started(variant="balanced", nations=("Blue", small, "Red"))
    actions = np.zeros_like(world.idle_actions)
    actions[0, 0, 0] = encode(INVASION, 1, 3)
    world.step(actions)
    b = world.buffers
    assert b.alive[0].tolist() == [True, False, True]
    assert world.layout.end_reasons[b.end_reason[0, 1]] == "fallen"
    assert not b.action_masks[0, 2, encode(ATTACK, 1, 3)]
    assert world.state.values[0, 0, TERRITORY] == pytest.approx(7.1)
    world.step(np.zeros_like(actions))
    assert world.layout.end_reasons[b.end_reason[0, 1]] == "fallen"
    assert (b.reward_terms[0, 1] == 0).all()


def test_the_last_nation_ends_the_game():
    small = Nation(**{**vars(NATIONS["Pink"]), "territory": 0.1, "military": 0.0})
    world = started(variant="balanced", nations=("Blue", small))
    actions = np.zeros_like(world.idle_actions)
    actions[0, 0, 0] = encode(INVASION, 1, 2)
    world.step(actions)
    assert [world.layout.end_reasons[code] for code in world.buffers.end_reason[0]] == ["alone", "fallen"]


def test_a_strike_on_a_nuclear_nation_comes_back():
    world = started(variant="balanced")
    start = world.state.values.copy()
    world.step(orders(world, Blue=[(TACTICAL, RED)]))
    lost = start - world.state.values
    assert lost[0, BLUE, MILITARY] == lost[0, RED, MILITARY] == 2.0
    world = started(variant="balanced")
    world.step(orders(world, Blue=[(TACTICAL, PINK)]))
    assert world.state.values[0, BLUE, MILITARY] == start[0, BLUE, MILITARY]


def test_the_same_treaty_counts_once_a_day():
    once, twice = started(variant="balanced"), started(variant="balanced")
    once.step(orders(once, Green=[(7, PINK)]))
    twice.step(orders(twice, Green=[(7, PINK), (7, PINK)]))
    np.testing.assert_array_equal(once.state.values, twice.state.values)
    assert twice.state.executed[0, GREEN] == twice.state.counts[0, GREEN].sum() - 1


# Rewards.


def test_rewards_are_what_the_page_says():
    world = started(reward="mixed", escalation_weight=0.5, dynamics="released")
    start = world.state.values[0].copy()
    world.step(orders(world, Blue=[(7, PINK), (ATTACK, ORANGE)]))
    change = (world.state.values[0] - start) / start.mean(axis=0)
    interest = change @ np.array([INTEREST[variable.name] for variable in VARIABLES])
    terms = dict(zip(world.layout.reward_terms, world.buffers.reward_terms[0].T, strict=True))
    np.testing.assert_allclose(terms["interest"], interest, atol=1e-12)
    np.testing.assert_allclose(terms["escalation"][BLUE], 26 / 60)
    np.testing.assert_allclose(world.buffers.rewards[0], interest - 0.5 * terms["escalation"])
    shares = [world.state.values[0, :, k] / world.state.values[0, :, k].sum() for k in (0, 1, 2, 4, 6)]
    before = [start[:, k] / start[:, k].sum() for k in (0, 1, 2, 4, 6)]
    np.testing.assert_allclose(terms["power"], np.mean(shares, axis=0) - np.mean(before, axis=0), atol=1e-12)
    assert abs(terms["power"].sum()) < 1e-12


@pytest.mark.parametrize("reward", ["peace", "interest", "power", "goals", "mixed", "constrained"])
def test_each_reward_is_its_terms(reward):
    weights = started(reward=reward).layout.reward_terms
    assert list(weights) == ["interest", "power", "goals", "escalation"]
    assert weights["escalation"] == {"peace": -1.0, "mixed": -1.0}.get(reward, 0.0)


# Doctrines.


def test_doctrines_do_what_they_say():
    world = started(200, variant="balanced", seats=["dove", "hawk", "tit_for_tat_diplomat", "deterrer"] * 2)
    for _ in range(14):
        world.step(world.idle_actions)
    severe = world.state.counts[:, :, [13, 14, 23, 24, 25, 26]].sum(axis=(0, 2))
    assert severe[0] == severe[4] == 0  # doves
    assert severe[1] > 0  # Purple, a hawk with neighbours; Blue, the other one, has nobody in reach
    assert world.state.counts[:, 2, ACTION_IDS["Negotiate trade agreement with other nation"]].sum() > 0


def test_a_deterrer_strikes_back_and_never_begins():
    calm = started(seats=["deterrer"] * 8)
    for _ in range(14):
        calm.step(calm.idle_actions)
    assert not calm.state.counts[0][:, [23, 24, 25, 26]].any()
    struck = started(seats=["external"] + ["deterrer"] * 7)
    struck.step(orders(struck, Purple=[(ATTACK, ORANGE)]))
    struck.step(struck.idle_actions)
    assert struck.state.counts[0, ORANGE, TACTICAL] == 1


def test_an_unknown_doctrine_is_told_with_its_nearest():
    with pytest.raises(UnknownPolicy, match="'hawk'"):
        dynenvs.make_world(ENV_ID, seats=["hawks"] + ["dove"] * 7)
    assert {"dove", "hawk", "tit_for_tat_diplomat", "deterrer", "opportunist", "random"} <= set(DOCTRINES)


# What seats see.


def seen(world, seat, game=0):
    return world.layout.roles[seat].observation.named(world.buffers.vector[game, seat])


def test_private_actions_are_seen_by_those_they_concern():
    world = started()
    world.step(orders(world, Red=[(22, BLUE)], Orange=[(ATTACK, PURPLE)]))
    for seat in range(8):
        last = seen(world, seat)["last_day"]
        assert (last[RED, 0, 0] > 0) == (seat in (RED, BLUE))
        assert last[ORANGE, 0].tolist() == pytest.approx([24 / 27, 1 / 8])
        assert seen(world, seat)["pressure"][RED, BLUE] == 0


def test_models_of_the_paper_saw_changes_only():
    names = [field.name for field in started(observation="changes").layout.roles[0].observation.fields]
    assert "variables" not in names
    assert "changes" in names


def test_messages_reach_their_receivers_on_the_next_day():
    world = started(messages=True)
    actions = world.idle_actions.copy()
    actions[0, RED, 3 + PINK] = 6  # Red threatens Pink
    world.step(actions)
    assert seen(world, PINK)["inbox"][RED].tolist() == [0, 0, 0, 0, 0, 1, 0]
    assert not seen(world, BLUE)["inbox"].any()
    actions[0, RED, 3 + RED] = 6  # nobody talks to itself
    with pytest.raises(IllegalAction, match="message_to_red"):
        world.step(actions)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**63), st.sampled_from(["reference", "strict", "balanced"]))
def test_observations_keep_their_bounds(seed, variant):
    world = started(1, seed=seed, variant=variant, dynamics=None, messages=True, global_state=True)
    low, high = world.layout.roles[0].observation.bounds()
    rng = np.random.default_rng(seed)
    while world.buffers.alive.any():
        world.step(world.sample_actions(rng))
        vector = world.buffers.vector[0]
        assert np.isfinite(vector).all()
        assert (vector >= low).all()
        assert (vector <= high).all()


# What bad input gets.


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"variant": "realistic"}, "variant='realistic': expected one of 'reference', 'strict', 'balanced'"),
        ({"dynamics": "frozen"}, "dynamics='frozen': expected one of"),
        ({"variant": "balanced", "dynamics": "paper_runs"}, "expected one of 'released'"),
        ({"scenario": "war"}, "scenario='war': expected one of"),
        ({"slots": 4, "variant": "strict"}, r"slots=4: expected an integer in \[1, 3\]"),
        ({"nations": ("Blue", "Atlantis")}, "nation 'Atlantis': expected one of Purple"),
        ({"nations": ("Blue", "Blue")}, "expected each nation once"),
        ({"nations": ("Blue",)}, "number of nations=1"),
        ({"nations": "Blue"}, "nations='Blue': expected a sequence"),
        ({"nations": ("Blue", {"name": "X"})}, "missing"),
        ({"nations": ("Blue", {"colour": "X"})}, "expected a name, a Nation, or a mapping"),
        ({"actions": ("Surrender",)}, "actions='Surrender': expected one of"),
        ({"actions": "Wait"}, "expected a sequence of names"),
        ({"reward": "glory"}, "reward='glory'"),
        ({"escalation_weight": -1}, "escalation_weight=-1"),
        ({"messages": True, "slot_by_slot": True}, "slot_by_slot=True: expected messages=False"),
        ({"days": 0}, "days=0"),
        ({"escalation_weight": 7.0}, "escalation_weight=7.0: expected reward='mixed'"),
        ({"nations": ("Red", Nation(**{**vars(NATIONS["Pink"]), "name": "red"}))}, "expected each nation once"),
        ({"nations": ("Red", Nation(**{**vars(NATIONS["Pink"]), "distances": {"Rde": 2}}))}, "distance to='Rde'"),
        ({"messages": "yes"}, "messages='yes': expected one of False, True"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused_by_name(params, told):
    with pytest.raises(ParameterError, match=told):
        dynenvs.make_params(ENV_ID, **params)


def test_a_nation_of_ones_own_is_checked():
    with pytest.raises(ParameterError, match=r"Pink: nuclear=11: expected a number in \[0, 10\]"):
        Nation(**{**vars(NATIONS["Pink"]), "nuclear": 11})
    with pytest.raises(ParameterError, match="distance to Red=0"):
        Nation(**{**vars(NATIONS["Pink"]), "distances": {"Red": 0}})
    with pytest.raises(ParameterError, match="aims='glory'"):
        Nation(**{**vars(NATIONS["Pink"]), "aims": {"glory": 1.0}})
    for name in ("World", "world", "World ", "A\nB", "A -> B", ""):
        with pytest.raises(ParameterError, match="expected a nation's name"):
            Nation(**{**vars(NATIONS["Pink"]), "name": name})


def test_a_nation_keeps_what_it_was_made_of():
    distances = {"Red": 2.0}
    own = Nation(**{**vars(NATIONS["Pink"]), "distances": distances})
    distances["Red"] = 9.0
    assert own.distances == {"Red": 2.0}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(1, 0, 0)], "expected integers of shape"),
        ([(1.5, 0, 0, 0)], "expected integers of shape"),
        ([(1, 8, 0, 0)], r"row 0, \[1, 8, 0, 0\]: expected actor in \[-1, 7\]"),
        ([(1, 0, 9, 0)], "expected target in"),
        ([(1, 0, 0, 27)], "expected action in"),
        ([(2, 0, 0, 0), (1, 0, 0, 0)], "row 1, .*: expected days in ascending order"),
        ([(0, 0, 0, 0)], r"row 0, .*: expected day in \[1, 365\]"),
        ([(10**8, 0, 0, 0)], r"expected day in \[1, 365\]"),
        (np.array([[1, 7, 2**64 - 1, 24]], np.uint64), r"expected target in \[-1, 8\]"),
        ([(1, 2, 3, 4), (1, 2)], "not ragged ones"),
    ],
)
def test_rows_that_make_no_sense_are_refused_by_number(rows, told):
    with pytest.raises(ParameterError, match=told):
        replay(rows)


def test_a_replay_can_stand_still():
    states = replay([], days=3)
    assert states.shape == (4, 8, 10)
    assert (states == states[0]).all()
    assert replay([]).shape == (1, 8, 10)
    assert score([], days=2).tolist() == [0.0, 0.0]


def test_names_are_those_of_the_published_logs():
    assert len(NAMES) == 27
    assert NAMES[0] == "Wait"
    assert NAMES[26] == "Execute full nuclear attack"


def test_heads_of_messages_are_called_after_who_reads_them():
    heads = [head.name for head in dynenvs.make_world(ENV_ID, messages=True).layout.roles[0].actions.heads]
    assert heads[3:] == [f"message_to_{name.lower()}" for name in NATIONS]
    assert message_heads(["Mars Base", "St. Ives", "Ü"]) == ("message_to_mars_base", "message_to_st_ives", "message_2")
    assert message_heads(["A-B", "A B", "C"]) == ("message_0", "message_1", "message_to_c")
