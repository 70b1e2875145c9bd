"""What a person types instead of JSON: ``trade Pink; arm; attack Orange``, or ``7 Pink; 17; 23 Orange``.

Every action has a short name and a number. A nation, an action or an intent may be cut short where one only begins like
that. Actions that concern nobody else need no nation. ``say Pink warn: text`` is a message, and ``wait`` is nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynenvs.core.replies import BadReply
from dynenvs.envs.escalation.actions import MESSAGE, NAMES, SELF_REGARDING, WAIT
from dynenvs.envs.escalation.replies import WORLD, Choice
from dynenvs.envs.escalation.scoring import CATEGORIES, categories
from dynenvs.envs.escalation.world import INTENTS

if TYPE_CHECKING:
    from dynenvs.core.view import GameView

__all__ = ["SHORT_NAMES", "choices", "read_line"]

SHORT_NAMES: tuple[str, ...] = (
    "wait",
    "say",
    "denuclearise",
    "disarm",
    "visit",
    "share",
    "treaty",
    "trade",
    "arbitrate",
    "peace",
    "ally",
    "criticise",
    "exercise",
    "blockade",
    "occupy",
    "drone",
    "cyber",
    "arm",
    "nuclearise",
    "cut",
    "restrict",
    "supply",
    "hack",
    "attack",
    "invade",
    "strike",
    "annihilate",
)
"""By action."""

_KINDS = categories("corrected")


def choices(view: GameView, seat: int) -> str:
    """List what is open today, for a person: short names with their numbers, by kind.

    Parameters
    ----------
    view : GameView
        One game of an `Escalation`.
    seat : int
        Who is asked.

    Returns
    -------
    str
        A few lines.
    """
    choice = Choice(view, seat)
    lines = []
    for code, kind in enumerate(CATEGORIES):
        open_now = [action for action in choice.targets if _KINDS[action] == code and action != WAIT]
        if open_now:
            lines.append(f"{kind + ':':15}{', '.join(f'{action} {SHORT_NAMES[action]}' for action in open_now)}")
    most = "one action" if choice.most == 1 else f"up to {choice.most} actions"
    lines.append(f"Type {most}, such as: trade {_example(choice)}; arm. Or: wait. The rules say what each is.")
    if choice.addresses:
        lines.append(f"Messages: say {choice.addresses[0]} warn: text. Intents: {', '.join(INTENTS[1:])}.")
    return "\n".join(lines)


def _example(choice: Choice) -> str:
    return next(name for k, name in enumerate(choice.names) if k != choice.seat)


def read_line(view: GameView, seat: int, line: str) -> str | BadReply:
    """Turn a line into the reply that it stands for, or say what in it stands for nothing.

    Returns
    -------
    str or BadReply
        JSON; whether it is possible now is for the parser to say.
    """
    choice = Choice(view, seat)
    items = []
    for entry in filter(None, (part.strip() for part in line.split(";"))):
        item = _item(choice, entry)
        if isinstance(item, BadReply):
            return item
        items.append(item)
    return json.dumps({**({"reasoning": ""} if choice.params.reasoning else {}), "actions": items})


def _item(choice: Choice, entry: str) -> dict[str, str] | BadReply:
    if entry.casefold().startswith("say "):
        return _message(choice, entry[4:].strip())
    words, target = _split_target(choice, entry)
    action = _action(choice, words)
    if action is None and _action(choice, words.rpartition(" ")[0]) is not None:
        nation = words.rpartition(" ")[2]
        return BadReply("wrong_schema", f"{nation!r} is no nation: expected {', '.join(choice.names)}")
    if action is None:
        return BadReply("wrong_schema", f"{words!r} is no action: expected a number or a short name of the list")
    if target is None:
        target = _own_target(choice, action)
    if target is None:
        return BadReply("wrong_schema", f"{SHORT_NAMES[action]}: expected a nation after it")
    return {"action_name": NAMES[action], "target_nation": target}


def _split_target(choice: Choice, entry: str) -> tuple[str, str | None]:
    """Part an entry into the words of its action and its nation; None where it names none."""
    folded = entry.casefold()
    for name in choice.names:
        if folded.endswith(f" {name.casefold()}"):
            return entry[: -len(name)].strip(" ->"), name
    if _action(choice, entry) is not None or " " not in entry:
        return entry, None
    words, _, last = entry.rpartition(" ")
    found = _begins(last, choice.names)
    return (entry, None) if found is None else (words.strip(" ->"), choice.names[found])


def _action(choice: Choice, words: str) -> int | None:
    """Find an action that exists by its number, its name, its short name or the beginning of that."""
    existing = choice.params.action_ids
    if words.isdecimal():
        return next((action for action in existing if str(action) == words), None)
    named = [action for action in existing if NAMES[action].casefold() == words.casefold()]
    found = _begins(words, [SHORT_NAMES[action] for action in existing])
    return named[0] if named else None if found is None else existing[found]


def _begins(text: str, names: Sequence[str]) -> int | None:
    """Find the one name that is, or begins like, a text."""
    folded = [name.casefold() for name in names]
    if text.casefold() in folded:
        return folded.index(text.casefold())
    found = [k for k, name in enumerate(folded) if text and name.startswith(text.casefold())]
    return found[0] if len(found) == 1 else None


def _own_target(choice: Choice, action: int) -> str | None:
    """Return the target that goes without saying: the nation itself, or the only one there is."""
    targets = choice.targets.get(action, ())
    if action == WAIT or action in SELF_REGARDING:
        return choice.names[choice.seat]
    return targets[0] if len(targets) == 1 else None


def _message(choice: Choice, said: str) -> dict[str, str] | BadReply:
    """Read ``Pink warn: text``."""
    head, _, content = said.partition(":")
    address, _, intent = head.strip().rpartition(" ")
    to, meant = _begins(address.strip(), (*choice.names, WORLD)), _begins(intent, INTENTS[1:])
    if to is None or meant is None:
        intents = ", ".join(INTENTS[1:])
        return BadReply(
            "wrong_schema", f"say {said}: expected say NATION INTENT: text, with an intent out of {intents}"
        )
    return {
        "action_name": NAMES[MESSAGE],
        "target_nation": (*choice.names, WORLD)[to],
        "intent": INTENTS[1:][meant],
        "content": content.strip(),
    }
