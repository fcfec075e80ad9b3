"""Drops what nobody uses, so that nothing is decided for its sake."""

from __future__ import annotations

from typing import TypeVar

from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Block, SSAValue
from xdsl.rewriter import Rewriter

from spatial_opt.dialects import pattern
from spatial_opt.passes.fusion.kernels import KNOWN_DIALECTS

Op = TypeVar("Op", pattern.MapOp, pattern.ReduceOp)


def prune(block: Block) -> None:
    """Erase the unused maps of a block, and unused results and operations of the others."""
    for op in reversed(list(block.ops)):
        if isinstance(op, pattern.MapOp):
            kept = _used(op)
            if not kept:
                Rewriter.erase_op(op)
                continue
            if len(kept) < len(op.results):
                op = _drop_results(op, kept)
            _prune_body(op.body.block)


def _prune_body(block: Block) -> None:
    for op in reversed(list(block.ops)):
        if not op.results or not op.name.startswith(KNOWN_DIALECTS):
            continue
        if isinstance(op, pattern.ReduceOp):
            kept = _used(op)
            if kept and len(kept) < len(op.results):
                op = _drop_results(op, kept)
            if kept:
                _prune_body(op.body.block)
                continue
        elif op.regions or any(result.first_use is not None for result in op.results):
            continue
        Rewriter.erase_op(op)


def _used(op: pattern.MapOp | pattern.ReduceOp) -> list[int]:
    """Return the positions of the results that have a use."""
    return [n for n, result in enumerate(op.results) if result.first_use is not None]


def _drop_results(op: Op, kept: list[int]) -> Op:
    """Replace a map or reduction by one with some of its results only."""
    end = op.body.block.last_op
    if end is None:
        raise RuntimeError("a body has no terminator, this is a bug")
    yielded = pattern.YieldOp(*(end.operands[n] for n in kept))
    yielded.location = end.location
    Rewriter.replace_op(end, yielded, [])
    properties = op.properties.copy()
    if isinstance(op, pattern.ReduceOp):
        properties["kinds"] = ArrayAttr(op.kinds.data[n] for n in kept)
    new = type(op).create(
        result_types=[op.result_types[n] for n in kept],
        properties=properties,
        attributes=op.attributes.copy(),
        regions=[op.detach_region(op.body)],
    )
    new.location = op.location
    results: list[SSAValue | None] = [None] * len(op.results)
    for n, result in zip(kept, new.results, strict=True):
        results[n] = result
    Rewriter.replace_op(op, new, results)
    return new
