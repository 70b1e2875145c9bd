"""Any server that speaks chat completions: hosted providers, vLLM, SGLang, llama.cpp, Ollama (extra ``llm``).

What goes wrong on the way is tried again and is no step of a game; what the server refuses for good is an error that
names the host and the status. The key comes from the environment, and nothing shows it (`dynenvs_agents.llm.servers`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dynenvs.core.checks import check_integer
from dynenvs_agents.llm.chat_completions import read_completion
from dynenvs_agents.llm.dialects import Dialect
from dynenvs_agents.llm.loops import PerLoop
from dynenvs_agents.llm.models import ModelError, Reply, Request, Structured
from dynenvs_agents.llm.retries import Failure, failure, pause
from dynenvs_agents.llm.servers import OPENAI, Server

__all__ = ["OpenAICompatModel"]

logger = logging.getLogger(__name__)


class OpenAICompatModel:
    """A model behind a server that speaks chat completions.

    Parameters
    ----------
    name : str
        The server's name for the model.
    base_url : str, optional
        Where, e.g. ``"http://127.0.0.1:8000/v1"``; None is OpenAI, whatever OPENAI_BASE_URL says: a policy's string
        alone decides who is asked.
    api_key_env : str, optional
        The environment variable that holds the key. By default OPENAI_API_KEY, which goes to OpenAI and nowhere else:
        every other host gets a key only if its variable is named here.
    concurrency : int
        At most so many requests are under way at once, >= 1.
    timeout : float
        Seconds for one attempt, in (0, 86400].
    retries : int
        Further attempts, >= 0, after timeouts, broken connections, what is no chat completion, and statuses 408, 409,
        425, 429 and 5xx. Waits grow from half a second to half a minute; where the server asks for a wait, it gets it.
    extra_body : mapping, optional
        Further fields of every request, as JSON, e.g. ``{"chat_template_kwargs": {"enable_thinking": False}}``.

    Raises
    ------
    ParameterError
        On a value out of range, or a `base_url` that is none or holds a password.
    MissingExtra
        If the openai package is not installed.

    Examples
    --------
    >>> model = OpenAICompatModel("smollm2", "http://127.0.0.1:8000/v1", concurrency=64)
    >>> model
    OpenAICompatModel('smollm2', base_url='http://127.0.0.1:8000/v1', api_key_env=None)
    """

    def __init__(
        self,
        name: str,
        base_url: str | None = None,
        *,
        api_key_env: str | None = None,
        concurrency: int = 8,
        timeout: float = 60.0,
        retries: int = 5,
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        check_integer("concurrency", concurrency, 1)
        check_integer("retries", retries, 0)
        self.name = name
        self.server = Server(base_url or OPENAI, api_key_env, timeout)
        self.concurrency = concurrency
        self.retries = retries
        self.extra_body = dict(extra_body or {})
        self._dialect = Dialect()
        self._proven: set[Structured] = set()
        self._free = PerLoop(self._places)

    def __repr__(self) -> str:
        at = f"base_url={self.server.base_url!r}, api_key_env={self.server.api_key_env!r}"
        return f"{type(self).__name__}({self.name!r}, {at})"

    @property
    def host(self) -> str:
        """Host and port of the server, for errors and transcripts."""
        return self.server.host

    def digest(self) -> str:
        """Identify what answers: server, model and the fields sent along. What the server runs cannot be known."""
        what = json.dumps([self.server.base_url, self.name, self.extra_body], sort_keys=True)
        return hashlib.sha256(what.encode()).hexdigest()[:16]

    async def acomplete(self, request: Request) -> Reply:
        """Answer a request.

        Raises
        ------
        ModelError
            If there is no reply, after all retries.
        ParameterError
            If a key is to be sent, and the environment has none, or no possible one.
        """
        async with self._free.here():
            start = time.perf_counter()
            reply = await self._ask(request)
        return replace(reply, wall_time=time.perf_counter() - start)

    async def aclose(self) -> None:
        """Close the connections of the running loop; the next request opens new ones."""
        await self.server.aclose()

    def _places(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(self.concurrency)

    async def _ask(self, request: Request) -> Reply:
        """Ask in the dialect last understood, then in simpler ones, and remember what was understood."""
        attempts, dialect = 0, self._dialect
        while True:
            try:
                reply = await self._persist(request, dialect)
            except ModelError as failed:
                error = failed
            else:
                self._remember(dialect, reply)
                return replace(reply, attempts=attempts + reply.attempts)
            attempts += error.attempts
            simpler = dialect.after(error, structured=request.schema is not None, proven=dialect.form in self._proven)
            if simpler is None:
                error.attempts = attempts
                raise error
            dialect = simpler

    def _remember(self, dialect: Dialect, reply: Reply) -> None:
        self._proven.add(reply.structured)
        learned = self._dialect.joined(dialect)
        if learned != self._dialect:
            logger.info("%s, %s: asked from now on as %s", self.server.host, self.name, learned)
            self._dialect = learned

    async def _persist(self, request: Request, dialect: Dialect) -> Reply:
        """Try until there is a reply, the attempts are used up, or the trouble is one that will not pass."""
        number = 0
        while True:
            number += 1
            try:
                return replace(await self._attempt(request, dialect), attempts=number)
            except Failure as failed:
                error, again = failed.error, failed.again
            if again is False or number > self.retries:
                error.attempts = number
                raise error
            wait = pause(number) if again is True else again
            logger.info("%s; again in %.1f s, attempt %d of %d", error, wait, number + 1, self.retries + 1)
            await asyncio.sleep(wait)

    async def _attempt(self, request: Request, dialect: Dialect) -> Reply:
        try:
            body = await self.server.post(dialect.body(self.name, request) | self.extra_body)
            return read_completion(body, request, dialect.form, self.server.host)
        except ModelError as malformed:
            raised = failure(malformed)
        except Failure as failed:
            raised = Failure(failed.error, again=False) if dialect.refuses_form(failed.error) else failed
        raise raised
