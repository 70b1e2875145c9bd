"""A model behind a server that misbehaves in every way seen in the field."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dynenvs.core.errors import ParameterError
from dynenvs_agents.llm import retries, servers
from dynenvs_agents.llm.models import ChatMessage, ModelError, Request, complete, run
from dynenvs_agents.llm.openai_compat import OpenAICompatModel

from . import misbehaving_server as fake
from .misbehaving_server import misbehaving_server

SCHEMA = {
    "type": "object",
    "properties": {"move": {"type": "string", "enum": ["cooperate", "defect"]}},
    "required": ["move"],
    "additionalProperties": False,
}
HELLO = Request(messages=(ChatMessage(role="user", content="Say hello."),))
MOVE = Request(messages=(ChatMessage(role="user", content="Your move?"),), schema=SCHEMA, seed=3)
LEGAL = '{"move": "cooperate"}'

PASSING = {
    "connection": [fake.cut_short, fake.reset_connection],
    "timeout": [fake.slow(5.0)],
    "status": [fake.too_many(0), fake.broken, fake.unavailable, fake.refusing(408, ""), fake.refusing(502, "<html>")],
    "malformed": [
        fake.malformed_json,
        fake.wrong_schema,
        fake.not_an_object,
        fake.empty_choices,
        fake.error_under_success,
        fake.page,
    ],
}
TROUBLES = [(kind, trouble) for kind, troubles in PASSING.items() for trouble in troubles]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)


@pytest.fixture
def ask():
    """Ask the model of a server, and close its connections in the end."""
    models = {}

    def asked(server, request=HELLO, **options):
        if server not in models:
            models[server] = OpenAICompatModel("fake", server.base_url, **{"timeout": 0.3, **options})
        return complete(models[server], request)

    yield asked
    for model in models.values():
        run(model.aclose())


# What passes.


@pytest.mark.parametrize(("kind", "trouble"), TROUBLES)
def test_trouble_that_passes_is_tried_again(ask, kind, trouble):
    with misbehaving_server(trouble, trouble) as server:
        reply = ask(server)
    assert (reply.text, reply.attempts, len(server.requests)) == ("Hello.", 3, 3)


@pytest.mark.parametrize(("kind", "trouble"), TROUBLES)
def test_trouble_that_stays_is_an_error_that_names_the_host(ask, kind, trouble):
    with misbehaving_server(always=trouble) as server, pytest.raises(ModelError) as raised:
        ask(server, retries=1)
    assert raised.value.kind == kind
    assert raised.value.attempts == len(server.requests) == 2
    assert str(raised.value).startswith(f"127.0.0.1:{server.server_port}: {kind}")


def test_an_error_names_the_status_and_what_the_server_says(ask):
    with misbehaving_server(fake.unavailable) as server, pytest.raises(ModelError, match="status 503: Overloaded"):
        ask(server, retries=0)


def test_a_server_that_is_not_there_is_a_connection_error():
    with misbehaving_server() as server:
        gone = server.base_url
    with pytest.raises(ModelError, match="connection"):
        complete(OpenAICompatModel("fake", gone, retries=0), HELLO)


def test_what_will_not_pass_is_not_tried_again(ask):
    with misbehaving_server(fake.unauthorised) as server, pytest.raises(ModelError, match="status 401: Incorrect"):
        ask(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens; reduce max_tokens.",
        "request (5012 tokens) exceeds the available context size (4096 tokens), try increasing it",
        {"code": "context_length_exceeded"},
        "The input exceeds the model's context window.",
    ],
)
def test_a_conversation_that_is_too_long_is_a_setting_and_says_the_cure(ask, said):
    complaint = r"context 400: .*a setting: send fewer turns with memory=window:K"
    with (
        misbehaving_server(always=fake.refusing(400, said)) as server,
        pytest.raises(ModelError, match=complaint) as told,
    ):
        ask(server, MOVE)
    assert told.value.kind == "context"
    assert len(server.requests) == 1  # neither tried again, nor asked in another form


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", r"Not Found \(at /chat/completions; most servers want a base_url that ends in /v1\)"),
        ("/v1", r"Not Found \(at /v1/chat/completions\)"),
    ],
)
def test_an_address_where_nothing_is_says_which_path_was_asked(path, said):
    with misbehaving_server(always=fake.refusing(404, "Not Found")) as server:
        model = OpenAICompatModel("fake", f"http://127.0.0.1:{server.server_port}{path}")
        with pytest.raises(ModelError, match=rf"status 404: {said}"):
            complete(model, HELLO)
        run(model.aclose())


def test_spent_quota_is_not_tried_again(ask):
    spent = fake.refusing(429, "You exceeded your current quota", x_should_retry="false")
    with misbehaving_server(spent) as server, pytest.raises(ModelError, match="quota"):
        ask(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize("busy", [fake.too_many(0.4), fake.refusing(503, "", retry_after_ms="400")])
def test_a_server_that_asks_to_wait_is_left_alone_so_long(ask, busy):
    with misbehaving_server(busy) as server:
        assert ask(server).attempts == 2
    first, second = server.requests
    assert 0.4 <= second.at - first.at < 2.0


def test_a_server_may_ask_to_wait_until_a_date(ask):
    with misbehaving_server(fake.too_many_until(2.0)) as server:
        assert ask(server).attempts == 2
    first, second = server.requests
    assert 0.9 <= second.at - first.at < 3.0


def test_nobody_waits_for_an_hour(ask):
    with misbehaving_server(fake.too_many(3600)) as server, pytest.raises(ModelError, match="429"):
        ask(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize("date", ["Mon, 01 Jan 99999 00:00:00 GMT", "Mon, 99 Jan 2026 99:00:00 +9999999999", "soon"])
def test_a_date_that_no_calendar_has_asks_for_nothing(date):
    wait = retries.asked_to_wait({"retry-after": date})
    assert wait is None or wait >= 0


def test_an_impossible_date_is_tried_again_as_without_one(ask):
    with misbehaving_server(fake.refusing(429, "busy", Retry_After="Mon, 01 Jan 99999 00:00:00 GMT")) as server:
        assert ask(server).attempts == 2


NESTED = b'{"error":' * 980 + b"1" + b"}" * 980


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("body", [NESTED, b"[" * 10**5, b'{"choices":[{"message":' + NESTED + b"}]}"])
def test_a_body_that_is_nested_without_end_is_an_error_like_others(ask, status, body):
    with misbehaving_server(always=lambda asked: fake.Answer(body, status)) as server, pytest.raises(ModelError):
        ask(server, retries=0)


@pytest.mark.parametrize("status", [200, 500])
def test_a_response_without_end_is_given_up(ask, monkeypatch, status):
    monkeypatch.setattr(servers, "LARGEST", 10_000)
    with misbehaving_server(always=lambda asked: fake.Answer(b" " * 10_001, status)) as server:
        with pytest.raises(ModelError, match="malformed: more than 10000 bytes in one response"):
            ask(server)
        assert len(server.requests) == 1


def test_pauses_grow_and_differ(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.5)
    assert all(0.25 <= retries.pause(1) <= 0.5 and 1.0 <= retries.pause(3) <= 2.0 for _ in range(100))
    assert all(15.0 <= retries.pause(attempt) <= 30.0 for attempt in (10, 1000))
    assert len({retries.pause(5) for _ in range(10)}) == 10


# How the form is asked for.


@pytest.mark.parametrize("status", [400, 422, 500, 501])
@pytest.mark.parametrize("form", ["json_schema", "json_object", "tool", "text"])
def test_the_strictest_form_that_a_server_knows_is_found_and_remembered(ask, form, status):
    with misbehaving_server(always=fake.knowing_only(form, status=status)) as server:
        first, second = ask(server, MOVE), ask(server, MOVE)
    assert (first.structured, second.structured) == (form, form)
    assert (first.attempts, second.attempts) == (len(server.requests) - 1, 1)
    said = {"tool": (None, (LEGAL,)), "text": ("Hello.", ())}
    assert (second.text, second.tool_calls) == said.get(form, (LEGAL, ()))


def test_a_form_at_which_a_server_fails_without_a_word_is_given_up_after_all_retries(ask):
    with misbehaving_server(always=fake.silently_failing_on("json_schema")) as server:
        assert ask(server, MOVE, retries=2).attempts == 4
        assert ask(server, MOVE).attempts == 1
    assert [asked.form for asked in server.requests] == ["json_schema"] * 3 + ["json_object"] * 2


def test_a_form_that_was_answered_once_is_not_given_up_for_trouble_that_stays(ask):
    with misbehaving_server(fake.well, always=fake.broken) as server:
        ask(server, MOVE, retries=1)
        with pytest.raises(ModelError, match=r"500 \(2 attempts\)"):
            ask(server, MOVE)
    assert {asked.form for asked in server.requests} == {"json_schema"}


def test_trouble_that_passes_costs_no_strictness(ask):
    with misbehaving_server(fake.broken, fake.unavailable, fake.cut_short) as server:
        assert ask(server, MOVE).structured == "json_schema"


def test_a_refusal_for_another_reason_is_raised_and_not_remembered(ask):
    refused = [fake.refusing(400, "the prompt was flagged")] * 4
    with misbehaving_server(*refused) as server:
        with pytest.raises(ModelError, match=r"400.*4 attempts.*flagged"):
            ask(server, MOVE)
        assert ask(server, MOVE).structured == "json_schema"


def test_no_form_is_asked_for_without_a_schema(ask):
    with misbehaving_server() as server:
        assert ask(server, HELLO).structured == "text"
        assert ask(server, MOVE).structured == "json_schema"
    assert [asked.form for asked in server.requests] == ["text", "json_schema"]


def test_the_schema_arrives_in_every_form(ask):
    for form in ("json_schema", "json_object", "tool"):
        with misbehaving_server(always=fake.knowing_only(form)) as server:
            ask(server, MOVE)
        assert server.requests[-1].schema == SCHEMA


# Fields that a server may not know.


def test_the_newer_name_of_max_tokens_is_used_where_the_server_wants_it(ask):
    with misbehaving_server(always=fake.refusing_fields("max_tokens")) as server:
        ask(server, MOVE)
        assert ask(server, MOVE).attempts == 1
    assert server.requests[-1].body["max_completion_tokens"] == MOVE.max_tokens


def test_extras_are_left_out_where_the_server_refuses_them(ask):
    extras = Request(messages=HELLO.messages, seed=1, logprobs=5)
    with misbehaving_server(always=fake.refusing_fields("seed", "logprobs", "top_logprobs")) as server:
        assert ask(server, extras).text == "Hello."
    assert {"seed", "logprobs", "top_logprobs"} & server.requests[-1].body.keys() == set()


def test_a_refused_temperature_is_an_error_since_an_experiment_chose_it(ask):
    with misbehaving_server(always=fake.refusing_fields("temperature")) as server:
        with pytest.raises(ModelError, match="temperature"):
            ask(server)
        default = Request(messages=HELLO.messages, temperature=None)
        assert ask(server, default).text == "Hello."


def test_the_whole_request_arrives(ask):
    request = Request(messages=MOVE.messages, temperature=0.5, max_tokens=9, seed=3, logprobs=2)
    with misbehaving_server() as server:
        ask(server, request, extra_body={"chat_template_kwargs": {"enable_thinking": False}})
    assert server.requests[0].body == {
        "model": "fake",
        "messages": [{"role": "user", "content": "Your move?"}],
        "temperature": 0.5,
        "max_tokens": 9,
        "seed": 3,
        "logprobs": True,
        "top_logprobs": 2,
        "chat_template_kwargs": {"enable_thinking": False},
    }


# Answers of other kinds.


def test_a_tool_call_instead_of_text_is_kept(ask):
    with misbehaving_server(fake.tool_call) as server:
        reply = ask(server, MOVE)
    assert (reply.text, reply.tool_calls, reply.finish_reason) == (None, (LEGAL,), "tool_calls")


def test_an_answer_lost_because_thinking_used_up_the_tokens_is_told(ask):
    with misbehaving_server(fake.thinking_only) as server:
        reply = ask(server)
    assert (reply.text, reply.reasoning, reply.finish_reason) == (None, "Let me see. If the other", "length")


def test_tokens_are_counted_by_the_server_or_estimated(ask):
    with misbehaving_server(fake.well, fake.no_usage) as server:
        counted, estimated = ask(server).usage, ask(server).usage
    assert (counted.prompt_tokens, counted.completion_tokens, counted.estimated) == (11, 7, False)
    assert (estimated.prompt_tokens, estimated.completion_tokens, estimated.estimated) == (3, 2, True)


def test_a_good_answer_of_the_wrong_content_type_is_taken(ask):
    with misbehaving_server(fake.plain_type) as server:
        assert ask(server).attempts == 1


# Many at once.


def test_no_more_requests_are_under_way_than_allowed():
    async def crowd(model):
        await asyncio.gather(*(model.acomplete(HELLO) for _ in range(12)))
        await model.aclose()

    with misbehaving_server(always=fake.slow(0.1)) as server:
        start = time.monotonic()
        run(crowd(OpenAICompatModel("fake", server.base_url, concurrency=3)))
        took = time.monotonic() - start
    arrivals = [asked.at - start for asked in server.requests]
    assert took >= 0.4
    assert all(sum(before <= at < before + 0.1 for at in arrivals) <= 4 for before in arrivals)


def test_a_model_serves_several_loops_one_after_the_other():
    async def once(model):
        reply = await model.acomplete(HELLO)
        await model.aclose()
        return reply.text

    with misbehaving_server() as server:
        model = OpenAICompatModel("fake", server.base_url)
        with ThreadPoolExecutor(1) as thread:  # a browser of other tests may have left a loop running in this one
            elsewhere = [thread.submit(lambda: asyncio.run(once(model))).result() for _ in range(2)]
        assert [*elsewhere, run(once(model))] == ["Hello."] * 3


# The model as an object.


def test_models_of_other_servers_or_options_have_other_digests():
    models = [
        OpenAICompatModel("fake"),
        OpenAICompatModel("other"),
        OpenAICompatModel("fake", "http://127.0.0.1:8000/v1"),
        OpenAICompatModel("fake", extra_body={"top_k": 1}),
    ]
    assert len({model.digest() for model in models}) == 4
    assert OpenAICompatModel("fake", concurrency=2, retries=0).digest() == models[0].digest()


@pytest.mark.parametrize("wrong", [{"concurrency": 0}, {"timeout": 0}, {"timeout": "60"}, {"retries": -1}])
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        OpenAICompatModel("fake", **wrong)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://127.0.0.1/v1", "http://", "http://127.0.0.1:99999/v1", "v1"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ParameterError, match="base_url: expected http"):
        OpenAICompatModel("fake", url)
