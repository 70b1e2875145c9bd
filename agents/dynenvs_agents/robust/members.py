"""What deep IWOCS keeps of a model: a policy, what actions are worth, and what is to be expected next.

The value is not regularised. That of DQN is none to begin with; SAC's critics count entropy as reward, so a second pair
of critics is fitted to the policy that SAC has found, on its replay buffer. The head that predicts the next observation
is fitted on the same buffer: where it is far off, the world is not this model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3 import DQN, SAC
from torch import nn

from dynenvs.adapters.sb3 import sb3_vec_env

__all__ = ["ALGORITHMS", "Effort", "Member", "learn"]

ALGORITHMS = {"dqn": DQN, "sac": SAC}

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long one model is learnt.

    Attributes
    ----------
    steps : int
        Steps in the world.
    fits : int
        Gradient steps for what is fitted afterwards: the next observation, and for SAC the values.
    games : int
        Games played at once.
    hyperparameters : mapping
        Keywords of the algorithm's class.
    """

    steps: int = 20_000
    fits: int = 2_000
    games: int = 8
    hyperparameters: Mapping[str, Any] | None = None


class Member:
    """One model, solved as if it were certain.

    Parameters
    ----------
    algorithm : DQN or SAC
        After learning.
    critics : list of Module
        Values of (observation, action); empty for DQN, whose network has them.
    predictor : Module
        Change of the observation by (observation, action).
    """

    def __init__(self, algorithm: Any, critics: list[nn.Module], predictor: nn.Module) -> None:
        self._algorithm, self._critics, self._predictor = algorithm, critics, predictor
        space = algorithm.action_space
        self.num_actions = int(space.n) if isinstance(space, spaces.Discrete) else 0
        """Options; 0 where actions are real numbers."""

    def act(self, observations: Array) -> Array:
        """Return the policy's actions (rows,), or (rows, heads) of real numbers."""
        actions: Array = self._algorithm.predict(observations, deterministic=True)[0]
        return actions

    def value(self, observations: Array, actions: Array) -> Array:
        """Return what actions are worth, shape (rows,)."""
        with torch.no_grad():
            seen = torch.as_tensor(observations)
            if self.num_actions:
                chosen = torch.as_tensor(actions).reshape(-1, 1)
                return _numpy(self._algorithm.q_net(seen).gather(1, chosen)[:, 0])
            pairs = torch.cat([seen, self._features(actions)], dim=1)
            return _numpy(torch.stack([critic(pairs)[:, 0] for critic in self._critics]).min(dim=0).values)

    def predict(self, observations: Array, actions: Array) -> Array:
        """Return the observations that are to be expected next, shape (rows, columns)."""
        with torch.no_grad():
            seen = torch.as_tensor(observations)
            return _numpy(seen + self._predictor(torch.cat([seen, self._features(actions)], dim=1)))

    def _features(self, actions: Array) -> torch.Tensor:
        """Bring actions into the form that networks take: one-hot, or scaled to [-1, 1]."""
        if self.num_actions:
            return nn.functional.one_hot(torch.as_tensor(actions).flatten(), self.num_actions).float()
        return torch.as_tensor(self._algorithm.policy.scale_action(actions), dtype=torch.float32)

    def digest_source(self) -> bytes:
        """Return the weights that decide, for a digest."""
        return b"".join(_numpy(weight).tobytes() for weight in self._algorithm.policy.state_dict().values())


def learn(env_id: str, algo: str, effort: Effort, seed: int, **params: Any) -> Member:
    """Solve one model by reinforcement learning.

    Parameters
    ----------
    env_id : str
        A world with one agent.
    algo : {"dqn", "sac"}
        How.
    effort : Effort
        How long.
    seed : int
        Of weights, actions and games.
    **params
        As in `dynenvs.make_params`: the model, or ``varies="episode"``.

    Returns
    -------
    Member
        The solution.
    """
    env = sb3_vec_env(env_id, effort.games, **params)
    algorithm = ALGORITHMS[algo]("MlpPolicy", env, seed=seed, device="cpu", **dict(effort.hyperparameters or {}))
    env.seed(2**41 + 2**20 * seed)
    algorithm.learn(effort.steps)
    env.close()
    predictor = _fit_predictor(algorithm, effort.fits)
    critics = [] if algo == "dqn" else _fit_critics(algorithm, effort.fits)
    algorithm.replay_buffer = None  # large, and not needed any more
    return Member(algorithm, critics, predictor)


def _fit_predictor(algorithm: Any, fits: int) -> nn.Module:
    observation, action = algorithm.observation_space.shape[0], algorithm.action_space
    width = int(action.n) if isinstance(action, spaces.Discrete) else action.shape[0]
    network = _network(observation + width, observation)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for _ in range(fits):
        batch = algorithm.replay_buffer.sample(256)
        loss = nn.functional.mse_loss(network(_pairs(batch, action)), batch.next_observations - batch.observations)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return network


def _fit_critics(algorithm: Any, fits: int, *, polyak: float = 0.995) -> list[nn.Module]:
    """Evaluate the mean action of SAC's policy, without entropy, by two critics of which the lesser counts."""
    width = algorithm.observation_space.shape[0] + algorithm.action_space.shape[0]
    critics, targets = ([_network(width, 1) for _ in range(2)] for _ in range(2))
    for critic, target in zip(critics, targets, strict=True):
        target.load_state_dict(critic.state_dict())
    optimizer = torch.optim.Adam([weight for critic in critics for weight in critic.parameters()], lr=1e-3)
    for _ in range(fits):
        batch = algorithm.replay_buffer.sample(256)
        with torch.no_grad():
            following = algorithm.actor(batch.next_observations, deterministic=True)
            pairs = torch.cat([batch.next_observations, following], dim=1)
            least = torch.min(*(target(pairs) for target in targets))
            goal = batch.rewards + (1 - batch.dones) * algorithm.gamma * least
        pairs = torch.cat([batch.observations, batch.actions], dim=1)
        loss = torch.stack([nn.functional.mse_loss(critic(pairs), goal) for critic in critics]).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        with torch.no_grad():
            for critic, target in zip(critics, targets, strict=True):
                for weight, slow in zip(critic.parameters(), target.parameters(), strict=True):
                    slow.mul_(polyak).add_((1 - polyak) * weight)
    return critics


def _pairs(batch: Any, space: spaces.Space[Any]) -> torch.Tensor:
    actions = batch.actions
    if isinstance(space, spaces.Discrete):
        actions = nn.functional.one_hot(actions.flatten(), int(space.n)).float()
    return torch.cat([batch.observations, actions], dim=1)


def _network(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, outputs))


def _numpy(tensor: torch.Tensor) -> Array:
    array: Array = tensor.detach().cpu().numpy()
    return array
