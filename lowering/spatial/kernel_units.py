"""What the units of one kernel share while they are built: names, sources, the plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spatial_opt.dialects import pattern
from spatial_opt.lowering.spatial.dependences import ReadFor
from spatial_opt.lowering.spatial.layouts import Source
from spatial_opt.lowering.spatial.memories import Memories
from spatial_opt.lowering.spatial.plan import ComputePlan, Feed, Plan
from spatial_opt.lowering.spatial.program import Access, Kernel
from spatial_opt.lowering.spatial.space import KernelSpace, UnitSpace
from spatial_opt.lowering.spatial.unit_body import UnitBody


class Served(NamedTuple):
    """A read of a kernel, for a result of the reduction around it, and its source."""

    read: ReadFor
    source: Source


class KernelUnits:
    """Names and places the units of one kernel, and remembers where they read."""

    def __init__(
        self, plan: Plan, memories: Memories, kernel: Kernel, word_lanes: int, word_bits: int
    ) -> None:
        self.plan = plan
        self.memories = memories
        self.kernel = kernel
        self.word_lanes = word_lanes
        """Lanes of a unit, one word each."""
        self.word_bits = word_bits
        self.space = KernelSpace(kernel)
        self.reads: list[Served] = []

    def label(self, what: str, *numbers: int) -> str:
        """Reserve a unit name made of the kernel's, what the unit does, and its numbers."""
        parts = [self.kernel.name, what, *(str(n) for n in numbers)]
        return self.plan.unique(".".join(part for part in parts if part))

    def place(self, name: str, body: UnitBody, queue: int | None = None) -> None:
        """Add a compute unit whose body is complete, and the links into it."""
        unit = ComputePlan(name, self.kernel.block, body.bounds, body.block, queue)
        self.plan.units.append(unit)
        for feed, port, kind in body.inputs:
            self.plan.connect(feed, (name, port), kind)

    def serve_sum(self, accesses: Sequence[Access], space: UnitSpace) -> Source | None:
        """Give the source of a sum of parameters, None where no memory can hold it."""
        return self.memories.constant(accesses, space)

    def serve(self, access: Access, space: UnitSpace, result: int | None = None) -> Source:
        """Give the source of an access of one unit; in a reduction for one of its results."""
        source = self.memories.serve(access, space)
        self.note(access.read, source, result)
        return source

    def note(self, read: pattern.ReadOp, source: Source, result: int | None = None) -> None:
        """Remember who reads what where."""
        self.reads.append(Served((read, result), source))

    def serve_rows(self, access: Access, spaces: Sequence[UnitSpace]) -> list[Feed]:
        """Give what feeds each row unit for an access."""
        feeds, sources = self.memories.serve_rows(access, spaces)
        for source in sources:
            self.note(access.read, source)
        return feeds
