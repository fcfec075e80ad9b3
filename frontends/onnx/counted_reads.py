"""What the steps of a loop read at counted places: a part of a tensor that moves evenly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.ir import SSAValue

from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import part
from spatial_opt.frontends.graph.loop import part_of_step
from spatial_opt.frontends.graph.tensor import Array, Tensor
from spatial_opt.frontends.onnx.call import Call


@dataclass(frozen=True)
class Piece:
    """What a step takes of a tensor: `count` elements from `first` + `stride` * step on, or one."""

    x: Tensor
    axis: int
    first: int
    stride: int
    count: int | None

    def write(self, graph: Graph, name: str, time: SSAValue) -> Tensor:
        """Write the kernel."""
        first, stride, count = self.first, self.stride, self.count
        return part_of_step(
            graph, name, self.x, self.axis, time, first=first, stride=stride, count=count
        )


def slice_of_steps(call: Call, x: Tensor, rows: Sequence[Array]) -> Piece | None:
    """Return the piece that starts, ends, axes and steps of all steps of a loop cut out."""
    if any(each.ndim != 2 for each in rows):
        return None
    starts, ends, axes, strides = [*rows, *_defaults(rows[0])[len(rows) - 2 :]]
    if len({each.shape for each in (starts, ends, axes, strides)}) > 1 or np.any(axes != axes[0]):
        return None
    pieces: list[tuple[int, Array, int]] = []
    for column, axis in enumerate(call.axes(axes[0].tolist(), x.rank)):
        limits = [each[:, column].tolist() for each in (starts, ends, strides)]
        if 0 in limits[2]:
            return None
        taken = [range(x.shape[axis])[slice(*at)] for at in zip(*limits, strict=True)]
        sizes = {len(places) for places in taken}
        apart = {places.step for places in taken if len(places) > 1}
        if len(sizes) > 1 or 0 in sizes or apart - {1}:
            return None
        pieces.append((axis, np.array([places.start for places in taken]), sizes.pop()))
    moving = [piece for piece in pieces if np.any(piece[1] != piece[1][0])] or pieces[:1]
    if len(moving) != 1:
        return None
    for axis, places, size in pieces:
        if axis != moving[0][0]:
            x = part(call.graph, x.name, x, axis, int(places[0]), size)
    return piece_at(x, *moving[0])


def _defaults(starts: Array) -> list[Array]:
    """Return the axes and steps of slices that give none."""
    columns: Array = np.broadcast_to(np.arange(starts.shape[1], dtype=np.int64), starts.shape)
    return [columns, np.ones_like(columns)]


def piece_at(x: Tensor, axis: int, places: Array, count: int | None) -> Piece | None:
    """Return the piece at places that are one per step and equally far from each other."""
    if places.ndim != 1:
        return None
    extent = x.shape[axis]
    places = np.where(places < 0, places + extent, places)
    steps = np.unique(np.diff(places))
    if len(steps) > 1 or places.min() < 0 or places.max() + (count or 1) > extent:
        return None
    return Piece(x, axis, int(places[0]), int(steps[0]) if len(steps) else 1, count)
