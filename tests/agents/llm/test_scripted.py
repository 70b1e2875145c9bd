"""Models without a model: scripts, replays and functions."""

import asyncio
import copy
import pickle
import threading

import pytest

from dynenvs.core.errors import ParameterError
from dynenvs_agents.llm.models import ChatMessage, ChatModel, ModelError, Reply, Request, Usage, complete, run
from dynenvs_agents.llm.scripted import CallableModel, ReplayModel, ScriptedModel


def asking(text):
    return Request(messages=(ChatMessage(role="user", content=text),))


def reply(text):
    return Reply(text=text, finish_reason="stop", usage=Usage(prompt_tokens=1, completion_tokens=1), model="then")


@pytest.mark.parametrize(
    "model", [ScriptedModel(["a"]), ReplayModel([]), CallableModel(lambda request: "a", name="function")]
)
def test_each_is_a_model(model):
    assert isinstance(model, ChatModel)
    assert len(model.digest()) == 16


def test_a_script_is_said_line_by_line_and_then_it_is_over():
    model = ScriptedModel(["one", reply("two")])
    assert [complete(model, asking("?")).text for _ in range(2)] == ["one", "two"]
    with pytest.raises(ModelError, match="scripted: exhausted: all of its 2 lines"):
        complete(model, asking("?"))


def test_a_script_may_begin_anew():
    model = ScriptedModel(["one", "two"], repeat=True)
    assert [complete(model, asking("?")).text for _ in range(5)] == ["one", "two", "one", "two", "one"]


def test_a_script_may_hold_errors():
    model = ScriptedModel([ModelError("timeout", "somewhere", "too slow"), "one"])
    with pytest.raises(ModelError, match="too slow"):
        complete(model, asking("?"))
    assert complete(model, asking("?")).text == "one"


def test_a_script_remembers_what_it_was_asked():
    model = ScriptedModel(["one", "two"])
    complete(model, asking("first"))
    complete(model, asking("second"))
    assert model.requests == [asking("first"), asking("second")]


def test_a_script_without_lines_is_refused():
    with pytest.raises(ParameterError, match="lines"):
        ScriptedModel([])


def test_tokens_of_lines_are_estimated():
    usage = complete(ScriptedModel(["12345"]), asking("1234")).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.estimated) == (1, 2, True)


def test_other_lines_have_another_digest():
    scripts = [ScriptedModel(["a"]), ScriptedModel(["b"]), ScriptedModel(["a"], repeat=True), ScriptedModel(["a", "b"])]
    assert len({model.digest() for model in scripts}) == 4
    assert ScriptedModel(["a"], name="other").digest() == scripts[0].digest()


def test_a_replay_answers_by_what_is_asked_in_any_order():
    model = ReplayModel([(asking("a"), reply("1")), (asking("b"), reply("2")), (asking("a"), reply("3"))])
    assert [complete(model, asking(text)).text for text in "baa"] == ["2", "1", "3"]


def test_a_replay_knows_requests_by_their_digest():
    assert complete(ReplayModel([(asking("a").digest(), reply("1"))]), asking("a")).text == "1"


def test_a_replay_invents_nothing():
    model = ReplayModel([(asking("a"), reply("1"))])
    with pytest.raises(ModelError, match="never asked"):
        complete(model, asking("b"))
    complete(model, asking("a"))
    with pytest.raises(ModelError, match="asked less often"):
        complete(model, asking("a"))


def test_the_digest_of_a_replay_stays_while_it_is_used():
    model = ReplayModel([(asking("a"), reply("1"))])
    before = model.digest()
    complete(model, asking("a"))
    assert model.digest() == before == ReplayModel([(asking("a"), reply("1"))]).digest()
    assert ReplayModel([(asking("a"), reply("2"))]).digest() != before


def plain(request):
    return request.messages[-1].content.upper()


async def awaited(request):
    await asyncio.sleep(0)
    return reply(request.messages[-1].content.upper())


class Awaitable:
    async def __call__(self, request):
        return plain(request)


@pytest.mark.parametrize("function", [plain, awaited, Awaitable(), lambda request: awaited(request)])
def test_a_function_is_a_model(function):
    assert complete(CallableModel(function, name="upper"), asking("hello")).text == "HELLO"


def test_ordinary_functions_are_called_in_parallel_up_to_the_limit():
    together = threading.Barrier(4, timeout=10)

    def wait_for_the_others(request):
        together.wait()
        return "all here"

    async def crowd(model):
        return await asyncio.gather(*(model.acomplete(asking("?")) for _ in range(8)))

    model = CallableModel(wait_for_the_others, name="barrier", concurrency=4)
    assert [reply.text for reply in run(crowd(model))] == ["all here"] * 8


def test_errors_of_a_function_go_through():
    def fails(request):
        raise ModelError("status", "provider", "no credit", status=402)

    with pytest.raises(ModelError, match="402: no credit"):
        complete(CallableModel(fails, name="fails"), asking("?"))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_function_as_a_model_can_be_copied(copied):
    model = CallableModel(plain, name="upper")
    complete(model, asking("hello"))
    assert complete(copied(model), asking("hello")).text == "HELLO"
