"""How the address generators of a configuration use DRAM, and whether that bounds a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spatial_opt.dialects.spatial import AgOp, ConfigOp, units
from spatial_opt.machine.description import Machine
from spatial_opt.runtime.network import Network
from spatial_opt.runtime.traffic import Traffic


@dataclass(frozen=True)
class Generator:
    """One address generator over a whole run."""

    name: str
    buffer: str
    direction: str
    """ "loads" or "stores"."""
    cause: str
    """What its buffer holds: "weights", "inputs" or "results"."""
    bytes: int
    """Of whole tokens."""
    burst_bytes: int
    """Of the bursts that these take."""
    interval: int
    """Cycles from one token to the next at its even share of the bandwidth."""
    cycles: int
    """That it takes at least, from its first token to the arrival of its last one."""


@dataclass(frozen=True)
class DramUse:
    """All address generators, and what they have in common."""

    generators: Sequence[Generator]
    bandwidth: float
    """Bytes a cycle, shared evenly by all generators."""

    @property
    def bound(self) -> int:
        """Cycles that the busiest generator takes at least."""
        return max((each.cycles for each in self.generators), default=0)

    def to_json(self, cycles: int, traffic: Traffic, steps: int | None) -> dict[str, Any]:
        """Give plain data for a run of so many cycles; per step where a time loop has that many."""
        moved = sum(each.burst_bytes for each in self.generators)
        weights = sum(b.moved_read for b in traffic.by_buffer if b.cause == "weights")
        return {
            "bandwidth_bytes_per_cycle": self.bandwidth,
            "used": moved / (cycles * self.bandwidth) if cycles else 0.0,
            "weight_bytes": weights,
            "weight_bytes_per_step": weights / steps if steps else None,
            "generators": [asdict(each) for each in self.generators],
        }


def dram_use(config: ConfigOp, network: Network, traffic: Traffic, machine: Machine) -> DramUse:
    """Describe the address generators of a configuration, in the order of the text."""
    processes = {process.unit: process for process in network.processes}
    causes = {buffer.name: buffer.cause for buffer in traffic.by_buffer}
    found: list[Generator] = []
    for unit in units(config):
        if not isinstance(unit, AgOp):
            continue
        process, buffer = processes[unit.sym_name.data], unit.buffer.root_reference.data
        token = unit.token_bytes
        found.append(
            Generator(
                unit.sym_name.data,
                buffer,
                unit.direction.data,
                causes[buffer],
                token * process.total,
                machine.dram_bytes(token) * process.total,
                process.intervals[0],
                (process.total - 1) * process.intervals[0] + process.latency,
            )
        )
    return DramUse(found, machine.dram.bandwidth_bytes_per_cycle)
