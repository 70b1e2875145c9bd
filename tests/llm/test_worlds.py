"""A real language model plays every world: what it says is legal, the game moves on, and all of it can be played again.

Never that it plays well: it has 135 million parameters.
"""

import pytest

import dynenvs
from dynenvs.evaluation.episodes import Matchup, play_matchups
from dynenvs.evaluation.transcripts import read_transcript, replay_transcript
from dynenvs_agents.llm.budget import Budget
from dynenvs_agents.llm.models import ChatMessage, Request, complete
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.transcripts import exchanges

pytestmark = pytest.mark.llm

STEPS = 2

ACTIONS = ["Form an alliance", "Increase military capacities", "Execute targeted attack"]
SHORT = {
    "dynenvs/Escalation-v0": {
        "nations": ["Blue", "Red"],
        "actions": ACTIONS,
        "slots": 1,
        "reasoning": False,
        "told": [],
    }
}
"""Parameters of worlds in which a turn of all seats would take a small model minutes."""


def num_agents(env_id):
    return dynenvs.make_world(env_id, **SHORT.get(env_id, {})).num_agents


def in_options(env_id):
    """Whether all seats choose among options: a grammar cannot hold numbers to their bounds."""
    return all(role.actions.is_discrete for role in dynenvs.make_world(env_id).layout.roles)


WORLDS = [env_id for env_id in dynenvs.env_ids() if in_options(env_id)]


def play(env_id, model, folder):
    """Play one game until the calls for two turns of every seat are spent; return the path of its transcript."""
    calls = STEPS * num_agents(env_id)
    policy = LanguagePolicy(model, env_id, repairs=0, max_tokens=64, budget=Budget(max_calls=calls))
    matchup = Matchup((policy,) * num_agents(env_id), "", tuple(range(num_agents(env_id))))
    told = []
    params = SHORT.get(env_id, {})
    assert play_matchups(env_id, [matchup], [7], transcripts=folder, notice=told.append, **params) == []
    assert "budget" in told[0]
    return next(folder.iterdir())


@pytest.mark.parametrize("env_id", WORLDS)
def test_a_constrained_model_plays_legally_and_its_transcript_plays_again(env_id, model, tmp_path):
    path = play(env_id, model, tmp_path)
    transcript = read_transcript(path)
    asked = list(exchanges(transcript))

    assert len(transcript.steps) >= STEPS
    assert len(asked) == STEPS * num_agents(env_id)
    for exchange in asked:
        assert exchange.note["bad_reply"] is None
        usage = exchange.note["reply"]["usage"]
        assert 0 < usage["completion_tokens"] <= 64 < usage["prompt_tokens"]
        assert not usage["estimated"]
    assert replay_transcript(path).agrees


def test_a_late_day_of_the_wargame_fits_the_context_and_is_answered_legally(in_process):
    """All eight nations, three actions, and as much of the past as 4096 tokens hold."""
    game = dynenvs.text_game("dynenvs/Escalation-v0", seats=["external", *["random"] * 7], past_days=2, reasoning=False)
    game.reset(seed=1)
    for _ in range(12):
        game.submit(0, '{"actions": []}')
    asked = f"{game.situation(0)}\n\n{game.request(0)}"
    messages = ChatMessage(role="system", content=game.rules(0)), ChatMessage(role="user", content=asked)
    reply = complete(in_process, Request(messages=messages, schema=game.schema(0), max_tokens=160))
    assert reply.usage.prompt_tokens < 4096 - 160
    assert game.submit(0, reply.text) is None


def test_worlds_of_options_are_played():
    assert {"dynenvs/RepeatedGame-v0", "dynenvs/PublicGoods-v0"} <= set(WORLDS)
