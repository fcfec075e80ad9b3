"""Figures of the report against hand counts, and its bounds against the run they bound."""

import json
from dataclasses import replace
from typing import Any

import pytest
from xdsl.parser import Parser

from spatial_opt.dialects.spatial import PcuOp, TargetAttr
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime.configuration import build_network, unit_latency
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.report import make_report, time_configuration
from spatial_opt.runtime.step_cost import with_steps
from spatial_opt.tools.compilation import (
    Compilation,
    compile_module,
    make_context,
    steps_for,
)


def compiled(bench: Any, steps: int) -> Any:
    """Compile the bench's network with another number of steps."""
    text = (bench.folder / "net.mlir").read_text().replace("<4x1x", f"<{steps}x1x")
    context = make_context()
    module = Parser(context, text).parse_module()
    options: dict[str, Any] = {"format": ("f32",), "hu": (2,), "ru": (1,)}
    compile_module(context, module, steps_for(module, "unfused", options), Compilation())
    return module


def test_macs_and_bytes(bench: Any) -> None:
    """Per step 6x5 and 6x6 products; rows divide by the two copies."""
    report = bench.run(bench.config).report
    assert report["macs"] == 4 * (6 * 5 + 6 * 6)
    assert report["peak_macs_per_cycle"] == 192 * 16
    # 5 and 6 of 16 lanes hold data.
    assert report["fragmentation"] == pytest.approx(1 - (30 + 36) / (6 * 16 * 2))
    # x in and y out, 4 steps of 5 and of 6 elements, moved by whole vectors of 16 words.
    assert report["bytes"]["dram"] == 4 * (16 + 16) * 4


def test_parts_sum_and_bounds_hold(bench: Any) -> None:
    report = bench.run(bench.config).report
    assert sum(report["causes"].values()) == report["cycles"]
    assert all(bound <= report["cycles"] for bound in report["bounds"].values())
    assert report["schema"] == "spatial-opt.run/1"
    assert set(report["causes"]) >= {"compute", "memory", "network", "control", "pipeline"}
    json.dumps(report)


def test_relaxed_limits_are_said(bench: Any) -> None:
    network = (bench.folder / "net.mlir").read_text()
    report = bench.run(network, "--format=f32", "--relax=pmu.capacity_bytes").report
    assert report["relaxed"] == ["pmu.capacity_bytes"]
    assert any("pmu.capacity_bytes" in note for note in report["notes"])


def test_a_shorter_loop_is_the_network_compiled_for_it(bench: Any) -> None:
    long, short = (build_network(compiled(bench, steps)) for steps in (24, 7))
    assert run(with_steps(long, 7)).cycles == run(short).cycles


def test_latencies_of_operations_lengthen_their_stages() -> None:
    """The unit multiplies, folds 4 lanes (2 levels and the sum), and adds: 1 + 3 + 1 cycles."""
    text = """spatial.pcu @u counters (%j = 0 to 2) {
      %v = spatial.receive "v" : vector<4xf32>
      spatial.stage 0
      %p = arith.mulf %v, %v : vector<4xf32>
      spatial.stage 1
      %s = spatial.fold add %p per %j : vector<4xf32> to f32
      spatial.stage 2
      %o = arith.addf %s, %s : f32
      spatial.send "o" %o per %j : f32
    }"""
    module = Parser(make_context(), f"spatial.config @main {{\n{text}\n}}").parse_module()
    unit = next(op for op in module.walk() if isinstance(op, PcuOp))
    tiny = load_machine("tiny")
    for changes, cycles in (
        ({}, 5),
        ({"arith.mulf": 4}, 8),
        ({"spatial.fold": 2}, 8),
        ({"default": 3}, 9),
        ({"arith.divf": 9}, 5),
    ):
        latencies = {**tiny.op_latency_cycles, **changes}
        assert unit_latency(unit, replace(tiny, op_latency_cycles=latencies)) == cycles


@pytest.mark.parametrize("kinds", ["pcu pmu", "pmu", "pcu"])
def test_a_run_of_no_cycles(kinds: str) -> None:
    """An empty configuration, also on a grid that lacks a kind of unit."""
    machine = load_machine("tiny")
    machine = replace(machine, grid=replace(machine.grid, pattern=(kinds,)))
    module = Parser(make_context(), "spatial.config @main {\n}").parse_module()
    module.attributes["spatial.target"] = TargetAttr.from_machine(machine)
    report = make_report(module, time_configuration(module), None)
    assert (report.cycles, report.utilization, report.macs) == (0, 0.0, 0)
    assert report.bounds == {"compute": 0, "memory": 0, "dram": 0, "recurrence": 0}
    assert report.dram["used"] == 0.0
