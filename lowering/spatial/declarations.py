"""
What `pattern.memory` says of the memories of a program: buffers, places of queues, banks.

What is not declared has as many buffers as `pattern-assign-memories` would declare, queues as long
as the machine's, and all banks of a unit.
"""

from __future__ import annotations

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern
from spatial_opt.lowering.spatial.layouts import Layout
from spatial_opt.lowering.spatial.program import TOOL, Program
from spatial_opt.machine.banks import Banking
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.memory_assignment.assignment import Assigned, assign
from spatial_opt.passes.memory_assignment.declared import read_declared, refusal

Key = tuple[SSAValue, pattern.ScanOp | None, tuple[tuple[int, str], ...]]
"""Value, loop, and the dimensions that a step fixes, over the counter of the loop."""


class Declarations:
    """
    The declared memories of a program, and the depths of all others.

    Raises SpatialError for a declaration with fewer buffers than its readers need.
    """

    def __init__(self, program: Program, machine: Machine, queue: int | None = None) -> None:
        assignment = assign(program.function, machine, queue)
        declared = read_declared(assignment)
        reason = refusal(assignment, declared)
        if reason is not None:
            raise SpatialError(f"{TOOL}: {reason}")
        self._buffers: dict[Key, int] = {}
        self._memories: dict[Key, pattern.MemoryOp] = {}
        self._queues = declared.scalars
        for assigned in assignment.tensors:
            if assigned.place.kind == "dram":
                continue
            key, op = _key(assigned), declared.tensors.get(assigned)
            self._buffers[key] = assigned.depth if op is None else op.buffers
            if op is not None:
                self._memories[key] = op

    def buffers(self, layout: Layout) -> int:
        """Give the buffers of a run-time value's memories; of what needs none of its own, one."""
        return self._buffers.get(_layout_key(layout), 1)

    def queue(self, result: SSAValue) -> int | None:
        """Give the declared places of the queue behind a reduction, None where none are."""
        op = self._queues.get(result)
        return None if op is None or op.kind.data != "fifo" else op.buffers

    def banking(self, layout: Layout, buffers: int) -> Banking | None:
        """Give the declared banks of a run-time value's memories, None where none are."""
        op = self._memories.get(_layout_key(layout))
        found = None if op is None else op.banking
        if found is None or found.projection is None or buffers == 1:
            return found
        # Equal places of all buffers lie on one bank: no two are used at once.
        return Banking(found.banks, found.block, (0, *found.projection))

    def fixed_banking(self, value: SSAValue) -> tuple[Banking, bool] | None:
        """Give the declared banks of a parameter or table, and whether each holds everything."""
        op = self._memories.get((value, None, ()))
        if op is None or op.banking is None:
            return None
        return op.banking, op.duplicated is not None


def _layout_key(layout: Layout) -> Key:
    return layout.value, layout.block.loop, layout.fixed


def _key(assigned: Assigned) -> Key:
    place = assigned.place
    scan = place.level.scan
    counter: AffineExpr = AffineExpr.dimension(0)
    if scan is not None and scan.reverse is not None:
        counter = AffineExpr.constant(scan.steps - 1) - counter
    fixed = tuple((dim, str(at.replace_dims_and_symbols([counter], []))) for dim, at in place.fixed)
    return place.value, scan, fixed
