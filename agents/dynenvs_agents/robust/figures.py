"""What policies are worth over the models of a family, as curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynenvs.envs.robust import family, policy_values
from dynenvs.evaluation.plots import foot, new_figure, style
from dynenvs.rendering.palette import SEATS
from dynenvs_agents.robust.claims import policies_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["family_curves"]

DASHES = ("-", "--", ":", "-", "--", ":")
"""So that curves of equal policies are seen through each other."""


def family_curves(names: Sequence[str]) -> Figure:
    """Draw the exact value of every method's policy over the models of families with one parameter.

    Parameters
    ----------
    names : sequence of str
        Of the families, one panel each.

    Returns
    -------
    matplotlib.figure.Figure
        Curves; the lowest point of one is its policy's worst case.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    with style():
        figure = new_figure(3.6 * len(names), 3.6)
        for place, name in enumerate(names):
            models = family(name)
            (parameter,) = models.parameters[0]
            axes = figure.add_subplot(1, len(names), place + 1, title=name, xlabel=parameter)
            places = [known[parameter] for known in models.parameters]
            for k, (method, policy) in enumerate(policies_of(models).items()):
                values, dashes = policy_values(models, policy), DASHES[k % len(DASHES)]
                axes.plot(places, values, color=SEATS[k], lw=1.8, ls=dashes, label=method)
            axes.grid(axis="y")
        figure.axes[0].legend(frameon=False, fontsize=8)
        foot(figure, "value of each method's policy where episodes begin, exact; its lowest point is its worst case")
    return figure
