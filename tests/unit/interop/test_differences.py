"""The first difference between two modules, and the sentence about it."""

import pytest
from invalid_cases import parse
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.interop.differences import first_difference
from spatial_opt.interop.findings import changed, place_of
from spatial_opt.interop.session import OURS, open_session
from spatial_opt.interop.verification import check_module
from spatial_opt.runtime import bindings

BASE = """
func.func @main(%x: tensor<8xf32>, %c: i1) -> tensor<8xf32> {
  %y = pattern.map (%i in 8 par 2) -> tensor<8xf32> {
    %e = pattern.read %x[7 - %i] : tensor<8xf32>
    %f = arith.addf %e, %e : f32
    pattern.yield %f : f32
  }
  "cf.cond_br"(%c)[^bb1, ^bb2] <{operandSegmentSizes = array<i32: 1, 0, 0>}> : (i1) -> ()
^bb1:
  func.return %y : tensor<8xf32>
^bb2:
  func.return %x : tensor<8xf32>
}
"""


def test_the_same_but_for_names_and_the_writing_of_maps():
    other = BASE.replace("%e", "%q").replace("^bb1", "^left").replace("7 - %i", "6 - %i + 1")
    assert other != BASE
    assert first_difference(parse(BASE), parse(other)) is None


@pytest.mark.parametrize(
    ("old", "new", "name", "what"),
    [
        ("arith.addf %e, %e", "arith.mulf %e, %e", "arith.addf", "the operation is arith.addf"),
        ("pattern.yield %f", "pattern.yield %e", "pattern.yield", "operand 0 is %f"),
        ("par 2", "par 4", "pattern.map", "property par is array<i64: 2>"),
        ("7 - %i", "7 - 2 * %i", "pattern.read", "property map is affine_map"),
        ("par 2)", "par 2) rows 1", "pattern.map", "property rows is none here and 1 : i64"),
        ("%y : tensor", "%x : tensor", "func.return", "operand 0 is %y here and %x there"),
        ("[^bb1, ^bb2]", "[^bb2, ^bb1]", "func.func", "a block is one here and another there"),
        (
            "%f = arith",
            "%g = arith.negf %e : f32\n%f = arith",
            "arith.addf",
            "the operation is arith.addf here and arith.negf there",
        ),
        (
            "\n^bb2:\n  func.return %x : tensor<8xf32>",
            "\n^bb2:\n  %z = arith.constant 1 : i1\n  func.return %x : tensor<8xf32>",
            "func.return",
            "the operation is func.return here and arith.constant there",
        ),
    ],
)
def test_differences(old: str, new: str, name: str, what: str):
    assert old in BASE
    difference = first_difference(parse(BASE), parse(BASE.replace(old, new, 1)))
    assert difference is not None
    assert difference.operation.name == name
    sentence = changed(difference).sentence()
    assert sentence.startswith(f"MLIR reads {place_of(difference.operation)} otherwise: {what}")
    assert "; write it so that both read the same\n  in: " in sentence


def test_numbers_and_types_differ():
    frame = "func.func @f(%x: i8) {{\n  {}\nfunc.return\n}}"
    one = parse(frame.format('%a, %b = "test.op"(%x) : (i8) -> (i8, i16)'))
    for other, what in (
        ('%a, %b = "test.op"() : () -> (i8, i16)', "the number of operands"),
        ('%a = "test.op"(%x) : (i8) -> i8', "the number of results"),
        ('%a, %b = "test.op"(%x) : (i8) -> (i8, i8)', "the type of result 1"),
        ('%a, %b = "test.op"(%x) ({}) : (i8) -> (i8, i16)', "the number of regions"),
    ):
        found = first_difference(one, parse(frame.format(other)))
        assert found is not None
        assert found.what == what
    arguments = '"test.op"() ({{\n^bb0{}:\n  "test.op"() : () -> ()\n{}}}) : () -> ()'
    plain = parse(arguments.format("(%a: i8)", ""))
    for text, what in (
        (arguments.format("", ""), "the number of block arguments"),
        (arguments.format("(%a: i16)", ""), "the type of block argument 0"),
        (arguments.format("(%a: i8)", "^bb1:\n"), "the number of blocks"),
        (arguments.format("(%a: i8)", '  "test.op"() : () -> ()\n'), "the number of operations"),
    ):
        found = first_difference(plain, parse(text))
        assert found is not None
        assert found.what == what


def test_defaults_that_mlir_fills_in():
    one, more = parse('"test.op"() : () -> ()'), parse('"test.op"() {a = 1 : i8} : () -> ()')
    assert first_difference(one, more, complete=OURS) is None
    assert first_difference(one, more) is not None
    assert first_difference(more, one, complete=OURS) is not None


@pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")
def test_what_mlir_reads_otherwise_is_reported(monkeypatch: pytest.MonkeyPatch):
    session = open_session("the test", 16)
    read = session.read

    def misread(text: str) -> ModuleOp:
        return read(text.replace("array<i64: 2>", "array<i64: 1>"))

    monkeypatch.setattr(session.rules, "_read", misread)
    text = BASE[: BASE.index('  "cf')] + "  func.return %y : tensor<8xf32>\n}"
    finding = check_module(parse(text), "the test")
    assert finding is not None
    assert finding.sentence() == (
        "MLIR reads pattern.map %y in @main otherwise: property par is array<i64: 2> here and "
        "array<i64: 1> there; write it so that both read the same\n"
        "  in: %y = pattern.map (%i in 8 par 2) -> tensor<8xf32> {"
    )
