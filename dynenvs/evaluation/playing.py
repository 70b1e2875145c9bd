"""Play the games of a world to their end, all together or each at its own pace, while others look on.

Where every policy decides at once, the games of a batch move in step. Where one waits for something, such as a server
(`PatientPolicy`), each game goes on as soon as its own seats have decided, and only as many are under way as the
policy can decide for: so the first games end long before the last begin, whatever happens to the run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.adapters.narrators import Narrator, tell
from dynenvs.adapters.players import Players
from dynenvs.core.errors import Interrupted
from dynenvs.core.seats import EXTERNAL, Seat
from dynenvs.core.world import World
from dynenvs.policies import PatientPolicy, Policy, Remark

__all__ = ["Outcome", "SeatTurn", "Watcher", "play", "seat_policies", "seat_table"]

_FAILURES_IN_A_ROW = 8  # after so many, and no game that ended between, what policies need is taken for gone


class SeatTurn(NamedTuple):
    """What a seat outside the kernel did in a step.

    Attributes
    ----------
    agent : int
        The seat.
    action : ndarray, shape (heads of the role,)
        int64 options or float64 values.
    remark : Remark
        What its policy said and noted with it.
    """

    agent: int
    action: NDArray[Any]
    remark: Remark


class Watcher(Protocol):
    """Looks on while games are played, to write them down or to show them."""

    def began(self, world: World, game: int) -> None:
        """See a game that stands at its first step."""

    def moved(self, world: World, game: int, turns: tuple[SeatTurn, ...]) -> None:
        """See a game after a step, and what led to it."""

    def ended(self, world: World, game: int, interrupted: Interrupted | None) -> None:
        """See a game for the last time: it is over, or cannot go on."""


@dataclass
class Outcome:
    """What is gathered while games are played.

    Attributes
    ----------
    terms : ndarray of float64, shape (num_games, num_agents, terms)
        Sums of the reward terms.
    seconds : ndarray of float64, shape (num_games,)
        How long each game took; games that move in step share their time evenly.
    digests : dict of int to str
        The state in which each game ended. A game in a batch is stepped further, which changes nothing but what the
        last step brought.
    interrupted : dict of int to Interrupted
        Games that could not go on, and why.
    """

    terms: NDArray[np.float64]
    seconds: NDArray[np.float64]
    digests: dict[int, str] = field(default_factory=dict)
    interrupted: dict[int, Interrupted] = field(default_factory=dict)


Ended: TypeAlias = Callable[[Outcome, NDArray[np.int64]], None]
"""Told which games have just ended, while they still stand so."""


def seat_policies(env_id: str, policies: Sequence[Policy], num_games: int, **params: Any) -> tuple[World, Players]:
    """Make a world with these policies on its seats.

    Returns
    -------
    world : World
        To be reset.
    players : Players
        Those of them that have to be asked.
    """
    asked = {EXTERNAL - 1 - agent: policy for agent, policy in enumerate(policies) if policy.seat == "external"}
    world = registration.make_world(env_id, num_games, seats=seat_table(policies), **params)
    return world, Players(world, asked)


def seat_table(policies: Sequence[Policy]) -> list[Seat]:
    """Say what a world's seat table says of these policies: every one that is asked has a code of its own."""
    return [EXTERNAL - 1 - agent if policy.seat == "external" else policy.seat for agent, policy in enumerate(policies)]


def play(
    world: World,
    players: Players,
    *,
    ended: Ended = lambda outcome, games: None,
    watcher: Watcher | None = None,
    narrator: Narrator | None = None,
) -> Outcome:
    """Play the games of a world that has been reset to their end.

    Parameters
    ----------
    world : World
        With ``autoreset="disabled"``.
    players : Players
        Whoever is to be asked, as `seat_policies` gives them.
    ended : callable
        Told the outcome so far, and which games have just ended.
    watcher : Watcher, optional
        Shown every step of every game.
    narrator : Narrator, optional
        Tells the players of each game what a step brought.

    Returns
    -------
    Outcome
        What the world does not keep.
    """
    games = _Games(world, players, ended, watcher, narrator)
    patient = [policy for policy in players.policies.values() if isinstance(policy, PatientPolicy)]
    if patient:
        _run(games.play_apart(max(policy.concurrency for policy in patient)))
    else:
        games.play_together()
    return games.outcome


class _Games:
    """The games of a batch, and what is gathered of them."""

    def __init__(
        self, world: World, players: Players, ended: Ended, watcher: Watcher | None, narrator: Narrator | None
    ) -> None:
        self.world, self.players, self.ended, self.watcher = world, players, ended, watcher
        self.narrator = narrator
        self.outcome = Outcome(np.zeros_like(world.buffers.reward_terms), np.zeros(world.num_games))
        self._actions = np.zeros_like(world.idle_actions)
        self._failures = 0  # games that could not go on since the last one that ended

    # In step.

    def play_together(self) -> None:
        """Play all games at once."""
        b, started = self.world.buffers, time.perf_counter()
        under_way = self._under_way()
        self._watch_begin(np.flatnonzero(under_way))
        while under_way.any():
            self.players.ask(b.acting, self._actions)
            turns = self._turns(under_way)
            self.world.step(self._actions)
            self.outcome.terms += b.reward_terms
            if self.narrator is not None:
                for game in np.flatnonzero(under_way).tolist():
                    tell(self.narrator, self.world, game)
            self._watch_move(turns)
            still = self._under_way()
            over = np.flatnonzero(under_way & ~still)
            self.outcome.seconds[over] = (time.perf_counter() - started) / self.world.num_games
            self._end(over)
            under_way = still

    # At their own pace.

    async def play_apart(self, side_by_side: int) -> None:
        """Play each game on its own, so many of them at once."""
        gate = asyncio.Semaphore(side_by_side)
        under_way = np.flatnonzero(self._under_way()).tolist()
        await asyncio.gather(*(self._play_behind(gate, game) for game in under_way))

    async def _play_behind(self, gate: asyncio.Semaphore, game: int) -> None:
        async with gate:
            if self._failures >= _FAILURES_IN_A_ROW:
                self.outcome.interrupted[game] = Interrupted("not begun: the games before it could not go on")
                return
            try:
                await self._play_one(game)
            except Interrupted as interrupted:
                self._interrupt(game, interrupted)

    async def _play_one(self, game: int) -> None:
        b, started = self.world.buffers, time.perf_counter()
        which = np.zeros(self.world.num_games, np.bool_)
        which[game] = True
        self._watch_begin(np.array([game]))
        while b.alive[game].any():
            await self.players.aask(b.acting & which[:, None], self._actions)
            turns = self._turns(which)
            self.world.step(self._actions, which=which)
            self.outcome.terms[game] += b.reward_terms[game]
            if self.narrator is not None:
                await asyncio.to_thread(tell, self.narrator, self.world, game)  # other games go on meanwhile
            self._watch_move(turns)
        self.outcome.seconds[game] = time.perf_counter() - started
        self._end(np.array([game]))

    def _interrupt(self, game: int, interrupted: Interrupted) -> None:
        self.outcome.interrupted[game] = interrupted
        self._failures += interrupted.reason == "infrastructure"
        if self.watcher is not None:
            self.watcher.ended(self.world, game, interrupted)

    # Both.

    def _under_way(self) -> NDArray[np.bool_]:
        return np.asarray(self.world.buffers.alive.any(axis=1))

    def _end(self, games: NDArray[np.int64]) -> None:
        if not len(games):
            return
        self._failures = 0
        for game in games.tolist():
            self.outcome.digests[game] = self.world.digest(game)
            if self.watcher is not None:
                self.watcher.ended(self.world, game, None)
        self.ended(self.outcome, games)

    def _turns(self, which: NDArray[np.bool_]) -> dict[int, tuple[SeatTurn, ...]]:
        """Collect what the seats of these games are about to do, if anyone looks on."""
        if self.watcher is None:
            return {}
        b = self.world.buffers
        asked = b.acting & (b.seats < 0)
        return {
            game: tuple(self._turn(game, agent) for agent in np.flatnonzero(asked[game]).tolist())
            for game in np.flatnonzero(which).tolist()
        }

    def _turn(self, game: int, agent: int) -> SeatTurn:
        heads = len(self.world.layout.roles[agent].actions.heads)
        return SeatTurn(agent, self._actions[game, agent, :heads].copy(), self.players.remark(game, agent))

    def _watch_begin(self, games: NDArray[np.int64]) -> None:
        if self.watcher is not None:
            for game in games.tolist():
                self.watcher.began(self.world, game)

    def _watch_move(self, turns: dict[int, tuple[SeatTurn, ...]]) -> None:
        if self.watcher is not None:
            for game, its in turns.items():
                self.watcher.moved(self.world, game, its)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end, also where another loop is running, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
