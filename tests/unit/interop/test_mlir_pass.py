"""MLIR's passes on our modules: names, locations, attributes, and what goes wrong."""

import platform
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from invalid_cases import context, parse
from xdsl.dialects.builtin import FileLineColLoc, IntAttr, ModuleOp, StringAttr
from xdsl.ir import Operation
from xdsl.parser import Parser

from spatial_opt.dialects.pattern_interface import inputs_of, main_function, weights_file
from spatial_opt.dialects.target import set_target
from spatial_opt.interop import pipelines
from spatial_opt.interop.generic_text import generic_text
from spatial_opt.interop.mlir import MlirPass
from spatial_opt.interop.names import keep_names
from spatial_opt.interop.places import Places
from spatial_opt.interop.session import OURS
from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime import bindings
from spatial_opt.runtime.array_files import load_arrays

pytestmark = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")


CELLS = Path(__file__).parents[3] / "examples" / "cells"


def _run(text: str, passes: str, *, isolate: bool = False) -> ModuleOp:
    module = parse(text)
    module.verify()
    MlirPass(f"builtin.module({passes})", isolate).apply(context(), module)
    module.verify()
    return module


def _named(module: ModuleOp, name: str) -> Operation:
    """Find the operation whose first result has a name."""
    return next(op for op in module.walk() if op.results and op.results[0].name_hint == name)


MERGED = """
func.func @main(%x: tensor<4xf32> {pattern.name = "x"}) -> tensor<4xf32> {
  %t = pattern.table tanh entries 4 from -1.0 to 1.0 : tensor<4xf32>
  %u = pattern.table tanh entries 4 from -1.0 to 1.0 : tensor<4xf32>
  %dead = pattern.map (%i in 4) -> tensor<4xf32> {
    %e = pattern.read %t[%i] : tensor<4xf32>
    pattern.yield %e : f32
  }
  %kept = pattern.map (%i in 4) -> tensor<4xf32> {
    %e = pattern.read %u[%i] : tensor<4xf32>
    %f = func.call @outside(%e) : (f32) -> f32
    pattern.yield %f : f32
  }
  %y = pattern.map (%i in 4) -> tensor<4xf32> {
    %a = pattern.read %t[%i] : tensor<4xf32>
    %b = pattern.read %u[3 - %i] : tensor<4xf32>
    %c = arith.addf %a, %b : f32
    pattern.yield %c : f32
  }
  func.return %y : tensor<4xf32>
}
func.func private @outside(f32) -> f32
"""


def test_pure_operations_are_merged_and_removed_and_others_kept():
    module = _run(MERGED, "canonicalize,cse")
    assert [op.name for op in module.walk()].count("pattern.table") == 1
    assert [op.name for op in module.walk()].count("pattern.map") == 2
    assert _named(module, "kept").name == "pattern.map"
    read = _named(module, "b")
    assert read.operands[0].name_hint == "t"
    assert read.operands[1].name_hint == "i"


def test_a_module_that_no_pass_changes_stays_as_it_is():
    module = parse(MERGED)
    set_target(module, load_machine("tiny"))
    before, operations = str(module), list(module.walk())
    MlirPass("builtin.module(sccp)").apply(context(), module)
    assert str(module) == before
    assert list(module.walk()) == operations


def test_attributes_keep_their_order_and_writing():
    module = parse(MERGED)
    set_target(module, load_machine("tiny"))
    before = str(module).splitlines()[0]
    MlirPass("builtin.module(cse)").apply(context(), module)
    assert str(module).splitlines()[0] == before


def test_locations_are_kept():
    module = parse(MERGED)
    for number, op in enumerate(module.walk()):
        op.location = FileLineColLoc(StringAttr("net.py"), IntAttr(number), IntAttr(1))
    expected = {name: _named(module, name).location for name in ("t", "y", "c", "kept")}
    MlirPass("builtin.module(canonicalize,cse)").apply(context(), module)
    assert {name: _named(module, name).location for name in expected} == expected


FOLDED = """
func.func @main(%x: index, %s: f32) -> (index, index, f32) {
  %two = arith.constant 2 : index
  %three = arith.constant 3 : index
  %six = arith.muli %two, %three : index
  %again = arith.constant 3 : index
  %y = arith.addi %six, %x : index
  %z = arith.muli %x, %again : index
  %one = arith.constant 1.0 : f32
  %p = arith.mulf %s, %one : f32
  %q = arith.addf %p, %p : f32
  func.return %y, %z, %q : index, index, f32
}
"""


def test_constants_keep_names_where_mlir_drops_their_locations():
    module = _run(FOLDED, "canonicalize")
    assert _named(module, "six").properties["value"] == parse_index(6)
    assert _named(module, "y").operands[1].name_hint == "six"
    assert _named(module, "y").operands[0].name_hint == "x"
    third = _named(module, "z").operands[1].name_hint
    assert third in ("three", "again")
    assert _named(module, "q").operands[0].name_hint == "s"


def parse_index(value: int) -> object:
    """Give the attribute of a number of type index."""
    return Parser(context(), f"{value} : index").parse_attribute()


AFFINE = """
func.func @main(%m: memref<16xf32>) {
  affine.for %i = 0 to 16 {
    %v = "affine.load"(%m, %i) <{map = affine_map<(d0) -> (d0)>}> : (memref<16xf32>, index) -> f32
    %w = arith.addf %v, %v : f32
    "affine.store"(%w, %m, %i) <{map = affine_map<(d0) -> (d0)>}>
      : (f32, memref<16xf32>, index) -> ()
  }
  func.return
}
"""


def test_passes_of_other_dialects():
    tiled = _run(AFFINE, "func.func(affine-loop-tile{tile-size=1 tile-sizes=4})")
    assert [op.name for op in tiled.walk()].count("affine.for") == 2
    assert _named(tiled, "v").operands[0].name_hint == "m"
    lowered = _run(AFFINE, "lower-affine")
    names = [op.name for op in lowered.walk()]
    assert "scf.for" in names
    assert "memref.load" in names
    assert not any(name.startswith("affine") for name in names)
    loop = next(op for op in lowered.walk() if op.name == "scf.for")
    assert loop.regions[0].block.args[0].name_hint == "i"


@pytest.mark.parametrize("cell", ["sru", "mgu_mixed8", "lstm_peephole"])
def test_no_bit_of_a_result_changes(cell: str, same_values: Callable[..., ModuleOp]):
    module = parse((CELLS / f"{cell}.mlir").read_text())
    generator = np.random.default_rng(5)
    inputs = {
        port.name: generator.uniform(-1, 1, port.type.get_shape()).astype(np.float32)
        for port in inputs_of(main_function(module))
    }
    weights = weights_file(module)
    assert weights is not None
    step = MlirPass("builtin.module(canonicalize,cse,sccp,canonicalize)")
    changed = same_values(module, step, inputs, load_arrays(CELLS / weights))
    assert str(changed) != str(module)


def test_floats_of_8_bits_overflow_differently():
    """The difference that docs/mlir.md names."""
    text = """func.func @main(%x: f32) -> f8E4M3FN {
      %a = arith.constant 448.0 : f8E4M3FN
      %b = arith.constant 2.0 : f8E4M3FN
      %c = arith.mulf %a, %b : f8E4M3FN
      func.return %c : f8E4M3FN
    }"""
    assert "0x7f : f8E4M3FN" in str(_run(text, "canonicalize"))


def test_isolated_gives_the_same():
    passes = "canonicalize,cse"
    assert str(_run(MERGED, passes, isolate=True)) == str(_run(MERGED, passes))


CRASH = "func.func(affine-loop-tile{tile-sizes=0})"


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64") or sys.platform != "linux",
    reason="a division by zero is a crash on this processor",
)
def test_a_crash_of_mlir_is_an_error():
    module = parse(AFFINE)
    before = str(module)
    with pytest.raises(SpatialError) as error:
        MlirPass(f"builtin.module({CRASH})", isolate=True).apply(context(), module)
    assert str(error.value) == (
        f"pipeline builtin.module({CRASH}): MLIR crashed with SIGFPE; correct it"
    )
    assert str(module) == before


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGABRT)", "MLIR crashed with SIGABRT"),
        (
            "import os; os.write(2, b'LLVM ERROR: out of registers\\n'); os.abort()",
            "MLIR crashed with SIGABRT (out of registers)",
        ),
        ("raise SystemExit('no disk')", "the process of MLIR ended with exit code 1 (no disk)"),
        ("pass", "the process of MLIR ended with exit code 0 (it wrote no reason)"),
    ],
)
def test_other_ends_of_the_process(
    body: str, sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "broken_worker.py").write_text(body)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(pipelines, "_WORKER", "broken_worker")
    with pytest.raises(SpatialError) as error:
        MlirPass("builtin.module(cse)", isolate=True).apply(context(), parse(AFFINE))
    assert str(error.value) == f"pipeline builtin.module(cse): {sentence}; correct it"


FAULTS = (
    (
        FOLDED,
        "builtin.module(convert-arith-to-spirv)",
        "xDSL can't read what builtin.module(convert-arith-to-spirv) leaves: Operation "
        "spirv.Constant is not registered; end the pipeline before",
    ),
    (
        FOLDED,
        "func.func(cse)",
        "pipeline func.func(cse) fails at builtin.module: can't run 'func.func' pass manager "
        "on 'builtin.module' op; correct the module or the pipeline",
    ),
    (
        FOLDED,
        "builtin.module(func.func(inline))",
        "pipeline builtin.module(func.func(inline)) fails at func.func @main: 'func.func' op "
        "was scheduled to run under the inliner, but does not define a symbol table; correct "
        "the module or the pipeline",
    ),
    (
        FOLDED,
        "builtin.module(canonicalize{no-such=1})",
        "pipeline builtin.module(canonicalize{no-such=1}): no such option no-such; failed to "
        "add `canonicalize` with options `no-such=1`; correct it",
    ),
    (
        FOLDED,
        "builtin.module(",
        "pipeline builtin.module(: expected pass pipeline to be wrapped with the anchor "
        "operation type, e.g. 'builtin.module(...)'; correct it",
    ),
    (
        'func.func @f(%x: f32) {\n"arith.negf"(%y) : (f32) -> f32\n'
        "%y = arith.constant 1.0 : f32\nfunc.return\n}",
        "builtin.module(cse)",
        "MLIR refuses arith.negf in @f: operand #0 does not dominate this use; correct it, or "
        "the pass that made it\n  in: %0 = arith.negf %y : f32",
    ),
)


@pytest.mark.parametrize(("text", "pipeline", "sentence"), FAULTS)
def test_errors_are_sentences(text: str, pipeline: str, sentence: str):
    _check_fault(text, pipeline, sentence, isolate=False)


@pytest.mark.parametrize(("text", "pipeline", "sentence"), FAULTS[2:3] + FAULTS[5:])
def test_errors_are_the_same_from_another_process(text: str, pipeline: str, sentence: str):
    _check_fault(text, pipeline, sentence, isolate=True)


def _check_fault(text: str, pipeline: str, sentence: str, *, isolate: bool) -> None:
    module = parse(text)
    before = str(module)
    with pytest.raises(SpatialError) as error:
        MlirPass(pipeline, isolate).apply(context(), module)
    assert str(error.value) == sentence
    assert str(module) == before


def test_pipelines_have_text():
    with pytest.raises(SpatialError, match=r"pipeline is empty; give one such as builtin.module"):
        MlirPass("  ")


def test_only_one_of_several_operations_takes_a_name():
    before = parse("func.func @f(%x: f32) {\n%a = arith.negf %x : f32\nfunc.return\n}")
    given = generic_text(before, OURS, 16)
    line = next(line for line, op in given.operations.items() if op.name == "arith.negf")
    module = parse(
        "func.func @f(%q: f32) {\n%r = arith.mulf %q, %q : f32\n%s = arith.negf %r : f32\n"
        "func.return\n}"
    )
    places = [[], [], [(line, 5)], [(line, 5)], []]
    keep_names(given, Places(places, [[]]), module)
    negated = next(op for op in module.walk() if op.name == "arith.negf")
    product = next(op for op in module.walk() if op.name == "arith.mulf")
    assert negated.results[0].name_hint == "a"
    assert product.results[0].name_hint == "r"
