"""``dynenvs play``: take a seat yourself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dynenvs.cli.options import env_argument, narrator_option, param_option, seed_option

if TYPE_CHECKING:
    from dynenvs.adapters.narrators import Narrator
    from dynenvs.adapters.players import Players
    from dynenvs.core.world import World

SEATS = "A seat that you take, 0 if none is named; may be repeated, for people who share the keyboard."


@click.command()
@env_argument
@click.option("--seat", "seats", type=int, multiple=True, default=(0,), help=SEATS)
@click.option("--opponent", help="The policy on the other seats; by default that of the environment.")
@click.option("--fair", is_flag=True, help="Show only what the seat may know: no picture, no rewards before the end.")
@seed_option
@narrator_option
@param_option
def play(
    env_id: str,
    seats: tuple[int, ...],
    opponent: str | None,
    fair: bool,
    seed: int,
    narrator: str,
    params: dict[str, Any],
) -> None:
    """Play one episode of ENV at the keyboard.

    Answer with the number or the name of an option, or with JSON; ? shows the rules again, Ctrl-D or Ctrl-C leaves.
    """
    from dynenvs.adapters.human import PlayerLeft
    from dynenvs.adapters.narrators import make_narrator

    console = Console(highlight=False)
    world, players = sit_down(env_id, seats, opponent, open_table=not fair, **params)
    teller = make_narrator(narrator, env_id)
    world.reset(seed)
    try:
        play_on(world, players, teller)
        console.print("\n[bold]The game is over.[/bold]")
    except (PlayerLeft, KeyboardInterrupt):
        console.print("\n[bold]You have left the game.[/bold]")
    show_end(console, env_id, world)


def sit_down(
    env_id: str, seats: tuple[int, ...], opponent: str | None, *, open_table: bool, **params: Any
) -> tuple[World, Players]:
    """Make a world with people on these seats, and the opponent on the others."""
    from dynenvs.adapters.human import HumanPolicy
    from dynenvs.adapters.players import Players, seat_players
    from dynenvs.core.checks import check_integer
    from dynenvs.core.errors import ParameterError
    from dynenvs.registration import make_params, make_world, spec, world_type

    num_agents = world_type(env_id).describe(make_params(env_id, **params)).num_agents
    for seat in seats:
        check_integer("seat", seat, 0, num_agents - 1)
    if opponent is not None and num_agents == 1:
        raise ParameterError(f"opponent={opponent!r}: expected none, with these parameters {env_id} has one player")
    usual = spec(env_id).background
    others = opponent or ("random_legal" if usual == "external" else usual)
    table, asked = seat_players(env_id, ["human" if seat in seats else others for seat in range(num_agents)])
    for policy in asked.values():
        if isinstance(policy, HumanPolicy):
            policy.open_table = open_table
    world = make_world(env_id, seats=table, **params)
    return world, Players(world, asked)


def play_on(world: World, players: Players, narrator: Narrator | None = None) -> None:
    """Play until the episode is over for all."""
    from dynenvs.adapters.narrators import tell

    actions = world.idle_actions.copy()
    while world.buffers.alive.any():
        players.ask(world.buffers.acting, actions)
        world.step(actions)
        if narrator is not None:
            tell(narrator, world, 0)


def show_end(console: Console, env_id: str, world: World) -> None:
    """Show the last picture, and what everyone earned."""
    from dynenvs.registration import room

    drawing, b, layout = room(env_id, "rendering"), world.buffers, world.layout
    if drawing is not None:
        console.print(Text.from_ansi(drawing.ansi(world, 0)))
    table = Table("seat", "player", "policy", box=box.SIMPLE_HEAD)
    table.add_column("last step", justify="right")
    table.add_column("return", justify="right")
    table.add_column("end")
    for seat, name in enumerate(layout.player_names):
        end = layout.end_reasons[b.end_reason[0, seat]] if b.end_reason[0, seat] else "left"
        earned = f"{b.rewards[0, seat]:g}", f"{b.episode_returns[0, seat]:g}"
        policy = world.seat_name(int(b.seats[0, seat]))
        table.add_row(str(seat), escape(name), escape(policy), *earned, end)
    console.print(table)
