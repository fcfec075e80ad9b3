"""
Number formats: how each element type is held in numpy arrays, and how values round into it.

A float of at most 32 bits is *held* as a float32 whose value the format can represent, so a
product or sum of two held values is one float32 operation followed by one rounding. An integer
is held in its own dtype.

The 8-bit formats are those of Micikevicius et al., "FP8 Formats for Deep Learning" (2022), used
with saturation: what lies beyond the largest finite value becomes the largest finite value, and
only NaN stays NaN. The 16-bit formats overflow to infinity as IEEE 754 says.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float8E4M3FNType,
    Float8E5M2Type,
    Float16Type,
    Float32Type,
    IndexType,
    IntegerType,
    TensorType,
    VectorType,
)
from xdsl.ir import Attribute

from spatial_opt.machine.errors import SpatialError

Array = npt.NDArray[Any]
"""An array of held values; scalars are arrays of rank 0."""


@dataclass(frozen=True)
class FloatFormat:
    """A binary floating-point format, with subnormals, held exactly by float32."""

    name: str
    bits: int
    mantissa: int
    """Stored bits of the significand."""
    min_exponent: int
    """Exponent of the smallest normal number."""
    largest: float
    """Largest finite value."""
    saturates: bool
    """Whether overflow gives the largest finite value instead of an infinity."""


F32 = FloatFormat("f32", 32, 23, -126, float(np.finfo(np.float32).max), False)
F16 = FloatFormat("f16", 16, 10, -14, 65504.0, False)
BF16 = FloatFormat("bf16", 16, 7, -126, 255 * 2.0**120, False)
E4M3 = FloatFormat("f8E4M3FN", 8, 3, -6, 448.0, True)
E5M2 = FloatFormat("f8E5M2", 8, 2, -14, 57344.0, True)

_FLOATS: dict[type[Attribute], FloatFormat] = {
    Float32Type: F32,
    Float16Type: F16,
    BFloat16Type: BF16,
    Float8E4M3FNType: E4M3,
    Float8E5M2Type: E5M2,
}
_INTEGERS: dict[int, np.dtype[Any]] = {
    1: np.dtype(np.bool_),
    8: np.dtype(np.int8),
    16: np.dtype(np.int16),
    32: np.dtype(np.int32),
    64: np.dtype(np.int64),
}

_CHUNK = 1 << 15
"""Elements rounded at a time, so that the temporaries stay in the cache."""


def element_type_of(value_type: Attribute) -> Attribute:
    """Give the element type of a vector or tensor, and a scalar type unchanged."""
    # Called for every operation of every activation; `isa` would take a hundred times longer.
    if isinstance(value_type, VectorType | TensorType):
        return cast("VectorType[Attribute] | TensorType[Attribute]", value_type).element_type
    return value_type


def float_format(element_type: Attribute) -> FloatFormat | None:
    """Give the float format of a type, or None for integers and index."""
    return _FLOATS.get(type(element_type))


def storage_dtype(element_type: Attribute) -> np.dtype[Any]:
    """Give the numpy dtype that holds values of `element_type`; `SpatialError` if unsupported."""
    if type(element_type) in _FLOATS:
        return np.dtype(np.float32)
    if isinstance(element_type, IndexType):
        return np.dtype(np.int64)
    if isinstance(element_type, IntegerType) and element_type.bitwidth in _INTEGERS:
        return _INTEGERS[element_type.bitwidth]
    raise SpatialError(
        f"element type {element_type} is not supported; use one of f32, f16, bf16, f8E4M3FN, "
        "f8E5M2, i8, i16, i32, i1, index"
    )


def element_bits(element_type: Attribute) -> int:
    """Give the width in bits of one element; an index counts as 32."""
    if isinstance(element_type, IndexType):
        return 32
    if isinstance(element_type, IntegerType):
        return element_type.bitwidth
    found = float_format(element_type)
    return found.bits if found is not None else storage_dtype(element_type).itemsize * 8


def round_to(array: Array, element_type: Attribute) -> Array:
    """
    Round exact values to the nearest of a float format, ties to even.

    `array` is float32, or float64 (then also rounded only once). Beyond the largest finite
    value 8-bit formats saturate (infinities too) and the others give infinities. NaN stays, and
    zeros keep their sign. Integer types return the array unchanged.
    """
    fmt = float_format(element_type)
    if fmt is None:
        return array
    if array.dtype != np.float32:
        array = _narrow(array, fmt)
    if fmt is F32:
        return array
    flat = np.ascontiguousarray(array).reshape(-1)
    out = np.empty_like(flat)
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, _CHUNK):
            piece = slice(start, start + _CHUNK)
            _round_flat(flat[piece], out[piece], fmt)
    return out.reshape(array.shape)


def _round_flat(values: Array, out: Array, fmt: FloatFormat) -> None:
    if fmt is BF16:
        _round_bfloat(values, out)
        return
    # Adding and removing 1.5 * 2**23 units in the last place lets the adder round to nearest
    # even; the unit is that of the value's own binade, or of the subnormals below the normals.
    limit = np.float32(fmt.largest if fmt.saturates else 2.0 ** (np.log2(fmt.largest) // 1 + 1))
    clipped = np.minimum(values, limit)
    np.maximum(clipped, -limit, out=clipped)
    unit = (clipped.view(np.int32) & np.int32(0x7F800000)).view(np.float32)
    np.maximum(unit, np.float32(2.0**fmt.min_exponent), out=unit)
    np.multiply(unit, np.float32(1.5 * 2.0 ** (23 - fmt.mantissa)), out=unit)
    np.add(clipped, unit, out=out)
    np.subtract(out, unit, out=out)
    if not fmt.saturates:
        # 2**(e + 1) for the largest exponent e is the value that has to become an infinity.
        up = np.float32(2.0**127 / float(limit) * 2.0)
        np.multiply(out, up, out=out)
        np.multiply(out, np.float32(1.0) / up, out=out)
    np.copysign(out, values, out=out)


def _round_bfloat(values: Array, out: Array) -> None:
    bits = values.view(np.uint32)
    rounded = out.view(np.uint32)
    np.right_shift(bits, np.uint32(16), out=rounded)
    np.bitwise_and(rounded, np.uint32(1), out=rounded)
    np.add(rounded, np.uint32(0x7FFF), out=rounded)
    np.add(rounded, bits, out=rounded)
    np.bitwise_and(rounded, np.uint32(0xFFFF0000), out=rounded)
    missing = np.isnan(values)
    if missing.any():
        out[missing] = np.float32(np.nan)


def _narrow(array: Array, fmt: FloatFormat) -> Array:
    """Bring float64 to float32: to nearest for f32, to odd otherwise, so that rounding follows."""
    wide = array.astype(np.float64)
    with np.errstate(all="ignore"):
        near = np.asarray(wide.astype(np.float32))
    if fmt is F32:
        return near
    with np.errstate(all="ignore"):
        inexact = (near.astype(np.float64) != wide) & np.isfinite(near)
        even = (near.view(np.uint32) & np.uint32(1)) == 0
        toward = np.where(near.astype(np.float64) < wide, np.float32(np.inf), np.float32(-np.inf))
        return np.where(inexact & even, np.nextafter(near, toward), near)


def truncate_to(array: Array, element_type: Attribute) -> Array:
    """
    Round float32 values to a float format towards zero.

    A finite value beyond the largest finite one gives the largest finite one; infinities stay
    where the format has them and saturate otherwise.
    """
    fmt = float_format(element_type)
    if fmt is None or fmt is F32:
        return array
    with np.errstate(all="ignore"):
        limit = np.float32(fmt.largest)
        clipped = np.maximum(np.minimum(array, limit), -limit)
        power = (np.asarray(clipped).view(np.int32) & np.int32(0x7F800000)).view(np.float32)
        unit = np.maximum(power, np.float32(2.0**fmt.min_exponent)).astype(np.float64)
        unit = unit * 2.0**-fmt.mantissa
        result = (np.trunc(clipped / unit) * unit).astype(np.float32)
        if not fmt.saturates:
            result = np.where(np.isinf(array), array, result)
        return np.copysign(result, array)


def integer_range(element_type: Attribute) -> tuple[int, int]:
    """Give the smallest and largest value of an integer type (i1 is 0 and 1)."""
    dtype = storage_dtype(element_type)
    if dtype == np.bool_:
        return 0, 1
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)
