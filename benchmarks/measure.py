"""
Measure one problem in one format, in a process of its own; `run.py` starts it.

    python benchmarks/measure.py lstm.mlir mixed8 --seconds 3

The model and its weights are files written by `generate.py`. The figures go to stdout as JSON.
"""

import argparse
import json
import resource
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from onnx_layer import prepare_onnx
from xdsl.utils.arg_spec import ParameterListType

from spatial_opt.dialects.rnn import RecurrentOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import values
from spatial_opt.runtime.array_files import load_arrays
from spatial_opt.runtime.program_inputs import random_inputs
from spatial_opt.runtime.report import prepare_timing
from spatial_opt.runtime.rnn_calibrate import calibrate
from spatial_opt.tools.compilation import (
    Compilation,
    compile_module,
    make_context,
    read_module,
    steps_for,
)

CAPACITY = "pmu.capacity_bytes"
LEAST, MOST = 3, 31
"""Repetitions."""


def peak_memory_mb() -> float:
    """Give the most memory this process has held so far, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def clock(work: Callable[[], Any]) -> tuple[float, Any]:
    """Run something; returns the seconds it took and its result."""
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


def interleaved(works: dict[str, Callable[[], Any]], seconds: float) -> dict[str, float]:
    """
    Run everything in turn until `seconds` have passed; returns the median seconds of each.

    In turn, so that what slows the machine down for a while slows all of them.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    start = perf_counter()
    for repetition in range(MOST):
        for name, work in works.items():
            taken[name].append(clock(work)[0])
        if repetition + 1 >= LEAST and perf_counter() - start > seconds:
            break
    return {name: statistics.median(times) for name, times in taken.items()}


def measure(model: Path, format: str, pipeline: str, relax: bool, seconds: float) -> dict[str, Any]:
    """
    Measure everything about one problem in one format; times are in seconds.

    Raises `SpatialError` where the machine can't hold the weights, unless `relax` lifts that limit.
    """
    context = make_context()
    compilation = Compilation()
    module = read_module(context, model, compilation)
    layer = next(op for op in module.walk() if isinstance(op, RecurrentOp))
    cell, hidden = layer.name.removeprefix("rnn."), layer.hidden
    inputs = random_inputs(module, 0)
    parameters = load_arrays(model.with_suffix(".safetensors"))
    calibrate_s, _ = clock(lambda: calibrate(module, format, inputs, parameters))
    given: dict[str, ParameterListType] = {"relax": (CAPACITY,)} if relax else {}
    steps = steps_for(module, pipeline, given)
    compile_s, _ = clock(lambda: compile_module(context, module, steps, compilation))
    codegen_s, prepared = clock(lambda: values.prepare(module, "native"))
    first_run_s, found = clock(lambda: prepared.run(inputs, parameters))
    prepare_cycles_s, timing = clock(lambda: prepare_timing(module))
    first_timing_s, timed = clock(timing.run)
    peak = peak_memory_mb()

    run_onnx = prepare_onnx(cell, hidden, inputs, parameters)
    expected = run_onnx()
    medians = interleaved(
        {
            "onnxruntime_s": run_onnx,
            "values_s": lambda: prepared.run(inputs, parameters),
            "cycles_s": timing.run,
        },
        seconds,
    )
    return {
        "relaxed": relax,
        **medians,
        "compile_s": compile_s,
        "passes_s": compilation.seconds,
        "codegen_s": codegen_s,
        "calibrate_s": calibrate_s,
        "first_values_s": first_run_s,
        "prepare_cycles_s": prepare_cycles_s,
        "first_cycles_s": first_timing_s,
        "peak_mb": peak,
        "cycles": timed.cycles,
        "deviation": max(
            float(np.max(np.abs(found[name] - array))) for name, array in expected.items()
        ),
    }


def main() -> int:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description="Measure one problem in one format.")
    parser.add_argument("model", type=Path)
    parser.add_argument("format")
    parser.add_argument("--pipeline", default="unfused", help="a named pipeline")
    parser.add_argument("--relax", action="store_true", help=f"do not enforce {CAPACITY}")
    parser.add_argument("--seconds", type=float, default=3.0, help="for the repetitions")
    options = parser.parse_args()
    try:
        row = measure(
            options.model, options.format, options.pipeline, options.relax, options.seconds
        )
    except SpatialError as error:
        row = {"refused": str(error)}
    json.dump(row, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
