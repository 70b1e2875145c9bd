"""64 games at once keep a server busy."""

import http.client
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dynenvs.evaluation.episodes import evaluate
from dynenvs.policies import make_policy
from dynenvs_agents.llm.loops import run

GAME = "dynenvs/RepeatedGame-v0"
GAMES, ROUNDS = 64, 8
LATENCY, SLOTS = 0.25, 16  # seconds, requests that the server works on at once
SHARE = 0.9  # of the server's own throughput


@contextmanager
def server():
    """A server in a process of its own."""
    script = Path(__file__).with_name("misbehaving_server.py")
    options = ["--latency", str(LATENCY), "--slots", str(SLOTS)]
    with subprocess.Popen([sys.executable, script, *options], stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip()
        process.kill()


def own_throughput(base_url):
    """Requests a second that the server answers to clients that do nothing but ask."""
    schema = {"properties": {"move": {"enum": ["cooperate", "defect"]}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x" * 1_000}], "response_format": wanted})

    def ask_all(_):
        connection = http.client.HTTPConnection(urlsplit(base_url).netloc)
        for _ in range(ROUNDS):
            connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
        connection.close()

    start = time.perf_counter()
    with ThreadPoolExecutor(2 * SLOTS) as clients:
        list(clients.map(ask_all, range(GAMES)))
    return GAMES * ROUNDS / (time.perf_counter() - start)


def our_throughput(spec, trial):
    start = time.perf_counter()
    records = evaluate(GAME, [f"{spec}&trial={trial}"], opponents=["joss"], episodes=GAMES, horizon=ROUNDS)
    assert sum(record.counts["replies"][0] for record in records) == GAMES * ROUNDS
    return GAMES * ROUNDS / (time.perf_counter() - start)


@pytest.mark.slow
def test_64_games_keep_nine_tenths_of_the_servers_own_throughput(tmp_path):
    with server() as base_url:
        spec = f"llm:m?base_url={base_url}&concurrency={2 * SLOTS}&memory=window:2&cache={tmp_path}/c.sqlite"
        evaluate(GAME, [spec], opponents=["joss"], episodes=2, horizon=2)  # everything is loaded
        shares = []
        while len(shares) < 5 and max(shares, default=0.0) < SHARE:  # other work may get in between
            shares.append(our_throughput(spec, len(shares) + 1) / own_throughput(base_url))
        run(make_policy(spec, GAME).model.aclose())
    assert max(shares) >= SHARE, f"{shares}, load {os.getloadavg()}"
