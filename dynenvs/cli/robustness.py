"""``dynenvs robustness``: policies over a whole uncertainty set."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dynenvs.cli.bench import PAGE_WIDTH
from dynenvs.cli.options import env_argument, param_option, seed_option
from dynenvs.cli.progress import telling
from dynenvs.cli.tables import laid_out
from dynenvs.core.errors import require_extra

if TYPE_CHECKING:
    from rich.table import Table

    from dynenvs.evaluation.robustness import Robustness
    from dynenvs.evaluation.statistics import Estimate

_ZERO = "Add the worst cases on a scale on which this one of the policies has 0 and that of --one has 1."


@click.command()
@env_argument
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@click.option("--grid", type=int, help="Values of each uncertain parameter, both ends among them; 10 by default.")
@click.option("--episodes", default=20, show_default=True, help="Starts, the same in every model.")
@click.option("--cvar", "level", default=0.1, show_default=True, help="Share of the models in the CVaR.")
@click.option("--metric", default="return", show_default=True, help="What is measured: return, or a world's metric.")
@click.option("--select", is_flag=True, help="Choose the best worst case on other starts, and measure it alone.")
@click.option("--zero", default="", metavar="POLICY", help=_ZERO)
@click.option("--one", default="", metavar="POLICY", help="See --zero.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write numbers and maps here.")
@seed_option
@param_option
def robustness(
    env_id: str,
    policies: tuple[str, ...],
    select: bool,
    zero: str,
    one: str,
    out: Path | None,
    params: dict[str, Any],
    **options: Any,
) -> None:
    """Play every POLICY in all models of ENV's uncertainty set; print its worst case and where that lies."""
    from dynenvs.evaluation.robustness import choose_and_score, measure_robustness

    if out is not None:
        require_extra("matplotlib", "render", "a map")
    if any(name not in ("", *policies) for name in (zero, one)) or (zero == "") != (one == ""):
        raise click.UsageError("--zero, --one: expected two of the policies that are measured")
    if select and zero:
        raise click.UsageError("--select measures one policy: expected no --zero and --one beside it")
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    with telling(console) as tell:
        if select:
            tell("choosing on other starts")
            chosen, found, _ = choose_and_score(env_id, policies, **options, **params)
            measured = {policies[chosen]: found}
        else:
            measured = {}
            for policy in policies:
                tell(f"playing {policy}")
                measured[policy] = measure_robustness(env_id, policy, **options, **params)
    console.print(_table(env_id, measured, (zero, one) if zero else None, console.width))
    for name, its in measured.items():
        unit = its.models.unit
        where = ", ".join(f"{key} {value:.4g} {unit(key)}".rstrip() for key, value in its.worst_params.items())
        console.print(f"{name} is worst with {where}", soft_wrap=True, highlight=False, markup=False)
    if out is not None:
        for path in _write(measured, out, env_id):
            console.print(f"wrote {path}", soft_wrap=True, highlight=False, markup=False)


def _table(env_id: str, measured: dict[str, Robustness], scale: tuple[str, str] | None, width: int) -> Table:
    """Lay out the raw numbers, one row a policy, and the scaled ones beside them where they were asked for."""
    from dynenvs.evaluation.robustness import normalised

    first = next(iter(measured.values()))
    title = f"{env_id}: {len(first.models)} models x {first.returns.shape[1]} starts, {first.unit}"
    header = ("policy", "worst case", "worst, other starts", f"CVaR {first.level:g}", "mean")
    scaled = normalised({name: one.worst.value for name, one in measured.items()}, *scale) if scale else {}
    rows = [
        (name, f"{one.worst.value:.4g}", *map(_estimate, (one.confirmed, one.cvar, one.mean)))
        + ((f"{scaled[name]:.3g}",) if scale else ())
        for name, one in measured.items()
    ]
    columns = (*header, *(("scaled worst",) if scale else ()))
    return laid_out(columns, rows, width, title=title, right=range(1, len(columns)))


def _estimate(estimate: Estimate) -> str:
    return f"{estimate.value:.4g} ({estimate.low:.4g} to {estimate.high:.4g})"


def _write(measured: dict[str, Robustness], out: Path, env_id: str) -> list[Path]:
    """Write all numbers as one file, and a map for every policy, on one scale."""
    from dynenvs.core.files import write_text
    from dynenvs.evaluation.plots import save_plot
    from dynenvs.evaluation.robustness_plots import robustness_map

    out.mkdir(parents=True, exist_ok=True)
    paths = [out / "robustness.json"]
    write_text(paths[0], json.dumps([one.to_dict() for one in measured.values()], indent=1) + "\n")
    low = min(float(one.means.min()) for one in measured.values())
    high = max(float(one.means.max()) for one in measured.values())
    for place, (name, one) in enumerate(measured.items()):
        paths.append(out / f"map_{place}.png")
        save_plot(robustness_map(one, f"{name} in {env_id.rpartition('/')[2]}", low=low, high=high), paths[-1])
    return paths
