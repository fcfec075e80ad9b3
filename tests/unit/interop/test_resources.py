"""Constants behind the module: put where they are used, everything else as it was."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.arith import ConstantOp
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr

from spatial_opt.interop.generic_reader import read_generic
from spatial_opt.interop.resources import inline_resources

VALUES = np.array([1.5, -2.0, 0.25], np.float32)
BYTES = VALUES.tobytes().hex().upper()
TEXT = f"""func.func @main() -> tensor<3xf32> {{
  %c = arith.constant dense_resource<torch_3.f32> : tensor<3xf32>
  func.return %c : tensor<3xf32>
}}
{{-#
  dialect_resources: {{
    builtin: {{
      torch_3.f32: "0x04000000{BYTES}",
      "another one": "0x04000000"
    }}
  }}
#-}}
"""


def _constant(text: str) -> DenseIntOrFPElementsAttr:
    (op,) = [op for op in read_generic(text, "test").walk() if isinstance(op, ConstantOp)]
    assert isinstance(op.value, DenseIntOrFPElementsAttr)
    return op.value


def test_values_stand_where_they_are_used():
    assert _constant(TEXT).get_values() == tuple(VALUES.tolist())
    # A second text with the same keys is read by itself.
    assert _constant(TEXT.replace(BYTES, BYTES[8:] + BYTES[:8])).get_values() == (-2.0, 0.25, 1.5)


def test_lines_keep_their_numbers():
    text = f"{TEXT}// the end\n"
    after = inline_resources(text).splitlines()
    assert len(after) == len(text.splitlines())
    assert after[-1] == "// the end"
    assert not any("resource" in line for line in after)


def test_names_in_quotes():
    quoted = TEXT.replace("torch_3.f32", '"torch 3"')
    assert f'dense<"0x{BYTES}">' in inline_resources(quoted)


@pytest.mark.parametrize(
    "text",
    [
        TEXT[: TEXT.index("{-#")],
        "// dense_resource<a> {-# #-",
        '"test.op"() {a = "dense_resource<torch_3.f32>"} : () -> ()',
    ],
)
def test_other_texts_stay(text: str):
    assert inline_resources(text) == text


def test_strings_and_comments_stay():
    held = '  "test.op"() {a = "dense_resource<torch_3.f32>"} : () -> () // dense_resource<x>\n'
    assert held in inline_resources(TEXT.replace("  func.return", f"{held}  func.return"))


def test_the_tool_reads_them_in_both_forms(run_tool: Callable[..., Any]):
    plain = run_tool("spatial-opt", stdin=TEXT)
    assert plain.code == 0
    assert "dense<[1.5" in plain.out
    assert run_tool("spatial-opt", "--from-mlir", stdin=TEXT).out == plain.out
    assert run_tool("spatial-opt", "--verify-with-mlir", stdin=TEXT).out == plain.out


@pytest.mark.parametrize("bytes", [BYTES[8:], BYTES[1:], ""])
def test_wrong_sizes(run_tool: Callable[..., Any], bytes: str):
    for options in ((), ("--from-mlir",)):
        ran = run_tool("spatial-opt", *options, stdin=TEXT.replace(BYTES, bytes))
        assert (ran.code, ran.out) == (1, "")
        # xDSL notices once it has read the type, at the end of the line.
        assert ran.err.startswith("spatial-opt: error: stdin:3:3: ")


def test_numbers_that_are_not_in_the_text(run_tool: Callable[..., Any]):
    text = TEXT.replace("dense_resource<torch_3.f32>", "dense_resource<__elided__>")
    for options in ((), ("--from-mlir",)):
        ran = run_tool("spatial-opt", *options, stdin=text)
        assert (ran.code, ran.err) == (0, "")
        assert "dense_resource<__elided__" in ran.out
        ran = run_tool("spatial-opt", *options, "-p", "convert-linalg-to-pattern", stdin=text)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith(
            "spatial-opt: error: convert-linalg-to-pattern: arith.constant (%c): its numbers do "
            "not stand in the text; write them as dense, or pass an argument"
        )
