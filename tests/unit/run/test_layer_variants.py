"""Layers in all their variants through the whole compiler: every level gives the same values."""

from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.runtime import bindings, values
from spatial_opt.runtime.boundary import random_arrays
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import input_specs, parameter_specs
from spatial_opt.runtime.rnn_reference import evaluate_rnn
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def layer(
    cell: str,
    options: str = "",
    *,
    steps: int = 3,
    batch: int = 1,
    inputs: int = 5,
    hidden: int = 7,
    lengths: bool = False,
    result: str = "y",
) -> str:
    """Write a program with one layer; `options` are the op's words after the operands."""
    ways = 2 if "bidirectional" in options else 1
    first = "layout 1" in options
    rows = GATES[cell] * hidden
    x = (
        f"tensor<{batch}x{steps}x{inputs}xf32>"
        if first
        else f"tensor<{steps}x{batch}x{inputs}xf32>"
    )
    y = (
        f"tensor<{batch}x{steps}x{ways}x{hidden}xf32>"
        if first
        else f"tensor<{steps}x{ways}x{batch}x{hidden}xf32>"
    )
    state = (
        f"tensor<{batch}x{ways}x{hidden}xf32>" if first else f"tensor<{ways}x{batch}x{hidden}xf32>"
    )
    w, r, b = (f"tensor<{ways}x{rows}x{inputs}xf32>", f"tensor<{ways}x{rows}x{hidden}xf32>", "")
    b = f"tensor<{ways}x{2 * rows}xf32>"
    more = f", tensor<{batch}xi32>" if lengths else ""
    argument = f', %len : tensor<{batch}xi32> {{pattern.name = "len"}}' if lengths else ""
    operand = "sequence_lens %len" if lengths else ""
    names, types = (
        ("%y, %h, %c", f"{y}, {state}, {state}")
        if cell == "lstm"
        else (
            "%y, %h",
            f"{y}, {state}",
        )
    )
    value, type = ("%y", y) if result == "y" else ("%h", state)
    return f"""
    func.func @main(%x : {x} {{pattern.name = "x"}}{argument})
        -> ({type} {{pattern.name = "out"}}) {{
      %w = pattern.parameter "W" : {w}
      %r = pattern.parameter "R" : {r}
      %b = pattern.parameter "B" : {b}
      {names} = rnn.{cell} %x, %w, %r bias %b {operand} hidden {hidden} {options}
          : ({x}, {w}, {r}, {b}{more}) -> ({types})
      func.return {value} : {type}
    }}
    """


CASES: dict[str, dict[str, Any]] = {
    "lstm": {"cell": "lstm"},
    "one-step": {"cell": "lstm", "steps": 1},
    "last-state": {"cell": "lstm", "result": "h"},
    "batch": {"cell": "lstm", "batch": 3},
    "one-unit": {"cell": "lstm", "hidden": 1, "inputs": 1},
    "primes": {"cell": "lstm", "hidden": 37, "inputs": 67, "steps": 2},
    "reverse": {"cell": "lstm", "options": "direction reverse"},
    "bidirectional": {"cell": "lstm", "options": "direction bidirectional"},
    "bidirectional-state": {
        "cell": "gru",
        "options": "direction bidirectional",
        "result": "h",
    },
    "gru": {"cell": "gru"},
    "gru-reset-after": {"cell": "gru", "options": "linear_before_reset"},
    "gru-reset-after-state": {"cell": "gru", "options": "linear_before_reset", "result": "h"},
    "vanilla": {"cell": "rnn"},
    "clip": {"cell": "lstm", "options": "clip 0.5"},
    "input-forget": {"cell": "lstm", "options": "input_forget"},
    "batch-first": {"cell": "lstm", "options": "layout 1", "batch": 2},
    "activations": {"cell": "lstm", "options": "activations [hardsigmoid, softsign, relu]"},
    "lengths": {"cell": "lstm", "lengths": True, "batch": 3, "steps": 4, "hidden": 19},
    "lengths-bidirectional": {
        "cell": "rnn",
        "options": "direction bidirectional",
        "lengths": True,
        "batch": 2,
    },
}


def check(text: str, format: str, pipeline: str = "unfused", rows: int = 2) -> ModuleOp:
    """Compare all levels of a program, and give its configuration."""
    module = Parser(make_context(), text).parse_module()
    module.verify()
    parameters = random_arrays(parameter_specs(module), 1)
    inputs = random_arrays(input_specs(module), 2)
    if "len" in inputs:
        inputs["len"] = np.arange(len(inputs["len"]), dtype=np.int32) + 1
    exact = evaluate_rnn(module, inputs, parameters)["out"]
    options: dict[str, Any] = {"format": (format,), "hu": (rows,), "ru": (rows,)}
    wanted = exact
    context = make_context()
    for step in steps_for(module, pipeline, options):
        if step.name == "convert-pattern-to-spatial":
            wanted = evaluate(module, inputs, parameters)["out"]
        compile_module(context, module, [step], Compilation())
    if format == "f32":
        np.testing.assert_allclose(wanted, exact, rtol=1e-5, atol=1e-5)
    evaluators = ["numpy", "native"] if bindings.find() is not None else ["numpy"]
    for evaluator in evaluators:
        got = values.evaluate(module, inputs, parameters, evaluator)["out"]
        np.testing.assert_array_equal(got, wanted)
    return module


def rows_of(case: str) -> int:
    """Rows at once: two, where there are two."""
    return min(2, CASES[case].get("hidden", 7))


@pytest.mark.parametrize("pipeline", [pytest.param("unfused", marks=pytest.mark.long), "fused"])
@pytest.mark.parametrize("case", CASES)
def test_f32(case: str, pipeline: str) -> None:
    check(layer(**CASES[case]), "f32", pipeline, rows_of(case))


@pytest.mark.parametrize("pipeline", [pytest.param("unfused", marks=pytest.mark.long), "fused"])
@pytest.mark.parametrize("format", ["bf16", "int8", "mixed8"])
@pytest.mark.parametrize("case", ["primes", "gru-reset-after-state", "lengths", "bidirectional"])
def test_formats(case: str, format: str, pipeline: str) -> None:
    check(layer(**CASES[case]), format, pipeline)


@pytest.mark.parametrize("pipeline", ["unfused", "fused"])
@pytest.mark.parametrize("case", ["vanilla", "gru", "bidirectional-state", "lengths"])
def test_both_engines_agree_on_the_configuration(case: str, pipeline: str) -> None:
    network = build_network(check(layer(**CASES[case]), "mixed8", pipeline))
    fast, slow = run(network), run_cycles(network)
    assert fast.cycles == slow.cycles
    assert [p.last for p in fast.processes] == [times[-1] for times in slow.times]


@pytest.mark.parametrize("options", ["", "linear_before_reset"])
def test_weights_that_are_arguments(options: str) -> None:
    """Memories outside the loop, read at every step of it by several kernels."""
    types = {"x": "5x3x6", "w": "1x9x6", "r": "1x9x3", "b": "1x18"}
    arguments = ", ".join(
        f'%{name} : tensor<{shape}xf32> {{pattern.name = "{name}"}}'
        for name, shape in types.items()
    )
    operands = ", ".join(f"tensor<{shape}xf32>" for shape in types.values())
    module = check(
        f"""
        func.func @main({arguments}) -> (tensor<5x1x3x3xf32> {{pattern.name = "out"}}) {{
          %y, %h = rnn.gru %x, %w, %r bias %b hidden 3 {options}
              : ({operands}) -> (tensor<5x1x3x3xf32>, tensor<1x3x3xf32>)
          func.return %y : tensor<5x1x3x3xf32>
        }}
        """,
        "f32",
    )
    network = build_network(module)
    assert run(network).cycles == run_cycles(network).cycles
