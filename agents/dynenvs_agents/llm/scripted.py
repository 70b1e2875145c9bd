"""Models without a model: lines of a script, the replies of an earlier run, or any function.

A function is all that a library of its own needs to join in. Ten lines for litellm, and as many for any other::

    import litellm
    from dynenvs_agents.llm.models import Reply, Usage
    from dynenvs_agents.llm.scripted import CallableModel

    async def ask(request):
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        answer = await litellm.acompletion("claude-sonnet-5", messages, max_tokens=request.max_tokens)
        usage = Usage(prompt_tokens=answer.usage.prompt_tokens, completion_tokens=answer.usage.completion_tokens)
        choice = answer.choices[0]
        return Reply(text=choice.message.content, finish_reason=choice.finish_reason, usage=usage, model=answer.model)

    model = CallableModel(ask, name="litellm/claude-sonnet-5")
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

from dynenvs.core.checks import check_integer, shown
from dynenvs.core.errors import ParameterError
from dynenvs_agents.llm.chat_completions import estimated_usage
from dynenvs_agents.llm.loops import PerLoop
from dynenvs_agents.llm.models import ModelError, Reply, Request

__all__ = ["CallableModel", "ReplayModel", "ScriptedModel"]

Line: TypeAlias = str | Reply | ModelError
Answer: TypeAlias = str | Reply | Awaitable[str | Reply]


class ScriptedModel:
    """A model that says its lines, one a request: for tests, and for talk that must not vary.

    Parameters
    ----------
    lines : sequence of str, Reply or ModelError
        What it answers, in order; an error is raised.
    name : str
        How it is called in records.
    repeat : bool
        Whether it begins anew after the last line; without, further requests are errors of kind ``"exhausted"``.

    Attributes
    ----------
    requests : list of Request
        What it was asked so far.

    Raises
    ------
    ParameterError
        If there is no line.
    """

    def __init__(self, lines: Sequence[Line], *, name: str = "scripted", repeat: bool = False) -> None:
        if not lines:
            raise ParameterError("lines: expected at least one")
        self.lines = tuple(lines)
        self.name = name
        self.repeat = repeat
        self.requests: list[Request] = []

    def digest(self) -> str:
        """Identify its lines."""
        return _digest([line if isinstance(line, str) else repr(line) for line in self.lines] + [str(self.repeat)])

    async def acomplete(self, request: Request) -> Reply:
        """Say the next line.

        Raises
        ------
        ModelError
            If the line is an error, or there is none left.
        """
        number = len(self.requests)
        self.requests.append(request)
        if number >= len(self.lines) and not self.repeat:
            raise ModelError("exhausted", self.name, f"all of its {len(self.lines)} lines are said")
        line = self.lines[number % len(self.lines)]
        if isinstance(line, ModelError):
            raise line
        return _reply(line, request, self.name)


class ReplayModel:
    """A model that answers each request as an earlier run was answered, whatever the order.

    Parameters
    ----------
    recorded : iterable of (Request or str, Reply)
        What was asked, or its digest, and what was answered. The same request may stand there several times: the
        answers are given in that order.
    name : str
        How it is called in records.
    """

    def __init__(self, recorded: Iterable[tuple[Request | str, Reply]], *, name: str = "replay") -> None:
        self.name = name
        self._replies: defaultdict[str, deque[Reply]] = defaultdict(deque)
        for asked, reply in recorded:
            self._replies[asked if isinstance(asked, str) else asked.digest()].append(reply)
        self._digest = _digest(
            [asked + json.dumps(reply.to_dict()) for asked, replies in self._replies.items() for reply in replies]
        )

    def digest(self) -> str:
        """Identify what was recorded."""
        return self._digest

    async def acomplete(self, request: Request) -> Reply:
        """Answer as was answered then.

        Raises
        ------
        ModelError
            If this was never asked, or less often.
        """
        replies = self._replies.get(request.digest())
        if replies is None:
            raise ModelError("exhausted", self.name, f"never asked: request {request.digest()[:16]}")
        if not replies:
            raise ModelError("exhausted", self.name, f"asked less often: request {request.digest()[:16]}")
        return replies.popleft()


class CallableModel:
    """Any function as a model: a rule, a person, another library.

    Parameters
    ----------
    function : callable
        Takes a `Request` and returns the text or a `Reply`; it may be a coroutine function. An ordinary one runs in a
        thread, and several at once. What is no fault of the game it raises as a `ModelError`; other errors go through.
    name : str
        How it is called in records; it stands for what the function does, which nobody can digest.
    concurrency : int
        At most so many calls are under way at once, >= 1.
    """

    def __init__(self, function: Callable[[Request], Answer], *, name: str, concurrency: int = 8) -> None:
        check_integer("concurrency", concurrency, 1)
        self.function = function
        self.name = name
        self.concurrency = concurrency
        self._free = PerLoop(self._places)

    def digest(self) -> str:
        """Identify it by its name."""
        return _digest([self.name])

    async def acomplete(self, request: Request) -> Reply:
        """Call the function.

        Raises
        ------
        ModelError
            If it does.
        ParameterError
            If it returns neither a text nor a `Reply`.
        """
        async with self._free.here():
            start = time.perf_counter()
            answer = await self._call(request)
        return replace(_reply(answer, request, self.name), wall_time=time.perf_counter() - start)

    async def _call(self, request: Request) -> str | Reply:
        if inspect.iscoroutinefunction(self.function):
            called: str | Reply = await self.function(request)
            return called
        answer = await asyncio.to_thread(self.function, request)
        return await answer if inspect.isawaitable(answer) else answer

    def _places(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(self.concurrency)


def _reply(answer: str | Reply, request: Request, name: str) -> Reply:
    if isinstance(answer, Reply):
        return answer
    if not isinstance(answer, str):
        raise ParameterError(f"the function of model {name!r} returned {shown(answer)}: expected a text, or a Reply")
    return Reply(text=answer, finish_reason="stop", usage=estimated_usage(request, answer), model=name)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()[:16]
