"""``dynenvs evaluate``: policies x opponents x seeds, ranked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dynenvs.cli.options import (
    NAMES,
    env_argument,
    narrator_option,
    param_option,
    plots_option,
    run_options,
    seed_option,
)
from dynenvs.cli.progress import check_whole, telling
from dynenvs.core.errors import require_extra

if TYPE_CHECKING:
    from dynenvs.evaluation.progress import Played
    from dynenvs.evaluation.records import EpisodeRecord


TABLE = "Instead of POLICY: one policy a seat, e.g. llm:MODEL,hawk,dove; one alone plays all. May be repeated."


@click.command()
@env_argument
@click.argument("policies", nargs=-1, metavar="[POLICY...]")
@click.option("--table", "tables", type=NAMES, multiple=True, help=TABLE)
@click.option("--opponents", type=NAMES, help="Who plays the other seats, e.g. tit_for_tat,grudger.")
@click.option("--episodes", default=1000, show_default=True, help="Of each policy against each opponent.")
@click.option("--seat", default=0, show_default=True, help="The seat that is measured.")
@seed_option
@param_option
@narrator_option
@run_options
@plots_option
def evaluate(
    env_id: str,
    policies: tuple[str, ...],
    tables: tuple[list[str], ...],
    opponents: list[str] | None,
    episodes: int,
    seat: int,
    seed: int,
    params: dict[str, Any],
    narrator: str,
    out: Path | None,
    resume: bool,
    transcripts: Path | None,
    plots: Path | None,
) -> None:
    """Play fresh episodes of ENV with every POLICY, or at every --table; print the ranking with its intervals.

    A language model is llm:MODEL?option=value&option=value; dynenvs chat --help names the options.
    """
    from dynenvs.evaluation import episodes as runner

    if bool(policies) == bool(tables):
        raise click.UsageError("expected policies that are measured, or tables that name one policy a seat")
    if tables and (opponents or seat):
        raise click.UsageError("--table says who sits where: expected neither --opponents nor --seat beside it")
    console = Console()
    check_extras(out, plots)
    with telling(console, out) as tell:
        run: dict[str, Any] = {
            "episodes": episodes,
            "seed": seed,
            "out": out,
            "resume": resume,
            "transcripts": transcripts,
            "narrator": narrator,
            "progress": tell,
            "notice": lambda text: console.print(text, markup=False),
            **params,
        }
        if tables:
            records = runner.play_tables(env_id, tables, **run)
        else:
            records = runner.evaluate(env_id, policies, opponents=opponents, seat=seat, **run)
    show_ranking(console, records, title=env_id, seed=seed, out=out, plots=plots)


def check_extras(out: Path | None, plots: Path | None) -> None:
    """Say what is not installed before anything is played, and not after."""
    if out is not None and out.suffix == ".parquet":
        require_extra("polars", "eval", "Parquet")
    if plots is not None:
        require_extra("matplotlib", "render", "drawing plots")


def show_ranking(
    console: Console, records: Played, *, title: str, seed: int, out: Path | None, plots: Path | None
) -> None:
    """Say where the records are, print ranking and refused replies, draw the plots; fail if episodes are missing."""
    from dynenvs.evaluation.answers import refusals
    from dynenvs.evaluation.rankings import rank_by_payoff, ranking_table

    if not records:
        raise click.ClickException("no episode was finished")
    if out is not None:
        console.print(f"records: {out}")
    episodes = len(records), records.planned
    console.print(ranking_table(rank_by_payoff(records, seed=seed), title=title, episodes=episodes))
    for line in refusals(records):
        console.print(line, markup=False, highlight=False)
    if plots is not None:
        for path in draw_plots(records, plots, title=title, episodes=episodes):
            console.print(f"plot: {path}")
    check_whole(records, out)


def draw_plots(
    records: list[EpisodeRecord],
    folder: Path,
    *,
    title: str,
    highlight: tuple[str, ...] = (),
    episodes: tuple[int, int] | None = None,
) -> list[Path]:
    """Draw the ranking, who earns how much against whom, and how single episodes went."""
    from dynenvs.evaluation import plots
    from dynenvs.evaluation.rankings import episode_scores, payoff_matrix, rank_by_payoff

    folder.mkdir(parents=True, exist_ok=True)
    ranking = rank_by_payoff(records)
    drawn = {
        "ranking.png": plots.ranking_plot(ranking, title=title, highlight=highlight, episodes=episodes),
        "payoffs.png": plots.payoff_heat_map(payoff_matrix(records), title=title),
        "episodes.png": plots.payoff_boxes(episode_scores(records), title=title),
    }
    for name, figure in drawn.items():
        plots.save_plot(figure, folder / name)
    return [folder / name for name in drawn]
