"""Memories that hold results of a program for nothing but to store them."""

from __future__ import annotations

from collections.abc import Iterable

from xdsl.ir import OpResult, SSAValue

from spatial_opt.dialects import pattern


def stored_memories(results: Iterable[SSAValue]) -> int:
    """
    Count the memories that the results of a program add.

    What a loop carries on, and what it emits of that, is stored from the memory of its state.
    """
    return sum(_adds_memory(result) for result in set(results))


def _adds_memory(result: SSAValue) -> bool:
    if not isinstance(result, OpResult) or not isinstance(result.op, pattern.ScanOp):
        return isinstance(result.owner, pattern.MapOp)
    end = result.op.body.block.last_op
    if not isinstance(end, pattern.NextOp) or result.index < len(end.carries):
        return False
    return end.emits[result.index - len(end.carries)] not in end.carries
