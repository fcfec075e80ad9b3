"""The values of a network while it is read: constants as numpy arrays, the rest as IR."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import IntegerType, f32, i32
from xdsl.ir import Attribute, SSAValue

Array = npt.NDArray[Any]
Shape = tuple[int, ...]


class Kind(Enum):
    """What the elements of a tensor are; each kind is computed in one type."""

    FLOAT = "numbers"
    INTEGER = "integers"
    BOOLEAN = "truth values"

    @property
    def element(self) -> Attribute:
        """Return the type of an element: f32, i32 or i1."""
        return {Kind.FLOAT: f32, Kind.INTEGER: i32, Kind.BOOLEAN: IntegerType(1)}[self]


def kind_of(array: Array) -> Kind | None:
    """Return the kind of an array's elements, None for what is no kind of number."""
    if array.dtype == np.bool_:
        return Kind.BOOLEAN
    if array.dtype.kind in "iu":
        return Kind.INTEGER
    # bfloat16 and the 8-bit floats of ml_dtypes say that they are of kind V.
    floating = array.dtype.kind == "f" or array.dtype.name.startswith(("bfloat16", "float8"))
    return Kind.FLOAT if floating else None


@dataclass(frozen=True, eq=False)
class Tensor:
    """
    A value of the network: of static shape, either a constant or computed when it runs.

    A tensor without dimensions stands in the IR as one with a dimension of one element, since
    the machine counts elements of dimensions.
    """

    name: str
    shape: Shape
    kind: Kind
    value: SSAValue | None = None
    """The IR of a value that is computed."""
    array: Array | None = None
    """The elements of a constant, in the front end's own number format."""

    @staticmethod
    def constant(name: str, array: Array) -> Tensor:
        """Return a constant; the array must hold numbers or truth values."""
        kind = kind_of(array)
        if kind is None:
            raise RuntimeError(f"constant {name} holds {array.dtype}, this is a bug")
        return Tensor(name, array.shape, kind, array=array)

    @property
    def rank(self) -> int:
        """Return the number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Return the number of elements."""
        return prod(self.shape)

    @property
    def ir_shape(self) -> Shape:
        """Return the shape in the IR."""
        return self.shape or (1,)

    @cached_property
    def splat(self) -> float | int | bool | None:
        """Return the one value that all elements of a constant have, if that is so."""
        if self.array is None or not self.array.size:
            return None
        numbers = self.array if self.kind is not Kind.FLOAT else self.array.astype(np.float32)
        first = numbers.flat[0]
        # By bits, so that neither -0 is 0 nor NaN differs from itself.
        width = np.dtype(f"u{numbers.dtype.itemsize}")
        bits = np.ascontiguousarray(numbers).view(width)
        return first.item() if (bits == bits.flat[0]).all() else None

    @property
    def is_zero(self) -> bool:
        """Return whether this is a constant all of whose elements are zero."""
        return self.array is not None and not np.any(self.array.astype(np.float32))
