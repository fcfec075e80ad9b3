"""The sums of parameters of a kernel, with the accesses that they stand for."""

from __future__ import annotations

from xdsl.ir import SSAValue

from spatial_opt.dialects.pattern_constant_sums import is_constant_sum
from spatial_opt.lowering.spatial.program import Access, Kernel


def constant_sums(kernel: Kernel) -> dict[SSAValue, list[Access]]:
    """Give the results that `is_constant_sum` tells of, each with the two accesses it adds."""
    reads: dict[SSAValue, Access] = {
        access.read.result: access for access in kernel.accesses if access.reduce is None
    }
    return {
        op.results[0]: [reads[value] for value in op.operands]
        for op in kernel.op.body.block.ops
        if is_constant_sum(op) and all(value in reads for value in op.operands)
    }
