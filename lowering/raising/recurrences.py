"""Loops as scans: their carried values, their stacks, and what they count."""

from __future__ import annotations

from dataclasses import replace

from xdsl.dialects.builtin import IndexType, TensorType
from xdsl.ir import Block, Region, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import NextOp, ScanOp
from spatial_opt.dialects.pattern_syntax import is_scalar
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.raising.copies import materialised
from spatial_opt.lowering.raising.forms import Form
from spatial_opt.lowering.raising.loops import (
    Loop,
    Stack,
    carried_count,
    counter_form,
    stack_of,
)
from spatial_opt.lowering.raising.place import refusal
from spatial_opt.lowering.raising.values import Statements, Values
from spatial_opt.lowering.raising.views import Tensor, View, permuted, reshaped, whole


class Recurrence:
    """Writes one loop as a scan."""

    def __init__(self, loop: Loop, values: Values, e: Emitter, statements: Statements):
        if loop.steps < 1:
            raise refusal(loop.op, "it runs no step; remove it")
        self._loop = loop
        self._values = values
        self._e = e
        self._statements = statements
        self._block = Block(arg_types=[IndexType()])
        self._inner = Emitter(self._block, e.location)
        self._step = self._block.args[0]
        self._step.name_hint = loop.counter.name_hint or "t"
        self._kept: list[int] = []
        self._stacks: dict[int, Stack] = {}

    def write(self) -> None:
        """Write it, and say what its results are."""
        loop = self._loop
        self._values.forms[loop.counter] = counter_form(loop, self._step)
        self._sort()
        inits = [self._carried(position) for position in self._kept]
        written = [stack.write for stack in self._stacks.values()]
        self._statements(loop.body, self._inner, list(written))
        carries = [self._handed_on(loop.handed_on[position]) for position in self._kept]
        emits = [self._emitted(stack) for stack in self._stacks.values()]
        self._inner.append(NextOp(carries, emits))
        emitted = [value.type for value in emits]
        scan = ScanOp(loop.steps, inits, emitted, Region(self._block))
        self._e.append(scan)
        self._results(scan)

    def _sort(self) -> None:
        """Tell carried values that only count, or only collect, from those to carry."""
        loop, values = self._loop, self._values
        for position, argument in enumerate(loop.arguments):
            count = carried_count(loop, position, self._step, values.around)
            if count is not None:
                values.forms[argument] = count
                values.forms[loop.results[position]] = _after(count, loop.steps)
                continue
            stack = stack_of(loop, position, self._step, values.around)
            if stack is None:
                self._kept.append(position)
            else:
                self._stacks[position] = stack

    def _carried(self, position: int) -> SSAValue:
        """Give the initial value of a carried one, and the body its argument."""
        init, argument = self._loop.inits[position], self._loop.arguments[position]
        values, tensor = self._values, isa(init.type, TensorType)
        scalar = None if tensor else values.scalar(init)
        if tensor:
            value = materialised(self._e, values.tensor(init), init.name_hint)
        elif scalar is not None and is_scalar(init.type):
            value = scalar
        else:
            raise refusal(
                self._loop.op, f"it carries {init.type}, which no recurrence of patterns carries"
            )
        new = self._block.insert_arg(value.type, len(self._block.args))
        new.name_hint = argument.name_hint
        if tensor:
            values.tensors[argument] = whole(new)
        else:
            values.scalars[argument] = new
        return value

    def _handed_on(self, value: SSAValue) -> SSAValue:
        if isa(value.type, TensorType):
            return materialised(self._inner, self._values.tensor(value), value.name_hint)
        scalar = self._values.scalar(value)
        if scalar is None:
            raise RuntimeError("a carried scalar is not written, this is a bug")
        return scalar

    def _emitted(self, stack: Stack) -> SSAValue:
        source, into = stack.write.operands[0], stack.write.results[0].type
        if not isa(source.type, TensorType) or not isa(into, TensorType):
            return self._handed_on(source)
        shape = list(into.get_shape())
        shape.pop(stack.dimension)
        part = reshaped(self._values.tensor(source), tuple(shape))
        return materialised(self._inner, part, source.name_hint)

    def _results(self, scan: ScanOp) -> None:
        for position, result in zip([*self._kept, *self._stacks], scan.results, strict=True):
            old = self._loop.results[position]
            result.name_hint = old.name_hint
            if not isa(old.type, TensorType):
                self._values.scalars[old] = result
                continue
            stack = self._stacks.get(position)
            tensor: Tensor = whole(result)
            self._values.tensors[old] = tensor if stack is None else _restored(tensor, stack)


def _restored(tensor: Tensor, stack: Stack) -> Tensor:
    """Give the tensor that a loop filled, from what its steps emitted."""
    rank = len(tensor.shape)
    rest = list(range(1, rank))
    rest.insert(stack.dimension, 0)
    found = permuted(tensor, rest)
    if not stack.backwards or not isinstance(found, View):
        return found
    at = [AffineExpr.dimension(n) for n in range(rank)]
    at[stack.dimension] = at[stack.dimension] * -1 + (found.shape[stack.dimension] - 1)
    return found.seen(found.shape, at)


def _after(form: Form, steps: int) -> Form:
    """Give what a carried integer is after the last step."""
    (expr,) = (form.expr.replace_dims_and_symbols([AffineExpr.constant(steps)], []),)
    return replace(form, expr=expr, indices=(), extents=()) if form.indices else form
