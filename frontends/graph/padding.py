"""Elements added around a tensor: a number, or elements of the tensor itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.broadcasting import broadcast_access, expand
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import concatenate, part, renamed, shifted, strided
from spatial_opt.frontends.graph.tensor import Array, Kind, Tensor
from spatial_opt.lowering.rnn.emitter import Dims, Emitter
from spatial_opt.machine.errors import SpatialError

Mode = Literal["reflect", "edge", "wrap"]
"""What is added: the neighbours turned round, the last element again, or the other end."""


def pad(
    graph: Graph,
    name: str,
    x: Tensor,
    before: Sequence[int],
    after: Sequence[int],
    value: float | bool = 0,
) -> Tensor:
    """Add a number in front of and behind each dimension; negative counts cut off."""
    shape = tuple(
        extent + first + last for extent, first, last in zip(x.shape, before, after, strict=True)
    )
    if shape == x.shape and not any(before):
        return renamed(x, name)

    def access(i: Dims) -> Sequence[AffineExpr]:
        return [shifted(index, -first) for index, first in zip(i, before, strict=True)]

    # The number stands in a table of the dimensions that grow, zero where the tensor is.
    around = Tensor.constant(f"{name}.around", _around(x, before, after, value))
    combine = scalars.either if x.kind is Kind.BOOLEAN else scalars.add

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        found = graph.read(e, x, indices, access, padded=True)
        if around.is_zero:
            return found
        place = broadcast_access(around.shape, len(indices))
        return combine(e, found, graph.read(e, around, indices, place))

    return graph.kernel(name, shape, x.kind, body)


def _around(x: Tensor, before: Sequence[int], after: Sequence[int], value: float | bool) -> Array:
    dtype = {Kind.FLOAT: np.float32, Kind.INTEGER: np.int64, Kind.BOOLEAN: np.bool_}[x.kind]
    grows = [max(first, last) > 0 for first, last in zip(before, after, strict=True)]
    shape = [
        extent + first + last if more else 1
        for extent, first, last, more in zip(x.shape, before, after, grows, strict=True)
    ]
    found = np.full(shape, value, dtype)
    inside = [
        slice(max(0, first), first + extent) if more else slice(None)
        for extent, first, more in zip(x.shape, before, grows, strict=True)
    ]
    found[tuple(inside)] = 0
    return found


def pad_with_own(
    graph: Graph, name: str, x: Tensor, before: Sequence[int], after: Sequence[int], mode: Mode
) -> Tensor:
    """
    Add elements of the tensor itself in front of and behind each dimension.

    Raises SpatialError where it has too few of them; negative counts cut off.
    """
    kept = [(max(0, -first), 1, extent) for first, extent in zip(before, x.shape, strict=True)]
    kept = [
        (start, 1, extent - start - max(0, -last))
        for (start, _, extent), last in zip(kept, after, strict=True)
    ]
    found = strided(graph, f"{name}.kept", x, kept)
    for axis in range(x.rank):
        found = _grown(graph, name, found, axis, max(0, before[axis]), max(0, after[axis]), mode)
    return renamed(found, name)


def _grown(
    graph: Graph, name: str, x: Tensor, axis: int, before: int, after: int, mode: Mode
) -> Tensor:
    extent = x.shape[axis]
    most = {"reflect": extent - 1, "wrap": extent, "edge": max(before, after)}[mode]
    if max(before, after) > most:
        raise SpatialError(
            f"{max(before, after)} elements are added to a dimension of {extent} by mode {mode}, "
            f"which has {most} to add; add fewer"
        )
    parts = [x]
    for count, in_front in ((before, True), (after, False)):
        if not count:
            continue
        label = f"{name}.{axis}.{'before' if in_front else 'after'}"
        added = _piece(graph, label, x, axis, count, mode, in_front=in_front)
        parts.insert(0 if in_front else len(parts), added)
    return concatenate(graph, f"{name}.{axis}", parts, axis)


def _piece(
    graph: Graph, name: str, x: Tensor, axis: int, count: int, mode: Mode, *, in_front: bool
) -> Tensor:
    extent = x.shape[axis]
    if mode == "edge":
        last = part(graph, name, x, axis, 0 if in_front else extent - 1, 1)
        return expand(graph, name, last, (*x.shape[:axis], count, *x.shape[axis + 1 :]))
    if mode == "wrap":
        return part(graph, name, x, axis, extent - count if in_front else 0, count)
    axes = [(0, 1, size) for size in x.shape]
    axes[axis] = (count if in_front else extent - 2, -1, count)
    return strided(graph, name, x, axes)
