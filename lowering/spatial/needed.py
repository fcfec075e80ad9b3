"""Which kernels the results of a program come from; the others are left out."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Block, BlockArgument, OpResult, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.lowering.spatial.program import Program, ProgramBlock


def drop_unneeded(program: Program) -> None:
    """
    Leave out kernels of which nobody needs a result, and loops in which none is left.

    Nothing would wait for them, so a next step could overwrite what they still read.
    """
    _drop(program.top, _needed(program.top, [value for _, value in program.results]))


def _needed(top: ProgramBlock, results: Sequence[SSAValue]) -> set[SSAValue]:
    """Find the values that the results come from, through kernels and from step to step."""
    kernels = {kernel.op: kernel for kernel in top.kernels()}
    found: set[SSAValue] = set()
    waiting = list(results)
    while waiting:
        value = waiting.pop()
        if value in found:
            continue
        found.add(value)
        owner = value.owner
        scan = owner.parent_op() if isinstance(owner, Block) else owner
        if isinstance(owner, pattern.MapOp):
            waiting += [access.source for access in kernels[owner].accesses]
        elif isinstance(scan, pattern.ScanOp):
            # A carried value inside, or a result: what the step hands on.
            handed = [*scan.next.carries, *scan.next.emits]
            if isinstance(value, OpResult):
                waiting.append(handed[value.index])
            elif isinstance(value, BlockArgument) and value.index > 0:
                waiting += [handed[value.index - 1], scan.inits[value.index - 1]]
    return found


def _drop(block: ProgramBlock, needed: set[SSAValue]) -> None:
    for item in block.items:
        if isinstance(item, ProgramBlock):
            _drop(item, needed)
    block.items = [
        item
        for item in block.items
        if (item.items if isinstance(item, ProgramBlock) else needed & set(item.op.results))
    ]
