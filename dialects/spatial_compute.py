"""Compute units, their ports and their pipeline stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from xdsl.dialects.builtin import (
    I64,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    StringAttr,
    SymbolNameConstraint,
    UnitAttr,
    VectorType,
)
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import IsolatedFromAbove, NoTerminator, SymbolOpInterface
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.spatial_structure import single_block, trip_count, verify_inside_config
from spatial_opt.dialects.spatial_syntax import (
    int_property,
    ints,
    parse_counter_arguments,
    parse_extra_attributes,
    parse_place,
    print_counter_arguments,
    print_extra_attributes,
    print_place,
    verify_bounds,
    verify_place,
)


class Timed(Protocol):
    """An op that takes, gives or finishes a value once per some firings: `per %j` or `once`."""

    @property
    def once(self) -> UnitAttr | None: ...

    @property
    def per(self) -> SSAValue | None: ...

    def parent_op(self) -> Operation | None: ...


@irdl_op_definition
class PcuOp(IRDLOperation):
    """
    Run a body once per firing on the lanes of a compute unit, one firing per cycle.

    Values enter by `spatial.receive` and leave by `spatial.send`. `spatial.stage` marks where
    each pipeline stage begins; there are none before spatial-partition.
    """

    name = "spatial.pcu"

    sym_name = prop_def(SymbolNameConstraint())
    at = opt_prop_def(DenseArrayBase[I64])
    bounds = prop_def(DenseArrayBase[I64])
    """Trip counts, outermost first; empty: one firing per activation."""
    body = region_def("single_block")

    traits = traits_def(SymbolOpInterface(), IsolatedFromAbove(), NoTerminator())

    def __init__(
        self,
        sym_name: str,
        bounds: Sequence[int],
        body: Region | Block | None = None,
        at: Sequence[int] | None = None,
    ):
        if body is None:
            body = Block(arg_types=[IndexType()] * len(bounds))
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "at": None if at is None else ints(at),
                "bounds": ints(bounds),
            },
            regions=[body if isinstance(body, Region) else Region(body)],
        )

    @property
    def counters(self) -> Sequence[BlockArgument]:
        """The counters, outermost first."""
        return self.body.block.args

    @classmethod
    def parse(cls, parser: Parser) -> PcuOp:
        properties: dict[str, Attribute] = {"sym_name": parser.parse_symbol_name()}
        parse_place(parser, properties)
        arguments, bounds = parse_counter_arguments(parser)
        properties["bounds"] = ints(bounds)
        attributes = parse_extra_attributes(parser)
        body = single_block(parser.parse_region(arguments))
        return cls.create(properties=properties, attributes=attributes, regions=[body])

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_place(printer, self.at)
        print_counter_arguments(printer, self.body.block.args, self.bounds.get_values())
        print_extra_attributes(printer, self)
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False, print_empty_block=False)

    def verify_(self) -> None:
        verify_inside_config(self)
        verify_place(self.at)
        verify_bounds(self.bounds)
        if len(self.counters) != len(self.bounds):
            raise VerifyException(
                f"@{self.sym_name.data} has {len(self.bounds)} bounds but "
                f"{len(self.counters)} counters"
            )
        ports: set[str] = set()
        stage = -1
        for op in self.body.block.ops:
            if isinstance(op, ReceiveOp | SendOp):
                if op.port.data in ports:
                    raise VerifyException(
                        f'port names must be unique, "{op.port.data}" occurs twice in '
                        f"@{self.sym_name.data}"
                    )
                ports.add(op.port.data)
            elif isinstance(op, StageOp):
                if op.index.value.data <= stage or (stage < 0 and op.index.value.data):
                    raise VerifyException(
                        f"stages begin at 0 and increase, got {op.index.value.data} "
                        + (f"after {stage} " if stage >= 0 else "first ")
                        + f"in @{self.sym_name.data}"
                    )
                stage = op.index.value.data


def firings_per_token(op: Timed) -> int:
    """
    Firings of the compute unit that share one token (or one accumulator) of this op.

    1 without `per`, the trip product of the counters inside of `%j` with `per %j`, all firings of
    an activation with `once`.
    """
    if op.once is None and op.per is None:
        return 1
    pcu = op.parent_op()
    if not isinstance(pcu, PcuOp):
        raise RuntimeError("an op with a rate is outside a compute unit; this is a bug")
    bounds = pcu.bounds.get_values()
    if op.once is not None or not isinstance(op.per, BlockArgument):
        return trip_count(bounds)
    return trip_count(bounds[op.per.index + 1 :])


def parse_per(parser: Parser, properties: dict[str, Attribute], operands: list[SSAValue]) -> None:
    """Optional `per %j` or `once`: the counter becomes an operand, `once` a property."""
    if parser.parse_optional_keyword("once") is not None:
        properties["once"] = UnitAttr()
    elif parser.parse_optional_keyword("per") is not None:
        operands.append(parser.parse_operand(IndexType(), msg="expected a counter of the unit"))


def print_per(printer: Printer, op: Timed) -> None:
    """Optional ` per %j` or ` once`."""
    if op.once is not None:
        printer.print_string(" once")
    elif op.per is not None:
        printer.print_string(" per ")
        printer.print_ssa_value(op.per)


def verify_in_pcu(op: Operation) -> PcuOp | None:
    """The compute unit around an op, None for an op by itself; anything else is refused."""
    parent = op.parent_op()
    if parent is None:
        return None
    if not isinstance(parent, PcuOp):
        raise VerifyException(f"{op.name} must stand in a spatial.pcu, got {parent.name}")
    return parent


def verify_per(op: Timed) -> None:
    """`per` takes a counter of the unit around the op."""
    pcu = op.parent_op()
    if op.per is None:
        return
    if op.once is not None:
        raise VerifyException("per and once exclude each other")
    if not isinstance(op.per, BlockArgument) or (
        isinstance(pcu, PcuOp) and op.per.block is not pcu.body.block
    ):
        raise VerifyException("per takes a counter of the unit itself")


def verify_token(type: Attribute) -> None:
    """A token is a scalar or a vector of rank 1."""
    if isinstance(type, VectorType) and type.get_num_dims() != 1:
        raise VerifyException(f"a token is a scalar or a vector of rank 1, got {type}")


def per_operands(per: SSAValue | None) -> list[SSAValue]:
    """The optional operand of `per`."""
    return [] if per is None else [per]


@irdl_op_definition
class ReceiveOp(IRDLOperation):
    """
    Take a token from an input port.

    A new one each firing; `per %j`: each time %j or a counter outside it advances, and held
    meanwhile; `once`: one per activation.
    """

    name = "spatial.receive"

    port = prop_def(StringAttr)
    once = opt_prop_def(UnitAttr)
    per = opt_operand_def(IndexType)
    result = result_def(AnyAttr())

    def __init__(self, port: str, type: Attribute, per: SSAValue | None = None, once: bool = False):
        super().__init__(
            operands=[per_operands(per)],
            properties={"port": StringAttr(port), "once": UnitAttr() if once else None},
            result_types=[type],
        )

    @classmethod
    def parse(cls, parser: Parser) -> ReceiveOp:
        properties: dict[str, Attribute] = {"port": StringAttr(parser.parse_str_literal())}
        operands: list[SSAValue] = []
        parse_per(parser, properties, operands)
        attributes = parse_extra_attributes(parser)
        parser.parse_punctuation(":")
        return cls.create(
            operands=operands,
            properties=properties,
            attributes=attributes,
            result_types=[parser.parse_type()],
        )

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_attribute(self.port)
        print_per(printer, self)
        print_extra_attributes(printer, self)
        printer.print_string(" : ")
        printer.print_attribute(self.result.type)

    def verify_(self) -> None:
        verify_in_pcu(self)
        verify_per(self)
        verify_token(self.result.type)


@irdl_op_definition
class SendOp(IRDLOperation):
    """
    Send a token from an output port.

    Each firing; `per %j`: at the last firing within one %j; `once`: at the last of an activation.
    """

    name = "spatial.send"

    port = prop_def(StringAttr)
    once = opt_prop_def(UnitAttr)
    value = operand_def(AnyAttr())
    per = opt_operand_def(IndexType)

    def __init__(self, port: str, value: SSAValue, per: SSAValue | None = None, once: bool = False):
        super().__init__(
            operands=[value, per_operands(per)],
            properties={"port": StringAttr(port), "once": UnitAttr() if once else None},
        )

    @classmethod
    def parse(cls, parser: Parser) -> SendOp:
        properties: dict[str, Attribute] = {"port": StringAttr(parser.parse_str_literal())}
        value = parser.parse_unresolved_operand()
        per: list[SSAValue] = []
        parse_per(parser, properties, per)
        attributes = parse_extra_attributes(parser)
        parser.parse_punctuation(":")
        operand = parser.resolve_operand(value, parser.parse_type())
        return cls.create(operands=[operand, *per], properties=properties, attributes=attributes)

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_attribute(self.port)
        printer.print_string(" ")
        printer.print_ssa_value(self.value)
        print_per(printer, self)
        print_extra_attributes(printer, self)
        printer.print_string(" : ")
        printer.print_attribute(self.value.type)

    def verify_(self) -> None:
        verify_in_pcu(self)
        verify_per(self)
        verify_token(self.value.type)


@irdl_op_definition
class StageOp(IRDLOperation):
    """
    Mark where a pipeline stage begins: the ops up to the next mark run in it.

    Stages are numbered from 0. A number is left out where an op (a fold that is not folded) takes
    several stages.
    """

    name = "spatial.stage"

    index = prop_def(IntegerAttr[I64])

    def __init__(self, index: int):
        super().__init__(properties={"index": int_property(index)})

    @classmethod
    def parse(cls, parser: Parser) -> StageOp:
        index = int_property(parser.parse_integer(allow_boolean=False))
        attributes = parse_extra_attributes(parser)
        return cls.create(properties={"index": index}, attributes=attributes)

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {self.index.value.data}")
        print_extra_attributes(printer, self)

    def verify_(self) -> None:
        verify_in_pcu(self)
