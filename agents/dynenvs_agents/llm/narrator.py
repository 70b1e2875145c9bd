"""A language model as a narrator: it tells the players from outside what a step brought, from what is public of it."""

from __future__ import annotations

import hashlib

from dynenvs.adapters.language import NARRATOR
from dynenvs.adapters.narrators import told_language
from dynenvs.core.view import GameView
from dynenvs.core.world import World
from dynenvs_agents.llm.caller import Caller
from dynenvs_agents.llm.channel import clean
from dynenvs_agents.llm.decision import Manner
from dynenvs_agents.llm.ladder import without_thinking
from dynenvs_agents.llm.loops import run
from dynenvs_agents.llm.models import ChatMessage, Request

__all__ = ["LanguageNarrator"]

WORD_LIMIT = 150
REMEMBERED = 3
"""Earlier tellings that the model is shown."""

ASKED = (
    "You are the narrator of a game. After each step you tell all players what its actions led to: how others took "
    "them, what it means for people, what may follow. Stay with the facts that you are given; add no actions, and no "
    f"numbers that do not stand there. At most {WORD_LIMIT} words, in plain prose, without headings."
)


class LanguageNarrator:
    """Tells steps with a language model.

    Parameters
    ----------
    name : str
        How it is called in records.
    env_id : str
        The environment that is played.
    caller : Caller
        Asks the model.
    manner : Manner
        How it is asked: of it temperature and number of tokens are used.
    trial : int
        Number of the repetition, as in `LanguagePolicy`.

    Raises
    ------
    ParameterError
        If the environment's family tells nothing, so that there are no facts to go by.
    """

    def __init__(self, name: str, env_id: str, caller: Caller, manner: Manner, trial: int) -> None:
        self.name = name
        self._language = told_language(env_id)
        self._caller, self._manner, self._trial = caller, manner, trial

    def tell(self, world: World, game: int) -> str:
        """Put the last step of a game into words: what goes beyond the limit is cut off, and an ellipsis says so.

        Raises
        ------
        Interrupted
            If the model gives no reply, or the budget is spent.
        """
        facts = self._language.narrate(GameView(world, game))
        if not facts:
            return ""
        b = world.buffers
        identity = (self._trial, b.seeds[game], b.episode_index[game], "narrator", b.episode_lengths[game])
        occasion = "/".join(map(str, identity))
        answer = run(self._caller.ask(self._request(world, game, facts, occasion), occasion))
        words = clean(without_thinking(answer.reply.text or "")).split()
        return " ".join(words if len(words) <= WORD_LIMIT else [*words[: WORD_LIMIT - 1], "..."])

    def _request(self, world: World, game: int, facts: str, occasion: str) -> Request:
        told = [message.text for message in world.messages(game) if message.sender == NARRATOR]
        before = "".join(f"You told before: {text}\n\n" for text in told[-REMEMBERED:])
        return Request(
            messages=(
                ChatMessage(role="system", content=ASKED),
                ChatMessage(role="user", content=f"{before}The facts of the last step: {facts}"),
            ),
            temperature=self._manner.interventions.temperature,
            max_tokens=self._manner.max_tokens,
            seed=int.from_bytes(hashlib.sha256(occasion.encode()).digest()[:4]) >> 1,
        )
