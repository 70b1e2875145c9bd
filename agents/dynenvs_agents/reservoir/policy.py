"""Reservoir agents as policies of any repeated game of two: ``reservoir:sentinel?d=30&seed=0``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_integer, check_one_of
from dynenvs.core.errors import LifecycleError, ParameterError
from dynenvs.core.layouts import ContinuousHead, DiscreteHead, Role
from dynenvs.core.seats import Seat
from dynenvs.core.world import World
from dynenvs.policies import Turn
from dynenvs.policies.sampling import turn_uniforms
from dynenvs_agents.reservoir.agent import ReservoirAgents, habituate
from dynenvs_agents.reservoir.body import BodyParams, grow_bodies
from dynenvs_agents.reservoir.cognition import Tool, make_tool
from dynenvs_agents.reservoir.sentinel import ForgivingSentinel, Governance, Sentinel, StaticGovernance

__all__ = ["GOVERNANCES", "ReservoirPolicy", "load_reservoir"]

FloatArray = NDArray[np.float64]

GOVERNANCES: dict[str, tuple[type[StaticGovernance] | type[Sentinel], str]] = {
    "static": (StaticGovernance, "tit_for_tat"),
    "sentinel": (Sentinel, "tit_for_tat"),
    "forgiving": (ForgivingSentinel, "forgiving_tit_for_tat"),
}
"""What a string may name, and the tool that goes with it unless another is asked for."""


class ReservoirPolicy:
    """Plays games of two degrees, or of two actions, the first of them with the probability that is the degree.

    Parameters
    ----------
    body : BodyParams
        How its body grows.
    governance : Governance
        How far that is trusted.
    tool : Tool
        What is played as far as it is not.
    seed : int
        Of the body, at least 0.
    name : str
        How it is called.

    Attributes
    ----------
    agents : ReservoirAgents
        One row for every seat of every game, as of the last `reset`: game by game.
    """

    seat: Seat = "external"

    def __init__(
        self, body: BodyParams, governance: Governance, tool: Tool, *, seed: int = 0, name: str = "reservoir"
    ) -> None:
        check_integer("seed", seed, 0)
        self.name = name
        self._governance, self._tool = governance, tool
        averaging = governance.averaging if isinstance(governance, Sentinel) else 0.3
        self._bodies = grow_bodies(body, [seed])
        self._baseline = habituate(self._bodies, tool, averaging=averaging)
        self._readers: tuple[Callable[[FloatArray], FloatArray], ...] = ()
        self._discrete = False
        self.agents = self._fresh(0)

    def digest(self) -> str:
        """Hash all weights, what the body is used to, and how it is governed."""
        b, base = self._bodies, self._baseline
        arrays = (b.recurrent, b.inputs, b.bias, b.readout, b.offset, b.rest)
        hashed = hashlib.sha256(f"{self._governance}:{self._tool}".encode())
        for array in (*arrays, base.mean, base.whitening, base.limit, base.action):
            hashed.update(array.tobytes())
        return hashed.hexdigest()[:16]

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Forget these games.

        Raises
        ------
        ParameterError
            If this is no repeated game of two that it can play.
        """
        self._readers = tuple(_reader(self.name, role) for role in world.layout.roles)
        if world.num_agents != 2:
            raise ParameterError(f"{self.name!r} plays games of two, this world has {world.num_agents} players")
        self._discrete = world.layout.is_discrete
        if len(self.agents.body) != 2 * world.num_games:
            self.agents = self._fresh(2 * world.num_games)
        self.agents.reset(np.concatenate([2 * games, 2 * games + 1]))

    def act(self, turn: Turn) -> NDArray[Any]:
        """Feel the last round, if there was one, and decide.

        Raises
        ------
        LifecycleError
            Before the first `reset`.
        """
        if not self._readers:
            raise LifecycleError(f"{self.name!r}: call reset(world, games) before act")
        rows, seen = 2 * turn.games + turn.agents, turn.observations.astype(np.float64)
        begun = turn.world.buffers.episode_lengths[turn.games] > 0
        for agent, read in enumerate(self._readers):
            felt = np.flatnonzero(begun & (turn.agents == agent))
            own, other = np.ascontiguousarray(read(seen[felt]).T)
            self.agents.observe(rows[felt], own, other)
        degrees = self.agents.act(rows)
        if not self._discrete:
            return degrees
        return (turn_uniforms(turn, 1)[:, 0] >= degrees).astype(np.int64)

    def _fresh(self, rows: int) -> ReservoirAgents:
        body = np.zeros(rows, np.int64)
        return ReservoirAgents(self._bodies, self._baseline, self._governance, self._tool, body)


def _reader(name: str, role: Role) -> Callable[[FloatArray], FloatArray]:
    """Return how to read the degrees of the last round, own and the other's (rows, 2), from what this role sees."""
    head, columns = role.actions.heads[0], role.observation.slices
    if isinstance(head, ContinuousHead) and "recent_degrees" in columns:
        first = columns["recent_degrees"].start
        return lambda seen: seen[:, first : first + 2]
    if isinstance(head, DiscreteHead) and "recent_moves" in columns and head.size == 2:
        first = columns["recent_moves"].start
        return lambda seen: seen[:, [first, first + 2]]  # action 0 of either, one-hot
    raise ParameterError(
        f"{name!r} plays repeated games of two degrees or of two actions: expected recent_degrees, or recent_moves of "
        f"two actions, among the observations; there are {', '.join(columns) or 'none'}, and {head.name} is the action"
    )


def load_reservoir(rest: str, env_id: str) -> ReservoirPolicy:
    """Make the policy of the string ``reservoir:rest``.

    Parameters
    ----------
    rest : str
        ``static``, ``sentinel`` or ``forgiving``; behind a question mark, if wanted, ``seed`` of the body, ``tool``,
        and any field of `BodyParams` and of the governance: ``sentinel?d=50&sensitivity=2&seed=3``.
    env_id : str
        The environment it is to play.

    Returns
    -------
    ReservoirPolicy
        Called after the string.

    Raises
    ------
    ParameterError
        If the string names something that does not exist, or a value is out of range.
    """
    kind, _, query = rest.partition("?")
    if kind not in GOVERNANCES:
        expected = ", ".join(f"reservoir:{known}" for known in GOVERNANCES)
        raise ParameterError(f"policy 'reservoir:{rest}': expected one of {expected}, and options as in ?d=30&seed=0")
    governance, tool = GOVERNANCES[kind]
    given = _options(rest, query)
    names = [*_types(BodyParams), *_types(governance), "seed", "tool"]
    for name in given:
        check_one_of(f"option of reservoir:{kind}", name, names)
    return ReservoirPolicy(
        BodyParams(**_values(BodyParams, given)),
        governance(**_values(governance, given)),
        make_tool(given.get("tool", tool)),
        seed=_parsed("seed", given.get("seed", "0"), "int"),
        name=f"reservoir:{rest}",
    )


def _options(rest: str, query: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise ParameterError(f"policy 'reservoir:{rest}': expected options as in ?d=30&seed=0")
    names = [name for name, _, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ParameterError(f"policy 'reservoir:{rest}': {twice[0]} is given twice, expected once")
    return {name: value for name, _, value in pairs}


def _types(params: type) -> dict[str, str]:
    return {field.name: str(field.type) for field in fields(params)}


def _values(params: type, given: dict[str, str]) -> dict[str, Any]:
    types = _types(params)
    return {name: _parsed(name, value, types[name]) for name, value in given.items() if name in types}


def _parsed(name: str, value: str, kind: str) -> Any:
    if kind == "bool":
        check_one_of(name, value, ("true", "false"))
        return value == "true"
    try:
        if kind == "int" and not re.fullmatch("[+-]?[0-9]{1,18}", value):
            raise ValueError
        return int(value) if kind == "int" else float(value)
    except ValueError as error:
        raise ParameterError(f"{name}={value!r}: expected {'an integer' if kind == 'int' else 'a number'}") from error
