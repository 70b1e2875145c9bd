"""Strategies that can play games of any number of actions."""

from __future__ import annotations

from collections.abc import Sequence

from dynenvs.core.errors import ParameterError
from dynenvs.envs.games.automata import Automaton, View, mixed_automaton
from dynenvs.envs.games.definitions import Strategy
from dynenvs.envs.games.sources import AXELROD_1980, FOLKLORE

__all__ = ["GENERAL", "always_strategy", "cycle_strategy"]


def _pure(view: View, move: int) -> list[float]:
    """Return the probabilities of playing one move for sure."""
    return [float(action == move) for action in range(view.num_actions)]


def _uniform(view: View) -> list[float]:
    """Return the probabilities of playing any move alike."""
    return [1.0 / view.num_actions] * view.num_actions


def _cycle(view: View, moves: Sequence[int]) -> Automaton:
    """Repeat a sequence of moves for ever."""
    for move in moves:
        if move >= view.num_actions:
            raise ParameterError(f"action {move}: expected one of {view.num_actions} actions, counted from 0")
    return mixed_automaton(
        view, 0, lambda place: _pure(view, moves[place]), lambda place, own, other: (place + 1) % len(moves)
    )


def _copy_last(view: View) -> Automaton:
    """Do what the opponent did last."""
    if view.num_actions != view.num_replies:
        raise ParameterError(
            f"strategy 'tit_for_tat' cannot play a {view.num_actions} x {view.num_replies} game: expected a square one"
        )
    return mixed_automaton(view, 0, lambda last: _pure(view, last), lambda last, own, other: other)


def _beat_last(view: View) -> Automaton:
    """Give the best reply to what the opponent did last."""
    best_replies = view.own.argmax(axis=0).tolist()
    start: int | None = None
    return mixed_automaton(
        view,
        start,
        lambda last: _uniform(view) if last is None else _pure(view, best_replies[last]),
        lambda last, own, other: other,
    )


def always_strategy(name: str, move: int) -> Strategy:
    """Define the strategy that plays one action."""
    return Strategy(
        name=name,
        about=f"Plays action {move}.",
        source=FOLKLORE,
        plays=lambda view: _cycle(view, (move,)),
        any_game=True,
    )


def cycle_strategy(name: str, *moves: int) -> Strategy:
    """Define the strategy that repeats a sequence of actions."""
    return Strategy(
        name=name,
        about=f"Repeats actions {', '.join(map(str, moves))}.",
        source=FOLKLORE,
        plays=lambda view: _cycle(view, moves),
        any_game=True,
    )


GENERAL = (
    Strategy(
        name="random",
        about="Plays every action with the same probability.",
        source=AXELROD_1980,
        plays=lambda view: mixed_automaton(view, 0, lambda memory: _uniform(view), lambda memory, own, other: 0),
        any_game=True,
        axelrod_name="Random",
    ),
    Strategy(
        name="tit_for_tat",
        about="Plays action 0 first, then does what the opponent did last.",
        source=f"Rapoport, in {AXELROD_1980}",
        plays=_copy_last,
        any_game=True,
        axelrod_name="TitForTat",
    ),
    Strategy(
        name="beat_last",
        about="Plays any action first, then the best reply to what the opponent did last (the first of equal ones).",
        source=FOLKLORE,
        plays=_beat_last,
        any_game=True,
    ),
)
"""Strategies for games of any number of actions."""
