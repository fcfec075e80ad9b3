"""Writes pattern kernels: maps, reductions, affine reads, with names and locations."""

from collections.abc import Callable, Sequence

from xdsl.builder import Builder
from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, LocationAttr, f32
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint

from spatial_opt.dialects import pattern

Dims = Sequence[AffineExpr]
Access = Callable[[Dims], Sequence[AffineExpr | int]]
"""From the dimensions of the indices to the coordinates of an element."""
Body = Callable[..., Sequence[SSAValue]]
"""From an emitter for the body and its indices to the values that it yields."""
Domain = Sequence[tuple[str, int]]
"""Names and bounds of the indices, outermost first."""


class Emitter:
    """Inserts operations at one place, all with the location of the operation they come from."""

    def __init__(self, place: InsertPoint, location: LocationAttr):
        self._builder = Builder(place)
        self._location = location
        self.block = place.block
        """Where operations are inserted."""

    def inside(self, place: InsertPoint) -> "Emitter":
        """Return an emitter for another place with the same location."""
        return Emitter(place, self._location)

    def add(self, op: Operation, *names: str) -> tuple[SSAValue, ...]:
        """Insert an operation, name its results, and return them."""
        op.location = self._location
        for result, name in zip(op.results, names, strict=False):
            result.name_hint = name
        self._builder.insert(op)
        return tuple(op.results)

    def value(self, op: Operation, name: str | None = None) -> SSAValue:
        """Insert an operation and return its first result."""
        return self.add(op, *([] if name is None else [name]))[0]

    def constant(self, value: float) -> SSAValue:
        """Return an f32 constant."""
        return self.value(arith.ConstantOp(FloatAttr(value, f32)))

    def read(
        self,
        source: SSAValue,
        indices: Sequence[SSAValue],
        access: Access | None = None,
        *,
        padded: bool = False,
    ) -> SSAValue:
        """
        Read the element at `access` of the indices; at the indices themselves without one.

        With `padded` elements outside the source are zero.
        """
        if access is None:
            return self.value(pattern.ReadOp(source, indices, zero_outside=padded))
        dims = [AffineExpr.dimension(position) for position in range(len(indices))]
        coordinates = tuple(
            AffineExpr.constant(entry) if isinstance(entry, int) else entry
            for entry in access(dims)
        )
        map = AffineMap(len(indices), 0, coordinates)
        return self.value(pattern.ReadOp(source, indices, map, zero_outside=padded))

    def kernel(
        self, names: Sequence[str], domain: Domain, elements: Sequence[Attribute], body: Body
    ) -> tuple[SSAValue, ...]:
        """Write a map with the given names and element types of its results."""
        op = pattern.MapOp([bound for _, bound in domain], elements)
        for index, (name, _) in zip(op.indices, domain, strict=True):
            index.name_hint = name
        inner = self.inside(InsertPoint.at_end(op.body.block))
        inner.add(pattern.YieldOp(*body(inner, *op.indices)))
        return self.add(op, *names)

    def sum(
        self,
        index: str,
        bound: int,
        accumulator: Attribute,
        through: Sequence[Attribute],
        body: Body,
    ) -> SSAValue:
        """Write a sum over one index, accumulated in a type, its tree in the types `through`."""
        return self.reduction("add", [(index, bound)], accumulator, body, through)

    def reduction(
        self,
        kind: str,
        domain: Domain,
        accumulator: Attribute,
        body: Body,
        through: Sequence[Attribute] = (),
    ) -> SSAValue:
        """Write a reduction (add, mul, max or min) over a domain of one dimension or more."""
        bounds = [bound for _, bound in domain]
        op = pattern.ReduceOp(kind, bounds, [accumulator], through=through)
        for index, (name, _) in zip(op.indices, domain, strict=True):
            index.name_hint = name
        inner = self.inside(InsertPoint.at_end(op.body.block))
        inner.add(pattern.YieldOp(*body(inner, *op.indices)))
        return self.value(op)

    def plus(self, *values: SSAValue | None) -> SSAValue | None:
        """Add the f32 values that are there, from left to right; None if there are none."""
        total: SSAValue | None = None
        for value in values:
            if total is None or value is None:
                total = value if total is None else total
            else:
                total = self.value(arith.AddfOp(total, value))
        return total

    def times(self, left: SSAValue, right: SSAValue) -> SSAValue:
        """Multiply two floats."""
        return self.value(arith.MulfOp(left, right))

    def complement(self, value: SSAValue) -> SSAValue:
        """Return 1 - value in f32."""
        return self.value(arith.SubfOp(self.constant(1.0), value))
