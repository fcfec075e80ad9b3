"""
What is certain about the time that maps take, before anything is placed.

All figures are lower bounds: every link has at least one hop, every operation of a chain at least
its own latency, every stream at least one cycle per token. So what fits between two of these
moments fits wherever the units end up. What a map has loaded it may read before its turn; only the
reads of what other maps have made are sure to wait for it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, BlockArgument, Operation, OpResult, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.machine.description import Machine
from spatial_opt.passes.memory_assignment.cuts import pieces, vectors
from spatial_opt.passes.memory_assignment.levels import Level, Read, point_slice

FREE = pattern.ConvertOp | pattern.YieldOp | pattern.MemoryOp | arith.ConstantOp | arith.IndexCastOp
"""Operations that may take no stage of their own."""


@dataclass(frozen=True, eq=False)
class MapTimes:
    """Lower bounds of the times of one map."""

    op: pattern.MapOp
    machine: Machine

    @cached_property
    def groups(self) -> int:
        """How often its units take rows until all are taken."""
        return prod(self.op.domain[:-1]) * (self.op.dealing.groups if self.op.domain else 1)

    @cached_property
    def held(self) -> set[Operation]:
        """Its reads that wait for its turn: of states and other maps' results, if there are any."""
        reads = {op for op in self.op.walk() if is_run_time(op)}
        return {op for op in reads if not _is_loaded(op)} or reads

    @cached_property
    def firings(self) -> int:
        """Firings of its busiest unit from the first on that waits for the turn of the map."""
        most = self.groups * (self.op.dealing.turns if self.op.domain else 1)
        for reduce in self.reduces:
            if not self.held.isdisjoint(reduce.walk()):
                most = max(most, self.groups * vectors(reduce) - self._early(reduce))
        return most

    def ahead(self, reads: Collection[Operation], farthest: int) -> int:
        """
        Cycles by which some reads may have to come before the turn of the map, to hold up nothing.

        None if the map waits with them. Else all that is computed of them alone may be done before
        the rest is there: an upper bound, with `farthest` cycles from operation to operation.
        """
        if self.held.issuperset(reads):
            return 0
        ends = self._chains(reads)
        operations = sum(1 for _ in self.op.walk())
        more = sum(map(vectors, self.reduces))
        return max(ends.values(), default=0) + more + operations * farthest

    def _early(self, reduce: pattern.ReduceOp) -> int:
        """Vectors of the first sums that may be taken before the turn of the map."""
        loaded = any(_is_loaded(op) and op not in self.held for op in reduce.walk())
        return vectors(reduce) - 1 if loaded else 0

    @property
    def reduces(self) -> list[pattern.ReduceOp]:
        """Its reductions."""
        return [op for op in self.op.body.block.ops if isinstance(op, pattern.ReduceOp)]

    @cached_property
    def least(self) -> int:
        """Cycles from the first read that waits for its turn until it is done."""
        return self.firings - 1 + self.drain(self.held)

    def drain(self, reads: Collection[Operation]) -> int:
        """
        Cycles from the last of these reads until the map is done.

        It is done when results are written that come from all it reads, whichever these are.
        """
        found: list[int] = []
        for read in reads:
            ends = self._chains([read])
            found.append(
                min((ends[value] for value in self.op.yielded if value in ends), default=0)
            )
        return min(found, default=0) + self._hop + self.machine.pmu.write_latency_cycles

    def first(self, position: int) -> int:
        """Vectors that are taken for the first element of a result, before the last one for it."""
        behind = point_slice(self.op, position)
        found = [r for r in self.reduces if r in behind and not self.held.isdisjoint(r.walk())]
        return max((vectors(reduce) - 1 - self._early(reduce) for reduce in found), default=0)

    @property
    def _hop(self) -> int:
        return self.machine.network.hop_latency_cycles

    def _chains(self, reads: Collection[Operation]) -> dict[SSAValue, int]:
        """Give the cycles along the longest chain from some reads to each value."""
        ends: dict[SSAValue, int] = {}
        self._walk(self.op.body.block, reads, ends)
        return ends

    def _walk(self, block: Block, reads: Collection[Operation], ends: dict[SSAValue, int]) -> None:
        memory = self.machine.pmu.read_latency_cycles + self._hop
        for op in block.ops:
            known = [ends[value] for value in op.operands if value in ends]
            match op:
                case pattern.ReadOp() | pattern.GatherOp() if op in reads:
                    ends[op.result] = memory
                case pattern.GatherOp() if known:
                    ends[op.result] = max(known) + self._hop + memory
                case pattern.ReduceOp():
                    self._walk(op.body.block, reads, ends)
                    for result, value in zip(op.results, op.yielded, strict=True):
                        if value in ends:
                            ends[result] = ends[value] + self.sum_latency(op)
                case _ if known:
                    after = max(known) + (0 if isinstance(op, FREE) else self._stage(op.name))
                    for result in op.results:
                        ends[result] = after
                case _:
                    pass

    def _stage(self, name: str) -> int:
        machine = self.machine
        return max(machine.pcu.stage_latency_cycles, machine.op_latency(name))

    def sum_latency(self, reduce: pattern.ReduceOp) -> int:
        """Cycles of a fold, and of the tree over its pieces, which stands in another unit."""
        stage = self.machine.pcu.stage_latency_cycles
        lanes = min(reduce.lane_count, self.machine.pcu.lanes)
        levels = 0 if self.op.lane_count > 1 else (lanes - 1).bit_length()
        tree = (pieces(reduce) - 1).bit_length()
        return (levels + 1 + tree) * stage


def is_run_time(op: Operation) -> bool:
    """Tell whether an operation reads a value made or loaded at run time."""
    return isinstance(op, Read) and not isinstance(
        op.source.owner, pattern.ParameterOp | pattern.TableOp
    )


def _is_loaded(op: Operation) -> bool:
    """Tell whether an operation reads an argument of the function."""
    if not isinstance(op, Read) or not isinstance(op.source, BlockArgument):
        return False
    return isinstance(op.source.block.parent_op(), FuncOp)


class StepTimes:
    """Lower bounds of the times of one step of a loop."""

    def __init__(self, level: Level, machine: Machine) -> None:
        self.level = level
        self.machine = machine
        self.maps = [
            MapTimes(op, machine) if isinstance(op, pattern.MapOp) else None for op in level.items
        ]

    @property
    def handover(self) -> int:
        """Cycles from one item's last write to the first read of it; for others it takes longer."""
        return self.machine.network.hop_latency_cycles

    def least(self, positions: Collection[int]) -> int:
        """Cycles of some items, one after another."""
        found = [self.maps[position] for position in positions]
        return sum(times.least for times in found if times is not None)

    @property
    def step(self) -> int:
        """Cycles from one step to the next."""
        count = len(self.maps)
        return self.least(range(count)) + count * self.handover

    def between(self, last: int, first: int, before: int, after: int) -> int:
        """
        Cycles from a moment in the item `last` of a step to one in `first` of the next step.

        `before` of them are what remains of the item at `last`, `after` what passes in `first`.
        """
        count = len(self.maps)
        others = [*range(last + 1, count), *range(first)]
        return before + self.least(others) + (len(others) + 1) * self.handover + after

    def drain(self, position: int, reads: Collection[Operation]) -> int:
        """Cycles from the last of some reads of an item until the item is done."""
        times = self.maps[position]
        return 0 if times is None else times.drain(reads)

    def turn(self, position: int, result: OpResult) -> int:
        """
        Cycles from the last write of a result in one step to the first one in the next step.

        What follows the last read takes as long for both, so the time between the reads counts.
        """
        times = self.maps[position]
        if times is None:
            return 0
        return self.between(position, position, times.drain(times.held), times.first(result.index))

    def absorbs(self, position: int, late: int, queue: int) -> bool:
        """
        Tell whether an item is done no later if its first write has to wait for so many cycles.

        Sums wait in the queues behind the accumulators, `queue` of each copy, so that no dot
        product stops; and what has waited is written, one token a cycle, before the last sum comes.
        """
        times = self.maps[position]
        if not late or times is None:
            return not late
        longest = max(
            (vectors(r) for r in times.reduces if any(map(is_run_time, r.walk()))), default=0
        )
        turns = times.op.dealing.turns
        room = (queue + self.machine.pmu.fifo_depth // turns - 1) * longest
        # A place is taken from the moment at which a sum is on its way.
        room -= max((times.sum_latency(reduce) for reduce in times.reduces), default=0)
        return late <= room and late <= (times.groups - 1) * (longest - turns)

    def ahead(self, position: int, reads: Collection[Operation], farthest: int) -> int:
        """Cycles by which some reads may have to come before the turn of an item."""
        times = self.maps[position]
        return 0 if times is None else times.ahead(reads, farthest)

    def span(self, position: int, read: Read) -> int:
        """Cycles from the first to the last time that a read of an item takes place in a step."""
        times = self.maps[position]
        if times is None:
            return 0
        around = read.parent_op()
        each = vectors(around) if isinstance(around, pattern.ReduceOp) else times.op.dealing.turns
        return (times.groups - 1) * each
