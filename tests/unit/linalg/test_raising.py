"""Raising to patterns: what torch-mlir emits, and what our own conversion to linalg writes."""

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Native
from nested_programs import NESTED
from random_numbers import arithmetic, conversion, numbers, reduction
from test_programs import CELLS, EXPORTED, random_program, read_example
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.pattern import ActivateOp, MapOp, ReadOp, ScanOp
from spatial_opt.interop.generic_reader import read_generic
from spatial_opt.lowering.convert_linalg_to_pattern import ConvertLinalgToPatternPass
from spatial_opt.lowering.convert_pattern_to_linalg import ConvertPatternToLinalgPass
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import values
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import random_inputs
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

Program = Callable[[str], ModuleOp]
UPSTREAM = Path(__file__).parent / "torch_mlir"
NO_ARRAYS: Mapping[str, Array] = {}


def _load_generator() -> Any:
    spec = importlib.util.spec_from_file_location("torch_mlir_inputs", UPSTREAM / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR: Any = _load_generator()


def raised(module: ModuleOp) -> ModuleOp:
    """Raise a module to patterns."""
    ConvertLinalgToPatternPass().apply(Context(), module)
    module.verify()
    return module


def there_and_back(module: ModuleOp, exact: bool) -> ModuleOp:
    """Convert patterns to upstream dialects, through their text, and raise them again."""
    module = module.clone()
    ConvertPatternToLinalgPass(exact).apply(Context(), module)
    return raised(Parser(make_context(), str(module), "test").parse_module())


def _check(
    module: ModuleOp, inputs: Mapping[str, Array], parameters: Mapping[str, Array] = NO_ARRAYS
) -> None:
    with np.errstate(all="ignore"):
        want = evaluate(module, inputs, parameters)
        for exact in (True, False):
            got = evaluate(there_and_back(module, exact), inputs, parameters)
            assert list(got) == list(want)
            for name, array in want.items():
                if exact or array.dtype.kind != "f":
                    np.testing.assert_array_equal(got[name], array)
                    continue
                largest = np.abs(array[np.isfinite(array)]).max(initial=0.0)
                np.testing.assert_allclose(got[name], array, rtol=0, atol=2e-5 * largest)


# --- from torch-mlir


def _raised_layer(name: str) -> ModuleOp:
    text = (UPSTREAM / f"{name}.mlir").read_text()
    if name in GENERATOR.GENERIC:
        return raised(read_generic(text, name))
    return raised(Parser(make_context(), text, name).parse_module())


def _arrays(name: str) -> dict[str, Array]:
    generator = np.random.default_rng(7)
    shapes: dict[str, tuple[int, ...]] = GENERATOR.shapes(name)
    return {
        key: generator.uniform(-1, 1, shape).astype(np.float32) for key, shape in shapes.items()
    }


def _onnx_results(name: str, arrays: Mapping[str, Array]) -> list[Array]:
    runtime: Any = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    session = runtime.InferenceSession(
        GENERATOR.model(name).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, dict(arrays))


@pytest.mark.parametrize("name", GENERATOR.LAYERS)
def test_layers_of_torch_mlir(name: str):
    module, arrays = _raised_layer(name), _arrays(name)
    inputs = dict(zip(random_inputs(module, 0), arrays.values(), strict=True))
    got = evaluate(module, inputs, {})
    for result, want in zip(got.values(), _onnx_results(name, arrays), strict=True):
        np.testing.assert_allclose(result, want, rtol=0, atol=1e-6)


def test_a_raised_layer_is_one_recurrence_of_ordinary_patterns():
    module = _raised_layer("lstm")
    (scan,) = [op for op in module.walk() if isinstance(op, ScanOp)]
    assert scan.steps == GENERATOR.STEPS
    assert len(scan.inits) == 2
    assert len(scan.next.emits) == 1
    functions = [op.function.data for op in module.walk() if isinstance(op, ActivateOp)]
    assert sorted(functions) == ["sigmoid"] * 3 + ["tanh"] * 2
    # No slice, transposition or reshape is a copy, but for the results of the function.
    bodies = [list(op.body.block.ops) for op in module.walk() if isinstance(op, MapOp)]
    copies = [ops for ops in bodies if len(ops) == 2 and isinstance(ops[0], ReadOp)]
    assert len(copies) == 3


@pytest.mark.long
@pytest.mark.parametrize("name", GENERATOR.LAYERS)
def test_raised_layers_run_on_the_machine(name: str):
    module, arrays = _raised_layer(name), _arrays(name)
    inputs = dict(zip(random_inputs(module, 0), arrays.values(), strict=True))
    compile_module(make_context(), module, steps_for(module, "fused", {}), Compilation())
    got = values.evaluate(module, inputs, {})
    for result, want in zip(got.values(), _onnx_results(name, arrays), strict=True):
        np.testing.assert_allclose(result, want, rtol=0, atol=2e-6)


@pytest.mark.long
@pytest.mark.parametrize("name", GENERATOR.LAYERS)
def test_the_script_makes_such_files(name: str):
    pytest.importorskip("onnx")
    if importlib.util.find_spec("torch_mlir") is None:
        pytest.skip("torch-mlir is not installed")
    text = GENERATOR.lowered(name)
    module = (
        raised(read_generic(text, name))
        if name in GENERATOR.GENERIC
        else raised(Parser(make_context(), text, name).parse_module())
    )
    assert str(module) == str(_raised_layer(name))


# --- named operations

PRODUCTS = {
    "linalg.dot": ((7,), (7,), (), "k,k->"),
    "linalg.matvec": ((4, 7), (7,), (4,), "mk,k->m"),
    "linalg.vecmat": ((7,), (7, 5), (5,), "k,kn->n"),
    "linalg.matmul": ((4, 7), (7, 5), (4, 5), "mk,kn->mn"),
    "linalg.batch_matvec": ((3, 4, 7), (3, 7), (3, 4), "bmk,bk->bm"),
    "linalg.batch_matmul": ((3, 4, 7), (3, 7, 5), (3, 4, 5), "bmk,bkn->bmn"),
}


def _type(shape: tuple[int, ...]) -> str:
    return f"tensor<{''.join(f'{extent}x' for extent in shape)}f32>"


def _named(name: str, types: list[str], results: str) -> str:
    given = ", ".join(f"%a{n}: {type}" for n, type in enumerate(types))
    names = ", ".join(f"%a{n}" for n in range(len(types)))
    return f"""
    func.func @main({given}, %init: {results}) -> {results} {{
      %y = {name} ins({names} : {", ".join(types)}) outs(%init : {results}) -> {results}
      func.return %y : {results}
    }}"""


def _from_upstream(native: Native, text: str) -> ModuleOp:
    generic = native.generic(text)
    return raised(read_generic(generic, "test", allow_unregistered=True))


@pytest.mark.parametrize("name", PRODUCTS)
def test_named_products(native: Native, name: str):
    *factors, result, formula = PRODUCTS[name]
    module = _from_upstream(native, _named(name, [_type(f) for f in factors], _type(result)))
    inputs = random_inputs(module, 0)
    first, second, init = inputs.values()
    (got,) = evaluate(module, inputs, {}).values()
    want = init + np.einsum(formula, first, second)
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-6)


def _reciprocal_root(array: Array) -> Array:
    return np.asarray(1 / np.sqrt(array))


ELEMENTS: dict[str, tuple[int, Callable[..., Array]]] = {
    "linalg.add": (2, np.add),
    "linalg.sub": (2, np.subtract),
    "linalg.mul": (2, np.multiply),
    "linalg.div": (2, np.divide),
    "linalg.max": (2, np.maximum),
    "linalg.exp": (1, np.exp),
    "linalg.tanh": (1, np.tanh),
    "linalg.abs": (1, np.abs),
    "linalg.square": (1, np.square),
    "linalg.negf": (1, np.negative),
    "linalg.rsqrt": (1, _reciprocal_root),
}


@pytest.mark.parametrize("name", ELEMENTS)
def test_named_elementwise_operations(native: Native, name: str):
    count, compute = ELEMENTS[name]
    type = _type((3, 5))
    module = _from_upstream(native, _named(name, [type] * count, type))
    inputs = {key: np.abs(array) + 0.1 for key, array in random_inputs(module, 0).items()}
    (got,) = evaluate(module, inputs, {}).values()
    want = compute(*list(inputs.values())[:count])
    np.testing.assert_allclose(got, want, rtol=2e-6)


# --- there and back


@pytest.mark.parametrize("path", CELLS[::2], ids=lambda path: path.stem)
def test_cells_there_and_back(path: Path):
    _check(*read_example(path))


@pytest.mark.long
@pytest.mark.parametrize("path", CELLS[1::2] + EXPORTED, ids=lambda path: path.stem)
def test_other_examples_there_and_back(path: Path):
    _check(*read_example(path))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("write", [reduction, conversion, arithmetic])
def test_numbers_there_and_back(program: Program, write: Callable[[int], str], seed: int):
    module = program(write(seed))
    _check(module, numbers(module, seed, special=seed % 2 == 1))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["f32", "i32", "maps"])
def test_random_programs_there_and_back(program: Program, kind: str, seed: int):
    module = program(random_program(kind, seed))
    _check(module, numbers(module, seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 150))
def test_many_programs_there_and_back(program: Program, seed: int):
    for write in (reduction, conversion, arithmetic):
        module = program(write(seed))
        _check(module, numbers(module, seed, special=seed % 2 == 1))
    for kind in ("f32", "i32", "i8", "maps"):
        module = program(random_program(kind, seed))
        _check(module, numbers(module, seed))


@pytest.mark.parametrize(
    "name", ["scans_that_exchange_states", "results_that_need_each_other", "computed_indices"]
)
def test_nested_programs_there_and_back(program: Program, name: str):
    module = program(NESTED[name])
    _check(module, random_inputs(module, 0))


def test_raising_leaves_patterns_alone(program: Program):
    module = program(NESTED["scan_in_map"])
    before = str(module)
    assert str(raised(module)) == before


# --- refusals

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
        _generic("%r = math.erf %a : f32"),
        "math.erf (%r): it has no form in a pattern, whose bodies compute with arith, and of math "
        "with absf, floor, ceil, copysign, sqrt, tanh and exp; rewrite it with these",
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
