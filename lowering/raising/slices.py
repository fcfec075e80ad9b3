"""Shapes, offsets and sizes that operations on tensors state."""

from collections.abc import Sequence

from xdsl.dialects.builtin import DYNAMIC_INDEX, DenseArrayBase, IntegerType, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.lowering.raising.forms import Form
from spatial_opt.lowering.raising.place import refusal
from spatial_opt.lowering.raising.scalars import Surroundings


def shape_of(op: Operation, value: SSAValue) -> tuple[int, ...]:
    """Give the shape of a tensor; raises `SpatialError` for one that is not static."""
    type = value.type
    if not isa(type, TensorType):
        raise refusal(op, f"it works on {type}; only tensors have a form in patterns")
    if not type.has_static_shape():
        raise refusal(op, f"{type} has a size that is not known; fix the sizes before lowering")
    return tuple(type.get_shape())


def offsets_of(
    op: Operation,
    static: DenseArrayBase[IntegerType],
    dynamic: Sequence[SSAValue],
    around: Surroundings,
) -> list[Form]:
    """Give offsets, sizes or strides of a slice as known integers."""
    given = iter(dynamic)
    found: list[Form] = []
    for number in static.get_values():
        if number != DYNAMIC_INDEX:
            found.append(Form.constant(int(number)))
            continue
        form = around.form(next(given))
        if form is None:
            raise refusal(
                op,
                "it starts at an index that is not an affine function of the steps of the loops "
                "around; a pattern reads slices at such places only",
            )
        found.append(form)
    return found


def numbers_of(
    op: Operation,
    static: DenseArrayBase[IntegerType],
    dynamic: Sequence[SSAValue],
    around: Surroundings,
) -> list[int]:
    """Give sizes or strides of a slice as numbers."""
    found = [form.number for form in offsets_of(op, static, dynamic, around)]
    if None in found:
        raise refusal(op, "its sizes change with the step; a pattern's tensors have one shape")
    return [number for number in found if number is not None]
