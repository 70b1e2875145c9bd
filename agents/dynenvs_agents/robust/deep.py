"""Deep IWOCS: models solved by SAC or DQN, joined by who is the most pessimistic, with a head that says who counts.

It is published with two rules of joining, and both are here:

* ``switch``: of the models that count, the one whose own best action is worth least by its own value decides;
* ``max_min``: the action whose least value over the models that count is best.

A model counts in a state if the prediction of its head, from the last state and action, was within `rho` of what came
(L1 distance of observations). Where none counts, the default policy plays, learnt in randomised models. Of the given
values of `rho` each new model gets the one with the best worst case.

Nothing here promises that the result is better than its best part: see the family's page for what we measured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_one_of
from dynenvs.core.errors import ParameterError
from dynenvs.core.seats import Seat
from dynenvs.core.world import World
from dynenvs.envs.robust.param_set import ParamSet
from dynenvs.policies import Turn
from dynenvs.registration import make_params, make_world
from dynenvs_agents.robust.iwocs import Candidate, WorstCase
from dynenvs_agents.robust.members import Effort, Member, learn
from dynenvs_agents.robust.search import SEARCHES, Found, Score, cma_search, grid_search, rollout_score

__all__ = ["RULES", "DeepProblem", "JoinedPolicy", "Searching"]

RULES: tuple[str, ...] = ("switch", "max_min")

Array = NDArray[Any]


class JoinedPolicy:
    """Plays by the most pessimistic of the models that count.

    Parameters
    ----------
    members : sequence of Member
        Solutions.
    rhos : sequence of float
        How far off each model's prediction may be where it counts; infinity: it always does.
    default : Member
        Who plays where none counts.
    rule : {"switch", "max_min"}
        How they are joined.
    """

    name = "iwocs"
    seat: Seat = "external"

    def __init__(self, members: Sequence[Member], rhos: Sequence[float], default: Member, rule: str) -> None:
        check_one_of("rule", rule, RULES)
        self._members, self._default, self._rule = tuple(members), default, rule
        self.rhos = np.array(rhos, np.float64)
        self._expected = np.zeros((0, 0, 0), np.float32)  # (G, J, columns)
        self._began = np.zeros(0, np.bool_)  # (G,) whether there is a last state in the episode

    def digest(self) -> str:
        """Hash all networks that decide."""
        digest = hashlib.sha256(f"{self._rule} {self.rhos.tolist()}".encode())
        for member in (*self._members, self._default):
            digest.update(member.digest_source())
        return digest.hexdigest()[:16]

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Forget these games."""
        shape = world.num_games, len(self._members), world.layout.roles[0].observation.size
        if self._expected.shape != shape:
            self._expected, self._began = np.zeros(shape, np.float32), np.zeros(world.num_games, np.bool_)
        self._began[games] = False

    def act(self, turn: Turn) -> Array:
        """Decide, and note what each model expects to come of it."""
        seen = turn.observations[:, : self._expected.shape[2]]
        actions = self.decide(seen, self._counting(turn.games, seen))
        for place, member in enumerate(self._members):
            self._expected[turn.games, place] = member.predict(seen, actions)
        self._began[turn.games] = True
        return actions

    def _counting(self, games: NDArray[np.int64], seen: Array) -> NDArray[np.bool_]:
        """Say which models count, shape (rows, J): all in the first step of an episode."""
        off = np.abs(self._expected[games] - seen[:, None, :]).sum(axis=2)
        counting: NDArray[np.bool_] = (off <= self.rhos) | ~self._began[games, None]
        return counting

    def decide(self, seen: Array, counting: NDArray[np.bool_]) -> Array:
        """Join the models that count (rows, J) to actions."""
        choices = np.stack([member.act(seen) for member in self._members])
        if self._rule == "switch":
            own = [member.value(seen, choice) for member, choice in zip(self._members, choices, strict=True)]
            place = np.where(counting.T, own, np.inf).argmin(axis=0)
        else:
            if self._members[0].num_actions:
                choices = np.tile(np.arange(self._members[0].num_actions)[:, None], len(seen))
            values = [[member.value(seen, choice) for member in self._members] for choice in choices]
            place = np.where(counting.T, values, np.inf).min(axis=1).argmax(axis=0)
        joined: Array = choices[place, np.arange(len(seen))]
        nobody = ~counting.any(axis=1)
        if nobody.any():
            joined[nobody] = self._default.act(seen[nobody])
        return joined

    def promise(self, seen: Array) -> float:
        """Return what the joined values say that states are worth on average, where every model counts."""
        actions = self.decide(seen, np.ones((len(seen), len(self._members)), np.bool_))
        return float(np.min([member.value(seen, actions) for member in self._members], axis=0).mean())


@dataclass(frozen=True, kw_only=True)
class Searching:
    """How the worst model is looked for.

    Attributes
    ----------
    how : {"grid", "cma"}
        On a closed grid (IWOCS* in the paper), or by CMA-ES.
    grid : int
        Values of each parameter.
    generations, population : int
        Of CMA-ES.
    episodes : int
        Starts of each model.
    """

    how: str = "grid"
    grid: int = 6
    generations: int = 6
    population: int = 100
    episodes: int = 8

    def __post_init__(self) -> None:
        check_one_of("how", self.how, SEARCHES)
        others = ("generations", "population") if self.how == "grid" else ("grid",)
        for one in fields(self):
            if one.name in others and getattr(self, one.name) != one.default:
                raise ParameterError(
                    f"{one.name}={getattr(self, one.name)!r}: expected none, how={self.how!r} has none"
                )

    def __call__(self, score: Score, box: ParamSet, seed: int) -> Found:
        """Look for the worst point."""
        if self.how == "grid":
            return grid_search(score, box, n=self.grid)
        return cma_search(score, box, generations=self.generations, population=self.population, seed=seed)


@dataclass(kw_only=True)
class DeepProblem:
    """A world of uncertain physics, for `dynenvs_agents.robust.iwocs.iwocs`; models are mappings of parameters.

    Attributes
    ----------
    env_id : str
        Such as ``dynenvs/RobustCartPole-v0``.
    algo : {"dqn", "sac"}
        How a model is solved.
    effort, default_effort : Effort
        How long a model, and the default policy, are learnt.
    rule : {"switch", "max_min"}
        How solutions are joined.
    rhos : sequence of float
        Values of rho to choose from; infinity alone leaves the validity head out.
    searching : Searching
        How the worst model is looked for.
    seed : int
        Of everything.
    params : mapping
        As in `dynenvs.make_params`; what is given for uncertain parameters is the nominal model.
    """

    env_id: str
    algo: str = "dqn"
    effort: Effort = field(default_factory=Effort)
    default_effort: Effort = field(default_factory=Effort)
    rule: str = "switch"
    rhos: Sequence[float] = (np.inf,)
    searching: Searching = field(default_factory=Searching)
    seed: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_one_of("algo", self.algo, ("dqn", "sac"))
        check_one_of("rule", self.rule, RULES)
        if "varies" in self.params:
            raise ParameterError(f"varies={self.params['varies']!r}: expected none, models are learnt one by one")
        self._box: ParamSet = make_params(self.env_id, **self.params).param_set
        self._chosen: list[float] = []
        self._known: list[dict[str, float]] = []
        self._default: Member | None = None
        self._worst: dict[str, WorstCase] = {}

    @property
    def nominal(self) -> dict[str, float]:
        """The model that is believed in: where to start."""
        return self._box.mapping(self._box.nominal)

    @property
    def default(self) -> Member:
        """The policy that plays where no model counts, learnt in randomised models when it is first needed."""
        if self._default is None:
            drawn = {name: value for name, value in self.params.items() if name not in self._box.names}
            params = {**drawn, "varies": "episode"}
            self._default = learn(self.env_id, self.algo, self.default_effort, self.seed, **params)
        return self._default

    def solve(self, model: Mapping[str, float]) -> Member:
        """Learn in one model."""
        self._known.append(dict(model))
        return learn(self.env_id, self.algo, self.effort, self.seed + len(self._known), **{**self.params, **model})

    def join(self, members: Sequence[Member]) -> Candidate:
        """Join the solutions, with that rho for the newest one whose worst case is best; the first always counts."""
        if len(members) == 1:
            best = JoinedPolicy(members, [np.inf], self.default, self.rule)
        else:
            tried = [JoinedPolicy(members, [*self._chosen, rho], self.default, self.rule) for rho in self.rhos]
            best = max(tried, key=lambda policy: self.worst_case(policy).value) if len(tried) > 1 else tried[0]
        self._chosen = best.rhos.tolist()
        return Candidate(best, best.promise(self._first_observations()))

    def worst_case(self, policy: JoinedPolicy) -> WorstCase:
        """Look for the model with the least discounted return; of equally bad ones, one that is known already."""
        digest = policy.digest()
        if digest not in self._worst:
            score = rollout_score(
                self.env_id,
                policy,
                self._box,
                episodes=self.searching.episodes,
                seed=self.seed,
                discount=self._discount,
                **self.params,
            )
            found = self.searching(score, self._box, self.seed)
            known = score(np.array([self._box.vector(model) for model in self._known]))
            if known.min() <= found.value:
                self._worst[digest] = WorstCase(self._known[int(known.argmin())], float(known.min()))
            else:
                self._worst[digest] = WorstCase(self._box.mapping(found.point), found.value)
        return self._worst[digest]

    @property
    def _discount(self) -> float:
        return float(dict(self.effort.hyperparameters or {}).get("gamma", 0.99))

    def _first_observations(self) -> Array:
        """Return where the episodes begin that the worst case is measured in."""
        world = make_world(self.env_id, self.searching.episodes, **self.params)
        world.reset(self.seed)
        return world.buffers.vector[:, 0].copy()
