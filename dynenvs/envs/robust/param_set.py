"""Sets of parameters: a box with names, closed at both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core.checks import check_between, check_integer
from dynenvs.core.errors import ParameterError

__all__ = ["ParamSet"]


@dataclass(frozen=True, eq=False)
class ParamSet:
    """A box of parameters, and the point in it that is believed in.

    Parameters
    ----------
    names : sequence of str
        Names of the parameters, as environments have them.
    low, high : array_like, shape (parameters,)
        Both ends of each; both belong to the set.
    nominal : array_like, shape (parameters,)
        A point within.

    Raises
    ------
    ParameterError
        If lengths differ, an end is not finite, ends are the wrong way round, or the nominal point lies outside.

    Examples
    --------
    >>> poles = ParamSet(("masspole", "length"), low=(0.05, 0.1), high=(2.0, 2.5), nominal=(0.1, 0.5))
    >>> poles.grid(2).tolist()
    [[0.05, 0.1], [0.05, 2.5], [2.0, 0.1], [2.0, 2.5]]
    >>> poles.mapping(poles.nominal)
    {'masspole': 0.1, 'length': 0.5}
    """

    names: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    nominal: NDArray[np.float64]

    def __init__(self, names: Sequence[str], low: ArrayLike, high: ArrayLike, nominal: ArrayLike) -> None:
        if isinstance(names, str) or not names or len(set(names)) != len(names):
            raise ParameterError(f"names={names!r}: expected different names of parameters, at least one")
        object.__setattr__(self, "names", tuple(names))
        for name, given in (("low", low), ("high", high), ("nominal", nominal)):
            values = np.array(given, dtype=np.float64)
            if values.shape != (len(self.names),) or not np.isfinite(values).all():
                raise ParameterError(f"{name}={given!r}: expected {len(self.names)} finite numbers")
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        for name, least, most, point in zip(self.names, self.low, self.high, self.nominal, strict=True):
            if least > most:
                raise ParameterError(f"{name}: expected low <= high, got [{least:g}, {most:g}]")
            check_between(f"nominal {name}", float(point), float(least), float(most))

    def __len__(self) -> int:
        return len(self.names)

    def grid(self, n: int) -> NDArray[np.float64]:
        """Return n evenly spaced values of each parameter, both ends among them, in all combinations.

        Parameters
        ----------
        n : int
            At least 2; a parameter whose ends are equal has one value.

        Returns
        -------
        ndarray of float64, shape (points, parameters)
            The last parameter changes fastest.
        """
        check_integer("n", n, 2)
        axes = [np.linspace(a, b, n) if a < b else np.array([a]) for a, b in zip(self.low, self.high, strict=True)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(self))

    def corners(self) -> NDArray[np.float64]:
        """Return the corners of the box: shape (2^parameters, parameters)."""
        return self.grid(2)

    def sample(self, rng: np.random.Generator, count: int | None = None) -> NDArray[np.float64]:
        """Draw uniformly from the box.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where the draws come from.
        count : int, optional
            How many points, at least 1.

        Returns
        -------
        ndarray of float64, shape (parameters,), or (count, parameters)
            One point, or several.
        """
        if count is not None:
            check_integer("count", count, 1)
        shape = (len(self),) if count is None else (count, len(self))
        return self.low + (self.high - self.low) * rng.random(shape)

    def mapping(self, point: ArrayLike) -> dict[str, float]:
        """Return a point as parameters by name.

        Raises
        ------
        ParameterError
            If it has another number of values, or lies outside the box; the parameter is named.
        """
        values = np.asarray(point, dtype=np.float64)
        if values.shape != (len(self),):
            raise ParameterError(f"point={point!r}: expected {len(self)} numbers, for {', '.join(self.names)}")
        for name, value, least, most in zip(self.names, values, self.low, self.high, strict=True):
            check_between(name, float(value), float(least), float(most))
        return dict(zip(self.names, values.tolist(), strict=True))

    def columns(self, points: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """Return several points as one array a parameter: what ``reset(options={"params": ...})`` of a batch takes.

        Parameters
        ----------
        points : array_like, shape (games, parameters)
            One point a game.

        Returns
        -------
        dict of str to ndarray of float64, shape (games,)
            Values by name.

        Raises
        ------
        ParameterError
            As in `mapping`.
        """
        values = np.array([list(self.mapping(point).values()) for point in np.asarray(points)], np.float64)
        return dict(zip(self.names, values.T, strict=True))

    def vector(self, params: Mapping[str, float]) -> NDArray[np.float64]:
        """Return parameters by name as a point; those that are not named are nominal.

        Raises
        ------
        ParameterError
            On a name that is not there, or a value outside the box.
        """
        for name in params:
            if name not in self.names:
                raise ParameterError(f"parameter {name!r}: expected one of {', '.join(self.names)}")
        point = [params.get(name, nominal) for name, nominal in zip(self.names, self.nominal, strict=True)]
        return np.array(list(self.mapping(point).values()))
