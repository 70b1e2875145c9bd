"""What a person types: short names, numbers, beginnings; what is not clear is refused and never guessed."""

import io
import json

import pytest
from rich.console import Console

import dynenvs
from dynenvs.adapters.human import HumanPolicy
from dynenvs.adapters.language import Language
from dynenvs.adapters.players import Players
from dynenvs.core.replies import BadReply
from dynenvs.core.view import GameView
from dynenvs.envs.escalation.actions import NAMES
from dynenvs.envs.escalation.typed import SHORT_NAMES

ENV_ID = "dynenvs/Escalation-v0"
WORDS = Language(ENV_ID)
BLUE = 5


def blue(**params):
    world = dynenvs.make_world(ENV_ID, **params)
    world.reset(1)
    return GameView(world, 0)


def read(line, **params):
    """The actions of a line, as pairs of id and target."""
    view = blue(**params)
    said = WORDS.read_line(view, BLUE, line)
    if isinstance(said, BadReply):
        return said.reason
    assert not isinstance(WORDS.parse(view, BLUE, said), BadReply)
    return [(NAMES.index(item["action_name"]), item["target_nation"]) for item in json.loads(said)["actions"]]


@pytest.mark.parametrize(
    ("line", "actions"),
    [
        ("trade Pink; arm; attack Orange", [(7, "Pink"), (17, "Blue"), (23, "Orange")]),
        ("7 Pink; 17; 23 Orange", [(7, "Pink"), (17, "Blue"), (23, "Orange")]),
        ("TRADE pink;ARM", [(7, "Pink"), (17, "Blue")]),
        ("trade pi; inv or", [(7, "Pink"), (24, "Orange")]),
        ("trade -> Pink", [(7, "Pink")]),
        ("Form an alliance White", [(10, "White")]),
        ("Form an alliance -> White;", [(10, "White")]),
        ("arm Red", [(17, "Red")]),
        ("wait", [(0, "Blue")]),
        ("wait; trade Red", [(0, "Blue"), (7, "Red")]),
        (";", []),
    ],
)
def test_a_line_is_read_as_actions(line, actions):
    assert read(line) == actions


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("foo", "'foo' is no action"),
        ("99 Pink", "'99' is no action"),
        ("1 Pink", "'1' is no action"),
        ("trade", "trade: expected a nation after it"),
        ("trade P", "'P' is no nation: expected Purple, White, Pink"),
        ("trade Atlantis", "'Atlantis' is no nation"),
        ("tr Pink", "'tr' is no action"),  # trade or treaty
        ("say Pink hello", "say Pink hello: expected say NATION INTENT: text"),
    ],
)
def test_what_is_not_clear_is_refused(line, reason):
    assert read(line).startswith(reason)


def test_in_the_balanced_variant_actions_on_oneself_need_no_name_and_others_must():
    assert read("arm; drone Pink", variant="balanced") == [(17, "Blue"), (15, "Pink")]
    said = WORDS.read_line(blue(variant="balanced"), BLUE, "trade Blue")
    assert "cannot be aimed at Blue" in WORDS.parse(blue(variant="balanced"), BLUE, said).reason


def test_every_action_has_a_short_name_of_its_own_that_is_listed():
    assert len(set(SHORT_NAMES)) == len(SHORT_NAMES) == len(NAMES)
    shown = WORDS.choices(blue(), BLUE)
    assert all(f"{action} {name}" in shown for action, name in enumerate(SHORT_NAMES) if action > 1)
    assert "25 strike" not in WORDS.choices(blue(variant="strict", nations=["Pink", "Red"]), 0)


def test_a_person_plays_and_speaks():
    console = Console(file=io.StringIO(), width=120)
    lines = io.StringIO("trade Nowhere\ntrade Red; say Red promise: a long peace; say world inform: we trade\nwait\n")
    human = HumanPolicy(ENV_ID, lines=lines, console=console)
    params = {"nations": ["Blue", "Red", "Pink"], "messages": True}
    world = dynenvs.make_world(ENV_ID, seats=[-2, "wait", "wait"], **params)
    players = Players(world, {-2: human})
    world.reset(1)
    for _ in range(2):
        actions = world.idle_actions.copy()
        players.ask(world.buffers.acting, actions)
        world.step(actions)
    shown = console.file.getvalue()
    assert "Not possible: 'Nowhere' is no nation" in shown
    assert shown.count("Type up to 3 actions") == 2  # once a day, whatever was refused
    assert [(said.sender, said.receivers, said.text) for said in world.messages(0)] == [
        (0, (1,), "a long peace"),
        (0, (), "we trade"),
    ]
    assert 'you to Red: "a long peace"' in shown
    assert world.state.counts[0, 0, 7] == 1
