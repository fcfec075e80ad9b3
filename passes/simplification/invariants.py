"""What does not depend on the step of a scan, and its move in front of the scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.traits import IsTerminator, is_side_effect_free

from spatial_opt.dialects.pattern import (
    ConvertOp,
    MapOp,
    ReadOp,
    ScanOp,
    YieldOp,
)
from spatial_opt.passes.canonicalization_patterns.pattern_loops import leaves_block


@dataclass(frozen=True)
class Expression:
    """An expression in the body of a map that has the same value in every step."""

    root: Operation
    """Computes the value; all its operands are invariant."""
    operations: tuple[Operation, ...]
    """Everything that computes the root, in program order, the root last."""
    dimensions: tuple[int, ...]
    """Dimensions of the map that the value depends on."""

    @property
    def work(self) -> int:
        """Return how many operations a step saves."""
        return sum(map(_works, self.operations))


def is_invariant(op: Operation, scan: ScanOp) -> bool:
    """Return whether an operation of a scan's body uses only what is outside the scan."""
    if op.has_trait(IsTerminator) or not is_side_effect_free(op):
        return False
    return all(
        not scan.is_ancestor(value.owner) or op.is_ancestor(value.owner)
        for inner in op.walk()
        for value in inner.operands
    )


def handed_on(op: Operation) -> SSAValue | None:
    """Return a result that the scan hands on as it is, and that therefore stays in it."""
    return next((result for result in op.results if leaves_block(result)), None)


def invariant_expressions(op: MapOp, scan: ScanOp) -> list[Expression]:
    """Return the largest invariant expressions of a map's body that are worth a memory."""
    invariant: dict[SSAValue, None] = {}
    for inner in op.body.block.ops:
        if inner.regions or inner.has_trait(IsTerminator) or not is_side_effect_free(inner):
            continue
        if all(
            value in invariant or value in op.indices or not scan.is_ancestor(value.owner)
            for value in inner.operands
        ):
            invariant |= dict.fromkeys(inner.results)
    found: list[Expression] = []
    for value in invariant:
        if all(user.results and user.results[0] in invariant for user in _users(value)):
            continue
        assert isinstance(value.owner, Operation)
        operations = _cone(value.owner, op.body.block)
        dimensions = tuple(
            position
            for position, index in enumerate(op.indices)
            if any(index in inner.operands for inner in operations)
        )
        expression = Expression(value.owner, operations, dimensions)
        if dimensions and expression.work:
            found.append(expression)
    return found


def split_off(
    op: MapOp, expressions: Sequence[Expression], dimensions: tuple[int, ...], place: InsertPoint
) -> MapOp:
    """Compute expressions over the same dimensions by a map of their own, and read them."""
    elements: list[Attribute] = [expression.root.results[0].type for expression in expressions]
    new = MapOp([op.domain[position] for position in dimensions], elements)
    new.location = op.location
    known: dict[SSAValue, SSAValue] = {}
    for position, index in zip(dimensions, new.indices, strict=True):
        index.name_hint = op.indices[position].name_hint
        known[op.indices[position]] = index
    for expression in expressions:
        for inner in expression.operations:
            if inner.results[0] not in known:
                new.body.block.add_op(inner.clone(known))
    new.body.block.add_op(YieldOp(*(known[e.root.results[0]] for e in expressions)))
    Rewriter.insert_op(new, place)
    for expression, result in zip(expressions, new.results, strict=True):
        old = expression.root.results[0]
        result.name_hint = old.name_hint
        read = ReadOp(result, [op.indices[position] for position in dimensions])
        read.location = expression.root.location
        read.result.name_hint = old.name_hint
        Rewriter.insert_op(read, InsertPoint.after(expression.root))
        old.replace_all_uses_with(read.result)
    return new


def _works(op: Operation) -> bool:
    if isinstance(op, ConvertOp):
        return not op.is_widening
    return not isinstance(op, ReadOp | arith.ConstantOp)


def _cone(root: Operation, block: Block) -> tuple[Operation, ...]:
    """Return the operations of a block that compute an operation, in program order."""
    needed: set[Operation] = {root}
    pending = [root]
    while pending:
        for value in pending.pop().operands:
            owner = value.owner
            if isinstance(owner, Operation) and owner.parent is block and owner not in needed:
                needed.add(owner)
                pending.append(owner)
    return tuple(op for op in block.ops if op in needed)


def _users(value: SSAValue) -> list[Operation]:
    return [use.operation for use in value.uses]
