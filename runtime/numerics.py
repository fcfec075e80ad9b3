"""
The arithmetic of every operation, once, bit-true for its number format, on numpy arrays.

Each function takes and gives *held* values (see `spatial_opt.runtime.formats`): a value of type
`T` is an array of any shape, and a value of type `vector<NxT>` has N as its last axis, so the
same call computes one firing or all firings of a unit at once.

Floats of 8 and 16 bits compute the float32 result and round it once; f32 is IEEE single without
fused multiply-add; integers wrap.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute, Operation

from spatial_opt.dialects.pattern_tables import FUNCTIONS
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.arithmetic import apply_arith, maximum, minimum
from spatial_opt.runtime.formats import (
    Array,
    FloatFormat,
    element_bits,
    element_type_of,
    float_format,
    integer_range,
    round_to,
    storage_dtype,
    truncate_to,
)

__all__ = [
    "TABLE_FUNCTIONS",
    "Array",
    "FloatFormat",
    "accumulate",
    "apply_arith",
    "apply_convert",
    "combine",
    "convert_values",
    "element_bits",
    "element_type_of",
    "float_format",
    "identity",
    "integer_range",
    "quantise",
    "round_to",
    "storage_dtype",
    "table_values",
    "tree",
    "truncate_to",
]


def convert_values(
    values: Array,
    source_type: Attribute,
    target_type: Attribute,
    scale: float | None = None,
    rounding: str = "nearest_even",
    clamp: tuple[int, int] | None = None,
) -> Array:
    """
    Convert held values of `source_type` to `target_type` (element types).

    The value is `round(x * scale)`, the product in float32 (an integer source becomes float32
    first), saturating to the target's range or to `clamp` for integer targets. NaN gives 0 in
    an integer. `rounding` is "nearest_even" or "toward_zero". Shape is kept.
    """
    target = float_format(target_type)
    from_float = float_format(source_type) is not None
    if scale is not None or (target is not None and not from_float):
        values = values.astype(np.float32)
        from_float = True
        if scale is not None:
            with np.errstate(all="ignore"):
                values = np.multiply(values, np.float32(scale))
    if target is not None:
        return _to_float(values, target_type, rounding)
    low, high = integer_range(target_type) if clamp is None else clamp
    dtype = storage_dtype(target_type)
    if not from_float:
        if clamp is None and np.can_cast(values.dtype, dtype):
            return values.astype(dtype, copy=False)
        return np.clip(values.astype(np.int64), low, high).astype(dtype)
    # float32 can't hold every 32-bit bound, float64 can.
    with np.errstate(all="ignore"):
        wide = values if max(-low, high) <= 1 << 24 else values.astype(np.float64)
        whole = np.rint(wide) if rounding == "nearest_even" else np.trunc(wide)
        whole = np.nan_to_num(np.clip(whole, low, high), copy=False, nan=0.0)
        return np.asarray(whole).astype(dtype)


def _to_float(values: Array, target_type: Attribute, rounding: str) -> Array:
    if rounding == "toward_zero":
        return truncate_to(values, target_type)
    return round_to(values, target_type)


def apply_convert(
    op: Operation | Array,
    values: Array | Attribute,
    target_type: Attribute | None = None,
    scale: float | None = None,
    rounding: str = "nearest_even",
    clamp: tuple[int, int] | None = None,
) -> Array:
    """
    Apply a `pattern.convert` operation to held values, as `apply_convert(op, values)`.

    Also `apply_convert(values, source_type, target_type, scale, rounding, clamp)`, which is
    `convert_values`.
    """
    if not isinstance(op, Operation):
        if isinstance(values, np.ndarray) or target_type is None:
            raise RuntimeError("apply_convert needs the source and target types; this is a bug")
        return convert_values(op, values, target_type, scale, rounding, clamp)
    if not isinstance(values, np.ndarray):
        raise RuntimeError("apply_convert needs an array for its operation; this is a bug")
    fields = op.properties
    scale_attr = fields.get("scale")
    rounding_attr = fields.get("rounding")
    clamp_attr: Any = fields.get("clamp")
    limits = None if clamp_attr is None else tuple(int(v) for v in clamp_attr.get_values())
    return convert_values(
        values,
        element_type_of(op.operands[0].type),
        element_type_of(op.results[0].type),
        None if scale_attr is None else float(getattr(scale_attr, "value").data),
        "nearest_even" if rounding_attr is None else str(getattr(rounding_attr, "data")),
        None if limits is None else (limits[0], limits[1]),
    )


def quantise(array: Array, element_type: Attribute, scale: float | None = None) -> Array:
    """
    Store an array of ordinary numbers in a format: float32 first, times `scale`, then rounded.

    Integers for an integer type without a scale stay exact and saturate.
    """
    values = np.asarray(array)
    if values.dtype == np.bool_:
        values = values.astype(np.int8)
    if values.dtype.kind not in "iu":
        with np.errstate(all="ignore"):
            values = values.astype(np.float32)
    elif float_format(element_type) is None and scale is None:
        low, high = integer_range(element_type)
        return np.clip(values, low, high).astype(storage_dtype(element_type))
    else:
        values = values.astype(np.float32)

    return convert_values(values, f32, element_type, scale)


def identity(kind: str, element_type: Attribute) -> Array:
    """Give the value that leaves others unchanged under add, mul, max or min (rank 0)."""
    dtype = storage_dtype(element_type)
    if kind == "add":
        return np.zeros((), dtype)
    if kind == "mul":
        return np.ones((), dtype)
    if kind not in ("max", "min"):
        raise SpatialError(f"{kind!r} is not a way to combine; use one of add, mul, max, min")
    if float_format(element_type) is not None:
        return np.array(-np.inf if kind == "max" else np.inf, dtype)
    low, high = integer_range(element_type)
    return np.array(low if kind == "max" else high, dtype)


def combine(kind: str, a: Array, b: Array, element_type: Attribute) -> Array:
    """Combine two arrays of held values element by element: add, mul, max or min."""
    floating = float_format(element_type) is not None
    with np.errstate(all="ignore"):
        if kind == "add":
            return round_to(np.asarray(np.add(a, b)), element_type)
        if kind == "mul":
            return round_to(np.asarray(np.multiply(a, b)), element_type)
        if kind == "max":
            return maximum(a, b) if floating else np.asarray(np.maximum(a, b))
        if kind == "min":
            return minimum(a, b) if floating else np.asarray(np.minimum(a, b))
    raise SpatialError(f"{kind!r} is not a way to combine; use one of add, mul, max, min")


def tree(kind: str, array: Array, types_per_level: Sequence[Attribute]) -> Array:
    """
    Combine the last axis by a tree of adjacent pairs: (e0, e1), (e2, e3), ...

    Level n computes in `types_per_level[min(n, len - 1)]`, its operands converted first; an odd
    element out passes to the next level. A last axis of one element comes back unconverted.
    """
    level = 0
    while array.shape[-1] > 1:
        element_type = types_per_level[min(level, len(types_per_level) - 1)]
        array = _into(array, element_type)
        count = array.shape[-1]
        pairs = count // 2 * 2
        joined = combine(kind, array[..., 0:pairs:2], array[..., 1:pairs:2], element_type)
        if count > pairs:
            joined = np.concatenate((joined, array[..., pairs:]), axis=-1)
        array = joined
        level += 1
    return array[..., 0]


def _into(array: Array, element_type: Attribute) -> Array:
    """Convert held values to a type, going by their dtype: rounding depends on values only."""
    dtype = storage_dtype(element_type)
    if array.dtype == dtype:
        fmt = float_format(element_type)
        return array if fmt is None or fmt.bits == 32 else round_to(array, element_type)
    if dtype == np.float32:
        return round_to(array.astype(np.float32), element_type)
    low, high = integer_range(element_type)
    if array.dtype.kind == "f":
        return convert_values(array, f32, element_type)
    return np.clip(array.astype(np.int64), low, high).astype(dtype)


def accumulate(kind: str, array: Array, element_type: Attribute) -> Array:
    """Combine the last axis one after another in ascending order, starting at the identity."""
    total = np.broadcast_to(identity(kind, element_type), array.shape[:-1])
    for n in range(array.shape[-1]):
        total = combine(kind, total, array[..., n], element_type)
    return np.asarray(total)


TABLE_FUNCTIONS: dict[str, Callable[[float], float]] = {
    **FUNCTIONS,
    "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
    "softsign": lambda x: x / (1.0 + abs(x)),
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "erf": math.erf,
    "gelu": lambda x: 0.5 * x * (1.0 + math.erf(x / math.sqrt(2.0))),
    "relu": lambda x: max(x, 0.0),
    "hardsigmoid": lambda x: min(max(0.2 * x + 0.5, 0.0), 1.0),
    "identity": lambda x: x,
}
"""Functions a table can hold, evaluated in float64."""


def table_values(
    function: str, entries: int, low: float, high: float, element_type: Attribute
) -> Array:
    """Give f(low + j * (high - low) / entries) for j in 0..entries-1, rounded once (1-D)."""
    if function not in TABLE_FUNCTIONS:
        known = ", ".join(TABLE_FUNCTIONS)
        raise SpatialError(f"no table of function {function!r}; use one of {known}")
    f = TABLE_FUNCTIONS[function]
    exact = np.array([f(low + j * (high - low) / entries) for j in range(entries)], np.float64)
    if float_format(element_type) is not None:
        return round_to(exact, element_type)
    bounds = integer_range(element_type)
    return np.clip(np.rint(exact), *bounds).astype(storage_dtype(element_type))
