"""Constructors, attributes and small pieces of the rnn dialect."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import FileLineColLoc, IntAttr, ModuleOp, StringAttr, TensorType, f32
from xdsl.ir import Operation
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.test_value import create_ssa_value

from spatial_opt.dialects import pattern
from spatial_opt.dialects.rnn import Activation, FormatAttr, GruOp, LinearOp, LstmOp, RnnOp
from spatial_opt.dialects.rnn_format import shortest_f32
from spatial_opt.dialects.rnn_syntax import ACTIVATIONS, DEFAULT_ALPHA, DEFAULT_BETA
from spatial_opt.lowering.convert_rnn_to_pattern import ConvertRnnToPatternPass


def tensor(*shape: int):
    return create_ssa_value(TensorType(f32, shape))


def shapes(op: Operation) -> list[tuple[int, ...]]:
    return [type.get_shape() for type in op.result_types if isinstance(type, TensorType)]


def test_constructors_compute_result_types():
    x, w, r = tensor(5, 2, 3), tensor(2, 16, 3), tensor(2, 16, 4)
    lstm = LstmOp(x, w, r, 4, direction="bidirectional")
    lstm.verify()
    assert shapes(lstm) == [(5, 2, 2, 4), (2, 2, 4), (2, 2, 4)]
    gru = GruOp(x, tensor(1, 12, 3), tensor(1, 12, 4), 4, layout=1)
    gru.verify()
    assert shapes(gru) == [(5, 2, 1, 4), (5, 1, 4)]
    rnn = RnnOp(lstm.y, tensor(1, 4, 8), tensor(1, 4, 4), 4)
    rnn.verify()
    assert rnn.sizes == (5, 2, 8)
    linear = LinearOp(lstm.y_h, tensor(10, 8))
    linear.verify()
    assert shapes(linear) == [(2, 10)]


def test_activations_take_their_constants_in_turn():
    op = LstmOp(
        tensor(5, 2, 3),
        tensor(2, 16, 3),
        tensor(2, 16, 4),
        4,
        direction="bidirectional",
        activations=["hardsigmoid", "tanh", "affine", "sigmoid", "elu", "leakyrelu"],
        activation_alpha=[0.5, 2.0, 3.0],
        activation_beta=[0.25],
    )
    op.verify()
    first, second = op.direction_activations()
    assert first == (
        Activation("hardsigmoid", 0.5, 0.25),
        Activation("tanh"),
        Activation("affine", 2.0, DEFAULT_BETA["affine"]),
    )
    assert second == (
        Activation("sigmoid"),
        Activation("elu", 3.0),
        Activation("leakyrelu", DEFAULT_ALPHA["leakyrelu"]),
    )


def test_patterns_know_the_activations_of_layers_and_more():
    assert set(pattern.ACTIVATION_PARAMETERS) == {*ACTIVATIONS, "exp", "log", "erf"}
    for name, constants in pattern.ACTIVATION_PARAMETERS.items():
        assert ("alpha" in constants) == (name in DEFAULT_ALPHA)
        assert ("beta" in constants) == (name in DEFAULT_BETA)


@pytest.mark.parametrize(
    ("format", "scale", "message"),
    [
        ("int4", 1.0, "unknown number format int4"),
        ("int8", 0.0, "must be positive and finite, got 0.0"),
        ("mixed8", float("inf"), "must be positive and finite, got inf"),
        ("f32", 2.0, "stores values as they are"),
    ],
)
def test_bad_formats_are_refused(format: str, scale: float, message: str):
    with pytest.raises(VerifyException, match=message):
        FormatAttr.of(format, weight=scale)


def test_constants_are_finite():
    x, w, r = tensor(5, 2, 3), tensor(1, 4, 3), tensor(1, 4, 4)
    op = RnnOp(x, w, r, 4, activations=["affine"], activation_beta=[float("inf")])
    with pytest.raises(VerifyException, match="beta must be finite"):
        op.verify()
    with pytest.raises(VerifyException, match="clip must be positive and finite, got inf"):
        RnnOp(x, w, r, 4, clip=float("inf")).verify()


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_shortest_text_reads_back(value: float):
    text = shortest_f32(value)
    assert "." in text
    assert struct.pack("<f", float(text)) == struct.pack("<f", value)


def test_shortest_text_of_a_fraction():
    assert [shortest_f32(value) for value in (16.0, 0.1, 1e-5, 12700.0)] == [
        "16.0",
        "0.1",
        "1.0e-05",
        "12700.0",
    ]


def test_lowering_keeps_locations_and_names(parse_checked: Callable[[str], ModuleOp]):
    module = parse_checked("""
      func.func @main(%x : tensor<8x1x3xf32>, %w : tensor<1x12x3xf32>, %r : tensor<1x12x4xf32>)
          -> tensor<1x1x4xf32> {
        %all, %last = rnn.gru %x, %w, %r hidden 4 : (tensor<8x1x3xf32>, tensor<1x12x3xf32>,
          tensor<1x12x4xf32>) -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
        func.return %last : tensor<1x1x4xf32>
      }""")
    location = FileLineColLoc(StringAttr("net.py"), IntAttr(3), IntAttr(7))
    for op in module.walk():
        if isinstance(op, GruOp):
            op.location = location
    ConvertRnnToPatternPass().apply(Context(), module)
    written = [op for op in module.walk() if op.name.startswith(("pattern.", "arith."))]
    assert {op.location for op in written} == {location}
    names = [op.results[0].name_hint for op in written if isinstance(op, pattern.MapOp)]
    assert names == ["wx", "rh", "pre", "z", "r", "rs", "rn", "n", "h"]
    (scan,) = (op for op in written if isinstance(op, pattern.ScanOp))
    assert scan.results[0].name_hint == "last"
