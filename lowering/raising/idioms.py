"""
Groups of upstream operations that are one operation of a pattern body.

Other front ends write a sigmoid as 1 / (1 + exp(-x)), and a conversion with limits as a dozen
selections. Each matcher looks at one operation and gives what stands for it, or None.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects.pattern import ActivateOp
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.raising.conversions import (
    conversion,
    saturation,
    truncation_to_small_float,
)
from spatial_opt.lowering.raising.matching import Idiom, constant


def find_idiom(op: Operation) -> Idiom | None:
    """Give what stands for an operation and those that it alone needs."""
    for match in _MATCHERS:
        found = match(op)
        if found is not None:
            return found
    return None


def _activation(name: str, value: SSAValue) -> Idiom:
    return Idiom((value,), lambda e, args: e.add(ActivateOp(name, args[0])))


def _tanh(op: Operation) -> Idiom | None:
    return _activation("tanh", op.operand) if isinstance(op, math.TanhOp) else None


def _exp(op: Operation) -> Idiom | None:
    return _activation("exp", op.operand) if isinstance(op, math.ExpOp) else None


def _sigmoid(op: Operation) -> Idiom | None:
    """1 / (1 + exp(-x))"""
    if not isinstance(op, arith.DivfOp) or constant(op.lhs) != 1.0:
        return None
    below = op.rhs.owner
    if not isinstance(below, arith.AddfOp):
        return None
    for one, power in ((below.lhs, below.rhs), (below.rhs, below.lhs)):
        if constant(one) != 1.0 or not isinstance(power.owner, math.ExpOp):
            continue
        negated = _negated(power.owner.operand)
        if negated is not None:
            return _activation("sigmoid", negated)
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


def _round_even(op: Operation) -> Idiom | None:
    """To the nearest integer: by adding and removing 2^23, where a number is not beyond it."""
    if not isinstance(op, math.RoundEvenOp) or op.operand.type != f32:
        return None

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        (value,) = args
        large = e.add(math.CopySignOp(e.real(float(1 << 23)), value))
        rounded = e.add(arith.SubfOp(e.add(arith.AddfOp(value, large)), large))
        rounded = e.add(math.CopySignOp(rounded, value))
        small = e.add(arith.CmpfOp(e.add(math.AbsFOp(value)), e.real(float(1 << 23)), "olt"))
        return e.add(arith.SelectOp(small, rounded, value))

    return Idiom((op.operand,), build)


def _truncation(op: Operation) -> Idiom | None:
    if not isinstance(op, math.TruncOp):
        return None

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        size = e.add(math.FloorOp(e.add(math.AbsFOp(args[0]))))
        return e.add(math.CopySignOp(size, args[0]))

    return Idiom((op.operand,), build)


def _reciprocal_root(op: Operation) -> Idiom | None:
    if not isinstance(op, math.RsqrtOp) or op.operand.type != f32:
        return None

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        return e.add(arith.DivfOp(e.real(1.0), e.add(math.SqrtOp(args[0]))))

    return Idiom((op.operand,), build)


def _product_and_sum(op: Operation) -> Idiom | None:
    """a * b + c, rounded twice: a pattern has no other way."""
    if not isinstance(op, math.FmaOp):
        return None

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        return e.add(arith.AddfOp(e.add(arith.MulfOp(args[0], args[1])), args[2]))

    return Idiom((op.a, op.b, op.c), build)


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
    _tanh,
    _exp,
    _greater,
    saturation,
    conversion,
    _round_even,
    _truncation,
    _reciprocal_root,
    _product_and_sum,
    truncation_to_small_float,
    _unsigned,
)
