"""What a sum adds in the lanes that are left over behind the end of its last dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue

from spatial_opt.dialects.affine_bounds import interval, linear_form
from spatial_opt.dialects.pattern_access import ParameterOp, ReadOp
from spatial_opt.dialects.pattern_loops import ReduceOp
from spatial_opt.dialects.pattern_numbers import ConvertOp
from spatial_opt.dialects.pattern_scan import index_bound


def adds_nothing_beyond(reduce: ReduceOp, row: SSAValue | None = None) -> bool:
    """
    Tell whether elements behind the end of a reduction's last dimension leave its results alone.

    That is so for sums of which every element is zero there, because a factor of each product is
    read where nothing is: outside its tensor, or outside what a memory holds of it for the
    reduction. `row` is the index of the map that lanes carry as well, None if they don't.
    """
    return adds_zero(reduce, lambda read: _is_zero_beyond(read, reduce, row))


def adds_zero(reduce: ReduceOp, is_zero: Callable[[ReadOp], bool]) -> bool:
    """
    Tell whether a point of a reduction where some of its reads give zero leaves its results alone.

    That is so for sums of elements that are zero there: what is computed from zeros alone, and
    products with a zero. `is_zero` tells which reads give zero at the point.
    """
    if any(kind != "add" for kind in reduce.kind_names):
        return False
    zero: set[SSAValue] = set()
    for op in reduce.body.block.ops:
        match op:
            case ReadOp() if is_zero(op):
                zero.add(op.result)
            case arith.MulfOp() | arith.MuliOp() if any(v in zero for v in op.operands):
                zero.add(op.results[0])
            case (
                arith.AddfOp()
                | arith.AddiOp()
                | arith.SubfOp()
                | arith.SubiOp()
                | arith.NegfOp()
                | arith.ExtFOp()
                | arith.ExtSIOp()
            ) if all(v in zero for v in op.operands):
                zero.add(op.results[0])
            case ConvertOp() if op.input in zero and not moves_zero(op):
                zero.add(op.result)
            case _:
                pass
    return all(value in zero for value in reduce.yielded)


def moves_zero(op: ConvertOp) -> bool:
    """Tell whether a conversion clamps zero away."""
    limits = op.clamp_range
    return limits is not None and not limits[0] <= 0 <= limits[1]


def _is_zero_beyond(read: ReadOp, reduce: ReduceOp, row: SSAValue | None) -> bool:
    """Tell whether a read finds nothing from the end of the last dimension on."""
    variable, length = reduce.indices[-1], reduce.domain[-1]
    indices = list(read.indices)
    if variable not in indices:
        return False
    position = indices.index(variable)
    bounds = [index_bound(index) or 1 for index in indices]
    *_, last = exprs = read.map.data.results
    if isinstance(read.source.owner, ParameterOp):
        # Its memory ends with the reduction, unless rows stand between the vectors.
        if row is None or row not in indices:
            return True
    else:
        form = linear_form(last, len(indices))
        alone = [int(n == position) for n in range(len(indices))]
        # A memory holds the elements that the reduction reads, if it reads any at all.
        if form is not None and form[0] == alone and length + form[1] > 0:
            return True
    for expr, extent in zip(exprs, _shape(read), strict=True):
        form = linear_form(expr, len(indices))
        if form is not None and form[0][position] > 0:
            least, _ = interval(expr, [1 if n == position else b for n, b in enumerate(bounds)])
            if least + form[0][position] * length >= extent:
                return True
    return False


def _shape(read: ReadOp) -> tuple[int, ...]:
    type: Attribute = read.source.type
    return cast(TensorType[Attribute], type).get_shape()
