"""Checks of parameters, at the edge: each names the value and what was expected."""

from __future__ import annotations

import dataclasses
import difflib
import math
import reprlib
from collections.abc import Collection, Mapping
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dynenvs.core.errors import ParameterError

__all__ = [
    "build_params",
    "check_array",
    "check_between",
    "check_integer",
    "check_one_of",
    "check_options",
    "integers_by_game",
    "meant",
    "shown",
    "split_by_game",
]

Params = TypeVar("Params")

_NEAR = 0.7
"""How alike the name of an option must be to one that is known, to be taken for it: 'parameters' is to 'params'."""


def shown(value: object) -> str:
    """Write a value for a message: on one line, and cut where it is long."""
    return " ".join(reprlib.repr(value.tolist() if isinstance(value, np.ndarray) else value).split())


def check_between(name: str, value: object, low: float, high: float, *, unit: str = "", closed: str = "both") -> None:
    """Check that a number lies in an interval.

    Parameters
    ----------
    name : str
        Name of the parameter, for the message.
    value : object
        What was given.
    low, high : float
        The interval.
    unit : str
        Unit of the parameter, for the message.
    closed : {"both", "left", "right", "neither"}
        Which ends belong to the interval.

    Raises
    ------
    ParameterError
        If `value` is not a real number (booleans and NaN are not) inside the interval.
    """
    left, right = closed in ("both", "left"), closed in ("both", "right")
    interval = f"{'[' if left else '('}{low:g}, {high:g}{']' if right else ')'}"
    expected = f"{name}={value!r}: expected a number in {interval} {unit}".rstrip()
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ParameterError(expected)
    try:
        number = float(value)
    except OverflowError:  # an integer beyond all floats
        raise ParameterError(expected) from None
    if math.isnan(number):
        raise ParameterError(expected)
    above = number >= low if left else number > low
    below = number <= high if right else number < high
    if not (above and below):
        raise ParameterError(expected)


def check_integer(name: str, value: object, low: int, high: int | None = None) -> None:
    """Check that `value` is an integer (not a boolean) in [low, high].

    Raises
    ------
    ParameterError
        If it is not.
    """
    limits = f"at least {low}" if high is None else f"in [{low}, {high}]"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ParameterError(f"{name}={value!r}: expected an integer {limits}")
    if int(value) < low or (high is not None and int(value) > high):
        raise ParameterError(f"{name}={value!r}: expected an integer {limits}")


def check_one_of(name: str, value: object, choices: Collection[object]) -> None:
    """Check that `value` is one of `choices`.

    Raises
    ------
    ParameterError
        If it is not; the message lists them.
    """
    if value not in choices:
        raise ParameterError(f"{name}={value!r}: expected one of {', '.join(map(repr, choices))}")


def check_array(name: str, values: ArrayLike, *axes: int | str) -> NDArray[np.float64]:
    """Return a fresh array of finite numbers that has the axes which were expected.

    Parameters
    ----------
    name : str
        Name of what was given, for the message.
    values : array_like of float
        What was given.
    *axes : int or str
        Length of each axis, or what it counts where any length from 1 on will do.

    Raises
    ------
    ParameterError
        If it is no array of numbers, has another shape, or holds a number that is not finite.

    Examples
    --------
    >>> check_array("shares", [[1, 2]], "populations", 2)
    array([[1., 2.]])
    """
    try:
        array = np.array(values)
        array = array.astype(np.float64, casting="same_kind" if array.dtype.kind in "fc" else "unsafe")
    except (TypeError, ValueError) as error:  # rows of several lengths, complex numbers, or none
        raise ParameterError(f"{name}={shown(values)}: expected an array of numbers") from error
    lengths = zip(array.shape, axes, strict=False)
    if array.ndim != len(axes) or not all(n > 0 if isinstance(axis, str) else n == axis for n, axis in lengths):
        expected = f"({', '.join(map(str, axes))}{',' * (len(axes) == 1)})"
        raise ParameterError(f"{name} of shape {array.shape}: expected {expected}")
    if not np.isfinite(array).all():
        raise ParameterError(f"{name}: {array[~np.isfinite(array)][0]}: expected finite numbers")
    return array


def check_options(options: object, params: object, known: Collection[str]) -> Mapping[str, Any]:
    """Return the options of a reset, empty where there are none.

    Names that nobody here knows pass: in Gymnasium wrappers have options of their own. One that is nearly known does
    not, for whoever misspelt it would see nothing of what was asked for.

    Parameters
    ----------
    options : object
        What was given.
    params : dataclass
        The world's parameters: their names belong under ``"params"``.
    known : collection of str
        The options that the caller understands.

    Raises
    ------
    ParameterError
        If they are no mapping, their ``"params"`` are none, a parameter stands outside of these, or a name is nearly
        one that is known.
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping) or not isinstance(options.get("params") or {}, Mapping):
        raise ParameterError(f"options={options!r}: expected a dict, and in it params as a dict")
    for field in dataclasses.fields(params):  # type: ignore[arg-type] # a dataclass
        if field.name in options:
            raise ParameterError(
                f"option {field.name!r}: expected parameters under 'params', as in {{'params': {{...}}}}"
            )
    for name in options:
        near = difflib.get_close_matches(name, known, n=1, cutoff=_NEAR) if isinstance(name, str) else []
        if near and name not in known:
            raise ParameterError(f"option {name!r}: nobody takes it; did you mean {near[0]!r}?")
    return options


def meant(name: str, known: Collection[str]) -> str:
    """Say which known names somebody may have meant: up to three that hold the word, or else the nearest.

    Parameters
    ----------
    name : str
        What nobody is called.
    known : collection of str
        What there is.

    Returns
    -------
    str
        To be put behind a message; empty where nothing comes near.

    Examples
    --------
    >>> meant("mass", ("torso_mass", "leg_mass", "tasks"))
    "; did you mean 'torso_mass' or 'leg_mass'?"
    >>> meant("frictoin", ("torso_mass", "friction"))
    "; did you mean 'friction'?"
    """
    words = name.split("_")
    near = [one for one in known if all(word in one.split("_") for word in words)]
    near = near or [one for one in known if len(name) > 3 and name in one]
    near = near[:3] or difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def build_params(params_type: type[Params], given: Mapping[str, Any]) -> Params:
    """Build a frozen dataclass of parameters, refusing names that it does not have.

    Parameters
    ----------
    params_type : type
        A frozen dataclass that validates itself at birth.
    given : mapping
        Its fields by name; a missing one takes its default.

    Returns
    -------
    params
        An instance of `params_type`.

    Raises
    ------
    ParameterError
        On an unknown name (the nearest known one is suggested), or a value out of range.
    """
    known = [field.name for field in dataclasses.fields(params_type)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            hint = meant(name, known) or f"; known: {', '.join(known)}"
            raise ParameterError(f"{params_type.__name__} has no parameter {name!r}{hint}")
    return params_type(**given)


def integers_by_game(
    name: str, values: int | ArrayLike, num_games: int, *, spread: bool = False, top: int = 2**64
) -> NDArray[np.uint64]:
    """Bring what was given for a batch into one integer a game.

    Parameters
    ----------
    name : str
        What they are, for the message.
    values : int or array_like of int, shape (num_games,)
        One integer a game, or one for all.
    num_games : int
        Games of the batch.
    spread : bool
        Whether a single integer grows by one from game to game.
    top : int
        The integers must lie in [0, top).

    Returns
    -------
    ndarray of uint64, shape (num_games,)
        Those integers.

    Raises
    ------
    ParameterError
        If their number is another, or one of them is no integer in that range.
    """
    range_of_one = f"[0, 2^{top.bit_length() - 1})"
    if isinstance(values, Integral) and not isinstance(values, bool):
        last = num_games - 1 if spread else 0
        if not 0 <= int(values) < top - last:
            room = f"; the last of {num_games} games gets {last} more" if last and 0 <= int(values) < top else ""
            raise ParameterError(f"{name}={values}: expected an integer in {range_of_one}{room}")
        return np.uint64(values) + np.arange(num_games, dtype=np.uint64) * np.uint64(spread)
    listed = list(np.asarray(values, dtype=object).ravel())
    if len(listed) != num_games:
        raise ParameterError(
            f"{name}={shown(values)}: expected one integer, or {num_games}, one a game; got {len(listed)}"
        )
    for game, value in enumerate(listed):
        if isinstance(value, bool) or not isinstance(value, Integral) or not 0 <= int(value) < top:
            raise ParameterError(f"{name}: {shown(value)} for game {game}: expected an integer in {range_of_one}")
    return np.array([int(value) for value in listed], np.uint64)


def split_by_game(changes: Mapping[str, Any], num_games: int) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Part parameters that hold for all games from those that come as an array, with a number for each game.

    Parameters
    ----------
    changes : mapping
        Parameters by name. An array of one axis and of numbers has a value for each game; whatever else is
        given, a list too, is one value for all.
    num_games : int
        Games of the batch.

    Returns
    -------
    shared, by_game : dict
        One value for all games; a list of `num_games` numbers.

    Raises
    ------
    ParameterError
        If an array has another length.
    """
    if not isinstance(changes, Mapping):
        raise ParameterError(f"params={shown(changes)}: expected a mapping of names to values")
    arrays = {
        name: value
        for name, value in changes.items()
        if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "biuf"
    }
    for name, values in arrays.items():
        if len(values) != num_games:
            raise ParameterError(
                f"{name}={shown(values)}: expected one value, or an array of {num_games}, one a game; got {len(values)}"
            )
    shared = {name: value for name, value in changes.items() if name not in arrays}
    return shared, {name: values.tolist() for name, values in arrays.items()}
