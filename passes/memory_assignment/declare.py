"""Put declarations of memories into a program."""

from __future__ import annotations

from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects import pattern
from spatial_opt.passes.memory_assignment.assignment import Assigned


def declare_tensor(assigned: Assigned) -> pattern.MemoryOp:
    """Declare the memory of a tensor where the value is defined, or its slice is held."""
    place = assigned.place
    index = place.level.scan.index if place.fixed and place.level.scan is not None else None
    op = pattern.MemoryOp(
        place.kind,
        place.value,
        depth=assigned.depth,
        live=assigned.live,
        index=index,
        fixed=place.fixed,
    )
    owner = place.value.owner
    _insert(op, place.level.block if index is not None else owner, place.value)
    return op


def declare_scalar(value: SSAValue, kind: str, places: int) -> pattern.MemoryOp:
    """Declare the queue of so many places, or the accumulator, that a reduction's result is in."""
    op = pattern.MemoryOp(kind, value, depth=places if kind == "fifo" else 1)
    _insert(op, value.owner, value)
    return op


def _insert(op: pattern.MemoryOp, where: Operation | Block, value: SSAValue) -> None:
    """Insert behind an operation, or at the begin of a block, behind the declarations there."""
    if isinstance(value, BlockArgument):
        op.location = value.location
    elif isinstance(value.owner, Operation):
        op.location = value.owner.location
    following = where.first_op if isinstance(where, Block) else where.next_op
    while isinstance(following, pattern.MemoryOp):
        following = following.next_op
    block = where if isinstance(where, Block) else where.parent
    assert block is not None
    point = InsertPoint.at_end(block) if following is None else InsertPoint.before(following)
    Rewriter.insert_op(op, point)
