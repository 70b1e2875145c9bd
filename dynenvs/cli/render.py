"""``dynenvs render`` and ``dynenvs replay``: look at one episode, in a window, as a picture or as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dynenvs.cli.options import env_argument, name_texts, narrator_option, param_option, seed_option

if TYPE_CHECKING:
    from dynenvs.adapters.narrators import Narrator
    from dynenvs.adapters.players import Players
    from dynenvs.core.world import World
    from dynenvs.evaluation.records import EpisodeRecord
    from dynenvs.evaluation.transcripts import Transcript

SUFFIXES = (".gif", ".html", ".png", ".svg")
REST = 3
"""Seconds for which the last frame stays."""

OUT = "File, instead of a window."
POLICY = "Where a policy of the records is, e.g. ant=onnx:runs/ant/policy.onnx; its digest is checked; may be repeated."
FPS = "Frames a second, of a window or a GIF."


class Game(NamedTuple):
    """An episode to look at."""

    env_id: str
    facts: dict[str, Any]
    moments: Iterator[World]  # the same world each time: before the first step, and after each


@click.command()
@env_argument
@click.argument("policies", nargs=-1, metavar="[POLICY]...")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=OUT)
@click.option("--steps", default=200, show_default=True, type=click.IntRange(0), help="Most steps to play.")
@click.option("--fps", default=6.0, show_default=True, help=FPS)
@narrator_option
@seed_option
@param_option
def render(
    env_id: str,
    policies: tuple[str, ...],
    out: Path | None,
    steps: int,
    fps: float,
    narrator: str,
    seed: int,
    params: dict[str, Any],
) -> None:
    """Play an episode of ENV and show it: in a window, or in the file OUT.

    Give one POLICY for each seat, or one for all; by default all play random_legal. A .gif shows the whole episode,
    a .png or .svg its last step; a .html is a page to step through it, which opens from disk.
    """
    check_suffix(out)
    moments = play(env_id, policies, steps=steps, narrator=narrator, seed=seed, params=params)
    present(Game(env_id, {"seed": seed, **params}, moments), out, fps)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--episode", default=0, show_default=True, help="Which row of a file of records, from 0.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=OUT)
@click.option("--fps", default=6.0, show_default=True, help=FPS)
@click.option("--policy", "named", multiple=True, callback=name_texts, metavar="NAME=POLICY", help=POLICY)
def replay(file: Path, episode: int, out: Path | None, fps: float, named: dict[str, str]) -> None:
    """Show a recorded episode: of a transcript, or of a FILE of records.

    An episode of records is played again, by the policies that it names; where a name does not say where the policy is,
    --policy does. A transcript holds what was done, and needs none of them. OUT is as in render.
    """
    from dynenvs.core.checks import check_integer
    from dynenvs.evaluation.records import read_records
    from dynenvs.evaluation.transcripts import read_transcript

    check_suffix(out)
    if not file.is_file():
        raise click.ClickException(f"{file}: no such file")
    if is_transcript(file):
        if named:
            raise click.UsageError("--policy: a transcript plays without policies; expected it beside records alone")
        present(of_transcript(read_transcript(file)), out, fps)
        return
    records = read_records(file)
    check_integer("episode", episode, 0, len(records) - 1)
    present(of_record(records[episode], named), out, fps)


def check_suffix(out: Path | None) -> None:
    """Refuse a file of a kind that is not written."""
    if out is not None and out.suffix.lower() not in SUFFIXES:
        endings = ", ".join(SUFFIXES)
        raise click.BadParameter(f"{str(out)!r}: expected a name that ends in {endings}", param_hint="--out")


# Games.


def play(
    env_id: str, policies: tuple[str, ...], *, steps: int, seed: int, params: dict[str, Any], narrator: str = "none"
) -> Iterator[World]:
    """Play one episode: the world before the first step, and after each."""
    from dynenvs.adapters.narrators import make_narrator
    from dynenvs.adapters.players import Players, seat_players
    from dynenvs.core.errors import ParameterError
    from dynenvs.registration import make_params, make_world, world_type

    num_agents = world_type(env_id).describe(make_params(env_id, **params)).num_agents
    if len(policies) not in (0, 1, num_agents):
        raise ParameterError(f"{len(policies)} policies: expected one for each of {num_agents} seats, or one for all")
    names = policies if len(policies) == num_agents else num_agents * (policies or ("random_legal",))
    seats, asked = seat_players(env_id, names)
    world = make_world(env_id, seats=seats, **params)
    world.reset(seed)
    yield from played_on(world, Players(world, asked), make_narrator(narrator, env_id), steps)


def played_on(
    world: World, players: Players, narrator: Narrator | None = None, steps: int | None = None
) -> Iterator[World]:
    """Play a world that was reset to the end of its episode, or for so many steps."""
    from dynenvs.adapters.narrators import tell

    actions = world.idle_actions.copy()
    yield world
    while world.buffers.alive.any() and (steps is None or world.buffers.episode_lengths[0] < steps):
        players.ask(world.buffers.acting, actions)
        world.step(actions)
        if narrator is not None:
            tell(narrator, world, 0)
        yield world


def is_transcript(path: Path) -> bool:
    """Say whether a file begins as transcripts do."""
    with path.open("rb") as file:
        try:
            return "transcript" in json.loads(file.readline())
        except (ValueError, TypeError):
            return False


def of_transcript(transcript: Transcript) -> Game:
    """Play the game of a transcript again, without those who decided."""
    from dynenvs.evaluation.transcripts import replayed

    head = transcript.head
    pairs = zip(head["seats"], head["policies"], strict=False)
    names = {code: policy for code, policy in pairs if isinstance(code, int)}

    def moments() -> Iterator[World]:
        for world in replayed(transcript):
            world.external_names = names
            yield world

    return Game(head["env_id"], {"seed": head["seed"], **head["params"]}, moments())


def of_record(record: EpisodeRecord, named: dict[str, str]) -> Game:
    """Play the episode of a record again, by the policies that it names; `named` says where some of them are."""
    params = json.loads(record.params)
    return Game(record.env_id, {"seed": record.seed, **params}, played_again(record, named))


def played_again(record: EpisodeRecord, named: dict[str, str]) -> Iterator[World]:
    """Play the episode of a record, and refuse one that does not end as it did."""
    from dynenvs.adapters.narrators import make_narrator
    from dynenvs.evaluation.playing import seat_policies
    from dynenvs.evaluation.recording import recorded_policies
    from dynenvs.evaluation.transcripts import Differs

    policies = recorded_policies(record, named)
    world, players = seat_policies(record.env_id, policies, 1, **json.loads(record.params))
    world.reset([record.seed], episodes=[record.episode_index])
    yield from played_on(world, players, make_narrator(record.versions.get("narrator", "none"), record.env_id))
    if world.digest(0) != record.state_digest:
        raise Differs("the episode does not end as the record says: its rules or its policies are others by now")


# What becomes of them.


def present(game: Game, out: Path | None, fps: float) -> None:
    """Show a game in a window, or write it to a file and say so."""
    from dynenvs.core.errors import ParameterError
    from dynenvs.registration import room

    drawing = room(game.env_id, "rendering")
    if drawing is None:
        raise ParameterError(f"environment {game.env_id!r} draws nothing")
    if out is None:
        show(drawing, game, fps)
        return
    if out.suffix.lower() == ".html":
        write_page(drawing, game, out)
    else:
        write_picture(drawing, game, out, fps)
    click.echo(str(out))


def show(drawing: ModuleType, game: Game, fps: float) -> None:
    """Show frames in a window until its user closes it; the last one stays."""
    from dynenvs.rendering.canvas import Window

    window = Window(game.env_id, fps)
    for world in game.moments:
        frame = drawing.frame(world)
        window.show(frame)
        if window.closed:
            return
    for _ in range(round(REST * fps)):
        window.show(frame)
    window.close()


def write_picture(drawing: ModuleType, game: Game, path: Path, fps: float) -> None:
    """Write frames to a GIF, or the last of them to another format."""
    suffix = path.suffix.lower()
    *before, last = (drawing.frame(world) for world in game.moments)
    if suffix == ".svg":
        from dynenvs.core.files import write_text
        from dynenvs.rendering.svg import to_svg

        write_text(path, to_svg(last))
        return
    from dynenvs.rendering.canvas import save_gif, save_png

    if suffix == ".png":
        save_png(last, path)
    else:
        save_gif([*before, *[last] * max(1, round(REST * fps))], path, fps)


def write_page(drawing: ModuleType, game: Game, path: Path) -> None:
    """Write a page to step through the game."""
    from dynenvs.core.files import write_text
    from dynenvs.rendering.replay import replay_page
    from dynenvs.rendering.scenes import scene_of

    scenes = []
    for world in game.moments:
        scenes.append(scene_of(drawing, world))
        players = [world.seat_name(int(code)) for code in world.buffers.seats[0]]
    told = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in game.facts.items()]
    title = " vs ".join(dict.fromkeys(players))
    write_text(path, replay_page(scenes, title=title, env_id=game.env_id, facts=told))
