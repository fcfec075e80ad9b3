"""Number formats of the pattern dialect, and the small pieces of text its operations share."""

import math
import struct
from collections.abc import Sequence

from xdsl.dialects.builtin import (
    I64,
    BFloat16Type,
    DenseArrayBase,
    Float8E4M3FNType,
    Float8E5M2Type,
    Float16Type,
    Float32Type,
    FloatAttr,
    IndexType,
    IntegerType,
    TensorType,
    VectorType,
    i64,
)
from xdsl.ir import Attribute, Operation, Region
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

FLOAT_DIGITS: dict[type[Attribute], tuple[int, int, int]] = {
    Float32Type: (24, -149, 128),
    Float16Type: (11, -24, 16),
    BFloat16Type: (8, -133, 128),
    Float8E5M2Type: (3, -16, 16),
    Float8E4M3FNType: (4, -9, 9),
}
"""Per format: significant bits, exponent of the least subnormal, exponent above the greatest."""

INTEGER_WIDTHS = (1, 8, 16, 32)


def is_float(type: Attribute) -> bool:
    """Return whether the type is a float format of the dialect."""
    return isinstance(type, tuple(FLOAT_DIGITS))


def is_integer(type: Attribute) -> bool:
    """Return whether the type is an integer of 1, 8, 16 or 32 bits."""
    return isa(type, IntegerType) and type.width.data in INTEGER_WIDTHS


def is_scalar(type: Attribute) -> bool:
    """Return whether the type is a scalar of the dialect."""
    return is_float(type) or is_integer(type) or isinstance(type, IndexType)


def represents(target: Attribute, source: Attribute) -> bool:
    """Return whether every value of `source` is a value of `target`."""
    if isa(source, IntegerType):
        bits = source.width.data - 1
        if isa(target, IntegerType):
            return target.width.data >= source.width.data
        if not is_float(target):
            return False
        digits, _, top = FLOAT_DIGITS[type(target)]
        return bits <= digits and bits < top
    if not is_float(source) or not is_float(target):
        return False
    digits, least, top = FLOAT_DIGITS[type(source)]
    target_digits, target_least, target_top = FLOAT_DIGITS[type(target)]
    return digits <= target_digits and least >= target_least and top <= target_top


def float_text(value: float, single: bool = True) -> str:
    """Return the shortest decimal text that reads back as the same f32 (or f64) value."""
    text = repr(value)
    if single and math.isfinite(value):
        for digits in range(1, 10):
            candidate = f"{value:.{digits}g}"
            if struct.pack("<f", float(candidate)) == struct.pack("<f", value):
                text = candidate
                break
    mantissa, mark, exponent = text.partition("e")
    if "." not in mantissa and math.isfinite(value):
        mantissa += ".0"
    return mantissa + mark + exponent


def parse_float(parser: Parser) -> float:
    """Parse a decimal number, with or without a fraction."""
    return float(parser.parse_number())


def parse_optional_float(parser: Parser, keyword: str) -> float | None:
    """Parse `keyword number` if the keyword is there."""
    if parser.parse_optional_keyword(keyword) is None:
        return None
    return parse_float(parser)


def print_float(printer: Printer, keyword: str, attribute: FloatAttr | None) -> None:
    """Print ` keyword number` if there is a number."""
    if attribute is not None:
        single = isinstance(attribute.type, Float32Type)
        printer.print_string(f" {keyword} {float_text(attribute.value.data, single)}")


def parse_attributes(parser: Parser) -> dict[str, Attribute]:
    """Parse `attributes {…}` if it is there."""
    found = parser.parse_optional_attr_dict_with_keyword()
    return {} if found is None else dict(found.data)


def print_attributes(printer: Printer, op: Operation) -> None:
    """Print ` attributes {…}` if the operation has any beyond its properties."""
    printer.print_op_attributes(op.attributes, print_keyword=True)


def parse_types(parser: Parser) -> list[Attribute]:
    """Parse types separated by commas."""
    return parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)


def print_types(printer: Printer, mark: str, types: Sequence[Attribute]) -> None:
    """Print a mark such as ` : `, then types separated by commas."""
    printer.print_string(mark)
    printer.print_list(types, printer.print_attribute)


def parse_results(parser: Parser) -> list[Attribute]:
    """Parse `-> type` or `-> (type, …)`."""
    parser.parse_punctuation("->")
    types = parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
    return [parser.parse_type()] if types is None else list(types)


def print_results(printer: Printer, types: Sequence[Attribute]) -> None:
    """Print ` -> type`, with parentheses unless there is exactly one."""
    printer.print_string(" -> ")
    if len(types) == 1:
        printer.print_attribute(types[0])
        return
    with printer.in_parens():
        printer.print_list(types, printer.print_attribute)


def parse_results_and_body(
    parser: Parser, arguments: Sequence[Parser.Argument]
) -> tuple[list[Attribute], dict[str, Attribute], Region]:
    """Parse `-> types attributes {…} { body }`, the body with the arguments named before."""
    types = parse_results(parser)
    attributes = parse_attributes(parser)
    return types, attributes, parser.parse_region(arguments)


def print_results_and_body(printer: Printer, op: Operation, body: Region) -> None:
    """Print ` -> types attributes {…} { body }`, the body without its arguments."""
    print_results(printer, op.result_types)
    print_attributes(printer, op)
    printer.print_string(" ")
    printer.print_region(body, print_entry_block_args=False)


def integers(values: Sequence[int]) -> DenseArrayBase[I64]:
    """Return integers as an array attribute."""
    return DenseArrayBase.from_list(i64, list(values))


def values_of(attribute: DenseArrayBase[I64]) -> tuple[int, ...]:
    """Return the integers of an array attribute."""
    return tuple(int(value) for value in attribute.get_values())


def element_type(type: Attribute) -> Attribute:
    """Return the element type of a tensor or vector type, any other type itself."""
    return type.element_type if isa(type, TensorType) or isa(type, VectorType) else type


def parse_tensor(parser: Parser) -> TensorType:
    """Parse a tensor type."""
    position = parser.pos
    type = parser.parse_type()
    if not isa(type, TensorType):
        parser.raise_error(f"expected a tensor type, got {type}", position)
    return type


def listed(types: Sequence[Attribute]) -> str:
    """Return types as text for a message."""
    return ", ".join(map(str, types))


def verify_scale(scale: FloatAttr[Float32Type] | None) -> None:
    """Refuse a scale that is not a finite positive number."""
    if scale is not None and not (math.isfinite(scale.value.data) and scale.value.data > 0):
        raise VerifyException(f"scale must be finite and above zero, got {scale.value.data}")


def verify_tensor(type: TensorType) -> None:
    """Refuse tensors whose elements are not storable scalars."""
    element = type.element_type
    if not is_scalar(element) or isinstance(element, IndexType):
        raise VerifyException(
            f"elements are f32, f16, bf16, 8-bit floats, i1, i8, i16 or i32, got {element}"
        )
