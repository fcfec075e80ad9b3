"""Activation functions: accuracy of the expansions, tables, and the pass that inserts them."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pattern_text import parse
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern import ActivateOp, TableOp
from spatial_opt.dialects.pattern_numbers import ACTIVATION_PARAMETERS
from spatial_opt.passes.activation_expansions import DEFAULTS
from spatial_opt.passes.pattern_expand_activations import PatternExpandActivationsPass
from spatial_opt.runtime.pattern_evaluator import evaluate

Floats = npt.NDArray[np.float32]
Function = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
LARGEST = float(np.finfo(np.float32).max)


def _program(activation: str, count: int, type: str = "f32") -> ModuleOp:
    return parse(
        f"""
    func.func @main(%x: tensor<{count}x{type}>) -> tensor<{count}x{type}> {{
      %y = pattern.map (%i in {count}) -> tensor<{count}x{type}> {{
        %v = pattern.read %x[%i] : tensor<{count}x{type}>
        %a = pattern.activate {activation} %v : {type}
        pattern.yield %a : {type}
      }}
      func.return %y : tensor<{count}x{type}>
    }}""",
    )


def _apply(activation: str, x: Floats, type: str = "f32") -> Floats:
    program = _program(activation, len(x), type)
    return evaluate(program, {"x": x}, {})["result0"]


def _sweep() -> Floats:
    small = np.logspace(-45, -3, 20001)
    return np.concatenate(
        [np.linspace(-20, 20, 800001), small, -small, [0.0, -0.0, LARGEST, -LARGEST]]
    ).astype(np.float32)


def _sigmoid(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(x > 0, 1 / (1 + np.exp(-np.abs(x))), 1 - 1 / (1 + np.exp(-np.abs(x))))


SMOOTH: dict[str, Function] = {
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "scaledtanh alpha 1.0 beta 0.5": lambda x: np.tanh(0.5 * x),
    "elu alpha 1.0": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
}


@pytest.mark.parametrize("activation", SMOOTH)
def test_smooth_functions_are_within_a_millionth(activation: str):
    x = _sweep()
    exact = SMOOTH[activation](x.astype(np.float64))
    allowed = 1e-6 * np.maximum(1, np.abs(exact))
    assert (np.abs(_apply(activation, x) - exact) <= allowed).all()


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_values_stay_in_range_and_are_odd_about_the_centre(activation: str):
    y = _apply(activation, _sweep())
    assert np.abs(y).max() <= 1
    assert _apply("tanh", np.array([0.3], np.float32)) == -_apply(
        "tanh", np.array([-0.3], np.float32)
    )


def test_infinities_and_nan():
    x = np.array([np.inf, -np.inf, np.nan], np.float32)
    expected = {
        "tanh": (1, -1),
        "sigmoid": (1, 0),
        "elu": (np.inf, -1),
        "softplus": (np.inf, 0),
        "relu": (np.inf, 0),
        "hardsigmoid": (1, 0),
        "thresholdedrelu": (np.inf, 0),
        "leakyrelu": (np.inf, -np.inf),
        "exp": (np.inf, 0),
        "erf": (1, -1),
    }
    for activation, (above, below) in expected.items():
        y = _apply(activation, x)
        assert y[:2] == pytest.approx([above, below], abs=1e-6), activation
        assert math.isnan(y[2]), activation


def test_exp_is_relatively_exact_over_its_whole_range():
    small = np.logspace(-45, 1.9, 20001)
    x = np.concatenate([np.linspace(-104, 88.7, 800001), small, -small]).astype(np.float32)
    exact = np.exp(x.astype(np.float64))
    # Half a unit in the last place, where results are subnormal.
    assert (np.abs(_apply("exp", x) - exact) <= 6e-7 * exact + 2.0**-150).all()


def test_exp_goes_over_into_infinity_and_zero():
    x = np.array([88.72283, 88.72284, 1e30, -103.97, -103.98, -1e30, 0.0, -0.0], np.float32)
    y = _apply("exp", x)
    assert y[0] == pytest.approx(3.4028e38, rel=1e-5)
    assert y[1:].tolist() == [np.inf, np.inf, 2.0**-149, 0.0, 0.0, 1.0, 1.0]


def test_log_is_relatively_exact_over_all_normal_numbers():
    near_one = 1 + np.concatenate([-np.logspace(-7, -0.1, 2001), np.logspace(-7, 1, 2001)])
    x = np.concatenate([np.logspace(-37.9, 38.5, 800001), near_one]).astype(np.float32)
    exact = np.log(x.astype(np.float64))
    assert (np.abs(_apply("log", x) - exact) <= 3e-7 * np.abs(exact)).all()


def test_log_at_its_ends():
    least = np.float32(2.0**-126)
    x = np.array([0.0, -0.0, np.inf, -1e-30, -np.inf, np.nan, 1.0, least, least / 4], np.float32)
    y = _apply("log", x)
    assert y[:3].tolist() == [-np.inf, -np.inf, np.inf]
    assert np.isnan(y[3:6]).all()
    assert y[6] == 0
    assert y[7] == y[8] == pytest.approx(math.log(least), rel=1e-6)


def test_erf_is_within_a_millionth_and_stays_in_range():
    x = np.concatenate([np.linspace(-6, 6, 400001), np.logspace(-45, 0, 10001)]).astype(np.float32)
    y = _apply("erf", x)
    exact = np.array([math.erf(value) for value in x.tolist()])
    assert np.abs(y - exact).max() < 1e-6
    assert np.abs(y).max() <= 1
    assert (y == -_apply("erf", -x)).all()


F = np.float32
PIECEWISE: dict[str, Function] = {
    "relu": lambda x: np.maximum(x, F(0)),
    "affine alpha 2.0 beta 0.5": lambda x: x * F(2) + F(0.5),
    "leakyrelu alpha 0.1": lambda x: np.where(x < 0, x * F(0.1), x),
    "leakyrelu": lambda x: np.where(x < 0, x * F(0.01), x),
    "thresholdedrelu alpha 1.5": lambda x: np.where(x > 1.5, x, F(0)),
    "thresholdedrelu alpha 1.0e-30": lambda x: np.where(x > F(1e-30), x, F(0)),
    "hardsigmoid": lambda x: np.clip(x * F(0.2) + F(0.5), F(0), F(1)),
    "softsign": lambda x: x / (F(1) + np.abs(x)),
}


@pytest.mark.parametrize("activation", PIECEWISE)
def test_piecewise_functions_are_exact(activation: str):
    x = np.concatenate([_sweep(), np.nextafter(F(1.5), np.array([0, 2], F))]).astype(np.float32)
    with np.errstate(all="ignore"):
        expected = PIECEWISE[activation](x)
    assert (_apply(activation, x) == expected).all()


TABULATED: dict[str, Function] = {
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "exp": np.exp,
}


@pytest.mark.parametrize("function", TABULATED)
def test_table_is_the_published_look_up(function: str):
    x = np.concatenate([np.linspace(-10, 10, 100001), [np.inf, -np.inf]]).astype(np.float32)
    points = np.arange(1024) / 64 - 8
    table = TABULATED[function](points).astype(np.float32)
    with np.errstate(all="ignore"):
        expected = table[np.clip(np.trunc((x + F(8)) * F(64)), 0, 1023).astype(int)]
    assert (_apply(f"{function} with table", x) == expected).all()


def test_exp_by_table_is_at_most_a_sixty_fourth_too_small():
    x = np.linspace(-8, 8, 100001)[:-1].astype(np.float32)
    ratio = _apply("exp with table", x) / np.exp(x.astype(np.float64))
    assert ratio.max() <= 1 + 1e-6
    assert ratio.min() >= 1 - 1 / 64


def test_other_formats_are_computed_in_single_precision():
    import ml_dtypes

    x = np.linspace(-4, 4, 999).astype(ml_dtypes.bfloat16)
    wide = _apply("tanh", x.astype(np.float32))
    narrow = _apply("tanh", x.astype(np.float32), "bf16")
    assert (narrow == wide.astype(ml_dtypes.bfloat16).astype(np.float32)).all()


def test_pass_keeps_values_and_is_idempotent():
    x = np.linspace(-9, 9, 101).astype(np.float32)
    program = _program("sigmoid with table", 101)
    before = evaluate(program, {"x": x}, {})["result0"]
    PatternExpandActivationsPass().apply(Context(), program)
    program.verify()
    assert not any(isinstance(op, ActivateOp) for op in program.walk())
    assert (evaluate(program, {"x": x}, {})["result0"] == before).all()
    text = str(program)
    PatternExpandActivationsPass().apply(Context(), program)
    assert str(program) == text


def test_evaluation_leaves_the_program_alone():
    program = _program("tanh with table", 3)
    text = str(program)
    evaluate(program, {"x": np.zeros(3, np.float32)}, {})
    assert str(program) == text
    assert not any(isinstance(op, TableOp) for op in program.walk())


def test_defaults_are_for_functions_with_constants():
    assert set(DEFAULTS) < set(ACTIVATION_PARAMETERS)
