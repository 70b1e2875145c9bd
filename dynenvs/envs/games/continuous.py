"""The repeated two-player game in degrees as a world."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import ActionLayout, ContinuousHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.world import World
from dynenvs.envs.games import continuous_kernels
from dynenvs.envs.games.continuous_background import (
    DEGREE_FORMS,
    DEGREE_PLAYERS,
    DegreeTables,
    degree_player,
    degree_tables,
)
from dynenvs.envs.games.endings import end_notes
from dynenvs.envs.games.params import ContinuousGameParams

__all__ = ["ContinuousGame", "ContinuousGameState"]


class ContinuousGameState(NamedTuple):
    """One row a game. Degrees lie in [0, 1]; before the first round they are 0."""

    payoffs: NDArray[np.float64]  # (G, 4) R, S, T, P
    horizon: NDArray[np.int32]  # (G,) rounds, 0 = none
    horizon_known: NDArray[np.bool_]  # (G,)
    continuation: NDArray[np.float64]  # (G,)
    length: NDArray[np.float64]  # (G,) rounds by which background players time themselves
    execution_noise: NDArray[np.float64]  # (G, 2) standard deviations
    perception_noise: NDArray[np.float64]  # (G, 2)
    memory: NDArray[np.int32]  # (G,) last rounds in the observation
    regime_length: NDArray[np.float64]  # (G,) mean rounds between the changes of a regime_switcher
    round: NDArray[np.int32]  # (G,) rounds played
    meant: NDArray[np.float64]  # (G, 2) degrees of the last round before noise
    degrees: NDArray[np.float64]  # (G, 2) as executed
    mean_degrees: NDArray[np.float64]  # (G, 2) over the episode, as executed
    squares: NDArray[np.float64]  # (G, 2) sums of squared differences from those means
    mean_product: NDArray[np.float64]  # (G,) of both degrees
    history: NDArray[np.float64]  # (G, 2, depth, 2): by player, round % depth: its own degree, the other's as it saw it
    seen_degrees: NDArray[np.float64]  # (G, 2, 2) sums by player: its own, the other's as it saw them
    seen_payoffs: NDArray[np.float64]  # (G, 2, 2) likewise
    inclination: NDArray[np.float64]  # (G, 2) what a background player would play next, if nothing comes between


class ContinuousGame(World):
    """Two players play the same game again and again, each going some of the way from one action to the other.

    See `ContinuousGameParams` for the payoffs, and `DEGREE_PLAYERS` for the background players.
    """

    step_span = staticmethod(continuous_kernels.step_span)
    params: ContinuousGameParams
    state: ContinuousGameState

    @classmethod
    def describe(cls, params: ContinuousGameParams) -> WorldLayout:
        """Lay out one role for both."""
        full, none = params.end_names
        head = ContinuousHead(name="degree", low=0.0, high=1.0, about=f"how far to go: 0 is {none}, 1 is {full}")
        player = Role(
            name="player",
            observation=ObservationLayout(fields=_fields(params)),
            actions=ActionLayout(heads=(head,)),
        )
        return WorldLayout(
            roles=(player, player),
            reward_terms={"payoff": 1.0},
            end_reasons=("running", "horizon", "cap", "chance"),
            player_names=("player 0", "player 1"),
            simultaneous=True,
        )

    @classmethod
    def outcome_notes(cls, params: ContinuousGameParams) -> dict[str, str]:
        """Say what is paid, and when an episode ends."""
        R, S, T, P = params.corners
        return {
            "term payoff": f"{R:g} a o + {S:g} a (1 - o) + {T:g} (1 - a) o + {P:g} (1 - a)(1 - o), with own degree a "
            "and the other's degree o as they were executed",
            **end_notes(params),
        }

    def make_state(self, num_games: int) -> ContinuousGameState:
        """Allocate the state."""
        G = num_games
        return ContinuousGameState(
            payoffs=np.zeros((G, 4)),
            horizon=np.zeros(G, np.int32),
            horizon_known=np.zeros(G, np.bool_),
            continuation=np.ones(G),
            length=np.ones(G),
            execution_noise=np.zeros((G, 2)),
            perception_noise=np.zeros((G, 2)),
            memory=np.zeros(G, np.int32),
            regime_length=np.ones(G),
            round=np.zeros(G, np.int32),
            meant=np.zeros((G, 2)),
            degrees=np.zeros((G, 2)),
            mean_degrees=np.zeros((G, 2)),
            squares=np.zeros((G, 2)),
            mean_product=np.zeros(G),
            history=np.zeros((G, 2, continuous_kernels.HISTORY_DEPTH, 2)),
            seen_degrees=np.zeros((G, 2, 2)),
            seen_payoffs=np.zeros((G, 2, 2)),
            inclination=np.zeros((G, 2)),
        )

    def write_params(self, params: ContinuousGameParams, games: NDArray[np.int64]) -> None:
        """Give the named games their payoffs, noise and horizon."""
        state = self.state
        state.payoffs[games] = params.corners
        state.horizon[games] = params.horizon or 0
        state.horizon_known[games] = params.horizon_known and params.horizon is not None
        state.continuation[games] = params.continuation
        state.length[games] = params.horizon or params.expected_length
        state.execution_noise[games] = params.execution_noises
        state.perception_noise[games] = params.perception_noises
        state.memory[games] = params.memory
        state.regime_length[games] = params.regime_length

    def make_tables(self, background: tuple[str, ...]) -> DegreeTables:
        """Lay the background players side by side."""
        return degree_tables(background)

    @classmethod
    def background_policies(cls) -> tuple[str, ...]:
        """Return the names of the background players."""
        return tuple(DEGREE_PLAYERS)

    @classmethod
    def background_notes(cls) -> dict[str, tuple[str, str]]:
        """Return the definitions and sources of the background players, and of those whose names carry numbers."""
        known = {name: (player.about, player.source) for name, player in DEGREE_PLAYERS.items()}
        return {**known, **{form: (about, "") for form, about in DEGREE_FORMS.items()}}

    @classmethod
    def check_background(cls, name: str) -> None:
        """Refuse a player that does not exist; those with numbers are named like ``cooperate(0.8)``."""
        degree_player(name)


def _fields(params: ContinuousGameParams) -> tuple[Field, ...]:
    """Lay out what a player sees, field after field as the kernel writes them."""
    fields = [
        Field(
            name="recent_degrees",
            shape=(params.memory, 2),
            about="degrees of the last rounds, newest first: own, then the other's; zeros before the first",
        ),
        Field(name="memory_filled", about="share of those rounds that have been played"),
        Field(name="mean_degrees", shape=(2,), about="own and the other's mean degree so far, as seen"),
        Field(
            name="mean_payoffs",
            shape=(2,),
            low=min(*params.corners, 0.0),
            high=max(*params.corners, 0.0),
            unit="payoff a round",
            about="own and the other's mean payoff so far, as seen",
        ),
    ]
    if params.horizon_known and params.horizon is not None:
        fields.append(Field(name="time_left", about="share of the rounds that is still to come"))
    return tuple(fields)
