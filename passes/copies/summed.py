"""How the readers of a copy use an element."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.ir import SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.copies.views import view_of


def only_summed(value: SSAValue) -> bool:
    """
    Return whether an element only enters sums of products.

    Zero elements then add nothing, and the sign of a zero makes no difference: a sum starts at a
    positive zero.
    """
    uses = list(value.uses)
    for use in uses:
        match use.operation:
            case (
                arith.MulfOp() | arith.MuliOp() | arith.AddfOp() | arith.AddiOp() | arith.NegfOp()
            ) as op:
                if not only_summed(op.results[0]):
                    return False
            case pattern.ConvertOp() as convert:
                limits = convert.clamp_range
                if limits is not None and not limits[0] <= 0 <= limits[1]:
                    return False
                if not only_summed(convert.result):
                    return False
            case pattern.YieldOp() as end:
                reduce = end.parent_op()
                if not isinstance(reduce, pattern.ReduceOp):
                    return False
                if reduce.kind_names[use.index] != "add":
                    return False
            case _:
                return False
    return bool(uses)


def only_moved(value: SSAValue) -> bool:
    """Return whether an element is only moved on, by a copy."""
    uses = list(value.uses)
    for use in uses:
        match use.operation:
            case pattern.ConvertOp() | arith.AddfOp() | arith.AddiOp() | arith.SelectOp() as op:
                if not only_moved(op.results[0]):
                    return False
            case pattern.YieldOp() as end:
                parent = end.parent_op()
                if not isinstance(parent, pattern.MapOp):
                    return False
                if view_of(parent.results[use.index]) is None:
                    return False
            case _:
                return False
    return bool(uses)
