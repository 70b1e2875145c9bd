"""The linear public goods game as a world."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.world import World
from dynenvs.envs.games import public_goods_kernels
from dynenvs.envs.games.endings import end_notes
from dynenvs.envs.games.params import PublicGoodsParams
from dynenvs.envs.games.public_goods_background import CONTRIBUTORS, ContributorTables, contributor_tables

__all__ = ["PublicGoods", "PublicGoodsState"]

POTS_DEPTH = 64
"""Rounds whose pots are kept: enough for a picture."""


class PublicGoodsState(NamedTuple):
    """One row a game; n players. Contributions are in tokens."""

    endowment: NDArray[np.int32]  # (G,) tokens a round
    multiplier: NDArray[np.float64]  # (G,)
    horizon: NDArray[np.int32]  # (G,) rounds, 0 = none
    horizon_known: NDArray[np.bool_]  # (G,)
    continuation: NDArray[np.float64]  # (G,)
    round: NDArray[np.int32]  # (G,) rounds played
    planned: NDArray[np.int32]  # (G, n) what each decides in this round, before anyone sees it
    contributions: NDArray[np.int32]  # (G, n) of the last round, 0 before the first
    contributed: NDArray[np.int64]  # (G, n) sums over the episode
    pots: NDArray[np.int32]  # (G, depth) by round % depth: what all gave together, for pictures
    all_gave: NDArray[np.bool_]  # (G,) whether everyone has given all in every round so far


class PublicGoods(World):
    """Players give tokens to a common pot, which grows and is shared by all alike.

    Player i, who gives g_i of its endowment E, gets E - g_i + (r / n) (g_1 + ... + g_n): nobody gains by giving, as
    r < n, and all gain if all do, as r > 1. See `PublicGoodsParams`, and `CONTRIBUTORS` for the background players.
    """

    step_span = staticmethod(public_goods_kernels.step_span)
    params: PublicGoodsParams
    state: PublicGoodsState

    @classmethod
    def describe(cls, params: PublicGoodsParams) -> WorldLayout:
        """Lay out one role for all."""
        tokens = tuple(str(k) for k in range(params.endowment + 1))
        head = DiscreteHead(name="contribution", options=tokens, about="tokens to put into the common pot")
        player = Role(
            name="player",
            observation=ObservationLayout(fields=_fields(params)),
            actions=ActionLayout(heads=(head,)),
        )
        return WorldLayout(
            roles=(player,) * params.num_players,
            reward_terms={"payoff": 1.0},
            end_reasons=("running", "horizon", "cap", "chance"),
            player_names=tuple(f"player {k}" for k in range(params.num_players)),
        )

    @classmethod
    def outcome_notes(cls, params: PublicGoodsParams) -> dict[str, str]:
        """Say what is paid, and when an episode ends."""
        return {
            "term payoff": f"tokens a round: {params.endowment}, less those given, plus {params.marginal_return:.4g} "
            "for each that all players gave together",
            **end_notes(params),
        }

    def make_state(self, num_games: int) -> PublicGoodsState:
        """Allocate the state."""
        G, n = num_games, self.num_agents
        return PublicGoodsState(
            endowment=np.zeros(G, np.int32),
            multiplier=np.zeros(G),
            horizon=np.zeros(G, np.int32),
            horizon_known=np.zeros(G, np.bool_),
            continuation=np.ones(G),
            round=np.zeros(G, np.int32),
            planned=np.zeros((G, n), np.int32),
            contributions=np.zeros((G, n), np.int32),
            contributed=np.zeros((G, n), np.int64),
            pots=np.zeros((G, POTS_DEPTH), np.int32),
            all_gave=np.ones(G, np.bool_),
        )

    def write_params(self, params: PublicGoodsParams, games: NDArray[np.int64]) -> None:
        """Give the named games their endowment, multiplier and horizon."""
        state = self.state
        state.endowment[games] = params.endowment
        state.multiplier[games] = params.multiplier
        state.horizon[games] = params.horizon or 0
        state.horizon_known[games] = params.horizon_known and params.horizon is not None
        state.continuation[games] = params.continuation

    def make_tables(self, background: tuple[str, ...]) -> ContributorTables:
        """Lay the background players side by side."""
        return contributor_tables(background)

    @classmethod
    def background_policies(cls) -> tuple[str, ...]:
        """Return the names of the background players."""
        return tuple(CONTRIBUTORS)

    @classmethod
    def background_notes(cls) -> dict[str, tuple[str, str]]:
        """Return the definitions and sources of the background players."""
        return {name: (player.about, player.source) for name, player in CONTRIBUTORS.items()}


def _fields(params: PublicGoodsParams) -> tuple[Field, ...]:
    """Lay out what a player sees, field after field as the kernel writes them."""
    n = params.num_players
    fields = [
        Field(name="first_round", about="1 in the first round, when nobody has given yet"),
        Field(name="own_contribution", unit="of the endowment", about="given by this player in the last round"),
        Field(name="others_mean", unit="of the endowment", about="given by the others on average in the last round"),
        Field(
            name="others_contributions",
            shape=(n - 1,),
            unit="of the endowment",
            about="given by each of the others in the last round, beginning with the next player",
        ),
        Field(name="group_mean", unit="of the endowment", about="given on average by all in all rounds so far"),
        Field(
            name="mean_payoff",
            high=float(n),  # never reached: r < n
            unit="endowments a round",
            about="own mean payoff so far",
        ),
    ]
    if params.horizon_known and params.horizon is not None:
        fields.append(Field(name="time_left", about="share of the rounds that is still to come"))
    return tuple(fields)
