"""Pieces of text that several ops of the spatial dialect share: counters, addresses, places."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from string import ascii_lowercase

from xdsl.dialects.builtin import (
    I64,
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    StringAttr,
    UnitAttr,
    i64,
)
from xdsl.ir import Attribute, BlockArgument, Operation
from xdsl.ir.affine import AffineMap
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.affine_syntax import (
    Name,
    parse_affine_access,
    parse_counters,
    print_affine_access,
    print_counters,
)

ATTRIBUTES_KEPT = 4096
"""Attributes of one kind that are kept for reuse: making and checking one is slow."""


def ints(values: Sequence[int]) -> DenseArrayBase[I64]:
    """An `array<i64: ...>` attribute."""
    return _ints(tuple(values))


@lru_cache(ATTRIBUTES_KEPT)
def _ints(values: tuple[int, ...]) -> DenseArrayBase[I64]:
    return DenseArrayBase.from_list(i64, list(values))


def strings(values: Sequence[str]) -> ArrayAttr[StringAttr]:
    """A list of strings as an attribute."""
    return _strings(tuple(values))


@lru_cache(ATTRIBUTES_KEPT)
def _strings(values: tuple[str, ...]) -> ArrayAttr[StringAttr]:
    return ArrayAttr([StringAttr(value) for value in values])


# ----------------------------------------------------------------------------------- places


def parse_int_tuple(parser: Parser) -> tuple[int, ...]:
    """`(3, -4)`"""
    return tuple(
        parser.parse_comma_separated_list(
            parser.Delimiter.PAREN, lambda: parser.parse_integer(allow_boolean=False)
        )
    )


def print_int_tuple(printer: Printer, values: Sequence[int]) -> None:
    """`(3, -4)`"""
    printer.print_string("(" + ", ".join(map(str, values)) + ")")


def parse_place(parser: Parser, properties: dict[str, Attribute]) -> None:
    """Optional `at (row, column)`."""
    if parser.parse_optional_keyword("at") is not None:
        position = parser.pos
        place = parse_int_tuple(parser)
        if len(place) != 2:
            parser.raise_error(
                f"a place is (row, column), got {len(place)} numbers", position, parser.pos
            )
        properties["at"] = ints(place)


def print_place(printer: Printer, place: DenseArrayBase[I64] | None) -> None:
    """Optional ` at (row, column)`."""
    if place is not None:
        printer.print_string(" at ")
        print_int_tuple(printer, place.get_values())


def parse_names(parser: Parser, keyword: str, properties: dict[str, Attribute]) -> None:
    """Optional `waits ["a", "b"]`; the property is left to its default when absent."""
    if parser.parse_optional_keyword(keyword) is not None:
        properties[keyword] = strings(
            parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_str_literal)
        )


def print_names(printer: Printer, keyword: str, names: ArrayAttr[StringAttr]) -> None:
    """Optional ` waits ["a", "b"]`."""
    if names.data:
        printer.print_string(f" {keyword} ")
        printer.print_attribute(names)


def parse_unit(parser: Parser, keyword: str, properties: dict[str, Attribute]) -> None:
    """Optional bare keyword that stands for a unit attribute."""
    if parser.parse_optional_keyword(keyword) is not None:
        properties[keyword] = UnitAttr()


def parse_extra_attributes(parser: Parser) -> dict[str, Attribute]:
    """Optional `attributes {...}`: whatever passes have attached."""
    attributes = parser.parse_optional_attr_dict_with_keyword()
    return {} if attributes is None else dict(attributes.data)


def print_extra_attributes(printer: Printer, op: Operation) -> None:
    """` attributes {...}` if there are any."""
    printer.print_op_attributes(op.attributes, print_keyword=True)


# --------------------------------------------------------------------------------- counters


def visible_counters(parser: Parser, outside: bool = False) -> list[str]:
    """
    Names of the counters of all enclosing controllers, outermost first.

    `outside` leaves out those of the innermost controller. Only controllers (and compute units,
    which hold no streams) have index block arguments, and the parser keeps the values in scope in
    the order of their definition.
    """
    found = {
        name: values[0].block
        for name, values in parser.ssa_values.items()
        if isinstance(values[0], BlockArgument) and isinstance(values[0].type, IndexType)
    }
    innermost = next(reversed(found.values()), None) if outside else None
    return [name for name, block in found.items() if block is not innermost]


def parse_counter_arguments(parser: Parser) -> tuple[list[Parser.Argument], tuple[int, ...]]:
    """Optional `counters (%i = 0 to 8, ...)` as block arguments and bounds."""
    if parser.parse_optional_keyword("counters") is None:
        return [], ()
    counters = parse_counters(parser)
    return counters.arguments, counters.bounds


def print_counter_arguments(
    printer: Printer, arguments: Sequence[BlockArgument], bounds: Sequence[int]
) -> None:
    """Optional ` counters (%i = 0 to 8, ...)`."""
    if bounds:
        printer.print_string(" counters ")
        print_counters(printer, arguments, bounds)


def default_counter_names(number: int, taken: Sequence[str]) -> list[str]:
    """`i`, `j`, `k`, ... without the ones in `taken`."""
    letters = ascii_lowercase[8:] + ascii_lowercase[:8]
    free = (name for name in letters if not _clashes(name, taken))
    more = (name for name in (f"i{n}" for n in count()) if not _clashes(name, taken))
    names: list[str] = []
    while len(names) < number:
        names.append(next(free, "") or next(more))
    return names


def _clashes(name: str, taken: Sequence[str]) -> bool:
    # The printer makes a hint unique by appending "_1", "_2", ...
    return any(name == other or name.startswith(other + "_") for other in taken)


def parse_stream_counters(
    parser: Parser, properties: dict[str, Attribute], outside: bool = False
) -> list[str]:
    """
    Optional `counters (%i = 0 to 8, ...)` of a stream: `bounds`, and `names` if they are not the
    default ones. Returns the names of all visible counters, enclosing ones first; those of the
    innermost controller are invisible from `outside`.
    """
    visible = visible_counters(parser, outside)
    names: list[str] = []
    bounds: tuple[int, ...] = ()
    if parser.parse_optional_keyword("counters") is not None:
        counters = parse_counters(parser)
        names, bounds = counters.text_names, counters.bounds
        for index, argument in enumerate(counters.names):
            if names[index] in (*visible, *names[:index]):
                parser.raise_error(f"counter %{names[index]} is already defined", argument.name)
    properties["bounds"] = ints(bounds)
    if names != default_counter_names(len(names), visible):
        properties["names"] = strings(names)
    return visible + names


def parse_address(parser: Parser, names: Sequence[str]) -> AffineMapAttr:
    """`[%t mod 2, 64 * %k]` over the counters `names`."""
    return AffineMapAttr(parse_affine_access(parser, names)[0])


class CounterNames:
    """How the dimensions of an address are printed: enclosing counters, then own ones."""

    def __init__(
        self,
        enclosing: Sequence[BlockArgument],
        bounds: Sequence[int],
        names: ArrayAttr[StringAttr] | None,
        num_dims: int,
    ) -> None:
        taken = [argument.name_hint for argument in enclosing if argument.name_hint is not None]
        own = default_counter_names(len(bounds), taken)
        if names is not None and len(names) == len(bounds):
            wished = [name.data for name in names]
            if not any(_clashes(name, taken) for name in wished):
                own = wished
        self.own = own
        self.bounds = bounds
        # An op that is not (yet) inside its controllers still prints.
        missing = max(0, num_dims - len(enclosing) - len(own))
        self.dims: list[Name] = [
            *enclosing,
            *(f"outer{n}" for n in range(missing)),
            *own,
        ]

    def print_counters(self, printer: Printer) -> None:
        """Optional ` counters (%i = 0 to 8, ...)`."""
        if self.own:
            printer.print_string(" counters ")
            print_counters(printer, self.own, self.bounds)

    def print_address(self, printer: Printer, map_: AffineMap) -> None:
        """` address [...]`"""
        printer.print_string(" address ")
        print_affine_access(printer, map_, self.dims)


# --------------------------------------------------------------------------------- checking


def verify_bounds(bounds: DenseArrayBase[I64]) -> None:
    """Every counter counts to one or more."""
    for bound in bounds.get_values():
        if bound < 1:
            raise VerifyException(f"a counter must count to 1 or more, got {bound}")


def verify_place(place: DenseArrayBase[I64] | None) -> None:
    """A place is a pair."""
    if place is not None and len(place) != 2:
        raise VerifyException(f"a place is (row, column), got {len(place)} numbers")


@lru_cache(ATTRIBUTES_KEPT)
def int_property(value: int) -> IntegerAttr[I64]:
    """An `i64` attribute."""
    return IntegerAttr(value, i64)


def verify_names(unit: str, *groups: ArrayAttr[StringAttr]) -> None:
    """Port names are unique within a unit or stream."""
    seen: set[str] = set()
    for group in groups:
        for name in group:
            if name.data in seen:
                raise VerifyException(
                    f'port names must be unique, "{name.data}" occurs twice in @{unit}'
                )
            seen.add(name.data)
