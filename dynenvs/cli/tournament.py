"""``dynenvs tournament``: everyone meets everyone; then, if asked, evolution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

from dynenvs.cli.options import env_argument, param_option, plots_option, run_options, seed_option
from dynenvs.cli.progress import telling


@click.command()
@env_argument
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@click.option("--repetitions", default=5, show_default=True, help="Episodes of each ordered pair.")
@click.option(
    "--moran",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Also run a Moran process with N players of each policy.",
)
@click.option("--runs", default=1000, show_default=True, help="Runs of the Moran process.")
@seed_option
@param_option
@run_options
@plots_option
def tournament(
    env_id: str,
    policies: tuple[str, ...],
    repetitions: int,
    moran: int,
    runs: int,
    seed: int,
    params: dict[str, Any],
    out: Path | None,
    resume: bool,
    transcripts: Path | None,
    plots: Path | None,
) -> None:
    """Let every POLICY meet every other and itself in ENV, a game of two; print the ranking."""
    from dynenvs.cli.evaluate import check_extras, show_ranking
    from dynenvs.evaluation.episodes import round_robin
    from dynenvs.evaluation.rankings import payoff_matrix

    console = Console()
    check_extras(out, plots)
    with telling(console, out) as tell:
        records = round_robin(
            env_id,
            policies,
            repetitions=repetitions,
            seed=seed,
            out=out,
            resume=resume,
            transcripts=transcripts,
            progress=tell,
            notice=lambda text: console.print(text, markup=False),
            **params,
        )
    show_ranking(console, records, title=f"{env_id}: round robin", seed=seed, out=out, plots=plots)
    if moran:
        _evolve(console, payoff_matrix(records), moran, runs, seed, plots)


def _evolve(console: Console, matrix: Any, players: int, runs: int, seed: int, plots: Path | None) -> None:
    """Run and show the Moran process on the payoffs of the round robin."""
    from dynenvs.evaluation.evolution import moran_process
    from dynenvs.evaluation.plots import evolution_plot, save_plot
    from dynenvs.evaluation.statistics import wilson_interval

    names = list(matrix.policies)
    columns = [matrix.opponents.index(name) for name in names]
    result = moran_process(matrix.means[:, columns], [players] * len(names), runs=runs, seed=seed)
    births = result.steps.mean()
    console.print(f"Moran process: {players} players of each policy, {runs} runs, {births:.0f} births on average")
    table = Table("policy", "takes over", "95 % interval", box=box.SIMPLE_HEAD)
    for place in result.fixed.argsort()[::-1]:
        share = wilson_interval(round(result.fixed[place] * runs), runs)
        table.add_row(names[place], f"{share.value:.3f}", f"{share.low:.3f} to {share.high:.3f}")
    console.print(table)
    if plots is not None:
        shares = result.history / result.history.sum(axis=1, keepdims=True)
        save_plot(evolution_plot(shares, names, title="Moran process, one run", time="births"), plots / "moran.png")
        console.print(f"plot: {plots / 'moran.png'}")
