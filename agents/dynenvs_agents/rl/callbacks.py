"""What happens beside the learning: checkpoints, past selves, and telling how it goes."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Self, cast

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from stable_baselines3.common.callbacks import BaseCallback

from dynenvs.adapters.sb3 import SeatVecEnv
from dynenvs.policies.past_selves import PastSelves
from dynenvs_agents.rl.checkpoints import save_checkpoint
from dynenvs_agents.rl.lagrangian import Constraint
from dynenvs_agents.rl.policies import TorchPolicy

__all__ = ["AdaptMultiplier", "Checkpoints", "GrowPastSelves", "ShowProgress"]


class AdaptMultiplier(BaseCallback):
    """Moves the price of a reward term after each rollout, so that its mean a step comes to a budget.

    Writes the scalars ``constraint/<term>`` (its mean in the rollout) and ``constraint/<term>_price``. The multiplier
    is kept in the model, as ``model.multipliers[term]``, and saved with it.

    Parameters
    ----------
    constraint : Constraint
        The term and its budget.
    rate : float
        By how much the price changes for each unit above the budget.
    """

    def __init__(self, constraint: Constraint, rate: float) -> None:
        super().__init__()
        self.constraint = constraint
        self.rate = rate

    def _init_callback(self) -> None:
        self._multipliers: dict[str, float] = vars(self.model).setdefault("multipliers", {})  # SB3 saves it as well
        self._which = list(self._env.world.layout.reward_terms).index(self.constraint.term)

    def _on_rollout_start(self) -> None:
        self._env.tally.clear()

    def _on_rollout_end(self) -> None:
        env, term = self._env, self.constraint.term
        mean = float(env.tally.terms[self._which]) / max(env.tally.steps, 1)
        multiplier = self._multipliers.get(term, 0.0)
        self._multipliers[term], price = self.constraint.answer(multiplier, mean, self.rate)
        env.charges[self._which] = price
        self.logger.record(f"constraint/{term}", mean)
        self.logger.record(f"constraint/{term}_price", price)

    def _on_step(self) -> bool:
        return True

    @property
    def _env(self) -> SeatVecEnv:
        return cast(SeatVecEnv, self.training_env)


class Checkpoints(BaseCallback):
    """Writes a checkpoint between two rollouts, whenever enough steps have passed.

    Parameters
    ----------
    run : Path
        The run's folder.
    every : int
        Steps between checkpoints, at least.
    """

    def __init__(self, run: Path, every: int) -> None:
        super().__init__()
        self.run = run
        self.every = every

    def _on_training_start(self) -> None:
        self._saved = self.model.num_timesteps

    def _on_rollout_start(self) -> None:
        if self.model.num_timesteps - self._saved >= self.every:
            save_checkpoint(self.run, self.model)
            self._saved = self.model.num_timesteps

    def _on_step(self) -> bool:
        return True


class GrowPastSelves(BaseCallback):
    """Adds a frozen copy of the learner to a pool of opponents, at the beginning and every so many steps.

    Parameters
    ----------
    pool : PastSelves
        One of the environment's opponents.
    every : int
        Steps between two copies.
    """

    def __init__(self, pool: PastSelves, every: int) -> None:
        super().__init__()
        self.pool = pool
        self.every = every

    def _on_rollout_start(self) -> None:
        if self.pool.num_added <= self.model.num_timesteps // self.every:
            self.pool.add(TorchPolicy(f"self at {self.model.num_timesteps}", self.model.policy))

    def _on_step(self) -> bool:
        return True


class ShowProgress(BaseCallback):
    """Tells steps, speed, return and the time that is left: as a bar on a terminal, else as plain lines.

    Used in a ``with`` block, which gives the terminal back, however the training ends.

    Parameters
    ----------
    total : int
        Steps at which the training ends.
    console : Console
        Where to tell it.
    every : float
        Seconds between plain lines.
    """

    def __init__(self, total: int, console: Console, every: float = 5.0) -> None:
        super().__init__()
        self.total = total
        self.console = console
        self.every = every if not console.is_terminal else 0.2
        self._bar = Progress(BarColumn(10), TextColumn("{task.description}"), console=console, transient=True)
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self._bar.stop()

    def describe(self) -> str:
        """Say in one line how far the training is."""
        done = self.model.num_timesteps
        speed = (done - self._first) / max(time.monotonic() - self._began, 1e-9)
        left = timedelta(seconds=round(max(self.total - done, 0) / speed)) if speed else "?"
        returns = [episode["r"] for episode in self.model.ep_info_buffer or ()]
        mean = f"{np.mean(returns):.2f}" if returns else "-"
        total = max(self.total, done)  # the last rollout is played to its end
        return f"{done:,} of {total:,} steps  {speed:,.0f} steps/s  return {mean}  {left} left"

    def _on_training_start(self) -> None:
        self._began = self._told = time.monotonic()
        self._first = self.model.num_timesteps
        if self.console.is_terminal:
            self._bar.start()

    def _on_rollout_end(self) -> None:
        now = time.monotonic()
        if now - self._told >= self.every:
            self._told = now
            self._tell()

    def _on_training_end(self) -> None:
        self.console.print(self.describe(), highlight=False)

    def _on_step(self) -> bool:
        return True

    def _tell(self) -> None:
        if self.console.is_terminal:
            self._bar.update(self._task, completed=self.model.num_timesteps, description=self.describe())
        else:
            self.console.print(self.describe(), highlight=False)
