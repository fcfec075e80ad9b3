"""What each `arith` and `math` operation of a pattern body computes, in upstream operations."""

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    Float32Type,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    f32,
    i1,
    i32,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import ConvertOp
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.numbers import (
    apply_convert,
    convert,
    integer_range,
    round_to,
    saturate,
)
from spatial_opt.machine.errors import SpatialError

_Apply = Callable[[Emitter, Operation, Sequence[SSAValue]], SSAValue]
_Unary = Callable[[SSAValue], Operation]
_Binary = Callable[[SSAValue, SSAValue], Operation]


def _unary(make: _Unary, rounded: bool = False) -> _Apply:
    def apply(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
        value = e.add(make(args[0]))
        return round_to(e, value, op.results[0].type) if rounded else value

    return apply


def _binary(make: _Binary, rounded: bool = False) -> _Apply:
    def apply(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
        value = e.add(make(args[0], args[1]))
        return round_to(e, value, op.results[0].type) if rounded else value

    return apply


def _bitwise(make: _Binary, bits: _Binary) -> _Apply:
    """An operation that is another one on i1, whose values are 0 and 1."""

    def apply(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
        return e.add((bits if op.results[0].type == i1 else make)(args[0], args[1]))

    return apply


def _number(make: _Binary) -> _Apply:
    """The greater or lesser of two floats, where a NaN loses."""

    def apply(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
        a, b = args
        best = e.add(make(a, b))
        best = e.add(arith.SelectOp(e.add(arith.CmpfOp(b, b, "uno")), a, best))
        return e.add(arith.SelectOp(e.add(arith.CmpfOp(a, a, "uno")), b, best))

    return apply


def _predicate(op: Operation) -> int:
    attribute = op.properties.get("predicate", op.attributes.get("predicate"))
    if not isa(attribute, IntegerAttr):
        raise RuntimeError(f"{op.name} without a predicate, this is a bug")
    return attribute.value.data


def _cmpf(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
    return e.add(arith.CmpfOp(args[0], args[1], _predicate(op)))


def _cmpi(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
    return e.add(arith.CmpiOp(args[0], args[1], _predicate(op)))


def _select(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
    return e.add(arith.SelectOp(args[0], args[1], args[2]))


def _resize(make: Callable[[SSAValue, IntegerType], Operation]) -> _Apply:
    def apply(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
        target = op.results[0].type
        if not isa(target, IntegerType):
            raise RuntimeError(f"{op.name} to {target}, this is a bug")
        return e.add(make(args[0], target))

    return apply


def _index_cast(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
    return e.add(arith.IndexCastOp(args[0], op.results[0].type))


def _from_integer(make: Callable[[SSAValue, Float32Type], Operation]) -> _Apply:
    def apply(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
        return round_to(e, e.add(make(args[0], f32)), op.results[0].type)

    return apply


def _to_integer(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
    target = op.results[0].type
    if not isa(target, IntegerType) or target.width.data > 32:
        raise SpatialError(f"{op.name} to {target} has no definition; convert to i32 at most")
    low, high = (-1, 0) if target == i1 else integer_range(target)
    return saturate(e, e.add(math.TruncOp(args[0])), target, low, high)


def _to_format(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
    return convert(e, args[0], op.operands[0].type, op.results[0].type)


def _shift(make: _Binary) -> _Apply:
    """A shift by any number of places: beyond the width only the sign is left, or nothing."""

    def apply(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
        value, by = args
        places = by.owner
        if isinstance(places, arith.ConstantOp) and isa(places.value, IntegerAttr):
            if 0 <= places.value.value.data < _width(value.type):
                return e.add(make(value, by))
        last = e.integer(_width(value.type) - 1, value.type)
        shifted = e.add(make(value, e.add(arith.MinUIOp(by, last))))
        if op.name == "arith.shrsi":
            return shifted
        within = e.add(arith.CmpiOp(by, last, "ule"))
        return e.add(arith.SelectOp(within, shifted, e.integer(0, value.type)))

    return apply


def _width(type: Attribute) -> int:
    return type.width.data if isa(type, IntegerType) else 64


def _bitcast(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
    source, target = op.operands[0].type, op.results[0].type
    if source not in (f32, i32) or target not in (f32, i32):
        raise SpatialError(
            f"arith.bitcast from {source} to {target} has no definition; only f32 and i32 have "
            "bits of their own in a pattern"
        )
    return args[0] if source == target else e.add(arith.BitcastOp(args[0], target))


def _constant(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
    value = op.properties["value"]
    if isa(value, FloatAttr):
        # The attribute holds a number of its format.
        return e.real(value.value.data)
    if not isa(value, IntegerAttr):
        raise SpatialError(f"constant {value} of a body is no number; write one")
    return e.constant(value)


OPERATIONS: dict[str, _Apply] = {
    "arith.addf": _binary(arith.AddfOp, rounded=True),
    "arith.subf": _binary(arith.SubfOp, rounded=True),
    "arith.mulf": _binary(arith.MulfOp, rounded=True),
    "arith.divf": _binary(arith.DivfOp, rounded=True),
    "arith.maximumf": _binary(arith.MaximumfOp),
    "arith.minimumf": _binary(arith.MinimumfOp),
    "arith.maxnumf": _number(arith.MaximumfOp),
    "arith.minnumf": _number(arith.MinimumfOp),
    "arith.negf": _unary(arith.NegfOp),
    "arith.cmpf": _cmpf,
    "arith.cmpi": _cmpi,
    "arith.select": _select,
    "arith.addi": _binary(arith.AddiOp),
    "arith.subi": _binary(arith.SubiOp),
    "arith.muli": _binary(arith.MuliOp),
    "arith.maxsi": _bitwise(arith.MaxSIOp, arith.OrIOp),
    "arith.minsi": _bitwise(arith.MinSIOp, arith.AndIOp),
    "arith.andi": _binary(arith.AndIOp),
    "arith.ori": _binary(arith.OrIOp),
    "arith.xori": _binary(arith.XOrIOp),
    "arith.shli": _shift(arith.ShLIOp),
    "arith.shrsi": _shift(arith.ShRSIOp),
    "arith.shrui": _shift(arith.ShRUIOp),
    "arith.extsi": _resize(arith.ExtSIOp),
    "arith.extui": _resize(arith.ExtUIOp),
    "arith.trunci": _resize(arith.TruncIOp),
    "arith.index_cast": _index_cast,
    "arith.sitofp": _from_integer(arith.SIToFPOp),
    "arith.uitofp": _from_integer(arith.UIToFPOp),
    "arith.fptosi": _to_integer,
    "arith.extf": _to_format,
    "arith.truncf": _to_format,
    "arith.bitcast": _bitcast,
    "arith.constant": _constant,
    "math.absf": _unary(math.AbsFOp),
    "math.floor": _unary(math.FloorOp),
    "math.ceil": _unary(math.CeilOp),
    "math.sqrt": _unary(math.SqrtOp, rounded=True),
    "math.copysign": _binary(math.CopySignOp),
}
"""How an operation on held values is written, by name."""


def apply(e: Emitter, op: Operation, args: Sequence[SSAValue]) -> SSAValue:
    """
    Write a scalar operation on held values; returns the held result.

    Raises `SpatialError` for an operation without a definition in a pattern body.
    """
    if isinstance(op, ConvertOp):
        return apply_convert(e, op, args[0])
    write = OPERATIONS.get(op.name)
    if write is None:
        raise SpatialError(
            f"{op.name} has no definition in a pattern body; rewrite it with operations of arith "
            "and math that have (docs/dialects/pattern.md)"
        )
    return write(e, op, args)


def is_scalar_operation(op: Operation) -> bool:
    """Tell whether an operation computes a scalar from scalars."""
    if isinstance(op, ConvertOp):
        return True
    if op.name not in OPERATIONS:
        return False
    return not isa(op.properties.get("value"), DenseIntOrFPElementsAttr)
