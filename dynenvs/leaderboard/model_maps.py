"""Small maps of an uncertainty set: where in it a policy still works; the template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dynenvs.leaderboard.boards import ModelMeans
from dynenvs.leaderboard.standings import Standing

__all__ = ["ModelMap", "Tile", "model_maps"]

SIDE = 168.0
"""Width and height of a map, in the units of the view box."""


class Tile(NamedTuple):
    """A value of the first two uncertain parameters, and the worst mean over all the others."""

    x: float
    y: float
    width: float
    height: float
    told: str
    value: float
    share: float  # of the way from the least to the greatest mean of the whole board


class ModelMap(NamedTuple):
    """One policy's map: the second parameter runs to the right, the first one upwards."""

    policy: str
    kind: str
    id: str
    across: str
    up: str
    tiles: tuple[Tile, ...]
    side: float = SIDE


def model_maps(places: Sequence[Standing]) -> list[ModelMap]:
    """Lay out a map for each entry that has means of models, all on one scale.

    Parameters
    ----------
    places : sequence of Standing
        In their order.
    """
    found = [(place.entry, place.entry.models) for place in places if place.entry.models is not None]
    every = [mean for _, models in found for mean in models.means]
    return [
        ModelMap(entry.policy, entry.kind, entry.id, *_axis_names(models), _tiles(models, min(every), max(every)))
        for entry, models in found
    ]


def _axis_names(models: ModelMeans) -> tuple[str, str]:
    told = [f"{name} {values[0]:g} to {values[-1]:g}" for name, values in models.axes.items()]
    return (told[1], told[0]) if len(told) > 1 else (told[0], "")


def _tiles(models: ModelMeans, low: float, high: float) -> tuple[Tile, ...]:
    axes = [*models.axes.items()]
    if len(axes) == 1:
        axes = [("", (0.0,)), *axes]
    (up, ups), (across, acrosses) = axes[:2]
    table = np.reshape(models.means, (len(ups), len(acrosses), -1)).min(axis=2)
    width, height = SIDE / len(acrosses), SIDE / len(ups)
    tiles = []
    for i, j in np.ndindex(table.shape):
        told = f"{across} {acrosses[j]:g}" + (f", {up} {ups[i]:g}" if up else "")
        share = (table[i, j] - low) / (high - low) if high > low else 0.5
        place = round(j * width, 1), round(SIDE - (i + 1) * height, 1)
        tiles.append(Tile(*place, round(width, 1), round(height, 1), told, float(table[i, j]), round(share, 3)))
    return tuple(tiles)
