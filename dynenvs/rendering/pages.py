"""Pages that open from disk: one HTML file that fetches nothing, and in which nothing runs but its own script."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["common_lines", "embed", "fill", "hash_source"]

_LARGEST_EXACT = 2**53 - 1
_PLACE = re.compile(r"\{\{ (\w+) \}\}")


def fill(template: Path, **texts: str) -> str:
    """Put texts into the places ``{{ name }}`` of a template, in one pass: what they hold is left alone."""
    return _PLACE.sub(lambda place: texts[place[1]], template.read_text(encoding="utf-8"))


def hash_source(source: str) -> str:
    """Name a style or a script as a content security policy does.

    Examples
    --------
    >>> hash_source("")
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def embed(document: Any) -> str:
    r"""Write JSON that no part of HTML can end: without any < or &, in ASCII.

    Whole numbers that a script would round, such as seeds, become text.

    Examples
    --------
    >>> embed({"name": "</script>", "seed": 2**60})
    '{"name":"\\u003c/script\\u003e","seed":"1152921504606846976"}'
    """
    written = json.dumps(_exact(document), separators=(",", ":"), allow_nan=False)
    return written.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def common_lines(pictures: Iterable[str]) -> tuple[list[str], list[list[int]]]:
    """Write texts as lists of numbers of lines: most lines of a picture stand in the one before, too.

    Returns
    -------
    lines : list of str
        All lines that there are.
    pictures : list of list of int
        For each text the places of its lines.
    """
    lines: dict[str, int] = {}
    numbered = [[lines.setdefault(line, len(lines)) for line in picture.split("\n")] for picture in pictures]
    return list(lines), numbered


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _exact(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(part) for part in value]
    return str(value) if isinstance(value, int) and abs(value) > _LARGEST_EXACT else value
