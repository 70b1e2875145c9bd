"""How a player of a repeated game answers, and how far it can be exploited, estimated from many episodes.

C is action 0, D any other; a move counts as executed, slips included; the own move stands first, as in CD.

| measure | is | source |
| --- | --- | --- |
| ``cooperation_after_start``, ``_cc``, ``_cd``, ``_dc``, ``_dd`` | p(C) at first, and by the last joint move | \
Nowak and Sigmund (1990) |
| ``niceness`` | share of episodes in which it never chose D, slips apart, before it saw the other play D | \
Axelrod (1984), ch. 2 |
| ``retaliation`` | p(D) after CD: the answer to a defection that was not called for | Axelrod (1984), ch. 2 |
| ``forgiveness`` | p(C) after the other defected, that is after CD or DD | Axelrod (1984), ch. 2 |
| ``reconciliation`` | share of the rounds without mutual cooperation that are followed by it; its inverse is the mean \
number of rounds until it comes | ours, after Axelrod's echo of a defection |
| ``best_reply`` | mean payoff a round of the best reply to it | by dynamic programming |
| ``exploitability`` | that, less what it earns against itself: the gain of whoever leaves self-play | \
Lanctot et al. (2017), NashConv over two |

The last two take the player for one that looks at the last joint move only, with the probabilities above: of one that
remembers more, they measure this shadow. They exist for symmetric games of two actions.

Intervals hold the truth 95 times in 100. Rounds of an episode are not independent; so a share of n rounds counts as one
of n / d, where d >= 1 is the design effect over episodes (Kish 1965; Korn and Graubard 1998), and its posterior is the
beta distribution of Jeffreys' prior. A probability that was never tried stays as good as unknown, and the interval of
``exploitability`` says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.errors import ParameterError
from dynenvs.envs.games.params import RepeatedGameParams

__all__ = ["MEMORY_ONE", "Measured", "best_reply", "repeated_game_measures", "self_play"]

FloatArray = NDArray[np.float64]

MEMORY_ONE = ("start", "cc", "cd", "dc", "dd")
"""What a memory-one strategy tells apart: the first round, and the last joint move, own first."""

DRAWS = 2000
"""Draws from a posterior: an end of the interval moves by some 2 % of its width from seed to seed."""
LEVEL = (0.025, 0.975)
NEGLIGIBLE = 1e-12  # probability that a round which is left out is ever played

MIRRORED = [0, 1, 3, 2, 4]  # places in MEMORY_ONE as the other player sees them


class Measured(NamedTuple):
    """A measure with its 95 % interval.

    Attributes
    ----------
    value : float
        NaN if there was no round to measure it in.
    low, high : float
        Ends of the interval.
    number : int
        Rounds that it stands on; episodes, for niceness.
    """

    value: float
    low: float
    high: float
    number: int


def repeated_game_measures(
    counts: Mapping[str, FloatArray], params: RepeatedGameParams, seed: int = 0
) -> dict[str, Measured]:
    """Estimate all measures of one player.

    Parameters
    ----------
    counts : mapping of str to ndarray of float64, shape (episodes,)
        What `dynenvs.envs.games.metrics.counts` gave for the player's seat, episode by episode.
    params : RepeatedGameParams
        Of the game that was played.
    seed : int
        Seeds the draws.

    Returns
    -------
    dict of str to Measured
        By the names above; the last two only where they exist: both players must be alike, noise included.
    """
    rng = np.random.default_rng(seed)
    answers = [_Share(counts[f"cooperated_after_{last}"], counts[f"after_{last}"], rng) for last in MEMORY_ONE]
    by_last = dict(zip(MEMORY_ONE, answers, strict=True))
    measured = {f"cooperation_after_{last}": answer.measured() for last, answer in by_last.items()}
    measured["niceness"] = _Share(counts["nice"], counts["after_start"], rng).measured()
    measured["retaliation"] = by_last["cd"].complement()
    defected = counts["after_cd"] + counts["after_dd"]
    forgiven = counts["cooperated_after_cd"] + counts["cooperated_after_dd"]
    measured["forgiveness"] = _Share(forgiven, defected, rng).measured()
    measured["reconciliation"] = _Share(counts["reconciled"], defected + counts["after_dc"], rng).measured()
    if _are_alike(params):
        measured |= _exploitation(answers, params)
    return measured


# Against the best reply, by dynamic programming over rounds to go and the last joint move.


def best_reply(strategy: FloatArray, params: RepeatedGameParams) -> FloatArray:
    """Compute what the best reply to a memory-one strategy earns.

    It sees what is played, slips like the other, and knows the horizon, if there is one.

    Parameters
    ----------
    strategy : ndarray of float64, shape (5,) or (5, n)
        Probabilities to cooperate, as executed, in the order of `MEMORY_ONE`; of n strategies at once.
    params : RepeatedGameParams
        A symmetric game of two actions.

    Returns
    -------
    ndarray of float64, shape () or (n,)
        Mean payoff a round.

    Raises
    ------
    ParameterError
        If the two players are not alike, or there are not five probabilities.

    Examples
    --------
    >>> float(best_reply(np.ones(5), RepeatedGameParams()))  # always cooperates: always defect
    5.0
    """
    p, payoffs = _checked(strategy, params)
    slip, w = params.execution_noises[0], params.continuation
    value = np.zeros_like(p)  # to the one who replies, by the last joint move as the strategy sees it
    for _ in range(_rounds(params)):
        if_c = p * (payoffs[0, 0] + w * value[1]) + (1 - p) * (payoffs[0, 1] + w * value[3])
        if_d = p * (payoffs[1, 0] + w * value[2]) + (1 - p) * (payoffs[1, 1] + w * value[4])
        value = np.maximum((1 - slip) * if_c + slip * if_d, (1 - slip) * if_d + slip * if_c)
    return value[0] / params.expected_length


def self_play(strategy: FloatArray, params: RepeatedGameParams) -> FloatArray:
    """Compute what a memory-one strategy earns against itself; parameters and errors as in `best_reply`.

    Returns
    -------
    ndarray of float64, shape () or (n,)
        Mean payoff a round.

    Examples
    --------
    >>> float(self_play(np.zeros(5), RepeatedGameParams()))  # always defects
    1.0
    """
    p, payoffs = _checked(strategy, params)
    q, w = p[MIRRORED], params.continuation
    value = np.zeros_like(p)
    for _ in range(_rounds(params)):
        own_c = q * (payoffs[0, 0] + w * value[1]) + (1 - q) * (payoffs[0, 1] + w * value[2])
        own_d = q * (payoffs[1, 0] + w * value[3]) + (1 - q) * (payoffs[1, 1] + w * value[4])
        value = p * own_c + (1 - p) * own_d
    return value[0] / params.expected_length


def _rounds(params: RepeatedGameParams) -> int:
    """Return the rounds to look ahead: all, or so many that the others hardly ever come."""
    horizon = math.inf if params.horizon is None else params.horizon
    likely = math.inf if params.continuation == 1.0 else math.ceil(math.log(NEGLIGIBLE) / math.log(params.continuation))
    return int(min(horizon, likely))


def _are_alike(params: RepeatedGameParams) -> bool:
    """Say whether it makes no difference which seat a player has, and each has two actions."""
    row, column = params.matrices()
    same_noise = len(set(params.execution_noises)) == len(set(params.perception_noises)) == 1
    return row.shape == (2, 2) and np.array_equal(column, row.T) and same_noise


def _checked(strategy: FloatArray, params: RepeatedGameParams) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities, and the payoffs by (own action, the other's)."""
    p = np.asarray(strategy, np.float64)
    if p.ndim not in (1, 2) or len(p) != len(MEMORY_ONE) or not ((p >= 0) & (p <= 1)).all():
        raise ParameterError(f"strategy of shape {p.shape}: expected probabilities for {', '.join(MEMORY_ONE)}")
    if not _are_alike(params):
        raise ParameterError("expected a symmetric game of two actions, and the same noise for both players")
    return p, params.matrices()[0]


def _exploitation(answers: list[_Share], params: RepeatedGameParams) -> dict[str, Measured]:
    """Estimate how far the strategy of these answers can be exploited."""
    guesses = np.array([0.5 if math.isnan(answer.value) else answer.value for answer in answers])
    strategies = np.column_stack([guesses, *np.array([answer.draws for answer in answers]).T])
    best, itself = best_reply(strategies, params), self_play(strategies, params)
    number = sum(answer.number for answer in answers)
    drawn = {"best_reply": best, "exploitability": best - itself}
    return {name: _measured(float(values[0]), values[1:], number) for name, values in drawn.items()}


# Shares of rounds, or of episodes.


class _Share:
    """A share of rounds, each counted by episode, and draws from its posterior."""

    def __init__(self, hits: FloatArray, rounds: FloatArray, rng: np.random.Generator) -> None:
        self.number = int(rounds.sum())
        self.value = float(hits.sum() / rounds.sum()) if self.number else math.nan
        independent = self.number / _design_effect(hits, rounds) if self.number else 0.0
        hit = independent * self.value if self.number else 0.0
        self.draws = rng.beta(0.5 + hit, 0.5 + independent - hit, DRAWS)

    def measured(self) -> Measured:
        """Estimate it."""
        return _measured(self.value, self.draws, self.number)

    def complement(self) -> Measured:
        """Estimate the share of the other rounds."""
        return _measured(1.0 - self.value, 1.0 - self.draws, self.number)


def _design_effect(hits: FloatArray, rounds: FloatArray) -> float:
    """Return how many times wider than that of independent rounds the variance is, with episodes as clusters; >= 1."""
    total, episodes = rounds.sum(), np.count_nonzero(rounds)
    share = hits.sum() / total
    if episodes < 2 or share in (0.0, 1.0):
        return 1.0
    variance = episodes / (episodes - 1) * ((hits - share * rounds) ** 2).sum() / total**2
    return max(1.0, float(variance / (share * (1 - share) / total)))


def _measured(value: float, draws: FloatArray, number: int) -> Measured:
    low, high = (float(end) for end in np.quantile(draws, LEVEL))
    return Measured(value, min(low, value), max(high, value), number)  # a value of NaN changes neither end
