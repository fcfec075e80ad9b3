"""States of a loop as statements of its schedule: who reads a version, who writes the next one."""

from __future__ import annotations

from dataclasses import dataclass

import islpy as isl
from xdsl.ir import BlockArgument, OpResult, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.memory_assignment.levels import (
    Item,
    Level,
    Read,
    Schedule,
    next_maker,
    point_slice,
)
from spatial_opt.passes.memory_assignment.storage import Clash, Statement, clashes
from spatial_opt.passes.polyhedral.accesses import read_function, shape_of
from spatial_opt.passes.polyhedral.loops import loops_around, loops_of_block
from spatial_opt.passes.polyhedral.spaces import box, chosen, related


@dataclass(frozen=True)
class StateClash(Clash):
    """A clash, and who it is between."""

    reader: Read
    maker: OpResult


def state_clashes(carry: BlockArgument, schedule: Schedule) -> list[StateClash]:
    """
    Return which reads of a carried value a write of its next version may overtake in one buffer.

    A map of the loop must make the next version.
    """
    level = schedule.home[carry.block]
    maker = next_maker(carry)
    if maker is None:
        raise RuntimeError(f"no map makes the next %{carry.name_hint}; this is a bug")
    write = _write(maker, level)
    found: list[StateClash] = []
    for read in schedule.reads.get(carry, ()):
        for one in clashes([_read(read, maker, schedule, level)], [write]):
            found.append(StateClash(one.read, one.write, one.distance, one.pairs, read, maker))
    return found


def _write(maker: OpResult, level: Level) -> Statement:
    """Return the write of the next version, each element at its own point."""
    op = maker.op
    assert isinstance(op, pattern.MapOp)
    loops = loops_of_block(op.body.block)
    first = len(loops) - len(op.domain)
    elements = related(chosen(len(loops), range(first, len(loops))), box(loops.bounds))
    outer = first - 1
    return Statement(_in_steps(elements, level, outer), level.position(op), outer=outer, version=1)


def _read(read: Read, maker: OpResult, schedule: Schedule, level: Level) -> Statement:
    loops = loops_around(read)
    shape = shape_of(read.source)
    relation: isl.Map | None = None
    if isinstance(read, pattern.ReadOp):
        function = read_function(read.indices, read.map.data, loops)
        if function is not None:
            relation = related(function, box(loops.bounds)).intersect_range(box(shape))
    if relation is None:
        # At computed coordinates it may read anything.
        relation = isl.Map.from_domain_and_range(box(loops.bounds), box(shape))
    outer = loops.position(_step(level))
    assert outer is not None
    position = level.position(read)
    op = level.items[position]
    followed = op is maker.op and _followed(read, maker)
    late = op is not maker.op and not _waited_for(read, op)
    return Statement(
        _in_steps(relation, level, outer),
        len(level.items) if late else position,
        outer=outer,
        followed=followed,
    )


def _followed(read: Read, maker: OpResult) -> bool:
    """Whether what is written at a point is computed from this read, or one of the same stream."""
    op = maker.op
    assert isinstance(op, pattern.MapOp)
    needed = point_slice(op, maker.index)
    return any(_same_stream(read, other) for other in needed if isinstance(other, Read))


def _same_stream(read: Read, other: Read) -> bool:
    """Whether two reads of a body take the same elements at the same time."""
    if read is other:
        return True
    return (
        isinstance(read, pattern.ReadOp)
        and isinstance(other, pattern.ReadOp)
        and read.parent is other.parent
        and read.source is other.source
        and read.map == other.map
        and tuple(read.indices) == tuple(other.indices)
    )


def _waited_for(read: Read, op: Item) -> bool:
    """Whether a map is not done before this read is: something that it makes comes from it."""
    if isinstance(op, pattern.ScanOp):
        return True
    return any(read in point_slice(op, position) for position in range(len(op.results)))


def _step(level: Level) -> SSAValue:
    assert level.scan is not None
    return level.scan.index


def _in_steps(relation: isl.Map, level: Level, dim: int) -> isl.Map:
    """Replace the index of a loop that runs backwards by the number of its step."""
    if level.scan is None or level.scan.reverse is None:
        return relation
    count = relation.dim(isl.dim_type.in_)
    names = [f"i{n}" for n in range(count)]
    turned = [*names]
    turned[dim] = f"{level.steps - 1} - {names[dim]}"
    return isl.Map(f"{{ [{', '.join(names)}] -> [{', '.join(turned)}] }}").apply_range(relation)
