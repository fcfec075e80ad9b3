"""Canonical forms of `pattern.map` and `pattern.reduce`."""

from collections.abc import Sequence
from math import prod
from typing import TypeVar

from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat, ArrayAttr, FloatAttr, IndexType, IntegerAttr
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineConstantExpr, AffineDimExpr
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern
from xdsl.rewriter import InsertPoint

from spatial_opt.dialects.pattern_access import ReadOp
from spatial_opt.dialects.pattern_loops import MapOp, ReduceOp, YieldOp
from spatial_opt.dialects.pattern_numbers import ConvertOp
from spatial_opt.dialects.pattern_scan import NextOp

Op = TypeVar("Op", MapOp, ReduceOp)


class DropMapResults(RewritePattern):
    """Remove results of a map that nobody uses or that repeat another one."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: MapOp, rewriter: PatternRewriter, /):
        _drop_results(op, [None] * len(op.results), rewriter)


class DropReduceResults(RewritePattern):
    """Remove results of a reduce that nobody uses or that repeat another one."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ReduceOp, rewriter: PatternRewriter, /):
        _drop_results(op, op.kind_names, rewriter)


class ForwardIdentityMap(RewritePattern):
    """
    Replace the result of a map that holds the elements of a tensor at their own indices.

    A result that leaves its loop or function stays unless another map computed the tensor: what
    leaves is written by a kernel.

    ```mlir
    %c = pattern.map (%i in 8) -> tensor<8xf32> {       // is %m
      %v = pattern.read %m[%i] : tensor<8xf32>
      pattern.yield %v : f32
    }
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: MapOp, rewriter: PatternRewriter, /):
        for value, result in zip(op.yielded, op.results, strict=True):
            read = value.owner
            if not isinstance(read, ReadOp) or not result.uses or not _is_copy(read, op):
                continue
            source = read.source
            if source.type != result.type:
                continue
            computed = isinstance(source.owner, MapOp) and source.owner.parent is op.parent
            if computed or not leaves_block(result):
                rewriter.replace_all_uses_with(result, source)


class InlineSingleElement(RewritePattern):
    """
    Replace a reduce over one element by its body.

    A float sum keeps the addition to zero with which it starts: it makes -0 a +0.

    ```mlir
    %s = pattern.reduce max (%k in 1) : f32 {           // is %v, read at 0
      %v = pattern.read %m[%k] : tensor<1xf32>
      pattern.yield %v : f32
    }
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ReduceOp, rewriter: PatternRewriter, /):
        # Lanes beyond the element take part in a tree that may round.
        if prod(op.domain) != 1 or op.lane_count != 1:
            return
        place = InsertPoint.before(op)
        yielded, kinds = op.yielded, op.kind_names
        body_end = op.body.block.last_op
        assert body_end is not None
        zero = arith.ConstantOp(IntegerAttr(0, IndexType()))
        zero.location = op.location
        rewriter.insert(zero, place)
        for inner in op.body.block.ops:
            if isinstance(inner, ReadOp):
                rewriter.notify_op_modified(inner)
        rewriter.erase(body_end)
        rewriter.inline_block(op.body.block, place, [zero.result] * len(op.domain))
        results: list[SSAValue] = []
        for value, kind, result in zip(yielded, kinds, op.results, strict=True):
            for added in _start(value, kind, result):
                added.location = op.location
                rewriter.insert(added, place)
                value = added.results[0]
            results.append(value)
        rewriter.replace(op, [], results)


def leaves_block(value: SSAValue) -> bool:
    """Return whether a value is handed on by a loop or a function."""
    return any(isinstance(use.operation, ReturnOp | NextOp) for use in value.uses)


def _start(value: SSAValue, kind: str, result: SSAValue) -> list[Operation]:
    """Return the operations from the only element to the value of a reduce."""
    made: list[Operation] = []
    type = result.type
    if value.type != type:
        made.append(ConvertOp(value, type))
        value = made[-1].results[0]
    if kind == "add" and isinstance(type, AnyFloat):
        start = arith.ConstantOp(FloatAttr(0.0, type))
        made += [start, arith.AddfOp(start.result, value)]
    return made


def _is_copy(read: ReadOp, op: MapOp) -> bool:
    """Return whether a read gives the element at the indices of its map."""
    if read.parent is not op.body.block or len(read.map.data.results) != len(op.domain):
        return False
    for position, (expr, extent) in enumerate(zip(read.map.data.results, op.domain, strict=True)):
        match expr:
            case AffineDimExpr(dim) if read.indices[dim] is op.indices[position]:
                pass
            case AffineConstantExpr(0) if extent == 1:
                pass
            case _:
                return False
    return True


def _drop_results(op: Op, kinds: Sequence[str | None], rewriter: PatternRewriter) -> None:
    first: dict[tuple[SSAValue, object, str | None], SSAValue] = {}
    for value, result, kind in zip(op.yielded, op.results, kinds, strict=True):
        same = first.setdefault((value, result.type, kind), result)
        if same is not result:
            rewriter.replace_all_uses_with(result, same)
    kept = [position for position, result in enumerate(op.results) if result.uses]
    # An operation without any used result is dead code, and goes as such.
    if not kept or len(kept) == len(op.results):
        return
    keep_results(op, kept, rewriter)


def keep_results(op: Op, kept: Sequence[int], rewriter: PatternRewriter) -> Op:
    """Replace a map or reduction by one with some of its results; nobody uses the others."""
    yielded = [op.yielded[position] for position in kept]
    last = op.body.block.last_op
    assert last is not None
    end = YieldOp(*yielded)
    end.location = last.location
    rewriter.replace(last, end)
    properties = dict(op.properties)
    if isinstance(op, ReduceOp):
        properties["kinds"] = ArrayAttr([op.kinds.data[position] for position in kept])
    smaller = type(op).create(
        properties=properties,
        result_types=[op.results[position].type for position in kept],
        regions=[op.detach_region(op.body)],
    )
    smaller.attributes |= op.attributes
    smaller.location = op.location
    results: list[SSAValue | None] = [None] * len(op.results)
    for position, result in zip(kept, smaller.results, strict=True):
        result.name_hint = op.results[position].name_hint
        results[position] = result
    rewriter.replace(op, smaller, results)
    return smaller
