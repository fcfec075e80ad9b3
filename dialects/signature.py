"""Names and scales of a function's arguments and results: what the outside calls them."""

from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, FloatAttr, StringAttr
from xdsl.ir import BlockArgument

NAME = "pattern.name"
"""Attribute of an argument or result: its name in input and output files."""
SCALE = "pattern.scale"
"""Attribute of an argument: the factor by which values are multiplied before being stored."""
PARAMETER = "pattern.parameter"
"""Attribute of an argument that is a constant of the weights file: its name there."""


def _attributes(attributes: ArrayAttr[DictionaryAttr] | None, position: int) -> DictionaryAttr:
    if attributes is None or position >= len(attributes.data):
        return DictionaryAttr({})
    return attributes.data[position]


def argument_name(argument: BlockArgument) -> str:
    """Give an argument's name: `pattern.name`, else its name in the text, else `arg<i>`."""
    function = argument.block.parent_op()
    assert isinstance(function, func.FuncOp)
    name = _attributes(function.arg_attrs, argument.index).data.get(NAME)
    if isinstance(name, StringAttr):
        return name.data
    return argument.name_hint or f"arg{argument.index}"


def argument_scale(argument: BlockArgument) -> float | None:
    """Give the factor an argument's values are multiplied by before they are stored."""
    function = argument.block.parent_op()
    assert isinstance(function, func.FuncOp)
    scale = _attributes(function.arg_attrs, argument.index).data.get(SCALE)
    return scale.value.data if isinstance(scale, FloatAttr) else None


def argument_parameter(argument: BlockArgument) -> str | None:
    """Give the name in the weights file of an argument that is a constant from there."""
    function = argument.block.parent_op()
    assert isinstance(function, func.FuncOp)
    name = _attributes(function.arg_attrs, argument.index).data.get(PARAMETER)
    return name.data if isinstance(name, StringAttr) else None


def result_names(function: func.FuncOp) -> list[str]:
    """List the names of a function's results: `pattern.name`, else `result<i>`."""
    names: list[str] = []
    for position in range(len(function.function_type.outputs)):
        name = _attributes(function.res_attrs, position).data.get(NAME)
        names.append(name.data if isinstance(name, StringAttr) else f"result{position}")
    return names
