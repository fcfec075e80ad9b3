"""Attributes and modules go to MLIR and come back as they are."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from invalid_cases import parse
from xdsl.dialects import test
from xdsl.dialects.builtin import (
    AffineMapAttr,
    AnyFloat,
    ArrayAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    ModuleOp,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    UnitAttr,
    bf16,
    f8E4M3FN,
    f8E5M2,
    f16,
    f32,
    f64,
)
from xdsl.ir import Attribute
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.utils.exceptions import ParseError

from spatial_opt.dialects.rnn_format import FORMATS, FormatAttr
from spatial_opt.dialects.spatial_attributes import (
    InputInitAttr,
    ParameterInitAttr,
    SumInitAttr,
    TableInitAttr,
    TargetAttr,
    ZeroInitAttr,
)
from spatial_opt.interop.differences import first_difference, same_attribute
from spatial_opt.interop.generic_attributes import attribute_text
from spatial_opt.interop.generic_reader import read_generic
from spatial_opt.interop.generic_text import generic_text
from spatial_opt.interop.session import OURS, open_session
from spatial_opt.interop.variadics import slots_for
from spatial_opt.interop.verification import write_for_mlir
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime import bindings

needs_mlir = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

FLOATS: tuple[AnyFloat, ...] = (f64, f32, f16, bf16, f8E4M3FN, f8E5M2)


def _through_mlir(attribute: Attribute) -> Attribute:
    """Send an attribute to MLIR and take it back."""
    module = ModuleOp([test.TestOp(attributes={"a": attribute})])
    session = open_session("the test", 16, allow_unregistered=True)
    back = session.read(session.write(session.parse(generic_text(module, OURS, 16).text)))
    (op,) = back.body.block.ops
    return (op.attributes | op.properties)["a"]


def _bits(attribute: Attribute) -> object:
    """Give what tells floats apart that compare as equal."""
    match attribute:
        case FloatAttr(value=value, type=type):
            return type.pack((value.data,))
        case DenseArrayBase(data=data) | DenseIntOrFPElementsAttr(data=data):
            return data.data
        case _:
            return attribute


_VALUES = st.one_of(
    st.sampled_from((0.0, -0.0, math.inf, -math.inf, math.nan, 1e-7, 2.0**24, 5e-324)),
    st.floats(width=64),
    st.floats(-1e4, 1e4),
)


def _float(value: float, type: AnyFloat) -> FloatAttr:
    """Round a number to a format; what is too large for it is infinite."""
    try:
        return FloatAttr(value, type)
    except OverflowError:
        return FloatAttr(math.copysign(math.inf, value), type)


@needs_mlir
@settings(max_examples=100, deadline=None)
@given(_VALUES, st.sampled_from(FLOATS))
@example(256925584.0, f32)
@example(1e-8, f16)
@example(1e-8, bf16)
@example(0.1, f8E5M2)
@example(math.inf, f8E5M2)
def test_floats(value: float, type: AnyFloat):
    number = _float(value, type)
    assert _bits(_through_mlir(number)) == _bits(number)


@needs_mlir
@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(FLOATS),
    st.sampled_from(((0,), (1,), (7,), (2, 3), (1, 1, 5), (200,))),
    st.lists(_VALUES, min_size=1, max_size=7),
)
@example(f32, (2,), [256925584.0, 1.0])
@example(f32, (2,), [256925584.0, 256925584.0])
def test_dense_floats(type: AnyFloat, shape: tuple[int, ...], values: list[float]):
    count = math.prod(shape)
    numbers = [_float(values[n % len(values)], type).value.data for n in range(count)]
    dense = DenseIntOrFPElementsAttr.from_list(TensorType(type, shape), numbers)
    array = DenseArrayBase.from_list(type, numbers)
    for attribute in (dense, array):
        assert _bits(_through_mlir(attribute)) == _bits(attribute)


@needs_mlir
@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from((1, 8, 16, 32, 64)),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5),
)
def test_integers(width: int, values: list[int]):
    type, half = IntegerType(width), 2 ** (width - 1)
    fitting = [(value + half) % (2 * half) - half for value in values]
    attributes: list[Attribute] = [
        *(IntegerAttr(value, type) for value in fitting),
        *(IntegerAttr(value, IndexType()) for value in values),
        DenseIntOrFPElementsAttr.from_list(TensorType(type, [len(fitting)]), fitting),
        DenseArrayBase.from_list(type, fitting),
    ]
    everything = ArrayAttr(attributes)
    assert _through_mlir(everything) == everything


@needs_mlir
@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12), st.dictionaries(st.text("ab.c_1", min_size=1, max_size=4), st.text()))
def test_strings_and_dictionaries(text: str, entries: dict[str, str]):
    named = {key: StringAttr(value) for key, value in entries.items()}
    attribute = ArrayAttr(
        [StringAttr(text), DictionaryAttr(named), SymbolRefAttr(text or "x", [text or "y"])]
    )
    assert _through_mlir(attribute) == attribute


@st.composite
def _expressions(draw: st.DrawFn, depth: int = 3) -> AffineExpr:
    if depth == 0 or draw(st.booleans()):
        leaves = [AffineExpr.dimension(0), AffineExpr.dimension(1), AffineExpr.symbol(0)]
        return draw(st.one_of(st.sampled_from(leaves), st.integers(-9, 9).map(AffineExpr.constant)))
    left = draw(_expressions(depth - 1))
    factor = draw(st.integers(1, 7))
    match draw(st.sampled_from("+-*/c%")):
        case "+":
            return left + draw(_expressions(depth - 1))
        case "-":
            return left - draw(_expressions(depth - 1))
        case "*":
            return left * draw(st.integers(-5, 5))
        case "/":
            return left // factor
        case "c":
            return left.ceil_div(factor)
        case _:
            return left % factor


@needs_mlir
@settings(max_examples=100, deadline=None)
@given(st.lists(_expressions(), max_size=3))
def test_affine_maps(expressions: list[AffineExpr]):
    attribute = AffineMapAttr(AffineMap(2, 1, tuple(expressions)))
    assert same_attribute(attribute, _through_mlir(attribute))


def test_maps_of_other_values_differ():
    d0, d1 = AffineExpr.dimension(0), AffineExpr.dimension(1)
    base = AffineMap(2, 0, (d0 * 4 + d1 // 3,))
    others = [
        AffineMap(2, 0, (d0 * 4 + d1 // 3 + 1,)),
        AffineMap(2, 0, (d0 * 4 - d1 // 3,)),
        AffineMap(2, 0, (d0 * 4 + d1.ceil_div(3),)),
        AffineMap(2, 0, (d1 * 4 + d0 // 3,)),
        AffineMap(2, 0, (d0 * 4 + d1 // 3, d0)),
        AffineMap(3, 0, (d0 * 4 + d1 // 3,)),
        AffineMap(2, 1, (d0 * 4 + d1 // 3,)),
    ]
    assert same_attribute(AffineMapAttr(base), AffineMapAttr(AffineMap(2, 0, (d1 // 3 + 4 * d0,))))
    for other in others:
        assert not same_attribute(AffineMapAttr(base), AffineMapAttr(other))


OWN: tuple[Attribute, ...] = (
    *(FormatAttr.of(name) for name in FORMATS),
    FormatAttr.of("int8", input=3.0, weight=0.1, recurrent=1e-30, state=1e30),
    ZeroInitAttr(),
    ParameterInitAttr.get("W"),
    ParameterInitAttr.get('a "b"', 0.1, AffineMap.identity(2), [4, 1]),
    InputInitAttr.get("x", None, AffineMap.identity(1)),
    TableInitAttr.get("tanh", -8.0, 0.1),
    SumInitAttr.get([ParameterInitAttr.get("W"), ParameterInitAttr.get("R", shape=[3])]),
    TargetAttr.from_machine(load_machine("tiny")),
    TargetAttr.from_machine(load_machine("plasticine-rnn")),
)


@needs_mlir
@pytest.mark.parametrize("attribute", OWN, ids=lambda attribute: attribute.name)
def test_our_attributes(attribute: Attribute):
    assert _through_mlir(attribute) == attribute


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        (ZeroInitAttr(), "#spatial.init_zero"),
        (
            ParameterInitAttr.get("W", 0.5, None, [4, 1]),
            '#spatial.init_parameter<"W", array<i64: 4, 1>, 5.000000e-01 : f32, none>',
        ),
        (FloatAttr(0.1, bf16), "1.000977e-01 : bf16"),
        (FloatAttr(0.5, bf16), "5.000000e-01 : bf16"),
        (FloatAttr(math.inf, f16), "0x7c00 : f16"),
        (FloatAttr(2.0**-149, f32), "1.401300e-45 : f32"),
        (FloatAttr(2.0**24 + 4, f32), "0x4B800002 : f32"),
        (TensorType(f32, [2]), "tensor<2xf32>"),
        (UnitAttr(), "unit"),
    ],
)
def test_the_text_of_attributes(attribute: Attribute, text: str):
    assert attribute_text(attribute, OURS) == text


NEXT = """
func.func @f(%a: f32, %b: i32) -> (f32, i32, tensor<2xf16>) {
  %x, %y, %z = pattern.scan (%t in 2)
      carry (%c = %a : f32, %d = %b : i32) -> (f32, i32, tensor<2xf16>) {
    %h = arith.constant 1.0 : f16
    pattern.next %c, %d emit %h : f32, i32, f16
  }
  func.return %x, %y, %z : f32, i32, tensor<2xf16>
}
"""


def test_slots_are_written_and_taken_off():
    module = parse(NEXT)
    text = generic_text(module, OURS, 4).text
    assert "operandSegmentSizes = array<i32: 1, 1, 0, 0, 1, 0, 0, 0>} : (f32, i32, f16)" in text
    assert "resultSegmentSizes = array<i32: 1, 1, 1, 0>" in text
    back = read_generic(text, "test")
    assert first_difference(module, back) is None
    back.verify()


@needs_mlir
def test_more_elements_than_slots():
    kinds = ["f32" if n % 2 else "i8" for n in range(40)]
    types, carried = ", ".join(kinds), ", ".join(f"%c{n}" for n in range(40))
    arguments = ", ".join(f"%v{n}: {kind}" for n, kind in enumerate(kinds))
    carry = ", ".join(f"%c{n} = %v{n} : {kind}" for n, kind in enumerate(kinds))
    first = ", ".join(f"%r{n}" for n in range(40))
    module = parse(
        f"""func.func @f({arguments}) -> ({types}) {{
          {first} = pattern.scan (%t in 2) carry ({carry}) -> ({types}) {{
            pattern.next {carried} : {types}
          }}
          func.return {first} : {types}
        }}"""
    )
    module.verify()
    assert slots_for(module.walk()) == 64
    text, session = write_for_mlir(module, "the test")
    back = session.read(session.write(session.parse(text.text)))
    assert first_difference(module, back) is None


def test_lines_lead_to_operations():
    module = parse(NEXT)
    written = generic_text(module, OURS, 16)
    lines = written.text.splitlines()
    for line, op in written.operations.items():
        assert f'"{op.name}"' in lines[line - 1]
        assert written.operation_at(line) is op
    assert written.operation_at(0) is None
    for (line, column), argument in written.arguments.items():
        assert written.text.splitlines()[line - 1][column - 1 :].startswith(
            f"%{argument.name_hint}"
        )


@pytest.mark.parametrize(
    ("attribute", "sentence"),
    [
        ('#rnn.format<"int9", 1.0 : f32, 1.0 : f32, 1.0 : f32, 1.0 : f32>', "unknown number form"),
        ('#rnn.format<"f32">', "rnn.format has 5 parameters, got 1"),
        ("#spatial.init_zero<1 : i32>", "spatial.init_zero has 0 parameters, got 1"),
        ("dense<[0x1, 0x2]> : tensor<3xf32>", "2 elements do not fill tensor<3xf32>"),
        ("dense<0x123456789> : tensor<3xf32>", "0x123456789 has more bits than f32"),
        ("array<f32: 0x123456789>", "0x123456789 has more bits than f32"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(attribute: str, sentence: str):
    text = f'"builtin.module"() ({{\n  "func.func"() {{a = {attribute}}} : () -> ()\n}}) : () -> ()'
    with pytest.raises(ParseError) as error:
        read_generic(text, "test")
    assert sentence in error.value.msg
    assert error.value.span.get_location().line == 2
