"""Reads that may lie outside of a tensor and give zero there, as our own conversion writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import copysign

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineMap

from spatial_opt.dialects.pattern import ConvertOp, ReadOp
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.raising.forms import Form, joined
from spatial_opt.lowering.raising.matching import Idiom, constant
from spatial_opt.lowering.raising.views import Tensor, View

_BELOW = 6
"""The predicate `ult`, by which a negative index is too large as well."""


def guarded_read(
    op: Operation,
    form: Callable[[SSAValue], Form | None],
    tensor_of: Callable[[SSAValue], Tensor],
) -> Idiom | None:
    """`i < n ? x[min(max(i, 0), n - 1)] : 0`, for any number of indices, as one read."""
    if not isinstance(op, arith.SelectOp) or not _is_zero(op.rhs):
        return None
    element, widened = op.lhs.owner, False
    if isinstance(element, arith.ExtFOp) and element.result.type == f32:
        element, widened = element.input.owner, True
    guards = _guards(op.cond)
    if not isinstance(element, tensor.ExtractOp) or guards is None:
        return None
    source = tensor_of(element.tensor)
    if not isinstance(source, View) or not source.is_whole:
        return None
    forms = _places(list(element.indices), source.shape, guards, form)
    if forms is None:
        return None
    indices, _ = joined(forms)
    map = AffineMap(len(indices), 0, tuple(form.over(indices) for form in forms))

    def build(e: Emitter, args: Sequence[SSAValue]) -> SSAValue:
        read = ReadOp(source.source, list(indices), map, zero_outside=True)
        value = e.add(read, source.source.name_hint)
        return e.add(ConvertOp(value, f32)) if widened else value

    return Idiom((), build)


def _is_zero(value: SSAValue) -> bool:
    number = constant(value.owner.input if isinstance(value.owner, arith.ExtFOp) else value)
    return number == 0 and copysign(1, number) > 0


def _guards(condition: SSAValue) -> dict[SSAValue, int] | None:
    """Give the indices that a conjunction compares with a number, each with that."""
    op = condition.owner
    if isinstance(op, arith.AndIOp):
        first, second = _guards(op.lhs), _guards(op.rhs)
        return None if first is None or second is None else first | second
    if not isinstance(op, arith.CmpiOp) or op.predicate.value.data != _BELOW:
        return None
    number = constant(op.rhs)
    return None if number is None else {op.lhs: int(number)}


def _places(
    indices: Sequence[SSAValue],
    shape: Sequence[int],
    guards: dict[SSAValue, int],
    form: Callable[[SSAValue], Form | None],
) -> list[Form] | None:
    """Give the coordinates, of which those that may lie outside are guarded, and no others."""
    found: list[Form] = []
    guarded: set[SSAValue] = set()
    for index, extent in zip(indices, shape, strict=True):
        free = _unclamped(index, extent)
        if free is not None and guards.get(free) == extent:
            index = free
            guarded.add(free)
        place = form(index)
        if place is None:
            return None
        found.append(place)
    return found if guarded == guards.keys() else None


def _unclamped(index: SSAValue, extent: int) -> SSAValue | None:
    """Give i of min(max(i, 0), extent - 1)."""
    top = index.owner
    if not isinstance(top, arith.MinSIOp) or constant(top.rhs) != extent - 1:
        return None
    bottom = top.lhs.owner
    if not isinstance(bottom, arith.MaxSIOp) or constant(bottom.rhs) != 0:
        return None
    return bottom.lhs
