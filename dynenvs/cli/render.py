"""``dynenvs render``: look at one episode, in a window or as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynenvs.cli.options import env_argument, param_option, seed_option

if TYPE_CHECKING:
    from dynenvs.rendering.vocabulary import Frame

SUFFIXES = (".gif", ".png", ".svg")
REST = 3
"""Seconds for which the last frame stays."""


@click.command()
@env_argument
@click.argument("policies", nargs=-1, metavar="[POLICY]...")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File, instead of a window.")
@click.option("--steps", default=200, show_default=True, type=click.IntRange(0), help="Most steps to play.")
@click.option("--fps", default=6.0, show_default=True, help="Frames a second, of a window or a GIF.")
@seed_option
@param_option
def render(
    env_id: str,
    policies: tuple[str, ...],
    out: Path | None,
    steps: int,
    fps: float,
    seed: int,
    params: dict[str, Any],
) -> None:
    """Play an episode of ENV and show it: in a window, or in the file OUT.

    Give one POLICY for each seat, or one for all; by default all play random_legal. A .gif shows the whole episode,
    a .png or .svg its last step.
    """
    if out is not None and out.suffix.lower() not in SUFFIXES:
        endings = ", ".join(SUFFIXES)
        raise click.BadParameter(f"{str(out)!r}: expected a name that ends in {endings}", param_hint="--out")
    frames = play(env_id, policies, steps=steps, seed=seed, params=params)
    if out is None:
        show(frames, env_id, fps)
    else:
        write(frames, out, fps)
        click.echo(str(out))


def play(env_id: str, policies: tuple[str, ...], *, steps: int, seed: int, params: dict[str, Any]) -> Iterator[Frame]:
    """Play one episode, and draw it before the first step and after each."""
    from dynenvs.adapters.players import Players, seat_players
    from dynenvs.core.errors import ParameterError
    from dynenvs.registration import make_params, make_world, room, world_type

    drawing = room(env_id, "rendering")
    if drawing is None:
        raise ParameterError(f"environment {env_id!r} draws nothing")
    num_agents = world_type(env_id).describe(make_params(env_id, **params)).num_agents
    if len(policies) not in (0, 1, num_agents):
        raise ParameterError(f"{len(policies)} policies: expected one for each of {num_agents} seats, or one for all")
    names = policies if len(policies) == num_agents else num_agents * (policies or ("random_legal",))
    seats, asked = seat_players(env_id, names)
    world = make_world(env_id, seats=seats, **params)
    players, actions = Players(world, asked), world.idle_actions.copy()
    world.reset(seed)
    yield drawing.frame(world)
    for _ in range(steps):
        if not world.buffers.alive.any():
            return
        players.ask(world.buffers.acting, actions)
        world.step(actions)
        yield drawing.frame(world)


def show(frames: Iterator[Frame], title: str, fps: float) -> None:
    """Show frames in a window until its user closes it; the last one stays."""
    from dynenvs.rendering.canvas import Window

    window = Window(title, fps)
    for frame in frames:
        window.show(frame)
        if window.closed:
            return
    for _ in range(round(REST * fps)):
        window.show(frame)
    window.close()


def write(frames: Iterator[Frame], path: Path, fps: float) -> None:
    """Write frames to a GIF, or the last of them to another format."""
    suffix = path.suffix.lower()
    *before, last = frames
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
