import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dynenvs.core.errors import ParameterError
from dynenvs.core.layouts import ActionLayout, ContinuousHead, DiscreteHead
from dynenvs.core.replies import (
    BAD_REPLY_KINDS,
    BadReply,
    action_schema,
    decode_reply,
    parse_action,
    reply_form,
    write_action,
)

from .bad_replies import bad_replies

MOVES = ActionLayout(heads=(DiscreteHead(name="move", options=("cooperate", "defect")),))
ORDERS = ActionLayout(
    heads=(
        DiscreteHead(name="target", options=("nobody", "the north", "the south")),
        DiscreteHead(name="second_target", options=("nobody", "the north", "the south"), shares_mask_with="target"),
        DiscreteHead(name="troops", options=("0", "1", "2", "3")),
    )
)
ORDERS_MASK = np.array([True, False, True, True, True, False, True])
EFFORTS = ActionLayout(
    heads=(
        ContinuousHead(name="effort", low=0.0, high=1.0, about="how hard to fish"),
        ContinuousHead(name="course", low=-180.0, high=180.0, unit="degrees"),
    )
)
ALL = np.ones(2, np.bool_)
NO_MASK = np.ones(0, np.bool_)

CORPUS = bad_replies("move", "cooperate")

targets = st.sampled_from(["nobody", "the north", "the south", 1])
troops = st.sampled_from([0, 1, 2, 3.0, True, "1", None])
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 8)
    | st.floats(-3, 8)
    | st.sampled_from(["nobody", "the south", "1", ""]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "effort"]), inner, max_size=2)
    ),
    max_leaves=3,
)


@st.composite
def layouts_and_masks(draw):
    """Any discrete layout, words and numbers for options, with at least one legal option in every head."""
    words = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5, unique=True)
    numbers = st.lists(st.integers(-5, 300).map(str), min_size=1, max_size=5, unique=True)
    heads, mask = [], []
    for k in range(draw(st.integers(1, 3))):
        options = draw(words | numbers)
        heads.append(DiscreteHead(name=f"head_{k}", options=tuple(options)))
        legal = draw(st.lists(st.booleans(), min_size=len(options), max_size=len(options)))
        legal[draw(st.integers(0, len(options) - 1))] = True
        mask += legal
    return ActionLayout(heads=tuple(heads)), np.array(mask, np.bool_)


def fits(schema, reply):
    return Draft202012Validator(schema).is_valid(json.loads(reply))


def accepted(actions, mask, reply):
    return not isinstance(parse_action(actions, mask, reply), BadReply)


# What is accepted.


def test_a_reply_names_one_option_for_every_head():
    reply = '{"target": "the south", "troops": 3, "second_target": "nobody"}'
    action = parse_action(ORDERS, ORDERS_MASK, reply)
    assert action.tolist() == [2, 0, 3]
    assert action.dtype == np.int64


def test_a_reply_gives_a_number_for_every_continuous_head():
    action = parse_action(EFFORTS, NO_MASK, ' {"effort": 1, "course": -12.5e0}\n')
    assert action.tolist() == [1.0, -12.5]
    assert action.dtype == np.float64


@pytest.mark.parametrize("number", ["3", "3.0", "30e-1"])
def test_a_number_may_be_written_in_any_way_that_json_has(number):
    reply = f'{{"target": "nobody", "second_target": "nobody", "troops": {number}}}'
    assert parse_action(ORDERS, ORDERS_MASK, reply).tolist() == [0, 0, 3]
    assert fits(action_schema(ORDERS, ORDERS_MASK), reply)


def test_an_escaped_letter_is_the_same_letter():
    assert parse_action(MOVES, ALL, '{"\\u006dove": "d\\u0065fect"}').tolist() == [1]


def test_a_server_that_sends_no_text_at_all_sends_an_empty_reply():
    assert parse_action(MOVES, ALL, None).kind == "empty"


# What is refused, and how it is told.


@pytest.mark.parametrize(("kind", "reply"), CORPUS, ids=[f"{kind}-{k}" for k, (kind, _) in enumerate(CORPUS)])
def test_a_malformed_reply_is_refused_with_its_kind_and_a_line_for_the_model(kind, reply):
    refused = parse_action(MOVES, ALL, reply)
    assert isinstance(refused, BadReply)
    assert refused.kind == kind
    assert 10 < len(refused.reason) < 200
    assert refused.reason.isprintable()


def test_the_corpus_of_malformed_replies_is_large_and_without_repeats():
    replies = [reply for _, reply in CORPUS]
    assert len(set(replies)) == len(replies) >= 100


@pytest.mark.parametrize(
    ("actions", "mask", "reply", "kind", "reason"),
    [
        (MOVES, ALL, "", "empty", "the reply is empty: expected one JSON object"),
        (MOVES, ALL, '{"move": NaN}', "not_json", "NaN is no number in JSON"),
        (
            MOVES,
            ALL,
            '{"move": "defect"} because it pays',
            "not_json",
            'expected one JSON object and nothing else: character 20 is wrong, near "because it pays"',
        ),
        (MOVES, ALL, '{"a": 1, "a": 1}', "duplicate_key", 'the key "a" stands there more than once'),
        (MOVES, ALL, "[]", "wrong_schema", "expected a JSON object, got a list"),
        (MOVES, ALL, "{}", "wrong_schema", 'the key "move" is missing'),
        (MOVES, ALL, '{"move": "defect", "why": 1}', "wrong_schema", 'unknown key "why": expected "move"'),
        (MOVES, ALL, '{"move": 1}', "wrong_schema", 'move: 1 is no option; expected "cooperate" or "defect"'),
        (
            MOVES,
            np.array([True, False]),
            '{"move": "defect"}',
            "illegal_action",
            'move: "defect" is not possible now; expected "cooperate"',
        ),
        (
            ORDERS,
            ORDERS_MASK,
            '{"target": "nobody", "second_target": "nobody", "troops": 2}',
            "illegal_action",
            "troops: 2 is not possible now; expected 0, 1 or 3",
        ),
        (
            EFFORTS,
            NO_MASK,
            '{"effort": "full", "course": 0}',
            "wrong_schema",
            'effort: "full" is no number; expected a number from 0 to 1',
        ),
        (
            EFFORTS,
            NO_MASK,
            '{"effort": 0.5, "course": 1e400}',
            "illegal_action",
            "course: Infinity is out of bounds; expected a number from -180 to 180 degrees",
        ),
    ],
)
def test_the_reason_says_what_is_wrong_and_what_was_expected(actions, mask, reply, kind, reason):
    assert parse_action(actions, mask, reply) == BadReply(kind, reason)


def test_a_shared_mask_holds_for_both_heads():
    refused = parse_action(ORDERS, ORDERS_MASK, '{"target": "nobody", "second_target": "the north", "troops": 0}')
    assert refused.kind == "illegal_action"


@given(st.text())
def test_no_text_makes_the_parser_raise(text):
    parsed = parse_action(MOVES, ALL, text)
    assert isinstance(parsed, BadReply)
    assert parsed.kind in BAD_REPLY_KINDS
    assert parsed.reason.isprintable()


# Schema, words and parser agree.


def test_the_schema_lists_what_is_legal_now():
    assert action_schema(ORDERS, ORDERS_MASK) == {
        "type": "object",
        "properties": {
            "target": {"type": "string", "enum": ["nobody", "the south"]},
            "second_target": {"type": "string", "enum": ["nobody", "the south"]},
            "troops": {"type": "integer", "enum": [0, 1, 3]},
        },
        "required": ["target", "second_target", "troops"],
        "additionalProperties": False,
    }


def test_the_schema_bounds_numbers_and_says_what_they_are():
    assert action_schema(EFFORTS, NO_MASK)["properties"] == {
        "effort": {"type": "number", "minimum": 0.0, "maximum": 1.0, "description": "how hard to fish"},
        "course": {"type": "number", "minimum": -180.0, "maximum": 180.0, "description": "in degrees"},
    }


@pytest.mark.parametrize(
    ("actions", "mask", "form"),
    [
        (MOVES, ALL, '{"move": "cooperate" or "defect"}'),
        (ORDERS, np.ones(7, np.bool_), '"troops": a whole number from 0 to 3}'),
        (
            ORDERS,
            ORDERS_MASK,
            '{"target": "nobody" or "the south", "second_target": "nobody" or "the south", "troops": 0,',
        ),
        (EFFORTS, NO_MASK, '{"effort": a number from 0 to 1, "course": a number from -180 to 180 degrees}'),
    ],
)
def test_the_form_of_a_reply_is_told_in_words(actions, mask, form):
    assert form in reply_form(actions, mask)


@given(layouts_and_masks())
def test_every_schema_is_valid_json_schema(layout_and_mask):
    schema = action_schema(*layout_and_mask)
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


@given(layouts_and_masks(), st.data())
def test_exactly_the_legal_actions_come_back_from_their_reply(layout_and_mask, data):
    actions, mask = layout_and_mask
    action = [data.draw(st.integers(0, head.size - 1)) for head in actions.heads]
    legal = all(
        mask[actions.mask_slices[head.name]][option] for head, option in zip(actions.heads, action, strict=True)
    )
    reply = write_action(actions, np.array(action))
    parsed = parse_action(actions, mask, reply)
    assert fits(action_schema(actions, mask), reply) == legal
    if legal:
        assert parsed.tolist() == action
    else:
        assert parsed.kind == "illegal_action"


@given(st.floats(0, 1), st.floats(-180, 180))
def test_every_continuous_action_comes_back_from_its_reply(effort, course):
    action = np.array([effort, course])
    assert np.array_equal(parse_action(EFFORTS, NO_MASK, write_action(EFFORTS, action)), action)


@given(
    st.fixed_dictionaries({"target": targets, "second_target": targets, "troops": troops})
    | st.dictionaries(st.sampled_from(["target", "second_target", "troops", "more"]), json_values, max_size=4)
    | json_values
)
def test_the_parser_accepts_exactly_what_fits_the_schema(value):
    reply = json.dumps(value)
    assert accepted(ORDERS, ORDERS_MASK, reply) == fits(action_schema(ORDERS, ORDERS_MASK), reply)


@given(st.fixed_dictionaries({"effort": json_values, "course": json_values}) | json_values)
def test_the_parser_accepts_exactly_the_numbers_that_fit_the_schema(value):
    reply = json.dumps(value)
    assert accepted(EFFORTS, NO_MASK, reply) == fits(action_schema(EFFORTS, NO_MASK), reply)


@pytest.mark.parametrize("reply", [5, b'{"move": "cooperate"}', ["cooperate"], {"move": "cooperate"}, 0, False])
def test_what_is_no_text_is_a_fault_of_the_program_and_not_of_the_model(reply):
    for read in (decode_reply, lambda reply: parse_action(MOVES, ALL, reply)):
        with pytest.raises(ParameterError, match=r"reply=.*: expected the text of a reply, or None"):
            read(reply)
