"""
Decides where a layer's operands are converted to their number format.

A parameter is stored in each format that its users want; an argument of the function changes its
type if all its users want the same; anything else goes through a conversion kernel.
"""

from collections.abc import Iterable
from typing import NamedTuple, cast

from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    FloatAttr,
    FunctionType,
    TensorType,
    f32,
)
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects import pattern
from spatial_opt.dialects.signature import SCALE, argument_scale
from spatial_opt.lowering.rnn.emitter import Emitter
from spatial_opt.lowering.rnn.formats import F32, Stored


class Want(NamedTuple):
    """An operand and a form that it must be stored in."""

    operation: Operation
    operand: int
    """Position among the operation's operands."""
    stored: Stored


class Storage:
    """The stored forms of the f32 values of one function."""

    def __init__(self, function: func.FuncOp, wants: Iterable[Want]):
        self._forms: dict[tuple[SSAValue, Stored], SSAValue] = {}
        self._converted: dict[tuple[SSAValue, Stored, Block], SSAValue] = {}
        self._replaced: list[pattern.ParameterOp] = []
        by_value: dict[SSAValue, list[Want]] = {}
        for want in wants:
            by_value.setdefault(want.operation.operands[want.operand], []).append(want)
        for value, wanted in by_value.items():
            forms = list(dict.fromkeys(want.stored for want in wanted))
            users = {(want.operation, want.operand) for want in wanted}
            if isinstance(value.owner, pattern.ParameterOp):
                self._store_parameter(value.owner, [form for form in forms if form != F32])
            elif (
                len(forms) == 1
                and forms[0] != F32
                and users == {(use.operation, use.index) for use in value.uses}
            ):
                self._retype_argument(function, value, forms[0])

    def get(self, emitter: Emitter, value: SSAValue, stored: Stored) -> SSAValue:
        """Return a value in the form wanted, converting it at the emitter's place if need be."""
        if stored == F32:
            return value
        if (value, stored) in self._forms:
            return self._forms[value, stored]
        # A conversion in one block does not reach its users in another.
        key = (value, stored, emitter.block)
        if key not in self._converted:
            self._converted[key] = convert_tensor(emitter, value, stored)
        return self._converted[key]

    def clean_up(self) -> None:
        """Erase the parameters that only their stored forms replaced."""
        for parameter in self._replaced:
            if not parameter.result.uses:
                Rewriter.erase_op(parameter)

    def _store_parameter(self, parameter: pattern.ParameterOp, forms: list[Stored]) -> None:
        if parameter.scale is not None:
            return
        type = parameter.result.type
        for form in forms:
            op = pattern.ParameterOp(
                parameter.name_.data,
                TensorType(form.element, type.get_shape()),
                form.optional_scale,
            )
            emitter = Emitter(InsertPoint.before(parameter), parameter.location)
            self._forms[parameter.result, form] = emitter.value(op, parameter.result.name_hint)
        self._replaced.append(parameter)

    def _retype_argument(self, function: func.FuncOp, value: SSAValue, form: Stored) -> None:
        if not isinstance(value, BlockArgument) or argument_scale(value) is not None:
            return
        position, shape = value.index, cast(TensorType[Attribute], value.type).get_shape()
        type = TensorType(form.element, shape)
        argument = Rewriter.replace_value_with_new_type(value, type)
        self._forms[argument, form] = argument
        inputs = list(function.function_type.inputs)
        inputs[position] = type
        outputs = list(function.function_type.outputs)
        function.function_type = FunctionType.from_lists(inputs, outputs)
        if form.scale == 1.0:
            return
        attributes = list(
            [DictionaryAttr({})] * len(inputs) if function.arg_attrs is None else function.arg_attrs
        )
        scale = {SCALE: FloatAttr(form.scale, f32)}
        attributes[position] = DictionaryAttr({**attributes[position].data, **scale})
        function.arg_attrs = ArrayAttr(attributes)


def convert_tensor(emitter: Emitter, value: SSAValue, stored: Stored) -> SSAValue:
    """Write the kernel that converts a whole f32 tensor to its stored form."""
    shape = cast(TensorType[Attribute], value.type).get_shape()

    def body(inner: Emitter, *indices: SSAValue) -> list[SSAValue]:
        return [stored.convert(inner, inner.read(value, indices))]

    domain = [(f"d{position}", size) for position, size in enumerate(shape)]
    return emitter.kernel([f"{value.name_hint or 'x'}q"], domain, [stored.element], body)[0]
