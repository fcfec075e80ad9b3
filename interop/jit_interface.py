"""The function that native code is called by: arrays in, arrays out, nothing returned."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects import bufferization, func, scf, tensor
from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    FloatAttr,
    FunctionType,
    IntegerAttr,
    MemRefType,
    ModuleOp,
    StringAttr,
    TensorType,
    UnitAttr,
    i1,
)
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern_interface import main_function
from spatial_opt.dialects.signature import PARAMETER, SCALE, argument_name, result_names
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.boundary import TensorSpec

ENTRY = "run"
"""Name of the function that is called."""


@dataclass(frozen=True)
class Interface:
    """What a program takes and gives, in the order of the function's arguments."""

    inputs: tuple[TensorSpec, ...]
    parameters: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    order: tuple[bool, ...]
    """For each argument whether it is a parameter."""


def interface_of(module: ModuleOp) -> Interface:
    """Read the interface off @main of a module of tensors; raises `SpatialError`."""
    function = main_function(module)
    inputs: list[TensorSpec] = []
    parameters: list[TensorSpec] = []
    order: list[bool] = []
    attributes = function.arg_attrs
    for argument in function.args:
        given = DictionaryAttr({}) if attributes is None else attributes.data[argument.index]
        name, scale = given.data.get(PARAMETER), given.data.get(SCALE)
        factor = scale.value.data if isa(scale, FloatAttr) else None
        parameter = isinstance(name, StringAttr)
        text = name.data if parameter else argument_name(argument)
        spec = _spec(text, argument.type, f"argument {argument.index}", factor)
        (parameters if parameter else inputs).append(spec)
        order.append(parameter)
    outputs = [
        _spec(name, type, f"result {position}", None)
        for position, (name, type) in enumerate(
            zip(result_names(function), function.function_type.outputs, strict=True)
        )
    ]
    return Interface(tuple(inputs), tuple(parameters), tuple(outputs), tuple(order))


def _spec(name: str, type: Attribute, place: str, scale: float | None) -> TensorSpec:
    if not isa(type, TensorType) or not type.has_static_shape():
        raise SpatialError(
            f"{place} of @main is {type}, not a tensor of static shape; native code takes and "
            "gives those only"
        )
    return TensorSpec(name, tuple(type.get_shape()), type.element_type, scale)


def write_results_to_arguments(module: ModuleOp) -> None:
    """Make @main a function `run` that writes its results into arrays given by the caller."""
    function = main_function(module)
    block = function.body.block
    end = block.last_op
    if not isinstance(end, func.ReturnOp):
        raise SpatialError("@main must end in func.return")
    for value in list(end.operands):
        if not isa(value.type, TensorType):
            raise RuntimeError(f"a result of type {value.type}, this is a bug")
        type = MemRefType(value.type.element_type, value.type.get_shape())
        into = block.insert_arg(type, len(block.args))
        write = bufferization.MaterializeInDestinationOp(
            operands=[value, into],
            result_types=[[]],
            properties={"restrict": UnitAttr(), "writable": UnitAttr()},
        )
        block.insert_op_before(write, end)
    block.insert_op_before(func.ReturnOp(), end)
    block.erase_op(end)
    function.properties["sym_name"] = StringAttr(ENTRY)
    function.properties["function_type"] = FunctionType.from_lists(list(block.arg_types), [])
    function.properties.pop("res_attrs", None)
    constant = DictionaryAttr({"bufferization.writable": IntegerAttr(0, i1)})
    function.properties["arg_attrs"] = ArrayAttr(
        [
            constant if isa(argument.type, TensorType) else DictionaryAttr({})
            for argument in block.args
        ]
    )
    function.attributes["llvm.emit_c_interface"] = UnitAttr()


def hand_on_in_place(module: ModuleOp) -> None:
    """
    Give every loop memory of its own for the tensors it carries, and let it hand them on there.

    Bufferization asks for the latter; with the former nothing that a loop overwrites is needed
    elsewhere.
    """
    for loop in [op for op in module.walk() if isinstance(op, scf.ForOp)]:
        _start_from_copies(loop)
        _end_in_place(loop)


def _start_from_copies(loop: scf.ForOp) -> None:
    block = loop.parent
    for position, init in enumerate(loop.iter_args):
        if block is None or not isa(init.type, TensorType):
            continue
        fresh = isinstance(init.owner, tensor.EmptyOp | Block)
        if fresh and init.has_one_use() and not _is_argument(init):
            continue
        copy = _copy(init)
        block.insert_op_before(copy, loop)
        # Behind the two bounds and the step.
        loop.operands[3 + position] = copy.tensor


def _end_in_place(loop: scf.ForOp) -> None:
    block = loop.body.block
    end = block.last_op
    if not isinstance(end, scf.YieldOp):
        raise RuntimeError("a loop without an end, this is a bug")
    carried = block.args[1:]
    moved = {
        position: value
        for position, (value, taken) in enumerate(zip(end.operands, carried, strict=True))
        if isa(value.type, TensorType) and _place_of(value) is not taken
    }
    for position, value in moved.items():
        if _place_of(value) in carried:
            # Another one will be written there.
            copy = _copy(value)
            block.insert_op_before(copy, end)
            moved[position] = copy.tensor
    for position, value in moved.items():
        write = bufferization.MaterializeInDestinationOp(
            operands=[value, carried[position]], result_types=[[value.type]]
        )
        block.insert_op_before(write, end)
        end.operands[position] = write.results[0]


def _copy(value: SSAValue) -> bufferization.AllocTensorOp:
    return bufferization.AllocTensorOp(value.type, copy=value)


def _is_argument(value: SSAValue) -> bool:
    """Tell whether a value comes from the caller, whose memory stays as it is."""
    return isinstance(value.owner, Block) and isinstance(value.owner.parent_op(), func.FuncOp)


def _place_of(value: SSAValue) -> SSAValue:
    """Give the tensor in whose place a tensor is computed, as far as it is certain."""
    while True:
        op = value.owner
        match op:
            case tensor.InsertOp() | tensor.InsertSliceOp():
                value = op.dest
            case scf.ForOp():
                value = op.iter_args[op.results.index(value)]
            case _:
                return value
