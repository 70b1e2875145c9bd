"""How far a run is: what was played, of what was planned, and what language models used for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dynenvs.evaluation.recording import Matchup
from dynenvs.evaluation.records import EpisodeRecord

__all__ = ["Played", "Tally"]


class Played(list[EpisodeRecord]):
    """The records of a run.

    Parameters
    ----------
    records : iterable of EpisodeRecord
        One a finished episode.
    planned : int
        Episodes that were to be played, those of matchups that were never begun included.
    """

    def __init__(self, records: Iterable[EpisodeRecord] = (), *, planned: int) -> None:
        super().__init__(records)
        self.planned = planned

    @property
    def is_whole(self) -> bool:
        """Whether all that was planned was finished."""
        return len(self) >= self.planned


class Tally:
    """Counts while a run goes on, and tells it.

    Parameters
    ----------
    planned : int
        Episodes of the run.
    progress : callable
        Told how far it is, in one line.
    """

    def __init__(self, planned: int, progress: Callable[[str], None]) -> None:
        self.planned, self._progress = planned, progress
        self._episodes = 0
        self._used = {"calls": 0.0, "prompt_tokens": 0.0, "completion_tokens": 0.0, "cost_usd": 0.0}

    def add(self, records: Iterable[EpisodeRecord]) -> None:
        """Count episodes that are finished, or were in an earlier run."""
        for record in records:
            self._episodes += 1
            for name in self._used:
                self._used[name] += sum(record.counts.get(name, ()))

    def tell(self, matchup: Matchup) -> None:
        """Tell how far the run is, and what is being played."""
        used = self._used
        parts = [f"{self._episodes:,} of {self.planned:,} episodes"]
        if used["calls"]:
            tokens = used["prompt_tokens"] + used["completion_tokens"]
            parts += [f"{used['calls']:,.0f} calls", f"{tokens:,.0f} tokens"]
        if used["cost_usd"]:
            parts.append(f"${used['cost_usd']:.3g}")
        self._progress(f"{', '.join(parts)}: {matchup}")
