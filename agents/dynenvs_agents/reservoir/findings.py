"""What is found about claims: verdicts, tables, and the experiments that claims share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from dynenvs.evaluation.statistics import Estimate
from dynenvs_agents.reservoir.body import BodyParams
from dynenvs_agents.reservoir.costs import Costs, measure_costs
from dynenvs_agents.reservoir.experiments import CONDITIONS, PLAYERS, Course, Lab

__all__ = ["KINDS", "ROUNDS", "Finding", "Judged", "Judgement", "Sheet", "Study", "ends", "judge"]

KINDS = {"inputs habituated": BodyParams(), "inputs as drawn": BodyParams(oja_rate=0.0)}
"""Bodies with Oja's habituation, which is part of the source, and without it."""

ROUNDS = 1000


class Judgement(StrEnum):
    """What became of a claim."""

    YES = "reproduced"
    CONDITIONS = "reproduced under these parameters"
    NO = "not reproduced"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A claim, and what we find. All texts are for readers who have not read the source.

    Attributes
    ----------
    claim : str
        What is claimed, in our words; it begins with "ours:" where nobody but us does.
    measured : str
        What was measured, and what it takes for the claim to hold.
    found : str
        What came out.
    judgement : Judgement
        What became of the claim.
    """

    claim: str
    measured: str
    found: str
    judgement: Judgement


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table of text.

    Attributes
    ----------
    title : str
        Stands above.
    columns : tuple of str
        Heads; the first column names the rows.
    rows : tuple of tuple of str
        As long as the heads each.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Finding:
    """What an experiment gave.

    Attributes
    ----------
    judged : tuple of Judged
        The verdicts.
    sheets : tuple of Sheet
        What they stand on.
    evidence : Any
        What pictures are drawn from.
    """

    judged: tuple[Judged, ...]
    sheets: tuple[Sheet, ...]
    evidence: Any = field(repr=False)


class Study:
    """Experiments that claims share: each is done when first asked for.

    Parameters
    ----------
    seeds : int
        Bodies in every cell, at least 2.
    """

    def __init__(self, seeds: int) -> None:
        self.seeds = seeds

    @cached_property
    def labs(self) -> dict[str, Lab]:
        """Bodies of 30 neurons, by kind."""
        return {kind: Lab(params, self.seeds) for kind, params in KINDS.items()}

    @cached_property
    def costs(self) -> dict[str, Costs]:
        """What receptivities cost, by kind of body."""
        return {kind: measure_costs(lab) for kind, lab in self.labs.items()}

    @cached_property
    def courses(self) -> dict[str, dict[str, Course]]:
        """Every player against every opponent, by kind of body."""
        opponents = [*CONDITIONS.values()]
        return {
            kind: {player.name: lab.play(player, opponents, ROUNDS, keep_states=True) for player in PLAYERS}
            for kind, lab in self.labs.items()
        }


def ends(estimate: Estimate, digits: int = 3) -> str:
    """Write an estimate with its interval."""
    return f"{estimate.value:.{digits}f} ({estimate.low:.{digits}f} to {estimate.high:.{digits}f})"


def judge(holds: Sequence[bool]) -> Judgement:
    """Say yes where something holds of all, and no where it holds of none."""
    if all(holds):
        return Judgement.YES
    return Judgement.CONDITIONS if any(holds) else Judgement.NO
