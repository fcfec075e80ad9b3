"""Networks that another front end of MLIR has lowered: their constants become parameters."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.dialects import arith
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.pattern import ParameterOp
from spatial_opt.frontends.upstream import import_upstream, is_upstream, take_constants
from spatial_opt.runtime.array_files import load_arrays
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.compilation import make_context

Run = Callable[..., Any]
ROOT = Path(__file__).parents[3]
LAYER = ROOT / "tests" / "unit" / "linalg" / "torch_mlir" / "gru.mlir"
WEIGHTS = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], np.float32)
BYTES = WEIGHTS.tobytes().hex().upper()

NETWORK = f"""
func.func @net(%x: tensor<3xf32>) -> tensor<2xf32> {{
  %zero = arith.constant 0.0 : f32
  %weights = arith.constant dense<"0x{BYTES}"> : tensor<2x3xf32>
  %bias = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %scale = arith.constant dense<2.0> : tensor<2xf32>
  %e = tensor.empty() : tensor<2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2xf32>) -> tensor<2xf32>
  %p = linalg.generic {{indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
      affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>],
      iterator_types = ["parallel", "reduction"]}}
      ins(%weights, %x : tensor<2x3xf32>, tensor<3xf32>) outs(%f : tensor<2xf32>) {{
  ^bb0(%a: f32, %b: f32, %sum: f32):
    %m = arith.mulf %a, %b : f32
    %n = arith.addf %sum, %m : f32
    linalg.yield %n : f32
  }} -> tensor<2xf32>
  %s = linalg.add ins(%p, %bias : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>)
      -> tensor<2xf32>
  %y = linalg.mul ins(%s, %scale : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>)
      -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}}
"""
X = np.array([0.5, 1.0, -2.0], np.float32)
Y = 2 * (WEIGHTS @ X + np.array([0.5, 0.25], np.float32))


def _parsed(text: str) -> ModuleOp:
    return Parser(make_context(), text, "test").parse_module()


def test_constants_become_parameters_and_one_number_everywhere_stays():
    module = _parsed(NETWORK)
    assert is_upstream(module)
    program = import_upstream(make_context(), module)
    assert not is_upstream(program.module)
    assert sorted(program.parameters) == ["bias", "weights"]
    np.testing.assert_array_equal(program.parameters["weights"], WEIGHTS)
    constants = [op for op in module.walk() if isinstance(op, arith.ConstantOp)]
    assert len(constants) == 1
    (result,) = evaluate(program.module, {"x": X}, program.parameters).values()
    np.testing.assert_array_equal(result, Y)


def test_equal_names_are_told_apart():
    module = _parsed("""
    func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xi8>) {
      %c = pattern.parameter "c" : tensor<2xf32>
      %c_1 = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
      %c_2 = arith.constant dense<[-1, 127]> : tensor<2xi8>
      %0 = arith.constant dense<[3.0, 4.0]> : tensor<2xf32>
      func.return %c, %c_1, %c_2 : tensor<2xf32>, tensor<2xf32>, tensor<2xi8>
    }""")
    taken = take_constants(module)
    module.verify()
    assert {name: array.tolist() for name, array in taken.items()} == {
        "c_1": [1.0, 2.0],
        "c_2": [-1, 127],
        "constant": [3.0, 4.0],
    }
    names = [op.name_.data for op in module.walk() if isinstance(op, ParameterOp)]
    assert names == ["c", "c_1", "c_2", "constant"]


def test_import_and_run(run_tool: Run, tmp_path: Path):
    model, out = tmp_path / "net.mlir", tmp_path / "model.mlir"
    model.write_text(NETWORK)
    ran = run_tool("spatial-import", str(model), "-o", str(out))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{out}\n{tmp_path / 'model.safetensors'} (8 numbers)\n"
    np.testing.assert_array_equal(load_arrays(tmp_path / "model.safetensors")["weights"], WEIGHTS)
    np.savez(tmp_path / "x.npz", x=X)
    for network in (model, out):
        y = tmp_path / "y.npz"
        inputs = ("--inputs", str(tmp_path / "x.npz"), "--outputs", str(y))
        ran = run_tool("spatial-run", str(network), *inputs)
        assert ran.code == 0, ran.err
        (result,) = np.load(y).values()
        np.testing.assert_allclose(result, Y, rtol=1e-6)


def test_a_file_of_weights_has_the_parameters_that_are_marked(run_tool: Run, tmp_path: Path):
    """What `convert-pattern-to-linalg` writes has weights as arguments, and tables."""
    cell = ROOT / "examples" / "cells" / "mgu_mixed8.mlir"
    lowered, weights = tmp_path / "mgu.mlir", str(cell.with_name("mgu.safetensors"))
    ran = run_tool("spatial-opt", str(cell), "-p", "convert-pattern-to-linalg", "-o", str(lowered))
    assert ran.code == 0, ran.err
    results: list[Any] = []
    for model in (cell, lowered):
        y = tmp_path / "y.npz"
        ran = run_tool("spatial-run", str(model), "--weights", weights, "--outputs", str(y))
        assert ran.code == 0, ran.err
        results.append(dict(np.load(y)))
    for name, array in results[0].items():
        np.testing.assert_allclose(results[1][name], array, rtol=0, atol=0.05)


ERRORS = {
    "ours": (
        "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\nfunc.return %x : tensor<2xf32>\n}",
        (),
        "{model} is IR of this compiler already; spatial-run and spatial-opt take it as it is",
    ),
    "dim": (
        NETWORK,
        ("--dim", "batch=1"),
        "--dim fixes open dimensions, and {model} is IR, whose shapes must be static; leave --dim "
        "out",
    ),
    "format": (
        NETWORK,
        ("--format", "int8"),
        "{model} has no recurrent or linear layer outside of loops, so no number format can be "
        "chosen; leave --format and --calibrate out",
    ),
    "operation": (
        NETWORK.replace("arith.mulf %a, %b", "math.atan2 %a, %b"),
        (),
        "convert-linalg-to-pattern: math.atan2 (%m): it has no form in a pattern, whose bodies "
        "compute with arith, and of math with absf, floor, ceil, copysign, sqrt, tanh, exp, log "
        "and erf; rewrite it with these",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(run_tool: Run, tmp_path: Path, name: str):
    text, options, sentence = ERRORS[name]
    model = tmp_path / "net.mlir"
    model.write_text(text)
    ran = run_tool("spatial-import", str(model), "-o", str(tmp_path / "out.mlir"), *options)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"spatial-import: error: {sentence.format(model=model)}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["net.mlir"]
