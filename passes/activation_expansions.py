"""
Activation functions as IEEE single arithmetic, the operations that a compute unit has.

Only `arith` additions, products, quotients, maxima, minima, and for exponentials conversions
and integer bit operations are used: neither comparison nor selection, so every expansion also
holds lane by lane on vectors. Nothing relies on a fused multiply-add. NaN stays NaN.

Functions and defaults are those of the ONNX operators LSTM, GRU and RNN; exp is one more.
"""

import math
from collections.abc import Callable, Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, f32, i32
from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects.pattern import ActivateOp, ConvertOp, GatherOp

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

EXP_LIMIT = 104.0
"""Arguments of exp beyond give zero and infinity in f32: e^-104 is less than half of 2^-149."""

DEFAULTS: dict[str, tuple[float, float]] = {
    "affine": (1.0, 0.0),
    "leakyrelu": (0.01, 0.0),
    "thresholdedrelu": (1.0, 0.0),
    "scaledtanh": (1.0, 1.0),
    "hardsigmoid": (0.2, 0.5),
    "elu": (1.0, 0.0),
}
"""alpha and beta where the operation gives none."""


class Expansion:
    """The operations that replace one activation, in order."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._constants: dict[float, SSAValue] = {}

    def add(self, operation: Operation) -> SSAValue:
        """Append an operation and return its result."""
        self.operations.append(operation)
        return operation.results[0]

    def constant(self, value: float) -> SSAValue:
        """Return an f32 constant, made once per value."""
        if value not in self._constants:
            self._constants[value] = self.add(arith.ConstantOp(FloatAttr(value, f32)))
        return self._constants[value]

    def sum(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return a + b."""
        return self.add(arith.AddfOp(a, self._value(b)))

    def difference(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return a - b."""
        return self.add(arith.SubfOp(a, self._value(b)))

    def negated(self, a: SSAValue) -> SSAValue:
        """Return -a."""
        return self.add(arith.NegfOp(a))

    def product(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return a * b."""
        return self.add(arith.MulfOp(a, self._value(b)))

    def quotient(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return a / b."""
        return self.add(arith.DivfOp(a, self._value(b)))

    def maximum(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return the greater of a and b."""
        return self.add(arith.MaximumfOp(a, self._value(b)))

    def minimum(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return the smaller of a and b."""
        return self.add(arith.MinimumfOp(a, self._value(b)))

    def polynomial(self, x: SSAValue, coefficients: Sequence[float], monic: bool) -> SSAValue:
        """Return c0 + c1 x + …, plus x to the next power if `monic`, by Horner's rule."""
        *lower, last = coefficients
        value = self.sum(x, last) if monic else self.constant(last)
        for coefficient in reversed(lower):
            value = self.sum(self.product(value, x), coefficient)
        return value

    def _value(self, operand: SSAValue | float) -> SSAValue:
        return operand if isinstance(operand, SSAValue) else self.constant(operand)


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
    lowest = -(2.0 - 2.0**-23) * 2.0**127
    return e.product(e.maximum(x, lowest), step)


def _scaled_tanh(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return e.product(_tanh(e, e.product(x, beta), alpha, beta), alpha)


def _hard_sigmoid(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return e.maximum(e.minimum(e.sum(e.product(x, alpha), beta), 1.0), 0.0)


def _softsign(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    return e.quotient(x, e.sum(_magnitude(e, x), 1.0))


def _elu(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    below = e.difference(_exp_of_negative(e, e.minimum(x, 0.0)), 1.0)
    return e.sum(e.maximum(x, 0.0), e.product(below, alpha))


def _exp(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    """
    Return exp(x), within 6e-7 of itself; half a unit of the last place more where subnormal.

    The square of exp(x / 2): each half is a normal number for every x that has a finite, nonzero
    result, so overflow to infinity and underflow to zero come from the product alone.
    """
    half = _power_of_e(e, e.product(e.minimum(e.maximum(x, -EXP_LIMIT), EXP_LIMIT), 0.5))
    return e.product(half, half)


def _softplus(e: Expansion, x: SSAValue, alpha: float, beta: float) -> SSAValue:
    # max(x, 0) + log(1 + u), u = exp(-|x|), and log(1 + u) = 2 artanh(u / (u + 2)).
    u = _exp_of_negative(e, e.minimum(x, e.negated(x)))
    s = e.quotient(u, e.sum(u, 2.0))
    series = [2.0 / (2 * n + 1) for n in range(6)]
    logarithm = e.product(s, e.polynomial(e.product(s, s), series, monic=False))
    return e.sum(e.maximum(x, 0.0), logarithm)


def _magnitude(e: Expansion, x: SSAValue) -> SSAValue:
    return e.maximum(x, e.negated(x))


def _exp_of_negative(e: Expansion, x: SSAValue) -> SSAValue:
    """Return exp(x) for x <= 0, within 3e-7; arguments below -87 give exp(-87) = 1.6e-38."""
    return _power_of_e(e, e.maximum(x, -87.0))


def _power_of_e(e: Expansion, x: SSAValue) -> SSAValue:
    """
    Return exp(x) for -87 <= x <= 88, within 3e-7 of itself.

    exp(x) = 2^n exp(r) with n the integer nearest to x / log 2 and |r| <= log(2) / 2: exp(r) by
    its Taylor polynomial of degree 6, 2^n by building the bits of the number.
    """
    n = e.add(ConvertOp(e.product(x, 1.0 / math.log(2.0)), i32))
    whole = e.add(ConvertOp(n, f32))
    # log 2 in two parts, the first short enough for n * part to be exact.
    high = 355.0 / 512.0
    r = e.difference(e.difference(x, e.product(whole, high)), e.product(whole, math.log(2) - high))
    power = e.polynomial(r, [1.0 / math.factorial(k) for k in range(7)], monic=False)
    bias = e.add(arith.ConstantOp(IntegerAttr(127, i32)))
    mantissa_bits = e.add(arith.ConstantOp(IntegerAttr(23, i32)))
    bits = e.add(arith.ShLIOp(e.add(arith.AddiOp(n, bias)), mantissa_bits))
    return e.product(power, e.add(arith.BitcastOp(bits, f32)))


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
    "softplus": _softplus,
    "exp": _exp,
}
