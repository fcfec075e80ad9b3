"""
Views: tensors whose elements are elements of other tensors, or zero.

A copy is a map result that is a view. So is what a scan stacks of a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import islpy as isl
from xdsl.dialects import arith
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, FloatAttr, IntegerAttr
from xdsl.ir import Attribute, OpResult, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.copies.conditions import condition_set
from spatial_opt.passes.polyhedral.accesses import read_function, shape_of
from spatial_opt.passes.polyhedral.loops import Loops, loops_at, loops_of_block
from spatial_opt.passes.polyhedral.spaces import box, chosen, related


@dataclass(frozen=True, eq=False)
class Piece:
    """Elements that come from one tensor."""

    source: SSAValue
    access: isl.MultiAff
    """From the loops around the view and a point of it to coordinates in the source."""
    domain: isl.Set
    """Points of loops and view for which this piece holds."""
    read: pattern.ReadOp
    """The read of the copy, for name and location."""
    stacked: bool = False
    """The source is to be what a scan will stack of the value `source`."""

    @property
    def relation(self) -> isl.Map:
        """Return the access on its domain."""
        return related(self.access, self.domain)


@dataclass(frozen=True, eq=False)
class View:
    """What each element of a tensor is; where no piece holds it is zero."""

    value: SSAValue
    around: Loops
    """Loops around the definition of the tensor."""
    shape: tuple[int, ...]
    pieces: tuple[Piece, ...]
    adds: bool = False
    """The pieces are added up, so that a negative zero of a float becomes a positive one."""

    @property
    def points(self) -> isl.Set:
        """Return all points of loops and view."""
        return box((*self.around.bounds, *self.shape))

    @cached_property
    def is_whole(self) -> bool:
        """Return whether one piece gives all elements."""
        return len(self.pieces) == 1 and self.points.is_subset(self.pieces[0].domain)

    @cached_property
    def is_identity(self) -> bool:
        """Return whether the tensor is another one, element by element."""
        if not self.is_whole or self.value.type != self.pieces[0].source.type:
            return False
        count, rank = len(self.around), len(self.shape)
        same = chosen(count + rank, range(count, count + rank))
        return self.pieces[0].relation.is_equal(related(same, self.points))


def view_of(result: OpResult, *, known: bool = False) -> View | None:
    """
    Return what a result of a map is made of if its body only moves elements, else None.

    A `known` copy may have become nothing but zeros, which by themselves are no copy.
    """
    op = result.op
    if not isinstance(op, pattern.MapOp):
        return None
    value = op.yielded[result.index]
    if not known and not _may_move(value):
        return None
    loops = loops_of_block(op.body.block)
    points = box(loops.bounds)
    pieces = _pieces(value, op, loops, points)
    if pieces is None or not (pieces or known):
        return None
    adds = any(isinstance(inner, arith.AddfOp) for inner in op.body.block.ops)
    return View(result, loops_at(result), op.domain, tuple(pieces), adds)


def _may_move(value: SSAValue) -> bool:
    return isinstance(
        value.owner,
        pattern.ReadOp | pattern.ConvertOp | arith.AddfOp | arith.AddiOp | arith.SelectOp,
    )


def _pieces(
    value: SSAValue, op: pattern.MapOp, loops: Loops, points: isl.Set
) -> list[Piece] | None:
    """Return what a scalar of a body is for some of its points; None if it is computed."""
    owner = value.owner
    if isinstance(owner, arith.ConstantOp):
        return [] if _is_zero(owner.value) else None
    if not isinstance(value, OpResult) or value.op.parent is not op.body.block:
        return None
    match value.op:
        case pattern.ReadOp() as read:
            return _piece(read, loops, points)
        case pattern.ConvertOp() as convert if _keeps(convert):
            return _pieces(convert.input, op, loops, points)
        case arith.AddfOp() | arith.AddiOp() as add:
            return _added([_pieces(operand, op, loops, points) for operand in add.operands])
        case arith.SelectOp() as select:
            where = condition_set(select.cond, loops)
            if where is None:
                return None
            chosen = _pieces(select.lhs, op, loops, points.intersect(where))
            other = _pieces(select.rhs, op, loops, points.subtract(where))
            return None if chosen is None or other is None else chosen + other
        case _:
            return None


def _piece(read: pattern.ReadOp, loops: Loops, points: isl.Set) -> list[Piece] | None:
    access = read_function(read.indices, read.map.data, loops)
    if access is None:
        return None
    inside = points.intersect(box(shape_of(read.source)).preimage_multi_aff(access))
    if inside.is_empty():
        return []
    return [Piece(read.source, access, inside.coalesce(), read)]


def _added(terms: Sequence[list[Piece] | None]) -> list[Piece] | None:
    """Return the pieces of a sum if at each point at most one of its terms is other than zero."""
    found: list[Piece] = []
    for term in terms:
        if term is None:
            return None
        for piece in term:
            if any(not other.domain.is_disjoint(piece.domain) for other in found):
                return None
        found += term
    return found


def _keeps(convert: pattern.ConvertOp) -> bool:
    """Return whether a conversion gives back the number it takes."""
    return (
        convert.input.type == convert.result.type
        and convert.scale is None
        and convert.clamp is None
    )


def _is_zero(value: Attribute) -> bool:
    """Return whether a constant is a zero without a sign."""
    if isinstance(value, FloatAttr):
        return str(value.value.data) == "0.0"
    return isinstance(value, IntegerAttr) and value.value.data == 0


def splat_of(value: SSAValue) -> DenseIntOrFPElementsAttr | None:
    """Return the elements of a tensor constant that are all the same, else None."""
    owner = value.owner
    if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, DenseIntOrFPElementsAttr):
        return owner.value if owner.value.is_splat() else None
    return None
