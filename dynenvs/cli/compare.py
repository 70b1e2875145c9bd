"""``dynenvs compare``: what a change of the environment, or of its words, does to policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from dynenvs.cli.measure import value_and_interval
from dynenvs.cli.options import NAMES, env_argument, name_values, param_option, run_options, seed_option
from dynenvs.cli.progress import check_whole, telling

if TYPE_CHECKING:
    from dynenvs.evaluation.comparison import Difference
    from dynenvs.evaluation.progress import Played

CHANGES = 'Parameter to change, e.g. framing=losses or labels=\'["defect", "cooperate"]\'; each --change by itself.'


@click.command()
@env_argument
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@click.option(
    "--change", "changes", multiple=True, required=True, callback=name_values, metavar="NAME=VALUE", help=CHANGES
)
@click.option("--opponents", type=NAMES, help="Who plays the other seats, e.g. tit_for_tat,grudger.")
@click.option("--episodes", default=100, show_default=True, help="Of each policy against each opponent, each way.")
@click.option("--seat", default=0, show_default=True, help="The seat that is measured.")
@seed_option
@param_option
@run_options
def compare(
    env_id: str,
    policies: tuple[str, ...],
    changes: list[tuple[str, Any]],
    opponents: list[str] | None,
    episodes: int,
    seat: int,
    seed: int,
    params: dict[str, Any],
    out: Path | None,
    resume: bool,
    transcripts: Path | None,
) -> None:
    """Play the same seeds of ENV with and without a change, and print what differs for every POLICY.

    With --out x.jsonl the records are x-before.jsonl, x-1.jsonl for the first change, and so on.
    """
    from dynenvs.evaluation.comparison import compare as differences
    from dynenvs.evaluation.episodes import evaluate

    console = Console()

    def played(which: str, changed: dict[str, Any]) -> Played:
        place = None if out is None else out.with_stem(f"{out.stem}-{which}")
        with telling(console, place) as tell:
            return evaluate(
                env_id,
                policies,
                opponents=opponents,
                episodes=episodes,
                seat=seat,
                seed=seed,
                out=place,
                resume=resume,
                transcripts=None if transcripts is None else transcripts / which,
                progress=tell,
                notice=lambda text: console.print(text, markup=False),
                **{**params, **changed},
            )

    before = played("before", {})
    check_whole(before, out)
    for number, (name, value) in enumerate(changes, start=1):
        after = played(str(number), {name: value})
        found = differences(before, after, seed=seed)
        console.print(Text(f"{name}={json.dumps(value)}: {found[0].pairs} pairs of episodes a policy", style="bold"))
        for table in change_tables(found, before, after, seed):
            console.print(table)
        check_whole(after, out)


def change_tables(found: list[Difference], before: Played, after: Played, seed: int) -> Iterator[Table]:
    """Lay out, policy by policy, what differs and how the family's measures stand before and after."""
    measured = [_measures(records, seed) for records in (before, after)]
    for policy, differences in groupby(found, key=lambda one: one.policy):
        yield differences_table(policy, list(differences))
        if all(policy in measures for measures in measured):
            yield measures_table(*(measures[policy] for measures in measured))


def differences_table(policy: str, differences: list[Difference]) -> Table:
    """Lay out the differences of one policy: a row a metric, those that matter in bold."""
    table = Table(Column("metric", no_wrap=True), title=escape(policy), title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("before", "after", "change", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for found in differences:
        value, low, high = found.change
        numbers = f"{found.before:.3f}", f"{found.after:.3f}", f"{value:+.3f}", f"{low:+.3f} to {high:+.3f}"
        table.add_row(escape(found.metric), *numbers, style="bold" if low > 0 or high < 0 else "")
    return table


def measures_table(before: dict[str, Any], after: dict[str, Any]) -> Table:
    """Lay out the family's measures, each with its own interval; in bold those whose intervals do not meet."""
    table = Table(Column("measure", no_wrap=True), box=box.SIMPLE_HEAD)
    for name in ("before", "95 % interval", "after", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in before:
        one, other = before[name], after[name]
        apart = one.high < other.low or other.high < one.low
        cells = *value_and_interval(one), *value_and_interval(other)
        table.add_row(escape(name), *cells, style="bold" if apart else "")
    return table


def _measures(records: Played, seed: int) -> dict[str, dict[str, Any]]:
    """Return the family's measures by policy; none where it has none."""
    from dynenvs.core.errors import ParameterError
    from dynenvs.evaluation.answers import family_measures

    try:
        return family_measures(records, seed=seed)
    except ParameterError:
        return {}
