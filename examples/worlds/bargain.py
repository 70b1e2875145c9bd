"""A turn-taking world with two roles: a proposer offers a share of a pie, a responder takes it or leaves it.

Every refusal costs a slice of the pie (Rubinstein 1982, with tokens instead of a discount). The roles see and decide
different things, only one of them acts in a step, and the proposer cannot offer more than there is.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dynenvs.core.buffers import PLAY, RESTART, close_step, end_game, open_step, start_episode
from dynenvs.core.checks import check_integer
from dynenvs.core.jit import kernel, rule
from dynenvs.core.layouts import ActionLayout, DiscreteHead, Field, ObservationLayout, Role, WorldLayout
from dynenvs.core.world import World

PROPOSER, RESPONDER = 0, 1
AGREED, WASTED = 1, 2


@dataclass(frozen=True, kw_only=True)
class BargainParams:
    """The pie to be shared, in tokens."""

    pie: int = 5  # tokens at the beginning, 1 to 20

    def __post_init__(self):
        check_integer("pie", self.pie, 1, 20)


class BargainState(NamedTuple):
    """One row a game."""

    full: np.ndarray  # (num_games,) tokens at the beginning
    pie: np.ndarray  # (num_games,) tokens left
    offer: np.ndarray  # (num_games,) tokens offered to the responder, -1 while there is no offer


@rule
def reset_one(state, b, i):
    """Bake the pie; the proposer begins."""
    state.pie[i], state.offer[i] = state.full[i], -1
    _give_turn(state, b, i, PROPOSER)


@rule
def step_one(state, b, actions, i):
    """Play one turn of game `i`: an offer, or an answer to it."""
    if b.acting[i, PROPOSER]:
        state.offer[i] = actions[i, PROPOSER, 0]
        _give_turn(state, b, i, RESPONDER)
        return
    if actions[i, RESPONDER, 0] == 1:
        b.reward_terms[i, PROPOSER, 0] = state.pie[i] - state.offer[i]
        b.reward_terms[i, RESPONDER, 0] = state.offer[i]
        end_game(b, i, AGREED, False)
        return
    state.pie[i] -= 1
    state.offer[i] = -1
    _give_turn(state, b, i, PROPOSER)
    if state.pie[i] == 0:
        end_game(b, i, WASTED, False)


@rule
def _give_turn(state, b, i, agent):
    """Say whose action counts next, and which offers are possible."""
    b.acting[i, PROPOSER], b.acting[i, RESPONDER] = agent == PROPOSER, agent == RESPONDER
    for tokens in range(state.full[i] + 1):
        b.action_masks[i, PROPOSER, tokens] = tokens <= state.pie[i]


@rule
def observe_one(state, b, i):
    """Both see the pie; the responder also sees the offer."""
    b.vector[i, PROPOSER, 0] = state.pie[i]
    b.vector[i, RESPONDER, 0] = state.pie[i]
    b.vector[i, RESPONDER, 1] = state.offer[i]


@kernel
def step_span(state, tables, b, actions, lo, hi):
    """Play the waiting phase of games `lo` to `hi`."""
    for i in range(lo, hi):
        phase = open_step(b, i)
        if phase == PLAY:
            step_one(state, b, actions, i)
            observe_one(state, b, i)
            phase = close_step(b, i)
        if phase == RESTART:
            start_episode(b, i)
            reset_one(state, b, i)
            observe_one(state, b, i)


class Bargain(World):
    """A proposer and a responder share a pie that shrinks while they argue."""

    step_span = staticmethod(step_span)

    @classmethod
    def describe(cls, params):
        """Lay out the two roles."""
        pie = Field(name="pie", high=params.pie, unit="tokens", about="what is left")
        offer = Field(
            name="offer", low=-1, high=params.pie, unit="tokens", about="what you are offered; -1: nothing yet"
        )
        offers = tuple(f"offer {k} tokens" for k in range(params.pie + 1))
        proposer = Role(
            name="proposer",
            observation=ObservationLayout(fields=(pie,)),
            actions=ActionLayout(heads=(DiscreteHead(name="offer", options=offers),)),
        )
        responder = Role(
            name="responder",
            observation=ObservationLayout(fields=(pie, offer)),
            actions=ActionLayout(heads=(DiscreteHead(name="answer", options=("refuse", "accept")),)),
        )
        return WorldLayout(
            roles=(proposer, responder),
            reward_terms={"tokens": 1.0},
            end_reasons=("running", "agreed", "wasted"),
            player_names=("proposer", "responder"),
        )

    def make_state(self, num_games):
        """Allocate the state."""
        return BargainState(*(np.zeros(num_games, np.int64) for _ in range(3)))

    def write_params(self, params, games):
        """Give the named games their pie."""
        self.state.full[games] = params.pie
