"""Worlds as a Stable-Baselines3 `VecEnv`: every learning seat of every game is one of its environments."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.adapters.players import Players
from dynenvs.adapters.spaces import observation_space
from dynenvs.adapters.views import refusal
from dynenvs.core.checks import check_integer, check_options, shown
from dynenvs.core.errors import ParameterError, require_extra
from dynenvs.core.layouts import ActionLayout, Role
from dynenvs.core.seats import EXTERNAL, SeatTable, choices
from dynenvs.core.world import World
from dynenvs.policies import Policy, make_policy

require_extra("stable_baselines3", "rl", "the adapter for Stable-Baselines3")

from stable_baselines3.common.monitor import Monitor  # noqa: E402 - after the check that it is there
from stable_baselines3.common.vec_env import VecEnv  # noqa: E402

__all__ = ["SeatVecEnv", "Tally", "Turns", "sb3_vec_env"]

FIRST_OPPONENT = EXTERNAL - 1
"""Seat code of the first opponent outside the kernel; the next ones count down from it."""


@dataclass
class Turns:
    """Whose turn it was and whose it is, by row: what rollout buffers read to drop rows without a transition.

    Attributes
    ----------
    acted : ndarray of bool, shape (num_envs,)
        Whether the last step took an action of the row.
    acting : ndarray of bool, shape (num_envs,)
        Whether the next step will.
    steps : int
        Steps so far, by which a buffer notices that it reads another environment's turns.
    """

    acted: NDArray[np.bool_]
    acting: NDArray[np.bool_]
    steps: int = 0


@dataclass
class Tally:
    """What the learner met since somebody last cleared it: what multipliers of constraints are adapted to.

    Attributes
    ----------
    terms : ndarray of float64, shape (terms,)
        Sums of the world's reward terms over the learning seats.
    steps : int
        Steps of learning seats that were in the game.
    """

    terms: NDArray[np.float64]
    steps: int = 0

    def clear(self) -> None:
        """Begin again."""
        self.terms[:] = 0.0
        self.steps = 0


class SeatVecEnv(VecEnv):
    """The learning seats of a batch of games, as Stable-Baselines3 wants to see them.

    Rows are the pairs of a game and a seat whose code may be -1 (``"external"``), game after game. All of them are
    played by the one policy that is being trained: one row a game against a population, several in
    self-play. Episodes follow each other without a pause, as SB3 expects.

    What a seat earns while it is not its turn is added up and comes with its next turn, or with the end of its
    episode. A row whose seat did not act has no transition: train with `dynenvs.adapters.sb3_turns.TurnRolloutBuffer`,
    which leaves it out.

    Parameters
    ----------
    world : World
        With ``autoreset="same_step"``; the roles of its learning seats observe and act alike.
    opponents : sequence of Policy
        Policies outside the kernel that play the seats of code -2, -3, ...; see `replace_opponent`.
    seed : int
        Game i begins with the seed ``seed + i``.

    Attributes
    ----------
    world : World
        The batch.
    role : Role
        What the learning seats observe and decide.
    players : Players
        The opponents.
    turns : Turns
        Which rows had a turn in the last step, and which have one now.
    tally : Tally
        Sums of the reward terms that the learner met.
    charges : ndarray of float64, shape (terms,)
        What the learner pays for a unit of each reward term, beside what the world pays it: 0 unless it is written to.
        The world and its returns know nothing of it.

    Raises
    ------
    ParameterError
        If no seat learns, the learning seats have different layouts, or opponents and codes do not match.

    Notes
    -----
    Infos are empty but where an episode of the row has ended. There they hold ``terminal_observation``,
    ``TimeLimit.truncated``, ``episode`` (return ``r`` and length ``l``, as SB3's Monitor writes them), and the
    identity of the episode: ``seed`` and ``episode_index``.
    """

    render_mode: str | None = None

    def __init__(self, world: World, *, opponents: Sequence[Policy] = (), seed: int = 0) -> None:
        if world.autoreset != "same_step":
            raise ParameterError(f"autoreset={world.autoreset!r}: Stable-Baselines3 needs a world with 'same_step'")
        check_integer("seed", seed, 0, 2**64 - world.num_games)
        codes = _seat_codes(world)
        _check_opponents(codes, opponents)
        self.world = world
        self.players = Players(world, {FIRST_OPPONENT - index: policy for index, policy in enumerate(opponents)})
        learners = [agent for agent, choices in enumerate(codes) if EXTERNAL in choices]
        self.role = _common_role(world, learners)
        self._games = np.repeat(np.arange(world.num_games), len(learners))
        self._agents = np.tile(np.array(learners, np.int64), world.num_games)
        self._actions = np.zeros_like(world.idle_actions)
        self._first_seed: int | None = seed
        self._new_params: Mapping[str, Any] | None = None
        num_envs = len(self._games)
        self._earned = np.zeros(num_envs)
        self.turns = Turns(np.zeros(num_envs, np.bool_), np.zeros(num_envs, np.bool_))
        self.charges = np.zeros(len(world.layout.reward_terms))
        self.tally = Tally(np.zeros_like(self.charges))
        super().__init__(num_envs, observation_space(self.role.observation), _action_space(self.role.actions))

    # Playing.

    def reset(self) -> Any:
        """Start an episode in every game: of the seed given last, else the next one of each game's present seed.

        Returns
        -------
        ndarray of float32, shape (num_envs, size), or dict of ndarray where the role observes a grid
            Fresh arrays.
        """
        self.world.reset(self._first_seed, params=self._new_params)
        self._first_seed = self._new_params = None
        self._earned[:] = 0.0
        self.players.forget(np.ones(self.world.num_games, np.bool_))
        self.turns.acting = self._may_act()
        b = self.world.buffers
        identity = zip(b.seeds[self._games].tolist(), b.episode_index[self._games].tolist(), strict=True)
        self.reset_infos = [{"seed": seed, "episode_index": episode} for seed, episode in identity]
        return self._look(b.vector, b.grid, self._games, self._agents)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Take the actions of the learning seats; those of seats that do not act are ignored.

        Parameters
        ----------
        actions : ndarray, shape (num_envs, heads), or (num_envs,) for one head
            int64 options, or numbers within the bounds of continuous heads.

        Raises
        ------
        IllegalAction
            If the shape or type is wrong.
        """
        heads, kinds = len(self.role.actions.heads), "iu" if self.role.actions.is_discrete else "iuf"
        shapes = [(self.num_envs, heads), *([(self.num_envs,)] if heads == 1 else [])]
        try:
            given = np.asarray(actions)
        except ValueError:  # ragged
            raise refusal("actions", actions, self.role.actions, (self.num_envs,)) from None
        if given.dtype.kind not in kinds or given.shape not in shapes:
            raise refusal("actions", actions, self.role.actions, (self.num_envs,))
        self._actions[self._games, self._agents, :heads] = given.reshape(self.num_envs, heads)

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Play one step of every game.

        Returns
        -------
        observations, rewards, dones, infos
            Fresh arrays, one row a learning seat. Where a game has ended the observation is the first of the next.

        Raises
        ------
        IllegalAction
            If an action is not legal now; nothing has moved then.
        """
        b = self.world.buffers
        rows = self._games, self._agents
        acted, learning, alive = self.turns.acting, b.seats[rows] == EXTERNAL, b.alive[rows]
        episodes = b.episode_index.copy()
        self.players.ask(b.acting, self._actions)
        self.world.step(self._actions)

        begun = b.episode_index != episodes
        dones = alive & (b.terminations[rows] | b.truncations[rows])
        self.turns.acted, self.turns.acting = acted, self._may_act()
        self.turns.steps += 1
        rewards = self._pay(self._earn(alive & learning), dones | self.turns.acting)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        ended = np.flatnonzero(dones & learning)
        if len(ended):
            self._tell_endings(infos, ended, begun)
        return self._look(b.vector, b.grid, *rows), rewards, dones, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """Return what is legal now, as MaskablePPO asks for it.

        Returns
        -------
        ndarray of bool, shape (num_envs, sum of the sizes of all heads)
            True = legal; heads side by side.
        """
        mask = self.world.buffers.action_masks[self._games, self._agents]
        return np.concatenate([mask[:, columns] for columns in self.role.actions.mask_slices.values()], axis=1)

    @property
    def opponents(self) -> list[Policy]:
        """Who plays the codes -2, -3, ... now."""
        return list(self.players.policies.values())

    def replace_opponent(self, index: int, policy: Policy) -> None:
        """Let another policy play the seats of code ``-2 - index`` from now on.

        Raises
        ------
        ParameterError
            If there is no such opponent, or `policy` plays inside the kernel.
        """
        if not 0 <= index < len(self.opponents):
            raise ParameterError(f"opponent {index}: expected one of the {len(self.opponents)} that there are")
        _check_outside(policy)
        code = FIRST_OPPONENT - index
        self.players.policies[code], self.world.external_names[code] = policy, policy.name
        policy.reset(self.world, np.arange(self.world.num_games))

    def _may_act(self) -> NDArray[np.bool_]:
        """Tell which rows' actions the next step will take."""
        b = self.world.buffers
        return b.acting[self._games, self._agents] & (b.seats[self._games, self._agents] == EXTERNAL)

    def _earn(self, living: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return what the last step brought to the rows that were in the game, less the charges, and tally it."""
        b = self.world.buffers
        terms = b.reward_terms[self._games, self._agents] * living[:, None]
        self.tally.terms += terms.sum(axis=0)
        self.tally.steps += int(living.sum())
        return np.where(living, b.rewards[self._games, self._agents], 0.0) - terms @ self.charges

    def _pay(self, earned: NDArray[np.float64], due: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Add up what the rows earned, and hand it out where it is due: at a turn, or at the end."""
        self._earned += earned
        rewards = np.where(due, self._earned, 0.0).astype(np.float32)
        self._earned[due] = 0.0
        return rewards

    def _look(
        self, vector: NDArray[np.float32], grid: NDArray[np.uint8], games: NDArray[np.int64], agents: NDArray[np.int64]
    ) -> Any:
        """Copy what seats see: the world reuses its buffers."""
        seen = vector[games, agents][:, : self.role.observation.size]
        if self.role.observation.grid is None:
            return seen
        height, width, channels = self.role.observation.grid.shape
        return {"vector": seen, "grid": grid[games, agents][:, :height, :width, :channels]}

    def _tell_endings(self, infos: list[dict[str, Any]], rows: NDArray[np.int64], begun: NDArray[np.bool_]) -> None:
        """Fill the infos of rows whose episode has ended: with its game, or before it (then nothing is latched)."""
        b = self.world.buffers
        games, agents = self._games[rows], self._agents[rows]
        over = begun[games]
        final, now = (self._look(*seen, games, agents) for seen in ((b.final_vector, b.final_grid), (b.vector, b.grid)))
        columns = (
            over,
            b.truncations[games, agents] & ~b.terminations[games, agents],
            np.where(over, b.final_returns[games, agents], b.episode_returns[games, agents]),
            np.where(over, b.final_lengths[games], b.episode_lengths[games]),
            b.seeds[games],
            b.episode_index[games] - over,
        )
        for k, ending in enumerate(zip(rows.tolist(), *(column.tolist() for column in columns), strict=True)):
            row, is_over, truncated, episode_return, length, seed, episode = ending
            infos[row] = {
                "terminal_observation": _row(final if is_over else now, k),
                "TimeLimit.truncated": truncated,
                "episode": {"r": episode_return, "l": length},
                "seed": seed,
                "episode_index": episode,
            }

    # What else SB3 asks of a VecEnv. Its rows share one object, so most answers are the same for all.

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seed the games at the next reset: game i gets ``seed + i``; None lets each go on with its present seed."""
        if seed is not None:
            check_integer("seed", seed, 0, 2**64 - self.world.num_games)
        self._first_seed = seed
        return [None if seed is None else seed + game for game in self._games.tolist()]

    def set_options(self, options: Any = None) -> None:
        """Take options of the next reset: the way to change parameters, such as the physics of a robust world.

        Parameters
        ----------
        options : dict or list of dict, optional
            ``"params"``: parameters to change, as in `World.reset`; they stay until they are changed again. In one dict
            for all an array gives each game its own value; a list holds one dict a row.

        Raises
        ------
        ParameterError
            If there is anything but params, or rows of one game disagree.

        Examples
        --------
        ::

            env.set_options({"params": {"masspole": 0.5}})
            env.reset()
        """
        if isinstance(options, Sequence) and not isinstance(options, str):
            self._new_params = self._params_of_rows(options)
        else:
            self._new_params = self._params_in({} if options is None else options)

    def _params_in(self, options: Any) -> Mapping[str, Any]:
        """Return the parameters of one dict of options, which holds nothing else."""
        if not isinstance(options, Mapping) or set(options) - {"params"}:
            raise ParameterError(f"options={options!r}: expected a dict, or one a row, with nothing in it but params")
        return check_options(options, self.world.params, ("params",)).get("params") or {}

    def _params_of_rows(self, options: Sequence[Any]) -> dict[str, Any]:
        """Join one dict a row: what a row does not name stays as it is in its game."""
        if len(options) != self.num_envs:
            raise ParameterError(f"options={shown(options)}: expected one dict, or {self.num_envs}, one a row")
        rows = [self._params_in(one) for one in options]
        joined: dict[str, Any] = {}
        for name in dict.fromkeys(name for row in rows for name in row):
            values: dict[int, Any] = {}
            for game, row in zip(self._games.tolist(), rows, strict=True):
                value = row[name] if name in row else getattr(self.world.game_params[game], name, None)
                if values.setdefault(game, value) != value:
                    raise ParameterError(f"options: rows of game {game} give {name} as {values[game]!r} and {value!r}")
            joined[name] = _one_or_numbers(name, list(values.values()))
        return joined

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of this environment, once for every row asked for."""
        value = getattr(self, attr_name)
        return [value for _ in self._rows(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute that this environment has; see `set_options` for parameters of the games.

        Raises
        ------
        ParameterError
            If there is no such attribute: nothing would come of it. Or if `indices` leaves rows out: they share it.
        """
        if not hasattr(self, attr_name):
            raise ParameterError(f"set_attr({attr_name!r}): no such attribute; {self._advice(attr_name, value)}")
        if set(self._rows(indices)) != set(range(self.num_envs)):
            raise ParameterError(f"indices={indices!r}: rows share their attributes, expected all of them")
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Call a method of this environment; every row gets its row of `action_masks`, of other methods the answer.

        Raises
        ------
        ParameterError
            If there is no such method, or it is a reset with arguments: see `set_options` and `seed`.
        """
        if not callable(getattr(self, method_name, None)):
            raise ParameterError(f"env_method({method_name!r}): no such method; {self._advice()}")
        if method_name == "reset" and (method_args or method_kwargs):
            raise ParameterError(f"env_method('reset'): expected no arguments; seeds go to env.seed, {self._advice()}")
        answer = getattr(self, method_name)(*method_args, **method_kwargs)
        return [answer[row] if method_name == "action_masks" else answer for row in self._rows(indices)]

    def _advice(self, name: str = "", value: Any = None) -> str:
        """Say how games are changed, to who tried it by an attribute or a method that is not there."""
        known = any(field.name == name for field in fields(self.world.params))
        change = f"{name!r}: {shown(value)}" if known else "NAME: VALUE"
        return f"parameters of the games are changed by env.set_options({{'params': {{{change}}}}}), then env.reset()"

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Any = None) -> list[bool]:
        """Tell SB3 that there is a Monitor (infos hold its statistics), and no other wrapper."""
        return [wrapper_class is Monitor for _ in self._rows(indices)]

    def close(self) -> None:
        """Nothing is open."""

    def _rows(self, indices: Any) -> Iterable[int]:
        return self._get_indices(indices)


def sb3_vec_env(
    env_id: str,
    num_games: int = 256,
    *,
    seats: SeatTable | None = None,
    seat: int = 0,
    opponents: Sequence[Policy | str] = (),
    seed: int = 0,
    threads: int | None = None,
    preset: str | None = None,
    **params: Any,
) -> SeatVecEnv:
    """Make a Stable-Baselines3 `VecEnv` of many games.

    Parameters
    ----------
    env_id : str
        A registered id.
    num_games : int
        Games played at once; a few hundred keep the network's batches worth while.
    seats : sequence of Seat, optional
        Who plays where, see `dynenvs.core.seats`. ``"external"`` (-1) is the learner: everywhere for self-play.
        By default it sits on `seat`, and each other seat draws at every episode from `opponents`, or is
        played as `dynenvs.spec` says where there are none.
    seat : int
        Where the learner sits if `seats` is not given.
    opponents : sequence of Policy or str
        Policies that are asked outside the kernel, at the codes -2, -3, ... of `seats`, or strings of `make_policy`.
        Without `seats` these may also name background policies.
    seed : int
        Game i begins with the seed ``seed + i``.
    threads, preset, **params
        As in `dynenvs.make_world`.

    Returns
    -------
    SeatVecEnv
        With ``num_games`` times the number of learning seats rows.

    Raises
    ------
    ParameterError, UnknownEnvironment, UnknownPolicy
        If something does not fit or does not exist.

    Examples
    --------
    One seat against a population, and self-play::

        sb3_vec_env("dynenvs/RepeatedGame-v0", seats=["external", ["tit_for_tat", "grudger"]])
        sb3_vec_env("dynenvs/RepeatedGame-v0", seats=["external", "external"])
    """
    layout = registration.world_type(env_id).describe(registration.make_params(env_id, preset=preset, **params))
    if seats is None and not opponents and layout.num_agents > 1:
        named = choices(registration.spec(env_id).background)
        opponents = [policy for policy in named if isinstance(policy, str) and policy != "external"]
    if isinstance(opponents, str) or not isinstance(opponents, Sequence):
        raise ParameterError(f"opponents={opponents!r}: expected a sequence of policies")
    if opponents and layout.num_agents == 1:
        raise ParameterError(f"opponents={opponents!r}: expected none, with these parameters {env_id} has one player")
    players = [make_policy(policy, env_id) if isinstance(policy, str) else policy for policy in opponents]
    outside = [policy for policy in players if policy.seat == "external"]
    if seats is None:
        check_integer("seat", seat, 0, layout.num_agents - 1)
        others = _entries(players) or "external"
        seats = ["external" if agent == seat else others for agent in range(layout.num_agents)]
    elif len(outside) < len(players):
        raise ParameterError(f"opponents={opponents!r}: with seats given, names of background policies belong there")
    world = registration.make_world(
        env_id, num_games, seats=seats, autoreset="same_step", threads=threads, preset=preset, **params
    )
    return SeatVecEnv(world, opponents=outside, seed=seed)


def _one_or_numbers(name: str, values: list[Any]) -> Any:
    """Return the one value that all games are given, or an array of numbers, one a game."""
    if all(value == values[0] for value in values):
        return values[0]
    given = np.array(values)
    if given.dtype.kind not in "biuf":
        raise ParameterError(f"options: {name}={shown(values)}: expected numbers, or the same for all games")
    return given


def _entries(players: Sequence[Policy]) -> list[str | int]:
    """Return what a seat table says for each: the name of a background policy, or the next code."""
    codes = itertools.count(FIRST_OPPONENT, -1)
    return [next(codes) if policy.seat == "external" else str(policy.seat) for policy in players]


def _seat_codes(world: World) -> list[list[int]]:
    """Return the codes that each seat may have."""
    setup = world.buffers.setup
    if len(setup.seat_table):
        return [np.unique(codes).tolist() for codes in setup.seat_table.T]
    return [choices[:count].tolist() for choices, count in zip(setup.seat_choices, setup.seat_counts, strict=True)]


def _check_opponents(codes: list[list[int]], opponents: Sequence[Policy]) -> None:
    for policy in opponents:
        _check_outside(policy)
    used = {code for choices in codes for code in choices if code <= FIRST_OPPONENT}
    given = {FIRST_OPPONENT - index for index in range(len(opponents))}
    if used != given:
        raise ParameterError(
            f"the seats name the codes {sorted(used, reverse=True)}, but {len(opponents)} opponents "
            f"stand for {sorted(given, reverse=True)}"
        )


def _check_outside(policy: Policy) -> None:
    if policy.seat != "external":
        raise ParameterError(f"opponent {policy.name!r} plays inside the kernel: put its name into the seats")


def _common_role(world: World, learners: list[int]) -> Role:
    """Return the role of all learning seats, which one policy can play only if they observe and act alike."""
    if not learners:
        raise ParameterError(f"seats={world.seats!r}: expected 'external' for at least one seat")
    roles = world.layout.roles
    first = roles[learners[0]]
    for agent in learners[1:]:
        if (roles[agent].observation, roles[agent].actions) != (first.observation, first.actions):
            raise ParameterError(
                f"seats {learners[0]} ({first.name}) and {agent} ({roles[agent].name}) observe or act differently: "
                "let seats of one role learn at a time"
            )
    return first


def _action_space(actions: ActionLayout) -> spaces.Space[Any]:
    """Make the space that SB3's distributions are built from; its `sample` does not know the mask."""
    if not actions.is_discrete:
        low, high = actions.bounds()
        return spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
    sizes = [head.size for head in actions.discrete_heads]
    return spaces.Discrete(sizes[0]) if len(sizes) == 1 else spaces.MultiDiscrete(sizes)


def _row(seen: Any, k: int) -> Any:
    return {name: part[k] for name, part in seen.items()} if isinstance(seen, dict) else seen[k]
