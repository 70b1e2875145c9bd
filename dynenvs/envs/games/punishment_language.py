"""The words of the public goods game with punishment: rules, the situation of a stage, replies for that stage alone.

A seat is asked for what its stage decides, by the others' names; the decisions of the other stage are not spoken of. As
in the laboratory, nobody is told who took points off it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.layouts import ActionLayout, DiscreteHead
from dynenvs.core.replies import BadReply, action_schema, parse_action, reply_form, write_action
from dynenvs.envs.games.language import contributions_told, ending, public_goods_rules

if TYPE_CHECKING:
    from dynenvs.core.view import GameView

__all__ = ["parse", "request", "rules", "schema", "situation", "write"]


def rules(view: GameView, seat: int) -> str:
    """Say who the seat is, what is decided in both stages and what is paid.

    Parameters
    ----------
    view : GameView
        One game of a `PublicGoodsPunishment`.
    seat : int
        Who is told.

    Returns
    -------
    str
        A few lines that hold for the whole episode.
    """
    params = view.params
    lines = [
        *public_goods_rules(view, seat),
        "Each round has a second stage: all see what each gave, and may then take points off one another, all at once.",
        f"You can take 0 to {params.max_points} points off each other player. A point costs you 1 token, and the one "
        f"whom it is taken off {params.fine:g}. Nobody is told who took points off whom.",
        ending(params),
    ]
    return "\n".join(lines)


def situation(view: GameView, seat: int) -> str:
    """Say what the seat has seen so far in the episode.

    Parameters
    ----------
    view : GameView
        One game of a `PublicGoodsPunishment`.
    seat : int
        Who is told; a seat outside the kernel.

    Returns
    -------
    str
        A few lines: the round and its stage, what was given and taken last, means of all rounds.
    """
    state = view.state
    lines = [_clock(view)]
    if view.step == 0:
        return lines[0]
    lines.append(
        f"Contributions of {'this' if state.punishing else 'the last'} round: {contributions_told(view, seat)}."
    )
    if state.round > 0:
        names = view.world.layout.player_names
        taken = [f"{names[k]} {state.points[seat, k]}" for k in _others(view, seat)]
        lines.append(f"Points that you took off others in the last round: {', '.join(taken)}.")
        lines.append(f"Points that others took off you in the last round: {state.points[:, seat].sum()} in all.")
    played = int(state.round) + int(state.punishing)
    mean_payoff = view.world.buffers.episode_returns[view.game, seat] / played
    lines.append(f"Mean contribution of a player in all rounds so far: {state.contributed.mean() / played:.4g}.")
    lines.append(f"Your mean payoff a round so far, less what points cost you: {mean_payoff:.4g}.")
    return "\n".join(lines)


def request(view: GameView, seat: int) -> str:
    """Say which replies are possible in this stage."""
    return f"Reply with one JSON object and nothing else: {reply_form(*_asked(view, seat))}"


def schema(view: GameView, seat: int) -> dict[str, Any]:
    """Return the JSON Schema of the replies that are possible in this stage."""
    return action_schema(*_asked(view, seat))


def parse(view: GameView, seat: int, reply: str | None) -> NDArray[Any] | BadReply:
    """Read a reply; what this stage does not decide, and so ignores, is 0."""
    parsed = parse_action(*_asked(view, seat), reply)
    if isinstance(parsed, BadReply):
        return parsed
    action = np.zeros(view.params.num_players, np.int64)
    action[_decided(view)] = parsed
    return action


def write(view: GameView, seat: int, action: NDArray[Any]) -> str:
    """Write an action as a reply that `parse` reads as that action, but for what this stage ignores."""
    asked, _ = _asked(view, seat)
    return write_action(asked, action[_decided(view)])


def _asked(view: GameView, seat: int) -> tuple[ActionLayout, NDArray[np.bool_]]:
    """Return the decisions of this stage, those on others by their names, and their mask: all of it is legal."""
    heads = view.role(seat).actions.discrete_heads[_decided(view)]
    if view.state.punishing:
        names = [view.world.layout.player_names[k] for k in _others(view, seat)]
        heads = tuple(
            DiscreteHead(name=f"points_off_{name.replace(' ', '_')}", options=head.options, about=f"points off {name}")
            for name, head in zip(names, heads, strict=True)
        )
    asked = ActionLayout(heads=heads)
    return asked, np.ones(asked.num_masks, np.bool_)


def _decided(view: GameView) -> slice:
    """Return which heads this stage decides."""
    return slice(1, None) if view.state.punishing else slice(0, 1)


def _others(view: GameView, seat: int) -> list[int]:
    """Return the others, beginning with the next player, as the heads are ordered."""
    n = view.params.num_players
    return [(seat + distance) % n for distance in range(1, n)]


def _clock(view: GameView) -> str:
    state, params = view.state, view.params
    if view.over:
        return f"The game is over, after {state.round} rounds."
    of_all = f" of {params.horizon}" if params.horizon_known and params.horizon is not None else ""
    stage = "second stage: points" if state.punishing else "first stage: contributions"
    nothing_yet = " Nothing has been played yet." if view.step == 0 else ""
    return f"Round {state.round + 1}{of_all}, {stage}.{nothing_yet}"
