"""Parameters of the repeated games, and the payoffs of the classic ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between, check_integer, check_one_of
from dynenvs.core.errors import ParameterError

__all__ = [
    "FRAMINGS",
    "GAMES",
    "ContinuousGameParams",
    "MatrixGame",
    "Payoffs",
    "PublicGoodsParams",
    "PunishmentParams",
    "RepeatedGameParams",
    "payoff_matrices",
]

Payoffs: TypeAlias = Sequence[Any]
"""(R, S, T, P) of a symmetric 2 x 2 game; a square matrix of the row player, the column player having its
transpose; or a pair of matrices (row player, column player) of any one shape."""


@dataclass(frozen=True, kw_only=True)
class MatrixGame:
    """A classic two-player game.

    Attributes
    ----------
    payoffs : Payoffs
        What the players get.
    row_actions, column_actions : tuple of str
        Names of the actions of each; action 0 is the cooperative one where there is such a thing.
    about : str
        The dilemma in one sentence.
    """

    payoffs: Payoffs
    row_actions: tuple[str, ...]
    about: str
    column_actions: tuple[str, ...] = ()


FRAMINGS = ("gains", "losses")
"""How payoffs are told in words."""

GAMES: dict[str, MatrixGame] = {
    "prisoners_dilemma": MatrixGame(
        payoffs=(3.0, 0.0, 5.0, 1.0),  # Axelrod (1984), ch. 1
        row_actions=("cooperate", "defect"),
        about="Defecting pays whatever the other does, yet both would rather both cooperate.",
    ),
    "stag_hunt": MatrixGame(
        payoffs=(4.0, 1.0, 3.0, 3.0),
        row_actions=("stag", "hare"),
        about="The stag feeds both but takes both; the hare is safe.",
    ),
    "chicken": MatrixGame(
        payoffs=(0.0, -1.0, 1.0, -10.0),
        row_actions=("swerve", "straight"),
        about="Each wants the other to swerve, and the crash is the worst for both.",
    ),
    "mild_chicken": MatrixGame(
        payoffs=(3.0, 1.0, 5.0, 0.0),
        row_actions=("swerve", "straight"),
        about="Chicken with payoffs close to those of the prisoner's dilemma.",
    ),
    "battle_of_the_sexes": MatrixGame(
        payoffs=(((3.0, 0.0), (0.0, 2.0)), ((2.0, 0.0), (0.0, 3.0))),
        row_actions=("opera", "football"),
        about="Both want to meet, each at another place.",
    ),
    "matching_pennies": MatrixGame(
        payoffs=(((1.0, -1.0), (-1.0, 1.0)), ((-1.0, 1.0), (1.0, -1.0))),
        row_actions=("heads", "tails"),
        about="The row player wants the coins to match, the column player wants them to differ.",
    ),
    "coordination": MatrixGame(
        payoffs=((1.0, 0.0), (0.0, 1.0)),
        row_actions=("left", "right"),
        about="Any side will do, as long as it is the same.",
    ),
    "rock_paper_scissors": MatrixGame(
        payoffs=((0.0, -1.0, 1.0), (1.0, 0.0, -1.0), (-1.0, 1.0, 0.0)),
        row_actions=("rock", "paper", "scissors"),
        about="Every action beats one and loses to one.",
    ),
}
"""The classic games by name."""


def payoff_matrices(payoffs: Payoffs) -> NDArray[np.float64]:
    """Bring payoffs given in any of their forms into one.

    Parameters
    ----------
    payoffs : Payoffs
        (R, S, T, P), a square matrix, or a pair of matrices.

    Returns
    -------
    ndarray of float64, shape (2, m, n)
        What the row player and the column player get, by (row action, column action).

    Raises
    ------
    ParameterError
        If the shape fits none of the forms, or a payoff is not a finite number.
    """
    expected = "expected (R, S, T, P), a square matrix, or a pair of matrices of one shape, all of finite numbers"
    try:
        array = np.array(payoffs, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"payoffs={payoffs!r}: {expected}") from error
    if array.shape == (4,):
        array = array.reshape(2, 2)
    if array.ndim == 2 and array.shape[0] == array.shape[1]:
        array = np.stack([array, array.T])
    if array.ndim != 3 or len(array) != 2 or min(array.shape) < 2 or not np.isfinite(array).all():
        raise ParameterError(f"payoffs={payoffs!r}: {expected}")
    return np.ascontiguousarray(array)


@dataclass(frozen=True, kw_only=True)
class RepeatedGameParams:
    """A two-player matrix game, played again and again by the same two.

    Attributes
    ----------
    game : str
        A name in `GAMES`: it gives the names of the actions, and the payoffs unless these are given.
    payoffs : Payoffs, optional
        Payoffs to play for, in any of the forms of `payoff_matrices`; actions are then named after
        `game` if their number is the same, and numbered otherwise.
    horizon : int or None
        Rounds of an episode, at least 1. None: only chance ends it.
    horizon_known : bool
        Whether the players know the horizon. If so they see the share of rounds that is left, and reaching it
        terminates the episode by the rules; if not, it is a cap that truncates it.
    continuation : float
        Probability in (0, 1] that a round is followed by another: the unknown horizon (Axelrod's discount w).
        With 1, `horizon` must be given.
    execution_noise : float or (float, float)
        Probability in [0, 1] that a player's move turns into another one, which both then see; one for both players, or
        one for each.
    perception_noise : float or (float, float)
        Probability in [0, 1] that a player mistakes the other's move for another one; payoffs stay true.
    memory : int
        Last joint moves in the observation, in [1, 32].
    labels : sequence of str, optional
        Names of the actions, in place of those of `game`, for both players: different words of visible characters, as
        many as the player with more actions has. Words only: an action's number, and so its payoff, stays what it is.
    framing : {"gains", "losses"}
        How payoffs are told in words: as what is gained in a round, or as what is lost of the most that could be
        (Tversky and Kahneman 1981). What is paid stays the same.
    """

    game: str = "prisoners_dilemma"
    payoffs: Payoffs | None = None
    horizon: int | None = 100
    horizon_known: bool = False
    continuation: float = 1.0
    execution_noise: float | tuple[float, float] = 0.0
    perception_noise: float | tuple[float, float] = 0.0
    memory: int = 3
    labels: Sequence[str] | None = None
    framing: str = "gains"

    def __post_init__(self) -> None:
        check_one_of("game", self.game, tuple(GAMES))
        self.matrices()  # refuses what is no game
        _check_ending(self.horizon, self.horizon_known, self.continuation)
        for name in ("execution_noise", "perception_noise"):
            _check_of_both(name, getattr(self, name))
        check_integer("memory", self.memory, 1, 32)
        if self.labels is not None:
            _check_labels(self.labels, max(self.matrices().shape))
        check_one_of("framing", self.framing, FRAMINGS)

    def matrices(self) -> NDArray[np.float64]:
        """Payoffs of both, float64 of shape (2, row actions, column actions)."""
        return payoff_matrices(GAMES[self.game].payoffs if self.payoffs is None else self.payoffs)

    def action_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the row player's and of the column player's actions."""
        known = GAMES[self.game]
        _, rows, columns = self.matrices().shape
        if self.labels is not None:
            return tuple(self.labels[:rows]), tuple(self.labels[:columns])
        row, column = known.row_actions, known.column_actions or known.row_actions
        return (
            row if len(row) == rows else tuple(f"action {k}" for k in range(rows)),
            column if len(column) == columns else tuple(f"action {k}" for k in range(columns)),
        )

    @property
    def execution_noises(self) -> tuple[float, float]:
        """Execution noise of each player."""
        return _of_both("execution_noise", self.execution_noise)

    @property
    def perception_noises(self) -> tuple[float, float]:
        """Perception noise of each player."""
        return _of_both("perception_noise", self.perception_noise)

    @property
    def expected_length(self) -> float:
        """Mean number of rounds of an episode: (1 - w^h) / (1 - w) with continuation w and horizon h."""
        return _expected_length(self.horizon, self.continuation)


@dataclass(frozen=True, kw_only=True)
class ContinuousGameParams:
    """A symmetric game of two actions, played again and again in degrees between them.

    With (R, S, T, P) and degrees a of one's own and o of the other's, a round pays
    R a o + S a (1 - o) + T (1 - a) o + P (1 - a)(1 - o): what the mixed actions would pay on average, for certain.

    Attributes
    ----------
    game : str
        A name in `GAMES` of a symmetric game of two actions: it names degree 1 (its first action) and degree 0, and
        gives the payoffs unless these are given.
    payoffs : Payoffs, optional
        Payoffs to play for, (R, S, T, P) or a 2 x 2 matrix of the row player.
    horizon : int or None
        Rounds of an episode, at least 1. None: only chance ends it.
    horizon_known : bool
        Whether the players know the horizon: then reaching it terminates the episode, else it truncates.
    continuation : float
        Probability in (0, 1] that a round is followed by another. With 1, `horizon` must be given.
    execution_noise : float or (float, float)
        Standard deviation in [0, 1] of normal noise on what a player does, which is then clipped to [0, 1]; both see
        what came out. One for both players, or one for each.
    perception_noise : float or (float, float)
        Standard deviation in [0, 1] of normal noise on what a player sees of the other's degree, clipped likewise;
        payoffs stay true.
    memory : int
        Last rounds in the observation, in [1, 32].
    regime_length : float
        Mean length in rounds, at least 1, of the regimes of the background player ``regime_switcher``; nothing else
        depends on it.
    """

    game: str = "prisoners_dilemma"
    payoffs: Payoffs | None = None
    horizon: int | None = 100
    horizon_known: bool = False
    continuation: float = 1.0
    execution_noise: float | tuple[float, float] = 0.0
    perception_noise: float | tuple[float, float] = 0.0
    memory: int = 3
    regime_length: float = 50.0

    def __post_init__(self) -> None:
        check_one_of("game", self.game, tuple(name for name in GAMES if _is_symmetric(GAMES[name].payoffs)))
        if self.payoffs is not None and not _is_symmetric(self.payoffs):
            raise ParameterError(f"payoffs={self.payoffs!r}: expected (R, S, T, P), or a 2 x 2 matrix")
        _check_ending(self.horizon, self.horizon_known, self.continuation)
        for name in ("execution_noise", "perception_noise"):
            _check_of_both(name, getattr(self, name))
        check_integer("memory", self.memory, 1, 32)
        check_between("regime_length", self.regime_length, 1, np.inf, unit="rounds", closed="left")

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Payoffs (R, S, T, P): own degree and the other's are (1, 1), (1, 0), (0, 1), (0, 0)."""
        given = GAMES[self.game].payoffs if self.payoffs is None else self.payoffs
        R, S, T, P = payoff_matrices(given)[0].ravel().tolist()
        return R, S, T, P

    @property
    def end_names(self) -> tuple[str, str]:
        """Names of degree 1 and of degree 0."""
        first, second = GAMES[self.game].row_actions
        return first, second

    @property
    def execution_noises(self) -> tuple[float, float]:
        """Execution noise of each player."""
        return _of_both("execution_noise", self.execution_noise)

    @property
    def perception_noises(self) -> tuple[float, float]:
        """Perception noise of each player."""
        return _of_both("perception_noise", self.perception_noise)

    @property
    def expected_length(self) -> float:
        """Mean number of rounds of an episode: (1 - w^h) / (1 - w) with continuation w and horizon h."""
        return _expected_length(self.horizon, self.continuation)


@dataclass(frozen=True, kw_only=True)
class PublicGoodsParams:
    """A linear public goods game, repeated (Ledyard 1995; Fehr and Gächter 2000 without punishment).

    Attributes
    ----------
    num_players : int
        n, in [2, 64].
    endowment : int
        Tokens that each gets anew every round, in [1, 100]; contributions are whole tokens.
    multiplier : float
        r: what all put in is multiplied by r and shared equally. In (1, n) it is a dilemma; nothing else is accepted.
    horizon : int or None
        Rounds of an episode, at least 1. None: only chance ends it.
    horizon_known : bool
        Whether the players know the horizon: then reaching it terminates the episode, else it truncates.
    continuation : float
        Probability in (0, 1] that a round is followed by another. With 1, `horizon` must be given.
    """

    num_players: int = 4
    endowment: int = 1
    multiplier: float = 1.6
    horizon: int | None = 10
    horizon_known: bool = True
    continuation: float = 1.0

    def __post_init__(self) -> None:
        check_integer("num_players", self.num_players, 2, 64)
        check_integer("endowment", self.endowment, 1, 100)
        check_between("multiplier", self.multiplier, 1, self.num_players, closed="neither")
        _check_ending(self.horizon, self.horizon_known, self.continuation)

    @property
    def expected_length(self) -> float:
        """Mean number of rounds of an episode: (1 - w^h) / (1 - w) with continuation w and horizon h."""
        return _expected_length(self.horizon, self.continuation)

    @property
    def marginal_return(self) -> float:
        """What a token put in gives back to the one who put it: r / n, below 1."""
        return self.multiplier / self.num_players


def _is_symmetric(payoffs: Payoffs) -> bool:
    """Say whether a game has two actions and looks the same from both sides."""
    row, column = payoff_matrices(payoffs)
    return row.shape == (2, 2) and np.array_equal(column, row.T)


def _of_both(name: str, value: float | tuple[float, float]) -> tuple[float, float]:
    """Return a number for each of two players, from one for both or a pair."""
    if not isinstance(value, tuple | list):
        return value, value
    if len(value) != 2:
        raise ParameterError(f"{name}={value!r}: expected one number, or one for each of the two players")
    return value[0], value[1]


def _check_of_both(name: str, value: float | tuple[float, float]) -> None:
    """Check that the noise of both players lies in [0, 1]."""
    for noise in _of_both(name, value):
        check_between(name, noise, 0, 1)


@dataclass(frozen=True, kw_only=True)
class PunishmentParams(PublicGoodsParams):
    """A linear public goods game whose every round has a second stage: players take points off one another, at a cost.

    Defaults are those of Herrmann, Thöni and Gächter (2008, Science 319); those of Fehr and Gächter (2002, Nature 415)
    differ in the length.

    Attributes
    ----------
    num_players : int
        n, in [2, 16].
    endowment : int
        Tokens that each gets anew every round, in [1, 100]; contributions are whole tokens.
    multiplier : float
        r: what all put in is multiplied by r and shared equally. In (1, n) it is a dilemma; nothing else is accepted.
    horizon : int or None
        Rounds of an episode, at least 1; each is two steps. None: only chance ends it.
    horizon_known : bool
        Whether the players know the horizon: then reaching it terminates the episode, else it truncates.
    continuation : float
        Probability in (0, 1] that a round is followed by another. With 1, `horizon` must be given.
    max_points : int
        Points that a player can take off each other one in a round, in [1, 100].
    fine : float
        Tokens that a point costs the one who is punished, in (0, 100]; the one who punishes pays 1 token for it.
    """

    endowment: int = 20
    max_points: int = 10
    fine: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_integer("num_players", self.num_players, 2, 16)
        check_integer("max_points", self.max_points, 1, 100)
        check_between("fine", self.fine, 0, 100, unit="tokens a point", closed="right")


def _check_labels(labels: Sequence[str], count: int) -> None:
    """Check that actions are named so that their names can be told apart."""
    are_words = not isinstance(labels, str) and all(
        isinstance(label, str) and label.isprintable() and label.strip() == label != "" for label in labels
    )
    if not are_words or len(labels) != count or len({label.casefold() for label in labels}) != count:
        raise ParameterError(f"labels={labels!r}: expected {count} different words of visible characters")


def _check_ending(horizon: int | None, horizon_known: bool, continuation: float) -> None:
    """Check that an episode ends, by its horizon or by chance."""
    if horizon is not None:
        check_integer("horizon", horizon, 1, 2**31 - 1)
    check_one_of("horizon_known", horizon_known, (False, True))
    check_between("continuation", continuation, 0, 1, closed="right")
    if horizon is None and continuation == 1.0:
        raise ParameterError("horizon=None, continuation=1.0: expected a horizon, or a continuation below 1")


def _expected_length(horizon: int | None, continuation: float) -> float:
    w, h = continuation, np.inf if horizon is None else horizon
    return float(h if w == 1.0 else (1.0 - w**h) / (1.0 - w))
