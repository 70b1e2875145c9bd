"""A world as one seat sees it: the other seats are played, and time passes until its turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.core.buffers import RESTART
from dynenvs.core.checks import check_integer
from dynenvs.core.errors import ParameterError
from dynenvs.core.seats import EXTERNAL, Seat, choices
from dynenvs.core.world import World
from dynenvs.policies import Policy, make_policy, turn_of

__all__ = ["Table", "lay_table"]


class Table:
    """One focal seat in every game of a world, and the policies of the seats beside it.

    Parameters
    ----------
    world : World
        Its focal seat must be ``"external"``.
    seat : int
        The focal seat.
    players : dict of int to Policy
        Policies outside the kernel, by the code that the seat table gives them (-2 and below).

    Attributes
    ----------
    actions : ndarray, shape (G, A, heads)
        The actions of the next step; `play` and the players fill it.
    rewards : ndarray of float64, shape (G,)
        What the focal seat earned since its last turn.
    terminations, truncations : ndarray of bool, shape (G,)
        Whether its episode ended meanwhile.
    end_reason : ndarray of int8, shape (G,)
        Why.
    """

    def __init__(self, world: World, seat: int, players: dict[int, Policy]) -> None:
        self.world = world
        self.seat = seat
        self.players = players
        self.actions = np.zeros_like(world.idle_actions)
        self._direct = world.layout.simultaneous and not players
        self._known = np.full(world.num_games, -1)  # episodes that the players know have begun
        self._early = np.zeros(world.num_games)  # earned in an episode before the seat's first turn
        self._look()

    def begin(self, which: NDArray[np.bool_] | None = None) -> None:
        """Play on from a reset of some games (all by default) to the focal seat's first turn."""
        if self._direct:
            return
        begun = np.ones(self.world.num_games, np.bool_) if which is None else which
        self._early[begun] = 0.0
        self._known[begun] = -1
        self._look()
        self._wait_for_turn(begun.copy())

    def play(self, actions: Any) -> None:
        """Let the focal seat act in every game, then all others until its next turn.

        Parameters
        ----------
        actions : ndarray, shape (G, heads of the seat)
            Of the focal seat.

        Raises
        ------
        IllegalAction
            If one is not legal; nothing has moved then.
        """
        self.actions[:, self.seat, : actions.shape[1]] = actions
        if self._direct:
            self.world.step(self.actions)
            return
        begun = self.world.buffers.phase == RESTART
        self._ask_players(self.world.buffers.acting)
        self.world.step(self.actions)
        self._look()
        self.rewards += self._early
        self._early[:] = 0.0
        self._leave_early()
        self._wait_for_turn(begun | self.terminations | self.truncations)

    def _look(self) -> None:
        """Read the outcome of a step: as views where nothing is added to it, else as copies."""
        b, seat = self.world.buffers, self.seat
        outcome = (b.rewards, b.terminations, b.truncations, b.end_reason)
        columns = [array[:, seat] if self._direct else array[:, seat].copy() for array in outcome]
        self.rewards, self.terminations, self.truncations, self.end_reason = columns

    def _wait_for_turn(self, ended: NDArray[np.bool_]) -> None:
        """Step the games where it is another's turn; what is earned after an episode's end belongs to the next."""
        world, seat, b = self.world, self.seat, self.world.buffers
        while (waiting := b.alive[:, seat] & ~b.acting[:, seat]).any():
            self._ask_players(b.acting & waiting[:, None])
            world.step(self.actions, which=waiting)
            earned = np.where(waiting, b.rewards[:, seat], 0.0)
            self._early += np.where(ended, earned, 0.0)
            self.rewards += np.where(ended, 0.0, earned)
            news = waiting & ~ended & (b.terminations[:, seat] | b.truncations[:, seat])
            self.terminations[news], self.truncations[news] = b.terminations[news, seat], b.truncations[news, seat]
            self.end_reason[news] = b.end_reason[news, seat]
            ended |= news
            self._leave_early()

    def _leave_early(self) -> None:
        """Where the focal seat's episode ended before the game, play no further."""
        b = self.world.buffers
        ended = b.terminations[:, self.seat] | b.truncations[:, self.seat]
        left = ended & ~b.alive[:, self.seat] & b.alive.any(axis=1)
        if left.any():
            self.world.abandon(left)

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._direct:
            self._look()  # the copied world has buffers of its own

    def _ask_players(self, acting: NDArray[np.bool_]) -> None:
        if not self.players:
            return
        b = self.world.buffers
        fresh = np.flatnonzero(self._known != b.episode_index)
        self._known[fresh] = b.episode_index[fresh]
        for code, player in self.players.items():
            if len(fresh):
                player.reset(self.world, fresh)
            rows = acting & (b.seats == code)
            if rows.any():
                turn = turn_of(self.world, rows)
                moves = np.asarray(player.act(turn)).reshape(len(turn), -1)
                self.actions[turn.games, turn.agents, : moves.shape[1]] = moves


def lay_table(
    env_id: str,
    num_games: int,
    *,
    seat: int,
    background: Seat | Sequence[Seat] | None,
    autoreset: str,
    threads: int | None = None,
    **params: Any,
) -> Table:
    """Make a world and seat everyone but the focal player.

    Parameters
    ----------
    env_id : str
        A registered id.
    num_games : int
        Copies of the game.
    seat : int
        The focal seat.
    background : Seat or sequence of Seat, optional
        Who plays the other seats: one policy's string for all of them, or several from which each seat draws anew at
        every episode. Any string of `dynenvs.make_policy` will do; by default what the environment's record says.
    autoreset, threads, **params
        As in `dynenvs.make_world`.

    Returns
    -------
    Table
        To be started through its world.

    Raises
    ------
    ParameterError, UnknownEnvironment, UnknownPolicy
        If something does not fit or does not exist.
    """
    env_spec = registration.spec(env_id)
    layout = registration.world_type(env_id).describe(registration.make_params(env_id, **params))
    check_integer("seat", seat, 0, layout.num_agents - 1)
    seated, players = _seat_players(env_id, env_spec.background if background is None else background)
    seats: list[Seat] = [seated] * layout.num_agents
    seats[seat] = "external"
    world = registration.make_world(env_id, num_games, seats=seats, autoreset=autoreset, threads=threads, **params)
    return Table(world, seat, players)


def _seat_players(env_id: str, background: Seat | Sequence[Seat]) -> tuple[Seat, dict[int, Policy]]:
    """Turn policies' strings into entries of a seat table, and the policies that it gives codes to."""
    entries: list[str | int] = []
    players: dict[int, Policy] = {}
    for choice in choices(background):
        if not isinstance(choice, str) or choice == "external":
            raise ParameterError(f"background={background!r}: expected names of policies, got {choice!r}")
        policy = make_policy(choice, env_id)
        if isinstance(policy.seat, str) and policy.seat != "external":
            entries.append(policy.seat)
            continue
        code = EXTERNAL - 1 - len(players)
        players[code] = policy
        entries.append(code)
    return entries, players
