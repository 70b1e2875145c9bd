"""A JSON object that is taken apart field by field: each error names file, key, value and what was expected."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

from dynenvs.core.errors import CorruptFile
from dynenvs.evaluation.records import parse_json

__all__ = ["Fields", "read_fields"]


def read_fields(path: Path) -> Fields:
    """Read a file that holds one strict JSON object.

    Raises
    ------
    CorruptFile
        If it is not there, or holds anything else.
    """
    try:
        values = parse_json(path.read_bytes())
    except OSError as error:
        raise CorruptFile(f"{path}: {error.strerror}: expected a file that can be read") from error
    except ValueError as error:
        raise CorruptFile(f"{path}: {error}") from error
    return Fields(path, values)


class Fields:
    """The fields of an object, each to be asked for by its type.

    Parameters
    ----------
    path : Path
        The file, for messages.
    values : object
        What was parsed.
    place : str
        Where in the file this object stands, such as ``"score"``.
    """

    def __init__(self, path: Path, values: Any, place: str = "") -> None:
        self._path, self._place = path, place
        if not isinstance(values, dict):
            raise CorruptFile(f"{path}: {place + '=' if place else ''}{values!r}: expected an object")
        self._values = values
        self._asked: set[str] = set()

    def text(self, key: str) -> str:
        """Text of visible characters and spaces, not empty."""
        value = self._take(key)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value
        self.refuse(key, "expected text of visible characters")

    def choice(self, key: str, choices: Collection[str]) -> str:
        """One of several words."""
        value = self._take(key)
        if isinstance(value, str) and value in choices:
            return value
        self.refuse(key, f"expected one of {', '.join(map(repr, choices))}")

    def day(self, key: str) -> str:
        """A date, written YYYY-MM-DD."""
        value = self._take(key)
        try:
            if datetime.date.fromisoformat(value).isoformat() == value:
                return str(value)
        except (TypeError, ValueError):
            pass
        self.refuse(key, "expected a date such as '2026-01-31'")

    def flag(self, key: str) -> bool:
        """Either true or false."""
        value = self._take(key)
        if isinstance(value, bool):
            return value
        self.refuse(key, "expected true or false")

    def integer(self, key: str, low: int) -> int:
        """An integer, at least `low`."""
        value = self._take(key)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value < 2**64:
            return value
        self.refuse(key, f"expected an integer, at least {low}")

    def number(self, key: str) -> float:
        """A finite number."""
        value = self._take(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
            return float(value)
        self.refuse(key, "expected a finite number")

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of finite numbers, at least one."""
        value = self._take(key)
        is_list = isinstance(value, list) and all(type(each) in (int, float) and abs(each) < 1e300 for each in value)
        if is_list and value:
            return tuple(map(float, value))
        self.refuse(key, "expected a list of finite numbers")

    def names(self, key: str) -> tuple[str, ...]:
        """A list of different texts, may be empty."""
        value = self._take(key)
        is_list = isinstance(value, list) and all(isinstance(name, str) and name.isprintable() for name in value)
        if is_list and len(set(value)) == len(value):
            return tuple(value)
        self.refuse(key, "expected a list of different texts")

    def texts(self, key: str) -> dict[str, str]:
        """An object of texts."""
        inside = self.inside(key)
        return {name: inside.text(name) for name in inside.names_of_all()}

    def values(self, key: str) -> dict[str, Any]:
        """An object of anything."""
        value = self._take(key)
        if isinstance(value, dict):
            return value
        self.refuse(key, "expected an object")

    def inside(self, key: str) -> Fields:
        """An object, to be taken apart in turn."""
        return Fields(self._path, self._take(key), self._name(key))

    def optional(self, key: str) -> Fields | None:
        """An object, to be taken apart in turn; None where there is none."""
        self._asked.add(key)
        return None if self._values.get(key) is None else self.inside(key)

    def has(self, key: str) -> bool:
        """Say whether there is such a field, which need not be there; null is none."""
        self._asked.add(key)
        return self._values.get(key) is not None

    def each(self, key: str) -> dict[str, Fields]:
        """An object of objects, to be taken apart in turn."""
        inside = self.inside(key)
        return {name: inside.inside(name) for name in inside.names_of_all()}

    def close(self) -> None:
        """Refuse what nobody asked for.

        Raises
        ------
        CorruptFile
            If there is an unknown field.
        """
        for key in sorted(self._values.keys() - self._asked):
            self.refuse(key, f"no such field; known: {', '.join(sorted(self._asked))}")

    def refuse(self, key: str, expectation: str) -> NoReturn:
        """Say what is wrong with a field.

        Raises
        ------
        CorruptFile
            Always.
        """
        raise CorruptFile(f"{self._path}: {self._name(key)}={self._values.get(key)!r}: {expectation}")

    def _take(self, key: str) -> Any:
        if key not in self._values:
            raise CorruptFile(f"{self._path}: {self._name(key)}: expected this field, found none")
        self._asked.add(key)
        return self._values[key]

    def names_of_all(self) -> list[str]:
        """List the fields that there are, whatever they are called.

        Raises
        ------
        CorruptFile
            If a name has invisible characters.
        """
        for key in self._values:
            if not (key.strip() and key.isprintable()):
                self.refuse(key, "expected a key of visible characters")
        return list(self._values)

    def _name(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key
