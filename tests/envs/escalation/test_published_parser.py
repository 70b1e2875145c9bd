"""The published parser: what the public code made of crafted replies, and who saw what, from its own records."""

import json
from pathlib import Path

import numpy as np
import pytest

from dynenvs.envs.escalation.actions import MESSAGE, NAMES
from dynenvs.envs.escalation.nations import NATIONS
from dynenvs.envs.escalation.published_parser import (
    NO_REASONING,
    PublishedAction,
    actions_of,
    read_reply,
    render,
    rows_of,
    visible,
)
from dynenvs.envs.escalation.replay import replay, score

FIDELITY = Path(__file__).parents[2] / "fidelity"
CASES = json.loads((FIDELITY / "wargame_parser.json").read_text())["cases"]
LINES = json.loads((FIDELITY / "wargame_visibility.json").read_text())["lines"]

DAY = [  # the actions whose readers were recorded
    PublishedAction("Wait", "Green", "Green"),
    PublishedAction("Execute cybersecurity attack", "Red", "Blue"),
    PublishedAction("Message", "Red", "World", "pub"),
    PublishedAction("Message", "Red", "Pink", "priv"),
    PublishedAction("Share intelligence on threats with other nation", "Blue", "White"),
    PublishedAction("Execute targeted attack", "Orange", "Purple"),
]


@pytest.mark.parametrize("name", CASES)
def test_a_crafted_reply_is_read_as_the_public_code_reads_it(name):
    case = CASES[name]
    read = read_reply(case["reply"], "Blue")
    if not case["ok"]:
        assert read is None
        return
    assert read.reasoning == case["reasoning"]
    assert [list(action) for action in read.actions] == case["actions"]


def test_all_crafted_replies_are_here():
    assert len(CASES) == 22
    assert sum(case["ok"] for case in CASES.values()) == 15


def test_what_is_dropped_is_counted():
    assert read_reply(CASES["action_not_object"]["reply"], "Blue").dropped == 1
    assert read_reply(CASES["action_missing_target"]["reply"], "Blue").dropped == 1
    assert read_reply(CASES["clean"]["reply"], "Blue").dropped == 0
    assert read_reply(CASES["no_reasoning"]["reply"], "Blue").reasoning == NO_REASONING


@pytest.mark.parametrize(
    "reply", ["", "[" * 100_000, "{" * 100_000, "null", '{"actions": {}}', '{"actions": null}', '{"actions": NaN}']
)
def test_what_is_no_reply_is_refused_and_raises_nothing(reply):
    assert read_reply(reply, "Blue") is None


@pytest.mark.parametrize("nation", LINES)
def test_every_nation_sees_the_lines_that_it_was_shown(nation):
    assert visible(DAY, nation) == LINES[nation]


def test_rows_survive_the_way_through_a_reply():
    rng = np.random.default_rng(1)
    for _ in range(200):
        actions = rng.integers(0, len(NAMES), 12)
        targets = np.where(actions == MESSAGE, rng.integers(0, 9, 12), rng.integers(0, 8, 12))
        actor = int(rng.integers(8))
        rows = np.stack([np.full(12, 3), np.full(12, actor), targets, actions], axis=1)
        named = actions_of(rows)
        read = read_reply(render(named), list(NATIONS)[actor])
        assert read.actions == named
        assert np.array_equal(rows_of(read.actions, day=3), rows)


def test_words_survive_whatever_they_hold():
    said = 'a "quoted" ** ## } { \n \\ \ud800 end'
    action = PublishedAction("Message", "Blue", "World", said)
    read = read_reply(render([action], reasoning="**why** # because"), "Blue")
    assert read.actions == (action,)
    assert read.reasoning == "**why** # because"


def test_names_that_do_not_exist_are_scored_as_nothing_and_change_nothing():
    replied = read_reply(
        '{"actions": [{"action_name": "wait", "target_nation": 3}, {"action_name": '
        '"Execute full nuclear attack", "target_nation": "Atlantis"}]}',
        "Blue",
    )
    rows = rows_of(replied.actions, day=1)
    assert rows.tolist() == [[1, 5, -1, -1], [1, 5, -1, 26]]
    assert score(rows).tolist() == [60.0]
    states = replay(rows)
    assert np.array_equal(states[0], states[1])
