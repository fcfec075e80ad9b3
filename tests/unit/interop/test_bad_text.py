"""Text that is damaged: one sentence with its place, exit code 1, and nothing written."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
ROOT = Path(__file__).parents[3]
UPSTREAM = ROOT / "tests" / "unit" / "linalg" / "torch_mlir"
RAISE = ("-p", "convert-linalg-to-pattern")
LOWER = ("-p", "convert-pattern-to-linalg")

GENERIC = (UPSTREAM / "rnn_relu.mlir").read_text()
CUSTOM = (UPSTREAM / "gru.mlir").read_text()


def _refused(run_tool: Run, text: str, *options: str) -> str:
    ran = run_tool("spatial-opt", *options, stdin=text)
    assert (ran.code, ran.out) == (1, ""), text
    assert ran.err.startswith("spatial-opt: error: ")
    return ran.err.splitlines()[0].removeprefix("spatial-opt: error: ")


FAULTS = {
    "a word that a parser of xDSL takes for granted": (
        CUSTOM.replace("linalg.matmul ins", "linalg.matmul in", 1),
        (),
        "what stands in front of this place can't be read (IndexError: list index out of range)",
    ),
    "an integer of a million bits": (
        GENERIC.replace("array<i32", "array<i1000000", 1),
        ("--from-mlir",),
        "what stands in front of this place can't be read (NotImplementedError: Format not "
        "implemented for i1000000)",
    ),
    "a permutation beyond the dimensions": (
        CUSTOM.replace("permutation = [1, 0]", "permutation = [1, 9]", 1),
        (),
        "linalg.transpose is wrong in a way that its verifier does not expect (IndexError: tuple "
        "index out of range); compare it with the definition",
    ),
    "a function without a type": (
        GENERIC.replace("function_type = ", "kind = ", 1),
        ("--from-mlir",),
        "func.func has no function_type, which it needs; add it",
    ),
    "the end is missing": (GENERIC[: len(GENERIC) // 2], ("--from-mlir",), ""),
    "metadata without an end": (GENERIC + "{-# dialect_resources: {", ("--from-mlir",), ""),
    "no text": ("", ("--from-mlir",), "stdin:1:1: the text is empty; write a module"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults(run_tool: Run, name: str):
    text, options, sentence = FAULTS[name]
    assert sentence in _refused(run_tool, text, *options)


LATE = """func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.add ins(%z, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>)
    -> tensor<4xf32>
  %z = linalg.add ins(%x, %x : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>)
    -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}"""
LATE_SCALAR = """func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = pattern.map (%i in 4) -> tensor<4xf32> {
    %a = "arith.negf"(%b) : (f32) -> f32
    %b = pattern.read %x[%i] : tensor<4xf32>
    pattern.yield %a : f32
  }
  func.return %y : tensor<4xf32>
}"""


def test_results_that_are_used_too_early(run_tool: Run):
    assert _refused(run_tool, LATE, *RAISE) == (
        "convert-linalg-to-pattern: linalg.add (%z): its result is used before it is computed; "
        "move it in front of what takes it"
    )
    assert _refused(run_tool, LATE_SCALAR, *LOWER) == (
        "convert-pattern-to-linalg: %b (pattern.read) is used before it is computed; move it in "
        "front of what takes it"
    )


def test_nothing_is_written(run_tool: Run, tmp_path: Path):
    model, out = tmp_path / "net.mlir", tmp_path / "out.mlir"
    model.write_text(GENERIC[:-20])
    ran = run_tool("spatial-opt", str(model), "--from-mlir", "-o", str(out))
    assert ran.code == 1
    assert not out.exists()
    model.write_text(CUSTOM[:-20])
    ran = run_tool("spatial-import", str(model), "-o", str(out))
    assert ran.code == 1
    assert str(model) in ran.err
    assert not list(tmp_path.glob("out*"))


def _damaged(text: str, seed: int) -> str:
    """Cut a text off, or take out or change something in it."""
    r = random.Random(seed)
    place = r.randrange(len(text))
    match r.randrange(5):
        case 0:
            return text[:place]
        case 1:
            return text[:place] + text[place + r.randint(1, 30) :]
        case 2:
            return text[:place] + r.choice('<>(){}[]%"#!:=,-0x9?*') + text[place + 1 :]
        case 3:
            number = r.choice(list(re.finditer(r"\d+", text)))
            new = r.choice(["0", "-1", "7", "99999999999999999999", "1000000"])
            return text[: number.start()] + new + text[number.end() :]
        case _:
            lines = text.splitlines(True)
            lines.insert(r.randrange(len(lines)), lines.pop(r.randrange(len(lines))))
            return "".join(lines)


def _check_damage(run_tool: Run, seed: int) -> None:
    for text, options in ((GENERIC, ("--from-mlir", *RAISE)), (CUSTOM, RAISE)):
        ran = run_tool("spatial-opt", *options, stdin=_damaged(text, seed))
        assert ran.code in (0, 1)
        if ran.code:
            assert ran.out == ""
            assert ran.err.startswith("spatial-opt: error: ")


def test_damage(run_tool: Run):
    for seed in range(8):
        _check_damage(run_tool, seed)


@pytest.mark.long
def test_more_damage(run_tool: Run):
    for seed in range(8, 700):
        _check_damage(run_tool, seed)
