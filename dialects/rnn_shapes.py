"""The shapes of the rnn dialect's values, and the sentence when one is another."""

from typing import cast

from xdsl.dialects.builtin import DYNAMIC_INDEX, TensorType, f32
from xdsl.ir import Attribute, SSAValue
from xdsl.utils.exceptions import VerifyException


def tensor(*shape: int, element: Attribute = f32) -> TensorType[Attribute]:
    """Return a tensor type, of f32 if nothing else is said."""
    return TensorType(element, shape)


def type_text(type: Attribute) -> str:
    """Return a type as a user reads it, without attribute noise: `8x1x4xf32`."""
    if not isinstance(type, TensorType):
        return str(type)
    shaped = cast(TensorType[Attribute], type)
    sizes = ("?" if size == DYNAMIC_INDEX else str(size) for size in shaped.get_shape())
    return "x".join([*sizes, str(shaped.element_type)])


def check_type(
    operand: str, rule: str, wanted: TensorType[Attribute], value: SSAValue | None
) -> None:
    """Raise VerifyException if a value is there and of another type than wanted."""
    if value is not None and value.type != wanted:
        raise VerifyException(
            f"{operand} must be {rule} = {type_text(wanted)}, got {type_text(value.type)}"
        )


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """Return the shape of a tensor value."""
    return cast(TensorType[Attribute], value.type).get_shape()
