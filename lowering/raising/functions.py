"""Functions of `math` in bodies of patterns: activations, and arithmetic that says the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import copysign, inf

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import AnyFloat, FloatAttr, f32
from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects.pattern import ActivateOp
from spatial_opt.dialects.pattern_syntax import is_float
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.raising.matching import Idiom, constant

MOST_FACTORS = 64
"""The largest power that is written as products."""

_Function = Callable[[Emitter, SSAValue], SSAValue]


def function(op: Operation) -> Idiom | None:
    """Give what stands for a function of one float; None for other operations."""
    if len(op.operands) == 1 and is_float(op.operands[0].type):
        name = _ACTIVATIONS.get(type(op))
        if name is not None:
            return activation(name, op.operands[0])
    write = _WRITTEN.get(type(op))
    if write is None or op.operands[0].type != f32:
        return None
    return Idiom((op.operands[0],), lambda e, args: write(e, args[0]))


def power(op: Operation) -> Idiom | None:
    """A constant whole power of an f32, as products."""
    if not isinstance(op, math.FPowIOp | math.PowFOp) or op.lhs.type != f32:
        return None
    exponent = constant(op.rhs)
    if exponent is None or not exponent.is_integer() or not 0 < abs(exponent) <= MOST_FACTORS:
        return None
    count = int(exponent)

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        result = _product(e, args[0], abs(count))
        return result if count > 0 else e.add(arith.DivfOp(e.real(1.0), result))

    return Idiom((op.lhs,), build)


def product_and_sum(op: Operation) -> Idiom | None:
    """a * b + c, rounded twice: a pattern has no other way."""
    if not isinstance(op, math.FmaOp):
        return None

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        return e.add(arith.AddfOp(e.add(arith.MulfOp(args[0], args[1])), args[2]))

    return Idiom((op.a, op.b, op.c), build)


def rounded_constant(op: Operation) -> Idiom | None:
    """A constant of a wide format, rounded: other front ends keep theirs in f64."""
    if not isinstance(op, arith.TruncFOp):
        return None
    value, target = constant(op.input), op.result.type
    if value is None or is_float(op.input.type) or not isinstance(target, AnyFloat):
        return None
    return Idiom((), lambda e, args: e.constant(_rounded(value, target)))


def comparison(op: Operation) -> Idiom | None:
    """A comparison of an f32 with an f32 constant, both widened, which decides nothing else."""
    if not isinstance(op, arith.CmpfOp) or is_float(op.lhs.type):
        return None
    sides = [_widened(op.lhs), _widened(op.rhs)]
    values = tuple(side for side in sides if isinstance(side, SSAValue))
    if None in sides or not values:
        return None
    predicate = op.predicate.value.data

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        given = iter(args)
        a, b = (e.real(side) if isinstance(side, float) else next(given) for side in sides)
        return e.add(arith.CmpfOp(a, b, predicate))

    return Idiom(values, build)


def _widened(value: SSAValue) -> SSAValue | float | None:
    """Give the f32 that a wider float holds: a value, or the number of a constant."""
    op = value.owner
    if isinstance(op, arith.ExtFOp) and op.input.type == f32:
        return op.input
    number = constant(value)
    return number if number is not None and _is_single(number) else None


def _is_single(number: float) -> bool:
    """Tell whether f32 has a number."""
    return _rounded(number, f32).value.data == number


def _rounded(number: float, type: AnyFloat) -> FloatAttr:
    """Give the nearest number of a format."""
    try:
        return FloatAttr(number, type)
    except OverflowError:
        return FloatAttr(copysign(inf, number), type)


def activation(name: str, value: SSAValue) -> Idiom:
    """Give the activation of a value."""
    return Idiom((value,), lambda e, args: e.add(ActivateOp(name, args[0])))


def _product(e: Emitter, value: SSAValue, count: int) -> SSAValue:
    """Give a power by squaring."""
    result: SSAValue | None = None
    while True:
        if count & 1:
            result = value if result is None else e.add(arith.MulfOp(result, value))
        count >>= 1
        if not count:
            break
        value = e.add(arith.MulfOp(value, value))
    if result is None:
        raise RuntimeError("a power of nothing, this is a bug")
    return result


def _round_even(e: Emitter, value: SSAValue) -> SSAValue:
    """To the nearest integer: by adding and removing 2^23, where a number is not beyond it."""
    large = e.add(math.CopySignOp(e.real(float(1 << 23)), value))
    rounded = e.add(arith.SubfOp(e.add(arith.AddfOp(value, large)), large))
    rounded = e.add(math.CopySignOp(rounded, value))
    small = e.add(arith.CmpfOp(e.add(math.AbsFOp(value)), e.real(float(1 << 23)), "olt"))
    return e.add(arith.SelectOp(small, rounded, value))


def _truncation(e: Emitter, value: SSAValue) -> SSAValue:
    size = e.add(math.FloorOp(e.add(math.AbsFOp(value))))
    return e.add(math.CopySignOp(size, value))


def _reciprocal_root(e: Emitter, value: SSAValue) -> SSAValue:
    return e.add(arith.DivfOp(e.real(1.0), e.add(math.SqrtOp(value))))


def _log_of_more(e: Emitter, value: SSAValue) -> SSAValue:
    return e.add(ActivateOp("log", e.add(arith.AddfOp(value, e.real(1.0)))))


def _exp_less_one(e: Emitter, value: SSAValue) -> SSAValue:
    return e.add(arith.SubfOp(e.add(ActivateOp("exp", value)), e.real(1.0)))


_ACTIVATIONS: dict[type[Operation], str] = {
    math.TanhOp: "tanh",
    math.ExpOp: "exp",
    math.LogOp: "log",
    math.ErfOp: "erf",
}
_WRITTEN: dict[type[Operation], _Function] = {
    math.RoundEvenOp: _round_even,
    math.TruncOp: _truncation,
    math.RsqrtOp: _reciprocal_root,
    math.Log1pOp: _log_of_more,
    math.ExpM1Op: _exp_less_one,
}
