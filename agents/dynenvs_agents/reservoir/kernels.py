"""What an echo state network does in a round, for many agents at once.

Arrays of weights have a leading axis of bodies, those of states one of rows (agents at play); ``body[n]`` says which
body row n has, so a thousand agents may share one set of weights, or each have its own. Sums run in a fixed order and
no row looks at another: an agent plays the same, bit for bit, in any batch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dynenvs.core.jit import kernel, rule

__all__ = ["add_product", "advance", "habituate_inputs", "read_out", "squared_distance", "tanh"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@rule
def add_product(columns: FloatArray, k: int, x: FloatArray, n: int, z: FloatArray) -> None:
    """Add W x to `z`, where ``columns[k, j]`` is column j of W, and x is row `n`.

    Column by column, eight at a time: the inner loop is one of vectors without any reordering of sums.
    """
    d = z.shape[0]
    j = 0
    while j + 8 <= d:
        x0, x1, x2, x3 = x[n, j], x[n, j + 1], x[n, j + 2], x[n, j + 3]
        x4, x5, x6, x7 = x[n, j + 4], x[n, j + 5], x[n, j + 6], x[n, j + 7]
        for i in range(d):
            z[i] += (
                (columns[k, j, i] * x0 + columns[k, j + 1, i] * x1)
                + (columns[k, j + 2, i] * x2 + columns[k, j + 3, i] * x3)
            ) + (
                (columns[k, j + 4, i] * x4 + columns[k, j + 5, i] * x5)
                + (columns[k, j + 6, i] * x6 + columns[k, j + 7, i] * x7)
            )
        j += 8
    while j < d:
        x0 = x[n, j]
        for i in range(d):
            z[i] += columns[k, j, i] * x0
        j += 1


@rule
def tanh(z: float) -> float:
    """tanh(z), within 4e-16: of z/8 by Lambert's continued fraction, and doubled three times.

    Without a call of a library, without a branch and with one division, so that it runs on vectors, and gives the same
    digits on every machine. Beyond 20 it is 1.
    """
    y = min(max(z, -20.0), 20.0) * 0.125
    s = y * y
    u = y * (654729075.0 + s * (91891800.0 + s * (2837835.0 + s * (25740.0 + s * 55.0))))
    v = 654729075.0 + s * (310134825.0 + s * (18918900.0 + s * (315315.0 + s * (1485.0 + s))))
    u, v = 2.0 * u * v, v * v + u * u
    u, v = 2.0 * u * v, v * v + u * u
    return min(max(2.0 * u * v / (v * v + u * u), -1.0), 1.0)


@rule
def add_two_products(columns: FloatArray, k: int, x: FloatArray, n: int, z: FloatArray, y: FloatArray) -> None:
    """Add W x of row `n` to `z`, and that of row ``n + 1`` to `y`, by the same sums as `add_product`.

    Each weight is loaded once for both.
    """
    d = z.shape[0]
    j = 0
    while j + 8 <= d:
        x0, x1, x2, x3 = x[n, j], x[n, j + 1], x[n, j + 2], x[n, j + 3]
        x4, x5, x6, x7 = x[n, j + 4], x[n, j + 5], x[n, j + 6], x[n, j + 7]
        y0, y1, y2, y3 = x[n + 1, j], x[n + 1, j + 1], x[n + 1, j + 2], x[n + 1, j + 3]
        y4, y5, y6, y7 = x[n + 1, j + 4], x[n + 1, j + 5], x[n + 1, j + 6], x[n + 1, j + 7]
        for i in range(d):
            w0, w1, w2, w3 = columns[k, j, i], columns[k, j + 1, i], columns[k, j + 2, i], columns[k, j + 3, i]
            w4, w5, w6, w7 = columns[k, j + 4, i], columns[k, j + 5, i], columns[k, j + 6, i], columns[k, j + 7, i]
            z[i] += ((w0 * x0 + w1 * x1) + (w2 * x2 + w3 * x3)) + ((w4 * x4 + w5 * x5) + (w6 * x6 + w7 * x7))
            y[i] += ((w0 * y0 + w1 * y1) + (w2 * y2 + w3 * y3)) + ((w4 * y4 + w5 * y5) + (w6 * y6 + w7 * y7))
        j += 8
    while j < d:
        for i in range(d):
            z[i] += columns[k, j, i] * x[n, j]
            y[i] += columns[k, j, i] * x[n + 1, j]
        j += 1


@rule
def feel_inputs(k: int, inputs: FloatArray, bias: FloatArray, own: float, other: float, z: FloatArray) -> None:
    """Write what both actions and its own currents do to every neuron of body `k`: W_in [a, o] + b."""
    for i in range(z.shape[0]):
        z[i] = bias[k, i] + inputs[k, 0, i] * own + inputs[k, 1, i] * other


@rule
def follow(x: FloatArray, n: int, leak: float, z: FloatArray) -> None:
    """Let row `n` follow what it was driven to: x <- (1-g) x + g tanh(z)."""
    for i in range(z.shape[0]):
        x[n, i] = (1.0 - leak) * x[n, i] + leak * tanh(z[i])


@rule
def advance_one(
    x: FloatArray,
    n: int,
    k: int,
    recurrent: FloatArray,
    inputs: FloatArray,
    bias: FloatArray,
    leak: float,
    own: float,
    other: float,
    z: FloatArray,
) -> None:
    """Let row `n` live through a round: x <- (1-g) x + g tanh(W x + W_in [a, o] + b)."""
    feel_inputs(k, inputs, bias, own, other, z)
    add_product(recurrent, k, x, n, z)
    follow(x, n, leak, z)


@kernel
def advance(
    x: FloatArray,
    body: IntArray,
    recurrent: FloatArray,
    inputs: FloatArray,
    bias: FloatArray,
    leak: float,
    own: FloatArray,
    other: FloatArray,
    z: FloatArray,
) -> None:
    """Let every row live through a round.

    Parameters
    ----------
    x : ndarray, shape (rows, d)
        States; overwritten.
    body : ndarray of int64, shape (rows,)
        Which body each row has.
    recurrent, inputs, bias : ndarray, shapes (bodies, d, d), (bodies, 2, d), (bodies, d)
        ``recurrent[k, j]`` is column j of W; ``inputs[k]`` holds the weights of the own and of the other's action.
    leak : float
        g.
    own, other : ndarray, shape (rows,)
        What both played, in [0, 1].
    z : ndarray, shape (2, d)
        Room to work in.
    """
    n, rows = 0, x.shape[0]
    while n < rows:
        k = body[n]
        if n + 1 < rows and body[n + 1] == k:
            feel_inputs(k, inputs, bias, own[n], other[n], z[0])
            feel_inputs(k, inputs, bias, own[n + 1], other[n + 1], z[1])
            add_two_products(recurrent, k, x, n, z[0], z[1])
            follow(x, n, leak, z[0])
            follow(x, n + 1, leak, z[1])
            n += 2
        else:
            advance_one(x, n, k, recurrent, inputs, bias, leak, own[n], other[n], z[0])
            n += 1


@kernel
def habituate_inputs(
    x: FloatArray,
    recurrent: FloatArray,
    inputs: FloatArray,
    bias: FloatArray,
    leak: float,
    own: FloatArray,
    other: FloatArray,
    rate: float,
    z: FloatArray,
) -> None:
    """Let every body feel a partner, ``other[k, t]``, and itself, ``own[k, t]``, while Oja's rule changes its inputs.

    For unit i with activity y: w <- w + rate y (u - y w), which turns w towards what the unit usually feels, and bounds
    it.
    """
    for k in range(x.shape[0]):
        for t in range(other.shape[1]):
            advance_one(x, k, k, recurrent, inputs, bias, leak, own[k, t], other[k, t], z)
            for i in range(x.shape[1]):
                y = x[k, i]
                inputs[k, 0, i] += rate * y * (own[k, t] - y * inputs[k, 0, i])
                inputs[k, 1, i] += rate * y * (other[k, t] - y * inputs[k, 1, i])


@kernel
def read_out(x: FloatArray, body: IntArray, weights: FloatArray, offset: FloatArray, out: FloatArray) -> None:
    """Write what each row's body would play: clip(w . x + offset, 0, 1)."""
    for n in range(x.shape[0]):
        k = body[n]
        total = offset[k]
        for i in range(x.shape[1]):
            total += weights[k, i] * x[n, i]
        out[n] = min(1.0, max(0.0, total))


@kernel
def squared_distance(
    x: FloatArray,
    body: IntArray,
    mean: FloatArray,
    whitening: FloatArray,
    z: FloatArray,
    shifted: FloatArray,
    out: FloatArray,
) -> None:
    """Write the squared Mahalanobis distance of every row's state from its body's baseline, per dimension.

    ``whitening[k, j]`` is column j of a matrix L with L' L the inverse covariance; `z` (d,) and `shifted` (1, d) are
    room to work in.
    """
    d = x.shape[1]
    for n in range(x.shape[0]):
        k = body[n]
        for i in range(d):
            shifted[0, i] = x[n, i] - mean[k, i]
            z[i] = 0.0
        add_product(whitening, k, shifted, 0, z)
        total = 0.0
        for i in range(d):
            total += z[i] * z[i]
        out[n] = total / d
