"""The body of one compute unit while it is written: scalars stay scalars, the rest has lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from xdsl.dialects import arith, vector
from xdsl.dialects.builtin import (
    AnyFloat,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    VectorType,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)
from xdsl.utils.hints import isa

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.arith_casts import is_conversion, without_lanes
from spatial_opt.lowering.spatial.plan import Feed
from spatial_opt.lowering.spatial.program import TOOL
from spatial_opt.machine.errors import SpatialError


def widened(type: Attribute, width: int | None) -> Attribute:
    """Give the type of a token: a scalar, or a vector of `width` elements."""
    return type if width is None else VectorType(type, [width])


class UnitBody:
    """
    Ops of a unit in the making, and what stands in it for the kernel's values.

    In a unit with lanes, what depends on scalars alone is computed once, as a scalar, and spread
    over the lanes where it meets a vector.
    """

    def __init__(self, bounds: Sequence[int], names: Sequence[str], width: int | None) -> None:
        self.block = Block(arg_types=[IndexType()] * len(bounds))
        for argument, name in zip(self.block.args, names, strict=True):
            argument.name_hint = name
        self.bounds = tuple(bounds)
        self.width = width
        self.values: dict[SSAValue, SSAValue] = {}
        self.spread_values: dict[SSAValue, SSAValue] = {}
        self.ports: set[str] = set()
        self.inputs: list[tuple[Feed, str, Literal["vector", "scalar"]]] = []

    def twin(self, feeds: Sequence[Feed]) -> UnitBody:
        """Copy the whole body, and give its inputs, in order, what feeds them."""
        names = [argument.name_hint or "" for argument in self.block.args]
        other = UnitBody(self.bounds, names, self.width)
        mapped: dict[SSAValue, SSAValue] = dict(zip(self.block.args, other.block.args, strict=True))
        # The ops of a unit hold no regions, and a whole clone is twice as slow.
        other.block.add_ops([op.clone_without_regions(mapped) for op in self.block.ops])
        other.inputs = [
            (feed, port, kind) for feed, (_, port, kind) in zip(feeds, self.inputs, strict=True)
        ]
        return other

    def add(self, op: Operation) -> SSAValue:
        """Append an op and give its first result."""
        self.block.add_op(op)
        return op.results[0]

    def port(self, wanted: str | None, fallback: str) -> str:
        """Reserve a port name."""
        base = wanted or fallback
        name, number = base, 1
        while name in self.ports:
            name, number = f"{base}_{number}", number + 1
        self.ports.add(name)
        return name

    def receive(
        self,
        feed: Feed,
        element: Attribute,
        width: int | None,
        hint: str | None,
        packed: bool = False,
    ) -> SSAValue:
        """Take a token at every firing; a packed one is a single word."""
        name = self.port(hint, "in")
        value = self.add(spatial.ReceiveOp(name, widened(element, width)))
        value.name_hint = hint
        self.inputs.append((feed, name, "scalar" if packed or width is None else "vector"))
        return value

    def send(self, value: SSAValue, hint: str | None, per: SSAValue | None = None) -> str:
        """Send a value to a new port."""
        name = self.port(hint, "out")
        self.block.add_op(spatial.SendOp(name, value, per))
        return name

    def copy(self, op: Operation, aliases: Mapping[SSAValue, SSAValue] | None = None) -> None:
        """
        Append an op of the kernel, on vectors where one of its operands is a vector.

        `aliases` says which operands are to be replaced by others. Casts that are conversions
        become such, which the units know how to widen.
        """
        given = [(aliases or {}).get(value, value) for value in op.operands]
        width = self.width if any(self._has_lanes(value) for value in given) else None
        condition = given[0] if isinstance(op, arith.SelectOp) else None
        operands = [
            # A select takes one condition for all lanes.
            self._operand(value, None if value is condition else width)
            for value in given
        ]
        if width is not None and (condition is not None and self._has_lanes(condition)):
            raise SpatialError(
                f"{TOOL}: a select with a condition per lane is not supported; use maximum, "
                "minimum or arithmetic"
            )
        if width is not None and isinstance(op, arith.CmpfOp | arith.CmpiOp):
            raise SpatialError(
                f"{TOOL}: {op.name} on lanes is not supported; use maximum, minimum or arithmetic"
            )
        if width is not None and without_lanes(op):
            raise SpatialError(
                f"{TOOL}: {op.name} on lanes is not supported; write it as pattern.convert, or use "
                "one lane"
            )
        types = [widened(result.type, width) for result in op.results]
        if is_conversion(op):
            new = pattern.ConvertOp(operands[0], types[0])
        else:
            new = type(op).create(
                operands=operands,
                result_types=types,
                properties=dict(op.properties),
                attributes=dict(op.attributes),
            )
        self.block.add_op(new)
        new.location = op.location
        for old, fresh in zip(op.results, new.results, strict=True):
            fresh.name_hint = old.name_hint
            self.values[old] = fresh

    def index(self, expr: AffineExpr, base: int) -> SSAValue:
        """Append the arithmetic of an affine expression over (`base` dimensions, the counters)."""
        match expr:
            case AffineDimExpr(position):
                return self.block.args[position - base]
            case AffineConstantExpr(value):
                return self.add(arith.ConstantOp(IntegerAttr(value, IndexType())))
            case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
                return self.add(arith.AddiOp(self.index(lhs, base), self.index(rhs, base)))
            case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, lhs, rhs):
                return self.add(arith.MuliOp(self.index(lhs, base), self.index(rhs, base)))
            case _:
                raise RuntimeError(f"the index {expr} is no sum of products, this is a bug")

    def lanes_of(self, value: SSAValue) -> int | None:
        """Give the width in which the unit has one of the kernel's values."""
        return self.width if self._has_lanes(value) else None

    def _has_lanes(self, value: SSAValue) -> bool:
        held = self.values.get(value)
        return held is not None and isinstance(held.type, VectorType)

    def _operand(self, value: SSAValue, width: int | None) -> SSAValue:
        if isinstance(value.owner, arith.ConstantOp):
            return self._constant(value, value.owner, width)
        held = self.values[value]
        return held if width is None or isinstance(held.type, VectorType) else self.spread(value)

    def spread(self, value: SSAValue) -> SSAValue:
        """Give one of the kernel's values on all lanes of the unit."""
        held = self.values[value]
        if self.width is None or isinstance(held.type, VectorType):
            return held
        if value not in self.spread_values:
            # Spread before it is widened: function units take the narrow operand.
            widening = held.owner if isinstance(held.owner, pattern.ConvertOp) else None
            narrow = widening.input if widening is not None and widening.is_widening else held
            found = self.add(vector.BroadcastOp(narrow, VectorType(narrow.type, [self.width])))
            if narrow is not held:
                found = self.add(pattern.ConvertOp(found, VectorType(held.type, [self.width])))
            self.spread_values[value] = found
            self.spread_values[value].name_hint = held.name_hint
        return self.spread_values[value]

    def _constant(self, value: SSAValue, op: arith.ConstantOp, width: int | None) -> SSAValue:
        found = self.values if width is None else self.spread_values
        if value not in found:
            found[value] = self.add(op.clone() if width is None else _dense(op, width))
            found[value].name_hint = value.name_hint
        return found[value]


def _dense(op: arith.ConstantOp, width: int) -> arith.ConstantOp:
    if isa(op.value, FloatAttr[AnyFloat]):
        floats = VectorType(op.value.type, [width])
        dense = DenseIntOrFPElementsAttr.from_list(floats, [op.value.value.data])
        return arith.ConstantOp(dense, floats)
    if isa(op.value, IntegerAttr[IntegerType]):
        integers = VectorType(op.value.type, [width])
        dense = DenseIntOrFPElementsAttr.from_list(integers, [op.value.value.data])
        return arith.ConstantOp(dense, integers)
    raise SpatialError(f"{TOOL}: cannot spread the constant {op.value} over lanes")
