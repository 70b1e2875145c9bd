"""A network that fills one slot of a day at a time, at a table where whole days are asked for.

``onnx:policy.onnx?whole_days=true`` is a policy of `dynenvs/Escalation-v0` that was trained with ``slot_by_slot=true``,
and sits at tables without it: it is asked once a slot, and shown what it has put into the slots before.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import ParameterError
from dynenvs.core.seats import Seat
from dynenvs.core.world import World
from dynenvs.envs.escalation.actions import FIRST_AIMED, NUM_ACTIONS
from dynenvs.envs.escalation.params import EscalationParams
from dynenvs.policies import Turn
from dynenvs.policies.sampling import turn_uniforms
from dynenvs_agents.rl.signature import Signature, choose

if TYPE_CHECKING:
    from dynenvs.core.layouts import Role
    from dynenvs_agents.rl.policies import NetworkPolicy

__all__ = ["WholeDays"]


class WholeDays:
    """Asks a network once a slot.

    Parameters
    ----------
    network : NetworkPolicy
        Trained one slot at a time, without a memory.
    """

    def __init__(self, network: NetworkPolicy) -> None:
        self.name = network.name
        self.seat: Seat = "external"
        self.network = network

    def digest(self) -> str:
        """Hash the network, and that it is asked once a slot."""
        return hashlib.sha256(f"{self.network.digest()}:whole_days".encode()).hexdigest()[:16]

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Look at the table; there is nothing to forget.

        Raises
        ------
        ParameterError
            If it is not one of whole days of the wargame, or the network does not fit it.
        """
        params = world.params
        if not isinstance(params, EscalationParams) or params.slot_by_slot or params.messages:
            raise ParameterError(f"{self.name!r}: expected a wargame with slot_by_slot=False and messages=False")
        self._role: Role = type(world).describe(dataclasses.replace(params, slot_by_slot=True)).roles[0]
        needed = Signature.of_role(self._role)
        if needed != self.network.signature:
            raise ParameterError(f"{self.name!r} was made for {self.network.signature.against(needed)} of slots here")
        self._slots = params.slots

    def act(self, turn: Turn) -> NDArray[np.int64]:
        """Fill the slots of a day, one row a seat."""
        nations, slots = turn.world.num_agents, self._slots
        draws = None if self.network.deterministic else turn_uniforms(turn, slots)
        filled = np.zeros((len(turn), slots, 2), np.float32)
        options = np.zeros((len(turn), slots), np.int64)
        mine, shared = np.split(turn.observations[:, : turn.world.layout.roles[0].observation.size], [2 * nations], 1)
        for slot in range(slots):
            share = np.full((len(turn), 1), slot / slots, np.float32)
            seen = np.concatenate([mine, share, filled.reshape(len(turn), -1), shared], axis=1)
            (logits, *_) = self.network.forward({"vector": seen})
            drawn = None if draws is None else draws[:, slot : slot + 1]
            options[:, slot] = choose(logits, self._role.actions, turn.action_masks, drawn)[:, 0]
            filled[:, slot] = _seen(options[:, slot], turn.agents, nations)
        return options


def _seen(options: NDArray[np.int64], agents: NDArray[np.int64], nations: int) -> NDArray[np.float64]:
    """Return how an option shows in an observation: action and target, as the world writes them."""
    waits = options == 0
    actions = np.where(waits, 0, FIRST_AIMED + (options - 1) // nations)
    targets = np.where(waits, agents, (options - 1) % nations)
    return np.stack([(actions + 1) / NUM_ACTIONS, (targets + 1) / nations], axis=1)
