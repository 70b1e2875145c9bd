"""The static site: an index of boards and a page a board, with nothing to fetch and nothing to run on a server.

Style and script stand inside each page and are named there by their hashes, so that a browser runs nothing else;
whatever users wrote is escaped. The same leaderboards give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from dynenvs.core.errors import ParameterError, require_extra
from dynenvs.core.files import write_text
from dynenvs.evaluation.records import canonical_json
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.boards import Board, read_boards, read_entries
from dynenvs.leaderboard.charts import axis_over, decimals_for, heat_map
from dynenvs.leaderboard.front import FrontChart, front_charts
from dynenvs.leaderboard.model_maps import model_maps
from dynenvs.leaderboard.quotes import Quotes, read_quotes
from dynenvs.leaderboard.standings import Standing, standings

__all__ = ["build_site"]

_TEMPLATES = Path(__file__).parent / "templates"
_KIND_NAMES = {"scripted": "Scripted", "rl": "RL", "llm": "LLM"}
_QUOTED = {"quoted": "Quoted"}


def build_site(leaderboards_dir: str | Path, out_dir: str | Path) -> Path:
    """Write the pages of all boards.

    Parameters
    ----------
    leaderboards_dir : str or Path
        Folder of boards; see `dynenvs.leaderboard.boards`.
    out_dir : str or Path
        Where ``index.html`` and ``<board>.html`` are written, each whole or not at all; other files stay.

    Returns
    -------
    Path
        The index.

    Raises
    ------
    ParameterError
        If there is no board.
    CorruptFile
        If a board or an entry is not what it should be; nothing is written then.
    MissingExtra
        If jinja2 is not installed.
    """
    boards = read_boards(leaderboards_dir)
    if not boards:
        raise ParameterError(f"leaderboards_dir={str(leaderboards_dir)!r}: expected a folder with */board.json")
    views = [_board_view(board, Path(leaderboards_dir) / board.id) for board in boards]
    templates = _environment()
    pages = {f"{view['board'].id}.html": templates.get_template("board.html").render(view) for view in views}
    pages["index.html"] = templates.get_template("index.html").render(views=views)
    for name, page in pages.items():
        write_text(Path(out_dir) / name, page)
    return Path(out_dir) / "index.html"


def _board_view(board: Board, folder: Path) -> dict[str, Any]:
    """Compute everything that a page of the board shows."""
    places, quotes = standings(board, read_entries(folder)), read_quotes(folder)
    scores = [place.entry.score for place in places]
    cells = [Estimate(*cell[:3]) for place in places for cell in place.entry.by_opponent.values()]
    names = {name for place in places for name in place.entry.metrics}
    metrics = {name: decimals_for(_of_metric(places, name)) for name in sorted(names)}
    fronts = front_charts(board, places, quotes)
    return {
        "board": board,
        "places": places,
        "axis": axis_over(scores) if scores else None,
        "decimals": decimals_for(scores) if scores else 2,
        "metrics": metrics,
        "columns": _columns(board, names),
        "fronts": fronts,
        "front_kinds": _front_kinds(fronts),
        "quotes": quotes,
        "quoted_metrics": _quoted_metrics(quotes, metrics),
        "maps": model_maps(places),
        "heat": heat_map(board, places) if cells else None,
        "cell_axis": axis_over(cells) if cells else None,
        "kinds": {kind: n for kind in _KIND_NAMES if (n := sum(p.entry.kind == kind for p in places))},
    }


def _front_kinds(fronts: list[FrontChart]) -> list[str]:
    """List whose points a front has, for its legend."""
    found = {point.kind for point in fronts[0].points} if fronts else set()
    return [kind for kind in _KIND_NAMES | _QUOTED if kind in found]


def _quoted_metrics(quotes: Quotes | None, entered: dict[str, int]) -> dict[str, int]:
    """List the metrics that were quoted, each with its decimals: not fewer than among the entries."""
    found: dict[str, list[Estimate]] = {}
    for quote in quotes.quotes if quotes else ():
        for name, metric in quote.metrics.items():
            found.setdefault(name, []).append(metric)
    return {name: max(decimals_for(metrics), entered.get(name, 0)) for name, metrics in sorted(found.items())}


def _columns(board: Board, names: set[str]) -> list[str]:
    """List the metrics of the ranking: those that the board names, or all, that of the front first."""
    if board.columns:
        return [name for name in board.columns if name in names]
    first = board.front.metric if board.front else ""
    return sorted(names, key=lambda name: (name != first, name))


def _of_metric(places: list[Standing], name: str) -> list[Estimate]:
    return [place.entry.metrics[name] for place in places if name in place.entry.metrics]


def _environment() -> Any:
    jinja2 = require_extra("jinja2", "eval", "the leaderboard site")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        number=_number, breakable=_breakable, words=_words, heading=_heading, json=canonical_json
    )
    environment.globals["kind_names"] = _KIND_NAMES | _QUOTED
    for name in ("style.css", "page.js"):
        source = (_TEMPLATES / name).read_text(encoding="utf-8")
        key = name.partition(".")[0]
        environment.globals[key] = source
        environment.globals[f"{key}_hash"] = _hash(source)
    return environment


def _number(value: float, decimals: int) -> str:
    """Write a number with a true minus sign, and no sign at zero."""
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text.replace(",", "")) else text.removeprefix("-")


def _words(name: str) -> str:
    """Write the name of a metric for readers."""
    return name.replace("_", " ").replace("cost usd", "cost in US$")


def _heading(text: str) -> str:
    """Begin with a capital, and leave the rest as it is: names of currencies have capitals of their own."""
    return text[:1].upper() + text[1:]


def _breakable(name: str) -> Any:
    """Let a long name be broken after underscores and the like."""
    from markupsafe import Markup, escape  # comes with jinja2

    return Markup("<wbr>").join(escape(part) for part in re.findall(r"[^_:/?&-]*[_:/?&-]+|[^_:/?&-]+", name))


def _hash(source: str) -> str:
    """Name a source as a content security policy does."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
