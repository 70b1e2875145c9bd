"""What docs/add_a_family.md says of Numba's messages is what Numba says."""

import numpy as np
import pytest
from numba.core.errors import NumbaError

from dynenvs.core.jit import kernel

from .pages import ROOT

ODDS = [1, 2, 3]


def plain(x):
    return x + 1


def copies_a_row(a):
    a[0] = a[1]


def makes_a_list(a):
    odds = [1.0, 3.0]
    a[0, 0] = odds[1]


def allocates(a):
    a[0, 0] = np.zeros(3)[0]


def adds_rows(a):
    a[0] = a[0] + a[1]


def makes_a_dict(a):
    a[0, 0] = {1: 2}[1]


def reads_a_global_list(a):
    a[0, 0] = ODDS[1]


def calls_a_plain_function(a):
    a[0, 0] = plain(1.0)


def returns_a_row(a):
    return a[0]


def is_of_two_types(a):
    x = 0.0
    if a[0, 0] > 0:
        x = a[1]
    a[0, 1] = x


def fills_looks_and_adds(a):
    a[0] = 0
    row = a[1]
    row[2] = 5.0
    a[0, 0] = a[1].sum() + a[1].argmax() + np.exp(0.0)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (copies_a_row, "NRT required but not enabled"),
        (makes_a_list, "NRT required but not enabled"),
        (allocates, "No implementation of function"),
        (adds_rows, "No implementation of function"),
        (makes_a_dict, "No implementation of function"),
        (reads_a_global_list, "globals are considered compile-time constants"),
        (calls_a_plain_function, "Untyped global name"),
        (returns_a_row, "Only accept returning of array passed into the function as argument"),
        (is_of_two_types, "Cannot unify"),
    ],
)
def test_numba_refuses_in_the_words_of_the_page(function, message):
    assert f"`{message}`" in (ROOT / "docs/add_a_family.md").read_text(encoding="utf-8")
    with pytest.raises(Exception, match=message) as refusal:
        kernel(function)(np.ones((2, 3)))
    assert isinstance(refusal.value, (NumbaError, RuntimeError))


def test_what_the_page_allows_compiles():
    a = np.ones((2, 3))
    kernel(fills_looks_and_adds)(a)
    assert a.tolist() == [[7.0 + 2 + 1, 0, 0], [1, 1, 5]]
