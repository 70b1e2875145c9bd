"""A real language model keeps the promises of a model. What it says is its own affair."""

import json
import math

import pytest

from dynenvs_agents.llm.llama_cpp import LlamaCppModel
from dynenvs_agents.llm.models import ChatMessage, ModelError, Request, complete

pytestmark = pytest.mark.llm

SCHEMA = {
    "type": "object",
    "properties": {"move": {"type": "string", "enum": ["cooperate", "defect"]}},
    "required": ["move"],
    "additionalProperties": False,
}


def asking(text, **options):
    return Request(messages=(ChatMessage(role="user", content=text),), **{"max_tokens": 48, **options})


MOVE = asking("Will you cooperate or defect? Reply in JSON.", schema=SCHEMA)


def test_the_answer_fits_the_schema(model):
    reply = complete(model, MOVE)
    assert json.loads(reply.text)["move"] in ("cooperate", "defect")
    assert reply.finish_reason == "stop"
    assert reply.model == "smollm2"


def test_tokens_are_counted_by_the_engine(model):
    reply = complete(model, asking("Count to one hundred.", max_tokens=8))
    assert (reply.finish_reason, reply.usage.completion_tokens, reply.usage.estimated) == ("length", 8, False)
    assert complete(model, asking("Count. " * 50, max_tokens=1)).usage.prompt_tokens > reply.usage.prompt_tokens > 4


def test_the_form_is_found_for_which_the_server_has_a_grammar(over_http):
    """It does not know json_schema."""
    assert complete(over_http, MOVE).structured == "json_object"
    again = complete(over_http, MOVE)
    assert (again.structured, again.attempts) == ("json_object", 1)


def test_a_seed_decides_what_is_sampled(in_process):
    said = [complete(in_process, asking("Say anything.", temperature=1.0, seed=seed)).text for seed in (1, 2, 3, 1)]
    assert said[0] == said[3]
    assert len(set(said)) == 3


def test_what_was_asked_before_changes_nothing(in_process):
    question = asking("The weather is fine today, so", logprobs=2, max_tokens=6)
    alone = complete(LlamaCppModel("smollm2"), question)
    complete(in_process, asking("The weather is fine today, but", max_tokens=6))
    assert complete(in_process, question) == alone


def test_tokens_come_with_their_probabilities(in_process):
    reply = complete(in_process, asking("Count to one hundred.", logprobs=5, max_tokens=8))
    assert "".join(token.text for token in reply.tokens) == reply.text
    for token in reply.tokens:
        assert token.logprob == token.top[0][1]  # at temperature 0 the likeliest is taken
        assert token.text == token.top[0][0]
        assert sum(math.exp(logprob) for _, logprob in token.top) <= 1.0
        assert isinstance(token.id, int)


def test_a_grammar_chooses_and_the_probabilities_show_what_it_overruled(in_process):
    tokens = complete(in_process, asking("What is the capital of France?", schema=SCHEMA, logprobs=1)).tokens
    assert any(token.logprob < token.top[0][1] for token in tokens)


def test_the_weights_decide_the_digest(in_process):
    assert LlamaCppModel("smollm2").digest() == in_process.digest()
    assert LlamaCppModel("smollm2", n_ctx=256).digest() != in_process.digest()


def test_a_prompt_that_does_not_fit_is_an_error():
    cure = r"\(a setting: raise n_ctx=256, or send fewer turns with memory=window:K\)"
    with pytest.raises(ModelError, match=rf"smollm2: context: .* exceed context window of 256 {cure}"):
        complete(LlamaCppModel("smollm2", n_ctx=100), asking("word " * 300))
