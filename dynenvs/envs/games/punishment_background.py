"""Background players of the public goods game with punishment, as data: how each contributes, and whom it punishes.

A player is a contributor of `dynenvs.envs.games.public_goods_background` with two numbers: points for each token that
another gave less than it did, and for each token that another gave more. Most never punish.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_between
from dynenvs.envs.games.forms import Form, find_player, written_forms
from dynenvs.envs.games.public_goods_background import CONTRIBUTORS, Contributor, contributor_tables

__all__ = ["PUNISHERS", "PUNISHER_FORMS", "Punisher", "PunisherTables", "punisher", "punisher_tables"]

SEVERITY = 0.25
"""Points a token, of those who punish: at a fine of 3 one of them alone takes 0.75 tokens for each that is not given,
more than the 0.6 that not giving it gains where it would return 0.4."""

HERRMANN = "Herrmann, Thöni and Gächter (2008), Science 319, 1362-1367; severity and contributions are our choice"


@dataclass(frozen=True, kw_only=True)
class Punisher:
    """One background player.

    Attributes
    ----------
    name : str
        What it is called by, in snake_case; numbers follow in parentheses.
    about : str
        Its exact definition.
    source : str
        Where it comes from.
    contributor : Contributor
        How it contributes.
    below, above : float
        Points, >= 0, that it takes off another for each token that this one gave less, or more, than it did itself in
        this round: rounded to whole points (halves up), and at most as many as are allowed.
    """

    name: str
    about: str
    source: str
    contributor: Contributor
    below: float = 0.0
    above: float = 0.0


class PunisherTables(NamedTuple):
    """The background players by code; the first two are those of `ContributorTables`."""

    manner: NDArray[np.int8]  # (players,)
    schedule: NDArray[np.float64]  # (players, 4)
    below: NDArray[np.float64]  # (players,)
    above: NDArray[np.float64]  # (players,)


def _with_severity(name: str, below: float, above: float) -> Punisher:
    check_between(f"{name}: below", below, 0, 100)
    check_between(f"{name}: above", above, 0, 100)
    return Punisher(
        name=name,
        about=f"A conditional cooperator that takes off {below:g} points for each token given less than it gave, and "
        f"{above:g} for each given more.",
        source="ours",
        contributor=CONTRIBUTORS["conditional_cooperator"],
        below=below,
        above=above,
    )


FORMS: dict[str, Form[Punisher]] = {
    "punisher": Form(
        "below,above", "a conditional cooperator that takes these points off for each token", _with_severity
    )
}

PUNISHER_FORMS = written_forms(FORMS)
"""How players with numbers are written, and what these do."""

PUNISHERS: dict[str, Punisher] = {
    player.name: player
    for player in (
        *(
            Punisher(
                name=contributor.name,
                about=f"{contributor.about} It punishes nobody.",
                source=contributor.source,
                contributor=contributor,
            )
            for contributor in CONTRIBUTORS.values()
        ),
        Punisher(
            name="peer_punisher",
            about="Gives as a conditional cooperator, and takes off one point for every four tokens that another gave "
            "less than it did.",
            source="Fehr and Gächter (2002), Nature 415, 137-140; severity and contributions are our choice",
            contributor=CONTRIBUTORS["conditional_cooperator"],
            below=SEVERITY,
        ),
        Punisher(
            name="contributing_punisher",
            about="Always gives all, and takes off one point for every four tokens that another gave less.",
            source="ours",
            contributor=CONTRIBUTORS["contributor"],
            below=SEVERITY,
        ),
        Punisher(
            name="antisocial_punisher",
            about="Never gives anything, and takes off one point for every four tokens that another gave.",
            source=HERRMANN,
            contributor=CONTRIBUTORS["free_rider"],
            above=SEVERITY,
        ),
    )
}
"""The background players that need no numbers, by name."""


def punisher(name: str) -> Punisher:
    """Find a background player by its name.

    Parameters
    ----------
    name : str
        A key of `PUNISHERS`, or a form of `PUNISHER_FORMS` with numbers in place of its parameters.

    Returns
    -------
    Punisher
        Its definition.

    Raises
    ------
    UnknownPolicy
        If there is none; the message lists the nearest names.
    ParameterError
        If the numbers in the parentheses are too few, too many, out of range or none.

    Examples
    --------
    >>> punisher("punisher(0.5,0)").below
    0.5
    """
    return find_player(name, PUNISHERS, FORMS, env_id="dynenvs/PublicGoodsPunishment-v0")


def punisher_tables(names: tuple[str, ...]) -> PunisherTables:
    """Lay background players side by side.

    Parameters
    ----------
    names : tuple of str
        As `punisher` takes them, in the order of their codes.

    Returns
    -------
    PunisherTables
        Read-only for the kernel.
    """
    players = [punisher(name) for name in names]
    contributing = contributor_tables(tuple(player.contributor.name for player in players))
    return PunisherTables(
        manner=contributing.manner,
        schedule=contributing.schedule,
        below=np.array([player.below for player in players], np.float64),
        above=np.array([player.above for player in players], np.float64),
    )
