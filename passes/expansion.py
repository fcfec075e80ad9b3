"""Sequences of arithmetic that take the place of one operation."""

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, f32
from xdsl.ir import Operation, SSAValue


class Expansion:
    """The operations that replace one activation, in order."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._constants: dict[float, SSAValue] = {}

    def add(self, operation: Operation) -> SSAValue:
        """Append an operation and return its result."""
        self.operations.append(operation)
        return operation.results[0]

    def constant(self, value: float) -> SSAValue:
        """Return an f32 constant, made once per value."""
        if value not in self._constants:
            self._constants[value] = self.add(arith.ConstantOp(FloatAttr(value, f32)))
        return self._constants[value]

    def sum(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return a + b."""
        return self.add(arith.AddfOp(a, self._value(b)))

    def difference(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return a - b."""
        return self.add(arith.SubfOp(a, self._value(b)))

    def negated(self, a: SSAValue) -> SSAValue:
        """Return -a."""
        return self.add(arith.NegfOp(a))

    def product(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return a * b."""
        return self.add(arith.MulfOp(a, self._value(b)))

    def quotient(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return a / b."""
        return self.add(arith.DivfOp(a, self._value(b)))

    def maximum(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return the greater of a and b."""
        return self.add(arith.MaximumfOp(a, self._value(b)))

    def minimum(self, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """Return the smaller of a and b."""
        return self.add(arith.MinimumfOp(a, self._value(b)))

    def polynomial(self, x: SSAValue, coefficients: Sequence[float], monic: bool) -> SSAValue:
        """Return c0 + c1 x + …, plus x to the next power if `monic`, by Horner's rule."""
        *lower, last = coefficients
        value = self.sum(x, last) if monic else self.constant(last)
        for coefficient in reversed(lower):
            value = self.sum(self.product(value, x), coefficient)
        return value

    def _value(self, operand: SSAValue | float) -> SSAValue:
        return operand if isinstance(operand, SSAValue) else self.constant(operand)
