"""The order in which the operations of a block must run."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from xdsl.ir import Block, Operation

from spatial_opt.passes.fusion.accesses import Group
from spatial_opt.passes.fusion.kernels import Kernel
from spatial_opt.passes.remarks import name_of


class Dependences:
    """Which operations of a block use which, themselves or in their bodies."""

    def __init__(self, block: Block):
        self._users: dict[Operation, list[Operation]] = {op: [] for op in block.ops}
        for op in block.ops:
            for needed in _needed(op, block):
                self._users[needed].append(op)

    def between(
        self, kernel: Kernel, group: Group, groups: dict[Operation, Group | None]
    ) -> str | None:
        """
        Name what would have to run both after a map and before a group that it is to join.

        `groups` gives the group of each map that is settled, None for those substituted into
        their readers, which do not run on their own.
        """
        members = {member.op for member in group.members}
        waiting = [(op, "") for op in self._users[kernel.op]]
        seen: set[tuple[Operation, bool]] = set()
        while waiting:
            op, through = waiting.pop()
            if op in members:
                if through:
                    return through
                continue
            if (op, bool(through)) in seen:
                continue
            seen.add((op, bool(through)))
            together = [op]
            if op not in groups or groups[op] is not None:
                through = through or (name_of(op.results[0]) if op.results else op.name)
                merged = groups.get(op)
                if merged is not None:
                    together = [member.op for member in merged.members]
            for one in together:
                waiting += [(user, through) for user in self._users[one]]
        return None


def sort_block(block: Block) -> None:
    """Move operations down, as few as possible, until all stand after what they use."""
    ops = list(block.ops)
    position = {op: number for number, op in enumerate(ops)}
    missing: dict[Operation, int] = {}
    users: dict[Operation, list[Operation]] = {op: [] for op in ops}
    for op in ops:
        needed = set(_needed(op, block))
        missing[op] = len(needed)
        for other in needed:
            users[other].append(op)
    ready = [position[op] for op in ops if not missing[op]]
    heapify(ready)
    ordered: list[Operation] = []
    while ready:
        op = ops[heappop(ready)]
        ordered.append(op)
        for user in users[op]:
            missing[user] -= 1
            if not missing[user]:
                heappush(ready, position[user])
    if len(ordered) != len(ops):
        raise RuntimeError("merged maps depend on each other in a circle, this is a bug")
    if ordered != ops:
        for op in ops:
            op.detach()
        block.add_ops(ordered)


def _needed(op: Operation, block: Block) -> Iterator[Operation]:
    for inner in op.walk():
        for operand in inner.operands:
            owner = operand.owner
            if isinstance(owner, Operation) and owner.parent is block and owner is not op:
                yield owner
