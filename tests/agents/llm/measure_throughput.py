"""How much of a server's throughput do 64 games keep? Run: python tests/agents/llm/measure_throughput.py

The server, in a process of its own, answers so many requests at once as it has slots, each after half to one and a half
of its latency. Its own throughput is what bare sockets get out of it that do nothing else. Rounds of the three ways to
ask alternate, since a machine's other work comes and goes; the numbers are medians.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from dynenvs.evaluation.episodes import Matchup, play_matchups
from dynenvs.policies import make_policy
from dynenvs_agents.llm.chat_completions import request_body
from dynenvs_agents.llm.models import ChatMessage, Request, run
from dynenvs_agents.llm.openai_compat import OpenAICompatModel
from dynenvs_agents.llm.policy import LanguagePolicy

ENV_ID = "dynenvs/RepeatedGame-v0"
SCHEMA = {
    "type": "object",
    "properties": {"move": {"type": "string", "enum": ["cooperate", "defect"]}},
    "required": ["move"],
    "additionalProperties": False,
}
REQUEST = Request(messages=(ChatMessage(role="user", content="Will you cooperate or defect? " * 20),), schema=SCHEMA)


def bare(base_url: str, games: int, turns: int) -> None:
    """Ask over `games` connections, `turns` times each, without any library."""
    address = urlsplit(base_url)
    body = json.dumps(request_body("fake", REQUEST, "json_schema")).encode()
    head = f"POST {address.path}/chat/completions HTTP/1.1\r\nHost: {address.netloc}\r\n"
    asked = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def game() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for _ in range(turns):
            writer.write(asked)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in answer.decode().lower().split("\r\n") if line.startswith("content-length"))
            await reader.readexactly(int(length.partition(":")[2]))
        writer.close()

    async def all_games() -> None:
        await asyncio.gather(*(game() for _ in range(games)))

    asyncio.run(all_games())


def as_model(base_url: str, games: int, turns: int) -> None:
    """Ask an `OpenAICompatModel` from `games` tasks, `turns` times each."""
    model = OpenAICompatModel("fake", base_url, concurrency=games)

    async def game() -> None:
        for _ in range(turns):
            await model.acomplete(REQUEST)

    async def all_games() -> None:
        await asyncio.gather(*(game() for _ in range(games)))
        await model.aclose()

    run(all_games())


def as_policy(base_url: str, games: int, turns: int) -> None:
    """Evaluate a `LanguagePolicy` in `games` games of `turns` rounds: the whole of what a user does."""
    model = OpenAICompatModel("fake", base_url, concurrency=games)
    policy = LanguagePolicy(model, ENV_ID, memory="window:5", concurrency=games)
    matchup = Matchup((policy, make_policy("tit_for_tat", ENV_ID)), "tit_for_tat", (0,))
    records = play_matchups(ENV_ID, [matchup], range(games), horizon=turns)
    if len(records) != games:
        raise RuntimeError(f"{len(records)} of {games} games were finished")
    run(model.aclose())


def seconds(way, *given) -> float:
    start = time.perf_counter()
    way(*given)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=64)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--latency", type=float, default=0.5, help="mean seconds of an answer")
    parser.add_argument("--slots", type=int, default=32, help="requests that the server works on at once")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    command = [sys.executable, str(Path(__file__).with_name("misbehaving_server.py"))]
    command += ["--latency", str(options.latency), "--slots", str(options.slots)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip()
        as_policy(address, 2, 2)  # compiles the world, and imports what is imported late
        ways = {"bare sockets": bare, "OpenAICompatModel": as_model, "LanguagePolicy": as_policy}
        took = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, way in ways.items():
                took[name].append(seconds(way, address, options.games, options.turns))
    finally:
        server.kill()
        server.wait()

    replies = options.games * options.turns
    own = replies / statistics.median(took["bare sockets"])
    print(f"{options.games} games, {options.turns} turns, {options.slots} slots of {options.latency} s")
    for name, times in took.items():
        rate = replies / statistics.median(times)
        print(f"{name:<18} {rate:7.1f} replies/s  {rate / own:4.0%}")


if __name__ == "__main__":
    main()
