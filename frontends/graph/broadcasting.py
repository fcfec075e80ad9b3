"""Shapes that broadcast to a common one, as numpy has it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import moved, renamed
from spatial_opt.frontends.graph.tensor import Shape, Tensor
from spatial_opt.lowering.rnn.emitter import Access, Dims
from spatial_opt.machine.errors import SpatialError


def broadcast_access(shape: Shape, rank: int) -> Access:
    """Return where a tensor of a shape is read for an index of a broadcast one of some rank."""

    def access(i: Dims) -> Sequence[AffineExpr | int]:
        own = i[rank - len(shape) :]
        return [0 if extent == 1 else index for index, extent in zip(own, shape, strict=True)]

    return access


def broadcast_shape(shapes: Sequence[Shape]) -> Shape:
    """Return the shape that shapes broadcast to, as numpy does; SpatialError if they don't."""
    rank = max(len(shape) for shape in shapes)
    result: list[int] = []
    for position in range(rank):
        extents = {
            shape[position - rank + len(shape)] for shape in shapes if position >= rank - len(shape)
        } - {1}
        if len(extents) > 1:
            listed = " and ".join("x".join(map(str, shape)) or "()" for shape in shapes)
            raise SpatialError(
                f"shapes {listed} do not broadcast: dimension {position} has the extents "
                f"{' and '.join(map(str, sorted(extents)))}; make them equal or 1"
            )
        result.append(extents.pop() if extents else 1)
    return tuple(result)


def expand(graph: Graph, name: str, x: Tensor, shape: Shape) -> Tensor:
    """Broadcast a tensor to a shape."""
    if x.shape == shape:
        return renamed(x, name)
    if x.array is not None:
        return Tensor.constant(name, np.broadcast_to(x.array, shape))
    return moved(graph, name, x, shape, broadcast_access(x.shape, len(shape)))
