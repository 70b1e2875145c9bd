"""Policies of language models from one string: ``llm:MODEL?option=value&option=value``.

MODEL is a server's name for a model, or, for one in this process, ``smollm2`` or the path of a ``.gguf`` file. With
``base_url`` it is always a server's. ``scripted:FILE`` says the lines of a file, over and over. A value may hold any
character, written as in a URL: ``%26`` is ``&``.

| option | for | is |
| --- | --- | --- |
| ``memory repairs max_tokens logprobs prompts trial name`` | how it is asked | as in `LanguagePolicy` |
| ``temperature reflection persona goal history reminder_every messages`` | interventions | as in `Interventions` |
| ``base_url api_key_env concurrency timeout retries extra_body`` | servers | as in `OpenAICompatModel` |
| ``n_ctx n_threads`` | models in this process | as in `LlamaCppModel` |
| ``cache`` | replies | a file; ``off`` keeps none; by default one in the user's cache folder |
| ``prices`` | cost | a ``.json`` or ``.toml`` file, see `Prices` |
| ``budget_usd budget_tokens budget_calls`` | what may be spent | by policies of one string in one run, see `Budget` |
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

import platformdirs

from dynenvs import registration
from dynenvs.core.errors import ParameterError
from dynenvs_agents.llm.budget import Budget
from dynenvs_agents.llm.cache import ReplyCache
from dynenvs_agents.llm.interventions import Interventions
from dynenvs_agents.llm.keys import told
from dynenvs_agents.llm.models import ChatModel
from dynenvs_agents.llm.policy import LanguagePolicy
from dynenvs_agents.llm.prices import Prices
from dynenvs_agents.llm.scripted import ScriptedModel
from dynenvs_agents.llm.servers import OPENAI
from dynenvs_agents.llm.weights import PACKAGED_WEIGHTS

__all__ = ["load_llm"]

Read = Callable[[str], Any]

LONGEST_TOLD, CUT = 29, "…"  # of an option's text, in the name of a policy


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("expected true or false")
    return text == "true"


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ValueError("expected a whole number")
    return int(text)


def _temperature(text: str) -> float | None:
    return None if text == "default" else float(text)


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    return value


MANNER: dict[str, Read] = {"memory": str, "repairs": _count, "max_tokens": _count, "logprobs": _count, "prompts": str}
INTERVENTIONS: dict[str, Read] = {
    "temperature": _temperature,
    "reflection": _flag,
    "persona": str,
    "goal": str,
    "history": _flag,
    "reminder_every": _count,
    "messages": _flag,
}
SERVER: dict[str, Read] = {
    "base_url": str,
    "api_key_env": str,
    "concurrency": _count,
    "timeout": float,
    "retries": _count,
    "extra_body": _object,
}
IN_PROCESS: dict[str, Read] = {"n_ctx": _count, "n_threads": _count}
BUDGET: dict[str, Read] = {"budget_usd": float, "budget_tokens": _count, "budget_calls": _count}
RUN: dict[str, Read] = {"trial": _count, "name": str, "cache": str, "prices": str}
OPTIONS: dict[str, Read] = {**MANNER, **INTERVENTIONS, **SERVER, **IN_PROCESS, **BUDGET, **RUN}

Given: TypeAlias = tuple[tuple[str, str], ...]
"""Options as they were written: names and texts."""


def load_llm(rest: str, env_id: str) -> LanguagePolicy:
    """Make the policy of the string ``llm:rest``.

    Parameters
    ----------
    rest : str
        ``MODEL?option=value&...``, see above.
    env_id : str
        The environment it is to play.

    Returns
    -------
    LanguagePolicy
        Called after the model and what changes how it is asked. Policies of one process share the model and its
        connections; those of the same string that are made before any of them plays, as those of one run are, share the
        budget too.

    Raises
    ------
    ParameterError
        On an option that does not exist or a value out of range.
    CorruptFile
        If the cache or the prices cannot be read.
    MissingExtra
        If what the model needs is not installed.
    """
    name, _, query = rest.partition("?")
    if not name:
        raise ParameterError("policy 'llm:': expected llm:MODEL?option=value&...")
    given = _split(query)
    _refuse_shortened(given)
    _refuse_mistaken(name, given, env_id)
    run = _read(given, RUN)
    model = _model(name, _pick(given, SERVER), _pick(given, IN_PROCESS))
    budget = _budget(name, given)
    price = Prices.read(run["prices"]).of(name) if "prices" in run else None
    if budget is not None and budget.max_usd is not None and price is None:
        raise ParameterError("budget_usd needs prices=FILE, to know what a call costs")
    return LanguagePolicy(
        model,
        env_id,
        name=run.get("name", _called(name, given)),
        interventions=Interventions(**_read(given, INTERVENTIONS)),
        trial=run.get("trial", 0),
        cache=_cache(run.get("cache", str(Path(platformdirs.user_cache_dir("dynenvs")) / "replies.sqlite"))),
        price=price,
        budget=budget,
        concurrency=2 * getattr(model, "concurrency", 1),
        **_read(given, MANNER),
    )


def _refuse_mistaken(name: str, given: Given, env_id: str) -> None:
    """Refuse what is hardly meant for a model of OpenAI's: a slip of the pen, or a policy of the environment."""
    if "base_url" in dict(given) or name in PACKAGED_WEIGHTS or ":" in name:
        return
    cure = f"to ask OpenAI for {name!r} all the same, add base_url={OPENAI}"
    if name in registration.world_type(env_id).background_policies():
        raise ParameterError(f"llm:{name}: {name} is a policy of the environment, no language model; {cure}")
    if nearest := difflib.get_close_matches(name, PACKAGED_WEIGHTS, n=1, cutoff=0.75):
        raise ParameterError(f"llm:{name}: did you mean llm:{nearest[0]}? {cure}")


def _split(query: str) -> Given:
    """Split ``key=value&key=value``."""
    given: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        name, equals, text = pair.partition("=")
        if name not in OPTIONS:
            nearest = difflib.get_close_matches(name, OPTIONS, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"known: {', '.join(OPTIONS)}"
            raise ParameterError(f"llm: has no option {told(name)}; {hint}")
        if not equals or name in given:
            raise ParameterError(f"option {name!r} of llm: expected option=value, each once")
        given[name] = unquote(text)
    return tuple(given.items())


def _pick(given: Given, known: dict[str, Read]) -> Given:
    return tuple((name, text) for name, text in given if name in known)


def _read(given: Given, known: dict[str, Read]) -> dict[str, Any]:
    """Read the values of those options that are known here."""
    values = {}
    for name, text in _pick(given, known):
        try:
            values[name] = known[name](text)
        except ValueError as error:
            complaint = str(error).replace(repr(text), told(text))
            raise ParameterError(f"{name}={told(text)}: {complaint}") from None  # the cause shows the text
    return values


def _called(model: str, given: Given) -> str:
    """Name a policy after what decides how it plays, and not after where it runs; trial 0 is not told."""
    told = MANNER | INTERVENTIONS | ({"trial": _count} if _read(given, RUN).get("trial") else {})
    telling = "&".join(f"{name}={_short(text)}" for name, text in _pick(given, told))
    return f"llm:{model}?{telling}" if telling else f"llm:{model}"


def _short(text: str) -> str:
    """Shorten what would fill a table, such as a persona, to its beginning and a hash that tells it from others."""
    if len(text) <= LONGEST_TOLD:
        return text
    return f"{text[: LONGEST_TOLD - 5]}{CUT}{hashlib.sha256(text.encode()).hexdigest()[:4]}"


def _refuse_shortened(given: Given) -> None:
    """Refuse a name of a policy in place of its string: what it once stood for is not in it."""
    for name, text in given:
        if len(text) == LONGEST_TOLD and text[-5] == CUT:
            raise ParameterError(f"{name}={text!r}: that is short for a longer text, as names have it: give the whole")


# What policies share.


@functools.lru_cache(maxsize=32)
def _model(name: str, server: Given, in_process: Given) -> ChatModel:
    if "base_url" not in dict(server) and (name == "smollm2" or name.endswith(".gguf")):
        if server:
            raise ParameterError(f"{server[0][0]} is an option of servers, but {name} runs in this process")
        from dynenvs_agents.llm.llama_cpp import LlamaCppModel

        return LlamaCppModel(name, **_read(in_process, IN_PROCESS))
    if name.startswith("scripted:"):
        return _scripted(Path(name.removeprefix("scripted:")))
    if in_process:
        raise ParameterError(f"{in_process[0][0]} is an option of models in this process, but {name} is a server's")
    from dynenvs_agents.llm.openai_compat import OpenAICompatModel

    return OpenAICompatModel(name, **_read(server, SERVER))


def _scripted(path: Path) -> ScriptedModel:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(f"llm:scripted:{path}: expected a text file of replies, one a line ({error})") from error
    return ScriptedModel(lines, name=f"scripted:{path.name}", repeat=True)


_budgets: dict[tuple[str, Given], Budget] = {}


def _budget(name: str, given: Given) -> Budget | None:
    """Return the budget of the policies of a string that are made for one run.

    A run makes all its policies before it asks any: one whose spending has begun is of an earlier run.
    """
    limits = {f"max_{option.removeprefix('budget_')}": limit for option, limit in _read(given, BUDGET).items()}
    if not limits:
        return None
    budget = _budgets.get((name, given))
    if budget is None or budget.begun:
        budget = _budgets[name, given] = Budget(**limits)
    return budget


@functools.lru_cache(maxsize=32)
def _cache(place: str) -> ReplyCache | None:
    return None if place == "off" else ReplyCache(place)
