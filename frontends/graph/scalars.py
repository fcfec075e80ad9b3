"""Arithmetic on the elements of tensors: what a kernel's body computes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from xdsl.dialects import arith
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, IntegerType, f32, i32
from xdsl.ir import SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.frontends.graph.tensor import Kind
from spatial_opt.lowering.rnn.emitter import Emitter

Unary = Callable[[Emitter, SSAValue], SSAValue]
Binary = Callable[[Emitter, SSAValue, SSAValue], SSAValue]
AtIndices = Callable[[Emitter, SSAValue, Sequence[SSAValue]], SSAValue]
"""From a number and the indices of its element to a number."""

_LIFT = 2.0**127
"""Two factors of this lift the least number above one."""


def constant(e: Emitter, value: float | bool, kind: Kind) -> SSAValue:
    """Return a constant of a kind."""
    match kind:
        case Kind.FLOAT:
            return e.value(arith.ConstantOp(FloatAttr(float(value), f32)))
        case Kind.INTEGER:
            return e.value(arith.ConstantOp(IntegerAttr(int(value), i32)))
        case Kind.BOOLEAN:
            return e.value(arith.ConstantOp(IntegerAttr(int(bool(value)), IntegerType(1))))


def activation(function: str, alpha: float | None = None, beta: float | None = None) -> Unary:
    """Return one of the functions of `pattern.activate`."""

    def apply(e: Emitter, x: SSAValue) -> SSAValue:
        return e.value(pattern.ActivateOp(function, x, alpha=alpha, beta=beta))

    return apply


def add(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return a + b, floats or integers."""
    return e.value(arith.AddfOp(a, b) if a.type == f32 else arith.AddiOp(a, b))


def subtract(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return a - b."""
    return e.value(arith.SubfOp(a, b) if a.type == f32 else arith.SubiOp(a, b))


def multiply(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return a * b."""
    return e.value(arith.MulfOp(a, b) if a.type == f32 else arith.MuliOp(a, b))


def divide(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return a / b, floats only."""
    return e.value(arith.DivfOp(a, b))


def maximum(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return the greater one; NaN if one of two floats is."""
    return e.value(arith.MaximumfOp(a, b) if a.type == f32 else arith.MaxSIOp(a, b))


def minimum(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return the smaller one; NaN if one of two floats is."""
    return e.value(arith.MinimumfOp(a, b) if a.type == f32 else arith.MinSIOp(a, b))


def negate(e: Emitter, x: SSAValue) -> SSAValue:
    """Return -x."""
    if x.type == f32:
        return e.value(arith.NegfOp(x))
    return subtract(e, constant(e, 0, Kind.INTEGER), x)


def absolute(e: Emitter, x: SSAValue) -> SSAValue:
    """Return the magnitude of x."""
    if x.type == f32:
        return e.value(math_dialect.AbsFOp(x))
    return maximum(e, x, negate(e, x))


def select(e: Emitter, condition: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return a where the condition holds, else b."""
    return e.value(arith.SelectOp(condition, a, b))


def exclusive_or(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return whether exactly one of two truth values holds."""
    return e.value(arith.XOrIOp(a, b))


def both(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return whether two truth values hold."""
    return e.value(arith.AndIOp(a, b))


def either(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
    """Return whether one of two truth values holds."""
    return e.value(arith.OrIOp(a, b))


def invert(e: Emitter, x: SSAValue) -> SSAValue:
    """Return whether a truth value does not hold."""
    return exclusive_or(e, x, constant(e, True, Kind.BOOLEAN))


def compare(relation: str) -> Binary:
    """Return a comparison: eq, lt, le, gt or ge; none holds with NaN."""

    def apply(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
        if a.type == f32:
            return e.value(arith.CmpfOp(a, b, f"o{relation}"))
        prefix = "" if relation == "eq" else "s"
        return e.value(arith.CmpiOp(a, b, prefix + relation))

    return apply


def square_root(e: Emitter, x: SSAValue) -> SSAValue:
    """Return the root of x, correctly rounded."""
    return e.value(math_dialect.SqrtOp(x))


def floor(e: Emitter, x: SSAValue) -> SSAValue:
    """Return the greatest whole number that is not above x."""
    return e.value(math_dialect.FloorOp(x))


def ceiling(e: Emitter, x: SSAValue) -> SSAValue:
    """Return the least whole number that is not below x."""
    return e.value(math_dialect.CeilOp(x))


def reciprocal(e: Emitter, x: SSAValue) -> SSAValue:
    """Return 1 / x."""
    return divide(e, e.constant(1.0), x)


def round_even(e: Emitter, x: SSAValue) -> SSAValue:
    """Return the nearest whole number, the even one of two."""
    whole = e.value(pattern.ConvertOp(e.value(pattern.ConvertOp(x, i32)), f32))
    # What is 2^23 or more is whole already, and may be no i32; NaN stays NaN as well.
    small = compare("lt")(e, absolute(e, x), e.constant(2.0**23))
    signed = e.value(math_dialect.CopySignOp(whole, x))
    return select(e, small, signed, x)


def sign(e: Emitter, x: SSAValue) -> SSAValue:
    """Return -1, 0 or 1; NaN of NaN."""
    if x.type == f32:
        x = e.times(e.times(x, e.constant(_LIFT)), e.constant(_LIFT))
        return minimum(e, maximum(e, x, e.constant(-1.0)), e.constant(1.0))
    low, high = (constant(e, value, Kind.INTEGER) for value in (-1, 1))
    return minimum(e, maximum(e, x, low), high)


def gelu(e: Emitter, x: SSAValue) -> SSAValue:
    """Return x / 2 * (1 + erf(x / sqrt(2)))."""
    inner = activation("erf")(e, e.times(x, e.constant(math.sqrt(0.5))))
    return e.times(e.times(x, e.constant(0.5)), add(e, inner, e.constant(1.0)))


def gelu_by_tanh(e: Emitter, x: SSAValue) -> SSAValue:
    """Return x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))."""
    cube = e.times(e.times(x, x), e.times(x, e.constant(0.044715)))
    inner = activation("tanh")(e, e.times(add(e, x, cube), e.constant(math.sqrt(2.0 / math.pi))))
    return e.times(e.times(x, e.constant(0.5)), add(e, inner, e.constant(1.0)))


def power(exponent: float) -> Unary:
    """Return x to a constant power but 0; those that are no small whole numbers need x >= 0."""

    def apply(e: Emitter, x: SSAValue) -> SSAValue:
        if exponent == 0.5:
            return square_root(e, x)
        if exponent != round(exponent) or abs(exponent) > 64:
            scaled = e.times(activation("log")(e, x), e.constant(exponent))
            return activation("exp")(e, scaled)
        result, square, left = None, x, abs(int(exponent))
        while left:
            if left & 1:
                result = square if result is None else multiply(e, result, square)
            left >>= 1
            if left:
                square = multiply(e, square, square)
        assert result is not None
        return reciprocal(e, result) if exponent < 0 else result

    return apply


def exponential_of(base: float) -> Unary:
    """Return a positive constant to the power of x."""

    def apply(e: Emitter, x: SSAValue) -> SSAValue:
        return activation("exp")(e, e.times(x, e.constant(math.log(base))))

    return apply


def converted(e: Emitter, x: SSAValue, source: Kind, target: Kind) -> SSAValue:
    """Return a number as another kind: floats are cut to integers, all but zero is true."""
    match source, target:
        case (Kind.BOOLEAN, _) if target is not Kind.BOOLEAN:
            one, zero = constant(e, 1, target), constant(e, 0, target)
            return select(e, x, one, zero)
        case Kind.FLOAT, Kind.BOOLEAN:
            return e.value(arith.CmpfOp(x, e.constant(0.0), "une"))
        case Kind.INTEGER, Kind.BOOLEAN:
            return e.value(arith.CmpiOp(x, constant(e, 0, Kind.INTEGER), "ne"))
        case Kind.FLOAT, Kind.INTEGER:
            return e.value(pattern.ConvertOp(x, i32, rounding="toward_zero"))
        case Kind.INTEGER, Kind.FLOAT:
            return e.value(pattern.ConvertOp(x, f32))
        case _:
            return x
