"""Results that others measured: on a board's page as points beside its entries, and in no ranking.

``leaderboards/<board>/quoted.json`` holds them, with where they come from; nobody can play them again with dynenvs
alone, which is what makes them quotes and not entries.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from dynenvs.core.files import write_text
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import named_estimate, read_board, read_estimate
from dynenvs.leaderboard.fields import Fields, read_fields

__all__ = ["Quote", "Quotes", "read_quotes", "write_quotes"]


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What one policy reached elsewhere.

    Attributes
    ----------
    policy : str
        As its source calls it.
    episodes : int
        What the numbers stand on.
    score : Estimate
        In what the board ranks by.
    metrics : dict of str to Estimate
        By name.
    """

    policy: str
    episodes: int
    score: Estimate
    metrics: dict[str, Estimate]


@dataclass(frozen=True, kw_only=True)
class Quotes:
    """All quotes of a board, from one source.

    Attributes
    ----------
    title : str
        What they are, in a few words.
    source : str
        Who measured them, where that can be read, how these numbers were computed from it, and how they differ from
        what entries of the board play.
    command : str
        Computes them from what the source published.
    quotes : tuple of Quote
        In the order of their policies' names.
    """

    title: str
    source: str
    command: str
    quotes: tuple[Quote, ...]


def read_quotes(folder: str | Path) -> Quotes | None:
    """Read the quotes of the board in one folder; None if it has none.

    Raises
    ------
    CorruptFile
        If ``quoted.json`` is not what `Quotes` describes; the message names file, key, value and expectation.
    """
    path = Path(folder) / "quoted.json"
    if not path.exists():
        return None
    board, fields = read_board(folder), read_fields(path)
    found = Quotes(
        title=fields.text("title"),
        source=fields.text("source"),
        command=fields.text("command"),
        quotes=tuple(_quote(name, quote) for name, quote in sorted(fields.each("quotes").items())),
    )
    fields.close()
    if board.front and (bare := [one.policy for one in found.quotes if board.front.metric not in one.metrics]):
        fields.refuse("quotes", f"{bare[0]!r} has no {board.front.metric!r}, which the board draws")
    return found


def _quote(policy: str, fields: Fields) -> Quote:
    quote = Quote(
        policy=policy,
        episodes=fields.integer("episodes", 1),
        score=read_estimate(fields.inside("score")),
        metrics={name: read_estimate(metric) for name, metric in fields.each("metrics").items()},
    )
    fields.close()
    return quote


def write_quotes(folder: str | Path, quotes: Quotes) -> Path:
    """Write the quotes of the board in one folder, in place of older ones.

    Returns
    -------
    Path
        The file that was written, whole or not at all.
    """
    values = {
        "title": quotes.title,
        "source": quotes.source,
        "command": quotes.command,
        "quotes": {
            quote.policy: {
                "episodes": quote.episodes,
                "score": named_estimate(quote.score),
                "metrics": {name: named_estimate(metric) for name, metric in quote.metrics.items()},
            }
            for quote in quotes.quotes
        },
    }
    path = Path(folder) / "quoted.json"
    write_text(path, json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return path
