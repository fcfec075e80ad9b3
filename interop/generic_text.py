"""Modules as text that MLIR reads, with the place of every operation and argument in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO

from xdsl.dialects.builtin import ModuleOp, UnregisteredOp
from xdsl.ir import Attribute, BlockArgument, Dialect, Operation
from xdsl.irdl import IRDLOperation

from spatial_opt.interop.generic_attributes import GenericAttributePrinter
from spatial_opt.interop.variadics import operand_groups, result_groups, sizes_attribute


@dataclass(frozen=True)
class GenericText:
    """The text of a module, and what stands where; lines and columns count from 1."""

    text: str
    operations: dict[int, Operation] = field(repr=False)
    """The operation that begins on a line."""
    arguments: dict[tuple[int, int], BlockArgument] = field(repr=False)
    """The block argument at a line and column."""

    def operation_at(self, line: int) -> Operation | None:
        """Give the operation to which a line belongs: the last one that begins by there."""
        lines = [begin for begin in self.operations if begin <= line]
        return self.operations[max(lines)] if lines else None


class GenericPrinter(GenericAttributePrinter):
    """
    Print operations in generic form, those of `generic_dialects` as IRDL defines them.

    They have attributes only, no properties, and `slots` slots for each group of operands or
    results whose types may differ.
    """

    def __init__(self, stream: StringIO, generic_dialects: frozenset[str], slots: int) -> None:
        super().__init__(stream, generic_dialects)
        self.slots = slots
        self.operations: dict[int, Operation] = {}
        self.arguments: dict[tuple[int, int], BlockArgument] = {}

    def print_op(self, op: Operation) -> None:
        """Print an operation and note its line."""
        self.operations[self._current_line + 1] = op
        super().print_op(op)

    def print_block_argument(self, arg: BlockArgument, print_type: bool = True) -> None:
        """Print a block argument and note its place."""
        self.arguments[self._current_line + 1, self._current_column + 1] = arg
        super().print_block_argument(arg, print_type)

    def print_op_with_default_format(self, op: Operation) -> None:
        """Print what follows the name of an operation."""
        ours = (
            not isinstance(op, UnregisteredOp)
            and Dialect.split_name(op.name)[0] in self.generic_dialects
        )
        self.print_operands(op.operands)
        self.print_successors(op.successors)
        if not ours:
            self._print_op_properties(op.properties)
        self.print_regions(op.regions)
        attributes = op.attributes | op.properties if ours else op.attributes
        if ours and isinstance(op, IRDLOperation):
            attributes = {**attributes, **self._slot_sizes(op)}
        self.print_op_attributes(attributes)
        self.print_string(" : ")
        self.print_operation_type(op)

    def _slot_sizes(self, op: IRDLOperation) -> dict[str, Attribute]:
        """The segment sizes of operands and results that have slots."""
        found: dict[str, Attribute] = {}
        for groups, count in (
            (operand_groups(type(op)), len(op.operands)),
            (result_groups(type(op)), len(op.results)),
        ):
            sizes = groups.sizes_of(op, count) if groups.mixed else None
            spread = None if sizes is None else groups.slot_sizes(sizes, self.slots)
            # Without sizes MLIR says what is wrong with them.
            if spread is not None:
                found[groups.sizes_name] = sizes_attribute(spread)
        return found


def generic_text(module: ModuleOp, generic_dialects: frozenset[str], slots: int) -> GenericText:
    """Write a module as MLIR reads it once it knows the definitions of `generic_dialects`."""
    stream = StringIO()
    printer = GenericPrinter(stream, generic_dialects, slots)
    printer.print_op(module)
    stream.write("\n")
    return GenericText(stream.getvalue(), printer.operations, printer.arguments)
