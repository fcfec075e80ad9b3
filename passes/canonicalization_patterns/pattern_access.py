"""Canonical forms of `pattern.read`."""

from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import BlockArgument, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern

from spatial_opt.dialects.pattern_access import ReadOp
from spatial_opt.dialects.pattern_loops import MapOp


class FoldKnownIndices(RewritePattern):
    """
    Write indices that have one value into the access.

    These are constants, and the indices of map dimensions of extent 1. The last dimension of a
    map is left alone: its index says along what a vector of lanes runs.

    ```mlir
    %m = pattern.map (%d in 1, %j in 8) -> tensor<1x8xf32> {
      %v = pattern.read %s[%d, %j] : tensor<1x8xf32>      // becomes %s[0, %j]
      pattern.yield %v : f32
    }
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ReadOp, rewriter: PatternRewriter, /):
        known = [known_index(index) for index in op.indices]
        if all(value is None for value in known):
            return
        dims = [
            AffineExpr.dimension(position) if value is None else AffineExpr.constant(value)
            for position, value in enumerate(known)
        ]
        map = op.map.data.replace_dims_and_symbols(dims, [], len(dims), 0)
        read = ReadOp(op.source, op.indices, map, zero_outside=op.zero_outside is not None)
        read.attributes |= op.attributes
        read.location = op.location
        rewriter.replace(op, read)


def known_index(value: SSAValue) -> int | None:
    """Return the only value of an index, None when it has several or carries lanes."""
    owner = value.owner
    if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, IntegerAttr):
        return owner.value.value.data
    if not isinstance(value, BlockArgument):
        return None
    parent = value.block.parent_op()
    if not isinstance(parent, MapOp) or value.index == len(parent.domain) - 1:
        return None
    return 0 if parent.domain[value.index] == 1 else None
