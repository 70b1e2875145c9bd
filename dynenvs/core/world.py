"""The contract that every world keeps: a batch of games behind one small set of calls.

A family subclasses `World`, says what there is (`describe`, `make_state`, `make_tables`, `write_params`) and names the
kernel that plays a span of games. Seeds, episodes, seats, legality, autoreset, threads, snapshots and digests are here.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core import legality, threads
from dynenvs.core.buffers import AUTORESET_CODES, HOLD, OVER, RESTART, allocate_buffers, make_setup
from dynenvs.core.checks import build_params, check_integer, check_one_of, integers_by_game, shown, split_by_game
from dynenvs.core.errors import IllegalAction, LifecycleError, ParameterError, UnknownPolicy, Unsupported
from dynenvs.core.jit import bind
from dynenvs.core.layouts import WorldLayout
from dynenvs.core.seats import Seat, SeatTable, background_names, encode_seats
from dynenvs.core.snapshots import Message, Snapshot, add_rows, named_arrays

__all__ = ["MOST_GAMES", "Message", "Snapshot", "World"]

MOST_GAMES = 2**24
"""Games of the largest batch: thousands fill a processor, and so many fill the memory of most machines."""


class World(ABC):
    """A batch of `num_games` independent copies of one game.

    Parameters
    ----------
    params : dataclass
        Validated parameters of the family, for all games alike.
    num_games : int
        Copies in the batch, at least 1.
    seats : sequence, optional
        Who plays where, one entry an agent: a background policy's name, ``"external"`` (default: all), or
        several of them to draw from at each episode. See `dynenvs.core.seats`.
    autoreset : {"disabled", "next_step", "same_step"}
        What happens to a game that is over: it stays as it is; the next step starts a new episode (its actions
        do not count); or the new episode begins within the step that ended the old one.
    threads : int, optional
        Spans that a step is cut into; by default as many as pay for a batch of this size.

    Attributes
    ----------
    buffers : Buffers
        What the games show, written in place by every call.
    state : NamedTuple of ndarray
        What the rules need, leading axis: games.
    layout : WorldLayout
        What the columns mean.
    external_names : dict of int to str
        What policies outside the kernel are called, by their codes, where somebody said so: for pictures and words.

    Raises
    ------
    ParameterError
        On a value outside its range.
    UnknownPolicy
        If a seat names a background policy that the family does not have.
    """

    step_span: ClassVar[Callable[..., None]]
    """The family's kernel: ``step_span(state, tables, buffers, actions, lo, hi)``."""

    supports_snapshot: ClassVar[bool] = True
    """Whether there is `snapshot` and `restore`, and `digest` covers the whole state."""

    deterministic: ClassVar[bool] = True
    """Whether the same seed gives the same bytes."""

    portable: ClassVar[bool] = True
    """Whether the same seed gives the same bytes on every platform: not where rules use sin, exp and the like."""

    batched: ClassVar[bool] = True
    """Whether there can be more than one game."""

    def __init__(
        self,
        params: Any,
        num_games: int = 1,
        *,
        seats: SeatTable | None = None,
        autoreset: str = "disabled",
        threads: int | None = None,
    ) -> None:
        check_integer("num_games", num_games, 1, MOST_GAMES if self.batched else 1)
        check_one_of("autoreset", autoreset, tuple(AUTORESET_CODES))
        if threads is not None:
            check_integer("threads", threads, 1)
        self.params = params
        self.num_games = num_games
        self.autoreset = autoreset
        self.threads = threads
        self.layout = self.describe(params)
        self.background: tuple[str, ...] = ()
        self.external_names: dict[int, str] = {}
        self.game_seats: tuple[tuple[Seat, ...], ...] = ()
        self.game_params: list[Any] = [params] * num_games
        self._texts: list[list[Message]] = [[] for _ in range(num_games)]
        self._step_span: Callable[..., Any] | None = None
        try:
            self.state: Any = self.make_state(num_games)
            self.buffers = allocate_buffers(self.layout, num_games, make_setup(self.layout, autoreset))
        except MemoryError as error:
            raise ParameterError(f"num_games={num_games}: expected fewer, the memory is too small for them") from error
        self.set_seats(seats if seats is not None else ["external"] * self.layout.num_agents)
        self.write_params(params, np.arange(num_games))
        self._prepare()

    # What a family says.

    @classmethod
    @abstractmethod
    def describe(cls, params: Any) -> WorldLayout:
        """Lay out observations, actions, rewards and players for these parameters."""

    @abstractmethod
    def make_state(self, num_games: int) -> Any:
        """Allocate the state: a NamedTuple of arrays with a leading axis of games, zeros where nothing else fits."""

    @abstractmethod
    def write_params(self, params: Any, games: NDArray[np.int64]) -> None:
        """Write the parameters of the named games into the state."""

    @classmethod
    def fixed(cls, params: Any) -> Any:
        """Return what a reset cannot change, beside the layout: what the state has room for."""
        return None

    def make_tables(self, background: tuple[str, ...]) -> Any:
        """Make the read-only arrays that all games share: a NamedTuple, with the background policies by code."""
        return ()

    @classmethod
    def background_policies(cls) -> tuple[str, ...]:
        """Return the names of the family's background policies; a seat may also name one with parameters."""
        return ()

    @classmethod
    def background_notes(cls) -> Mapping[str, tuple[str, str]]:
        """Return by name what each background policy does, and its source; for `dynenvs info` and the family's page."""
        return dict.fromkeys(cls.background_policies(), ("", ""))

    @classmethod
    def background_seats(cls, params: Any) -> tuple[int, ...]:
        """Return the seats that background policies can sit on with these parameters; by default all."""
        return tuple(range(cls.describe(params).num_agents))

    @classmethod
    def outcome_notes(cls, params: Any) -> Mapping[str, str]:
        """Return in words what reward terms pay, when episodes end, and what players want; for `dynenvs info`.

        Keys stand in the first column: ``"term NAME"``, ``"end REASON"``, a player's name, or whatever there is to say.
        """
        return {}

    @classmethod
    def check_background(cls, name: str) -> None:
        """Refuse a name that no background policy of the family has.

        Raises
        ------
        UnknownPolicy
            With the nearest names.
        """
        if name not in cls.background_policies():
            raise UnknownPolicy("background policy", name, cls.background_policies(), "dynenvs info ID")

    # Playing.

    @property
    def num_agents(self) -> int:
        """Number of players of a game."""
        return self.layout.num_agents

    def reset(
        self,
        seeds: int | ArrayLike | None = None,
        *,
        which: NDArray[np.bool_] | None = None,
        episodes: ArrayLike | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Start new episodes.

        Parameters
        ----------
        seeds : int or array_like of int, shape (num_games,), optional
            Seeds in [0, 2^64), one a game; a single integer gives game i the seed ``seeds + i``. None goes
            on with the next episode of each game's present seed.
        which : ndarray of bool, shape (num_games,), optional
            Games to reset; the others stay untouched. All by default.
        episodes : array_like of int, shape (num_games,), optional
            Index of the episode to play, 0 by default: with the seed it names one episode of a run for ever.
        params : mapping, optional
            Parameters to change in those games; they stay until changed again. An array of numbers, shape
            (num_games,), gives each of those games its own value.

        Raises
        ------
        ParameterError
            On seeds, a mask or parameters that do not fit.
        LifecycleError
            If no seed was ever given to a game that is to go on.
        """
        chosen = self._chosen_games(which)
        changed = [] if params is None else self._changed_params(params, np.flatnonzero(chosen))
        self._seed(seeds, episodes, chosen)
        for new, games in changed:
            for game in games.tolist():
                self.game_params[game] = new
            self.write_params(new, games)
        self._texts = [[] if begins else said for begins, said in zip(chosen, self._texts, strict=True)]
        self.buffers.phase[chosen] = RESTART
        self._advance_some(self.idle_actions, chosen)

    def step(self, actions: ArrayLike, *, which: NDArray[np.bool_] | None = None) -> None:
        """Advance games by one turn.

        Parameters
        ----------
        actions : array_like, shape (num_games, num_agents, heads), or (num_games, num_agents) for one head
            int64 options of discrete heads; float64 where some role has continuous ones. What stands for seats that
            do not act, or that a background policy plays, is ignored.
        which : ndarray of bool, shape (num_games,), optional
            Games to advance; the others stay untouched. All by default.

        Raises
        ------
        IllegalAction
            If the shape or type is wrong, or an action is not legal: nothing has moved then.
        LifecycleError
            Before the first reset.
        """
        chosen = None if which is None else self._chosen_games(which)
        if not self._begun:
            self._check_begun(chosen)
        if chosen is None:
            self._advance(self._checked(actions, self.buffers.acting))
        else:
            self._advance_some(self._checked(actions, self.buffers.acting & chosen[:, None]), chosen)

    def check_actions(self, actions: ArrayLike, agents: NDArray[np.bool_]) -> None:
        """Refuse actions that are not legal now, as `step` does, and move nothing.

        Parameters
        ----------
        actions : array_like
            As in `step`.
        agents : ndarray of bool, shape (num_agents,)
            Whose actions to look at.

        Raises
        ------
        IllegalAction
            If the shape or type is wrong, or one of them is not legal.
        """
        self._checked(actions, self.buffers.acting & agents)

    def _checked(self, actions: ArrayLike, acting: NDArray[np.bool_]) -> NDArray[Any]:
        """Return the actions in the form that kernels take, if those of the seats that act are legal."""
        given = actions if isinstance(actions, np.ndarray) else legality.as_array(actions)
        if given.dtype != self._action_dtype or given.shape != self._action_shape or not given.flags.c_contiguous:
            given = legality.coerce(self.layout, given, self._action_shape)
        offender = self._first_offender(given, self.buffers.action_masks, acting, self.buffers.seats, self._limits)
        if offender >= 0:
            raise IllegalAction(legality.describe(self.layout, self.buffers, given, offender))
        return given

    def abandon(self, which: NDArray[np.bool_]) -> None:
        """Play no further in these games, as if they were over now: what follows is up to `autoreset`.

        For adapters that show one seat: its episode can end before the game does.
        """
        b = self.buffers
        b.final_vector[which], b.final_grid[which] = b.vector[which], b.grid[which]
        b.final_returns[which], b.final_lengths[which] = b.episode_returns[which], b.episode_lengths[which]
        b.final_seats[which] = b.seats[which]
        b.alive[which] = b.acting[which] = False
        b.phase[which] = RESTART if self.autoreset == "next_step" else OVER
        if self.autoreset == "same_step":
            outcome: tuple[NDArray[Any], ...] = (b.rewards, b.reward_terms, b.terminations, b.truncations, b.end_reason)
            kept = [array[which] for array in outcome]
            self.reset(which=which)
            for array, values in zip(outcome, kept, strict=True):
                array[which] = values

    def sample_actions(self, rng: np.random.Generator) -> NDArray[Any]:
        """Draw uniformly among the legal actions of every seat.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where the draws come from.

        Returns
        -------
        ndarray, shape (num_games, num_agents, heads), or (num_games, num_agents) for one head
            int64 or float64, as `step` takes it.
        """
        actions = legality.draw_legal(self.layout, self.buffers.action_masks, rng)
        return actions[..., 0] if self.layout.num_heads == 1 else actions

    # Seats.

    def set_seats(self, seats: SeatTable) -> None:
        """Change who plays where in every game, from each game's next episode on.

        Raises
        ------
        ParameterError, UnknownPolicy
            If the table does not fit; nothing has changed then.
        """
        self._learn_background(background_names(seats))
        choices, counts = encode_seats(seats, self.num_agents, self.background.index)
        self._set_setup(seat_choices=choices, seat_counts=counts, seat_table=np.empty((0, self.num_agents), np.int32))
        self.seats, self.game_seats = tuple(seats), ()

    def assign_seats(self, game_seats: Sequence[SeatTable]) -> None:
        """Say for every single game who plays where, from its next episode on.

        Parameters
        ----------
        game_seats : sequence of sequence of str or int
            One table a game, with one policy (a background policy's name, ``"external"`` or a negative code) a seat.

        Raises
        ------
        ParameterError, UnknownPolicy
            If the tables do not fit; nothing has changed then.
        """
        if len(game_seats) != self.num_games:
            raise ParameterError(f"expected a seat table for each of {self.num_games} games, got {len(game_seats)}")
        self._learn_background(background_names([seat for seats in game_seats for seat in seats]))
        tables = [encode_seats(seats, self.num_agents, self.background.index)[0] for seats in game_seats]
        if any(table.shape[1] > 1 for table in tables):
            raise ParameterError("expected one policy a seat where seats are assigned game by game")
        self._set_setup(seat_table=np.ascontiguousarray(np.stack(tables)[:, :, 0]))
        self.game_seats = tuple(tuple(seats) for seats in game_seats)

    def _learn_background(self, names: Sequence[str]) -> None:
        """Give codes to background policies that had none; codes of games under way stay what they are."""
        new = [name for name in names if name not in self.background]
        for name in new:
            self.check_background(name)
        background = (*self.background, *new)
        self.tables = self.make_tables(background)
        self.background = background
        self._step_span = None  # the tables may have other types now

    def _set_setup(self, **arrays: NDArray[Any]) -> None:
        self.buffers = self.buffers._replace(setup=self.buffers.setup._replace(**arrays))

    def seat_name(self, code: int) -> str:
        """Name the policy behind a code in ``buffers.seats``: ``"external"`` where nobody said what it is called."""
        return self.background[code] if code >= 0 else self.external_names.get(code, "external")

    # Text beside the numbers.

    def say(self, game: int, sender: int, text: str, receivers: Sequence[int] = ()) -> None:
        """Add a message to a game's log: readable to `receivers`, or to everyone if there are none."""
        episode, step = int(self.buffers.episode_index[game]), int(self.buffers.episode_lengths[game])
        self._texts[game] = [*self.messages(game), Message(episode, step, sender, tuple(receivers), text)]

    def messages(self, game: int) -> tuple[Message, ...]:
        """Return what was said in the running episode of a game, in order."""
        episode = self.buffers.episode_index[game]
        return tuple(message for message in self._texts[game] if message.episode == episode)

    # Snapshots.

    def snapshot(self) -> Snapshot:
        """Copy everything that decides how the games go on.

        Raises
        ------
        Unsupported
            If part of that lies outside the arrays (`supports_snapshot`).
        """
        if not self.supports_snapshot:
            raise Unsupported(f"{type(self).__name__} cannot be copied: part of its games lies outside its arrays")
        arrays = {name: array.copy() for name, array in named_arrays(self.state, self.buffers)}
        texts = tuple(self.messages(game) for game in range(self.num_games))
        return Snapshot(arrays, tuple(self.game_params), self.seats, self.game_seats, self.background, texts)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot of this world, or of one made alike.

        Raises
        ------
        ParameterError
            If it is no snapshot, or its arrays or its layout are others; nothing has changed then.
        """
        if not isinstance(snapshot, Snapshot):
            raise ParameterError(f"snapshot={shown(snapshot)}: expected what `snapshot` of such a world gives")
        mine = dict(named_arrays(self.state, self.buffers))
        theirs = snapshot.arrays
        if {name: array.shape for name, array in mine.items()} != {name: array.shape for name, array in theirs.items()}:
            raise ParameterError("this snapshot is of another world: names or shapes of its arrays differ")
        if self.describe(snapshot.params[0]) != self.layout:
            raise ParameterError("this snapshot is of another world: its layout differs")
        if self.fixed(snapshot.params[0]) != self.fixed(self.params):
            raise ParameterError(f"this snapshot is of another world: {self.fixed(snapshot.params[0])} is fixed there")
        seating = (snapshot.seats, snapshot.game_seats, snapshot.background)
        if (self.seats, self.game_seats, self.background) != seating:
            self.background = snapshot.background
            self.set_seats(snapshot.seats)
            if snapshot.game_seats:
                self.assign_seats(snapshot.game_seats)
        for name, array in mine.items():
            array[...] = theirs[name]
        self.game_params = list(snapshot.params)
        self._texts = [list(messages) for messages in snapshot.texts]
        self._begun = False  # to be asked again: the snapshot may be older than the first reset

    def digest(self, game: int | None = None) -> str:
        """Hash state and buffers: equal digests mean the same bytes, and the same future.

        Parameters
        ----------
        game : int, optional
            Hash only this game, which gives the same as a world of one game that stands alike.

        Returns
        -------
        str
            64 hexadecimal digits (SHA-256).

        Raises
        ------
        ParameterError
            If there is no such game.
        """
        if game is not None:
            check_integer("game", game, 0, self.num_games - 1)
        arrays = list(named_arrays(self.state, self.buffers))
        digest = hashlib.sha256()
        for index in range(self.num_games) if game is None else [game]:
            add_rows(digest, ((name, array[index]) for name, array in arrays))
            digest.update("".join(map(repr, self.messages(index))).encode())
        return digest.hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        kept = ("params", "num_games", "seats", "autoreset", "threads", "external_names")
        return {**{name: getattr(self, name) for name in kept}, "snapshot": self.snapshot()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        snapshot, external_names = state.pop("snapshot"), state.pop("external_names")
        self.__init__(**state)  # type: ignore[misc]
        self.external_names = external_names
        self.restore(snapshot)

    # Inside.

    def _prepare(self) -> None:
        """Make what every step needs again and again."""
        self._action_shape = (self.num_games, self.num_agents, self.layout.num_heads)
        self._action_dtype = np.dtype(np.int64 if self.layout.is_discrete else np.float64)
        self.idle_actions = np.zeros(self._action_shape, self._action_dtype)
        self._spans = threads.num_spans(self.num_games, self.threads)
        b = self.buffers
        find: Callable[..., int] = legality.first_illegal if self.layout.is_discrete else legality.first_outside
        self._limits = legality.limits(self.layout)
        self._first_offender = bind(find, self.idle_actions, b.action_masks, b.acting, b.seats, self._limits)
        self._begun = False

    def _advance(self, actions: NDArray[Any]) -> None:
        """Play the waiting phase of every game."""
        state, tables, buffers = self.state, self.tables, self.buffers
        step_span = self._step_span or self._bind_kernel()
        if self._spans == 1:
            step_span(state, tables, buffers, actions, 0, self.num_games)
        else:
            threads.run_spans(
                lambda lo, hi: step_span(state, tables, buffers, actions, lo, hi), self.num_games, self._spans
            )

    def _bind_kernel(self) -> Callable[..., Any]:
        """Fetch the kernel's machine code for the types of this world's arrays."""
        arguments = (self.state, self.tables, self.buffers, self.idle_actions, 0, self.num_games)
        self._step_span = bind(type(self).step_span, *arguments)
        return self._step_span

    def _advance_some(self, actions: NDArray[Any], chosen: NDArray[np.bool_]) -> None:
        """Play the waiting phase of the chosen games, while the others hold."""
        phase = self.buffers.phase
        others = ~chosen
        held = phase[others]
        phase[others] = HOLD
        try:
            self._advance(actions)
        finally:
            phase[others] = held

    def _check_begun(self, chosen: NDArray[np.bool_] | None) -> None:
        waiting = self.buffers.phase == HOLD
        self._begun = not waiting.any()
        if chosen is not None:
            waiting &= chosen
        if waiting.any():
            raise LifecycleError(f"game {waiting.argmax()} was never reset: call reset(seeds) before step")

    def _chosen_games(self, which: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        if which is None:
            return np.ones(self.num_games, np.bool_)
        chosen = np.asarray(which)
        if chosen.dtype != np.bool_ or chosen.shape != (self.num_games,):
            raise ParameterError(f"which={which!r}: expected a mask of bool, shape ({self.num_games},)")
        return chosen

    def _seed(self, seeds: int | ArrayLike | None, episodes: ArrayLike | None, chosen: NDArray[np.bool_]) -> None:
        """Set the identity of the episodes that `start_episode` will begin (it counts the index up by one)."""
        b = self.buffers
        if seeds is None:
            if (b.phase[chosen] == HOLD).any():
                raise LifecycleError("the first reset of a game needs a seed")
        else:
            b.seeds[chosen] = integers_by_game("seeds", seeds, self.num_games, spread=True)[chosen]
            b.episode_index[chosen] = -1
        if episodes is not None:
            index = integers_by_game("episodes", episodes, self.num_games, top=2**62)
            b.episode_index[chosen] = index.astype(np.int64)[chosen] - 1

    def _changed_params(
        self, changes: Mapping[str, Any], games: NDArray[np.int64]
    ) -> list[tuple[Any, NDArray[np.int64]]]:
        """Return new parameters and whose they are, or refuse those that do not fit the world's layout.

        Games that share their parameters, and are given the same ones, go on sharing: batches of few models are fast.
        """
        shared, by_game = split_by_game(changes, self.num_games)
        alike: dict[tuple[Any, ...], list[int]] = {}
        for game in games.tolist():
            alike.setdefault((id(self.game_params[game]), *(one[game] for one in by_game.values())), []).append(game)
        changed = []
        for (_, *values), its in alike.items():
            own = dict(zip(by_game, values, strict=True))
            changed.append((self._changed(self.game_params[its[0]], {**shared, **own}), np.array(its, np.int64)))
        return changed

    def _changed(self, now: Any, changes: Mapping[str, Any]) -> Any:
        """Return parameters with some of them changed."""
        new = build_params(type(now), {**{f.name: getattr(now, f.name) for f in fields(now)}, **changes})
        if self.describe(new) != self.layout or self.fixed(new) != self.fixed(self.params):
            raise ParameterError(f"params={dict(changes)!r}: this changes the layout; make a new world instead")
        return new
