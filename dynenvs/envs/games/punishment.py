"""The public goods game with punishment as a world."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.world import World
from dynenvs.envs.games import punishment_kernels
from dynenvs.envs.games.endings import end_notes
from dynenvs.envs.games.params import PunishmentParams
from dynenvs.envs.games.public_goods import POTS_DEPTH
from dynenvs.envs.games.punishment_background import (
    PUNISHER_FORMS,
    PUNISHERS,
    PunisherTables,
    punisher,
    punisher_tables,
)

__all__ = ["PublicGoodsPunishment", "PunishmentState"]


class PunishmentState(NamedTuple):
    """One row a game; n players. Contributions are in tokens."""

    endowment: NDArray[np.int32]  # (G,) tokens a round
    multiplier: NDArray[np.float64]  # (G,)
    max_points: NDArray[np.int32]  # (G,) off each other player, a round
    fine: NDArray[np.float64]  # (G,) tokens a point
    horizon: NDArray[np.int32]  # (G,) rounds, 0 = none
    horizon_known: NDArray[np.bool_]  # (G,)
    continuation: NDArray[np.float64]  # (G,)
    punishing: NDArray[np.bool_]  # (G,) whether the next step is the second stage of its round
    round: NDArray[np.int32]  # (G,) rounds played to their end
    planned: NDArray[np.int32]  # (G, n) what each decides to give, before anyone sees it
    contributions: NDArray[np.int32]  # (G, n) given last, 0 before the first
    contributed: NDArray[np.int64]  # (G, n) sums over the episode
    points: NDArray[np.int32]  # (G, n, n) points taken last, by who took them and off whom
    spent: NDArray[np.int64]  # (G, n) points that each took off others, over the episode
    spent_on_givers: NDArray[np.int64]  # (G, n) of them, off those who had given as much as it or more
    taken_off: NDArray[np.int64]  # (G, n) points that others took off each, over the episode
    pots: NDArray[np.int32]  # (G, depth) by round % depth: what all gave together, for pictures
    all_gave: NDArray[np.bool_]  # (G,) whether everyone has given all in every round so far


class PublicGoodsPunishment(World):
    """Players give tokens to a common pot, see who gave what, and take points off one another at a cost.

    A round is two steps. In the first it is the linear public goods game. In the second each may take points off each
    other: a point costs the one who takes it 1 token, and the one whom it is taken off `fine` tokens. An action holds
    the decisions of both stages; those of the other stage are ignored, not forbidden, so that learners which know no
    masks can play. See `PunishmentParams`, and `PUNISHERS` for the background players.
    """

    step_span = staticmethod(punishment_kernels.step_span)
    params: PunishmentParams
    state: PunishmentState

    @classmethod
    def describe(cls, params: PunishmentParams) -> WorldLayout:
        """Lay out one role for all, with the decisions of both stages."""
        tokens = tuple(str(k) for k in range(params.endowment + 1))
        points = tuple(str(k) for k in range(params.max_points + 1))
        heads = [DiscreteHead(name="contribution", options=tokens, about="tokens to put into the common pot")]
        for distance in range(1, params.num_players):
            about = f"points to take off the player {distance} {'seat' if distance == 1 else 'seats'} further on"
            shared = None if distance == 1 else "points_1"
            heads.append(DiscreteHead(name=f"points_{distance}", options=points, shares_mask_with=shared, about=about))
        player = Role(
            name="player",
            observation=ObservationLayout(fields=_fields(params)),
            actions=ActionLayout(heads=tuple(heads)),
        )
        return WorldLayout(
            roles=(player,) * params.num_players,
            reward_terms={"earned": 1.0, "spent": -1.0, "fined": -1.0},
            end_reasons=("running", "horizon", "cap", "chance"),
            player_names=tuple(f"player {k}" for k in range(params.num_players)),
            simultaneous=True,
        )

    @classmethod
    def outcome_notes(cls, params: PunishmentParams) -> dict[str, str]:
        """Say what is paid, and when an episode ends."""
        return {
            "term earned": f"tokens of a first stage: {params.endowment}, less those given, plus "
            f"{params.marginal_return:.4g} for each that all players gave together; 0 in a second stage",
            "term spent": "tokens paid in a second stage: 1 for each point taken off others; 0 in a first stage",
            "term fined": f"tokens lost in a second stage: {params.fine:g} for each point that others took off the "
            "player, also beyond what it has; 0 in a first stage",
            **end_notes(params, "rounds of two stages, each a step"),
        }

    def make_state(self, num_games: int) -> PunishmentState:
        """Allocate the state."""
        G, n = num_games, self.num_agents
        return PunishmentState(
            endowment=np.zeros(G, np.int32),
            multiplier=np.zeros(G),
            max_points=np.zeros(G, np.int32),
            fine=np.zeros(G),
            horizon=np.zeros(G, np.int32),
            horizon_known=np.zeros(G, np.bool_),
            continuation=np.ones(G),
            punishing=np.zeros(G, np.bool_),
            round=np.zeros(G, np.int32),
            planned=np.zeros((G, n), np.int32),
            contributions=np.zeros((G, n), np.int32),
            contributed=np.zeros((G, n), np.int64),
            points=np.zeros((G, n, n), np.int32),
            spent=np.zeros((G, n), np.int64),
            spent_on_givers=np.zeros((G, n), np.int64),
            taken_off=np.zeros((G, n), np.int64),
            pots=np.zeros((G, POTS_DEPTH), np.int32),
            all_gave=np.ones(G, np.bool_),
        )

    def write_params(self, params: PunishmentParams, games: NDArray[np.int64]) -> None:
        """Give the named games their endowment, multiplier, fine and horizon."""
        state = self.state
        state.endowment[games] = params.endowment
        state.multiplier[games] = params.multiplier
        state.max_points[games] = params.max_points
        state.fine[games] = params.fine
        state.horizon[games] = params.horizon or 0
        state.horizon_known[games] = params.horizon_known and params.horizon is not None
        state.continuation[games] = params.continuation

    def make_tables(self, background: tuple[str, ...]) -> PunisherTables:
        """Lay the background players side by side."""
        return punisher_tables(background)

    @classmethod
    def background_policies(cls) -> tuple[str, ...]:
        """Return the names of the background players."""
        return tuple(PUNISHERS)

    @classmethod
    def background_notes(cls) -> dict[str, tuple[str, str]]:
        """Return the definitions and sources of the background players, and of those whose names carry numbers."""
        known = {name: (player.about, player.source) for name, player in PUNISHERS.items()}
        return {**known, **{form: (about, "") for form, about in PUNISHER_FORMS.items()}}

    @classmethod
    def check_background(cls, name: str) -> None:
        """Refuse a player that does not exist; those with numbers are named like ``punisher(0.5,0)``."""
        punisher(name)


def _fields(params: PunishmentParams) -> tuple[Field, ...]:
    """Lay out what a player sees, field after field as the kernel writes them."""
    n, others = params.num_players, "beginning with the next player"
    most_lost = (n - 1) * params.max_points * (1.0 + params.fine) / params.endowment
    fields = [
        Field(name="punishing", about="1 if points are decided now, 0 if contributions are"),
        Field(name="first_round", about="1 in the first round"),
        Field(name="own_contribution", unit="of the endowment", about="given by this player last; 0 before the first"),
        Field(name="others_mean", unit="of the endowment", about="given by the others on average at the same time"),
        Field(
            name="others_contributions",
            shape=(n - 1,),
            unit="of the endowment",
            about=f"given by each of the others, {others}",
        ),
        Field(
            name="points_given",
            shape=(n - 1,),
            unit="of the most allowed",
            about=f"taken by this player off each of the others when points were last decided, {others}",
        ),
        Field(
            name="points_received",
            unit="of the most possible",
            about="taken off this player by all others together then; by whom is not told",
        ),
        Field(name="group_mean", unit="of the endowment", about="given on average by all in all rounds so far"),
        Field(
            name="mean_payoff",
            low=-most_lost,
            high=float(n),  # never reached: r < n
            unit="endowments a round",
            about="own mean payoff so far, less what was spent and lost on points",
        ),
    ]
    if params.horizon_known and params.horizon is not None:
        fields.append(Field(name="time_left", about="share of the rounds that is still to come"))
    return tuple(fields)
