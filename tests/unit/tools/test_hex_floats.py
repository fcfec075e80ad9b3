"""Dense floats that xDSL prints as bits are read as the numbers they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.arith import Arith, ConstantOp
from xdsl.dialects.builtin import Builtin, DenseIntOrFPElementsAttr, ModuleOp, VectorType, f32
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError

from spatial_opt.tools.hex_floats import decimal_floats


def reread(module: ModuleOp) -> ModuleOp:
    context = Context()
    for dialect in (Builtin, Arith):
        context.load_dialect(dialect)
    return Parser(context, decimal_floats(str(module), "m")).parse_module()


def numbers(module: ModuleOp) -> list[float]:
    (op,) = module.ops
    assert isinstance(op, ConstantOp)
    assert isinstance(op.value, DenseIntOrFPElementsAttr)
    return [value for value in op.value.get_values() if isinstance(value, float)]


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=4))
def test_a_constant_is_what_it_was(values: list[float]):
    type = VectorType(f32, [len(values)])
    dense = DenseIntOrFPElementsAttr.from_list(type, values)
    module = ModuleOp([ConstantOp(dense, type)])
    again = reread(module)
    assert numbers(again) == numbers(module)


def test_a_large_constant():
    """One of those that the expansion of tanh has, in lanes."""
    text = "%a = arith.constant dense<0x4D7505B9> : vector<16xf32>"
    assert decimal_floats(text, "m").split("dense<")[1].startswith("2.56")


@pytest.mark.parametrize(
    "text",
    [
        "%a = arith.constant dense<0x10> : vector<2xi32>",
        "%a = arith.constant 0x4D7505B9 : f32",
        '"dense<0x4D7505B9> : vector<1xf32>"',
        "// dense<0x4D7505B9> : vector<1xf32>",
    ],
)
def test_others_stay(text: str):
    assert decimal_floats(text, "m") == text


@pytest.mark.parametrize("bits", ["0x7FC00000", "0x1234567890"])
def test_what_is_no_number_is_refused(bits: str):
    with pytest.raises(ParseError, match=f"{bits} is no number in f32"):
        decimal_floats(f"%a = arith.constant dense<[1.0, {bits}]> : vector<2xf32>", "m")
