"""A real language model plays every world: what it says is legal, the game moves on, and all of it can be played again.

Never that it plays well: it has 135 million parameters.
"""

import pytest

import dynenvs
from dynenvs.evaluation.episodes import Matchup, play_matchups
from dynenvs.evaluation.transcripts import read_transcript, replay_transcript
from dynenvs_agents.llm.budget import Budget
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.transcripts import exchanges

pytestmark = pytest.mark.llm

STEPS = 2


def num_agents(env_id):
    return dynenvs.make_world(env_id).num_agents


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
    assert play_matchups(env_id, [matchup], [7], transcripts=folder, notice=told.append) == []
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


def test_worlds_of_options_are_played():
    assert {"dynenvs/RepeatedGame-v0", "dynenvs/PublicGoods-v0"} <= set(WORLDS)
