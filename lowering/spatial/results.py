"""
Results of the program: which memory each is read from, and the address generators that store it.

What a loop emits is stored in every step: from the memory of the carried value that it becomes, if
one has time for that, else from a memory of its own. What only the last step of a loop leaves is
stored when the loop is over, from wherever the step wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import BlockArgument, OpResult, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.lowering.spatial.carries import made_by
from spatial_opt.lowering.spatial.plan import AgPlan, MemoryPlan, Plan, StreamPlan
from spatial_opt.lowering.spatial.program import (
    TOOL,
    Program,
    ProgramBlock,
    defining_scan,
    element_type,
)
from spatial_opt.lowering.spatial.space import time_replacement
from spatial_opt.lowering.spatial.whole_reads import Whole, WholeReads
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.remarks import remark


@dataclass(frozen=True)
class Stored:
    """A stream that reads a result for an address generator to store."""

    memory: MemoryPlan
    stream: StreamPlan


@dataclass(frozen=True)
class _Result:
    """A result of the function, and what is stored of it at a time."""

    name: str
    value: SSAValue
    made: OpResult
    emitted: bool
    """Whether each step of a loop makes a part of it."""


class Results:
    """Adds the streams and address generators that store the results of a program."""

    def __init__(self, plan: Plan, reads: WholeReads) -> None:
        self.plan = plan
        self.reads = reads
        self.stored: list[Stored] = []

    def store(self, program: Program) -> None:
        """Store all results, those first that need memories in which others may be found."""
        found = [_result(name, value) for name, value in program.results]
        for result in sorted(found, key=lambda each: not each.emitted):
            if result.emitted:
                self._each_step(result)
            else:
                self._once(result)

    def _each_step(self, result: _Result) -> None:
        block = self.reads.values.home(result.made)
        whole = None
        for carry in _carried(result.made, block):
            found = self.reads.stored_next(carry)
            if isinstance(found, Whole):
                whole = found
                break
            reason = f"result {result.name!r} is stored from a second memory of it: {found}"
            remark(TOOL, result.made.op, reason)
        whole = whole or self.reads.stored(result.made, block)
        self._generator(result, block, whole, time_replacement(block).popitem()[1])

    def _once(self, result: _Result) -> None:
        block = self.reads.values.home(result.value)
        whole = self.reads.last(result.value) or self.reads.stored(result.value, block)
        self._generator(result, block, whole, None)

    def _generator(
        self, result: _Result, block: ProgramBlock, whole: Whole, step: AffineExpr | None
    ) -> None:
        """Store what streams read, in each step of a loop at the place of its number."""
        base = 0 if block.loop is None else 1
        address = [AffineExpr.dimension(base + d) for d in range(len(whole.bounds))]
        address[-1] = address[-1] * whole.width
        unit = AgPlan(
            self.plan.unique(f"{result.name}.store"),
            block,
            "stores",
            result.name,
            whole.bounds,
            tuple(address if step is None else (step, *address)),
            element_type(result.value),
            whole.width,
        )
        self.plan.units.append(unit)
        self.plan.connect(whole.feed, (unit.name, "data"), self.plan.kind(whole.width))
        self.stored += [Stored(source.memory, source.stream) for source in whole.sources]


def _result(name: str, value: SSAValue) -> _Result:
    made = made_by(value)
    if made is None:
        raise SpatialError(
            f"{TOOL}: result {name!r} is an argument that nothing computes; "
            "return it from the caller"
        )
    scan = defining_scan(value)
    emitted = (
        scan is not None and isinstance(value, OpResult) and value.index >= len(scan.next.carries)
    )
    return _Result(name, value, made, emitted)


def _carried(made: OpResult, block: ProgramBlock) -> list[BlockArgument]:
    """List the carried values of a loop that a kernel's result is the next version of."""
    assert block.loop is not None
    scan = block.loop
    return [
        carry
        for carry, following in zip(scan.carries, scan.next.carries, strict=True)
        if following is made
    ]
