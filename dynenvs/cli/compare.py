"""``dynenvs compare``: what a change of the environment, or of its words, does to policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from dynenvs.cli.options import NAMES, env_argument, name_values, param_option, seed_option
from dynenvs.cli.progress import telling

if TYPE_CHECKING:
    from dynenvs.evaluation.comparison import Difference

CHANGES = 'Parameter to change, e.g. framing=losses or labels=\'["defect", "cooperate"]\'; each --change by itself.'


@click.command()
@env_argument
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@click.option(
    "--change", "changes", multiple=True, required=True, callback=name_values, metavar="NAME=VALUE", help=CHANGES
)
@click.option("--opponents", type=NAMES, help="Who plays the other seats, e.g. tit_for_tat,grudger.")
@click.option("--episodes", default=100, show_default=True, help="Of each policy against each opponent, each way.")
@seed_option
@param_option
def compare(
    env_id: str,
    policies: tuple[str, ...],
    changes: list[tuple[str, Any]],
    opponents: list[str] | None,
    episodes: int,
    seed: int,
    params: dict[str, Any],
) -> None:
    """Play the same seeds of ENV with and without a change, and print what differs for every POLICY."""
    from dynenvs.evaluation import comparison
    from dynenvs.evaluation.episodes import evaluate

    console = Console()
    run: dict[str, Any] = {"opponents": opponents, "episodes": episodes, "seed": seed}
    with telling(console) as tell:
        before = evaluate(env_id, policies, progress=tell, **run, **params)
        for name, value in changes:
            changed = evaluate(env_id, policies, progress=tell, **run, **{**params, name: value})
            console.print(
                differences_table(f"{name}={json.dumps(value)}", comparison.compare(before, changed, seed=seed))
            )


def differences_table(change: str, differences: list[Difference]) -> Table:
    """Lay out differences: one row a policy and metric, those that matter in bold."""
    title = f"{escape(change)}: {differences[0].pairs} pairs of episodes a policy"
    policy, metric = Column("policy", overflow="fold"), Column("metric", no_wrap=True)
    table = Table(policy, metric, title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("before", "after", "change", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for k, found in enumerate(differences):
        value, low, high = found.change
        numbers = f"{found.before:.3f}", f"{found.after:.3f}", f"{value:+.3f}", f"{low:+.3f} to {high:+.3f}"
        name = "" if k and differences[k - 1].policy == found.policy else found.policy
        style = "bold" if low > 0 or high < 0 else ""
        table.add_row(escape(name), escape(found.metric), *numbers, style=style)
    return table
