"""What matchers of upstream operations share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, IntegerAttr
from xdsl.ir import SSAValue
from xdsl.utils.hints import isa

from spatial_opt.lowering.linalg.emitter import Emitter

Build = Callable[[Emitter, Sequence[SSAValue]], SSAValue]


@dataclass(frozen=True)
class Idiom:
    """Operations of a pattern in place of others: what they take, and how they are written."""

    operands: tuple[SSAValue, ...]
    build: Build


def constant(value: SSAValue) -> float | None:
    """Give the number that a scalar constant holds."""
    op = value.owner
    if isinstance(op, arith.ConstantOp) and isa(op.value, FloatAttr | IntegerAttr):
        return float(op.value.value.data)
    return None


def selection(value: SSAValue) -> arith.SelectOp | None:
    """Give the selection that makes a value."""
    return value.owner if isinstance(value.owner, arith.SelectOp) else None


def scaled(value: SSAValue) -> tuple[SSAValue, float | None]:
    """Give x and s of x * s, with a constant s above zero."""
    op = value.owner
    factor = constant(op.rhs) if isinstance(op, arith.MulfOp) else None
    if isinstance(op, arith.MulfOp) and factor is not None and 0 < factor < float("inf"):
        return op.lhs, factor
    return value, None


def between(value: SSAValue, low: float, high: float) -> SSAValue | None:
    """Give x of min(max(x, low), high)."""
    top = value.owner
    if not isinstance(top, arith.MinimumfOp) or constant(top.rhs) != high:
        return None
    bottom = top.lhs.owner
    if not isinstance(bottom, arith.MaximumfOp) or constant(bottom.rhs) != low:
        return None
    return bottom.lhs
