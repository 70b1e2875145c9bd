"""A game of language models on the terminal: what each seat was asked and answered, step by step, as it happens."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dynenvs.adapters.narrators import told
from dynenvs.core.errors import Interrupted
from dynenvs.core.world import World
from dynenvs.evaluation.playing import SeatTurn, Watcher
from dynenvs.policies import Policy
from dynenvs.rendering.palette import seat_color
from dynenvs_agents.llm.ladder import LOWER_RUNGS, TELLING_RUNGS
from dynenvs_agents.llm.transcripts import told_choices

__all__ = ["Screen", "Watchers", "printable"]


class Watchers:
    """Several that look on at once.

    Parameters
    ----------
    watchers : sequence of Watcher
        Each is shown everything, in this order.
    """

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self._watchers = tuple(watchers)

    def began(self, world: World, game: int) -> None:
        """Show a game that stands at its first step."""
        for watcher in self._watchers:
            watcher.began(world, game)

    def moved(self, world: World, game: int, turns: tuple[SeatTurn, ...]) -> None:
        """Show a game after a step."""
        for watcher in self._watchers:
            watcher.moved(world, game, turns)

    def ended(self, world: World, game: int, interrupted: Interrupted | None) -> None:
        """Show a game for the last time."""
        for watcher in self._watchers:
            watcher.ended(world, game, interrupted)


class Screen:
    """Prints a game while it is played.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    policies : sequence of Policy
        Who plays, one a seat.
    """

    def __init__(self, console: Console, policies: Sequence[Policy]) -> None:
        self._console, self._policies = console, policies
        self._used: Counter[str] = Counter()

    def began(self, world: World, game: int) -> None:
        """Say who plays."""
        self._console.print(Text(" against ".join(policy.name for policy in self._policies), style="bold"))

    def moved(self, world: World, game: int, turns: tuple[SeatTurn, ...]) -> None:
        """Print a step: for every seat that was asked its exchanges and its choice, then what the step brought."""
        b = world.buffers
        self._console.rule(f"step {b.episode_lengths[game]}", style="dim")
        for turn in turns:
            self._console.print(self._seat_line(world, turn.agent))
            for exchange in turn.remark.notes.get("exchanges", ()):
                self._use(exchange)
                self._console.print(Padding(_exchange(exchange), (0, 0, 0, 2)))
            self._used["fallbacks"] += bool(turn.remark.notes.get("fallback"))
            self._console.print(Padding(_choice(world, turn), (0, 0, 0, 2)))
        earned = "   ".join(
            f"{name} {reward:+g} ({total:g})"
            for name, reward, total in zip(
                world.layout.player_names, b.rewards[game], b.episode_returns[game], strict=True
            )
        )
        self._console.print(Text(earned, style="bold"))
        for text in told(world, game):
            self._console.print(Text(f"narrator: {printable(text)}", style="italic"))

    def ended(self, world: World, game: int, interrupted: Interrupted | None) -> None:
        """Print how it ended, and what the replies cost."""
        self._console.rule(style="dim")
        b, layout = world.buffers, world.layout
        if interrupted is not None:
            self._console.print(Text(f"unfinished: {interrupted.reason}: {printable(str(interrupted))}", style="red"))
        table = Table("player", "policy", box=box.SIMPLE_HEAD)
        table.add_column("return", justify="right")
        table.add_column("end")
        for seat, policy in enumerate(self._policies):
            end = layout.end_reasons[b.end_reason[game, seat]]
            name = Text(layout.player_names[seat], style=_style(seat))
            table.add_row(name, Text(policy.name), f"{b.episode_returns[game, seat]:g}", end)
        self._console.print(table)
        if self._used["calls"]:
            self._console.print(Text(self._usage()))

    def _seat_line(self, world: World, seat: int) -> Text:
        name = world.layout.player_names[seat]
        return Text.assemble((name, _style(seat)), (f"  {self._policies[seat].name}", "dim"))

    def _use(self, exchange: dict[str, Any]) -> None:
        """Add up what a call used."""
        usage = exchange["reply"]["usage"]
        self._used += Counter(
            calls=1,
            replies=exchange["rung"] is not None,
            bad_replies=exchange["bad_reply"] is not None,
            repairs=exchange["purpose"] == "repair",
            read=usage["prompt_tokens"],
            written=usage["completion_tokens"],
            estimated=usage["estimated"],
        )
        self._used["nanodollars"] += round(1e9 * (exchange["usd"] or 0))

    def _usage(self) -> str:
        used = self._used
        about = "about " if used["estimated"] else ""
        cost = f", ${used['nanodollars'] / 1e9:.4g}" if used["nanodollars"] else ""
        counted = (_counted(used[f"{word}s"], word) for word in ("repair", "fallback", "call"))
        return (
            f"valid replies: {used['replies'] - used['bad_replies']} of {used['replies']}, "
            f"{', '.join(counted)}, {about}{used['read']:,} tokens read and {used['written']:,} written{cost}"
        )


def printable(text: str) -> str:
    """Return a text in which nothing can steer a terminal: control characters are spelled out."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else character.encode("unicode_escape").decode()
        for character in text
    )


def _exchange(exchange: dict[str, Any]) -> RenderableType:
    """Lay out one request and its answer."""
    parts: list[RenderableType] = [
        _panel(message["content"], "system" if message["role"] == "system" else "asked", "dim")
        for message in _asked_now(exchange["messages"])
    ]
    reply = exchange["reply"]
    if reply["reasoning"]:
        parts.append(_panel(reply["reasoning"], "thinking", "dim italic"))
    said = "\n".join(filter(None, (reply["text"], *reply["tool_calls"]))) or "(no answer)"
    parts.append(_panel(said, _heading(exchange), _tone(exchange)))
    if exchange["bad_reply"]:
        parts.append(Text(f"refused: {printable(exchange['bad_reply']['reason'])}", style="yellow"))
    return Group(*parts)


def _asked_now(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the messages that follow the model's own last answer."""
    answers = [k for k, message in enumerate(messages) if message["role"] == "assistant"]
    return messages[answers[-1] + 1 :] if answers else messages


def _panel(text: str, title: str, style: str) -> Panel:
    return Panel(Text(printable(text)), title=title, title_align="left", border_style=style, box=box.ROUNDED)


def _how_it_was_read(exchange: dict[str, Any]) -> str:
    """Name the rung; of a bad reply rather what was wrong with it, unless the rung says that."""
    rung, bad = exchange["rung"], exchange["bad_reply"]
    told = bad["kind"] if bad and rung not in TELLING_RUNGS else rung
    return (told or "").replace("_", " ")


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _heading(exchange: dict[str, Any]) -> str:
    """Say why it was asked, how it was read, and what it cost."""
    usage, read = exchange["reply"]["usage"], _how_it_was_read(exchange)
    tokens = f"{'about ' if usage['estimated'] else ''}{usage['prompt_tokens']} + {usage['completion_tokens']} tokens"
    where = "from the cache" if exchange["cached"] else f"{exchange['reply']['wall_time']:.2f} s"
    return ", ".join(filter(None, (exchange["purpose"], read, tokens, where)))


def _tone(exchange: dict[str, Any]) -> str:
    if exchange["bad_reply"]:
        return "red"
    if exchange["rung"] in LOWER_RUNGS:
        return "yellow"
    return "green" if exchange["rung"] else "blue"


def _choice(world: World, turn: SeatTurn) -> Text:
    """Say what was played, and what was said to the others."""
    played = json.dumps(told_choices(world.layout.roles[turn.agent].actions, turn.action))
    chose = Text(f"plays {played}", style="bold")
    if turn.remark.notes.get("fallback"):
        chose.append("  by the world's rule, for want of a legal reply", style="red")
    names = world.layout.player_names
    for letter in turn.remark.said:
        to = ", ".join(names[agent] for agent in letter.receivers)
        chose.append(f'\nsays{f" to {to}" if to else ""} "{printable(letter.text)}"', style="cyan")
    return chose


def _style(seat: int) -> str:
    return f"bold {seat_color(seat)}"
