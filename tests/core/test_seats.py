"""Seat tables as kernels read them."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.core.seats import EXTERNAL, background_names, encode_seats

CODES = {"grudger": 0, "tit_for_tat": 1}


def test_a_table_becomes_codes_padded_to_the_longest_seat():
    choices, counts = encode_seats(["external", ["tit_for_tat", "grudger", -3]], 2, CODES.__getitem__)
    np.testing.assert_array_equal(choices, [[EXTERNAL, EXTERNAL, EXTERNAL], [1, 0, -3]])
    assert counts.tolist() == [1, 3]
    assert choices.dtype == counts.dtype == np.int32


def test_background_policies_are_named_once_each():
    assert background_names([["b", "a"], "external", "b", -2]) == ["b", "a"]


@pytest.mark.parametrize(
    ("seats", "message"),
    [
        (["external"], "expected one entry for each of 2 agents"),
        ("external", "expected one entry for each of 2 agents"),
        (["external", []], "expected at least one policy for every seat"),
        (["external", 0], "seat 0: expected a policy's name, 'external', or a negative code"),
        (["external", True], "seat True: expected"),
        (["external", [None]], "seat None: expected"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(seats, message):
    with pytest.raises(ParameterError, match=message):
        encode_seats(seats, 2, CODES.__getitem__)
