"""A function on tensors, of upstream dialects, as a program of the pattern dialect."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    FunctionType,
    TensorType,
    UnregisteredOp,
)
from xdsl.dialects.linalg.ops import FillOp
from xdsl.ir import Block, Operation, Region
from xdsl.utils.hints import isa

from spatial_opt.dialects.signature import PARAMETER
from spatial_opt.lowering.linalg.constants import Number
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.tables import table_of
from spatial_opt.lowering.raising.arguments import attributes_of, check_argument, parameter
from spatial_opt.lowering.raising.copies import materialised
from spatial_opt.lowering.raising.kernels import raise_structured
from spatial_opt.lowering.raising.loops import (
    loop_form,
)
from spatial_opt.lowering.raising.moves import moved
from spatial_opt.lowering.raising.place import refusal
from spatial_opt.lowering.raising.recurrences import Recurrence
from spatial_opt.lowering.raising.structured import structured_form
from spatial_opt.lowering.raising.values import Values
from spatial_opt.lowering.raising.views import Splat, Tensor, whole


def raise_function(function: func.FuncOp) -> func.FuncOp:
    """Give the pattern form of a function; arguments marked as such become parameters."""
    return _Program(function).raised()


class _Program:
    """Writes one function; knows what upstream values are in it."""

    def __init__(self, function: func.FuncOp):
        self._old = function
        self._values = Values()

    def raised(self) -> func.FuncOp:
        """Write it."""
        old = self._old
        for argument in old.args:
            check_argument(argument)
        names = [attributes_of(old.arg_attrs, argument.index) for argument in old.args]
        inputs = [
            argument
            for argument, own in zip(old.args, names, strict=True)
            if PARAMETER not in own.data
        ]
        block = Block(arg_types=[argument.type for argument in inputs])
        e = Emitter(block, old.location)
        for argument, new in zip(inputs, block.args, strict=True):
            new.name_hint = argument.name_hint
            self._values.tensors[argument] = whole(new)
        for argument, own in zip(old.args, names, strict=True):
            if argument not in self._values.tensors:
                self._values.tensors[argument] = whole(parameter(e, argument, own))
        self._block(old.body.block, e)
        end = old.body.block.last_op
        if not isinstance(end, func.ReturnOp):
            raise refusal(old, "it does not end in func.return")
        names_out = [value.name_hint for value in end.operands]
        results = [
            materialised(e, self._values.tensor(value), name)
            for value, name in zip(end.operands, names_out, strict=True)
        ]
        e.append(func.ReturnOp(*results))
        new = func.FuncOp(
            "main",
            FunctionType.from_lists([a.type for a in inputs], [r.type for r in results]),
            Region(block),
            arg_attrs=ArrayAttr([names[argument.index] for argument in inputs]),
            res_attrs=old.res_attrs,
        )
        new.location = old.location
        return new

    def _block(self, block: Block, e: Emitter, without: Sequence[Operation] = ()) -> None:
        """Write the operations of a block, except its last."""
        self._values.enter(block, e)
        for op in block.ops:
            if op is block.last_op or op in without:
                continue
            e.location = op.location
            self._statement(op, e)

    def _statement(self, op: Operation, e: Emitter) -> None:
        if op.results and not isa(op.results[0].type, TensorType) and not op.regions:
            # Scalars are written when somebody asks for them.
            return
        if isinstance(op, arith.ConstantOp):
            self._values.tensors[op.result] = _constant(op, e)
            return
        if isinstance(op, FillOp):
            self._values.tensors[op.results[0]] = self._filled(op)
            return
        loop = loop_form(op, self._values.around)
        if loop is not None:
            Recurrence(loop, self._values, e, self._block).write()
            return
        tensor = moved(op, self._values.around, e)
        if tensor is not None:
            self._values.tensors[op.results[0]] = tensor
            return
        nest = structured_form(op)
        if nest is None:
            raise refusal(op, _unknown(op))
        for result, value in raise_structured(nest, self._values.around, e).items():
            self._values.tensors[result] = whole(value)

    def _filled(self, op: FillOp) -> Splat:
        (value,) = op.inputs
        like = self._values.tensor(op.outputs[0])
        if isinstance(value.owner, arith.ConstantOp) and isa(value.owner.value, Number):
            return Splat(like.shape, like.element, value.owner.value)
        scalar = self._values.scalar(value)
        if scalar is None:
            raise refusal(op, "it fills with a scalar that has no form in patterns")
        return Splat(like.shape, like.element, scalar)


def _constant(op: arith.ConstantOp, e: Emitter) -> Tensor:
    value, type = op.value, op.result.type
    if not isa(value, DenseIntOrFPElementsAttr) or not isa(type, TensorType):
        raise refusal(
            op, "its numbers do not stand in the text; write them as dense, or pass an argument"
        )
    table = table_of(op)
    if table is not None:
        return whole(e.add(table, op.result.name_hint))
    if value.is_splat():
        first = elements_of(value)
        return Splat(tuple(type.get_shape()), type.element_type, first)
    return whole(e.add(arith.ConstantOp(value), op.result.name_hint))


def elements_of(value: DenseIntOrFPElementsAttr) -> Number:
    """Give the one number of a splat."""
    attribute = next(iter(value.iter_attrs()))
    if not isa(attribute, Number):
        raise RuntimeError(f"{attribute} is no number, this is a bug")
    return attribute


def _unknown(op: Operation) -> str:
    """Tell what to do about an operation without a form."""
    if op.dialect_name() in ("arith", "math"):
        return "it computes with whole tensors; run convert-elementwise-to-linalg of MLIR before"
    name = op.op_name.data if isinstance(op, UnregisteredOp) else op.name
    if name.startswith("linalg."):
        return (
            "it has no form in patterns; run linalg-generalize-named-ops of MLIR before, which "
            "writes what it computes as a loop nest"
        )
    return "it has no form in patterns; lower it to linalg on tensors, tensor, arith and scf"
