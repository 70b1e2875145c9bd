"""A run that is killed twenty times repeats no call that was answered, and loses no finished episode."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import pytest

from dynenvs.evaluation.episodes import evaluate
from dynenvs.evaluation.records import read_records, records_digest
from dynenvs.evaluation.transcripts import replay_transcript
from dynenvs.policies import make_policy
from dynenvs_agents.llm.loops import run

from .killed_run import EPISODES, GAME, HORIZON, OPPONENTS, policy
from .misbehaving_server import Answer as ServerAnswer
from .misbehaving_server import completion, misbehaving_server

KILLS = 20
GRACE = 0.3  # seconds that a question may take to the server, or an answer from there to the disk, when it is busy
CANARY = "sk-canary-3f9a1c7e5b"


class Counting:
    """Answers by chance, but the same question always alike, and notes when it was asked and had answered."""

    def __init__(self, latency):
        self.latency = latency
        self.calls = defaultdict(list)  # by question
        self.lock = threading.Lock()

    def __call__(self, asked):
        question = hashlib.sha256(json.dumps([asked.body["messages"], asked.body["seed"]]).encode()).digest()
        time.sleep(self.latency)
        with self.lock:
            self.calls[question].append((asked.at, time.monotonic()))
        said = ['{"move": "cooperate"}', '{"move": "defect"}', 'I take {"move": "defect"}.', "Hm."][question[0] % 4]
        return ServerAnswer(completion(said))


@pytest.mark.slow
def test_a_run_may_be_killed_at_any_moment(tmp_path, monkeypatch):
    folder, counting = tmp_path / "killed", Counting(latency=0.04)
    folder.mkdir()
    with misbehaving_server(always=counting) as server:
        script = Path(__file__).with_name("killed_run.py")
        done = subprocess.run(
            [sys.executable, script, server.base_url, folder, str(KILLS)],
            env={**os.environ, "CANARY_KEY": CANARY, "PYTHONWARNINGS": "ignore"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        kills = [float(line) for line in done.stdout.splitlines()]
        assert len(kills) == KILLS
        assert {asked.key for asked in server.requests} == {CANARY}
        calls = {question: list(its) for question, its in counting.calls.items()}
        counting.latency = 0.0
        spec = policy(server.base_url, tmp_path / "whole.sqlite", concurrency=32)
        monkeypatch.setenv("CANARY_KEY", CANARY)
        whole = evaluate(GAME, [spec], opponents=OPPONENTS, episodes=EPISODES, horizon=HORIZON)
        run(make_policy(spec, GAME).model.aclose())

    assert_no_answer_was_asked_for_again(calls, kills)
    assert calls.keys() == counting.calls.keys()

    records = read_records(folder / "records.jsonl")
    assert len(records) == EPISODES * len(OPPONENTS)
    assert records_digest(records) == records_digest(whole)
    assert sum(record.counts["fallbacks"][0] for record in records) > 0

    transcripts = list((folder / "transcripts").iterdir())
    assert len(transcripts) == len(records)
    assert all(path.suffix == ".jsonl" for path in transcripts)
    assert all(replay_transcript(path).agrees for path in transcripts)
    assert_written_nowhere(CANARY, folder, done.stdout, done.stderr)


def assert_no_answer_was_asked_for_again(calls, kills):
    """Only a call that a kill interrupted may have been made twice."""
    for its in calls.values():
        for asked, answered in its[:-1]:
            assert any(asked - GRACE < kill < answered + GRACE for kill in kills), "answered, and asked again"
    kept = [its for its in calls.values() if any(its[-1][1] + GRACE < kill for kill in kills)]
    assert len(kept) > 100  # so many answers had to survive a kill


def assert_written_nowhere(secret, folder, *texts):
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        assert secret.encode() not in path.read_bytes(), path
    for text in texts:
        assert secret not in text
