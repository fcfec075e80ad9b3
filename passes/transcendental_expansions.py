"""
exp, log, erf and what is made of them, as IEEE single arithmetic.

Like all expansions without comparison or selection, so that they hold lane by lane on vectors.
"""

import math

from xdsl.dialects import arith
from xdsl.dialects import math as math_dialect
from xdsl.dialects.builtin import IntegerAttr, f32, i32
from xdsl.ir import SSAValue

from spatial_opt.dialects.pattern import ConvertOp
from spatial_opt.passes.expansion import Expansion

EXP_LIMIT = 104.0
"""Arguments of exp beyond give zero and infinity in f32: e^-104 is less than half of 2^-149."""

LEAST_NORMAL, GREATEST = 2.0**-126, (2.0 - 2.0**-23) * 2.0**127
"""The least normal number of f32, and the greatest finite one."""

ERF_LIMIT = 4.0
"""Arguments beyond are clamped: 1 - erf(4) is 1.5e-8."""
ERF_NUMERATOR = (1.12837914, 0.185208322, 0.0509556951, 3.40829109e-3, 2.29050659e-4)
ERF_DENOMINATOR = (
    *(1.0, 0.497469251, 0.110985052, 0.0140704702),
    *(1.01796253e-3, 2.35479665e-5, -1.17916030e-7),
)
"""
erf(x) = x * P(x^2) / Q(x^2) on [-4, 4], constant terms first, within 1e-6 in single precision.

The coefficients are those that the Eigen library takes (https://eigen.tuxfamily.org).
"""

_ROOT_HALF_BITS = 0x3F3504F3
"""1/sqrt(2) in f32, as an integer."""


def exp(e: Expansion, x: SSAValue) -> SSAValue:
    """
    Return exp(x), within 6e-7 of itself; half a unit of the last place more where subnormal.

    The square of exp(x / 2): each half is a normal number for every x that has a finite, nonzero
    result, so overflow to infinity and underflow to zero come from the product alone.
    """
    half = _power_of_e(e, e.product(e.minimum(e.maximum(x, -EXP_LIMIT), EXP_LIMIT), 0.5))
    return e.product(half, half)


def softplus(e: Expansion, x: SSAValue) -> SSAValue:
    """Return log(1 + exp(x))."""
    # max(x, 0) + log(1 + u), u = exp(-|x|), and log(1 + u) = 2 artanh(u / (u + 2)).
    u = exp_of_negative(e, e.minimum(x, e.negated(x)))
    s = e.quotient(u, e.sum(u, 2.0))
    series = [2.0 / (2 * n + 1) for n in range(6)]
    logarithm = e.product(s, e.polynomial(e.product(s, s), series, monic=False))
    return e.sum(e.maximum(x, 0.0), logarithm)


def exp_of_negative(e: Expansion, x: SSAValue) -> SSAValue:
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


def log(e: Expansion, x: SSAValue) -> SSAValue:
    """
    Return log(x), within 2e-7 of itself or of 1e-7; subnormal numbers count as the least normal.

    log(x) = n log 2 + log(m) with 1/sqrt(2) <= m < sqrt(2), n and m taken from the bits of x,
    and log(m) = 2 artanh((m - 1) / (m + 1)).
    """
    bits = e.add(arith.BitcastOp(e.minimum(e.maximum(x, LEAST_NORMAL), GREATEST), i32))
    width = e.add(arith.ConstantOp(IntegerAttr(23, i32)))
    least = e.add(arith.ConstantOp(IntegerAttr(_ROOT_HALF_BITS, i32)))
    n = e.add(arith.ShRSIOp(e.add(arith.SubiOp(bits, least)), width))
    m = e.add(arith.BitcastOp(e.add(arith.SubiOp(bits, e.add(arith.ShLIOp(n, width)))), f32))
    whole = e.add(ConvertOp(n, f32))
    f = e.difference(m, 1.0)
    s = e.quotient(f, e.sum(f, 2.0))
    square = e.product(s, s)
    tail = e.polynomial(square, [2.0 / (2 * k + 1) for k in range(1, 6)], monic=False)
    # 2 s = f - f s keeps f exact, which dominates near one.
    near = e.difference(f, e.product(s, e.difference(f, e.product(square, tail))))
    high = 355.0 / 512.0
    value = e.sum(e.product(whole, high), e.sum(near, e.product(whole, math.log(2) - high)))
    return _at_the_ends(e, x, value)


def _at_the_ends(e: Expansion, x: SSAValue, value: SSAValue) -> SSAValue:
    """Make a logarithm -inf at zero, inf at infinity, and NaN below zero and at NaN."""
    step = e.product(e.product(e.minimum(e.maximum(x, 0.0), 1.0), 2.0**127), 2.0**127)
    zero = e.product(e.product(e.difference(e.minimum(step, 1.0), 1.0), 2.0**127), 2.0)
    infinity = e.maximum(e.difference(x, GREATEST), 0.0)
    # A root that is NaN below zero, and otherwise adds nothing.
    negative = e.product(e.add(math_dialect.SqrtOp(e.minimum(x, 1.0))), 0.0)
    return e.sum(e.sum(value, e.sum(zero, infinity)), negative)


def erf(e: Expansion, x: SSAValue) -> SSAValue:
    """Return the error function of x, within 1e-6."""
    x = e.minimum(e.maximum(x, -ERF_LIMIT), ERF_LIMIT)
    square = e.product(x, x)
    numerator = e.product(x, e.polynomial(square, ERF_NUMERATOR, monic=False))
    value = e.quotient(numerator, e.polynomial(square, ERF_DENOMINATOR, monic=False))
    return e.minimum(e.maximum(value, -1.0), 1.0)
