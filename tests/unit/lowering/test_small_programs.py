"""Small programs of odd form through the whole compiler: the same bits as the patterns."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings, values
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import random_inputs
from spatial_opt.tools.compilation import (
    CONVERSION,
    Compilation,
    compile_module,
    make_context,
    steps_for,
)

EVALUATORS = ["numpy", "native"] if bindings.find() is not None else ["numpy"]
UNPLACED = ("spatial-bank-memories", "spatial-place", "spatial-route")


def compiled(
    text: str, pipeline: str, options: Mapping[str, Any]
) -> tuple[ModuleOp, ModuleOp, dict[str, Array], dict[str, Array]]:
    """Compile; give the patterns before the conversion, the configuration, and arrays for both."""
    context = make_context()
    module = Parser(context, text).parse_module()
    module.verify()
    random = np.random.default_rng(3)
    parameters = {
        name: random.uniform(-1, 1, [int(n) for n in sizes.split("x") if n]).astype(np.float32)
        for name, sizes in re.findall(r'pattern\.parameter "(\w+)".*?tensor<([0-9x]+)x\w', text)
    }
    inputs = random_inputs(module, 1)
    steps = [s for s in steps_for(module, pipeline, options) if s.name not in UNPLACED]
    cut = [step.name for step in steps].index(CONVERSION)
    compile_module(context, module, steps[:cut], Compilation())
    before = module.clone()
    compile_module(context, module, steps[cut:], Compilation())
    return before, module, inputs, parameters


def agree(text: str, pipeline: str, evaluators: list[str], **options: int) -> ModuleOp:
    """Compare every bit; give the patterns with their factors."""
    given = {name: (value,) for name, value in options.items()}
    before, config, inputs, parameters = compiled(text, pipeline, given)
    wanted = evaluate(before, inputs, parameters)
    for evaluator in evaluators:
        found = values.evaluate(config, inputs, parameters, evaluator)
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_array_equal(found[name], array, f"{name} by {evaluator}")
    return before


def summed(reads: str, value: str, rows: int = 3, length: int = 5, more: str = "") -> str:
    """Write a sum over `length` elements of something that is made of what is read."""
    return f"""
    func.func @main(%x: tensor<40xf32>, %z: tensor<40xf32>, %m: tensor<{rows}x40xf32>)
        -> tensor<{rows}xf32> {{
      %w = pattern.parameter "w" : tensor<{rows}x40xf32>
      %v = pattern.parameter "v" : tensor<40xf32>
      %y = pattern.map (%i in {rows}) -> tensor<{rows}xf32> {{
        %s = pattern.reduce add (%k in {length}{more}) : f32 {{
          {reads}
          pattern.yield {value} : f32
        }}
        pattern.yield %s : f32
      }}
      func.return %y : tensor<{rows}xf32>
    }}"""


def read(name: str, source: str) -> str:
    shape = "3x40" if source[1] in "wm" else "40"
    return f"{name} = pattern.read {source} zero_outside : tensor<{shape}xf32>"


SOURCES = [
    "%x[%k]",
    "%x[%i]",
    "%x[%k + 7]",
    "%x[%k - 5]",
    "%x[%k - 20]",
    "%x[%k + %i]",
    "%x[2]",
    "%z[%k]",
    "%v[%k]",
    "%v[%i]",
    "%v[%k + %i]",
    "%v[%k - 9]",
    "%w[%i, %k]",
    "%w[%i, %k + 3]",
    "%w[%i, 2 * %k]",
    "%w[%i, 1]",
    "%m[%i, %k]",
    "%m[%i, %k - 4]",
    "%m[%i, 0]",
]


@pytest.mark.parametrize("source", SOURCES)
def test_lanes_left_over_add_nothing(source: str):
    """Five elements by sixteen lanes; what a memory holds behind the fifth does not count."""
    body = "%a = " + read("", source).removeprefix(" = ")
    before = agree(summed(body, "%a"), "unfused", ["numpy"])
    # A plain sum of a run-time value may keep its lanes only where the rest is zero.
    if source in ("%x[%i]", "%x[2]", "%v[%i]", "%w[%i, 1]", "%x[%k - 5]", "%x[%k + %i]"):
        assert "x 16)" not in str(before)
    if source in ("%x[%k]", "%w[%i, %k]", "%v[%k]"):
        assert "%k in 5 par 1 x 16" in str(before)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    a=st.sampled_from(SOURCES),
    b=st.sampled_from(SOURCES),
    length=st.sampled_from([1, 4, 5, 17, 33]),
    factors=st.sampled_from(
        [{}, {"hv": 16}, {"hu": 2, "rows": 1}, {"hu": 3, "ru": 2}, {"rv": 4}, {"ru": 5, "hv": 1}]
    ),
)
def test_products_of_any_reads(a: str, b: str, length: int, factors: dict[str, int]):
    body = f"{read('%a', a)}\n{read('%b', b)}\n%p = arith.mulf %a, %b : f32"
    if factors.get("ru", 1) > length or factors.get("hu", 1) > 3:
        factors = {}
    text = summed(body, "%p", length=length)
    try:
        agree(text, "fused", ["numpy"], **factors)
    except SpatialError:
        # Of run-time values, rows may lie apart in memory, or differ along with the elements.
        assert factors == {"hv": 16}
        with pytest.raises(SpatialError, match="lanes cannot carry its rows"):
            compiled(text, "fused", {"hv": (16,)})


def test_lanes_by_hand_that_would_add_something_are_refused():
    text = summed(read("%a", "%x[%i]"), "%a", more=" par 1 x 4")
    with pytest.raises(SpatialError, match="a lane that is left over would not add zero"):
        compiled(text, "unfused", {})


WIDER = {
    "bf16": ("bf16", "f32", "arith.extf", "arith.mulf", "f32"),
    "i8": ("i8", "i16", "arith.extsi", "arith.muli", "i32"),
}


@pytest.mark.parametrize("kind", WIDER)
@pytest.mark.parametrize("other", ["%x[%k]", "%x[%i]"])
@pytest.mark.parametrize("pipeline", ["unfused", "fused"])
def test_casts_of_arith_widen_on_lanes(kind: str, other: str, pipeline: str):
    """An operand that is the same for all lanes is spread before it is widened."""
    element, wide, cast, product, total = WIDER[kind]
    text = f"""
    func.func @main(%x: tensor<70x{element}>) -> tensor<9x{total}> {{
      %w = pattern.parameter "w" scale 16.0 : tensor<9x70x{element}>
      %y = pattern.map (%i in 9) -> tensor<9x{total}> {{
        %s = pattern.reduce add (%k in 70) : {total} {{
          %a = pattern.read %w[%i, %k] : tensor<9x70x{element}>
          %b = pattern.read {other} : tensor<70x{element}>
          %c = {cast} %a : {element} to {wide}
          %d = {cast} %b : {element} to {wide}
          %p = {product} %c, %d : {wide}
          pattern.yield %p : {wide}
        }}
        pattern.yield %s : {total}
      }}
      func.return %y : tensor<9x{total}>
    }}"""
    before = agree(text, pipeline, EVALUATORS)
    packed = {"bf16": 32, "i8": 64}[kind]
    assert f"x {packed})" in str(before) or "x 16)" in str(before) or "par 9" in str(before)


def test_arithmetic_on_wide_values_takes_fewer_lanes():
    """The sum of two bf16 products is f32, of which a vector holds 16."""
    text = """
    func.func @main(%x: tensor<40xbf16>) -> tensor<3xf32> {
      %w = pattern.parameter "w" : tensor<3x40xbf16>
      %y = pattern.map (%i in 3) -> tensor<3xf32> {
        %s = pattern.reduce max (%k in 32) : f32 {
          %a = pattern.read %w[%i, %k] : tensor<3x40xbf16>
          %b = pattern.read %x[%k] : tensor<40xbf16>
          %c = arith.extf %a : bf16 to f32
          %d = arith.extf %b : bf16 to f32
          %p = arith.mulf %c, %d : f32
          %q = arith.addf %p, %c : f32
          %r = arith.minimumf %q, %d : f32
          pattern.yield %r : f32
        }
        pattern.yield %s : f32
      }
      func.return %y : tensor<3xf32>
    }"""
    assert "%k in 32 par 2 x 16" in str(agree(text, "unfused", EVALUATORS, ru=2))


STATE = """
    func.func @main(%h0: tensor<8xf32>, %x: tensor<3x8xf32>) -> tensor<8xf32> {{
      %w = pattern.parameter "w" : tensor<8xf32>
      %h, %e = pattern.scan (%t in 3) carry (%o = %h0 : tensor<8xf32>)
          -> (tensor<8xf32>, tensor<3x8xf32>) {{
        %a = pattern.map (%i in 8) -> tensor<8xf32> {{
          %u = pattern.read %x[%t, %i] : tensor<3x8xf32>
          %v = pattern.read %w[%i] : tensor<8xf32>
          %p = arith.mulf %u, %v : f32
          pattern.yield %p : f32
        }}
        %b = pattern.map (%i in 8) -> tensor<8xf32> {{
          %s = pattern.reduce add (%k in 8) : f32 {{
            %u = pattern.read %a[%k] : tensor<8xf32>
            pattern.yield %u : f32
          }}
          {state}
          pattern.yield %s2 : f32
        }}
        %c = pattern.map (%i in 8) -> tensor<8xf32> {{
          %u = pattern.read %a[7 - %i] : tensor<8xf32>
          %v = pattern.read %b[%i] : tensor<8xf32>
          %p = arith.mulf %u, %v : f32
          pattern.yield %p : f32
        }}
        pattern.next %b emit %c : tensor<8xf32>, tensor<8xf32>
      }}
      func.return %h : tensor<8xf32>
    }}"""


@pytest.mark.parametrize("pipeline", ["unfused", "fused"])
@pytest.mark.parametrize(
    "state",
    [
        "%o1 = pattern.read %o[%i] : tensor<8xf32>\n%s2 = arith.addf %s, %o1 : f32",
        # Nothing in the loop reads the state, whose memory stands outside.
        "%s2 = arith.negf %s : f32",
    ],
)
def test_nobody_overwrites_what_a_kernel_still_reads(pipeline: str, state: str):
    """Of `c` nobody needs a result; of `b` perhaps only what it leaves behind the loop."""
    _, config, inputs, parameters = compiled(STATE.format(state=state), pipeline, {})
    assert "@c" not in str(config)
    # Races are refused.
    values.evaluate(config, inputs, parameters)
    agree(STATE.format(state=state), pipeline, EVALUATORS)


@pytest.mark.parametrize("pipeline", ["unfused", "fused"])
def test_wide_sums_are_not_cut_where_no_link_carries_them(pipeline: str):
    """Three operations and three levels of sums take two units; f32 in between has 2048 bits."""
    text = """
    func.func @main(%x: tensor<12xf8E4M3FN>, %m: tensor<8x12xf8E4M3FN>) -> tensor<8xf32> {
      %w = pattern.parameter "w" scale 8.0 : tensor<8x12xf8E4M3FN>
      %v = pattern.parameter "v" scale 8.0 : tensor<12xf8E4M3FN>
      %y = pattern.map (%i in 8) -> tensor<8xf32> {
        %s = pattern.reduce add (%k in 12) : f32 {
          %a = pattern.read %m[%i, %k] : tensor<8x12xf8E4M3FN>
          %b = pattern.read %v[%k] : tensor<12xf8E4M3FN>
          %p = arith.mulf %a, %b : f8E4M3FN
          %c = pattern.read %x[%k] : tensor<12xf8E4M3FN>
          %d = pattern.read %w[%i, %k] : tensor<8x12xf8E4M3FN>
          %q = arith.mulf %c, %d : f8E4M3FN
          %r = arith.addf %p, %q : f8E4M3FN
          pattern.yield %r : f8E4M3FN
        }
        pattern.yield %s : f32
      }
      func.return %y : tensor<8xf32>
    }"""
    assert "x 64)" in str(
        agree(text, pipeline, EVALUATORS, hu=2, ru=1, **({"hv": 1} if pipeline == "fused" else {}))
    )
