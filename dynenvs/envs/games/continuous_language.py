"""The words of the game in degrees: rules for the episode, the situation of a turn.

As in `dynenvs.envs.games.language`, a seat is told what it saw and what it can count by itself: under perception noise
the degrees that it believes it saw, and the payoffs that would follow from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynenvs.envs.games.language import clock, ending

if TYPE_CHECKING:
    from dynenvs.core.view import GameView

__all__ = ["rules", "situation"]


def rules(view: GameView, seat: int) -> str:
    """Say what is decided and what is paid.

    Parameters
    ----------
    view : GameView
        One game of a `ContinuousGame`.
    seat : int
        Who is told.

    Returns
    -------
    str
        A few lines that hold for the whole episode.
    """
    full, none = view.params.end_names
    R, S, T, P = view.params.corners
    lines = [
        "You play the same game again and again with one other player. In each round both choose a degree at once:",
        f"any number from 0 ({none}) to 1 ({full}). Payoffs of a round at the ends:",
        *(_corner(own, other, view.params.corners) for own in (1, 0) for other in (1, 0)),
        "In between they are mixed: with your degree a and the other's b,",
        f"you get {R:g} a b + {S:g} a (1 - b) + {T:g} (1 - a) b + {P:g} (1 - a) (1 - b); for the other, swap a and b.",
        *_execution_noise(view.params.execution_noises, seat),
        *_perception_noise(view.params.perception_noises, seat),
        ending(view.params),
    ]
    return "\n".join(lines)


def situation(view: GameView, seat: int) -> str:
    """Say what the seat has seen so far in the episode.

    Parameters
    ----------
    view : GameView
        One game of a `ContinuousGame`.
    seat : int
        Who is told; a seat outside the kernel.

    Returns
    -------
    str
        A few lines: the round, means of all rounds, the last rounds.
    """
    if view.step == 0:
        return clock(view)
    degrees, payoffs = view.state.seen_degrees[seat] / view.step, view.state.seen_payoffs[seat] / view.step
    recent = _recent_rounds(view, seat)
    lines = [
        clock(view),
        f"Mean degree so far: {degrees[0]:.4g} of yours, {degrees[1]:.4g} of the other's.",
        f"Mean payoff a round so far: {payoffs[0]:.4g} for you, {payoffs[1]:.4g} for the other.",
        f"The last {len(recent)} rounds:" if len(recent) > 1 else "The last round:",
        *recent,
    ]
    return "\n".join(lines)


def _corner(own: int, other: int, corners: tuple[float, float, float, float]) -> str:
    mine, theirs = (corners[2 * (1 - a) + 1 - b] for a, b in ((own, other), (other, own)))
    return f"- your degree {own}, the other's {other}: {mine:g} for you, {theirs:g} for the other"


def _execution_noise(noises: tuple[float, float], seat: int) -> list[str]:
    if not any(noises):
        return []
    own, other = noises[seat], noises[1 - seat]
    return [
        f"Hands tremble: normal noise is added to what is chosen, of standard deviation {own:g} to yours and {other:g} "
        "to the other's, and the sum is cut to [0, 1].",
        "What counts, and what both then see, is the degree that comes out.",
    ]


def _perception_noise(noises: tuple[float, float], seat: int) -> list[str]:
    if not any(noises):
        return []
    own, other = noises[seat], noises[1 - seat]
    return [
        f"Eyes err likewise: you see the other's degree with noise of standard deviation {own:g}, it sees yours with "
        f"{other:g}.",
        "You are told what you saw, payoffs included; what is paid in the end depends on what was played.",
    ]


def _recent_rounds(view: GameView, seat: int) -> list[str]:
    """List the rounds in the seat's memory, oldest first."""
    history = view.state.history[seat]
    lines = []
    for k in range(max(0, view.step - view.params.memory), view.step):
        own, other = history[k % len(history)]
        lines.append(f"- round {k + 1}: your degree {own:.3g}, the other's {other:.3g}")
    return lines
