"""Operators that only move elements: each is one kernel that reads at affine coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.tensor import Kind, Shape, Tensor
from spatial_opt.lowering.rnn.emitter import Access, Dims, Emitter
from spatial_opt.machine.errors import SpatialError

_Coordinates = Sequence[AffineExpr | int]


def moved(
    graph: Graph, name: str, x: Tensor, shape: Shape, access: Access, *, padded: bool = False
) -> Tensor:
    """Write a tensor of a shape whose elements are those of `x` at an access of its indices."""

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        return graph.read(e, x, indices, access, padded=padded)

    return graph.kernel(name, shape, x.kind, body)


def renamed(x: Tensor, name: str) -> Tensor:
    """Give a tensor another name."""
    return Tensor(name, x.shape, x.kind, x.value, x.array)


def transpose(graph: Graph, name: str, x: Tensor, order: Sequence[int]) -> Tensor:
    """Permute dimensions: dimension n of the result is dimension order[n] of `x`."""
    if list(order) == sorted(order):
        return renamed(x, name)
    if x.array is not None:
        return Tensor.constant(name, np.ascontiguousarray(x.array.transpose(order)))
    shape = tuple(x.shape[n] for n in order)

    def access(i: Dims) -> _Coordinates:
        return [i[order.index(n)] for n in range(x.rank)]

    return moved(graph, name, x, shape, access)


def reshape(graph: Graph, name: str, x: Tensor, shape: Shape) -> Tensor:
    """Give a tensor another shape with as many elements, in the same order."""
    if prod(shape) != x.size:
        raise SpatialError(
            f"{x.size} elements of shape {_text(x.shape)} do not fill the shape {_text(shape)}; "
            "correct the shape"
        )
    if x.array is not None:
        return Tensor.constant(name, x.array.reshape(shape))
    if x.ir_shape == (shape or (1,)):
        return Tensor(name, shape, x.kind, x.value)
    return moved(graph, name, x, shape, reshape_access(x.shape, shape))


def whole_shape(size: int, sizes: Sequence[int]) -> Shape:
    """
    Return a shape of `size` elements, one of whose sizes may be -1, for what is left.

    Raises SpatialError for sizes that are none or do not fit.
    """
    if list(sizes).count(-1) > 1 or any(each < -1 for each in sizes):
        raise SpatialError(
            f"the shape {list(sizes)} is none; at most one size may be -1, for what is left"
        )
    rest = prod(each for each in sizes if each != -1)
    if -1 in sizes and (rest < 1 or size % rest):
        raise SpatialError(
            f"{size} elements do not fill the shape {list(sizes)}; correct the shape"
        )
    return tuple(size // rest if each == -1 else each for each in sizes)


def reshape_access(source: Shape, target: Shape) -> Access:
    """Return where an element of the shape `target` stands in the shape `source`."""

    def access(i: Dims) -> _Coordinates:
        found: list[AffineExpr | int] = [0] * len(source)
        for mine, theirs in _groups(source, target):
            _unflatten(found, source, mine, _flat(i, target, theirs))
        return found

    return access


def _groups(source: Shape, target: Shape) -> list[tuple[list[int], list[int]]]:
    """Pair runs of dimensions of two shapes that hold the same elements; extents of 1 left out."""
    left = [n for n, extent in enumerate(source) if extent != 1]
    right = [n for n, extent in enumerate(target) if extent != 1]
    groups: list[tuple[list[int], list[int]]] = []
    while left:
        mine, theirs = [left.pop(0)], [right.pop(0)]
        while (a := prod(source[n] for n in mine)) != (b := prod(target[n] for n in theirs)):
            if a < b:
                mine.append(left.pop(0))
            else:
                theirs.append(right.pop(0))
        groups.append((mine, theirs))
    return groups


def _flat(i: Dims, shape: Shape, dims: Sequence[int]) -> AffineExpr:
    """Number the elements of some dimensions in order."""
    total, stride = i[dims[-1]], shape[dims[-1]]
    for n in reversed(dims[:-1]):
        total = i[n] * stride + total
        stride *= shape[n]
    return total


def _unflatten(
    found: list[AffineExpr | int], shape: Shape, dims: Sequence[int], flat: AffineExpr
) -> None:
    stride = 1
    for n in reversed(dims):
        index = flat if stride == 1 else flat // stride
        found[n] = index if n == dims[0] else index % shape[n]
        stride *= shape[n]


def flatten_from(x: Tensor, axis: int) -> Shape:
    """Return the shape of a tensor as a matrix whose columns are the dimensions from `axis` on."""
    return prod(x.shape[:axis]), prod(x.shape[axis:])


def strided(graph: Graph, name: str, x: Tensor, axes: Sequence[tuple[int, int, int]]) -> Tensor:
    """Take, of each dimension, (first, step, count) elements; steps may be negative."""
    shape = tuple(count for _, _, count in axes)
    if shape == x.shape and all((first, step) == (0, 1) for first, step, _ in axes):
        return renamed(x, name)
    if x.array is not None:
        places = [np.arange(count) * step + first for first, step, count in axes]
        return Tensor.constant(name, x.array[np.ix_(*places)])

    def access(i: Dims) -> _Coordinates:
        return [
            first if count == 1 else shifted(scaled(index, step), first)
            for index, (first, step, count) in zip(i, axes, strict=True)
        ]

    return moved(graph, name, x, shape, access)


def scaled(expr: AffineExpr, factor: int) -> AffineExpr:
    """Multiply, without a product by one or zero."""
    if factor == 0:
        return AffineExpr.constant(0)
    return expr if factor == 1 else expr * factor


def shifted(expr: AffineExpr, offset: int) -> AffineExpr:
    """Add a constant, unless it is zero."""
    return expr + offset if offset else expr


def part(graph: Graph, name: str, x: Tensor, axis: int, first: int, count: int) -> Tensor:
    """Take `count` elements of one dimension."""
    axes = [(0, 1, extent) for extent in x.shape]
    axes[axis] = (first, 1, count)
    return strided(graph, name, x, axes)


def concatenate(graph: Graph, name: str, parts: Sequence[Tensor], axis: int) -> Tensor:
    """
    Put tensors one after another along a dimension.

    Each is read as zero where the others stand, and all are added: -0 becomes +0. That is how
    passes know a concatenation, and lanes need no selection.
    """
    if len(parts) == 1:
        return renamed(parts[0], name)
    shape = list(parts[0].shape)
    shape[axis] = sum(tensor.shape[axis] for tensor in parts)
    combine: Callable[[Emitter, SSAValue, SSAValue], SSAValue] = scalars.add
    if parts[0].kind is Kind.BOOLEAN:
        combine = scalars.either

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        total: SSAValue | None = None
        start = 0
        for tensor in parts:

            def access(i: Dims, start: int = start) -> _Coordinates:
                return [*i[:axis], shifted(i[axis], -start), *i[axis + 1 :]]

            value = _placed(graph, e, tensor, indices, access)
            total = value if total is None else combine(e, total, value)
            start += tensor.shape[axis]
        assert total is not None
        return total

    return graph.kernel(name, tuple(shape), parts[0].kind, body)


def _placed(
    graph: Graph, e: Emitter, tensor: Tensor, indices: Sequence[SSAValue], access: Access
) -> SSAValue:
    return graph.read(e, tensor, indices, access, padded=True)


def tile(graph: Graph, name: str, x: Tensor, times: Sequence[int]) -> Tensor:
    """Repeat a tensor along its dimensions."""
    shape = tuple(extent * count for extent, count in zip(x.shape, times, strict=True))
    if shape == x.shape:
        return renamed(x, name)

    def access(i: Dims) -> _Coordinates:
        return [
            index if count == 1 else (0 if extent == 1 else index % extent)
            for index, extent, count in zip(i, x.shape, times, strict=True)
        ]

    return moved(graph, name, x, shape, access)


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "()"
