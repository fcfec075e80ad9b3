"""Canonical forms of `pattern.convert`."""

from xdsl.pattern_rewriter import PatternRewriter, RewritePattern, op_type_rewrite_pattern

from spatial_opt.dialects.pattern_numbers import ConvertOp
from spatial_opt.dialects.pattern_syntax import element_type, is_float
from spatial_opt.passes.simplification.identities import same_number


class DropSameNumber(RewritePattern):
    """
    Replace a conversion that gives its operand's number back.

    ```mlir
    %w = pattern.convert %v : f8E4M3FN to f32
    %n = pattern.convert %w : f32 to f8E4M3FN      // is %v
    ```
    """

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ConvertOp, rewriter: PatternRewriter, /):
        value = same_number(op)
        if value is not None:
            rewriter.replace(op, [], [value])


class DropUnitScale(RewritePattern):
    """Write a conversion with scale 1 without a scale."""

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ConvertOp, rewriter: PatternRewriter, /):
        # Between integers a scale, even of 1, goes through f32: that rounds.
        types = (element_type(op.input.type), element_type(op.result.type))
        if op.scale_value == 1.0 and any(is_float(type) for type in types):
            op.scale = None
            rewriter.notify_op_modified(op)
