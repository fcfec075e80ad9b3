"""Memory units with their address streams."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    I64,
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    IntegerAttr,
    StringAttr,
    SymbolNameConstraint,
    TensorType,
    UnitAttr,
    VectorType,
    i32,
)
from xdsl.ir import Attribute, Block, Operation, Region, TypeAttribute
from xdsl.ir.affine import AffineMap
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
from xdsl.traits import NoTerminator, SymbolOpInterface
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern_syntax import element_type
from spatial_opt.dialects.spatial_access import (
    NO_NAMES,
    counter_names,
    element_bits,
    token_elements,
    verify_access,
)
from spatial_opt.dialects.spatial_attributes import (
    InitAttr,
    ZeroInitAttr,
    parse_init,
    print_init,
)
from spatial_opt.dialects.spatial_banking import (
    parse_banking,
    print_banking,
    to_banking,
    verify_banking,
)
from spatial_opt.dialects.spatial_contents import verify_contents
from spatial_opt.dialects.spatial_streams import (
    parse_ports,
    parse_when,
    print_ports,
    print_when,
    verify_apart,
    verify_when,
)
from spatial_opt.dialects.spatial_structure import (
    enclosing,
    single_block,
    verify_inside_config,
)
from spatial_opt.dialects.spatial_syntax import (
    int_property,
    ints,
    parse_address,
    parse_extra_attributes,
    parse_names,
    parse_place,
    parse_stream_counters,
    parse_unit,
    print_extra_attributes,
    print_names,
    print_place,
    strings,
    verify_names,
    verify_place,
)
from spatial_opt.machine.banks import Banking, words_of


@irdl_op_definition
class PmuOp(IRDLOperation):
    """
    Hold a tensor in a memory unit and access it by address streams.

    Leading dimensions may be buffers (N-buffering is in the addresses). Word w of the memory lies
    on bank `floor(w / B) mod N` for `banked (N, B)`, and the word at coordinates x on bank
    `floor(a . x / B) mod N` for `banked (N, B, [a0, a1, ...])`; rows begin at a word. A
    `duplicated` memory holds everything in each bank. Streams that share a port take turns,
    activation by activation, in the order of the text.
    """

    name = "spatial.pmu"

    sym_name = prop_def(SymbolNameConstraint())
    at = opt_prop_def(DenseArrayBase[I64])
    held = prop_def(TensorType)
    banks = prop_def(DenseArrayBase[I64])
    """(N, B): banks and words, next to each other, on one of them."""
    projection = opt_prop_def(DenseArrayBase[I64])
    """Weight of each coordinate, in words, for the choice of the bank; row-major if absent."""
    duplicated = opt_prop_def(UnitAttr)
    init = prop_def(InitAttr, default_value=ZeroInitAttr())
    body = region_def("single_block")

    traits = traits_def(SymbolOpInterface(), NoTerminator())

    def __init__(
        self,
        sym_name: str,
        held: TensorType,
        banks: tuple[int, int],
        init: InitAttr | None = None,
        body: Region | Block | Sequence[Operation] = (),
        duplicated: bool = False,
        at: Sequence[int] | None = None,
        projection: Sequence[int] | None = None,
    ):
        if not isinstance(body, Region):
            body = Region(body if isinstance(body, Block) else Block(body))
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "at": None if at is None else ints(at),
                "held": held,
                "banks": ints(banks),
                "projection": None if projection is None else ints(projection),
                "duplicated": UnitAttr() if duplicated else None,
                "init": ZeroInitAttr() if init is None else init,
            },
            regions=[single_block(body)],
        )

    @property
    def streams(self) -> list[Stream]:
        """The address streams, in order."""
        return [op for op in self.body.block.ops if isinstance(op, ReadOp | GatherOp | WriteOp)]

    @property
    def banking(self) -> Banking:
        """Which word lies on which bank, unless each holds everything."""
        return to_banking(self.banks, self.projection)

    @property
    def words(self) -> tuple[int, ...]:
        """Shape of what is held, in words."""
        return words_of(self.held.get_shape(), element_bits(self.held))

    @classmethod
    def parse(cls, parser: Parser) -> PmuOp:
        properties: dict[str, Attribute] = {"sym_name": parser.parse_symbol_name()}
        parse_place(parser, properties)
        parser.parse_keyword("holds")
        properties["held"] = parser.parse_type()
        parse_banking(parser, properties)
        parse_unit(parser, "duplicated", properties)
        parser.parse_keyword("init")
        properties["init"] = parse_init(parser)
        attributes = parse_extra_attributes(parser)
        body = single_block(parser.parse_region())
        return cls.create(properties=properties, attributes=attributes, regions=[body])

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_place(printer, self.at)
        printer.print_string(" holds ")
        printer.print_attribute(self.held)
        print_banking(printer, self.banks, self.projection)
        printer.print_string(" duplicated" if self.duplicated is not None else "")
        printer.print_string(" init ")
        print_init(printer, self.init)
        print_extra_attributes(printer, self)
        printer.print_string(" ")
        printer.print_region(self.body, print_empty_block=False)

    def verify_(self) -> None:
        verify_inside_config(self)
        verify_place(self.at)
        shape = self.held.get_shape()
        if not shape or any(size < 1 for size in shape):
            raise VerifyException(
                f"a memory holds a tensor of static shape and rank 1 or more, got {self.held}"
            )
        verify_banking(self.banks, self.projection, len(shape))
        verify_contents(self.init, self.held)
        streams: set[str] = set()
        for op in self.body.block.ops:
            if not isinstance(op, ReadOp | GatherOp | WriteOp):
                raise VerifyException(f"a memory unit holds only streams, got {op.name}")
            if op.sym_name.data in streams:
                raise VerifyException(
                    f"stream names must be unique, @{op.sym_name.data} occurs twice in "
                    f"@{self.sym_name.data}"
                )
            streams.add(op.sym_name.data)


def _held_by(op: Operation) -> TensorType | None:
    parent = op.parent_op()
    if parent is None:
        return None
    if not isinstance(parent, PmuOp):
        raise VerifyException(f"{op.name} must stand in a spatial.pmu, got {parent.name}")
    # The unit itself is verified after what it holds.
    return parent.held if isinstance(parent.properties.get("held"), TensorType) else None


def _verify_stream(
    op: ReadOp | GatherOp | WriteOp, rank_below: int, ports: Sequence[ArrayAttr[StringAttr]]
) -> None:
    if op.port.value.data < 0:
        raise VerifyException(f"port must be 0 or more, got {op.port.value.data}")
    held = _held_by(op)
    rank = held.get_num_dims() - rank_below if held is not None else len(op.map.data.results)
    verify_access(op, op.bounds, op.map.data, op.type_, rank)
    if held is not None and element_type(op.type_) != held.element_type:
        raise VerifyException(
            f"a token of {element_type(op.type_)} does not fit a memory that holds {held}"
        )
    verify_names(op.sym_name.data, *ports)
    if isinstance(op, GatherOp):
        return
    verify_apart(op.apart, token_elements(op.type_))
    if held is not None:
        inner = enclosing(op)[-1:]
        verify_when(op.when, op.sym_name.data, sum(len(c.counters) for c in inner))


def _parse_head(parser: Parser) -> dict[str, Attribute]:
    return {"sym_name": parser.parse_symbol_name()}


def _parse_port(parser: Parser, properties: dict[str, Attribute]) -> None:
    parser.parse_keyword("port")
    properties["port"] = int_property(parser.parse_integer(allow_boolean=False))


def _parse_tail(parser: Parser, properties: dict[str, Attribute]) -> None:
    parse_names(parser, "waits", properties)
    parse_names(parser, "signals", properties)
    parser.parse_punctuation(":")
    properties["type"] = parser.parse_type()


def _print_tail(printer: Printer, op: ReadOp | GatherOp | WriteOp) -> None:
    print_names(printer, "waits", op.waits)
    print_names(printer, "signals", op.signals)
    printer.print_string(" : ")
    printer.print_attribute(op.type_)
    print_extra_attributes(printer, op)


@irdl_op_definition
class ReadOp(IRDLOperation):
    """
    Read a token for each of its ports per firing, and send it there.

    A token is one element, or N consecutive ones along the last dimension from the address on.
    Without `ports` there is one, of the stream's name. The tokens of several are next to each other
    in the order of the ports; with `apart n`, each begins n elements behind that of the one before.
    With `padded`, elements outside the memory are 0.

    A stream runs once in each iteration of the controllers around its memory. One that is `before`
    or `after` is not in the innermost of them: it runs once for all its iterations, and its port
    lets it go before the first or after the last. Its address has no counters of that controller.
    """

    name = "spatial.read"

    sym_name = prop_def(SymbolNameConstraint())
    when = opt_prop_def(StringAttr)
    """"before" or "after"."""
    ports = opt_prop_def(ArrayAttr[StringAttr])
    """Data output ports, if they are not the one of the stream's name."""
    apart = opt_prop_def(IntegerAttr[I64])
    """Elements from one port's token to the next one's; as many as a token has if absent."""
    port = prop_def(IntegerAttr[I64])
    """Physical read port, from 0."""
    bounds = prop_def(DenseArrayBase[I64])
    names = opt_prop_def(ArrayAttr[StringAttr])
    """Names of the own counters, for printing only."""
    map = prop_def(AffineMapAttr)
    """Address over (counters of enclosing controllers, own counters)."""
    padded = opt_prop_def(UnitAttr)
    type_ = prop_def(TypeAttribute, prop_name="type")
    """Type of a token."""
    waits = prop_def(ArrayAttr[StringAttr], default_value=NO_NAMES)
    """Ports of tokens needed before the first firing of an activation."""
    signals = prop_def(ArrayAttr[StringAttr], default_value=NO_NAMES)
    """Ports on which a token is sent at the last firing of an activation."""

    traits = traits_def(SymbolOpInterface())

    def __init__(
        self,
        sym_name: str,
        bounds: Sequence[int],
        map: AffineMap,
        type: Attribute,
        port: int = 0,
        padded: bool = False,
        waits: Sequence[str] = (),
        signals: Sequence[str] = (),
        names: Sequence[str] | None = None,
        ports: Sequence[str] | None = None,
        apart: int | None = None,
        when: str | None = None,
    ):
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "when": None if when is None else StringAttr(when),
                "ports": None if ports is None else strings(ports),
                "apart": None if apart is None else int_property(apart),
                "port": int_property(port),
                "bounds": ints(bounds),
                "names": None if names is None else strings(names),
                "map": AffineMapAttr(map),
                "padded": UnitAttr() if padded else None,
                "type": type,
                "waits": strings(waits),
                "signals": strings(signals),
            }
        )

    @property
    def port_names(self) -> tuple[str, ...]:
        """Its data output ports, in the order of their tokens."""
        if self.ports is None:
            return (self.sym_name.data,)
        return tuple(port.data for port in self.ports)

    @property
    def port_step(self) -> int:
        """Elements from the first one of a port's token to that of the next port's."""
        return token_elements(self.type_) if self.apart is None else self.apart.value.data

    @property
    def reach(self) -> int:
        """Elements from the first one of a firing to the one behind its last."""
        return (len(self.port_names) - 1) * self.port_step + token_elements(self.type_)

    @classmethod
    def parse(cls, parser: Parser) -> ReadOp:
        properties = _parse_head(parser)
        outside = parse_when(parser, properties)
        parse_ports(parser, properties)
        _parse_port(parser, properties)
        names = parse_stream_counters(parser, properties, outside)
        parser.parse_keyword("address")
        properties["map"] = parse_address(parser, names)
        parse_unit(parser, "padded", properties)
        _parse_tail(parser, properties)
        return cls.create(properties=properties, attributes=parse_extra_attributes(parser))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_when(printer, self.when)
        print_ports(printer, self.ports, self.apart)
        printer.print_string(f" port {self.port.value.data}")
        names = counter_names(self, self.bounds, self.map.data)
        names.print_counters(printer)
        names.print_address(printer, self.map.data)
        printer.print_string(" padded" if self.padded is not None else "")
        _print_tail(printer, self)

    def verify_(self) -> None:
        if self.ports is not None and not self.ports.data:
            raise VerifyException(f"@{self.sym_name.data} reads, so it needs a data port")
        _verify_stream(self, 0, (strings(self.port_names), self.waits, self.signals))


@irdl_op_definition
class GatherOp(IRDLOperation):
    """
    Read at indices that arrive on the port `index_port`, and send on the port of its name.

    The token of N indices (i32) gives the N positions in the last dimension; the address gives
    the others (nothing for a memory of rank 1). Positions outside the memory are an error.
    """

    name = "spatial.gather"

    sym_name = prop_def(SymbolNameConstraint())
    index_port = prop_def(StringAttr, default_value=StringAttr("idx"))
    port = prop_def(IntegerAttr[I64])
    """Physical read port, from 0."""
    bounds = prop_def(DenseArrayBase[I64])
    names = opt_prop_def(ArrayAttr[StringAttr])
    """Names of the own counters, for printing only."""
    map = prop_def(AffineMapAttr)
    """All but the last coordinate, over (counters of enclosing controllers, own counters)."""
    type_ = prop_def(TypeAttribute, prop_name="type")
    """Type of a token sent."""
    waits = prop_def(ArrayAttr[StringAttr], default_value=NO_NAMES)
    signals = prop_def(ArrayAttr[StringAttr], default_value=NO_NAMES)

    traits = traits_def(SymbolOpInterface())

    def __init__(
        self,
        sym_name: str,
        bounds: Sequence[int],
        map: AffineMap,
        type: Attribute,
        index_port: str = "idx",
        port: int = 0,
        waits: Sequence[str] = (),
        signals: Sequence[str] = (),
        names: Sequence[str] | None = None,
    ):
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "index_port": StringAttr(index_port),
                "port": int_property(port),
                "bounds": ints(bounds),
                "names": None if names is None else strings(names),
                "map": AffineMapAttr(map),
                "type": type,
                "waits": strings(waits),
                "signals": strings(signals),
            }
        )

    @property
    def index_type(self) -> Attribute:
        """Type of an index token: i32, or a vector of as many as a token sent has elements."""
        if isa(self.type_, VectorType):
            return VectorType(i32, [token_elements(self.type_)])
        return i32

    @classmethod
    def parse(cls, parser: Parser) -> GatherOp:
        properties = _parse_head(parser)
        parser.parse_keyword("index")
        properties["index_port"] = StringAttr(parser.parse_str_literal())
        _parse_port(parser, properties)
        names = parse_stream_counters(parser, properties)
        parser.parse_keyword("address")
        properties["map"] = parse_address(parser, names)
        _parse_tail(parser, properties)
        return cls.create(properties=properties, attributes=parse_extra_attributes(parser))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        printer.print_string(" index ")
        printer.print_attribute(self.index_port)
        printer.print_string(f" port {self.port.value.data}")
        names = counter_names(self, self.bounds, self.map.data)
        names.print_counters(printer)
        names.print_address(printer, self.map.data)
        _print_tail(printer, self)

    def verify_(self) -> None:
        names = (strings([self.sym_name.data, self.index_port.data]), self.waits, self.signals)
        _verify_stream(self, 1, names)


@irdl_op_definition
class WriteOp(IRDLOperation):
    """
    Write the tokens of all `ports`, one of each per firing, from the address on.

    The tokens are concatenated in the order of the ports into consecutive elements along the last
    dimension; with `apart n`, each port's token begins n elements behind that of the port before.
    With `clip`, elements outside the memory are dropped; without, they are an error. `before` and
    `after` are those of `spatial.read`.
    """

    name = "spatial.write"

    sym_name = prop_def(SymbolNameConstraint())
    when = opt_prop_def(StringAttr)
    """"before" or "after"."""
    ports = prop_def(ArrayAttr[StringAttr])
    """Data input ports, one or more."""
    apart = opt_prop_def(IntegerAttr[I64])
    """Elements from one port's token to the next one's; as many as a token has if absent."""
    port = prop_def(IntegerAttr[I64])
    """Physical write port, from 0."""
    bounds = prop_def(DenseArrayBase[I64])
    names = opt_prop_def(ArrayAttr[StringAttr])
    """Names of the own counters, for printing only."""
    map = prop_def(AffineMapAttr)
    """Address over (counters of enclosing controllers, own counters)."""
    clip = opt_prop_def(UnitAttr)
    type_ = prop_def(TypeAttribute, prop_name="type")
    """Type of the token of one port."""
    waits = prop_def(ArrayAttr[StringAttr], default_value=NO_NAMES)
    signals = prop_def(ArrayAttr[StringAttr], default_value=NO_NAMES)

    traits = traits_def(SymbolOpInterface())

    def __init__(
        self,
        sym_name: str,
        ports: Sequence[str],
        bounds: Sequence[int],
        map: AffineMap,
        type: Attribute,
        port: int = 0,
        clip: bool = False,
        waits: Sequence[str] = (),
        signals: Sequence[str] = (),
        names: Sequence[str] | None = None,
        apart: int | None = None,
        when: str | None = None,
    ):
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "when": None if when is None else StringAttr(when),
                "ports": strings(ports),
                "apart": None if apart is None else int_property(apart),
                "port": int_property(port),
                "bounds": ints(bounds),
                "names": None if names is None else strings(names),
                "map": AffineMapAttr(map),
                "clip": UnitAttr() if clip else None,
                "type": type,
                "waits": strings(waits),
                "signals": strings(signals),
            }
        )

    @property
    def port_names(self) -> tuple[str, ...]:
        """Its data input ports, in the order of their tokens."""
        return tuple(port.data for port in self.ports)

    @property
    def port_step(self) -> int:
        """Elements from the first one of a port's token to that of the next port's."""
        return token_elements(self.type_) if self.apart is None else self.apart.value.data

    @property
    def reach(self) -> int:
        """Elements from the first one of a firing to the one behind its last."""
        return (len(self.ports) - 1) * self.port_step + token_elements(self.type_)

    @classmethod
    def parse(cls, parser: Parser) -> WriteOp:
        properties = _parse_head(parser)
        outside = parse_when(parser, properties)
        parse_ports(parser, properties)
        _parse_port(parser, properties)
        names = parse_stream_counters(parser, properties, outside)
        parser.parse_keyword("address")
        properties["map"] = parse_address(parser, names)
        parse_unit(parser, "clip", properties)
        _parse_tail(parser, properties)
        return cls.create(properties=properties, attributes=parse_extra_attributes(parser))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_when(printer, self.when)
        print_ports(printer, self.ports, self.apart)
        printer.print_string(f" port {self.port.value.data}")
        names = counter_names(self, self.bounds, self.map.data)
        names.print_counters(printer)
        names.print_address(printer, self.map.data)
        printer.print_string(" clip" if self.clip is not None else "")
        _print_tail(printer, self)

    def verify_(self) -> None:
        if not self.ports.data:
            raise VerifyException(f"@{self.sym_name.data} writes, so it needs a data port")
        _verify_stream(self, 0, (self.ports, self.waits, self.signals))


Stream = ReadOp | GatherOp | WriteOp
