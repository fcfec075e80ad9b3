"""Move multiplications by powers of two to where they cost nothing; `exponents` says where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, ModuleOp, f32
from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects.pattern import ConvertOp, ParameterOp, ReadOp, YieldOp, represents
from spatial_opt.passes.simplification.exponents import (
    SUMS,
    Shifts,
    new_coefficient,
    new_scale,
)
from spatial_opt.passes.simplification.powers import constant_of, scaled, scaling_of


def rescale(module: ModuleOp) -> int:
    """
    Move power-of-two factors of f32 values, as long as operations disappear.

    Returns how many operations fewer there are. Exact for programs whose f32 numbers are zero
    or between 2^-100 and 2^100 in magnitude (see `powers`).
    """
    order = {op: position for position, op in enumerate(module.walk())}
    candidates = [op for op in order if isinstance(op, arith.MulfOp | arith.DivfOp | ConvertOp)]
    construction = _Construction()
    saved = 0
    changed = True
    while changed:
        changed = False
        for op in candidates:
            if op.parent is None or (plan := _plan(op, order)) is None:
                continue
            saved += _gain(plan)
            construction.apply(plan)
            changed = True
    construction.clean_up()
    return saved


def _plan(op: Operation, order: dict[Operation, int]) -> Shifts | None:
    """Return shifts that remove a scaling and make operations fewer, None if there are none."""
    exponent = scaling_of(op)
    operand = next((value for value in op.operands if constant_of(value) is None), None)
    if exponent is None or operand is None:
        return None
    # Forward first: the factor moves to the users, and only if they refuse it to the operand.
    for value, shift in ((op.results[0], -exponent), (operand, exponent)):
        start = Shifts(order)
        plan = start.complete() if start.assign(value, shift) else None
        if plan is not None and _gain(plan) > 0:
            return plan
    return None


def _gain(plan: Shifts) -> int:
    """Return how many operations the shifts save."""
    return sum(_saves(op, plan) for op in plan.touched)


def _saves(op: Operation, plan: Shifts) -> int:
    match op:
        case arith.MulfOp() | arith.DivfOp():
            found = new_coefficient(op, plan)
            if found is None:
                return 0
            position, number = found
            if isinstance(op, arith.DivfOp) and position == 0:
                return 0
            return int(number == 1.0) - int(constant_of(op.operands[position]) == 1.0)
        case ConvertOp():
            # A conversion that every number survives costs nothing, unless it scales.
            if op.clamp is not None or not represents(op.result.type, op.input.type):
                return 0
            return int(new_scale(op, plan) == 1.0) - int(op.scale_value in (None, 1.0))
        case _:
            return 0


@dataclass
class _Construction:
    """Carries out shifts, and remembers the parameters made and the constants left over."""

    _parameters: dict[tuple[ParameterOp, int], ParameterOp] = field(
        default_factory=dict[tuple[ParameterOp, int], ParameterOp]
    )
    _replaced: dict[Operation, None] = field(default_factory=dict[Operation, None])

    def apply(self, plan: Shifts) -> None:
        """Carry out a choice of shifts."""
        # An operation that vanishes changes the operands of others: look at all of them first.
        changes = [change for op in plan.touched for change in _changes(op, plan)]
        for change in changes:
            change(self)

    def clean_up(self) -> None:
        """Erase constants and parameters that nobody reads any more."""
        for op in self._replaced:
            if op.parent is not None and not op.results[0].uses:
                Rewriter.erase_op(op)

    def set_coefficient(
        self, op: arith.MulfOp | arith.DivfOp, position: int, number: float
    ) -> None:
        """Set the constant of a product or quotient; one by 1 vanishes."""
        if number == 1.0 and not (isinstance(op, arith.DivfOp) and position == 0):
            self._replaced[_owner(op.operands[position])] = None
            _bypass(op, op.operands[1 - position])
        else:
            self.set_constant(op, position, number)

    def set_scale(self, op: ConvertOp, number: float) -> None:
        """Set the scale of a conversion; one from f32 to f32 by 1 vanishes."""
        if number == 1.0 and op.input.type == op.result.type:
            _bypass(op, op.input)
        else:
            op.scale = None if number == 1.0 else FloatAttr(number, f32)

    def set_constant(self, op: Operation, position: int, number: float) -> None:
        """Make an operand, a constant, another number."""
        old = op.operands[position]
        if number == constant_of(old):
            return
        constant = arith.ConstantOp(FloatAttr(number, f32))
        constant.location = op.location
        constant.result.name_hint = old.name_hint
        Rewriter.insert_op(constant, InsertPoint.before(op))
        op.operands[position] = constant.result
        self._replaced[_owner(old)] = None

    def shift_parameter(self, read: ReadOp, op: ParameterOp, shift: int) -> None:
        """Let a read see a parameter times 2^shift."""
        read.operands[0] = self._parameter(op, shift)
        self._replaced[op] = None

    def _parameter(self, op: ParameterOp, shift: int) -> SSAValue:
        """Return a parameter times 2^shift, made once."""
        if (op, shift) not in self._parameters:
            scale = scaled(1.0 if op.scale is None else op.scale.value.data, shift)
            wanted = ParameterOp(op.name_.data, op.result.type, None if scale == 1.0 else scale)
            for other in op.parent.ops if op.parent else ():
                if other is op:
                    break
                if isinstance(other, ParameterOp) and other.is_structurally_equivalent(wanted):
                    self._parameters[op, shift] = other
                    return other.result
            wanted.location = op.location
            wanted.result.name_hint = op.result.name_hint
            Rewriter.insert_op(wanted, InsertPoint.after(op))
            self._parameters[op, shift] = wanted
        return self._parameters[op, shift].result


_Change = Callable[[_Construction], None]


def _changes(op: Operation, plan: Shifts) -> list[_Change]:
    """Return what has to be done to an operation."""
    match op:
        case arith.MulfOp() | arith.DivfOp():
            found = new_coefficient(op, plan)
            if found is not None:
                return [
                    partial(
                        _Construction.set_coefficient, op=op, position=found[0], number=found[1]
                    )
                ]
        case ConvertOp():
            scale = new_scale(op, plan)
            assert scale is not None
            return [partial(_Construction.set_scale, op=op, number=scale)]
        case ReadOp(source=source):
            shift = plan.get(op.result)
            if isinstance(source.owner, ParameterOp) and shift:
                return [
                    partial(_Construction.shift_parameter, read=op, op=source.owner, shift=shift)
                ]
        case YieldOp():
            parent = op.parent_op()
            assert parent is not None
            return _constants(op, [plan.get(result) for result in parent.results])
        case _ if type(op) in SUMS:
            values = [*op.operands, *op.results]
            shift = next(plan.of[value] for value in values if value in plan.of)
            return _constants(op, [shift] * len(op.operands))
        case _:
            pass
    return []


def _constants(op: Operation, shifts: Sequence[int]) -> list[_Change]:
    changes: list[_Change] = []
    for position, shift in enumerate(shifts):
        number = constant_of(op.operands[position])
        changed = None if number is None else scaled(number, shift)
        if changed is not None:
            changes.append(
                partial(_Construction.set_constant, op=op, position=position, number=changed)
            )
    return changes


def _owner(value: SSAValue) -> Operation:
    assert isinstance(value.owner, Operation)
    return value.owner


def _bypass(op: Operation, value: SSAValue) -> None:
    """Let the users of an operation take its operand."""
    if value.name_hint is None:
        value.name_hint = op.results[0].name_hint
    Rewriter.replace_op(op, [], [value])
