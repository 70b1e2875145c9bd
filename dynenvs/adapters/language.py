"""The language adapter: any world as a game in words, for language models and for people.

Four texts make a briefing: the *rules* and the *goal* hold for the whole episode (send them once), the *situation* is
what the seat sees this turn, the *request* says which replies are possible now. The reply is JSON; its schema, the
request and the parser come from the world's action layout and mask (`dynenvs.core.replies`), so they cannot disagree.

A family gives its own words in its room ``language.py``, as functions of a `GameView` and a seat::

    def rules(view: GameView, seat: int) -> str: ...
    def situation(view: GameView, seat: int) -> str: ...

Each is optional: a world without them is told from its layouts (`dynenvs.adapters.plain_words`). A family whose replies
are not simply its actions gives ``request``, ``schema``, ``parse`` and ``write`` too, ``letters`` where they hold words
for others, and one that has a rule for seats that never give a legal reply, ``fallback``. For people at a keyboard
there are ``choices`` and ``read_line``, and for narrators ``narrate``. All have the signatures of `Language`.

`TextGame` plays one game; `Language` is the same for any game of any batch, where something else steps the world.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.adapters.plain_words import plain_rules, plain_situation
from dynenvs.core.buffers import HOLD
from dynenvs.core.checks import check_integer, check_one_of
from dynenvs.core.errors import LifecycleError, ParameterError
from dynenvs.core.replies import BadReply, Letter, action_schema, check_reply, parse_action, reply_form, write_action
from dynenvs.core.seats import SeatTable, choices
from dynenvs.core.view import GameView
from dynenvs.core.world import Message, World
from dynenvs.policies import draw_legal

if TYPE_CHECKING:
    from dynenvs.adapters.narrators import Narrator

__all__ = ["GOAL", "NARRATOR", "Language", "TextGame", "text_game", "text_games"]


GOAL = "Your aim is to earn as much as you can over the whole game."
"""What every player is asked to do, apart from the rules, so that an experiment can leave it out."""


NARRATOR = -1
"""Sender of what a narrator says."""


class Language:
    """The words of an environment: what a seat is told, and how its reply becomes an action.

    Parameters
    ----------
    env_id : str
        A registered id.

    Raises
    ------
    UnknownEnvironment
        If there is none.
    """

    def __init__(self, env_id: str) -> None:
        self.env_id = env_id
        room = registration.room(env_id, "language")
        about = registration.spec(env_id).about
        self._rules = getattr(room, "rules", functools.partial(plain_rules, about))
        self._situation = getattr(room, "situation", plain_situation)
        self._request = getattr(room, "request", _request)
        self._schema = getattr(room, "schema", _schema)
        self._parse = getattr(room, "parse", _parse)
        self._write = getattr(room, "write", _write)
        self._letters = getattr(room, "letters", _letters)
        self._fallback = getattr(room, "fallback", _fallback)
        self._choices = getattr(room, "choices", None)
        self._read_line = getattr(room, "read_line", None)
        self._narrate = getattr(room, "narrate", None)

    def rules(self, view: GameView, seat: int) -> str:
        """Say what holds for the whole episode: who the seat is, what is decided, what is paid."""
        return str(self._rules(view, seat))

    def situation(self, view: GameView, seat: int) -> str:
        """Say what the seat sees now, and what was said to it in this episode."""
        return "\n\n".join([str(self._situation(view, seat)), *_messages(view, seat)])

    def request(self, view: GameView, seat: int) -> str:
        """Say which replies are possible now."""
        return str(self._request(view, seat))

    def briefing(self, view: GameView, seat: int) -> str:
        """Say all of it: rules, goal, situation, request."""
        return "\n\n".join([f"{self.rules(view, seat)}\n{GOAL}", self.situation(view, seat), self.request(view, seat)])

    def schema(self, view: GameView, seat: int) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of the replies that are possible now."""
        described: dict[str, Any] = self._schema(view, seat)
        return described

    def parse(self, view: GameView, seat: int, reply: str | None) -> NDArray[Any] | BadReply:
        """Read a reply; no text raises, whatever it says.

        Returns
        -------
        ndarray, shape (heads of the role,), or BadReply
            int64 options or float64 values.

        Raises
        ------
        ParameterError
            If it is neither text nor None.
        """
        check_reply(reply)
        parsed: NDArray[Any] | BadReply = self._parse(view, seat, reply)
        return parsed

    def write(self, view: GameView, seat: int, action: NDArray[Any]) -> str:
        """Write an action as a reply that `parse` reads as that action."""
        return str(self._write(view, seat, action))

    def letters(self, view: GameView, seat: int, reply: str) -> tuple[Letter, ...]:
        """Return the words for other players in a reply that `parse` takes; most worlds' replies hold none."""
        return tuple(self._letters(view, seat, reply))

    def fallback(self, view: GameView, seat: int) -> NDArray[Any]:
        """Return what is played for a seat that gave no legal reply: the family's rule, or a draw among what is legal.

        Returns
        -------
        ndarray, shape (heads of the role,)
            int64 options or float64 values; the same whenever it is asked in this step.
        """
        played: NDArray[Any] = self._fallback(view, seat)
        return played

    # People and narrators.

    @property
    def takes_lines(self) -> bool:
        """Whether the family reads what a person types for a whole action, instead of head by head."""
        return self._read_line is not None

    def choices(self, view: GameView, seat: int) -> str:
        """Say to a person what may be typed now; empty where the family says nothing of it."""
        return "" if self._choices is None else str(self._choices(view, seat))

    def read_line(self, view: GameView, seat: int, line: str) -> str | BadReply:
        """Turn a line that a person typed into a reply; where the family reads none, it is the reply itself."""
        if self._read_line is None:
            return line
        read: str | BadReply = self._read_line(view, seat, line)
        return read

    @property
    def has_narrator(self) -> bool:
        """Whether the family can tell a step from outside."""
        return self._narrate is not None

    def narrate(self, view: GameView) -> str:
        """Tell from outside what the last step brought; empty where there is nothing to tell."""
        return "" if self._narrate is None else str(self._narrate(view))


class TextGame:
    """One game of a world in words: brief the seats that act, submit their replies, and the game moves on by itself.

    Nothing moves before every acting seat outside the kernel has given a legal reply; a bad one is counted, and the
    seat is asked again. Seats that background policies hold are played at once.

    Parameters
    ----------
    env_id : str
        The world's id, which names its words.
    world : World
        A batch with ``autoreset="disabled"``; other games in it are left alone.
    game : int
        Which of its games.
    narrator : Narrator, optional
        Tells the players after each step what it brought.

    Attributes
    ----------
    world, game, narrator, language
        What was given, and the `Language` of the environment.
    rewards : ndarray of float64, shape (num_agents,)
        What the last turn brought.
    replies : list of int
        Replies submitted in this episode, by seat.
    bad_replies : list of Counter
        Those among them that were refused, by seat and kind.

    Raises
    ------
    ParameterError
        If the world resets by itself, or has no such game.

    Examples
    --------
    >>> game = text_game("dynenvs/PublicGoods-v0", num_players=2, seats=["external", "conditional_cooperator"])
    >>> game.reset(seed=1)
    >>> while not game.over:
    ...     for agent in game.acting:
    ...         bad_reply = game.submit(agent, '{"contribution": 1}')
    >>> game.returns
    array([16., 16.])
    """

    def __init__(self, env_id: str, world: World, game: int = 0, *, narrator: Narrator | None = None) -> None:
        check_one_of("autoreset", world.autoreset, ("disabled",))
        check_integer("game", game, 0, world.num_games - 1)
        self.world = world
        self.game = game
        self.narrator = narrator
        self.language = Language(env_id)
        self._view = GameView(world, game)
        self._which = np.arange(world.num_games) == game
        self._actions = np.zeros_like(world.idle_actions)
        self._forget()

    def reset(self, seed: int | None = None, *, episode: int = 0) -> None:
        """Start an episode, and play it to the first turn of a seat that is asked.

        Parameters
        ----------
        seed : int, optional
            In [0, 2^64); None goes on with the next episode of the present seed.
        episode : int
            Index of the episode under that seed.
        """
        games = self.world.num_games
        check_integer("episode", episode, 0, 2**62 - 1)
        if seed is None:
            self.world.reset(which=self._which)
        else:
            check_integer("seed", seed, 0, 2**64 - 1)
            self.world.reset([seed] * games, which=self._which, episodes=[episode] * games)
        self._forget()
        self._advance()

    # What is asked.

    @property
    def acting(self) -> tuple[int, ...]:
        """Seats from which a reply is awaited now."""
        b = self.world.buffers
        waiting = b.acting[self.game] & (b.seats[self.game] < 0) & ~self._answered
        return tuple(np.flatnonzero(waiting).tolist())

    def rules(self, agent: int) -> str:
        """Say what holds for the whole episode."""
        return self.language.rules(self._view, self._seated(agent))

    def situation(self, agent: int) -> str:
        """Say what the seat sees now, and what was said to it."""
        return self.language.situation(self._view, self._seated(agent))

    def request(self, agent: int) -> str:
        """Say which replies are possible now."""
        return self.language.request(self._view, self._acting(agent))

    def briefing(self, agent: int) -> str:
        """Say all that a seat needs to reply: rules, goal, situation, request."""
        return self.language.briefing(self._view, self._acting(agent))

    def schema(self, agent: int) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of the replies that are possible now."""
        return self.language.schema(self._view, self._acting(agent))

    # What is answered.

    def parse(self, agent: int, reply: str | None) -> NDArray[Any] | BadReply:
        """Read a reply without playing or counting it.

        Returns
        -------
        ndarray, shape (heads of the role,), or BadReply
            int64 options or float64 values.

        Raises
        ------
        LifecycleError
            If no reply is awaited from that seat.
        ParameterError
            If the reply is neither text nor None; no text raises.
        """
        return self.language.parse(self._view, self._acting(agent), reply)

    def submit(self, agent: int, reply: str | None) -> BadReply | None:
        """Play a seat's reply: with the last one that was awaited the game moves on.

        Parameters
        ----------
        agent : int
            One of `acting`.
        reply : str or None
            The text, which may be anything; None, as servers have it, is no text.

        Returns
        -------
        BadReply or None
            Why it was refused: nothing has moved then, and the seat is still awaited. None if it was taken.

        Raises
        ------
        LifecycleError
            If no reply is awaited from that seat.
        ParameterError
            If the reply is neither text nor None; no text raises.
        """
        parsed = self.parse(agent, reply)
        self.replies[agent] += 1
        if isinstance(parsed, BadReply):
            self.bad_replies[agent][parsed.kind] += 1
            return parsed
        self._actions[self.game, agent, : len(parsed)] = parsed
        self._letters += [(agent, letter) for letter in self.language.letters(self._view, agent, str(reply))]
        self._answered[agent] = True
        if not self.acting:
            self._deliver()
            self.rewards[:] = 0.0
            self._step()
            self._advance()
        return None

    def say(self, agent: int, text: str, receivers: Sequence[int] = ()) -> None:
        """Send a message from a seat to others, or to all: they read it in their next situation."""
        self.world.say(self.game, self._seated(agent), text, receivers)

    # What came of it.

    @property
    def over(self) -> bool:
        """Whether the episode has ended for all."""
        return self._view.over

    @property
    def returns(self) -> NDArray[np.float64]:
        """Sums of rewards of the episode so far, shape (num_agents,)."""
        return self.world.buffers.episode_returns[self.game].copy()

    @property
    def end_reasons(self) -> tuple[str, ...]:
        """Why the episode ended, by seat; ``"running"`` where it has not."""
        return tuple(self.world.layout.end_reasons[code] for code in self.world.buffers.end_reason[self.game])

    @property
    def messages(self) -> tuple[Message, ...]:
        """All that was said in the running episode, in order, whoever may read it."""
        return self.world.messages(self.game)

    # Inside.

    def _forget(self) -> None:
        agents = self.world.num_agents
        self._answered = np.zeros(agents, np.bool_)
        self._letters: list[tuple[int, Letter]] = []
        self.rewards = np.zeros(agents)
        self.replies = [0] * agents
        self.bad_replies: list[Counter[str]] = [Counter() for _ in range(agents)]

    def _seated(self, agent: int) -> int:
        check_integer("agent", agent, 0, self.world.num_agents - 1)
        b = self.world.buffers
        if b.phase[self.game] == HOLD:
            raise LifecycleError(f"game {self.game} was never reset: call reset(seed) first")
        if b.seats[self.game, agent] >= 0:
            name = self.world.seat_name(b.seats[self.game, agent])
            raise LifecycleError(f"agent {agent}: {name!r} plays it inside the kernel, nothing is to be said there")
        return agent

    def _acting(self, agent: int) -> int:
        if self._seated(agent) not in self.acting:
            awaited = ", ".join(map(str, self.acting)) or "none: the episode is over"
            raise LifecycleError(f"agent {agent}: no reply is awaited from it; awaited: {awaited}")
        return agent

    def _deliver(self) -> None:
        """Send what replies said, seat by seat: nobody reads words of the step in which it decides."""
        for agent, letter in sorted(self._letters, key=lambda sent: sent[0]):
            self.world.say(self.game, agent, letter.text, letter.receivers)
        self._letters.clear()

    def _advance(self) -> None:
        """Step while only background policies have to act."""
        while not (self.over or self.acting):
            self._step()

    def _step(self) -> None:
        self.world.step(self._actions, which=self._which)
        if self.narrator is not None and (text := self.narrator.tell(self.world, self.game)):
            self.world.say(self.game, NARRATOR, text)
        self.rewards += self.world.buffers.rewards[self.game]
        self._answered[:] = False


def text_game(
    env_id: str,
    *,
    seats: SeatTable | None = None,
    narrator: str = "none",
    preset: str | None = None,
    **params: Any,
) -> TextGame:
    """Make a game for language models.

    Parameters
    ----------
    env_id : str
        A registered id.
    seats : sequence, optional
        Who plays where; ``"external"`` seats, by default all, are played in words.
    narrator : str
        Who tells the players what happens: as in `dynenvs.adapters.narrators.make_narrator`.
    preset, **params
        As in `dynenvs.make_params`.

    Returns
    -------
    TextGame
        To be started with ``reset(seed)``.

    Raises
    ------
    UnknownEnvironment, UnknownPolicy, ParameterError
        On a name that does not exist, or a value out of range.
    """
    return text_games(env_id, 1, seats=seats, narrator=narrator, preset=preset, **params)[0]


def text_games(
    env_id: str,
    num_games: int,
    *,
    seats: SeatTable | None = None,
    narrator: str = "none",
    preset: str | None = None,
    **params: Any,
) -> list[TextGame]:
    """Make several games on one world, each of which moves on at its own pace.

    Parameters
    ----------
    env_id : str
        A registered id.
    num_games : int
        How many, at least 1.
    seats, narrator, preset, **params
        As in `text_game`.

    Returns
    -------
    list of TextGame
        Each to be started with its own ``reset(seed)``.
    """
    world = registration.make_world(env_id, num_games, seats=seats, preset=preset, **params)
    if all(name in world.background for seat in world.seats for name in choices(seat)):
        raise ParameterError(f"seats={seats!r}: expected at least one 'external' seat, to be played in words")
    from dynenvs.adapters.narrators import make_narrator  # here: narrators speak the words of this module

    teller = make_narrator(narrator, env_id)
    return [TextGame(env_id, world, game, narrator=teller) for game in range(num_games)]


def _messages(view: GameView, seat: int) -> list[str]:
    """Return one paragraph of messages, if there are any; they are quoted, so that none can pass for our words."""
    names = dict(enumerate(view.world.layout.player_names)) | {NARRATOR: "narrator", seat: "you"}
    told = [
        f"step {said.step + 1}, {names[said.sender]}{_receivers(names, said)}: {json.dumps(said.text)}"
        for said in view.messages(seat)
    ]
    return ["\n".join(["Messages:", *told])] if told else []


def _receivers(names: dict[int, str], said: Message) -> str:
    return f" to {', '.join(names[agent] for agent in said.receivers)}" if said.receivers else ""


# Replies that are simply actions.


def _request(view: GameView, seat: int) -> str:
    form = reply_form(view.role(seat).actions, view.action_mask(seat))
    return f"Reply with one JSON object and nothing else: {form}"


def _schema(view: GameView, seat: int) -> dict[str, Any]:
    return action_schema(view.role(seat).actions, view.action_mask(seat))


def _parse(view: GameView, seat: int, reply: str | None) -> NDArray[Any] | BadReply:
    return parse_action(view.role(seat).actions, view.action_mask(seat), reply)


def _write(view: GameView, seat: int, action: NDArray[Any]) -> str:
    return write_action(view.role(seat).actions, action)


def _letters(view: GameView, seat: int, reply: str) -> tuple[Letter, ...]:
    return ()


def _fallback(view: GameView, seat: int) -> NDArray[Any]:
    return draw_legal(view.world, view.game, seat)
