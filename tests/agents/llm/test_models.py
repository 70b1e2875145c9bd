"""Requests, replies, errors, and the loop on which the models of a process live."""

import asyncio
import json
import multiprocessing
import pickle
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dynenvs.core.errors import LifecycleError, ParameterError
from dynenvs_agents.llm.models import ChatMessage, ModelError, Reply, Request, Token, Usage, complete, run

ASKED = Request(messages=(ChatMessage(role="user", content="Your move?"),), schema={"type": "object"})
REPLY = Reply(
    text='{"move": "defect"}',
    finish_reason="stop",
    usage=Usage(prompt_tokens=9, completion_tokens=5),
    model="tiny",
    reasoning="It will defect.",
    tool_calls=('{"move": "defect"}',),
    tokens=(Token(id=7, text="{", logprob=-0.5, top=(("{", -0.5), ("[", -2.0))),),
    structured="tool",
    attempts=2,
)


class Echo:
    name = "echo"

    def digest(self):
        return "0" * 16

    async def acomplete(self, request):
        return Reply(
            text=request.messages[-1].content,
            finish_reason="stop",
            usage=Usage(prompt_tokens=1, completion_tokens=1),
            model="echo",
        )


def test_a_reply_survives_json():
    assert Reply.from_dict(json.loads(json.dumps(REPLY.to_dict()))) == REPLY


def test_two_requests_have_the_same_digest_only_if_they_ask_the_same():
    same = Request(messages=(ChatMessage(role="user", content="Your move?"),), schema={"type": "object"})
    others = [
        Request(messages=(ChatMessage(role="system", content="Your move?"),), schema={"type": "object"}),
        Request(messages=ASKED.messages),
        Request(messages=ASKED.messages, schema=ASKED.schema, temperature=0.1),
        Request(messages=ASKED.messages, schema=ASKED.schema, seed=1),
        Request(messages=ASKED.messages, schema=ASKED.schema, max_tokens=1),
    ]
    assert same.digest() == ASKED.digest()
    assert ASKED.digest() not in {other.digest() for other in others}


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"max_tokens": 0}, {"seed": -1}, {"logprobs": 21}, {"temperature": float("nan")}]
)
def test_a_request_out_of_range_is_refused(wrong):
    with pytest.raises(ParameterError, match=f"{next(iter(wrong))}="):
        Request(messages=(), **wrong)


def test_a_message_has_a_known_speaker():
    with pytest.raises(ParameterError, match="role='tool'"):
        ChatMessage(role="tool", content="")


def test_an_error_names_host_and_status_also_after_pickling():
    error = ModelError("status", "127.0.0.1:8000", "too many requests", status=429, attempts=6)
    assert str(error) == "127.0.0.1:8000: status 429 (6 attempts): too many requests"
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.status, copy.attempts) == (str(error), 429, 6)


def test_a_model_is_asked_from_ordinary_code():
    assert complete(Echo(), ASKED).text == "Your move?"


def test_a_model_is_asked_where_another_loop_runs():
    async def cell_of_a_notebook():
        return complete(Echo(), ASKED).text

    with ThreadPoolExecutor(1) as thread:  # a browser of other tests may have left a loop running in this one
        assert thread.submit(lambda: asyncio.run(cell_of_a_notebook())).result() == "Your move?"


def test_waiting_for_oneself_is_an_error():
    async def nested():
        return complete(Echo(), ASKED)

    with pytest.raises(LifecycleError, match="await the work instead"):
        run(nested())


def test_all_calls_of_a_process_share_one_loop():
    async def loop():
        return asyncio.get_running_loop()

    found = []
    threads = [threading.Thread(target=lambda: found.append(run(loop()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {run(loop())}


def test_an_interrupted_wait_cancels_the_work():
    started, cancelled = threading.Event(), threading.Event()
    main = threading.get_ident()

    async def stuck():
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    def press_ctrl_c():
        started.wait(10)
        time.sleep(0.2)  # by now the main thread waits
        signal.pthread_kill(main, signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background would ignore it
    try:
        threading.Thread(target=press_ctrl_c).start()
        with pytest.raises(KeyboardInterrupt):
            run(stuck())
    finally:
        signal.signal(signal.SIGINT, before)
    assert cancelled.wait(10)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
def test_a_forked_process_has_a_loop_of_its_own():
    complete(Echo(), ASKED)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(complete, (Echo(), ASKED)).text == "Your move?"
