"""Cycles depend on the configuration alone, and a longer sequence takes the same cycles a step."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deepbench_cases import EVALUATORS, compile_case, make_case, write_files

from spatial_opt.runtime.report import Timing, time_configuration


@pytest.mark.skipif(len(EVALUATORS) == 1, reason="needs MLIR's bindings")
@pytest.mark.parametrize("format", ["int8", "bf16"])
def test_cycles_do_not_depend_on_the_evaluator(
    format: str, run_tool: Callable[..., Any], tmp_path: Path
) -> None:
    model = write_files(tmp_path / "model.mlir", "lstm", hidden=256, steps=5)
    reports: list[dict[str, Any]] = []
    for evaluator in EVALUATORS:
        options = ["--evaluator", evaluator, "--format", format, "--report", "json"]
        run = run_tool("spatial-run", str(model), *options)
        assert run.code == 0, run.err
        report: dict[str, Any] = json.loads(run.out)
        for measured in ("compile_s", "run_s"):
            assert report.pop(measured) > 0
        assert report.pop("evaluator") == evaluator
        reports.append(report)
    assert reports[0] == reports[1]


@pytest.mark.parametrize(
    ("cell", "hidden", "format"),
    [("lstm", 256, "int8"), ("lstm", 512, "mixed8"), ("gru", 512, "f32")],
)
def test_steady_cycles_per_step_do_not_depend_on_the_steps(
    cell: str, hidden: int, format: str
) -> None:
    timings: dict[int, Timing] = {}
    for steps in (10, 25, 60, 90):
        case = compile_case(make_case(cell, hidden, steps, format))
        timings[steps] = time_configuration(case.module)
    per_step = {timing.step for timing in timings.values()}
    assert len(per_step) == 1
    (step,) = per_step
    assert step is not None
    assert step.steady
    long = [timings[steps].result.loops[0] for steps in (60, 90)]
    assert all(loop.steady for loop in long)
    assert long[0].causes_per_step == long[1].causes_per_step
    for steps in (10, 25, 60):
        longer = timings[90].result.cycles - timings[steps].result.cycles
        assert longer == (90 - steps) * step.cycles
