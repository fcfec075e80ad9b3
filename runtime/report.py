"""
The report of a run: cycles, why, against what, and with which units.

`docs/report.md` describes every field of the JSON form; `SCHEMA` changes when a field does.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.target import target_of
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.dram_use import DramUse, dram_use
from spatial_opt.runtime.event_engine import Prepared, prepare, recurrence_bound
from spatial_opt.runtime.event_results import TimeResult
from spatial_opt.runtime.network import Network
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.quantities import Quantities, measure
from spatial_opt.runtime.step_cost import Step, cycles_per_step

SCHEMA = "spatial-opt.run/1"


@dataclass
class RunReport:
    """Everything one run tells; `to_json` gives the documented form."""

    target: str
    relaxed: tuple[str, ...]
    format: str | None
    cycles: int
    cycles_per_step: float | None
    steady: bool
    latency_us: float
    macs: int
    peak_macs_per_cycle: int
    utilization: float
    fragmentation: float
    bounds: dict[str, int]
    causes: dict[str, int]
    resources: dict[str, dict[str, int]]
    bytes: dict[str, int]
    memory: dict[str, Any]
    dram: dict[str, Any]
    stalls: list[dict[str, Any]]
    evaluator: str = ""
    compile_s: float = 0.0
    run_s: float = 0.0
    notes: list[str] = field(default_factory=list[str])
    accuracy: float | None = None
    accuracy_f32: float | None = None
    samples: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the report as plain data, with its schema first."""
        return {"schema": SCHEMA, **asdict(self)}


@dataclass(frozen=True)
class Timing:
    """The network of a configuration and what its run took."""

    network: Network
    result: TimeResult
    quantities: Quantities
    dram: DramUse
    bounds: dict[str, int]
    step: Step | None
    """Cost of a step of the first time loop, if there is one."""


def prepare_timing(
    module: ModuleOp, *, native: bool | None = None, steady: bool = True, record: int = 0
) -> Prepared:
    """
    Make the time engine ready to run a placed and routed configuration any number of times.

    Raises SpatialError where the configuration is not staged, placed or routed yet.
    """
    return prepare(build_network(module), native=native, steady=steady, record=record)


def time_configuration(
    module: ModuleOp, *, native: bool | None = None, steady: bool = True, record: int = 0
) -> Timing:
    """Run the time engine on a placed and routed configuration; raises as the engine does."""
    machine = target_of(module)
    prepared = prepare_timing(module, native=native, steady=steady, record=record)
    network, result = prepared.network, prepared.run()
    quantities = measure(module)
    unit_bytes = machine.pmu.banks * machine.word_bytes
    memory_units = len(machine.grid.positions("pmu"))
    on_chip = _cycles(quantities.memory_bytes, 2 * unit_bytes * memory_units)
    off_chip = _cycles(quantities.dram_bytes, machine.dram.bandwidth_bytes_per_cycle)
    dram = dram_use(config_of(module), network, quantities.traffic, machine)
    bounds = {
        "compute": _cycles(quantities.macs, machine.peak_macs_per_cycle(quantities.bits)),
        "memory": max(on_chip, off_chip),
        "dram": dram.bound,
        "recurrence": recurrence_bound(network, native=native).cycles,
    }
    step = cycles_per_step(network, result, native=native) if network.loops else None
    return Timing(network, result, quantities, dram, bounds, step)


def _cycles(amount: int, per_cycle: float) -> int:
    """Cycles that some work takes at least; a machine without such units has none of it to do."""
    return ceil(amount / per_cycle) if amount else 0


def make_report(module: ModuleOp, timing: Timing, format: str | None) -> RunReport:
    """Put the figures of a timed run together."""
    machine = target_of(module)
    quantities, result = timing.quantities, timing.result
    peak = machine.peak_macs_per_cycle(quantities.bits)
    issued = quantities.issued_macs
    capacity = peak * result.cycles
    steps = next(iter(timing.network.loops), None)
    return RunReport(
        target=machine.name,
        relaxed=machine.relaxed,
        format=format,
        cycles=result.cycles,
        cycles_per_step=timing.step.cycles if timing.step is not None else None,
        steady=timing.step is not None and timing.step.steady,
        latency_us=machine.cycles_to_us(result.cycles),
        macs=quantities.macs,
        peak_macs_per_cycle=peak,
        utilization=quantities.macs / capacity if capacity else 0.0,
        fragmentation=1.0 - quantities.macs / issued if issued else 0.0,
        bounds=timing.bounds,
        causes=dict(result.causes),
        resources={kind: asdict(r) for kind, r in quantities.resources.items()},
        bytes={
            "memory_units": quantities.memory_bytes,
            "dram": quantities.dram_bytes,
            "held": quantities.held_bytes,
        },
        memory=quantities.traffic.to_json(steps),
        dram=timing.dram.to_json(result.cycles, quantities.traffic, steps),
        stalls=_stalls(timing),
        notes=[f"limit {key} is relaxed: not enforced" for key in machine.relaxed],
    )


def _stalls(timing: Timing, most: int = 5) -> list[dict[str, Any]]:
    """The links on which compute units waited longest."""
    compute = {n for n, process in enumerate(timing.network.processes) if process.kind == "pcu"}
    waits = [
        {"link": stats.name, "cycles": stats.starved, "kind": "starved"}
        for channel, stats in zip(timing.network.channels, timing.result.channels, strict=True)
        if channel.dst in compute and stats.starved
    ] + [
        {"link": stats.name, "cycles": stats.blocked, "kind": "blocked"}
        for channel, stats in zip(timing.network.channels, timing.result.channels, strict=True)
        if channel.src in compute and stats.blocked
    ]
    return sorted(waits, key=lambda wait: (-int(wait["cycles"]), str(wait["link"])))[:most]
