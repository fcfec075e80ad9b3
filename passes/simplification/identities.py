"""
Operations of a body that compute what is already there: identities and constants.

Everything here is exact, the sign of a zero and the rounding included. Constants are folded in
f32 (numpy's IEEE single) and in integers; 8- and 16-bit floats are left alone, since their
arithmetic is defined in `spatial_opt.runtime` and not here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    AnyFloat,
    BoolAttr,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    f32,
    i1,
)
from xdsl.ir import Operation, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import ConvertOp

Number = int | float
Constant: TypeAlias = FloatAttr[AnyFloat] | IntegerAttr

_FLOATS: dict[type[Operation], Callable[[np.float32, np.float32], np.float32]] = {
    arith.AddfOp: np.add,
    arith.SubfOp: np.subtract,
    arith.MulfOp: np.multiply,
    arith.DivfOp: np.divide,
    arith.MaximumfOp: np.maximum,
    arith.MinimumfOp: np.minimum,
}
_INTEGERS: dict[type[Operation], Callable[[int, int], int]] = {
    arith.AddiOp: lambda a, b: a + b,
    arith.SubiOp: lambda a, b: a - b,
    arith.MuliOp: lambda a, b: a * b,
    arith.AndIOp: lambda a, b: a & b,
    arith.OrIOp: lambda a, b: a | b,
    arith.XOrIOp: lambda a, b: a ^ b,
    arith.MaxSIOp: max,
    arith.MinSIOp: min,
}
_COMPARISONS: tuple[Callable[[int, int], bool], ...] = (
    lambda a, b: a == b,
    lambda a, b: a != b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
)
"""Signed comparisons of integers, by the number of the predicate."""


def simplified(op: Operation) -> SSAValue | Constant | None:
    """Return a value or a constant that equals the one result of an operation, or None."""
    if len(op.results) != 1 or isinstance(op, arith.ConstantOp):
        return None
    if isinstance(op, ConvertOp):
        return same_number(op)
    if not op.name.startswith("arith."):
        return None
    constants = [_number(value) for value in op.operands]
    if constants and all(number is not None for number in constants):
        folded = _folded(op, [number for number in constants if number is not None])
        if folded is not None:
            return folded
    return _identity(op, constants)


def same_number(op: ConvertOp) -> SSAValue | None:
    """Return the value of which a conversion makes the same number again, or None."""
    # Between integers even a scale of 1 leads through f32, which rounds.
    if op.clamp is not None or op.scale_value is not None:
        return None
    if op.input.type == op.result.type:
        return op.input
    inner = op.input.owner
    if isinstance(inner, ConvertOp) and inner.is_widening and inner.input.type == op.result.type:
        # There and back again; an integer comes back from every float that represents it.
        return inner.input
    return None


def _number(value: SSAValue) -> Number | None:
    owner = value.owner
    if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, IntegerAttr | FloatAttr):
        return owner.value.value.data
    return None


def _identity(op: Operation, constants: list[Number | None]) -> SSAValue | None:
    """Return the operand that the operation gives back, whatever its value, or None."""
    match op:
        case arith.SelectOp():
            if constants[0] is not None:
                return op.lhs if constants[0] else op.rhs
            return op.lhs if op.lhs is op.rhs else None
        case (
            arith.MaximumfOp()
            | arith.MinimumfOp()
            | arith.MaxSIOp()
            | arith.MinSIOp()
            | arith.AndIOp()
            | arith.OrIOp()
        ) if op.lhs is op.rhs:
            return op.lhs
        case arith.NegfOp():
            inner = op.operand.owner
            return inner.operand if isinstance(inner, arith.NegfOp) else None
        case _:
            pass
    if len(constants) != 2:
        return None
    left, right = constants
    if right is not None and _is_neutral(op, right):
        return op.operands[0]
    if left is not None and is_commutative(op) and _is_neutral(op, left):
        return op.operands[1]
    return None


def _is_neutral(op: Operation, right: Number) -> bool:
    """Return whether x op right is x for every x, zeros of either sign included."""
    match op:
        case arith.MulfOp() | arith.DivfOp() | arith.MuliOp():
            return right == 1
        case arith.AddfOp():
            # (-0) + (+0) is +0: only the negative zero is neutral.
            return right == 0 and math.copysign(1.0, right) < 0
        case arith.SubfOp():
            return right == 0 and math.copysign(1.0, right) > 0
        case (
            arith.AddiOp()
            | arith.SubiOp()
            | arith.OrIOp()
            | arith.XOrIOp()
            | arith.ShLIOp()
            | arith.ShRSIOp()
            | arith.ShRUIOp()
        ):
            return right == 0
        case _:
            return False


_COMMUTATIVE = frozenset[type[Operation]](
    (
        arith.AddfOp,
        arith.MulfOp,
        arith.MaximumfOp,
        arith.MinimumfOp,
        arith.AddiOp,
        arith.MuliOp,
        arith.AndIOp,
        arith.OrIOp,
        arith.XOrIOp,
        arith.MaxSIOp,
        arith.MinSIOp,
    )
)


def is_commutative(op: Operation) -> bool:
    """Return whether both operands may change places without changing a bit of the result."""
    return type(op) in _COMMUTATIVE


def _folded(op: Operation, numbers: list[Number]) -> Constant | None:
    type_ = op.results[0].type
    if type_ == f32 and all(operand.type == f32 for operand in op.operands):
        return _folded_float(op, [np.float32(number) for number in numbers])
    if any(operand.type == i1 for operand in op.operands):
        return None
    if isinstance(op, arith.CmpiOp):
        predicate = op.predicate.value.data
        if predicate < len(_COMPARISONS):
            return BoolAttr.from_bool(_COMPARISONS[predicate](int(numbers[0]), int(numbers[1])))
        return None
    compute = _INTEGERS.get(type(op))
    if compute is None:
        return None
    value = compute(int(numbers[0]), int(numbers[1]))
    if isa(type_, IntegerType):
        return IntegerAttr(_wrapped(value, type_.width.data), type_)
    return IntegerAttr(value, type_) if isinstance(type_, IndexType) else None


def _folded_float(op: Operation, numbers: list[np.float32]) -> Constant | None:
    if isinstance(op, arith.NegfOp):
        return FloatAttr(float(-numbers[0]), f32)
    compute = _FLOATS.get(type(op))
    if compute is None:
        return None
    if compute in (np.maximum, np.minimum) and not (numbers[0] and numbers[1]):
        # numpy leaves open which zero it gives.
        return None
    with np.errstate(all="ignore"):
        result = float(compute(*numbers))
    # A NaN as a literal keeps neither sign nor payload in the text.
    return FloatAttr(result, f32) if math.isfinite(result) else None


def _wrapped(value: int, width: int) -> int:
    """Return the signed number with the last `width` bits of a value."""
    wrapped = value & ((1 << width) - 1)
    return wrapped - (1 << width) if wrapped >> (width - 1) else wrapped
