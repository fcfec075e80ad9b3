"""
How run-time values lie in memories: what a memory holds of a value, and its first contents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr
from xdsl.ir import Block, BlockArgument, OpResult, SSAValue
from xdsl.ir.affine import AffineConstantExpr, AffineExpr, AffineMap

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.affine_blocks import side_by_side
from spatial_opt.dialects.affine_bounds import interval, linear_form
from spatial_opt.dialects.signature import argument_name, argument_scale
from spatial_opt.lowering.spatial.carries import first_value, is_argument
from spatial_opt.lowering.spatial.plan import MemoryPlan, Port, StreamPlan
from spatial_opt.lowering.spatial.program import TOOL, Access, Kernel, ProgramBlock, shape
from spatial_opt.lowering.spatial.space import UnitSpace, time_replacement
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class Source:
    """Where a unit gets the tokens of one access."""

    port: Port
    width: int | None
    memory: MemoryPlan
    stream: StreamPlan
    crossing: bool
    """The stream stands outside the loop that its reader runs in."""


@dataclass(frozen=True)
class Layout:
    """How a run-time value lies in one memory: equal layouts can share it."""

    value: SSAValue
    block: ProgramBlock
    crossing: bool
    fixed: tuple[tuple[int, str], ...]
    """Dimensions of an argument that one step fixes, with their index in the loop counter."""
    offset: int
    length: int
    """Range of the last dimension that is held."""


@dataclass(eq=False)
class Held:
    """The memories of one layout, in order of allocation."""

    layout: Layout
    fixed: dict[int, AffineExpr]
    buffers: int
    memories: list[MemoryPlan] = field(default_factory=list[MemoryPlan])

    def address(self, exprs: Sequence[AffineExpr], version: AffineExpr) -> tuple[AffineExpr, ...]:
        """
        Give the place of an element: its coordinates without the fixed ones.

        Where versions have buffers, that of `version` comes first.
        """
        kept = [expr for d, expr in enumerate(exprs) if d not in self.fixed]
        if self.layout.offset:
            kept[-1] = kept[-1] - self.layout.offset
        if self.buffers > 1:
            kept.insert(0, _buffer(version, self.buffers))
        return tuple(kept) or (AffineExpr.constant(0),)


def _buffer(version: AffineExpr, buffers: int) -> AffineExpr:
    if isinstance(version, AffineConstantExpr):
        return AffineExpr.constant(version.value % buffers)
    return version % buffers


def fixed_dims(access: Access, kernel: Kernel) -> dict[int, AffineExpr]:
    """Dimensions of an argument whose index is fixed by the loop counter alone."""
    if kernel.block.loop is None or not is_argument(access.source):
        return {}
    time = kernel.block.loop.body.block.args[0]
    replaced = access.substituted(
        {v: AffineExpr.constant(0) for v in access.variables} | time_replacement(kernel.block)
    )
    found = dict[int, AffineExpr]()
    for d in access.dims_of(time):
        if all(v is time or d not in access.dims_of(v) for v in access.variables):
            found[d] = replaced[d]
    last = len(access.exprs) - 1
    return {} if last in found else found


def held_range(access: Access, space: UnitSpace) -> tuple[int, int]:
    """
    Give offset and length of the part of the last dimension that a unit reads.

    All of it, unless the unit works on some elements of a reduction and reads just those.
    """
    size = shape(access.source)[-1]
    if space.run is None:
        return 0, size
    variable = space.run.domain.op.indices[-1]
    if variable not in access.variables:
        return 0, size
    form = linear_form(access.exprs[-1], len(access.variables))
    if form is None:
        return 0, size
    factors, constant = form
    alone = [int(v is variable) for v in access.variables]
    if factors != alone:
        return 0, size
    first = max(0, space.run.start + constant)
    last = min(size, space.run.stop + constant)
    return (first, last - first) if first < last else (0, size)


def reads_beyond(
    memory: MemoryPlan, address: Sequence[AffineExpr], trips: Sequence[int], reach: int
) -> bool:
    """Whether a stream may leave a memory; a firing of it reaches that many elements."""
    beyond = [1] * (len(address) - 1) + [reach]
    ranges = [interval(expr, trips) for expr in address]
    return any(
        low < 0 or high + count > extent
        for (low, high), count, extent in zip(ranges, beyond, memory.held, strict=True)
    )


def steps_apart(access: Access, spaces: Sequence[UnitSpace]) -> int | None:
    """
    Count the elements from what one unit reads to what the next one reads at the same time.

    Along the last dimension, and at all times the same; None if that is not so.
    """
    first, *others = (access.substituted(dict(space.positions)) for space in spaces)
    trips = spaces[0].trips
    start = linear_form(first[-1], len(trips))
    apart = None
    for number, other in enumerate(others, 1):
        form = linear_form(other[-1], len(trips))
        if start is None or form is None or form[0] != start[0] or other[:-1] != first[:-1]:
            return None
        if apart is None:
            apart = form[1] - start[1]
        if form[1] - start[1] != number * apart:
            return None
    return apart


def check_contiguous(access: Access, space: UnitSpace) -> None:
    """Raise SpatialError unless the elements of a vector token are neighbours in memory."""
    lanes = space.lanes_of(access)
    if not lanes:
        return
    kernel, source = space.kernel.name, access.source.name_hint
    if len(lanes) > 1:
        names = " and ".join(f"%{variable.name_hint}" for variable, _ in lanes)
        raise SpatialError(
            f"{TOOL}: kernel %{kernel} reads %{source} along {names} at once, "
            f"{' x '.join(str(count) for _, count in lanes)} elements that are not neighbours in "
            "it; use lanes for one of them (hv=1 or rv=1)"
        )
    variable, width = lanes[0]
    position = access.variables.index(variable)
    block = 1 if space.kernel.reduces else width
    if not side_by_side(access.exprs, position, len(access.variables), block):
        raise SpatialError(
            f"{TOOL}: kernel %{kernel} reads %{source} "
            f"{width} elements at a time along %{variable.name_hint}, which are not "
            "neighbours in it; use one lane (rv=1) or transpose the value"
        )


def is_written_first(held: Held) -> bool:
    """Whether a kernel makes, before the loop, what a memory of a carried value starts with."""
    start = first_value(held.layout.value)
    return isinstance(start, OpResult) and isinstance(start.op, pattern.MapOp | pattern.ScanOp)


def initial_contents(held: Held) -> spatial.InitAttr:
    """Contents before the run: zero, or a carried value's first state in buffer 0."""
    value = held.layout.value
    start = first_value(value)
    if start is None or is_written_first(held):
        return spatial.ZeroInitAttr()
    rank, several = len(shape(value)), int(held.buffers > 1)
    places = [AffineExpr.dimension(d + several) for d in range(rank)]
    if held.layout.offset:
        places[-1] = places[-1] + held.layout.offset
    if several:
        # All buffers but the first map outside the source, which leaves them zero.
        places[0] = places[0] + AffineExpr.dimension(0) * shape(value)[0]
    source_map = AffineMap(rank + several, 0, tuple(places))
    match start.owner:
        case pattern.ParameterOp() as parameter:
            scale = parameter.scale.value.data if parameter.scale is not None else None
            return spatial.ParameterInitAttr.get(
                parameter.name_.data, scale, source_map, shape(value)
            )
        case arith.ConstantOp() as constant if _is_zero(constant):
            return spatial.ZeroInitAttr()
        case Block() as block if isinstance(block.parent_op(), func.FuncOp):
            assert isinstance(start, BlockArgument)
            name = argument_name(start)
            scale = argument_scale(start)
            return spatial.InputInitAttr.get(name, scale, source_map, shape(value))
        case _:
            raise SpatialError(
                f"{TOOL}: the scan starts %{value.name_hint} with constants that are not zero; "
                "make them a pattern.parameter or compute them in a pattern.map"
            )


def _is_zero(op: arith.ConstantOp) -> bool:
    value = op.value
    if isinstance(value, DenseIntOrFPElementsAttr):
        return not any(value.get_values())
    return False
