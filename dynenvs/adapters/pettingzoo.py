"""Worlds as PettingZoo environments: all agents at once, or one after another."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pettingzoo
from gymnasium import spaces
from numpy.typing import NDArray

from dynenvs import registration
from dynenvs.adapters.players import Players, seat_players
from dynenvs.adapters.screen import FRAMES_PER_SECOND, RENDER_MODES, Screen
from dynenvs.adapters.spaces import watch_again
from dynenvs.adapters.views import SeatView
from dynenvs.core.checks import check_integer, check_options, shown
from dynenvs.core.errors import IllegalAction, LifecycleError, ParameterError
from dynenvs.core.seats import Seat, SeatTable, choices

__all__ = ["WorldAECEnv", "WorldParallelEnv", "aec_env", "parallel_env"]


class _SeatedAgents:
    """One game and its agents: what the two kinds of environments share.

    Agents are the seats that no background policy plays; ``agent_2`` is seat 2 whoever else is an agent.
    """

    metadata: dict[str, Any]
    possible_agents: list[str]
    agents: list[str]

    def _seat_agents(
        self, env_id: str, seats: SeatTable | None, mask: str, render_mode: str | None, params: dict[str, Any]
    ) -> None:
        layout = registration.world_type(env_id).describe(registration.make_params(env_id, **params))
        table, policies = seat_players(env_id, ["external"] * layout.num_agents if seats is None else seats)
        self.world = registration.make_world(env_id, seats=table, **params)
        self._players = Players(self.world, policies)
        self._views = {f"agent_{seat}": SeatView(self.world, seat, mask=mask) for seat in _agents_of(table)}
        self._actions = np.zeros_like(self.world.idle_actions)
        self._earned = np.zeros(layout.num_agents)
        self.possible_agents = list(self._views)
        self.agents = []
        self.observation_spaces = {agent: view.observation_space() for agent, view in self._views.items()}
        self.action_spaces = {agent: view.action_space() for agent, view in self._views.items()}
        self.state_space = _state_space(list(self._views.values()))
        self.render_mode = render_mode
        self._screen = Screen(env_id, self.world, render_mode)
        self.metadata = {
            "name": env_id,
            "render_modes": RENDER_MODES,
            "render_fps": FRAMES_PER_SECOND,
            "is_parallelizable": True,
        }

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Return the space of an agent's observations, always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """Return the space of an agent's actions, always the same object; its bare ``sample()`` is always legal."""
        return self.action_spaces[agent]

    def observe(self, agent: str) -> Any:
        """Return what an agent sees now, or saw last."""
        return self._views[agent].observe(0, self.world.buffers.vector, self.world.buffers.grid)

    def state(self) -> NDArray[np.float32]:
        """Return the world's global state, or where it offers none what all possible agents see, side by side.

        Returns
        -------
        ndarray of float32, shape (S,)
            In `state_space`.
        """
        if self.world.layout.global_state is not None:
            return self.world.buffers.global_state[0].copy()
        return np.concatenate([part.ravel() for view in self._views.values() for part in _seen(view)], dtype=np.float32)

    def render(self) -> Any:
        """Return the game as `render_mode` says."""
        return self._screen.render()

    def close(self) -> None:
        """Close the window, if there is one."""
        self._screen.close()

    def _start(self, seed: int | None, options: Mapping[str, Any] | None) -> None:
        """Begin an episode and play to the first turn of an agent; what is earned before comes with its first step."""
        options = check_options(options, self.world.params, ("params", "episode_index"))
        if seed is not None:
            check_integer("seed", seed, 0, 2**64 - 1)
        elif self.world.buffers.episode_index[0] < 0:
            seed = secrets.randbits(63)
        self.world.reset(seed, params=options.get("params"), episodes=options.get("episode_index"))
        self._players.forget(np.ones(1, np.bool_))
        self._earned[:] = 0.0
        self.agents = list(self.possible_agents)
        if self._nobody_acts():
            self._play()
        self.agents = [agent for agent in self.agents if not self._ended(agent)]
        self._screen.tick()

    def _take(self, agent: str, action: Any) -> None:
        """Note an agent's action, or refuse it."""
        view = self._views[agent]
        self._actions[0, view.seat, : view.num_heads] = view.coerce(action)
        self.world.check_actions(self._actions, np.arange(self.world.num_agents) == view.seat)

    def _play(self) -> None:
        """Play the actions taken, then on until an agent has to act or none is left, and add up what all earn."""
        b = self.world.buffers
        self._players.ask(b.acting, self._actions)
        self.world.step(self._actions)
        self._earned += b.rewards[0]
        while self._nobody_acts():
            self._players.ask(b.acting, self._actions)
            self.world.step(self._actions)
            self._earned += b.rewards[0]

    def _nobody_acts(self) -> bool:
        """Tell whether agents are still in the game, and all of them wait for others."""
        b = self.world.buffers
        alive = [agent for agent in self.agents if b.alive[0, self._views[agent].seat]]
        return bool(alive) and not any(self._acts(agent) for agent in alive)

    def _acts(self, agent: str) -> bool:
        return bool(self.world.buffers.acting[0, self._views[agent].seat])

    def _terminated(self, agent: str) -> bool:
        return bool(self.world.buffers.terminations[0, self._views[agent].seat])

    def _truncated(self, agent: str) -> bool:
        return bool(self.world.buffers.truncations[0, self._views[agent].seat])

    def _ended(self, agent: str) -> bool:
        return self._terminated(agent) or self._truncated(agent)

    def _pay_out(self) -> dict[str, float]:
        """Return what the agents have earned since the last time."""
        rewards = {agent: float(self._earned[self._views[agent].seat]) for agent in self.agents}
        self._earned[:] = 0.0
        return rewards

    def _info(self, agent: str) -> dict[str, Any]:
        """Return what is known of the episode: always the same keys with numbers, as TorchRL needs them."""
        b, view = self.world.buffers, self._views[agent]
        info = {
            "seed": int(b.seeds[0]),
            "episode_index": int(b.episode_index[0]),
            "return": float(b.episode_returns[0, view.seat]),
            "length": int(b.episode_lengths[0]),
            "end_reason": int(b.end_reason[0, view.seat]),
        }
        return {**info, "action_mask": view.sampling_mask(0)} if view.is_discrete else info

    def _check_begun(self) -> None:
        if not self.agents:
            raise LifecycleError("no agent is in the game: call reset() before step()")

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for agent, view in self._views.items():
            mask = self.world.buffers.action_masks[0, view.seat]
            watch_again(self.action_spaces[agent], view.role.actions, mask)


class WorldParallelEnv(_SeatedAgents, pettingzoo.ParallelEnv[str, Any, Any]):
    """One game, in which the agents act at the same time.

    Where the world takes turns, agents that wait stay in `agents`, and what is given as their action is ignored.

    Parameters
    ----------
    env_id : str
        A registered id.
    seats : sequence of Seat, optional
        Who plays where: for each seat ``"external"`` for an agent (default: all), the string of a policy, or several
        of them to draw from at each episode. Seats that policies play are no agents.
    mask : {"info", "observation"}
        The action mask is always in the infos; ``"observation"`` also puts it into the observations, then Dicts of
        ``observation`` and ``action_mask``.
    render_mode : {None, "human", "rgb_array", "ansi"}
        What `render` gives.
    **params
        Parameters of the environment, as in `dynenvs.make_params`.

    Raises
    ------
    ParameterError, UnknownEnvironment, UnknownPolicy, MissingExtra
        If something does not fit, does not exist, or is not installed.
    """

    def __init__(
        self,
        env_id: str,
        *,
        seats: SeatTable | None = None,
        mask: str = "info",
        render_mode: str | None = None,
        **params: Any,
    ) -> None:
        self._seat_agents(env_id, seats, mask, render_mode, params)

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Start an episode.

        Parameters
        ----------
        seed : int, optional
            Seed of the game. Without it the next episode of the present seed begins (of a fresh one at first).
        options : dict, optional
            ``"params"``: parameters to change from now on; ``"episode_index"``: which episode of the seed to play.

        Returns
        -------
        observations, infos
            By agent. The infos hold ``action_mask`` (discrete actions), ``seed`` and ``episode_index``, the
            episode's ``return`` and ``length`` so far, and ``end_reason``: a code of ``world.layout.end_reasons``,
            0 while the agent is in the game.
        """
        self._start(seed, options)
        return {agent: self.observe(agent) for agent in self.agents}, {a: self._info(a) for a in self.agents}

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Play one turn, and on to the next in which an agent acts.

        Parameters
        ----------
        actions : dict
            Actions by agent, at least of all that act now.

        Returns
        -------
        observations, rewards, terminations, truncations, infos
            By agent. Those whose episode has ended leave `agents`. Infos as `reset` gives them.

        Raises
        ------
        IllegalAction
            If an action is missing or not legal now; nothing has moved then.
        LifecycleError
            If no agent is in the game.
        """
        self._check_begun()
        self._take_all(actions)
        self._play()
        self._screen.tick()
        observations = {agent: self.observe(agent) for agent in self.agents}
        terminations = {agent: self._terminated(agent) for agent in self.agents}
        truncations = {agent: self._truncated(agent) for agent in self.agents}
        infos = {agent: self._info(agent) for agent in self.agents}
        rewards = self._pay_out()
        self.agents = [agent for agent in self.agents if not self._ended(agent)]
        return observations, rewards, terminations, truncations, infos

    def _take_all(self, actions: Mapping[str, Any]) -> None:
        if not isinstance(actions, dict) and not isinstance(actions, Mapping):  # dict first: it is looked up faster
            raise IllegalAction(f"actions={shown(actions)}: expected a dict of actions by agent")
        for agent in actions:
            if agent not in self._views:
                raise IllegalAction(f"{agent!r} is no agent here: expected {', '.join(self.possible_agents)}")
        for agent in self.agents:
            if not self._acts(agent):
                continue
            if agent not in actions:
                raise IllegalAction(f"{agent} acts now: expected its action among those of {list(actions)}")
            self._take(agent, actions[agent])


class WorldAECEnv(_SeatedAgents, pettingzoo.AECEnv[str, Any, Any]):
    """One game, in which one agent after another acts.

    Only agents that act are selected. Where several act at once, their actions are collected in order of their seats,
    and the world moves when the last of them has acted: none of them sees what the others do in that step.

    Parameters
    ----------
    env_id, seats, mask, render_mode, **params
        As in `WorldParallelEnv`.

    Raises
    ------
    ParameterError, UnknownEnvironment, UnknownPolicy, MissingExtra
        If something does not fit, does not exist, or is not installed.
    """

    def __init__(
        self,
        env_id: str,
        *,
        seats: SeatTable | None = None,
        mask: str = "info",
        render_mode: str | None = None,
        **params: Any,
    ) -> None:
        self._seat_agents(env_id, seats, mask, render_mode, params)

    def reset(self, seed: int | None = None, options: Mapping[str, Any] | None = None) -> None:
        """Start an episode; parameters as in `WorldParallelEnv.reset`."""
        self._start(seed, options)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._publish()

    def step(self, action: Any) -> None:
        """Take the action of the selected agent; None if its episode has ended, which removes it.

        Raises
        ------
        IllegalAction
            If the action is not legal now; nothing has moved then.
        LifecycleError
            If no agent is in the game.
        """
        self._check_begun()
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            self._was_dead_step(action)
            return
        self._take(agent, action)
        self._cumulative_rewards[agent] = 0.0
        self._clear_rewards()
        self._waiting.remove(agent)
        if self._waiting:
            self.agent_selection = self._waiting[0]
            return
        self._play()
        self._screen.tick()
        self.rewards = self._pay_out()
        self._accumulate_rewards()
        self._publish()

    def _publish(self) -> None:
        """Tell the outcome, and select who is next: first those whose episode has ended, then those who act."""
        self.terminations = {agent: self._terminated(agent) for agent in self.agents}
        self.truncations = {agent: self._truncated(agent) for agent in self.agents}
        self.infos = {agent: self._info(agent) for agent in self.agents}
        self._waiting = [agent for agent in self.agents if self._acts(agent)]
        self._skip_agent_selection = None  # type: ignore[assignment] # PettingZoo's own word for nobody
        if self.agents:
            self.agent_selection = (self._waiting or self.agents)[0]
            self._deads_step_first()


def parallel_env(env_id: str, **params: Any) -> WorldParallelEnv:
    """Make a `WorldParallelEnv`, as ``pettingzoo.make("parallel", env_id, **params)`` does."""
    return WorldParallelEnv(env_id, **params)


def aec_env(env_id: str, **params: Any) -> WorldAECEnv:
    """Make a `WorldAECEnv`, as ``pettingzoo.make("aec", env_id, **params)`` does."""
    return WorldAECEnv(env_id, **params)


def _agents_of(seats: Sequence[Seat]) -> list[int]:
    """Return the seats that agents take: they do so in every episode, or in none."""
    agents = [seat for seat, entry in enumerate(seats) if "external" in choices(entry)]
    if not agents:
        raise ParameterError(f"seats={seats!r}: expected 'external' for at least one seat")
    for seat in agents:
        if set(choices(seats[seat])) != {"external"}:
            raise ParameterError(f"seat {seat}: {seats[seat]!r}: expected 'external' or policies, not both")
    return agents


def _seen(view: SeatView) -> list[NDArray[Any]]:
    """Return views of all that a seat sees in the first game."""
    b, layout = view.world.buffers, view.role.observation
    seen: list[NDArray[Any]] = [b.vector[0, view.seat, : layout.size]]
    if layout.grid is not None:
        height, width, channels = layout.grid.shape
        seen.append(b.grid[0, view.seat, :height, :width, :channels])
    return seen


def _state_space(views: list[SeatView]) -> spaces.Box:
    """Make the space of `state`."""
    state = views[0].world.layout.global_state
    if state is not None:
        return spaces.Box(*state.bounds())
    low, high = [], []
    for view in views:
        lowest, highest = view.role.observation.bounds()
        low.append(lowest)
        high.append(highest)
        if view.role.observation.grid is not None:
            size = int(np.prod(view.role.observation.grid.shape))
            low.append(np.zeros(size, np.float32))
            high.append(np.full(size, view.role.observation.grid.num_codes - 1, np.float32))
    return spaces.Box(np.concatenate(low), np.concatenate(high))
