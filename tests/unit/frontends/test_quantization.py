"""Scales from measured values, and from rows of weights."""

from typing import Any

import numpy as np
import pytest
from onnx_models import Arrays, model, node, run_program
from operator_cases import floats
from recurrent_cases import FACTORS, Layer
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.frontends.graph.program import Program
from spatial_opt.frontends.graph.row_scales import scale_rows
from spatial_opt.frontends.onnx.importer import import_proto
from spatial_opt.runtime.rnn_calibrate import calibrate
from spatial_opt.runtime.sample_evaluation import evaluate_on_samples, without_formats
from spatial_opt.runtime.value_ranges import largest_magnitudes


def scaled_input() -> tuple[Program, Arrays]:
    """A layer whose input is computed, with magnitudes up to 20, and a product behind it."""
    nodes = [
        node("Mul", "x twenty", "wide"),
        node("RNN", "wide W R", "y h", hidden_size=3, activations=["Relu"]),
        node("Squeeze", "h zero", "last"),
        node("MatMul", "last V", "scores"),
    ]
    constants = {
        "twenty": np.array(20, np.float32),
        "W": floats(1, 3, 2),
        "R": floats(1, 3, 3),
        "zero": np.array([0]),
        "V": floats(3, 4),
    }
    x = floats(5, 1, 2)
    proto = model(nodes, {"x": x}, "scores y", constants)
    return import_proto(proto), {"x": np.stack([x, x / 2])}


def layers(module: ModuleOp) -> list[RecurrentOp | LinearOp]:
    return [op for op in module.walk() if isinstance(op, RecurrentOp | LinearOp)]


def test_computed_values_are_measured():
    program, inputs = scaled_input()
    layer, linear = layers(program.module)
    exact = evaluate_on_samples(program.module, inputs, program.parameters)
    state = float(np.abs(exact["y"]).max())
    calibrate(program.module, "int8", inputs, program.parameters)
    assert layer.format is not None
    assert linear.format is not None
    largest = float(np.abs(inputs["x"]).max()) * 20
    assert layer.format.scale("input") == pytest.approx(127 / largest)
    assert layer.format.scale("state") == pytest.approx(127 / state)
    assert state > 2
    last = float(np.abs(exact["y"][:, -1]).max())
    assert linear.format.scale("input") == pytest.approx(127 / last)
    found = evaluate_on_samples(program.module, inputs, program.parameters)
    for name, array in exact.items():
        assert np.abs(found[name] - array).max() < 0.05 * np.abs(array).max()


def test_without_all_numbers_nothing_is_measured():
    program, inputs = scaled_input()
    for given in ({}, {"z": inputs["x"]}):
        module = program.module.clone()
        calibrate(module, "int8", given, program.parameters)
        assert all(op.format and op.format.scale("input") == 127 for op in layers(module))


def test_bounded_states_keep_their_range():
    """The state of a usual cell lies in [-1, 1], whatever a few examples reach."""
    layer = Layer("GRU", {n: v[0] for n, v in FACTORS["GRU"].items()} | {"sizes": (3, 2, 5, 4)}, 0)
    program = import_proto(layer.build())
    inputs = {name: array * np.float32(0.1) for name, array in layer.inputs.items()}
    calibrate(program.module, "int8", inputs, program.parameters)
    assert all(op.format and op.format.scale("state") == 127 for op in layers(program.module))


@pytest.mark.parametrize("operator", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("place", ["input", "constant"])
def test_a_first_state_widens_the_range_of_the_state(operator: str, place: str):
    """It is multiplied with R in the first step, and must not saturate there."""
    case = {n: v[0] for n, v in FACTORS[operator].items()}
    layer = Layer(operator, {**case, "sizes": (3, 2, 5, 4), "initial_h": place}, 0)
    proto = layer.build()
    inputs = dict(layer.inputs)
    if place == "input":
        inputs["initial_h"] = 4 * inputs["initial_h"]
    else:
        (tensor,) = (t for t in proto.graph.initializer if t.name == "initial_h")
        tensor.raw_data = (layer.arrays["initial_h"] * np.float32(4)).tobytes()
    program = import_proto(proto)
    exact = run_program(program, inputs)
    calibrate(program.module, "int8", inputs, program.parameters)
    (op,) = layers(program.module)
    largest = 4 * float(np.abs(layer.arrays["initial_h"]).max())
    assert op.format is not None
    assert op.format.scale("state") == pytest.approx(127 / largest)
    found = evaluate_on_samples(program.module, inputs, program.parameters)
    for name, array in exact.items():
        assert np.abs(found[name] - array).max() < 0.05 * np.abs(array).max()


def test_a_small_first_state_changes_nothing():
    case = {n: v[0] for n, v in FACTORS["LSTM"].items()} | {"sizes": (3, 2, 5, 4)}
    layer = Layer("LSTM", {**case, "initial_h": "input"}, 0)
    program = import_proto(layer.build())
    calibrate(program.module, "int8", layer.inputs, program.parameters)
    assert all(op.format and op.format.scale("state") == 127 for op in layers(program.module))


def test_magnitudes_leave_out_what_is_not_finite():
    program, inputs = scaled_input()
    wide = next(
        op.results[0]
        for op in program.module.walk()
        if op.results and op.results[0].name_hint == "wide"
    )
    inputs["x"][0, 0, 0, 0] = np.nan
    (found,) = largest_magnitudes(program.module, [wide], inputs, program.parameters)
    assert 0 < found <= 20
    assert "format" not in str(program.module)


@pytest.mark.parametrize("operator", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
@pytest.mark.parametrize("powers_of_two", [True, False])
def test_scaled_rows_mean_the_same(operator: str, direction: str, powers_of_two: bool):
    case = {name: values[0] for name, values in FACTORS[operator].items()}
    case |= {"sizes": (3, 2, 5, 4), "direction": direction, "B": "constant", "outputs": "all"}
    layer = Layer(operator, {**case, "P": "constant", "initial_h": "constant"}, 1)
    program = import_proto(layer.build())
    exact = run_program(program, layer.inputs)
    scaled = scale_rows(program, powers_of_two=powers_of_two)
    scaled.module.verify()
    found = run_program(scaled, layer.inputs)
    for name, array in exact.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-6)
    weights = [array for name, array in scaled.parameters.items() if name.endswith(".scaled")]
    joint = np.max([np.abs(array).max(axis=-1) for array in weights], axis=0)
    if powers_of_two:
        assert ((joint > 0.5) & (joint <= 1)).all()
    else:
        np.testing.assert_allclose(joint, 1, rtol=1e-6)
    assert len(scaled.parameters) == len(layer.constants) + 1


def test_rows_of_unlike_size_gain_by_scales_of_their_own():
    weights = floats(8, 6) * np.float32(10.0) ** np.arange(-4, 4, dtype=np.float32)[:, None]
    x = floats(3, 6)
    constants = {"w": weights, "b": floats(8)}
    proto = model([node("Gemm", "x w b", "y", transB=1)], {"x": x}, "y", constants)
    errors: dict[bool, Any] = {}
    for by_row in (False, True):
        program = import_proto(proto)
        exact = run_program(program, {"x": x})["y"]
        if by_row:
            program = scale_rows(program, powers_of_two=False)
        calibrate(program.module, "int8", {"x": x}, program.parameters)
        found = evaluate_on_samples(program.module, {"x": x}, program.parameters)["y"]
        errors[by_row] = (np.abs(found - exact) / np.abs(weights).max(axis=1)).max(axis=0)
    # By one scale all but the largest rows vanish; by their own all are as exact as the largest.
    assert errors[False][:4].max() > 0.3
    assert errors[True].max() < 0.05


def test_rows_of_zeros_and_layers_with_a_format_stay():
    weights = floats(1, 3, 2)
    weights[0, 1] = 0
    recurrent = floats(1, 3, 3)
    recurrent[0, 1] = 0
    nodes = [node("RNN", "x W R", "y", hidden_size=3)]
    proto = model(nodes, {"x": floats(4, 1, 2)}, "y", {"W": weights, "R": recurrent})
    program = scale_rows(import_proto(proto), powers_of_two=False)
    assert program.parameters["W.rows"][0, 1] == 1
    again = scale_rows(program, powers_of_two=False)
    assert again.parameters.keys() == program.parameters.keys()
    program = import_proto(proto)
    calibrate(program.module, "int8", {}, program.parameters)
    before = str(program.module)
    assert str(scale_rows(program, powers_of_two=False).module) == before
    assert "format" not in str(without_formats(program.module))
