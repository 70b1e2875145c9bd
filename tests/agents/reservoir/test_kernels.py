"""What all bodies compute with."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dynenvs_agents.reservoir.body import BodyParams, grow_bodies
from dynenvs_agents.reservoir.kernels import add_product, tanh


@given(st.floats(allow_nan=False))
def test_tanh_is_that_of_numpy_to_the_last_digits(z):
    assert abs(tanh(z) - np.tanh(z)) <= 4e-16
    assert abs(tanh(z)) <= 1


@given(st.floats(1e-300, 20))
def test_tanh_is_odd_and_close_for_small_numbers_too(z):
    assert tanh(-z) == -tanh(z)
    assert abs(tanh(z) / np.tanh(z) - 1) < 1e-15


@given(st.integers(1, 40), st.integers(0, 2**32))
def test_a_product_is_that_of_a_matrix_for_any_number_of_columns(d, seed):
    rng = np.random.default_rng(seed)
    W, x, z = rng.normal(size=(2, d, d)), rng.normal(size=(3, d)), rng.normal(size=d)
    expected = z + W[1].T @ x[2]
    add_product(W, 1, x, 2, z)
    assert np.allclose(z, expected, rtol=1e-12, atol=1e-12)


@settings(deadline=None)  # the first body compiles
@given(st.integers(1, 30), st.integers(1, 7), st.integers(0, 2**32))
def test_rows_step_alike_alone_in_pairs_and_beside_other_bodies(d, rows, seed):
    bodies, rng = grow_bodies(BodyParams(d=d, rounds=10, oja_rounds=1), [0, 1]), np.random.default_rng(seed)
    body, x = rng.integers(2, size=rows), rng.uniform(-1, 1, (rows, d))
    own, other = rng.random((2, rows))
    among = x.copy()
    bodies.advance(among, body, own, other)
    for n in range(rows):
        alone = x[n : n + 1].copy()
        bodies.advance(alone, body[n : n + 1], own[n : n + 1], other[n : n + 1])
        assert (alone[0] == among[n]).all()
