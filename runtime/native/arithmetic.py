"""
What each operation computes, as MLIR text: the native twin of `spatial_opt.runtime.numerics`.

Values are held as there: floats of at most 32 bits as f32 that the format can represent, integers
in their own type. No fast-math flag is ever set, so LLVM neither fuses nor reorders.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Attribute, Operation

from spatial_opt.dialects.pattern import ConvertOp
from spatial_opt.dialects.spatial import element_type
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import F32, float_format, integer_range
from spatial_opt.runtime.native.conversion import (
    bits_of,
    convert,
    kind_of,
    round_held,
    saturating_integer,
)
from spatial_opt.runtime.native.text import PREDICATES, Val, Writer

_FLOAT_PREDICATES = (
    "false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord",
    "ueq", "ugt", "uge", "ult", "ule", "une", "uno", "true",
)  # fmt: skip


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


def _float_unary(w: Writer, op: Operation, args: list[Val], zero_sign: bool) -> Val:
    result = w.unary(op.name, *args)
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
    "math.sqrt": _float_unary,
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
