"""What a seat remembers of its episode: all turns, the last ones, or notes that the model wrote itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from dynenvs.core.errors import ParameterError

__all__ = ["Memory", "MemoryRule"]

SUMMARY_TURNS = 10
"""Turns that are kept word by word before a model with a memory of notes is asked to sum them up."""


@dataclass(frozen=True)
class MemoryRule:
    """How much a seat remembers.

    Attributes
    ----------
    kind : {"full", "window", "summary"}
        All turns; the last `turns` of them; or notes on the turns before, and those since word by word.
    turns : int
        Turns of the window, or turns after which notes are made.
    """

    kind: str
    turns: int = 0

    @classmethod
    def parse(cls, text: str) -> MemoryRule:
        """Read ``full``, ``window:K`` or ``summary``.

        Raises
        ------
        ParameterError
            If it is anything else.
        """
        if text == "full":
            return cls("full")
        if text == "summary":
            return cls("summary", SUMMARY_TURNS)
        if match := re.fullmatch(r"window:([1-9][0-9]{0,5})", text):
            return cls("window", int(match[1]))
        raise ParameterError(f"memory={text!r}: expected 'full', 'window:K' with K turns, or 'summary'")


class PastTurn(NamedTuple):
    """A turn as it is remembered: what was asked, and the answer that was played."""

    asked: str
    answered: str


@dataclass
class Memory:
    """What one seat remembers.

    Attributes
    ----------
    rule : MemoryRule
        How much.
    turns : list of PastTurn
        Those kept word by word, oldest first.
    notes : str
        The model's own, on turns that are not kept any more.
    """

    rule: MemoryRule
    turns: list[PastTurn] = field(default_factory=list)
    notes: str = ""

    @property
    def is_full(self) -> bool:
        """Whether notes are to be made before the next turn."""
        return self.rule.kind == "summary" and len(self.turns) >= self.rule.turns

    def keep(self, asked: str, answered: str) -> None:
        """Remember a turn."""
        self.turns.append(PastTurn(asked, answered))
        if self.rule.kind == "window":
            del self.turns[: -self.rule.turns]

    def sum_up(self, notes: str) -> None:
        """Keep notes instead of the turns; without any, the old ones stay, and the turns are forgotten all the same."""
        self.notes = notes or self.notes
        self.turns.clear()
