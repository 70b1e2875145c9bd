"""Transcripts: one game a file, step by step, as what was decided and said; it plays again without those who decided.

A transcript is a file of JSON lines. The first says which episode of which environment it is and who sat where, each
further one is a step: for every seat outside the kernel its action, its message to the others, its letters (texts with
their readers) if it wrote any, and its policy's notes (what a language model was asked and answered, say); what a
narrator told, if there is one; then the rewards and the digest of the state. The last line says how it ended. While a
game goes on, its file is called ``x.jsonl.partial``.

Every line ends with a hash of itself and of those before it: playing again shows changed actions, the hashes show
changed words. They are no proof against somebody who makes them anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dynenvs import registration
from dynenvs.adapters.language import NARRATOR
from dynenvs.adapters.narrators import told
from dynenvs.core.errors import CorruptFile, DynenvsError, Interrupted
from dynenvs.core.replies import Letter
from dynenvs.core.world import World
from dynenvs.evaluation.playing import SeatTurn
from dynenvs.evaluation.records import parse_json
from dynenvs.policies import Remark

__all__ = [
    "PARTIAL",
    "Differs",
    "Transcript",
    "TranscriptWriter",
    "Verdict",
    "file_name",
    "read_transcript",
    "replay_transcript",
    "replayed",
]

FORMAT = 1
"""Number of the format that this module writes; it reads no other."""

PARTIAL = ".partial"
"""Ends the name of a file that is still being written."""

_HEAD = {
    "env_id": str,
    "params": dict,
    "seats": list,
    "seed": int,
    "episode_index": int,
    "policies": list,
    "digest": str,
}
_END: dict[str, type] = {"returns": list, "length": int, "end_reasons": list}
_UNFINISHED: dict[str, type] = {"unfinished": str, "detail": str}
_STEP = {"step": int, "turns": list, "rewards": list, "digest": str}
_TURN = {"agent": int, "action": list, "message": str, "notes": dict}


class Differs(DynenvsError):
    """A transcript does not play again as it is written."""


class TranscriptWriter:
    """Writes the games that it watches, each to a file of its own.

    Parameters
    ----------
    place : callable
        Gives the path of a game's file, which ends in ``.jsonl``; an older file of that name is replaced.
    head : callable
        Gives what the first line of a game says, as JSON can write it, beside the digest of its first state.
    """

    def __init__(self, place: Callable[[int], Path], head: Callable[[int], dict[str, Any]]) -> None:
        self._place, self._head = place, head
        self._links: dict[int, str] = {}  # the hash of the last line, by game

    def began(self, world: World, game: int) -> None:
        """Begin a file."""
        path = self._partial(game)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._links[game] = ""
        self._write(game, {"transcript": FORMAT, **self._head(game), "digest": world.digest(game)})

    def moved(self, world: World, game: int, turns: tuple[SeatTurn, ...]) -> None:
        """Write a step."""
        b = world.buffers
        line = {
            "step": int(b.episode_lengths[game]) - 1,
            "turns": [
                {
                    "agent": turn.agent,
                    "action": turn.action.tolist(),
                    "message": turn.remark.message,
                    "notes": turn.remark.notes,
                    **_letters(turn.remark),
                }
                for turn in turns
            ],
            **({"narrator": narrated} if (narrated := told(world, game)) else {}),
            "rewards": b.rewards[game].tolist(),
            "digest": world.digest(game),
        }
        self._write(game, line)

    def ended(self, world: World, game: int, interrupted: Interrupted | None) -> None:
        """Write how it ended, and give the file its name."""
        if interrupted is None:
            self._write(game, _ending(world, game))
        else:
            self._write(game, {"unfinished": interrupted.reason, "detail": str(interrupted)})
        self._partial(game).replace(self._place(game))

    def _partial(self, game: int) -> Path:
        path = self._place(game)
        return path.with_name(path.name + PARTIAL)

    def _write(self, game: int, line: dict[str, Any]) -> None:
        text = json.dumps(line, separators=(",", ":"), allow_nan=False)  # ASCII: models write what UTF-8 cannot
        self._links[game] = _link(self._links[game], text.encode())
        with self._partial(game).open("ab", buffering=0) as file:
            file.write(text[:-1].encode() + _linked(self._links[game]))


@dataclass(frozen=True)
class Transcript:
    """What stands in a file.

    Attributes
    ----------
    head : dict
        Which episode it is, who sat where, and the digest of the first state.
    steps : tuple of dict
        ``step``, ``turns`` (each with ``agent``, ``action``, ``message``, ``notes``), ``rewards``, ``digest``.
    end : dict
        ``returns``, ``length``, ``end_reasons``; or ``unfinished`` and ``detail``; empty where the game was still going
        on, or was killed.
    changed : str
        Which line is not as it was written; empty where all are, or where none has a hash.
    """

    head: dict[str, Any]
    steps: tuple[dict[str, Any], ...]
    end: dict[str, Any]
    changed: str = ""

    @property
    def finished(self) -> bool:
        """Whether the game was played to its end."""
        return "returns" in self.end


@dataclass(frozen=True)
class Verdict:
    """Whether a transcript plays again.

    Attributes
    ----------
    agrees : bool
        Whether every state, reward and return came out as written, and no line was changed since.
    steps : int
        Steps that did.
    detail : str
        What differs first; empty where nothing does.
    """

    agrees: bool
    steps: int
    detail: str = ""


def file_name(policies: tuple[str, ...], trial: int, identity: str) -> str:
    """Name the file of an episode after who played, the trial, and a hash that tells all others apart."""
    who = "-vs-".join(re.sub(r"[^A-Za-z0-9._=-]+", "_", name)[:40] for name in policies[:3])
    return f"{who}-{trial:04d}-{identity}.jsonl"


def read_transcript(path: str | Path) -> Transcript:
    """Read a transcript, strictly.

    Parameters
    ----------
    path : str or Path
        A file; of one whose name ends in ``.partial`` the last line may be torn, and is left out then.

    Returns
    -------
    Transcript
        What it says.

    Raises
    ------
    CorruptFile
        If it is no transcript; the message names file, line and field.
    """
    path = Path(path)
    lines = list(_read_lines(path))
    if not lines:
        raise CorruptFile(f"{path}: no transcript: it is empty")
    changed = _changed(lines)
    head, *rest = (said for _, said in lines)
    if head.get("transcript") != FORMAT:
        raise CorruptFile(f"{path}, line 1: transcript={head.get('transcript')!r}: expected {FORMAT}")
    _check_fields(f"{path}, line 1", head, _HEAD)
    end = rest.pop() if rest and ("returns" in rest[-1] or "unfinished" in rest[-1]) else {}
    if not end and path.suffix != PARTIAL:
        raise CorruptFile(f"{path}: it breaks off after {len(rest)} steps: expected a last line that says how it ended")
    if end:
        _check_fields(f"{path}, last line", end, _END if "returns" in end else _UNFINISHED)
    for number, step in enumerate(rest):
        _check_step(f"{path}, line {number + 2}", step, number)
    return Transcript(head, tuple(rest), end, changed)


def replay_transcript(path: str | Path) -> Verdict:
    """Play the game of a transcript again, without those who decided, and compare every state.

    Parameters
    ----------
    path : str or Path
        As in `read_transcript`.

    Returns
    -------
    Verdict
        Whether it comes out the same.

    Raises
    ------
    CorruptFile
        If it is no transcript.
    """
    transcript, steps, end = read_transcript(path), -1, dict[str, Any]()
    try:
        for world in replayed(transcript):
            steps, end = steps + 1, _ending(world, 0)
    except DynenvsError as error:
        detail = str(error) if isinstance(error, Differs) else f"{type(error).__name__}: {error}"
        return Verdict(False, max(steps, 0), detail)
    if transcript.finished and end != transcript.end:
        return Verdict(False, steps, f"the end differs: {end}")
    return Verdict(not transcript.changed, steps, transcript.changed)


def replayed(transcript: Transcript) -> Iterator[World]:
    """Play a game again, without those who decided.

    Parameters
    ----------
    transcript : Transcript
        As `read_transcript` gives it.

    Yields
    ------
    World
        The same one each time: before the first step, and after each.

    Raises
    ------
    Differs
        If a state or a reward comes out otherwise than written.
    DynenvsError
        Another one, if the game cannot be played at all.
    """
    world = _first_state(transcript.head)
    if world.digest(0) != transcript.head["digest"]:
        raise Differs(f"the first state differs: {_rules_differ(transcript.head)}")
    yield world
    for number, step in enumerate(transcript.steps):
        if differs := _step_differs(world, step):
            raise Differs(f"step {number}: {differs}")
        yield world


def _letters(remark: Remark) -> dict[str, Any]:
    """Write what is said beside the message; most turns have nothing of it."""
    return {"letters": [[letter.text, list(letter.receivers)] for letter in remark.letters]} if remark.letters else {}


# Playing again.


def _first_state(head: dict[str, Any]) -> World:
    world = registration.make_world(head["env_id"], seats=head["seats"], **head["params"])
    world.reset([head["seed"]], episodes=[head["episode_index"]])
    return world


def _step_differs(world: World, step: dict[str, Any]) -> str:
    """Play a step; say what comes out otherwise, if anything does."""
    actions = np.zeros_like(world.idle_actions)
    for turn in step["turns"]:
        agent, action = turn["agent"], turn["action"]
        heads = len(world.layout.roles[agent].actions.heads) if 0 <= agent < world.num_agents else -1
        if len(action) != heads or not all(isinstance(value, int | float) for value in action):
            return f"there is no seat {agent} with an action {action}"
        actions[0, agent, :heads] = action
        letters = [Letter(*letter) for letter in turn.get("letters", ())]
        for letter in Remark(turn["message"], letters=tuple(letters)).said:
            world.say(0, agent, letter.text, letter.receivers)
    world.step(actions)
    for text in step.get("narrator", ()):
        world.say(0, NARRATOR, text)
    if world.buffers.rewards[0].tolist() != step["rewards"]:
        return f"rewards are {world.buffers.rewards[0].tolist()}, expected {step['rewards']}"
    return "" if world.digest(0) == step["digest"] else "the state differs"


def _rules_differ(head: dict[str, Any]) -> str:
    played = registration.rules_digest(head["env_id"], **head["params"])
    return f"rules {played}, written under {head.get('rules_digest')}, versions {head.get('versions')}"


def _ending(world: World, game: int) -> dict[str, Any]:
    b, layout = world.buffers, world.layout
    return {
        "returns": b.episode_returns[game].tolist(),
        "length": int(b.episode_lengths[game]),
        "end_reasons": [layout.end_reasons[code] for code in b.end_reason[game]],
    }


# Reading.


def _link(before: str, text: bytes) -> str:
    """Return the hash of a line, as it was before the hash was added, and of those before it."""
    return hashlib.sha256(before.encode() + text).hexdigest()[:16]


def _linked(link: str) -> bytes:
    return f',"link":"{link}"}}\n'.encode()


def _changed(lines: list[tuple[bytes, dict[str, Any]]]) -> str:
    """Name the first line that is not as it was written, and take the hashes away; files without any are older."""
    links = [said.pop("link", None) for _, said in lines]
    last, tail = "", len(_linked("0" * 16))
    for number, (line, _) in enumerate(lines if links[0] is not None else (), start=1):
        last = _link(last, line[:-tail] + b"}")
        if line[-tail:] != _linked(last):
            return f"line {number} was changed after it was written, or one before it was removed"
    return ""


def _read_lines(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                if path.suffix == PARTIAL:
                    return
                raise CorruptFile(f"{path}, line {number}: the last line is torn")
            try:
                said = parse_json(line)
            except ValueError as error:
                raise CorruptFile(f"{path}, line {number}: {error}") from error
            if not isinstance(said, dict):
                raise CorruptFile(f"{path}, line {number}: expected an object")
            yield line, said


def _check_step(place: str, step: dict[str, Any], number: int) -> None:
    _check_fields(place, step, _STEP)
    if step["step"] != number:
        raise CorruptFile(f"{place}: step={step['step']}: expected {number}")
    if not all(isinstance(text, str) for text in _listed(step.get("narrator", []))):
        raise CorruptFile(f"{place}: narrator={step['narrator']!r}: expected a list of texts")
    for turn in step["turns"]:
        if not isinstance(turn, dict):
            raise CorruptFile(f"{place}: turns: expected objects")
        _check_fields(place, turn, _TURN)
        if not _are_letters(turn.get("letters", [])):
            raise CorruptFile(f"{place}: letters={turn['letters']!r}: expected pairs of a text and its receivers")


def _listed(said: Any) -> list[Any]:
    """Return a list; anything else is one of nothing but itself."""
    return said if isinstance(said, list) else [None]


def _are_letters(said: Any) -> bool:
    return isinstance(said, list) and all(
        isinstance(letter, list)
        and len(letter) == 2
        and isinstance(letter[0], str)
        and isinstance(letter[1], list)
        and all(isinstance(agent, int) for agent in letter[1])
        for letter in said
    )


def _check_fields(place: str, said: dict[str, Any], fields: dict[str, type]) -> None:
    for name, kind in fields.items():
        if not isinstance(said.get(name), kind) or isinstance(said[name], bool):
            raise CorruptFile(f"{place}: {name}={said.get(name)!r}: expected {kind.__name__}")
