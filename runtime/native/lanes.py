"""
Lanes that a unit treats alike, as one more counter.

In a unit whose lanes carry rows, lane r of the result depends on the r-th group of adjacent lanes
of each vector only: `combine` stays in the group, `repeat` gives every group the same elements, a
lane-wise `fold` has one accumulator per group. The group is then a counter like any other, and
values have as many lanes as a group.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import gcd

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr

from spatial_opt.runtime.native.body import Node

_LANEWISE = ("receive", "send", "op", "gather", "constant", "combine", "fold", "repeat")


def shared_nodes(nodes: Sequence[Node]) -> set[int] | None:
    """
    List the nodes that are the same for every group: scalars, and what is only repeated.

    None where a vector, or what it is made of, is both repeated and used lane by lane.
    """
    users: list[list[int]] = [[] for _ in nodes]
    for i, node in enumerate(nodes):
        for a in node.args:
            users[a].append(i)
    shared: set[int] = set()
    for i in reversed(range(len(nodes))):
        node = nodes[i]
        alone = [u in shared or nodes[u].kind == "repeat" for u in users[i]]
        if node.lanes == 1 and node.kind not in ("send", "fold", "combine"):
            shared.add(i)
        elif alone and all(alone) and node.kind in ("receive", "op", "constant"):
            shared.add(i)
        elif any(nodes[u].kind == "repeat" for u in users[i]):
            return None
    # What is the same for every group is made of what is.
    return shared if all(a in shared for i in shared for a in nodes[i].args) else None


def lane_groups(nodes: Sequence[Node]) -> int:
    """Give the most groups that the lanes fall into; 1 if the lanes can't be told apart."""
    most = max((node.lanes for node in nodes), default=1)
    shared = shared_nodes(nodes)
    if most == 1 or shared is None:
        return 1
    split = [i for i in range(len(nodes)) if i not in shared]
    if not split or any(not _is_lanewise(nodes, i) for i in split):
        return 1
    groups = 0
    for i in split:
        groups = gcd(groups, nodes[i].lanes)
    while any(not _fits(nodes, i, shared, groups) for i in split):
        groups = max(g for g in range(1, groups) if groups % g == 0)
    rows = any(n.kind == "repeat" or (n.kind == "fold" and n.lanes > 1) for n in nodes)
    # Without rows this pays only if it leaves no lanes.
    return groups if rows or groups == most else 1


def _is_lanewise(nodes: Sequence[Node], index: int) -> bool:
    node = nodes[index]
    if node.kind == "constant":
        value = None if node.op is None else node.op.properties.get("value")
        return not isinstance(value, DenseIntOrFPElementsAttr) or len(set(value.get_values())) == 1
    if node.kind == "fold" and node.lanes != nodes[node.args[0]].lanes:
        return False
    return node.kind in _LANEWISE


def _fits(nodes: Sequence[Node], index: int, shared: set[int], groups: int) -> bool:
    """Whether a node does the same in each of so many groups, and nothing across them."""
    if groups == 1:
        return True
    node = nodes[index]
    here = node.lanes // groups
    if node.kind == "repeat":
        argument = node.args[0]
        return argument in shared and here % nodes[argument].lanes == 0
    # A vector that is shared has no part of its own for each group.
    return all(a not in shared or nodes[a].lanes == 1 for a in node.args)


def in_groups(nodes: Sequence[Node], groups: int, depth: int) -> tuple[tuple[Node, ...], list[int]]:
    """
    Give the nodes of one group, and the lanes of a group of each (0 for what all groups share).

    Counters from `depth` on become the next ones. A repeat that repeats nothing within a group
    stays, as a value of its operand.
    """
    shared = shared_nodes(nodes) or set[int]()
    made: list[Node] = []
    sizes: list[int] = []
    for i, node in enumerate(nodes):
        size = 0 if i in shared else node.lanes // groups
        detail = node.detail
        if node.kind == "counter" and isinstance(detail, int) and detail >= depth:
            detail += 1
        made.append(replace(node, lanes=size or node.lanes, depth=0, detail=detail))
        sizes.append(size)
    return _without_repeats(made), sizes


def _without_repeats(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Let users of a repeat that repeats nothing use its operand."""
    operand: dict[int, int] = {}
    found: list[Node] = []
    for i, node in enumerate(nodes):
        args = tuple(operand.get(a, a) for a in node.args)
        if node.kind == "repeat" and node.lanes == nodes[args[0]].lanes:
            operand[i] = args[0]
        found.append(replace(node, args=args))
    return tuple(found)
