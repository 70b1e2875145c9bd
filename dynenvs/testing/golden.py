"""Golden files: how the rules of an id played when it was released, as text that a person can read.

``python -m dynenvs.testing.golden FOLDER [ID ...]`` writes them anew; write ``module:ID`` where a module of yours
registers it. That is right for a new id or a new version of one; for an id that was released, a changed file means that
its rules have changed: give it a new version instead.
"""

from __future__ import annotations

import json
import math
import platform
import sys
from pathlib import Path
from typing import Any

from dynenvs import registration
from dynenvs.core.files import write_text
from dynenvs.testing.clauses import require
from dynenvs.testing.play import going_on, random_steps

__all__ = ["golden_file", "golden_play", "rules_match_their_golden_file", "write_golden_file"]

GAMES, STEPS = 2, 8


def golden_play(env_id: str) -> dict[str, Any]:
    """Play what the golden file of an id holds.

    Returns
    -------
    dict
        Of JSON types: the rules' digest, and the first steps of a few seeded games under random play; of a world that
        is not portable, the platform too.
    """
    world = registration.make_world(env_id, GAMES, autoreset="next_step")
    world.reset(0)
    openings: list[list[dict[str, Any]]] = [[] for _ in range(GAMES)]
    for actions in random_steps(world, STEPS):
        for game, opening in enumerate(openings):
            moment = {"actions": actions[game].tolist(), "rewards": world.buffers.rewards[game].tolist()}
            if not going_on(world)[game]:
                moment["end"] = [world.layout.end_reasons[code] for code in world.buffers.end_reason[game]]
            opening.append(moment)
    return {
        "env_id": env_id,
        **({} if world.portable else {"platform": f"{platform.system()} {platform.machine()}"}),
        "rules_digest": registration.rules_digest(env_id),
        "games": [{"seed": game, "opening": opening} for game, opening in enumerate(openings)],
    }


def golden_file(env_id: str, folder: Path) -> Path:
    """Return where the golden file of an id is kept."""
    return folder / f"{env_id.replace('/', '-')}.json"


def write_golden_file(env_id: str, folder: Path) -> Path:
    """Write the golden file of an id as its rules play now."""
    path = golden_file(env_id, folder)
    play = golden_play(env_id)
    games = [
        f'    {{"seed": {game["seed"]}, "opening": [\n'
        + ",\n".join(f"      {json.dumps(moment)}" for moment in game["opening"])
        + "\n    ]}"
        for game in play.pop("games")
    ]
    head = "".join(f"  {json.dumps(name)}: {json.dumps(value)},\n" for name, value in play.items())
    write_text(path, "{\n" + head + '  "games": [\n' + ",\n".join(games) + "\n  ]\n}\n")
    return path


def rules_match_their_golden_file(env_id: str, folder: Path) -> None:
    """Compare how an id plays with its golden file.

    Raises
    ------
    ConformanceError
        If there is none, or it plays otherwise.
    """
    path = golden_file(env_id, folder)
    command = f"python -m dynenvs.testing.golden {folder} {env_id}"
    require(path.exists(), f"{env_id} has no golden file {path}", command)
    kept, played = json.loads(path.read_text(encoding="utf-8")), golden_play(env_id)
    if kept.get("platform") != played.get("platform"):  # the last digits differ there, and so do digests
        nearly = _nearly(kept["games"], played["games"])
        require(nearly, f"{env_id} does not play as {path.name} says, not even nearly", "see whether its rules changed")
        return
    for name, value in played.items():
        require(
            kept.get(name) == value,
            f"{env_id} does not play as {path.name} says: {name} is {str(value)[:60]}, not {str(kept.get(name))[:60]}",
            f"give the changed rules a new version of the id; if this one was never released: {command}",
        )


def _nearly(kept: Any, played: Any) -> bool:
    """Compare two openings but for the last digits of their numbers."""
    if isinstance(kept, list) and isinstance(played, list):
        return len(kept) == len(played) and all(map(_nearly, kept, played))
    if isinstance(kept, dict) and isinstance(played, dict):
        return kept.keys() == played.keys() and all(_nearly(kept[name], played[name]) for name in kept)
    if isinstance(kept, float) and isinstance(played, float):
        return math.isclose(kept, played, rel_tol=1e-6, abs_tol=1e-9)
    return bool(kept == played)


def main(arguments: list[str]) -> None:
    """Write the golden files of the named ids, or of all."""
    folder, *ids = arguments
    for env_id in map(registration.registered_id, ids or registration.env_ids()):
        print(write_golden_file(env_id, Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
