"""
Powers of two among f32 numbers.

Multiplying by a power of two moves no rounding as long as no number overflows or becomes
subnormal. Shifts are at most 2^±24 and constants stay within 2^±100, so this holds in every
program whose f32 numbers are zero or between 2^-100 and 2^100 in magnitude.
"""

import math

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, f32
from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects.pattern import ConvertOp

LARGEST_SHIFT = 24
"""Greatest power of two that a value takes on or loses."""
LARGEST_EXPONENT = 100
"""Constants and scales stay between 2^-100 and 2^100."""


def constant_of(value: SSAValue) -> float | None:
    """Return the number of a scalar f32 constant, None for any other value."""
    owner = value.owner
    if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, FloatAttr):
        return owner.value.value.data if value.type == f32 else None
    return None


def power_of_two(number: float) -> int | None:
    """Return n when the number is 2^n, else None."""
    if not math.isfinite(number) or number <= 0:
        return None
    mantissa, exponent = math.frexp(number)
    return exponent - 1 if mantissa == 0.5 else None


def scaling_of(op: Operation) -> int | None:
    """Return n when an operation multiplies an f32 by 2^n with n neither 0 nor large."""
    match op:
        case arith.MulfOp():
            factor = constant_of(op.rhs)
            factor = constant_of(op.lhs) if factor is None else factor
        case arith.DivfOp():
            divisor = constant_of(op.rhs)
            factor = 1.0 / divisor if divisor else None
        case ConvertOp() if op.input.type == f32 and op.result.type == f32:
            factor = op.scale_value
        case _:
            return None
    exponent = None if factor is None else power_of_two(factor)
    return exponent if exponent and abs(exponent) <= LARGEST_SHIFT else None


def scaled(number: float, shift: int) -> float | None:
    """Return number * 2^shift, None when one of both is outside the bounds of this module."""
    if number == 0.0 or shift == 0:
        return number
    result = math.ldexp(number, shift)
    for value in (number, result):
        if not math.isfinite(value) or abs(math.frexp(value)[1]) > LARGEST_EXPONENT:
            return None
    return result
