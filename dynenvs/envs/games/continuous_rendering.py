"""Pictures of the game in degrees, on one page and in a few lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dynenvs.envs.games.params import GAMES, ContinuousGameParams
from dynenvs.rendering import palette
from dynenvs.rendering.parts import MARGIN, disc, divided_bar, header, number, percent, scale_lines
from dynenvs.rendering.text import paint
from dynenvs.rendering.vocabulary import Box, Circle, Frame, Line, Rect, Shape, Text, shorten

if TYPE_CHECKING:
    from dynenvs.envs.games.continuous import ContinuousGame

__all__ = ["ansi", "frame"]

WIDTH, HEIGHT = 800, 470
CARDS = Box(MARGIN, 84, WIDTH - 2 * MARGIN, 96)
CHART = Box(72, 212, WIDTH - MARGIN - 72, 208)
LEGEND = Box(72, 440, WIDTH - MARGIN - 72, 16)
BLOCKS = " ▁▂▃▄▅▆▇█"
"""Degrees in letters."""


class Recent(NamedTuple):
    """The last rounds of a game, oldest first."""

    before: int  # rounds played before these
    degrees: NDArray[np.float64]  # (rounds, 2) as executed
    seen: NDArray[np.float64]  # (rounds, 2) as the other one saw them


def frame(world: ContinuousGame, game: int = 0) -> Frame:
    """Draw one game: the players, and how far each went in the last rounds.

    Parameters
    ----------
    world : ContinuousGame
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    Frame
        800 x 470 pixels.
    """
    recent = recent_rounds(world, game)
    shapes = [
        *_header(world, game),
        *_cards(world, game, CARDS),
        *_degrees(world, game, recent, CHART),
        *_legend(world, game, recent, LEGEND),
    ]
    return Frame(WIDTH, HEIGHT, tuple(shapes))


def ansi(world: ContinuousGame, game: int = 0) -> str:
    """Write one game as a few lines for a terminal: round, players, mean degrees and payoffs, last degrees.

    Parameters
    ----------
    world : ContinuousGame
        A batch that was reset.
    game : int
        Which of its games.

    Returns
    -------
    str
        Three lines; a degree is a block, the higher the further it went.
    """
    recent = recent_rounds(world, game)
    lines = [f"{_title(world.game_params[game])} in degrees, {_clock(world, game)}"]
    for agent in range(2):
        blocks = "".join(BLOCKS[round(8 * degree)] for degree in recent.degrees[:, agent])
        name = paint(f"{shorten(_policy(world, game, agent), 24):<24}", palette.seat_color(agent), bold=True)
        mean, payoff = world.state.mean_degrees[game, agent], _mean_payoffs(world, game)[agent]
        lines.append(f"{name} {mean:5.3f} {payoff:7.3f}  {blocks}")
    return "\n".join(lines)


def recent_rounds(world: ContinuousGame, game: int) -> Recent:
    """Unroll the ring of the last rounds."""
    state = world.state
    played, depth = int(state.round[game]), state.history.shape[2]
    rounds = np.arange(max(0, played - depth), played)
    history = state.history[game][:, rounds % depth]  # (2, rounds, own and seen)
    return Recent(before=played - len(rounds), degrees=history[..., 0].T, seen=history[::-1, :, 1].T)


# What the game is, in words and numbers.


def _title(params: ContinuousGameParams) -> str:
    return params.game.replace("_", " ").replace("prisoners", "prisoner's").capitalize()


def _clock(world: ContinuousGame, game: int) -> str:
    state = world.state
    until = f" of {state.horizon[game]}" if state.horizon_known[game] else ""
    over = "" if world.buffers.alive[game].any() else ", over"
    return f"round {state.round[game]}{until}{over}"


def _noise(params: ContinuousGameParams) -> str:
    parts = []
    for name, noises in (("hand", params.execution_noises), ("eye", params.perception_noises)):
        if max(noises) > 0:
            parts.append(f"{name} " + " / ".join(f"{noise:g}" for noise in dict.fromkeys(noises)))
    return "noise of " + ", ".join(parts) if parts else "no noise"


def _policy(world: ContinuousGame, game: int, agent: int) -> str:
    return world.seat_name(int(world.buffers.seats[game, agent]))


def _mean_payoffs(world: ContinuousGame, game: int) -> NDArray[np.float64]:
    means: NDArray[np.float64] = world.buffers.episode_returns[game] / max(1, int(world.state.round[game]))
    return means


# The parts of the picture.


def _header(world: ContinuousGame, game: int) -> Iterator[Shape]:
    params = world.game_params[game]
    about = GAMES[params.game].about if params.payoffs is None else "With payoffs of its own."
    return header(WIDTH, f"{_title(params)} in degrees", _clock(world, game), about, _noise(params))


def _cards(world: ContinuousGame, game: int, box: Box) -> Iterator[Shape]:
    """Draw who plays, how far each goes on average, and what it earns a round."""
    has_begun = world.state.round[game] > 0
    corners = world.game_params[game].corners
    low, high = min(corners), max(max(corners), min(corners) + 1e-9)
    for agent, card in enumerate(box.columns(2, 16)):
        yield Rect.over(card, palette.PANEL, radius=8)
        yield from disc(agent, card.x + 22, card.y + 21)
        yield Text(card.x + 42, card.y + 21, shorten(_policy(world, game, agent), 34), 15, weight="bold")
        degree, payoff = float(world.state.mean_degrees[game, agent]), float(_mean_payoffs(world, game)[agent])
        labels = ("mean degree", "mean payoff")
        shares = (degree, (payoff - low) / (high - low))
        values = (number(degree, ".2f"), number(payoff, ".2f")) if has_begun else ("", "")
        colors = (palette.COOPERATION, palette.seat_color(agent))
        bars = Box(card.x + 104, card.y + 44, card.width - 170, 38).rows(2, 14)
        for label, share, value, color, bar in zip(labels, shares, values, colors, bars, strict=True):
            yield Text(card.x + 12, bar.middle[1], label, 11, palette.MUTED)
            yield Text(card.right - 12, bar.middle[1], value, 13, weight="bold", anchor="end")
            yield from divided_bar(bar, [share if has_begun else 0.0], [color])


def _degrees(world: ContinuousGame, game: int, recent: Recent, box: Box) -> Iterator[Shape]:
    """Draw both degrees over the last rounds, and what the other one saw of them where it saw something else."""
    full, none = world.game_params[game].end_names
    yield Text(box.x, box.y - 16, f"{full} (1)", 11, palette.COOPERATION, "bold")
    yield Text(box.x, box.bottom + 16, f"{none} (0)", 11, palette.DEFECTION, "bold")
    yield from scale_lines(box, [percent(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)])
    columns = box.columns(world.state.history.shape[2], 3)[: len(recent.degrees)]
    for agent, width in ((0, 4.0), (1, 2.0)):  # where the lines meet, both show
        color = palette.seat_color(agent)
        heights = box.bottom - recent.degrees[:, agent] * box.height
        points = tuple((column.middle[0], float(y)) for column, y in zip(columns, heights, strict=True))
        if len(points) > 1:
            yield Line(points, color, width)
        for (x, y), degree, seen in zip(points, recent.degrees[:, agent], recent.seen[:, agent], strict=True):
            if seen != degree:
                yield Circle(x, box.bottom - float(seen) * box.height, 3, None, color, 1.2)
            if (x, y) == points[-1]:
                yield Circle(x, y, width / 2 + 3, color, palette.PAPER, 1.5)


def _legend(world: ContinuousGame, game: int, recent: Recent, box: Box) -> Iterator[Shape]:
    about = f"from round {recent.before + 1}"
    if max(world.game_params[game].perception_noises) > 0:
        about += "; rings: as the other saw it"
    yield Text(box.right, box.middle[1], about, 11, palette.MUTED, anchor="end")
