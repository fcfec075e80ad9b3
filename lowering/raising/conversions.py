"""Conversions between formats that upstream writes as limits, roundings and casts."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType, f32, i32
from xdsl.ir import Operation, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import ConvertOp
from spatial_opt.dialects.pattern_syntax import is_scalar
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.numbers import LARGEST_8_BIT
from spatial_opt.lowering.raising.matching import Idiom, between, constant, scaled, selection


def conversion(op: Operation) -> Idiom | None:
    """Widening and rounding, which need no limits in front: a conversion has its own."""
    if not all(is_scalar(value.type) for value in (*op.operands, *op.results)):
        return None
    if isinstance(op, arith.TruncFOp | arith.ExtFOp):
        target, value = op.result.type, op.input
        limit = LARGEST_8_BIT.get(target.name)
        if limit is not None and isinstance(op, arith.TruncFOp):
            value = between(value, -limit, limit) or value
        return Idiom((value,), lambda e, args: e.add(ConvertOp(args[0], target)))
    if isinstance(op, arith.ExtSIOp) and isa(op.input.type, IntegerType):
        target = op.result.type
        if op.input.type.width.data > 1:
            return Idiom((op.input,), lambda e, args: e.add(ConvertOp(args[0], target)))
    if isinstance(op, arith.SIToFPOp) and op.result.type == f32:
        if isa(op.input.type, IntegerType) and op.input.type.width.data > 1:
            return Idiom((op.input,), lambda e, args: e.add(ConvertOp(args[0], f32)))
    return None


def saturation(op: Operation) -> Idiom | None:
    """round(x) as an integer within limits, where NaN gives 0."""
    if not op.results or not isa(target := op.results[0].type, IntegerType):
        return None
    found = _limited_integer(op.results[0])
    if found is None:
        return None
    whole, low, high = found
    if not isinstance(whole.owner, math.RoundEvenOp | math.TruncOp):
        return None
    rounding = "nearest_even" if isinstance(whole.owner, math.RoundEvenOp) else "toward_zero"
    top = 1 << (target.width.data - 1)
    clamp = None if (low, high) == (-top, top - 1) else (low, high)
    value, scale = scaled(whole.owner.operand)

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        return e.add(ConvertOp(args[0], target, scale=scale, rounding=rounding, clamp=clamp))

    return Idiom((value,), build)


def _limited_integer(value: SSAValue) -> tuple[SSAValue, int, int] | None:
    """Give w and the limits of a saturating conversion of a whole f32 w."""
    if isinstance(value.owner, arith.TruncIOp) and value.owner.input.type == i32:
        value = value.owner.input
    if isinstance(value.owner, arith.FPToSIOp):
        return _limited_as_float(value.owner)
    limits = -(1 << 31), (1 << 31) - 1
    number = selection(value)
    if number is not None and isinstance(number.lhs.owner, arith.MinSIOp):
        top = number.lhs.owner
        bottom = top.lhs.owner
        if not isinstance(bottom, arith.MaxSIOp) or constant(number.rhs) != 0.0:
            return None
        low, high = constant(bottom.rhs), constant(top.rhs)
        if low is None or high is None:
            return None
        limits, value = (int(low), int(high)), bottom.lhs
    whole = _limited_in_32_bits(value)
    return None if whole is None else (whole, limits[0], limits[1])


def _limited_as_float(op: arith.FPToSIOp) -> tuple[SSAValue, int, int] | None:
    """fptosi(w is a number ? min(max(w, low), high) : 0)"""
    number = selection(op.input)
    if number is None or constant(number.rhs) != 0.0 or op.result.type != i32:
        return None
    upper = _limit(number.lhs, 2)
    lower = None if upper is None else _limit(upper[0], 4)
    if upper is None or lower is None or not _is_number_test(number.cond, lower[0]):
        return None
    return lower[0], int(lower[1]), int(upper[1])


def _limited_in_32_bits(value: SSAValue) -> SSAValue | None:
    """w >= 2^31 ? 2^31 - 1 : fptosi(w is a number ? (w >= 2^31 ? 0 : max(w, -2^31)) : 0)"""
    most = selection(value)
    if most is None or constant(most.lhs) != float((1 << 31) - 1):
        return None
    cast = most.rhs.owner
    number = selection(cast.input) if isinstance(cast, arith.FPToSIOp) else None
    inside = None if number is None else selection(number.lhs)
    lower = None if inside is None else _limit(inside.rhs, 4)
    if number is None or inside is None or lower is None:
        return None
    whole, low = lower
    same = inside.cond is most.cond and constant(inside.lhs) == constant(number.rhs) == 0.0
    if not same or low != -float(1 << 31) or not _is_number_test(number.cond, whole):
        return None
    return whole


def _limit(value: SSAValue, predicate: int) -> tuple[SSAValue, float] | None:
    """Give x and c of `x beyond c ? c : x`."""
    choice = selection(value)
    if choice is None or not isinstance(choice.cond.owner, arith.CmpfOp):
        return None
    compare, limit = choice.cond.owner, constant(choice.lhs)
    same = compare.lhs is choice.rhs and compare.rhs is choice.lhs
    if limit is None or not same or compare.predicate.value.data != predicate:
        return None
    return choice.rhs, limit


def _is_number_test(condition: SSAValue, value: SSAValue) -> bool:
    test = condition.owner
    return (
        isinstance(test, arith.CmpfOp)
        and test.predicate.value.data == 7
        and test.lhs is value
        and test.rhs is value
    )


def truncation_to_small_float(op: Operation) -> Idiom | None:
    """The nearest small float, one step back in its bits where that is the larger in size."""
    if not isinstance(op, arith.BitcastOp):
        return None
    choice = selection(op.input)
    back = None if choice is None else choice.lhs.owner
    if choice is None or not isinstance(back, arith.SubiOp) or constant(back.rhs) != 1.0:
        return None
    bits, outwards = back.lhs, choice.cond.owner
    cast = bits.owner
    nearest = cast.input.owner if isinstance(cast, arith.BitcastOp) else None
    if bits is not choice.rhs or not isinstance(nearest, arith.TruncFOp):
        return None
    if not isinstance(outwards, arith.CmpfOp) or outwards.predicate.value.data != 2:
        return None
    size, exact = outwards.lhs.owner, outwards.rhs.owner
    if not isinstance(size, math.AbsFOp) or not isinstance(exact, math.AbsFOp):
        return None
    held = size.operand.owner
    if not isinstance(held, arith.ExtFOp) or held.input is not nearest.result:
        return None
    value, scale = scaled(exact.operand)
    target = op.result.type

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        return e.add(ConvertOp(args[0], target, scale=scale, rounding="toward_zero"))

    return Idiom((value,), build)
