"""What the choice of parallel factors has to know of each kernel, read from its body."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.affine_blocks import side_by_side
from spatial_opt.dialects.arith_casts import without_lanes
from spatial_opt.dialects.pattern_remainder import adds_nothing_beyond
from spatial_opt.machine.description import Machine
from spatial_opt.passes.parallelization.lane_limits import operand_bits, scalar_only
from spatial_opt.passes.parallelization.row_arithmetic import FREE, is_constant_sum, row_parts


@dataclass(frozen=True)
class Resident:
    """A parameter that one result of a reduction reads, or several that lie in one memory."""

    bytes: int
    """Over all rows."""
    span: int
    """Elements along the reduction."""
    bits: int
    """Of one element."""


@dataclass(frozen=True)
class ReductionFacts:
    """One reduction of a kernel."""

    op: pattern.ReduceOp
    results: int
    turns: int
    """Product of the dimensions outside the last one."""
    length: int
    """Extent of the last dimension."""
    bits: int
    """Of the widest operand that a function unit takes."""
    resident: tuple[Resident, ...]
    """Each parameter that one result reads."""
    operands: int
    """Run-time values that a result reads."""
    vectors: str | None
    """Why its last dimension cannot run over lanes, if it can't."""
    rows: str | None
    """Why lanes cannot carry the rows around it, if they can't."""
    single: bool
    """
    Whether lanes that carry rows take one element each: a run-time value differs from row to row,
    or some value does so and stays the same along the reduction.
    """
    exact: bool
    """Whether lanes beyond the end add nothing."""
    exact_with_rows: bool
    """Whether they do so where lanes carry rows as well."""
    ops: int
    """Operations on each element of a result before it is summed up."""


@dataclass(frozen=True)
class KernelFacts:
    """A map that stands in the function or in a scan."""

    op: pattern.MapOp
    steps: int
    """How often it runs."""
    reductions: tuple[ReductionFacts, ...]
    row_ops: tuple[tuple[int, ...], ...]
    """Operations of each connected part of the arithmetic around reductions, by look-up depth."""
    joined: int
    """Results of reductions that one operation takes, at most."""
    row_memories: int
    """Memories that one row unit reads: parameters, run-time values, tables."""
    lanes: str | None
    """Why the last dimension cannot run over lanes, if it can't."""

    @property
    def length(self) -> int:
        """Extent of the last dimension."""
        return self.op.domain[-1]

    @cached_property
    def outer(self) -> int:
        """Product of the dimensions outside the last one."""
        return prod(self.op.domain[:-1])

    @property
    def name(self) -> str:
        """Name for messages."""
        return f"%{self.op.results[0].name_hint or 'value'}"


def kernel_facts(op: pattern.MapOp, machine: Machine) -> KernelFacts:
    """Read what matters of one kernel."""
    scan = op.parent_op()
    reduces = [inner for inner in op.body.block.ops if isinstance(inner, pattern.ReduceOp)]
    row = op.indices[-1] if op.indices else None
    # Copies of reductions may begin anywhere; rows alone are taken in blocks of all lanes.
    lanes = 1 if reduces else machine.pcu.lanes
    reasons = [_row_lanes(inner, row, lanes) for inner in op.body.block.ops]
    return KernelFacts(
        op,
        scan.steps if isinstance(scan, pattern.ScanOp) else 1,
        tuple(_reduction(reduce, row) for reduce in reduces),
        row_parts(op),
        max(
            (
                sum(isinstance(value.owner, pattern.ReduceOp) for value in set(inner.operands))
                for inner in op.body.block.ops
                if not isinstance(inner, pattern.YieldOp)
            ),
            default=0,
        ),
        _row_memories(op),
        next((reason for reason in reasons if reason is not None), None),
    )


def depends(value: SSAValue, variable: SSAValue | None) -> bool:
    """Whether a scalar of a body is computed from an index, reads included."""
    seen: set[SSAValue] = set()
    stack = [value]
    while stack:
        current = stack.pop()
        if current is variable:
            return True
        if current not in seen and isinstance(current.owner, Operation):
            seen.add(current)
            stack += [operand for inner in current.owner.walk() for operand in inner.operands]
    return False


def _reads(op: Operation) -> list[pattern.ReadOp]:
    return [inner for inner in op.walk() if isinstance(inner, pattern.ReadOp)]


def _is_parameter(read: pattern.ReadOp) -> bool:
    return isinstance(read.source.owner, pattern.ParameterOp)


def _uses(read: pattern.ReadOp, variable: SSAValue | None) -> bool:
    return any(index is variable for index in read.indices)


def _neighbours(read: pattern.ReadOp, variable: SSAValue, block: int = 1) -> bool:
    """Whether elements at neighbouring values of an index, in aligned blocks, lie side by side."""
    position = next(n for n, index in enumerate(read.indices) if index is variable)
    return side_by_side(read.map.data.results, position, len(read.indices), block)


def _row_lanes(op: Operation, row: SSAValue | None, lanes: int) -> str | None:
    """
    Say why an operation around reductions cannot run for one row per lane.

    `lanes` rows, from a multiple of that on, are taken at once; 1: any number from any row on.
    """
    match op:
        case pattern.ReadOp() if row is not None and _uses(op, row) and not _is_parameter(op):
            if not _neighbours(op, row, lanes):
                return f"%{op.source.name_hint} is not contiguous along %{row.name_hint}"
        case arith.CmpfOp() | arith.CmpiOp():
            if any(depends(operand, row) for operand in op.operands):
                return f"{op.name} would differ from lane to lane"
        case arith.SelectOp() if depends(op.operands[0], row):
            return f"{op.name} would take a condition per lane"
        case arith.IndexCastOp() if op.operands[0] is not row:
            return None
        case _ if without_lanes(op) and any(depends(operand, row) for operand in op.operands):
            return f"{op.name} takes no vectors"
        case _:
            if not isinstance(op, pattern.ReadOp | arith.IndexCastOp) and any(
                operand is row for operand in op.operands
            ):
                return f"{op.name} computes with %{row.name_hint if row else 'index'}"
    return None


def _reduction(op: pattern.ReduceOp, row: SSAValue | None) -> ReductionFacts:
    variable = op.indices[-1]
    reads = _reads(op)
    run_time = [read for read in reads if not _is_parameter(read)]
    scattered = next(
        (r for r in run_time if _uses(r, variable) and not _neighbours(r, variable)), None
    )
    along_rows = [r for r in run_time if row is not None and _uses(r, row)]
    apart = next((r for r in along_rows if row is not None and not _neighbours(r, row)), None)
    return ReductionFacts(
        op,
        len(op.results),
        prod(op.domain[:-1]),
        op.domain[-1],
        operand_bits(op),
        max((_resident(op, value) for value in op.yielded), key=_total),
        len({read.source for read in run_time}),
        scalar_only(op)
        if scattered is None
        else f"%{scattered.source.name_hint} is not contiguous along %{variable.name_hint}",
        scalar_only(op)
        if apart is None or row is None
        else f"%{apart.source.name_hint} is not contiguous along %{row.name_hint}",
        bool(along_rows)
        or any(row is not None and _uses(r, row) and not _uses(r, variable) for r in reads),
        adds_nothing_beyond(op),
        adds_nothing_beyond(op, row),
        max(_ops(op, value) for value in op.yielded),
    )


def _needed(op: pattern.ReduceOp, value: SSAValue) -> list[Operation]:
    """List the operations of the body that a yielded value needs, in order."""
    wanted = {value}
    found: list[Operation] = []
    for inner in reversed(list(op.body.block.ops)):
        if any(result in wanted for result in inner.results):
            wanted |= set(inner.operands)
            found.append(inner)
    return found[::-1]


def _resident(op: pattern.ReduceOp, value: SSAValue) -> tuple[Resident, ...]:
    """List the parameters that a yielded value needs."""
    found = [
        Resident(_bytes(inner), _span(inner, op), spatial.element_bits(inner.result.type))
        for inner in _needed(op, value)
        if isinstance(inner, pattern.ReadOp) and _is_parameter(inner)
    ]
    whole = [each for each in found if each.span == op.domain[-1]]
    # Parameters of which each is read along a part of the reduction lie in one memory.
    parts = [each for each in found if each.span < op.domain[-1]]
    if parts:
        span = min(op.domain[-1], sum(each.span for each in parts))
        bits = max(each.bits for each in parts)
        whole.append(Resident(sum(each.bytes for each in parts), span, bits))
    return tuple(whole)


def _ops(op: pattern.ReduceOp, value: SSAValue) -> int:
    """Count the operations that a yielded value needs, in one part of a concatenation."""
    needed = _needed(op, value)
    count = sum(not isinstance(inner, FREE | pattern.ConvertOp) for inner in needed)
    padded = [
        inner
        for inner in needed
        if isinstance(inner, pattern.ReadOp) and inner.zero_outside is not None
    ]
    parts = sum(_is_parameter(read) for read in padded)
    # Products of parts and their sum, of which each element has one product; where a part reads
    # more than a value and its weight, parts have unlike shapes, and one unit does all of them.
    if parts < 2 or len(padded) != 2 * parts:
        return count
    return (count - (parts - 1)) // parts


def _total(resident: tuple[Resident, ...]) -> int:
    return sum(each.bytes for each in resident)


def _span(read: pattern.ReadOp, op: pattern.ReduceOp) -> int:
    """Count the values of the reduction's last index for which a read is inside its tensor."""
    variable = op.indices[-1]
    if read.zero_outside is None or not _uses(read, variable):
        return op.domain[-1]
    position = next(n for n, index in enumerate(read.indices) if index is variable)
    along = [
        extent
        for expr, extent in zip(read.map.data.results, _shape(read), strict=True)
        if position in expr.used_dims()
    ]
    return min([op.domain[-1], *along])


def _shape(read: pattern.ReadOp) -> tuple[int, ...]:
    type: Attribute = read.source.type
    if not isinstance(type, TensorType):
        raise RuntimeError(f"%{read.source.name_hint} is no tensor, this is a bug")
    return cast(TensorType[Attribute], type).get_shape()


def _bytes(read: pattern.ReadOp) -> int:
    """Bytes of the elements that a read of a parameter touches, over its whole domain."""
    elements = 1
    for expr, extent in zip(read.map.data.results, _shape(read), strict=True):
        used = expr.used_dims()
        reach = prod(pattern.index_bound(read.indices[dim]) or 1 for dim in used)
        elements *= min(extent, reach)
    return elements * spatial.element_bits(read.result.type) // 8


def _row_memories(op: pattern.MapOp) -> int:
    reads = [inner for inner in op.body.block.ops if isinstance(inner, pattern.ReadOp)]
    places = {(read.source, read.map.data, tuple(read.indices)) for read in reads}
    gathers = sum(isinstance(inner, pattern.GatherOp) for inner in op.body.block.ops)
    numbers = sum(
        isinstance(inner, arith.IndexCastOp) and isinstance(inner.operands[0], BlockArgument)
        for inner in op.body.block.ops
    )
    sums = sum(is_constant_sum(inner) for inner in op.body.block.ops)
    return len(places) - sums + gathers + numbers
