"""Records as Parquet: one column a field, and one a reward term, metric, count and version.

A record without a certain metric has a null there; so a file may hold records of several environments.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

from dynenvs.core.errors import CorruptFile, ParameterError, require_extra
from dynenvs.core.files import replacing
from dynenvs.evaluation.records import EpisodeRecord, record_from_dict, record_to_dict

__all__ = ["read_parquet", "write_parquet"]

_SPREAD = ("reward_terms", "metrics", "versions", "counts")
"""Fields that take one column a key."""


def write_parquet(path: Path, records: list[EpisodeRecord]) -> None:
    """Write records to a Parquet file, whole or not at all.

    Raises
    ------
    MissingExtra
        If polars is not installed.
    """
    polars = _polars()
    rows = [record_to_dict(record) for record in records]
    columns: dict[str, Any] = {}
    for name, dtype in _dtypes(polars).items():
        if name in _SPREAD:
            for key in sorted({key for row in rows for key in row[name]}):
                columns[f"{name}.{key}"] = polars.Series([row[name].get(key) for row in rows], dtype=dtype)
        else:
            columns[name] = polars.Series([row[name] for row in rows], dtype=dtype)
    with replacing(path) as beside:
        polars.DataFrame(columns).write_parquet(beside)


def read_parquet(path: Path) -> list[EpisodeRecord]:
    """Read the records of a Parquet file.

    Raises
    ------
    CorruptFile
        If it is not Parquet, or something in it is not a record.
    MissingExtra
        If polars is not installed.
    """
    polars = _polars()
    try:
        # Not memory-mapped: the file may be replaced while we read.
        frame = polars.read_parquet(path, use_pyarrow=False, memory_map=False, glob=False)
    except polars.exceptions.PolarsError as error:
        raise CorruptFile(f"{path}: expected a Parquet file ({_first_line(error)})") from error
    _check_columns(path, frame.schema, _dtypes(polars))
    records = []
    for number, row in enumerate(frame.iter_rows(named=True), start=1):
        try:
            records.append(record_from_dict(_gather(row)))
        except ParameterError as error:
            raise CorruptFile(f"{path}, row {number}: {error}") from error
    return records


def _check_columns(path: Path, found: dict[str, Any], dtypes: dict[str, Any]) -> None:
    for name, dtype in dtypes.items():
        if name not in _SPREAD and name not in found:
            raise CorruptFile(f"{path}: expected a column {name!r} of {dtype}, found none")
    for column, dtype in found.items():
        field, dot, _ = column.partition(".")
        if field not in dtypes or bool(dot) != (field in _SPREAD):
            raise CorruptFile(f"{path}: column {column!r}: a record has no such field")
        if dtype != dtypes[field]:
            raise CorruptFile(f"{path}: column {column!r} of {dtype}: expected {dtypes[field]}")


def _gather(row: dict[str, Any]) -> dict[str, Any]:
    """Put the columns of one key each back into the mapping that they came from."""
    values: dict[str, Any] = {name: {} for name in _SPREAD}
    for column, value in row.items():
        field, dot, key = column.partition(".")
        if not dot:
            values[field] = value
        elif value is not None:
            values[field][key] = value
    return values


def _dtypes(polars: ModuleType) -> dict[str, Any]:
    text, integer, number = polars.String, polars.Int64, polars.Float64
    return {
        "env_id": text,
        "params": text,
        "rules_digest": text,
        "seed": polars.UInt64,
        "episode_index": integer,
        "trial": integer,
        "planned": integer,
        "matchup": text,
        "policies": polars.List(text),
        "policy_digests": polars.List(text),
        "focal": polars.List(integer),
        "returns": polars.List(number),
        "length": integer,
        "reward_terms": polars.List(number),
        "metrics": polars.List(number),
        "end_reasons": polars.List(text),
        "state_digest": text,
        "wall_time": number,
        "versions": text,
        "counts": polars.List(number),
    }


def _polars() -> ModuleType:
    return require_extra("polars", "eval", "a .parquet file of records")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
