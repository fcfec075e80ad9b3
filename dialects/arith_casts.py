"""Casts of `arith`: which of them are conversions, and which cannot run on lanes."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerType, f32
from xdsl.ir import Operation

from spatial_opt.dialects.pattern_syntax import is_integer, represents


def is_conversion(op: Operation) -> bool:
    """Tell whether a cast gives what `pattern.convert` between its types gives."""
    if not isinstance(
        op, arith.ExtFOp | arith.TruncFOp | arith.ExtSIOp | arith.SIToFPOp
    ) or op.operands[0].type == IntegerType(1):
        return False
    source, target = op.operands[0].type, op.results[0].type
    if isinstance(op, arith.SIToFPOp):
        # It goes through f32, and would round twice.
        return target == f32 or represents(target, source)
    return not isinstance(op, arith.ExtSIOp) or (is_integer(source) and is_integer(target))


def without_lanes(op: Operation) -> bool:
    """Tell whether an operation is another cast, which takes no vectors of integers."""
    casts = (
        arith.ExtSIOp
        | arith.ExtUIOp
        | arith.TruncIOp
        | arith.SIToFPOp
        | arith.UIToFPOp
        | arith.FPToSIOp
        | arith.FPToUIOp
    )
    return isinstance(op, casts) and not is_conversion(op)
