"""
Which values need a memory, of which kind, at which level.

| value | memory |
|---|---|
| an argument | `dram`, and an `sram` to load it into: whole, or in a loop the slice of a step |
| a parameter | `sram`, filled before the run |
| a table | `lut` |
| a carried tensor that maps read | `sram`; those that are always equal share it |
| a map's result that maps read, that is returned, or that a scan stacks for the caller | `sram` |
| a scan's result that maps read | `sram`, written in the loop |
| a result of the function | `dram` |
| a result of a reduction | `fifo` to the unit that goes on with it, `reg` if it is done |

A map's result that is the next version of a state is in the memory of the state, too. A last state
is returned from there, and where the memory has the time and the ports, the conversion stores and
reads other results from there, too, and makes no memory of their own. What nobody needs gets none,
and neither do constants, indices and the scalars within a unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import TensorType
from xdsl.ir import BlockArgument, OpResult, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.utils.hints import isa

from spatial_opt.dialects import pattern
from spatial_opt.passes.memory_assignment.cuts import pieces
from spatial_opt.passes.memory_assignment.levels import Level, Read, Schedule

Fixed = tuple[tuple[int, AffineExpr], ...]
"""Dimensions of an argument that a step fixes, with their coordinates over its index."""


@dataclass(frozen=True, eq=False)
class Place:
    """A memory of a tensor."""

    kind: str
    value: SSAValue
    level: Level
    reads: tuple[Read, ...] = ()
    """Reads that it serves."""
    fixed: Fixed = ()
    loaded: bool = False
    """Whether it is filled from DRAM while the program runs."""
    stored: bool = False
    """Whether what it holds is stored to DRAM, in a loop at every step."""

    @property
    def held_shape(self) -> tuple[int, ...]:
        """The shape of one buffer."""
        type = self.value.type
        shape = type.get_shape() if isa(type, TensorType) else ()
        fixed = [dim for dim, _ in self.fixed]
        return tuple(extent for dim, extent in enumerate(shape) if dim not in fixed)

    @property
    def key(self) -> tuple[SSAValue, Level, Fixed, bool]:
        """What tells it from all others: a value may be in DRAM and on chip."""
        return self.value, self.level, self.fixed, self.kind == "dram"


def tensor_places(schedule: Schedule) -> list[Place]:
    """List the memories of tensors, those of one block together, outer blocks first."""
    return [place for level in schedule.top.all() for place in _of_level(schedule, level)]


def _of_level(schedule: Schedule, level: Level) -> Iterator[Place]:
    if level.scan is None:
        for argument in level.block.args:
            yield from _argument(schedule, argument)
    else:
        yield from _slices(schedule, level)
        for carry in level.scan.carries:
            if schedule.reads.get(carry) and isa(carry.type, TensorType):
                reads = tuple(schedule.reads[carry])
                yield Place("sram", carry, level, reads, stored=_is_stored(schedule, level, carry))
    for op in level.block.ops:
        for value in op.results:
            if value in schedule.needed:
                yield from _result(schedule, level, value)


def _argument(schedule: Schedule, value: SSAValue) -> Iterator[Place]:
    if value not in schedule.needed:
        return
    yield Place("dram", value, schedule.top)
    whole = [read for read in schedule.reads.get(value, ()) if not fixed_by_step(read, schedule)[1]]
    if whole:
        yield Place("sram", value, schedule.top, tuple(whole), loaded=True)


def _slices(schedule: Schedule, level: Level) -> Iterator[Place]:
    """Give the slices of arguments that a loop holds, one per form."""
    for argument in schedule.top.block.args:
        groups: dict[Fixed, list[Read]] = {}
        for read in schedule.reads.get(argument, ()):
            around, fixed = fixed_by_step(read, schedule)
            if around is level and fixed:
                groups.setdefault(fixed, []).append(read)
        for fixed, reads in groups.items():
            yield Place("sram", argument, level, tuple(reads), fixed, loaded=True)


def _result(schedule: Schedule, level: Level, value: OpResult) -> Iterator[Place]:
    reads = tuple(schedule.reads.get(value, ()))
    returned = value in schedule.returned
    match value.op:
        case pattern.ParameterOp():
            yield Place("sram", value, level, reads)
        case pattern.TableOp():
            yield Place("lut", value, level, reads)
        case pattern.MapOp():
            stored = returned or _stacked_for_caller(schedule, level, value)
            if reads or stored:
                yield Place("sram", value, level, reads, stored=stored)
        case pattern.ScanOp() as scan if isa(value.type, TensorType):
            # What a scan stacks leaves it step by step, a last state after the last one.
            last = returned and value.index < len(scan.carries)
            if reads or (last and not _held_inside(schedule, scan, value.index)):
                yield Place("sram", value, level, reads, stored=last)
        case _:
            pass
    if returned and isinstance(value.op, pattern.MapOp | pattern.ScanOp):
        yield Place("dram", value, level)


def _held_inside(schedule: Schedule, scan: pattern.ScanOp, position: int) -> bool:
    """Whether a memory of the loop holds a state when the loop is over."""
    carry = schedule.same.get(scan.carries[position], scan.carries[position])
    made = scan.next.carries[position]
    if not isinstance(made, OpResult) or not isinstance(made.op, pattern.MapOp):
        return False
    level = schedule.home[scan.body.block]
    return bool(schedule.reads.get(carry)) or _left_in_loop(schedule, level, made)


def _left_in_loop(schedule: Schedule, level: Level, made: OpResult) -> bool:
    """Whether a memory of its own holds a map's result in a loop: for maps, or for a store."""
    return bool(schedule.reads.get(made)) or _stacked_for_caller(schedule, level, made)


def _stacked_for_caller(schedule: Schedule, level: Level, value: SSAValue) -> bool:
    """Whether a scan stacks a value of its body, and the function returns the stack."""
    if level.scan is None:
        return False
    stacks = level.scan.results[len(level.scan.carries) :]
    pairs = zip(level.scan.next.emits, stacks, strict=True)
    return any(emitted is value and stack in schedule.returned for emitted, stack in pairs)


def _state_once(schedule: Schedule, level: Level, made: OpResult) -> SSAValue | None:
    """
    Give a state that a map's result is the next version of and whose readers take elements once.

    It is stored from there: the port of the memory has time for another reader.
    """
    if level.scan is None:
        return None
    for carry, following in zip(level.scan.carries, level.scan.next.carries, strict=True):
        same = schedule.same.get(carry, carry)
        reads = schedule.reads.get(same, ())
        if following is made and any(_takes_once(read) for read in reads):
            return same
    return None


def _is_stored(schedule: Schedule, level: Level, carry: SSAValue) -> bool:
    """Whether what a loop stores at every step is stored from the memory of a state."""
    assert level.scan is not None
    return any(
        isinstance(made, OpResult)
        and _stacked_for_caller(schedule, level, made)
        and _state_once(schedule, level, made) is carry
        for made in level.scan.next.carries
    )


def _takes_once(read: Read) -> bool:
    """Whether a read takes about as many elements in all as its value has."""
    around = read.parent_op()
    type = read.source.type
    if not isinstance(around, pattern.MapOp) or not isa(type, TensorType) or not around.domain:
        return False
    deal = around.dealing
    rows = deal.groups * deal.copies * deal.lanes
    return prod(around.domain[:-1]) * rows < 2 * prod(type.get_shape())


def fixed_by_step(read: Read, schedule: Schedule) -> tuple[Level | None, Fixed]:
    """
    Give the innermost loop around a read, and the dimensions whose coordinate only its index fixes.

    None are fixed where the last one would be: a memory holds whole rows.
    """
    kernel = _kernel(read)
    level = schedule.home.get(kernel.parent) if kernel is not None and kernel.parent else None
    if level is None or level.scan is None or not isinstance(read, pattern.ReadOp):
        return level, ()
    positions = [n for n, index in enumerate(read.indices) if index is level.scan.index]
    if not positions:
        return level, ()
    step = positions[0]
    exprs = read.map.data.results
    dims = [AffineExpr.constant(0)] * len(read.indices)
    dims[step] = AffineExpr.dimension(0)
    fixed = tuple(
        (dim, expr.replace_dims_and_symbols(dims, []))
        for dim, expr in enumerate(exprs)
        if set(expr.used_dims()) == {step}
    )
    return level, () if any(dim == len(exprs) - 1 for dim, _ in fixed) else fixed


def _kernel(read: Read) -> pattern.MapOp | None:
    """Give the outermost map around a read."""
    found: pattern.MapOp | None = None
    parent = read.parent_op()
    while parent is not None:
        found = parent if isinstance(parent, pattern.MapOp) else found
        parent = parent.parent_op()
    return found


def reduction_kinds(schedule: Schedule) -> list[tuple[SSAValue, str]]:
    """
    List the results of reductions that are needed, with what holds them.

    A result that leaves the map as it is stays in its accumulator until it is written; any other,
    and one of several pieces, goes to another unit.
    """
    found: list[tuple[SSAValue, str]] = []
    for level in schedule.top.all():
        for op in level.items:
            if isinstance(op, pattern.MapOp):
                found += _of_map(op)
    return found


def _of_map(op: pattern.MapOp) -> list[tuple[SSAValue, str]]:
    found: list[tuple[SSAValue, str]] = []
    for reduce in op.body.block.ops:
        if not isinstance(reduce, pattern.ReduceOp):
            continue
        for result in reduce.results:
            users = [use.operation for use in result.uses]
            users = [user for user in users if not isinstance(user, pattern.MemoryOp)]
            if not users:
                continue
            done = all(isinstance(user, pattern.YieldOp) for user in users)
            found.append((result, "reg" if done and pieces(reduce) == 1 else "fifo"))
    return found


def is_argument(value: SSAValue, schedule: Schedule) -> bool:
    """Tell whether a value is an argument of the function."""
    return isinstance(value, BlockArgument) and value.block is schedule.top.block
