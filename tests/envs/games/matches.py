"""Matches of background strategies for the tests: in pairs, or one against given moves."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dynenvs.core.jit import kernel
from dynenvs.envs.games.background import strategy as find
from dynenvs.envs.games.background import strategy_names, strategy_tables
from dynenvs.envs.games.params import RepeatedGameParams
from dynenvs.envs.games.strategies import choose_move, forget, remember_moves
from dynenvs.envs.games.world import RepeatedGame

FIDELITY = Path(__file__).parents[2] / "fidelity"

OURS = {find(name).axelrod_name: name for name in strategy_names() if find(name).axelrod_name}
"""Our name of every strategy of the Axelrod-Python library that we have."""


def facts(name: str) -> list[dict[str, str]]:
    """Rows of a file of facts; its first lines tell their origin."""
    with (FIDELITY / name).open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def letters(moves: Sequence[int]) -> str:
    return "".join("CD"[move] for move in moves)


def play(pairings: Sequence[tuple[str, str]], turns: int, seed: int = 0, **params):
    """Play a match of every pairing; return its moves (pairings, turns, 2) and scores (pairings, 2)."""
    params = RepeatedGameParams(horizon=turns, **{"horizon_known": True, **params})
    world = RepeatedGame(params, len(pairings))
    world.assign_seats(pairings)
    world.reset(seed)
    moves = np.empty((len(pairings), turns, 2), np.int64)
    idle = np.zeros((len(pairings), 2), np.int64)
    for turn in range(turns):
        world.step(idle)
        moves[:, turn] = world.state.moves
    return moves, world.buffers.episode_returns.copy()


def answers(name: str, against: Sequence[int], seat: int = 0, **params) -> list[int]:
    """Return how a strategy moves while the other seat makes given moves, and in one more round after them."""
    world = RepeatedGame(RepeatedGameParams(**{"horizon": len(against) + 1, **params}))
    world.set_seats([name, "external"] if seat == 0 else ["external", name])
    world.reset(0)
    moves = []
    for move in (*against, 0):
        world.step(np.full((1, 2), move, np.int64))
        moves.append(int(world.state.moves[0, seat]))
    return moves


def moves(name: str, against: str, **params) -> str:
    """Return how a strategy moves against a string of Cs and Ds, one move longer."""
    return letters(answers(name, ["CD".index(move) for move in against], **params))


@kernel
def _reply(state, tables, given, executed, meant):
    """Let the one strategy of the tables meet given moves in game 0, while its own are executed as given."""
    state.round[0] = 0
    forget(state, tables, 0, 0, 0)
    for turn in range(len(given)):
        meant[turn] = choose_move(state, tables, 0, 0, 0, 0.5)
        remember_moves(state, tables, 0, 0, 0, executed[turn], given[turn])
        state.round[0] += 1


def replies(name: str, given: str, executed: str, length: int = 0) -> str:
    """Return what a strategy means to do while its own hand slips; it knows the length unless that is 0."""
    params = RepeatedGameParams(horizon=length or len(given), horizon_known=length > 0)
    world = RepeatedGame(params)
    meant = np.zeros(len(given), np.int64)
    arrays = [np.array(["CD".index(move) for move in string]) for string in (given, executed)]
    _reply(world.state, strategy_tables((name,), params.matrices()), *arrays, meant)
    return letters(meant)
