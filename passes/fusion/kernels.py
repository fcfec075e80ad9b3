"""What fusion has to know of each map: its reads, its work, who uses its results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod

from xdsl.dialects import arith, func
from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.remarks import name_of

_COSTLY = {
    "math.sqrt": "takes a root",
    "pattern.gather": "looks a table up",
    "pattern.activate": "applies an activation",
    "pattern.reduce": "holds a reduction",
    **{
        f"arith.{name}": "divides"
        for name in (
            "divf", "divsi", "divui", "ceildivsi", "ceildivui", "floordivsi",
            "remf", "remsi", "remui",
        )
    },
}  # fmt: skip
"""Operations that are never computed twice for the same element, and what they do."""
KNOWN_DIALECTS = ("arith.", "math.", "pattern.")
"""Dialects whose operations have no effects."""
_FREE = (arith.ConstantOp, arith.ExtFOp, arith.ExtSIOp, arith.ExtUIOp)


@dataclass(frozen=True)
class Reading:
    """A read in a map."""

    number: int
    """Position among the reads of the block."""
    op: pattern.ReadOp
    reduces: tuple[pattern.ReduceOp, ...]
    """The reductions around it, outermost first."""


@dataclass(eq=False)
class Kernel:
    """A map, seen from the block that it stands in."""

    op: pattern.MapOp
    position: int
    """Number of the operation within the block."""
    readings: list[Reading] = field(default_factory=list[Reading])
    captured: list[SSAValue] = field(default_factory=list[SSAValue])
    """Other values from outside the map that its body uses."""
    work: int = 0
    """Operations per element that are neither reads nor exact conversions nor constants."""
    costly: str | None = None
    """What makes an element too dear to be computed twice, if anything does."""
    reductions: int = 0
    numeric: set[int] = field(default_factory=set[int])
    """Dimensions whose index is used as a number, not only in reads."""
    opaque: str | None = None
    """Why the body cannot be taken apart, if it cannot."""
    readers: list[tuple[Kernel, Reading]] = field(default_factory=list[tuple["Kernel", Reading]])
    """Reads of the results in maps of the same block."""
    held: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Why the results must exist as tensors: position and reason of each use that is no such
    read, in program order."""

    @property
    def name(self) -> str:
        """Return the name for messages."""
        return name_of(self.op.results[0])

    @property
    def elements(self) -> int:
        """Return the number of points of the domain."""
        return prod(self.op.domain)


def analyse(block: Block) -> list[Kernel]:
    """Return the maps of a block in program order, with their readers."""
    kernels: dict[Operation, Kernel] = {}
    readings: dict[Operation, Reading] = {}
    positions = {op: position for position, op in enumerate(block.ops)}
    for op, position in positions.items():
        if isinstance(op, pattern.MapOp):
            kernel = kernels[op] = Kernel(op, position)
            kernel.opaque = _take_apart(kernel, op.body.block, (), readings)
    for kernel in kernels.values():
        for result in kernel.op.results:
            for use in result.uses:
                _note_use(kernel, use.operation, use.index, positions, kernels, readings)
        # Uses are kept in no useful order; what is decided must not depend on it.
        kernel.readers.sort(key=lambda reader: reader[1].number)
        kernel.held.sort()
    return list(kernels.values())


def _take_apart(
    kernel: Kernel,
    block: Block,
    reduces: tuple[pattern.ReduceOp, ...],
    readings: dict[Operation, Reading],
) -> str | None:
    """Note the reads and work of a body; returns why that cannot be done, or None."""
    for op in block.ops:
        if isinstance(op, pattern.YieldOp):
            numbers: Iterable[SSAValue] = op.operands
        elif isinstance(op, pattern.ReadOp):
            reading = readings[op] = Reading(len(readings), op, reduces)
            kernel.readings.append(reading)
            if any(
                isinstance(index.owner, Operation) and kernel.op.is_ancestor(index.owner)
                for index in op.indices
            ):
                return f"it reads {name_of(op.source)} at computed coordinates"
            numbers = ()
        elif isinstance(op, pattern.ReduceOp):
            kernel.reductions += 1
            kernel.costly = _COSTLY[op.name]
            reason = _take_apart(kernel, op.body.block, (*reduces, op), readings)
            if reason is not None:
                return reason
            numbers = ()
        elif op.regions or len(op.results) != 1 or not op.name.startswith(KNOWN_DIALECTS):
            return f"its body holds {op.name}"
        else:
            numbers = op.operands
            kernel.costly = kernel.costly or _COSTLY.get(op.name)
            widens = isinstance(op, pattern.ConvertOp) and op.is_widening
            kernel.work += not (widens or isinstance(op, _FREE))
        for operand in numbers:
            if isinstance(operand, BlockArgument) and operand.block is kernel.op.body.block:
                kernel.numeric.add(operand.index)
            elif not kernel.op.is_ancestor(operand.owner):
                kernel.captured.append(operand)
    return None


def _note_use(
    kernel: Kernel,
    user: Operation,
    place: int,
    positions: dict[Operation, int],
    kernels: dict[Operation, Kernel],
    readings: dict[Operation, Reading],
) -> None:
    top = user
    while top not in positions:
        around = top.parent_op()
        if around is None:
            raise RuntimeError(f"{kernel.name} is used outside its block, this is a bug")
        top = around
    reader = kernels.get(top)
    if reader is not None and reader.opaque is None and isinstance(user, pattern.ReadOp):
        kernel.readers.append((reader, readings[user]))
        return
    if reader is not None and reader.opaque is not None:
        reason = f"{reader.name} uses it and is left alone: {reader.opaque}"
    elif isinstance(user, pattern.GatherOp):
        reason = f"{name_of(user.result)} gathers its elements at computed coordinates"
    elif top is not user and isinstance(top, pattern.ScanOp):
        reason = (
            f"the scan {name_of(top.results[0])} reads it from outside and would compute it again "
            "in every step"
        )
    elif isinstance(user, pattern.NextOp):
        reason = "the scan emits it"
        scan = user.parent_op()
        if isinstance(scan, pattern.ScanOp) and place < len(scan.carries):
            before = name_of(scan.carries[place])
            reason = f"the next step reads it as {before}, which a step cannot compute ahead"
    elif isinstance(user, func.ReturnOp):
        reason = "it is a result of the function"
    else:
        reason = f"{user.name} uses it as a whole"
    kernel.held.append((positions[top], reason))
