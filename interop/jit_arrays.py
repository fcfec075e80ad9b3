"""Arrays that native code reads and writes, aligned, with the descriptors it expects."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float8E4M3FNType,
    Float8E5M2Type,
    Float16Type,
)
from xdsl.ir import Attribute

from spatial_opt.runtime.formats import Array, storage_dtype

_ALIGNMENT = 64
_LARGE_PAGE = 1 << 21


_BITS: dict[type[Attribute], np.dtype[Any]] = {
    BFloat16Type: np.dtype(ml_dtypes.bfloat16),
    Float8E4M3FNType: np.dtype(ml_dtypes.float8_e4m3fn),
    Float8E5M2Type: np.dtype(ml_dtypes.float8_e5m2),
}


def memory_dtype(element: Attribute, bits: bool = False) -> np.dtype[Any]:
    """Give the dtype of an element in memory; small floats are f32 there, or else their `bits`."""
    if isinstance(element, Float16Type):
        return np.dtype(np.float16)
    small = _BITS.get(type(element)) if bits else None
    return storage_dtype(element) if small is None else small


def room(shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
    """Give an aligned array of zeros."""
    size = int(np.prod(shape)) * dtype.itemsize
    # Weights spread over small pages are read up to a quarter slower.
    unit = _LARGE_PAGE if size >= _LARGE_PAGE else _ALIGNMENT
    memory = np.zeros(size + unit, np.uint8)
    start = -memory.ctypes.data % unit
    return memory[start : start + size].view(dtype).reshape(shape)


def filled(held: Array, dtype: np.dtype[Any]) -> Array:
    """Give held values, which the dtype can represent, as an aligned array."""
    array = room(held.shape, dtype)
    array[...] = held
    return array


def held_values(array: Array, element: Attribute) -> Array:
    """Give the values of an array in memory as the rest of the project holds them."""
    return array.astype(storage_dtype(element))


def descriptor(array: Array) -> ctypes.Structure:
    """Give the description of a contiguous array that compiled code expects."""
    rank = array.ndim
    sizes = ctypes.c_int64 * rank

    class Descriptor(ctypes.Structure):
        _fields_ = [
            ("allocated", ctypes.c_void_p),
            ("aligned", ctypes.c_void_p),
            ("offset", ctypes.c_int64),
            *([("sizes", sizes), ("strides", sizes)] if rank else []),
        ]

    address = array.ctypes.data
    steps = [stride // array.itemsize for stride in array.strides]
    shape: list[Any] = [sizes(*array.shape), sizes(*steps)] if rank else []
    return Descriptor(address, address, 0, *shape)
