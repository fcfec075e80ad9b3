"""The types of tensors, for code that knows that it holds one."""

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.hints import isa


def tensor_type(value: SSAValue) -> TensorType[Attribute]:
    """Give the type of a tensor."""
    if not isa(value.type, TensorType):
        raise RuntimeError(f"{value.type} is no tensor, this is a bug")
    return value.type


def element_type(value: SSAValue) -> Attribute:
    """Give the element type of a tensor."""
    return tensor_type(value).element_type
