"""Policies of Stable-Baselines3 as plain networks: observations in, logits and values out, neither masks nor chance."""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.dqn.policies import DQNPolicy
from torch import Tensor, nn

from dynenvs.core.errors import ParameterError
from dynenvs_agents.rl.signature import Signature

__all__ = ["PolicyNetwork"]


class PolicyNetwork(nn.Module):
    """The decision of a trained policy as one function of tensors.

    Parameters
    ----------
    policy : BasePolicy
        Of PPO, MaskablePPO, RecurrentPPO or DQN, with their default networks.

    Attributes
    ----------
    signature : Signature
        What `forward` takes and gives, in that order.

    Raises
    ------
    ParameterError
        If the policy is of another kind.
    """

    def __init__(self, policy: BasePolicy) -> None:
        super().__init__()
        known = isinstance(policy, ActorCriticPolicy | MaskableActorCriticPolicy | DQNPolicy)
        if not known or not getattr(policy, "share_features_extractor", True):
            raise ParameterError(
                f"{type(policy).__name__}: expected a policy of PPO, MaskablePPO, RecurrentPPO or DQN "
                "whose actor and critic share their features"
            )
        self.policy: Any = policy.eval()
        self.signature = _signature(policy)

    def forward(self, vector: Tensor, *more: Tensor) -> tuple[Tensor, ...]:
        """Decide.

        Parameters
        ----------
        vector : Tensor, shape (rows, size)
            What is observed.
        *more : Tensor
            The grid and the state, where the signature has them.

        Returns
        -------
        tuple of Tensor
            Logits (or means and standard deviations), value, and the next state where there is one.
        """
        seen: Any = vector if self.signature.grid is None else {"vector": vector, "grid": more[0]}
        if isinstance(self.policy, DQNPolicy):
            values = self.policy.q_net(seen)
            return values, values.amax(dim=1, keepdim=True)
        features = self.policy.extract_features(seen)
        if isinstance(self.policy, RecurrentActorCriticPolicy):
            actor, critic, state = self._remember(features, more[-1])
            latent = self.policy.mlp_extractor.forward_actor(actor), self.policy.mlp_extractor.forward_critic(critic)
            return self._decide(latent[0]), self.policy.value_net(latent[1]), state
        latent_actor, latent_critic = self.policy.mlp_extractor(features)
        return self._decide(latent_actor), self.policy.value_net(latent_critic)

    def _decide(self, latent: Tensor) -> Tensor:
        decision: Tensor = self.policy.action_net(latent)
        if not self.signature.continuous:
            return decision
        return torch.cat([decision, self.policy.log_std.exp().expand_as(decision)], dim=1)

    def _remember(self, features: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Step the LSTMs of actor and critic; the state holds hidden and cell vectors, layer after layer."""
        parts = list(state.chunk(2 * (self.policy.lstm_actor.num_layers + self.policy.lstm_critic.num_layers), dim=1))
        outputs, after = [], []
        for lstm in (self.policy.lstm_actor, self.policy.lstm_critic):
            output = features
            for layer in range(lstm.num_layers):
                output, cell = _lstm_cell(lstm, layer, output, parts.pop(0), parts.pop(0))
                after += [output, cell]
            outputs.append(output)
        return outputs[0], outputs[1], torch.cat(after, dim=1)


def _lstm_cell(lstm: nn.LSTM, layer: int, seen: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Step an LSTM, spelled out: exporters know its parts better than the whole."""
    weights = [getattr(lstm, f"{name}_l{layer}") for name in ("weight_ih", "bias_ih", "weight_hh", "bias_hh")]
    gates = nn.functional.linear(seen, *weights[:2]) + nn.functional.linear(hidden, *weights[2:])
    enter, forget, candidate, show = gates.chunk(4, dim=1)
    cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(candidate)
    return torch.sigmoid(show) * torch.tanh(cell), cell


def _signature(policy: BasePolicy) -> Signature:
    observation, action = policy.observation_space, policy.action_space
    parts: Any = observation.spaces if isinstance(observation, spaces.Dict) else {"vector": observation}
    discrete: tuple[int, ...] = (int(action.n),) if isinstance(action, spaces.Discrete) else ()
    if isinstance(action, spaces.MultiDiscrete):
        discrete = tuple(int(size) for size in action.nvec)
    state = 0
    if isinstance(policy, RecurrentActorCriticPolicy):
        if policy.lstm_critic is None:
            raise ParameterError("expected a recurrent policy whose critic has an LSTM of its own, SB3's default")
        state = sum(2 * lstm.num_layers * lstm.hidden_size for lstm in (policy.lstm_actor, policy.lstm_critic))
    return Signature(
        vector=int(parts["vector"].shape[0]),
        grid=parts["grid"].shape if "grid" in parts else None,
        discrete=discrete,
        continuous=int(action.shape[0]) if isinstance(action, spaces.Box) else 0,
        state=state,
    )
