"""Where groups ask for elements of maps: sites, and the accesses seen from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xdsl.ir import Block, BlockArgument, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_scan import index_bound
from spatial_opt.passes.fusion.coordinates import Coordinate, Index, Point, of_index, substitute
from spatial_opt.passes.fusion.expression import Loop, Scope
from spatial_opt.passes.fusion.kernels import Kernel, Reading


@dataclass(eq=False)
class Group:
    """Maps that become one, or a single one."""

    scope: Scope
    members: list[Kernel] = field(default_factory=list[Kernel])
    closed: bool = False
    """Whether no other map may join."""


@dataclass(frozen=True)
class Site:
    """A body of a group that computes an element of a map."""

    group: Group
    scope: Scope
    point: Point
    """The element, in the indices of the scope and those around it."""

    @property
    def is_member(self) -> bool:
        """Return whether this is the element that the group itself yields."""
        return self.scope is self.group.scope and self.point == self.scope.point


class Accesses:
    """Scopes of reductions and points of reads, seen from sites."""

    def __init__(self) -> None:
        self._loops: dict[pattern.ReduceOp, Loop] = {}
        self._outside: dict[SSAValue, Coordinate] = {}

    def body(self, reduce: pattern.ReduceOp, scope: Scope) -> Scope:
        """Return the scope of a reduction's body."""
        loop = self._loops.get(reduce)
        if loop is None:
            loop = self._loops[reduce] = Loop.of(reduce)
        return scope.inner(loop, (index.name_hint for index in reduce.indices))

    def site(self, kernel: Kernel, reading: Reading, site: Site) -> Site:
        """Return the site of the element that a read in a map asks for."""
        scope = site.scope
        points = {kernel.op.body.block: site.point}
        for reduce in reading.reduces:
            scope = self.body(reduce, scope)
            points[reduce.body.block] = scope.point
        return Site(site.group, scope, self.point(reading.op, points))

    def point(self, read: pattern.ReadOp, points: Mapping[Block, Point]) -> Point:
        """Return the coordinates of a read, given those of the indices of each body around it."""
        dims = [self.coordinate(index, points) for index in read.indices]
        return tuple(substitute(expr, dims) for expr in read.map.data.results)

    def coordinate(self, index: SSAValue, points: Mapping[Block, Point]) -> Coordinate:
        """Return the coordinate that an index stands for."""
        if isinstance(index, BlockArgument) and index.block in points:
            return points[index.block][index.index]
        if index not in self._outside:
            bound = index_bound(index)
            self._outside[index] = of_index(Index(0, bound, index.name_hint, index))
        return self._outside[index]
