"""``dynenvs tournament``: everyone meets everyone; then, if asked, evolution of small and large populations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dynenvs.cli.options import env_argument, param_option, plots_option, run_options, seed_option
from dynenvs.cli.progress import telling

if TYPE_CHECKING:
    from dynenvs.evaluation.dynamics import Destination

MOST_ENDS = 10
"""Places of rest that are listed: where strategies earn the same, any mixture of them is one."""
NAMED = 0.005  # share of a strategy that is named


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
@click.option("--dynamics", type=click.Choice(["replicator", "logit"]), help="Also let large populations change so.")
@click.option("--starts", type=click.IntRange(1), default=200, show_default=True, help="So many, drawn at random.")
@click.option(
    "--time",
    type=click.FloatRange(0, 1e6, min_open=True),
    default=1000.0,
    show_default=True,
    help="How long they change, in inverse units of payoff or in choices of each player.",
)
@click.option("--noise", default=0.1, show_default=True, help="Of choices in the logit dynamics, in payoff.")
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
    dynamics: str | None,
    starts: int,
    time: float,
    noise: float,
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
    matrix = payoff_matrix(records)
    if moran:
        _evolve(console, matrix, moran, runs, seed, plots)
    if dynamics:
        options = {"noise": noise} if dynamics == "logit" else {}
        _change(console, matrix, dynamics, starts, seed, plots, time=time, **options)


def _evolve(console: Console, matrix: Any, players: int, runs: int, seed: int, plots: Path | None) -> None:
    """Run and show the Moran process on the payoffs of the round robin."""
    from dynenvs.evaluation.evolution import moran_process
    from dynenvs.evaluation.plots import evolution_plot, save_plot
    from dynenvs.evaluation.statistics import wilson_interval

    names = list(matrix.policies)
    result = moran_process(_square(matrix), [players] * len(names), runs=runs, seed=seed)
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


def _change(
    console: Console, matrix: Any, dynamics: str, starts: int, seed: int, plots: Path | None, **options: float
) -> None:
    """Run and show large populations on the payoffs of the round robin: where they end, and one of equal shares."""
    from dynenvs.evaluation import dynamics as module
    from dynenvs.evaluation.plots import evolution_plot, save_plot

    payoffs, names = _square(matrix), list(matrix.policies)
    follow = getattr(module, dynamics)
    ends = module.destinations(payoffs, follow(payoffs, module.random_starts(len(names), starts, seed), **options))
    console.print(f"{dynamics} dynamics: {starts} populations of any shares, for {options['time']:g} units of time")
    if resting := [end for end in ends if end.resting]:
        console.print(_places(resting, names, starts))
    for end in ends:
        if not end.resting:
            share, mean = f"{end.populations / starts:.1%}", _mixture(names, end.state.shares)
            console.print(f"{share} had not come to rest; on average over them, at the last moment: {mean}")
    if plots is not None:
        (shares,) = follow(payoffs, [[1.0] * len(names)], **options)
        path, title = plots / f"{dynamics}.png", f"{dynamics.capitalize()} dynamics from equal shares"
        save_plot(evolution_plot(shares, names, title=title, time=_hundredths(options["time"])), path)
        console.print(f"plot: {path}")


def _places(ends: list[Destination], names: list[str], starts: int) -> Table:
    """Tabulate where populations have come to rest, and what these places are."""
    table = Table("of them", "come to rest at", "Nash", "stable", "gain", box=box.SIMPLE_HEAD, caption_justify="left")
    told = {True: "yes", False: "no", None: "-"}
    for end in ends[:MOST_ENDS]:
        share, state = f"{end.populations / starts:.1%}", end.state
        table.add_row(share, _mixture(names, state.shares), told[state.nash], told[state.stable], f"{state.gain:.3f}")
    if others := ends[MOST_ENDS:]:
        table.caption = f"and {sum(end.populations for end in others) / starts:.1%} at {len(others)} more"
    return table


def _hundredths(time: float) -> str:
    """Say what a sample of a population is."""
    return f"time, in steps of {time / 100:g}"


def _square(matrix: Any) -> Any:
    """Return the payoffs of all against all, columns in the order of the rows."""
    return matrix.means[:, [matrix.opponents.index(name) for name in matrix.policies]]


def _mixture(names: list[str], shares: Any) -> str:
    """Name the strategies of a population, the largest first."""
    order = [k for k in shares.argsort()[::-1] if shares[k] >= NAMED]
    return escape(", ".join(f"{names[k]} {shares[k]:.0%}" for k in order))
