"""A person as a policy: told in the words of the language adapter, answering in lines of text.

A line is the number or the name of an option, or the whole reply as JSON; every head of an action is asked for by
itself, unless the family reads a whole action in a line of its own. What may be answered comes from the reply's schema,
and the adapter's parser has the last word, so that a person and a language model play by the same rules.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from dynenvs import registration
from dynenvs.adapters.language import GOAL, Language
from dynenvs.core.errors import DynenvsError, ParameterError
from dynenvs.core.replies import BadReply, Letter
from dynenvs.core.seats import Seat
from dynenvs.core.view import GameView
from dynenvs.core.world import World
from dynenvs.policies import Remark, Turn

__all__ = ["HumanPolicy", "PlayerLeft", "load_human", "player_style"]

RULES_AGAIN = "?"


class PlayerLeft(DynenvsError):
    """The lines that a person answers with have ended, as after Ctrl-D."""


class HumanPolicy:
    """Asks a person for every action.

    Parameters
    ----------
    env_id : str
        The environment that is played.
    lines : file, optional
        Where the answers come from, one a line; by default standard input.
    console : rich.console.Console, optional
        Where everything is shown; by default standard output.
    open_table : bool
        Also show the family's picture and what the last step brought, which may tell more than the seat can know.

    Attributes
    ----------
    open_table
        What was given; may be changed.

    Raises
    ------
    UnknownEnvironment
        If there is none of that id.
    """

    def __init__(
        self,
        env_id: str,
        *,
        lines: TextIO | None = None,
        console: Console | None = None,
        open_table: bool = False,
    ) -> None:
        self.name = "human"
        self.seat: Seat = "external"
        self.open_table = open_table
        self.language = Language(env_id)
        self.console = console or Console(highlight=False)
        self._lines = lines
        self._drawing = registration.room(env_id, "rendering")
        self._told: set[tuple[int, int]] = set()  # (game, seat) pairs that know the rules of the running episode
        self._letters: dict[tuple[int, int], tuple[Letter, ...]] = {}  # words for others in their last reply

    def digest(self) -> str:
        """Hash what it is; nobody can hash a person."""
        return hashlib.sha256(b"a person").hexdigest()[:16]

    def reset(self, world: World, games: NDArray[np.int64]) -> None:
        """Tell the rules anew in these games."""
        begun = set(games.tolist())
        self._told = {(game, seat) for game, seat in self._told if game not in begun}

    def act(self, turn: Turn) -> NDArray[Any]:
        """Ask for one action a row.

        Raises
        ------
        PlayerLeft
            If there are no more lines.
        """
        layout = turn.world.layout
        actions = np.zeros((len(turn), layout.num_heads), turn.world.idle_actions.dtype)
        for row, (game, seat) in enumerate(zip(turn.games.tolist(), turn.agents.tolist(), strict=True)):
            action = self._ask(GameView(turn.world, game), seat)
            actions[row, : len(action)] = action
            if row + 1 < len(turn) and turn.games[row + 1] == game:
                self.console.clear()  # the next at this keyboard must not read it
        return actions

    # What is told of it.

    def about(self) -> dict[str, Any]:
        """Describe it, for the head of a transcript."""
        return {"person": True}

    def versions(self) -> dict[str, str]:
        """Name versions: a person has none."""
        return {}

    def remark(self, game: int, agent: int) -> Remark:
        """Return what a seat said to others with its last answer."""
        return Remark(letters=self._letters.get((game, agent), ()))

    def counts(self, game: int, agent: int) -> dict[str, float]:
        """Count nothing."""
        return {}

    # What is asked.

    def _ask(self, view: GameView, seat: int) -> NDArray[Any]:
        """Show a seat what there is to see, and ask until the answer is an action."""
        self._show(view, seat)
        if choices := self.language.choices(view, seat):
            self.console.print(Text(choices, style="dim"))
        ask = self._line_for_all if self.language.takes_lines else self._line_by_line
        while True:
            reply = ask(view, seat)
            parsed = reply if isinstance(reply, BadReply) else self.language.parse(view, seat, reply)
            if isinstance(parsed, BadReply):
                self.console.print(Text(f"Not possible: {parsed.reason}", style="yellow"))
                continue
            self._letters[view.game, seat] = self.language.letters(view, seat, str(reply))
            return parsed

    # What is shown.

    def _show(self, view: GameView, seat: int) -> None:
        self.console.rule(style="dim")
        if (view.game, seat) not in self._told:
            self._told.add((view.game, seat))
            self._show_rules(view, seat)
        if self.open_table and view.step:
            self._show_table(view, seat)
        if view.world.num_games > 1:
            self.console.print(f"Game {view.game + 1} of {view.world.num_games}", style="bold")
        self.console.print(Text(self.language.situation(view, seat)))

    def _show_table(self, view: GameView, seat: int) -> None:
        if self._drawing is not None:
            self.console.print(Text.from_ansi(self._drawing.ansi(view.world, view.game)))
        self.console.print(f"The last step brought you {view.world.buffers.rewards[view.game, seat]:g}.\n")

    def _show_rules(self, view: GameView, seat: int) -> None:
        name = view.world.layout.player_names[seat]
        told = Text(f"{self.language.rules(view, seat)}\n{GOAL}")
        title = Text(f"You are {name} (seat {seat})", style=player_style(seat))
        self.console.print(Panel(told, title=title, title_align="left", border_style="dim"))

    # What is answered.

    def _line_for_all(self, view: GameView, seat: int) -> str | BadReply:
        """Read one line that says all, as the family reads it; a line of JSON is the reply itself."""
        line = self._line(view, seat, "actions")
        return line if line.startswith("{") else self.language.read_line(view, seat, line)

    def _line_by_line(self, view: GameView, seat: int) -> str:
        """Read an answer to every head, and join them to one reply; a line of JSON is the reply itself."""
        said: dict[str, Any] = {}
        for head, described in self.language.schema(view, seat)["properties"].items():
            self._show_options(described)
            line = self._line(view, seat, head)
            if line.startswith("{"):
                return line
            said[head] = _value(line, described)
        return json.dumps(said)

    def _show_options(self, described: dict[str, Any]) -> None:
        names = _names(described)
        if names:
            numbered = [Text.assemble((str(k), "bold"), f" {name}") for k, name in enumerate(names, 1)]
            self.console.print(Columns(numbered, padding=(0, 3)))
        else:
            self.console.print(_expected(described), style="dim")

    def _line(self, view: GameView, seat: int, head: str) -> str:
        """Read one line that is not empty, telling the rules again if asked to."""
        while True:
            self.console.print(
                Text(f"{view.world.layout.player_names[seat]}, {head}? ", style=player_style(seat)), end=""
            )
            line = (self._lines or sys.stdin).readline()
            if not line:
                self.console.print()
                raise PlayerLeft("the player has left: there are no more lines to read")
            if line.strip() == RULES_AGAIN:
                self._show_rules(view, seat)
            elif line.strip():
                return line.strip()


def load_human(rest: str, env_id: str) -> HumanPolicy:
    """Make the policy of the string ``human``: the person at this terminal, who sees what the seat may know.

    Raises
    ------
    ParameterError
        If something stands after it.
    """
    if rest:
        raise ParameterError(f"policy 'human:{rest}': expected 'human' and nothing after it")
    return HumanPolicy(env_id)


def player_style(seat: int) -> str:
    """Return the style in which terminals name a seat: the colour that it has in pictures."""
    from dynenvs.rendering.palette import seat_color

    return f"bold {seat_color(seat)}"


def _names(described: dict[str, Any]) -> list[str]:
    """Return the names of options that are picked by number or name; none where an answer is itself a number."""
    options = described.get("enum", [])
    return options if all(isinstance(option, str) for option in options) else []


def _expected(described: dict[str, Any]) -> str:
    """Say which numbers are possible."""
    if "enum" in described:
        numbers = described["enum"]
        is_run = len(numbers) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        return f"a whole number from {numbers[0]} to {numbers[-1]}" if is_run else ", ".join(map(str, numbers))
    if "minimum" in described:
        return f"a number from {described['minimum']:g} to {described['maximum']:g}"
    return described.get("description", "text")


def _value(line: str, described: dict[str, Any]) -> Any:
    """Read an answer as what the schema calls it; one that is nothing of the kind stays text, to be refused."""
    if names := _names(described):
        by_key = {str(k): name for k, name in enumerate(names, 1)} | {name.casefold(): name for name in names}
        return by_key.get(line.casefold(), line)
    try:
        return int(line) if described.get("type") == "integer" else float(line) if "minimum" in described else line
    except ValueError:
        return line
