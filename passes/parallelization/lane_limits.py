"""What the body of a reduction asks of the lanes of a unit."""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.arith_casts import is_conversion, without_lanes


def operand_bits(op: pattern.ReduceOp) -> int:
    """
    Bits of the widest operand of a reduction's body.

    Units widen what they take, so a widened operand counts as what it was; the first addition
    takes what is yielded, a product of narrow operands included.
    """
    widest = 0
    for inner in op.body.block.ops:
        match inner:
            case pattern.ReadOp():
                widest = max(widest, spatial.element_bits(inner.result.type))
            case pattern.YieldOp() | arith.ConstantOp():
                pass
            case _ if _widens(inner):
                pass
            case _:
                widest = max(
                    [widest, *(_bits(value) for value in inner.operands if not _constant(value))]
                )
    through = op.through_types[:1]
    for value, result in zip(op.yielded, op.results, strict=True):
        first = through[0] if through else result.type
        if spatial.element_bits(first) < spatial.element_bits(value.type):
            # A narrowing is an operation of its own.
            widest = max(widest, _bits(value))
    return widest or 32


def scalar_only(op: pattern.ReduceOp) -> str | None:
    """Name an operation of a reduction's body that takes no lanes, None where all do."""
    for inner in op.body.block.ops:
        if isinstance(inner, arith.CmpfOp | arith.CmpiOp):
            return f"{inner.name} would differ from lane to lane"
        if isinstance(inner, arith.SelectOp):
            return f"{inner.name} may take a condition per lane"
        if without_lanes(inner):
            return f"{inner.name} takes no vectors"
    return None


def _widens(op: Operation) -> bool:
    if isinstance(op, pattern.ConvertOp):
        return op.is_widening
    return is_conversion(op) and isinstance(op, arith.ExtFOp | arith.ExtSIOp)


def _bits(value: SSAValue) -> int:
    while isinstance(value.owner, Operation) and _widens(value.owner):
        value = value.owner.operands[0]
    return spatial.element_bits(value.type)


def _constant(value: SSAValue) -> bool:
    return isinstance(value.owner, arith.ConstantOp)
