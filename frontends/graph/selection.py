"""Elements taken at given places: slices where those are known, else products with one-hot rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.elementwise import convert
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import moved, reshape, strided
from spatial_opt.frontends.graph.matrix import matmul
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.lowering.rnn.emitter import Dims, Emitter
from spatial_opt.machine.errors import SpatialError


def take(graph: Graph, name: str, x: Tensor, places: Tensor, axis: int) -> Tensor:
    """
    Return the elements of `x` at `places` along an axis, which the shape of `places` replaces.

    Places may count from the end. Known ones outside of `x` raise SpatialError; where the places
    are computed, an element outside is zero.
    """
    extent = x.shape[axis]
    shape = (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])
    if places.array is None:
        return reshape(graph, name, _looked_up(graph, name, x, places, axis), shape)
    known = places.array.astype(np.int64).reshape(-1)
    if not known.size:
        raise SpatialError("it takes no places at all; a tensor needs an element")
    if not (-extent <= known.min() and known.max() < extent):
        raise SpatialError(
            f"place {known.min() if known.min() < -extent else known.max()} is outside of a "
            f"dimension of {extent} elements; places run from {-extent} to {extent - 1}"
        )
    known = np.where(known < 0, known + extent, known)
    steps = np.unique(np.diff(known))
    if len(steps) > 1:
        listed = Tensor.constant(places.name, known.reshape(places.shape))
        return reshape(graph, name, _looked_up(graph, name, x, listed, axis), shape)
    axes = [(0, 1, size) for size in x.shape]
    axes[axis] = (int(known[0]), int(steps[0]) if len(steps) else 1, len(known))
    if len(steps) and steps[0] == 0:
        return reshape(graph, name, _repeated(graph, name, x, axis, axes[axis]), shape)
    return reshape(graph, name, strided(graph, name, x, axes), shape)


def _repeated(
    graph: Graph, name: str, x: Tensor, axis: int, places: tuple[int, int, int]
) -> Tensor:
    """Return one element of a dimension several times."""
    first, _, count = places

    def access(i: Dims) -> Sequence[AffineExpr | int]:
        return [*i[:axis], first, *i[axis + 1 :]]

    return moved(graph, name, x, (*x.shape[:axis], count, *x.shape[axis + 1 :]), access)


def one_hot(graph: Graph, name: str, places: Tensor, extent: int) -> Tensor:
    """
    Return rows of `extent` numbers, 1 at the place and 0 elsewhere, one row per place.

    Places from the end count as well. There is no comparison in it, so it takes lanes:
    1 - |place - n| bounded by zero, in f32, which is exact below 2^24.
    """
    if extent >= 1 << 24:
        raise SpatialError(f"{extent} places are more than the 2^24 that f32 tells apart")
    count = places.size
    flat = reshape(graph, f"{name}.places", convert(graph, name, places, Kind.FLOAT), (count,))
    numbers = Tensor.constant(f"{name}.numbers", np.arange(extent, dtype=np.float32))

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        place = graph.read(e, flat, indices[:1])
        one, zero = e.constant(1.0), e.constant(0.0)
        if places.array is None:
            below = scalars.minimum(e, scalars.maximum(e, scalars.negate(e, place), zero), one)
            place = scalars.add(e, place, e.times(below, e.constant(float(extent))))
        number = graph.read(e, numbers, indices[1:])
        distance = scalars.absolute(e, scalars.subtract(e, place, number))
        return scalars.maximum(e, scalars.subtract(e, one, distance), zero)

    return graph.kernel(name, (count, extent), Kind.FLOAT, body)


def _looked_up(graph: Graph, name: str, x: Tensor, places: Tensor, axis: int) -> Tensor:
    """Multiply one-hot rows with `x`; the places stand in one dimension at the axis."""
    if x.kind is not Kind.FLOAT:
        raise SpatialError(
            f"{x.kind.value} are taken at computed places; only numbers with a fraction (floats) "
            "can be, convert them first"
        )
    rows = one_hot(graph, f"{name}.one_hot", places, x.shape[axis])
    lead, rest = x.shape[:axis], x.shape[axis + 1 :]
    if not lead and x.rank == 2:
        return matmul(graph, name, rows, x)

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        row = indices[axis]

        def term(deep: Emitter, v: SSAValue) -> list[SSAValue]:
            at = [*indices[:axis], v, *indices[axis + 1 :]]
            hot = graph.read(deep, rows, [row, v])
            return [deep.times(hot, graph.read(deep, x, at))]

        return e.reduction("add", [("v", x.shape[axis])], x.kind.element, term)

    return graph.kernel(name, (*lead, places.size, *rest), x.kind, body)
