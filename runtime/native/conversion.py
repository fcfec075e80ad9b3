"""Rounding into formats and conversion between them, as MLIR text."""

from xdsl.dialects.builtin import IndexType, IntegerType
from xdsl.ir import Attribute
from xdsl.utils.hints import isa

from spatial_opt.dialects.spatial import element_type
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import BF16, F16, F32, FloatFormat, float_format, integer_range
from spatial_opt.runtime.native.text import Val, Writer


def kind_of(type_: Attribute) -> str:
    """Give the kind that holds values of an element type in registers."""
    element = element_type(type_)
    if float_format(element) is not None:
        return "f32"
    if isinstance(element, IndexType):
        return "i64"
    if isa(element, IntegerType) and element.bitwidth in (1, 8, 16, 32, 64):
        return f"i{element.bitwidth}"
    raise SpatialError(f"element type {element} is not supported by the native evaluator")


def bits_of(kind: str) -> int:
    """Give the width of an integer kind."""
    return int(kind[1:])


# --- rounding -----------------------------------------------------------------------------------


def round_held(w: Writer, v: Val, fmt: FloatFormat | None, zero_sign: bool = True) -> Val:
    """
    Round an f32 to a format, to nearest even.

    Without `zero_sign` a result that is zero may be +0 or -0 (where nobody can tell them apart).
    """
    if fmt is None or fmt is F32:
        return v
    if fmt is F16:
        return w.cast("arith.extf", w.cast("arith.truncf", v, "f16"), "f32")
    if fmt is BF16:
        return _round_bfloat(w, v)
    # As in `formats`: adding and removing 1.5 * 2**23 units in the last place. Comparisons are
    # written so that a NaN stays, and so that each is one instruction of most machines.
    high, low = w.real(fmt.largest, v.width), w.real(-fmt.largest, v.width)
    c = w.select(w.compare("arith.cmpf olt", high, v), high, v)
    c = w.select(w.compare("arith.cmpf ogt", low, c), low, c)
    power = w.binary("arith.andi", _bits(w, c), w.integer(0x7F800000, "i32", v.width))
    least = w.integer((127 + fmt.min_exponent) << 23, "i32", v.width)
    power = w.binary("arith.maxui", power, least)
    # The unit is a power of two times a constant, which a fused multiply-add gives for nothing.
    factor = 1.5 * 2.0 ** (23 - fmt.mantissa)
    unit = _float(w, power)
    r = w.fused(unit, w.real(-factor, v.width), w.fused(unit, w.real(factor, v.width), c))
    return _copysign(w, r, v) if zero_sign else r


def _bits(w: Writer, v: Val) -> Val:
    return w.cast("arith.bitcast", v, "i32")


def _float(w: Writer, v: Val) -> Val:
    return w.cast("arith.bitcast", v, "f32")


def _copysign(w: Writer, magnitude: Val, sign: Val) -> Val:
    value = w.binary(
        "arith.andi", _bits(w, magnitude), w.integer(0x7FFFFFFF, "i32", magnitude.width)
    )
    minus = w.binary("arith.andi", _bits(w, sign), w.integer(-0x80000000, "i32", magnitude.width))
    return _float(w, w.binary("arith.ori", value, minus))


def _round_bfloat(w: Writer, v: Val) -> Val:
    # Not truncf: with AVX512-BF16 LLVM uses an instruction that flushes subnormals.
    bits = _bits(w, v)
    odd = w.binary("arith.shrui", bits, w.integer(16, "i32", v.width))
    odd = w.binary("arith.andi", odd, w.integer(1, "i32", v.width))
    half = w.binary("arith.addi", odd, w.integer(0x7FFF, "i32", v.width))
    bits = w.binary("arith.addi", bits, half)
    rounded = _float(w, w.binary("arith.andi", bits, w.integer(-0x10000, "i32", v.width)))
    missing = w.compare("arith.cmpf uno", v, v)
    return w.select(missing, w.real(float("nan"), v.width), rounded)


def _truncate(w: Writer, v: Val, fmt: FloatFormat | None) -> Val:
    """Round towards zero: to nearest, then one unit back where that went outwards."""
    if fmt is None or fmt is F32:
        return v
    high, low = w.real(fmt.largest, v.width), w.real(-fmt.largest, v.width)
    c = w.select(w.compare("arith.cmpf olt", high, v), high, v)
    c = w.select(w.compare("arith.cmpf ogt", low, c), low, c)
    if fmt is BF16:
        r = _float(w, w.binary("arith.andi", _bits(w, c), w.integer(-0x10000, "i32", v.width)))
        r = w.select(w.compare("arith.cmpf uno", v, v), v, r)
    else:
        power = w.binary("arith.andi", _bits(w, c), w.integer(0x7F800000, "i32", v.width))
        least = w.integer((127 + fmt.min_exponent) << 23, "i32", v.width)
        power = w.binary("arith.maxui", power, least)
        ulp = _float(
            w, w.binary("arith.subi", power, w.integer(fmt.mantissa << 23, "i32", v.width))
        )
        units = w.unary("math.trunc", w.binary("arith.divf", c, ulp))
        r = w.binary("arith.mulf", units, ulp)
    if not fmt.saturates:
        infinite = w.compare(
            "arith.cmpf oeq", w.unary("math.absf", v), w.real(float("inf"), v.width)
        )
        r = w.select(infinite, v, r)
    return _copysign(w, r, v)


# --- conversion ---------------------------------------------------------------------------------


def convert(
    w: Writer,
    v: Val,
    source: Attribute,
    target: Attribute,
    scale: float | None = None,
    rounding: str = "nearest_even",
    clamp: tuple[int, int] | None = None,
    zero_sign: bool = True,
) -> Val:
    """Convert a held value of type `source` to `target` as `numerics.convert_values` does."""
    source, target = element_type(source), element_type(target)
    fmt = float_format(target)
    from_float = float_format(source) is not None
    if scale is not None or (fmt is not None and not from_float):
        if not from_float:
            v = w.cast("arith.sitofp", v, "f32")
        from_float = True
        if scale is not None:
            v = w.binary("arith.mulf", v, w.real(scale, v.width))
            source = target if fmt is None else source
        exact = False
    else:
        exact = _represents(target, source)
    if fmt is not None:
        if exact:
            return v
        return (
            _truncate(w, v, fmt) if rounding == "toward_zero" else round_held(w, v, fmt, zero_sign)
        )
    kind = kind_of(target)
    low, high = integer_range(target) if clamp is None else clamp
    if not from_float:
        return _resize_saturating(w, v, kind, low, high, clamp is not None)
    v = w.unary("math.roundeven" if rounding == "nearest_even" else "math.trunc", v)
    return w.cast("arith.trunci", saturating_integer(w, v, low, high), kind)


def saturating_integer(w: Writer, v: Val, low: int, high: int) -> Val:
    """Give a whole f32 as an i32 between two bounds; NaN gives 0."""
    # What is out of range must not reach fptosi, whose result would be undefined.
    inside = w.compare("arith.cmpf ord", v, v)
    least = w.real(float(low), v.width)
    c = w.select(w.compare("arith.cmpf olt", v, least), least, v)
    if max(-low, high) <= 1 << 24:
        most = w.real(float(high), v.width)
        c = w.select(w.compare("arith.cmpf ogt", c, most), most, c)
        c = w.select(inside, c, w.real(0.0, v.width))
        return w.cast("arith.fptosi", c, "i32")
    most = w.real(float(1 << 31), v.width)
    beyond = w.compare("arith.cmpf oge", v, most)
    c = w.select(beyond, w.real(0.0, v.width), c)
    c = w.select(inside, c, w.real(0.0, v.width))
    whole = w.cast("arith.fptosi", c, "i32")
    whole = w.select(beyond, w.integer((1 << 31) - 1, "i32", v.width), whole)
    if (low, high) != (-(1 << 31), (1 << 31) - 1):
        zero = w.integer(0, "i32", v.width)
        whole = w.binary("arith.maxsi", whole, w.integer(low, "i32", v.width))
        whole = w.binary("arith.minsi", whole, w.integer(high, "i32", v.width))
        whole = w.select(inside, whole, zero)
    return whole


def _represents(target: Attribute, source: Attribute) -> bool:
    a, b = float_format(target), float_format(source)
    if a is None or b is None:
        return False
    return (
        a.mantissa >= b.mantissa
        and a.min_exponent - a.mantissa <= b.min_exponent - b.mantissa
        and a.largest >= b.largest
        and (b.saturates or not a.saturates)
    )


def _resize_saturating(w: Writer, v: Val, kind: str, low: int, high: int, clamped: bool) -> Val:
    bits, wanted = bits_of(v.kind), bits_of(kind)
    if wanted > bits and not clamped:
        return w.cast("arith.extui" if v.kind == "i1" else "arith.extsi", v, kind)
    if wanted == bits and not clamped:
        return v
    if wanted > bits:
        v = w.cast("arith.extsi", v, kind)
    v = w.binary("arith.maxsi", v, w.integer(low, v.kind, v.width))
    v = w.binary("arith.minsi", v, w.integer(high, v.kind, v.width))
    return w.cast("arith.trunci", v, kind)
