"""Conditions on loop indices, as sets of points."""

from __future__ import annotations

import islpy as isl
from xdsl.dialects import arith
from xdsl.dialects.builtin import IndexType, IntegerAttr, i32
from xdsl.ir import OpResult, SSAValue

from spatial_opt.passes.polyhedral.loops import Loops
from spatial_opt.passes.polyhedral.spaces import box, chosen

_SIGNED = ("eq", "ne", "lt", "le", "gt", "ge")
"""Comparisons by number; behind them come four without a sign, lt to ge."""
_LIMIT = 1 << 31
"""Numbers below do not wrap around."""


def condition_set(value: SSAValue, loops: Loops) -> isl.Set | None:
    """Return the points at which a condition holds, None if it is no condition on indices."""
    if not isinstance(value, OpResult):
        return None
    match value.op:
        case arith.CmpiOp() as compare:
            return _comparison(compare, loops)
        case arith.AndIOp() | arith.OrIOp() as both:
            left, right = condition_set(both.lhs, loops), condition_set(both.rhs, loops)
            if left is None or right is None:
                return None
            return left.intersect(right) if isinstance(both, arith.AndIOp) else left.union(right)
        case _:
            return None


def _comparison(op: arith.CmpiOp, loops: Loops) -> isl.Set | None:
    left, right = _number(op.lhs, loops), _number(op.rhs, loops)
    if left is None or right is None:
        return None
    points, predicate = box(loops.bounds), op.predicate.value.data
    # Numbers without a sign compare alike if they are not negative.
    unsigned = predicate >= len(_SIGNED)
    least = 0 if unsigned else -_LIMIT
    for side in (left, right):
        low, high = points.min_val(side), points.max_val(side)
        if low.to_python() < least or high.to_python() >= _LIMIT:
            return None
    a, b = left.to_pw_aff(), right.to_pw_aff()
    match _SIGNED[predicate - 4 if unsigned else predicate]:
        case "eq":
            return a.eq_set(b)
        case "ne":
            return a.ne_set(b)
        case "lt":
            return a.lt_set(b)
        case "le":
            return a.le_set(b)
        case "gt":
            return a.gt_set(b)
        case _:
            return a.ge_set(b)


def _number(value: SSAValue, loops: Loops) -> isl.Aff | None:
    """Return a number of type index or i32 that is an affine function of indices."""
    if not isinstance(value.type, IndexType) and value.type != i32:
        return None
    position = loops.position(value)
    if position is not None:
        return chosen(len(loops), [position]).get_at(0)
    if not isinstance(value, OpResult):
        return None
    match value.op:
        case arith.ConstantOp(value=IntegerAttr() as constant):
            zero = chosen(len(loops), []).get_domain_space()
            return isl.Aff.val_on_domain_space(zero, constant.value.data)
        case arith.IndexCastOp() as cast:
            return _number(cast.input, loops)
        case arith.AddiOp() | arith.SubiOp() as sum:
            left, right = _number(sum.lhs, loops), _number(sum.rhs, loops)
            if left is None or right is None:
                return None
            return left.add(right) if isinstance(sum, arith.AddiOp) else left.sub(right)
        case arith.MuliOp() as product:
            left, right = _number(product.lhs, loops), _number(product.rhs, loops)
            if left is None or right is None or not (left.is_cst() or right.is_cst()):
                return None
            return left.mul(right)
        case _:
            return None
