"""The ways to combine the values of a reduction, and what leaves them unchanged."""

from xdsl.dialects import arith
from xdsl.dialects.builtin import f32, i1
from xdsl.ir import Attribute, SSAValue

from spatial_opt.dialects.pattern import is_float
from spatial_opt.lowering.linalg.constants import Number, number
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.numbers import (
    ANY_ORDER,
    LARGEST_8_BIT,
    integer_range,
    round_to,
)

_FLOATS = {"add": 0.0, "mul": 1.0, "max": float("-inf"), "min": float("inf")}
_INTEGERS = {
    "add": arith.AddiOp,
    "mul": arith.MuliOp,
    "max": arith.MaxSIOp,
    "min": arith.MinSIOp,
}
_BITS = {"add": arith.XOrIOp, "mul": arith.AndIOp, "max": arith.OrIOp, "min": arith.AndIOp}
"""The same for i1, whose values are 0 and 1."""


def identity(kind: str, type: Attribute, stored: bool = False) -> Number:
    """
    Give the value that leaves others unchanged: held, or `stored` as an element of the type.

    8-bit floats end at their greatest finite value.
    """
    if is_float(type):
        limit = LARGEST_8_BIT.get(type.name, float("inf"))
        return number(max(-limit, min(limit, _FLOATS[kind])), type if stored else f32)
    low, high = integer_range(type)
    return number({"add": 0, "mul": 1, "max": low, "min": high}[kind], type)


def combine(
    e: Emitter, kind: str, a: SSAValue, b: SSAValue, type: Attribute, any_order: bool = False
) -> SSAValue:
    """
    Combine two held values of a type: add, mul, max or min.

    `any_order` says that the order in which values are combined is free.
    """
    if not is_float(type):
        return e.add((_BITS if type == i1 else _INTEGERS)[kind](a, b))
    if kind in ("max", "min"):
        return e.add((arith.MaximumfOp if kind == "max" else arith.MinimumfOp)(a, b))
    flags = ANY_ORDER if any_order and type == f32 else None
    result = e.add((arith.AddfOp if kind == "add" else arith.MulfOp)(a, b, flags))
    return round_to(e, result, type)


def keeps_order(kind: str, type: Attribute) -> bool:
    """
    Tell whether the order of combining decides more than the last bits of an f32.

    Integers and extremes come out the same in any order; sums of 8- and 16-bit floats do not,
    since every partial sum is rounded.
    """
    return is_float(type) and type != f32 and kind in ("add", "mul")
