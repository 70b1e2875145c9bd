"""A run's folder, and checkpoints from which training goes on as if it had never stopped.

::

    runs/ppo/
        run.json                      what was asked for, by which commands, with which versions
        checkpoints/000000262144/     the newest few, each whole or not there at all
            model.zip                 SB3's own file: weights, optimiser, counters
            training.pkl              the games under way, opponents, random states
        policy.onnx                   what to give to others
        tensorboard/                  scalars of the training

Checkpoints are pickles, which run code when they are loaded: they are for the one who wrote them.
"""

from __future__ import annotations

import json
import os
import pickle
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dynenvs.adapters.sb3 import SeatVecEnv
from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs_agents.rl.algorithms import algorithm_class, buffer_arguments

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

__all__ = ["SavedModel", "find_model", "newest_checkpoint", "read_run", "resume_model", "save_checkpoint"]

KEPT = 3
"""Checkpoints that are kept of a run."""

UNREADABLE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
)
"""What comes out of a damaged pickle or zip."""


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """A model of Stable-Baselines3 on disk.

    Attributes
    ----------
    path : Path
        Its ``.zip``.
    algorithm : str
        A key of `ALGORITHMS`.
    name : str
        How its policy is called.
    env_id : str or None
        Where it was trained, if a run says so.
    """

    path: Path
    algorithm: str
    name: str
    env_id: str | None

    def load(self, **keywords: Any) -> BaseAlgorithm:
        """Load it on the CPU; keywords go to SB3's `load`.

        Raises
        ------
        CorruptFile
            If it cannot be read.
        """
        try:
            return algorithm_class(self.algorithm).load(self.path, device="cpu", **keywords)
        except UNREADABLE as error:
            raise CorruptFile(f"{self.path}: no model of {self.algorithm}: {error}") from error


def find_model(path: Path, algorithm: str | None = None) -> SavedModel:
    """Find the model that a path means.

    Parameters
    ----------
    path : Path
        A run's folder (its newest checkpoint), a checkpoint, or a ``.zip`` of SB3.
    algorithm : str, optional
        Key of `ALGORITHMS`, for a ``.zip`` that belongs to no run.

    Raises
    ------
    CorruptFile
        If there is no model.
    ParameterError
        If nothing says which algorithm it is of.
    """
    if (path / "run.json").is_file():
        path = newest_checkpoint(path) or path
    file = path / "model.zip" if path.is_dir() else path
    if not file.is_file():
        found = "a folder without a model" if path.is_dir() else "no such file or folder"
        raise CorruptFile(f"{path}: {found}: expected a run with a checkpoint, a checkpoint, or a .zip that SB3 saved")
    run = next((folder for folder in list(file.absolute().parents)[:3] if (folder / "run.json").is_file()), None)
    if run is not None:
        plan = read_run(run)["plan"]
        return SavedModel(path=file, algorithm=plan["algo"], name=run.name, env_id=plan["env_id"])
    if algorithm is None:
        raise ParameterError(f"{path} belongs to no run: say what it is, as in sb3:{path}?algo=ppo")
    return SavedModel(path=file, algorithm=algorithm, name=file.stem, env_id=None)


def read_run(folder: Path) -> dict[str, Any]:
    """Read a run's ``run.json``.

    Raises
    ------
    CorruptFile
        If it is not what `dynenvs train` writes.
    """
    file = folder / "run.json"
    try:
        run = json.loads(file.read_text(encoding="utf-8"))
        str(run["plan"]["env_id"] + run["plan"]["algo"])
        list(run["sessions"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CorruptFile(f"{file}: expected what dynenvs train writes: {error!r}") from error
    return dict(run)


def newest_checkpoint(run: Path) -> Path | None:
    """Return the folder of a run's newest checkpoint; None if it has none."""
    return max((run / "checkpoints").glob("[0-9]*"), key=lambda folder: folder.name, default=None)


def save_checkpoint(run: Path, model: BaseAlgorithm) -> Path:
    """Write a checkpoint, whole or not at all, and delete all but the newest few.

    Parameters
    ----------
    run : Path
        The run's folder.
    model : BaseAlgorithm
        Between two rollouts, with a `SeatVecEnv`.

    Returns
    -------
    Path
        The checkpoint's folder.

    Raises
    ------
    ParameterError
        If an opponent cannot be pickled.
    """
    folder = run / "checkpoints" / f"{model.num_timesteps:012d}"
    training = {
        "env": model.get_env(),
        "random": _random_states(),
        "memory": getattr(model, "_last_lstm_states", None),  # SB3 loads recurrent models with an empty one
    }
    try:
        pickled = pickle.dumps(training)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ParameterError(f"no checkpoint, for an opponent cannot be pickled: {error}") from error
    with _replacing_folder(folder) as beside:
        model.save(beside / "model.zip", exclude=["rollout_buffer_class", "rollout_buffer_kwargs"])
        (beside / "training.pkl").write_bytes(pickled)
    for old in sorted(folder.parent.glob("[0-9]*"))[:-KEPT]:
        shutil.rmtree(old)
    return folder


def resume_model(checkpoint: Path, algorithm: str) -> BaseAlgorithm:
    """Load a model with its games, and put all random states back, so that training goes on bit by bit.

    Models that learn from a replay buffer (DQN) begin with an empty one, and fill it before they learn on: the
    buffer is not in the checkpoint.

    Raises
    ------
    CorruptFile
        If something of it is missing or damaged.
    """
    file = checkpoint / "training.pkl"
    try:
        training = pickle.loads(file.read_bytes())
        env: SeatVecEnv = training["env"]
    except UNREADABLE as error:
        raise CorruptFile(f"{file}: no state of a training: {error!r}") from error
    saved = SavedModel(path=checkpoint / "model.zip", algorithm=algorithm, name=checkpoint.name, env_id=None)
    model = saved.load(env=env, force_reset=False, **buffer_arguments(algorithm, env))
    env.seed(None)  # loading has seeded it: its games go on instead
    if training["memory"] is not None:
        model._last_lstm_states = training["memory"]  # type: ignore[attr-defined]
    if hasattr(model, "learning_starts"):
        model.learning_starts += model.num_timesteps
    _set_random_states(training["random"])
    return model


def _random_states() -> dict[str, Any]:
    """Copy the global generators that SB3 draws from: torch's for actions, NumPy's for minibatches."""
    import torch

    return {"torch": torch.get_rng_state(), "numpy": np.random.get_state()}  # noqa: NPY002 - SB3's generator


def _set_random_states(states: dict[str, Any]) -> None:
    import torch

    torch.set_rng_state(states["torch"])
    np.random.set_state(states["numpy"])  # noqa: NPY002


@contextmanager
def _replacing_folder(folder: Path) -> Iterator[Path]:
    """Lend a folder beside `folder`; filled well, it takes its place in one move, even if the power fails."""
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    beside.mkdir(parents=True)
    try:
        yield beside
        for path in (*beside.iterdir(), beside):
            _flush(path)
        if folder.exists():
            shutil.rmtree(folder)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _flush(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows opens no folders
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
