"""Rollout buffers of Stable-Baselines3 for worlds in which seats wait for their turn."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.adapters.sb3 import Turns
from dynenvs.core.errors import LifecycleError, require_extra

require_extra("sb3_contrib", "rl", "the adapter for Stable-Baselines3")

import torch  # noqa: E402 - after the check that they are there
from sb3_contrib.common.maskable.buffers import MaskableDictRolloutBuffer, MaskableRolloutBuffer  # noqa: E402
from stable_baselines3.common.buffers import DictRolloutBuffer, RolloutBuffer  # noqa: E402

__all__ = [
    "MaskableTurnDictRolloutBuffer",
    "MaskableTurnRolloutBuffer",
    "TurnDictRolloutBuffer",
    "TurnRolloutBuffer",
]


class _TurnTaking(RolloutBuffer):
    """Time as each seat lives it: a transition leads from one of its turns to its next, or to the episode's end.

    What comes between is credited to the earlier turn, undiscounted, for `gamma` counts the seat's own turns. Steps in
    which a row did not act are left out of training; so is a turn whose successor lies beyond the rollout, which
    serves the turn before it as its bootstrap.
    """

    def __init__(self, *args: Any, turns: Turns, **kwargs: Any) -> None:
        self.turns = turns
        super().__init__(*args, **kwargs)

    def reset(self) -> None:
        """Forget the last rollout."""
        self.acted = np.zeros((self.buffer_size, self.n_envs), np.bool_)
        self.kept = self.acted.copy()
        self._first_step = self.turns.steps
        super().reset()

    def add(self, *args: Any, **kwargs: Any) -> None:
        """Note one step of all rows, and which of them acted in it.

        Raises
        ------
        LifecycleError
            If the environment whose turns it reads has not moved.
        """
        if self.turns.steps != self._first_step + self.pos + 1:
            raise LifecycleError("this buffer reads the turns of another environment: give it turns=env.turns")
        self.acted[self.pos] = self.turns.acted
        super().add(*args, **kwargs)

    def compute_returns_and_advantage(self, last_values: torch.Tensor, dones: NDArray[np.bool_]) -> None:
        """Compute the GAE(lambda) advantage along each seat's own turns (Schulman and others 2016).

        Parameters
        ----------
        last_values : torch.Tensor, shape (num_envs, 1)
            Values of the observations after the last step.
        dones : ndarray of bool, shape (num_envs,)
            Whether the last step ended an episode.
        """
        next_value = last_values.clone().cpu().numpy().flatten()
        known = self.turns.acting.copy()  # whether the successor of an earlier turn is in sight
        advantage, earned = np.zeros_like(next_value), np.zeros_like(next_value)
        for step in reversed(range(self.buffer_size)):
            ended = dones if step == self.buffer_size - 1 else self.episode_starts[step + 1] > 0
            known |= ended
            for array in (next_value, advantage, earned):
                array[ended] = 0.0
            earned += self.rewards[step]
            acted, value = self.acted[step], self.values[step]
            delta = earned + self.gamma * next_value - value
            here = np.where(known, delta + self.gamma * self.gae_lambda * advantage, 0.0)
            self.kept[step] = acted & known
            self.advantages[step] = np.where(acted, here, 0.0)
            next_value, advantage = np.where(acted, value, next_value), np.where(acted, here, advantage)
            earned[acted] = 0.0
            known |= acted
        self.returns = self.advantages + self.values

    def get(self, batch_size: int | None = None) -> Generator[Any, None, None]:
        """Shuffle what was kept, and yield it in even parts of at most `batch_size`.

        Raises
        ------
        LifecycleError
            If no seat finished a turn within the rollout.
        """
        if not self.generator_ready:
            self.kept = self.swap_and_flatten(self.kept)[:, 0]
            if not self.kept.any():
                raise LifecycleError(f"no seat finished a turn within n_steps={self.buffer_size}: raise n_steps")
        (everything,) = super().get(None)
        parts = -(-len(everything.actions) // (batch_size or len(everything.actions)))
        for part in zip(*(_split(field, parts) for field in everything), strict=True):
            yield type(everything)(*part)

    def _get_samples(self, batch_inds: NDArray[np.int64], env: Any = None) -> Any:
        return super()._get_samples(batch_inds[self.kept[batch_inds]], env)


def _split(field: Any, parts: int) -> Iterable[Any]:
    """Split a tensor, or the tensors of a dict side by side."""
    if not isinstance(field, dict):
        return field.tensor_split(parts)
    pieces = zip(*(tensor.tensor_split(parts) for tensor in field.values()), strict=True)
    return [dict(zip(field, piece, strict=True)) for piece in pieces]


class TurnRolloutBuffer(_TurnTaking):
    """For PPO and A2C: ``rollout_buffer_class=TurnRolloutBuffer, rollout_buffer_kwargs={"turns": env.turns}``."""


class MaskableTurnRolloutBuffer(_TurnTaking, MaskableRolloutBuffer):
    """For MaskablePPO, with the same keyword."""


class TurnDictRolloutBuffer(_TurnTaking, DictRolloutBuffer):
    """For PPO and A2C where roles observe a grid."""


class MaskableTurnDictRolloutBuffer(_TurnTaking, MaskableDictRolloutBuffer):
    """For MaskablePPO where roles observe a grid."""
