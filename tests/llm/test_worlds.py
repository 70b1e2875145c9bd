"""A real language model plays every world: what it says is legal, the game moves on, and tokens are counted.

Never that it plays well: it has 135 million parameters.
"""

import pytest

import dynenvs
from dynenvs_agents.llm.models import ChatMessage, Request, complete

pytestmark = pytest.mark.llm

STEPS = 2


def in_words(env_id):
    """Whether all seats choose among options: a grammar cannot hold numbers to their bounds."""
    return all(role.actions.is_discrete for role in dynenvs.make_world(env_id).layout.roles)


WORLDS = [env_id for env_id in dynenvs.env_ids() if in_words(env_id)]


@pytest.mark.parametrize("env_id", WORLDS)
def test_every_reply_of_a_constrained_model_is_a_legal_action(env_id, model):
    game = dynenvs.text_game(env_id)
    game.reset(seed=1)
    tokens = 0
    for _ in range(STEPS):
        for agent in game.acting:
            asked = (ChatMessage(role="user", content=game.briefing(agent)),)
            reply = complete(model, Request(messages=asked, schema=game.schema(agent), max_tokens=64))
            tokens += reply.usage.completion_tokens
            assert game.submit(agent, reply.text) is None
    assert game.world.buffers.episode_lengths[0] == STEPS
    assert sum(game.replies) <= tokens <= 64 * sum(game.replies)


def test_every_world_of_choices_is_played():
    assert {"dynenvs/RepeatedGame-v0", "dynenvs/PublicGoods-v0"} <= set(WORLDS)
