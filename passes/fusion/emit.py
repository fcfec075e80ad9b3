"""Writes shared expressions as a map again."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Attribute, Block, Operation, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.fusion.coordinates import Index, to_map
from spatial_opt.passes.fusion.expression import (
    Compute,
    IndexNumber,
    Leaf,
    Node,
    Read,
    Reduction,
    Scope,
    live_nodes,
)

Nest = tuple[Scope, int]
"""What becomes one operation: reductions over one scope, as many others before them."""


def nests_of(yields: Sequence[Node]) -> dict[Nest, list[Reduction]]:
    """
    Return the reductions that become one operation each, in the order they were made.

    Two reductions of a nest have equally many others before them on the longest way, so that no
    nest needs its own result, be it through others.
    """
    depth: dict[Node, int] = {}
    nests: dict[Nest, list[Reduction]] = {}
    for node in live_nodes(yields):
        depth[node] = max((depth[operand] for operand in node.operands), default=0)
        if isinstance(node, Reduction):
            depth[node] += 1
            nests.setdefault((node.over, depth[node]), []).append(node)
    return nests


class MapWriter:
    """Writes one map."""

    def __init__(self, yields: Sequence[Node]):
        self._yields = yields
        self.nests: list[list[Reduction]] = list(nests_of(yields).values())
        """The reductions that become one operation each."""
        self._nest_of = {node: nest for nest in self.nests for node in nest}
        self._values: dict[Node, SSAValue] = {}
        self._indices: dict[Index, SSAValue] = {}

    def write(
        self,
        scope: Scope,
        like: pattern.MapOp,
        types: Sequence[Attribute],
        names: Sequence[str | None],
    ) -> pattern.MapOp:
        """Return a map over a scope, with the factors and location of another one."""
        op = pattern.MapOp(
            like.domain,
            types,
            par=like.par_factors,
            lanes=like.lane_count,
            rows=None if like.rows is None else like.row_copies,
            deal=None if like.deal is None else like.deal.data,
        )
        op.attributes |= like.attributes
        op.location = like.location
        for result, name in zip(op.results, names, strict=True):
            result.name_hint = name
        self._fill(op, scope, self._yields)
        return op

    def _fill(
        self, op: pattern.MapOp | pattern.ReduceOp, scope: Scope, yields: Sequence[Node]
    ) -> None:
        for index, argument in zip(scope.indices, op.indices, strict=True):
            argument.name_hint = index.name
            self._indices[index] = argument
        block = op.body.block
        self._emit(block, scope, yields)
        end = pattern.YieldOp(*(self._values[node] for node in yields))
        end.location = op.location
        block.add_op(end)

    def _emit(self, block: Block, scope: Scope, wanted: Sequence[Node]) -> None:
        """Write what the wanted nodes need at the end of the body of a scope, in order of use."""
        waiting = [*reversed(wanted)]
        while waiting:
            node = waiting[-1]
            if node in self._values:
                waiting.pop()
                continue
            if not scope.encloses(node.scope):
                raise RuntimeError("an expression is used before it is computed, this is a bug")
            nest = self._nest_of[node] if isinstance(node, Reduction) else []
            needed = _captured(nest) if nest else node.operands
            missing = [operand for operand in needed if operand not in self._values]
            if missing:
                waiting += reversed(missing)
                continue
            waiting.pop()
            if nest:
                self._reduce(block, nest)
            else:
                self._scalar(block, node)

    def _scalar(self, block: Block, node: Node) -> None:
        match node:
            case Leaf(value=value):
                self._values[node] = value
                return
            case IndexNumber(index=index):
                self._values[node] = self._index(index)
                return
            case Read(source=source, point=point, zero_outside=zero_outside, template=template):
                map, used = to_map(point)
                indices = [self._index(index) for index in used]
                op: Operation = pattern.ReadOp(source, indices, map, zero_outside=zero_outside)
                op.attributes |= template.attributes
            case Compute(template=template):
                op = type(template).create(
                    operands=[self._values[operand] for operand in node.operands],
                    result_types=[template.results[0].type],
                    properties=template.properties.copy(),
                    attributes=template.attributes.copy(),
                )
            case _:
                raise RuntimeError(f"no operation for {node}, this is a bug")
        op.location = template.location
        op.results[0].name_hint = template.results[0].name_hint
        block.add_op(op)
        self._values[node] = op.results[0]

    def _reduce(self, block: Block, nest: Sequence[Reduction]) -> None:
        over, template = nest[0].over, nest[0].template
        loop = over.loop
        if loop is None:
            raise RuntimeError("a reduction over the body of a map, this is a bug")
        op = pattern.ReduceOp(
            [reduction.kind for reduction in nest],
            loop.bounds,
            [reduction.type for reduction in nest],
            par=loop.par[-1],
            lanes=loop.lanes,
            through=loop.through,
        )
        op.attributes |= dict(loop.attributes)
        op.location = template.location
        around = self._values
        # Another nest over the same scope has these expressions in a body of its own.
        self._values = around.copy()
        self._fill(op, over, [reduction.operands[0] for reduction in nest])
        self._values = around
        for reduction, result in zip(nest, op.results, strict=True):
            result.name_hint = reduction.name
            self._values[reduction] = result
        block.add_op(op)

    def _index(self, index: Index) -> SSAValue:
        return self._indices[index] if index.value is None else index.value


def _captured(nest: Sequence[Reduction]) -> list[Node]:
    """Return the nodes from around a nest that its bodies use."""
    found: dict[Node, None] = {}
    waiting = [reduction.operands[0] for reduction in reversed(nest)]
    seen: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if nest[0].over.encloses(node.scope):
            waiting += reversed(node.operands)
        else:
            found[node] = None
    return list(found)
