"""Training with Stable-Baselines3 on batched worlds: one call, one folder, and it survives being killed."""

from __future__ import annotations

import dataclasses
import json
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynenvs import registration
from dynenvs.core.checks import check_integer
from dynenvs.core.errors import IllegalAction, ParameterError, require_extra
from dynenvs.core.files import write_text
from dynenvs.policies.past_selves import PastSelves
from dynenvs_agents.rl.lagrangian import MULTIPLIER_RATE

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.callbacks import BaseCallback

    from dynenvs_agents.rl.plan import TrainingPlan

__all__ = ["train"]

PACKAGES = ("dynenvs", "gymnasium", "numba", "numpy", "sb3-contrib", "stable-baselines3", "torch")


def train(
    env_id: str,
    algo: str = "ppo",
    steps: int = 1_000_000,
    out: str | Path = "runs/ppo",
    *,
    games: int = 256,
    seat: int = 0,
    opponents: Sequence[str] = (),
    self_play: bool = False,
    seed: int = 0,
    hyperparameters: Mapping[str, Any] | None = None,
    constraints: Sequence[str] = (),
    multiplier_rate: float = MULTIPLIER_RATE,
    checkpoint_every: int = 250_000,
    snapshot_every: int = 250_000,
    resume: bool = False,
    command: str = "",
    quiet: bool = False,
    preset: str | None = None,
    **params: Any,
) -> Path:
    """Train a policy, and leave it as ``policy.onnx`` in a folder.

    Parameters
    ----------
    env_id : str
        A registered id.
    algo : {"ppo", "maskable_ppo", "recurrent_ppo", "dqn"}
        How to learn. Where actions can be illegal it has to be ``maskable_ppo``; where seats wait for their turn,
        ``ppo`` or ``maskable_ppo``.
    steps : int
        Steps of all learning seats together; rounded up to whole rollouts (128 steps of every game for PPO).
    out : str or Path
        The run's folder, see `dynenvs_agents.rl.checkpoints`.
    games : int
        Games played at once.
    seat : int
        Where the learner sits.
    opponents : sequence of str
        Who sits elsewhere, drawn anew at each episode: strings of `dynenvs.make_policy`, or ``"past_selves"``, a
        pool of frozen copies of the learner. By default what `dynenvs.spec` says.
    self_play : bool
        Let the learner sit on every seat instead.
    seed : int
        The same seed gives the same weights on the same machine, however often the run was interrupted (for PPO and
        its relatives; DQN starts with an empty replay buffer after each interruption).
    hyperparameters : mapping, optional
        Keywords of the algorithm's class that replace our defaults.
    constraints, multiplier_rate
        Reward terms that are to stay within budgets, and how fast their multipliers change: see
        `dynenvs_agents.rl.lagrangian`.
    checkpoint_every, snapshot_every : int
        Steps between checkpoints, and between two copies for the pool of past selves.
    resume : bool
        Go on from the newest checkpoint in `out`; a run that has none begins anew.
    command : str
        What was typed, for the record.
    quiet : bool
        Show no progress.
    preset, **params
        As in `dynenvs.make_params`.

    Returns
    -------
    Path
        The run's folder.

    Raises
    ------
    ParameterError, UnknownEnvironment, UnknownPolicy
        If something does not fit or does not exist.
    CorruptFile
        If a checkpoint cannot be read.
    MissingExtra
        If Stable-Baselines3 is not installed.

    Notes
    -----
    One torch thread is used: networks of this size gain little from more, and lose a lot where cores are shared.
    """
    require_extra("sb3_contrib", "rl", "training")
    from dynenvs_agents.rl.plan import TrainingPlan

    for name, value in (("steps", steps), ("checkpoint_every", checkpoint_every), ("snapshot_every", snapshot_every)):
        check_integer(name, value, 1)
    plan = TrainingPlan(
        env_id=env_id,
        params=dataclasses.asdict(registration.make_params(env_id, preset=preset, **params)),
        algo=algo,
        games=games,
        seat=seat,
        opponents=tuple(opponents),
        self_play=self_play,
        seed=seed,
        hyperparameters=hyperparameters or {},
        constraints=tuple(constraints),
        multiplier_rate=multiplier_rate,
    )
    folder = Path(out)
    _check_folder(folder, plan, resume)
    with _one_thread():
        model = _resumed(folder, plan) or _begun(plan)
        _write_run(folder, plan, command, model.num_timesteps)
        callbacks = _callbacks(folder, model, plan, checkpoint_every, snapshot_every)
        _learn(model, plan, folder, steps, callbacks, quiet)
        _leave(folder, model, plan)
    return folder


def _check_folder(folder: Path, plan: TrainingPlan, resume: bool) -> None:
    """Refuse to mix two runs in one folder, and clear away what a killed one left half-written."""
    from dynenvs_agents.rl.checkpoints import read_run

    if not (folder / "run.json").exists():
        return
    if not resume:
        raise ParameterError(f"{folder} holds a run already: resume it, or choose another folder")
    for difference in _differences(plan.to_dict(), read_run(folder)["plan"]):
        raise ParameterError(f"the run in {folder} is another one: {difference}")
    for left in (folder / "checkpoints").glob(".*.tmp"):
        shutil.rmtree(left)


def _differences(asked: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[str]:
    """Say where two plans differ, down to single parameters."""
    for key in sorted({*asked, *there}):
        ours, theirs = asked.get(key), there.get(key)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            yield from _differences(ours, theirs)
        elif ours != theirs:
            yield f"{key}={ours!r} was asked for, it has {theirs!r}"


def _begun(plan: TrainingPlan) -> BaseAlgorithm:
    from dynenvs_agents.rl.algorithms import make_model

    env = plan.make_env()
    model = make_model(plan.algo, env, plan.seed, plan.keywords)
    env.seed(plan.first_seed)  # SB3 has seeded it with the seed of the weights
    return model


def _resumed(folder: Path, plan: TrainingPlan) -> BaseAlgorithm | None:
    from dynenvs_agents.rl.checkpoints import newest_checkpoint, resume_model

    checkpoint = newest_checkpoint(folder)
    if checkpoint is None:
        return None
    model = resume_model(checkpoint, plan.algo)
    if "learning_starts" in plan.keywords:  # first fill the replay buffer again
        model.learning_starts = model.num_timesteps + plan.keywords["learning_starts"]  # type: ignore[attr-defined]
    return model


def _write_run(folder: Path, plan: TrainingPlan, command: str, first_step: int) -> None:
    """Write down what was asked for, and add this session: a run that is resumed may see other versions."""
    from dynenvs_agents.rl.checkpoints import read_run

    versions = {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}
    session = {"command": command, "first_step": first_step, "versions": versions}
    earlier = read_run(folder)["sessions"] if (folder / "run.json").exists() else []
    run = {"plan": plan.to_dict(), "sessions": [*earlier, session]}
    write_text(folder / "run.json", json.dumps(run, indent=2, sort_keys=True) + "\n")


def _callbacks(
    folder: Path, model: BaseAlgorithm, plan: TrainingPlan, checkpoint_every: int, snapshot_every: int
) -> list[BaseCallback]:
    """Return what happens beside the learning; a checkpoint holds the past selves that were added before it."""
    from dynenvs_agents.rl.callbacks import AdaptMultiplier, Checkpoints, GrowPastSelves

    pools = [policy for policy in model.get_env().opponents if isinstance(policy, PastSelves)]  # type: ignore[union-attr]
    return [
        *(GrowPastSelves(pool, snapshot_every) for pool in pools),
        *(AdaptMultiplier(constraint, plan.multiplier_rate) for constraint in plan.parsed_constraints),
        Checkpoints(folder, checkpoint_every),
    ]


def _learn(
    model: BaseAlgorithm, plan: TrainingPlan, folder: Path, steps: int, callbacks: list[BaseCallback], quiet: bool
) -> None:
    from rich.console import Console
    from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat

    from dynenvs_agents.rl.callbacks import ShowProgress

    model.set_logger(Logger(str(folder), [TensorBoardOutputFormat(str(folder / "tensorboard"))]))
    remaining, first = steps - model.num_timesteps, model.num_timesteps == 0
    if remaining <= 0:
        return
    log_interval = 100 * plan.games if plan.algo == "dqn" else 1  # DQN counts episodes, the others rollouts
    try:
        with ShowProgress(steps, Console(stderr=True, quiet=quiet)) as show:
            model.learn(remaining, [*callbacks, show], log_interval=log_interval, reset_num_timesteps=first)
    except IllegalAction as error:
        hint = "" if plan.algo == "maskable_ppo" else "; maskable_ppo keeps to what is legal"
        raise ParameterError(f"algo={plan.algo!r}: {error}{hint}") from error
    finally:
        model.logger.close()


def _leave(folder: Path, model: BaseAlgorithm, plan: TrainingPlan) -> None:
    """Write the last checkpoint, and the policy in the format that is safe to give away."""
    from dynenvs_agents.rl.checkpoints import save_checkpoint
    from dynenvs_agents.rl.onnx_files import write_onnx

    save_checkpoint(folder, model)
    write_onnx(
        folder / "policy.onnx",
        model.policy,
        env_id=plan.env_id,
        params=plan.params,
        name=folder.absolute().name,
        algorithm=plan.algo,
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
