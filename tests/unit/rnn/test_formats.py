"""Lowered layers in bf16, int8 and mixed8 against a numpy model of each format, bit for bit."""

from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.lowering.convert_rnn_to_pattern import ConvertRnnToPatternPass
from spatial_opt.runtime.pattern_evaluator import evaluate

F32 = npt.NDArray[np.float32]
Stored = npt.NDArray[Any]
STEPS, BATCH, INPUTS, HIDDEN = 4, 2, 7, 5
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
SCALES = {
    "bf16": {"input": 1.0, "weight": 1.0, "recurrent": 1.0, "state": 1.0},
    "int8": {"input": 50.0, "weight": 127.0, "recurrent": 100.0, "state": 96.3},
    "mixed8": {"input": 16.0, "weight": 300.0, "recurrent": 600.0, "state": 20.7},
}


def one(value: float) -> np.float32:
    return np.float32(value)


def store(format: str, value: F32, scale: float) -> Stored:
    scaled = value * one(scale)
    if format == "bf16":
        return scaled.astype(ml_dtypes.bfloat16)
    if format == "int8":
        return np.clip(np.rint(scaled), -128, 127).astype(np.int8)
    return np.clip(scaled, -448, 448).astype(ml_dtypes.float8_e4m3fn)


def dot(format: str, matrix: Stored, vector: Stored, scales: tuple[float, float]) -> F32:
    """Multiply and add in the order of the columns; back to f32 in real units."""
    inverse = one(1.0) / (one(scales[0]) * one(scales[1]))
    if format == "int8":
        total = matrix.astype(np.int32) @ vector.astype(np.int32)
        return total.astype(np.float32) * inverse
    products = matrix.astype(np.float32) * vector.astype(np.float32)
    if format == "mixed8":
        products = np.clip(products, -448, 448).astype(ml_dtypes.float8_e4m3fn)
    sums = np.zeros(len(matrix), np.float32)
    for column in products.astype(np.float32).T:
        sums = sums + column
    return sums * inverse


def hard_sigmoid(value: F32) -> F32:
    return np.minimum(np.maximum(value * one(0.25) + one(0.5), one(0)), one(1))


def relu(value: F32) -> F32:
    return np.maximum(value, one(0))


def layer(cell: str, format: str, arrays: Mapping[str, F32], after: bool) -> tuple[F32, F32, F32]:
    """Run a forward layer; the activations are hardsigmoid and relu. Returns Y, Y_h, Y_c."""
    scale = SCALES[format]
    gates = GATES[cell]
    w = store(format, arrays["W"][0], scale["weight"]).reshape(gates, HIDDEN, INPUTS)
    r = store(format, arrays["R"][0], scale["recurrent"]).reshape(gates, HIDDEN, HIDDEN)
    x = store(format, arrays["x"], scale["input"])
    wb, rb = arrays["B"][0].reshape(2, gates, HIDDEN)
    outputs = np.zeros((STEPS, 1, BATCH, HIDDEN), np.float32)
    last_h, last_c = np.zeros((2, 1, BATCH, HIDDEN), np.float32)
    for b in range(BATCH):
        h = np.zeros(HIDDEN, np.float32)
        c: F32 = np.zeros(HIDDEN, np.float32)
        for t in range(STEPS):
            stored = store(format, h, scale["state"])
            wx = [dot(format, m, x[t, b], (scale["weight"], scale["input"])) for m in w]

            def recurrent(gate: int, state: Stored) -> F32:
                return dot(format, r[gate], state, (scale["recurrent"], scale["state"]))

            def pre(gate: int, stored: Stored = stored, wx: list[F32] = wx) -> F32:
                return (wx[gate] + recurrent(gate, stored)) + (wb[gate] + rb[gate])

            if cell == "lstm":
                i, o, f = (hard_sigmoid(pre(gate)) for gate in range(3))
                c = np.add(f * c, i * relu(pre(3)), dtype=np.float32)
                h = o * relu(c)
            elif cell == "gru":
                z, reset = hard_sigmoid(pre(0)), hard_sigmoid(pre(1))
                if after:
                    state = reset * (recurrent(2, stored) + rb[2])
                else:
                    state = recurrent(2, store(format, reset * h, scale["state"])) + rb[2]
                n = relu((wx[2] + wb[2]) + state)
                h = (one(1) - z) * n + z * h
            else:
                h = hard_sigmoid(pre(0))
            outputs[t, 0, b] = h
        last_h[0, b], last_c[0, b] = h, c
    return outputs, last_h, last_c


def program(cell: str, format: str, after: bool) -> str:
    rows = GATES[cell] * HIDDEN
    names = {"lstm": "hardsigmoid, relu, relu", "gru": "hardsigmoid, relu", "rnn": "hardsigmoid"}
    x = f"tensor<{STEPS}x{BATCH}x{INPUTS}xf32>"
    operands = f"{x}, tensor<1x{rows}x{INPUTS}xf32>, tensor<1x{rows}x{HIDDEN}xf32>"
    operands += f", tensor<1x{2 * rows}xf32>"
    state = f"tensor<1x{BATCH}x{HIDDEN}xf32>"
    results = [f"tensor<{STEPS}x1x{BATCH}x{HIDDEN}xf32>", state]
    if cell == "lstm":
        results.append(state)
    values = ", ".join(f"%y{i}" for i in range(len(results)))
    types = ", ".join(results)
    scales = ", ".join(f"{which} {scale}" for which, scale in SCALES[format].items())
    flag = " linear_before_reset" if after else ""
    return f"""
      func.func @main(%x : {x}) -> ({types}) {{
        %w = pattern.parameter "W" : tensor<1x{rows}x{INPUTS}xf32>
        %r = pattern.parameter "R" : tensor<1x{rows}x{HIDDEN}xf32>
        %b = pattern.parameter "B" : tensor<1x{2 * rows}xf32>
        {values} = rnn.{cell} %x, %w, %r bias %b hidden {HIDDEN} activations [{names[cell]}]
          alpha [0.25] beta [0.5] format <{format}, {scales}>{flag} : ({operands}) -> ({types})
        func.return {values} : {types}
      }}"""


@pytest.mark.parametrize("format", list(SCALES))
@pytest.mark.parametrize(
    ("cell", "after"), [("lstm", False), ("gru", False), ("gru", True), ("rnn", False)]
)
def test_lowered_layer_computes_every_bit(
    cell: str, after: bool, format: str, parse_checked: Callable[[str], ModuleOp]
):
    generator = np.random.default_rng(5)
    rows = GATES[cell] * HIDDEN
    shapes = {"W": (1, rows, INPUTS), "R": (1, rows, HIDDEN), "B": (1, 2 * rows)}
    arrays: dict[str, F32] = {
        name: generator.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()
    }
    x = generator.uniform(-3, 3, (STEPS, BATCH, INPUTS)).astype(np.float32)
    module = parse_checked(program(cell, format, after))
    ConvertRnnToPatternPass().apply(Context(), module)
    module = parse_checked(str(module))
    got = list(evaluate(module, {"x": x}, arrays).values())
    wanted = layer(cell, format, {"x": x, **arrays}, after)[: len(got)]
    assert np.abs(wanted[0]).max() > 0.1
    for ours, theirs in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(ours.view(np.int32), theirs.view(np.int32))


@pytest.mark.parametrize("format", list(SCALES))
def test_linear_layer_computes_every_bit(format: str, parse_checked: Callable[[str], ModuleOp]):
    scale = SCALES[format]
    text = ", ".join(f"{which} {value}" for which, value in scale.items())
    module = parse_checked(f"""
      func.func @main(%x : tensor<{BATCH}x{INPUTS}xf32>) -> tensor<{BATCH}x3xf32> {{
        %m = pattern.parameter "M" : tensor<3x{INPUTS}xf32>
        %n = pattern.parameter "N" : tensor<3xf32>
        %y = rnn.linear %x, %m bias %n format <{format}, {text}>
          : (tensor<{BATCH}x{INPUTS}xf32>, tensor<3x{INPUTS}xf32>, tensor<3xf32>)
          -> tensor<{BATCH}x3xf32>
        func.return %y : tensor<{BATCH}x3xf32>
      }}""")
    ConvertRnnToPatternPass().apply(Context(), module)
    generator = np.random.default_rng(5)
    x = generator.uniform(-1, 1, (BATCH, INPUTS)).astype(np.float32)
    m = generator.uniform(-1, 1, (3, INPUTS)).astype(np.float32)
    n = generator.uniform(-1, 1, 3).astype(np.float32)
    (got,) = evaluate(module, {"x": x}, {"M": m, "N": n}).values()
    stored = store(format, m, scale["weight"])
    wanted = [
        dot(format, stored, row, (scale["weight"], scale["input"])) + n
        for row in store(format, x, scale["input"])
    ]
    np.testing.assert_array_equal(got.view(np.int32), np.stack(wanted).view(np.int32))
