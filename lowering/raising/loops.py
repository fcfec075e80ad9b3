"""Loops over steps as recurrences: what is carried, what is stacked, what only counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith, scf, tensor
from xdsl.dialects.builtin import IndexType, IntegerType, TensorType
from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.utils.hints import isa

from spatial_opt.lowering.raising.forms import Form, combined
from spatial_opt.lowering.raising.place import refusal
from spatial_opt.lowering.raising.scalars import Surroundings
from spatial_opt.lowering.raising.slices import numbers_of, offsets_of


@dataclass(frozen=True)
class Loop:
    """A loop that runs a known number of times."""

    op: Operation
    body: Block
    steps: int
    start: int
    stride: int
    """The counter is start + stride * step."""
    counter: SSAValue
    inits: tuple[SSAValue, ...]
    """Of the values that it carries, without the counter."""
    arguments: tuple[BlockArgument, ...]
    handed_on: tuple[SSAValue, ...]
    results: tuple[SSAValue, ...]


@dataclass(frozen=True)
class Stack:
    """A carried tensor into which every step writes its own part, and that nothing else reads."""

    write: tensor.InsertSliceOp | tensor.InsertOp
    dimension: int
    backwards: bool
    """Whether step 0 writes the last part."""


def loop_form(op: Operation, around: Surroundings) -> Loop | None:
    """Give a loop in one form; None for operations that are no loops."""
    if isinstance(op, scf.ForOp):
        return _for_loop(op, around)
    if isinstance(op, scf.WhileOp):
        return _while_loop(op, around)
    return None


def _for_loop(op: scf.ForOp, around: Surroundings) -> Loop:
    counted = _counted([op.lb, op.ub, op.step], around)
    if counted is None:
        raise refusal(op, "its bounds are no constants; a recurrence has a fixed number of steps")
    body = op.body.block
    last = body.last_op
    if not isinstance(last, scf.YieldOp):
        raise refusal(op, "it does not end in scf.yield")
    counter, *arguments = body.args
    return Loop(
        op,
        body,
        *counted,
        counter,
        tuple(op.iter_args),
        tuple(arguments),
        tuple(last.operands),
        tuple(op.res),
    )


def _while_loop(op: scf.WhileOp, around: Surroundings) -> Loop:
    """A loop of the kind `while (i < n) i = i + 1`."""
    problem = refusal(
        op,
        "it is no loop that counts from one constant to another; a recurrence has a fixed number "
        "of steps",
    )
    before, after = op.before_region.block, op.after_region.block
    condition, last = before.last_op, after.last_op
    if not isinstance(condition, scf.ConditionOp) or not isinstance(last, scf.YieldOp):
        raise problem
    test = condition.operands[0].owner
    if not isinstance(test, arith.CmpiOp) or tuple(condition.args) != tuple(before.args):
        raise problem
    if test.predicate.value.data not in (2, 6) or not isinstance(test.lhs, BlockArgument):
        raise problem
    place = test.lhs.index
    counter = after.args[place]
    step = last.operands[place].owner
    if not isinstance(step, arith.AddiOp) or counter not in step.operands:
        raise problem
    stride = step.rhs if step.lhs is counter else step.lhs
    counted = _counted([op.arguments[place], test.rhs, stride], around)
    if counted is None:
        raise problem
    others = [n for n in range(len(after.args)) if n != place]
    if list(op.res[place].uses):
        raise refusal(op, "its counter is used behind it; use the constant that it ends at")
    return Loop(
        op,
        after,
        *counted,
        counter,
        tuple(op.arguments[n] for n in others),
        tuple(after.args[n] for n in others),
        tuple(last.operands[n] for n in others),
        tuple(op.res[n] for n in others),
    )


def _counted(bounds: Sequence[SSAValue], around: Surroundings) -> tuple[int, int, int] | None:
    """Give the steps, start and stride of a loop from its start, end and stride, if constant."""
    forms = [around.form(value) for value in bounds]
    start, end, stride = (None if form is None else form.number for form in forms)
    if start is None or end is None or stride is None or stride < 1:
        return None
    return max(0, -(-(end - start) // stride)), start, stride


def counter_form(loop: Loop, step: SSAValue) -> Form:
    """Give the counter as a function of the step."""
    expr = AffineExpr.dimension(0)
    if loop.stride != 1:
        expr = expr * loop.stride
    return Form(expr + loop.start if loop.start else expr, (step,), (loop.steps,))


def carried_count(loop: Loop, position: int, step: SSAValue, around: Surroundings) -> Form | None:
    """Give a carried integer that grows by a constant in each step as a function of the step."""
    argument = loop.arguments[position]
    if not isinstance(argument.type, IntegerType | IndexType):
        return None
    start = around.form(loop.inits[position])
    op = loop.handed_on[position].owner
    if start is None or not isinstance(op, arith.AddiOp) or argument not in op.operands:
        return None
    growth = around.form(op.rhs if op.lhs is argument else op.lhs)
    number = None if growth is None else growth.number
    if number is None:
        return None
    steps = Form(AffineExpr.dimension(0) * number, (step,), (loop.steps,))
    return combined(start, steps, lambda a, b: a + b)


def stack_of(loop: Loop, position: int, step: SSAValue, around: Surroundings) -> Stack | None:
    """Tell whether a carried tensor only collects what the steps write, all of it."""
    argument, write = loop.arguments[position], loop.handed_on[position].owner
    if not isa(argument.type, TensorType):
        return None
    if not isinstance(write, tensor.InsertSliceOp | tensor.InsertOp) or write.dest is not argument:
        return None
    if len(list(argument.uses)) != 1 or len(list(write.results[0].uses)) != 1:
        return None
    if isinstance(write, tensor.InsertSliceOp):
        offsets = offsets_of(write, write.static_offsets, write.offsets, around)
        sizes = numbers_of(write, write.static_sizes, write.sizes, around)
    else:
        forms = [around.form(index) for index in write.indices]
        offsets = [form for form in forms if form is not None]
        sizes = [1] * len(forms)
        if len(offsets) < len(forms):
            return None
    shape = argument.type.get_shape()
    found: Stack | None = None
    for dimension, (offset, size, extent) in enumerate(zip(offsets, sizes, shape, strict=True)):
        if size == extent and offset.number == 0:
            continue
        own = offset.indices == (step,)
        forwards = own and offset.expr == AffineExpr.dimension(0)
        last = combined(offset, Form.index(step, loop.steps), lambda a, b: a + b).number
        backwards = own and last == loop.steps - 1
        if found is not None or size != 1 or extent != loop.steps or not (forwards or backwards):
            return None
        found = Stack(write, dimension, backwards and not forwards)
    if found is None and loop.steps == 1:
        return Stack(write, 0, False) if shape and shape[0] == 1 else None
    return found
