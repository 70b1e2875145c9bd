"""The repeated two-player game as a world."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.world import World
from dynenvs.envs.games import kernels
from dynenvs.envs.games.background import StrategyTables, strategy, strategy_forms, strategy_names, strategy_tables
from dynenvs.envs.games.endings import end_notes
from dynenvs.envs.games.params import RepeatedGameParams
from dynenvs.envs.games.strategies import NUM_REGISTERS

__all__ = ["RepeatedGame", "RepeatedGameState"]


class RepeatedGameState(NamedTuple):
    """One row a game; m row actions, n column actions. Moves are action numbers, -1 before the first."""

    payoffs: NDArray[np.float64]  # (G, 2, m, n)
    horizon: NDArray[np.int32]  # (G,) rounds, 0 = none
    horizon_known: NDArray[np.bool_]  # (G,)
    continuation: NDArray[np.float64]  # (G,)
    execution_noise: NDArray[np.float64]  # (G, 2)
    perception_noise: NDArray[np.float64]  # (G, 2)
    memory: NDArray[np.int32]  # (G,) last joint moves in the observation
    round: NDArray[np.int32]  # (G,) rounds played
    moves: NDArray[np.int8]  # (G, 2) last moves as executed
    joint_counts: NDArray[np.int32]  # (G, m, n) how often each joint move was executed
    transitions: NDArray[np.int32]  # (G, 2, 2, 2, 2) rounds by (row, column) before and now; 0 = action 0, 1 = another
    history: NDArray[np.int8]  # (G, 2, depth, 2): by player, round % depth: its own move, the other's as it saw it
    slips: NDArray[np.bool_]  # (G, 2, depth): by player, round % depth: whether it meant another move
    perceived_counts: NDArray[np.int32]  # (G, 2, m, n): joint_counts as each player saw them
    first_defector: NDArray[np.int8]  # (G, 2) who left action 0 first, as the player saw it: a code of kernels.py
    automaton: NDArray[np.int32]  # (G, 2) state of a background strategy's automaton
    registers: NDArray[np.float64]  # (G, 2, NUM_REGISTERS) counters of the other background strategies


class RepeatedGame(World):
    """Two players play the same matrix game again and again, and remember.

    See `RepeatedGameParams` for the parameters and `dynenvs.envs.games.background` for the background strategies.
    """

    step_span = staticmethod(kernels.step_span)
    params: RepeatedGameParams
    state: RepeatedGameState

    @classmethod
    def describe(cls, params: RepeatedGameParams) -> WorldLayout:
        """Lay out one role for symmetric actions, or a row and a column role."""
        matrices = params.matrices()
        names = params.action_names()
        if names[0] == names[1] and np.array_equal(matrices[1], matrices[0].T):
            row = column = _role("player", params, matrices, names[0], names[1])
        else:
            row = _role("row", params, matrices, names[0], names[1])
            column = _role("column", params, matrices, names[1], names[0])
        return WorldLayout(
            roles=(row, column),
            reward_terms={"payoff": 1.0},
            end_reasons=("running", "horizon", "cap", "chance"),
            player_names=("row", "column"),
            simultaneous=True,
        )

    @classmethod
    def outcome_notes(cls, params: RepeatedGameParams) -> dict[str, str]:
        """Say what is paid, and when an episode ends."""
        return {
            "term payoff": "the player's entry of the payoff matrix for the moves of the round, as they were executed",
            **end_notes(params),
        }

    def make_state(self, num_games: int) -> RepeatedGameState:
        """Allocate the state."""
        _, m, n = self.params.matrices().shape
        G = num_games
        return RepeatedGameState(
            payoffs=np.zeros((G, 2, m, n)),
            horizon=np.zeros(G, np.int32),
            horizon_known=np.zeros(G, np.bool_),
            continuation=np.ones(G),
            execution_noise=np.zeros((G, 2)),
            perception_noise=np.zeros((G, 2)),
            memory=np.zeros(G, np.int32),
            round=np.zeros(G, np.int32),
            moves=np.full((G, 2), -1, np.int8),
            joint_counts=np.zeros((G, m, n), np.int32),
            transitions=np.zeros((G, 2, 2, 2, 2), np.int32),
            history=np.full((G, 2, kernels.HISTORY_DEPTH, 2), -1, np.int8),
            slips=np.zeros((G, 2, kernels.HISTORY_DEPTH), np.bool_),
            perceived_counts=np.zeros((G, 2, m, n), np.int32),
            first_defector=np.zeros((G, 2), np.int8),
            automaton=np.zeros((G, 2), np.int32),
            registers=np.zeros((G, 2, NUM_REGISTERS)),
        )

    def write_params(self, params: RepeatedGameParams, games: NDArray[np.int64]) -> None:
        """Give the named games their payoffs, noise and horizon."""
        state = self.state
        state.payoffs[games] = params.matrices()
        state.horizon[games] = params.horizon or 0
        state.horizon_known[games] = params.horizon_known and params.horizon is not None
        state.continuation[games] = params.continuation
        state.execution_noise[games] = params.execution_noises
        state.perception_noise[games] = params.perception_noises
        state.memory[games] = params.memory

    def make_tables(self, background: tuple[str, ...]) -> StrategyTables:
        """Lay the automata of the background strategies side by side."""
        return strategy_tables(background, self.params.matrices())

    @classmethod
    def background_policies(cls) -> tuple[str, ...]:
        """Return the names of the classic strategies."""
        return tuple(strategy_names())

    @classmethod
    def background_notes(cls) -> dict[str, tuple[str, str]]:
        """Return the definitions and sources of the classic strategies, and of those whose names carry numbers."""
        known = {name: (strategy(name).about, strategy(name).source) for name in strategy_names()}
        return {**known, **{form: (about, "") for form, about in strategy_forms().items()}}

    @classmethod
    def check_background(cls, name: str) -> None:
        """Refuse a strategy that does not exist; those with parameters are named like ``memory_one(1,0,1,0)``."""
        strategy(name)


def _role(
    name: str,
    params: RepeatedGameParams,
    matrices: NDArray[np.float64],
    own: tuple[str, ...],
    other: tuple[str, ...],
) -> Role:
    """Lay out what one player sees and does, field after field as the kernel writes them."""
    fields = [
        Field(
            name="recent_moves",
            shape=(params.memory, len(own) + len(other)),
            about="last joint moves, newest first: one-hot own, then one-hot the other's; zeros before the first",
        ),
        Field(
            name="joint_shares",
            shape=(len(own), len(other)),
            about="share of rounds so far with each joint move (own, the other's)",
        ),
        Field(
            name="mean_payoffs",
            shape=(2,),
            low=float(min(matrices.min(), 0.0)),
            high=float(max(matrices.max(), 0.0)),
            unit="payoff a round",
            about="own and the other's mean payoff so far, as seen",
        ),
    ]
    if params.horizon_known and params.horizon is not None:
        fields.append(Field(name="time_left", about="share of the rounds that is still to come"))
    head = DiscreteHead(name="move", options=own, about="this round's move")
    return Role(name=name, observation=ObservationLayout(fields=tuple(fields)), actions=ActionLayout(heads=(head,)))
