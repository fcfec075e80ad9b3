"""Clean-up and code motion on special numbers and odd sizes: not a bit changes."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.bench.problems import generate, make_weights
from spatial_opt.dialects.pattern import ConvertOp, MapOp, ReduceOp, ScanOp
from spatial_opt.lowering.convert_rnn_to_pattern import ConvertRnnToPatternPass
from spatial_opt.passes.pattern_expand_activations import PatternExpandActivationsPass
from spatial_opt.passes.pattern_hoist import PatternHoistPass
from spatial_opt.passes.pattern_simplify import PatternSimplifyPass
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.passes.rnn_set_format import RnnSetFormatPass

SameValues = Callable[..., ModuleOp]
Program = Callable[[str], ModuleOp]
Format = Literal["f32", "bf16", "int8", "mixed8"]

SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 3e-45, 3e38], np.float32)
COUNT = len(SPECIAL)


def elementwise(body: str, type: str = "f32") -> str:
    """Write a map with two operands %v and %w, whose body ends in %r."""
    tensor = f"tensor<{COUNT * COUNT}x{type}>"
    return f"""
func.func @main(%x: {tensor}, %y: {tensor}) -> {tensor} {{
  %z = pattern.map (%i in {COUNT * COUNT}) -> {tensor} {{
    %v = pattern.read %x[%i] : {tensor}
    %w = pattern.read %y[%i] : {tensor}
    {body}
    pattern.yield %r : {type}
  }}
  func.return %z : {tensor}
}}"""


CONSTANTS = ("0.0", "-0.0", "1.0", "-1.0", "2.0", "0.1")
BINARY = ("addf", "subf", "mulf", "divf", "maximumf", "minimumf")


@pytest.mark.parametrize("type", ["f32", "bf16", "f8E4M3FN"])
def test_every_identity_on_special_numbers(type: str, program: Program, same_values: SameValues):
    x, y = np.repeat(SPECIAL, COUNT), np.tile(SPECIAL, COUNT)
    for name in BINARY:
        lines = [f"%c{n} = arith.constant {c} : {type}" for n, c in enumerate(CONSTANTS)]
        value = "%v"
        for n in range(len(CONSTANTS)):
            for left, right in ((value, f"%c{n}"), (f"%c{n}", value), (value, value)):
                value = f"%r{len(lines)}"
                lines.append(f"{value} = arith.{name} {left}, {right} : {type}")
                lines.append(f"{value}m = arith.maximumf {value}, %w : {type}")
        lines.append(f"%r = arith.negf {value} : {type}")
        module = program(elementwise("\n".join(lines), type))
        same_values(module, PatternSimplifyPass(), {"x": x, "y": y}, {})


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["addi", "subi", "muli", "andi", "ori", "xori", "maxsi", "minsi"]),
    type=st.sampled_from(["i8", "i16", "i32"]),
    numbers=st.lists(st.integers(-128, 127), min_size=2, max_size=4),
    last=st.sampled_from([0, 1, -1, 127]),
)
def test_integers(
    name: str,
    type: str,
    numbers: list[int],
    last: int,
    program: Program,
    same_values: SameValues,
):
    lines = [f"%c{n} = arith.constant {c} : {type}" for n, c in enumerate([*numbers, last])]
    total = "%c0"
    for n in range(1, len(numbers)):
        lines.append(f"%s{n} = arith.{name} {total}, %c{n} : {type}")
        total = f"%s{n}"
    lines.append(f"%t = arith.{name} %v, {total} : {type}")
    lines.append(f"%l = arith.cmpi slt, {total}, %c{len(numbers)} : {type}")
    lines.append(f"%u = arith.select %l, %t, %w : {type}")
    lines.append(f"%r = arith.{name} %u, %c{len(numbers)} : {type}")
    x = np.arange(COUNT * COUNT) * 3 - 120
    changed = same_values(
        program(elementwise("\n".join(lines), type)),
        PatternSimplifyPass(),
        {"x": x, "y": x[::-1]},
        {},
    )
    assert sum(1 for op in changed.walk() if op.name == f"arith.{name}") <= 2
    assert not [op for op in changed.walk() if isinstance(op, arith.SelectOp | arith.CmpiOp)]


@pytest.mark.parametrize("kind", ["add", "mul", "max", "min"])
@pytest.mark.parametrize(
    ("given_type", "type"),
    [("f32", "f32"), ("f32", "bf16"), ("f8E4M3FN", "f32"), ("i8", "i32"), ("i32", "i8")],
)
def test_reductions_over_one_element(
    kind: str, given_type: str, type: str, program: Program, same_values: SameValues
):
    text = f"""
func.func @main(%x: tensor<{COUNT}x1x{given_type}>) -> tensor<{COUNT}x{type}> {{
  %y = pattern.map (%i in {COUNT}) -> tensor<{COUNT}x{type}> {{
    %s = pattern.reduce {kind} (%j in 1, %k in 1) : {type} {{
      %v = pattern.read %x[%i + %j, %k] : tensor<{COUNT}x1x{given_type}>
      pattern.yield %v : {given_type}
    }}
    pattern.yield %s : {type}
  }}
  func.return %y : tensor<{COUNT}x{type}>
}}"""
    x = SPECIAL if given_type.startswith("f") else np.arange(COUNT) * 77 - 300
    changed = same_values(program(text), PatternSimplifyPass(), {"x": x[:, None]}, {})
    assert not [op for op in changed.walk() if isinstance(op, ReduceOp)]


def layer(cell: str, format: Format, hidden: int, inputs: int, batch: int) -> ModuleOp:
    """Return a layer of three steps as patterns, activations expanded."""
    module = generate(cell, hidden, 3, inputs=inputs, batch=batch)
    RnnSetFormatPass(format).apply(Context(), module)
    ConvertRnnToPatternPass().apply(Context(), module)
    PatternExpandActivationsPass().apply(Context(), module)
    return module


@settings(max_examples=12, deadline=None)
@given(
    cell=st.sampled_from(["lstm", "gru", "rnn"]),
    format=st.sampled_from(["f32", "bf16", "int8", "mixed8"]),
    hidden=st.sampled_from([1, 2, 7]),
    inputs=st.sampled_from([1, 3, 8]),
    batch=st.sampled_from([1, 2]),
)
def test_layers_of_odd_sizes(
    cell: str, format: Format, hidden: int, inputs: int, batch: int, same_values: SameValues
):
    module = layer(cell, format, hidden, inputs, batch)
    x = np.random.default_rng(hidden).normal(size=(3, batch, inputs))
    weights = make_weights(cell, hidden, inputs, 0)
    changed = same_values(module, PatternSimplifyPass(), {"x": x}, weights)
    assert str(same_values(changed, PatternSimplifyPass(), {"x": x}, weights)) == str(changed)
    moved = same_values(changed, PatternHoistPass(expressions=True), {"x": x}, weights)
    assert str(same_values(moved, PatternHoistPass(expressions=True), {"x": x}, weights)) == str(
        moved
    )


def test_the_sum_of_both_biases_is_moved_only_on_demand(same_values: SameValues):
    module = layer("lstm", "f32", 4, 4, 1)
    weights, x = make_weights("lstm", 4, 4, 0), np.ones((3, 1, 4))
    with collect_remarks() as remarks:
        kept = same_values(module, PatternHoistPass(), {"x": x}, weights)
    assert str(kept) == str(module)
    assert any("1 operations are the same in every step" in remark.text for remark in remarks)
    moved = same_values(module, PatternHoistPass(expressions=True), {"x": x}, weights)
    scan = next(op for op in moved.walk() if isinstance(op, ScanOp))
    before = [op for op in moved.walk() if isinstance(op, MapOp) and not scan.is_ancestor(op)]
    assert [op.domain for op in before] == [(4, 4)]


def test_conversions_that_only_widen_are_not_worth_a_memory(program: Program):
    module = program("""
func.func @main(%x: tensor<2x4xf32>, %b: tensor<4xbf16>) -> tensor<2x4xf32> {
  %y = pattern.scan (%t in 2) -> tensor<2x4xf32> {
    %z = pattern.map (%i in 4) -> tensor<4xf32> {
      %v = pattern.read %x[%t, %i] : tensor<2x4xf32>
      %w = pattern.read %b[%i] : tensor<4xbf16>
      %c = pattern.convert %w : bf16 to f32
      %s = arith.addf %v, %c : f32
      pattern.yield %s : f32
    }
    pattern.next emit %z : tensor<4xf32>
  }
  func.return %y : tensor<2x4xf32>
}""")
    before = str(module)
    PatternHoistPass(expressions=True).apply(Context(), module)
    assert str(module) == before
    assert any(isinstance(op, ConvertOp) for op in module.walk())
