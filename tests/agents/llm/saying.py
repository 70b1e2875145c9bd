"""Replies and models for the tests of language policies."""

import asyncio
import json

from dynenvs_agents.llm.models import ChatMessage, Reply, Request, Usage
from dynenvs_agents.llm.scripted import CallableModel

COOPERATE, DEFECT = '{"move": "cooperate"}', '{"move": "defect"}'
USAGE = Usage(prompt_tokens=11, completion_tokens=7)


def said(text, *, finish_reason="stop", usage=USAGE, **parts):
    return Reply(text=text, finish_reason=finish_reason, usage=usage, model="fake-1", **parts)


def question(text="What do you do?", **parts):
    return Request(messages=(ChatMessage(role="user", content=text),), **parts)


def model_of(function, name="fake", concurrency=64):
    """A model that is a function of the request, and keeps what it was asked."""
    asked = []

    async def answer(request):
        await asyncio.sleep(0)
        asked.append(request)
        spoken = function(request)
        return spoken if isinstance(spoken, Reply) else said(spoken)

    model = CallableModel(answer, name=name, concurrency=concurrency)
    model.asked = asked
    return model


def always(text, **options):
    return model_of(lambda request: text, **options)


def legal(request):
    """The last legal option of every head, whatever the world."""
    schema = request.schema
    if schema is None:
        return "I think so."
    values = {
        name: head["enum"][-1] if "enum" in head else head["maximum"] for name, head in schema["properties"].items()
    }
    return json.dumps(values)
