"""
Which loops of a reduction become vectors and blocks of registers.

Upstream's transform dialect does the work (split, tile, vectorise); here is decided with what
sizes. Only shapes and strides count, never what a program computes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import Float64Type, IntegerType, TensorType
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import GenericOp, YieldOp
from xdsl.dialects.utils import FastMathFlag
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineMap
from xdsl.utils.hints import isa

from spatial_opt.interop.jit_strides import loop_strides

VECTOR_BYTES = 64
"""Of the widest elements; processors with shorter vectors take several."""
SHORTEST = 4
"""Elements from which on what is left of a sum is a vector of its own."""
ACCUMULATORS = 8
"""Vectors of partial results in registers, where nothing else is read twice."""
BLOCK = (4, 5, 3, 6, 2)
"""Sizes of a block along each of two loops that both reuse what is read, best first."""

_COMBINERS = (
    arith.AddfOp,
    arith.MulfOp,
    arith.AddiOp,
    arith.MuliOp,
    arith.MaximumfOp,
    arith.MinimumfOp,
    arith.MaxSIOp,
    arith.MinSIOp,
    arith.AndIOp,
    arith.OrIOp,
    arith.XOrIOp,
)


@dataclass(frozen=True)
class Schedule:
    """How the loops of one structured operation are cut."""

    extents: tuple[int, ...]
    reductions: tuple[int, ...]
    """The loops that combine."""
    lane: int
    """The loop whose neighbouring iterations become a vector."""
    lanes: int
    blocks: dict[int, int]
    """Iterations at once of other loops; 1 where absent."""
    order: tuple[int, ...]
    """The loops without the combining ones, outermost first."""
    results: int

    @property
    def reduces_lanes(self) -> bool:
        """Tell whether the vectors themselves are combined in the end."""
        return self.lane in self.reductions

    def with_extent(self, loop: int, extent: int) -> Schedule:
        """Give the schedule of a part that is shorter along a loop."""
        extents = list(self.extents)
        extents[loop] = extent
        return replace(self, extents=tuple(extents))

    def with_lanes(self, lanes: int) -> Schedule:
        """Give the schedule with other vectors."""
        return replace(self, lanes=lanes)

    def with_block(self, loop: int, block: int) -> Schedule:
        """Give the schedule with another block along a loop."""
        return replace(self, blocks={**self.blocks, loop: block})


def schedule_of(op: GenericOp) -> Schedule | None:
    """Decide how to cut a structured operation; None leaves it to LLVM."""
    extents = op.get_static_loop_ranges()
    kinds = [iterator == IteratorTypeAttr.reduction() for iterator in op.iterator_types]
    reductions = tuple(loop for loop, combines in enumerate(kinds) if combines)
    if not reductions or not _is_plain(op) or not _combines_in_any_order(op):
        return None
    if not all(_is_projection(map.data) for map in op.indexing_maps):
        return None
    strides = loop_strides(op)
    lanes = VECTOR_BYTES // _widest(op)
    lane = _lane_loop(op, extents, strides, lanes)
    if lane is None:
        return None
    parallel = [loop for loop, combines in enumerate(kinds) if not combines]
    largest = _largest(op)
    by_size = sorted(parallel, key=lambda loop: strides[largest][loop] == 0)
    blocks = _blocks(op, extents, strides[largest], parallel, lane)
    if lane not in reductions:
        blocks[lane] = _block(extents[lane] // lanes, 4) * lanes
    return Schedule(extents, reductions, lane, lanes, blocks, tuple(by_size), len(op.results))


def _is_plain(op: GenericOp) -> bool:
    """Tell whether a body computes scalars from its elements alone, in ways vectors can."""
    block = op.body.block
    for inner in block.ops:
        if isinstance(inner, YieldOp | arith.ConstantOp):
            continue
        if inner.dialect_name() not in (arith.Arith.name, math.Math.name):
            return False
        if not all(_is_inside(value, op) for value in inner.operands):
            return False
    return True


def _is_projection(map: AffineMap) -> bool:
    """Tell whether every coordinate is a loop of its own."""
    loops = [expr.position for expr in map.results if isinstance(expr, AffineDimExpr)]
    return len(loops) == len(map.results) == len(set(loops))


def _is_inside(value: SSAValue, op: GenericOp) -> bool:
    owner = value.owner
    block = owner.parent if isinstance(owner, Operation) else owner
    return block is op.body.block


def _combines_in_any_order(op: GenericOp) -> bool:
    """Tell whether each result combines its running value by one operation, in any order."""
    block = op.body.block
    end = block.last_op
    running = block.args[len(op.inputs) :]
    if end is None:
        return False
    for value, total in zip(end.operands, running, strict=True):
        last = value.owner
        if not isinstance(last, _COMBINERS) or total not in last.operands:
            return False
        if [use.operation for use in total.uses] != [last]:
            return False
        flags = getattr(last, "fastmath", None)
        if isinstance(last, arith.AddfOp | arith.MulfOp) and (
            flags is None or FastMathFlag.REASSOC not in flags.data
        ):
            return False
    return True


def _widest(op: GenericOp) -> int:
    """Give the bytes of the widest scalar of a body."""
    values = [result for inner in op.body.block.ops for result in inner.results]
    widths = [
        type.width.data
        if isa(type := value.type, IntegerType)
        else 64
        if isinstance(type, Float64Type)
        else 32
        for value in values
    ]
    return max([*widths, 8]) // 8


def _largest(op: GenericOp) -> int:
    """Give the position of the operand with most elements."""
    sizes = [
        prod(type.get_shape()) if isa(type := value.type, TensorType) else 0
        for value in op.operands
    ]
    return sizes.index(max(sizes))


def _lane_loop(
    op: GenericOp, extents: tuple[int, ...], strides: list[list[int | None]], lanes: int
) -> int | None:
    """Give the loop along which operands are contiguous or the same, as many as possible."""
    best: tuple[int, int] | None = None
    for loop, extent in enumerate(extents):
        steps = [row[loop] for row in strides]
        if extent < lanes or any(step not in (0, 1) for step in steps):
            continue
        weight = sum(
            prod(type.get_shape())
            for value, step in zip(op.operands, steps, strict=True)
            if step == 1 and isa(type := value.type, TensorType)
        )
        if weight and (best is None or weight > best[0]):
            best = weight, loop
    return None if best is None else best[1]


def _blocks(
    op: GenericOp,
    extents: tuple[int, ...],
    largest: list[int | None],
    parallel: list[int],
    lane: int,
) -> dict[int, int]:
    """Choose how many iterations of the other loops share what they read."""
    results = len(op.results)
    free = [loop for loop in parallel if loop != lane and extents[loop] > 1]
    rows = [loop for loop in free if largest[loop] != 0]
    repeats = [loop for loop in free if largest[loop] == 0]
    if not rows or lane in parallel:
        return {}
    row = rows[-1]
    if not repeats:
        return {row: _block(extents[row], max(1, ACCUMULATORS // results))}
    # The loop that leaves the largest operand alone reads it once for all of a block.
    repeat = max(repeats, key=lambda loop: extents[loop])
    return {
        row: _block(extents[row], max(1, BLOCK[0] // results)),
        repeat: _block(extents[repeat], BLOCK[0]),
    }


def _block(extent: int, wanted: int) -> int:
    """Give a block of about the wanted size, if possible one that divides the loop."""
    if extent <= wanted:
        return extent
    near = [wanted, wanted + 1, wanted - 1, wanted + 2, wanted - 2]
    fits = [size for size in near if wanted > 2 and size > 1 and extent % size == 0]
    return fits[0] if fits else wanted
