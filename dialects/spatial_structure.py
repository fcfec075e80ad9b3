"""The frame of a configuration, and its controllers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import (
    I64,
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    StringAttr,
    SymbolNameConstraint,
)
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsolatedFromAbove, NoTerminator, SymbolOpInterface, SymbolTable
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.spatial_syntax import (
    ints,
    parse_counter_arguments,
    parse_extra_attributes,
    parse_names,
    parse_place,
    print_counter_arguments,
    print_extra_attributes,
    print_names,
    print_place,
    strings,
    verify_bounds,
    verify_names,
    verify_place,
)


def trip_count(bounds: Sequence[int] | DenseArrayBase[I64]) -> int:
    """Iterations of a nest of counters; 1 without counters."""
    values = bounds.get_values() if isinstance(bounds, DenseArrayBase) else bounds
    return prod(values)


def enclosing(op: Operation) -> list[ControllerOp]:
    """The controllers that an op stands in, outermost first; not the op itself."""
    found: list[ControllerOp] = []
    parent = op.parent_op()
    while parent is not None:
        if isinstance(parent, ControllerOp):
            found.append(parent)
        parent = parent.parent_op()
    return found[::-1]


def repeating(op: Operation) -> list[ControllerOp]:
    """
    The controllers whose iterations an op runs in, outermost first.

    A stream that is `before` or `after` stands in the innermost one but is not repeated by it.
    """
    found = enclosing(op)
    return found[:-1] if "when" in op.properties else found


def enclosing_counters(op: Operation) -> list[BlockArgument]:
    """The counters that an op sees, outermost first."""
    return [counter for controller in repeating(op) for counter in controller.counters]


def single_block(region: Region) -> Region:
    """An empty `{ }` parses to no block at all: give it one."""
    if not region.blocks:
        region.add_block(Block())
    return region


@irdl_op_definition
class ConfigOp(IRDLOperation):
    """
    Hold the complete configuration of a machine: its units, and the links between their ports.

    Units stand directly inside or in controllers; names are unique over the whole configuration.
    """

    name = "spatial.config"

    sym_name = prop_def(SymbolNameConstraint())
    body = region_def("single_block")

    traits = traits_def(SymbolOpInterface(), SymbolTable(), IsolatedFromAbove(), NoTerminator())

    def __init__(self, sym_name: str, body: Region | Block | Sequence[Operation] = ()):
        super().__init__(properties={"sym_name": StringAttr(sym_name)}, regions=[_as_region(body)])

    @classmethod
    def parse(cls, parser: Parser) -> ConfigOp:
        name = parser.parse_symbol_name()
        attributes = parse_extra_attributes(parser)
        body = single_block(parser.parse_region())
        return cls.create(properties={"sym_name": name}, attributes=attributes, regions=[body])

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_extra_attributes(printer, self)
        printer.print_string(" ")
        printer.print_region(self.body, print_empty_block=False)

    def verify_(self) -> None:
        from spatial_opt.dialects.spatial_verify import verify_config

        verify_config(self)


def _as_region(body: Region | Block | Sequence[Operation]) -> Region:
    if isinstance(body, Region):
        return single_block(body)
    return Region(body if isinstance(body, Block) else Block(body))


def verify_inside_config(op: Operation) -> None:
    """Units and links stand in a configuration or a controller."""
    parent = op.parent_op()
    if parent is not None and not isinstance(parent, ConfigOp | ControllerOp):
        raise VerifyException(f"{op.name} must stand in a configuration, got {parent.name}")


@irdl_op_definition
class ControllerOp(IRDLOperation):
    """
    Repeat the units inside: each runs through its own counters once per iteration.

    Fires once per iteration: consumes one token of each port in `waits`, emits one on each port
    in `signals`. Controllers only count; the order of their units follows from the tokens.
    """

    name = "spatial.controller"

    sym_name = prop_def(SymbolNameConstraint())
    at = opt_prop_def(DenseArrayBase[I64])
    """(row, column) of its switch, once placed."""
    bounds = prop_def(DenseArrayBase[I64])
    """Trip counts, outermost first; empty: once."""
    waits = prop_def(ArrayAttr[StringAttr], default_value=ArrayAttr[StringAttr]([]))
    signals = prop_def(ArrayAttr[StringAttr], default_value=ArrayAttr[StringAttr]([]))
    body = region_def("single_block")

    traits = traits_def(SymbolOpInterface(), IsolatedFromAbove(), NoTerminator())

    def __init__(
        self,
        sym_name: str,
        bounds: Sequence[int],
        body: Region | Block | Sequence[Operation] | None = None,
        waits: Sequence[str] = (),
        signals: Sequence[str] = (),
        at: Sequence[int] | None = None,
    ):
        if body is None:
            body = Block(arg_types=[IndexType()] * len(bounds))
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "at": None if at is None else ints(at),
                "bounds": ints(bounds),
                "waits": strings(waits),
                "signals": strings(signals),
            },
            regions=[_as_region(body)],
        )

    @property
    def counters(self) -> Sequence[BlockArgument]:
        """The counters, outermost first."""
        return self.body.block.args

    @classmethod
    def parse(cls, parser: Parser) -> ControllerOp:
        properties: dict[str, Attribute] = {"sym_name": parser.parse_symbol_name()}
        parse_place(parser, properties)
        arguments, bounds = parse_counter_arguments(parser)
        properties["bounds"] = ints(bounds)
        parse_names(parser, "waits", properties)
        parse_names(parser, "signals", properties)
        attributes = parse_extra_attributes(parser)
        body = single_block(parser.parse_region(arguments))
        return cls.create(properties=properties, attributes=attributes, regions=[body])

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_place(printer, self.at)
        print_counter_arguments(printer, self.body.block.args, self.bounds.get_values())
        print_names(printer, "waits", self.waits)
        print_names(printer, "signals", self.signals)
        print_extra_attributes(printer, self)
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False, print_empty_block=False)

    def verify_(self) -> None:
        verify_inside_config(self)
        verify_place(self.at)
        verify_bounds(self.bounds)
        verify_names(self.sym_name.data, self.waits, self.signals)
        if len(self.counters) != len(self.bounds):
            raise VerifyException(
                f"@{self.sym_name.data} has {len(self.bounds)} bounds but "
                f"{len(self.counters)} counters"
            )
