"""Prompts: text files that a researcher can read and replace, named by a hash in every record.

The files stand in the folder ``prompts`` beside this module. To change some of them, copy those into a folder of your
own and name it: ``llm:MODEL?prompts=my/folder``. A ``$word`` stands for what is filled in; a paragraph that comes out
empty is left out. What carries the game must be there: ``$rules`` in ``system.md``, ``$situation`` and ``$request`` in
``turn.md``, ``$request`` in ``channel.md`` and ``decision.md``, ``$notes`` in ``notes.md``.

| file | is | filled in |
| --- | --- | --- |
| ``system.md`` | first message, once an episode | ``$persona $rules $goal`` |
| ``turn.md`` | what a seat is sent each turn | ``$fallback $reminder $situation $request`` |
| ``channel.md`` | the request, where messages may be sent | ``$request $limit`` |
| ``reflection.md`` | asks for thoughts before the decision | ``$request`` |
| ``decision.md`` | asks for the decision after them | ``$request`` |
| ``repair.md`` | answers a reply that cannot be used | ``$reason $request`` |
| ``reminder.md`` | rules and goal again, every m turns | ``$rules $goal`` |
| ``summary.md`` | asks for notes on the turns so far | |
| ``notes.md`` | those notes, instead of the turns | ``$notes`` |
| ``fallback.md`` | says what was played after bad replies | ``$action`` |
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from dynenvs.core.errors import ParameterError

__all__ = ["PROMPT_WORDS", "Prompts"]

PROMPT_WORDS: dict[str, frozenset[str]] = {
    "system": frozenset({"persona", "rules", "goal"}),
    "turn": frozenset({"fallback", "reminder", "situation", "request"}),
    "channel": frozenset({"request", "limit"}),
    "reflection": frozenset({"request"}),
    "decision": frozenset({"request"}),
    "repair": frozenset({"reason", "request"}),
    "reminder": frozenset({"rules", "goal"}),
    "summary": frozenset(),
    "notes": frozenset({"notes"}),
    "fallback": frozenset({"action"}),
}
"""Every prompt, and the words that it may hold."""

_NEEDED: dict[str, frozenset[str]] = {
    "system": frozenset({"rules"}),
    "turn": frozenset({"situation", "request"}),
    "channel": frozenset({"request"}),
    "decision": frozenset({"request"}),
    "notes": frozenset({"notes"}),
}
"""Words without which a model would not know the game."""

_MAY_BE_EMPTY = ("fallback", "reminder")  # paragraphs of others; the rest are messages, which must say something

_HERE = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class Prompts:
    """The texts around what a world says.

    Attributes
    ----------
    texts : dict of str to str
        Templates by name, as in `PROMPT_WORDS`.
    """

    texts: dict[str, str]

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Prompts:
        """Read the prompts.

        Parameters
        ----------
        folder : str or Path, optional
            Holds files that replace ours.

        Returns
        -------
        Prompts
            All of them.

        Raises
        ------
        ParameterError
            If there is no such folder, it holds anything else (but a README and hidden files), a file is no text, or
            a prompt is empty, has a word that is not filled in there, or lacks one that carries the game.
        """
        files = {name: _HERE / f"{name}.md" for name in PROMPT_WORDS}
        if folder is not None:
            files |= _own_files(Path(folder))
        texts = {name: _text(path) for name, path in files.items()}
        for name, text in texts.items():
            _check_words(files[name], text, name)
        return cls(texts)

    @property
    def sha256(self) -> str:
        """Hash of all texts, 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.texts, sort_keys=True).encode()).hexdigest()

    def fill(self, name: str, **words: str) -> str:
        """Fill a prompt in.

        Parameters
        ----------
        name : str
            Which.
        **words
            What its words stand for.

        Returns
        -------
        str
            The text, without paragraphs that came out empty.
        """
        filled = Template(self.texts[name]).substitute(words)
        return re.sub(r"\n\s*\n", "\n\n", filled).strip()


def _own_files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise ParameterError(f"prompts={str(folder)!r}: expected a folder")
    own = {path.name: path for path in sorted(folder.iterdir()) if not _stands_beside(path.name)}
    names = {f"{name}.md": name for name in PROMPT_WORDS}
    for name, path in own.items():
        if name not in names:
            raise ParameterError(f"{path}: no prompt of that name; expected {', '.join(names)}")
    return {names[name]: path for name, path in own.items()}


def _stands_beside(name: str) -> bool:
    return name.startswith(".") or name.partition(".")[0] == "README"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path}: expected a text file in UTF-8 ({error})") from error


def _check_words(path: Path, text: str, name: str) -> None:
    known, template = PROMPT_WORDS[name], Template(text)
    if not template.is_valid():
        raise ParameterError(f"{path}: a lone $: write $$ for the sign itself")
    for word in template.get_identifiers():
        if word not in known:
            expected = ", ".join(f"${name}" for name in sorted(known)) or "none"
            raise ParameterError(f"{path}: ${word} is not filled in here; expected {expected}")
    for word in sorted(_NEEDED.get(name, ())):
        if word not in template.get_identifiers():
            raise ParameterError(f"{path}: expected ${word} in it, without which a model does not know the game")
    if not text.strip() and name not in _MAY_BE_EMPTY:
        raise ParameterError(f"{path}: it is empty: expected the text of a message")
