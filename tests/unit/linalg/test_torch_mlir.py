"""What torch-mlir makes of layers in ONNX, raised to patterns, against onnxruntime and MLIR."""

import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from native_checks import Native
from raising_checks import raised_text
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.pattern import ActivateOp, MapOp, ReadOp, ScanOp
from spatial_opt.runtime import values
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import random_inputs
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

UPSTREAM = Path(__file__).parent / "torch_mlir"


def _load_generator() -> Any:
    spec = importlib.util.spec_from_file_location("torch_mlir_inputs", UPSTREAM / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR: Any = _load_generator()
needs_torch_mlir = pytest.mark.skipif(
    importlib.util.find_spec("torch_mlir") is None or importlib.util.find_spec("onnx") is None,
    reason="torch-mlir or onnx is not installed",
)


def _text(name: str) -> str:
    return (UPSTREAM / f"{name}.mlir").read_text()


def _raised_layer(name: str) -> ModuleOp:
    return raised_text(_text(name), GENERATOR.LAYERS[name].generic)


def _arrays(layer: Any) -> dict[str, Array]:
    generator = np.random.default_rng(7)
    shapes: dict[str, tuple[int, ...]] = layer.given()
    return {
        key: generator.uniform(-1, 1, shape).astype(np.float32) for key, shape in shapes.items()
    }


def _onnx_results(layer: Any, arrays: Mapping[str, Array]) -> list[Array]:
    """Ask onnxruntime, which knows one layout only."""
    runtime: Any = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    plain = {key: value for key, value in layer.attributes.items() if key != "layout"}
    model = GENERATOR.model(replace(layer, attributes=plain))
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    swapped = ("x", "h0", "c0") if layer.batch_first else ()
    given = {
        key: np.swapaxes(array, 0, 1) if key in swapped else array for key, array in arrays.items()
    }
    results: list[Array] = session.run(None, given)
    if not layer.batch_first:
        return results
    y, *last = results
    return [y.transpose(2, 0, 1, 3), *(np.swapaxes(array, 0, 1) for array in last)]


def _check(module: ModuleOp, layer: Any) -> None:
    arrays = _arrays(layer)
    got = evaluate(module, arrays, {})
    for result, want in zip(got.values(), _onnx_results(layer, arrays), strict=True):
        np.testing.assert_allclose(result, want, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", GENERATOR.LAYERS)
def test_layers(name: str):
    _check(_raised_layer(name), GENERATOR.LAYERS[name])


def test_inputs_keep_their_names():
    names = list(random_inputs(_raised_layer("lstm_batch_first"), 0))
    assert names == ["x", "W", "R", "B", "h0", "c0"]


def test_a_raised_layer_is_one_recurrence_of_ordinary_patterns():
    module = _raised_layer("lstm")
    (scan,) = [op for op in module.walk() if isinstance(op, ScanOp)]
    assert scan.steps == GENERATOR.LAYERS["lstm"].steps
    assert len(scan.inits) == 2
    assert len(scan.next.emits) == 1
    functions = [op.function.data for op in module.walk() if isinstance(op, ActivateOp)]
    assert sorted(functions) == ["sigmoid"] * 3 + ["tanh"] * 2
    # No slice, transposition or reshape is a copy, but for the results of the function.
    bodies = [list(op.body.block.ops) for op in module.walk() if isinstance(op, MapOp)]
    copies = [ops for ops in bodies if len(ops) == 2 and isinstance(ops[0], ReadOp)]
    assert len(copies) == 3


@pytest.mark.parametrize("name", ["gru", "lstm_batch_first"])
def test_native_code_of_the_text_itself_agrees(native: Native, name: str):
    """The text compiled by MLIR, without patterns in between."""
    text = _text(name).replace(f"@{name}", "@main")
    module = Parser(make_context(), text, name).parse_module()
    arrays = _arrays(GENERATOR.LAYERS[name])
    want = native.run(module, arrays, exact=True)
    got = evaluate(_raised_layer(name), arrays, {})
    for result, array in zip(got.values(), want.values(), strict=True):
        np.testing.assert_allclose(result, array, rtol=0, atol=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("name", GENERATOR.LAYERS)
def test_raised_layers_run_on_the_machine(name: str):
    module, layer = _raised_layer(name), GENERATOR.LAYERS[name]
    arrays = _arrays(layer)
    compile_module(make_context(), module, steps_for(module, "fused", {}), Compilation())
    got = values.evaluate(module, arrays, {})
    for result, want in zip(got.values(), _onnx_results(layer, arrays), strict=True):
        np.testing.assert_allclose(result, want, rtol=0, atol=2e-6)


@pytest.mark.long
@needs_torch_mlir
@pytest.mark.parametrize("name", GENERATOR.LAYERS)
def test_the_script_makes_such_files(name: str):
    layer = GENERATOR.LAYERS[name]
    module = raised_text(GENERATOR.lowered(layer), layer.generic)
    assert str(module) == str(_raised_layer(name))


SIZES = ((5, 2, 6, 4), (1, 1, 1, 1), (3, 1, 7, 5), (2, 3, 1, 13))
"""Steps, batch, inputs, hidden units."""


LOWERED = [
    ("LSTM", "forward", 0),
    ("LSTM", "forward", 1),
    ("LSTM", "bidirectional", 0),
    ("GRU", "forward", 0),
    ("GRU", "forward", 1),
    ("RNN", "forward", 0),
    ("RNN", "forward", 1),
]
"""Operators with the directions and layouts that torch-mlir lowers; others it refuses."""


@pytest.mark.long
@needs_torch_mlir
@pytest.mark.parametrize(("operator", "direction", "layout"), LOWERED)
def test_all_that_torch_mlir_lowers(operator: str, direction: str, layout: int):
    for states, sizes in product((False, True), SIZES):
        attributes = {"direction": direction, "layout": layout}
        named = dict(zip(("steps", "batch", "inputs", "hidden"), sizes, strict=True))
        layer = GENERATOR.Layer(operator, attributes, states, **named)
        _check(raised_text(GENERATOR.lowered(layer)), layer)
