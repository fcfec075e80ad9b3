"""How far apart in memory the elements are that neighbouring iterations of a loop touch."""

from __future__ import annotations

from math import prod

from xdsl.dialects import tensor
from xdsl.dialects.builtin import TensorType
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects.affine_bounds import linear_form


def strides_of(value: SSAValue) -> list[int]:
    """Give the distance in elements along each dimension of a tensor, once it is memory."""
    type = value.type
    if not isa(type, TensorType):
        return []
    shape = type.get_shape()
    op = value.owner
    if isinstance(op, tensor.ExpandShapeOp):
        return _split_strides(op)
    if not isinstance(op, tensor.ExtractSliceOp):
        return [prod(shape[position + 1 :]) for position in range(len(shape))]
    kept: list[int] = []
    steps = zip(
        strides_of(op.source),
        op.static_strides.get_values(),
        op.static_sizes.get_values(),
        strict=True,
    )
    remaining = list(shape)
    for distance, step, size in steps:
        # A dimension that the slice drops has one element; which one it is makes no difference.
        if remaining and remaining[0] == size:
            kept.append(distance * step)
            remaining.pop(0)
    return kept


def _split_strides(op: tensor.ExpandShapeOp) -> list[int]:
    shape = op.result.type.get_shape()
    strides: list[int] = []
    for distance, group in zip(strides_of(op.src), op.reassociation, strict=True):
        inner = [shape[number.value.data] for number in group]
        strides += [distance * prod(inner[place + 1 :]) for place in range(len(inner))]
    return strides


def loop_strides(op: GenericOp) -> list[list[int | None]]:
    """
    Give the distance for one step of each loop, per operand and loop.

    None where it is not the same everywhere.
    """
    maps = [map.data for map in op.indexing_maps]
    table: list[list[int | None]] = []
    for value, map in zip(op.operands, maps, strict=True):
        distances: list[int | None] = [0] * map.num_dims
        for expr, distance in zip(map.results, strides_of(value), strict=False):
            form = linear_form(expr, map.num_dims)
            for loop in range(map.num_dims):
                known = distances[loop]
                if form is None:
                    distances[loop] = None
                elif known is not None:
                    distances[loop] = known + form[0][loop] * distance
        table.append(distances)
    return table
