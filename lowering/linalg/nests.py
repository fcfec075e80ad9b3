"""Maps and reductions of a block: structured operations where their bodies allow, else loops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from xdsl.dialects import scf, tensor
from xdsl.dialects.builtin import IndexType, TensorType
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
from spatial_opt.lowering.linalg import body as bodies
from spatial_opt.lowering.linalg.body import Body, Env
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.kernel import Kernel
from spatial_opt.lowering.linalg.numbers import hold, store
from spatial_opt.lowering.linalg.operations import is_scalar_operation
from spatial_opt.lowering.linalg.ordered import OrderedReduction
from spatial_opt.lowering.linalg.reductions import Around, Reduction
from spatial_opt.lowering.linalg.sums import cut_of

Statements = Callable[[Sequence[Operation], Emitter], None]
"""Converts the operations of a block."""


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


# --- bodies that hold maps or scans


def write_loops(
    op: DomainOp, env: Env, e: Emitter, elements: Sequence[Attribute], statements: Statements
) -> list[SSAValue]:
    """
    Write what a body yields for every point of its domain, by a loop per dimension.

    Returns one tensor per yielded value, of the domain's shape and the given element types.
    """
    types = [TensorType(element, op.domain) for element in elements]
    inits = [e.add(tensor.EmptyOp([], type)) for type in types]
    indices: list[SSAValue] = []

    def level(depth: int, e: Emitter, running: Sequence[SSAValue]) -> list[SSAValue]:
        if depth == len(op.domain):
            statements(list(op.body.block.ops)[:-1], e)
            return [
                e.add(tensor.InsertOp(store(e, env.values[value], element), into, indices))
                for value, element, into in zip(op.yielded, elements, running, strict=True)
            ]
        block = Block(arg_types=[IndexType(), *types])
        inner = Emitter(block, e.location)
        index, *carried = block.args
        index.name_hint = op.indices[depth].name_hint
        env.indices[op.indices[depth]] = bodies.Around(index, op.domain[depth])
        indices.append(index)
        inner.append(scf.YieldOp(*level(depth + 1, inner, carried)))
        indices.pop()
        loop = scf.ForOp(e.index(0), e.index(op.domain[depth]), e.index(1), running, block)
        e.append(loop)
        return list(loop.res)

    return level(0, e, inits)


def write_reduce_of_loops(
    op: ReduceOp, env: Env, e: Emitter, exact: bool, statements: Statements
) -> list[SSAValue]:
    """Write a reduction whose body holds maps or scans: all its values first, then their sum."""
    elements = [value.type for value in op.yielded]
    gathered = write_loops(op, env, e, elements, statements)
    copy = _reduce_of_tensors(op, gathered)
    for value in gathered:
        env.values[value] = value
    return write_reduce(copy, env, e, exact)


def _reduce_of_tensors(op: ReduceOp, sources: Sequence[SSAValue]) -> ReduceOp:
    """Give the same reduction of values that stand in tensors."""
    through = op.through_types or None
    copy = ReduceOp(
        op.kind_names,
        op.domain,
        [result.type for result in op.res],
        par=op.piece_count,
        lanes=op.lane_count,
        through=through,
    )
    block = copy.body.block
    reads = [ReadOp(source, copy.indices) for source in sources]
    block.add_ops([*reads, YieldOp(*(read.result for read in reads))])
    for new, old in zip(copy.results, op.results, strict=True):
        new.name_hint = old.name_hint
    return copy


def _hints(op: MapOp) -> dict[str, Attribute]:
    """Give the machine parameters of a map as attributes, which upstream carries along."""
    hints = {f"pattern.{name}": value for name, value in op.properties.items() if name != "bounds"}
    if all(factor == 1 for factor in op.par_factors):
        del hints["pattern.par"]
    if op.lane_count == 1:
        del hints["pattern.lanes"]
    return hints
