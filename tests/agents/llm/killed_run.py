"""Runs an evaluation, kills it at a random moment, and goes on with it, again and again.

    python killed_run.py BASE_URL FOLDER KILLS

Each attempt is a process of its own that is killed by SIGKILL; all are forked from this one, which has loaded what they
need. After the last kill it is left in peace. The moments of the kills are printed, on the clock `time.monotonic`.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import openai  # noqa: F401 # loaded once, for all that are forked

from dynenvs import make_world
from dynenvs.evaluation.episodes import evaluate
from dynenvs.policies import make_policy
from dynenvs.registration import rules_digest
from dynenvs_agents.llm.cache import ReplyCache

GAME = "dynenvs/RepeatedGame-v0"
HORIZON, EPISODES, OPPONENTS = 30, 16, ("joss", "grudger")
KEPT = 80  # an attempt gets at most so many replies, and a few more


def policy(base_url, cache, concurrency):
    at = f"base_url={base_url}&api_key_env=CANARY_KEY"
    return f"llm:fake?{at}&cache={cache}&memory=window:2&temperature=1&concurrency={concurrency}"


def go_on(base_url, folder):
    evaluate(
        GAME,
        [policy(base_url, folder / "replies.sqlite", concurrency=4)],
        opponents=OPPONENTS,
        episodes=EPISODES,
        horizon=HORIZON,
        out=folder / "records.jsonl",
        resume=True,
        transcripts=folder / "transcripts",
    )


def attempt(base_url, folder):
    """Fork a process that goes on with the run; return its id, and a pipe that gets a byte whenever a reply is kept."""
    kept, tell = os.pipe()
    child = os.fork()
    if not child:
        put = ReplyCache.put
        ReplyCache.put = lambda *arguments: (put(*arguments), os.write(tell, b"."))
        go_on(base_url, folder)
        os._exit(0)
    os.close(tell)
    return child, kept


def finished(folder):
    """Records that are on disk, whole."""
    left = folder / "records.jsonl.partial"
    return (
        [line for line in left.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")] if left.exists() else []
    )


def main(base_url, folder, kills):
    moments, known = random.Random(2026), []
    rules_digest(GAME, horizon=HORIZON)
    make_world(GAME, seats=["external", OPPONENTS[0]]).reset(0)
    make_policy(policy(base_url, folder / "unused.sqlite", concurrency=1), GAME)
    for number in range(kills):
        child, kept = attempt(base_url, folder)
        for _ in range(moments.randrange(KEPT) if number % 4 else 0):  # every fourth is killed while it starts
            os.read(kept, 1)
        time.sleep(moments.uniform(0.0, 0.1))
        os.kill(child, signal.SIGKILL)
        print(time.monotonic(), flush=True)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit(f"attempt {number} had ended before it was killed: {status}")
        before, known = known, finished(folder)
        if known[: len(before)] != before:
            sys.exit(f"kill {number} lost a finished episode")
    _, status = os.waitpid(attempt(base_url, folder)[0], 0)
    sys.exit(status)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
