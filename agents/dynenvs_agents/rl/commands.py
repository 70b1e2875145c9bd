"""``dynenvs train``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from dynenvs.cli.options import NAMES, env_argument, name_values, param_option
from dynenvs_agents.rl.lagrangian import MULTIPLIER_RATE

__all__ = ["train"]


def _keywords(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    return dict(name_values(ctx, option, values))


@click.command()
@env_argument
@click.option(
    "--algo",
    default="ppo",
    show_default=True,
    type=click.Choice(["ppo", "maskable_ppo", "recurrent_ppo", "dqn"]),
    help="How to learn; maskable_ppo where actions can be illegal.",
)
@click.option("--steps", default=1_000_000, show_default=True, help="Steps of all learning seats together.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of the run.")
@click.option("--games", default=256, show_default=True, help="Games played at once.")
@click.option(
    "--opponents",
    type=NAMES,
    default=[],
    help="Who sits on the other seats, drawn at each episode, e.g. tit_for_tat,grudger,past_selves.",
)
@click.option("--self-play", is_flag=True, help="Learn on every seat.")
@click.option("--seat", default=0, show_default=True, help="The seat that learns.")
@param_option
@click.option(
    "--hyper",
    "hyperparameters",
    multiple=True,
    callback=_keywords,
    metavar="NAME=VALUE",
    help="Keyword of the algorithm's class, e.g. n_steps=28 or gamma=0.99; may be repeated.",
)
@click.option(
    "--constraint",
    "constraints",
    multiple=True,
    metavar="TERM<=BUDGET",
    help="Keep the mean of a reward term a step within a budget, e.g. 'escalation<=0.05'; may be repeated.",
)
@click.option(
    "--multiplier-rate", default=MULTIPLIER_RATE, show_default=True, help="How fast the price of a constraint changes."
)
@click.option("--seed", default=0, show_default=True, help="Of weights, actions, minibatches and games.")
@click.option("--checkpoint-every", default=250_000, show_default=True, help="Steps between checkpoints.")
@click.option("--resume", is_flag=True, help="Go on from the newest checkpoint in the folder.")
def train(env_id: str, out: Path, params: dict[str, Any], **options: Any) -> None:
    """Train a policy in ENV; its folder then holds policy.onnx, for `onnx:` strings, and checkpoints to go on from."""
    from dynenvs_agents.rl.onnx_files import as_options
    from dynenvs_agents.rl.training import train as run

    command = shlex.join(["dynenvs", *sys.argv[1:]])
    folder = run(env_id, out=out, command=command, **options, **params)
    click.echo(f"policy      {folder / 'policy.onnx'}")
    evaluated = ["dynenvs evaluate", env_id, f"onnx:{folder / 'policy.onnx'}", *filter(None, [as_options(params)])]
    click.echo(f"evaluate    {' '.join(evaluated)}")
    click.echo(f"scalars     tensorboard --logdir {folder / 'tensorboard'}")
