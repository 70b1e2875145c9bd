"""The words of an explicit process: its table, where it is small, and the state that the player stands in.

A player is told the probabilities of the nominal model, and that they may be wrong where the world is a family: which
model is in force it is told only if its observation says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dynenvs.core.view import GameView
    from dynenvs.envs.robust.tabular import TabularMDP

__all__ = ["rules", "situation"]

LONGEST_TABLE = 64
"""Lines: a table with more pairs of state and action is not told."""


def rules(view: GameView, seat: int) -> str:
    """Say what the process is.

    Parameters
    ----------
    view : GameView
        One game of a `TabularWorld`.
    seat : int
        Who is told; there is one.

    Returns
    -------
    str
        A few lines, and one for each state and action where these are few.
    """
    params = view.params
    models = params.models
    mdp = models.models[models.nominal if not params.sees_model else int(view.state.model)]
    lines = [
        f"You move through the states of a process, one action a step, for at most {params.horizon} steps.",
        f"States: {', '.join(mdp.state_names)}. Actions: {', '.join(mdp.action_names)}.",
    ]
    if mdp.num_states * mdp.num_actions <= LONGEST_TABLE:
        lines += ["What an action leads to, with which probability, and the reward:", *_table(mdp)]
    if len(models) > 1 and not params.sees_model:
        lines.append("These probabilities are a guess: the true ones may differ, and stay the same in an episode.")
    return "\n".join(lines)


def situation(view: GameView, seat: int) -> str:
    """Say where the player stands.

    Parameters
    ----------
    view : GameView
        One game of a `TabularWorld`.
    seat : int
        Who is told; there is one.

    Returns
    -------
    str
        One or two lines.
    """
    state, names = view.state, view.params.models.models[0].state_names
    earned = float(view.world.buffers.episode_returns[view.game, seat])
    now = f"You are in state {names[int(state.s)]} after {view.step} steps, with a sum of rewards of {earned:.4g}."
    return f"The episode is over. {now}" if view.over else now


def _table(mdp: TabularMDP) -> Iterator[str]:
    for s in range(mdp.num_states):
        for a in range(mdp.num_actions):
            ways = ", ".join(
                f"{mdp.state_names[t]} {mdp.P[s, a, t]:.3g} ({mdp.R[s, a, t]:.4g})"
                for t in np.flatnonzero(mdp.P[s, a]).tolist()
            )
            yield f"- {mdp.state_names[s]}, {mdp.action_names[a]}: {ways}"
