"""Games of scripted models, written down: whatever a reply can be, in one transcript."""

from dynenvs.evaluation.episodes import Matchup, play_matchups
from dynenvs.policies import make_policy
from dynenvs_agents.llm.interventions import Interventions
from dynenvs_agents.llm.models import Reply, Token, Usage
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.scripted import ScriptedModel

GAME = "dynenvs/RepeatedGame-v0"
USAGE = Usage(prompt_tokens=400, completion_tokens=30)
COOPERATE, DEFECT = '{"move": "cooperate"}', '{"move": "defect"}'


def reply(text, **fields):
    return Reply(**{"text": text, "finish_reason": "stop", "usage": USAGE, "model": "m-1", "wall_time": 0.5, **fields})


THOUGHTFUL = reply(DEFECT, reasoning="If I defect now, I earn five.", structured="json_schema", attempts=2)
WORDY = reply(f"Sure: {COOPERATE}")
REFUSED = reply("I would rather not.")
LOST = reply(None, reasoning="Let me think. " * 40, finish_reason="length")
SURE = reply(
    COOPERATE,
    tokens=(
        Token(text='{"move": "', logprob=-0.01),
        Token(text="cooperate", logprob=-1.2, top=(("defect", -0.4),)),
        Token(text='"}', logprob=0.0),
    ),
)
STEPS = [[reply(COOPERATE)], [THOUGHTFUL], [WORDY], [REFUSED, reply(DEFECT)], [LOST, REFUSED], [SURE]]
"""One list a step: a clean answer, thinking, prose around it, a repair, a fallback, and log-probabilities."""


def transcript_of(folder, lines, *, opponent="tit_for_tat", horizon=None, seed=7, **interventions):
    """Let a model say its lines, and return the path of what was written."""
    model = ScriptedModel(lines, repeat=True)
    policy = LanguagePolicy(model, GAME, interventions=Interventions(**interventions))
    matchup = Matchup((policy, make_policy(opponent, GAME)), opponent, (0,))
    play_matchups(GAME, [matchup], [seed], transcripts=folder, horizon=horizon or len(lines))
    (path,) = folder.iterdir()
    return path


def varied_transcript(folder):
    """A game of six steps in which everything happens once."""
    return transcript_of(folder, [line for step in STEPS for line in step], horizon=len(STEPS))
