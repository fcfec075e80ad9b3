"""
A copy that must stay, made by the map that computes what it copies.

Where a copy only puts the elements of a map's result in another order, the map can compute them
in that order: then there is no copy, and what else reads the result reads the copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import islpy as isl
from xdsl.dialects.builtin import IndexType
from xdsl.ir import OpResult, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects import pattern
from spatial_opt.passes.copies.compose import (
    Composition,
    Refusal,
    Rules,
    compose,
    over_loops,
)
from spatial_opt.passes.copies.lanes import neighbours
from spatial_opt.passes.copies.rewrite import Changes, drop_result, replace_by, replace_read
from spatial_opt.passes.copies.views import Piece, View, view_of
from spatial_opt.passes.copies.written import written
from spatial_opt.passes.polyhedral.accesses import read_function
from spatial_opt.passes.polyhedral.loops import loops_around
from spatial_opt.passes.polyhedral.spaces import (
    box,
    chosen,
    function,
    related,
    results_of,
    single_function,
)


@dataclass(frozen=True)
class Absorption:
    """How a map comes to compute what a copy of its result holds."""

    view: View
    producer: pattern.MapOp
    points: isl.Map
    """From loops and points of the copy to those of the producer."""
    indices: tuple[AffineExpr, ...]
    """The producer's indices as functions of loops and points of the copy."""
    accesses: Mapping[pattern.ReadOp, AffineMap]
    """The reads in the producer, over the new loops around them."""
    compositions: tuple[Composition, ...]
    """What the other readers of the result read."""


def plan_absorption(view: View, rules: Rules) -> Absorption | None:
    """Return how the producer of what is copied can make the copy itself, None if it can't."""
    producer = _producer(view)
    if producer is None:
        return None
    piece, depth = view.pieces[0], len(view.around)
    dims = depth + len(view.shape)
    outer = results_of(chosen(dims, range(depth)))
    forward = function([*outer, *results_of(piece.access)], dims)
    points = related(forward, view.points)
    theirs = box((*view.around.bounds, *producer.domain))
    if not points.is_injective() or not points.range().is_equal(theirs):
        return None
    back = single_function(points.reverse())
    if back is None:
        return None
    inverse = results_of(back)[depth:]
    access = function(inverse, depth + len(producer.domain))
    swapped = View(
        producer.results[0],
        view.around,
        producer.domain,
        (Piece(view.value, access, theirs, piece.read),),
    )
    compositions = _others(swapped, view, rules)
    indices = written(forward, points, view.points, None, ())
    if compositions is None or indices is None:
        return None
    plain = [isinstance(expr, AffineDimExpr) for expr in indices.results[depth:]]
    for index, is_plain in zip(producer.indices, plain, strict=True):
        if not is_plain and any(not isinstance(u.operation, pattern.ReadOp) for u in index.uses):
            return None
    accesses = _accesses(producer, forward, view)
    if accesses is None:
        return None
    return Absorption(
        view, producer, points, indices.results[depth:], accesses, tuple(compositions)
    )


def _producer(view: View) -> pattern.MapOp | None:
    """Return the map whose only result is copied as a whole, in the same block."""
    if not view.is_whole:
        return None
    source, copy = view.pieces[0].source, view.value.owner
    if not isinstance(source, OpResult) or not isinstance(source.op, pattern.MapOp):
        return None
    op = source.op
    assert isinstance(copy, pattern.MapOp)
    for map in (op, copy):
        if any(factor != 1 for factor in (*map.par_factors, map.lane_count, map.row_copies)):
            return None
    single = len(op.results) == 1 and op.parent is copy.parent and view_of(source) is None
    return op if single else None


def _others(swapped: View, view: View, rules: Rules) -> list[Composition] | None:
    """Return what the readers of the result besides the copy would read."""
    found: list[Composition] = []
    copy = view.value.owner
    for use in list(swapped.value.uses):
        read = use.operation
        if read.parent_op() is copy:
            continue
        if not isinstance(read, pattern.ReadOp):
            return None
        composition = compose(read, swapped, rules)
        if isinstance(composition, Refusal):
            return None
        found.append(composition)
    return found


def _accesses(
    producer: pattern.MapOp, forward: isl.MultiAff, view: View
) -> dict[pattern.ReadOp, AffineMap] | None:
    """Return the reads of the producer at the points of the copy."""
    found: dict[pattern.ReadOp, AffineMap] = {}
    old_first = len(view.around) + len(producer.domain)
    first = len(view.around) + len(view.shape)
    for read in producer.walk():
        if not isinstance(read, pattern.ReadOp):
            continue
        loops = loops_around(read)
        old = read_function(read.indices, read.map.data, loops)
        if old is None:
            if any(index in producer.indices for index in read.indices):
                return None
            continue
        bounds = (*view.around.bounds, *view.shape, *loops.bounds[old_first:])
        dims = len(bounds)
        there = results_of(forward.pullback_multi_aff(chosen(dims, range(first))))
        inner = results_of(chosen(dims, range(first, dims)))
        raw = old.pullback_multi_aff(function([*there, *inner], dims))
        domain = box(bounds)
        map = written(raw, related(raw, domain), domain, None, ())
        before = over_loops(read, loops).results
        if map is None or not _keeps_lanes(before, map.results, old_first, first, len(loops)):
            return None
        found[read] = map
    return found


def _keeps_lanes(
    before: Sequence[AffineExpr], after: Sequence[AffineExpr], old_first: int, first: int, dims: int
) -> bool:
    """
    Return whether lanes along a reduction still read neighbours; those of rows are the copy's.

    Dimensions of reductions begin at `old_first` before and at `first` after.
    """
    inner = [n for n in range(old_first, dims) if any(n in expr.used_dims() for expr in before)]
    if not inner or not neighbours(before, inner[-1], dims):
        return True
    return neighbours(after, inner[-1] - old_first + first, dims - old_first + first)


def absorb(absorption: Absorption, changes: Changes) -> None:
    """Let the producer compute the copy, and erase the copy."""
    view, old = absorption.view, absorption.producer
    copy, result, block = view.value, old.results[0], old.body.block
    for composition in absorption.compositions:
        replace_read(composition, {}, changes)
    hints = [index.name_hint for index in copy_of(view).indices]
    made_indices = [block.insert_arg(IndexType(), n) for n in range(len(view.shape))]
    for index, hint in zip(made_indices, hints, strict=True):
        index.name_hint = hint
    old_indices = block.args[len(made_indices) :]
    outer: list[SSAValue] = [*view.around.indices, *made_indices]
    for read, map in absorption.accesses.items():
        inner = loops_around(read).indices[len(outer) + len(old_indices) :]
        replace_by(read, [*outer, *inner], map, changes)
    for index, expr in zip(old_indices, absorption.indices, strict=True):
        if index.uses:
            assert isinstance(expr, AffineDimExpr)
            index.replace_all_uses_with(outer[expr.position])
    for index in reversed(old_indices):
        block.erase_arg(index)
    made = pattern.MapOp.create(
        properties=dict(copy_of(view).properties),
        result_types=[copy.type],
        regions=[old.detach_region(old.body)],
    )
    made.attributes |= old.attributes
    made.location = old.location
    made.results[0].name_hint = copy.name_hint
    Rewriter.insert_op(made, InsertPoint.before(old))
    copy.replace_all_uses_with(made.results[0])
    changes.values[result] = made.results[0]
    changes.moved[made.results[0]] = absorption.points
    drop_result(copy, changes)
    Rewriter.erase_op(old)


def copy_of(view: View) -> pattern.MapOp:
    """Return the map that makes a copy."""
    assert isinstance(view.value.owner, pattern.MapOp)
    return view.value.owner
