"""What is to be trained, checked before anything begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from dynenvs import registration
from dynenvs.adapters.sb3 import SeatVecEnv, sb3_vec_env
from dynenvs.core.checks import check_between, check_integer, check_one_of
from dynenvs.core.errors import ParameterError
from dynenvs.core.layouts import WorldLayout
from dynenvs.policies import Policy
from dynenvs.policies.past_selves import PastSelves
from dynenvs_agents.rl.algorithms import ALGORITHMS, default_hyperparameters
from dynenvs_agents.rl.lagrangian import MULTIPLIER_RATE, Constraint

__all__ = ["TrainingPlan"]

PAST_SELVES = "past_selves"
"""The opponent's name that stands for a pool of the learner's own past."""

FIRST_SEED = 2**62
"""Games of a training have seeds from here on, far from the small numbers that evaluations use."""

SEED_STRIDE = 2**20
"""Between the first games of two trainings with neighbouring seeds: more than anyone plays at once."""


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """What decides how a training goes, apart from its length.

    Attributes
    ----------
    env_id : str
        The environment.
    params : mapping of str
        Its parameters; missing ones take their defaults.
    algo : str
        A key of `dynenvs_agents.rl.algorithms.ALGORITHMS`.
    games : int
        Games played at once, 1 to 2^20.
    seat : int
        Where the learner sits, unless it sits everywhere.
    opponents : tuple of str
        Policies that the other seats draw from at each episode; empty: as `dynenvs.spec` says.
    self_play : bool
        Whether the learner sits on every seat.
    seed : int
        Seeds weights, actions, minibatches and games; in [0, 2^32).
    hyperparameters : mapping of str
        Keywords of the algorithm's class that replace our defaults.
    constraints : tuple of str
        Reward terms that are to stay within budgets, as in ``"escalation<=0.05"``: see `dynenvs_agents.rl.lagrangian`.
    multiplier_rate : float
        How fast their multipliers change, in (0, 1e6].

    Raises
    ------
    ParameterError, UnknownEnvironment
        If something does not fit or does not exist.
    """

    env_id: str
    params: Mapping[str, Any] = field(default_factory=dict)
    algo: str = "ppo"
    games: int = 256
    seat: int = 0
    opponents: tuple[str, ...] = ()
    self_play: bool = False
    seed: int = 0
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    multiplier_rate: float = MULTIPLIER_RATE

    def __post_init__(self) -> None:
        check_one_of("algo", self.algo, tuple(ALGORITHMS))
        check_integer("games", self.games, 1, SEED_STRIDE)
        check_integer("seed", self.seed, 0, 2**32 - 1)
        if self.self_play and (self.opponents or self.seat):
            raise ParameterError(f"opponents={self.opponents!r}, seat={self.seat!r}: in self-play all seats learn")
        check_integer("seat", self.seat, 0, self.num_agents - 1)
        check_between("multiplier_rate", self.multiplier_rate, 1e-9, 1e6)
        if self.constraints and self.algo == "dqn":
            raise ParameterError(f"constraints={self.constraints!r}: expected an algorithm that learns from rollouts")
        for constraint in self.parsed_constraints:
            check_one_of("constraint", constraint.term, tuple(self._layout.reward_terms))

    @property
    def parsed_constraints(self) -> tuple[Constraint, ...]:
        """The constraints, read."""
        return tuple(Constraint.parse(text) for text in self.constraints)

    @property
    def num_agents(self) -> int:
        """Seats of a game."""
        return self._layout.num_agents

    @property
    def _layout(self) -> WorldLayout:
        params = registration.make_params(self.env_id, **self.params)
        return registration.world_type(self.env_id).describe(params)

    @property
    def keywords(self) -> dict[str, Any]:
        """What the algorithm's class is made with: our defaults and what replaces them."""
        rows = self.games * (self.num_agents if self.self_play else 1)
        return {**default_hyperparameters(self.algo, rows), **self.hyperparameters}

    def make_env(self) -> SeatVecEnv:
        """Make the games to learn in."""
        opponents: list[Policy | str] = [PastSelves() if name == PAST_SELVES else name for name in self.opponents]
        return sb3_vec_env(
            self.env_id,
            self.games,
            seats=["external"] * self.num_agents if self.self_play else None,
            seat=self.seat,
            opponents=opponents,
            **self.params,
        )

    @property
    def first_seed(self) -> int:
        """Seed of the first game."""
        return FIRST_SEED + self.seed * SEED_STRIDE

    def to_dict(self) -> dict[str, Any]:
        """Return it, with all hyperparameters, as JSON gives it back."""
        whole = {**asdict(self), "hyperparameters": self.keywords}
        plan: dict[str, Any] = json.loads(json.dumps(whole, default=np.ndarray.tolist))
        return plan
