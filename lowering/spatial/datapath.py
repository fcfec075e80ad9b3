"""All compute units of one kernel: its reductions' and those of the arithmetic around them."""

from __future__ import annotations

from spatial_opt.lowering.spatial.constant_sums import constant_sums
from spatial_opt.lowering.spatial.dots import Dots
from spatial_opt.lowering.spatial.kernel_units import KernelUnits, Served
from spatial_opt.lowering.spatial.memories import Memories
from spatial_opt.lowering.spatial.plan import Feed, Plan
from spatial_opt.lowering.spatial.program import Kernel
from spatial_opt.lowering.spatial.rows import Rows
from spatial_opt.lowering.spatial.space import KernelSpace


class KernelLowering:
    """
    Builds the units of a kernel; afterwards `outputs` says where its results leave.

    Units are of unlimited size here; `spatial-partition` cuts them to the machine.
    """

    def __init__(
        self, plan: Plan, memories: Memories, kernel: Kernel, word_lanes: int, word_bits: int
    ) -> None:
        self.units = KernelUnits(plan, memories, kernel, word_lanes, word_bits)
        self.outputs: list[list[Feed]] = [[] for _ in kernel.op.results]
        """Per result, what leaves each row unit."""

    @property
    def kernel(self) -> Kernel:
        """The kernel."""
        return self.units.kernel

    @property
    def space(self) -> KernelSpace:
        """The counters of the kernel's units."""
        return self.units.space

    @property
    def reads(self) -> list[Served]:
        """Where its units read what."""
        return self.units.reads

    def run(self) -> None:
        """Build all units."""
        kernel = self.kernel
        rows = [Rows(self.units, number) for number in range(kernel.rows)]
        sums = constant_sums(kernel)
        held = [row.hold(sums) for row in rows]
        for access in kernel.accesses:
            mine = [row for row, ops in zip(rows, held, strict=True) if access.read not in ops]
            if access.reduce is not None or not mine:
                continue
            feeds = self.units.serve_rows(access, [row.space for row in mine])
            for row, feed in zip(mine, feeds, strict=True):
                row.offer(access.read.result, feed, row.space.width(access))
        for reduce in kernel.reduces:
            dots = Dots(self.units, reduce)
            # Copy n * rows + q has turn n with row unit q.
            copies = [dots.copy(copy) for copy in range(kernel.copies)]
            for number, row in enumerate(rows):
                mine = copies[number :: kernel.rows]
                for position, result in enumerate(reduce.results):
                    pieces = zip(*(copy[position] for copy in mine), strict=True)
                    feeds: list[Feed] = [
                        tuple(
                            (port, (turn, turn + 1, len(mine)) if len(mine) > 1 else None)
                            for turn, port in enumerate(ports)
                        )
                        for ports in pieces
                    ]
                    row.offer_pieces(result, feeds, reduce.kind_names[position])
        for row in rows:
            row.build()
            for position, value in enumerate(kernel.op.yielded):
                self.outputs[position].append(row.output(value))
