"""Readable text for affine accesses, `[%t, 4 * %i - 1]`, and counters, `(%i = 0 to 8)`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import IndexType
from xdsl.ir import BlockArgument, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer

DIVISIONS = ("floordiv", "ceildiv", "mod")

Name = str | SSAValue
"""What stands for a dimension in the text: a bare name (printed with `%`) or a value."""


def parse_affine_access(
    parser: Parser, names: Sequence[str] | None = None
) -> tuple[AffineMap, list[UnresolvedOperand]]:
    """
    Parse `[expr, …]` where an expr uses `%name`, integers, `+ - *`, `floordiv`, `ceildiv`, `mod`.

    Without `names` each new `%name` becomes the next dimension, in the order of the text, and
    is returned as an operand still to be resolved. With `names` (without the `%`) dimension i
    is `names[i]`, any other name is an error, and the list of operands is empty.
    """
    operands: list[UnresolvedOperand] = []
    known = None if names is None else list(names)

    def dimension(operand: UnresolvedOperand) -> AffineExpr:
        if known is not None:
            if operand.operand_name not in known:
                listed = ", ".join(f"%{name}" for name in known) or "none"
                parser.raise_error(
                    f"unknown index %{operand.operand_name}, available here: {listed}",
                    operand.span,
                )
            # A name that shadows an outer one means the inner counter.
            return AffineExpr.dimension(len(known) - 1 - known[::-1].index(operand.operand_name))
        return _numbered(operand, operands)

    results = parser.parse_comma_separated_list(
        parser.Delimiter.SQUARE, lambda: _parse_sum(parser, dimension)
    )
    count = len(operands) if known is None else len(known)
    return AffineMap(count, 0, tuple(results)), operands


def parse_slice(parser: Parser) -> tuple[list[AffineExpr | None], list[UnresolvedOperand]]:
    """
    Parse `[%t, *, 0]` if it is there: a coordinate per dimension, None for `*`, all of them.

    Each new `%name` is the next dimension of the coordinates, and is returned as an operand.
    """
    operands: list[UnresolvedOperand] = []

    def coordinate() -> AffineExpr | None:
        if parser.parse_optional_punctuation("*") is not None:
            return None
        return _parse_sum(parser, lambda operand: _numbered(operand, operands))

    found = parser.parse_optional_comma_separated_list(parser.Delimiter.SQUARE, coordinate)
    return found or [], operands


def _numbered(operand: UnresolvedOperand, operands: list[UnresolvedOperand]) -> AffineExpr:
    """Give the dimension that an operand stands for, a new one if it is new."""
    for position, seen in enumerate(operands):
        if (seen.operand_name, seen.index) == (operand.operand_name, operand.index):
            return AffineExpr.dimension(position)
    operands.append(operand)
    return AffineExpr.dimension(len(operands) - 1)


def _parse_sum(parser: Parser, dimension: Callable[[UnresolvedOperand], AffineExpr]) -> AffineExpr:
    result = _parse_product(parser, dimension)
    while True:
        if parser.parse_optional_punctuation("+") is not None:
            result = result + _parse_product(parser, dimension)
        elif parser.parse_optional_punctuation("-") is not None:
            result = result - _parse_product(parser, dimension)
        else:
            return result


def _parse_product(
    parser: Parser, dimension: Callable[[UnresolvedOperand], AffineExpr]
) -> AffineExpr:
    result = _parse_primary(parser, dimension)
    while True:
        position = parser.pos
        if parser.parse_optional_punctuation("*") is not None:
            factor = _parse_primary(parser, dimension)
            if not isinstance(factor, AffineConstantExpr) and not isinstance(
                result, AffineConstantExpr
            ):
                parser.raise_error("one factor of a product must be a constant", position)
            result = result * factor
        elif (kind := parser.parse_optional_keyword_in(DIVISIONS)) is not None:
            divisor = _parse_primary(parser, dimension)
            if not isinstance(divisor, AffineConstantExpr) or divisor.value <= 0:
                parser.raise_error(f"{kind} takes a positive constant on its right", position)
            match kind:
                case "floordiv":
                    result = result // divisor
                case "ceildiv":
                    result = result.ceil_div(divisor)
                case _:
                    result = result % divisor
        else:
            return result


def _parse_primary(
    parser: Parser, dimension: Callable[[UnresolvedOperand], AffineExpr]
) -> AffineExpr:
    if (operand := parser.parse_optional_unresolved_operand()) is not None:
        return dimension(operand)
    if (value := parser.parse_optional_integer(False, False)) is not None:
        return AffineExpr.constant(value)
    if parser.parse_optional_punctuation("-") is not None:
        return -_parse_primary(parser, dimension)
    if parser.parse_optional_punctuation("(") is not None:
        result = _parse_sum(parser, dimension)
        parser.parse_punctuation(")")
        return result
    parser.raise_error("expected an index, an integer or '(' in an affine expression")


def print_affine_access(printer: Printer, map: AffineMap, names: Sequence[Name]) -> None:
    """Print `[expr, …]`, the text that `parse_affine_access` reads; `names[i]` is dimension i."""
    with printer.in_square_brackets():
        printer.print_list(map.results, lambda expr: _print_sum(printer, expr, names))


def print_slice(
    printer: Printer, coordinates: Sequence[AffineExpr | None], names: Sequence[Name]
) -> None:
    """Print `[%t, *, 0]`, the text that `parse_slice` reads; `names[i]` is dimension i."""

    def coordinate(expr: AffineExpr | None) -> None:
        if expr is None:
            printer.print_string("*")
        else:
            _print_sum(printer, expr, names)

    with printer.in_square_brackets():
        printer.print_list(coordinates, coordinate)


def _print_sum(printer: Printer, expr: AffineExpr, names: Sequence[Name]) -> None:
    if isinstance(expr, AffineBinaryOpExpr) and expr.kind == AffineBinaryOpKind.Add:
        negated = _negated(expr.lhs)
        if negated is not None and isinstance(expr.rhs, AffineConstantExpr) and expr.rhs.value > 0:
            printer.print_string(f"{expr.rhs.value} - ")
            _print_product(printer, negated, names)
            return
        _print_sum(printer, expr.lhs, names)
        negated = _negated(expr.rhs)
        printer.print_string(" + " if negated is None else " - ")
        _print_product(printer, expr.rhs if negated is None else negated, names)
    else:
        _print_product(printer, expr, names)


def _negated(expr: AffineExpr) -> AffineExpr | None:
    """Return -expr where that reads better: a negative constant or coefficient."""
    if isinstance(expr, AffineConstantExpr) and expr.value < 0:
        return AffineExpr.constant(-expr.value)
    if (
        isinstance(expr, AffineBinaryOpExpr)
        and expr.kind == AffineBinaryOpKind.Mul
        and isinstance(expr.rhs, AffineConstantExpr)
        and expr.rhs.value < 0
    ):
        return expr.lhs * -expr.rhs.value
    return None


def _print_product(printer: Printer, expr: AffineExpr, names: Sequence[Name]) -> None:
    match expr:
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, lhs, AffineConstantExpr(value)):
            printer.print_string("-" if value == -1 else f"{value} * ")
            _print_primary(printer, lhs, names)
        case AffineBinaryOpExpr(kind, lhs, rhs) if kind != AffineBinaryOpKind.Add:
            _print_primary(printer, lhs, names)
            printer.print_string(f" {kind.get_token()} ")
            _print_primary(printer, rhs, names)
        case _:
            _print_primary(printer, expr, names)


def _print_primary(printer: Printer, expr: AffineExpr, names: Sequence[Name]) -> None:
    match expr:
        case AffineConstantExpr(value):
            printer.print_string(str(value))
        case AffineDimExpr(position):
            name = names[position]
            if isinstance(name, str):
                printer.print_string(f"%{name}")
            else:
                printer.print_ssa_value(name)
        case _:
            with printer.in_parens():
                _print_sum(printer, expr, names)


@dataclass(frozen=True)
class Counters:
    """Loop counters as written: names, and per dimension the bound, `par` and `lanes`."""

    names: tuple[Parser.UnresolvedArgument, ...]
    bounds: tuple[int, ...]
    par: tuple[int, ...]
    lanes: int
    """Lanes of the last dimension."""

    @property
    def arguments(self) -> list[Parser.Argument]:
        """Return the counters as index arguments for `parser.parse_region`."""
        return [name.resolve(IndexType()) for name in self.names]

    @property
    def text_names(self) -> list[str]:
        """Return the names without the `%`."""
        return [name.name.text[1:] for name in self.names]


def parse_domain(parser: Parser) -> Counters:
    """Parse the domain of a pattern: `(%g in 4, %i in 512 par 4 x 16)`."""
    factors: list[int] = []
    lanes = [1]

    def dimension() -> tuple[Parser.UnresolvedArgument, int]:
        name = parser.parse_argument(expect_type=False)
        if lanes[0] != 1:
            parser.raise_error("lanes stand on the last dimension only", name.name)
        parser.parse_keyword("in")
        bound = parser.parse_integer(allow_boolean=False, allow_negative=False)
        par = 1
        if parser.parse_optional_keyword("par") is not None:
            par = parser.parse_integer(allow_boolean=False, allow_negative=False)
            if parser.parse_optional_keyword("x") is not None:
                lanes[0] = parser.parse_integer(allow_boolean=False, allow_negative=False)
        factors.append(par)
        return name, bound

    dimensions = parser.parse_comma_separated_list(parser.Delimiter.PAREN, dimension)
    return Counters(
        tuple(name for name, _ in dimensions),
        tuple(bound for _, bound in dimensions),
        tuple(factors),
        lanes[0],
    )


def print_domain(
    printer: Printer,
    names: Sequence[Name],
    bounds: Sequence[int],
    par: Sequence[int],
    lanes: int,
) -> None:
    """Print the text that `parse_domain` reads; factors of one are left out."""
    with printer.in_parens():
        for position, (name, bound, factor) in enumerate(zip(names, bounds, par, strict=True)):
            if position:
                printer.print_string(", ")
            _print_name(printer, name)
            printer.print_string(f" in {bound}")
            last_lanes = lanes if position == len(bounds) - 1 else 1
            if factor != 1 or last_lanes != 1:
                printer.print_string(f" par {factor}")
            if last_lanes != 1:
                printer.print_string(f" x {last_lanes}")


def parse_counters(parser: Parser) -> Counters:
    """Parse the counters of a unit, outermost first: `(%i = 0 to 8, %k = 0 to 2)`."""

    def counter() -> tuple[Parser.UnresolvedArgument, int]:
        name = parser.parse_argument(expect_type=False)
        parser.parse_punctuation("=")
        position = parser.pos
        if parser.parse_integer(allow_boolean=False) != 0:
            parser.raise_error("counters start at 0", position)
        parser.parse_keyword("to")
        return name, parser.parse_integer(allow_boolean=False, allow_negative=False)

    counters = parser.parse_comma_separated_list(parser.Delimiter.PAREN, counter)
    return Counters(
        tuple(name for name, _ in counters),
        tuple(bound for _, bound in counters),
        (1,) * len(counters),
        1,
    )


def print_counters(printer: Printer, names: Sequence[Name], bounds: Sequence[int]) -> None:
    """Print the text that `parse_counters` reads."""
    with printer.in_parens():
        for position, (name, bound) in enumerate(zip(names, bounds, strict=True)):
            if position:
                printer.print_string(", ")
            _print_name(printer, name)
            printer.print_string(f" = 0 to {bound}")


def _print_name(printer: Printer, name: Name) -> None:
    if isinstance(name, str):
        printer.print_string(f"%{name}")
    elif isinstance(name, BlockArgument):
        printer.print_block_argument(name, print_type=False)
    else:
        printer.print_ssa_value(name)
