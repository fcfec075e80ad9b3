"""Reads outside of their value that the verifier cannot see, as integer sets."""

from __future__ import annotations

from xdsl.dialects.func import FuncOp

from spatial_opt.dialects import pattern
from spatial_opt.dialects.affine_bounds import exact_range
from spatial_opt.passes.polyhedral.accesses import read_function, shape_of
from spatial_opt.passes.polyhedral.loops import loops_around
from spatial_opt.passes.polyhedral.spaces import box, related
from spatial_opt.passes.polyhedral.text import points_text


def read_outside(function: FuncOp) -> str | None:
    """
    Say of the first read that leaves its value where it does so; None if none does.

    The verifier knows the range of sums, and of quotients and remainders over small domains; what
    is asked here are the others. Computed indices are checked when the program runs.
    """
    for op in function.walk():
        if isinstance(op, pattern.ReadOp) and op.zero_outside is None and not _is_known(op):
            text = _outside(op)
            if text is not None:
                return text
    return None


def _is_known(op: pattern.ReadOp) -> bool:
    bounds = [pattern.index_bound(index) for index in op.indices]
    if any(bound is None for bound in bounds):
        return True
    sizes = [bound or 1 for bound in bounds]
    return all(exact_range(expr, sizes) is not None for expr in op.map.data.results)


def _outside(op: pattern.ReadOp) -> str | None:
    loops = loops_around(op)
    function = read_function(op.indices, op.map.data, loops)
    if function is None:
        return None
    reached = related(function, box(loops.bounds))
    wrong = reached.subtract_range(box(shape_of(op.source))).domain()
    if wrong.is_empty():
        return None
    name = f"%{op.source.name_hint or 'value'}"
    return (
        f"a read of {name} is outside of {op.source.type} at {points_text(wrong, loops.names)}; "
        "use zero_outside if that is meant"
    )
