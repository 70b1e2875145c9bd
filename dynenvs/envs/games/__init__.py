"""Repeated games: two players and one matrix, or many and one pot; see README.md in this folder."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dynenvs.envs.games.match import Match, play_match

__all__ = ["Match", "play_match"]


def __getattr__(name: str) -> Any:
    if name in __all__:  # loaded when first used: it needs Numba
        return getattr(importlib.import_module("dynenvs.envs.games.match"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
