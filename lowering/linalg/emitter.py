"""Appends upstream operations to a block: constants once, names and locations kept."""

from collections.abc import Callable

from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import (
    AffineMapAttr,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    LocationAttr,
    f32,
)
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.ir.affine import AffineConstantExpr, AffineDimExpr, AffineExpr, AffineMap
from xdsl.utils.hints import isa

from spatial_opt.lowering.linalg.constants import Number


class Emitter:
    """Appends operations to a block, all with the location of the operation they come from."""

    def __init__(self, block: Block, location: LocationAttr):
        self.block = block
        self.location = location
        self._constants: dict[Number, SSAValue] = {}
        self._narrow: dict[SSAValue, SSAValue] = {}

    def add(self, op: Operation, name: str | None = None) -> SSAValue:
        """Append an operation and return its first result."""
        self.append(op)
        result = op.results[0]
        if name is not None:
            result.name_hint = name
        return result

    def append(self, op: Operation) -> None:
        """Append an operation."""
        op.location = self.location
        self.block.add_op(op)

    def constant(self, value: Number) -> SSAValue:
        """Give a scalar constant."""
        if value not in self._constants:
            self._constants[value] = self.add(arith.ConstantOp(value))
        return self._constants[value]

    def real(self, value: float) -> SSAValue:
        """Give an f32 constant."""
        return self.constant(FloatAttr(value, f32))

    def integer(self, value: int, type: Attribute) -> SSAValue:
        """Give a constant of an integer type or of index."""
        if not isa(type, IntegerType) and not isinstance(type, IndexType):
            raise RuntimeError(f"{type} is no type of integers, this is a bug")
        return self.constant(IntegerAttr(value, type))

    def index(self, value: int) -> SSAValue:
        """Give an index constant."""
        return self.integer(value, IndexType())

    def affine(self, expr: AffineExpr, operand: Callable[[int], SSAValue]) -> SSAValue:
        """Give the value of an affine expression; `operand` gives the value of a dimension."""
        match expr:
            case AffineConstantExpr(value):
                return self.index(value)
            case AffineDimExpr(position):
                return operand(position)
            case _:
                used = sorted(expr.used_dims())
                new = [AffineExpr.constant(0)] * (used[-1] + 1)
                for place, position in enumerate(used):
                    new[position] = AffineExpr.dimension(place)
                map = AffineMap(len(used), 0, (expr.replace_dims_and_symbols(new, []),))
                kept = [operand(position) for position in used]
                return self.add(affine.ApplyOp(kept, AffineMapAttr(map)))

    def remember_narrow(self, held: SSAValue, narrow: SSAValue) -> None:
        """Note that `held` is the f32 with the value of a narrower float."""
        self._narrow[held] = narrow

    def narrow(self, held: SSAValue, type: Attribute) -> SSAValue | None:
        """Give the value of `type` that an f32 was extended from, if it was."""
        found = self._narrow.get(held)
        return found if found is not None and found.type == type else None
