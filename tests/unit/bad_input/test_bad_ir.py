"""Programs that can't be read, or that are not what they should be."""

import re
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "bad.mlir:1:1: the text is empty; write a module"),
        ("\n \n", "the text is empty; write a module"),
        ("func.func @main(", "bad.mlir:1:17: Expected argument or type"),
        (b"\x89PNG\r\n\x1a\n", "bad.mlir: not UTF-8 text: invalid start byte at byte 0"),
        (b"func\xff", "bad.mlir: not UTF-8 text: invalid start byte at byte 4"),
        (b"\x00\x01\x02{}", "bad.mlir:1:1: Unexpected character: \\x00"),
        ('"' + "a" * 4000, "bad.mlir:1:1: this string is not closed on its line"),
        ('// "\n"a" "\\q" ' + "a" * 4000, "bad.mlir:2:5: this string is not closed on its line"),
        ('"test.op"() ({' * 400 + "}) : () -> ()" * 400, "nested too deeply"),
        ("func.func @f() {\n  func.return\n} }", "bad.mlir:3:3: "),
    ],
)
def test_text_that_is_no_ir(bad: Any, content: str | bytes, sentence: str) -> None:
    name = bad.write("bad.mlir", content)
    assert sentence in bad.refused("spatial-opt", name)
    assert sentence in bad.refused(name)


@pytest.mark.parametrize("name", ["net.mlir", "pattern.mlir", "config.mlir"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.93])
def test_a_file_cut_short(bad: Any, name: str, part: float) -> None:
    text = bad.text(name).rstrip()
    cut = bad.write("bad.mlir", text[: int(part * len(text))])
    assert re.match(r"bad.mlir:\d+:\d+: ", bad.refused("spatial-opt", cut))
    assert re.match(r"bad.mlir:\d+:\d+: ", bad.refused(cut))


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        ("net", "rnn.rnn", "rnn.rnnn", "rnn.rnnn is not registered; did you mean rnn.rnn?"),
        ("net", "rnn.rnn", "rnnn.rnn", "rnnn.rnn is not registered; did you mean rnn.rnn?"),
        ("net", "rnn.rnn", "qqqq.zz", "Operation qqqq.zz is not registered; see docs/dialects"),
        ("pattern", "pattern.map", "pattern.mpa", "did you mean pattern.map?"),
        ("config", "spatial.pcu", "spatial.pcv", "did you mean spatial.pcu?"),
        ("net", "xf32>", "xf33>", "bad.mlir:3:37: Expected shape type"),
        ("net", "[relu]", "[relo]", "Expected one of 'affine', "),
        ("net", "func.return %y", "func.return %z", "values used but not defined: [%z]"),
        ("net", "%r = ", "%w = ", "SSA value %w is already defined"),
        (
            "net",
            "hidden 6",
            "hidden 7",
            "W must be directions x hidden_size x input size = 1x7x5",
        ),
        ("net", "hidden 6", "hidden " + "9" * 30, "out of range for type i64"),
        ("net", "1x6x5xf32", "1x7x5xf32", "operand is used with type tensor<1x6x5xf32>, but"),
        ("net", "1x6x5xf32", "1x6x5xi32", "operand is used with type tensor<1x6x5xf32>, but"),
        ("pattern", "4x1x5xf32", "4x1x3xf32", "operand is used with type tensor<4x1x5xf32>, but"),
        ("config", " depth ", " depth -", "bad.mlir:"),
        ("config", "pcu.lanes = 16 : i64, ", "", "key 'pcu.lanes' is missing"),
        ("config", "pcu.lanes = 16 : i64", "pcu.lanes = true", "'pcu.lanes' must be an integer"),
        ("config", "pcu.lanes = ", "pcu.lane = ", "unknown key 'pcu.lane', did you mean 'pcu.la"),
    ],
)
def test_programs_that_are_wrong(bad: Any, name: str, old: str, new: str, sentence: str) -> None:
    model = bad.edit(f"{name}.mlir", old, new)
    assert sentence in bad.refused("spatial-opt", model)
    found = bad.refused(model)
    assert sentence in found
    assert found.startswith("bad.mlir:")


def test_shapes_that_do_not_fit_each_other(bad: Any) -> None:
    text = bad.text("net.mlir").replace("tensor<1x6x5xf32>", "tensor<1x7x5xf32>")
    sentence = (
        "bad.mlir: W must be directions x hidden_size x input size = 1x6x5xf32, got 1x7x5xf32"
    )
    assert bad.refused("spatial-opt", bad.write("bad.mlir", text)) == sentence
    assert bad.refused("bad.mlir") == sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("module {}", "the module holds neither a func.func @main nor a spatial.config"),
        ("func.func @main() {\n  func.return\n}", "@main has no result, so there is nothing to r"),
        ("func.func @f() {\n  func.return\n}", "one function @main with a body, found @f"),
    ],
)
def test_programs_with_nothing_to_run(bad: Any, content: str, sentence: str) -> None:
    assert sentence in bad.refused(bad.write("bad.mlir", content))


def test_a_shape_left_open(bad: Any) -> None:
    text = bad.text("net.mlir").replace("tensor<4x1x5xf32>", "tensor<?x1x5xf32>")
    assert "static f32 tensor" in bad.refused(bad.write("bad.mlir", text))


def test_a_deadlock_names_who_waits_for_whom(bad: Any) -> None:
    text = re.sub(
        r"( to @scan::@again\w* : token depth \d+) init 1", r"\1", bad.text("config.mlir")
    )
    assert text != bad.text("config.mlir")
    sentence = bad.refused(bad.write("bad.mlir", text), lines=15)
    assert re.match(r"deadlock: \d+ of \d+ processes wait for ever", sentence)
    assert "scan -> " in sentence
    assert "deepen a full channel or add initial tokens" in sentence
