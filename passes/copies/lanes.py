"""
What the addresses of a machine can do with an access (C6).

Its streams follow affine maps of counters, floordiv and mod included, so every composed access
can be issued. A vector of lanes takes neighbours in memory: elements along the last coordinate.
Parameters lie in memory in the order in which they are read, so they have no neighbours to lose.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects import arith
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern
from spatial_opt.dialects.affine_bounds import linear_form
from spatial_opt.passes.copies.views import View
from spatial_opt.passes.polyhedral.loops import Loops
from spatial_opt.passes.remarks import name_of


def neighbours(exprs: Sequence[AffineExpr], position: int, dims: int) -> bool:
    """Return whether consecutive values of a dimension read consecutive elements."""
    if not exprs:
        return False
    *outer, last = exprs
    form = linear_form(last, dims)
    inside = any(position in expr.used_dims() for expr in outer)
    return form is not None and form[0][position] == 1 and not inside


def lanes_index(exprs: Sequence[AffineExpr], bounds: Sequence[int]) -> int | None:
    """Return the innermost dimension along which an access moves, which lanes would carry."""
    used = [
        position
        for position, bound in enumerate(bounds)
        if bound > 1 and any(position in expr.used_dims() for expr in exprs)
    ]
    return max(used, default=None)


def lost_lanes(
    loops: Loops,
    before: Sequence[AffineExpr],
    after: Sequence[AffineExpr],
    source: SSAValue,
    view: View,
    strict: bool,
) -> str | None:
    """
    Return why a reader would not run over lanes any more, None if it would or if that is cheap.

    `before` and `after` are its accesses over its loops. It is cheap if the reader has no more
    points than the copy, which would have to move every element in this order itself; with
    `strict` that does not count.
    """
    if isinstance(source.owner, pattern.ParameterOp | pattern.TableOp | arith.ConstantOp):
        return None
    index = lanes_index(before, loops.bounds)
    if index is None or not neighbours(before, index, len(loops)):
        return None
    if neighbours(after, index, len(loops)):
        return None
    points, copied = prod(loops.bounds), prod(view.around.bounds) * prod(view.shape)
    if not strict and points <= copied:
        return None
    cost = "" if strict else f", {points} elements one by one to save a copy of {copied}"
    name = name_of(source)
    return f"along %{loops.names[index]} it would not read neighbours in {name} any more{cost}"
