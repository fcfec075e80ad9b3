"""
States in place: whether a carried value can share one buffer with its successor.

The map that makes the next value of a state writes it into the state's memory. With one buffer
that overwrites what others still have to read; with two, which change places at every step, a
step reads one and writes the other, and nothing in the step can meet.
"""

from __future__ import annotations

import islpy as isl
from xdsl.ir import BlockArgument, Operation, OpResult, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.polyhedral.loops import loops_of_block
from spatial_opt.passes.polyhedral.spaces import box, chosen, related


def scan_of(value: SSAValue) -> pattern.ScanOp | None:
    """Return the scan that carries a value, None for any other value."""
    if isinstance(value, BlockArgument) and value.index > 0:
        parent = value.block.parent_op()
        return parent if isinstance(parent, pattern.ScanOp) else None
    return None


def writer_of(carry: BlockArgument) -> pattern.MapOp | None:
    """Return the map in the body that makes the next value of a state, if one does."""
    scan = scan_of(carry)
    assert scan is not None
    following = scan.next.carries[carry.index - 1]
    if isinstance(following, OpResult) and isinstance(following.op, pattern.MapOp):
        return following.op if following.op.parent is scan.body.block else None
    return None


def overwritten(carry: BlockArgument, reader: Operation, relation: isl.Map) -> isl.Map:
    """
    Return which iterations of a reader come after which writes of the same element in one buffer.

    `relation` maps the loops around the reader to elements of the carried value. Maps of a block
    run one after another, points of a map in any order; a reduction is over before its point is
    written.
    """
    writer = writer_of(carry)
    nothing = isl.Map.empty(relation.get_space())
    if writer is None:
        return nothing
    top = reader
    while top.parent is not carry.block:
        above = top.parent_op()
        assert above is not None
        top = above
    if top is not writer and top.is_before_in_block(writer):
        return nothing
    loops = loops_of_block(writer.body.block)
    shared = len(loops) - len(writer.domain)
    elements = chosen(len(loops), range(shared, len(loops)))
    pairs = relation.apply_range(related(elements, box(loops.bounds)).reverse())
    same = isl.Map.universe(pairs.get_space())
    for dim in range(shared):
        same = same.equate(isl.dim_type.in_, dim, isl.dim_type.out, dim)
    pairs = pairs.intersect(same)
    if top is writer:
        point = isl.Map.universe(pairs.get_space())
        for dim in range(len(loops)):
            point = point.equate(isl.dim_type.in_, dim, isl.dim_type.out, dim)
        pairs = pairs.subtract(point)
    return pairs.coalesce()
