"""The body as a memory for learning agents: what it feels stands beside what a seat observes.

The network is drawn and never trained; where an LSTM learns what to remember, a policy here learns what to read in a
body that remembers anyhow (reservoir computing, Jaeger 2001). So any algorithm of Stable-Baselines3 gets a memory, at
the price of one product of a matrix a step, and none in training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from dynenvs.core.checks import check_between, check_integer
from dynenvs.core.errors import ParameterError, require_extra
from dynenvs.core.jit import bind, kernel
from dynenvs_agents.reservoir.body import WEIGHT_DECIMALS, draw_recurrent
from dynenvs_agents.reservoir.kernels import add_product, tanh

require_extra("stable_baselines3", "rl", "the body as a memory of learning agents")

from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper  # noqa: E402 - after the check that it is there

__all__ = ["ReservoirVecEnv"]

FloatArray = NDArray[np.float64]


class ReservoirVecEnv(VecEnvWrapper):
    """Adds the state of an echo state network to what every row of a vector env observes.

    ``x <- (1 - leak) x + leak tanh(W x + W_in u + b)``, where u is the observation, each column scaled to [0, 1] where
    its bounds are finite. A new episode begins with x = 0.

    Parameters
    ----------
    venv : VecEnv
        With observations that are vectors, such as `dynenvs.sb3_vec_env` makes them.
    d : int
        Neurons, in [1, 2000].
    spectral_radius, leak, input_scaling
        As in `dynenvs_agents.reservoir.body.BodyParams`.
    seed : int
        Which network. Training and evaluation need the same.

    Raises
    ------
    ParameterError
        If observations are no vectors, or a value is out of range.
    """

    def __init__(
        self,
        venv: VecEnv,
        *,
        d: int = 64,
        spectral_radius: float = 0.9,
        leak: float = 1.0,
        input_scaling: float = 0.5,
        seed: int = 0,
    ) -> None:
        seen = venv.observation_space
        if not isinstance(seen, spaces.Box) or len(seen.shape) != 1:
            raise ParameterError(f"observation_space={seen}: expected vectors, a Box of one dimension")
        check_integer("seed", seed, 0)
        check_between("leak", leak, 0, 1, closed="right")
        check_between("input_scaling", input_scaling, 0, 100)
        rng = np.random.default_rng([2, seed])
        self._recurrent = draw_recurrent(d, spectral_radius, rng)[None]
        self._inputs = rng.uniform(-input_scaling, input_scaling, (seen.shape[0], d)).round(WEIGHT_DECIMALS)
        self._bias = rng.uniform(-input_scaling, input_scaling, d).round(WEIGHT_DECIMALS)
        self._leak = float(leak)
        self._low, self._span = _finite_bounds(seen)
        self._x = np.zeros((venv.num_envs, d))
        low, high = np.concatenate([seen.low, -np.ones(d)]), np.concatenate([seen.high, np.ones(d)])
        super().__init__(venv, spaces.Box(low.astype(np.float32), high.astype(np.float32)))

    def reset(self) -> NDArray[np.float32]:
        """Begin all episodes, with bodies that have felt nothing before."""
        seen = self._vector(self.venv.reset())
        self._x[:] = 0.0
        return self._feel(self._x, seen)

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Finish a step; a last observation has the state that the episode ended with."""
        observed, rewards, dones, infos = self.venv.step_wait()
        seen, ended = self._vector(observed), np.flatnonzero(dones)
        if len(ended):
            last = np.stack([infos[row]["terminal_observation"] for row in ended])
            for row, felt in zip(ended, self._feel(self._x[ended], last), strict=True):
                infos[row]["terminal_observation"] = felt
            self._x[ended] = 0.0
        return self._feel(self._x, seen), rewards, dones, infos

    def _feel(self, x: FloatArray, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """Let states live through what is seen, and return both side by side."""
        scaled = (seen - self._low) / self._span
        arguments = (x, scaled, self._recurrent, self._inputs, self._bias, self._leak, np.empty(x.shape[1]))
        bind(_advance, *arguments)(*arguments)
        return np.concatenate([seen, x], axis=1, dtype=np.float32, casting="same_kind")

    def _vector(self, observed: Any) -> NDArray[np.float32]:
        return np.asarray(observed, np.float32)


def _finite_bounds(seen: spaces.Box) -> tuple[FloatArray, FloatArray]:
    """Return low end and span by column; 0 and 1 where a column has no bounds."""
    low, high = seen.low.astype(np.float64), seen.high.astype(np.float64)
    bounded = np.isfinite(low) & np.isfinite(high) & (high > low)
    return np.where(bounded, low, 0.0), np.where(bounded, high - low, 1.0)


@kernel
def _advance(
    x: FloatArray,
    seen: FloatArray,
    recurrent: FloatArray,
    inputs: FloatArray,
    bias: FloatArray,
    leak: float,
    z: FloatArray,
) -> None:
    """Let every row live through its observation; `recurrent` (1, d, d) and `inputs` (columns, d) are transposed."""
    for n in range(x.shape[0]):
        for i in range(x.shape[1]):
            z[i] = bias[i]
        for c in range(seen.shape[1]):
            u = seen[n, c]
            if u != 0.0:  # one-hot observations are mostly zeros
                for i in range(x.shape[1]):
                    z[i] += inputs[c, i] * u
        add_product(recurrent, 0, x, n, z)
        for i in range(x.shape[1]):
            x[n, i] = (1.0 - leak) * x[n, i] + leak * tanh(z[i])
