"""How often the values of a compute unit's body change, and which folds are used as they run."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.ir import BlockArgument, SSAValue

from spatial_opt.dialects.spatial import FoldOp, PcuOp, ReceiveOp, SendOp, StageOp


def level_of(op: ReceiveOp | SendOp | FoldOp) -> int:
    """Counters that the tokens (or accumulators) of an op vary over."""
    if op.once is not None:
        return 0
    if isinstance(op.per, BlockArgument):
        return op.per.index + 1
    pcu = op.parent_op()
    return len(pcu.bounds) if isinstance(pcu, PcuOp) else 0


def running_folds(pcu: PcuOp) -> set[FoldOp]:
    """
    Folds whose result is used before it is final: a running total that leaves every firing.

    That is so when it meets values that change more often, is folded again, or is sent more often
    than once per final value.
    """
    running: set[FoldOp] = set()
    if not any(isinstance(op, FoldOp) and op.accumulates for op in pcu.body.block.ops):
        return running
    depth = len(pcu.bounds)
    while True:
        early: set[FoldOp] = set()
        levels: dict[SSAValue, int] = {}
        folds: dict[SSAValue, frozenset[FoldOp]] = {}
        for op in pcu.body.block.ops:
            if isinstance(op, StageOp | arith.ConstantOp):
                continue
            if isinstance(op, ReceiveOp):
                levels[op.result] = level_of(op)
                continue
            used = (
                [op.input]
                if isinstance(op, FoldOp)
                else [op.value]
                if isinstance(op, SendOp)
                else list(op.operands)
            )
            seen = {
                value: value.index + 1 if isinstance(value, BlockArgument) else levels.get(value, 0)
                for value in used
            }
            level = max(seen.values(), default=0)
            if isinstance(op, SendOp):
                level = max(level, level_of(op))
            if isinstance(op, FoldOp) and op.accumulates:
                level = depth
            for value, known in seen.items():
                if known < level:
                    early |= folds.get(value, frozenset())
            if isinstance(op, SendOp):
                continue
            if isinstance(op, FoldOp) and op.accumulates and op not in running:
                levels[op.result] = level_of(op)
                folds[op.result] = frozenset([op])
                continue
            joined = frozenset[FoldOp]().union(*(folds.get(v, frozenset()) for v in used))
            for result in op.results:
                levels[result] = level
                folds[result] = joined
        if not early:
            return running
        running |= early
