"""Maps and reductions whose bodies hold maps or scans: a loop per dimension."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import scf, tensor
from xdsl.dialects.builtin import IndexType, TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from spatial_opt.dialects.pattern import DomainOp, ReadOp, ReduceOp, YieldOp
from spatial_opt.lowering.linalg.body import Around, Env
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.nests import write_reduce
from spatial_opt.lowering.linalg.numbers import store

Statements = Callable[[Sequence[Operation], Emitter], None]
"""Converts the operations of a block."""


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
        env.indices[op.indices[depth]] = Around(index, op.domain[depth])
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
