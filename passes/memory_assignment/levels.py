"""
The schedule of a program: which maps and loops of a block run, and in which order.

The items of a block, the maps and scans that a result comes from, run one after another in the
order of the text. Their numbers are the *positions* of the block. Points of one map overlap: all
that is certain is that what a point reads is read before what is computed of it is written. Loads
and stores run beside the items.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.dialects import arith
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, BlockArgument, Operation, OpResult, SSAValue

from spatial_opt.dialects import pattern

Item = pattern.MapOp | pattern.ScanOp
Read = pattern.ReadOp | pattern.GatherOp


@dataclass(eq=False)
class Level:
    """The body of the function (scan None) or of one scan."""

    scan: pattern.ScanOp | None
    block: Block
    items: list[Item] = field(default_factory=list[Item])
    inner: list[Level] = field(default_factory=lambda: list[Level]())

    @property
    def steps(self) -> int:
        """How often the block runs, once entered."""
        return 1 if self.scan is None else self.scan.steps

    def position(self, op: Operation) -> int:
        """Give the position of the item that an operation is or stands in."""
        item = self.block.find_ancestor_op_in_block(op)
        return next(n for n, own in enumerate(self.items) if own is item)

    def all(self) -> Iterator[Level]:
        """Give this level and those inside, outermost first."""
        yield self
        for level in self.inner:
            yield from level.all()


@dataclass(eq=False)
class Schedule:
    """The levels of a function, and who reads what in them."""

    function: FuncOp
    top: Level
    needed: set[SSAValue]
    """Values that a result comes from."""
    reads: dict[SSAValue, list[Read]] = field(default_factory=lambda: dict[SSAValue, list[Read]]())
    """Reads by the value whose memory they take an element of, in the order of the text."""
    home: dict[Block, Level] = field(default_factory=lambda: dict[Block, Level]())
    """Levels by their block."""
    same: dict[SSAValue, SSAValue] = field(default_factory=lambda: dict[SSAValue, SSAValue]())
    """Carried values that are always equal to an earlier one, by that one; they share a memory."""

    @property
    def returned(self) -> tuple[SSAValue, ...]:
        """The values that the function returns."""
        return _returned(self.function)

    def level_of(self, value: SSAValue) -> Level | None:
        """Give the level in which a value is defined; None inside a map or what isn't needed."""
        owner = value.owner
        block = owner if isinstance(owner, Block) else owner.parent
        return None if block is None else self.home.get(block)


def read_schedule(function: FuncOp) -> Schedule:
    """Find what runs in a function, and in which order."""
    needed = _needed(function)
    schedule = Schedule(function, Level(None, function.body.block), needed)
    _fill(schedule, schedule.top)
    return schedule


def _fill(schedule: Schedule, level: Level) -> None:
    schedule.home[level.block] = level
    for op in level.block.ops:
        if not isinstance(op, Item) or not schedule.needed.intersection(op.results):
            continue
        level.items.append(op)
        if isinstance(op, pattern.ScanOp):
            schedule.same |= _same_carries(op)
            inner = Level(op, op.body.block)
            level.inner.append(inner)
            _fill(schedule, inner)
            continue
        for each in op.walk():
            if isinstance(each, Read):
                source = schedule.same.get(each.source, each.source)
                schedule.reads.setdefault(source, []).append(each)


def _returned(function: FuncOp) -> tuple[SSAValue, ...]:
    end = function.body.block.last_op
    return tuple(end.operands) if isinstance(end, ReturnOp) else ()


def _needed(function: FuncOp) -> set[SSAValue]:
    """Find the values that the results come from, through maps and from step to step."""
    found: set[SSAValue] = set()
    waiting = list(_returned(function))
    while waiting:
        value = waiting.pop()
        if value in found:
            continue
        found.add(value)
        owner = value.owner
        scan = owner.parent_op() if isinstance(owner, Block) else owner
        if isinstance(scan, pattern.ScanOp):
            handed = [*scan.next.carries, *scan.next.emits]
            if isinstance(value, OpResult):
                # The value after the last step is also the one before it.
                waiting.append(handed[value.index])
                waiting += scan.inits[value.index : value.index + 1]
            elif isinstance(value, BlockArgument) and value.index > 0:
                waiting += [handed[value.index - 1], scan.inits[value.index - 1]]
        elif isinstance(owner, pattern.MapOp):
            waiting += [each.source for each in owner.walk() if isinstance(each, Read)]
        elif isinstance(owner, Operation):
            waiting += owner.operands
    return found


def _same_carries(scan: pattern.ScanOp) -> dict[SSAValue, SSAValue]:
    """Give the carried values that start and go on as an earlier one, with that one."""
    first: dict[tuple[SSAValue, SSAValue | Attribute], SSAValue] = {}
    found: dict[SSAValue, SSAValue] = {}
    for carry, start, following in zip(scan.carries, scan.inits, scan.next.carries, strict=True):
        owner = start.owner
        begin = owner.value if isinstance(owner, arith.ConstantOp) else start
        same = first.setdefault((following, begin), carry)
        if same is not carry:
            found[carry] = same
    return found


def next_maker(carry: BlockArgument) -> OpResult | None:
    """Give the result of the map, in the same block, that is a carried value's next version."""
    scan = carry.block.parent_op()
    if not isinstance(scan, pattern.ScanOp):
        raise RuntimeError(f"%{carry.name_hint} is carried by no scan; this is a bug")
    value = scan.next.carries[carry.index - 1]
    if isinstance(value, OpResult) and isinstance(value.op, pattern.MapOp):
        return value if value.op.parent is carry.block else None
    return None


def point_slice(op: pattern.MapOp, position: int) -> set[Operation]:
    """Give the operations of a map's body that one of its results is computed from."""
    seen: set[SSAValue] = set()
    found: set[Operation] = set()
    waiting = [op.yielded[position]]
    while waiting:
        value = waiting.pop()
        owner = value.owner
        if value in seen or not isinstance(owner, Operation) or not op.is_ancestor(owner):
            continue
        seen.add(value)
        found.add(owner)
        # Each result of a reduction has units of its own, which read for it alone.
        if isinstance(owner, pattern.ReduceOp) and isinstance(value, OpResult):
            waiting.append(owner.yielded[value.index])
        else:
            waiting += owner.operands
    return found
