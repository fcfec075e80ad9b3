"""
Groups of upstream operations that are one operation of a pattern body.

Other front ends write a sigmoid as 1 / (1 + exp(-x)), and a conversion with limits as a dozen
selections. Each matcher looks at one operation and gives what stands for it, or None.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f32, i1
from xdsl.ir import Operation, SSAValue

from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.raising.conversions import (
    conversion,
    saturation,
    truncation_to_small_float,
)
from spatial_opt.lowering.raising.functions import (
    activation,
    comparison,
    function,
    power,
    product_and_sum,
    rounded_constant,
)
from spatial_opt.lowering.raising.matching import Idiom, constant


def find_idiom(op: Operation) -> Idiom | None:
    """Give what stands for an operation and those that it alone needs."""
    for match in _MATCHERS:
        found = match(op)
        if found is not None:
            return found
    return None


def _sigmoid(op: Operation) -> Idiom | None:
    """1 / (1 + exp(-x))"""
    if not isinstance(op, arith.DivfOp) or constant(op.lhs) != 1.0:
        return None
    below = op.rhs.owner
    if not isinstance(below, arith.AddfOp):
        return None
    for one, other in ((below.lhs, below.rhs), (below.rhs, below.lhs)):
        if constant(one) != 1.0 or not isinstance(other.owner, math.ExpOp):
            continue
        negated = _negated(other.owner.operand)
        if negated is not None:
            return activation("sigmoid", negated)
    return None


def _negated(value: SSAValue) -> SSAValue | None:
    """Give x of -x."""
    match value.owner:
        case arith.NegfOp() as op:
            return op.operand
        case arith.MulfOp() as op if constant(op.rhs) == -1.0:
            return op.lhs
        case arith.MulfOp() as op if constant(op.lhs) == -1.0:
            return op.rhs
        case arith.SubfOp() as op if constant(op.lhs) == 0.0:
            return op.rhs
        case _:
            return None


def _greater(op: Operation) -> Idiom | None:
    """x > c ? x : c, where a NaN stays: the maximum; the other way round the minimum."""
    if not isinstance(op, arith.SelectOp) or not isinstance(op.cond.owner, arith.CmpfOp):
        return None
    compare = op.cond.owner
    if (compare.lhs, compare.rhs) != (op.lhs, op.rhs) or op.lhs.type != f32:
        return None
    # Only where the second is a number is it clear what a NaN gives; at zero both give +0.
    if constant(op.rhs) is None:
        return None
    predicate = compare.predicate.value.data
    if predicate == 9 or (predicate == 10 and constant(op.rhs) != 0.0):
        return Idiom((op.lhs, op.rhs), lambda e, args: e.add(arith.MaximumfOp(args[0], args[1])))
    if predicate in (11, 12) and constant(op.rhs) != 0.0:
        return Idiom((op.lhs, op.rhs), lambda e, args: e.add(arith.MinimumfOp(args[0], args[1])))
    return None


def _of_bits(op: Operation) -> Idiom | None:
    """The lesser or greater of two i1, by their sign: those that are set are less."""
    if not isinstance(op, arith.MaxSIOp | arith.MinSIOp) or op.result.type != i1:
        return None
    make = arith.AndIOp if isinstance(op, arith.MaxSIOp) else arith.OrIOp
    return Idiom((op.lhs, op.rhs), lambda e, args: e.add(make(args[0], args[1])))


def _unsigned(op: Operation) -> Idiom | None:
    """The lesser or greater of two integers without sign, by a comparison."""
    if not isinstance(op, arith.MinUIOp | arith.MaxUIOp):
        return None
    predicate = "ult" if isinstance(op, arith.MinUIOp) else "ugt"

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        a, b = args
        return e.add(arith.SelectOp(e.add(arith.CmpiOp(a, b, predicate)), a, b))

    return Idiom((op.lhs, op.rhs), build)


_MATCHERS = (
    _sigmoid,
    function,
    _greater,
    saturation,
    rounded_constant,
    comparison,
    conversion,
    power,
    product_and_sum,
    truncation_to_small_float,
    _of_bits,
    _unsigned,
)
