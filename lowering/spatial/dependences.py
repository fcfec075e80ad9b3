"""What each result of a kernel comes from: which reads, and how many operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from xdsl.ir import Block, Operation, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.lowering.spatial.program import Kernel

ReadFor: TypeAlias = tuple[pattern.ReadOp, int | None]
"""A read, and the result of the reduction around it for which it is read; None outside."""


@dataclass(frozen=True)
class Behind:
    """What is behind a value."""

    reads: frozenset[ReadFor] = frozenset()
    operations: frozenset[Operation] = frozenset()


def behind_results(kernel: Kernel) -> list[Behind]:
    """Find what is behind each result of a kernel."""
    found: dict[SSAValue, Behind] = {}
    _collect(kernel.op.body.block, None, found)
    return [found.get(value, Behind()) for value in kernel.op.yielded]


def _collect(body: Block, position: int | None, found: dict[SSAValue, Behind]) -> None:
    for op in body.ops:
        if isinstance(op, pattern.ReduceOp):
            for number, value in enumerate(op.yielded):
                inner = dict(found)
                _collect(op.body.block, number, inner)
                found[op.results[number]] = inner.get(value, Behind())
            continue
        known = [found[value] for value in op.operands if value in found]
        reads = frozenset[ReadFor]().union(*(each.reads for each in known))
        if isinstance(op, pattern.ReadOp):
            reads |= {(op, position)}
        operations = frozenset((op,)).union(*(each.operations for each in known))
        for result in op.results:
            found[result] = Behind(reads, operations)


def covering(
    wanted: Sequence[frozenset[int]], efforts: Sequence[int], among: set[int]
) -> tuple[list[int], bool]:
    """
    Choose results `among` that together need all that any result needs; and say whether they do.

    As few as a greedy choice finds; among equals those that take the least effort, then the first.
    """
    left = frozenset[int]().union(*wanted)
    chosen: list[int] = []
    while among - set(chosen):
        gain, _, number = max((len(wanted[n] & left), -efforts[n], -n) for n in among - set(chosen))
        if not gain and chosen:
            break
        chosen.append(-number)
        left -= wanted[-number]
    return chosen, not left
