"""The key comes from the environment, and appears nowhere that anyone writes or shows."""

import copy
import json
import logging
import pickle
import traceback

import pytest

from dynenvs.core.errors import ParameterError
from dynenvs_agents.llm import retries
from dynenvs_agents.llm.models import ChatMessage, ModelError, Request, complete, run
from dynenvs_agents.llm.openai_compat import OpenAICompatModel

from . import misbehaving_server as fake
from .misbehaving_server import misbehaving_server

CANARY = "sk-canary/7f3a+91b2"
HELLO = Request(messages=(ChatMessage(role="user", content="Say hello."),))

TROUBLES = [
    fake.well,
    fake.echoing_key(200),
    fake.echoing_key(400),
    fake.echoing_key(401),
    fake.echoing_key(429),
    fake.echoing_key(500),
    fake.unauthorised,
    fake.too_many(0),
    fake.broken,
    fake.cut_short,
    fake.reset_connection,
    fake.slow(2.0),
    fake.malformed_json,
    lambda asked: fake.Answer(f"<p>{asked.key}</p>".encode(), content_type="text/html"),
    lambda asked: fake.Answer({"choices": [], "note": asked.key}),
    lambda asked: fake.Answer(asked.key, 302, {"Location": f"/elsewhere?key={asked.key}"}),
]


@pytest.fixture(autouse=True)
def canary(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.001)
    monkeypatch.setenv("CANARY_KEY", CANARY)


@pytest.fixture
def logged(caplog):
    """Everything that is logged, by anyone, to the last detail."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    return lambda: "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)


def written(model, logged):
    """Ask, and return all that could be written down of it."""
    try:
        seen = json.dumps(complete(model, HELLO).to_dict())
    except ModelError as error:
        trace = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
        seen = trace + repr(error) + pickle.dumps(error).decode("latin-1") + repr(error.__context__) + repr(vars(error))
    parts = [seen, logged(), repr(model), pickle.dumps(model).decode("latin-1"), model.digest()]
    return "\n".join(parts)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_key_is_written_whatever_the_server_does(logged, trouble):
    with misbehaving_server(always=trouble) as server:
        model = OpenAICompatModel("fake", server.base_url, api_key_env="CANARY_KEY", retries=1, timeout=0.3)
        seen = written(model, logged)
        run(model.aclose())
    assert server.requests[0].key == CANARY  # it was sent, so it could have come back
    assert len(seen) > 500
    for secret in (CANARY, CANARY.replace("/", "\\/"), CANARY.replace("/", "%2F"), CANARY[:12]):
        assert secret not in seen


def test_no_key_is_written_where_there_is_no_server(logged):
    with misbehaving_server() as server:
        gone = server.base_url
    seen = written(OpenAICompatModel("fake", gone, api_key_env="CANARY_KEY", retries=1), logged)
    assert "connection" in seen
    assert CANARY[:12] not in seen


def test_a_copy_of_a_model_reads_the_key_anew():
    with misbehaving_server() as server:
        model = OpenAICompatModel("fake", server.base_url, api_key_env="CANARY_KEY")
        complete(model, HELLO)
        copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
        for one in copies:
            complete(one, HELLO)
        for one in (model, *copies):
            run(one.aclose())
    assert [asked.key for asked in server.requests] == [CANARY] * 3


def test_openais_key_and_account_go_to_openai_alone(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, CANARY)
    with misbehaving_server() as server:
        model = OpenAICompatModel("fake", server.base_url)
        assert complete(model, HELLO).text == "Hello."
        run(model.aclose())
    (asked,) = server.requests
    assert asked.key == "none"
    assert CANARY not in str(asked.headers)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://api.openai.com/v1", CANARY),
        ("https://api.openai.com/v1/", CANARY),
        ("http://api.openai.com/v1", "none"),  # in plain text
        ("https://api.openai.com.example.org/v1", "none"),
        ("https://example.org/api.openai.com/v1", "none"),
    ],
)
def test_the_host_decides_whether_openais_key_is_sent(monkeypatch, url, key):
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    assert OpenAICompatModel("gpt", url).server._key() == key


def test_openai_without_a_key_says_which_variable_to_set(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ParameterError, match="OPENAI_API_KEY is not set"):
        complete(OpenAICompatModel("gpt"), HELLO)


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_variable_that_is_named_must_be_set(monkeypatch, value):
    monkeypatch.delenv("MY_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MY_KEY", value)
    with misbehaving_server() as server:
        with pytest.raises(ParameterError, match="MY_KEY is not set: export it, or leave api_key_env out"):
            complete(OpenAICompatModel("fake", server.base_url, api_key_env="MY_KEY"), HELLO)
        assert server.requests == []


def test_a_server_that_wanted_a_key_and_got_none_is_explained():
    with misbehaving_server(fake.unauthorised) as server:
        model = OpenAICompatModel("fake", server.base_url)
        with pytest.raises(ModelError, match=r"status 401: Incorrect.* \(no key was sent: api_key_env=NAME says which"):
            complete(model, HELLO)
        run(model.aclose())


@pytest.mark.parametrize("broken", ["sk-two words-12345", "sk-pasted\u2019quote-1", "sk-a\tb-12345"])
def test_a_broken_key_is_refused_without_showing_it(monkeypatch, broken):
    monkeypatch.setenv("CANARY_KEY", broken)
    with pytest.raises(ParameterError, match="CANARY_KEY: expected a key of printable ASCII") as raised:
        complete(OpenAICompatModel("fake", "http://127.0.0.1:9/v1", api_key_env="CANARY_KEY"), HELLO)
    assert broken not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("odd", ['sk-"quoted"-7f3a', "sk-back\\slash-7f3a", 'sk-/all"of\\it-7f3a'])
@pytest.mark.parametrize(
    "trouble",
    [
        fake.echoing_key(200),
        fake.echoing_key(401),
        lambda asked: fake.Answer(b"{" + json.dumps(asked.key).encode(), 401),
        lambda asked: fake.Answer(json.dumps({asked.key: [asked.key]}).encode(), 400),
    ],
)
def test_a_key_that_json_writes_otherwise_is_taken_out_too(monkeypatch, logged, odd, trouble):
    monkeypatch.setenv("CANARY_KEY", odd)
    with misbehaving_server(always=trouble) as server:
        model = OpenAICompatModel("fake", server.base_url, api_key_env="CANARY_KEY", retries=0, timeout=2.0)
        seen = written(model, logged)
        run(model.aclose())
    assert server.requests[0].key == odd
    assert "7f3a" not in seen


def test_a_key_in_the_servers_name_of_the_request_is_not_logged(logged):
    with misbehaving_server(
        lambda asked: fake.Answer(fake.well(asked).body, headers={"X-Request-ID": asked.key})
    ) as server:
        model = OpenAICompatModel("fake", server.base_url, api_key_env="CANARY_KEY")
        seen = written(model, logged)
        run(model.aclose())
    assert "request_id: [key]" in seen
    assert CANARY not in seen


@pytest.mark.parametrize("mistaken", ["sk-proj-1a2b3c4d5e6f7a8b9c0d", "AIzaSy1a2b3c4d5e6f7a8b9c0d1e2f", "1abc", "a b"])
def test_a_key_in_place_of_its_variable_is_refused_without_showing_it(monkeypatch, mistaken):
    monkeypatch.delenv(mistaken, raising=False)
    with pytest.raises(ParameterError, match=r"environment variable, such as MY_KEY|is not set") as raised:
        complete(OpenAICompatModel("fake", "http://127.0.0.1:9/v1", api_key_env=mistaken), HELLO)
    assert mistaken not in "".join(traceback.format_exception(raised.value))


def test_a_newline_after_the_key_does_no_harm(monkeypatch):
    monkeypatch.setenv("CANARY_KEY", CANARY + "\n")
    with misbehaving_server() as server:
        model = OpenAICompatModel("fake", server.base_url, api_key_env="CANARY_KEY")
        complete(model, HELLO)
        run(model.aclose())
    assert server.requests[0].key == CANARY


@pytest.mark.parametrize("url", ["http://me:secret-7@127.0.0.1/v1", "http://127.0.0.1/v1?api_key=secret-7"])
def test_an_address_that_holds_a_key_is_refused_without_showing_it(url):
    with pytest.raises(ParameterError, match=r"base_url at 127\.0\.0\.1.*environment") as raised:
        OpenAICompatModel("fake", url)
    assert "secret-7" not in str(raised.value)


def test_a_placeholder_is_no_secret(monkeypatch):
    monkeypatch.setenv("CANARY_KEY", "none")
    with misbehaving_server(fake.saying("none of them")) as server:
        model = OpenAICompatModel("fake", server.base_url, api_key_env="CANARY_KEY")
        assert complete(model, HELLO).text == "none of them"
        run(model.aclose())
