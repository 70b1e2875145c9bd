"""Trained networks as policies: ``onnx:policy.onnx`` from anyone, ``sb3:runs/ppo`` from your own runs.

Both decide by the same few lines of NumPy (`dynenvs_agents.rl.signature.choose`): masks are applied to the logits, and
actions are drawn from the stream of the game, so that a policy plays alike in any batch. A recurrent network's memory
is kept by game and seat.
"""

from __future__ import annotations

import copy
import hashlib
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_one_of
from dynenvs.core.errors import CorruptFile, LifecycleError, ParameterError, require_extra
from dynenvs.core.seats import Seat
from dynenvs.core.world import World
from dynenvs.policies import Turn
from dynenvs.policies.sampling import turn_uniforms
from dynenvs_agents.rl.onnx_files import OnnxFile, as_options, read_onnx
from dynenvs_agents.rl.signature import Signature, choose
from dynenvs_agents.rl.slots import WholeDays

if TYPE_CHECKING:
    from stable_baselines3.common.policies import BasePolicy

__all__ = ["NetworkPolicy", "OnnxPolicy", "TorchPolicy", "load_onnx", "load_sb3"]

FloatArray = NDArray[np.float32]

EXAMPLES = {"onnx": "onnx:policy.onnx", "sb3": "sb3:runs/ppo"}
"""A string of each scheme."""


class NetworkPolicy(ABC):
    """A network that plays.

    Parameters
    ----------
    name : str
        How it is called.
    signature : Signature
        What the network takes and gives.
    deterministic : bool
        Whether it takes the most likely action instead of drawing one.
    """

    def __init__(self, name: str, signature: Signature, *, deterministic: bool = False) -> None:
        self.name = name
        self.seat: Seat = "external"
        self.signature = signature
        self.deterministic = deterministic
        self._fits = np.zeros(0, np.bool_)  # (A,): whether the network can play this seat
        self._memory = np.zeros((0, 0, 0), np.float32)  # (G, A, state)

    @abstractmethod
    def forward(self, inputs: dict[str, NDArray[Any]]) -> list[FloatArray]:
        """Run the network: inputs by name, outputs in the order of the signature."""

    @abstractmethod
    def weights_digest(self) -> str:
        """Hash the network."""

    def digest(self) -> str:
        """Hash the network and how it decides: 16 hexadecimal digits."""
        return hashlib.sha256(f"{self.weights_digest()}:{self.deterministic}".encode()).hexdigest()[:16]

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Forget these games.

        Raises
        ------
        ParameterError
            If no seat of the world observes and acts as the network needs it.
        """
        state = self.signature.state
        signatures = [Signature.of_role(role, state) for role in world.layout.roles]
        self._fits = np.array([signature == self.signature for signature in signatures])
        if not self._fits.any():
            raise ParameterError(
                f"{self.name!r} was made for {self.signature.against(signatures[0])} of this world; "
                f"did it learn under other parameters{self._learned_with()}?"
            )
        if self._memory.shape != (world.num_games, world.num_agents, state):
            self._memory = np.zeros((world.num_games, world.num_agents, state), np.float32)
        self._memory[games] = 0.0

    def _learned_with(self) -> str:
        """Say which parameters the world had that the network learned in, as far as that is known."""
        return ""

    def act(self, turn: Turn) -> NDArray[Any]:
        """Decide, one row a seat.

        Raises
        ------
        LifecycleError
            Before the first `reset`.
        ParameterError
            If a seat does not fit the network, or the network gives no finite numbers.
        """
        if len(self._fits) == 0:
            raise LifecycleError(f"{self.name!r}: call reset(world, games) before act")
        agents = np.unique(turn.agents)
        if not self._fits[agents].all():
            raise ParameterError(
                f"{self.name!r} cannot play seats {agents[~self._fits[agents]].tolist()} of this world"
            )
        decision = self._decide(turn)
        draws = None if self.deterministic else turn_uniforms(turn, self.signature.draws)
        actions: NDArray[Any] = np.zeros((len(turn), turn.world.layout.num_heads), turn.world.idle_actions.dtype)
        for agent in agents:
            rows = turn.agents == agent
            role = turn.world.layout.roles[agent]
            chosen = choose(
                decision[rows], role.actions, turn.action_masks[rows], None if draws is None else draws[rows]
            )
            actions[rows, : chosen.shape[1]] = chosen
        return actions

    def _decide(self, turn: Turn) -> FloatArray:
        inputs: dict[str, NDArray[Any]] = {"vector": turn.observations[:, : self.signature.vector]}
        if self.signature.grid is not None:
            height, width, channels = self.signature.grid
            inputs["grid"] = turn.grids[:, :height, :width, :channels]
        if self.signature.state:
            inputs["state"] = self._memory[turn.games, turn.agents]
        outputs = self.forward(inputs)
        if self.signature.state:
            self._memory[turn.games, turn.agents] = outputs[-1]
        if not np.isfinite(outputs[0]).all():
            raise ParameterError(f"{self.name!r} gave {outputs[0][~np.isfinite(outputs[0])][0]} for an action")
        return outputs[0]


class OnnxPolicy(NetworkPolicy):
    """A policy from an ONNX file, run by onnxruntime on one thread.

    Parameters
    ----------
    file : OnnxFile
        What `read_onnx` gave.
    deterministic : bool
        Whether it takes the most likely action instead of drawing one.

    Raises
    ------
    CorruptFile
        If onnxruntime cannot run the graph.
    MissingExtra
        If onnxruntime is not installed.
    """

    def __init__(self, file: OnnxFile, *, deterministic: bool = False) -> None:
        super().__init__(file.name, file.signature, deterministic=deterministic)
        self.file = file
        self._session = _open_session(file)

    def _learned_with(self) -> str:
        return f" ({as_options(self.file.params) or 'the usual ones'})"

    def forward(self, inputs: dict[str, NDArray[Any]]) -> list[FloatArray]:
        """Run the graph."""
        outputs: list[FloatArray] = self._session.run(None, inputs)
        return outputs

    def weights_digest(self) -> str:
        """Hash the file."""
        return hashlib.sha256(self.file.content).hexdigest()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_session"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._session = _open_session(self.file)


class TorchPolicy(NetworkPolicy):
    """A frozen copy of a policy of Stable-Baselines3.

    Parameters
    ----------
    name : str
        How it is called.
    policy : BasePolicy
        What to copy; it may be trained further without harm.
    deterministic : bool
        Whether it takes the most likely action instead of drawing one.

    Raises
    ------
    ParameterError
        If the policy is of a kind that is not known.
    """

    def __init__(self, name: str, policy: BasePolicy, *, deterministic: bool = False) -> None:
        from dynenvs_agents.rl.networks import PolicyNetwork

        # A frozen policy learns no more, and draws elsewhere; what SB3 last drew does not let itself be copied.
        left_out = {id(part): None for part in (policy.optimizer, getattr(policy, "action_dist", None))}
        self._network = PolicyNetwork(copy.deepcopy(policy, left_out)).eval()
        super().__init__(name, self._network.signature, deterministic=deterministic)

    def forward(self, inputs: dict[str, NDArray[Any]]) -> list[FloatArray]:
        """Run the network."""
        import torch

        with torch.no_grad():
            outputs = self._network(*(torch.as_tensor(array) for array in inputs.values()))
        return [output.numpy() for output in outputs]

    def weights_digest(self) -> str:
        """Hash the weights."""
        digest = hashlib.sha256()
        for name, weights in self._network.state_dict().items():
            digest.update(name.encode() + weights.numpy().tobytes())
        return digest.hexdigest()


def load_onnx(rest: str, env_id: str) -> OnnxPolicy | WholeDays:
    """Make the policy of the string ``onnx:rest``.

    Parameters
    ----------
    rest : str
        Path of a file; ``?deterministic=true`` behind it takes the most likely action instead of drawing one, and
        ``whole_days=true`` lets a network that fills one slot of a day at a time fill them all: see `WholeDays`.
    env_id : str
        The environment it is to play.

    Returns
    -------
    OnnxPolicy or WholeDays
        Of the name that stands in the file.

    Raises
    ------
    CorruptFile
        If there is no such file, or it is not a policy that is safe to run.
    ParameterError
        If no path is given, or it was trained in another environment.
    MissingExtra
        If onnx or onnxruntime are not installed.
    """
    path, options = _split("onnx", rest)
    file = read_onnx(path)
    if file.env_id != env_id:
        raise ParameterError(f"{path} was trained in {file.env_id}: expected {env_id}")
    deterministic = _is_deterministic(options, file.algorithm)
    policy = OnnxPolicy(replace(file, name=_called(file.name, options)), deterministic=deterministic)
    whole_days = options.get("whole_days", "false")
    check_one_of("whole_days", whole_days, ("true", "false"))
    return WholeDays(policy) if whole_days == "true" else policy


def load_sb3(rest: str, env_id: str) -> TorchPolicy:
    """Make the policy of the string ``sb3:rest``.

    Loading runs what is pickled in the file: **load only runs of your own.** Strangers' policies come as ``onnx:``.

    Parameters
    ----------
    rest : str
        A folder that `dynenvs train` wrote, one of its checkpoints, or a ``.zip`` that SB3 saved with ``?algo=ppo``
        behind it. ``?deterministic=true`` takes the most likely action instead of drawing one.
    env_id : str
        The environment it is to play.

    Returns
    -------
    TorchPolicy
        Called after the folder of the run.

    Raises
    ------
    CorruptFile
        If there is no model that can be read.
    ParameterError
        If no path is given, or it was trained in another environment.
    MissingExtra
        If Stable-Baselines3 is not installed.
    """
    require_extra("stable_baselines3", "rl", "a policy of an sb3: string")
    from dynenvs_agents.rl.checkpoints import find_model

    path, options = _split("sb3", rest)
    found = find_model(Path(path), options.get("algo"))
    if found.env_id not in (None, env_id):
        raise ParameterError(f"{path} was trained in {found.env_id}: expected {env_id}")
    deterministic = _is_deterministic(options, found.algorithm)
    return TorchPolicy(_called(found.name, options), found.load().policy, deterministic=deterministic)


def _split(scheme: str, rest: str) -> tuple[str, dict[str, str]]:
    """Split ``path?key=value&key=value``."""
    path, _, query = rest.partition("?")
    if not path:
        raise ParameterError(f"policy '{scheme}:{rest}': expected a path behind the colon, as in {EXAMPLES[scheme]}")
    options = dict(pair.partition("=")[::2] for pair in query.split("&")) if query else {}
    for key in options:
        check_one_of(
            "policy option", key, ("deterministic", "whole_days") if scheme == "onnx" else ("deterministic", "algo")
        )
    return path, options


def _called(name: str, options: dict[str, str]) -> str:
    """Tell one network that decides in two ways apart."""
    return f"{name}?deterministic={options['deterministic']}" if "deterministic" in options else name


def _is_deterministic(options: dict[str, str], algorithm: str) -> bool:
    """Tell whether a policy takes its best action: DQN's values are no logits, the others draw unless asked."""
    asked = options.get("deterministic", "true" if algorithm == "dqn" else "false")
    check_one_of("deterministic", asked, ("true", "false"))
    return asked == "true"


def _open_session(file: OnnxFile) -> Any:
    runtime = require_extra("onnxruntime", "rl", "a policy of an onnx: string")
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    kinds = tuple(kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception))
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return runtime.InferenceSession(file.content, options, providers=["CPUExecutionProvider"])
    except kinds as error:
        raise CorruptFile(f"policy {file.name!r}: {' '.join(str(error).split())}") from error
