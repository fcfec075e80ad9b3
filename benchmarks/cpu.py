"""
Compare native code for this computer with onnxruntime, both on one thread, in f32.

    python benchmarks/cpu.py
    python benchmarks/cpu.py lstm,1024,25 gru,512,100 --seconds 10

Each layer is given as cell,hidden units,steps; the batch is 1 and the inputs are as many as the
hidden units. Both run in turn, so that what slows the computer down for a while slows both, and
the best run of each counts. The largest difference of their results stands beside.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from onnx_layer import missing_modules, prepare_onnx, version
from xdsl.utils.arg_spec import ArgSpec

from spatial_opt.bench.problems import CELLS, generate, make_weights
from spatial_opt.interop.jit import compile_program
from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.runtime import bindings
from spatial_opt.runtime.program_inputs import random_inputs
from spatial_opt.tools.compilation import Compilation, compile_module, make_context

LEAST = 5
"""Runs of each."""


@dataclass(frozen=True)
class Layer:
    """What is measured."""

    cell: str
    hidden: int
    steps: int

    def __str__(self) -> str:
        return f"{self.cell},{self.hidden},{self.steps}"


DEFAULT = (
    Layer("lstm", 512, 25),
    Layer("lstm", 1024, 25),
    Layer("lstm", 2048, 25),
    Layer("gru", 512, 25),
    Layer("gru", 2560, 375),
)


def parse_layer(text: str) -> Layer:
    """Read cell,hidden units,steps; raises ArgumentTypeError."""
    cell, *numbers = text.split(",")
    if cell not in CELLS or len(numbers) != 2 or not all(n.isdecimal() for n in numbers):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no layer; write cell,hidden units,steps with a cell of "
            f"{', '.join(CELLS)}, as in lstm,512,25"
        )
    hidden, steps = map(int, numbers)
    if hidden < 1 or steps < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} has no hidden unit or no step; give one or more"
        )
    return Layer(cell, hidden, steps)


@dataclass(frozen=True)
class Comparison:
    """Seconds of one sequence."""

    ours: list[float]
    onnx: list[float]
    compile_s: float
    difference: float

    def line(self, name: str) -> str:
        """Return a line of the table."""
        ours, onnx = min(self.ours), min(self.onnx)
        return (
            f"{name:<16}{ours * 1e3:>10.2f}{onnx * 1e3:>10.2f}{ours / onnx:>8.2f}"
            f"{median(self.ours) / median(self.onnx):>9.2f}{self.compile_s:>10.2f}"
            f"{self.difference:>12.1e}"
        )


def compare(layer: Layer, seconds: float) -> Comparison:
    """Measure one layer for about so many seconds."""
    cell, hidden = layer.cell, layer.hidden
    module = generate(cell, hidden, layer.steps)
    inputs, parameters = random_inputs(module, 0), make_weights(cell, hidden, hidden, 0)
    start = perf_counter()
    steps_of_pipeline = list(PIPELINES["cpu"].expand(ArgSpec("cpu", {"format": ("f32",)})))
    compile_module(make_context(), module, steps_of_pipeline, Compilation())
    program = compile_program(module)
    compile_s = perf_counter() - start
    got = program.run(inputs, parameters)
    onnx = prepare_onnx(cell, hidden, inputs, parameters)
    difference = max(
        float(np.abs(got[name].reshape(-1) - array.reshape(-1)).max())
        for name, array in onnx().items()
        if name in got
    )
    ours, theirs = _in_turn(program.bound(inputs, parameters), onnx, seconds)
    return Comparison(ours, theirs, compile_s, difference)


def _in_turn(
    first: Callable[[], Any], second: Callable[[], Any], seconds: float
) -> tuple[list[float], list[float]]:
    taken: tuple[list[float], list[float]] = ([], [])
    start = perf_counter()
    while len(taken[0]) < LEAST or perf_counter() - start < seconds:
        for work, times in zip((first, second), taken, strict=True):
            before = perf_counter()
            work()
            times.append(perf_counter() - before)
    return taken


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument(
        "layers", nargs="*", metavar="CELL,HIDDEN,STEPS", default=list(DEFAULT), type=parse_layer
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="per layer (default: 5)")
    options = parser.parse_args(argv)
    missing = missing_modules()
    if missing:
        print(f"cpu.py: {', '.join(missing)} missing; pip install -e '.[bench]'", file=sys.stderr)
        return 1
    if bindings.find() is None:
        print("cpu.py: MLIR's Python bindings are missing; pip install torch-mlir", file=sys.stderr)
        return 1
    print(f"onnxruntime {version()}, one thread each; milliseconds per sequence, best run")
    print(
        f"{'layer':<16}{'ours':>10}{'onnx':>10}{'ratio':>8}{'median':>9}{'compile s':>10}"
        f"{'difference':>12}"
    )
    for layer in options.layers:
        print(compare(layer, options.seconds).line(str(layer)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
