"""Counter spaces of a kernel: which counters its units run through, and what an index becomes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern
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

    def counters(self, piece: int) -> tuple[int, ...]:
        """Trip counts of a unit that runs through one piece, vector by vector."""
        return (*self.bounds[:-1], -(-self.length(piece) // self.lanes))

    @property
    def has_remainder(self) -> bool:
        """Whether the last vector of some piece is not full."""
        return self.bounds[-1] % self.lanes != 0


@dataclass(frozen=True)
class KernelSpace:
    """The counters of a kernel's units: one per map dimension, the last one strided."""

    kernel: Kernel

    @property
    def base(self) -> int:
        """Counters that stand before the kernel's own (the loop's)."""
        return 0 if self.kernel.block.loop is None else 1

    @cached_property
    def step(self) -> int:
        """Elements of the last map dimension per firing: copies, or lanes."""
        return self.kernel.copies if self.kernel.lanes == 1 else self.kernel.lanes

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """Trip counts of the map part."""
        *outer, last = self.kernel.bounds
        return (*outer, -(-last // self.step))

    def bounds(self, reduce: ReduceSpace | None = None, piece: int = 0) -> tuple[int, ...]:
        """Trip counts of a unit: rows, then those of one piece of a reduction."""
        return (*self.rows, *(reduce.counters(piece) if reduce is not None else ()))

    def names(self, reduce: ReduceSpace | None = None) -> tuple[str, ...]:
        """Name the counters after the index variables."""
        variables = [*self.kernel.indices, *(reduce.op.indices if reduce is not None else ())]
        return tuple(v.name_hint or f"d{n}" for n, v in enumerate(variables))

    @property
    def vector_variable(self) -> SSAValue | None:
        """The map variable that runs over lanes, if any."""
        return self.kernel.indices[-1] if self.kernel.lanes > 1 else None

    def replacements(
        self, copy: int, reduce: ReduceSpace | None = None, piece: int = 0
    ) -> dict[SSAValue, AffineExpr]:
        """Give every loop variable as an expression over (loop counter, rows, reduction)."""
        found = time_replacement(self.kernel.block)
        for position, variable in enumerate(self.kernel.indices):
            counter = AffineExpr.dimension(self.base + position)
            if position == len(self.kernel.indices) - 1:
                counter = scaled(counter, self.step) + copy
            found[variable] = counter
        if reduce is not None:
            first = self.base + len(self.rows)
            *outer, last = reduce.op.body.block.args
            for position, variable in enumerate(outer):
                found[variable] = AffineExpr.dimension(first + position)
            vector = AffineExpr.dimension(first + len(outer))
            found[last] = scaled(vector, reduce.lanes) + piece * reduce.piece
        return found


def scaled(expr: AffineExpr, factor: int) -> AffineExpr:
    """Multiply, without a product by one."""
    return expr if factor == 1 else expr * factor


def vector_width(access: Access, space: KernelSpace, reduce: ReduceSpace | None) -> int | None:
    """Elements per token of an access, None where every lane reads the same element."""
    if reduce is not None:
        variable, lanes = reduce.op.body.block.args[-1], reduce.lanes
    elif space.vector_variable is not None:
        variable, lanes = space.vector_variable, space.kernel.lanes
    else:
        return None
    return lanes if lanes > 1 and access.dims_of(variable) else None
