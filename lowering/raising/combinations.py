"""How the body of an upstream reduction combines its running value with another one."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects.pattern_syntax import is_float
from spatial_opt.lowering.linalg.numbers import LARGEST_8_BIT
from spatial_opt.lowering.raising.matching import between

_COMBINERS: dict[type[Operation], str] = {
    arith.AddfOp: "add",
    arith.AddiOp: "add",
    arith.MulfOp: "mul",
    arith.MuliOp: "mul",
    arith.MaximumfOp: "max",
    arith.MaxSIOp: "max",
    arith.MinimumfOp: "min",
    arith.MinSIOp: "min",
}
_OF_BITS: dict[type[Operation], str] = {
    arith.XOrIOp: "add",
    arith.AddiOp: "add",
    arith.OrIOp: "max",
    arith.MaxUIOp: "max",
    arith.MinSIOp: "max",
    arith.AndIOp: "min",
    arith.MuliOp: "min",
    arith.MinUIOp: "min",
    arith.MaxSIOp: "min",
}
"""The same for i1: upstream's are 0 and -1 where signs count, those of patterns 0 and 1."""


@dataclass(frozen=True)
class Combination:
    """How the body of a combining operation ends: the value that is combined, and how."""

    kind: str
    value: SSAValue


def combination(yielded: SSAValue, running: SSAValue) -> Combination | None:
    """
    Find how a body combines; a float narrower than f32 is extended and rounded each time.

    Whatever else takes the running value (the place of a maximum, beside it) is of other results.
    """
    total, value, needed = running, yielded, _needed(yielded)
    if isinstance(value.owner, arith.TruncFOp):
        value = value.owner.input
        largest = LARGEST_8_BIT.get(yielded.type.name)
        if largest is not None:
            value = between(value, -largest, largest) or value
        users = _users(running, needed)
        if len(users) != 1 or not isinstance(users[0], arith.ExtFOp):
            return None
        total = users[0].result
    op = value.owner
    table = _OF_BITS if value.type == i1 else _COMBINERS
    kind = table.get(type(op)) if isinstance(op, Operation) else None
    if kind is None or not isinstance(op, Operation):
        return None
    if _users(total, needed) != [op]:
        return None
    first, second = op.operands
    return Combination(kind, second if first is total else first)


def _needed(value: SSAValue) -> set[Operation]:
    """Give the operations of a body that a value depends on."""
    found: set[Operation] = set()
    queue = [value]
    while queue:
        op = queue.pop().owner
        if isinstance(op, Operation) and op not in found:
            found.add(op)
            queue += op.operands
    return found


def _users(value: SSAValue, among: Container[Operation]) -> list[Operation]:
    return [use.operation for use in value.uses if use.operation in among]


def combining_operation(kind: str, a: SSAValue, b: SSAValue) -> Operation:
    """Give the operation that combines two values of a pattern."""
    table = {
        "add": (arith.AddfOp, arith.AddiOp),
        "mul": (arith.MulfOp, arith.MuliOp),
        "max": (arith.MaximumfOp, arith.MaxSIOp),
        "min": (arith.MinimumfOp, arith.MinSIOp),
    }
    return table[kind][0 if is_float(a.type) else 1](a, b)
