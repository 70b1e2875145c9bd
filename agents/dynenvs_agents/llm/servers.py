"""One exchange with a server: the only place that has the key, and lets nothing of it out.

The key is read from the environment when a connection is made: OPENAI_API_KEY for OpenAI alone, the variable that the
user names for any other host, and nothing where none is named. It is in no argument and in no copy of an object, and is
taken out of whatever the server says, so that no record, log or error can hold it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dynenvs.core.checks import check_between
from dynenvs.core.errors import ParameterError, require_extra
from dynenvs_agents.llm.keys import censor_logs, check_variable, read_key, told, without_key
from dynenvs_agents.llm.loops import PerLoop
from dynenvs_agents.llm.models import ModelError
from dynenvs_agents.llm.retries import Failure, failure, is_about_context

if TYPE_CHECKING:
    import openai

__all__ = ["OPENAI", "Server"]

OPENAI = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"
NO_KEY = "none"  # what is sent where no key is named: the library sends something, and local servers ask for nothing
PURPOSE = "talking to a model's server"
SHOWN = 300  # characters of what a server explains
LARGEST = 16 * 2**20  # bytes of a response, unpacked: more than any chat completion has
DEEPEST = 100  # nested lists and objects of a response: what is deeper than this, others might not write again


class Server:
    """A server that speaks chat completions.

    Parameters
    ----------
    base_url : str
        Where, e.g. ``"http://127.0.0.1:8000/v1"``.
    api_key_env : str, optional
        The environment variable that holds the key. None: OPENAI_API_KEY for OpenAI, and no key for any other host.
    timeout : float
        Seconds for one exchange, in (0, 86400].

    Attributes
    ----------
    host : str
        Host and port, for errors and records.

    Raises
    ------
    ParameterError
        On a value out of range, a `base_url` that is none or holds a password, or what names no variable.
    MissingExtra
        If the openai package is not installed.
    """

    def __init__(self, base_url: str, api_key_env: str | None, timeout: float) -> None:
        check_between("timeout", timeout, 0, 86_400, unit="seconds", closed="right")
        if api_key_env:
            check_variable("api_key_env", api_key_env)
        self.base_url = base_url
        self.host = _host(base_url)
        self.api_key_env = api_key_env
        self.timeout = timeout
        self._clients = PerLoop(self._connect)
        require_extra("openai", "llm", PURPOSE)

    async def post(self, body: dict[str, Any]) -> Any:
        """Send a request for a chat completion.

        Parameters
        ----------
        body : dict
            As JSON can write it.

        Returns
        -------
        any
            The decoded JSON, without the key.

        Raises
        ------
        Failure
            With the error, and whether it may pass.
        ParameterError
            If a key is to be sent, and the environment has none, or no possible one.
        """
        client = self._clients.here()
        content = await self._exchange(client, body)
        try:
            return _decoded(content, client.api_key)
        except ValueError:
            explained = _explained(content, client.api_key)
        raise failure(ModelError("malformed", self.host, f"no JSON, but {explained}"))

    async def aclose(self) -> None:
        """Close the connections of the running loop; the next request opens new ones."""
        client = self._clients.pop()
        if client is not None:
            await client.close()

    def _connect(self) -> openai.AsyncOpenAI:
        import openai

        key = self._key()
        censor_logs(key)
        transport = openai.DefaultAsyncHttpxClient(event_hooks={"response": [_bound]})
        client = openai.AsyncOpenAI(api_key=key, base_url=self.base_url, max_retries=0, http_client=transport)
        if not self._is_openai:
            client.organization = client.project = None  # the library reads them from the environment, for any host
        return client

    @property
    def _is_openai(self) -> bool:
        """Whether the key of OpenAI may go there: to that host alone, and encrypted."""
        parts = urlsplit(self.base_url)
        return parts.scheme == "https" and parts.hostname == urlsplit(OPENAI).hostname

    def _key(self) -> str:
        variable = self.api_key_env or (OPENAI_KEY if self._is_openai else None)
        if variable is None:
            return NO_KEY
        if key := read_key(variable):
            return key
        cure = "give the base_url of another server" if self._is_openai else "leave api_key_env out, to send none"
        named = variable if told(variable) == repr(variable) else "the variable that api_key_env names"
        raise ParameterError(f"{named} is not set: export it, or {cure}")

    async def _exchange(self, client: openai.AsyncOpenAI, body: dict[str, Any]) -> bytes:
        """Return what the server sends under a status of success.

        Errors are raised outside the handlers: chained to one of ours, one of the library's would show what it holds.
        """
        import openai

        try:
            async with asyncio.timeout(self.timeout):
                return await client.post(
                    "/chat/completions",
                    cast_to=bytes,
                    body=body,
                    options={"follow_redirects": False},  # nobody redirects a chat, and the key is for this host alone
                )
        except openai.APIStatusError as refused:
            response = refused.response
            explained = _explained(response.content, client.api_key)
            raised = self._refused(response.status_code, explained, response.headers, client.api_key == NO_KEY)
        except (TimeoutError, openai.APITimeoutError):
            raised = failure(ModelError("timeout", self.host, f"no whole reply within {self.timeout:g} seconds"))
        except _TooLarge:
            raised = Failure(ModelError("malformed", self.host, f"more than {LARGEST} bytes in one response"), False)
        except openai.APIConnectionError as broken:
            cause = without_key(client.api_key, str(broken.__cause__ or broken)) or type(broken.__cause__).__name__
            raised = failure(ModelError("connection", self.host, cause))
        raise raised

    def _refused(self, status: int, explained: str, headers: Mapping[str, str], keyless: bool) -> Failure:
        if status < 500 and is_about_context(explained):
            cure = "a setting: send fewer turns with memory=window:K, or give the server a larger context"
            return failure(ModelError("context", self.host, f"{explained} ({cure})", status=status))
        said = explained + self._hint(status, keyless)
        return failure(ModelError("status", self.host, said, status=status), headers)

    def _hint(self, status: int, keyless: bool) -> str:
        """Say what the user may have left out, where a status suggests it."""
        if status == 404:
            path = urlsplit(self.base_url).path.rstrip("/")
            missing = "" if re.search(r"/v\d", path) else "; most servers want a base_url that ends in /v1"
            return f" (at {path}/chat/completions{missing})"
        if status in (401, 403) and keyless:
            return " (no key was sent: api_key_env=NAME says which variable holds it)"
        return ""


def _host(base_url: str) -> str:
    expected = "expected http(s)://host[:port]/path, without a user, a password or a query"
    try:
        parts = urlsplit(base_url)
        named = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    except ValueError:
        parts, named = None, None
    if parts is None or named is None or parts.scheme not in ("http", "https"):
        raise ParameterError(f"base_url: {expected}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ParameterError(f"base_url at {named}: {expected}; keys come from the environment")
    return named


def _explained(content: bytes, key: str) -> str:
    """Return what a server says of an error, on one line, under whichever key it says it."""
    try:
        body = _decoded(content, key)
    except ValueError:
        body = content.decode("utf-8", "replace")
    match body:
        case {"error": {"message": said}} | {"error": said} | {"message": said} | {"detail": said}:
            pass
        case said:
            pass
    written = said if isinstance(said, str) else json.dumps(said)
    return " ".join(without_key(key, written).split())[:SHOWN] or "nothing"


def _decoded(content: bytes, key: str) -> Any:
    """Read JSON, without the key in any of its texts.

    Raises
    ------
    ValueError
        If it is none, or nested deeper than a chat completion is.
    """
    try:
        body = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return _censored(body, key, DEEPEST)


def _censored(value: Any, key: str, deepest: int) -> Any:
    if isinstance(value, str):
        return without_key(key, value)
    if not isinstance(value, list | dict):
        return value
    if not deepest:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_censored(part, key, deepest - 1) for part in value]
    return {without_key(key, name): _censored(part, key, deepest - 1) for name, part in value.items()}


class _TooLarge(Exception):
    """A response is larger than `LARGEST`."""


async def _bound(response: Any) -> None:
    """Let a response be read up to `LARGEST` bytes only."""
    parts_of = response.aiter_bytes

    async def bounded(chunk_size: int | None = None) -> AsyncIterator[bytes]:
        size = 0
        async with aclosing(parts_of(chunk_size)) as parts:
            async for part in parts:
                size += len(part)
                if size > LARGEST:
                    raise _TooLarge
                yield part

    response.aiter_bytes = bounded
