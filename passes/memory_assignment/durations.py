"""
What is certain about the time that maps take, before anything is placed.

All figures are lower bounds: every link has at least one hop, every operation of a chain at least
its own latency, every stream at least one cycle per token. So what fits between two of these
moments fits wherever the units end up. What a map has loaded it may read before its turn; only the
reads of what other maps have made are sure to wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from math import prod

from xdsl.dialects import arith
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, BlockArgument, Operation, OpResult, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.machine.description import Machine
from spatial_opt.passes.memory_assignment.levels import Level, Read
from spatial_opt.passes.memory_assignment.places import pieces, vectors_of_piece

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
        """Cycles from the first read that waits for its turn to its last write."""
        return self.firings - 1 + self.drain(self.held)

    def drain(self, reads: Collection[Operation]) -> int:
        """Cycles from the last of these reads until what is computed of it is written."""
        return self._latency(reads, None, whole=False) + self.machine.pmu.write_latency_cycles

    def fill(self, position: int) -> int:
        """Cycles from its first read that waits until the first element of a result is written."""
        return self._latency(self.held, position, whole=True)

    def _latency(self, reads: Collection[Operation], position: int | None, whole: bool) -> int:
        """
        Cycles along the longest chain from a read to what is yielded, or to one result of it.

        `whole` counts all the vectors of a reduction's piece and not just its last one.
        """
        ends: dict[SSAValue, int] = {}
        self._walk(self.op.body.block, reads, whole, ends)
        yielded = self.op.yielded if position is None else [self.op.yielded[position]]
        last = max((ends[value] for value in yielded if value in ends), default=0)
        return last + self._hop

    @property
    def _hop(self) -> int:
        return self.machine.network.hop_latency_cycles

    def _walk(
        self, block: Block, reads: Collection[Operation], whole: bool, ends: dict[SSAValue, int]
    ) -> None:
        memory = self.machine.pmu.read_latency_cycles + self._hop
        for op in block.ops:
            known = [ends[value] for value in op.operands if value in ends]
            match op:
                case pattern.ReadOp() | pattern.GatherOp() if op in reads:
                    ends[op.result] = memory
                case pattern.GatherOp() if known:
                    ends[op.result] = max(known) + self._hop + memory
                case pattern.ReduceOp():
                    self._walk(op.body.block, reads, whole, ends)
                    for result, value in zip(op.results, op.yielded, strict=True):
                        if value in ends:
                            more = vectors(op) - 1 - self._early(op) if whole else 0
                            ends[result] = ends[value] + more + self.sum_latency(op)
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


def vectors(reduce: pattern.ReduceOp) -> int:
    """Count the vectors of a reduction's longest piece, all outer dimensions included."""
    return prod(reduce.domain[:-1]) * vectors_of_piece(reduce)


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

    def fill(self, position: int, result: OpResult) -> int:
        """Cycles from the begin of an item until it first writes a result."""
        times = self.maps[position]
        return 0 if times is None else times.fill(result.index)

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

    @staticmethod
    def ahead(reads: Iterable[Read]) -> int:
        """
        Cycles by which a unit may be ahead of the leave for its step with what it has loaded.

        A dot product goes on until its first sum needs something else.
        """
        around = [read.parent_op() for read in reads]
        return max((vectors(op) for op in around if isinstance(op, pattern.ReduceOp)), default=0)

    def span(self, position: int, read: Read) -> int:
        """Cycles from the first to the last time that a read of an item takes place in a step."""
        times = self.maps[position]
        if times is None:
            return 0
        around = read.parent_op()
        each = vectors(around) if isinstance(around, pattern.ReduceOp) else times.op.dealing.turns
        return (times.groups - 1) * each
