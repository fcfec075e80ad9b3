"""What the units of one kernel share while they are built: names, sources, the plan."""

from __future__ import annotations

from collections.abc import Sequence

from spatial_opt.lowering.spatial.layouts import Source
from spatial_opt.lowering.spatial.memories import Memories
from spatial_opt.lowering.spatial.plan import ComputePlan, Plan
from spatial_opt.lowering.spatial.program import Access, Kernel
from spatial_opt.lowering.spatial.space import KernelSpace, UnitSpace
from spatial_opt.lowering.spatial.unit_body import UnitBody


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
        self.sources: list[Source] = []

    def label(self, what: str, *numbers: int) -> str:
        """Reserve a unit name made of the kernel's, what the unit does, and its numbers."""
        parts = [self.kernel.name, what, *(str(n) for n in numbers)]
        return self.plan.unique(".".join(part for part in parts if part))

    def place(self, name: str, body: UnitBody) -> None:
        """Add a compute unit whose body is complete, and the links into it."""
        self.plan.units.append(ComputePlan(name, self.kernel.block, body.bounds, body.block))
        for feed, port, kind in body.inputs:
            self.plan.connect(feed, (name, port), kind)

    def serve_sum(self, accesses: Sequence[Access], space: UnitSpace) -> Source | None:
        """Give the source of a sum of parameters, None where no memory can hold it."""
        source = self.memories.constant(accesses, space)
        if source is not None:
            self.sources.append(source)
        return source

    def serve(self, access: Access, space: UnitSpace) -> Source:
        """Give the source of an access of one unit."""
        source = self.memories.serve(access, space)
        self.sources.append(source)
        return source
