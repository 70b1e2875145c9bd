"""Ranked tables of policies: pure functions of records.

A policy's score is the mean over its opponents (the matchups of the records) of its mean over episodes, so
each opponent weighs the same even if episodes are missing. Intervals come from one bootstrap for the whole
table, in which episodes of the same seed are drawn together for all policies and opponents: so the intervals
of the ranks are those of paired comparisons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.cells import Cells, CellTable
from dynenvs.evaluation.records import EpisodeRecord
from dynenvs.evaluation.statistics import LEVEL, Estimate, FloatArray, IntArray, percentile_estimate

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.measure import Measurement
    from rich.table import Table

__all__ = [
    "Cell",
    "IntervalBar",
    "PayoffMatrix",
    "RankedPolicy",
    "Ranking",
    "RankingTable",
    "episode_scores",
    "in_lines",
    "payoff_matrix",
    "rank_by",
    "rank_by_payoff",
    "ranking_table",
]

_DIGITS = 9
"""Scores equal to so many decimals tie: sums in another order differ beyond."""

_UNITS = {"payoff": "reward per step", "return": "sum of the rewards of an episode"}
"""What the numbers are that every world has; what others are their families say."""

_LONG_NAME = 24  # characters of a policy's name that fit beside the numbers


class Cell(NamedTuple):
    """A policy against one opponent: its mean with the 95 % interval, and the episodes that it stands on."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True)
class RankedPolicy:
    """A row of a ranking.

    Attributes
    ----------
    policy : str
        Name of the policy.
    rank, rank_low, rank_high : int
        One more than the number of policies with a better score, and the ends of its 95 % interval.
    score : Estimate
        What it is ranked by.
    played, planned : int
        Episodes that there are records of, and that were meant to be.
    by_opponent : dict of str to Cell
        The score taken apart.
    metrics : dict of str to Estimate
        The family's other metrics, averaged and resampled as the score is.
    """

    policy: str
    rank: int
    rank_low: int
    rank_high: int
    score: Estimate
    played: int
    planned: int
    by_opponent: dict[str, Cell]
    metrics: dict[str, Estimate]


@dataclass(frozen=True)
class Ranking:
    """Policies, best first, by one metric."""

    metric: str
    rows: tuple[RankedPolicy, ...]

    @property
    def played(self) -> int:
        """Episodes that there are records of, counted once for each policy measured in them."""
        return sum(row.played for row in self.rows)

    @property
    def planned(self) -> int:
        """Episodes that were planned, counted likewise."""
        return sum(row.planned for row in self.rows)


@dataclass(frozen=True)
class PayoffMatrix:
    """Mean payoff per step of each policy against each opponent.

    Attributes
    ----------
    policies : tuple of str
        Rows, best first.
    opponents : tuple of str
        Columns: as the rows, as far as they are policies too, then the others by name.
    means : ndarray of float64, shape (num_policies, num_opponents)
        NaN where the two never met.
    sizes : ndarray of int64, shape (num_policies, num_opponents)
        Episodes.
    """

    policies: tuple[str, ...]
    opponents: tuple[str, ...]
    means: FloatArray
    sizes: IntArray


def rank_by_payoff(records: Iterable[EpisodeRecord], *, seed: int = 0) -> Ranking:
    """Rank the focal policies by their mean payoff per step: `rank_by` with the metric ``"payoff"``."""
    return rank_by(records, "payoff", seed=seed)


def rank_by(records: Iterable[EpisodeRecord], metric: str, *, higher_is_better: bool = True, seed: int = 0) -> Ranking:
    """Rank the focal policies by a metric.

    Parameters
    ----------
    records : iterable of EpisodeRecord
        Episodes of one task, each of them once.
    metric : str
        ``"payoff"`` (return per step), ``"return"``, or a metric of the family.
    higher_is_better : bool
        Which end is rank 1.
    seed : int
        Seeds the bootstrap.

    Returns
    -------
    Ranking
        One row a policy; those with equal scores share a rank and stand in the order of their names.

    Raises
    ------
    ParameterError
        If there are no records, an episode stands there twice, the records are of different tasks, a name
        stands for policies of different digests, or a policy has no such metric.
    """
    cells = Cells(records, seed)
    tables = cells.tables([metric, *(name for name in cells.metrics() if name != metric)])
    overall = {name: table.over_opponents() for name, table in tables.items()}
    scores, resampled = overall[metric]
    if np.isnan(scores).any():
        policy = cells.policies[int(np.flatnonzero(np.isnan(scores))[0])]
        known = ", ".join(["payoff", "return", *cells.metrics()])
        raise ParameterError(f"metric={metric!r}: no record of {policy!r} has it; known: {known}")
    ranks = _ranks(scores[:, None], higher_is_better)[:, 0]
    low, high = _rank_intervals(_ranks(resampled, higher_is_better))
    planned = cells.planned().sum(axis=1)
    rows = [
        RankedPolicy(
            policy=policy,
            rank=int(ranks[i]),
            rank_low=int(low[i]),
            rank_high=int(high[i]),
            score=percentile_estimate(scores[i], resampled[i]),
            played=int(tables[metric].sizes[i].sum()),
            planned=int(planned[i]),
            by_opponent=_by_opponent(tables[metric], i, cells.opponents),
            metrics=_other_metrics(overall, i, metric),
        )
        for i, policy in enumerate(cells.policies)
    ]
    return Ranking(metric, tuple(sorted(rows, key=lambda row: (row.rank, row.policy))))


def payoff_matrix(records: Iterable[EpisodeRecord]) -> PayoffMatrix:
    """Average the payoff per step of each focal policy against each opponent.

    Raises
    ------
    ParameterError
        As `rank_by` does.
    """
    records = list(records)
    rows = [row.policy for row in rank_by_payoff(records).rows]
    cells = Cells(records)
    columns = [name for name in rows if name in cells.opponents]
    columns += [name for name in cells.opponents if name not in rows]
    table = cells.tables(["payoff"])["payoff"]
    which = np.ix_([cells.policies.index(name) for name in rows], [cells.opponents.index(name) for name in columns])
    return PayoffMatrix(tuple(rows), tuple(columns), table.means[which], table.sizes[which])


def episode_scores(records: Iterable[EpisodeRecord], metric: str = "payoff") -> dict[str, FloatArray]:
    """Collect a metric of single episodes, for box plots.

    Parameters
    ----------
    records : iterable of EpisodeRecord
        As for `rank_by`.
    metric : str
        As for `rank_by`.

    Returns
    -------
    dict of str to ndarray of float64, shape (num_episodes,)
        By policy, in the order of their names.
    """
    cells = Cells(records)
    return {policy: cells.values(policy, metric) for policy in cells.policies}


def ranking_table(ranking: Ranking, title: str = "", *, episodes: tuple[int, int] | None = None) -> RankingTable:
    """Lay out a ranking for the terminal, with its intervals drawn to one scale.

    Parameters
    ----------
    ranking : Ranking
        What to show.
    title : str
        Stands above.
    episodes : (int, int), optional
        Episodes of the run that were played, and planned, each counted once; by default `Ranking.played` and
        `Ranking.planned`, which count those that were planned against opponents whom somebody has met.

    Returns
    -------
    RankingTable
        To be printed by rich. Its caption says how many of the planned episodes it stands on, and which metrics found
        no room.
    """
    return RankingTable(ranking, title, episodes or (ranking.played, ranking.planned))


class RankingTable:
    """A ranking as a table as wide as the terminal; where that is narrow, metrics on the right are left out."""

    def __init__(self, ranking: Ranking, title: str, episodes: tuple[int, int]) -> None:
        self.ranking, self.title, self.episodes = ranking, title, episodes
        self.metrics = sorted({name for row in ranking.rows for name in row.metrics})

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.measure import Measurement

        unbounded = options.update(max_width=10_000)
        shown = len(self.metrics)
        while shown and Measurement.get(console, unbounded, self.table(shown)).minimum > options.max_width:
            shown -= 1
        yield self.table(shown)

    def table(self, shown: int) -> Table:
        """Lay it out with the first `shown` metrics."""
        from rich import box
        from rich.markup import escape
        from rich.table import Table

        ranking, metrics = self.ranking, self.metrics[:shown]
        table = Table(title=escape(self.title), box=box.SIMPLE_HEAD, collapse_padding=True, expand=True)
        table.title_justify = table.caption_justify = "left"
        table.caption = escape(self._caption(self.metrics[shown:]))
        ranks = [_rank_text(row) for row in ranking.rows]
        intervals = [f"{row.score.low:.3f} to {row.score.high:.3f}" for row in ranking.rows]
        table.add_column("rank", no_wrap=True, min_width=_widest(ranks))
        table.add_column("policy", overflow="fold", no_wrap=shown > 0)
        table.add_column(_header(ranking.metric), justify="right", no_wrap=True)
        table.add_column(f"{100 * LEVEL:g} % interval", no_wrap=True, min_width=_widest(intervals))
        table.add_column("", ratio=1)  # in a narrow terminal this gives way, then metrics, then long names
        for name in metrics:
            table.add_column(_header(name), justify="right", no_wrap=True)
        limits = min(min(row.score) for row in ranking.rows), max(max(row.score) for row in ranking.rows)
        for row, rank, interval in zip(ranking.rows, ranks, intervals, strict=True):
            others = [f"{row.metrics[name].value:.3f}" if name in row.metrics else "" for name in metrics]
            bar = IntervalBar(row.score, *limits)
            table.add_row(rank, escape(in_lines(row.policy)), f"{row.score.value:.3f}", interval, bar, *others)
        return table

    def _caption(self, left_out: list[str]) -> str:
        played, planned = self.episodes
        caption = f"{played:,} of {planned:,} planned episodes; {100 * LEVEL:g} % bootstrap intervals"
        if unit := _UNITS.get(self.ranking.metric):
            caption = f"{caption}; {self.ranking.metric}: {unit}"
        if not left_out:
            return caption
        number = "1 metric" if len(left_out) == 1 else f"{len(left_out)} metrics"
        where = "a wider terminal shows more, and the records (--out FILE) hold all"
        return f"{caption}\n{number} left out ({', '.join(left_out)}): {where}"


class IntervalBar:
    """An estimate as a dot on a line, drawn on the scale from `low` to `high` in the width that is left."""

    def __init__(self, estimate: Estimate, low: float, high: float) -> None:
        self.estimate, self.low, self.high = estimate, low, high

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.draw(options.max_width)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        from rich.measure import Measurement

        return Measurement(4, 40)

    def draw(self, width: int) -> str:
        """Draw it with `width` characters."""
        scale = (width - 1) / (self.high - self.low) if self.high > self.low else 0.0
        dot, start, stop = (round((number - self.low) * scale) for number in self.estimate)
        line = [" "] * width
        line[start : stop + 1] = "─" * (stop + 1 - start)
        line[dot] = "●"
        return "".join(line)


def _by_opponent(table: CellTable, i: int, opponents: list[str]) -> dict[str, Cell]:
    sizes = table.sizes[i]
    return {name: Cell(*table.estimate(i, j), int(sizes[j])) for j, name in enumerate(opponents) if sizes[j]}


_Overall: TypeAlias = dict[str, tuple[FloatArray, FloatArray]]
"""By metric: what `CellTable.over_opponents` gives."""


def _other_metrics(overall: _Overall, i: int, metric: str) -> dict[str, Estimate]:
    return {
        name: percentile_estimate(means[i], resampled[i])
        for name, (means, resampled) in overall.items()
        if name != metric and not np.isnan(means[i])
    }


def _ranks(scores: FloatArray, higher_is_better: bool) -> IntArray:
    """Rank policies (axis 0) in every column: one more than the number of better ones."""
    scores = np.round(scores if higher_is_better else -scores, _DIGITS)
    return 1 + np.sum(scores[None, :, :] > scores[:, None, :], axis=1)


def _rank_intervals(ranks: IntArray) -> FloatArray:
    """Find the ends of the 95 % interval of each policy's rank: (2, num_policies), whole numbers."""
    return np.quantile(ranks, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=1, method="inverted_cdf")


def _widest(texts: list[str]) -> int:
    """Return the width of the longest text: rich takes a text with spaces for narrower, even where it may not wrap."""
    return max(map(len, texts))


def _header(metric: str) -> str:
    """Write a metric's name one word a line, so that its column is no wider than need be."""
    from rich.markup import escape

    return escape(metric.replace("_", "\n"))


def in_lines(policy: str) -> str:
    """Break a long name of a policy where its options begin, so that a narrow column cuts none of them to pieces."""
    return policy if len(policy) <= _LONG_NAME else re.sub(r"(?<=.)(?=[?&])", "\n", policy)


def _rank_text(row: RankedPolicy) -> str:
    spread = f" ({row.rank_low}-{row.rank_high})" if row.rank_low < row.rank_high else ""
    return f"{row.rank}{spread}"
