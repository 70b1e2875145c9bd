"""A model in this process: a file of weights, run by llama.cpp on the processor (`make llm` installs both).

The decoding is held to the schema by a grammar, so that even a very small model says nothing but JSON that fits it. A
grammar knows keys, types and lists of options, but no bounds of numbers: the parser of the world has the last word.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import importlib.util
import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.checks import check_integer
from dynenvs.core.errors import MissingExtra
from dynenvs_agents.llm.chat_completions import read_completion, request_body
from dynenvs_agents.llm.models import ModelError, Reply, Request, Token
from dynenvs_agents.llm.retries import is_about_context
from dynenvs_agents.llm.weights import PACKAGED_WEIGHTS, weights_file

if TYPE_CHECKING:
    from llama_cpp import Llama

__all__ = ["LlamaCppModel"]

CONTEXT_UNIT = 256  # llama.cpp rounds up to it, but llama-cpp-python counts on what it was told

ALL_TOKENS = {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "repeat_penalty": 1.0}
"""Sampling from the whole distribution: the temperature alone shapes it, as servers have it by default."""


class LlamaCppModel:
    """A model run by llama.cpp in this process, one request at a time.

    The same request has the same reply, whatever was asked before: nothing is kept from call to call.

    Parameters
    ----------
    weights : str or Path
        A file in the GGUF format with a chat template, or ``"smollm2"``, which `make llm` installs.
    n_ctx : int
        Tokens that prompt and reply may have together, >= 1; rounded up to a multiple of 256. Memory grows with it.
    n_threads : int
        Threads of the computation, >= 1. One is best where other work shares the processor.

    Raises
    ------
    ParameterError
        On a value out of range, or if there is no such file.
    MissingExtra
        If llama-cpp-python, or the package of the weights, is not installed.
    """

    def __init__(self, weights: str | Path = "smollm2", *, n_ctx: int = 4096, n_threads: int = 1) -> None:
        check_integer("n_ctx", n_ctx, 1)
        check_integer("n_threads", n_threads, 1)
        self.path = weights_file(str(weights))
        self.name = str(weights) if str(weights) in PACKAGED_WEIGHTS else self.path.stem
        self.n_ctx = math.ceil(n_ctx / CONTEXT_UNIT) * CONTEXT_UNIT
        self.n_threads = n_threads
        self._lock = threading.Lock()
        if importlib.util.find_spec("llama_cpp") is None:
            raise MissingExtra("a model in this process needs llama-cpp-python: make llm")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, n_ctx={self.n_ctx}, n_threads={self.n_threads})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy what was given; a copy loads the weights anew."""
        weights = self.name if self.name in PACKAGED_WEIGHTS else self.path
        return functools.partial(type(self), n_ctx=self.n_ctx, n_threads=self.n_threads), (weights,)

    def digest(self) -> str:
        """Identify weights, context and the release of llama.cpp."""
        what = json.dumps([self._weights_digest, self.n_ctx, version("llama-cpp-python")])
        return hashlib.sha256(what.encode()).hexdigest()[:16]

    async def acomplete(self, request: Request) -> Reply:
        """Answer a request.

        Raises
        ------
        ModelError
            If prompt and reply do not fit into the context, or the engine fails.
        """
        return await asyncio.to_thread(self._complete, request)

    @functools.cached_property
    def _weights_digest(self) -> str:
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @functools.cached_property
    def _engine(self) -> Llama:
        from llama_cpp import Llama

        threads = {"n_threads": self.n_threads, "n_threads_batch": self.n_threads}
        return Llama(str(self.path), n_ctx=self.n_ctx, verbose=False, **threads)

    def _complete(self, request: Request) -> Reply:
        with self._lock:
            start = time.perf_counter()
            self._engine.reset()  # a prompt read in parts differs from one read whole in the last digits
            with _watching(self._engine, request.logprobs) as (options, tokens):
                body = self._create(request, options)
        reply = read_completion(body, request, "json_schema", self.name)
        written = tuple(tokens[: reply.usage.completion_tokens])  # without the one that ends the reply
        return replace(reply, model=self.name, tokens=written, wall_time=time.perf_counter() - start)

    def _create(self, request: Request, options: dict[str, Any]) -> Any:
        asked = request_body(
            self.name, request, "json_object"
        )  # with the schema beside it, from which comes the grammar
        given = {field: value for field, value in asked.items() if "logprobs" not in field}
        try:
            return self._engine.create_chat_completion(**given, **ALL_TOKENS, **options)
        except (ValueError, RuntimeError) as failed:
            error = self._error(" ".join(str(failed).split()))
        raise error

    def _error(self, said: str) -> ModelError:
        if not is_about_context(said):
            return ModelError("status", self.name, said)
        cure = f"a setting: raise n_ctx={self.n_ctx}, or send fewer turns with memory=window:K"
        return ModelError("context", self.name, f"{said} ({cure})")


@contextmanager
def _watching(engine: Llama, top: int) -> Iterator[tuple[dict[str, Any], list[Token]]]:
    """Note every token that the engine samples, with the probabilities that the model gave before any grammar.

    The engine's own way would keep those of the prompt too, in memory as large as context times vocabulary.

    Yields
    ------
    options, tokens
        To be given to the engine, and to be read afterwards; both are empty if `top` is 0.
    """
    tokens: list[Token] = []
    if top == 0:
        yield {}, tokens
        return
    seen = np.empty(0, np.float32)
    sample = engine.sample

    def look(ids: NDArray[np.intc], logits: NDArray[np.float32]) -> NDArray[np.float32]:
        nonlocal seen
        seen = logits.copy()
        return logits

    def sample_and_note(*args: Any, **options: Any) -> int:
        token = sample(*args, **options)
        tokens.append(_token(engine, token, seen, top))
        return token

    engine.sample = sample_and_note
    try:
        yield {"logits_processor": [look]}, tokens
    finally:
        engine.sample = sample


def _token(engine: Llama, token: int, logits: NDArray[np.float32], top: int) -> Token:
    exact = logits.astype(np.float64)
    logprobs = exact - exact.max() - np.log(np.exp(exact - exact.max()).sum())
    likeliest = np.argsort(-logprobs, kind="stable")[:top]
    return Token(
        text=_characters(engine, token),
        logprob=float(logprobs[token]),
        id=token,
        top=tuple((_characters(engine, int(other)), float(logprobs[other])) for other in likeliest),
    )


def _characters(engine: Llama, token: int) -> str:
    return engine.detokenize([token], special=True).decode("utf-8", "replace")
