"""Explicit Markov decision processes as a world."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.world import World
from dynenvs.envs.robust import kernels
from dynenvs.envs.robust.tabular import TabularMDP
from dynenvs.envs.robust.world_params import TabularParams

__all__ = ["TabularState", "TabularTables", "TabularWorld"]


class TabularState(NamedTuple):
    """One row a game."""

    process: NDArray[np.uint64]  # (G,) digest of the models, which lie in the tables
    chosen: NDArray[np.int64]  # (G,) place of the model that was chosen
    varies: NDArray[np.bool_]  # (G,) whether each episode draws its own
    one_hot: NDArray[np.bool_]  # (G,)
    sees_model: NDArray[np.bool_]  # (G,)
    horizon: NDArray[np.int32]  # (G,)
    model: NDArray[np.int64]  # (G,) place of the model in force
    s: NDArray[np.int64]  # (G,) the state
    before: NDArray[np.int64]  # (G,) the state that the last move left, -1 before the first: for pictures
    action: NDArray[np.int64]  # (G,) what was done there
    steps: NDArray[np.int32]  # (G,)
    discounted: NDArray[np.float64]  # (G,) discounted rewards of the episode so far


class TabularTables(NamedTuple):
    """What all games share: M models, S states, A actions."""

    cumulative: NDArray[np.float64]  # (M, S, A, S) cumulative transition probabilities
    R: NDArray[np.float64]  # (M, S, A, S)
    start: NDArray[np.float64]  # (S,) cumulative
    over: NDArray[np.bool_]  # (M, S) states that are never left and pay nothing
    gamma: NDArray[np.float64]  # (1,)


class TabularWorld(World):
    """One agent moves through a finite process whose transitions and rewards are written down.

    Rewards are paid as they fall due, not discounted; the metric ``discounted_return`` is what solvers compute.
    """

    step_span = staticmethod(kernels.step_span)
    params: TabularParams
    state: TabularState

    @classmethod
    def describe(cls, params: TabularParams) -> WorldLayout:
        """Lay out the state and the actions."""
        mdp, about = params.models.models[0], f"state of {params.told}"
        if params.encoding == "one_hot":
            seen = [Field(name="state", shape=(mdp.num_states,), about=f"{about}, one-hot")]
        else:
            seen = [Field(name="state", high=float(max(1, mdp.num_states - 1)), about=about)]
        if params.sees_model:
            seen.append(Field(name="model", about="which model is in force, from 0 for the first to 1 for the last"))
        head = DiscreteHead(name="action", options=tuple(mdp.action_names), about="what to do")
        agent = Role(
            name="agent",
            observation=ObservationLayout(fields=tuple(seen)),
            actions=ActionLayout(heads=(head,)),
        )
        return WorldLayout(
            roles=(agent,),
            reward_terms={"reward": 1.0},
            end_reasons=("running", "horizon", "over"),
            player_names=("agent",),
            simultaneous=True,
        )

    @classmethod
    def outcome_notes(cls, params: TabularParams) -> dict[str, str]:
        """Say what pays, what ends an episode, and which model is in force."""
        models = params.models
        told = ", ".join(f"{name} {value:.4g}" for name, value in models.parameters[params.in_force].items())
        which = {
            "never": f"model {params.in_force} of {len(models)} {f'({told})' if told else ''}".rstrip(),
            "episode": f"one of {len(models)}, drawn for each episode with the same probability",
        }
        return {
            "term reward": "R[state, action, next state] of the process, not discounted",
            "end horizon": f"truncated after {params.horizon} steps: the parameter horizon",
            "end over": "terminated: a state is reached that no action leaves, and none is paid for",
            "model": f"{which[params.varies]}; in force for a whole episode",
        }

    def make_state(self, num_games: int) -> TabularState:
        """Allocate the state."""
        G = num_games
        return TabularState(
            process=np.full(G, _digest(self.params), np.uint64),
            chosen=np.zeros(G, np.int64),
            varies=np.zeros(G, np.bool_),
            one_hot=np.ones(G, np.bool_),
            sees_model=np.zeros(G, np.bool_),
            horizon=np.ones(G, np.int32),
            model=np.zeros(G, np.int64),
            s=np.zeros(G, np.int64),
            before=np.full(G, -1, np.int64),
            action=np.zeros(G, np.int64),
            steps=np.zeros(G, np.int32),
            discounted=np.zeros(G),
        )

    def make_tables(self, background: tuple[str, ...]) -> TabularTables:
        """Lay the models side by side."""
        models = self.params.models.models
        return TabularTables(
            cumulative=np.stack([_cumulative(model.P) for model in models]),
            R=np.stack([model.R for model in models]),
            start=_cumulative(np.asarray(models[0].start)),
            over=np.stack([_over(model) for model in models]),
            gamma=np.array([models[0].gamma], np.float64),
        )

    def write_params(self, params: TabularParams, games: NDArray[np.int64]) -> None:
        """Give the named games their model; the process itself is the same for all (the layout names it)."""
        state = self.state
        state.chosen[games] = params.in_force
        state.varies[games] = params.varies == "episode"
        state.one_hot[games] = params.encoding == "one_hot"
        state.sees_model[games] = params.sees_model
        state.horizon[games] = params.horizon


def _digest(params: TabularParams) -> int:
    digests = "".join(model.digest for model in params.models.models)
    return int.from_bytes(hashlib.sha256(digests.encode()).digest()[:8], "little")


def _cumulative(P: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add probabilities up along the last axis, to exactly 1 from the last one that is possible."""
    sums = P.cumsum(axis=-1)
    return np.where(sums >= sums[..., -1:], 1.0, sums / sums[..., -1:])


def _over(mdp: TabularMDP) -> NDArray[np.bool_]:
    """Find the states that every action stays in, for nothing."""
    places = np.arange(mdp.num_states)
    stays = (mdp.P[places, :, places] == 1.0).all(axis=1)
    free: NDArray[np.bool_] = (mdp.R[places, :, places] == 0.0).all(axis=1)
    return stays & free
