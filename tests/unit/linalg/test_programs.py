"""Whole programs in native code: random ones, nested bodies, examples, and layers of all kinds."""

import importlib.util
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from native_checks import Checker, Native
from nested_programs import NESTED
from random_numbers import numbers
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.arg_spec import ArgSpec

from spatial_opt.dialects.pattern_interface import weights_file
from spatial_opt.lowering.convert_pattern_to_linalg import ConvertPatternToLinalgPass
from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.runtime.array_files import load_arrays
from spatial_opt.runtime.boundary import random_arrays
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.program_inputs import parameter_specs, random_inputs
from spatial_opt.runtime.rnn_calibrate import calibrate
from spatial_opt.tools.compilation import (
    Compilation,
    compile_module,
    level_of,
    make_context,
    read_module,
)

Program = Callable[[str], ModuleOp]
ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests" / "unit"
CELLS = sorted((ROOT / "examples" / "cells").glob("*.mlir"))
EXPORTED = sorted((ROOT / "examples" / "exported").glob("*.mlir"))
FORMATS = ("f32", "bf16", "int8", "mixed8")


@cache
def _module(path: Path) -> Any:
    """Load a module of another folder of tests."""
    spec = importlib.util.spec_from_file_location(f"linalg_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def random_program(kind: str, seed: int) -> str:
    if kind == "maps":
        return _module(TESTS / "fusion" / "test_random_programs.py").Writer(seed).program()
    return _module(TESTS / "copies" / "random_programs.py").random_program(seed, kind)


def read_example(path: Path) -> tuple[ModuleOp, dict[str, Array], dict[str, Array]]:
    """Read an example with random inputs, and its weights or random ones."""
    module = read_module(make_context(), path, Compilation())
    weights = weights_file(module)
    file = None if weights is None else path.parent / weights
    random = random_arrays(parameter_specs(module), 1)
    return (
        module,
        random_inputs(module, 0),
        load_arrays(file) if file and file.is_file() else random,
    )


def _prepared(module: ModuleOp, pipeline: str) -> ModuleOp:
    """Run what a pipeline does on patterns, but for cutting them into several programs."""
    expanded = PIPELINES[pipeline].expand(ArgSpec(pipeline, {}))
    steps = [step for step in expanded if step.name != "pattern-split-program"]
    names = [step.name for step in steps]
    end = next(n for n, name in enumerate(names) if name.startswith("convert-pattern-to"))
    compile_module(make_context(), module, list(steps[:end]), Compilation())
    return module


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ["f32", "i32", "maps"])
def test_random_programs(same: Checker, program: Program, kind: str, seed: int):
    module = program(random_program(kind, seed))
    same.bit_for_bit(module, numbers(module, seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 60))
@pytest.mark.parametrize("kind", ["f32", "i32", "i8", "maps"])
def test_many_random_programs(same: Checker, program: Program, kind: str, seed: int):
    module = program(random_program(kind, seed))
    same.bit_for_bit(module, numbers(module, seed))
    same.nearly(module, numbers(module, seed), 2e-5)


@pytest.mark.parametrize("name", NESTED)
def test_nested_bodies(same: Checker, program: Program, name: str):
    module = program(NESTED[name])
    inputs = random_inputs(module, 0)
    same.bit_for_bit(module, inputs)
    same.nearly(module, inputs)


@pytest.mark.parametrize("path", CELLS[::4], ids=lambda path: path.stem)
def test_cells(same: Checker, path: Path):
    module, inputs, parameters = read_example(path)
    same.nearly(module, inputs, parameters=parameters)


@pytest.mark.long
@pytest.mark.parametrize("path", CELLS, ids=lambda path: path.stem)
def test_all_cells(same: Checker, path: Path):
    module, inputs, parameters = read_example(path)
    same.bit_for_bit(module, inputs, parameters=parameters)
    same.nearly(module, inputs, parameters=parameters)


@pytest.mark.long
@pytest.mark.parametrize("pipeline", ["cpu", "fused", "unfused"])
@pytest.mark.parametrize("path", CELLS + EXPORTED, ids=lambda path: path.stem)
def test_compiled_patterns(same: Checker, path: Path, pipeline: str):
    module, inputs, parameters = read_example(path)
    _prepared(module, pipeline)
    same.bit_for_bit(module, inputs, parameters=parameters)
    same.nearly(module, inputs, 2e-6, parameters=parameters)


@pytest.mark.parametrize("path", CELLS[::4] + EXPORTED[:1], ids=lambda path: path.stem)
def test_upstream_reads_what_we_print(native: Native, path: Path):
    _check_text(native, path)


@pytest.mark.long
@pytest.mark.parametrize("path", CELLS + EXPORTED, ids=lambda path: path.stem)
def test_upstream_reads_all_that_we_print(native: Native, path: Path):
    _check_text(native, path)


def _check_text(native: Native, path: Path) -> None:
    module, _, _ = read_example(path)
    if level_of(module) == "rnn":
        _prepared(module, "cpu")
    ConvertPatternToLinalgPass(exact=True).apply(Context(), module)
    assert native.fault(module) == ""


LAYERS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "lstm": ("lstm", "", {}),
    "peepholes": ("lstm", "direction reverse input_forget", {"hidden": 5, "inputs": 3}),
    "lengths": ("gru", "linear_before_reset", {"batch": 2, "lengths": True}),
    "one_step": ("rnn", "activations [elu]", {"steps": 1, "hidden": 1, "inputs": 1}),
}


def _check_layer(
    same: Checker, program: Program, format: str, cell: str, options: str = "", **sizes: Any
) -> None:
    variants = _module(TESTS / "run" / "test_layer_variants.py")
    module = program(variants.layer(cell, options, **sizes))
    inputs = random_inputs(module, 0)
    if sizes.get("lengths"):
        inputs["len"] = np.arange(len(inputs["len"]), dtype=np.int32) + 1
    parameters = random_arrays(parameter_specs(module), 1)
    calibrate(module, format, inputs, parameters)
    _prepared(module, "cpu")
    if format == "int8":
        same.nearly(module, inputs, 0.0, parameters=parameters)
    same.bit_for_bit(module, inputs, parameters=parameters)


@pytest.mark.parametrize(("name", "format"), list(zip(LAYERS, FORMATS, strict=True)))
def test_layers(same: Checker, program: Program, name: str, format: str):
    cell, options, sizes = LAYERS[name]
    _check_layer(same, program, format, cell, options, **sizes)


@pytest.mark.long
@pytest.mark.parametrize("format", FORMATS)
def test_all_layers(same: Checker, program: Program, format: str):
    for case in _module(TESTS / "run" / "test_layer_variants.py").CASES.values():
        _check_layer(same, program, format, **case)
