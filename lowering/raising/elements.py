"""Reading an element of an upstream tensor: where it stands, or the number that it is."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.pattern import ReadOp
from spatial_opt.lowering.linalg.constants import Number, number
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.raising.views import Splat, Tensor


def read(
    e: Emitter, source: Tensor, at: Sequence[AffineExpr], loops: Sequence[SSAValue]
) -> SSAValue:
    """Read an element at affine functions of indices; `loops` are the values of their dims."""
    if isinstance(source, Splat):
        return splat_value(e, source)
    steps = [AffineExpr.dimension(len(loops) + n) for n in range(len(source.indices))]
    results = tuple(expr.replace_dims_and_symbols([*at, *steps], []) for expr in source.coordinates)
    map = AffineMap(len(loops) + len(steps), 0, results)
    op = ReadOp(source.source, [*loops, *source.indices], map, zero_outside=source.zero_outside)
    return e.add(op, source.source.name_hint)


def splat_value(e: Emitter, source: Splat) -> SSAValue:
    """Give the value that a tensor has everywhere; any, where it was not written."""
    if isinstance(source.value, SSAValue):
        return source.value
    value: Number = number(0, source.element) if source.value is None else source.value
    return e.constant(value)
