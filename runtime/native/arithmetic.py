"""
What each operation computes, as MLIR text: the native twin of `spatial_opt.runtime.numerics`.

Values are held as there: floats of at most 32 bits as f32 that the format can represent, integers
in their own type. No fast-math flag is ever set, so LLVM neither fuses nor reorders.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from xdsl.dialects.builtin import FloatAttr, IndexType, IntegerAttr, IntegerType
from xdsl.ir import Attribute, Operation
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import ConvertOp
from spatial_opt.dialects.spatial import element_type
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import BF16, F16, F32, FloatFormat, float_format, integer_range
from spatial_opt.runtime.native.text import PREDICATES, Val, Writer

_FLOAT_PREDICATES = (
    "false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord",
    "ueq", "ugt", "uge", "ult", "ule", "une", "uno", "true",
)  # fmt: skip


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


# --- combining ----------------------------------------------------------------------------------


def identity(w: Writer, reduction: str, type_: Attribute, width: int) -> Val:
    """Give the value that leaves others unchanged, splat."""
    kind = kind_of(type_)
    if kind == "f32":
        value = {"add": 0.0, "mul": 1.0, "max": float("-inf"), "min": float("inf")}[reduction]
        return w.real(value, width)
    low, high = integer_range(element_type(type_))
    return w.integer({"add": 0, "mul": 1, "max": low, "min": high}[reduction], kind, width)


def combine(
    w: Writer, reduction: str, a: Val, b: Val, type_: Attribute, zero_sign: bool = True
) -> Val:
    """Combine two held values of `type_`: add, mul, max or min."""
    if a.kind != "f32":
        name = {"add": "addi", "mul": "muli", "max": "maxsi", "min": "minsi"}[reduction]
        return w.binary(f"arith.{name}", a, b)
    if reduction in ("max", "min"):
        return w.binary("arith.maximumf" if reduction == "max" else "arith.minimumf", a, b)
    result = w.binary("arith.addf" if reduction == "add" else "arith.mulf", a, b)
    return round_held(w, result, float_format(element_type(type_)), zero_sign)


# --- arith --------------------------------------------------------------------------------------

_Emit: TypeAlias = Callable[[Writer, Operation, list[Val], bool], Val]


def _float_binary(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    result = w.binary(op.name, *args)
    return round_held(w, result, float_format(element_type(op.results[0].type)), zero_sign)


def _same_binary(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    return w.binary(op.name, *args)


def _same_unary(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    return w.unary(op.name, *args)


def _number(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    """maxnumf and minnumf: a NaN loses."""
    a, b = w.level(*args)
    best = w.binary(op.name.replace("num", "imum"), a, b)
    best = w.select(w.compare("arith.cmpf uno", b, b), a, best)
    return w.select(w.compare("arith.cmpf uno", a, a), b, best)


def _predicate(op: Operation) -> int:
    attr = op.properties.get("predicate", op.attributes.get("predicate"))
    if not isinstance(attr, IntegerAttr):
        raise RuntimeError(f"{op.name} without a predicate; this is a bug")
    return int(attr.value.data)


def _cmpf(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    return w.compare(f"arith.cmpf {_FLOAT_PREDICATES[_predicate(op)]}", *args)


def _cmpi(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    return w.compare(f"arith.cmpi {PREDICATES[_predicate(op)]}", *args)


def _select(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    return w.select(*args)


def _extend(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    return w.cast(op.name, args[0], kind_of(op.results[0].type))


def _index_cast(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    kind = kind_of(op.results[0].type)
    wider = bits_of(kind) > bits_of(args[0].kind)
    return w.cast("arith.extsi" if wider else "arith.trunci", args[0], kind)


def _from_integer(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    result = w.cast(op.name, args[0], "f32")
    return round_held(w, result, float_format(element_type(op.results[0].type)))


def _to_integer(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    kind = kind_of(op.results[0].type)
    if bits_of(kind) > 32:
        raise SpatialError(f"{op.name} to {op.results[0].type} is not supported; use i32")
    low, high = (-1, 0) if kind == "i1" else integer_range(element_type(op.results[0].type))
    whole = w.unary("math.trunc", args[0])
    return w.cast("arith.trunci", saturating_integer(w, whole, low, high), kind)


def _to_format(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    source, target = op.operands[0].type, op.results[0].type
    return convert(w, args[0], source, target, zero_sign=zero_sign)


def _shift(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    a, by = w.level(*args)
    bits = bits_of(a.kind)
    last = w.integer(bits - 1, a.kind, a.width)
    small = w.binary("arith.minui", by, last)
    shifted = w.binary(op.name, a, small)
    if op.name == "arith.shrsi":
        return shifted
    return w.select(w.compare("arith.cmpi ule", by, last), shifted, w.integer(0, a.kind, a.width))


def _bitcast(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    source, target = (element_type(v.type) for v in (op.operands[0], op.results[0]))
    for type_ in (source, target):
        fmt = float_format(type_)
        if (fmt is not None and fmt is not F32) or (fmt is None and kind_of(type_) != "i32"):
            raise SpatialError(
                f"arith.bitcast from {source} to {target}: only 32-bit types are held"
            )
    return w.cast(op.name, args[0], kind_of(target))


_ARITH: dict[str, _Emit] = {
    **dict.fromkeys(("arith.addf", "arith.subf", "arith.mulf", "arith.divf"), _float_binary),
    **dict.fromkeys(("arith.maximumf", "arith.minimumf", "math.copysign"), _same_binary),
    **dict.fromkeys(("arith.maxnumf", "arith.minnumf"), _number),
    **dict.fromkeys(("arith.negf", "math.absf", "math.floor", "math.ceil"), _same_unary),
    "arith.cmpf": _cmpf,
    "arith.cmpi": _cmpi,
    "arith.select": _select,
    **dict.fromkeys(
        (
            "arith.addi", "arith.subi", "arith.muli", "arith.maxsi", "arith.minsi",
            "arith.andi", "arith.ori", "arith.xori",
        ),
        _same_binary,
    ),
    **dict.fromkeys(("arith.shli", "arith.shrsi", "arith.shrui"), _shift),
    **dict.fromkeys(("arith.extsi", "arith.extui", "arith.trunci"), _extend),
    "arith.index_cast": _index_cast,
    **dict.fromkeys(("arith.sitofp", "arith.uitofp"), _from_integer),
    "arith.fptosi": _to_integer,
    **dict.fromkeys(("arith.extf", "arith.truncf"), _to_format),
    "arith.bitcast": _bitcast,
}  # fmt: skip

OPERATIONS: tuple[str, ...] = ("arith.constant", "pattern.convert", *_ARITH)
"""Names of the operations defined here."""


def constant_value(op: Operation, lane: int) -> tuple[str, int | float]:
    """Give kind and value of one lane of an `arith.constant`."""
    from spatial_opt.runtime.numerics import apply_arith

    held = apply_arith(op, []).reshape(-1)
    value = held[lane if held.size > 1 else 0].item()
    return kind_of(op.results[0].type), value


def constant(w: Writer, op: Operation, lane: int, width: int) -> Val:
    """Give one lane of an `arith.constant`, splat over `width` firings."""
    kind, value = constant_value(op, lane)
    if kind == "f32":
        return w.real(float(value), width)
    return w.integer(int(value), kind, width)


def apply(w: Writer, op: Operation, args: Sequence[Val], zero_sign: bool = True) -> Val:
    """
    Emit an `arith`, `math` or `pattern.convert` operation on held values.

    Raises `SpatialError` for an operation without a definition.
    """
    if isinstance(op, ConvertOp):
        return convert(
            w,
            args[0],
            op.input.type,
            op.result.type,
            op.scale_value,
            op.rounding.data,
            op.clamp_range,
            zero_sign,
        )
    emit = _ARITH.get(op.name)
    if emit is None:
        raise SpatialError(
            f"operation {op.name} has no arithmetic in the native evaluator; rewrite it with "
            "arith operations that have (see spatial_opt.runtime.numerics)"
        )
    return emit(w, op, list(args), zero_sign)


def float_attribute(attr: Attribute | None) -> float | None:
    """Give the number in an optional float attribute."""
    return float(attr.value.data) if isinstance(attr, FloatAttr) else None
