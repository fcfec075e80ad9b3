"""
What the ports of a value's memory move in one cycle, from the factors of the maps that use it.

A *stream* is what one port takes, cycle by cycle: the lanes of a unit, or those of several row
units side by side. Units that take the same elements at the same time share a stream. Pieces of a
reduction, and copies that read rows of their own, have streams of their own; a port serves one, so
they come from different memory units, each of which has the banks of the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from xdsl.ir import BlockArgument, OpResult, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects import pattern
from spatial_opt.dialects.spatial_access import element_bits
from spatial_opt.machine.banks import WORD_BITS
from spatial_opt.machine.description import Machine
from spatial_opt.passes.memory_assignment.cuts import pieces, vectors_of_piece
from spatial_opt.passes.memory_assignment.levels import Level, Read, next_maker
from spatial_opt.passes.memory_assignment.places import Place
from spatial_opt.passes.solvers.bank_problem import Access, Problem

ZERO = AffineExpr.constant(0)


def problem_of(place: Place, depth: int, machine: Machine) -> Problem:
    """
    Return the memory of a tensor as a problem: one buffer, all streams that use it.

    A parameter lies in the order in which it is read, so its streams take neighbours anyway.
    """
    words = machine.pmu.capacity_bytes // (WORD_BITS // 8) // machine.pmu.banks
    found: tuple[Access, ...] = ()
    if not isinstance(place.value.owner, pattern.ParameterOp) and place.held_shape:
        found = tuple(_accesses(place, machine))
    return Problem(
        place.held_shape,
        element_bits(place.value.type),
        tuple(dict.fromkeys(found)),
        machine.pmu.banks,
        words // depth if machine.enforces("pmu.capacity_bytes") else None,
    )


def _accesses(place: Place, machine: Machine) -> Iterator[Access]:
    maker = _maker(place)
    if maker is not None:
        yield _write(maker, place)
    if place.loaded:
        width = machine.lanes_for(element_bits(place.value.type))
        yield _whole("the load", place, width, writes=True)
    for read in place.reads:
        yield from _reads(read, place, machine)
    if place.stored:
        yield _whole("the store", place, machine.pcu.lanes)


def _maker(place: Place) -> OpResult | None:
    """Give the map's result that is written into a memory."""
    value = place.value
    if isinstance(value, BlockArgument):
        return None if place.loaded or value.index == 0 else next_maker(value)
    if isinstance(value, OpResult) and isinstance(value.op, pattern.ScanOp):
        handed = [*value.op.next.carries, *value.op.next.emits][value.index]
        return handed if isinstance(handed, OpResult) else None
    made = isinstance(value, OpResult) and isinstance(value.op, pattern.MapOp)
    return value if made and isinstance(value, OpResult) else None


class _Counters:
    """The counters of a stream, outermost first."""

    def __init__(self, op: pattern.MapOp, level: Level | None) -> None:
        self.bounds: list[int] = []
        self.at: dict[SSAValue, AffineExpr] = {}
        scan = op.parent_op()
        if isinstance(scan, pattern.ScanOp):
            step = self.add(scan.steps)
            self.at[scan.index] = step if scan.reverse is None else scan.steps - 1 - step
        inside = level is not None and level.scan is scan
        self.outer = len(self.bounds) if inside else 0

    def add(self, bound: int) -> AffineExpr:
        """Add a counter."""
        self.bounds.append(bound)
        return AffineExpr.dimension(len(self.bounds) - 1)

    @property
    def lane(self) -> AffineExpr:
        """The number of an element in its token, behind all counters."""
        return AffineExpr.dimension(len(self.bounds))


def _write(maker: OpResult, place: Place) -> Access:
    """Give the stream by which all row units of a map write a result side by side."""
    op = maker.op
    assert isinstance(op, pattern.MapOp)
    counters = _Counters(op, place.level)
    lanes = _rows(op, counters, 0, op.dealing.units)
    place_of = [counters.at[index] for index in op.indices]
    if len(place_of) < len(place.held_shape):
        # A stack: the step comes first.
        place_of.insert(0, counters.at[_scan_of(op).index])
    return _access(f"the write of {_name(op)}", counters, place_of, lanes, writes=True)


def _rows(op: pattern.MapOp, counters: _Counters, first: int, units: int) -> int:
    """Add the counters of some row units side by side; gives the elements of their tokens."""
    deal = op.dealing
    for index, bound in zip(op.indices[:-1], op.domain[:-1], strict=True):
        counters.at[index] = counters.add(bound)
    group = counters.add(deal.groups)
    turn = counters.add(deal.turns) if deal.turns > 1 else ZERO
    lane = counters.lane
    if units == 1 or deal.unit_step == deal.lanes:
        within = lane
    elif deal.lanes == 1:
        within = lane * deal.unit_step
    else:
        within = lane // deal.lanes * deal.unit_step + lane % deal.lanes
    row = group * deal.group_step + turn * deal.turn_step + first * deal.unit_step + within
    counters.at[op.indices[-1]] = row
    return units * deal.lanes


def _reads(read: Read, place: Place, machine: Machine) -> Iterator[Access]:
    around = read.parent_op()
    op = around.parent_op() if isinstance(around, pattern.ReduceOp) else around
    if not isinstance(op, pattern.MapOp) or not op.domain:
        return
    if isinstance(read, pattern.GatherOp):
        if len(place.held_shape) == 1:
            yield _look_up(op)
    elif isinstance(around, pattern.ReduceOp):
        yield from _reduction_reads(read, around, op, place)
    else:
        yield from _row_reads(read, op, place, machine)


def _look_up(op: pattern.MapOp) -> Access:
    """Give the stream of a row unit that looks up an element for each lane."""
    bounds = (*op.domain[:-1], op.dealing.groups, op.dealing.turns)
    address = AffineMap(len(bounds) + 1, 0, ())
    return Access(f"the look-up of {_name(op)}", bounds, address, op.lane_count, gathers=True)


def _row_reads(
    read: pattern.ReadOp, op: pattern.MapOp, place: Place, machine: Machine
) -> Iterator[Access]:
    """Give the streams of a read around reductions: one for as many row units as have a port."""
    deal = op.dealing
    along = _uses(read, op.indices[-1])
    ports = (
        machine.pmu.scalar_outputs if deal.lanes == 1 or not along else machine.pmu.vector_outputs
    )
    side_by_side = along and _last_only(read, op.indices[-1])
    each = min(deal.units, max(1, ports)) if side_by_side else 1
    for first in range(0, deal.units, each):
        counters = _Counters(op, place.level)
        lanes = _rows(op, counters, first, min(each, deal.units - first))
        yield _access(
            f"the read of {_name(op)}",
            counters,
            _coordinates(read, counters, place),
            lanes if along else 1,
        )


def _reduction_reads(
    read: pattern.ReadOp, reduce: pattern.ReduceOp, op: pattern.MapOp, place: Place
) -> Iterator[Access]:
    """Give the streams of a read in a reduction: per piece, and per copy if rows differ in it."""
    deal, row, inner = op.dealing, op.indices[-1], reduce.indices[-1]
    along = _uses(read, row)
    length = vectors_of_piece(reduce) * reduce.lane_count
    for copy in range(deal.copies if along else 1):
        for piece in range(pieces(reduce)):
            counters = _Counters(op, place.level)
            for index, bound in zip(op.indices[:-1], op.domain[:-1], strict=True):
                counters.at[index] = counters.add(bound)
            group = counters.add(deal.groups)
            for index, bound in zip(reduce.indices[:-1], reduce.domain[:-1], strict=True):
                counters.at[index] = counters.add(bound)
            vector = counters.add(vectors_of_piece(reduce))
            lanes = (deal.lanes if along else 1, reduce.lane_count if _uses(read, inner) else 1)
            lane = counters.lane
            turn, unit = divmod(copy, deal.units)
            start = turn * deal.turn_step + unit * deal.unit_step
            row_lane = lane // lanes[1] if min(lanes) > 1 else lane if lanes[0] > 1 else ZERO
            inner_lane = lane % lanes[1] if min(lanes) > 1 else lane if lanes[1] > 1 else ZERO
            counters.at[row] = group * deal.group_step + start + row_lane
            counters.at[inner] = vector * reduce.lane_count + piece * length + inner_lane
            yield _access(
                f"the read of {_name(op)}",
                counters,
                _coordinates(read, counters, place),
                prod(lanes),
            )


def _whole(name: str, place: Place, width: int, writes: bool = False) -> Access:
    """Give a stream that runs through a whole buffer, vector by vector."""
    *outer, last = place.held_shape
    steps = () if place.level.scan is None else (place.level.steps,)
    bounds = (*steps, *outer, -(-last // width))
    first = len(steps)
    exprs = [AffineExpr.dimension(first + n) for n in range(len(outer) + 1)]
    exprs[-1] = exprs[-1] * width + AffineExpr.dimension(len(bounds))
    address = AffineMap(len(bounds) + 1, 0, tuple(exprs))
    return Access(name, bounds, address, width, first, writes)


def _coordinates(read: pattern.ReadOp, counters: _Counters, place: Place) -> list[AffineExpr]:
    """Give the coordinates that a stream takes of one buffer."""
    dims = [counters.at.get(index, ZERO) for index in read.indices]
    fixed = {dim for dim, _ in place.fixed}
    return [
        expr.replace_dims_and_symbols(dims, [])
        for dim, expr in enumerate(read.map.data.results)
        if dim not in fixed
    ]


def _access(
    name: str, counters: _Counters, exprs: list[AffineExpr], lanes: int, writes: bool = False
) -> Access:
    bounds = tuple(counters.bounds)
    address = AffineMap(len(bounds) + 1, 0, tuple(exprs))
    return Access(name, bounds, address, lanes, counters.outer, writes)


def _uses(read: pattern.ReadOp, index: SSAValue) -> bool:
    return any(own is index for own in read.indices)


def _last_only(read: pattern.ReadOp, index: SSAValue) -> bool:
    """Whether only the last coordinate of a read depends on an index."""
    position = next(n for n, own in enumerate(read.indices) if own is index)
    *outer, _ = read.map.data.results
    return not any(position in expr.used_dims() for expr in outer)


def _scan_of(op: pattern.MapOp) -> pattern.ScanOp:
    scan = op.parent_op()
    assert isinstance(scan, pattern.ScanOp)
    return scan


def _name(op: pattern.MapOp) -> str:
    return f"%{op.results[0].name_hint or 'value'}"
