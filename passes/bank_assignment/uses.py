"""
Values that the units of one kernel make and those of another one need, as plain data.

Unit q of a map makes the rows that its dealing gives it. Where another map reads at an element that
depends on its own row, each of its units needs elements of its own: those that a unit of another
number makes are moved. What does not depend on the row (the operand of a matrix-vector product)
goes to all units alike, however rows are dealt, and moves nothing in this sense.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Attribute, Block, BlockArgument, OpResult, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern
from spatial_opt.passes.polyhedral.loops import loops_at


@dataclass(frozen=True)
class Use:
    """The elements of one kernel's result that a read of another one needs."""

    producer: int
    consumer: int
    """Numbers of kernels, in program order."""
    bounds: tuple[int, ...]
    """Extents of the loop variables below: the kernel's indices, then the reduction's."""
    element: tuple[AffineExpr, ...]
    """Coordinates of the element over the loop variables; the last one is the producer's row."""
    extents: tuple[int, ...]
    """Of the coordinates; what lies outside is not read."""
    row: int
    """Which loop variable is the consumer's row."""
    apart: tuple[AffineExpr, ...] = ()
    """
    What tells readers of one unit from another: the piece of a reduction, the step of a loop. Each
    needs the element for itself.
    """
    copies: bool = False
    """Whether copies of a reduction read it, so that each turn of a unit needs it for itself."""
    times: int = 1
    """How often all of this happens."""


def kernels_of(module: ModuleOp) -> list[pattern.MapOp]:
    """
    Return the kernels in program order: maps in a function or a scan that its results come from.

    The others get no units.
    """
    values = [v for op in module.walk() if isinstance(op, ReturnOp) for v in op.operands]
    found: set[pattern.MapOp] = set()
    while values:
        new = {maker for maker, _ in _makers(values.pop())} - found
        found |= new
        values += [read.source for kernel in new for read in _reads(kernel)]
    return [
        op for op in module.walk() if op in found and isinstance(op, pattern.MapOp) and op.domain
    ]


def uses_of(kernels: Sequence[pattern.MapOp]) -> list[Use]:
    """Return what kernels need of each other's results, equal reads of one kernel once."""
    numbers = {kernel: number for number, kernel in enumerate(kernels)}
    seen: set[tuple[SSAValue, Use]] = set()
    uses: list[Use] = []
    for kernel in kernels:
        for read in _reads(kernel):
            for producer, start in _makers(read.source):
                if producer not in numbers or (start and _is_copied(read.source, producer)):
                    continue
                use = _use(kernel, read, numbers[producer], numbers[kernel], start)
                if use is not None and (read.source, use) not in seen:
                    seen.add((read.source, use))
                    uses.append(use)
    return uses


def _reads(kernel: pattern.MapOp) -> Iterator[pattern.ReadOp]:
    for op in kernel.body.block.ops:
        match op:
            case pattern.ReadOp():
                yield op
            case pattern.ReduceOp():
                yield from (
                    inner for inner in op.body.block.ops if isinstance(inner, pattern.ReadOp)
                )
            case _:
                pass


def _makers(value: SSAValue) -> list[tuple[pattern.MapOp, bool]]:
    """Return the maps that make a value, through scans, or as what one starts with (True)."""
    seen: set[SSAValue] = set()
    found: list[tuple[pattern.MapOp, bool]] = []
    waiting = [(value, False)]
    while waiting:
        value, start = waiting.pop()
        if value in seen:
            continue
        seen.add(value)
        owner = value.owner
        scan = owner.parent_op() if isinstance(owner, Block) else owner
        match value, scan:
            case OpResult(), pattern.MapOp():
                found.append((scan, start))
            case OpResult(), pattern.ScanOp():
                waiting.append(([*scan.next.carries, *scan.next.emits][value.index], start))
            case BlockArgument(index=index), pattern.ScanOp() if index:
                waiting.append((scan.inits[index - 1], True))
                waiting.append((scan.next.carries[index - 1], start))
            case _:
                pass
    return found


def _is_copied(carry: SSAValue, maker: pattern.MapOp) -> bool:
    """Whether no unit takes part in what a scan starts with: it goes from memory to memory."""
    scan = carry.owner.parent_op() if isinstance(carry.owner, Block) else None
    if not isinstance(scan, pattern.ScanOp) or not isinstance(carry, BlockArgument):
        return False
    start = scan.inits[carry.index - 1]
    if not isinstance(start, OpResult):
        return False
    made = maker.yielded[start.index].owner if start.op is maker else None
    return made is None or (isinstance(made, pattern.ReadOp) and maker.row_copies == 1)


def _use(
    kernel: pattern.MapOp, read: pattern.ReadOp, producer: int, consumer: int, start: bool
) -> Use | None:
    """Describe a read that depends on the row of its kernel; None for any other."""
    if not _depends(read, kernel.indices[-1]):
        return None
    reduce, scan = read.parent_op(), kernel.parent_op()
    indices, bounds = [*kernel.indices], [*kernel.domain]
    apart: list[AffineExpr] = []
    if isinstance(reduce, pattern.ReduceOp):
        indices += reduce.indices
        bounds += reduce.domain
        element = AffineExpr.dimension(len(bounds) - 1)
        apart += _pieces(reduce, element, _depends(read, reduce.indices[-1]))
    places: dict[SSAValue, AffineExpr] = {
        index: AffineExpr.dimension(n) for n, index in enumerate(indices)
    }
    times = 1
    if isinstance(scan, pattern.ScanOp):
        steps, anew = _seen(read, scan, start)
        if _depends(read, scan.index):
            step = AffineExpr.dimension(len(bounds))
            places[scan.index] = step + steps.start
            bounds.append(len(steps))
            apart += [step] if anew else []
        elif anew:
            times = len(steps)
        if not steps:
            return None
    if any(index not in places for index in read.indices):
        # An index is computed: what is read is known at run time only.
        return None
    coordinates = [places[index] for index in read.indices]
    return Use(
        producer,
        consumer,
        tuple(bounds),
        tuple(expr.replace_dims_and_symbols(coordinates, []) for expr in read.map.data.results),
        _shape(read),
        len(kernel.domain) - 1,
        tuple(apart),
        isinstance(reduce, pattern.ReduceOp),
        times,
    )


def _seen(read: pattern.ReadOp, scan: pattern.ScanOp, start: bool) -> tuple[range, bool]:
    """
    Return the steps of a scan in which a read sees what a map makes, and whether that is made anew.

    Of a carried value, the first step reads what it starts with, and the others what the step
    before made; what the last one hands on is read by nobody.
    """
    inside = any(index is scan.index for index in loops_at(read.source).indices)
    if not isinstance(read.source, BlockArgument):
        return range(scan.steps), inside
    backwards = scan.reverse is not None
    first = scan.steps - 1 if backwards else 0
    if start:
        return range(first, first + 1), True
    return range(0, first) if backwards else range(1, scan.steps), True


def _shape(read: pattern.ReadOp) -> tuple[int, ...]:
    type: Attribute = read.source.type
    return type.get_shape() if isinstance(type, TensorType) else ()


def _depends(read: pattern.ReadOp, index: SSAValue) -> bool:
    used = {dim for expr in read.map.data.results for dim in expr.used_dims()}
    return any(read.indices[dim] is index for dim in used)


def _pieces(reduce: pattern.ReduceOp, element: AffineExpr, along: bool) -> list[AffineExpr]:
    """
    Return what tells the readers of a reduction's pieces from each other.

    Each piece reads for itself; but what is not read `along` the reduction is read once for all
    pieces that take as many vectors.
    """
    length, lanes = reduce.domain[-1], reduce.lane_count
    # Pieces are whole vectors, as the order of the sum says.
    piece = -(-(-(-length // reduce.piece_count)) // lanes) * lanes
    before = (length - 1) // piece * piece
    if not before:
        return []
    if along:
        return [element // piece]
    return [] if -(-(length - before) // lanes) == piece // lanes else [element // before]
