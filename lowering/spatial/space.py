"""Counter spaces of a kernel: which counters its units run through, and what an index becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_dealing import Dealing
from spatial_opt.lowering.spatial.program import Access, Kernel, ProgramBlock


def time_replacement(block: ProgramBlock) -> dict[SSAValue, AffineExpr]:
    """Give the loop variable of a block as an expression over its counter, dimension 0."""
    if block.loop is None:
        return {}
    counter = AffineExpr.dimension(0)
    if block.loop.reverse is not None:
        counter = AffineExpr.constant(block.trips - 1) - counter
    return {block.loop.body.block.args[0]: counter}


@dataclass(frozen=True)
class ReduceSpace:
    """
    The domain of a reduction cut into `par` pieces of whole vectors.

    The cut is the one that defines the value of `pattern.reduce`: pieces of
    ceil(ceil(K / par) / lanes) * lanes consecutive elements, empty pieces left out.
    """

    op: pattern.ReduceOp

    @cached_property
    def bounds(self) -> tuple[int, ...]:
        """Extents of the domain."""
        return self.op.domain

    @cached_property
    def lanes(self) -> int:
        """Elements per vector."""
        return self.op.lane_count

    @cached_property
    def piece(self) -> int:
        """Elements of a whole piece."""
        per_piece = -(-self.bounds[-1] // self.op.par_factors[-1])
        return -(-per_piece // self.lanes) * self.lanes

    @cached_property
    def pieces(self) -> int:
        """Pieces that hold an element."""
        return -(-self.bounds[-1] // self.piece)

    def length(self, piece: int) -> int:
        """Count the elements of one piece."""
        return min(self.piece, self.bounds[-1] - piece * self.piece)

    def vectors(self, piece: int) -> int:
        """Count the vectors of one piece, the last perhaps not full."""
        return -(-self.length(piece) // self.lanes)

    @property
    def has_remainder(self) -> bool:
        """Whether the last vector of some piece is not full."""
        return self.bounds[-1] % self.lanes != 0


@dataclass(frozen=True)
class Run:
    """Consecutive vectors of one piece of a reduction: `first` to `last` - 1."""

    domain: ReduceSpace
    piece: int
    first: int
    last: int

    @property
    def start(self) -> int:
        """The first element of the last dimension."""
        return self.piece * self.domain.piece + self.first * self.domain.lanes

    @property
    def stop(self) -> int:
        """The element behind the last one."""
        end = self.piece * self.domain.piece + self.domain.length(self.piece)
        return min(end, self.start + (self.last - self.first) * self.domain.lanes)


@dataclass(frozen=True)
class UnitSpace:
    """
    The counters of one unit, and what the kernel's loop variables are in it.

    A loop variable is an expression over the counter of the loop around (dimension 0, if there
    is one) and the unit's own counters; where it runs over lanes, that of the first lane.
    """

    kernel: Kernel
    bounds: tuple[int, ...]
    names: tuple[str, ...]
    positions: Mapping[SSAValue, AffineExpr]
    lanes: tuple[tuple[SSAValue, int], ...]
    """Variables that run over the elements of a token, the slowest first."""
    label: tuple[int, ...] = ()
    """Numbers that tell the unit from others of its kernel."""
    run: Run | None = None
    """The part of a reduction that the unit works on."""

    @property
    def base(self) -> int:
        """Counters that stand before the unit's own (the loop's)."""
        return 0 if self.kernel.block.loop is None else 1

    @property
    def trips(self) -> tuple[int, ...]:
        """Extents of all dimensions of an address, the loop's counter first."""
        return (self.kernel.block.trips, *self.bounds)[1 - self.base :]

    def lanes_of(self, access: Access) -> list[tuple[SSAValue, int]]:
        """List the variables of an access that run over the elements of its tokens."""
        return [(v, count) for v, count in self.lanes if access.dims_of(v)]

    def width(self, access: Access) -> int | None:
        """Elements per token of an access, None where every lane reads the same element."""
        count = 1
        for _, lanes in self.lanes_of(access):
            count *= lanes
        return count if count > 1 else None

    def limit(self, variable: SSAValue) -> int:
        """Give the first value that a variable does not reach."""
        if self.run is not None and variable is self.run.domain.op.indices[-1]:
            return self.run.stop
        bound = pattern.index_bound(variable)
        assert bound is not None
        return bound


@dataclass(frozen=True)
class KernelSpace:
    """
    The units of a kernel: `copies` of its reductions, `rows` of what stands around them.

    Unit `q` of the rows takes turn `n` with the reductions' copy `n * rows + q`; which elements of
    the last dimension that are in group `g`, the map's dealing says.
    """

    kernel: Kernel

    @cached_property
    def dealing(self) -> Dealing:
        """How rows are dealt to the units."""
        return self.kernel.op.dealing

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """Trip counts of the map's dimensions, the last one in groups."""
        return (*self.kernel.bounds[:-1], self.dealing.groups)

    @property
    def width(self) -> int | None:
        """Elements per token of a result."""
        return self.kernel.lanes if self.kernel.lanes > 1 else None

    def row(self, number: int) -> UnitSpace:
        """Give the space of one row unit."""
        base = 0 if self.kernel.block.loop is None else 1
        bounds, names = list(self.groups), self._names(self.kernel.indices)
        deal = self.dealing
        first = AffineExpr.constant(number * deal.unit_step)
        if deal.turns > 1:
            turn = AffineExpr.dimension(base + len(bounds))
            first = shifted(scaled(turn, deal.turn_step), number * deal.unit_step)
            bounds.append(deal.turns)
            names = (*names, "turn")
        return UnitSpace(
            self.kernel,
            tuple(bounds),
            names,
            self._outer(first),
            self._row_lanes(),
            (number,) if self.kernel.rows > 1 else (),
        )

    def dot(self, copy: int, run: Run) -> UnitSpace:
        """Give the space of one copy of a reduction that works on some of its vectors."""
        base = 0 if self.kernel.block.loop is None else 1
        domain = run.domain
        turn, unit = divmod(copy, self.kernel.rows)
        deal = self.dealing
        row = AffineExpr.constant(turn * deal.turn_step + unit * deal.unit_step)
        positions = self._outer(row)
        first = base + len(self.groups)
        *outer, last = domain.op.indices
        for position, variable in enumerate(outer):
            positions[variable] = AffineExpr.dimension(first + position)
        vector = AffineExpr.dimension(first + len(outer))
        positions[last] = shifted(scaled(vector, domain.lanes), run.start)
        lanes = [*self._row_lanes(), (last, domain.lanes)]
        return UnitSpace(
            self.kernel,
            (*self.groups, *domain.bounds[:-1], run.last - run.first),
            self._names([*self.kernel.indices, *domain.op.indices]),
            positions,
            tuple((variable, count) for variable, count in lanes if count > 1),
            tuple(
                n
                for n, several in ((copy, self.kernel.copies > 1), (run.piece, domain.pieces > 1))
                if several
            ),
            run,
        )

    def _row_lanes(self) -> tuple[tuple[SSAValue, int], ...]:
        lanes = self.kernel.lanes
        return ((self.kernel.indices[-1], lanes),) if lanes > 1 else ()

    def _outer(self, first: AffineExpr) -> dict[SSAValue, AffineExpr]:
        """Give the map's variables; `first` is the place of a unit in its group."""
        base = 0 if self.kernel.block.loop is None else 1
        found = time_replacement(self.kernel.block)
        for position, variable in enumerate(self.kernel.indices):
            counter = AffineExpr.dimension(base + position)
            if position == len(self.kernel.indices) - 1:
                counter = added(scaled(counter, self.dealing.group_step), first)
            found[variable] = counter
        return found

    @staticmethod
    def _names(variables: list[SSAValue] | tuple[SSAValue, ...]) -> tuple[str, ...]:
        return tuple(v.name_hint or f"d{n}" for n, v in enumerate(variables))


def scaled(expr: AffineExpr, factor: int) -> AffineExpr:
    """Multiply, without a product by one."""
    return expr if factor == 1 else expr * factor


def shifted(expr: AffineExpr, offset: int) -> AffineExpr:
    """Add a constant, unless it is zero."""
    return expr + offset if offset else expr


def added(a: AffineExpr, b: AffineExpr) -> AffineExpr:
    """Add, without a sum with zero."""
    return a if b == AffineExpr.constant(0) else a + b
