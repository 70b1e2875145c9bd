"""A world as one seat sees it: the other seats are played, and time passes until its turn comes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.adapters.players import Players, seat_players
from dynenvs.core.buffers import RESTART
from dynenvs.core.checks import check_integer
from dynenvs.core.errors import ParameterError
from dynenvs.core.seats import Seat, choices
from dynenvs.core.world import World

__all__ = ["Table", "lay_table"]


class Table:
    """One focal seat in every game of a world, and the policies of the seats beside it.

    Parameters
    ----------
    world : World
        Its focal seat must be ``"external"``.
    seat : int
        The focal seat.
    players : Players
        Who must be asked for the others.

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

    def __init__(self, world: World, seat: int, players: Players) -> None:
        self.world = world
        self.seat = seat
        self.players = players
        self.actions = np.zeros_like(world.idle_actions)
        self._direct = world.layout.simultaneous and not players
        self._focal = np.arange(world.num_agents) == seat
        self._early = np.zeros(world.num_games)  # earned in an episode before the seat's first turn
        self._look()

    def begin(self, which: NDArray[np.bool_] | None = None) -> None:
        """Play on from a reset of some games (all by default) to the focal seat's first turn."""
        if self._direct:
            return
        begun = np.ones(self.world.num_games, np.bool_) if which is None else which
        self._early[begun] = 0.0
        self.players.forget(begun)
        self._look()
        self._wait_for_turn(begun.copy())

    def play(self, actions: Any) -> None:
        """Let the focal seat act in every game, then all others until its next turn.

        Parameters
        ----------
        actions : ndarray, shape (G, heads of the seat), or (heads of the seat,) for all games alike
            Of the focal seat.

        Raises
        ------
        IllegalAction
            If one is not legal; nothing has moved then.
        """
        self.actions[:, self.seat, : actions.shape[-1]] = actions
        if self._direct:
            self.world.step(self.actions)
            return
        begun, acting = self.world.buffers.phase == RESTART, self.world.buffers.acting
        self.world.check_actions(self.actions, self._focal)  # before anyone is asked in vain
        self.players.ask(acting, self.actions)
        self.world.step(self.actions)
        self._look()
        self.rewards += self._early
        self._early[:] = 0.0
        self._leave_early()
        self._wait_for_turn(begun | self.terminations | self.truncations)

    def _look(self) -> None:
        """Read the outcome of a step: as views where nothing is added to it, else as copies."""
        b, seat = self.world.buffers, self.seat
        outcome: tuple[NDArray[Any], ...] = (b.rewards, b.terminations, b.truncations, b.end_reason)
        columns = [array[:, seat] if self._direct else array[:, seat].copy() for array in outcome]
        self.rewards, self.terminations, self.truncations, self.end_reason = columns

    def _wait_for_turn(self, ended: NDArray[np.bool_]) -> None:
        """Step the games where it is another's turn; what is earned after an episode's end belongs to the next."""
        world, seat, b = self.world, self.seat, self.world.buffers
        while (waiting := b.alive[:, seat] & ~b.acting[:, seat]).any():
            self.players.ask(b.acting & waiting[:, None], self.actions)
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

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._direct:
            self._look()  # the copied world has buffers of its own


def lay_table(
    env_id: str,
    num_games: int,
    *,
    seat: int,
    background: Seat | None,
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
    background : Seat, optional
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
    others = env_spec.background if background is None else background
    if layout.num_agents == 1 and background is not None:
        raise ParameterError(f"background={background!r}: expected none, with these parameters {env_id} has one player")
    given: list[Seat] = [others] * layout.num_agents
    given[seat] = "external"
    if layout.num_agents > 1 and "external" in choices(others):
        raise ParameterError(f"background={others!r}: expected names of policies that play the other seats")
    seats, policies = seat_players(env_id, given)
    world = registration.make_world(env_id, num_games, seats=seats, autoreset=autoreset, threads=threads, **params)
    return Table(world, seat, Players(world, policies))
