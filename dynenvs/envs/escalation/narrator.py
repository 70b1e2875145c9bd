"""The narrator of the wargame: what a day looked like from outside, in at most 150 words. It touches no number."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dynenvs.envs.escalation.actions import NAMES, PRIVATE
from dynenvs.envs.escalation.nations import VARIABLES

if TYPE_CHECKING:
    from dynenvs.core.view import GameView

__all__ = ["WORD_LIMIT", "narrate"]

WORD_LIMIT = 150

_LARGEST = 6  # changes that are told
_WORDS_OF_THE_REST = 5  # "And 24 further public actions."


def narrate(view: GameView) -> str:
    """Tell the day that has just been resolved: its public actions, and the largest changes.

    Parameters
    ----------
    view : GameView
        One game of an `Escalation`, after a step.

    Returns
    -------
    str
        At most `WORD_LIMIT` words; empty where the step resolved no day.
    """
    state = view.state
    if state.day == 0 or state.slot > 0:
        return ""
    day, names = int(state.day), view.params.nation_names
    changed = _changed(names, state.values - state.previous, state.previous)
    opening = f"Day {day}."
    budget = WORD_LIMIT - len(f"{opening} {changed}".split())
    return " ".join((opening, _acted(names, state.log[day - 1], budget), changed))


def _acted(names: tuple[str, ...], log: NDArray[np.int8], budget: int) -> str:
    """Tell the public actions, the gravest first, as many as the words allow; the others are counted."""
    done = Counter(
        (action, actor, target) for actor, target, action in log.tolist() if actor >= 0 and not PRIVATE[action]
    )
    told, left = list[str](), sum(done.values())
    for (action, actor, target), times in sorted(done.items(), reverse=True):
        at = "" if actor == target else f" towards {names[target]}"
        often = f" ({times} times)" if times > 1 else ""
        sentence = f"{names[actor]}: {NAMES[action]}{at}{often}."
        budget -= len(sentence.split())
        if budget < _WORDS_OF_THE_REST:
            break
        told.append(sentence)
        left -= times
    if not done:
        return "No public action was seen."
    return " ".join([*told, *([f"And {left} further public actions."] if left else [])])


def _changed(names: tuple[str, ...], changes: NDArray[np.float64], before: NDArray[np.float64]) -> str:
    """Tell the changes that are largest beside what was there."""
    relative = np.abs(changes) / np.maximum(before, 1.0)
    order = np.argsort(-relative, axis=None, kind="stable")[:_LARGEST]
    places = [divmod(int(place), len(VARIABLES)) for place in order if relative.flat[place] > 0.0]
    told = [f"{names[nation]}'s {VARIABLES[column].told} {changes[nation, column]:+.3g}" for nation, column in places]
    return f"The largest changes: {', '.join(told)}." if told else "Nothing changed."
