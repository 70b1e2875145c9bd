"""A language model as a policy, in any world that has words: the one interface through which everything plays."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.adapters.language import Language
from dynenvs.core.checks import check_integer, shown
from dynenvs.core.errors import ParameterError
from dynenvs.core.seats import Seat
from dynenvs.core.view import GameView
from dynenvs.core.world import World
from dynenvs.policies import Remark, Turn
from dynenvs_agents.llm.budget import Budget
from dynenvs_agents.llm.cache import ReplyCache
from dynenvs_agents.llm.caller import Caller
from dynenvs_agents.llm.conversation import Conversation
from dynenvs_agents.llm.decision import Decision, Manner
from dynenvs_agents.llm.interventions import Interventions
from dynenvs_agents.llm.loops import run
from dynenvs_agents.llm.memory import Memory, MemoryRule
from dynenvs_agents.llm.models import ChatModel
from dynenvs_agents.llm.narrator import LanguageNarrator
from dynenvs_agents.llm.prices import Price
from dynenvs_agents.llm.prompts import Prompts

__all__ = ["LanguagePolicy"]


class LanguagePolicy:
    """Plays by asking a language model, any number of games at once.

    Each seat of each game has a conversation of its own: no seat ever sees another's, nor its thinking. A bad reply is
    answered with what was wrong, and the model tries again, `repairs` times; then the world's own rule decides
    (`Language.fallback`). All of that is counted, and written into transcripts.

    Parameters
    ----------
    model : ChatModel
        Who is asked.
    env_id : str
        The environment it is to play.
    name : str, optional
        How it is called; by default after the model and the trial.
    memory : str
        ``"full"``, ``"window:K"`` for the last K turns, or ``"summary"`` for notes that the model makes itself.
    repairs : int
        Further attempts after a bad reply, in [0, 100].
    interventions : Interventions, optional
        What an experiment changes; by default nothing.
    prompts : str or Path, optional
        Folder with prompts that replace ours.
    max_tokens : int
        Of a reply, thinking included.
    logprobs : int
        Log-probabilities to ask for, as in `Request`: they stand in transcripts.
    trial : int
        Number of the repetition: another one asks anew, and samples otherwise, where all else is the same. It is part
        of the digest, and of the default name; trial 0 stands in neither.
    cache : ReplyCache, optional
        Keeps replies, so that a killed run does not pay twice.
    price : Price, optional
        What tokens cost.
    budget : Budget, optional
        What may be spent.
    concurrency : int
        Games that go on side by side in an evaluation. Twice the calls that the model takes at once keeps it busy.

    Raises
    ------
    UnknownEnvironment, ParameterError
        On an unknown id, a value out of range, or what is no model.

    Examples
    --------
    >>> from dynenvs_agents.llm.scripted import ScriptedModel
    >>> model = ScriptedModel(['{"move": "cooperate"}'], repeat=True)
    >>> LanguagePolicy(model, "dynenvs/RepeatedGame-v0", memory="window:5").name
    'llm:scripted'
    """

    def __init__(
        self,
        model: ChatModel,
        env_id: str,
        *,
        name: str | None = None,
        memory: str = "full",
        repairs: int = 1,
        interventions: Interventions | None = None,
        prompts: str | Path | None = None,
        max_tokens: int = 512,
        logprobs: int = 0,
        trial: int = 0,
        cache: ReplyCache | None = None,
        price: Price | None = None,
        budget: Budget | None = None,
        concurrency: int = 16,
    ) -> None:
        if not isinstance(model, ChatModel):
            raise ParameterError(f"model={shown(model)}: expected a ChatModel; CallableModel makes one of a function")
        check_integer("trial", trial, 0)
        check_integer("concurrency", concurrency, 1)
        self.model = model
        self.name = name if name is not None else f"llm:{model.name}" + (f"?trial={trial}" if trial else "")
        self.seat: Seat = "external"
        self.language = Language(env_id)
        self.manner = Manner(
            prompts=Prompts.load(prompts),
            interventions=interventions if interventions is not None else Interventions(),
            memory=MemoryRule.parse(memory),
            repairs=repairs,
            max_tokens=max_tokens,
            logprobs=logprobs,
        )
        self.trial = trial
        self.concurrency = concurrency
        self._caller = Caller(model, cache=cache, price=price, budget=budget)
        self._talks: dict[tuple[int, int], Conversation] = {}

    def digest(self) -> str:
        """Hash the model, how it is asked, and the trial: 16 hexadecimal digits."""
        trial = [self.trial] if self.trial else []
        what = json.dumps([self.model.digest(), self.manner.to_dict(), *trial], sort_keys=True)
        return hashlib.sha256(what.encode()).hexdigest()[:16]

    # Playing.

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Forget these games."""
        for game in games.tolist():
            for agent in range(world.num_agents):
                self._talks.pop((game, agent), None)

    def act(self, turn: Turn) -> NDArray[Any]:
        """Decide for all rows at once, and wait for it.

        Raises
        ------
        Interrupted
            If the model gives no reply at all, or the budget is spent.
        """
        return run(self.aact(turn))

    async def aact(self, turn: Turn) -> NDArray[Any]:
        """Decide, as `act` does, while others go on."""
        rows = list(zip(turn.games.tolist(), turn.agents.tolist(), strict=True))
        decided = await asyncio.gather(
            *(self._decide(turn.world, game, agent) for game, agent in rows), return_exceptions=True
        )
        actions = np.zeros((len(rows), turn.world.layout.num_heads), turn.world.idle_actions.dtype)
        for row, action in enumerate(decided):
            if isinstance(action, BaseException):
                raise action  # the others have ended what they had begun, and their replies are kept
            actions[row, : len(action)] = action
        return actions

    async def _decide(self, world: World, game: int, agent: int) -> NDArray[Any]:
        b = world.buffers
        talk = self._talk(game, agent)
        identity = (self.trial, b.seeds[game], b.episode_index[game], agent, b.episode_lengths[game])
        occasion = "/".join(map(str, (*identity, _others(world, game, agent))))
        view = GameView(world, game)
        return await Decision(self._caller, self.language, self.manner, view, agent, talk, occasion).make()

    def _talk(self, game: int, agent: int) -> Conversation:
        return self._talks.setdefault((game, agent), Conversation(Memory(self.manner.memory)))

    def narrator(self) -> LanguageNarrator:
        """Return the model as a narrator, asked as it is here.

        Raises
        ------
        ParameterError
            If the environment's family tells nothing.
        """
        return LanguageNarrator(self.name, self.language.env_id, self._caller, self.manner, self.trial)

    # Telling.

    def about(self) -> dict[str, Any]:
        """Describe model and manner, for the head of a transcript."""
        return {
            "model": self.model.name,
            "model_digest": self.model.digest(),
            "host": getattr(self.model, "host", None),
            "trial": self.trial,
            **self.manner.to_dict(),
        }

    def versions(self) -> dict[str, str]:
        """Name the model, and the prompts by their hash."""
        return {"model": self.model.name, "prompts": self.manner.prompts.sha256}

    def remark(self, game: int, agent: int) -> Remark:
        """Return what a seat said with its last decision, and all that was asked and answered."""
        return self._talk(game, agent).remark

    def counts(self, game: int, agent: int) -> dict[str, float]:
        """Count replies, repairs, tokens and the like in the running episode: the fields of `Tally`."""
        counted = asdict(self._talk(game, agent).tally)
        if self._caller.price is None:
            del counted["cost_usd"]
        return {name: float(value) for name, value in counted.items()}


def _others(world: World, game: int, agent: int) -> str:
    """Name who sits on the other seats: what a model samples against one of them says nothing of another."""
    codes = world.buffers.seats[game].tolist()
    return json.dumps([world.seat_name(code) for seat, code in enumerate(codes) if seat != agent])
