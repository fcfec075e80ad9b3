"""Sums of parameters around a kernel's reductions: known before the run, so memories hold them."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.ir import Operation

from spatial_opt.dialects.pattern_access import ParameterOp, ReadOp


def is_constant_sum(op: Operation) -> bool:
    """
    Tell whether an operation is `a + b` of two parameter reads that nothing else uses.

    One memory then holds the sum, and the unit of the row has neither read nor addition. In a
    chain that is the innermost sum only: the memory adds in the order of the program, and a chain
    of sums of one level each is how biases are written. A read that gives zeros outside its
    parameter is no element of a memory at every point, and stays.
    """
    return isinstance(op, arith.AddfOp | arith.AddiOp) and all(
        isinstance(read := value.owner, ReadOp)
        and isinstance(read.source.owner, ParameterOp)
        and read.zero_outside is None
        and value.has_one_use()
        for value in op.operands
    )
