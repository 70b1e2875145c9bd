"""What models send instead of an action: every way seen in the field, for a world of one discrete head.

In the templates KEY is the head's name, GOOD a legal reply, QUOTED that reply as a JSON string, and VALUE what it says
for the head, all as JSON.
"""

import json

EMPTY = ["", " ", "\n\t\r\n", "\u00a0\u2003"]

NOT_JSON = [
    # prose
    "cooperate",
    "I am not sure.",
    "Sure! GOOD",
    "GOOD I hope that helps.",
    "GOOD\n\nReasoning: it pays.",
    "<think>Hmm.</think>GOOD",
    "<tool_call>GOOD</tool_call>",
    "Action: VALUE",
    "🤖",
    "\ud800",
    # fences and wrappings
    "```json\nGOOD\n```",
    "```\nGOOD\n```",
    "`GOOD`",
    "(GOOD)",
    "\ufeffGOOD",
    "\u00a0GOOD",
    "\x00GOOD",
    "GOOD\x00",
    "GOOD;",
    # more than one
    "GOODGOOD",
    "GOOD\nGOOD",
    "GOOD, GOOD",
    "null null",
    # cut off or broken
    "{",
    "}",
    "GOOD}",
    "{KEY: VALUE",
    "{KEY: }",
    "{KEY}",
    "{KEY VALUE}",
    "{KEY: VALUE,}",
    "{,KEY: VALUE}",
    "KEY: VALUE",
    '{"move: VALUE}',
    # other languages
    "{move: VALUE}",
    "{'move': VALUE}",
    "{KEY: True}",
    "{KEY: None}",
    "{KEY: undefined}",
    "{KEY: 'cooperate'}",
    "{KEY = VALUE}",
    "{KEY => VALUE}",
    "// my choice\nGOOD",
    "/* my choice */ GOOD",
    "play(move=VALUE)",
    # numbers that JSON has not
    "{KEY: NaN}",
    "{KEY: Infinity}",
    "{KEY: -Infinity}",
    "NaN",
    "{KEY: 0x1}",
    "{KEY: 01}",
    "{KEY: +1}",
    "{KEY: 1.}",
    "{KEY: .5}",
    "{KEY: 1_0}",
    "{KEY: 1" + "0" * 5_000 + "}",
    # strings that JSON has not
    '{KEY: "a\nb"}',
    '{KEY: "\\x41"}',
    '{KEY: "\\u12"}',
    '{KEY: "cooperate}',
    # attacks
    "[" * 100_000,
    '{"a":' * 100_000,
]

DUPLICATE_KEY = [
    "{KEY: VALUE, KEY: VALUE}",
    '{KEY: VALUE, KEY: "something else"}',
    '{KEY: {"a": 1, "a": 2}}',
    '[{"a": 1, "a": 1}]',
]

WRONG_SCHEMA = [
    # JSON, but no object
    "null",
    "true",
    "0.5",
    "VALUE",
    "[]",
    "[GOOD]",
    "QUOTED",
    # other keys
    "{}",
    '{"": VALUE}',
    '{"action": VALUE}',
    '{"action": GOOD}',
    '{"name": "play", "arguments": GOOD}',
    '{KEY: VALUE, "reasoning": "it pays"}',
    '{"MOVE": VALUE}',
    '{" move": VALUE}',
    '{"type": "object", "properties": {KEY: VALUE}}',
    # other values
    "{KEY: null}",
    "{KEY: true}",
    "{KEY: false}",
    "{KEY: []}",
    "{KEY: {}}",
    "{KEY: [VALUE]}",
    "{KEY: GOOD}",
    '{KEY: ""}',
    '{KEY: "none of these"}',
    '{KEY: "Cooperate"}',
    '{KEY: "cooperate "}',
    '{KEY: "c\\u043e\\u043eperate"}',  # Cyrillic o
    '{KEY: "1"}',
    "{KEY: 0.5}",
    "{KEY: -1}",
    "{KEY: 1e400}",
    "{KEY: -1e400}",
    "{KEY: 123456789012345678901234567890}",
    '{KEY: "' + "a" * 10_000 + '"}',
]


def bad_replies(key: str, value: object) -> list[tuple[str, str]]:
    """Fill the templates in; return (kind, reply) of each."""
    good = json.dumps({key: value})
    words = {"QUOTED": json.dumps(good), "GOOD": good, "KEY": json.dumps(key), "VALUE": json.dumps(value)}
    listed = {
        "empty": EMPTY,
        "not_json": NOT_JSON,
        "duplicate_key": DUPLICATE_KEY,
        "wrong_schema": WRONG_SCHEMA,
    }
    return [(kind, _fill_in(reply, words)) for kind, replies in listed.items() for reply in replies]


def _fill_in(template: str, words: dict[str, str]) -> str:
    for word, text in words.items():
        template = template.replace(word, text)
    return template
