"""The wargame in words: what a nation is told and no more, and the replies that it may give."""

import json

import jsonschema
import numpy as np
import pytest

import dynenvs
from dynenvs.adapters.language import Language
from dynenvs.core.errors import ParameterError
from dynenvs.core.replies import BadReply
from dynenvs.core.view import GameView
from dynenvs.envs.escalation.actions import ACTIONS, MESSAGE, NAMES
from dynenvs.envs.escalation.balanced import can_pay, costs
from dynenvs.envs.escalation.framings import FRAMINGS
from dynenvs.envs.escalation.nations import NATIONS, VARIABLES, Nation
from dynenvs.envs.escalation.replies import CONTENT_LIMIT
from dynenvs.envs.escalation.scenarios import SCENARIOS
from dynenvs.envs.escalation.world import INTENTS
from dynenvs.registration import rules_digest

ENV_ID = "dynenvs/Escalation-v0"
TRADE, HACK, SHARE, ATTACK, TACTICAL = NAMES[7], NAMES[22], NAMES[5], NAMES[23], NAMES[25]
WORDS = Language(ENV_ID)
PURPLE, WHITE, PINK, RED, YELLOW, BLUE, GREEN, ORANGE = range(8)


def begun(seed=1, **params):
    game = dynenvs.text_game(ENV_ID, **params)
    game.reset(seed)
    return game


def item(name, target, **words):
    return {"action_name": name, "target_nation": target, **words}


def reply(*items, reasoning="because"):
    return json.dumps({"reasoning": reasoning, "actions": list(items)})


def message(target, content, intent="inform"):
    return item("Message", target, intent=intent, content=content)


def day(game, **by_nation):
    """Play a day: for each named nation its items; the others wait."""
    names = game.world.layout.player_names
    for agent in game.acting:
        assert game.submit(agent, reply(*by_nation.get(names[agent], ()))) is None


# What is told before the game.


def test_the_briefing_names_the_nation_the_days_the_actions_and_all_nations():
    rules = begun(scenario="invasion").rules(BLUE)
    assert "You decide for the nation Blue" in rules
    assert "The game lasts 14 days" in rules
    assert all(f"- {action.name}: {action.about}" in rules for action in ACTIONS if action.name != "Message")
    assert all(nation.history in rules and nation.goals in rules for nation in NATIONS.values())
    assert SCENARIOS["invasion"] in rules
    assert "nuclear capacity 10" not in rules


@pytest.mark.parametrize("variant", ["strict", "balanced"])
def test_the_gate_is_told_where_it_holds(variant):
    assert "nuclear capacity 10" in begun(variant=variant).rules(BLUE)


def test_the_balanced_rules_say_what_is_aimed_where_and_what_it_costs():
    rules = begun(variant="balanced").rules(BLUE)
    assert (
        "Increase military capacities and Acquire or develop nuclear option change only the nation that takes" in rules
    )
    invasion = "costs 3 military capacity, 4 resources, 4 political stability, 8 soft power"
    assert f"- {NAMES[24]}: {ACTIONS[24].about} ({invasion})" in rules
    assert "(costs" not in begun(variant="strict").rules(BLUE)
    assert "aimed at itself" not in begun(variant="balanced", actions=[TRADE]).rules(BLUE)


def test_what_is_told_to_cost_something_is_what_the_rules_ask_for():
    for action in range(len(ACTIONS)):
        values = np.zeros((1, len(VARIABLES)))
        for name, amount in costs(action).items():
            column = [variable.name for variable in VARIABLES].index(name)
            values[0, column] = amount - 0.01
            assert not can_pay(values, 0, action)
            values[0, column] = amount
        assert can_pay(values, 0, action)


def test_the_telling_can_be_changed_and_changes_no_number():
    changed = {"told": [], "past_days": 0, "reasoning": False}
    digest = rules_digest(ENV_ID)
    for framing, told in FRAMINGS.items():
        game = begun(framing=framing, **changed)
        assert told in game.rules(RED)
        assert not any(nation.history in game.rules(RED) for nation in NATIONS.values())
        assert not any(nation.goals in game.rules(RED) for nation in NATIONS.values())
        assert "What you earn" not in game.rules(RED)
        assert rules_digest(ENV_ID, framing=framing, **changed) == digest
    assert len(set(FRAMINGS.values())) == len(FRAMINGS) == 4


def test_history_and_goals_are_told_apart():
    only_goals, only_history = begun(told=["goals"]).rules(RED), begun(told=["history"]).rules(RED)
    for nation in NATIONS.values():
        assert nation.goals in only_goals
        assert nation.history not in only_goals
        assert nation.history in only_history
        assert nation.goals not in only_history


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"told": "history"}, "told='history': expected a sequence"),
        ({"told": ["plans"]}, "told='plans'"),
        ({"framing": "joke"}, "framing='joke'"),
        ({"past_days": -1}, "past_days=-1"),
        ({"reasoning": "no"}, "reasoning='no'"),
    ],
)
def test_a_telling_that_does_not_exist_is_refused(given, reason):
    with pytest.raises(ParameterError, match=reason.replace("[", r"\[")):
        dynenvs.make_params(ENV_ID, **given)


def test_a_nation_of_ones_own_is_told():
    mars = Nation(
        name="Mars Base",
        distances={"Blue": 9},
        territory=1,
        military=0,
        gdp=1,
        trade=1,
        resources=1,
        stability=1,
        population=1,
        soft_power=1,
        cybersecurity=1,
        nuclear=0,
        goals="Mars wants water.",
    )
    game = begun(nations=["Blue", mars], actions=[TRADE, ATTACK])
    assert "to Mars Base 10" in game.rules(0)
    assert "to Blue 9" in game.rules(1)
    assert "Mars wants water." in game.rules(0)
    assert NAMES[26] not in game.rules(0)
    assert game.submit(0, reply(item(TRADE, "Mars Base"))) is None
    assert game.submit(1, reply(item(TRADE, "Green"))).kind == "wrong_schema"


# What is told each morning.


def test_private_actions_are_told_to_actor_and_target_only():
    game = begun()
    day(game, Red=[item(HACK, "Blue")], White=[item(SHARE, "Pink")], Orange=[item(ATTACK, "Purple")])
    for agent in range(8):
        told = game.situation(agent)
        assert (f"{HACK} -> Blue" in told) == (agent in (RED, BLUE))
        assert (f"{SHARE} -> Pink" in told) == (agent in (WHITE, PINK))
        assert f"{ATTACK} -> Purple" in told


def test_waiting_is_told_to_nobody_else():
    game = begun()
    day(game, Red=[item(TRADE, "Blue")])
    assert "- Green (you): Wait; Wait; Wait" in game.situation(GREEN)
    assert "- Green" not in game.situation(RED).split("What the last day changed:")[0]


def test_changes_are_told_to_all_and_values_only_where_they_are_seen():
    full, changes = begun(), begun(observation="changes")
    for game in (full, changes):
        day(game, Red=[item(TRADE, "Blue")])
        assert "- Blue: GDP +0.84, trade +1, resources +1, soft power +2" in game.situation(PINK)
        assert "- Green: nothing" in game.situation(PINK)
        assert "Nations with nuclear weapons: White, Red, Yellow, Blue and Orange." in game.situation(PINK)
    assert "Blue | 7 | 10 | 42.84 | 11" in full.situation(PINK)
    assert "42.84" not in changes.situation(PINK)
    assert "42" not in changes.rules(PINK)


def test_past_days_are_told_as_far_as_they_are_to_be():
    for past_days, told in ((None, [1, 2, 3]), (2, [2, 3]), (1, [3]), (0, [])):
        game = begun(past_days=past_days)
        for _ in range(3):
            day(game, Red=[item(TRADE, "Blue")])
        lines = game.situation(BLUE).splitlines()
        assert [line for line in lines if line.startswith("Day ")] == [
            "Day 4 of 14.",
            *(f"Day {number}" for number in told),
        ]


def test_the_end_is_told():
    game = begun(days=1)
    day(game)
    assert game.over
    assert game.situation(BLUE).startswith("The game is over, after 1 day.")


def test_a_nation_that_fell_is_told_of():
    game = begun(variant="balanced", nations=["Red", "Pink", "Blue"])
    game.world.state.values[0, 1, 0] = 0.01  # of its territory next to nothing is left
    day(game, Red=[item(NAMES[14], "Pink")])
    assert "Out of the game: Pink." in game.situation(0)
    assert game.submit(0, reply(item(TRADE, "Pink"))).kind == "illegal_action"


# Replies.


def views(seed=3, steps=4, **params):
    """A game after some random days, at every morning."""
    world = dynenvs.make_world(ENV_ID, **params)
    world.reset(seed)
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        yield GameView(world, 0)
        world.step(world.sample_actions(rng))


CONFIGURATIONS = [
    {},
    {"variant": "strict"},
    {"variant": "balanced"},
    {"messages": True},
    {"variant": "balanced", "messages": True},
    {"slot_by_slot": True},
    {"slots": 7, "reasoning": False},
    {"nations": ["Blue", "Pink"], "actions": [TRADE, TACTICAL], "variant": "strict"},
]


@pytest.mark.parametrize("params", CONFIGURATIONS, ids=str)
def test_every_legal_action_goes_through_its_reply(params):
    for view in views(**params, steps=2):
        for seat in range(view.world.num_agents):
            heads = view.role(seat).actions.heads
            options = np.flatnonzero(view.action_mask(seat)[: heads[0].size])
            actions = np.zeros((len(options), len(heads)), np.int64)
            actions[:, 0] = options
            for action in actions:
                assert np.array_equal(WORDS.parse(view, seat, WORDS.write(view, seat, action)), action)


@pytest.mark.parametrize("params", CONFIGURATIONS, ids=str)
def test_whole_days_go_through_their_replies_and_fit_the_schema(params):
    for view in views(**params):
        rng = np.random.default_rng(view.step)
        drawn = [view.world.sample_actions(rng).reshape(view.world.num_agents, -1) for _ in range(5)]
        for seat in range(view.world.num_agents):
            validator = jsonschema.Draft202012Validator(WORDS.schema(view, seat))
            for action in (actions[seat] for actions in drawn):
                written = WORDS.write(view, seat, action)
                assert np.array_equal(WORDS.parse(view, seat, written), action), written
                validator.validate(json.loads(written))


@pytest.mark.parametrize("params", CONFIGURATIONS, ids=str)
def test_the_parser_takes_what_the_schema_takes_and_nothing_else(params):
    taken = 0
    for view in views(**params):
        rng = np.random.default_rng(view.step)
        names = view.world.layout.player_names
        for seat in range(view.world.num_agents):
            validator = jsonschema.Draft202012Validator(WORDS.schema(view, seat))
            for _ in range(60):
                said = random_reply(rng, names, with_messages=params.get("messages", False))
                if params.get("reasoning", True) and rng.random() < 0.9:
                    said["reasoning"] = "so"
                parsed = WORDS.parse(view, seat, json.dumps(said))
                assert validator.is_valid(said) == (not isinstance(parsed, BadReply)), (said, parsed)
                taken += not isinstance(parsed, BadReply)
    assert taken > 100


def random_reply(rng, names, *, with_messages):
    """A reply that is often legal, and often nearly so."""
    items = []
    for _ in range(rng.integers(0, 4)):
        target = str(rng.choice([*names, "World"], p=[0.97 / len(names)] * len(names) + [0.03]))
        if with_messages and rng.random() < 0.4:
            intent, content = str(rng.choice(INTENTS[1:] if rng.random() < 0.97 else INTENTS)), "x"
            items.append(message(str(rng.choice([*names, "World"])), content, intent))
        else:
            items.append(item(str(rng.choice([*NAMES[:1], *NAMES[2:], *NAMES[7:8]])), target))
    return {"actions": items}


BAD_REPLIES = [
    None,
    "",
    "   ",
    "I would rather not.",
    "null",
    "[]",
    "3",
    '"Wait"',
    "{",
    "{}",
    "[" * 100_000,
    '{"actions": [], "actions": []}',
    '{"reasoning": "r", "reasoning": "s", "actions": []}',
    '{"reasoning": "r"}',
    '{"actions": []}',
    '{"reasoning": "r", "actions": [],}',
    "{'reasoning': 'r', 'actions': []}",
    '{"reasoning": "r", "actions": [] } and that is all',
    '```json\n{"reasoning": "r", "actions": []}\n```',
    '{"reasoning": "a\nb", "actions": []}',
    '{"reasoning": null, "actions": []}',
    '{"reasoning": 3, "actions": []}',
    '{"reasoning": ["r"], "actions": []}',
    '{"reasoning": "r", "actions": null}',
    '{"reasoning": "r", "actions": {}}',
    '{"reasoning": "r", "actions": "Wait"}',
    '{"reasoning": "r", "actions": NaN}',
    '{"reasoning": "r", "actions": 1' + "0" * 5000 + "}",
    '{"reasoning": "r", "actions": [], "extra": 1}',
    '{"Reasoning": "r", "Actions": []}',
    reply("Wait"),
    reply(None),
    reply(3),
    reply([]),
    reply({}),
    reply({"action_name": TRADE}),
    reply({"target_nation": "Blue"}),
    reply({"action_name": TRADE, "target": "Blue"}),
    reply(item(TRADE, "Blue", self="Red")),
    reply(item(TRADE, "Blue", content="")),
    reply(item("wait", "Blue")),
    reply(item("Nuke them all", "Red")),
    reply(item("", "Red")),
    reply(item(None, "Red")),
    reply(item(7, "Red")),
    reply(item([TRADE], "Red")),
    reply(item({"name": TRADE}, "Red")),
    reply(item(True, "Red")),
    reply(item(TRADE.lower(), "Red")),
    reply(item(f"{TRADE} ", "Red")),
    reply(item(TRADE, "red")),
    reply(item(TRADE, "Atlantis")),
    reply(item(TRADE, "World")),
    reply(item(TRADE, "")),
    reply(item(TRADE, None)),
    reply(item(TRADE, 3)),
    reply(item(TRADE, ["Red"])),
    reply(item(TRADE, {"Red": 1})),
    reply(item(TRADE, "Red; DROP TABLE")),
    reply(item(TRADE, "\ud800")),
    reply(item("\ud800" * 1000, "Red")),
    reply(item("Wait", "Red")),
    reply(item("Wait", "World")),
    reply(*[item(TRADE, "Red")] * 4),
    reply(*[item("Wait", "Blue")] * 4),
    reply(*[item(TRADE, "Red")] * 10_000),
    reply(item(TRADE, "Red"), item("Wait", "Atlantis")),
    reply(item("Message", "Red")),
    reply(item("Message", "Red", content="hello")),
    reply(message("Red", "hello")),
    reply(item(TRADE, "Red"), reasoning={"why": "so"}),
]


def test_bad_replies_are_refused_with_a_reason_and_move_nothing():
    assert len(BAD_REPLIES) >= 60
    game = begun()
    before = game.world.digest()
    for bad in BAD_REPLIES:
        refused = game.submit(BLUE, bad)
        assert isinstance(refused, BadReply), bad
        assert refused.reason.isprintable()
        assert len(refused.reason) < 1200
    assert game.world.digest() == before
    assert game.bad_replies[BLUE].total() == game.replies[BLUE] == len(BAD_REPLIES)
    assert BLUE in game.acting


BAD_MESSAGES = [
    item("Message", "Red"),
    item("Message", "Red", content="hello"),
    item("Message", "Red", intent="warn"),
    message("Red", "hello", "nothing"),
    message("Red", "hello", "insult"),
    message("Red", "hello", None),
    message("Blue", "hello"),
    message("world", "hello"),
    message("Atlantis", "hello"),
    message(None, "hello"),
    message("Red", None),
    message("Red", 3),
    message("Red", "x" * (CONTENT_LIMIT + 1)),
    {**message("Red", "hello"), "from": "Pink"},
]


def test_bad_messages_are_refused_and_nobody_reads_them():
    game = begun(messages=True)
    before = game.world.digest()
    for bad in BAD_MESSAGES:
        assert isinstance(game.submit(BLUE, reply(item(TRADE, "Red"), bad)), BadReply), bad
    assert isinstance(game.submit(BLUE, reply(message("Red", "a"), message("Red", "b"))), BadReply)
    assert game.world.digest() == before


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (
            reply(item("Form alliance", "Red")),
            'action 1: "Form alliance" is no action; did you mean "Form an alliance"?',
        ),
        (reply(item(TRADE, "Purpel")), 'action 1: "Purpel" is no nation; did you mean "Purple"?'),
        (reply(*[item(TRADE, "Red")] * 4), "4 actions: expected at most 3"),
        (reply(item(TRADE, "Red"), item(TRADE, "Red", why="x")), 'action 2: unknown key "why"'),
    ],
)
def test_reasons_help(bad, reason):
    assert begun().submit(BLUE, bad).reason.startswith(reason)


def test_strikes_without_weapons_are_refused_where_the_gate_holds():
    assert begun().submit(PURPLE, reply(item(TACTICAL, "Orange"))) is None
    for variant in ("strict", "balanced"):
        game = begun(variant=variant)
        assert f'"{TACTICAL}" is not possible today' in game.submit(PURPLE, reply(item(TACTICAL, "Orange"))).reason
        assert TACTICAL in game.request(PURPLE).partition("Not possible today: ")[2]
        assert game.submit(BLUE, reply(item(TACTICAL, "Purple"))) is None


def test_the_request_says_which_actions_go_where():
    told = begun(variant="balanced").request(PURPLE)
    assert f"Aim Wait, {NAMES[3]}, {NAMES[16]}, {NAMES[17]}, {NAMES[18]} at your own nation, Purple; all other" in told
    assert "all other actions at White, Pink, Red, Yellow, Blue, Green or Orange." in told
    everywhere = "Aim Wait at your own nation, White; all other actions at Purple, White, Pink, Red,"
    assert everywhere in begun(variant="strict").request(WHITE)
    assert everywhere in begun().request(WHITE)


def test_what_is_missing_is_waited():
    game = begun()
    parsed = game.parse(BLUE, reply(item(TRADE, "Red")))
    assert parsed.tolist() == [1 + 5 * 8 + RED, 0, 0]
    assert not game.parse(BLUE, reply()).any()


def test_a_day_is_skipped_by_who_gives_no_legal_reply():
    game = begun(messages=True)
    assert not WORDS.fallback(game._view, BLUE).any()


def test_slots_can_be_asked_for_one_by_one():
    game = begun(slot_by_slot=True, nations=["Blue", "Red"], days=1)
    assert "at most one action" in game.request(0)
    assert game.submit(0, reply(item(TRADE, "Red"), item(TRADE, "Red"))).kind == "illegal_action"
    for k in range(3):
        assert (f"{TRADE} -> Red" in game.situation(0)) == (k > 0)
        assert TRADE not in game.situation(1)
        assert game.submit(0, reply(item(TRADE, "Red"))) is None
        assert game.submit(1, reply()) is None
    assert game.over
    assert game.world.state.counts[0, 0, 7] == 3


# Messages.


def test_words_reach_their_readers_the_next_morning():
    game = begun(messages=True)
    assert game.submit(RED, reply(message("Pink", "one people", "threaten"), message("World", "peace"))) is None
    assert "one people" not in game.situation(PINK)
    for agent in game.acting:
        game.submit(agent, reply())
    for agent in range(8):
        told = game.situation(agent)
        assert ("one people" in told) == (agent in (RED, PINK))
        assert "peace" in told
    assert f"{NAMES[MESSAGE]} (threaten) -> Pink" in game.situation(PINK)
    assert f"{NAMES[MESSAGE]} (inform) -> White" in game.situation(WHITE)  # what is said to the world reaches it, too
    assert "-> White" not in game.situation(PINK).split("What the last day changed")[0]
    assert [(said.sender, said.receivers) for said in game.messages] == [(RED, (PINK,)), (RED, ())]


def test_a_message_to_one_nation_goes_before_one_to_the_world():
    game = begun(messages=True)
    parsed = game.parse(RED, reply(message("World", "peace", "promise"), message("Pink", "or else", "threaten")))
    intents = [INTENTS[intent] for intent in parsed[3:]]
    assert intents == ["threaten" if name == "Pink" else "nothing" if name == "Red" else "promise" for name in NATIONS]


def test_empty_words_are_an_intent_and_no_text():
    game = begun(messages=True, nations=["Blue", "Red"])
    day(game, Red=[message("Blue", "  ", "warn")])
    assert game.messages == ()
    assert f"{NAMES[MESSAGE]} (warn) -> Blue" in game.situation(0)


def test_without_messages_there_are_none():
    game = begun()
    assert "Message" not in game.briefing(BLUE)
    assert "Message" not in json.dumps(game.schema(BLUE))
