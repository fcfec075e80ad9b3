"""The clauses of the recurrent layers' text, `hidden 64 direction reverse activations [relu]`."""

from collections.abc import Callable
from typing import cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    Float32Type,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    StringAttr,
    UnitAttr,
    f32,
    i64,
)
from xdsl.ir import Attribute
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

from spatial_opt.dialects.rnn_format import FormatAttr, parse_f32, shortest_f32

DIRECTIONS = ("forward", "reverse", "bidirectional")
"""How a layer runs over the sequence."""

DEFAULT_ALPHA = {
    "affine": 1.0,
    "leakyrelu": 0.01,
    "thresholdedrelu": 1.0,
    "scaledtanh": 1.0,
    "hardsigmoid": 0.2,
    "elu": 1.0,
}
"""The activations that take alpha, with the value taken when none is given."""
DEFAULT_BETA = {"affine": 0.0, "scaledtanh": 1.0, "hardsigmoid": 0.5}
"""The activations that take beta, with the value taken when none is given."""
ACTIVATIONS = (
    "relu",
    "tanh",
    "sigmoid",
    "affine",
    "leakyrelu",
    "thresholdedrelu",
    "scaledtanh",
    "hardsigmoid",
    "elu",
    "softsign",
    "softplus",
)
"""The activation functions of the ONNX operators, in lower case."""


Clause = Callable[[Parser], UnresolvedOperand | Attribute]
"""Reads what follows a keyword."""

PROPERTY = {"hidden": "hidden_size", "alpha": "activation_alpha", "beta": "activation_beta"}
"""Keywords in the text that are spelled otherwise than their property."""


def parse_operand(parser: Parser) -> UnresolvedOperand:
    """Parse the value of a clause that names an operand."""
    return parser.parse_unresolved_operand()


def _parse_integer(parser: Parser) -> IntegerAttr[IntegerType]:
    return IntegerAttr(parser.parse_integer(allow_boolean=False), i64)


def _parse_direction(parser: Parser) -> StringAttr:
    return StringAttr(parser.parse_keyword_in(DIRECTIONS))


def _parse_activations(parser: Parser) -> ArrayAttr[StringAttr]:
    return ArrayAttr(
        StringAttr(name)
        for name in parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: parser.parse_keyword_in(ACTIVATIONS)
        )
    )


def _parse_floats(parser: Parser) -> DenseArrayBase[Float32Type]:
    values = parser.parse_comma_separated_list(
        parser.Delimiter.SQUARE, lambda: float(parser.parse_number())
    )
    return DenseArrayBase.from_list(f32, values)


def _parse_format(parser: Parser) -> FormatAttr:
    return FormatAttr.new(FormatAttr.parse_parameters(parser))


def parse_unit(parser: Parser) -> UnitAttr:
    """Parse nothing: the keyword alone says it."""
    return UnitAttr()


CLAUSES: dict[str, Clause] = {
    "hidden": _parse_integer,
    "direction": _parse_direction,
    "activations": _parse_activations,
    "alpha": _parse_floats,
    "beta": _parse_floats,
    "clip": parse_f32,
    "layout": _parse_integer,
    "format": _parse_format,
}


def print_clause(printer: Printer, name: str, value: Attribute) -> None:
    """Print a property as the clause that the parsers of this module read."""
    printer.print_string(f" {name}")
    match value:
        case UnitAttr():
            return
        case StringAttr():
            printer.print_string(f" {value.data}")
        case IntegerAttr():
            printer.print_string(f" {value.value.data}")
        case FloatAttr():
            printer.print_string(f" {shortest_f32(value.value.data)}")
        case ArrayAttr():
            names = cast(ArrayAttr[StringAttr], value)
            printer.print_string(f" [{', '.join(item.data for item in names)}]")
        case DenseArrayBase():
            floats = cast(DenseArrayBase[Float32Type], value).get_values()
            printer.print_string(f" [{', '.join(shortest_f32(item) for item in floats)}]")
        case FormatAttr():
            printer.print_string(" ")
            value.print_parameters(printer)
        case _:
            raise RuntimeError(f"no syntax for {name} = {value}, this is a bug")
