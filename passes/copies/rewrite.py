"""Rewriting of what reads a copy, and of what holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import islpy as isl
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    AnyDenseElement,
    AnyFloat,
    BytesAttr,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    RankedStructure,
)
from xdsl.ir import Attribute, Operation, OpResult, SSAValue
from xdsl.ir.affine import AffineMap
from xdsl.pattern_rewriter import PatternRewriter
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.utils.hints import isa

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern import is_float
from spatial_opt.passes.canonicalization_patterns.pattern_loops import keep_results
from spatial_opt.passes.copies.compose import Composition
from spatial_opt.passes.copies.plan import Plan, Stack, start_constant
from spatial_opt.passes.simplification.dead_code import erase_dead

Stacked = Mapping[SSAValue, SSAValue]
"""Values of a scan's body, and the results that stack them."""


@dataclass
class Changes:
    """Who stands for whom after the rewriting."""

    reads: dict[pattern.ReadOp, list[pattern.ReadOp]] = field(
        default_factory=dict[pattern.ReadOp, list[pattern.ReadOp]]
    )
    values: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    moved: dict[SSAValue, isl.Map] = field(default_factory=dict[SSAValue, isl.Map])
    """Results of maps with another domain than before: from points now to points then."""


def carry_out(plan: Plan, changes: Changes) -> None:
    """Do without a copy, as planned, and erase it."""
    source = plan.view.pieces[0].source if plan.view.pieces else None
    stacked: dict[SSAValue, SSAValue] = {}
    scans = dict.fromkeys(stack.scan for stack in plan.stacks)
    for scan in scans:
        stacked |= _restack(scan, [stack for stack in plan.stacks if stack.scan is scan])
    for composition in plan.compositions:
        replace_read(composition, stacked, changes)
    for use in plan.whole:
        assert source is not None
        use.operation.operands[use.index] = source
    for use in plan.starts:
        use.operation.operands[use.index] = _constant(plan, use.operation)
    for scan in scans:
        Rewriter.erase_op(scan)
    drop_result(plan.view.value, changes)


def replace_by(
    old: pattern.ReadOp, indices: Sequence[SSAValue], map: AffineMap, changes: Changes
) -> None:
    """Let a read have other indices."""
    read = pattern.ReadOp(old.source, indices, map, zero_outside=old.zero_outside is not None)
    read.attributes |= old.attributes
    read.location = old.location
    read.result.name_hint = old.result.name_hint
    changes.reads[old] = [read]
    Rewriter.replace_op(old, read)


def replace_read(composition: Composition, stacked: Stacked, changes: Changes) -> None:
    """Let a read of a copy read sources."""
    old = composition.read
    made: list[Operation] = []
    reads: list[pattern.ReadOp] = []
    values: list[SSAValue] = []
    for part in composition.parts:
        piece = part.piece
        source = stacked[piece.source] if piece.stacked else piece.source
        read = pattern.ReadOp(
            source, composition.loops.indices, part.map, zero_outside=part.zero_outside
        )
        read.attributes |= old.attributes
        reads.append(read)
        made.append(read)
        values.append(read.result)
    if not values or composition.adds_zero:
        made.append(_zero(old.result.type))
        values.append(made[-1].results[0])
    total = values[0]
    for value in values[1:]:
        add = arith.AddfOp if is_float(old.result.type) else arith.AddiOp
        made.append(add(total, value))
        total = made[-1].results[0]
    for op in made:
        op.location = old.location
        op.results[0].name_hint = old.result.name_hint
    changes.reads[old] = reads
    Rewriter.replace_op(old, made, [total])


def _zero(type: Attribute) -> Operation:
    if isa(type, IntegerType):
        return arith.ConstantOp(IntegerAttr(0, type))
    return arith.ConstantOp(FloatAttr(0.0, cast(AnyFloat, type)))


def _constant(plan: Plan, scan: Operation) -> SSAValue:
    """Make the constant that a scan starts with."""
    elements, kind = start_constant(plan.view), plan.view.value.type
    assert elements is not None
    # One element stands for all.
    one = BytesAttr(elements.data.data[: len(elements.data.data) // len(elements)])
    made = arith.ConstantOp(type(elements)(cast(RankedStructure[AnyDenseElement], kind), one))
    made.location = scan.location
    made.result.name_hint = plan.view.value.name_hint
    Rewriter.insert_op(made, InsertPoint.before(scan))
    return made.result


def drop_result(value: SSAValue, changes: Changes) -> None:
    """Erase a result of a map that nothing uses, and the map if it has no other."""
    op = value.owner
    assert isinstance(op, pattern.MapOp)
    assert isinstance(value, OpResult)
    assert not value.uses
    if len(op.results) == 1:
        Rewriter.erase_op(op)
        return
    kept = [n for n in range(len(op.results)) if n != value.index]
    results = [op.results[n] for n in kept]
    smaller = keep_results(op, kept, PatternRewriter(op))
    changes.values |= dict(zip(results, smaller.results, strict=True))
    erase_dead(smaller.body.block)


def _restack(scan: pattern.ScanOp, stacks: Sequence[Stack]) -> dict[SSAValue, SSAValue]:
    """
    Let a new scan stack sources in place of copies; returns its results.

    The old one stays, without a body, as long as readers of the copies need it.
    """
    old, count = scan.next, len(scan.carries)
    dropped = {stack.position for stack in stacks}
    kept = [n for n in range(len(old.emits)) if n not in dropped]
    emits = [old.emits[n] for n in kept]
    wanted = dict.fromkeys(value for stack in stacks for value in stack.emitted)
    emits += [value for value in wanted if all(value is not other for other in emits)]
    end = pattern.NextOp(old.carries, emits)
    end.location = old.location
    Rewriter.replace_op(old, end)
    made = pattern.ScanOp.build(
        operands=[scan.inits],
        properties=dict(scan.properties),
        result_types=[
            [
                *(value.type for value in scan.inits),
                *(pattern.stacked(value.type, scan.steps) for value in emits),
            ]
        ],
        regions=[scan.detach_region(scan.body)],
    )
    made.attributes |= scan.attributes
    made.location = scan.location
    Rewriter.insert_op(made, InsertPoint.before(scan))
    origins = [*range(count), *(count + number for number in kept)]
    for number, result in zip(origins, made.results, strict=False):
        result.name_hint = scan.results[number].name_hint
        scan.results[number].replace_all_uses_with(result)
    found: dict[SSAValue, SSAValue] = {}
    for value, result in zip(emits, made.results[count:], strict=True):
        found[value] = result
    for stack in stacks:
        for value in stack.emitted:
            result = found[value]
            result.name_hint = result.name_hint or scan.results[count + stack.position].name_hint
    return found
