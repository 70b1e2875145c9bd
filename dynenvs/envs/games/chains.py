"""Two automata that meet are one Markov chain: what they earn, and what the best reply to one of them does, exactly.

A joint state is a state of the one and a state of the other. An episode with a horizon is followed round by round. One
that only chance ends, with probability 1 - w after each round, pays on average what the chain pays in the stationary
distribution of its variant that goes back to the start with that probability; and the mean over an endless game is its
limit for w -> 1, also where the chain is periodic or has several ends. So both are computed by the elimination of
Grassmann, Taksar and Heyman (1985), which subtracts nothing and so loses nothing, however small 1 - w is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import kernel, rule
from dynenvs.envs.games.automata import Automaton
from dynenvs.envs.games.params import RepeatedGameParams

__all__ = ["Encounter", "best_reply_value", "pair_payoffs", "payoffs_by_opponent"]

FloatArray = NDArray[np.float64]

ENDLESS = 1e-12
"""Chance to go back to the start that stands for an endless game: means are off by this times a game's memory."""

PATIENCE = 1e-5
"""1 - w of the discounted game whose best reply is taken for that of the endless one."""
TIE = 1e-5  # advantages below this are rounding


@dataclass(frozen=True)
class Encounter:
    """How two automata meet, as the first of them sees it: m own actions, n of the other's.

    Attributes
    ----------
    payoffs : ndarray of float64, shape (2, m, n)
        What it and what the other gets.
    slips : (ndarray of shape (m, m), ndarray of shape (n, n))
        Probability that a meant move comes out as another, its own and the other's.
    eyes : (ndarray of shape (n, n), ndarray of shape (m, m))
        Probability that it takes the other's move for another, and that the other does its own.
    horizon : int
        Rounds; 0 for none.
    continuation : float
        w, probability that a round is followed by another. 1 without a horizon: the mean over an endless game.
    """

    payoffs: FloatArray
    slips: tuple[FloatArray, FloatArray]
    eyes: tuple[FloatArray, FloatArray]
    horizon: int
    continuation: float

    @classmethod
    def of(cls, params: RepeatedGameParams, seat: int = 0, *, endless: bool = False) -> Encounter:
        """Take over the parameters of a repeated game.

        Parameters
        ----------
        params : RepeatedGameParams
            Of the game.
        seat : int
            Where the first of the two sits.
        endless : bool
            Look at the mean over a game that never ends, in place of an episode.
        """
        matrices = params.matrices()
        payoffs = matrices if seat == 0 else matrices[::-1].transpose(0, 2, 1).copy()
        m, n = payoffs.shape[1:]
        slips, eyes = params.execution_noises, params.perception_noises
        return cls(
            payoffs=np.ascontiguousarray(payoffs),
            slips=(_noise(m, slips[seat]), _noise(n, slips[1 - seat])),
            eyes=(_noise(n, eyes[seat]), _noise(m, eyes[1 - seat])),
            horizon=0 if endless else params.horizon or 0,
            continuation=1.0 if endless else params.continuation,
        )

    @property
    def restart(self) -> float:
        """Chance that a game without a horizon begins anew."""
        return max(1.0 - self.continuation, ENDLESS)


def _noise(moves: int, probability: float) -> FloatArray:
    """Return the probabilities that a move, by rows, is turned into another one, each alike."""
    if moves == 1:
        return np.ones((1, 1))
    return np.where(np.eye(moves, dtype=np.bool_), 1.0 - probability, probability / (moves - 1))


def pair_payoffs(encounter: Encounter, own: Automaton, other: Automaton) -> tuple[float, float]:
    """Compute what two automata earn.

    Parameters
    ----------
    encounter : Encounter
        How they meet.
    own, other : Automaton
        Both, each with its own actions first.

    Returns
    -------
    (float, float)
        Mean payoff a round of both.

    Examples
    --------
    Tit for tat against itself loses all that it has to one slip in a while:

    >>> from dynenvs.envs.games.automata import memory_one
    >>> tit_for_tat = memory_one(1, 0, 1, 0)
    >>> slipping = Encounter.of(RepeatedGameParams(execution_noise=0.02), endless=True)
    >>> [round(payoff, 6) for payoff in pair_payoffs(slipping, tit_for_tat, tit_for_tat)]
    [2.25, 2.25]
    """
    (mine, theirs) = payoffs_by_opponent(encounter, own, other.moves[None], other.successors)[0]
    return float(mine), float(theirs)


def payoffs_by_opponent(
    encounter: Encounter, own: Automaton, moves: FloatArray, successors: NDArray[np.int32]
) -> FloatArray:
    """Compute what an automaton and each of many opponents earn, who differ in their moves alone.

    Parameters
    ----------
    encounter : Encounter
        How they meet.
    own : Automaton
        The first.
    moves : ndarray of float64, shape (opponents, states, n)
        Probabilities of each opponent's actions, by its state.
    successors : ndarray of int32, shape (states, n, m)
        What all of them go over to, by own executed and the other's perceived action.

    Returns
    -------
    ndarray of float64, shape (opponents, 2)
        Mean payoff a round of the first and of the opponent.
    """
    size = len(own.moves) * moves.shape[1]
    dense = size if encounter.horizon == 0 else 0
    earned = np.empty((len(moves), 2))
    _meet_all(
        np.ascontiguousarray(own.moves @ encounter.slips[0]),
        own.successors,
        np.ascontiguousarray(moves @ encounter.slips[1]),
        successors,
        encounter.payoffs,
        encounter.eyes[0],
        encounter.eyes[1],
        encounter.horizon,
        encounter.continuation,
        encounter.restart,
        _workspace(dense, size),
        earned,
    )
    return earned


def _workspace(dense: int, size: int) -> Any:
    """Make what the kernel writes into."""
    chain, shares = np.empty((dense, dense)), np.empty((2, size))
    return chain, shares, np.empty((2, size), np.int64)


@kernel
def _meet_all(
    own_moves: FloatArray,
    own_next: NDArray[np.int32],
    moves: FloatArray,
    other_next: NDArray[np.int32],
    payoffs: FloatArray,
    own_eye: FloatArray,
    other_eye: FloatArray,
    horizon: int,
    continuation: float,
    restart: float,
    work: Any,
    earned: FloatArray,
) -> None:
    """Let one automaton meet all opponents."""
    chain, shares, places = work
    for k in range(len(moves)):
        players = own_moves, own_next, moves[k], other_next, own_eye, other_eye
        if horizon > 0:
            _follow(players, payoffs, horizon, continuation, shares[0], shares[1], earned[k])
        else:
            _settle_pair(players, payoffs, restart, chain, shares[0], shares[1], places[0], places[1], earned[k])


@rule
def _follow(
    players: Any,
    payoffs: FloatArray,
    horizon: int,
    continuation: float,
    now: FloatArray,
    soon: FloatArray,
    earned: FloatArray,
) -> None:
    """Follow the distribution over joint states round by round."""
    _fill(now, 0.0)
    _fill(earned, 0.0)
    now[0], weight, weights = 1.0, 1.0, 0.0
    for _ in range(horizon):
        _fill(soon, 0.0)
        for i in range(len(now)):
            if now[i] > 0.0:
                _earn(players, payoffs, i, weight * now[i], earned)
                _spread(players, i, now[i], soon)
        for i in range(len(now)):
            now[i] = soon[i]
        weights += weight
        weight *= continuation
    earned[0] /= weights
    earned[1] /= weights


@rule
def _settle_pair(
    players: Any,
    payoffs: FloatArray,
    restart: float,
    chain: FloatArray,
    shares: FloatArray,
    row: FloatArray,
    order: NDArray[np.int64],
    place: NDArray[np.int64],
    earned: FloatArray,
) -> None:
    """Find the joint states that can be reached, and how often each is visited."""
    _fill(place, -1)
    order[0], place[0], known = 0, 0, 1
    reading = 0
    while reading < known:
        _fill(row, 0.0)
        _spread(players, order[reading], 1.0, row)
        for j in range(len(row)):
            if row[j] > 0.0 and place[j] < 0:
                order[known], place[j] = j, known
                known += 1
        reading += 1
    for i in range(known):
        _fill(row, 0.0)
        _spread(players, order[i], 1.0 - restart, row)
        for j in range(known):
            chain[i, j] = row[order[j]]
        chain[i, 0] += restart
    _settle(chain, known, shares)
    _fill(earned, 0.0)
    for i in range(known):
        _earn(players, payoffs, order[i], shares[i], earned)


@rule
def _settle(chain: FloatArray, size: int, shares: FloatArray) -> None:
    """Compute the stationary distribution of a chain that comes back to state 0 from everywhere (and destroy it)."""
    for n in range(size - 1, 0, -1):
        leaving = 0.0
        for j in range(n):
            leaving += chain[n, j]
        for i in range(n):
            if chain[i, n] > 0.0:
                chain[i, n] /= leaving
                for j in range(n):
                    chain[i, j] += chain[i, n] * chain[n, j]
    shares[0], total = 1.0, 1.0
    for n in range(1, size):
        shares[n] = 0.0
        for i in range(n):
            shares[n] += shares[i] * chain[i, n]
        total += shares[n]
    for n in range(size):
        shares[n] /= total


@rule
def _fill(array: NDArray[Any], number: float) -> None:
    """Write a number everywhere; an assignment to a slice would allocate."""
    for i in range(len(array)):
        array[i] = number


@rule
def _earn(players: Any, payoffs: FloatArray, i: int, share: float, earned: FloatArray) -> None:
    """Add what a joint state pays both."""
    own_moves, _, moves, _, _, _ = players
    state, others = i // len(moves), i % len(moves)
    for own in range(own_moves.shape[1]):
        for other in range(moves.shape[1]):
            likely = share * own_moves[state, own] * moves[others, other]
            earned[0] += likely * payoffs[0, own, other]
            earned[1] += likely * payoffs[1, own, other]


@rule
def _spread(players: Any, i: int, share: float, target: FloatArray) -> None:
    """Add where a joint state leads to."""
    own_moves, own_next, moves, other_next, own_eye, other_eye = players
    state, others = i // len(moves), i % len(moves)
    for own in range(own_moves.shape[1]):
        for other in range(moves.shape[1]):
            likely = share * own_moves[state, own] * moves[others, other]
            if likely > 0.0:
                for seen in range(moves.shape[1]):
                    for shown in range(own_moves.shape[1]):
                        there = own_next[state, own, seen] * len(moves) + other_next[others, other, shown]
                        target[there] += likely * own_eye[other, seen] * other_eye[own, shown]


@kernel
def _settle_alone(chain: FloatArray, shares: FloatArray) -> None:
    """Compute the stationary distribution of a whole chain."""
    _settle(chain, len(chain), shares)


# The best reply, by dynamic programming over the states of the one that it replies to.


def best_reply_value(encounter: Encounter, own: Automaton, worth: FloatArray | None = None) -> float:
    """Compute what the best reply to an automaton is worth, of all that there are.

    The reply knows in which state the automaton is, and the round if there is a horizon. Where nobody's eyes err a
    player can know both, if it remembers; where they do, no reply may be worth as much.

    Parameters
    ----------
    encounter : Encounter
        How they meet.
    own : Automaton
        Whom to reply to.
    worth : ndarray of float64, shape (m, n), optional
        What a round is worth to the one who replies; by default its payoff.

    Returns
    -------
    float
        Mean worth a round. In an endless game it can be too low by some `PATIENCE`.

    Examples
    --------
    >>> from dynenvs.envs.games.automata import memory_one
    >>> best_reply_value(Encounter.of(RepeatedGameParams(horizon=10)), memory_one(1, 0, 1, 0))  # defect in the last
    3.2
    """
    rewards, ways = _decisions(encounter, own, encounter.payoffs[1] if worth is None else worth)
    if encounter.horizon:
        value, weights = np.zeros(len(own.moves)), 0.0
        for _ in range(encounter.horizon):
            value = (rewards + encounter.continuation * ways @ value).max(axis=1)
            weights = 1.0 + encounter.continuation * weights
        return float(value[0] / weights)
    replies = _improve(rewards, ways, max(1.0 - encounter.continuation, PATIENCE))
    states = np.arange(len(replies))
    chain = (1.0 - encounter.restart) * ways[states, replies]
    chain[:, 0] += encounter.restart
    shares = np.empty(len(replies))
    _settle_alone(chain, shares)
    return float(shares @ rewards[states, replies])


def _decisions(encounter: Encounter, own: Automaton, worth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what each reply is worth (states, n), and where it leads to (states, n, states)."""
    executed = own.moves @ encounter.slips[0]
    states, m, n = own.successors.shape
    leads = np.zeros((states, n, states))
    for state, move, seen in np.ndindex(states, m, n):
        leads[state, :, own.successors[state, move, seen]] += executed[state, move] * encounter.eyes[0][:, seen]
    slips = encounter.slips[1]
    return executed @ worth @ slips.T, np.einsum("bc,scz->sbz", slips, leads)


def _improve(rewards: FloatArray, ways: FloatArray, restart: float) -> NDArray[np.int64]:
    """Improve the replies to all states until none can be (Howard 1960); discounting by 1 - restart."""
    states = np.arange(len(rewards))
    replies = rewards.argmax(axis=1)
    while True:
        chain = ways[states, replies]
        values = np.linalg.solve(np.eye(len(states)) - (1.0 - restart) * chain, rewards[states, replies])
        worths = rewards + (1.0 - restart) * ways @ values
        better = worths.max(axis=1) > worths[states, replies] + TIE
        if not better.any():
            return replies
        replies = np.where(better, worths.argmax(axis=1), replies)
