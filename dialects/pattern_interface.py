"""What a pattern program reads and gives: inputs, outputs and the parameter file, by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    FloatAttr,
    ModuleOp,
    StringAttr,
    TensorType,
)
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute
from xdsl.utils.hints import isa

from spatial_opt.machine.errors import SpatialError

NAME, SCALE, WEIGHTS = "pattern.name", "pattern.scale", "pattern.weights"


@dataclass(frozen=True)
class Port:
    """A run-time input or an output of `@main`."""

    name: str
    type: TensorType
    scale: float | None
    """Factor applied before the conversion to the element type (inputs only)."""


def main_function(module: ModuleOp) -> FuncOp:
    """Return the one function of the module; `SpatialError` unless it is a defined `@main`."""
    functions = [op for op in module.ops if isinstance(op, FuncOp)]
    if len(functions) != 1 or functions[0].sym_name.data != "main" or functions[0].is_declaration:
        found = ", ".join(f"@{function.sym_name.data}" for function in functions) or "none"
        raise SpatialError(f"a program is one function @main with a body, found {found}")
    return functions[0]


def inputs_of(function: FuncOp) -> list[Port]:
    """Return the run-time inputs, one per argument, named by `pattern.name` or the SSA name."""
    ports: list[Port] = []
    for position, argument in enumerate(function.args):
        given = _attributes(function.arg_attrs, position)
        name = given.get(NAME)
        scale = given.get(SCALE)
        ports.append(
            Port(
                name.data
                if isinstance(name, StringAttr)
                else argument.name_hint or f"arg{position}",
                _tensor(argument.type, f"argument {position}"),
                float(scale.value.data) if isa(scale, FloatAttr) else None,
            )
        )
    return _distinct(ports, "inputs")


def outputs_of(function: FuncOp) -> list[Port]:
    """Return the outputs, one per result, named by `pattern.name` or `result<i>`."""
    ports: list[Port] = []
    for position, type in enumerate(function.function_type.outputs):
        name = _attributes(function.res_attrs, position).get(NAME)
        text = name.data if isinstance(name, StringAttr) else f"result{position}"
        ports.append(Port(text, _tensor(type, f"result {position}"), None))
    return _distinct(ports, "outputs")


def weights_file(module: ModuleOp) -> str | None:
    """Return the path of the weights file relative to the IR file, or None."""
    found = module.attributes.get(WEIGHTS)
    return found.data if isinstance(found, StringAttr) else None


def _attributes(
    attributes: ArrayAttr[DictionaryAttr] | None, position: int
) -> Mapping[str, Attribute]:
    return {} if attributes is None else attributes.data[position].data


def _tensor(type: Attribute, place: str) -> TensorType:
    if not isa(type, TensorType):
        raise SpatialError(f"{place} of @main must be a tensor, got {type}")
    return type


def _distinct(ports: list[Port], what: str) -> list[Port]:
    names = [port.name for port in ports]
    for name in names:
        if names.count(name) > 1:
            raise SpatialError(
                f'{what} of @main need distinct names, "{name}" occurs {names.count(name)} times; '
                f"set {NAME}"
            )
    return ports
