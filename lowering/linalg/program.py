"""A program of the pattern dialect as a function on tensors, all of upstream dialects."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, func, scf, tensor
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FloatAttr,
    FunctionType,
    IndexType,
    StringAttr,
    TensorType,
    f32,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import (
    MapOp,
    MemoryOp,
    NextOp,
    ParameterOp,
    ReduceOp,
    ScanOp,
    TableOp,
)
from spatial_opt.dialects.signature import NAME, PARAMETER, SCALE
from spatial_opt.lowering.linalg.body import Around, Body, Env
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.loop_nests import write_loops, write_reduce_of_loops
from spatial_opt.lowering.linalg.nests import Nest, is_structured, write_reduce
from spatial_opt.lowering.linalg.numbers import hold, store
from spatial_opt.lowering.linalg.tables import constant_of
from spatial_opt.machine.errors import SpatialError


def convert_function(function: func.FuncOp, exact: bool) -> func.FuncOp:
    """Give the upstream form of a function of patterns; the parameters become arguments."""
    return _Program(function, exact).converted()


class _Program:
    """Writes one function; knows what its values are called upstream."""

    def __init__(self, function: func.FuncOp, exact: bool):
        self._old = function
        self._exact = exact
        self._env = Env()

    def converted(self) -> func.FuncOp:
        """Write it."""
        old = self._old
        parameters = _parameters(old)
        block = Block(
            arg_types=[*old.function_type.inputs, *(first.result.type for first in parameters)]
        )
        for argument, new in zip(old.args, block.args, strict=False):
            new.name_hint = argument.name_hint
            self._env.values[argument] = new
        arguments = dict(zip(parameters, block.args[len(old.args) :], strict=True))
        for first, new in arguments.items():
            new.name_hint = first.result.name_hint or first.name_.data
            for same in parameters[first]:
                self._env.values[same.result] = new
        e = Emitter(block, old.location)
        self._block(list(old.body.block.ops), e)
        converted = func.FuncOp(
            old.sym_name.data,
            FunctionType.from_lists(list(block.arg_types), list(old.function_type.outputs)),
            Region(block),
            old.sym_visibility,
            arg_attrs=ArrayAttr(
                [*_argument_attributes(old), *map(_parameter_attributes, parameters)]
            ),
            res_attrs=old.res_attrs,
        )
        converted.location = old.location
        converted.attributes |= old.attributes
        return converted

    def _block(self, ops: Sequence[Operation], e: Emitter) -> None:
        for op in ops:
            e.location = op.location
            self._statement(op, e)

    def _statement(self, op: Operation, e: Emitter) -> None:
        values = self._env.values
        match op:
            case ParameterOp() | MemoryOp():
                # Parameters are arguments, and memories only say where something lies.
                return
            case func.ReturnOp():
                e.append(func.ReturnOp(*(values[value] for value in op.operands)))
                return
            case TableOp():
                results = [e.add(constant_of(op), op.result.name_hint)]
            case arith.ConstantOp() if isa(op.value, DenseIntOrFPElementsAttr):
                results = [e.add(arith.ConstantOp(op.value), op.result.name_hint)]
            case MapOp() if is_structured(op):
                results = Nest(self._env, e, self._exact).map(op)
            case MapOp():
                elements = [result.type.element_type for result in op.res]
                results = write_loops(op, self._env, e, elements, self._block)
            case ReduceOp() if is_structured(op):
                results = write_reduce(op, self._env, e, self._exact)
            case ReduceOp():
                results = write_reduce_of_loops(op, self._env, e, self._exact, self._block)
            case ScanOp():
                results = self._scan(op, e)
            case _:
                if op.name.startswith("rnn."):
                    raise SpatialError(
                        f"{op.name} is above the pattern dialect; run convert-rnn-to-pattern first"
                    )
                Body(self._env, e, _no_reduction).statement(op)
                return
        for old, new in zip(op.results, results, strict=True):
            values[old] = new

    # --- the time loop

    def _scan(self, op: ScanOp, e: Emitter) -> list[SSAValue]:
        """Write a recurrence as a loop that carries its values and the stacks of what it emits."""
        carried = [
            store(e, self._env.values[init], init.type)
            if not isa(init.type, TensorType)
            else self._env.values[init]
            for init in op.inits
        ]
        stacked = [result.type for result in op.res[len(op.inits) :]]
        stacks = [e.add(tensor.EmptyOp([], type)) for type in stacked]
        running = [*carried, *stacks]
        block = Block(arg_types=[IndexType(), *(value.type for value in running)])
        inner = Emitter(block, e.location)
        counter, *arguments = block.args
        step: SSAValue = counter
        counter.name_hint = op.index.name_hint
        if op.reverse is not None:
            step = inner.add(arith.SubiOp(inner.index(op.steps - 1), counter), "step")
        self._env.indices[op.index] = Around(step, op.steps)
        for old, new in zip(op.carries, arguments, strict=False):
            new.name_hint = old.name_hint
            self._env.values[old] = hold(inner, new)
        self._block(list(op.body.block.ops)[:-1], inner)
        inner.append(scf.YieldOp(*self._handed_on(op.next, arguments, step, inner)))
        loop = scf.ForOp(e.index(0), e.index(op.steps), e.index(1), running, block)
        e.append(loop)
        for old, new in zip(op.results, loop.results, strict=True):
            new.name_hint = old.name_hint
        return [hold(e, value) for value in loop.results]

    def _handed_on(
        self, next: NextOp, arguments: Sequence[SSAValue], step: SSAValue, e: Emitter
    ) -> list[SSAValue]:
        values = self._env.values
        carried = [store(e, values[value], value.type) for value in next.carries]
        stacks = arguments[len(carried) :]
        emitted = [
            _stacked(e, store(e, values[value], value.type), stack, step)
            for value, stack in zip(next.emits, stacks, strict=True)
        ]
        return [*carried, *emitted]


def _stacked(e: Emitter, value: SSAValue, stack: SSAValue, step: SSAValue) -> SSAValue:
    """Put what a step emits into the stack."""
    if not isa(value.type, TensorType):
        return e.add(tensor.InsertOp(value, stack, [step]), stack.name_hint)
    shape = value.type.get_shape()
    rank = len(shape)
    op = tensor.InsertSliceOp.get(
        value,
        stack,
        (1, *shape),
        static_offsets=(_DYNAMIC, *[0] * rank),
        offsets=[step],
    )
    return e.add(op, stack.name_hint)


_DYNAMIC = -(1 << 63)


def _no_reduction(op: ReduceOp) -> tuple[Sequence[SSAValue], Sequence[SSAValue]]:
    raise RuntimeError(f"{op.name} among the scalars of a block, this is a bug")


# --- the function's arguments


def _parameters(function: func.FuncOp) -> dict[ParameterOp, list[ParameterOp]]:
    """Group the operations that name the same parameter in the same format, the first as key."""
    groups: dict[tuple[Attribute | None, ...], list[ParameterOp]] = {}
    for op in function.walk():
        if isinstance(op, ParameterOp):
            groups.setdefault((op.name_, op.scale, op.result.type), []).append(op)
    return {same[0]: same for same in groups.values()}


def _argument_attributes(function: func.FuncOp) -> list[DictionaryAttr]:
    """Give the attributes of the arguments, whose names then stay when the text is lost."""
    given = function.arg_attrs
    attributes: list[DictionaryAttr] = []
    for argument in function.args:
        own = dict(given.data[argument.index].data) if given is not None else {}
        if NAME not in own and argument.name_hint is not None:
            own[NAME] = StringAttr(argument.name_hint)
        attributes.append(DictionaryAttr(own))
    return attributes


def _parameter_attributes(op: ParameterOp) -> DictionaryAttr:
    own: dict[str, Attribute] = {PARAMETER: op.name_}
    if op.scale is not None:
        own[SCALE] = FloatAttr(op.scale.value.data, f32)
    return DictionaryAttr(own)
