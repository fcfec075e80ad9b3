"""
Bytes that go through every memory unit and every DRAM buffer, what for, and how many must.

*Useful* bytes leave out padding, elements that a write clips, and what no one wants; *moved* bytes
are those of whole tokens, as the ports take and give them. A token that is read once and sent to
many is read once. Everything is counted for a whole run, in closed form over the counters of the
configuration (`runtime/masks.py`), and agrees with a count of all firings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spatial_opt.dialects.spatial import AgOp, DramOp, element_bits, element_type, token_elements
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.machine.description import Machine
from spatial_opt.passes.solvers.resources import held_bytes
from spatial_opt.runtime.held_values import CAUSES, Cause, parameter_names
from spatial_opt.runtime.masks import count
from spatial_opt.runtime.traffic_contents import (
    Account,
    Copy,
    account_for_contents,
    buffer_elements,
)
from spatial_opt.runtime.traffic_flows import Flows, find_flows
from spatial_opt.runtime.traffic_units import Moved, moved_between_units
from spatial_opt.runtime.traffic_values import account_for_values
from spatial_opt.runtime.useful_elements import UsefulElements


@dataclass(frozen=True)
class UnitTraffic:
    """Bytes through one memory unit in a run."""

    name: str
    holds: str
    """Parameter, input or function; or the first memory that holds the same value."""
    cause: Cause
    bytes_read: int
    bytes_written: int
    moved_read: int
    moved_written: int
    held_bytes: int
    capacity_bytes: int


@dataclass(frozen=True)
class BufferTraffic:
    """Bytes between one DRAM buffer and the address generators in a run."""

    name: str
    holds: str
    """Parameters; or the input or result, which is its name."""
    cause: Cause
    bytes_read: int
    bytes_written: int
    moved_read: int
    moved_written: int
    burst_bytes: int
    """Bytes of the bursts that these tokens take."""
    compulsory: int
    """Each element that is loaded or stored, once."""


@dataclass(frozen=True)
class Traffic:
    """All bytes of a run; `docs/report.md` describes the JSON form."""

    by_unit: list[UnitTraffic]
    by_buffer: list[BufferTraffic]
    by_cause: dict[Cause, int]
    compulsory: dict[Cause, int]
    copies: list[Copy]
    contents: int
    """Bytes of weights and inputs that are there before the run and are used, each once."""
    within: int
    """Bytes of memory units that their banks move: inside the memory, padding included."""
    between: list[Moved]
    """Words that units get of units of other numbers."""

    @property
    def bytes(self) -> int:
        """Useful bytes through memory units."""
        return sum(self.by_cause.values())

    @property
    def minimum(self) -> int:
        """Bytes that must go through memory units."""
        return sum(self.compulsory.values())

    @property
    def moved(self) -> int:
        """Bytes of all tokens that memory units take and give."""
        return sum(unit.moved_read + unit.moved_written for unit in self.by_unit)

    def to_json(self, steps: int | None) -> dict[str, Any]:
        """Give plain data; per step where a time loop has that many."""
        return {
            "steps": steps,
            "bytes": self.bytes,
            "moved": self.moved,
            "minimum": self.minimum,
            "ratio": _ratio(self.bytes, self.minimum),
            "by_cause": dict(self.by_cause),
            "compulsory": dict(self.compulsory),
            "by_cause_per_step": _per_step(self.by_cause, steps),
            "compulsory_per_step": _per_step(self.compulsory, steps),
            "copies": [asdict(copy) for copy in self.copies],
            "between_units": {
                "words": sum(moved.words for moved in self.between),
                "by_port": [asdict(moved) for moved in self.between],
            },
            "dram": self._dram(),
            "by_buffer": [asdict(buffer) for buffer in self.by_buffer],
            "by_unit": [asdict(unit) for unit in self.by_unit],
        }

    def _dram(self) -> dict[str, Any]:
        useful = sum(b.bytes_read + b.bytes_written for b in self.by_buffer)
        minimum = sum(b.compulsory for b in self.by_buffer)
        return {
            "bytes": useful,
            "moved": sum(b.moved_read + b.moved_written for b in self.by_buffer),
            "minimum": minimum,
            "ratio": _ratio(useful, minimum),
            "contents": self.contents,
        }


def _ratio(bytes: int, minimum: int) -> float | None:
    return bytes / minimum if minimum else None


def _per_step(amounts: dict[Cause, int], steps: int | None) -> dict[Cause, float] | None:
    return {cause: amount / steps for cause, amount in amounts.items()} if steps else None


def measure_traffic(elements: UsefulElements, machine: Machine) -> Traffic:
    """Count what the memories and buffers of a configuration move in a run."""
    flows, account = find_flows(elements), Account()
    account_for_contents(flows, elements, account)
    account_for_values(flows, elements, account)
    return Traffic(
        _units(flows, account, machine),
        _buffers(elements, machine),
        {cause: account.by_cause[cause] for cause in CAUSES},
        {cause: account.compulsory[cause] for cause in CAUSES},
        _joined(account.copies),
        account.contents,
        sum(flow.bytes(flow.within) for flow in flows.by_process.values()),
        moved_between_units(flows, elements),
    )


def _units(flows: Flows, account: Account, machine: Machine) -> list[UnitTraffic]:
    found: list[UnitTraffic] = []
    for memory in flows.values.memories.values():
        reads, writes = flows.of(memory.reads), flows.of(memory.writes)
        read = sum(flow.bytes(flow.elements) for flow in reads)
        written = sum(flow.bytes(flow.elements) for flow in writes)
        moves = bool(writes) and all(flow.cause == "copies" for flow in writes)
        copy = moves or 0 < read + written == account.copied[memory.name]
        found.append(
            UnitTraffic(
                memory.name,
                memory.holds,
                "copies" if copy else memory.cause,
                read,
                written,
                sum(flow.bytes(flow.tokens) for flow in reads),
                sum(flow.bytes(flow.tokens) for flow in writes),
                held_bytes(memory.unit),
                machine.pmu.capacity_bytes,
            )
        )
    return found


def _joined(copies: Sequence[Copy]) -> list[Copy]:
    """Writes and reads of a value are one entry."""
    joined: dict[str, Copy] = {}
    for copy in copies:
        other = joined.get(copy.holds, Copy(copy.holds, (), 0))
        units = tuple(dict.fromkeys((*other.units, *copy.units)))
        joined[copy.holds] = Copy(copy.holds, units, other.bytes + copy.bytes)
    return list(joined.values())


def _buffers(elements: UsefulElements, machine: Machine) -> list[BufferTraffic]:
    """List the DRAM buffers that address generators move anything from or to."""
    generators: dict[str, list[Process]] = {}
    for process in elements.processes:
        if isinstance(process.op, AgOp):
            generators.setdefault(process.op.buffer.root_reference.data, []).append(process)
    return [_buffer(name, found, elements, machine) for name, found in generators.items()]


def _buffer(
    name: str, processes: Sequence[Process], elements: UsefulElements, machine: Machine
) -> BufferTraffic:
    useful, moved, bursts, least = {"load": 0, "store": 0}, {"load": 0, "store": 0}, 0, 0
    buffer = elements.buffers[name]
    for process in processes:
        op, places = process.op, elements.places(process)
        assert isinstance(op, AgOp)
        assert places is not None
        firings, bits = process.firings * process.activations, element_bits(element_type(op.type_))
        masks = places.masks
        if isinstance(buffer, DramOp):
            masks = [*places.data, elements.leaving((op.sym_name.data, "data"))]
        useful[process.kind] += count(masks, places.trips) * bits // 8
        moved[process.kind] += token_elements(op.type_) * firings * bits // 8
        bursts += machine.dram_bytes(op.token_bytes) * firings
    for kind in useful:
        side = [process for process in processes if process.kind == kind]
        for op in [process.op for process in side][:1]:
            assert isinstance(op, AgOp)
            bits = element_bits(element_type(op.type_))
            least += buffer_elements(side, elements) * bits // 8
    weights = parameter_names(buffer.init) if isinstance(buffer, DramOp) else ""
    cause: Cause = "results" if useful["store"] else "weights" if weights else "inputs"
    return BufferTraffic(
        name,
        weights or name,
        cause,
        useful["load"],
        useful["store"],
        moved["load"],
        moved["store"],
        bursts,
        least,
    )
