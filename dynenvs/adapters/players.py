"""Policies beside the user's: those inside the kernel get a name in the seat table, the others are asked each step."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import ParameterError
from dynenvs.core.seats import EXTERNAL, Seat, choices
from dynenvs.core.world import World
from dynenvs.policies import PatientPolicy, Policy, Remark, ReportingPolicy, Turn, make_policy, turn_of

__all__ = ["Players", "seat_players"]


class Players:
    """Policies outside the kernel, asked for the seats that bear their code.

    Parameters
    ----------
    world : World
        Where they play.
    policies : mapping of int to Policy
        By the code that the seat table gives them, -2 and below.
    """

    def __init__(self, world: World, policies: Mapping[int, Policy]) -> None:
        self.world = world
        self.policies = dict(policies)
        self._reporting = {code: its for code, its in policies.items() if isinstance(its, ReportingPolicy)}
        self._patient = {code: its for code, its in policies.items() if isinstance(its, PatientPolicy)}
        world.external_names |= {code: policy.name for code, policy in policies.items()}
        self._known = np.full(world.num_games, -1)  # the episodes of which they know that they have begun

    def __bool__(self) -> bool:
        return bool(self.policies)

    def forget(self, games: NDArray[np.bool_]) -> None:
        """Take the episodes of these games for new ones, for they were reset."""
        self._known[games] = -1

    def ask(self, acting: NDArray[np.bool_], actions: NDArray[Any]) -> None:
        """Write their actions.

        Parameters
        ----------
        acting : ndarray of bool, shape (num_games, num_agents)
            Seats that act in the next step.
        actions : ndarray, shape (num_games, num_agents, heads)
            Filled where one of these policies plays a seat that acts.
        """
        if not self.policies:
            return
        self._greet()
        turns = self._turns(acting)
        for code, turn in turns.items():
            _write(actions, turn, self.policies[code].act(turn))
        self._deliver(turns)

    async def aask(self, acting: NDArray[np.bool_], actions: NDArray[Any]) -> None:
        """As `ask`, all policies at once; if one fails, the others still end what they have begun."""
        self._greet()
        turns = self._turns(acting)
        decided = await asyncio.gather(*(self._decide(*row) for row in turns.items()), return_exceptions=True)
        for turn, moves in zip(turns.values(), decided, strict=True):
            if isinstance(moves, BaseException):
                raise moves
            _write(actions, turn, moves)
        self._deliver(turns)

    def remark(self, game: int, agent: int) -> Remark:
        """Return what the policy on a seat said and noted with its last decision; nothing, where it does not report."""
        policy = self._reporting.get(int(self.world.buffers.seats[game, agent]))
        return Remark() if policy is None else policy.remark(game, agent)

    def _greet(self) -> None:
        """Tell everyone which episodes are new."""
        index = self.world.buffers.episode_index
        fresh = np.flatnonzero(self._known != index)
        if len(fresh):
            self._known[fresh] = index[fresh]
            for policy in self.policies.values():
                policy.reset(self.world, fresh)

    def _turns(self, acting: NDArray[np.bool_]) -> dict[int, Turn]:
        """Collect what each policy is asked, by its code."""
        seats = self.world.buffers.seats
        rows = {code: acting & (seats == code) for code in self.policies}
        return {code: turn_of(self.world, its) for code, its in rows.items() if its.any()}

    async def _decide(self, code: int, turn: Turn) -> NDArray[Any]:
        patient = self._patient.get(code)
        return self.policies[code].act(turn) if patient is None else await patient.aact(turn)

    def _deliver(self, turns: dict[int, Turn]) -> None:
        """Send what was said, once all have decided: nobody reads words of the step in which it decides."""
        reports = [turn for code, turn in turns.items() if code in self._reporting]
        rows = [row for turn in reports for row in zip(turn.games.tolist(), turn.agents.tolist(), strict=True)]
        for game, agent in sorted(rows):
            for letter in self.remark(game, agent).said:
                self.world.say(game, agent, letter.text, letter.receivers)


def _write(actions: NDArray[Any], turn: Turn, decided: NDArray[Any]) -> None:
    moves = np.asarray(decided).reshape(len(turn), -1)
    actions[turn.games, turn.agents, : moves.shape[1]] = moves


def seat_players(env_id: str, seats: Sequence[Seat]) -> tuple[list[Seat], dict[int, Policy]]:
    """Turn the strings of policies into a seat table.

    Parameters
    ----------
    env_id : str
        A registered id.
    seats : sequence of Seat
        For every seat ``"external"``, a string of `dynenvs.make_policy`, or several to draw from at each episode.

    Returns
    -------
    seats : list of Seat
        The table for the world.
    policies : dict of int to Policy
        Those that are to be asked, by their codes in the table; the same string is one policy.

    Raises
    ------
    ParameterError
        If an entry is no string.
    UnknownPolicy
        If nothing has that name.
    """
    policies: dict[int, Policy] = {}
    known: dict[str, str | int] = {"external": "external"}

    def entry(choice: str | int) -> str | int:
        if not isinstance(choice, str):
            raise ParameterError(f"seat {choice!r}: expected 'external' or the string of a policy")
        if choice not in known:
            policy = make_policy(choice, env_id)
            code = EXTERNAL - 1 - len(policies)
            if isinstance(policy.seat, str) and policy.seat != "external":
                known[choice] = policy.seat
            else:
                known[choice], policies[code] = code, policy
        return known[choice]

    return [[entry(choice) for choice in choices(seat)] for seat in seats], policies
