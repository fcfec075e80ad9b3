"""Fuses the maps of one block: plan, expressions, reductions, and the new maps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from xdsl.ir import Block, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_syntax import element_type
from spatial_opt.passes.fusion.accesses import Accesses, Group
from spatial_opt.passes.fusion.build import FusedBody, build_bodies
from spatial_opt.passes.fusion.concatenate import Align, concatenate
from spatial_opt.passes.fusion.emit import MapWriter, nests_of
from spatial_opt.passes.fusion.expression import Read, live_nodes
from spatial_opt.passes.fusion.kernels import Kernel
from spatial_opt.passes.fusion.order import sort_block
from spatial_opt.passes.fusion.plan import Plan, make_plan
from spatial_opt.passes.fusion.wishes import Wishes
from spatial_opt.passes.remarks import remark


class Outcome(NamedTuple):
    """What came of a round over a block."""

    changed: bool
    again: bool
    """Whether a further round may find more: merged maps have more sources in common with
    others, and what is computed once more in a reader brings its sources there."""


def fuse_block(block: Block, kernels: list[Kernel], wishes: Wishes, align: Align | None) -> Outcome:
    """
    Fuse the maps of a block, whose analysis is given.

    `align` is None where sums are not concatenated. Raises `SpatialError` for a wish that cannot
    be met.
    """
    plan = make_plan(block, kernels, Accesses(), wishes)
    bodies = build_bodies(plan)
    enlarged = _enlarged(plan)
    changed: list[FusedBody] = []
    for body in bodies:
        if body.group.closed and body.group not in enlarged:
            continue
        before = list(body.yields.values())
        after = before
        if align is not None:
            notes: list[str] = []
            after = concatenate(before, align, notes.append)
            body.yields = dict(zip(body.yields, after, strict=True))
            for note, times in Counter(notes).items():
                often = f", {times} times" if times > 1 else ""
                remark(wishes.pass_name, body.group.members[-1].op, note + often)
        fused = len(body.group.members) > 1 or body.group in enlarged
        if fused or after != before or _shares(body):
            changed.append(body)
    _replace(block, kernels, changed, bodies, wishes)
    copied = any(plan.group_of[k] is not None and len(plan.sites[k]) > 1 for k in kernels)
    merged = len(plan.groups) > 1 and any(len(group.members) > 1 for group in plan.groups)
    return Outcome(bool(changed), copied or merged)


def _enlarged(plan: Plan) -> set[Group]:
    """Return the groups in which other maps than their members are computed."""
    return {
        site.group
        for kernel in plan.kernels
        for site in plan.sites[kernel]
        if site.group is not plan.group_of[kernel] or not site.is_member
    }


def _shares(body: FusedBody) -> bool:
    """Return whether reductions of an unfused map become fewer."""
    ops = [op for kernel in body.group.members for op in _reduces(kernel.op)]
    nests = nests_of(list(body.yields.values()))
    results = sum(len(op.results) for op in ops)
    return len(nests) < len(ops) or sum(map(len, nests.values())) < results


def _reduces(op: pattern.MapOp) -> list[pattern.ReduceOp]:
    return [inner for inner in op.walk() if isinstance(inner, pattern.ReduceOp)]


def _replace(
    block: Block,
    kernels: Sequence[Kernel],
    changed: Sequence[FusedBody],
    bodies: Sequence[FusedBody],
    wishes: Wishes,
) -> None:
    """Write the changed maps, and erase the maps that they replace or that nobody reads now."""
    if not changed:
        return
    live = _live_results(kernels, bodies)
    old = {kernel for body in changed for kernel in body.group.members}
    new: dict[SSAValue, SSAValue] = {}
    for body in changed:
        kept = [result for result in body.yields if result in live]
        if kept:
            new |= _write(body, kept, wishes)
    # Only now: maps written later read the old results, too.
    for result, replacement in new.items():
        result.replace_all_uses_with(replacement)
    written = {kernel for body in bodies for kernel in body.group.members}
    for kernel in reversed(kernels):
        if kernel in old or (kernel not in written and kernel.opaque is None):
            Rewriter.erase_op(kernel.op)
    if any(len(body.group.members) > 1 for body in changed):
        sort_block(block)


def _live_results(kernels: Sequence[Kernel], bodies: Sequence[FusedBody]) -> set[SSAValue]:
    """Return the results of maps that must exist as tensors."""
    live = {
        node.source
        for body in bodies
        for node in live_nodes(list(body.yields.values()))
        if isinstance(node, Read)
    }
    reads: set[Operation] = {
        reading.op for kernel in kernels if kernel.opaque is None for reading in kernel.readings
    }
    for kernel in kernels:
        for result in kernel.op.results:
            if any(use.operation not in reads for use in result.uses):
                live.add(result)
    return live


def _write(body: FusedBody, kept: Sequence[SSAValue], wishes: Wishes) -> dict[SSAValue, SSAValue]:
    """Write one map in the place of the last member of a group; returns its results by the old."""
    last = body.group.members[-1].op
    yields = [body.yields[result] for result in kept]
    writer = MapWriter(yields)
    types = [element_type(result.type) for result in kept]
    op = writer.write(body.group.scope, last, types, [result.name_hint for result in kept])
    Rewriter.insert_op(op, InsertPoint.before(last))
    for nest in writer.nests:
        if len({reduction.template for reduction in nest}) > 1:
            loop = nest[0].over.loop
            size = "x".join(map(str, () if loop is None else loop.bounds))
            remark(wishes.pass_name, op, f"{len(nest)} sums over {size} share one reduction")
    return dict(zip(kept, op.results, strict=True))
