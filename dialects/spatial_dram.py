"""DRAM tensors, and the address generators that move them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from xdsl.dialects.builtin import (
    I64,
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    Float32Type,
    FloatAttr,
    StringAttr,
    SymbolNameConstraint,
    SymbolRefAttr,
    TensorType,
    f32,
)
from xdsl.ir import Attribute, TypeAttribute
from xdsl.ir.affine import AffineMap
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import SymbolOpInterface
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern_syntax import parse_optional_float, print_float
from spatial_opt.dialects.spatial_access import (
    NO_NAMES,
    counter_names,
    element_bits,
    token_elements,
    verify_access,
)
from spatial_opt.dialects.spatial_attributes import (
    InitAttr,
    InputInitAttr,
    parameter_parts,
    parse_init,
    print_init,
)
from spatial_opt.dialects.spatial_contents import verify_contents
from spatial_opt.dialects.spatial_structure import (
    verify_inside_config,
)
from spatial_opt.dialects.spatial_syntax import (
    ints,
    parse_address,
    parse_extra_attributes,
    parse_names,
    parse_place,
    parse_stream_counters,
    print_extra_attributes,
    print_names,
    print_place,
    strings,
    verify_names,
    verify_place,
)


@irdl_op_definition
class InputOp(IRDLOperation):
    """
    Declare a DRAM tensor filled from the run-time input of the same name.

    The f32 array is multiplied by `scale`, then converted to the element type.
    """

    name = "spatial.input"

    sym_name = prop_def(SymbolNameConstraint())
    type_ = prop_def(TypeAttribute, prop_name="type")
    """A tensor type."""
    scale = opt_prop_def(FloatAttr[Float32Type])

    traits = traits_def(SymbolOpInterface())

    def __init__(self, sym_name: str, type: TensorType, scale: float | None = None):
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "type": type,
                "scale": None if scale is None else FloatAttr(scale, f32),
            }
        )

    @property
    def tensor(self) -> TensorType:
        """The type of the whole tensor."""
        return _tensor(self.type_)

    @classmethod
    def parse(cls, parser: Parser) -> InputOp:
        name = parser.parse_symbol_name()
        parser.parse_punctuation(":")
        properties: dict[str, Attribute] = {"sym_name": name, "type": parser.parse_type()}
        scale = parse_optional_float(parser, "scale")
        if scale is not None:
            properties["scale"] = FloatAttr(scale, f32)
        return cls.create(properties=properties, attributes=parse_extra_attributes(parser))

    def print(self, printer: Printer) -> None:
        _print_buffer(printer, self.sym_name.data, self.type_)
        print_float(printer, "scale", self.scale)
        print_extra_attributes(printer, self)

    def verify_(self) -> None:
        _tensor(self.type_)
        verify_inside_config(self)


@irdl_op_definition
class OutputOp(IRDLOperation):
    """Declare a DRAM tensor that is the run-time result of the same name."""

    name = "spatial.output"

    sym_name = prop_def(SymbolNameConstraint())
    type_ = prop_def(TypeAttribute, prop_name="type")
    """A tensor type."""

    traits = traits_def(SymbolOpInterface())

    def __init__(self, sym_name: str, type: TensorType):
        super().__init__(properties={"sym_name": StringAttr(sym_name), "type": type})

    @property
    def tensor(self) -> TensorType:
        """The type of the whole tensor."""
        return _tensor(self.type_)

    @classmethod
    def parse(cls, parser: Parser) -> OutputOp:
        name = parser.parse_symbol_name()
        parser.parse_punctuation(":")
        properties: dict[str, Attribute] = {"sym_name": name, "type": parser.parse_type()}
        return cls.create(properties=properties, attributes=parse_extra_attributes(parser))

    def print(self, printer: Printer) -> None:
        _print_buffer(printer, self.sym_name.data, self.type_)
        print_extra_attributes(printer, self)

    def verify_(self) -> None:
        _tensor(self.type_)
        verify_inside_config(self)


@irdl_op_definition
class DramOp(IRDLOperation):
    """
    Declare a DRAM tensor that is filled before the run, as a memory unit would be.

    It holds what does not fit the memory units: parts of weights, which an address generator loads
    anew in every activation.

    ```mlir
    spatial.dram @W.rest holds tensor<64x1024xf8E4M3FN>
        init parameter "W" [512, 1024] map affine_map<(d0, d1) -> (d0 + 448, d1)>
    ```
    """

    name = "spatial.dram"

    sym_name = prop_def(SymbolNameConstraint())
    held = prop_def(TensorType)
    init = prop_def(InitAttr)
    """Parameters or a run-time input; what nobody fills needs no memory."""

    traits = traits_def(SymbolOpInterface())

    def __init__(self, sym_name: str, held: TensorType, init: InitAttr):
        super().__init__(properties={"sym_name": StringAttr(sym_name), "held": held, "init": init})

    @property
    def tensor(self) -> TensorType:
        """The type of the whole tensor."""
        return self.held

    @classmethod
    def parse(cls, parser: Parser) -> DramOp:
        properties: dict[str, Attribute] = {"sym_name": parser.parse_symbol_name()}
        parser.parse_keyword("holds")
        properties["held"] = parser.parse_type()
        parser.parse_keyword("init")
        properties["init"] = parse_init(parser)
        return cls.create(properties=properties, attributes=parse_extra_attributes(parser))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        printer.print_string(" holds ")
        printer.print_attribute(self.held)
        printer.print_string(" init ")
        print_init(printer, self.init)
        print_extra_attributes(printer, self)

    def verify_(self) -> None:
        verify_inside_config(self)
        if not self.held.get_num_dims():
            raise VerifyException(f"a DRAM tensor has rank 1 or more, got {self.held}")
        _tensor(self.held)
        if not isinstance(self.init, InputInitAttr) and not parameter_parts(self.init):
            raise VerifyException(
                f"@{self.sym_name.data} is filled from parameters or an input, got {self.init}"
            )
        verify_contents(self.init, self.held)


def _print_buffer(printer: Printer, name: str, type: Attribute) -> None:
    printer.print_string(" ")
    printer.print_symbol_name(name)
    printer.print_string(" : ")
    printer.print_attribute(type)


def _tensor(type: Attribute) -> TensorType:
    if not isa(type, TensorType) or any(size < 1 for size in type.get_shape()):
        raise VerifyException(f"a DRAM buffer is a tensor of static shape, got {type}")
    return type


@irdl_op_definition
class AgOp(IRDLOperation):
    """
    Move one token per firing between a DRAM buffer and the port "data".

    A token is N consecutive elements along the last dimension, beginning at the address. Elements
    outside the buffer are zero when it loads, and dropped when it stores. It waits for one token of
    each port in `waits` at the first firing of an activation, and emits one on each port in
    `signals` at the last.
    """

    name = "spatial.ag"

    sym_name = prop_def(SymbolNameConstraint())
    at = opt_prop_def(DenseArrayBase[I64])
    """(row, column), column -1 or the number of columns."""
    direction = prop_def(StringAttr)
    """ "loads" or "stores"."""
    buffer = prop_def(SymbolRefAttr)
    """The `spatial.input`, `spatial.dram` or `spatial.output`."""
    bounds = prop_def(DenseArrayBase[I64])
    names = opt_prop_def(ArrayAttr[StringAttr])
    """Names of the own counters, for printing only."""
    map = prop_def(AffineMapAttr)
    """Address over (counters of enclosing controllers, own counters)."""
    type_ = prop_def(TypeAttribute, prop_name="type")
    """Type of a token."""
    waits = prop_def(ArrayAttr[StringAttr], default_value=NO_NAMES)
    signals = prop_def(ArrayAttr[StringAttr], default_value=NO_NAMES)

    traits = traits_def(SymbolOpInterface())

    def __init__(
        self,
        sym_name: str,
        direction: str,
        buffer: str,
        bounds: Sequence[int],
        map: AffineMap,
        type: Attribute,
        waits: Sequence[str] = (),
        signals: Sequence[str] = (),
        names: Sequence[str] | None = None,
        at: Sequence[int] | None = None,
    ):
        super().__init__(
            properties={
                "sym_name": StringAttr(sym_name),
                "at": None if at is None else ints(at),
                "direction": StringAttr(direction),
                "buffer": SymbolRefAttr(buffer),
                "bounds": ints(bounds),
                "names": None if names is None else strings(names),
                "map": AffineMapAttr(map),
                "type": type,
                "waits": strings(waits),
                "signals": strings(signals),
            }
        )

    @property
    def token_bytes(self) -> int:
        """Bytes of a token, the last of them maybe not full."""
        return ceil(token_elements(self.type_) * element_bits(self.type_) / 8)

    @classmethod
    def parse(cls, parser: Parser) -> AgOp:
        properties: dict[str, Attribute] = {"sym_name": parser.parse_symbol_name()}
        parse_place(parser, properties)
        properties["direction"] = StringAttr(parser.parse_keyword_in(("loads", "stores")))
        properties["buffer"] = SymbolRefAttr(parser.parse_symbol_name())
        names = parse_stream_counters(parser, properties)
        parser.parse_keyword("address")
        properties["map"] = parse_address(parser, names)
        parse_names(parser, "waits", properties)
        parse_names(parser, "signals", properties)
        parser.parse_punctuation(":")
        properties["type"] = parser.parse_type()
        return cls.create(properties=properties, attributes=parse_extra_attributes(parser))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.sym_name.data)
        print_place(printer, self.at)
        printer.print_string(f" {self.direction.data} ")
        printer.print_attribute(self.buffer)
        names = counter_names(self, self.bounds, self.map.data)
        names.print_counters(printer)
        names.print_address(printer, self.map.data)
        print_names(printer, "waits", self.waits)
        print_names(printer, "signals", self.signals)
        printer.print_string(" : ")
        printer.print_attribute(self.type_)
        print_extra_attributes(printer, self)

    def verify_(self) -> None:
        verify_inside_config(self)
        verify_place(self.at)
        if self.direction.data not in ("loads", "stores"):
            raise VerifyException(
                f'an address generator "loads" or "stores", got "{self.direction.data}"'
            )
        # The rank of the buffer is checked by the configuration, which finds the symbol.
        verify_access(self, self.bounds, self.map.data, self.type_, len(self.map.data.results))
        verify_names(self.sym_name.data, strings(["data"]), self.waits, self.signals)
