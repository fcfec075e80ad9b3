"""Networks as exporters of PyTorch and Keras leave them: their values, onnxruntime's, and ours."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import Arrays, assert_close, onnx, run_machine, run_onnxruntime, run_program

from spatial_opt.frontends.graph.program import Program
from spatial_opt.frontends.onnx.importer import import_model
from spatial_opt.runtime import bindings, values
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.rnn_calibrate import calibrate
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

FOLDER = Path(__file__).parent / "exported"
MODELS = sorted(path.stem for path in FOLDER.glob("*.onnx"))
FEW = ("embedded_script", "convolved_dynamo", "keras_masked")
"""Networks that run on the machine in the default tests; `long` ones do all."""
DIMS = {
    "stateful_script": {"batch": 2, "time": 6},
    "keras_gated": {"words[0]": 2},
    "keras_convolved": {"frames[0]": 2},
    "keras_masked": {"words[0]": 2},
    "keras_cells": {"x[0]": 2},
}
MAKERS = ("torch.", "keras.")
"""What the names of results begin with, by the library that computed them."""


def load(name: str) -> tuple[Any, Program, Arrays, Arrays]:
    """Give a model, our program, the inputs, and what the library that it is of makes of them."""
    path = FOLDER / f"{name}.onnx"
    with np.load(path.with_suffix(".npz")) as archive:
        arrays = {key: archive[key] for key in archive.files}
    inputs = {key: array for key, array in arrays.items() if not key.startswith(MAKERS)}
    made = {key[6:]: array for key, array in arrays.items() if key.startswith(MAKERS)}
    return onnx.load(str(path)), import_model(path, DIMS.get(name)), inputs, made


@pytest.mark.parametrize("name", MODELS)
def test_patterns_have_the_values_of_both(name: str):
    proto, program, inputs, made = load(name)
    found = run_program(program, inputs)
    assert_close(found, made)
    assert_close(found, run_onnxruntime(proto, inputs))


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in FEW else pytest.mark.long) for n in MODELS]
)
def test_the_machine_has_the_values_of_both(name: str):
    _, program, inputs, made = load(name)
    assert_close(run_machine(program, inputs), made)


@pytest.mark.long
@pytest.mark.parametrize("format", ["f32", "bf16", "int8", "mixed8"])
@pytest.mark.parametrize(
    "name", ["embedded_script", "convolved_script", "residual_dynamo", "keras_convolved"]
)
def test_a_network_is_one_configuration_that_runs(name: str, format: str):
    _, program, inputs, made = load(name)
    module = program.module
    calibrate(module, format, inputs, program.parameters)
    context = make_context()
    steps = steps_for(module, "fused", {"format": (format,)})
    compile_module(context, module, steps, Compilation())
    assert run(build_network(module)).cycles > 0
    evaluators = ["numpy", "native"] if bindings.find() is not None else ["numpy"]
    tolerance = {"f32": 1e-5, "bf16": 0.02, "int8": 0.1, "mixed8": 0.2}[format]
    for evaluator in evaluators:
        found = values.evaluate(module, inputs, dict(program.parameters), evaluator)
        for key, exact in made.items():
            worst = np.abs(found[key] - exact).max()
            assert worst <= tolerance * np.abs(exact).max(), (evaluator, key, worst)
