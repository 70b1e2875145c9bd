"""A replay as one HTML file that opens from disk: step through a game, with its picture, its numbers and its words.

The file fetches nothing. Its style and its script are named in its security policy by their hashes, so that a browser
runs nothing else; all that players wrote is data, which the script shows as text, and pictures are images, in which
nothing runs either.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dynenvs.core.errors import ParameterError
from dynenvs.rendering.pages import common_lines, embed, fill, hash_source
from dynenvs.rendering.scenes import Event, Scene, Table
from dynenvs.rendering.svg import to_svg

__all__ = ["replay_page"]

_TEMPLATES = Path(__file__).parent / "templates"


def replay_page(scenes: Iterable[Scene], *, title: str, env_id: str, facts: Iterable[tuple[str, str]] = ()) -> str:
    """Make the page of a replay.

    Parameters
    ----------
    scenes : iterable of Scene
        The game before the first step and after each; at least one.
    title, env_id : str
        What was played, and where.
    facts : iterable of (str, str)
        What else to say of the game, by name.

    Returns
    -------
    str
        HTML; the same scenes give the same page.

    Raises
    ------
    ParameterError
        If there are no scenes.
    """
    moments = list(scenes)
    if not moments:
        raise ParameterError("scenes is empty: expected at least one scene")
    style, script = ((_TEMPLATES / f"replay.{suffix}").read_text(encoding="utf-8") for suffix in ("css", "js"))
    document = {"title": title, "env_id": env_id, "facts": list(facts), **_document(moments)}
    return fill(
        _TEMPLATES / "replay.html",
        title=html.escape(title),
        style_hash=hash_source(style),
        script_hash=hash_source(script),
        style=style,
        script=script,
        data=embed(document),
    )


def _document(scenes: list[Scene]) -> dict[str, Any]:
    nights = [scene.night or scene.picture for scene in scenes]
    drawn = [to_svg(frame) for frame in (*(scene.picture for scene in scenes), *nights)]
    lines, pictures = common_lines(drawn)
    first = scenes[0]
    return {
        "about": first.about,
        "lines": lines,
        "pictures": pictures[: len(scenes)],
        "nights": pictures[len(scenes) :],
        "has_nights": first.night is not None,
        "columns": None if first.table is None else list(first.table.columns),
        "table_title": "" if first.table is None else first.table.title,
        "events_title": first.events_title,
        "curves_title": first.curves_title,
        "curves": [{"name": curve.name, "color": curve.color, "main": curve.main} for curve in first.curves],
        "scenes": [_moment(scene) for scene in scenes],
    }


def _moment(scene: Scene) -> dict[str, Any]:
    return {
        "label": scene.label,
        "color": scene.color,
        "rows": [] if scene.table is None else _rows(scene.table),
        "events": [_event(event) for event in scene.events],
        "words": [list(words) for words in scene.words],
        "values": [curve.value for curve in scene.curves],
    }


def _rows(table: Table) -> list[dict[str, Any]]:
    return [
        {"mark": list(row.mark), "cells": [list(cell) for cell in row.cells], "faded": row.faded} for row in table.rows
    ]


def _event(event: Event) -> dict[str, Any]:
    return {**event._asdict(), "actor": list(event.actor), "target": event.target and list(event.target)}
