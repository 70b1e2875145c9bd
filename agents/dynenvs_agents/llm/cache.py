"""The reply cache: what was answered once is never asked, or paid for, again.

A reply is kept under what was asked, who was asked, and on which *occasion*: episode, seat, step and call. The same
question on another occasion, such as another trial, is another question, so that repeated trials stay independent. A
run that was killed finds the answers to all it had asked, and goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from dynenvs.core.errors import CorruptFile
from dynenvs_agents.llm.models import Reply, Request

__all__ = ["ReplyCache"]

_WAIT = 60.0  # seconds that one process waits while another writes


class ReplyCache:
    """Replies in an SQLite file that several processes may share, and that a kill leaves whole.

    A reply is on disk when `put` returns, as far as the operating system goes: only a power cut can lose the last ones.

    Parameters
    ----------
    path : str or Path
        The file; missing folders are made.

    Raises
    ------
    CorruptFile
        If it is something else.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._files: dict[int, sqlite3.Connection] = {}  # by process: a fork must not use its parent's
        try:
            self._file.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT) WITHOUT ROWID")
        except sqlite3.DatabaseError as error:
            raise CorruptFile(f"{self.path}: no cache of replies: {error}") from error

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy the place: a copy opens the same file."""
        return type(self), (self.path,)

    @property
    def _file(self) -> sqlite3.Connection:
        process = os.getpid()
        if process not in self._files:
            file = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=NORMAL")
            self._files[process] = file
        return self._files[process]

    @staticmethod
    def key(model_digest: str, request: Request, occasion: str) -> str:
        """Name a question.

        Parameters
        ----------
        model_digest : str
            Who is asked.
        request : Request
            What is asked.
        occasion : str
            When: what tells it from the same question at another time.

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        return hashlib.sha256("\n".join((model_digest, request.digest(), occasion)).encode()).hexdigest()

    def get(self, key: str) -> Reply | None:
        """Return the reply that is kept under a key.

        Raises
        ------
        CorruptFile
            If it cannot be read.
        """
        row = self._execute("SELECT reply FROM replies WHERE key = ?", key)
        if row is None:
            return None
        try:
            return Reply.from_dict(json.loads(row[0]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise CorruptFile(f"{self.path}: reply {key[:16]}: {error!r}") from error

    def put(self, key: str, reply: Reply) -> None:
        """Keep a reply; one that is there already stays.

        Raises
        ------
        CorruptFile
            If the file is damaged, or cannot be written.
        """
        text = json.dumps(reply.to_dict())  # ASCII: models write what UTF-8 cannot
        self._execute("INSERT OR IGNORE INTO replies VALUES (?, ?)", key, text)

    def __len__(self) -> int:
        """Replies that are kept."""
        return int(self._execute("SELECT COUNT(*) FROM replies")[0])

    def _execute(self, statement: str, *values: str) -> Any:
        """Run a statement and return its first row, if it has one; what is damaged shows only where it is read."""
        try:
            return self._file.execute(statement, values).fetchone()
        except sqlite3.DatabaseError as error:
            raise CorruptFile(f"{self.path}: the cache of replies cannot be used: {error}") from error

    def close(self) -> None:
        """Close the file; it opens again when it is used."""
        self._files.pop(os.getpid()).close()
