"""
Values in two memories, one with the first rows and one with the others.

A carried value may have two kinds of readers: row units that read it throughout a step, and an
address generator that stores it. A memory with one port has time for both only if its rows come
early or late in a step: then it is stored while the row units are at the other memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd

from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.affine_bounds import linear_form
from spatial_opt.lowering.spatial.layouts import steps_apart
from spatial_opt.lowering.spatial.program import Access, shape
from spatial_opt.lowering.spatial.space import UnitSpace


@dataclass(frozen=True)
class Half:
    """A range of the last dimension, and the groups of rows in which it is read."""

    offset: int
    length: int
    first: int
    last: int
    """Groups `first` to `last` - 1."""

    def of(self, space: UnitSpace) -> UnitSpace:
        """Give what a row unit does in these groups."""
        position = len(space.kernel.indices) - 1
        bounds = list(space.bounds)
        bounds[position] = self.last - self.first
        dims: list[AffineExpr] = [AffineExpr.dimension(d) for d in range(len(space.trips))]
        dims[space.base + position] = dims[space.base + position] + self.first
        positions = {
            variable: expr.replace_dims_and_symbols(dims, [])
            for variable, expr in space.positions.items()
        }
        return replace(space, bounds=tuple(bounds), positions=positions)

    def turn(self, space: UnitSpace) -> tuple[int, int, int]:
        """Give the window of its tokens among those of all groups of a row unit."""
        position = len(space.kernel.indices) - 1
        each = 1
        for bound in space.bounds[position + 1 :]:
            each *= bound
        return self.first * each, self.last * each, space.bounds[position] * each


def halves(access: Access, spaces: Sequence[UnitSpace], lanes: int) -> tuple[Half, Half] | None:
    """
    Cut the rows that the row units of a kernel read about in the middle, at a whole vector.

    None unless each unit reads the rows that it makes, and all units together take neighbours: then
    the first groups of rows are the first rows.
    """
    space = spaces[0]
    kernel, width = space.kernel, space.width(access) or 1
    if access.reduce is not None or shape(access.source)[-1] != kernel.bounds[-1]:
        return None
    if len(spaces) > 1 and steps_apart(access, spaces) != width:
        return None
    form = linear_form(access.substituted(dict(space.positions))[-1], len(space.trips))
    if form is None or form[1]:
        return None
    position = len(kernel.indices) - 1
    groups, *turns = space.bounds[position:]
    group, *turn = form[0][space.base + position :]
    if any(form[0][: space.base + position]) or turn not in ([], [len(spaces) * width]):
        return None
    if group != len(spaces) * width * (turns[0] if turns else 1):
        return None
    period = lanes // gcd(group, lanes)
    first = (groups // 2 + period // 2) // period * period
    cut = first * group
    if not 0 < first < groups or cut >= kernel.bounds[-1]:
        return None
    return Half(0, cut, 0, first), Half(cut, kernel.bounds[-1] - cut, first, groups)
