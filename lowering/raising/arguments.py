"""The arguments of a function: inputs of a program, and parameters of the weights file."""

from collections.abc import Mapping

from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    FloatAttr,
    IndexType,
    StringAttr,
    TensorType,
)
from xdsl.ir import Attribute, BlockArgument, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import ParameterOp
from spatial_opt.dialects.pattern_syntax import is_scalar
from spatial_opt.dialects.signature import NAME, PARAMETER, SCALE
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.machine.errors import SpatialError


def attributes_of(attributes: ArrayAttr[DictionaryAttr] | None, position: int) -> DictionaryAttr:
    """Give what patterns know of an argument's attributes."""
    own: Mapping[str, Attribute] = {} if attributes is None else attributes.data[position].data
    # What other front ends say of an argument means nothing here.
    return DictionaryAttr(
        {key: value for key, value in own.items() if key in (NAME, SCALE, PARAMETER)}
    )


def check_argument(argument: BlockArgument) -> None:
    """Refuse an argument that no program takes."""
    type: Attribute = argument.type
    if not isa(type, TensorType) or not type.has_static_shape():
        raise SpatialError(
            f"argument {argument.index} of the function is {type}; a program takes tensors of "
            "static shape, so fix the sizes before lowering"
        )
    if not is_scalar(type.element_type) or isinstance(type.element_type, IndexType):
        raise SpatialError(
            f"argument {argument.index} of the function is {type}; patterns have f32, f16, bf16, "
            "f8E4M3FN, f8E5M2, i8, i16, i32 and i1"
        )


def parameter(e: Emitter, argument: BlockArgument, own: DictionaryAttr) -> SSAValue:
    """Write the parameter that an argument stands for."""
    name, scale = own.data[PARAMETER], own.data.get(SCALE)
    type = argument.type
    if not isinstance(name, StringAttr) or not isa(type, TensorType):
        raise SpatialError(
            f"{PARAMETER} of argument {argument.index} is {name}; it names a constant of the "
            "weights file, in quotes"
        )
    factor = scale.value.data if isa(scale, FloatAttr) else None
    return e.add(ParameterOp(name.data, type, factor), argument.name_hint)
