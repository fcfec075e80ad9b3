"""How the streams of a memory unit allow it to be cut, as a problem for the split solver."""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap

from spatial_opt.dialects.affine_bounds import interval, linear_form
from spatial_opt.dialects.spatial import (
    GatherOp,
    PmuOp,
    ReadOp,
    TableInitAttr,
    WriteOp,
    element_bits,
    enclosing,
    token_elements,
)
from spatial_opt.passes.solvers.split import NoSplitError, Problem, Solution


@dataclass(frozen=True)
class Axis:
    """The dimension that a counter separates: each iteration reads `step` elements of its own."""

    dim: int
    step: int
    direct: bool
    """Whether the counter itself is the coordinate, and goes through all of the dimension."""


@dataclass(frozen=True)
class Cut:
    """A memory that can be cut, and by which counters of its one reading stream."""

    pmu: PmuOp
    read: ReadOp
    axes: tuple[Axis | None, ...]
    problem: Problem


def cut_of(pmu: PmuOp, capacity_bytes: int) -> Cut:
    """Find how a memory can be cut. Raises `NoSplitError` with the reason if it can't."""
    read = read_of(pmu)
    writes = [stream for stream in pmu.streams if isinstance(stream, WriteOp)]
    bounds = read.bounds.get_values()
    axes = tuple(_axis(pmu, read, index) for index in range(len(bounds)))
    shape = list(pmu.held.get_shape())
    for axis, trip in zip(axes, bounds, strict=True):
        if axis is not None:
            shape[axis.dim] = axis.step * trip
    moved = [trip for axis, trip in zip(axes, bounds, strict=True) if axis is not None]
    elements = prod(shape) // prod(moved)
    counting = [index for index, trip in enumerate(bounds) if trip > 1]
    joinable = [False] * len(bounds)
    for index, following in pairwise(counting):
        pair = axes[index], axes[following]
        joinable[index] = not writes and all(axis is not None and axis.direct for axis in pair)
    problem = Problem(
        trips=bounds,
        separable=tuple(axis is not None for axis in axes),
        joinable=tuple(joinable),
        iteration_bytes=max(1, elements * element_bits(pmu.held) // 8),
        capacity_bytes=capacity_bytes,
    )
    return Cut(pmu, read, axes, problem)


def read_of(pmu: PmuOp) -> ReadOp:
    """The stream that decides the order of the parts. Raises `NoSplitError` if none does."""
    reads = [stream for stream in pmu.streams if isinstance(stream, ReadOp)]
    if any(isinstance(stream, GatherOp) for stream in pmu.streams):
        raise NoSplitError("it is read at indices known only at run time")
    if len(reads) != 1:
        raise NoSplitError(f"it has {len(reads)} reading streams, which may need different parts")
    if isinstance(pmu.init, TableInitAttr):
        raise NoSplitError("it holds a table")
    if reads[0].ports is not None:
        raise NoSplitError("its reading stream gives tokens on several ports")
    if reads[0].when is not None:
        raise NoSplitError(f"it is read {reads[0].when.data} the iterations of a controller")
    return reads[0]


def _axis(pmu: PmuOp, read: ReadOp, counter: int) -> Axis | None:
    """The dimension that a counter separates, if it does."""
    around = [bound for control in enclosing(pmu) for bound in control.bounds.get_values()]
    bounds = [*around, *read.bounds.get_values()]
    position = len(around) + counter
    if bounds[position] == 1:
        return None
    results = read.map.data.results
    found = [dim for dim, expr in enumerate(results) if position in expr.used_dims()]
    if len(found) != 1:
        return None
    dim = found[0]
    linear = linear_form(results[dim], len(bounds))
    if linear is None:
        return None
    step = linear[0][position]
    size = pmu.held.get_shape()[dim]
    still = [1 if index == position else bound for index, bound in enumerate(bounds)]
    low, high = interval(results[dim], still)
    if dim == len(results) - 1:
        high += token_elements(read.type_) - 1
    trip = bounds[position]
    if step < 1 or low < 0 or high >= step or (size < step * trip and read.padded is not None):
        return None
    expr = results[dim]
    direct = isinstance(expr, AffineDimExpr) and size == trip
    return Axis(dim, step, direct)


def part_shape(cut: Cut, solution: Solution, low: int, high: int) -> list[int]:
    """Shape that one part holds."""
    trips = cut.problem.trips
    shape = list(cut.pmu.held.get_shape())
    for index, axis in enumerate(cut.axes):
        if axis is None:
            continue
        if index < solution.first or index > solution.last:
            shape[axis.dim] = min(shape[axis.dim], axis.step * trips[index])
        elif index == solution.last:
            start = low if solution.joined else low % trips[index]
            length = axis.step * (high - low)
            if not solution.joined:
                length = min(length, shape[axis.dim] - axis.step * start)
            shape[axis.dim] = length
        else:
            shape[axis.dim] = axis.step
    gone = joined_dims(cut, solution)
    return [size for dim, size in enumerate(shape) if dim not in gone]


def joined_dims(cut: Cut, solution: Solution) -> set[int]:
    """Dimensions that are merged into that of the last counter."""
    if not solution.joined:
        return set()
    outer = cut.axes[solution.first : solution.last]
    return {axis.dim for axis in outer if axis is not None}


def held_map(cut: Cut, solution: Solution, low: int) -> AffineMap:
    """From coordinates in a part to coordinates in the memory that was cut."""
    rank = cut.pmu.held.get_num_dims()
    gone = joined_dims(cut, solution)
    kept = [dim for dim in range(rank) if dim not in gone]
    place: list[AffineExpr] = [AffineExpr.constant(0)] * rank
    for position, dim in enumerate(kept):
        place[dim] = AffineExpr.dimension(position)
    trips = cut.problem.trips
    last = cut.axes[solution.last]
    if last is None:
        raise RuntimeError("a cut counter separates nothing; this is a bug")
    running = place[last.dim] + low
    rest = low
    for index in range(solution.last, solution.first - 1, -1):
        axis, trip = cut.axes[index], trips[index]
        if axis is None:
            continue
        if solution.joined:
            outermost = not any(cut.axes[solution.first : index])
            place[axis.dim] = running if outermost else running % trip
            running = running // trip
        else:
            place[axis.dim] = place[axis.dim] + axis.step * (rest % trip)
            rest //= trip
    return AffineMap(len(kept), 0, tuple(place))


def read_map(cut: Cut, solution: Solution) -> AffineMap:
    """The address of the reading stream in a part: the cut counters have become one."""
    old = cut.read.map.data
    around = old.num_dims - len(cut.problem.trips)
    first, last = around + solution.first, around + solution.last
    removed = last - first
    replaced: list[AffineExpr] = []
    for dim in range(old.num_dims):
        if first <= dim < last:
            replaced.append(AffineExpr.constant(0))
        else:
            replaced.append(AffineExpr.dimension(dim if dim < first else dim - removed))
    gone = joined_dims(cut, solution)
    results = tuple(
        expr.replace_dims_and_symbols(replaced, [])
        for dim, expr in enumerate(old.results)
        if dim not in gone
    )
    return AffineMap(old.num_dims - removed, 0, results)
