"""
Activation functions as IEEE single arithmetic, the operations that a compute unit has.

Only `arith` additions, products, quotients, maxima, minima, and for exponentials conversions
and integer bit operations are used: neither comparison nor selection, so every expansion also
holds lane by lane on vectors. Nothing relies on a fused multiply-add. NaN stays NaN.

Functions and defaults are those of the ONNX operators LSTM, GRU and RNN; exp, log and erf are more.
"""

from collections.abc import Callable

from xdsl.dialects.builtin import f32, i32
from xdsl.ir import SSAValue

from spatial_opt.dialects.pattern import ActivateOp, ConvertOp, GatherOp
from spatial_opt.passes.expansion import Expansion
from spatial_opt.passes.transcendental_expansions import (
    GREATEST,
    erf,
    exp,
    exp_of_negative,
    log,
    softplus,
)

TABLE_ENTRIES = 1024
TABLE_LOW, TABLE_HIGH = -8.0, 8.0
"""Entries and range of an activation table: an index is min(max(int((v + 8) * 64), 0), 1023)."""

TANH_LIMIT = 7.8
"""Arguments beyond are clamped: 1 - tanh(7.8) is 3.4e-7."""
TANH_NUMERATOR = (4014446.25, 519135.219, 11875.3867, 46.2449532)
TANH_DENOMINATOR = (4014448.25, 1857276.88, 95716.3828, 962.513184)
"""
tanh(x) = x * P(x^2) / (x^8 + Q(x^2)) on [-7.8, 7.8], constant terms first.

A minimax fit (iteratively reweighted least squares at Chebyshev nodes) with error 1.04e-7,
scaled so that the denominator's leading coefficient is one. In single precision the error
stays below 4e-7, and no value leaves [-1, 1].
"""

DEFAULTS: dict[str, tuple[float, float]] = {
    "affine": (1.0, 0.0),
    "leakyrelu": (0.01, 0.0),
    "thresholdedrelu": (1.0, 0.0),
    "scaledtanh": (1.0, 1.0),
    "hardsigmoid": (0.2, 0.5),
    "elu": (1.0, 0.0),
}
"""alpha and beta where the operation gives none."""


def expand_activation(op: ActivateOp, table: SSAValue | None = None) -> Expansion:
    """
    Return operations that compute `op`; the last one's result is its value.

    Formats other than f32 are converted to f32 first and back last. `table` is the sampled
    function, for method "table". The operations are new and stand in no block yet.
    """
    expansion, type = Expansion(), op.input.type
    x = op.input if type == f32 else expansion.add(ConvertOp(op.input, f32))
    if op.method.data == "table":
        if table is None:
            raise RuntimeError("activation by table without a table, this is a bug")
        value = _look_up(expansion, x, table)
    else:
        default = DEFAULTS.get(op.function.data, (1.0, 0.0))
        alpha = default[0] if op.alpha is None else op.alpha.value.data
        beta = default[1] if op.beta is None else op.beta.value.data
        value = _FUNCTIONS[op.function.data](expansion, x, alpha, beta)
    if type != f32:
        expansion.add(ConvertOp(value, type))
    return expansion


def _look_up(e: Expansion, x: SSAValue, table: SSAValue) -> SSAValue:
    # v * 64 + 512 equals (v + 8) * 64 bit for bit: a power of two moves no rounding.
    steps = TABLE_ENTRIES / (TABLE_HIGH - TABLE_LOW)
    position = e.sum(e.product(x, steps), -TABLE_LOW * steps)
    last = TABLE_ENTRIES - 1
    index = e.add(ConvertOp(position, i32, rounding="toward_zero", clamp=(0, last)))
    return e.add(GatherOp(table, [index]))


def _relu(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return e.maximum(x, 0.0)


def _tanh(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    x = e.minimum(e.maximum(x, -TANH_LIMIT), TANH_LIMIT)
    square = e.product(x, x)
    numerator = e.product(x, e.polynomial(square, TANH_NUMERATOR, monic=False))
    return e.quotient(numerator, e.polynomial(square, TANH_DENOMINATOR, monic=True))


def _sigmoid(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    half = _tanh(e, e.product(x, 0.5), alpha, beta)
    return e.sum(e.product(half, 0.5), 0.5)


def _affine(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return e.sum(e.product(x, alpha), beta)


def _leaky_relu(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return e.sum(e.maximum(x, 0.0), e.product(e.minimum(x, 0.0), alpha))


def _thresholded_relu(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    # A step of exactly 0 or 1: two factors of 2^127 lift the least difference above one.
    step = e.product(e.maximum(e.difference(x, alpha), 0.0), 2.0**127)
    step = e.minimum(e.product(step, 2.0**127), 1.0)
    return e.product(e.maximum(x, -GREATEST), step)


def _scaled_tanh(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return e.product(_tanh(e, e.product(x, beta), alpha, beta), alpha)


def _hard_sigmoid(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return e.maximum(e.minimum(e.sum(e.product(x, alpha), beta), 1.0), 0.0)


def _softsign(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return e.quotient(x, e.sum(_magnitude(e, x), 1.0))


def _elu(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    below = e.difference(exp_of_negative(e, e.minimum(x, 0.0)), 1.0)
    return e.sum(e.maximum(x, 0.0), e.product(below, alpha))


def _magnitude(e: Expansion, x: SSAValue) -> SSAValue:
    return e.maximum(x, e.negated(x))


def _plain(
    function: Callable[[Expansion, SSAValue], SSAValue],
) -> Callable[[Expansion, SSAValue, float, float], SSAValue]:
    """Return the expansion of a function without constants."""

    def expand(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
        return function(e, x)

    return expand


_FUNCTIONS: dict[str, Callable[[Expansion, SSAValue, float, float], SSAValue]] = {
    "relu": _relu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "affine": _affine,
    "leakyrelu": _leaky_relu,
    "thresholdedrelu": _thresholded_relu,
    "scaledtanh": _scaled_tanh,
    "hardsigmoid": _hard_sigmoid,
    "elu": _elu,
    "softsign": _softsign,
    "softplus": _plain(softplus),
    "exp": _plain(exp),
    "log": _plain(log),
    "erf": _plain(erf),
}
