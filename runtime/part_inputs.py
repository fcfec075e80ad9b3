"""The tensors a whole program takes from outside, at any level, and random ones for trials."""

from xdsl.dialects import func
from xdsl.dialects.builtin import AffineMapAttr, ModuleOp, TensorType
from xdsl.ir import Attribute, Operation
from xdsl.utils.hints import isa

from spatial_opt.dialects.affine_bounds import interval
from spatial_opt.dialects.pattern import ParameterOp
from spatial_opt.dialects.signature import argument_name, argument_parameter, argument_scale
from spatial_opt.dialects.spatial import (
    ConfigOp,
    InputInitAttr,
    ParameterInitAttr,
    holders,
    parameter_parts,
)
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.boundary import TensorSpec
from spatial_opt.runtime.memory_contents import declared_inputs, told_shapes


def input_specs(program: ModuleOp | ConfigOp) -> list[TensorSpec]:
    """
    List the run-time inputs of a program: of its configuration, else of its function.

    A tensor that only fills memories of a configuration has the shape that they tell; where they
    tell none (hand-written IR), the smallest that covers them.
    Raises `SpatialError` when the module holds neither or an argument is not a static tensor.
    """
    config = _config(program)
    if config is not None:
        declared = {spec.name: spec for spec in declared_inputs(config)}
        return list((_covering(config, InputInitAttr) | declared).values())
    function = next((op for op in program.walk() if isinstance(op, func.FuncOp)), None)
    if function is None:
        raise SpatialError("the module holds no function and no configuration, so it has no inputs")
    specs: list[TensorSpec] = []
    for argument in function.args:
        if argument_parameter(argument) is not None:
            continue
        name, type_ = argument_name(argument), argument.type
        if not isa(type_, TensorType[Attribute]) or not type_.has_static_shape():
            raise SpatialError(
                f"input {name!r} is {type_}, not a tensor of static shape; write its sizes"
            )
        shape = tuple(type_.get_shape())
        if any(name == spec.name for spec in specs):
            raise SpatialError(
                f"two inputs of the program have the name {name!r}; give one another pattern.name"
            )
        specs.append(TensorSpec(name, shape, type_.element_type, argument_scale(argument)))
    return specs


def parameter_specs(program: ModuleOp | ConfigOp) -> list[TensorSpec]:
    """List the parameters a program takes, each once; shapes as for `input_specs`."""
    config = _config(program)
    if config is not None:
        return list(_covering(config, ParameterInitAttr).values())
    found: dict[str, TensorSpec] = {}
    for op in program.walk():
        if isinstance(op, ParameterOp):
            spec = _parameter(op)
            first = found.setdefault(spec.name, spec)
            if first.shape != spec.shape:
                raise SpatialError(
                    f"parameter {spec.name!r} is declared as {first.text} and as {spec.text}; "
                    "give both the same shape or other names"
                )
    for argument in (a for op in program.walk() if isinstance(op, func.FuncOp) for a in op.args):
        name, type_ = argument_parameter(argument), argument.type
        if name is not None and isa(type_, TensorType[Attribute]):
            spec = TensorSpec(name, tuple(type_.get_shape()), type_.element_type)
            found.setdefault(name, spec)
    return list(found.values())


def _parameter(op: ParameterOp) -> TensorSpec:
    type_ = op.result.type
    if not isa(type_, TensorType[Attribute]) or not type_.has_static_shape():
        raise SpatialError(
            f"parameter {op.name_.data!r} is {type_}, not a tensor of static shape; write its sizes"
        )
    return TensorSpec(op.name_.data, tuple(type_.get_shape()), type_.element_type)


def _config(program: Operation) -> ConfigOp | None:
    return next((op for op in program.walk() if isinstance(op, ConfigOp)), None)


def _covering(
    config: ConfigOp, kind: type[InputInitAttr] | type[ParameterInitAttr]
) -> dict[str, TensorSpec]:
    """Give the tensors that fill memories: as they say, else the smallest that covers them."""
    found: dict[str, TensorSpec] = {}
    told = told_shapes(config, kind)
    for memory in holders(config):
        for init in parameter_parts(memory.init) or (memory.init,):
            if not isinstance(init, kind):
                continue
            name = init.input.data if isinstance(init, InputInitAttr) else init.parameter.data
            shape = tuple(memory.held.get_shape())
            if isinstance(init.map, AffineMapAttr):
                shape = tuple(interval(expr, shape)[1] + 1 for expr in init.map.data.results)
            if name in found:
                shape = tuple(map(max, shape, found[name].shape))
            shape = told.get(name, shape)
            found[name] = TensorSpec(name, shape, memory.held.element_type)
    return found
