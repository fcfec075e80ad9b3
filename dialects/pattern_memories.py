"""Which memory holds a value: declarations beside the values, which nothing reads."""

from collections.abc import Sequence
from math import prod
from typing import Self, cast

from xdsl.dialects.builtin import (
    I64,
    AffineMapAttr,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    StringAttr,
    TensorType,
    UnitAttr,
    i64,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.affine_syntax import parse_slice, print_slice
from spatial_opt.dialects.pattern_access import ParameterOp, TableOp
from spatial_opt.dialects.pattern_loops import MapOp, ReduceOp
from spatial_opt.dialects.pattern_scan import ScanOp
from spatial_opt.dialects.pattern_syntax import (
    integers,
    parse_attributes,
    print_attributes,
    print_types,
    values_of,
)
from spatial_opt.dialects.spatial_access import element_bits
from spatial_opt.dialects.spatial_banking import (
    parse_scheme,
    print_banking,
    to_banking,
    verify_banking,
)
from spatial_opt.machine.banks import Banking

TENSOR_KINDS = ("dram", "sram", "lut")
"""Memories of tensors: off chip, on chip, and tables that are looked up."""
SCALAR_KINDS = ("fifo", "reg")
"""Memories of the results of reductions: a queue to another unit, or the accumulator itself."""


@irdl_op_definition
class MemoryOp(IRDLOperation):
    """
    Say which memory holds a value, how many versions of it at once, and for how long.

    It reads nothing and changes nothing. It stands in the block where the value is defined, which
    is the loop level of the memory. `depth` is the number of buffers, each of `bytes`; in a loop,
    version n of the value lies in buffer n mod depth. Of a `fifo` they are the places of the queue,
    each for one token.

    The items of a block, its maps and scans, have positions 0 to n - 1. `live (a, b)` says that the
    version a step uses is in its memory from position a to position b of that step; below 0 is the
    step before, from n on the step after (in the function, before and after everything).

    Of an argument, a step of a loop may hold a slice: `%x[%t, *]` is the part at this step.
    `banked` is what it is in `spatial.pmu`: N, B, and a weight of each coordinate.

    ```mlir
    func.func @main(%x: tensor<25x8xf32>) -> tensor<8xf32> {
      pattern.memory dram %x bytes 800 live (-1, 0) : tensor<25x8xf32>
      %h0 = arith.constant dense<0.0> : tensor<8xf32>
      %last = pattern.scan (%t in 25) carry (%h = %h0 : tensor<8xf32>) -> tensor<8xf32> {
        pattern.memory sram %x[%t, *] depth 2 bytes 32 live (-1, 0) : tensor<25x8xf32>
        pattern.memory sram %h bytes 32 live (-1, 0) banked (16, 1) : tensor<8xf32>
        %n = pattern.map (%i in 8) -> tensor<8xf32> {
          %a = pattern.read %x[%t, %i] : tensor<25x8xf32>
          %b = pattern.read %h[%i] : tensor<8xf32>
          %s = arith.addf %a, %b : f32
          pattern.yield %s : f32
        }
        pattern.next %n : tensor<8xf32>
      }
      func.return %last : tensor<8xf32>
    }
    ```
    """

    name = "pattern.memory"

    kind = prop_def(StringAttr)
    """One of dram, sram, lut for tensors, fifo, reg for results of reductions."""
    value = operand_def()
    indices = var_operand_def(IndexType)
    """The index of the scan, where a slice is held."""
    fixed = opt_prop_def(DenseArrayBase[I64])
    """Dimensions that the step fixes, ascending."""
    map = opt_prop_def(AffineMapAttr)
    """Their coordinates, from `indices`."""
    depth = prop_def(IntegerAttr[I64], default_value=IntegerAttr(1, i64))
    """Buffers, or places of a queue, at least 1."""
    bytes = prop_def(IntegerAttr[I64])
    """Bytes of one of them."""
    live = opt_prop_def(DenseArrayBase[I64])
    """First and last position; of tensors only."""
    banks = opt_prop_def(DenseArrayBase[I64])
    """(N, B): banks of a memory unit, and words next to each other on one of them."""
    projection = opt_prop_def(DenseArrayBase[I64])
    """Weight of each coordinate held, in words, for the choice of the bank."""
    duplicated = opt_prop_def(UnitAttr)
    """Whether each bank holds everything."""

    def __init__(
        self,
        kind: str,
        value: SSAValue | Operation,
        *,
        depth: int = 1,
        bytes: int | None = None,
        live: tuple[int, int] | None = None,
        index: SSAValue | None = None,
        fixed: Sequence[tuple[int, AffineExpr]] = (),
        banking: Banking | None = None,
        duplicated: bool = False,
    ):
        """Declare a memory; `fixed` gives dimensions and coordinates over `index`, dimension 0."""
        held = SSAValue.get(value)
        vector = None if banking is None else banking.projection
        dims = tuple(dim for dim, _ in fixed)
        if bytes is None:
            bytes = buffer_bytes(held, dims)
        super().__init__(
            operands=[held, [] if index is None else [index]],
            properties={
                "kind": StringAttr(kind),
                "fixed": integers(dims) if fixed else None,
                "map": AffineMapAttr(AffineMap(1, 0, tuple(at for _, at in fixed)))
                if fixed
                else None,
                "depth": IntegerAttr(depth, i64),
                "bytes": IntegerAttr(bytes, i64),
                "live": None if live is None else integers(live),
                "banks": None if banking is None else integers((banking.banks, banking.block)),
                "projection": None if vector is None else integers(vector),
                "duplicated": UnitAttr() if duplicated else None,
            },
        )

    @property
    def buffers(self) -> int:
        """Return the depth as a number."""
        return self.depth.value.data

    @property
    def total_bytes(self) -> int:
        """Return the bytes of all buffers."""
        return self.buffers * self.bytes.value.data

    @property
    def positions(self) -> tuple[int, int] | None:
        """Return the first and the last position of the lifetime."""
        if self.live is None:
            return None
        first, last = values_of(self.live)
        return first, last

    @property
    def scan(self) -> ScanOp | None:
        """Return the loop that the memory lives in, None for the function."""
        parent: Operation | None = self
        while (parent := parent.parent_op()) is not None:
            if isinstance(parent, ScanOp):
                return parent
        return None

    @property
    def slice(self) -> tuple[tuple[int, AffineExpr], ...]:
        """Return the dimensions that a step fixes, with their coordinates over its index."""
        if self.fixed is None or self.map is None:
            return ()
        return tuple(zip(values_of(self.fixed), self.map.data.results, strict=True))

    @property
    def held_shape(self) -> tuple[int, ...]:
        """Return the shape of one buffer: the dimensions that no step fixes."""
        return _free_shape(self.value, [dim for dim, _ in self.slice])

    @property
    def banking(self) -> Banking | None:
        """Return the scheme of the banks, None where nobody has decided."""
        return None if self.banks is None else to_banking(self.banks, self.projection)

    def verify_(self) -> None:
        kind, name = self.kind.data, _name(self.value)
        tensor = isa(self.value.type, TensorType)
        kinds = TENSOR_KINDS if tensor else SCALAR_KINDS
        if kind not in kinds:
            raise VerifyException(
                f"a memory of {self.value.type} is one of {', '.join(kinds)}, got {kind}"
            )
        if not tensor and not isinstance(self.value.owner, ReduceOp):
            raise VerifyException(
                f"a {kind} holds the result of a pattern.reduce, %{name} is none: other scalars "
                "stay inside their unit and need no memory"
            )
        if (kind == "lut") != isinstance(self.value.owner, TableOp):
            raise VerifyException(f"a lut holds a pattern.table and nothing else does, got %{name}")
        if kind == "dram" and not _may_be_off_chip(self.value):
            raise VerifyException(
                "dram holds arguments and results of the function and parameters, "
                f"%{name} is none of them"
            )
        self._verify_place(name)
        self._verify_numbers(kind, name)
        self._verify_banking(kind)
        self._verify_alone(kind, name)

    def _verify_place(self, name: str) -> None:
        """Check that it stands beside the value, or in the loop whose step it takes a slice of."""
        if self.fixed is None and self.map is None and not self.indices:
            home = self.value.owner
            home = home if isinstance(home, Block) else home.parent
            if self.parent is not home:
                raise VerifyException(
                    f"a memory stands in the block where its value is defined, that of %{name} "
                    "does not"
                )
            return
        step = self.indices[0] if len(self.indices) == 1 else None
        scan = None if step is None else step.owner
        scan = scan.parent_op() if isinstance(scan, Block) else None
        if (
            not isinstance(scan, ScanOp)
            or step is not scan.index
            or self.parent_block() is not (scan.body.block)
        ):
            raise VerifyException(
                f"a slice of %{name} is held by the body of a scan, at the index of this scan"
            )
        if not _is_argument(self.value) or self.kind.data != "sram":
            raise VerifyException(
                f"an sram holds slices of arguments of the function, got {self.kind.data} %{name}"
            )
        dims = [] if self.fixed is None else list(values_of(self.fixed))
        shape = cast(TensorType, self.value.type).get_shape()
        good = dims == sorted(set(dims)) and dims and 0 <= dims[0] and dims[-1] < len(shape) - 1
        if not good or self.map is None or len(self.map.data.results) != len(dims):
            raise VerifyException(
                f"a slice fixes some dimensions of %{name}, all but the last of "
                f"{len(shape)}, each at one coordinate, got dimensions {dims}"
            )
        if self.map.data.num_dims != 1 or self.map.data.num_symbols:
            raise VerifyException(
                f"the coordinates of a slice are over the index of the scan, got {self.map.data}"
            )

    def _verify_numbers(self, kind: str, name: str) -> None:
        if self.buffers < 1:
            raise VerifyException(f"depth must be at least 1, got {self.buffers}")
        in_loop = kind == "sram" and isinstance(self.parent_op(), ScanOp)
        if self.buffers > 1 and not in_loop and kind != "fifo":
            raise VerifyException(
                f"only an sram in a scan, which has a version per step, and a fifo are deeper than "
                f"1, got depth {self.buffers} for the {kind} of %{name}"
            )
        needed = buffer_bytes(self.value, [dim for dim, _ in self.slice])
        if self.bytes.value.data != needed:
            raise VerifyException(
                f"one buffer of %{name} takes {needed} bytes, got {self.bytes.value.data}"
            )
        if (self.live is None) != (kind in SCALAR_KINDS):
            raise VerifyException(
                f"memories of tensors have a lifetime and those of scalars none, got a {kind} "
                f"{'without' if self.live is None else 'with'} live"
            )
        if self.live is not None:
            span = values_of(self.live)
            if len(span) != 2 or span[0] > span[1]:
                raise VerifyException(
                    f"live takes the first and the last position, got {list(span)}"
                )

    def _verify_banking(self, kind: str) -> None:
        if self.banks is None:
            if self.projection is not None or self.duplicated is not None:
                raise VerifyException("a vector or `duplicated` needs banked (N, B)")
            return
        if kind not in ("sram", "lut"):
            raise VerifyException(f"only memory units have banks, got a {kind} that is banked")
        verify_banking(self.banks, self.projection, len(self.held_shape))
        if self.projection is not None and not _keeps_order(self.value):
            raise VerifyException(
                f"%{_name(self.value)} lies in the order in which its readers take it, so a vector "
                "over its coordinates says nothing; write banked (N, B)"
            )
        if self.duplicated is not None and _keeps_order(self.value):
            raise VerifyException(
                f"%{_name(self.value)} is written at run time, so its banks can't each hold all of "
                "it; leave duplicated away"
            )

    def _verify_alone(self, kind: str, name: str) -> None:
        """Refuse two declarations of one memory; a value may be in DRAM and on chip, too."""
        for use in self.value.uses:
            other = use.operation
            if not isinstance(other, MemoryOp) or other is self or use.index != 0:
                continue
            if other.parent is not self.parent or other.slice != self.slice:
                continue
            if (other.kind.data == "dram") == (kind == "dram"):
                raise VerifyException(
                    f"the memory of %{name} is declared twice here, as {other.kind.data} and as "
                    f"{kind}; delete one"
                )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        kind = parser.parse_identifier()
        value = parser.parse_unresolved_operand()
        coordinates, names = parse_slice(parser)
        properties: dict[str, Attribute] = {"kind": StringAttr(kind)}
        fixed = [(dim, at) for dim, at in enumerate(coordinates) if at is not None]
        if coordinates:
            properties["fixed"] = integers([dim for dim, _ in fixed])
            map = AffineMap(len(names), 0, tuple(at for _, at in fixed))
            properties["map"] = AffineMapAttr(map)
        depth = 1
        if parser.parse_optional_keyword("depth") is not None:
            depth = parser.parse_integer(allow_boolean=False)
        properties["depth"] = IntegerAttr(depth, i64)
        parser.parse_keyword("bytes")
        properties["bytes"] = IntegerAttr(parser.parse_integer(allow_boolean=False), i64)
        if parser.parse_optional_keyword("live") is not None:
            live = parser.parse_comma_separated_list(
                parser.Delimiter.PAREN, lambda: parser.parse_integer(allow_boolean=False)
            )
            properties["live"] = integers(live)
        if parser.parse_optional_keyword("banked") is not None:
            parse_scheme(parser, properties)
            if parser.parse_optional_keyword("duplicated") is not None:
                properties["duplicated"] = UnitAttr()
        attributes = parse_attributes(parser)
        parser.parse_punctuation(":")
        position = parser.pos
        type = parser.parse_type()
        if coordinates and (not isa(type, TensorType) or len(type.get_shape()) != len(coordinates)):
            parser.raise_error(
                f"a slice has one entry per dimension, got {len(coordinates)} for {type}", position
            )
        indices = [parser.resolve_operand(name, IndexType()) for name in names]
        op = cls.build(
            operands=[parser.resolve_operand(value, type), indices], properties=properties
        )
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {self.kind.data} ")
        printer.print_operand(self.value)
        if self.slice:
            fixed = dict(self.slice)
            shape = cast(TensorType, self.value.type).get_shape()
            print_slice(printer, [fixed.get(dim) for dim in range(len(shape))], self.indices)
        if self.buffers != 1:
            printer.print_string(f" depth {self.buffers}")
        printer.print_string(f" bytes {self.bytes.value.data}")
        if self.live is not None:
            printer.print_string(f" live ({', '.join(map(str, values_of(self.live)))})")
        if self.banks is not None:
            print_banking(printer, self.banks, self.projection)
            if self.duplicated is not None:
                printer.print_string(" duplicated")
        print_attributes(printer, self)
        print_types(printer, " : ", [self.value.type])


def buffer_bytes(value: SSAValue, fixed: Sequence[int] = ()) -> int:
    """
    Return the bytes of one buffer of a value.

    Of a tensor without the dimensions `fixed`; of a scalar those of a token, which has an element
    for each lane of the map around it.
    """
    each = element_bits(value.type) // 8
    if isa(value.type, TensorType):
        return each * prod(_free_shape(value, fixed))
    owner = value.owner
    around = owner.parent_op() if isinstance(owner, Operation) else None
    return each * (around.lane_count if isinstance(around, MapOp) else 1)


def _free_shape(value: SSAValue, fixed: Sequence[int]) -> tuple[int, ...]:
    type = value.type
    shape = type.get_shape() if isa(type, TensorType) else ()
    return tuple(extent for dim, extent in enumerate(shape) if dim not in fixed)


def _is_argument(value: SSAValue) -> bool:
    return isinstance(value, BlockArgument) and isinstance(value.block.parent_op(), FuncOp)


def _may_be_off_chip(value: SSAValue) -> bool:
    """Return whether a value comes from outside, or is returned by the function."""
    if _is_argument(value) or isinstance(value.owner, ParameterOp):
        return True
    return any(isinstance(use.operation, ReturnOp) for use in value.uses)


def _keeps_order(value: SSAValue) -> bool:
    """Return whether a value made at run time, which lies in memory as its shape says."""
    return not isinstance(value.owner, ParameterOp | TableOp)


def _name(value: SSAValue) -> str:
    return value.name_hint or "value"
