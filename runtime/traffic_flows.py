"""What each stream of each memory unit moves in a run: useful elements, whole tokens, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from spatial_opt.dialects.spatial import (
    GatherOp,
    ReadOp,
    WriteOp,
    element_bits,
    element_type,
)
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.held_values import Cause, HeldValues, Memory
from spatial_opt.runtime.masks import count
from spatial_opt.runtime.stream_places import firing_elements, full_trips
from spatial_opt.runtime.useful_elements import UsefulElements


@dataclass(eq=False)
class Flow:
    """What one stream moves in a run."""

    process: Process
    cause: Cause
    elements: int
    """Useful ones."""
    tokens: int
    """Elements of all tokens."""
    within: int
    """Elements that lie inside the memory, be they useful or not."""
    bits: int
    """Of one element."""

    def bytes(self, elements: int) -> int:
        """Bytes of that many elements."""
        return elements * self.bits // 8


@dataclass
class Flows:
    """The flows of all memories, and what the memories hold."""

    values: HeldValues
    by_process: dict[str, Flow] = field(default_factory=dict[str, Flow])

    def of(self, processes: Iterable[Process]) -> list[Flow]:
        """Give the flows of some streams."""
        return [self.by_process[process.name] for process in processes]


def find_flows(elements: UsefulElements) -> Flows:
    """Count what each stream of each memory moves, and say what for."""
    values = HeldValues(elements)
    flows = Flows(values)
    for memory in values.memories.values():
        for process in (*memory.writes, *memory.reads):
            cause = _stream_cause(process, memory, values)
            flows.by_process[process.name] = _flow(process, cause, elements)
    return flows


def _stream_cause(process: Process, memory: Memory, values: HeldValues) -> Cause:
    if process.kind == "write":
        if values.origins.is_move(process):
            return "copies"
        return memory.cause if values.origins.loads(process) is None else "inputs"
    if process.kind == "gather":
        return memory.cause
    takers = {taker.kind for taker in values.origins.takers(process)}
    if takers == {"write"}:
        return "copies"
    return "results" if takers == {"store"} else memory.cause


def _flow(process: Process, cause: Cause, elements: UsefulElements) -> Flow:
    op = process.op
    assert isinstance(op, ReadOp | WriteOp | GatherOp)
    width = firing_elements(op)
    trips = (*full_trips(process), width)
    bits = element_bits(element_type(op.type_))
    tokens = width * process.firings * process.activations
    if isinstance(op, GatherOp):
        wanted = elements.given(process)
        return Flow(process, cause, count([wanted], trips), tokens, tokens, bits)
    places = elements.places(process)
    assert places is not None
    within = count(places.masks, trips)
    if isinstance(op, WriteOp):
        return Flow(process, cause, within, tokens, within, bits)
    wanted = elements.given(process)
    return Flow(process, cause, count([*places.data, wanted], trips), tokens, within, bits)
