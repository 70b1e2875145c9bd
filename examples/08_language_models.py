"""How does a language model answer a defection, in 64 games at once? Run: python examples/08_language_models.py"""

import asyncio
import re
import time

from dynenvs.evaluation.answers import family_measures, usage
from dynenvs.evaluation.episodes import Matchup, evaluation_seeds, play_matchups
from dynenvs.policies import make_policy
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.scripted import CallableModel

GAME, GAMES, ROUNDS, DELAY = "dynenvs/RepeatedGame-v0", 64, 10, 0.05


async def ask(request) -> str:
    """Stand in for a server: answer after a while, mostly in kind, and not always in JSON."""
    await asyncio.sleep(DELAY)
    asked = request.messages[-1].content
    if request.seed % 20 == 0 and "could not be used" not in asked:
        return "Let me cooperate this time."
    moves = re.findall(r"round \d+: you: \w+, the other: (\w+)", asked)
    defected = moves[-1:] == ["defect"]
    return '{"move": "defect"}' if defected and request.seed % 3 else '{"move": "cooperate"}'


# Where there is a server, this takes its place: OpenAICompatModel("qwen3-8b", "http://127.0.0.1:8000/v1",
# concurrency=GAMES), of dynenvs_agents.llm.openai_compat.
model = CallableModel(ask, name="stand-in", concurrency=GAMES)
policy = LanguagePolicy(model, GAME, concurrency=GAMES)

began = time.perf_counter()
matchup = Matchup((policy, make_policy("random", GAME)), label="random", focal=(0,))
records = play_matchups(GAME, [matchup], evaluation_seeds(0, GAMES), horizon=ROUNDS)
seconds = time.perf_counter() - began

replies = sum(record.counts["replies"][0] for record in records)
valid = usage(records, policy.name)["valid_replies"]
forgiveness = family_measures(records)[policy.name]["forgiveness"]
print(f"{len(records)} games, {replies:.0f} replies in {seconds:.1f} s, one by one {replies * DELAY:.0f} s")
print(f"valid replies: {valid.value:.1%}")
print(f"after a defection it cooperates in {forgiveness.value:.0%} ({forgiveness.low:.0%} to {forgiveness.high:.0%})")
