"""
Where an element is read, and as what operand of a structured operation.

Upstream operands are indexed by the loops of their operation alone, never outside. What depends on
other indices (the step of a scan), starts somewhere, or steps over elements becomes a slice; what
may lie outside becomes padding with zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

from xdsl.dialects import tensor
from xdsl.dialects.builtin import (
    ArrayAttr,
    IndexType,
    IntegerAttr,
    TensorType,
    i64,
)
from xdsl.ir import Attribute, Block, BlockArgument, Region, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.affine_bounds import exact_range, interval, linear_form
from spatial_opt.lowering.linalg.constants import Number, number
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.tensors import element_type, tensor_type


@dataclass(frozen=True)
class Access:
    """Coordinates of an element, affine in indices that run from 0."""

    coordinates: tuple[AffineExpr, ...]
    """Over the loops of the operation, then the indices around it."""
    extents: tuple[int, ...]
    """Of all these indices."""
    loops: int
    around: tuple[SSAValue, ...]
    """The values of the indices around the operation."""

    def inside(self, shape: Sequence[int]) -> list[bool]:
        """Tell of each coordinate whether it is known to lie inside the tensor."""
        found: list[bool] = []
        for expr, extent in zip(self.coordinates, shape, strict=True):
            low, high = exact_range(expr, self.extents) or interval(expr, self.extents)
            found.append(low >= 0 and high < extent)
        return found


@dataclass(frozen=True)
class Slice:
    """A rectangular part of a padded tensor, and how the loops index it."""

    low: tuple[int, ...]
    """Zeros in front, per dimension."""
    high: tuple[int, ...]
    """Zeros behind."""
    offsets: tuple[AffineExpr, ...]
    """First element, in the indices around the operation."""
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    results: tuple[tuple[tuple[AffineExpr, int], ...], ...]
    """
    Per dimension, index in the loops and extent: none where the part drops it, several where it
    is split.
    """

    @property
    def at(self) -> list[AffineExpr]:
        """Return how the loops index the part."""
        return [expr for split in self.results for expr, _ in split]


def slice_of(access: Access, shape: Sequence[int], zero_outside: bool) -> Slice | None:
    """Give the part of a tensor that an access reads, or None if no slice can express it."""
    dimensions: list[_Dimension] = []
    for expr, extent in zip(access.coordinates, shape, strict=True):
        form = linear_form(expr, len(access.extents))
        if form is None:
            return None
        before, behind = 0, 0
        if zero_outside:
            first, last = interval(expr, access.extents)
            before, behind = max(0, -first), max(0, last - extent + 1)
        dimensions.append(_dimension(access, *form, before, behind))
    return Slice(*zip(*dimensions, strict=True)) if dimensions else Slice(*[()] * 6)


_Dimension = tuple[int, int, AffineExpr, int, int, tuple[tuple[AffineExpr, int], ...]]


def _dimension(
    access: Access, coefficients: list[int], constant: int, before: int, behind: int
) -> _Dimension:
    """Give one dimension of a slice from a coordinate in linear form."""
    loops = [
        (factor, position, access.extents[position])
        for position, factor in enumerate(coefficients[: access.loops])
        if factor and access.extents[position] > 1
    ]
    offset = AffineExpr.constant(constant + before)
    for position, factor in enumerate(coefficients[access.loops :]):
        if factor:
            offset = offset + AffineExpr.dimension(position) * factor
    if not loops:
        return before, behind, offset, 1, 1, ()
    loops.sort(reverse=True)
    stride = loops[-1][0]
    nested = all(a == b * extent for (a, *_), (b, _, extent) in pairwise(loops))
    if stride > 0 and nested:
        # The loops count through the dimension together, like the digits of a number.
        size = prod(extent for *_, extent in loops)
        split = tuple((AffineExpr.dimension(position), extent) for _, position, extent in loops)
        return before, behind, offset, size, stride, split
    ends = [factor * (extent - 1) for factor, _, extent in loops]
    least, most = sum(min(0, end) for end in ends), sum(max(0, end) for end in ends)
    size = most - least + 1
    first, *others = (
        AffineExpr.dimension(position) * factor
        for factor, position, _ in sorted(loops, key=lambda loop: loop[1])
    )
    result = sum(others, first) + (-least)
    return before, behind, offset + least, size, 1, ((result, size),)


class Operands:
    """Makes the parts of tensors that operations take; pads each tensor once, where it is made."""

    def __init__(self) -> None:
        self._padded: dict[tuple[SSAValue, tuple[int, ...], tuple[int, ...]], SSAValue] = {}

    def part(
        self, e: Emitter, source: SSAValue, part: Slice, around: Sequence[SSAValue]
    ) -> SSAValue:
        """Give the tensor that a slice stands for."""
        if any(part.low) or any(part.high):
            source = self._pad(source, part.low, part.high, e)
        type = tensor_type(source)
        offsets = [self._offset(e, expr, around) for expr in part.offsets]
        whole = all(offset == 0 for offset in offsets) and part.sizes == type.get_shape()
        if not whole or not all(part.results) or any(stride != 1 for stride in part.strides):
            kept = [size for size, split in zip(part.sizes, part.results, strict=True) if split]
            op = tensor.ExtractSliceOp(
                source, offsets, part.sizes, part.strides, TensorType(type.element_type, kept)
            )
            source = e.add(op, source.name_hint)
        return _expanded(e, source, [split for split in part.results if split])

    def _offset(self, e: Emitter, expr: AffineExpr, around: Sequence[SSAValue]) -> SSAValue | int:
        form = linear_form(expr, len(around))
        if form is None:
            raise RuntimeError(f"offset {expr} is not linear, this is a bug")
        return e.affine(expr, around.__getitem__) if any(form[0]) else form[1]

    def _pad(
        self, source: SSAValue, low: tuple[int, ...], high: tuple[int, ...], e: Emitter
    ) -> SSAValue:
        key = (source, low, high)
        if key not in self._padded:
            self._padded[key] = _pad_at_definition(source, low, high, e)
        return self._padded[key]


def _expanded(
    e: Emitter, source: SSAValue, splits: Sequence[Sequence[tuple[AffineExpr, int]]]
) -> SSAValue:
    """Split dimensions as their loops do."""
    if all(len(split) == 1 for split in splits):
        return source
    shape = [extent for split in splits for _, extent in split]
    groups: list[ArrayAttr[IntegerAttr]] = []
    count = 0
    for split in splits:
        numbers = range(count, count + len(split))
        groups.append(ArrayAttr([IntegerAttr(number, i64) for number in numbers]))
        count += len(split)
    type = TensorType(element_type(source), shape)
    op = tensor.ExpandShapeOp(source, [], ArrayAttr(groups), shape, type)
    return e.add(op, source.name_hint)


def _pad_at_definition(
    source: SSAValue, low: tuple[int, ...], high: tuple[int, ...], e: Emitter
) -> SSAValue:
    """Pad a tensor right behind its definition, so that no loop around a reader repeats it."""
    type = tensor_type(source)
    shape = [a + n + b for a, n, b in zip(low, type.get_shape(), high, strict=True)]
    block = Block(arg_types=[IndexType()] * len(shape))
    inner = Emitter(block, e.location)
    inner.append(tensor.YieldOp(inner.constant(zero(type.element_type))))
    op = tensor.PadOp(
        source, [], [], Region(block), low, high, TensorType(type.element_type, shape)
    )
    op.location = e.location
    op.result.name_hint = source.name_hint
    if isinstance(source, BlockArgument):
        home, first = source.block, source.block.first_op
        if first is None:
            home.add_op(op)
        else:
            home.insert_op_before(op, first)
    else:
        made = source.owner
        if isinstance(made, Block) or made.parent is None:
            raise RuntimeError("a tensor without a place, this is a bug")
        made.parent.insert_op_after(op, made)
    return op.result


def zero(type: Attribute) -> Number:
    """Give the zero of an element type."""
    return number(0, type)
