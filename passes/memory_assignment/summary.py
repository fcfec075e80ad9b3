"""What the memories of a program take, as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import BlockArgument

from spatial_opt.dialects import pattern
from spatial_opt.machine.description import Machine
from spatial_opt.passes.memory_assignment.assignment import Assigned
from spatial_opt.passes.remarks import name_of

LARGEST = 3
"""How many memories a sentence names."""


def depth_text(assigned: Assigned) -> str | None:
    """Say why a memory of a loop has its depth; None for one that holds a single version anyway."""
    place, depth = assigned.place, assigned.depth
    if place.level.scan is None or place.kind != "sram":
        return None
    name, first, last = name_of(place.value), *assigned.live
    where = f"live ({first}, {last})"
    if place.loaded:
        why = (
            "loaded beside the kernels that read the slice before"
            if depth > 1
            else ("its load fits between the kernels that read it")
        )
    elif isinstance(place.value, BlockArgument) and depth > assigned.least:
        why = "stored while the version after the next is written"
    elif isinstance(place.value, BlockArgument):
        why = (
            "read while its next version is written"
            if depth > 1
            else ("read before its next version is written")
        )
    elif place.stored:
        why = (
            "stored beside the kernel that makes the next one"
            if depth > 1
            else ("its store holds up nothing")
        )
    else:
        why = "read before the next step makes it again"
    return f"{name} has {depth} buffer{'s' * (depth > 1)}, {where}: {why}"


def summary_text(memories: Sequence[pattern.MemoryOp], machine: Machine) -> str:
    """Say what is on and off chip, and what the machine has; name the largest if it has less."""
    off_chip = sum(op.total_bytes for op in memories if op.kind.data == "dram")
    held = [op for op in memories if op.kind.data != "dram"]
    on_chip = sum(op.total_bytes for op in held)
    available = len(machine.grid.positions("pmu")) * machine.pmu.capacity_bytes
    text = (
        f"{len(held)} memories hold {on_chip} bytes on chip, {machine.name} has {available}; "
        f"{off_chip} bytes in DRAM"
    )
    if on_chip <= available:
        return text
    largest = sorted(held, key=lambda op: -op.total_bytes)[:LARGEST]
    named = ", ".join(f"{name_of(op.value)} ({op.total_bytes} bytes)" for op in largest)
    return f"{text}; they do not fit, the largest are {named}"
