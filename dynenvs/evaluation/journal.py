"""The journal of a run: its records, written down as episodes end, so that a killed run loses none of them.

While a run goes on, its records stand beside the file that it is to write, one a line: ``x.parquet.partial``. When it
ends, however few of the planned episodes were finished, they get their place in one piece, and the journal goes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dynenvs.core.checks import check_one_of
from dynenvs.core.errors import CorruptFile, ParameterError, require_extra
from dynenvs.evaluation.records import (
    EpisodeRecord,
    canonical_json,
    parse_json,
    read_records,
    record_from_dict,
    record_to_dict,
    write_records,
)
from dynenvs.evaluation.transcripts import PARTIAL

__all__ = ["Journal"]


class Journal:
    """Keeps the records of a run.

    Parameters
    ----------
    out : Path, optional
        The file of records to write in the end, ``.jsonl`` or ``.parquet``; None keeps them in memory alone.
    resume : bool
        Whether to go on with what an earlier run left.
    notice : callable
        Told, in a sentence, what the user should know.

    Raises
    ------
    ParameterError
        If the file's name ends otherwise or it cannot be written there, `resume` is asked for without a file, or an
        earlier run left its records or its journal there and is not to be gone on with.
    CorruptFile
        If what it left cannot be read.
    MissingExtra
        If Parquet is asked for and cannot be written.
    """

    def __init__(self, out: Path | None, *, resume: bool, notice: Callable[[str], None]) -> None:
        if resume and out is None:
            raise ParameterError("resume=True: expected out, the file of the run to go on with")
        if out is not None:
            _check_place(out)  # now, not when all has been played
        self._out = out
        self._partial = None if out is None else out.with_name(out.name + PARTIAL)
        self._known: dict[tuple[Any, ...], EpisodeRecord] = {}
        for left in (out, self._partial):
            if not resume and left is not None and left.exists():
                raise ParameterError(
                    f"{left}: an earlier run left it: go on with resume=True (--resume), or give another name"
                )
        if out is not None and out.exists():
            self._learn(read_records(out))
        if self._partial is not None and self._partial.exists():
            self._learn(_read_journal(self._partial, notice))

    def find(self, identity: tuple[Any, ...]) -> EpisodeRecord | None:
        """Return the record of an episode, if an earlier run finished it."""
        return self._known.get(identity)

    def check_plan(self, identities: Iterable[tuple[Any, ...]]) -> None:
        """Refuse to go on with a run of which other episodes are planned now.

        Raises
        ------
        ParameterError
            If an earlier run finished an episode that is not among these.
        """
        if strangers := self._known.keys() - set(identities):
            stranger = self._known[min(strangers, key=repr)]
            raise ParameterError(
                f"{self._out}: holds an episode that this run does not plan: {' against '.join(stranger.policies)} "
                f"in {stranger.env_id} with {stranger.params}, seed {stranger.seed}, trial {stranger.trial}"
            )

    def add(self, records: Iterable[EpisodeRecord]) -> None:
        """Write records down at once."""
        if self._partial is None:
            return
        lines = "".join(canonical_json(record_to_dict(record)) + "\n" for record in records)
        self._partial.parent.mkdir(parents=True, exist_ok=True)
        with self._partial.open("ab", buffering=0) as file:
            file.write(lines.encode())

    def close(self, records: Iterable[EpisodeRecord]) -> None:
        """Write the whole run to its place."""
        if self._out is not None and self._partial is not None:
            write_records(self._out, records)
            self._partial.unlink(missing_ok=True)

    def _learn(self, records: Iterable[EpisodeRecord]) -> None:
        self._known |= {record.identity: record for record in records}


def _check_place(out: Path) -> None:
    """Refuse a file that could not be written in the end."""
    check_one_of("suffix of out", out.suffix, (".jsonl", ".parquet"))
    if out.suffix == ".parquet":
        require_extra("polars", "eval", "a .parquet file of records")
    if out.is_dir():
        raise ParameterError(f"out={str(out)!r}: expected a file to write, this is a folder")
    folder = next(folder for folder in out.absolute().parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ParameterError(f"out={str(out)!r}: expected a place where files can be written, {folder} is none")


def _read_journal(path: Path, notice: Callable[[str], None]) -> list[EpisodeRecord]:
    """Read whole lines, and cut off a last one that a kill tore."""
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        notice(f"{path}: the last line was torn by a kill; its episode is played again")
        with path.open("r+b") as file:
            file.truncate(len(whole))
    records = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            records.append(record_from_dict(parse_json(line)))
        except ValueError as error:
            raise CorruptFile(f"{path}, line {number}: {error}") from error
    return records
