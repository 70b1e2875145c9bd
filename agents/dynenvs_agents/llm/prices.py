"""Prices: what tokens cost, from a table that the user gives. None is built in: prices change, and nobody tells us."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynenvs.core.checks import check_between
from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs_agents.llm.models import Usage

__all__ = ["Price", "Prices"]

_FORMAT = 'expected {"MODEL": {"input": 0.15, "output": 0.6}}, US dollars a million tokens, or the same in TOML'

_PER = 1_000_000  # providers state prices a million tokens


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a model costs.

    Attributes
    ----------
    input, output : float
        US dollars a million tokens read, and written; >= 0.
    """

    input: float
    output: float

    def __post_init__(self) -> None:
        check_between("input", self.input, 0, 1e9, unit="US dollars a million tokens")
        check_between("output", self.output, 0, 1e9, unit="US dollars a million tokens")

    def cost(self, usage: Usage) -> float:
        """Return what a reply cost, in US dollars."""
        return (usage.prompt_tokens * self.input + usage.completion_tokens * self.output) / _PER


class Prices:
    """A price table.

    Parameters
    ----------
    table : mapping of str to mapping
        By the name of the model: ``{"some-model": {"input": 0.15, "output": 0.6}}``, US dollars a million tokens.

    Raises
    ------
    ParameterError
        If an entry has other fields, or no numbers >= 0.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._prices = {name: _price(name, fields) for name, fields in table.items()}

    @classmethod
    def read(cls, path: str | Path) -> Prices:
        """Read a table from a ``.json`` or ``.toml`` file.

        Raises
        ------
        CorruptFile
            If it is no such table; the message names the file.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
            table = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
            if not isinstance(table, dict):
                raise ParameterError("expected a table of models")
            return cls(table)
        except (OSError, ValueError) as error:
            raise CorruptFile(f"prices {path}: {error}: {_FORMAT}") from error

    def of(self, model: str) -> Price:
        """Return the price of a model.

        Raises
        ------
        ParameterError
            If the table has none.
        """
        if model not in self._prices:
            raise ParameterError(f"no price of {model!r}: the table has {', '.join(self._prices) or 'no models'}")
        return self._prices[model]


def _price(name: str, fields: Any) -> Price:
    if not isinstance(fields, Mapping) or fields.keys() != {"input", "output"}:
        raise ParameterError(f"price of {name!r}: expected input and output, in US dollars a million tokens")
    return Price(**fields)
