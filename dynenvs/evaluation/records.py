"""Records: one row an episode, from which every table, plot and ranking is computed.

A file of records ends in ``.jsonl`` (one strict JSON object a line) or ``.parquet`` (one column a field, and
one a reward term, metric, count and version: ``reward_terms.payoff``, ``metrics.cooperation``, ``versions.numpy``).
Both hold exactly the same, and both are there whole or not at all.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, NoReturn

from dynenvs.core.checks import check_integer, shown
from dynenvs.core.errors import CorruptFile, ParameterError
from dynenvs.core.files import replacing

__all__ = [
    "EpisodeRecord",
    "canonical_json",
    "parse_json",
    "read_records",
    "record_from_dict",
    "record_to_dict",
    "records_digest",
    "write_records",
]

PerSeat = tuple[float, ...]
"""One number a seat, in the order of the seats."""


@dataclass(frozen=True, kw_only=True)
class EpisodeRecord:
    """What one episode of an evaluation was, and how it went.

    NumPy scalars, lists and arrays are accepted and kept as Python numbers and tuples. Every number is
    finite: a metric that has no value in an episode is left out of it.

    Attributes
    ----------
    env_id : str
        Id of the environment.
    params : str
        Its parameters, as `canonical_json` of an object.
    rules_digest : str
        Digest of the rules that were played.
    seed, episode_index : int
        Identity of the episode: 64 unsigned bits, and at least 0.
    trial, planned : int
        The episode was number `trial`, from 0, of `planned` with these policies and this matchup.
    matchup : str
        Label of the opponents' side, such as ``"population"`` or the name of a policy; may be empty.
    policies, policy_digests : tuple of str
        The policy on each seat, and the digest of what was run.
    focal : tuple of int
        Seats that are measured.
    returns : tuple of float
        Sum of the rewards of each seat, in the world's unit.
    length : int
        Steps played, at least 1.
    reward_terms, metrics : dict of str to tuple of float
        Sums of each reward term, and the family's metrics: by name, one number a seat.
    counts : dict of str to tuple of float
        How often something happened, and how much was used: by name, one number a seat, 0 where it does not apply.
        They add up over episodes, and are what shares of rare events are computed from.
    end_reasons : tuple of str
        Why it ended for each seat.
    state_digest : str
        Digest of the world's last state.
    wall_time : float
        Seconds that it took, at least 0.
    versions : dict of str to str
        Versions of what was running, by name.

    Raises
    ------
    ParameterError
        If a field has another type or range, or the fields that hold one value a seat differ in length.

    Examples
    --------
    >>> record = EpisodeRecord(
    ...     env_id="dynenvs/RepeatedGame-v0", params='{"noise":0.02}', rules_digest="5d2c",
    ...     seed=7, episode_index=0, trial=0, planned=1, matchup="random",
    ...     policies=("tit_for_tat", "random"), policy_digests=("a1", "b2"), focal=(0,),
    ...     returns=(224.0, 219.0), length=100, reward_terms={}, metrics={"cooperation": (0.5, 0.5)},
    ...     end_reasons=("rules", "rules"), state_digest="77fe", wall_time=0.01, versions={},
    ... )
    >>> record.identity[-3:]
    (7, 0, 0)
    """

    env_id: str
    params: str
    rules_digest: str
    seed: int
    episode_index: int
    trial: int
    planned: int
    matchup: str
    policies: tuple[str, ...]
    policy_digests: tuple[str, ...]
    focal: tuple[int, ...]
    returns: PerSeat
    length: int
    reward_terms: dict[str, PerSeat]
    metrics: dict[str, PerSeat]
    end_reasons: tuple[str, ...]
    state_digest: str
    wall_time: float
    versions: dict[str, str]
    counts: dict[str, PerSeat] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, normal in _NORMAL.items():
            object.__setattr__(self, name, normal(name, getattr(self, name)))
        check_integer("trial", self.trial, 0, self.planned - 1)
        self._check_seats()

    @property
    def identity(self) -> tuple[Any, ...]:
        """Tells this episode from every other of an evaluation, and sorts them."""
        task = (self.env_id, self.params, self.matchup, self.policies, self.focal)
        return (*task, self.seed, self.episode_index, self.trial)

    def _check_seats(self) -> None:
        num_seats = len(self.policies)
        if not self.focal or len(set(self.focal)) < len(self.focal) or max(self.focal) >= num_seats:
            raise ParameterError(f"focal={self.focal}: expected different seats below {num_seats}, at least one")
        for name in ("policy_digests", "returns", "end_reasons"):
            _check_length(name, getattr(self, name), num_seats)
        for name in ("reward_terms", "metrics", "counts"):
            for key, values in getattr(self, name).items():
                _check_length(f"{name}[{key!r}]", values, num_seats)


def write_records(path: str | Path, records: Iterable[EpisodeRecord]) -> None:
    """Write records to a file that ends in ``.jsonl`` or ``.parquet``, in the order given.

    The file is written beside its place and then moved there, so that nobody ever sees half of it.

    Parameters
    ----------
    path : str or Path
        Where to; a file of that name is replaced, missing folders are made.
    records : iterable of EpisodeRecord
        What to write; may be empty.

    Raises
    ------
    ParameterError
        If the name ends otherwise, or there is something else among the records: nothing is written then.
    MissingExtra
        If it ends in ``.parquet`` and polars is not installed.
    """
    path = Path(path)
    if _is_parquet(path):
        from dynenvs.evaluation.parquet import write_parquet

        write_parquet(path, list(_each(records)))
        return
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(canonical_json(record_to_dict(record)) + "\n" for record in _each(records))


def read_records(path: str | Path) -> list[EpisodeRecord]:
    """Read the records of a ``.jsonl`` or ``.parquet`` file.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    list of EpisodeRecord
        In the order of the file, equal to what was written.

    Raises
    ------
    ParameterError
        If the name ends otherwise.
    CorruptFile
        If something in it is not a record; the message names file, line or row, field and value.
    MissingExtra
        If it ends in ``.parquet`` and polars is not installed.
    """
    path = Path(path)
    is_parquet = _is_parquet(path)
    if not path.is_file():
        raise CorruptFile(f"{path}: no such file: expected records in .jsonl or .parquet")
    if is_parquet:
        from dynenvs.evaluation.parquet import read_parquet

        return read_parquet(path)
    return list(_read_lines(path))


def records_digest(records: Iterable[EpisodeRecord]) -> str:
    """Digest of what was played, whatever the order of writing.

    Wall time and versions are left out: they say how the episodes were computed, and whoever repeats an
    evaluation to check it will have others.

    Returns
    -------
    str
        SHA-256 of the records sorted by identity, as 64 hexadecimal digits.

    Raises
    ------
    ParameterError
        If there is something else among the records.
    """
    digest = hashlib.sha256()
    for line in sorted((record.identity, _play(record)) for record in _each(records)):
        digest.update(line[1].encode() + b"\n")
    return digest.hexdigest()


def canonical_json(value: object) -> str:
    """Write a value as JSON in one way only: keys sorted, no spaces, floats by their shortest digits.

    Raises
    ------
    ParameterError
        If a number is not finite, or something has no place in JSON.
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError) as error:
        raise ParameterError(f"{value!r}: expected values of JSON with finite numbers ({error})") from error


def parse_json(text: str | bytes) -> Any:
    """Read strict JSON: no NaN, no infinity, no key twice.

    Raises
    ------
    ValueError
        If it is anything else; the message says what and where.
    """
    text = text.decode("utf-8") if isinstance(text, bytes) else text
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_duplicates)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise ValueError(f"{line}column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


# ---------------------------------------------------------------- JSON lines


def _read_lines(path: Path) -> Iterator[EpisodeRecord]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = record_from_dict(parse_json(line.rstrip(b"\r\n")))
            except ValueError as error:
                torn = "" if line.endswith(b"\n") else "the last line is torn: "
                raise CorruptFile(f"{path}, line {number}: {torn}{error}") from error
            yield record


def record_from_dict(values: Any) -> EpisodeRecord:
    """Make a record of a mapping that must hold its fields and nothing else.

    Raises
    ------
    ParameterError
        If a field is missing, unknown or has another type or range.
    """
    if not isinstance(values, Mapping):
        raise ParameterError(f"{values!r}: expected an object with the fields of a record")
    if missing := [name for name in _NORMAL if name not in values]:
        raise ParameterError(f"expected a field {missing[0]!r}, found none")
    if unknown := sorted(values.keys() - _NORMAL.keys()):
        raise ParameterError(f"{unknown[0]}={values[unknown[0]]!r}: a record has no such field")
    return EpisodeRecord(**values)


def record_to_dict(record: EpisodeRecord) -> dict[str, Any]:
    """Name the fields of a record, in their order; nothing is copied."""
    return {name: getattr(record, name) for name in _NORMAL}


def _each(records: Iterable[EpisodeRecord]) -> Iterator[EpisodeRecord]:
    """Yield records, and refuse what is none."""
    if not isinstance(records, Iterable):
        raise ParameterError(f"records={shown(records)}: expected a list of EpisodeRecord")
    for number, record in enumerate(records):
        if not isinstance(record, EpisodeRecord):
            raise ParameterError(f"records[{number}]={shown(record)}: expected an EpisodeRecord")
        yield record


def _play(record: EpisodeRecord) -> str:
    return canonical_json({n: v for n, v in record_to_dict(record).items() if n not in ("wall_time", "versions")})


def _is_parquet(path: Path) -> bool:
    if path.suffix not in (".jsonl", ".parquet"):
        raise ParameterError(f"path={str(path)!r}: expected a name that ends in .jsonl or .parquet")
    return path.suffix == ".parquet"


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant}: expected a finite number")


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {twice!r} stands there twice")
    return values


# ---------------------------------------------------------------- what a field may hold


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not _is_encodable(value):
        raise ParameterError(f"{name}={value!r}: expected text")
    return str(value)


@functools.lru_cache(maxsize=1024)  # the same few names stand in every record
def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _params(name: str, value: object) -> str:
    return _canonical_object(name, _text(name, value))


@functools.lru_cache(maxsize=1024)  # the same in all records of an evaluation
def _canonical_object(name: str, text: str) -> str:
    try:
        parsed = parse_json(text)
    except ValueError as error:
        raise ParameterError(f"{name}={text!r}: expected JSON ({error})") from error
    if not isinstance(parsed, dict) or canonical_json(parsed) != text:
        raise ParameterError(f"{name}={text!r}: expected an object in canonical JSON")
    return text


def _integer(low: int, high: int | None = None) -> Callable[[str, Any], int]:
    def normal(name: str, value: Any) -> int:
        check_integer(name, value, low, high)
        return int(value)

    return normal


def _number(name: str, value: Any) -> float:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if is_number and abs(value) <= sys.float_info.max:  # false for NaN
        return float(value)
    raise ParameterError(f"{name}={value!r}: expected a finite number")


def _duration(name: str, value: Any) -> float:
    if (seconds := _number(name, value)) >= 0:
        return seconds
    raise ParameterError(f"{name}={value!r}: expected seconds, at least 0")


def _tuple_of(normal: Callable[[str, Any], Any]) -> Callable[[str, Any], tuple[Any, ...]]:
    def normal_tuple(name: str, values: Any) -> tuple[Any, ...]:
        if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
            raise ParameterError(f"{name}={values!r}: expected a list")
        return tuple(normal(f"{name}[{seat}]", value) for seat, value in enumerate(values))

    return normal_tuple


def _dict_of(normal: Callable[[str, Any], Any]) -> Callable[[str, Any], dict[str, Any]]:
    def normal_dict(name: str, values: Any) -> dict[str, Any]:
        if not isinstance(values, Mapping):
            raise ParameterError(f"{name}={values!r}: expected an object")
        return {_text(f"key of {name}", key): normal(f"{name}[{key!r}]", value) for key, value in values.items()}

    return normal_dict


def _check_length(name: str, values: tuple[object, ...], num_seats: int) -> None:
    if len(values) != num_seats:
        raise ParameterError(f"{name}={values}: expected {num_seats} values, one a seat")


_NORMAL: dict[str, Callable[[str, Any], Any]] = {
    "env_id": _text,
    "params": _params,
    "rules_digest": _text,
    "seed": _integer(0, 2**64 - 1),
    "episode_index": _integer(0, 2**63 - 1),
    "trial": _integer(0, 2**63 - 1),
    "planned": _integer(1, 2**63 - 1),
    "matchup": _text,
    "policies": _tuple_of(_text),
    "policy_digests": _tuple_of(_text),
    "focal": _tuple_of(_integer(0)),
    "returns": _tuple_of(_number),
    "length": _integer(1, 2**63 - 1),
    "reward_terms": _dict_of(_tuple_of(_number)),
    "metrics": _dict_of(_tuple_of(_number)),
    "end_reasons": _tuple_of(_text),
    "state_digest": _text,
    "wall_time": _duration,
    "versions": _dict_of(_text),
    "counts": _dict_of(_tuple_of(_number)),
}
