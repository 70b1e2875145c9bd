"""What is read of a reply, and that nothing is guessed."""

import json
import time

import numpy as np
import pytest

from dynenvs.core.layouts import ActionLayout, DiscreteHead
from dynenvs.core.replies import BadReply, action_schema, parse_action
from dynenvs_agents.llm import ladder
from dynenvs_agents.llm.channel import (
    action_of,
    message_of,
    parse_with_message,
    schema_with_message,
    write_with_message,
)
from dynenvs_agents.llm.ladder import read_reply, without_thinking

from ...core.bad_replies import bad_replies
from .saying import COOPERATE, DEFECT, said

MOVES = ActionLayout(heads=(DiscreteHead(name="move", options=("cooperate", "defect")),))
BOTH = np.ones(2, np.bool_)


def parse(text):
    return parse_action(MOVES, BOTH, text)


def read(text, **parts):
    return read_reply(said(text, **parts), parse)


@pytest.mark.parametrize(
    ("rung", "text"),
    [
        ("json", COOPERATE),
        ("json", f"\n  {COOPERATE}\n"),
        ("json", f"<think>defect? {DEFECT}</think>\n{COOPERATE}"),
        ("json", f"The tags may begin in the prompt.</think>{COOPERATE}"),
        ("fenced", f"```json\n{COOPERATE}\n```"),
        ("fenced", f"Here it is:\n```\n{COOPERATE}\n```\nBecause it pays."),
        ("embedded", f"I choose {COOPERATE}."),
        ("embedded", f"<tool_call>\n{COOPERATE}\n</tool_call>"),
        ("embedded", f"`{COOPERATE}`"),
        ("embedded", f'He said "{{" and I say {COOPERATE}'.replace('"{"', "nothing")),
    ],
)
def test_a_reply_is_read_on_its_rung(rung, text):
    reading = read(text)
    assert reading.rung == rung
    assert reading.outcome.tolist() == [0]
    assert json.loads(reading.text) == {"move": "cooperate"}


def test_a_call_of_a_function_is_read_before_any_text():
    reading = read("I call it.", tool_calls=(DEFECT,), finish_reason="tool_calls")
    assert (reading.rung, reading.outcome.tolist()) == ("tool_call", [1])


@pytest.mark.parametrize(
    "text",
    [
        "cooperate",
        "I cooperate. My move: cooperate",
        "move = cooperate",
        f"Either {COOPERATE} or {DEFECT}.",
        f"{COOPERATE}\n{COOPERATE}",
        f"```json\n{COOPERATE}\n```\nor\n```json\n{DEFECT}\n```",
        f"```\nprint()\n```\n{COOPERATE}",
        f"{{{COOPERATE}",
        f"[{COOPERATE}]",
        json.dumps(COOPERATE),
        '{"action": ' + COOPERATE + "}",
        '{"move": "cooperate", "why": "it pays"}',
        "<think>" + COOPERATE,
        f"<think>{COOPERATE}</think>",
        "\\{\\}",
    ],
)
def test_where_there_is_a_choice_or_no_form_nothing_is_fished_out(text):
    assert isinstance(read(text).outcome, BadReply)


def test_several_calls_are_no_decision():
    reading = read(None, tool_calls=(COOPERATE, DEFECT))
    assert (reading.rung, reading.outcome.kind) == ("none", "not_json")


@pytest.mark.parametrize("text", [None, "", "<think>Let me see. If the other"])
def test_an_answer_lost_to_thinking_has_a_rung_of_its_own(text):
    reading = read(text, finish_reason="length", reasoning="Let me see. If the other")
    assert reading.rung == "lost_to_thinking"
    assert reading.outcome == BadReply("empty", "thinking used up all tokens before there was an answer: think less")


def test_an_answer_that_was_cut_off_is_told_from_one_that_is_wrong():
    assert read('{"move": "coop', finish_reason="length").rung == "cut_off"
    assert read('{"move": "coop').rung == "none"
    assert read("", finish_reason="stop").rung == "none"
    assert read(COOPERATE, finish_reason="length").rung == "json"


RECOVERED = [
    "Sure! GOOD",
    "GOOD I hope that helps.",
    "GOOD\n\nReasoning: it pays.",
    "<think>Hmm.</think>GOOD",
    "<tool_call>GOOD</tool_call>",
    "```json\nGOOD\n```",
    "```\nGOOD\n```",
    "`GOOD`",
    "(GOOD)",
    "\ufeffGOOD",
    "\u00a0GOOD",
    "\x00GOOD",
    "GOOD\x00",
    "GOOD;",
    "GOOD}",
    "// my choice\nGOOD",
    "/* my choice */ GOOD",
]
"""All of the corpus that holds one whole legal reply and no second one."""


def test_of_the_corpus_exactly_the_unmistakable_is_read():
    corpus = bad_replies("move", "cooperate")
    assert len(corpus) >= 60
    read_anyway = {text for _, text in corpus if not isinstance(read(text).outcome, BadReply)}
    assert read_anyway == {text.replace("GOOD", COOPERATE) for text in RECOVERED}


@pytest.mark.parametrize(
    "text",
    ["{" * 10**6, '{"a":' * 10**5, "}{" * 10**5, '"{' * 10**5, "<think>" * 10**5, "```\n" * 10**5, "```a\n" * 10**5],
)
def test_no_text_takes_long_to_refuse(text):
    start = time.perf_counter()
    assert isinstance(read(text).outcome, BadReply)
    assert time.perf_counter() - start < 5.0


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (f"  ```json  \n{COOPERATE}\n\t``` \n```", [f"{COOPERATE}\n"]),
        ("```\n```\n```a\nb\nc\n```", ["", "b\nc\n"]),
        ("```a\n```b\n```", ["```b\n"]),
        ("x ```\ny\n```", []),
    ],
)
def test_what_stands_between_fences_is_found(text, inside):
    assert ladder._fenced(text) == inside


def test_thinking_is_set_apart():
    assert without_thinking("<think>a</think> b ") == "b"
    assert without_thinking("a</think>b</think>c") == "c"
    assert without_thinking(" <think>never ends") == ""
    assert without_thinking("I <think> so") == "I <think> so"


# With a message beside the action.


def parse_both(text):
    return parse_with_message(parse, text)


def test_a_message_stands_beside_the_action():
    reply = '{"action": {"move": "defect"}, "message": "sorry"}'
    assert parse_both(reply).tolist() == [1]
    assert message_of(reply) == "sorry"
    assert action_of(reply) == DEFECT
    assert json.loads(write_with_message(DEFECT, "sorry")) == json.loads(reply)


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        ("empty", None),
        ("not_json", "sorry"),
        ("wrong_schema", DEFECT),
        ("wrong_schema", '{"action": {"move": "defect"}}'),
        ("wrong_schema", '{"action": {"move": "defect"}, "message": null}'),
        ("wrong_schema", '{"action": {"move": "defect"}, "message": "", "why": ""}'),
        ("wrong_schema", '{"action": "defect", "message": ""}'),
        ("wrong_schema", '{"action": {"move": "x"}, "message": ""}'),
        ("duplicate_key", '{"action": {"move": "defect", "move": "defect"}, "message": ""}'),
        ("duplicate_key", '{"action": {"move": "defect"}, "message": "", "message": ""}'),
        ("illegal_action", '{"action": {"move": "defect"}, "message": "' + "a" * 501 + '"}'),
        ("wrong_schema", '{"action": {"move": 1e400}, "message": ""}'),
    ],
)
def test_the_form_with_a_message_is_as_strict(kind, reply):
    refused = parse_both(reply)
    assert isinstance(refused, BadReply)
    assert refused.kind in (kind, "not_json")


def test_the_schema_with_a_message_holds_that_of_the_world():
    schema = schema_with_message(action_schema(MOVES, BOTH))
    assert schema["properties"]["action"]["properties"]["move"]["enum"] == ["cooperate", "defect"]
    assert schema["properties"]["message"]["maxLength"] == 500
    assert schema["required"] == ["action", "message"]


def test_what_no_file_takes_is_taken_out_of_messages():
    assert message_of('{"action": {}, "message": " a\\ud800b\\u0000 "}') == "a?b"
