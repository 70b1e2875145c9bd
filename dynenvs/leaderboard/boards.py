"""Boards and their entries: read strictly from JSON, made from records, written whole.

::

    leaderboards/<board>/board.json             what is measured: Board
    leaderboards/<board>/results/<entry>.json   one policy's result: Entry

Ids of boards are the names of their folders.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynenvs.core.checks import check_one_of
from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs.core.files import write_text
from dynenvs.evaluation.answers import usage
from dynenvs.evaluation.exploitability import Exploitation
from dynenvs.evaluation.rankings import Cell, rank_by
from dynenvs.evaluation.records import EpisodeRecord, canonical_json, records_digest
from dynenvs.evaluation.statistics import Estimate
from dynenvs.leaderboard.fields import Fields, read_fields

__all__ = [
    "KINDS",
    "BestReply",
    "Board",
    "Entry",
    "Front",
    "ModelMeans",
    "entry_from_records",
    "exploited",
    "named_estimate",
    "read_board",
    "read_boards",
    "read_entries",
    "read_estimate",
    "write_entry",
]

KINDS = ("scripted", "rl", "llm")
"""What a policy may be: written by hand, learned, or a language model."""

_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_PLAIN = re.compile(r"[a-z0-9_]{1,60}")  # without a hyphen, which stands before every digest
_TOLERANCE = 1e-9
_RUN = {"opponents", "policies", "episodes", "seed", "seat", "out", "resume", "transcripts", "narrator", "progress"}
_RUN |= {"notice", "tables", "policy", "grid", "level", "metric", "endless", "discount"}
"""How a run is called, and not what is played."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """A second metric, against which a board draws its own: what has to be given up of the one for the other.

    Attributes
    ----------
    metric, unit : str
        One of the metrics of its entries, and in what it is measured.
    higher_is_better : bool
        Which end is the better one.
    """

    metric: str
    unit: str
    higher_is_better: bool


@dataclass(frozen=True, kw_only=True)
class Board:
    """What is measured.

    Attributes
    ----------
    id : str
        Name of its folder: lower-case letters, digits, ``-`` and ``_``.
    title, about : str
        A few words, and a few sentences.
    env_id : str
        Id of the environment.
    params : dict
        Its parameters.
    metric, unit : str
        What it ranks by (see `dynenvs.evaluation.rankings.rank_by`), and in what it is measured.
    higher_is_better : bool
        Which end is rank 1.
    opponents : tuple of str
        Matchups that every entry plays; empty in worlds without opponents.
    self_play : bool
        Whether an entry holds all seats, and meets copies of itself; then there are no opponents.
    grid : int, optional
        Ranks by the worst case: `metric` in the worst model of a closed grid over the world's uncertainty set, with so
        many values of each parameter (`dynenvs.evaluation.robustness`). Then there are no opponents, either.
    episodes : int
        Episodes that an entry plays against each opponent, or in each model.
    seed : int
        What the seeds of the episodes are drawn from.
    exploitability : int, optional
        Whether the best memory-one reply to each entry is looked for (`dynenvs.evaluation.exploitability`), in so many
        episodes of each reply where it cannot be computed.
    front : Front, optional
        A second metric, for a chart of the policies that no other one beats in both.
    columns : tuple of str
        Metrics that the ranking shows beside its own, in this order; the others stand with each entry. Empty: all, that
        of the front first.
    """

    id: str
    title: str
    about: str
    env_id: str
    params: dict[str, Any]
    metric: str
    unit: str
    higher_is_better: bool
    opponents: tuple[str, ...]
    episodes: int
    seed: int
    self_play: bool = False
    grid: int | None = None
    exploitability: int | None = None
    front: Front | None = None
    columns: tuple[str, ...] = ()

    @property
    def planned(self) -> int:
        """Episodes that an entry plays in all; with a grid, in each model."""
        return self.episodes * max(1, len(self.opponents))

    @property
    def ranked_by(self) -> str:
        """Name of what the score is."""
        return self.metric if self.grid is None else f"worst_{self.metric}"


@dataclass(frozen=True, kw_only=True)
class BestReply:
    """The best memory-one reply to a policy.

    Attributes
    ----------
    reply : str
        A string of `dynenvs.make_policy`.
    exact : bool
        Whether it is computed; else replies were tried, and a better one may exist.
    earns, leaves : Estimate
        What the reply earns, and what the policy is left with.
    """

    reply: str
    exact: bool
    earns: Estimate
    leaves: Estimate


@dataclass(frozen=True, kw_only=True)
class ModelMeans:
    """What a policy brings in every model of a grid.

    Attributes
    ----------
    axes : dict of str to tuple of float
        Values of each uncertain parameter.
    means : tuple of float
        One a model, the last parameter varying fastest.
    """

    axes: dict[str, tuple[float, ...]]
    means: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One policy's result.

    Attributes
    ----------
    policy, kind : str
        Its name, and one of `KINDS`.
    policy_digest, records_sha256 : str
        Digests of what was run, and of the records (`dynenvs.evaluation.records.records_digest`).
    planned, episodes : int
        Episodes that were meant to be played, and that there are records of.
    score : Estimate
        What the board ranks by, with its 95 % interval.
    by_opponent : dict of str to Cell
        The score taken apart; empty in worlds without opponents.
    metrics : dict of str to Estimate
        The family's other metrics, and of a language model how often its replies were valid and what they used.
    versions : dict of str to str
        Versions of what was running, by name.
    created : str
        Date, YYYY-MM-DD.
    command : str
        Reproduces the records.
    models : ModelMeans, optional
        The score taken apart where the board ranks by a worst case.
    best_reply : BestReply, optional
        What the metric ``exploitability`` is computed from, where the board asks for it.
    """

    policy: str
    kind: str
    policy_digest: str
    records_sha256: str
    planned: int
    episodes: int
    score: Estimate
    by_opponent: dict[str, Cell]
    metrics: dict[str, Estimate]
    versions: dict[str, str]
    created: str
    command: str
    models: ModelMeans | None = None
    best_reply: BestReply | None = None

    @property
    def id(self) -> str:
        """Name of its file and of its place on the page: the policy's name, or a like one with a digest."""
        if _PLAIN.fullmatch(self.policy):
            return self.policy
        like = re.sub(r"[^a-z0-9_]+", "-", self.policy.lower()).strip("-")[:60] or "entry"
        return f"{like}-{hashlib.sha256(self.policy.encode()).hexdigest()[:12]}"


def read_boards(folder: str | Path) -> list[Board]:
    """Read every board of a folder.

    Parameters
    ----------
    folder : str or Path
        Such as ``leaderboards``; what has no ``board.json`` in it is not a board.

    Returns
    -------
    list of Board
        In the order of their ids.

    Raises
    ------
    CorruptFile
        If a ``board.json`` is not what `Board` describes.
    """
    return [read_board(path.parent) for path in sorted(Path(folder).glob("*/board.json"))]


def read_board(folder: str | Path) -> Board:
    """Read the board of one folder.

    Raises
    ------
    CorruptFile
        If its ``board.json`` is not what `Board` describes; the message names file, key, value and expectation.
    """
    path = Path(folder) / "board.json"
    name = path.parent.resolve().name
    if not _ID.fullmatch(name) or name == "index":
        raise CorruptFile(f"{path}: folder {name!r}: expected lower-case letters, digits, - and _; not 'index'")
    fields = read_fields(path)
    board = Board(
        id=name,
        title=fields.text("title"),
        about=fields.text("about"),
        env_id=fields.text("env_id"),
        params=fields.values("params"),
        metric=fields.text("metric"),
        unit=fields.text("unit"),
        higher_is_better=fields.flag("higher_is_better"),
        opponents=fields.names("opponents"),
        episodes=fields.integer("episodes", 1),
        seed=fields.integer("seed", 0),
        self_play=fields.flag("self_play") if fields.has("self_play") else False,
        grid=fields.integer("grid", 2) if fields.has("grid") else None,
        exploitability=fields.integer("exploitability", 1) if fields.has("exploitability") else None,
        front=_front(fields.optional("front")),
        columns=fields.names("columns") if fields.has("columns") else (),
    )
    fields.close()
    if taken := sorted(board.params.keys() & _RUN):
        fields.refuse("params", f"{taken[0]!r} is no parameter of an environment: it is said beside params")
    if board.opponents and (board.self_play or board.grid):
        fields.refuse("opponents", f"expected none beside {'self_play' if board.self_play else 'grid'}")
    if board.self_play and board.grid:
        fields.refuse("grid", "expected no grid beside self_play")
    return board


def _front(fields: Fields | None) -> Front | None:
    if fields is None:
        return None
    front = Front(
        metric=fields.text("metric"), unit=fields.text("unit"), higher_is_better=fields.flag("higher_is_better")
    )
    fields.close()
    return front


def read_entries(folder: str | Path) -> list[Entry]:
    """Read the entries of the board in one folder.

    Returns
    -------
    list of Entry
        In the order of their policies' names.

    Raises
    ------
    CorruptFile
        If a file is not what `Entry` describes, does not fit the board, or holds a policy that another holds as well;
        the message names file, key, value and expectation.
    """
    board = read_board(folder)
    files: dict[str, Path] = {}
    entries = []
    for path in sorted((Path(folder) / "results").glob("[!.]*.json")):
        entry = _read_entry(path, board)
        if entry.policy in files:
            raise CorruptFile(f"{path}: policy={entry.policy!r}: stands in {files[entry.policy].name} as well")
        files[entry.policy] = path
        entries.append(entry)
    return sorted(entries, key=lambda entry: entry.policy)


def entry_from_records(
    board: Board,
    records: Iterable[EpisodeRecord],
    policy: str,
    *,
    kind: str,
    command: str,
    created: datetime.date,
) -> Entry:
    """Make an entry of what a policy played.

    Parameters
    ----------
    board : Board
        What was measured.
    records : iterable of EpisodeRecord
        Those in which other policies are measured are passed over.
    policy : str
        Name of the policy.
    kind : {"scripted", "rl", "llm"}
        What it is.
    command : str
        Reproduces the records.
    created : datetime.date
        When.

    Returns
    -------
    Entry
        Its numbers are computed from the records alone.

    Raises
    ------
    ParameterError
        If `kind` is another, or the records are not of this policy on this board.
    """
    check_one_of("kind", kind, KINDS)
    mine = [record for record in records if policy in _focal_policies(record)]
    _check_records(board, mine, policy)
    row = next(row for row in rank_by(mine, board.metric).rows if row.policy == policy)
    first = mine[0]
    return Entry(
        policy=policy,
        kind=kind,
        policy_digest=first.policy_digests[first.policies.index(policy)],
        records_sha256=records_digest(mine),
        planned=board.planned,
        episodes=row.played,
        score=row.score,
        by_opponent=row.by_opponent if board.opponents else {},
        metrics={**row.metrics, **usage(mine, policy)},
        versions=_versions(mine),
        created=created.isoformat(),
        command=command,
    )


def exploited(entry: Entry, found: Exploitation) -> Entry:
    """Add to an entry how far its policy can be exploited.

    Parameters
    ----------
    entry : Entry
        One of a repeated game.
    found : Exploitation
        Of its policy, in the game of its board.

    Returns
    -------
    Entry
        With the metric ``exploitability``, and the reply that shows it.
    """
    return dataclasses.replace(
        entry,
        metrics={**entry.metrics, "exploitability": found.exploitability},
        best_reply=BestReply(reply=found.reply, exact=found.exact, earns=found.earns, leaves=found.leaves),
    )


def write_entry(folder: str | Path, entry: Entry) -> Path:
    """Write an entry into the ``results`` of a board's folder, in place of an older one of the same policy.

    Returns
    -------
    Path
        The file that was written, whole or not at all.
    """
    path = Path(folder) / "results" / f"{entry.id}.json"
    values = {field.name: getattr(entry, field.name) for field in dataclasses.fields(entry)}
    values["score"] = named_estimate(entry.score)
    values["by_opponent"] = {name: named_estimate(cell) for name, cell in entry.by_opponent.items()}
    values["metrics"] = {name: named_estimate(estimate) for name, estimate in entry.metrics.items()}
    values["models"] = entry.models and dataclasses.asdict(entry.models)
    values["best_reply"] = entry.best_reply and _named_reply(entry.best_reply)
    for name in ("models", "best_reply"):
        if values[name] is None:
            del values[name]
    write_text(path, json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return path


def named_estimate(numbers: Estimate | Cell) -> dict[str, float]:
    """Give the numbers of an estimate the names that they have in files."""
    return dict(zip(("mean", "low", "high", "n"), numbers, strict=False))


def _named_reply(found: BestReply) -> dict[str, Any]:
    estimates = {"earns": named_estimate(found.earns), "leaves": named_estimate(found.leaves)}
    return {"reply": found.reply, "exact": found.exact, **estimates}


# ---------------------------------------------------------------- reading an entry


def _read_entry(path: Path, board: Board) -> Entry:
    fields = read_fields(path)
    entry = Entry(
        policy=fields.text("policy"),
        kind=fields.choice("kind", KINDS),
        policy_digest=fields.text("policy_digest"),
        records_sha256=fields.text("records_sha256"),
        planned=fields.integer("planned", 1),
        episodes=fields.integer("episodes", 1),
        score=read_estimate(fields.inside("score")),
        by_opponent={name: _cell(cell) for name, cell in fields.each("by_opponent").items()},
        metrics={name: read_estimate(metric) for name, metric in fields.each("metrics").items()},
        versions=fields.texts("versions"),
        created=fields.day("created"),
        command=fields.text("command"),
        models=_models(fields.optional("models")),
        best_reply=_best_reply(fields.optional("best_reply")),
    )
    fields.close()
    _check_entry(fields, entry, board)
    return entry


def _models(fields: Fields | None) -> ModelMeans | None:
    if fields is None:
        return None
    axes = fields.inside("axes")
    found = ModelMeans(axes={name: axes.numbers(name) for name in axes.names_of_all()}, means=fields.numbers("means"))
    fields.close()
    if not found.axes:
        fields.refuse("axes", "expected the values of at least one parameter")
    for name, values in found.axes.items():
        if sorted(set(values)) != list(values):
            axes.refuse(name, "expected different values, the least first")
    if len(found.means) != math.prod(map(len, found.axes.values())):
        fields.refuse("means", "expected one for each combination of the values in axes")
    return found


def _best_reply(fields: Fields | None) -> BestReply | None:
    if fields is None:
        return None
    found = BestReply(
        reply=fields.text("reply"),
        exact=fields.flag("exact"),
        earns=read_estimate(fields.inside("earns")),
        leaves=read_estimate(fields.inside("leaves")),
    )
    fields.close()
    return found


def read_estimate(fields: Fields, *, close: bool = True) -> Estimate:
    """Read a mean between the ends of its interval.

    Raises
    ------
    CorruptFile
        If it is none.
    """
    value, low, high = fields.number("mean"), fields.number("low"), fields.number("high")
    if not low <= value:
        fields.refuse("low", f"expected at most the mean, {value!r}")
    if not value <= high:
        fields.refuse("high", f"expected at least the mean, {value!r}")
    if close:
        fields.close()
    return Estimate(value, low, high)


def _cell(fields: Fields) -> Cell:
    estimate, n = read_estimate(fields, close=False), fields.integer("n", 1)
    fields.close()
    return Cell(*estimate, n)


def _check_entry(fields: Fields, entry: Entry, board: Board) -> None:
    """Hold an entry against its board, and its numbers against each other."""
    if not re.fullmatch("[0-9a-f]{64}", entry.records_sha256):
        fields.refuse("records_sha256", "expected 64 hexadecimal digits")
    if entry.planned != board.planned:
        fields.refuse("planned", f"expected {board.planned}, as the board plans")
    if entry.episodes > entry.planned:
        fields.refuse("episodes", f"expected at most the {entry.planned} planned")
    if strangers := sorted(entry.by_opponent.keys() - set(board.opponents)):
        fields.refuse("by_opponent", f"{strangers[0]!r} is no opponent of the board")
    if (entry.models is None) != (board.grid is None):
        fields.refuse("models", "expected the means of all models if, and only if, the board has a grid")
    if entry.models is not None and "least_mean" in entry.metrics:
        least = min(entry.models.means)
        if not math.isclose(entry.metrics["least_mean"].value, least, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE):
            fields.refuse("metrics", f"expected a least_mean of {least!r}, the least of models")
    if board.opponents and not entry.by_opponent:
        fields.refuse("by_opponent", "expected the score against the opponents of the board")
    if not entry.by_opponent:
        return
    cells = entry.by_opponent.values()
    if sum(cell.n for cell in cells) != entry.episodes:
        fields.refuse("episodes", f"expected the {sum(cell.n for cell in cells)} of by_opponent")
    mean = sum(cell.value for cell in cells) / len(cells)
    if not math.isclose(entry.score.value, mean, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE):
        fields.refuse("score", f"expected the mean over by_opponent, {mean!r}")


# ---------------------------------------------------------------- an entry of records


def _focal_policies(record: EpisodeRecord) -> set[str]:
    return {record.policies[seat] for seat in record.focal}


def _check_records(board: Board, records: list[EpisodeRecord], policy: str) -> None:
    if not records:
        raise ParameterError(f"policy={policy!r}: expected records in which it is measured, found none")
    expected = {"env_id": board.env_id, "params": canonical_json(board.params), "planned": board.episodes}
    for record in records:
        for name, value in expected.items():
            if getattr(record, name) != value:
                raise ParameterError(
                    f"{name}={getattr(record, name)!r}: expected {value!r}, as board {board.id!r} says"
                )
        if board.opponents and record.matchup not in board.opponents:
            known = ", ".join(board.opponents)
            raise ParameterError(f"matchup={record.matchup!r}: expected an opponent of board {board.id!r}: {known}")


def _versions(records: list[EpisodeRecord]) -> dict[str, str]:
    """Versions by name; several of one are joined by commas."""
    found: dict[str, set[str]] = {}
    for record in records:
        for name, version in record.versions.items():
            found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(versions)) for name, versions in sorted(found.items())}
