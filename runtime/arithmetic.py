"""
What each `arith` operation computes on held values, see `spatial_opt.runtime.numerics`.

A value of type `vector<NxT>` has N as its last axis; leading axes are firings or units.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
    VectorType,
)
from xdsl.ir import Operation

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import (
    Array,
    element_bits,
    element_type_of,
    float_format,
    integer_range,
    round_to,
    storage_dtype,
)


def maximum(a: Array, b: Array) -> Array:
    """Give the larger of two floats; NaN wins, and -0 < +0."""
    result = np.asarray(np.maximum(a, b))
    # numpy leaves open which zero it gives; (+0) + (-0) is +0.
    return result if result.all() else np.where((a == 0) & (b == 0), a + b, result)


def minimum(a: Array, b: Array) -> Array:
    """Give the smaller of two floats; NaN wins, and -0 < +0."""
    result = np.asarray(np.minimum(a, b))
    return result if result.all() else np.where((a == 0) & (b == 0), -((-a) + (-b)), result)


def _maxnum(a: Array, b: Array) -> Array:
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, maximum(a, b)))


def _minnum(a: Array, b: Array) -> Array:
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, minimum(a, b)))


def _float_binary(compute: Callable[[Array, Array], Any]) -> Callable[..., Array]:
    def apply(op: Operation, a: Array, b: Array) -> Array:
        return round_to(np.asarray(compute(a, b)), element_type_of(op.results[0].type))

    return apply


def _float_unary(compute: Callable[[Array], Any]) -> Callable[..., Array]:
    def apply(op: Operation, a: Array) -> Array:
        return round_to(np.asarray(compute(a)), element_type_of(op.results[0].type))

    return apply


def _plain(compute: Callable[..., Any]) -> Callable[..., Array]:
    def apply(op: Operation, *operands: Array) -> Array:
        return np.asarray(compute(*operands))

    return apply


def _unsigned(a: Array) -> Array:
    return a if a.dtype == np.bool_ else a.view(np.dtype(f"u{a.dtype.itemsize}"))


def _signed(a: Array) -> Array:
    # A set i1 is -1 as a signed number.
    return -a.astype(np.int8) if a.dtype == np.bool_ else a


def _wrapping(compute: Callable[[Array, Array], Any]) -> Callable[..., Array]:
    def apply(op: Operation, a: Array, b: Array) -> Array:
        if a.dtype == np.bool_:
            return np.asarray(compute(a.astype(np.int8), b.astype(np.int8)) & 1).astype(np.bool_)
        return np.asarray(compute(a, b)).astype(a.dtype)

    return apply


_COMPARE_FLOATS: tuple[Callable[[Array, Array], Any], ...] = (
    lambda a, b: np.zeros(np.broadcast_shapes(a.shape, b.shape), np.bool_),
    lambda a, b: a == b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: (a < b) | (a > b),
    lambda a, b: ~(np.isnan(a) | np.isnan(b)),
    lambda a, b: ~((a < b) | (a > b)),
    lambda a, b: ~(a <= b),
    lambda a, b: ~(a < b),
    lambda a, b: ~(a >= b),
    lambda a, b: ~(a > b),
    lambda a, b: a != b,
    lambda a, b: np.isnan(a) | np.isnan(b),
    lambda a, b: np.ones(np.broadcast_shapes(a.shape, b.shape), np.bool_),
)
_COMPARE_INTEGERS: tuple[Callable[[Array, Array], Any], ...] = (
    lambda a, b: a == b,
    lambda a, b: a != b,
    lambda a, b: _signed(a) < _signed(b),
    lambda a, b: _signed(a) <= _signed(b),
    lambda a, b: _signed(a) > _signed(b),
    lambda a, b: _signed(a) >= _signed(b),
    lambda a, b: _unsigned(a) < _unsigned(b),
    lambda a, b: _unsigned(a) <= _unsigned(b),
    lambda a, b: _unsigned(a) > _unsigned(b),
    lambda a, b: _unsigned(a) >= _unsigned(b),
)


def _predicate(op: Operation) -> int:
    attr = op.properties.get("predicate", op.attributes.get("predicate"))
    if not isinstance(attr, IntegerAttr):
        raise RuntimeError(f"{op.name} without a predicate; this is a bug")
    return int(attr.value.data)


def _cmpf(op: Operation, a: Array, b: Array) -> Array:
    return np.asarray(_COMPARE_FLOATS[_predicate(op)](a, b))


def _cmpi(op: Operation, a: Array, b: Array) -> Array:
    return np.asarray(_COMPARE_INTEGERS[_predicate(op)](a, b))


def _select(op: Operation, condition: Array, a: Array, b: Array) -> Array:
    scalar = not isinstance(op.operands[0].type, VectorType)
    if scalar and isinstance(op.results[0].type, VectorType):
        condition = condition[..., None]
    return np.where(condition, a, b)


def _to_integer(op: Operation, a: Array) -> Array:
    result = element_type_of(op.results[0].type)
    low, high = integer_range(result)
    if storage_dtype(result) == np.bool_:
        low, high = -1, 0
    whole = np.nan_to_num(np.clip(np.trunc(a.astype(np.float64)), low, high), nan=0.0)
    return np.asarray(whole).astype(storage_dtype(result))


def _resize(signed: bool) -> Callable[..., Array]:
    def apply(op: Operation, a: Array) -> Array:
        dtype = storage_dtype(element_type_of(op.results[0].type))
        if dtype == np.bool_:
            return (a & 1).astype(dtype)
        return (_signed(a) if signed else _unsigned(a)).astype(dtype)

    return apply


def _from_integer(signed: bool) -> Callable[..., Array]:
    def apply(op: Operation, a: Array) -> Array:
        wide = (_signed(a) if signed else _unsigned(a)).astype(np.float32)
        return round_to(wide, element_type_of(op.results[0].type))

    return apply


def _to_format(op: Operation, a: Array) -> Array:
    return round_to(a, element_type_of(op.results[0].type))


def _shift(op: Operation, a: Array, b: Array) -> Array:
    unsigned, by = _unsigned(a), _unsigned(b)
    if op.name == "arith.shrsi":
        return np.asarray(np.right_shift(a, by.astype(a.dtype)))
    shift = np.left_shift if op.name == "arith.shli" else np.right_shift
    return np.asarray(shift(unsigned, by)).view(a.dtype)


def _bitcast(op: Operation, a: Array) -> Array:
    source, target = element_type_of(op.operands[0].type), element_type_of(op.results[0].type)
    if element_bits(source) != 32 or element_bits(target) != 32:
        raise SpatialError(f"arith.bitcast from {source} to {target}: only 32-bit types are held")
    return np.ascontiguousarray(a).view(storage_dtype(target)).reshape(a.shape)


def _constant(op: Operation) -> Array:
    if not isinstance(op, arith.ConstantOp):
        raise RuntimeError(f"{op.name} is no constant; this is a bug")
    element_type = element_type_of(op.result.type)
    attr = op.value
    if isinstance(attr, DenseIntOrFPElementsAttr):
        shape = tuple(getattr(op.result.type, "get_shape")())
        data = np.array(attr.get_values())
        data = np.broadcast_to(data.reshape(-1 if data.size == 1 else shape), shape)
    elif isinstance(attr, IntegerAttr | FloatAttr):
        data = np.array(attr.value.data)
    else:
        raise SpatialError(f"constant {attr} is not supported; use a number or dense elements")
    if float_format(element_type) is not None:
        return round_to(data.astype(np.float64), element_type)
    return data.astype(np.int64).astype(storage_dtype(element_type))


_ARITH: dict[str, Callable[..., Array]] = {
    "arith.addf": _float_binary(np.add),
    "arith.subf": _float_binary(np.subtract),
    "arith.mulf": _float_binary(np.multiply),
    "arith.divf": _float_binary(np.divide),
    "arith.maximumf": _plain(maximum),
    "arith.minimumf": _plain(minimum),
    "arith.maxnumf": _plain(_maxnum),
    "arith.minnumf": _plain(_minnum),
    "arith.negf": _plain(np.negative),
    "arith.cmpf": _cmpf,
    "arith.cmpi": _cmpi,
    "arith.select": _select,
    "arith.addi": _wrapping(np.add),
    "arith.subi": _wrapping(np.subtract),
    "arith.muli": _wrapping(np.multiply),
    "arith.maxsi": _plain(np.maximum),
    "arith.minsi": _plain(np.minimum),
    "arith.andi": _plain(np.bitwise_and),
    "arith.ori": _plain(np.bitwise_or),
    "arith.xori": _plain(np.bitwise_xor),
    "arith.shli": _shift,
    "arith.shrsi": _shift,
    "arith.shrui": _shift,
    "arith.extsi": _resize(signed=True),
    "arith.extui": _resize(signed=False),
    "arith.trunci": _resize(signed=True),
    "arith.index_cast": _resize(signed=True),
    "arith.sitofp": _from_integer(signed=True),
    "arith.uitofp": _from_integer(signed=False),
    "arith.fptosi": _to_integer,
    "arith.extf": _to_format,
    "arith.truncf": _to_format,
    "arith.bitcast": _bitcast,
    "arith.constant": _constant,
    "math.absf": _plain(np.abs),
    "math.floor": _plain(np.floor),
    "math.ceil": _plain(np.ceil),
    "math.sqrt": _float_unary(np.sqrt),
    "math.copysign": _plain(np.copysign),
}


SUPPORTED = frozenset(_ARITH)
"""Names of the operations that `apply_arith` applies."""


def apply_arith(op: Operation, operands: Sequence[Array]) -> Array:
    """
    Apply an `arith` operation to held values; element by element on vectors.

    `fptosi` truncates, saturates, and gives 0 for NaN; `sitofp` goes through float32. Raises
    `SpatialError` for an operation without a definition.
    """
    apply = _ARITH.get(op.name)
    if apply is None:
        raise SpatialError(
            f"operation {op.name} has no arithmetic in the interpreter; rewrite it with arith "
            "operations that have (see spatial_opt.runtime.numerics)"
        )
    with np.errstate(all="ignore"):
        return apply(op, *operands)
