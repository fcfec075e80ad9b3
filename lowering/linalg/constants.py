"""Constants of any element type."""

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    AnyFloat,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    TensorType,
)
from xdsl.ir import Attribute
from xdsl.utils.hints import isa

Number = IntegerAttr | FloatAttr


def number(value: float, type: Attribute) -> Number:
    """Give a number of a type, rounded to it."""
    if isa(type, AnyFloat):
        return FloatAttr(value, type)
    if isa(type, IntegerType) or isa(type, IndexType):
        return IntegerAttr(int(value), type)
    raise RuntimeError(f"{type} has no numbers, this is a bug")


def elements(values: Sequence[float], type: TensorType) -> DenseIntOrFPElementsAttr:
    """Give the numbers of a tensor, rounded to its element type."""
    if isa(type, TensorType[AnyFloat]):
        return DenseIntOrFPElementsAttr.from_list(type, list(values))
    if isa(type, TensorType[IntegerType]):
        return DenseIntOrFPElementsAttr.from_list(type, [int(value) for value in values])
    raise RuntimeError(f"{type} has no numbers, this is a bug")
