"""
Number formats in upstream operations.

A float of 8 or 16 bits is *held* as the f32 of the same value, as everywhere in this project: a
product of two f8E4M3FN is the f32 product, rounded once. Upstream writes that rounding as
`arith.truncf` followed by `arith.extf`; 8-bit floats saturate, so theirs has limits in front.
"""

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import AnyFloat, IndexType, IntegerType, f32, i32
from xdsl.dialects.utils import FastMathFlag
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import ConvertOp, is_float, represents
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.machine.errors import SpatialError

LARGEST_8_BIT = {"f8E4M3FN": 448.0, "f8E5M2": 57344.0}
"""Largest finite values, at which these formats saturate."""
_EXACT = 1 << 24
"""Integers up to here are f32 numbers."""

ANY_ORDER = arith.FastMathFlagsAttr([FastMathFlag.REASSOC, FastMathFlag.ALLOW_CONTRACT])
"""On a sum whose order is free."""


def held_type(type: Attribute) -> Attribute:
    """Give the type that holds values of an element type in a body."""
    return f32 if is_float(type) else type


def round_to(e: Emitter, value: SSAValue, type: Attribute) -> SSAValue:
    """Round an f32 to a float format, to nearest even; the result is held."""
    if type == f32:
        return value
    limit = LARGEST_8_BIT.get(type.name)
    if limit is not None:
        value = e.add(arith.MaximumfOp(value, e.real(-limit)))
        value = e.add(arith.MinimumfOp(value, e.real(limit)))
    return hold(e, e.add(arith.TruncFOp(value, type)))


def hold(e: Emitter, value: SSAValue) -> SSAValue:
    """Give the held value of an element."""
    if not is_float(value.type) or value.type == f32:
        return value
    held = e.add(arith.ExtFOp(value, f32))
    e.remember_narrow(held, value)
    return held


def store(e: Emitter, value: SSAValue, type: Attribute) -> SSAValue:
    """Give the element of a type that a held value stands for; the conversion is exact."""
    if value.type == type:
        return value
    return e.narrow(value, type) or e.add(arith.TruncFOp(value, type))


def apply_convert(e: Emitter, op: ConvertOp, value: SSAValue) -> SSAValue:
    """Convert a held value as `pattern.convert` does."""
    return convert(
        e,
        value,
        op.input.type,
        op.result.type,
        op.scale_value,
        op.rounding.data,
        op.clamp_range,
    )


def convert(
    e: Emitter,
    value: SSAValue,
    source: Attribute,
    target: Attribute,
    scale: float | None = None,
    rounding: str = "nearest_even",
    clamp: tuple[int, int] | None = None,
) -> SSAValue:
    """Convert a held value of `source` to `target`, as `pattern.convert` defines it."""
    from_float = is_float(source)
    exact = represents(target, source)
    if scale is not None or (is_float(target) and not from_float):
        if not from_float:
            value = e.add(arith.SIToFPOp(value, f32))
        exact, from_float = from_float and scale is None and exact, True
        if scale is not None:
            value = e.add(arith.MulfOp(value, e.real(scale)))
    if is_float(target):
        if exact:
            return value
        if rounding == "toward_zero":
            return _truncate(e, value, target)
        return round_to(e, value, target)
    if not isa(target, IntegerType):
        raise RuntimeError(f"conversion to {target}, this is a bug")
    low, high = integer_range(target) if clamp is None else clamp
    if not from_float:
        return _resize(e, value, target, low, high, clamp is not None)
    whole = math.RoundEvenOp if rounding == "nearest_even" else math.TruncOp
    return saturate(e, e.add(whole(value)), target, low, high)


def integer_range(type: Attribute) -> tuple[int, int]:
    """Give the least and greatest value of an integer type; i1 is 0 and 1."""
    if not isa(type, IntegerType):
        raise RuntimeError(f"{type} is no type of integers, this is a bug")
    bits = type.width.data
    return (0, 1) if bits == 1 else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def saturate(e: Emitter, whole: SSAValue, target: Attribute, low: int, high: int) -> SSAValue:
    """Give a whole f32 as an integer between two bounds; NaN gives 0."""
    # What is out of range must not reach fptosi, whose result would be undefined.
    number = e.add(arith.CmpfOp(whole, whole, "ord"))
    if max(-low, high) <= _EXACT:
        value = _limited(e, whole, float(low), "olt")
        value = _limited(e, value, float(high), "ogt")
        value = e.add(arith.SelectOp(number, value, e.real(0.0)))
        integer = e.add(arith.FPToSIOp(value, i32))
    else:
        # These limits need not be f32 numbers, so that integers are clamped.
        top = float(1 << 31)
        value = _limited(e, whole, -top, "olt")
        beyond = e.add(arith.CmpfOp(whole, e.real(top), "oge"))
        value = e.add(arith.SelectOp(beyond, e.real(0.0), value))
        value = e.add(arith.SelectOp(number, value, e.real(0.0)))
        integer = e.add(arith.FPToSIOp(value, i32))
        most = e.integer((1 << 31) - 1, i32)
        integer = e.add(arith.SelectOp(beyond, most, integer))
        if (low, high) != integer_range(i32):
            integer = e.add(arith.MaxSIOp(integer, e.integer(low, i32)))
            integer = e.add(arith.MinSIOp(integer, e.integer(high, i32)))
            integer = e.add(arith.SelectOp(number, integer, e.integer(0, i32)))
    return _cut(e, integer, target)


def _limited(e: Emitter, value: SSAValue, limit: float, beyond: str) -> SSAValue:
    constant = e.real(limit)
    return e.add(arith.SelectOp(e.add(arith.CmpfOp(value, constant, beyond)), constant, value))


def _cut(e: Emitter, value: SSAValue, target: Attribute) -> SSAValue:
    if value.type == target:
        return value
    return e.add(arith.TruncIOp(value, _integer(target)))


def _resize(
    e: Emitter, value: SSAValue, target: Attribute, low: int, high: int, clamped: bool
) -> SSAValue:
    """Convert between integers, saturating."""
    width, wanted = _integer(value.type).width.data, _integer(target).width.data
    if wanted > width:
        extend = arith.ExtUIOp if width == 1 else arith.ExtSIOp
        value = e.add(extend(value, _integer(target)))
    if clamped or wanted < width:
        value = e.add(arith.MaxSIOp(value, e.integer(low, value.type)))
        value = e.add(arith.MinSIOp(value, e.integer(high, value.type)))
    return _cut(e, value, target)


def _integer(type: Attribute) -> IntegerType:
    if not isa(type, IntegerType):
        raise SpatialError(f"{type} is no type of integers that upstream code can hold")
    return type


def _truncate(e: Emitter, value: SSAValue, target: Attribute) -> SSAValue:
    """Round towards zero: to nearest, then back to the neighbour where that went outwards."""
    nearest = round_to(e, value, target)
    if target == f32:
        return value
    narrow = store(e, nearest, target)
    magnitude = e.add(math.AbsFOp(nearest))
    outwards = e.add(arith.CmpfOp(magnitude, e.add(math.AbsFOp(value)), "ogt"))
    # One less in the bits is one step towards zero, from infinity to the greatest number too.
    bits = IntegerType(_bits(target))
    pattern = e.add(arith.BitcastOp(narrow, bits))
    back = e.add(arith.SubiOp(pattern, e.integer(1, bits)))
    chosen = e.add(arith.SelectOp(outwards, back, pattern))
    return hold(e, e.add(arith.BitcastOp(chosen, target)))


def _bits(type: Attribute) -> int:
    if not isinstance(type, AnyFloat):
        raise RuntimeError(f"{type} is no float, this is a bug")
    return type.bitwidth


def to_index(e: Emitter, value: SSAValue) -> SSAValue:
    """Give an integer as an index."""
    if isinstance(value.type, IndexType):
        return value
    return e.add(arith.IndexCastOp(value, IndexType()))
