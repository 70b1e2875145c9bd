"""A transcript as one HTML file that opens from disk: what every seat was asked and answered, and the game beside it.

The file fetches nothing. Its style and its script are named in its security policy by their hashes, so that a browser
runs nothing else; what models wrote is data, which the script shows as text. Pictures are drawn here, by playing the
game again, and shown as images, in which nothing runs either.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dynenvs import registration
from dynenvs.core.errors import DynenvsError
from dynenvs.core.files import write_text
from dynenvs.core.layouts import Role, WorldLayout
from dynenvs.evaluation.transcripts import Transcript, read_transcript, replayed
from dynenvs.rendering.pages import common_lines, embed, fill, hash_source
from dynenvs.rendering.palette import seat_color
from dynenvs.rendering.scenes import scene_of
from dynenvs.rendering.svg import to_svg
from dynenvs_agents.llm.transcripts import exchanges, told_choices

__all__ = ["transcript_page", "write_transcript_page"]

_TEMPLATES = Path(__file__).parent / "templates"


def write_transcript_page(transcript: str | Path, page: str | Path) -> None:
    """Write the page of a transcript, whole or not at all.

    Parameters
    ----------
    transcript : str or Path
        A transcript, finished or not.
    page : str or Path
        The HTML file.

    Raises
    ------
    CorruptFile
        If it is no transcript.
    """
    write_text(page, transcript_page(read_transcript(transcript)))


def transcript_page(transcript: Transcript) -> str:
    """Make the page of a transcript.

    Parameters
    ----------
    transcript : Transcript
        As `read_transcript` gives it. Where the game does not play again, or its family draws nothing, there are no
        pictures; the page says why.

    Returns
    -------
    str
        HTML; the same transcript gives the same page.

    Raises
    ------
    CorruptFile
        If notes that should be of a language model are not.
    """
    for _ in exchanges(transcript):
        pass  # all of them are what the page's script takes them for
    style, script = ((_TEMPLATES / f"transcript.{suffix}").read_text(encoding="utf-8") for suffix in ("css", "js"))
    return fill(
        _TEMPLATES / "transcript.html",
        title=html.escape(_title(transcript.head)),
        style_hash=hash_source(style),
        script_hash=hash_source(script),
        style=style,
        script=script,
        data=embed(_document(transcript)),
    )


# What the page shows.


def _document(transcript: Transcript) -> dict[str, Any]:
    head = transcript.head
    layout = _layout(head)
    pictures, verdict = _pictures(transcript)
    return {
        "title": _title(head),
        "head": head,
        "seats": [_seat(head, layout, seat) for seat in range(len(head["seats"]))],
        "steps": [_step(layout, step) for step in transcript.steps],
        "end": transcript.end,
        "verdict": verdict,
        **pictures,
    }


def _title(head: dict[str, Any]) -> str:
    return " vs ".join(map(str, head["policies"]))


def _layout(head: dict[str, Any]) -> WorldLayout | None:
    """Find what the seats see and decide; None where the environment is not known here."""
    try:
        params = registration.make_params(head["env_id"], **head["params"])
        return registration.world_type(head["env_id"]).describe(params)
    except (DynenvsError, TypeError):
        return None


def _seat(head: dict[str, Any], layout: WorldLayout | None, seat: int) -> dict[str, Any]:
    played = head["policies"][seat] if seat < len(head["policies"]) else str(head["seats"][seat])
    return {
        "player": layout.player_names[seat] if layout and seat < layout.num_agents else f"seat {seat}",
        "policy": played,
        "color": seat_color(seat),
        "asked": not isinstance(head["seats"][seat], str),
    }


def _step(layout: WorldLayout | None, step: dict[str, Any]) -> dict[str, Any]:
    turns = [{**turn, "chose": _chose(layout, turn["agent"], turn["action"])} for turn in step["turns"]]
    return {"turns": turns, "rewards": step["rewards"], "narrator": step.get("narrator", [])}


def _chose(layout: WorldLayout | None, agent: int, action: list[Any]) -> list[tuple[str, str]]:
    """Name what was chosen, head by head; by numbers where the names are not known."""
    if layout is None or not 0 <= agent < layout.num_agents or not _fits(layout.roles[agent], action):
        return [("action", str(value)) for value in action]
    said = told_choices(layout.roles[agent].actions, np.array(action))
    return [(name.replace("_", " "), str(value)) for name, value in said.items()]


def _fits(role: Role, action: list[Any]) -> bool:
    heads = role.actions.heads
    if len(action) != len(heads) or not all(isinstance(value, int | float) for value in action):
        return False
    sizes = [head.size for head in role.actions.discrete_heads]
    return all(0 <= value < size for value, size in zip(action, sizes, strict=False))


def _pictures(transcript: Transcript) -> tuple[dict[str, Any], str]:
    """Draw the game before the first step and after each, and say why it does not play again, if so."""
    drawn: list[str] = []
    verdict = transcript.changed
    try:
        drawn.extend(_drawn(transcript))  # those drawn before it went wrong are kept
    except DynenvsError as error:
        verdict = str(error)
    lines, pictures = common_lines(svg for svg in drawn if svg)
    return {"lines": lines, "pictures": pictures}, verdict


def _drawn(transcript: Transcript) -> Iterator[str]:
    """Play the game again, and draw it; with nothing to see where its family does not draw."""
    head = transcript.head
    drawing = registration.room(head["env_id"], "rendering")
    pairs = zip(head["seats"], head["policies"], strict=False)
    names = {code: policy for code, policy in pairs if isinstance(code, int)}
    for world in replayed(transcript):
        world.external_names = names
        yield to_svg(scene_of(drawing, world).picture) if drawing else ""
