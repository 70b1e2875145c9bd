"""``dynenvs fingerprint``: what strategies earn against a disturbed probe, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dynenvs.cli.options import param_option, seed_option


@click.command()
@click.argument("policies", nargs=-1, required=True, metavar="POLICY...")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="A .png, .svg or .pdf.")
@click.option("--probe", default="tit_for_tat", show_default=True, help="A strategy of the last joint move at most.")
@click.option("--points", default=41, show_default=True, help="Values of x and of y.")
@click.option("--episodes", default=10, show_default=True, help="Of each point, where POLICY is no automaton.")
@seed_option
@click.option("--env", "env_id", default="dynenvs/RepeatedGame-v0", show_default=True, help="A game of two actions.")
@param_option
def fingerprint(
    policies: tuple[str, ...],
    out: Path,
    probe: str,
    points: int,
    episodes: int,
    seed: int,
    env_id: str,
    params: dict[str, Any],
) -> None:
    """Draw the double fingerprint of every POLICY (Ashlock and Kim 2008): its payoff against Joss-Anns of a probe."""
    from dynenvs.core.errors import require_extra
    from dynenvs.evaluation.fingerprints import fingerprint as take
    from dynenvs.evaluation.fingerprints import fingerprint_plot
    from dynenvs.evaluation.plots import save_plot

    require_extra("matplotlib", "render", "drawing fingerprints")
    taken = [
        take(policy, env_id, probe=probe, points=points, episodes=episodes, seed=seed, **params) for policy in policies
    ]
    save_plot(fingerprint_plot(taken), out)
    for one in taken:
        how = "computed" if one.exact else f"measured in {episodes} episodes a point"
        click.echo(f"{one.policy}: {one.payoffs.min():.3f} to {one.payoffs.max():.3f} a round, {how}")
    click.echo(f"plot: {out}")
