"""Bodies of upstream operations as bodies of patterns: functions, integers, and reductions."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from native_checks import Native
from raising_checks import check_there_and_back, raised, raised_text, there_and_back
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.pattern import ActivateOp, MapOp, ReduceOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.compilation import make_context

Program = Callable[[str], ModuleOp]
X = np.array([-3.5, -2.5, -1.0, -0.3, 0.0, 0.2, 1.0, 1.5, 7.0], np.float32)


def _body(lines: str, before: str = "", result: str = "f32", count: int = 9) -> str:
    """Write a function that computes %r from %a, an element of %x, at index %i."""
    maps = ", ".join(["affine_map<(d0) -> (d0)>"] * 2)
    return f"""
    func.func @main(%x: tensor<{count}xf32>) -> tensor<{count}x{result}> {{
      {before}
      %e = tensor.empty() : tensor<{count}x{result}>
      %y = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel"]}}
          ins(%x : tensor<{count}xf32>) outs(%e : tensor<{count}x{result}>) {{
      ^bb0(%a: f32, %o: {result}):
        %i = linalg.index 0 : index
        {lines}
        linalg.yield %r : {result}
      }} -> tensor<{count}x{result}>
      func.return %y : tensor<{count}x{result}>
    }}"""


def _result(module: ModuleOp, x: Array = X) -> Array:
    with np.errstate(all="ignore"):
        (result,) = evaluate(module, {"x": x}, {}).values()
    return result


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "exp": math.exp,
    "log": _log,
    "erf": math.erf,
    "log1p": lambda x: _log(x + 1),
    "expm1": math.expm1,
    "roundeven": round,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
    "absf": abs,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "rsqrt": lambda x: math.nan if x < 0 else math.inf if x == 0 else x**-0.5,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str):
    got = _result(raised_text(_body(f"%r = math.{name} %a : f32")))
    want = [FUNCTIONS[name](float(x)) for x in X]
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("exponent", [1, 2, 3, 7, 64, -1, -3])
def test_whole_powers(exponent: int):
    x = np.array([0.5, 0.9, 1.0, 1.1, -1.05, 2.0, -0.7, 1.01, 0.3], np.float32)
    want = x.astype(np.float64) ** exponent
    for power in (
        f"%n = arith.constant {exponent} : i32\n%r = math.fpowi %a, %n : f32, i32",
        f"%n = arith.constant {exponent}.0 : f32\n%r = math.powf %a, %n : f32",
    ):
        np.testing.assert_allclose(_result(raised_text(_body(power)), x), want, rtol=1e-5)


SIGMOIDS = (
    "%s = arith.addf %p, %one : f32",
    "%s = arith.addf %one, %p : f32",
)
NEGATIONS = (
    "%n = arith.negf %a : f32",
    "%n = arith.mulf %a, %minus : f32",
    "%n = arith.mulf %minus, %a : f32",
    "%n = arith.subf %zero, %a : f32",
)


@pytest.mark.parametrize("total", SIGMOIDS)
@pytest.mark.parametrize("negation", NEGATIONS)
def test_sigmoids(negation: str, total: str):
    constants = (("one", 1.0), ("minus", -1.0), ("zero", 0.0))
    before = "\n".join(f"%{name} = arith.constant {value} : f32" for name, value in constants)
    module = raised_text(
        _body(
            f"{negation}\n%p = math.exp %n : f32\n{total}\n%r = arith.divf %one, %s : f32", before
        )
    )
    (activation,) = [op for op in module.walk() if isinstance(op, ActivateOp)]
    assert activation.function.data == "sigmoid"
    np.testing.assert_allclose(_result(module), 1 / (1 + np.exp(-X)), atol=1e-6)


def test_constants_in_double_precision_are_rounded_once():
    before = "%w = arith.constant 1.00000006 : f64"
    module = raised_text(
        _body("%c = arith.truncf %w : f64 to f32\n%r = arith.mulf %a, %c : f32", before)
    )
    np.testing.assert_array_equal(_result(module), X * np.float32(1.00000012))


@pytest.mark.parametrize(("number", "want"), [("1.0e300", np.inf), ("-1.0e39", -np.inf)])
def test_constants_beyond_the_largest_number(number: str, want: float):
    before = f"%w = arith.constant {number} : f64"
    module = raised_text(_body("%r = arith.truncf %w : f64 to f32", before))
    assert set(_result(module).tolist()) == {want}


def test_a_comparison_in_double_precision():
    before = "%w = arith.constant 0.25 : f64"
    module = raised_text(
        _body(
            "%d = arith.extf %a : f32 to f64\n%c = arith.cmpf ogt, %d, %w : f64\n"
            "%r = arith.select %c, %a, %o : f32",
            before,
        )
    )
    np.testing.assert_array_equal(_result(module), np.where(X > 0.25, X, 0))


# --- integers, against native code

INTEGERS = {
    "i8_wraps": "%n = arith.index_cast %i : index to i8\n%c = arith.constant 100 : i8\n"
    "%m = arith.muli %n, %c : i8\n%r = arith.extsi %m : i8 to i32",
    "sum_in_i8": "%n = arith.index_cast %i : index to i8\n%c = arith.constant 125 : i8\n"
    "%m = arith.addi %n, %c : i8\n%r = arith.extui %m : i8 to i32",
    "condition_with_sign": "%c = arith.constant 4 : index\n%b = arith.cmpi slt, %i, %c : index\n"
    "%r = arith.extsi %b : i1 to i32",
    "known_condition_with_sign": "%c = arith.constant 40 : index\n"
    "%b = arith.cmpi slt, %i, %c : index\n%r = arith.extsi %b : i1 to i32",
    "known_condition_without": "%c = arith.constant 40 : index\n"
    "%b = arith.cmpi slt, %i, %c : index\n%r = arith.extui %b : i1 to i32",
    "constant_condition": "%b = arith.constant true\n%r = arith.extsi %b : i1 to i32",
    "greater_of_conditions": "%z = arith.constant 0.0 : f32\n%p = arith.cmpf ogt, %a, %z : f32\n"
    "%q = arith.cmpf olt, %a, %z : f32\n%b = arith.maxsi %p, %q : i1\n"
    "%r = arith.extui %b : i1 to i32",
    "lesser_of_conditions": "%z = arith.constant 0.0 : f32\n%p = arith.cmpf ogt, %a, %z : f32\n"
    "%q = arith.cmpf olt, %a, %z : f32\n%b = arith.minsi %p, %q : i1\n"
    "%r = arith.extui %b : i1 to i32",
    "bits_of_constants": "%p = arith.constant 12 : i32\n%q = arith.constant -6 : i32\n"
    "%s = arith.andi %p, %q : i32\n%t = arith.ori %p, %q : i32\n%u = arith.xori %s, %t : i32\n"
    "%n = arith.index_cast %i : index to i32\n%r = arith.addi %n, %u : i32",
    "negative_places": "%n = arith.index_cast %i : index to i64\n%c = arith.constant 0 : i64\n"
    "%l = arith.constant 9 : i64\n%b = arith.cmpi slt, %n, %c : i64\n%m = arith.addi %n, %l : i64\n"
    "%s = arith.select %b, %m, %n : i64\n%r = arith.trunci %s : i64 to i32",
    "unsigned_extremes": "%n = arith.index_cast %i : index to i32\n%c = arith.constant -3 : i32\n"
    "%m = arith.muli %n, %c : i32\n%l = arith.constant 4 : i32\n%u = arith.minui %m, %l : i32\n"
    "%v = arith.maxui %n, %l : i32\n%r = arith.subi %u, %v : i32",
}


@pytest.mark.parametrize("name", INTEGERS)
def test_integers(native: Native, name: str):
    text = _body(INTEGERS[name], result="i32")
    upstream = Parser(make_context(), text, name).parse_module()
    (want,) = native.run(upstream, {"x": X}, exact=True).values()
    np.testing.assert_array_equal(_result(raised(upstream)), want)


@pytest.mark.parametrize("element", ["f32", "bf16", "i8"])
def test_reads_that_may_lie_outside_stay_reads(program: Program, element: str):
    """Of divided indices no slice of a padded tensor can be made."""
    module = program(f"""
    func.func @main(%x: tensor<3x4x{element}>) -> tensor<8x5x{element}> {{
      %y = pattern.map (%i in 8, %j in 5) -> tensor<8x5x{element}> {{
        %v = pattern.read %x[%i floordiv 2 - 1, %j + %i mod 2] zero_outside : tensor<3x4x{element}>
        pattern.yield %v : {element}
      }}
      func.return %y : tensor<8x5x{element}>
    }}""")
    back = there_and_back(module, exact=True)
    names = [op.name for op in back.walk()]
    assert names.count("pattern.read") == 1
    assert "pattern.gather" not in names
    x = np.arange(1, 13).reshape(3, 4)
    check_there_and_back(module, {"x": x if element == "i8" else x.astype(np.float32)})


def test_divided_indices_as_numbers_are_refused():
    divided = "%m = affine.apply affine_map<(d0) -> (d0 mod 3)>(%i)"
    lines = f"{divided}\n%r = arith.index_cast %m : index to i32"
    with pytest.raises(SpatialError) as error:
        raised_text(_body(lines, result="i32"))
    assert str(error.value) == (
        "linalg.generic (%y): it computes with (d0 mod 3) of its loops, and a pattern divides "
        "indices only to read with them; read such numbers from a tensor"
    )


# --- reductions


def test_the_place_of_a_maximum_is_left_out_where_nobody_asks(native: Native):
    text = """
    func.func @main(%x: tensor<3x4xf32>) -> tensor<3x1xf32> {
      %low = arith.constant 0xFF800000 : f32
      %c0 = arith.constant 0 : i64
      %e = tensor.empty() : tensor<3x1xf32>
      %n = tensor.empty() : tensor<3x1xi64>
      %f = linalg.fill ins(%low : f32) outs(%e : tensor<3x1xf32>) -> tensor<3x1xf32>
      %g = linalg.fill ins(%c0 : i64) outs(%n : tensor<3x1xi64>) -> tensor<3x1xi64>
      %y, %at = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
          affine_map<(d0, d1) -> (d0, 0)>, affine_map<(d0, d1) -> (d0, 0)>],
          iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<3x4xf32>) outs(%f, %g : tensor<3x1xf32>, tensor<3x1xi64>) {
      ^bb0(%a: f32, %most: f32, %place: i64):
        %i = linalg.index 1 : index
        %here = arith.index_cast %i : index to i64
        %m = arith.maximumf %a, %most : f32
        %c = arith.cmpf ogt, %a, %most : f32
        %p = arith.select %c, %here, %place : i64
        linalg.yield %m, %p : f32, i64
      } -> (tensor<3x1xf32>, tensor<3x1xi64>)
      func.return %y : tensor<3x1xf32>
    }"""
    module = raised_text(native.generic(text), generic=True)
    (reduce,) = [op for op in module.walk() if isinstance(op, ReduceOp)]
    assert reduce.kind_names == ("max",)
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    (got,) = evaluate(module, {"arg0": x}, {}).values()
    np.testing.assert_array_equal(got, x.max(1, keepdims=True))


def test_sums_that_start_from_a_tensor_keep_dimensions_of_one_element():
    text = """
    func.func @main(%x: tensor<3x4xf32>) -> tensor<1x3xf32> {
      %s = tensor.extract_slice %x[0, 1] [3, 1] [1, 1] : tensor<3x4xf32> to tensor<3xf32>
      %f = tensor.expand_shape %s [[0, 1]] output_shape [1, 3] : tensor<3xf32> into tensor<1x3xf32>
      %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
          affine_map<(d0, d1) -> (0, d0)>], iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<3x4xf32>) outs(%f : tensor<1x3xf32>) {
      ^bb0(%a: f32, %sum: f32):
        %t = arith.addf %a, %sum : f32
        linalg.yield %t : f32
      } -> tensor<1x3xf32>
      func.return %y : tensor<1x3xf32>
    }"""
    module = raised_text(text)
    assert [op.domain for op in module.walk() if isinstance(op, MapOp)] == [(1, 3)]
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    np.testing.assert_allclose(_result(module, x), (x.sum(1) + x[:, 1])[None], rtol=1e-6)


def test_conditions_are_combined_there_and_back(program: Program):
    kinds = ("max", "min", "add", "mul")
    types, names = ", ".join(["tensor<3xi1>"] * 4), ", ".join(f"%{kind}" for kind in kinds)
    module = program(f"""
    func.func @main(%x: tensor<3x4xf32>) -> ({types}) {{
      %p, %q, %r, %s = pattern.map (%i in 3) -> ({types}) {{
        %c = arith.constant 0.3 : f32
        {names} = pattern.reduce {", ".join(kinds)} (%k in 4) : i1, i1, i1, i1 {{
          %v = pattern.read %x[%i, %k] : tensor<3x4xf32>
          %g = arith.cmpf ogt, %v, %c : f32
          pattern.yield %g, %g, %g, %g : i1, i1, i1, i1
        }}
        pattern.yield {names} : i1, i1, i1, i1
      }}
      func.return %p, %q, %r, %s : {types}
    }}""")
    x = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1]], np.float32)
    check_there_and_back(module, {"x": x})
