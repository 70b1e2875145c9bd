"""What a clause of the conformance suite is, and how it says that it is broken."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from dynenvs import registration

__all__ = ["CLAUSES", "Clause", "ConformanceError", "applies", "check_env", "clause", "require"]

Clause: TypeAlias = Callable[..., None]
"""A function that is called with an environment's id and its parameters, and raises `ConformanceError`."""


class ConformanceError(AssertionError):
    """An environment breaks a clause of the contract; the message names the clause, what was seen, and the cure."""


CLAUSES: list[Clause] = []
"""All clauses, in the order in which `check_env` asks for them."""

_NEEDS: dict[str, tuple[str, ...]] = {}


def clause(*needs: str) -> Callable[[Clause], Clause]:
    """Make a function a clause of the suite.

    Parameters
    ----------
    *needs : str
        Flags of the `World` (``supports_snapshot``, ``deterministic``, ``batched``) without which nothing is promised
        here: `check_env` leaves the clause out then.
    """

    def register(function: Clause) -> Clause:
        @functools.wraps(function)
        def named(env_id: str, **params: Any) -> None:
            try:
                function(env_id, **params)
            except ConformanceError as broken:
                raise ConformanceError(f"{env_id}: {function.__name__.replace('_', ' ')}: {broken}") from None

        _NEEDS[function.__name__] = needs
        CLAUSES.append(named)
        return named

    return register


def applies(asked: Clause, env_id: str) -> bool:
    """Tell whether the environment's world promises what a clause asks for."""
    world = registration.world_type(env_id)
    return all(getattr(world, flag) for flag in _NEEDS[asked.__name__])


def check_env(env_id: str, **params: Any) -> list[str]:
    """Ask for every clause of the contract that an environment's flags promise.

    Parameters
    ----------
    env_id : str
        A registered id.
    **params
        Parameters of the environment, as in `dynenvs.make_params`.

    Returns
    -------
    list of str
        Names of the clauses that it was asked for, and keeps.

    Raises
    ------
    ConformanceError
        At the first clause that is broken.
    """
    asked = [one for one in CLAUSES if applies(one, env_id)]
    for one in asked:
        one(env_id, **params)
    return [one.__name__ for one in asked]


def require(held: Any, seen: str, cure: str) -> None:
    """Raise unless something held.

    Raises
    ------
    ConformanceError
        With what was seen instead, and the cure.
    """
    if not held:
        raise ConformanceError(f"{seen}; cure: {cure}")
