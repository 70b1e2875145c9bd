"""Narrators: whoever tells the players from outside what a step brought. Words beside the numbers, as all words are.

A narrator's text is said after the step by nobody (sender -1), to everyone: players in words read it in their next
situation, and transcripts keep it. One string names any: ``none``; ``template``, the family's own words; or that of a
policy that can tell as well, such as ``llm:MODEL``.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from dynenvs.adapters.language import NARRATOR, Language
from dynenvs.core.errors import ParameterError
from dynenvs.core.view import GameView
from dynenvs.core.world import World
from dynenvs.policies import Policy, make_policy

__all__ = ["Narrator", "TellingPolicy", "TemplateNarrator", "make_narrator", "tell", "told", "told_language"]


@runtime_checkable
class Narrator(Protocol):
    """Tells what a step brought.

    Attributes
    ----------
    name : str
        How it is called in records: `make_narrator` makes it again from that.
    """

    name: str

    def tell(self, world: World, game: int) -> str:
        """Put the last step of a game into words; empty for nothing. It may take its time, in any thread.

        Raises
        ------
        Interrupted
            If the episode cannot go on.
        """
        ...


@runtime_checkable
class TellingPolicy(Policy, Protocol):
    """A policy that can tell what happens, too."""

    def narrator(self) -> Narrator:
        """Return it as a narrator, of the same name.

        Raises
        ------
        ParameterError
            If the environment's family tells nothing.
        """
        ...


class TemplateNarrator:
    """Tells a step in the family's own words.

    Parameters
    ----------
    env_id : str
        The environment that is played.

    Raises
    ------
    ParameterError
        If its family tells nothing.
    """

    def __init__(self, env_id: str) -> None:
        self.name = "template"
        self._language = told_language(env_id)

    def tell(self, world: World, game: int) -> str:
        """Put the last step of a game into words."""
        return self._language.narrate(GameView(world, game))


def tell(narrator: Narrator, world: World, game: int) -> None:
    """Let a narrator say what the last step of a game brought."""
    if text := narrator.tell(world, game):
        world.say(game, NARRATOR, text)


def told(world: World, game: int) -> list[str]:
    """Return what a narrator has told of the last step of a game."""
    length = world.buffers.episode_lengths[game]
    return [said.text for said in world.messages(game) if said.sender == NARRATOR and said.step == length]


def told_language(env_id: str) -> Language:
    """Return the words of an environment whose steps can be told.

    Raises
    ------
    ParameterError
        If its family tells nothing.
    """
    language = Language(env_id)
    if not language.has_narrator:
        raise ParameterError(f"{env_id} has no narrator: its room for words has no function narrate")
    return language


def make_narrator(spec: str, env_id: str) -> Narrator | None:
    """Make a narrator from a string.

    Parameters
    ----------
    spec : str
        ``none``, ``template``, or the string of a policy that tells, such as ``llm:MODEL``.
    env_id : str
        The environment that is played.

    Returns
    -------
    Narrator or None
        None for ``none``.

    Raises
    ------
    UnknownPolicy, ParameterError
        If there is none of that name, or the environment's family tells nothing.
    """
    if not isinstance(spec, str):
        raise ParameterError(f"narrator={spec!r}: expected a string, such as 'template'")
    if spec == "none":
        return None
    if spec == "template":
        return TemplateNarrator(env_id)
    policy = make_policy(spec, env_id)
    if not isinstance(policy, TellingPolicy):
        raise ParameterError(
            f"narrator={spec!r}: expected 'none', 'template', or a policy that tells, such as 'llm:MODEL'"
        )
    return policy.narrator()
