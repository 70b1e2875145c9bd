"""The words of the repeated and of the public goods game: rules for the episode, the situation of a turn.

A seat is told what its observation holds and what it can count by itself, no more. In the repeated game that is what it
*perceived*: under perception noise the moves and the payoffs of what it believes it saw, never those that were played.
The horizon is told only where players know it. Payoffs of the repeated game are told as its `framing` says. Request,
schema and parser are the adapter's (`dynenvs.adapters.language`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.envs.games.params import ContinuousGameParams, PublicGoodsParams, RepeatedGameParams

if TYPE_CHECKING:
    from dynenvs.core.view import GameView

__all__ = ["clock", "contributions_told", "ending", "public_goods_rules", "rules", "situation"]


def rules(view: GameView, seat: int) -> str:
    """Say who the seat is, what is decided and what is paid.

    Parameters
    ----------
    view : GameView
        One game of a `RepeatedGame` or of a `PublicGoods`.
    seat : int
        Who is told.

    Returns
    -------
    str
        A few lines that hold for the whole episode.
    """
    told = public_goods_rules if isinstance(view.params, PublicGoodsParams) else _repeated_game_rules
    return "\n".join([*told(view, seat), ending(view.params)])


def situation(view: GameView, seat: int) -> str:
    """Say what the seat has seen so far in the episode.

    Parameters
    ----------
    view : GameView
        One game of a `RepeatedGame` or of a `PublicGoods`.
    seat : int
        Who is told; a seat outside the kernel.

    Returns
    -------
    str
        A few lines: the round, the last rounds, means of all rounds.
    """
    told = _public_goods_situation if isinstance(view.params, PublicGoodsParams) else _repeated_game_situation
    return "\n".join([clock(view), *told(view, seat)])


# All games.


def ending(params: RepeatedGameParams | ContinuousGameParams | PublicGoodsParams) -> str:
    """Say of the end what players know."""
    known = params.horizon_known and params.horizon is not None
    if params.continuation < 1.0:
        limit = f", up to {params.horizon} rounds" if known else ""
        return f"After each round another one follows with probability {params.continuation:g}{limit}."
    return f"There are {params.horizon} rounds." if known else "You do not know how many rounds there are."


def clock(view: GameView) -> str:
    """Say which round it is."""
    if view.over:
        return f"The game is over, after {view.step} rounds."
    params = view.params
    of_all = f" of {params.horizon}" if params.horizon_known and params.horizon is not None else ""
    return f"Round {view.step + 1}{of_all}." if view.step else f"Round 1{of_all}. Nothing has been played yet."


# Repeated game.


def _repeated_game_rules(view: GameView, seat: int) -> list[str]:
    own, other = _action_names(view, seat)
    mine, theirs = _amounts(view.params, seat)
    table = [
        f"- you: {own[a]}, the other: {other[b]}: {mine[a, b]:g} for you, {theirs[a, b]:g} for the other"
        for a in range(len(own))
        for b in range(len(other))
    ]
    return [
        "You play the same game again and again with one other player. In each round both choose at the same time.",
        _heading(view.params, seat),
        *table,
        *_execution_noise(view.params.execution_noises, seat),
        *_perception_noise(view.params.perception_noises, seat),
    ]


def _execution_noise(noises: tuple[float, float], seat: int) -> list[str]:
    if not any(noises):
        return []
    own, other = noises[seat], noises[1 - seat]
    return [
        f"A choice may slip and become another one: yours with probability {own:g}, the other's with {other:g}.",
        "What counts, and what both then see, is the choice that comes out.",
    ]


def _perception_noise(noises: tuple[float, float], seat: int) -> list[str]:
    if not any(noises):
        return []
    own, other = noises[seat], noises[1 - seat]
    return [
        f"You may misread the other's choice, with probability {own:g}, and the other yours, with {other:g}.",
        "You are told what you read, payoffs included; what is paid in the end depends on what was played.",
    ]


def _repeated_game_situation(view: GameView, seat: int) -> list[str]:
    if view.step == 0:
        return []
    own, other = _action_names(view, seat)
    mine, theirs = _amounts(view.params, seat)
    counts = _from_seat(view.state.perceived_counts[seat], seat)
    pairs = np.argwhere(counts > 0)
    tally = [f"{counts[a, b]} x you: {own[a]}, the other: {other[b]}" for a, b in pairs]
    recent = [
        f"- round {k}: you: {own[a]}, the other: {other[b]}; {mine[a, b]:g} for you, {theirs[a, b]:g} for the other"
        for k, a, b in _recent_rounds(view, seat)
    ]
    means = (counts * mine).sum() / view.step, (counts * theirs).sum() / view.step
    what = "loss" if view.params.framing == "losses" else "payoff"
    return [
        f"So far: {'; '.join(tally)}.",
        f"Mean {what} a round so far: {means[0]:.4g} for you, {means[1]:.4g} for the other.",
        f"The last {len(recent)} rounds:" if len(recent) > 1 else "The last round:",
        *recent,
    ]


def _recent_rounds(view: GameView, seat: int) -> list[tuple[int, int, int]]:
    """Return (number from 1, own move, the other's as the seat read it) of the rounds in its memory, oldest first."""
    history = view.state.history[seat]
    rounds = range(max(0, view.step - view.params.memory), view.step)
    return [(k + 1, int(history[k % len(history), 0]), int(history[k % len(history), 1])) for k in rounds]


def _action_names(view: GameView, seat: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the seat's own actions, and of the other's."""
    names = view.params.action_names()
    return names[seat], names[1 - seat]


def _heading(params: RepeatedGameParams, seat: int) -> str:
    """Say what the numbers of the table are."""
    if params.framing == "gains":
        return "Payoffs of a round:"
    mine, theirs = _stakes(params)[[seat, 1 - seat]]
    return f"In each round you are given {mine:g} and the other {theirs:g}. Losses from it, by what both choose:"


def _amounts(params: RepeatedGameParams, seat: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the seat and the other are told that they gain, or lose, by (own action, the other's)."""
    matrices = params.matrices()
    told = _stakes(params)[:, None, None] - matrices if params.framing == "losses" else matrices
    return _from_seat(told[seat], seat), _from_seat(told[1 - seat], seat)


def _stakes(params: RepeatedGameParams) -> NDArray[np.float64]:
    """Return what each player has to lose in a round: the most that it could get, or 0 where that is below."""
    stakes: NDArray[np.float64] = params.matrices().max(axis=(1, 2), initial=0.0)
    return stakes


def _from_seat(by_row_and_column: NDArray[Any], seat: int) -> NDArray[Any]:
    """Turn a table by (row action, column action) into one by (own action, the other's)."""
    return by_row_and_column.T if seat else by_row_and_column


# Public goods game.


def public_goods_rules(view: GameView, seat: int) -> list[str]:
    """Say what is given and what it brings."""
    params, names = view.params, view.world.layout.player_names
    n, E = params.num_players, params.endowment
    others = ", ".join(name for agent, name in enumerate(names) if agent != seat)
    return [
        f"You are {names[seat]} of {n}; the others are {others}.",
        f"In each round each player gets {_tokens(E)} and puts some, all or none into a common pot, all at once.",
        "What a player does not put in, it keeps.",
        f"What is in the pot is multiplied by {params.multiplier:g} and shared equally by all {n}, whoever put it in.",
        f"Your payoff in a round: {E} - your contribution + {params.marginal_return:.4g} x all contributions.",
    ]


def _public_goods_situation(view: GameView, seat: int) -> list[str]:
    if view.step == 0:
        return []
    mean_payoff = view.world.buffers.episode_returns[view.game, seat] / view.step
    return [
        f"Contributions of the last round: {contributions_told(view, seat)}.",
        f"Mean contribution of a player in all rounds so far: {view.state.contributed.mean() / view.step:.4g}.",
        f"Your mean payoff a round so far: {mean_payoff:.4g}.",
    ]


def contributions_told(view: GameView, seat: int) -> str:
    """List who gave how much, the seat first."""
    state, names, n = view.state, view.world.layout.player_names, view.params.num_players
    others = [(seat + distance) % n for distance in range(1, n)]
    return ", ".join([f"you {state.contributions[seat]}", *(f"{names[k]} {state.contributions[k]}" for k in others)])


def _tokens(number: int) -> str:
    return "1 token" if number == 1 else f"{number} tokens"
