"""Maps and reductions whose bodies hold scalars: structured operations on tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects import tensor
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.pattern import (
    DomainOp,
    GatherOp,
    MapOp,
    MemoryOp,
    ReadOp,
    ReduceOp,
    YieldOp,
)
from spatial_opt.lowering.linalg.body import Body, Env
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.kernel import Kernel
from spatial_opt.lowering.linalg.numbers import hold
from spatial_opt.lowering.linalg.operations import is_scalar_operation
from spatial_opt.lowering.linalg.ordered import OrderedReduction
from spatial_opt.lowering.linalg.reductions import Around, Reduction
from spatial_opt.lowering.linalg.sums import cut_of


def is_structured(op: DomainOp) -> bool:
    """Tell whether a body holds scalars and reductions of scalars only."""
    return all(
        is_structured(inner)
        if isinstance(inner, ReduceOp)
        else isinstance(inner, ReadOp | GatherOp | MemoryOp | YieldOp) or is_scalar_operation(inner)
        for inner in op.body.block.ops
    )


class Nest:
    """Writes one structured map, or one structured reduction outside of maps."""

    def __init__(self, env: Env, e: Emitter, exact: bool):
        self._env = env
        self._e = e
        self._exact = exact
        self._blocks: tuple[Block, ...] = ()
        self._indices: tuple[SSAValue, ...] = ()
        self._extents: dict[SSAValue, int] = {}
        self._done: dict[Operation, tuple[list[SSAValue], list[SSAValue]]] = {}

    def map(self, op: MapOp) -> list[SSAValue]:
        """Write a map; returns its results."""
        self._blocks = (op.body.block,)
        self._indices = op.indices
        self._extents = dict(zip(op.indices, op.domain, strict=True))
        done: dict[int, SSAValue] = {}
        for position in _in_order_of_definition(op):
            value = op.yielded[position]
            known = self._reduced_as_it_is(value, op)
            done[position] = self._elementwise(op, position, done) if known is None else known
        return [done[position] for position in range(len(op.res))]

    def _reduced_as_it_is(self, value: SSAValue, op: MapOp) -> SSAValue | None:
        """Give the tensor of a reduction that a map yields for each of its points."""
        inner = value.owner
        if not isinstance(inner, ReduceOp) or inner.parent is not op.body.block:
            return None
        tensors, indices = self.reduced(inner)
        if tuple(indices) != op.indices:
            return None
        return tensors[inner.results.index(value)]

    def _elementwise(self, op: MapOp, position: int, done: Mapping[int, SSAValue]) -> SSAValue:
        """Write one result; those written before are read where it depends on them."""
        result = op.res[position]
        kernel = Kernel(self._e, op.domain, len(op.domain))
        body = self._body(kernel.body, kernel)
        used = _needs(op.yielded[position], op.body.block)
        for other, source in done.items():
            scalar = op.yielded[other]
            if scalar in used and not isinstance(scalar.owner, Block | ReadOp | ReduceOp):
                body.known_as(scalar, kernel.element(source, kernel.loops))
        value = body.value(op.yielded[position])
        init = self._e.add(tensor.EmptyOp([], result.type))
        return kernel.finish(init, value, result.name_hint, _hints(op))

    def _body(self, e: Emitter, kernel: Kernel) -> Body:
        forms = {
            index: AffineExpr.dimension(position) for position, index in enumerate(self._indices)
        }
        return Body(self._env, e, self.reduced, self._blocks, forms, kernel)

    def reduced(self, op: ReduceOp) -> tuple[list[SSAValue], list[SSAValue]]:
        """Give the results of a reduction as tensors over the indices they depend on."""
        if op not in self._done:
            blocks = self._blocks_around(op)
            indices = self._indices_of(op, blocks)
            extents = tuple(self._extents[index] for index in indices)
            around = Around(blocks, tuple(indices), extents)
            self._extents |= dict(zip(op.indices, op.domain, strict=True))
            cut = cut_of(op, self._exact)
            tensors: list[SSAValue] = []
            for position in range(len(op.res)):
                one = Reduction(op, position, cut, self._env, self._e, around, self.reduced)
                tensors.append(OrderedReduction(one).write() if cut.exact else one.in_any_order())
            self._done[op] = tensors, indices
        return self._done[op]

    def _blocks_around(self, op: ReduceOp) -> tuple[Block, ...]:
        """List the bodies around a reduction within the nest, outermost first."""
        found: list[Block] = []
        block = op.parent
        while block is not None and (block in self._blocks or self._is_inner(block)):
            found.insert(0, block)
            parent = block.parent_op()
            block = None if parent is None else parent.parent
        return tuple(found)

    def _is_inner(self, block: Block) -> bool:
        return isinstance(block.parent_op(), ReduceOp)

    def _indices_of(self, op: ReduceOp, blocks: Sequence[Block]) -> list[SSAValue]:
        """List the indices of the bodies around that a reduction depends on, outermost first."""
        found: set[SSAValue] = set()
        seen: set[Operation] = set()
        queue: list[SSAValue] = list(op.yielded)
        within = (*blocks, op.body.block)
        while queue:
            value = queue.pop()
            if isinstance(value.owner, Block):
                found.add(value)
            elif value.owner.parent in within and value.owner not in seen:
                seen.add(value.owner)
                queue += _depends_on(value.owner)
        return [argument for block in blocks for argument in block.args if argument in found]


def _in_order_of_definition(op: MapOp) -> list[int]:
    """List the results of a map so that what others may need comes first."""
    places = {inner: place for place, inner in enumerate(op.body.block.ops)}

    def place(position: int) -> int:
        owner = op.yielded[position].owner
        return -1 if isinstance(owner, Block) else places.get(owner, -1)

    return sorted(range(len(op.res)), key=place)


def _needs(value: SSAValue, block: Block) -> set[SSAValue]:
    """Give the scalars of a block that a scalar depends on, except through itself."""
    found: set[SSAValue] = set()
    queue = [value]
    while queue:
        owner = queue.pop().owner
        if isinstance(owner, Block) or owner.parent is not block:
            continue
        for operand in _depends_on(owner):
            if operand not in found:
                found.add(operand)
                queue.append(operand)
    return found


def _depends_on(op: Operation) -> list[SSAValue]:
    """List the values from around that an operation takes, in its body too."""
    inner = [value for region in op.regions for child in region.walk() for value in child.operands]
    return [*op.operands, *inner]


def write_reduce(op: ReduceOp, env: Env, e: Emitter, exact: bool) -> list[SSAValue]:
    """Write a structured reduction that stands outside of maps; returns held scalars."""
    tensors, _ = Nest(env, e, exact).reduced(op)
    return [
        hold(e, e.add(tensor.ExtractOp(value, [], result.type), result.name_hint))
        for value, result in zip(tensors, op.res, strict=True)
    ]


def _hints(op: MapOp) -> dict[str, Attribute]:
    """Give the machine parameters of a map as attributes, which upstream carries along."""
    hints = {f"pattern.{name}": value for name, value in op.properties.items() if name != "bounds"}
    if all(factor == 1 for factor in op.par_factors):
        del hints["pattern.par"]
    if op.lane_count == 1:
        del hints["pattern.lanes"]
    return hints
