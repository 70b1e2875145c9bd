"""The reply cache: nothing is asked twice, nothing is lost to a kill, occasions stay apart."""

import copy
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from dynenvs.core.errors import CorruptFile
from dynenvs_agents.llm.cache import ReplyCache
from dynenvs_agents.llm.models import Token

from .saying import question, said


def key(occasion="0/1/0/0/0/0", model="m", **parts):
    return ReplyCache.key(model, question(**parts), occasion)


def test_a_reply_comes_back_as_it_went(tmp_path):
    reply = said(
        "odd \ud800 \x00 text",
        reasoning="hm",
        tool_calls=("{}",),
        tokens=(Token(text="a", logprob=-0.5, id=3, top=(("a", -0.5), ("b", float("-inf")))),),
    )
    cache = ReplyCache(tmp_path / "deep" / "c.sqlite")
    assert cache.get(key()) is None
    cache.put(key(), reply)
    assert cache.get(key()) == reply
    assert ReplyCache(cache.path).get(key()) == reply
    assert len(cache) == 1


def test_occasion_request_and_model_tell_questions_apart():
    questions = [
        key(),
        key(occasion="1/1/0/0/0/0"),
        key(model="n"),
        key(text="What?"),
        key(temperature=0.5),
        key(seed=1),
    ]
    assert len(set(questions)) == len(questions)
    assert key() == key()


def test_the_first_answer_stays(tmp_path):
    cache = ReplyCache(tmp_path / "c.sqlite")
    cache.put(key(), said("first"))
    cache.put(key(), said("second"))
    assert cache.get(key()).text == "first"


def test_a_file_that_is_no_cache_is_refused(tmp_path):
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(CorruptFile, match=r"c\.sqlite: no cache of replies"):
        ReplyCache(path)


def test_a_damaged_reply_is_named(tmp_path):
    cache = ReplyCache(tmp_path / "c.sqlite")
    with sqlite3.connect(cache.path) as file:
        file.execute("INSERT INTO replies VALUES (?, ?)", (key(), '{"text": 1}'))
    with pytest.raises(CorruptFile, match=r"c\.sqlite: reply"):
        cache.get(key())


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": 5},
        {"model": None},
        {"tool_calls": "abc"},
        {"tool_calls": [1]},
        {"tokens": [{"text": "a", "logprob": "b", "id": None, "top": []}]},
        {"usage": {"prompt_tokens": 10**400, "completion_tokens": 1, "estimated": False}},
        {"usage": {"prompt_tokens": True, "completion_tokens": 1, "estimated": False}},
        {"wall_time": None},
        {"structured": "xml"},
        {"more": 1},
    ],
)
def test_a_reply_with_other_types_is_named(tmp_path, wrong):
    cache = ReplyCache(tmp_path / "c.sqlite")
    with sqlite3.connect(cache.path) as file:
        file.execute("INSERT INTO replies VALUES (?, ?)", (key(), json.dumps(said("a").to_dict() | wrong)))
    with pytest.raises(CorruptFile, match=r"c\.sqlite: reply"):
        cache.get(key())


def test_damage_beyond_the_first_page_is_named_where_it_is_read(tmp_path):
    cache = ReplyCache(tmp_path / "c.sqlite")
    for number in range(200):
        cache.put(f"{number}", said("x" * 500))
    cache.close()
    content = cache.path.read_bytes()
    cache.path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(CorruptFile, match=r"c\.sqlite: the cache of replies cannot be used: "):
        cache.get("7")
    with pytest.raises(CorruptFile, match=r"c\.sqlite"):
        cache.put("new", said("y"))


def test_threads_and_processes_share_a_file(tmp_path):
    caches = [ReplyCache(tmp_path / "c.sqlite") for _ in range(4)]

    def write(number):
        for k in range(50):
            caches[number % 4].put(f"{number}/{k}", said(f"{number}/{k}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(caches[0]) == 400
    assert all(caches[1].get(f"{number}/{k}").text == f"{number}/{k}" for number in range(8) for k in range(50))


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # other tests have started threads
def test_a_fork_and_a_copy_open_the_file_anew(tmp_path):
    cache = ReplyCache(tmp_path / "c.sqlite")
    cache.put("parent", said("a"))
    child = os.fork()
    if not child:
        cache.put("child", said(cache.get("parent").text + "b"))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert cache.get("child").text == "ab"
    assert copy.deepcopy(cache).get("child").text == "ab"
    cache.close()
    assert len(cache) == 2


WRITER = """
import sys
from dynenvs_agents.llm.cache import ReplyCache
from dynenvs_agents.llm.models import Reply, Usage

cache = ReplyCache(sys.argv[1])
for k in range(10**9):
    usage = Usage(prompt_tokens=1, completion_tokens=1)
    cache.put(f"{k:09}", Reply(text="x" * 1000, finish_reason="stop", usage=usage, model="m"))
    print(k, flush=True)
"""


def test_what_was_put_survives_a_kill(tmp_path):
    path = tmp_path / "c.sqlite"
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as process:
            lines = [process.stdout.readline()]
            deadline = time.monotonic() + 0.1
            while time.monotonic() < deadline:
                lines.append(process.stdout.readline())
            process.kill()
            lines += process.stdout.readlines()
        put = [int(line) for line in lines if line.endswith("\n")]
        cache = ReplyCache(path)
        assert len(put) > 1
        assert all(cache.get(f"{k:09}") is not None for k in put)
