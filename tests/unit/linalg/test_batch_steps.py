"""Sums of all steps at once change no value, whatever the scan hands on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_programs import CELLS, random_program, read_example
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern import MapOp, ReduceOp, ScanOp
from spatial_opt.passes.pattern_batch_steps import PatternBatchStepsPass
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.dominance import check_dominance


def batched(module: ModuleOp) -> ModuleOp:
    """Run the pass on a copy."""
    module = module.clone()
    PatternBatchStepsPass().apply(Context(), module)
    module.verify()
    check_dominance(module)
    return module


def sums_in_scans(module: ModuleOp) -> int:
    """Count the reductions that every step computes."""
    scans = [op for op in module.walk() if isinstance(op, ScanOp)]
    return sum(isinstance(op, ReduceOp) for scan in scans for op in scan.walk())


@pytest.mark.parametrize("path", CELLS[1::3], ids=lambda path: path.stem)
def test_cells(path: Path):
    module, inputs, parameters = read_example(path)
    after = batched(module)
    for name, array in evaluate(module, inputs, parameters).items():
        np.testing.assert_array_equal(evaluate(after, inputs, parameters)[name], array)


def test_the_product_with_the_inputs_moves():
    module, _, _ = read_example(next(path for path in CELLS if path.stem == "gru_reset_after"))
    after = batched(module)
    assert (sums_in_scans(module), sums_in_scans(after)) == (2, 1)
    first = next(op for op in after.walk() if isinstance(op, MapOp))
    assert first.domain == (6, 3, 24)


@pytest.mark.parametrize("seed", range(8))
def test_random_programs(program: Callable[[str], ModuleOp], seed: int):
    module = program(random_program("i32", seed))
    inputs = {
        name: np.arange(np.prod(shape)).reshape(shape) - 3
        for name, shape in _shapes(module).items()
    }
    after = batched(module)
    for name, array in evaluate(module, inputs, {}).items():
        np.testing.assert_array_equal(evaluate(after, inputs, {})[name], array)


def _shapes(module: ModuleOp) -> dict[str, tuple[int, ...]]:
    from spatial_opt.runtime.program_inputs import input_specs

    return {spec.name: spec.shape for spec in input_specs(module)}
