"""
What a unit computes at a firing, as a small graph: the common form of compute units and streams.

A stream that only moves data is the graph `receive, send`; a gather is `receive, gather, send`.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from xdsl.dialects.arith import ConstantOp
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from spatial_opt.dialects.spatial import (
    CombineOp,
    FoldOp,
    PcuOp,
    ReceiveOp,
    RepeatOp,
    SendOp,
    StageOp,
    element_type,
    token_elements,
)
from spatial_opt.machine.errors import SpatialError

NodeKind: TypeAlias = Literal[
    "receive", "send", "gather", "op", "constant", "counter", "combine", "concat", "fold", "repeat"
]


@dataclass(frozen=True)
class Node:
    """One value (or send) of a body; `args` are positions of earlier nodes."""

    kind: NodeKind
    type: Attribute
    """Element type."""
    lanes: int
    args: tuple[int, ...] = ()
    depth: int = 0
    """Counters it varies with: the outermost `depth` of the unit."""
    detail: Hashable = None
    """What else distinguishes it: op name and properties, number of a counter, table size."""
    op: Operation | None = None
    reduction: str = ""
    """Of a fold or combine: add, mul, max or min."""
    accumulates: bool = False
    """Whether a fold goes on over several firings."""


def depth_of(op: ReceiveOp | SendOp | FoldOp, counters: int) -> int:
    """Give how many outer counters the tokens of an op follow."""
    if op.once is not None:
        return 0
    if isinstance(op.per, BlockArgument):
        return op.per.index + 1
    return counters


def body_of(pcu: PcuOp) -> tuple[list[Node], dict[str, int]]:
    """
    Give the graph of a compute unit, and the node of each port.

    Raises `SpatialError` for ops that use a vector and a scalar where neither is defined.
    """
    counters = len(pcu.bounds)
    nodes: list[Node] = []
    index: dict[SSAValue, int] = {}
    ports: dict[str, int] = {}

    def add(node: Node, result: SSAValue | None) -> None:
        if result is not None:
            index[result] = len(nodes)
        nodes.append(node)

    def lookup(values: Sequence[SSAValue]) -> tuple[int, ...]:
        found: list[int] = []
        for value in values:
            if isinstance(value, BlockArgument) and value not in index:
                node = Node("counter", value.type, 1, (), value.index + 1, value.index)
                add(node, value)
            found.append(index[value])
        return tuple(found)

    for op in pcu.body.block.ops:
        match op:
            case StageOp():
                pass
            case ReceiveOp():
                ports[op.port.data] = len(nodes)
                add(_node(op, "receive", (), depth_of(op, counters), None), op.result)
            case SendOp():
                args = lookup([op.value])
                ports[op.port.data] = len(nodes)
                type_ = op.value.type
                depth = depth_of(op, counters)
                add(Node("send", element_type(type_), token_elements(type_), args, depth), None)
            case CombineOp():
                args = lookup([op.input])
                node = _node(op, "combine", args, nodes[args[0]].depth, None)
                add(replace(node, reduction=op.kind.data), op.result)
            case RepeatOp():
                args = lookup([op.input])
                add(_node(op, "repeat", args, nodes[args[0]].depth, None), op.result)
            case FoldOp():
                args = lookup([op.input])
                depth = depth_of(op, counters) if op.accumulates else nodes[args[0]].depth
                node = _node(op, "fold", args, depth, None)
                node = replace(node, reduction=op.kind.data, accumulates=op.accumulates)
                add(node, op.result)
            case ConstantOp():
                add(_node(op, "constant", (), 0, op.value), op.result)
            case _:
                if len(op.results) != 1 or op.regions:
                    raise SpatialError(
                        f"operation {op.name} in @{pcu.sym_name.data} has no arithmetic in the "
                        "native evaluator"
                    )
                args = lookup(op.operands)
                depth = max((nodes[a].depth for a in args), default=0)
                detail = (op.name, tuple(sorted(op.properties.items(), key=lambda item: item[0])))
                add(_node(op, "op", args, depth, detail), op.results[0])
    return nodes, ports


def _node(
    op: Operation, kind: NodeKind, args: tuple[int, ...], depth: int, detail: Hashable
) -> Node:
    type_ = op.results[0].type
    return Node(kind, element_type(type_), token_elements(type_), args, depth, detail, op)


def body_key(nodes: Sequence[Node]) -> Hashable:
    """Give what two bodies must share to be the same code."""
    return tuple(
        (n.kind, n.type, n.lanes, n.args, n.depth, n.detail, n.reduction, n.accumulates)
        for n in nodes
    )
