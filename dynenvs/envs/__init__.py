"""The environments: one folder a family, and here one record an id."""

from __future__ import annotations

from dynenvs.registration import EnvSpec

__all__ = ["SPECS"]

SPECS = (
    EnvSpec(
        id="dynenvs/RepeatedGame-v0",
        world="dynenvs.envs.games.world:RepeatedGame",
        params="dynenvs.envs.games.params:RepeatedGameParams",
        about="Two players play one matrix game again and again, with slips of hand and eye, and remember.",
        paper="Axelrod (1984), The Evolution of Cooperation; games as listed in dynenvs.envs.games.params.GAMES",
        background="tit_for_tat",
        rendering="dynenvs.envs.games.rendering",
        metrics="dynenvs.envs.games.metrics",
        language="dynenvs.envs.games.language",
    ),
)
"""All environments that dynenvs ships."""
