"""What a language model is here: a request, a reply, and one method between them.

Everything that asks a model (policies, commands, transcripts) knows only `ChatModel`; everything that is one (a hosted
provider, a local server, a file of weights, a list of lines) has that one method. Neither knows the other.

A model is asked asynchronously, so that many games wait at once; `complete` and `run` are the doors from ordinary code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, get_args, runtime_checkable

from dynenvs.core.checks import check_between, check_integer, check_one_of, shown
from dynenvs.core.errors import Interrupted
from dynenvs_agents.llm.loops import run

__all__ = [
    "MOST_TOKENS",
    "ChatMessage",
    "ChatModel",
    "ErrorKind",
    "ModelError",
    "Reply",
    "Request",
    "Role",
    "Structured",
    "Token",
    "Usage",
    "check_types",
    "complete",
    "run",
]

MOST_TOKENS = 10**9
"""Tokens that one reply may say it cost: far above any context, and sums of them are exact."""

Role: TypeAlias = Literal["system", "user", "assistant"]

Structured: TypeAlias = Literal["json_schema", "json_object", "tool", "text"]
"""How the form of the answer was asked for.

``json_schema``: the decoding is held to the schema. ``json_object``: to JSON, with the schema beside it. ``tool``: a
call of one function whose arguments are the answer. ``text``: by the prompt alone.
"""

ErrorKind: TypeAlias = Literal["connection", "timeout", "status", "malformed", "context", "exhausted"]
"""Why no reply came.

``connection``: no connection, or it broke. ``timeout``: nothing whole in time. ``status``: the server refused.
``malformed``: what came was no chat completion. ``context``: the conversation is longer than the model's context, a
setting. ``exhausted``: a scripted or replayed model has no such reply.
"""


class ModelError(Interrupted):
    """A model gave no reply: an event of the infrastructure, not of the game. It never holds a key.

    Parameters
    ----------
    kind : ErrorKind
        What went wrong.
    host : str
        Where, e.g. ``"127.0.0.1:8000"``; for a model in this process, its name.
    detail : str
        What the server said, on one line.
    status : int, optional
        The HTTP status, if there was one.
    attempts : int
        How often it was tried.
    """

    def __init__(
        self, kind: ErrorKind, host: str, detail: str, *, status: int | None = None, attempts: int = 1
    ) -> None:
        super().__init__(kind, host, detail)
        self.kind, self.host, self.detail = kind, host, detail
        self.status, self.attempts = status, attempts

    def __str__(self) -> str:
        status = "" if self.status is None else f" {self.status}"
        tried = f" ({self.attempts} attempts)" if self.attempts > 1 else ""
        return f"{self.host}: {self.kind}{status}{tried}: {self.detail}"


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """One message of a conversation.

    Attributes
    ----------
    role : {"system", "user", "assistant"}
        Who speaks.
    content : str
        What is said.
    """

    role: Role
    content: str

    def __post_init__(self) -> None:
        check_one_of("role", self.role, get_args(Role))


@dataclass(frozen=True, kw_only=True)
class Request:
    """All that a model is sent.

    Attributes
    ----------
    messages : tuple of ChatMessage
        The conversation, oldest first.
    schema : dict, optional
        JSON Schema that the answer must fit; None asks for free text.
    temperature : float, optional
        >= 0; 0 takes the likeliest token each time, None leaves it to the model's own default (some accept no other).
    max_tokens : int
        At most so many tokens are written, thinking included; >= 1.
    seed : int, optional
        Seed of the sampling, >= 0, where the model has one.
    logprobs : int
        0: no log-probabilities. k: those of the tokens written, and of the k likeliest at each place.
    """

    messages: tuple[ChatMessage, ...]
    schema: dict[str, Any] | None = None
    temperature: float | None = 0.0
    max_tokens: int = 512
    seed: int | None = None
    logprobs: int = 0

    def __post_init__(self) -> None:
        if self.temperature is not None:
            check_between("temperature", self.temperature, 0, 10)
        check_integer("max_tokens", self.max_tokens, 1)
        if self.seed is not None:
            check_integer("seed", self.seed, 0)
        check_integer("logprobs", self.logprobs, 0, 20)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can write it; the schema is not copied."""
        messages = [{"role": message.role, "content": message.content} for message in self.messages]
        return {**vars(self), "messages": messages}

    def digest(self) -> str:
        """Identify what is asked: SHA-256, 64 hexadecimal digits, the same in every process."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a reply cost, in tokens.

    Attributes
    ----------
    prompt_tokens, completion_tokens : int
        Read and written, each in [0, 1e9]; the second counts thinking too.
    estimated : bool
        Whether the server did not say, and they are guessed from the number of characters.
    """

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False

    def __post_init__(self) -> None:
        check_integer("prompt_tokens", self.prompt_tokens, 0, MOST_TOKENS)
        check_integer("completion_tokens", self.completion_tokens, 0, MOST_TOKENS)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token that the model wrote.

    Attributes
    ----------
    text : str
        Its characters; a part of one is shown as the server shows it.
    logprob : float
        Natural logarithm of its probability, <= 0.
    id : int, optional
        Its number in the model's vocabulary, where the server says it.
    top : tuple of (str, float)
        The likeliest tokens at this place with their log-probabilities.
    """

    text: str
    logprob: float
    id: int | None = None
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a model answered, as it came: nothing of it is interpreted yet.

    Attributes
    ----------
    text : str or None
        The answer without the thinking; None where there was none.
    finish_reason : str
        Why the model stopped: ``"stop"``, ``"length"`` (the tokens ran out), ``"tool_calls"``, ``"content_filter"``,
        ``"refusal"``, or the server's own word.
    usage : Usage
        What it cost.
    model : str
        What the server says it is.
    reasoning : str or None
        The thinking, where the server shows it.
    tool_calls : tuple of str
        Arguments of the functions called, JSON as the model wrote it.
    tokens : tuple of Token
        What was written, token by token, if it was asked for and given.
    structured : Structured
        How the form of the answer was asked for in the end.
    attempts : int
        Calls of the server that it took, at least 1.
    wall_time : float
        Seconds that it took, all attempts and waits included.
    """

    text: str | None
    finish_reason: str
    usage: Usage
    model: str
    reasoning: str | None = None
    tool_calls: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()
    structured: Structured = "text"
    attempts: int = 1
    wall_time: float = field(default=0.0, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can write it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Reply:
        """Read what `to_dict` gave, also after a way through JSON.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else.
        """
        check_types("reply", written, _REPLY)
        check_types("usage", written["usage"], {"estimated": bool})
        check_one_of("structured", written["structured"], get_args(Structured))
        if not all(isinstance(arguments, str) for arguments in written["tool_calls"]):
            raise TypeError("tool_calls: expected texts")
        parts = {
            "usage": Usage(**written["usage"]),
            "tool_calls": tuple(written["tool_calls"]),
            "tokens": tuple(map(_token, written["tokens"])),
        }
        return cls(**{**written, **parts})


_REPLY: dict[str, Any] = {
    "text": str | None,
    "finish_reason": str,
    "usage": dict,
    "model": str,
    "reasoning": str | None,
    "tool_calls": list | tuple,
    "tokens": list | tuple,
    "structured": str,
    "attempts": int,
    "wall_time": int | float,
}
_TOKEN: dict[str, Any] = {"text": str, "logprob": int | float, "id": int | None, "top": list | tuple}


def _token(written: Mapping[str, Any]) -> Token:
    check_types("token", written, _TOKEN)
    top = tuple((text, logprob) for text, logprob in written["top"])
    if not all(isinstance(text, str) and isinstance(logprob, int | float) for text, logprob in top):
        raise TypeError("top: expected pairs of a text and a number")
    return Token(**{**written, "top": top})


def check_types(what: str, written: Mapping[str, Any], types: dict[str, Any]) -> None:
    """Check that what was read from a file has fields of these types.

    Raises
    ------
    KeyError, TypeError
        If one is not there, or of another type.
    """
    for name, kind in types.items():
        if not isinstance(written[name], kind):
            raise TypeError(f"{what}: {name}={shown(written[name])}")


@runtime_checkable
class ChatModel(Protocol):
    """A language model, wherever it runs.

    Attributes
    ----------
    name : str
        How it is called in records and tables.

    A model behind a server may also have ``host``, which transcripts then name.
    """

    name: str

    def digest(self) -> str:
        """Identify what answers (server, model, weights, options): 16 hexadecimal digits, the same in every process."""
        ...

    async def acomplete(self, request: Request) -> Reply:
        """Answer a request. Any number may wait at once: the model bounds what it does in parallel.

        Raises
        ------
        ModelError
            If there is no reply, after all retries.
        """
        ...


def complete(model: ChatModel, request: Request) -> Reply:
    """Ask a model and wait for its reply.

    Raises
    ------
    ModelError
        If there is no reply, after all retries.
    """
    return run(model.acomplete(request))
