"""Equal operations become one, inside bodies and from one map to another."""

from __future__ import annotations

from collections.abc import Hashable

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, Operation
from xdsl.rewriter import Rewriter
from xdsl.traits import IsTerminator, is_side_effect_free
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import DomainOp
from spatial_opt.passes.simplification.identities import is_commutative

_Known = dict[Hashable, list[Operation]]


def merge_equal(block: Block) -> int:
    """
    Replace every operation that equals an earlier one of its block; returns how many.

    Two patterns with bodies are equal if their bodies are, operation by operation. Tensors are
    also taken from the blocks around; scalars are not, since a body would then depend on what
    the loop around it computes.
    """
    return _merge(block, [])


def _merge(block: Block, around: list[_Known]) -> int:
    known: _Known = {}
    merged = 0
    for op in block.ops:
        for region in op.regions:
            for inner in region.blocks:
                # Tensors are not computed inside the body of a map or reduce.
                merged += _merge(inner, [] if isinstance(op, DomainOp) else [*around, known])
        if op.has_trait(IsTerminator) or not op.results:
            continue
        key = _key(op)
        same = _find(op, known.get(key, ()))
        if same is None and all(isa(result.type, TensorType) for result in op.results):
            candidates = [other for scope in around for other in scope.get(key, ())]
            same = _find(op, candidates)
        if same is None:
            known.setdefault(key, []).append(op)
            continue
        if not is_side_effect_free(op):
            continue
        for result, other in zip(op.results, same.results, strict=True):
            if other.name_hint is None:
                other.name_hint = result.name_hint
            result.replace_all_uses_with(other)
        Rewriter.erase_op(op)
        merged += 1
    return merged


def _key(op: Operation) -> Hashable:
    operands = tuple(id(operand) for operand in op.operands)
    if is_commutative(op):
        operands = tuple(sorted(operands))
    return (
        op.name,
        operands,
        frozenset(op.properties.items()),
        frozenset(op.attributes.items()),
        tuple(op.result_types),
        tuple(len(region.block.ops) for region in op.regions),
    )


def _find(op: Operation, candidates: list[Operation] | tuple[()]) -> Operation | None:
    """Return the candidate whose regions equal those of an operation with the same key."""
    for other in candidates:
        if all(
            mine.is_structurally_equivalent(theirs, {op: other})
            for mine, theirs in zip(op.regions, other.regions, strict=True)
        ):
            return other
    return None
