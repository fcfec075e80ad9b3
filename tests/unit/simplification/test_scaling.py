"""Powers of two move without changing a bit, and operations become fewer."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.bench.problems import generate, make_weights
from spatial_opt.dialects.pattern import ConvertOp, ParameterOp
from spatial_opt.lowering.convert_rnn_to_pattern import ConvertRnnToPatternPass
from spatial_opt.passes.pattern_expand_activations import PatternExpandActivationsPass
from spatial_opt.passes.pattern_simplify import PatternSimplifyPass
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.passes.rnn_set_format import RnnSetFormatPass
from spatial_opt.passes.simplification.powers import power_of_two, scaled, scaling_of
from spatial_opt.passes.simplification.rescale import rescale
from spatial_opt.runtime.formats import Array

SameValues = Callable[..., ModuleOp]
Program = Callable[[str], ModuleOp]
Format = Literal["f32", "bf16", "int8", "mixed8"]
POINTS = 64
PARAMETERS = 3


def scalings(module: ModuleOp) -> int:
    """Count the multiplications of f32 by powers of two."""
    return sum(1 for op in module.walk() if scaling_of(op) is not None)


def arithmetic(module: ModuleOp) -> int:
    """Count the operations of bodies that a machine executes."""
    return sum(
        1
        for op in module.walk()
        if (op.name.startswith("arith.") and not isinstance(op, arith.ConstantOp))
        or (isinstance(op, ConvertOp) and not op.is_widening)
    )


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Write two maps of random f32 arithmetic, the second one reading the first."""
    lines: list[str] = []
    names: list[str] = []
    products = 0
    count = draw(st.integers(3, 14))

    def new(text: str) -> None:
        names.append(f"%v{len(names)}")
        lines.append(f"{names[-1]} = {text} : f32")

    def constant(value: str) -> str:
        lines.append(f"%c{len(lines)} = arith.constant {value} : f32")
        return f"%c{len(lines) - 1}"

    def value() -> str:
        # Later values more often: long chains.
        position = len(names) - 1 - min(draw(st.integers(0, 7)), len(names) - 1)
        return names[position]

    for number in range(PARAMETERS):
        lines.append(f"%p{number} = pattern.read %b{number}[%i] : tensor<{POINTS}xf32>")
    lines.append(f"%x0 = pattern.read %x[%i] : tensor<{POINTS}xf32>")
    lines.append(f"%n0 = pattern.read %n[%i] : tensor<{POINTS}xi32>")
    lines.append("%n1 = pattern.convert %n0 scale 0.3 : i32 to f32")
    names += ["%x0", "%n1", *(f"%p{number}" for number in range(PARAMETERS))]
    for number in range(PARAMETERS):
        lines.append(f"%s{number} = arith.cmpf olt, %p{number}, %x0 : f32")
    for _ in range(count):
        match draw(st.sampled_from(["scale"] * 4 + ["sum"] * 4 + ["other"] * 3)):
            case "scale":
                power = 2.0 ** draw(st.integers(-7, 7).filter(bool))
                kind = draw(st.sampled_from(["mulf", "divf"]))
                new(f"arith.{kind} {value()}, {constant(repr(power))}")
            case "sum":
                kind = draw(st.sampled_from(["addf", "subf", "maximumf", "minimumf"]))
                other = draw(st.sampled_from(["0.3", "1.0", "-7.0", ""]))
                right = constant(other) if other else value()
                new(f"arith.{kind} {value()}, {right}")
            case _:
                match draw(st.integers(0, 4)):
                    case 0 if products < 2:
                        products += 1
                        new(f"arith.mulf {value()}, {value()}")
                    case 1 if products < 2:
                        products += 1
                        new(f"arith.divf {value()}, {value()}")
                    case 2:
                        new(f"arith.negf {value()}")
                    case 3:
                        condition = f"%s{draw(st.integers(0, PARAMETERS - 1))}"
                        new(f"arith.select {condition}, {value()}, {value()}")
                    case _:
                        new(f"arith.mulf {value()}, {constant('0.7')}")
    last = names[-1]
    scale = draw(st.sampled_from(["", "scale 4.0 ", "scale 0.3 "]))
    lines.append(f"%q = pattern.convert {last} {scale}toward_zero : f32 to i8")
    shown = draw(st.sampled_from([last, value(), "%x0"]))
    body = "\n".join(lines)
    parameters = "\n".join(
        f'%b{number} = pattern.parameter "b{number}" : tensor<{POINTS}xf32>'
        for number in range(PARAMETERS)
    )
    tensor = f"tensor<{POINTS}xf32>"
    return f"""
func.func @main(%x: {tensor}, %n: tensor<{POINTS}xi32>) -> (tensor<{POINTS}xi8>, {tensor}) {{
  {parameters}
  %q, %y, %z = pattern.map (%i in {POINTS}) -> (tensor<{POINTS}xi8>, {tensor}, {tensor}) {{
    {body}
    pattern.yield %q, {shown}, {last} : i8, f32, f32
  }}
  %r = pattern.map (%i in {POINTS}) -> tensor<{POINTS}xi8> {{
    %a = pattern.read %z[%i] : {tensor}
    %c = arith.constant 8.0 : f32
    %m = arith.mulf %a, %c : f32
    %r0 = pattern.convert %m : f32 to i8
    %q0 = pattern.read %q[%i] : tensor<{POINTS}xi8>
    %s0 = arith.xori %r0, %q0 : i8
    pattern.yield %s0 : i8
  }}
  func.return %r, %y : tensor<{POINTS}xi8>, {tensor}
}}"""


def numbers(seed: int) -> Array:
    """Return numbers of moderate size, zeros of both signs among them."""
    generator = np.random.default_rng(seed)
    values = generator.choice([-1, 1], POINTS) * 2.0 ** generator.uniform(-6, 6, POINTS)
    values[:2] = 0.0, -0.0
    return values.astype(np.float32)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=bodies(), seed=st.integers(0, 3))
def test_random_bodies(text: str, seed: int, program: Program, same_values: SameValues):
    module = program(text)
    inputs = {"x": numbers(seed), "n": np.arange(POINTS) - POINTS // 2}
    parameters = {f"b{number}": numbers(seed + 7 + number) for number in range(PARAMETERS)}

    class Rescale(ModulePass):
        """Only the part under test."""

        name = "rescale"

        def apply(self, ctx: Context, op: ModuleOp) -> None:
            before = arithmetic(op)
            saved = rescale(op)
            assert saved >= 0
            assert arithmetic(op) == before - saved

    changed = same_values(module, Rescale(), inputs, parameters)
    again = changed.clone()
    assert rescale(again) == 0
    assert str(again) == str(changed)
    same_values(module, PatternSimplifyPass(), inputs, parameters)


def layer(cell: str, format: Format) -> ModuleOp:
    """Return a small layer as patterns, activations expanded."""
    module = generate(cell, 5, 3, inputs=7)
    RnnSetFormatPass(format, input_scale=31.7 if format == "int8" else None).apply(
        Context(), module
    )
    ConvertRnnToPatternPass().apply(Context(), module)
    PatternExpandActivationsPass().apply(Context(), module)
    return module


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("format", ["f32", "bf16", "int8", "mixed8"])
def test_layers(cell: str, format: Format, same_values: SameValues):
    module = layer(cell, format)
    x = np.random.default_rng(3).normal(size=(3, 1, 7)).astype(np.float32)
    changed = same_values(module, PatternSimplifyPass(), {"x": x}, make_weights(cell, 5, 7, 1))
    before, after = arithmetic(module), arithmetic(changed)
    # A table index is (v + 8) * 64: the factor goes into the conversion. By arithmetic, a
    # sigmoid is tanh(v / 2) / 2 + 1 / 2: both halves go into the polynomials.
    assert scalings(changed) == 0
    assert after == before - scalings(module)


def test_one_parameter_for_all_gates():
    module = layer("lstm", "mixed8")
    PatternSimplifyPass().apply(Context(), module)
    scales = [
        op.scale and op.scale.value.data
        for op in module.walk()
        if isinstance(op, ParameterOp) and op.name_.data == "B"
    ]
    assert scales == [256.0]


@pytest.mark.parametrize(
    ("number", "exponent"),
    [(1.0, 0), (2.0, 1), (0.25, -2), (3.0, None), (-2.0, None), (0.0, None), (np.inf, None)],
)
def test_power_of_two(number: float, exponent: int | None):
    assert power_of_two(number) == exponent


def test_numbers_outside_the_bounds_are_not_scaled():
    assert scaled(1.5, 10) == 1536.0
    assert scaled(-0.0, 10) == 0.0
    for number in (2.0**99, np.inf, np.nan):
        assert scaled(number, 10) is None
    assert scaled(2.0**-99, -10) is None


MATRIX = """
func.func @main(%x: tensor<3x4xf32>) -> (tensor<3xi8>, tensor<3xf32>) {
  %w = pattern.parameter "w" : tensor<3x4xf32>
  %q, %y = pattern.map (%i in 3) -> (tensor<3xi8>, tensor<3xf32>) {
    %s = pattern.reduce add (%k in 4) : f32 {
      %a = pattern.read %w[%i, %k] : tensor<3x4xf32>
      %b = pattern.read %x[%i, %k] : tensor<3x4xf32>
      %p = arith.mulf %a, %b : f32
      pattern.yield %p : f32
    }
    %eighth = arith.constant 0.125 : f32
    %u = arith.mulf %s, %eighth : f32
    %q0 = pattern.convert %u : f32 to i8
    %o = pattern.read %OTHER[%i, 0] : tensor<3x4xf32>
    %r = arith.addf %u, %o : f32
    pattern.yield %q0, %r : i8, f32
  }
  func.return %q, %y : tensor<3xi8>, tensor<3xf32>
}"""


@pytest.mark.parametrize(("other", "left"), [("x", 0), ("w", 1)])
def test_no_matrix_is_stored_twice(
    other: str, left: int, program: Program, same_values: SameValues
):
    module = program(MATRIX.replace("OTHER", other))
    x = numbers(1)[:12].reshape(3, 4)
    with collect_remarks() as remarks:
        changed = same_values(module, PatternSimplifyPass(), {"x": x}, {"w": 3 * x})
    assert scalings(changed) == left
    assert sum(1 for op in changed.walk() if isinstance(op, ParameterOp)) == 1
    said = [remark for remark in remarks if "2^-3 stays" in remark.text]
    assert [remark.where for remark in said] == ["%u"] * left


def test_constants_alone(program: Program, same_values: SameValues):
    # The product of two constants that would overflow is neither folded nor rescaled.
    module = program("""
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = pattern.map (%i in 2) -> tensor<2xf32> {
    %v = pattern.read %x[%i] : tensor<2xf32>
    %a = arith.constant 3.0e38 : f32
    %b = arith.constant 2.0 : f32
    %c = arith.mulf %a, %b : f32
    %r = arith.minimumf %v, %c : f32
    pattern.yield %r : f32
  }
  func.return %y : tensor<2xf32>
}""")
    same_values(module, PatternSimplifyPass(), {"x": np.array([1.0, np.inf])}, {})


def test_large_numbers_stay_where_they_are(program: Program, same_values: SameValues):
    # thresholdedrelu makes a step of two factors of 2^127, on purpose beyond all bounds.
    module = program("""
func.func @main(%x: tensor<5xf32>) -> tensor<5xi8> {
  %y = pattern.map (%i in 5) -> tensor<5xi8> {
    %v = pattern.read %x[%i] : tensor<5xf32>
    %four = arith.constant 4.0 : f32
    %large = arith.constant 1.7014118346046923e+38 : f32
    %one = arith.constant 1.0 : f32
    %a = arith.mulf %v, %four : f32
    %b = arith.mulf %a, %large : f32
    %c = arith.minimumf %b, %one : f32
    %q = pattern.convert %c : f32 to i8
    pattern.yield %q : i8
  }
  func.return %y : tensor<5xi8>
}""")
    x = np.array([0.0, 1e-38, -1e-38, 3.0, -2.0], np.float32)
    changed = same_values(module, PatternSimplifyPass(), {"x": x}, {})
    assert str(changed) == str(module)
