"""Canonical forms of `pattern.scan`."""

from collections.abc import Iterable

from xdsl.ir import BlockArgument, OpResult, SSAValue
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern

from spatial_opt.dialects.pattern_domain import DomainOp
from spatial_opt.dialects.pattern_scan import NextOp, ScanOp
from spatial_opt.passes.canonicalization_patterns.pattern_loops import leaves_block


class ForwardScanValues(RewritePattern):
    """
    Replace carried values that never change by their start, and repeated ones by the first.

    Two carried values are the same if they start alike and go on alike; so are two emitted
    values that are one value of the body.
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ScanOp, rewriter: PatternRewriter, /):
        first: dict[tuple[SSAValue, SSAValue], int] = {}
        for position, (carry, init, following) in enumerate(
            zip(op.carries, op.inits, op.next.carries, strict=True)
        ):
            if following is carry:
                # What leaves is written by a kernel, so a result that leaves stays.
                if not leaves_block(op.results[position]):
                    rewriter.replace_all_uses_with(op.results[position], init)
                _replace_inside(carry, init, op, rewriter)
                continue
            same = first.setdefault((init, following), position)
            if same != position:
                rewriter.replace_all_uses_with(op.results[position], op.results[same])
                _replace_inside(carry, op.carries[same], op, rewriter)
        emitted: dict[SSAValue, SSAValue] = {}
        stacks = op.results[len(op.carries) :]
        for value, result in zip(op.next.emits, stacks, strict=True):
            rewriter.replace_all_uses_with(result, emitted.setdefault(value, result))


class DropScanValues(RewritePattern):
    """Remove carried values that only compute themselves, and emitted ones that nobody uses."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ScanOp, rewriter: PatternRewriter, /):
        if not any(result.uses for result in op.results):
            return
        count = len(op.carries)
        live = _live_carries(op)
        emits = [n for n in range(count, len(op.results)) if op.results[n].uses]
        if len(live) + len(emits) == len(op.results):
            return
        old = op.next
        end = NextOp([old.carries[n] for n in live], [old.emits[n - count] for n in emits])
        end.location = old.location
        rewriter.replace(old, end)
        # A dead carried value is used by what only computes its next value.
        for position in reversed(range(count)):
            if position not in live:
                _replace_inside(op.carries[position], op.inits[position], op, rewriter)
                op.body.block.erase_arg(op.body.block.args[position + 1])
        smaller = ScanOp.build(
            operands=[[op.inits[n] for n in live]],
            properties=dict(op.properties),
            result_types=[[op.results[n].type for n in (*live, *emits)]],
            regions=[op.detach_region(op.body)],
        )
        smaller.attributes |= op.attributes
        smaller.location = op.location
        results: list[SSAValue | None] = [None] * len(op.results)
        for position, result in zip((*live, *emits), smaller.results, strict=True):
            result.name_hint = op.results[position].name_hint
            results[position] = result
        rewriter.replace(op, smaller, results)


def _live_carries(op: ScanOp) -> list[int]:
    """Return the carried values on which a used result depends."""
    count = len(op.carries)
    live = {position for position in range(count) if op.results[position].uses}
    pending = [op.next.carries[position] for position in sorted(live)]
    pending += [
        value
        for value, result in zip(op.next.emits, op.results[count:], strict=True)
        if result.uses
    ]
    seen: set[SSAValue] = set()
    while pending:
        value = pending.pop()
        if value in seen:
            continue
        seen.add(value)
        if isinstance(value, BlockArgument):
            position = value.index - 1
            if value.block is op.body.block and position >= 0 and position not in live:
                live.add(position)
                pending.append(op.next.carries[position])
        elif isinstance(value, OpResult) and op.is_ancestor(value.op):
            pending += _operands(value)
    return sorted(live)


def _operands(value: OpResult) -> Iterable[SSAValue]:
    """Return the values that a result is computed from."""
    if isinstance(value.op, DomainOp):
        return (value.op.yielded[value.index],)
    return (operand for inner in value.op.walk() for operand in inner.operands)


def _replace_inside(old: SSAValue, new: SSAValue, op: ScanOp, rewriter: PatternRewriter) -> None:
    """Replace a carried value in the body, except where it is handed on."""
    rewriter.replace_uses_with_if(old, new, lambda use: use.operation is not op.next)
