"""Declarations that stand in a program: which memory each is of, and whether it is deep enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.ir import BlockArgument, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.memory_assignment.assignment import Assigned, Assignment
from spatial_opt.passes.memory_assignment.levels import Schedule
from spatial_opt.passes.polyhedral.library import has_isl


@dataclass(frozen=True, eq=False)
class Declared:
    """The declarations of a function."""

    tensors: dict[Assigned, pattern.MemoryOp]
    scalars: dict[SSAValue, pattern.MemoryOp]
    unused: tuple[pattern.MemoryOp, ...]
    """Those of values that need no memory, or not there."""


def read_declared(assignment: Assignment) -> Declared:
    """Find the declarations of a function and what they are of."""
    tensors: dict[Assigned, pattern.MemoryOp] = {}
    scalars: dict[SSAValue, pattern.MemoryOp] = {}
    unused: list[pattern.MemoryOp] = []
    wanted = {value for value, _ in assignment.scalars}
    for op in _declarations(assignment.schedule):
        if op.kind.data in ("fifo", "reg"):
            if op.value in wanted:
                scalars[op.value] = op
            else:
                unused.append(op)
            continue
        found = next((one for one in assignment.tensors if _is_of(op, one)), None)
        if found is None:
            unused.append(op)
        else:
            tensors[found] = op
    return Declared(tensors, scalars, tuple(unused))


def _declarations(schedule: Schedule) -> Iterator[pattern.MemoryOp]:
    for op in schedule.function.walk():
        if isinstance(op, pattern.MemoryOp):
            yield op


def _is_of(op: pattern.MemoryOp, assigned: Assigned) -> bool:
    place = assigned.place
    off_chip = op.kind.data == "dram"
    # Parameters may be in DRAM instead of on chip.
    same_side = off_chip == (place.kind == "dram") or isinstance(
        op.value.owner, pattern.ParameterOp
    )
    return (
        op.value is place.value
        and op.parent is place.level.block
        and op.slice == place.fixed
        and same_side
    )


def too_shallow(assigned: Assigned, depth: int, schedule: Schedule) -> str | None:
    """Say why so few buffers are too few for what the reads need, None if they are enough."""
    value = assigned.place.value
    if depth >= assigned.least or not isinstance(value, BlockArgument):
        return None
    name = f"%{value.name_hint or 'value'}"
    remedy = f"write depth {assigned.least}, or leave the declaration away"
    head = f"{name} has depth {depth} and needs {assigned.least}"
    if not has_isl():
        return f"{head}; {remedy}"
    from spatial_opt.passes.memory_assignment.clash_text import clash_text
    from spatial_opt.passes.memory_assignment.states import state_clashes

    found = [one for one in state_clashes(value, schedule) if one.distance % depth == 0]
    return f"{head}: {clash_text(found[0])}; {remedy}"


def refusal(assignment: Assignment, declared: Declared) -> str | None:
    """
    Say of the first declaration that is not deep enough why it is not; None if all are.

    More buffers than are needed do no harm.
    """
    reasons = (
        too_shallow(assigned, op.buffers, assignment.schedule)
        for assigned, op in declared.tensors.items()
    )
    return next((reason for reason in reasons if reason is not None), None)
