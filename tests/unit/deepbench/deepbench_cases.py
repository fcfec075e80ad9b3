"""Layers compiled through the whole pipeline, with everything the tests compare."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deepbench_reference import Array, Layer, Order, Scales
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.arg_spec import ParameterListType

from spatial_opt.dialects.pattern import ReduceOp
from spatial_opt.dialects.rnn import RecurrentOp
from spatial_opt.dialects.rnn_format import SCALES
from spatial_opt.runtime import bindings
from spatial_opt.runtime.program_inputs import random_inputs
from spatial_opt.runtime.rnn_calibrate import calibrate
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

CAPACITY = "pmu.capacity_bytes"
EVALUATORS = ("numpy", "native") if bindings.find() is not None else ("numpy",)


def _load_generate() -> Any:
    """Load benchmarks/generate.py, which belongs to no package."""
    path = Path(__file__).parents[3] / "benchmarks" / "generate.py"
    spec = importlib.util.spec_from_file_location("deepbench_generate", path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{path} can't be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_GENERATE = _load_generate()
PROBLEMS: tuple[tuple[str, int, int], ...] = tuple(tuple(p) for p in _GENERATE.DEEPBENCH)
"""Cell, hidden units and time steps of the eleven problems."""


@dataclass
class Case:
    """A layer: what it is, its operands, and what the pipeline made of it."""

    module: ModuleOp
    """The configuration, once compiled."""
    layer: Layer
    scales: Scales
    inputs: dict[str, Array]
    parameters: dict[str, Array]
    format: str
    kernels: ModuleOp | None = None
    """The program with its parallel factors, before it became a configuration."""
    orders: list[Order] = field(default_factory=list[Order])
    """Of the sums, as they stand in the program: Wx first, then Rh."""


def make_case(
    cell: str,
    hidden: int,
    steps: int,
    format: str,
    *,
    batch: int = 1,
    inputs: int | None = None,
    seed: int = 0,
    change: Callable[[RecurrentOp], None] | None = None,
) -> Case:
    """Generate a layer with random operands and scales that fit them; `change` may alter it."""
    inputs = hidden if inputs is None else inputs
    module: ModuleOp = _GENERATE.generate(cell, hidden, steps, batch=batch, inputs=inputs)
    parameters: dict[str, Array] = _GENERATE.make_weights(cell, hidden, inputs, seed)
    arrays = random_inputs(module, seed)
    calibrate(module, format, arrays, parameters)
    op = next(op for op in module.walk() if isinstance(op, RecurrentOp))
    if change is not None:
        change(op)
    assert op.format is not None
    scales = Scales(*(op.format.scale(which) for which in SCALES))
    layer = Layer.of(cell, arrays["x"], parameters)
    return Case(module, layer, scales, arrays, parameters, format)


def compile_case(
    case: Case,
    *,
    relax: tuple[str, ...] = (),
    keep_kernels: bool = False,
    factors: Mapping[str, int] | None = None,
    pipeline: str = "unfused",
    weights: str | None = None,
) -> Case:
    """
    Compile a case in place up to the routed configuration.

    `factors` are hu, ru, rv, …; `weights` says where weights may be (auto, resident, dram).
    """
    given: dict[str, ParameterListType] = {n: (f,) for n, f in (factors or {}).items()}
    if weights is not None:
        given["weights"] = (weights,)
    if relax:
        given["relax"] = relax

    def look(module: ModuleOp, name: str) -> None:
        if name == "pattern-parallelize":
            reduces = [op for op in module.walk() if isinstance(op, ReduceOp)]
            case.orders = [Order(op.par_factors[-1], op.lane_count) for op in reduces]
            case.kernels = module.clone() if keep_kernels else None

    steps = steps_for(case.module, pipeline, given)
    compile_module(make_context(), case.module, steps, Compilation(), look)
    return case


def write_files(path: Path, cell: str, *, hidden: int, steps: int) -> Path:
    """Write a layer and its weights with the command line of benchmarks/generate.py."""
    sizes = ["--hidden", str(hidden), "--steps", str(steps), "--weights", "0"]
    assert _GENERATE.main([cell, *sizes, "-o", str(path)]) == 0
    return path
