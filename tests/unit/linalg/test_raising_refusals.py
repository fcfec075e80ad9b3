"""What can't be raised to patterns: one sentence each, and the module as it was."""

from collections.abc import Callable

import pytest
from raising_checks import raised_text
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.lowering.convert_linalg_to_pattern import ConvertLinalgToPatternPass
from spatial_opt.machine.errors import SpatialError

Program = Callable[[str], ModuleOp]

MAP = "affine_map<(d0) -> (d0)>"


def _function(
    body: str, arguments: str = "%x: tensor<4xf32>", result: str = "tensor<4xf32>"
) -> str:
    return f"func.func @f({arguments}) -> {result} {{\n{body}\n}}"


def _generic(body: str) -> str:
    return _function(f"""
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {{indexing_maps = [{MAP}, {MAP}], iterator_types = ["parallel"]}}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {{
  ^bb0(%a: f32, %b: f32):
    {body}
    linalg.yield %r : f32
  }} -> tensor<4xf32>
  func.return %y : tensor<4xf32>""")


REFUSED = {
    "an operation of a body": (
        _generic("%r = math.sin %a : f32"),
        "math.sin (%r): it has no form in a pattern, whose bodies compute with arith, and of math "
        "with absf, floor, ceil, copysign, sqrt, tanh, exp, log and erf; rewrite it with these",
    ),
    "f64": (
        _generic(
            "%w = arith.extf %a : f32 to f64\n%v = arith.mulf %w, %w : f64\n"
            "%r = arith.truncf %v : f64 to f32"
        ),
        "arith.extf (%w): it computes with f64; patterns have f32, f16, bf16, f8E4M3FN, f8E5M2, "
        "i8, i16, i32, i1 and index",
    ),
    "a dynamic shape": (
        _function("func.return %x : tensor<?xf32>", "%x: tensor<?xf32>", "tensor<?xf32>"),
        "argument 0 of the function is tensor<?xf32>; a program takes tensors of static shape, so "
        "fix the sizes before lowering",
    ),
    "a long integer": (
        _function("func.return %x : tensor<4xi64>", "%x: tensor<4xi64>", "tensor<4xi64>"),
        "argument 0 of the function is tensor<4xi64>; patterns have f32, f16, bf16, f8E4M3FN, "
        "f8E5M2, i8, i16, i32 and i1",
    ),
    "arithmetic on tensors": (
        _function("%y = arith.addf %x, %x : tensor<4xf32>\nfunc.return %y : tensor<4xf32>"),
        "arith.addf (%y): it computes with whole tensors; run convert-elementwise-to-linalg of "
        "MLIR before",
    ),
    "another dialect": (
        _function(
            '%y = "test.op"(%x) : (tensor<4xf32>) -> tensor<4xf32>\nfunc.return %y : tensor<4xf32>'
        ),
        "test.op (%y): it has no form in patterns; lower it to linalg on tensors, tensor, arith "
        "and scf",
    ),
    "a slice at a computed place": (
        _function(
            """
  %c = arith.constant 0 : index
  %n = tensor.extract %i[%c] : tensor<1xi32>
  %k = arith.index_cast %n : i32 to index
  %y = tensor.extract_slice %x[%k] [2] [1] : tensor<4xf32> to tensor<2xf32>
  func.return %y : tensor<2xf32>""",
            "%x: tensor<4xf32>, %i: tensor<1xi32>",
            "tensor<2xf32>",
        ),
        "tensor.extract_slice (%y): it starts at an index that is not an affine function of the "
        "steps of the loops around; a pattern reads slices at such places only",
    ),
    "a loop of unknown length": (
        _function(
            """
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.extract %i[%c0] : tensor<1xi32>
  %n = arith.index_cast %m : i32 to index
  %y = scf.for %t = %c0 to %n step %c1 iter_args(%h = %x) -> (tensor<4xf32>) {
    scf.yield %h : tensor<4xf32>
  }
  func.return %y : tensor<4xf32>""",
            "%x: tensor<4xf32>, %i: tensor<1xi32>",
        ),
        "scf.for (%y): its bounds are no constants; a recurrence has a fixed number of steps",
    ),
    "a coupled reduction": (
        _function(
            f"""
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %y = linalg.generic {{indexing_maps = [{MAP}, affine_map<(d0) -> ()>],
                       iterator_types = ["reduction"]}}
      ins(%x : tensor<4xf32>) outs(%f : tensor<f32>) {{
  ^bb0(%a: f32, %b: f32):
    %s = arith.mulf %b, %b : f32
    %r = arith.addf %s, %a : f32
    linalg.yield %r : f32
  }} -> tensor<f32>
  func.return %y : tensor<f32>""",
            result="tensor<f32>",
        ),
        "linalg.generic (%y): its body does not combine the running value with another one by a "
        "sum, a product or an extreme alone; split off what else it computes",
    ),
    "a body that yields nothing": (
        _generic("%r = arith.negf %a : f32").replace("linalg.yield %r : f32", "linalg.yield"),
        "linalg.generic (%y): its body yields 0 values for 1 results; yield all",
    ),
    "two functions": (
        _function("func.return %x : tensor<4xf32>")
        + _function("func.return %x : tensor<4xf32>").replace("@f", "@g"),
        "a program is one function with a body, found @f, @g; inline the others first",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(program: Program, name: str):
    text, message = REFUSED[name]
    module = program(text)
    before = str(module)
    with pytest.raises(SpatialError) as error:
        ConvertLinalgToPatternPass().apply(Context(), module)
    assert str(error.value) == message
    assert str(module) == before


def test_a_body_that_takes_too_few_elements():
    text = """"builtin.module"() ({
      "func.func"() <{function_type = (tensor<4x7xf32>, tensor<7xf32>, tensor<4xf32>)
          -> tensor<4xf32>, sym_name = "main"}> ({
      ^bb0(%a: tensor<4x7xf32>, %x: tensor<7xf32>, %o: tensor<4xf32>):
        %y = "linalg.matvec"(%a, %x, %o) ({
        ^bb1(%e: f32):
          "linalg.yield"(%e) : (f32) -> ()
        }) : (tensor<4x7xf32>, tensor<7xf32>, tensor<4xf32>) -> tensor<4xf32>
        "func.return"(%y) : (tensor<4xf32>) -> ()
      }) : () -> ()
    }) : () -> ()"""
    with pytest.raises(SpatialError) as error:
        raised_text(text, generic=True)
    assert str(error.value) == (
        "linalg.matvec (%y): its body takes 1 elements of 3 operands; take all"
    )
