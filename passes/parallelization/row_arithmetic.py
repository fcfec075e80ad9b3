"""The arithmetic around a kernel's reductions: how many operations hang together."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.ir import SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_constant_sums import is_constant_sum

FREE = (
    pattern.ReadOp
    | pattern.GatherOp
    | pattern.ReduceOp
    | pattern.YieldOp
    | pattern.MemoryOp
    | arith.ConstantOp
    | arith.ExtFOp
    | arith.ExtSIOp
)
"""Operations that take no stage of a compute unit."""


def row_parts(op: pattern.MapOp) -> tuple[tuple[int, ...], ...]:
    """
    Count the operations of each connected part of the row arithmetic, by depth of look-ups.

    The sum of a reduction's pieces belongs to the part that uses it; the parts that use results
    of reductions come first in depth 0, so that their number is that of the trees.
    """
    depth: dict[SSAValue, int] = {}
    group: dict[SSAValue, int] = {}
    counts: dict[int, list[int]] = {}
    parent: list[int] = []

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for inner in op.body.block.ops:
        if isinstance(inner, pattern.GatherOp):
            depth[inner.result] = 1 + max((depth.get(v, 0) for v in inner.operands), default=0)
            continue
        if isinstance(inner, FREE) or is_constant_sum(inner):
            continue
        level = max((depth.get(value, 0) for value in inner.operands), default=0)
        joined = {root(group[v]) for v in inner.operands if v in group and depth[v] == level}
        number = len(parent)
        parent.append(number)
        counts[number] = [level, 1]
        for other in joined:
            parent[other] = number
            counts[number][1] += counts.pop(other)[1]
        for result in inner.results:
            depth[result], group[result] = level, number
    levels = 1 + max((level for level, _ in counts.values()), default=-1)
    return tuple(
        tuple(sorted(ops for level, ops in counts.values() if level == wanted))
        for wanted in range(levels)
    )
