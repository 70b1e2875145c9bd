"""What is read of a chat completion, in all the forms in which servers send it."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynenvs_agents.llm.chat_completions import read_completion
from dynenvs_agents.llm.models import ChatMessage, ModelError, Reply, Request

from .misbehaving_server import completion

ASKED = Request(messages=(ChatMessage(role="user", content="Your move?"),), schema={"type": "object"})


def read(body):
    return read_completion(body, ASKED, "json_schema", "host:1")


def read_message(**message):
    return read(completion({"role": "assistant", **message}))


THINKING = {
    "under a key of its own": {"content": "Hi.", "reasoning_content": "Hm."},
    "under the other key": {"content": "Hi.", "reasoning": "Hm."},
    "between tags": {"content": "<think>Hm.</think>Hi."},
    "between longer tags": {"content": "\n<thinking>Hm.</thinking>Hi."},
    "before the closing tag alone": {"content": "Hm.</think>Hi."},
    "in parts": {
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
            {"type": "text", "text": "Hi."},
        ]
    },
}


@pytest.mark.parametrize("message", THINKING.values(), ids=THINKING)
def test_thinking_is_told_from_the_answer(message):
    reply = read_message(**message)
    assert (reply.reasoning, reply.text) == ("Hm.", "Hi.")


LOST = {
    "empty": {"content": "", "reasoning_content": "Hm."},
    "null": {"content": None, "reasoning": "Hm."},
    "still open": {"content": "<think>Hm."},
}


@pytest.mark.parametrize("message", LOST.values(), ids=LOST)
def test_thinking_without_an_answer_is_no_answer(message):
    reply = read_message(**message)
    assert (reply.reasoning, reply.text) == ("Hm.", None)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("\n" * 10**6 + "Hi.", "Hi."),
        ("\n" * 10**6 + "<think>" + " \n" * 500_000 + "</think>Hi.", "Hi."),
        ("<think>" * 10**5 + "</think>Hi.", "Hi."),
        ("</think" * 10**5, "</think"),
    ],
)
def test_a_megabyte_is_searched_for_thinking_in_one_pass(content, answer):
    """A search that begins anew at every character would take hours."""
    assert read_message(content=content).text.strip().startswith(answer)


def test_an_answer_that_only_mentions_the_tags_is_left_alone():
    assert read_message(content='{"said": "use <think> first"}').text == '{"said": "use <think> first"}'


def test_a_refusal_is_told():
    reply = read_message(content=None, refusal="I will not play this.")
    assert (reply.text, reply.finish_reason) == ("I will not play this.", "refusal")


@pytest.mark.parametrize("arguments", ['{"move": 1}', {"move": 1}])
def test_arguments_of_a_call_are_kept_as_text(arguments):
    assert read_message(tool_calls=[{"function": {"arguments": arguments}}]).tool_calls == ('{"move": 1}',)


FINISHED = {"stop": "stop", "end_turn": "stop", "MAX_TOKENS": "length", "function_call": "tool_calls"}
FINISHED |= {"content_filter": "content_filter", "a new word": "a new word", None: "unknown", 7: "unknown"}


@pytest.mark.parametrize(("said", "meant"), FINISHED.items())
def test_finish_reasons_have_one_word_each(said, meant):
    assert read(completion("Hi.", said)).finish_reason == meant


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": None, "completion_tokens": 3},
        {"prompt_tokens": -1},
        "?",
        {"prompt_tokens": 10**400, "completion_tokens": 3},
        {"prompt_tokens": 3, "completion_tokens": 10**9 + 1},
        {"prompt_tokens": True, "completion_tokens": 3},
    ],
)
def test_usage_that_is_none_is_estimated(usage):
    assert read(completion("Hi.", usage=usage)).usage.estimated


def test_tokens_are_read_with_their_alternatives():
    entries = [
        {"token": "H", "logprob": -0.5, "id": 4, "top_logprobs": [{"token": "H", "logprob": -0.5}]},
        {"token": "i", "logprob": -9999, "top_logprobs": []},
    ]
    body = completion("Hi")
    body["choices"][0]["logprobs"] = {"content": entries}
    first, second = read(body).tokens
    assert (first.text, first.logprob, first.id, first.top) == ("H", -0.5, 4, (("H", -0.5),))
    assert (second.text, second.logprob, second.id, second.top) == ("i", -9999.0, None, ())


def test_token_ids_may_stand_beside():
    body = completion("Hi")
    body["choices"][0] |= {"logprobs": {"content": [{"token": "Hi", "logprob": -1.0}]}, "token_ids": [12]}
    assert [token.id for token in read(body).tokens] == [12]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"token": "H"},
        {"token": "H", "logprob": None},
        {"token": 1, "logprob": -1},
        {"token": "H", "logprob": -(10**400)},
        {"token": "H", "logprob": -math.inf},
        {"token": "H", "logprob": True},
    ],
)
def test_tokens_with_a_gap_are_no_tokens(entry):
    body = completion("Hi")
    body["choices"][0]["logprobs"] = {"content": [{"token": "i", "logprob": -1.0}, entry]}
    assert read(body).tokens == ()


def test_an_alternative_without_a_probability_counts_as_impossible():
    body = completion("H")
    entry = {"token": "H", "logprob": -1.0, "top_logprobs": [{"token": "X", "logprob": None}]}
    body["choices"][0]["logprobs"] = {"content": [entry]}
    assert read(body).tokens[0].top == (("", -math.inf),)


def test_half_a_character_can_be_written_to_a_file():
    reply = read_message(content=json.loads('"ok \\ud83d"'), reasoning=json.loads('"\\ude00"'))
    assert (reply.text, reply.reasoning) == ("ok ?", "?")
    reply.text.encode()


MALFORMED = [None, 1, "Hi.", [], {}, {"choices": None}, {"choices": {}}, {"choices": []}, {"choices": [None]}]
MALFORMED += [{"choices": [{}]}, {"choices": [{"message": None}]}, {"choices": [{"message": "Hi."}]}, {"error": "no"}]


@pytest.mark.parametrize("body", MALFORMED)
def test_what_is_no_completion_is_an_error(body):
    with pytest.raises(ModelError, match="host:1: malformed"):
        read(body)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=5,
)
messages = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["content", "reasoning", "reasoning_content", "refusal", "tool_calls"], anything)
)


@settings(max_examples=200, deadline=None)
@given(messages, anything, anything, anything)
def test_whatever_the_message_holds_it_is_a_reply(message, finished, logprobs, usage):
    choice = {"message": message, "finish_reason": finished, "logprobs": logprobs}
    reply = read({"choices": [choice], "usage": usage, "model": usage})
    assert isinstance(reply, Reply)
    assert json.loads(json.dumps(reply.to_dict())) is not None
