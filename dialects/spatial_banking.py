"""The text `banked (N, B, [a0, a1, ...])` of a memory unit; `machine/banks.py` is what it means."""

from __future__ import annotations

from xdsl.dialects.builtin import I64, DenseArrayBase
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.spatial_syntax import ints
from spatial_opt.machine.banks import Banking


def parse_banking(parser: Parser, properties: dict[str, Attribute]) -> None:
    """`banked (16, 1)` or `banked (16, 1, [8, 1])`"""
    parser.parse_keyword("banked")
    parse_scheme(parser, properties)


def parse_scheme(parser: Parser, properties: dict[str, Attribute]) -> None:
    """`(16, 1)` or `(16, 1, [8, 1])`, what stands behind `banked`"""
    parser.parse_punctuation("(")
    numbers = [parser.parse_integer(allow_boolean=False)]
    while parser.parse_optional_punctuation(",") is not None:
        if (first := parser.parse_optional_integer(allow_boolean=False)) is not None:
            numbers.append(first)
            continue
        vector = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: parser.parse_integer(allow_boolean=False)
        )
        properties["projection"] = ints(vector)
        break
    parser.parse_punctuation(")")
    properties["banks"] = ints(numbers)


def print_banking(
    printer: Printer, banks: DenseArrayBase[I64], projection: DenseArrayBase[I64] | None
) -> None:
    """` banked (16, 1)` or ` banked (16, 1, [8, 1])`"""
    parts = [str(number) for number in banks.get_values()]
    if projection is not None:
        parts.append(str(list(projection.get_values())))
    printer.print_string(f" banked ({', '.join(parts)})")


def verify_banking(
    banks: DenseArrayBase[I64], projection: DenseArrayBase[I64] | None, rank: int
) -> None:
    """N and B are positive; the vector has an entry of 0 or more per dimension."""
    numbers = banks.get_values()
    if len(numbers) != 2 or any(number < 1 for number in numbers):
        raise VerifyException(f"banked takes two positive numbers (N, B), got {tuple(numbers)}")
    if projection is None:
        return
    entries = list(projection.get_values())
    if len(entries) != rank:
        raise VerifyException(
            f"the vector of banked has an entry per dimension of what is held, {rank}, "
            f"got {entries}"
        )
    if any(entry < 0 for entry in entries):
        raise VerifyException(f"the entries of the vector of banked are 0 or more, got {entries}")


def to_banking(banks: DenseArrayBase[I64], projection: DenseArrayBase[I64] | None) -> Banking:
    """Return the scheme as a value."""
    number, block = banks.get_values()
    vector = None if projection is None else tuple(projection.get_values())
    return Banking(number, block, vector)
