"""The options of `spatial-opt` for MLIR."""

import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from spatial_opt.runtime import bindings

ROOT = Path(__file__).parents[3]
NETWORK = str(ROOT / "examples" / "digits_lstm.mlir")
CELL = str(ROOT / "examples" / "cells" / "matvec_mixed8.mlir")

needs_mlir = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")
Run = Callable[..., Any]


def _mlir_opt() -> str | None:
    """Find MLIR's own command line tool, which comes with torch-mlir."""
    found = bindings.find()
    if found is not None and found.prefix == "torch_mlir":
        libraries = import_module("torch_mlir._mlir_libs").__path__
        for folder in libraries:
            path = Path(folder) / "torch-mlir-opt"
            if path.exists():
                return str(path)
    return which("mlir-opt")


@pytest.mark.parametrize("dialect", ["rnn", "pattern", "spatial"])
def test_definitions_need_no_input(run_tool: Run, dialect: str):
    ran = run_tool("spatial-opt", "--emit-irdl", dialect, stdin="no IR at all")
    assert (ran.code, ran.err) == (0, "")
    assert f"irdl.dialect @{dialect} {{" in ran.out
    assert ran.out.count("irdl.dialect") == 1


def test_several_definitions_go_into_a_file(run_tool: Run, tmp_path: Path):
    path = tmp_path / "ours.irdl.mlir"
    ran = run_tool("spatial-opt", "--emit-irdl", "rnn", "--emit-irdl", "pattern", "-o", str(path))
    assert (ran.code, ran.out) == (0, "")
    assert path.read_text().count("irdl.dialect @") == 2


def test_unknown_dialects_are_wrong_usage(run_tool: Run):
    ran = run_tool("spatial-opt", "--emit-irdl", "pettern")
    assert ran.code == 2
    assert "invalid choice: 'pettern' (choose from" in ran.err


def test_generic_form_and_back(run_tool: Run):
    plain = run_tool("spatial-opt", CELL, "-p", "pattern-expand-activations")
    generic = run_tool("spatial-opt", CELL, "-p", "pattern-expand-activations", "--emit-mlir")
    assert "operandSegmentSizes = array<i32: 1, 0," in generic.out
    back = run_tool("spatial-opt", "--from-mlir", stdin=generic.out)
    assert (back.code, back.out) == (0, plain.out)


def test_slots_of_the_definition_suit_the_module(run_tool: Run):
    kinds = ", ".join(["f32"] * 20)
    values = ", ".join(["%e"] * 20)
    types = ", ".join(["tensor<2xf32>"] * 20)
    results = ", ".join(f"%r{n}" for n in range(20))
    text = f"""func.func @main(%x: tensor<2xf32>) -> ({types}) {{
      {results} = pattern.map (%i in 2) -> ({types}) {{
        %e = pattern.read %x[%i] : tensor<2xf32>
        pattern.yield {values} : {kinds}
      }}
      func.return {results} : {types}
    }}"""
    assert "res_16" not in run_tool("spatial-opt", "--emit-irdl", "pattern").out
    generic = run_tool("spatial-opt", "--emit-mlir", stdin=text)
    assert generic.out.count("array<i32: " + ", ".join(["1"] * 20 + ["0"] * 12) + ">") == 2
    assert run_tool("spatial-opt", "--from-mlir", stdin=generic.out).code == 0


def test_definition_for_a_module(run_tool: Run, tmp_path: Path):
    path = tmp_path / "many.mlir"
    types = ", ".join(["f32"] * 17)
    carried = ", ".join(f"%c{n} = %x : f32" for n in range(17))
    path.write_text(
        f"""func.func @main(%x: f32) {{
          {", ".join(f"%r{n}" for n in range(17))} = pattern.scan (%t in 2)
              carry ({carried}) -> ({types}) {{
            pattern.next {", ".join(f"%c{n}" for n in range(17))} : {types}
          }}
          func.return
        }}"""
    )
    ran = run_tool("spatial-opt", str(path), "--emit-irdl", "pattern")
    assert ran.code == 0, ran.err
    assert "inits_31: optional" in ran.out
    assert "inits_32: optional" not in ran.out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('"builtin.module"() ({ "no.such"() : () -> () }) : () -> ()', "no.such is not registered"),
        ('"builtin.module"() ({', "stdin:1:"),
        (
            '"builtin.module"() ({}) {a.b = #spatial.init_table<"x">} : () -> ()',
            "spatial.init_table has 3 parameters, got 1",
        ),
    ],
)
def test_what_mlir_did_not_print(run_tool: Run, text: str, sentence: str):
    ran = run_tool("spatial-opt", "--from-mlir", stdin=text)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("spatial-opt: error: stdin")
    assert sentence in ran.err


@needs_mlir
def test_the_second_opinion_names_the_pass(run_tool: Run):
    text = """func.func @main(%x: f32) -> f32 {
      %z = arith.constant 2.0 : f32
      %y = arith.mulf %x, %z : f32
      func.return %y : f32
    }
    """
    assert run_tool("spatial-opt", "--verify-with-mlir", "-p", "canonicalize", stdin=text).code == 0
    late = text.replace("%y = arith.mulf %x, %z", '%y = "arith.mulf"(%x, %late)').replace(
        ": f32\n      func.return", ": (f32, f32) -> f32\n%late = arith.negf %x : f32\nfunc.return"
    )
    ran = run_tool("spatial-opt", "--verify-with-mlir", stdin=late)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[0] == (
        "spatial-opt: error: MLIR refuses arith.mulf %y in @main at stdin:3:7: operand #1 does not "
        "dominate this use; correct it, or the pass that made it"
    )


@needs_mlir
def test_lines_count_through_split_files(run_tool: Run):
    good = "func.func @f() {\n  func.return\n}\n"
    bad = 'func.func @g(%x: f32) {\n  "arith.negf"(%y) : (f32) -> f32\n' + (
        "  %y = arith.negf %x : f32\n  func.return\n}\n"
    )
    ran = run_tool(
        "spatial-opt", "--verify-with-mlir", "--split-input-file", stdin=f"{good}// -----\n{bad}"
    )
    assert ran.code == 1
    assert "MLIR refuses arith.negf in @g at stdin:6:3: operand #0 does not" in ran.err


@needs_mlir
@pytest.mark.skipif(_mlir_opt() is None, reason="needs torch-mlir-opt or mlir-opt")
def test_definitions_and_modules_with_mlir_opt(run_tool: Run, tmp_path: Path):
    tool = _mlir_opt()
    assert tool is not None
    definitions, module = tmp_path / "ours.irdl.mlir", tmp_path / "net.mlir"
    run_tool("spatial-opt", "--emit-irdl", "rnn", "--emit-irdl", "pattern", "-o", str(definitions))
    run_tool("spatial-opt", NETWORK, "--emit-mlir", "-o", str(module))
    command = [tool, f"--irdl-file={definitions}", "-cse", "--mlir-print-op-generic"]
    ran = subprocess.run([*command, str(module)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    back = run_tool("spatial-opt", "--from-mlir", stdin=ran.stdout)
    again = run_tool("spatial-opt", "--emit-mlir", stdin=back.out)
    plain = run_tool("spatial-opt", NETWORK, "--emit-mlir")
    assert [line.split("(")[0] for line in _without_names(again.out)] == [
        line.split("(")[0] for line in _without_names(plain.out)
    ]
    wrong = module.read_text().replace('"lstm.W"', "3 : i32")
    module.write_text(wrong)
    ran = subprocess.run([*command, str(module)], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "expected base attribute 'builtin.string' but got 'builtin.integer'" in ran.stderr


def _without_names(text: str) -> list[str]:
    return [line.split(" = ", 1)[-1].strip() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("mlir{pipeline=3}", "option 'pipeline' takes a word, got 3"),
        ("mlir{pipeline=cse,canonicalize}", "option 'pipeline' takes a word, got cse,canonicalize"),
        (
            'mlir{pipelin="x"}',
            "there is no option 'pipelin', did you mean 'pipeline'?; its options are pipeline, "
            "isolate",
        ),
        ("mlir", 'mlir requires argument "pipeline"'),
    ],
)
def test_options_of_the_pass(run_tool: Run, spec: str, sentence: str):
    ran = run_tool("spatial-opt", CELL, "-p", spec)
    assert (ran.code, ran.out, ran.err) == (1, "", f"spatial-opt: error: mlir: {sentence}\n")
