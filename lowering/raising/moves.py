"""Operations that only move elements, as views; as copies where a view can't say it."""

from __future__ import annotations

from xdsl.dialects import tensor
from xdsl.dialects.linalg.ops import BroadcastOp, TransposeOp
from xdsl.ir import Operation

from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.tensors import element_type
from spatial_opt.lowering.raising.copies import concatenation, insertion, padding
from spatial_opt.lowering.raising.scalars import Surroundings
from spatial_opt.lowering.raising.slices import numbers_of, offsets_of, shape_of
from spatial_opt.lowering.raising.views import (
    Splat,
    Tensor,
    broadcast,
    permuted,
    reshaped,
    sliced,
)


def moved(op: Operation, around: Surroundings, e: Emitter) -> Tensor | None:
    """Give the tensor that an operation makes by moving elements; None for other operations."""
    match op:
        case tensor.EmptyOp():
            return Splat(shape_of(op, op.tensor), element_type(op.tensor), None)
        case tensor.SplatOp():
            value = around.scalar(op.input)
            return None if value is None else Splat(shape_of(op, op.result), value.type, value)
        case tensor.CastOp():
            return reshaped(around.tensor(op.source), shape_of(op, op.dest))
        case tensor.CollapseShapeOp() | tensor.ExpandShapeOp():
            return reshaped(around.tensor(op.src), shape_of(op, op.result))
        case tensor.ExtractSliceOp():
            return sliced(
                around.tensor(op.source),
                offsets_of(op, op.static_offsets, op.offsets, around),
                numbers_of(op, op.static_sizes, op.sizes, around),
                numbers_of(op, op.static_strides, op.strides, around),
                shape_of(op, op.result),
            )
        case TransposeOp():
            order = [int(n) for n in op.permutation.get_values()]
            return permuted(around.tensor(op.inputs[0]), order)
        case BroadcastOp():
            added = [int(n) for n in op.dimensions.get_values()]
            return broadcast(around.tensor(op.input), shape_of(op, op.init), added)
        case tensor.PadOp():
            return padding(op, around, e)
        case tensor.ConcatOp():
            return concatenation(op, around, e)
        case tensor.InsertSliceOp():
            return insertion(op, around, e)
        case _:
            return None
