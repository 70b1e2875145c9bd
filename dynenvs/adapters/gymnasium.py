"""Worlds as Gymnasium environments: one seat of one game, or the same seat in many games."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from dynenvs.adapters.screen import FRAMES_PER_SECOND, RENDER_MODES, Screen
from dynenvs.adapters.spaces import batched_action_space, watch_again
from dynenvs.adapters.table import lay_table
from dynenvs.adapters.views import SeatView
from dynenvs.core.buffers import OVER
from dynenvs.core.checks import check_integer, check_one_of, check_options
from dynenvs.core.errors import LifecycleError
from dynenvs.core.seats import Seat

__all__ = ["SeatEnv", "SeatVectorEnv"]

_AUTORESET = {
    AutoresetMode.NEXT_STEP: "next_step",
    AutoresetMode.SAME_STEP: "same_step",
    AutoresetMode.DISABLED: "disabled",
}


class SeatEnv(gymnasium.Env[Any, Any]):
    """One seat of one game; the other seats are played.

    Parameters
    ----------
    env_id : str
        A registered id.
    seat : int
        The seat to play.
    background : Seat, optional
        Who plays the others: one policy's string, or several to draw from at each episode; by default what
        `dynenvs.spec` says.
    observation : {"flat", "named"}
        One Box, or a Dict of the fields of the layout.
    mask : {"info", "observation"}
        The action mask is always in the info; ``"observation"`` also puts it into the observation, then a Dict.
    render_mode : {None, "human", "rgb_array", "ansi"}
        What `render` gives.
    **params
        Parameters of the environment, as in `dynenvs.make_params`.

    Raises
    ------
    ParameterError, UnknownEnvironment, UnknownPolicy, MissingExtra
        If something does not fit, does not exist, or is not installed.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": FRAMES_PER_SECOND}  # noqa: RUF012 (as the base class has it)

    def __init__(
        self,
        env_id: str,
        *,
        seat: int = 0,
        background: Seat | None = None,
        observation: str = "flat",
        mask: str = "info",
        render_mode: str | None = None,
        **params: Any,
    ) -> None:
        self.table = lay_table(env_id, 1, seat=seat, background=background, autoreset="disabled", **params)
        self.world = self.table.world
        self.view = SeatView(self.world, seat, observation=observation, mask=mask)
        self.render_mode = render_mode
        self._screen = Screen(env_id, self.world, render_mode)
        self.observation_space = self.view.observation_space()
        self.action_space = self.view.action_space()

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode.

        Parameters
        ----------
        seed : int, optional
            Seed of the game. Without it the next episode of the present seed begins (of a fresh one at first).
        options : dict, optional
            ``"params"``: parameters to change from now on; ``"episode_index"``: which episode of the seed to play.

        Returns
        -------
        observation, info
            The info holds ``action_mask`` (discrete actions), ``seed`` and ``episode_index``.
        """
        if seed is not None:
            check_integer("seed", seed, 0, 2**64 - 1)
        super().reset(seed=None if seed is None else int(seed))
        chosen = check_options(options, self.world.params, ("params", "episode_index"))
        if seed is None and self.world.buffers.episode_index[0] < 0:
            seed = int(self.np_random.integers(2**63))
        self.world.reset(seed, params=chosen.get("params"), episodes=chosen.get("episode_index"))
        self.table.begin()
        self._screen.tick()
        return self.view.observe(0, self.world.buffers.vector, self.world.buffers.grid), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Play one turn: the seat's action, then the others' until its next turn.

        Returns
        -------
        observation, reward, terminated, truncated, info
            When the episode has ended the info also holds ``end_reason``, ``return`` and ``length``.

        Raises
        ------
        IllegalAction
            If the action is not legal now; nothing has moved then.
        LifecycleError
            If the episode is over, or was never begun.
        """
        table, b = self.table, self.world.buffers
        if b.phase[0] == OVER:
            raise LifecycleError("the episode is over: call reset before the next step")
        table.play(self.view.coerce(action))
        terminated, truncated = bool(table.terminations[0]), bool(table.truncations[0])
        info = self._info()
        if terminated or truncated:
            info["end_reason"] = self.world.layout.end_reasons[table.end_reason[0]]
            info["return"] = float(b.episode_returns[0, self.view.seat])
            info["length"] = int(b.episode_lengths[0])
        self._screen.tick()
        return self.view.observe(0, b.vector, b.grid), float(table.rewards[0]), terminated, truncated, info

    def render(self) -> Any:
        """Return the game as `render_mode` says."""
        return self._screen.render()

    def close(self) -> None:
        """Close the window, if there is one."""
        self._screen.close()

    def _info(self) -> dict[str, Any]:
        b = self.world.buffers
        info: dict[str, Any] = {"seed": int(b.seeds[0]), "episode_index": int(b.episode_index[0])}
        if self.view.is_discrete:
            info["action_mask"] = self.view.sampling_mask(0)
        return info

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        watch_again(self.action_space, self.view.role.actions, self.world.buffers.action_masks[0, self.view.seat])


class SeatVectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """The same seat in many games at once: one batch of the world, no processes and no wrappers.

    Parameters
    ----------
    env_id : str
        A registered id.
    num_envs : int
        Games. Game i is seeded with ``seed + i``.
    autoreset_mode : gymnasium.vector.AutoresetMode or str
        ``NEXT_STEP`` (Gymnasium's default), ``SAME_STEP`` or ``DISABLED``.
    seat, background, observation, mask, render_mode, **params
        As in `SeatEnv`.

    Raises
    ------
    ParameterError, UnknownEnvironment, UnknownPolicy, MissingExtra
        If something does not fit, does not exist, or is not installed.
    """

    def __init__(
        self,
        env_id: str,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        seat: int = 0,
        background: Seat | None = None,
        observation: str = "flat",
        mask: str = "info",
        render_mode: str | None = None,
        **params: Any,
    ) -> None:
        check_one_of("autoreset_mode", autoreset_mode, [*_AUTORESET, *(mode.value for mode in _AUTORESET)])
        mode = AutoresetMode(autoreset_mode)
        autoreset = _AUTORESET[mode]
        self.table = lay_table(env_id, num_envs, seat=seat, background=background, autoreset=autoreset, **params)
        self.world = self.table.world
        self.view = SeatView(self.world, seat, observation=observation, mask=mask)
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.metadata = {"render_modes": RENDER_MODES, "render_fps": FRAMES_PER_SECOND, "autoreset_mode": mode}
        self._screen = Screen(env_id, self.world, render_mode)
        self.single_observation_space = self.view.observation_space()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.single_action_space = self.view.action_space()
        self.action_space = batched_action_space(self.view.role.actions, self.world.buffers.action_masks[:, seat])
        self._same_step = mode == AutoresetMode.SAME_STEP
        self._everywhere = np.ones(num_envs, np.bool_)

    def reset(
        self, *, seed: int | list[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start episodes.

        Parameters
        ----------
        seed : int or list of int, optional
            Seeds of the games; an integer gives game i the seed ``seed + i``. Without it each game goes on
            with the next episode of its present seed (of a fresh one at first).
        options : dict, optional
            ``"reset_mask"``: bool array of the games to reset; ``"params"``: parameters to change in them, from now on;
            an array, shape (num_envs,), gives each of them its own value; ``"episode_index"``: which episode of its
            seed each of them is to play, one for all or one a game.

        Returns
        -------
        observations, infos
            As `step` gives them.
        """
        if isinstance(seed, Integral):
            check_integer("seed", seed, 0, 2**64 - self.num_envs)
        super().reset(seed=int(seed) if isinstance(seed, Integral) else None)
        chosen = check_options(options, self.world.params, ("params", "reset_mask", "episode_index"))
        which = chosen.get("reset_mask")
        if seed is None and (self.world.buffers.episode_index < 0).any():
            seed = self.np_random.integers(2**63, size=self.num_envs).tolist()
        self.world.reset(seed, which=which, params=chosen.get("params"), episodes=chosen.get("episode_index"))
        self.table.begin(which)
        self._screen.tick()
        return self.view.observe(slice(None), self.world.buffers.vector, self.world.buffers.grid), self._infos()

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Play one turn of the seat in every game.

        Returns
        -------
        observations, rewards, terminations, truncations, infos
            Fresh arrays. Where an episode has ended, ``final_info`` holds ``return``, ``length`` and ``end_reason``
            (a code of ``world.layout.end_reasons``), and in the same-step mode ``final_obs`` the last observations.

        Raises
        ------
        IllegalAction
            If an action is not legal now; nothing has moved then.
        """
        table, b = self.table, self.world.buffers
        table.play(self.view.coerce(actions, (self.num_envs,)))
        terminations, truncations, rewards = table.terminations.copy(), table.truncations.copy(), table.rewards.copy()
        infos = self._infos()
        ended = terminations | truncations
        if np.count_nonzero(ended):  # half the time that any() takes
            self._add_final(infos, ended)
        self._screen.tick()
        observations = self.view.observe(slice(None), b.vector, b.grid)
        return observations, rewards, terminations, truncations, infos

    def render(self) -> tuple[Any, ...] | None:
        """Return every game as `render_mode` says; the window shows the first."""
        if self.render_mode in (None, "human"):
            return None
        return tuple(self._screen.render(game) for game in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Close the window, if there is one."""
        if hasattr(self, "_screen"):  # before 1.4, Gymnasium also closes what could not be built
            self._screen.close()

    def _infos(self) -> dict[str, Any]:
        """Tell the identity of each episode and its mask in Gymnasium's form: arrays, and masks of where they count."""
        b = self.world.buffers
        everywhere = self._everywhere.copy()
        infos: dict[str, Any] = {
            "seed": b.seeds.copy(),
            "episode_index": b.episode_index.copy(),
            "_seed": everywhere,
            "_episode_index": everywhere,
        }
        if self.view.is_discrete:
            infos["action_mask"], infos["_action_mask"] = self.view.mask(slice(None)), everywhere
        return infos

    def _add_final(self, infos: dict[str, Any], ended: NDArray[np.bool_]) -> None:
        b = self.world.buffers
        infos["final_info"] = {
            "return": b.final_returns[:, self.view.seat] * ended,
            "length": b.final_lengths * ended,
            "end_reason": self.table.end_reason.copy(),
            "_return": ended,
            "_length": ended,
            "_end_reason": ended,
        }
        infos["_final_info"] = ended
        if self._same_step:
            infos["final_obs"] = self.view.observe(slice(None), b.final_vector, b.final_grid)
            infos["_final_obs"] = ended

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        masks = self.world.buffers.action_masks[:, self.view.seat]
        watch_again(self.single_action_space, self.view.role.actions, masks[0])
        watch_again(self.action_space, self.view.role.actions, masks)
