"""
Tensors that are not there: other tensors seen from another side.

A slice, a transposition or a reshape only changes where an element is read, so that none of them
becomes an operation. Only what is computed becomes a tensor of the pattern dialect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.lowering.linalg.constants import Number
from spatial_opt.lowering.linalg.tensors import element_type, tensor_type
from spatial_opt.lowering.raising.forms import Form, joined
from spatial_opt.lowering.raising.simplification import simplify


@dataclass(frozen=True)
class Splat:
    """A tensor with one value everywhere; none at all where it is not yet written."""

    shape: tuple[int, ...]
    element: Attribute
    value: Number | SSAValue | None


@dataclass(frozen=True)
class View:
    """A tensor whose elements stand in another one."""

    shape: tuple[int, ...]
    source: SSAValue
    """A tensor of the pattern program."""
    coordinates: tuple[AffineExpr, ...]
    """Where an element stands, in its own coordinates, then in `indices`."""
    indices: tuple[SSAValue, ...] = ()
    """Steps of loops around."""
    extents: tuple[int, ...] = ()
    """Of these."""
    zero_outside: bool = False

    @property
    def element(self) -> Attribute:
        """Return the element type."""
        return element_type(self.source)

    @property
    def is_whole(self) -> bool:
        """Tell whether it is the source itself."""
        ranges = (*self.shape, *self.extents)
        own = [simplify(AffineExpr.dimension(n), ranges) for n in range(len(self.shape))]
        here = [simplify(expr, ranges) for expr in self.coordinates]
        shape = tensor_type(self.source).get_shape()
        return not self.zero_outside and shape == self.shape and here == own

    def seen(
        self,
        shape: Sequence[int],
        at: Sequence[AffineExpr],
        around: Sequence[Form] = (),
    ) -> View:
        """
        Give a view of this view: of another shape, with element e read at `at` of it.

        `at` is over the new coordinates, then the indices of `around`.
        """
        own = len(shape)
        given, given_extents = joined(list(around))
        index = dict(zip((*self.indices, *given), (*self.extents, *given_extents), strict=True))
        indices, extents = tuple(index), tuple(index.values())
        places = [AffineExpr.dimension(own + indices.index(value)) for value in given]
        moved = [AffineExpr.dimension(n) for n in range(own)] + places
        inner = [expr.replace_dims_and_symbols(moved, []) for expr in at]
        outer = [AffineExpr.dimension(own + indices.index(value)) for value in self.indices]
        coordinates = tuple(
            simplify(expr.replace_dims_and_symbols([*inner, *outer], []), (*shape, *extents))
            for expr in self.coordinates
        )
        return replace(
            self,
            shape=tuple(shape),
            coordinates=coordinates,
            indices=indices,
            extents=extents,
        )


Tensor = View | Splat


def whole(value: SSAValue) -> View:
    """Give a tensor of the pattern program itself."""
    shape = tensor_type(value).get_shape()
    return View(shape, value, tuple(AffineExpr.dimension(n) for n in range(len(shape))))


def sliced(
    tensor: Tensor,
    offsets: Sequence[Form],
    sizes: Sequence[int],
    strides: Sequence[int],
    shape: tuple[int, ...],
) -> Tensor:
    """Give a part of a tensor; `shape` leaves out some dimensions of size 1."""
    if isinstance(tensor, Splat):
        return replace(tensor, shape=shape)
    indices, _ = joined(list(offsets))
    own, position = len(shape), 0
    remaining = list(shape)
    at: list[AffineExpr] = []
    for offset, size, stride in zip(offsets, sizes, strides, strict=True):
        moved = [AffineExpr.dimension(own + n) for n in range(len(indices))]
        expr = offset.over(indices).replace_dims_and_symbols(moved, [])
        # Among dimensions of size 1 it makes no difference which are left out.
        if remaining and remaining[0] == size:
            expr = AffineExpr.dimension(position) * stride + expr
            position += 1
            remaining.pop(0)
        at.append(expr)
    return tensor.seen(shape, at, offsets)


def reshaped(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Give a tensor with the same elements in the same order in another shape."""
    if isinstance(tensor, Splat):
        return replace(tensor, shape=shape)
    number = AffineExpr.constant(0)
    for position in range(len(shape)):
        number = number + AffineExpr.dimension(position) * prod(shape[position + 1 :])
    at = [
        (number // prod(tensor.shape[position + 1 :])) % extent
        for position, extent in enumerate(tensor.shape)
    ]
    return tensor.seen(shape, at)


def permuted(tensor: Tensor, order: Sequence[int]) -> Tensor:
    """Give a tensor whose dimension n is dimension `order[n]` of another."""
    shape = tuple(tensor.shape[n] for n in order)
    if isinstance(tensor, Splat):
        return replace(tensor, shape=shape)
    at = [AffineExpr.dimension(list(order).index(n)) for n in range(len(order))]
    return tensor.seen(shape, at)


def broadcast(tensor: Tensor, shape: tuple[int, ...], added: Sequence[int]) -> Tensor:
    """Give a tensor with further dimensions, along which it is the same."""
    if isinstance(tensor, Splat):
        return replace(tensor, shape=shape)
    kept = [n for n in range(len(shape)) if n not in added]
    return tensor.seen(shape, [AffineExpr.dimension(n) for n in kept])


def padded(tensor: View, low: Sequence[int], shape: tuple[int, ...]) -> View | None:
    """Give a whole tensor with zeros around it; None where a view can't say that."""
    if not tensor.is_whole:
        return None
    at = tuple(AffineExpr.dimension(n) - before for n, before in enumerate(low))
    return View(shape, tensor.source, at, zero_outside=True)
