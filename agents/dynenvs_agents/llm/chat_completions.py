"""The chat-completions format, as most servers speak it: what is sent, and what is read.

Written for what servers really send. What matters (a choice with a message) must be there; what is extra (usage,
thinking, log-probabilities) is read where it has a known form, under any of its usual names, and is absent otherwise.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from dynenvs_agents.llm.models import MOST_TOKENS, ModelError, Reply, Request, Structured, Token, Usage

__all__ = ["estimated_usage", "read_completion", "request_body"]

FUNCTION = "reply"  # what the schema, or the one function, is called where it needs a name
CHARACTERS_PER_TOKEN = 4  # for an estimate: English text in the vocabularies of today

FINISH_REASONS = {
    "end_turn": "stop",
    "eos": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_length": "length",
    "function_call": "tool_calls",
    "tool_use": "tool_calls",
}
"""Other words of servers for ``stop``, ``length`` and ``tool_calls``."""

_OPENED = re.compile(r"<think(?:ing)?>")
_CLOSED = re.compile(r"</think(?:ing)?>")


def request_body(model: str, request: Request, structured: Structured) -> dict[str, Any]:
    """Write a request.

    Parameters
    ----------
    model : str
        The server's name for the model.
    request : Request
        What is asked.
    structured : Structured
        How the form of the answer is asked for; nothing is, if the request has no schema.

    Returns
    -------
    dict
        The body, as JSON can write it.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "max_tokens": request.max_tokens,
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.seed is not None:
        body["seed"] = request.seed
    if request.logprobs:
        body |= {"logprobs": True, "top_logprobs": request.logprobs}
    return body | (_form(request.schema, structured) if request.schema is not None else {})


def _form(schema: dict[str, Any], structured: Structured) -> dict[str, Any]:
    if structured == "json_schema":
        named = {"name": FUNCTION, "schema": schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": named}}
    if structured == "json_object":
        return {"response_format": {"type": "json_object", "schema": schema}}  # llama.cpp's server holds to the schema
    if structured == "tool":
        function = {"name": FUNCTION, "description": "Give your reply.", "parameters": schema}
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": FUNCTION}},
        }
    return {}


def read_completion(body: Any, request: Request, structured: Structured, host: str) -> Reply:
    """Read what a server answered.

    Parameters
    ----------
    body : any
        The decoded JSON.
    request : Request
        What was asked: without usage, tokens are estimated from it.
    structured : Structured
        How the form of the answer was asked for.
    host : str
        Who answered, for errors.

    Returns
    -------
    Reply
        With one attempt and no wall time.

    Raises
    ------
    ModelError
        If it is no chat completion.
    """
    choice = _first_choice(body, host)
    message = choice["message"]
    reasoning, text = _split_thinking(message)
    refusal = _text(message.get("refusal"))
    tool_calls = _tool_calls(message)
    return Reply(
        text=text or refusal,
        finish_reason="refusal" if refusal and not text else _finish_reason(choice),
        usage=_usage(body, request, "".join((reasoning or "", text or "", *tool_calls))),
        model=_text(body.get("model")) or "",
        reasoning=reasoning,
        tool_calls=tool_calls,
        tokens=_tokens(choice),
        structured=structured if request.schema is not None else "text",
    )


def estimated_usage(request: Request, written: str) -> Usage:
    """Guess what a reply cost from the number of characters.

    Parameters
    ----------
    request : Request
        What was read.
    written : str
        What was written, thinking included.

    Returns
    -------
    Usage
        Marked as estimated.
    """
    read = sum(len(message.content) for message in request.messages)
    tokens = [math.ceil(characters / CHARACTERS_PER_TOKEN) for characters in (read, len(written))]
    return Usage(prompt_tokens=tokens[0], completion_tokens=tokens[1], estimated=True)


def _first_choice(body: Any, host: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ModelError("malformed", host, f"expected a JSON object, got {_shown(body)}")
    match body.get("choices"):
        case [{"message": dict()} as choice, *_]:
            return choice
        case []:
            raise ModelError("malformed", host, "the list of choices is empty")
    raise ModelError("malformed", host, f"no choice with a message, but {_shown(body)}")


def _shown(body: Any) -> str:
    """Show what came instead; some servers explain errors under status 200."""
    return json.dumps(body)[:200]


def _text(value: Any) -> str | None:
    """Return a text that says something."""
    return _writable(value) if isinstance(value, str) and value.strip() else None


def _writable(text: str) -> str:
    """Replace what UTF-8 cannot write, half of a surrogate pair, by "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")


# Thinking stands under a key of its own (reasoning_content: DeepSeek, vLLM, SGLang, llama.cpp; reasoning: OpenRouter,
# Ollama), between tags in the text, or in parts of the text (Mistral).


def _split_thinking(message: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return thinking and answer."""
    if isinstance(message.get("content"), list):
        return _split_parts(message["content"])
    reasoning = _text(message.get("reasoning_content")) or _text(message.get("reasoning"))
    text = _text(message.get("content"))
    if text is None or reasoning is not None:
        return reasoning, text
    told = text.lstrip()
    opened = _OPENED.match(told)
    thought = told[opened.end() :] if opened else told
    if closed := _CLOSED.search(thought):  # the opening tag may stand in the prompt
        return _text(thought[: closed.start()]), _text(thought[closed.end() :])
    return (_text(thought), None) if opened else (None, text)


def _split_parts(parts: list[Any]) -> tuple[str | None, str | None]:
    said, thought = [], []
    for part in parts:
        match part:
            case {"type": "thinking", "thinking": list(pieces)}:
                thought += [piece["text"] for piece in pieces if isinstance(piece, dict) and _text(piece.get("text"))]
            case {"text": str(text)}:
                said.append(text)
    return _text("".join(thought)), _text("".join(said))


# The rest of a choice.


def _tool_calls(message: dict[str, Any]) -> tuple[str, ...]:
    """Return the arguments of the calls, as text; some servers decode them, one way or the other is kept."""
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    given = [function.get("arguments") for function in functions if isinstance(function, dict)]
    written = [arguments if isinstance(arguments, str) else json.dumps(arguments) for arguments in given]
    return tuple(_text(arguments) or "" for arguments in written)


def _finish_reason(choice: dict[str, Any]) -> str:
    reason = (_text(choice.get("finish_reason")) or "unknown").lower()
    return FINISH_REASONS.get(reason, reason)


def _usage(body: dict[str, Any], request: Request, written: str) -> Usage:
    match body.get("usage"):
        case {"prompt_tokens": prompt, "completion_tokens": completion} if _is_count(prompt) and _is_count(completion):
            return Usage(prompt_tokens=prompt, completion_tokens=completion)
    return estimated_usage(request, written)


# Numbers of JSON have no bounds, and True is one in Python: only those are read that can be what they should be.


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS


def _logprob(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _tokens(choice: dict[str, Any]) -> tuple[Token, ...]:
    """Return the tokens, or none where one of them has no known form: a gap would shift the others."""
    match choice:
        case {"logprobs": {"content": list(entries)}, "token_ids": list(ids)} if len(ids) == len(entries):  # vLLM
            tokens = [_token(entry, number) for entry, number in zip(entries, ids, strict=True)]
        case {"logprobs": {"content": list(entries)}}:  # llama.cpp's own server has the number in the entry
            tokens = [_token(entry, entry.get("id")) for entry in entries if isinstance(entry, dict)]
        case _:
            return ()
    known = [token for token in tokens if token is not None]
    return tuple(known) if len(known) == len(entries) else ()


def _token(entry: Any, number: Any) -> Token | None:
    match entry:
        case {"token": str(text), "logprob": said} if (logprob := _logprob(said)) is not None:
            others = entry.get("top_logprobs")
            return Token(
                text=_writable(text),
                logprob=logprob,
                id=number if _is_count(number) else None,
                top=tuple(map(_alternative, others)) if isinstance(others, list) else (),
            )
    return None


def _alternative(entry: Any) -> tuple[str, float]:
    match entry:
        case {"token": str(text), "logprob": said} if (logprob := _logprob(said)) is not None:
            return _writable(text), logprob
    return "", -math.inf
