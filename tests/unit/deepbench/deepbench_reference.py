"""
Recurrent layers in four number formats, in numpy, written from the definitions alone.

Nothing here comes from the lowering or the evaluators: not the rounding, not the order of the
sums, not the tables. int8 and mixed8 give every bit of a result, since each rounding of theirs is
defined; f32 and bf16 are computed in double precision, for a comparison within a tolerance.

A stored tensor holds round(value * scale). A product of a matrix and a vector, over K elements, is
the sum of `pieces` contiguous pieces of ceil(ceil(K / pieces) / lanes) * lanes elements; in each,
vectors of `lanes` elements are added one after another, and each is a tree of adjacent pairs, as
is the sum over the pieces. Then it is divided by the scales of both factors:

- int8: stored from -128 to 127; products and sums are exact; the sum times 1 / (s * t) in f32.
- mixed8: stored as f8E4M3FN, to the nearest, ties to even, beyond 448 as 448; each product
  rounded to it again; the first level of the tree in f16, the others and the rest in f32.

Everything between the products is f32, rounded after every operation:
    pre = (Wx + Rh) + (bW + bR)
    LSTM: c = f c + i g, h = o tanh(c)
    GRU:  n = tanh((Wx + bW) + r (Rh + bR)), h = (1 - z) n + z h
and the 8-bit formats look tanh and sigmoid up in 1024 entries over [-8, 8), by truncation. A GRU
blends with the hidden state before it was stored; the products take the stored one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
F32 = np.float32
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


class Order(NamedTuple):
    """The order of the sums of one product."""

    pieces: int
    lanes: int


class Scales(NamedTuple):
    """What the input, W, R and the hidden state are multiplied by before they are stored."""

    input: float
    weight: float
    recurrent: float
    state: float


@dataclass(frozen=True)
class Layer:
    """A layer with its operands: x is T x B x D, w 1 x GH x D, r 1 x GH x H, b 1 x 2GH."""

    cell: str
    x: Array
    w: Array
    r: Array
    b: Array

    @staticmethod
    def of(cell: str, x: Array, parameters: Mapping[str, Array]) -> "Layer":
        """Take the operands by the names that the generated programs give them."""
        return Layer(cell, x, parameters["W"], parameters["R"], parameters["B"])

    @property
    def hidden(self) -> int:
        """Return H."""
        return self.r.shape[2]


def to_f8(values: Array) -> Array:
    """Round f32 to f8E4M3FN, to the nearest even, saturating; the result is f32 again."""
    clipped = np.clip(values.astype(F32), F32(-448.0), F32(448.0))
    return clipped.astype(ml_dtypes.float8_e4m3fn).astype(F32)


def to_i8(values: Array) -> Array:
    """Round f32 to i8, to the nearest even, saturating; the result is f64, exact."""
    return np.clip(np.rint(values.astype(F32)), -128.0, 127.0).astype(np.float64)


def add_pairs(values: Array, type: Any = F32) -> Array:
    """Add neighbours along the last axis, in a type; the last of an odd number stays."""
    values = values.astype(type)
    even = values.shape[-1] // 2 * 2
    sums: Array = values[..., 0:even:2] + values[..., 1:even:2]
    return np.concatenate([sums, values[..., even:]], axis=-1)


def sum_mixed8(products: Array, order: Order) -> Array:
    """Add the f8 products along the last axis in the order of the mapping."""
    length = products.shape[-1]
    piece = -(-(-(-length // order.pieces)) // order.lanes) * order.lanes
    sums: list[Array] = []
    for start in range(0, length, piece):
        total = np.zeros(products.shape[:-1], F32)
        for first in range(start, min(start + piece, length), order.lanes):
            vector = products[..., first : min(first + order.lanes, length)]
            missing = order.lanes - vector.shape[-1]
            vector = np.pad(vector, [(0, 0)] * (vector.ndim - 1) + [(0, missing)])
            level = 0
            while vector.shape[-1] > 1:
                vector = add_pairs(vector, np.float16 if level == 0 else F32)
                level += 1
            total = total + vector[..., 0].astype(F32)
        sums.append(total)
    pieces = np.stack(sums, axis=-1)
    while pieces.shape[-1] > 1:
        pieces = add_pairs(pieces)
    return pieces[..., 0]


def product_mixed8(matrix: Array, vectors: Array, order: Order, inverse: F32) -> Array:
    """Multiply a stored matrix with each stored vector: B x rows."""
    rows = np.empty((len(vectors), len(matrix)), F32)
    for first in range(0, len(matrix), 128):
        block = matrix[first : first + 128]
        for entry, vector in enumerate(vectors):
            rows[entry, first : first + 128] = sum_mixed8(to_f8(block * vector), order)
    return rows * inverse


def product_int8(matrix: Array, vectors: Array, order: Order, inverse: F32) -> Array:
    """Multiply a stored matrix with each stored vector; no sum reaches 2^31 or 2^53."""
    return (vectors @ matrix.T).astype(F32) * inverse


def look_up(function: Callable[[Array], Array], values: Array) -> Array:
    """Take the entry at or below a value, the ends outside [-8, 8)."""
    table = function(-8.0 + np.arange(1024) / 64.0).astype(F32)
    index = np.trunc(values * F32(64.0) + F32(512.0))
    return table[np.clip(index, 0, 1023).astype(np.int64)]


def sigmoid(values: Array) -> Array:
    """Return 1 / (1 + exp(-v)) in double precision."""
    return 1.0 / (1.0 + np.exp(-values))


def step(
    cell: str,
    wx: Array,
    rh: Array,
    biases: Array,
    h: Array,
    c: Array,
    activations: tuple[Callable[[Array], Array], Callable[[Array], Array]],
) -> tuple[Array, Array]:
    """
    Make one step after the products, in the type of the operands; returns the new h and c.

    `wx` and `rh` are B x G x H, `biases` 2 x G x H, gates in ONNX's order: i o f c, or z r h.
    """
    squash, tanh = activations
    pre = (wx + rh) + (biases[0] + biases[1])
    match cell:
        case "lstm":
            i, o, f, g = squash(pre[:, 0]), squash(pre[:, 1]), squash(pre[:, 2]), tanh(pre[:, 3])
            c = f * c + i * g
            return o * tanh(c), c
        case "gru":
            z, r = squash(pre[:, 0]), squash(pre[:, 1])
            n = tanh((wx[:, 2] + biases[0, 2]) + r * (rh[:, 2] + biases[1, 2]))
            return (1 - z) * n + z * h, c
        case _:
            return tanh(pre[:, 0]), c


def run_8_bit(
    layer: Layer, format: str, scales: Scales, wx_order: Order, rh_order: Order
) -> dict[str, Array]:
    """Run a layer in int8 or mixed8: every bit of y, y_h and, for an LSTM, y_c."""
    store, product = (to_i8, product_int8) if format == "int8" else (to_f8, product_mixed8)
    w = store(layer.w[0] * F32(scales.weight))
    r = store(layer.r[0] * F32(scales.recurrent))
    x = store(layer.x * F32(scales.input))
    x_inverse = F32(1.0) / (F32(scales.weight) * F32(scales.input))
    h_inverse = F32(1.0) / (F32(scales.recurrent) * F32(scales.state))

    def tabled(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
        return lambda values: look_up(function, values)

    def wx(t: int) -> Array:
        return product(w, x[t], wx_order, x_inverse)

    def rh(h: Array) -> Array:
        return product(r, store(h * F32(scales.state)), rh_order, h_inverse)

    return _run(layer, F32, wx, rh, (tabled(sigmoid), tabled(np.tanh)))


def run_float(layer: Layer, format: str, measured: Array | None = None) -> dict[str, Array]:
    """
    Run a layer in f32 or bf16, in double precision.

    bf16 stores W, R, x and the hidden state in it. Where a hidden state lies next to the middle of
    two of its numbers, the two of it that differ by an error of 1e-7 differ by 1e-3 once stored;
    with `measured`, the y to compare with, each step starts from what was measured before it.
    """

    def store(values: Array) -> Array:
        kept = values.astype(F32)
        if format == "bf16":
            kept = kept.astype(ml_dtypes.bfloat16)
        return kept.astype(np.float64)

    w, r, x = store(layer.w[0]), store(layer.r[0]), store(layer.x)

    def wx(t: int) -> Array:
        return x[t] @ w.T

    def rh(h: Array) -> Array:
        return (h if format == "f32" else store(h)) @ r.T

    return _run(layer, np.float64, wx, rh, (sigmoid, np.tanh), measured)


def _run(
    layer: Layer,
    type: Any,
    wx: Callable[[int], Array],
    rh: Callable[[Array], Array],
    activations: tuple[Callable[[Array], Array], Callable[[Array], Array]],
    measured: Array | None = None,
) -> dict[str, Array]:
    steps, batch = layer.x.shape[:2]
    gates, hidden = GATES[layer.cell], layer.hidden
    biases = layer.b[0].reshape(2, gates, hidden).astype(type)
    h = c = np.zeros((batch, hidden), type)
    outputs: list[Array] = []
    for t in range(steps):
        shape = (batch, gates, hidden)
        products = wx(t).reshape(shape), rh(h).reshape(shape)
        h, c = step(layer.cell, *products, biases, h, c, activations)
        outputs.append(h[None])
        if measured is not None:
            h = measured[t, 0].astype(type)
    results = {"y": np.stack(outputs), "y_h": outputs[-1]}
    return results | ({"y_c": c[None]} if layer.cell == "lstm" else {})
