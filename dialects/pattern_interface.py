"""What a pattern program reads and gives: inputs, outputs and the parameter file, by name."""

from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp, StringAttr, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute
from xdsl.utils.hints import isa

from spatial_opt.dialects.signature import NAME, argument_name, argument_scale, result_names
from spatial_opt.machine.errors import SpatialError

WEIGHTS = "pattern.weights"
"""Module attribute: path of the weights file, relative to the IR file."""


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
        raise SpatialError(
            f"a program is one function @main with a body, found {found}; name it @main"
        )
    return functions[0]


def inputs_of(function: FuncOp) -> list[Port]:
    """Return the run-time inputs, one per argument, named by `pattern.name` or the SSA name."""
    ports = [
        Port(
            argument_name(argument),
            _tensor(argument.type, f"argument {argument.index}"),
            argument_scale(argument),
        )
        for argument in function.args
    ]
    return _distinct(ports, "inputs")


def outputs_of(function: FuncOp) -> list[Port]:
    """Return the outputs, one per result, named by `pattern.name` or `result<i>`."""
    ports = [
        Port(name, _tensor(type, f"result {position}"), None)
        for position, (name, type) in enumerate(
            zip(result_names(function), function.function_type.outputs, strict=True)
        )
    ]
    return _distinct(ports, "outputs")


def weights_file(module: ModuleOp) -> str | None:
    """Return the path of the weights file relative to the IR file, or None."""
    found = module.attributes.get(WEIGHTS)
    return found.data if isinstance(found, StringAttr) else None


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
