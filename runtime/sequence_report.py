"""
The report of a program in parts: each configuration's own report, and what loading them takes.

`docs/report.md` describes every field of the JSON form; `SCHEMA` changes when a field does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.sequence import part_name, parts_of
from spatial_opt.dialects.spatial import (
    ConfigOp,
    InitAttr,
    InputInitAttr,
    PmuOp,
    TableInitAttr,
    parameter_parts,
    units,
)
from spatial_opt.dialects.target import target_of
from spatial_opt.passes.solvers.resources import held_bytes
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.report import RunReport, Timing, make_report

SCHEMA = "spatial-opt.sequence/1"


@dataclass(frozen=True)
class Loading:
    """What is written into the machine before a configuration can run."""

    settings_bytes: int
    """Of all positions of the grid, whether they are used or not."""
    contents_bytes: int
    """Of memories that begin with parameters, tables or inputs."""
    cycles: int


@dataclass
class SequenceReport:
    """Everything a run of several configurations tells; `to_json` gives the documented form."""

    target: str
    relaxed: tuple[str, ...]
    format: str | None
    cycles: int
    """Of one sequence: all configurations, and all loading but the first."""
    running_cycles: int
    loading_cycles: int
    first_loading_cycles: int
    """Of the first configuration: once, or before every further sequence."""
    latency_us: float
    macs: int
    utilization: float
    configurations: dict[str, RunReport]
    loading: dict[str, Loading]
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


def loading_of(module: ModuleOp) -> Loading:
    """
    Count what a part's configuration takes to load.

    Settings and contents come from DRAM, at its bandwidth, after one latency. A memory that stands
    on several units, or in several copies, is loaded into each.
    """
    machine = target_of(module)
    contents = _contents_bytes(config_of(module))
    settings = machine.grid.rows * machine.grid.columns * machine.configuration.unit_bytes
    return Loading(settings, contents, machine.loading_cycles(contents))


def make_sequence_report(
    module: ModuleOp, timings: Sequence[Timing], format: str | None
) -> SequenceReport:
    """Put the figures of all parts together; `timings` has one for each."""
    parts = parts_of(module)
    names = [part_name(part, number) for number, part in enumerate(parts)]
    reports = [make_report(p, t, format) for p, t in zip(parts, timings, strict=True)]
    loading = [loading_of(part) for part in parts]
    running = sum(report.cycles for report in reports)
    later = sum(each.cycles for each in loading[1:])
    macs = sum(report.macs for report in reports)
    machine = target_of(parts[0])
    peak = sum(report.peak_macs_per_cycle * report.cycles for report in reports)
    return SequenceReport(
        target=machine.name,
        relaxed=machine.relaxed,
        format=format,
        cycles=running + later,
        running_cycles=running,
        loading_cycles=later,
        first_loading_cycles=loading[0].cycles,
        latency_us=machine.cycles_to_us(running + later),
        macs=macs,
        utilization=macs / peak if peak else 0.0,
        configurations=dict(zip(names, reports, strict=True)),
        loading=dict(zip(names, loading, strict=True)),
        notes=list(dict.fromkeys(note for report in reports for note in report.notes)),
    )


def _contents_bytes(config: ConfigOp) -> int:
    return sum(
        held_bytes(unit)
        for unit in units(config)
        if isinstance(unit, PmuOp) and _is_loaded(unit.init)
    )


def _is_loaded(init: InitAttr) -> bool:
    return bool(parameter_parts(init)) or isinstance(init, InputInitAttr | TableInitAttr)
