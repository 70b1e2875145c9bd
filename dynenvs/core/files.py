"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing", "write_text"]


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Lend a temporary name beside `path`; what was written there takes its place when the block ends well.

    A reader sees the old file or the new one, never half of either, also after a kill or a power cut.

    Parameters
    ----------
    path : str or Path
        The file to write; missing folders are made.

    Yields
    ------
    Path
        A name in the same folder. If the block raises, what was written there is removed and `path` is
        untouched.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield beside
        _flush_to_disk(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text with its newlines as they are, whole or not at all."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="")


def _flush_to_disk(path: Path) -> None:
    with path.open("r+b") as file:  # some systems flush only what is open for writing
        os.fsync(file.fileno())
