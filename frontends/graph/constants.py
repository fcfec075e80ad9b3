"""Constants as the IR takes them."""

from __future__ import annotations

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, IntegerType, TensorType, f32

from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.machine.errors import SpatialError


def zeros(tensor: Tensor) -> DenseIntOrFPElementsAttr:
    """Return zeros of a tensor's shape and kind."""
    if tensor.kind is Kind.FLOAT:
        return DenseIntOrFPElementsAttr.from_list(TensorType(f32, tensor.ir_shape), [0.0])
    bits = 1 if tensor.kind is Kind.BOOLEAN else 32
    return DenseIntOrFPElementsAttr.from_list(TensorType(IntegerType(bits), tensor.ir_shape), [0])


def checked_number(tensor: Tensor, value: float | bool) -> float | int | bool:
    """Return an element of a constant; raises SpatialError for an integer beyond 32 bits."""
    if tensor.kind is Kind.INTEGER and not -(2**31) <= value < 2**31:
        raise SpatialError(
            f"the integer {value} of {tensor.name!r} does not fit into 32 bits, in which integers "
            "are computed; use a smaller one"
        )
    return value
