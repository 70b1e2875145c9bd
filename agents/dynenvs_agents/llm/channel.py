"""The message channel: a reply that holds a decision and words to the other players, for any world.

The world's own reply becomes one part of a larger one: ``{"action": {"move": "cooperate"}, "message": "..."}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from dynenvs.core.replies import BadReply, decode_reply

__all__ = [
    "MESSAGE_LIMIT",
    "action_of",
    "clean",
    "message_of",
    "parse_with_message",
    "schema_with_message",
    "write_with_message",
]

MESSAGE_LIMIT = 500
"""Characters of a message."""

_KEYS = {"action", "message"}


def schema_with_message(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a reply that has a message beside what `schema` describes."""
    return {
        "type": "object",
        "properties": {"action": schema, "message": {"type": "string", "maxLength": MESSAGE_LIMIT}},
        "required": ["action", "message"],
        "additionalProperties": False,
    }


def parse_with_message(
    parse: Callable[[str | None], NDArray[Any] | BadReply], reply: str | None
) -> NDArray[Any] | BadReply:
    """Read the decision of a reply that has a message beside it, with the world's own parser; never raises."""
    said = decode_reply(reply)
    if isinstance(said, BadReply):
        return said
    if not isinstance(said, dict) or said.keys() != _KEYS:
        return BadReply("wrong_schema", 'expected an object with the keys "action" and "message"')
    if not isinstance(said["message"], str):
        return BadReply("wrong_schema", "message: expected text")
    if len(said["message"]) > MESSAGE_LIMIT:
        return BadReply("illegal_action", f"message: expected at most {MESSAGE_LIMIT} characters")
    return parse(json.dumps(said["action"]))


def write_with_message(action: str, message: str) -> str:
    """Write the reply that `parse_with_message` reads, of the world's own reply and a message."""
    return json.dumps({"action": json.loads(action), "message": message})


def action_of(reply: str) -> str:
    """Return the world's own part of a reply that `parse_with_message` accepts."""
    return json.dumps(json.loads(reply)["action"])


def message_of(reply: str) -> str:
    """Return the message of a reply that `parse_with_message` accepts."""
    return clean(json.loads(reply)["message"])


def clean(text: str) -> str:
    """Return a model's words without what no file and no server takes: halves of characters, and zeros."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "").strip()
