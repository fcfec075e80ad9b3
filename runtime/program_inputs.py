"""What a program takes from outside: run-time inputs and parameters, by name."""

from __future__ import annotations

from collections.abc import Iterable

from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Attribute
from xdsl.utils.hints import isa

from spatial_opt.dialects.sequence import is_sequence, part_name, parts_of
from spatial_opt.dialects.signature import result_names
from spatial_opt.dialects.spatial import ConfigOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import part_inputs
from spatial_opt.runtime.boundary import TensorSpec, random_arrays
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.memory_contents import outputs


def input_specs(program: ModuleOp | ConfigOp) -> list[TensorSpec]:
    """
    List the run-time inputs of a program: of its configuration, else of its function.

    Those of a program in parts are those of its parts that no part before gives.
    A tensor that only fills memories of a configuration has the shape that they tell; where they
    tell none (hand-written IR), the smallest that covers them.
    Raises `SpatialError` when the module holds neither, an argument is not a static tensor, or
    parts do not agree on what a name stands for.
    """
    if isinstance(program, ModuleOp) and is_sequence(program):
        return _inputs(program)
    return part_inputs.input_specs(program)


def parameter_specs(program: ModuleOp | ConfigOp) -> list[TensorSpec]:
    """List the parameters a program takes, each once; shapes as for `input_specs`."""
    if isinstance(program, ModuleOp) and is_sequence(program):
        return _parameters(program)
    return part_inputs.parameter_specs(program)


def random_inputs(program: ModuleOp | ConfigOp, seed: int = 0) -> dict[str, Array]:
    """Give random run-time inputs: the same seed gives the same numbers at every level."""
    return random_arrays(input_specs(program), seed)


def _inputs(module: ModuleOp) -> list[TensorSpec]:
    """
    List the inputs of a program in parts: those of its parts that no part before gives.

    Raises `SpatialError` where parts do not agree on what a name stands for.
    """
    found: dict[str, TensorSpec] = {}
    made: dict[str, str] = {}
    for number, part in enumerate(parts_of(module)):
        name = part_name(part, number)
        for spec in part_inputs.input_specs(part):
            if spec.name in made:
                if spec.text != made[spec.name]:
                    raise SpatialError(
                        f"part @{name} takes {spec.name!r} as {spec.text}, and a part before it "
                        f"gives {made[spec.name]}; give both the same type"
                    )
                continue
            first = found.setdefault(spec.name, spec)
            if first.text != spec.text:
                raise SpatialError(
                    f"input {spec.name!r} is {first.text} for one part and {spec.text} for "
                    f"@{name}; give both the same type or other names"
                )
        for spec in _given(part):
            if spec.name in made or spec.name in found:
                raise SpatialError(
                    f"part @{name} gives {spec.name!r}, which is an input or a result of a part "
                    "before it; give it another name"
                )
            made[spec.name] = spec.text
    return list(found.values())


def _parameters(module: ModuleOp) -> list[TensorSpec]:
    """List the parameters that parts of a program take, each once."""
    found: dict[str, TensorSpec] = {}
    for part in parts_of(module):
        for spec in part_inputs.parameter_specs(part):
            first = found.setdefault(spec.name, spec)
            if first.shape != spec.shape:
                raise SpatialError(
                    f"parameter {spec.name!r} is {first.text} for one part and {spec.text} for "
                    "another; give both the same shape or other names"
                )
    return list(found.values())


def _given(part: ModuleOp) -> Iterable[TensorSpec]:
    """List the results of a part."""
    config = next((op for op in part.ops if isinstance(op, ConfigOp)), None)
    if config is not None:
        return outputs(config)
    function = next((op for op in part.ops if isinstance(op, func.FuncOp)), None)
    if function is None:
        return ()
    types = function.function_type.outputs
    return [
        TensorSpec(name, tuple(type.get_shape()), type.element_type)
        for name, type in zip(result_names(function), types, strict=True)
        if isa(type, TensorType[Attribute])
    ]
