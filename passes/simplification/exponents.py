"""
Which values may carry a power of two more, so that a multiplication by one disappears.

A *shift* of k says that a value becomes 2^k times what it was. Constants, f32 parameters,
factors and the scales of conversions take any shift; sums hand theirs to all addends, maps to
what their bodies yield; whatever is not listed in `_settle` keeps its value. Nothing here changes
the IR.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import f32
from xdsl.ir import Block, Operation, SSAValue

from spatial_opt.dialects.pattern import (
    ConvertOp,
    MapOp,
    ParameterOp,
    ReadOp,
    ReduceOp,
    YieldOp,
    element_type,
)
from spatial_opt.passes.simplification.powers import LARGEST_SHIFT, constant_of, scaled

VISITS = 100
"""Operations looked at before a search for shifts gives up."""

SUMS = (
    arith.AddfOp,
    arith.SubfOp,
    arith.MaximumfOp,
    arith.MinimumfOp,
    arith.NegfOp,
    math.AbsFOp,
    arith.SelectOp,
    arith.CmpfOp,
)
"""Operations whose f32 operands and result all have the same shift."""
FOLLOWERS = frozenset(
    (*SUMS, arith.MulfOp, arith.DivfOp, ConvertOp, ReadOp, YieldOp, MapOp, ReduceOp)
)
"""Operations that may have a shifted operand or result."""


@dataclass
class Shifts:
    """A consistent choice of shifts, in the making."""

    order: Mapping[Operation, int]
    """Position of each operation in the program: forward effects are settled in this order."""
    of: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """Shift of each value that has one decided; all others keep their value."""
    touched: dict[Operation, None] = field(default_factory=dict[Operation, None])
    """Operations that see a shift, in the order of their discovery."""
    _waiting: list[int] = field(default_factory=list[int])
    _by_position: dict[int, Operation] = field(default_factory=dict[int, Operation])
    _visits: int = 0

    def get(self, value: SSAValue) -> int:
        """Return the shift of a value, 0 where none is decided."""
        return self.of.get(value, 0)

    def assign(self, value: SSAValue, shift: int) -> bool:
        """Decide the shift of a value and look at all operations around it; False if refused."""
        if constant_of(value) is not None:
            return True
        if value in self.of or shift == 0:
            return self.get(value) == shift
        if element_type(value.type) != f32 or isinstance(value.owner, Block):
            return False
        if abs(shift) > LARGEST_SHIFT:
            return False
        self.of[value] = shift
        for op in (value.owner, *(use.operation for use in value.uses)):
            if type(op) not in FOLLOWERS or op not in self.order:
                return False
            position = self.order[op]
            self._by_position[position] = op
            heapq.heappush(self._waiting, position)
        return True

    def complete(self) -> Shifts | None:
        """Settle everything that the decisions so far ask for; None where that is impossible."""
        while self._waiting:
            position = heapq.heappop(self._waiting)
            while self._waiting and self._waiting[0] == position:
                heapq.heappop(self._waiting)
            self._visits += 1
            if self._visits > VISITS:
                return None
            op = self._by_position[position]
            self.touched[op] = None
            choices = _settle(self, op)
            if len(choices) > 1:
                # Every alternative is a search of its own from here on.
                for choice in choices:
                    branch = self._copy()
                    done = branch.complete() if branch._take(choice) else None
                    self._visits = branch._visits
                    if done is not None:
                        return done
                return None
            if not choices or not self._take(choices[0]):
                return None
        return self

    def _take(self, choice: _Choice) -> bool:
        return all(self.assign(value, shift) for value, shift in choice)

    def _copy(self) -> Shifts:
        return Shifts(
            self.order,
            dict(self.of),
            dict(self.touched),
            list(self._waiting),
            dict(self._by_position),
            self._visits,
        )


_Choice = list[tuple[SSAValue, int]]


def _settle(shifts: Shifts, op: Operation) -> list[_Choice]:
    """Return the alternatives of what an operation asks for, none when it cannot follow."""
    match op:
        case arith.MulfOp() | arith.DivfOp() if _coefficient(op) is not None:
            return [[]] if new_coefficient(op, shifts) is not None else []
        case arith.MulfOp():
            return _product(shifts, op, +1)
        case arith.DivfOp():
            return _product(shifts, op, -1)
        case arith.SelectOp() if op.result.type != f32:
            return []
        case _ if type(op) in SUMS:
            values = [value for value in (*op.operands, *op.results) if value.type == f32]
            shift = next(shifts.of[value] for value in values if value in shifts.of)
            numbers = [constant_of(value) for value in values]
            if any(n is not None and scaled(n, shift) is None for n in numbers):
                return []
            return [[(value, shift) for value in values]]
        case ConvertOp():
            return [[]] if new_scale(op, shifts) is not None else []
        case ReadOp(source=source) if isinstance(source.owner, ParameterOp):
            if not _may_rescale(source.owner):
                return []
            scale = source.owner.scale
            number = 1.0 if scale is None else scale.value.data
            return [] if scaled(number, shifts.get(op.result)) is None else [[]]
        case ReadOp(source=source) if isinstance(source.owner, MapOp):
            shift = shifts.of.get(source, shifts.get(op.result))
            return [[(source, shift), (op.result, shift)]]
        case MapOp() | ReduceOp():
            return _results(shifts, op)
        case YieldOp():
            parent = op.parent_op()
            assert isinstance(parent, MapOp | ReduceOp)
            return _results(shifts, parent)
        case _:
            return []


def _may_rescale(op: ParameterOp) -> bool:
    """Return whether a read may ask for a rescaled parameter: no matrix is stored twice."""
    long = [extent for extent in op.result.type.get_shape() if extent > 1]
    return len(long) <= 1 or op.result.has_one_use()


def _results(shifts: Shifts, op: MapOp | ReduceOp) -> list[_Choice]:
    """Let what a body yields and the results of its pattern have the same shifts."""
    choice: _Choice = []
    for position, (value, result) in enumerate(zip(op.yielded, op.results, strict=True)):
        shift = shifts.of.get(value, shifts.get(result))
        if not shift:
            continue
        number = constant_of(value)
        if value.type != f32 or (number is not None and scaled(number, shift) is None):
            return []
        if isinstance(op, ReduceOp):
            if op.kind_names[position] == "mul" or set(op.through_types) - {f32}:
                return []
            if result.type != f32:
                return []
        choice += [(value, shift), (result, shift)]
    return [choice]


def _product(shifts: Shifts, op: arith.MulfOp | arith.DivfOp, sign: int) -> list[_Choice]:
    """Settle result = lhs + sign * rhs among shifts."""
    left, right, result = op.lhs, op.rhs, op.result
    total = shifts.get(left) + sign * shifts.get(right)
    if result not in shifts.of:
        return [[(result, total)]] if total else [[]]
    missing = shifts.of[result] - total
    if missing == 0:
        return [[]]
    if left is right:
        return []
    choices: list[_Choice] = []
    if left not in shifts.of and _can_shift(left):
        choices.append([(left, missing)])
    if right not in shifts.of and _can_shift(right):
        choices.append([(right, sign * missing)])
    return sorted(choices, key=_reluctance)


def _reluctance(choice: _Choice) -> tuple[int, bool]:
    """Put first what draws few other values along, and may hold a scaling itself."""
    value, _ = choice[0]
    return value.uses.get_length(), isinstance(value.owner, ConvertOp)


def _can_shift(value: SSAValue) -> bool:
    """Rule out at once the values that `_settle` never shifts."""
    owner = value.owner
    if isinstance(owner, ReadOp):
        return isinstance(owner.source.owner, ParameterOp | MapOp)
    return isinstance(owner, (*SUMS, arith.MulfOp, arith.DivfOp, ConvertOp, ReduceOp))


def _coefficient(op: arith.MulfOp | arith.DivfOp) -> int | None:
    """Return the position of the constant operand, None when there is none or both are."""
    constants = [position for position in (1, 0) if constant_of(op.operands[position]) is not None]
    return constants[0] if len(constants) == 1 else None


def new_coefficient(op: arith.MulfOp | arith.DivfOp, shifts: Shifts) -> tuple[int, float] | None:
    """Return (operand, number) of the constant of a product or quotient under the shifts."""
    position = _coefficient(op)
    if position is None:
        return None
    number = constant_of(op.operands[position])
    other, result = shifts.get(op.operands[1 - position]), shifts.get(op.result)
    match op, position:
        case arith.MulfOp(), _:
            shift = result - other
        case _, 1:
            shift = other - result
        case _:
            shift = result + other
    assert number is not None
    changed = scaled(number, shift)
    return None if changed is None else (position, changed)


def new_scale(op: ConvertOp, shifts: Shifts) -> float | None:
    """Return the scale of a conversion under the shifts of its operand and result."""
    return scaled(op.scale_value or 1.0, shifts.get(op.result) - shifts.get(op.input))
