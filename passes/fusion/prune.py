"""Drops what nobody uses, so that nothing is decided for its sake."""

from __future__ import annotations

from xdsl.ir import Block
from xdsl.pattern_rewriter import PatternRewriter
from xdsl.rewriter import Rewriter

from spatial_opt.dialects import pattern
from spatial_opt.passes.canonicalization_patterns.pattern_loops import keep_results
from spatial_opt.passes.fusion.kernels import KNOWN_DIALECTS


def prune(block: Block) -> None:
    """Erase the unused maps of a block, and unused results and operations of the others."""
    for op in reversed(list(block.ops)):
        if isinstance(op, pattern.MapOp):
            kept = _used(op)
            if not kept:
                Rewriter.erase_op(op)
                continue
            if len(kept) < len(op.results):
                op = keep_results(op, kept, PatternRewriter(op))
            _prune_body(op.body.block)


def _prune_body(block: Block) -> None:
    for op in reversed(list(block.ops)):
        if not op.results or not op.name.startswith(KNOWN_DIALECTS):
            continue
        if isinstance(op, pattern.ReduceOp):
            kept = _used(op)
            if kept and len(kept) < len(op.results):
                op = keep_results(op, kept, PatternRewriter(op))
            if kept:
                _prune_body(op.body.block)
                continue
        elif op.regions or any(result.first_use is not None for result in op.results):
            continue
        Rewriter.erase_op(op)


def _used(op: pattern.MapOp | pattern.ReduceOp) -> list[int]:
    """Return the positions of the results that have a use."""
    return [n for n, result in enumerate(op.results) if result.first_use is not None]
