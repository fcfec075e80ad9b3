"""One structured operation being written: loops, operands, and a scalar body."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import tensor
from xdsl.dialects.builtin import AffineMapAttr, TensorType, f32
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import GenericOp, IndexOp, YieldOp
from xdsl.ir import Attribute, Block, BlockArgument, Region, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap

from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.numbers import hold, store
from spatial_opt.lowering.linalg.tensors import element_type


class Kernel:
    """Builds a `linalg.generic` with one result, indexed by the first `parallel` loops."""

    def __init__(self, site: Emitter, extents: Sequence[int], parallel: int):
        self.site = site
        self.extents = tuple(extents)
        self._parallel = parallel
        self._block = Block()
        self.body = Emitter(self._block, site.location)
        self._inputs: list[SSAValue] = []
        self._maps: list[AffineMap] = []
        self._held: dict[tuple[SSAValue, tuple[AffineExpr, ...]], SSAValue] = {}
        self._indices: dict[int, SSAValue] = {}
        self._started = False

    def element(self, source: SSAValue, at: Sequence[AffineExpr]) -> SSAValue:
        """Give the element of a tensor at an index of the loops, held."""
        key = (source, tuple(at))
        if key not in self._held:
            argument = self._input(source, at)
            argument.name_hint = source.name_hint
            self._held[key] = hold(self.body, argument)
        return self._held[key]

    def _input(self, source: SSAValue, at: Sequence[AffineExpr]) -> BlockArgument:
        argument = self._block.insert_arg(element_type(source), len(self._inputs))
        self._inputs.append(source)
        self._maps.append(AffineMap(len(self.extents), 0, tuple(at)))
        return argument

    def index(self, expr: AffineExpr) -> SSAValue:
        """Give an affine expression of the loops as a number."""
        return self.body.affine(expr, self._loop)

    def _loop(self, position: int) -> SSAValue:
        if position not in self._indices:
            self._indices[position] = self.body.add(IndexOp(position))
        return self._indices[position]

    @property
    def loops(self) -> list[AffineExpr]:
        """Return the indices of the loops that do not combine, outermost first."""
        return [AffineExpr.dimension(n) for n in range(self._parallel)]

    def start(self, init: SSAValue) -> SSAValue:
        """Take the initial result; returns the running value of the body, held."""
        self._started = True
        argument = self._block.insert_arg(element_type(init), len(self._block.args))
        return hold(self.body, argument)

    def finish(
        self,
        init: SSAValue,
        value: SSAValue,
        name: str | None,
        attributes: dict[str, Attribute] | None = None,
    ) -> SSAValue:
        """Write the operation with the held value that the body ends with; gives its result."""
        element = element_type(init)
        if not self._started:
            self._block.insert_arg(element, len(self._block.args))
        self.body.append(YieldOp(store(self.body, value, element)))
        self._state_extents()
        count = len(self.extents)
        maps = [*self._maps, AffineMap(count, 0, tuple(self.loops))]
        iterators = [IteratorTypeAttr.parallel()] * self._parallel
        iterators += [IteratorTypeAttr.reduction()] * (count - self._parallel)
        op = GenericOp(
            self._inputs,
            [init],
            Region(self._block),
            [AffineMapAttr(map) for map in maps],
            iterators,
            [init.type],
        )
        op.attributes |= attributes or {}
        return self.site.add(op, name)

    def _state_extents(self) -> None:
        """Add an operand that tells the extents of loops which index nothing else alone."""
        told = {
            expr.position
            for map in self._maps
            for expr in map.results
            if isinstance(expr, AffineDimExpr)
        } | set(range(self._parallel))
        missing = [n for n in range(len(self.extents)) if n not in told]
        if missing:
            type = TensorType(f32, [self.extents[n] for n in missing])
            shape = self.site.add(tensor.EmptyOp([], type), "extent")
            self._input(shape, [AffineExpr.dimension(n) for n in missing])
