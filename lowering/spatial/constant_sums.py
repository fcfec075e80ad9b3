"""Sums of parameters around a kernel's reductions: known before the run, so memories hold them."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.ir import SSAValue

from spatial_opt.lowering.spatial.memories import is_constant
from spatial_opt.lowering.spatial.program import Access, Kernel


def constant_sums(kernel: Kernel) -> dict[SSAValue, list[Access]]:
    """
    Find `a + b` of two parameter reads that nothing else uses: the sum, and its accesses.

    In a chain, only the innermost sum: the memory adds in the order of the program, and
    a chain of sums of one level each is how biases are written.
    """
    reads: dict[SSAValue, Access] = {
        access.read.result: access
        for access in kernel.accesses
        if access.reduce is None and is_constant(access) and access.read.zero_outside is None
    }
    found: dict[SSAValue, list[Access]] = {}
    for op in kernel.op.body.block.ops:
        if not isinstance(op, arith.AddfOp | arith.AddiOp):
            continue
        if all(value in reads and value.has_one_use() for value in op.operands):
            found[op.results[0]] = [reads[value] for value in op.operands]
    return found
