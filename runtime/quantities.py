"""What a configuration holds and moves: units, multiply-accumulates, bytes, lower bounds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects import spatial
from spatial_opt.dialects.spatial_ports import processes, units
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.passes.solvers.resources import held_bytes
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.products import multiply_accumulates
from spatial_opt.runtime.traffic import Traffic, measure_traffic
from spatial_opt.runtime.useful_elements import UsefulElements


@dataclass(frozen=True)
class Resource:
    """Units of one kind: how many a configuration uses, how many the machine has."""

    used: int
    available: int


@dataclass(frozen=True)
class Quantities:
    """Static figures of a configuration, for one whole run."""

    macs: int
    """Multiplications that feed a reduction, without padding and results that are dropped."""
    issued_macs: int
    """The same with those lanes counted."""
    bits: int
    """Width of the widest operand of those multiplications; 32 where there are none."""
    memory_bytes: int
    """Bytes read from and written to memory units."""
    dram_bytes: int
    """Bytes loaded and stored by address generators."""
    held_bytes: int
    """Bytes of all memories' contents."""
    resources: dict[str, Resource]
    traffic: Traffic
    """What goes through every memory unit and DRAM buffer, and what must."""


def measure(module: ModuleOp) -> Quantities:
    """Count what the configuration of a module holds and moves."""
    config, machine = config_of(module), target_of(module)
    elements = UsefulElements(config, processes(config))
    macs, issued, bits = multiply_accumulates(config, elements)
    traffic = measure_traffic(elements, machine)
    return Quantities(
        macs,
        issued,
        bits,
        traffic.within,
        sum(buffer.moved_read + buffer.moved_written for buffer in traffic.by_buffer),
        sum(held_bytes(unit) for unit in units(config) if isinstance(unit, spatial.PmuOp)),
        _resources(config, machine),
        traffic,
    )


def _resources(config: spatial.ConfigOp, machine: Machine) -> dict[str, Resource]:
    kinds: Counter[str] = Counter()
    held = 0
    for unit in units(config):
        match unit:
            case spatial.PcuOp():
                kinds["pcu"] += 1
            case spatial.PmuOp():
                kinds["pmu"] += 1
                held += held_bytes(unit)
            case spatial.AgOp():
                kinds["ag"] += 1
            case spatial.ControllerOp():
                kinds["controller"] += 1
    memory_units = len(machine.grid.positions("pmu"))
    switches = machine.grid.rows * machine.grid.columns
    return {
        "pcu": Resource(kinds["pcu"], len(machine.grid.positions("pcu"))),
        "pmu": Resource(kinds["pmu"], memory_units),
        "ag": Resource(kinds["ag"], machine.ag.count),
        "controller": Resource(kinds["controller"], switches * machine.controller.per_switch),
        "memory_bytes": Resource(held, memory_units * machine.pmu.capacity_bytes),
    }
