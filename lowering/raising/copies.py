"""Tensors written out element by element: where a view can't say what is moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import MapOp, ReadOp, YieldOp
from spatial_opt.lowering.linalg.constants import Number, elements
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.raising.elements import read, splat_value
from spatial_opt.lowering.raising.forms import Form
from spatial_opt.lowering.raising.place import refusal
from spatial_opt.lowering.raising.scalars import Surroundings
from spatial_opt.lowering.raising.slices import numbers_of, offsets_of, shape_of
from spatial_opt.lowering.raising.views import Splat, Tensor, View, padded, reshaped, whole


def materialised(e: Emitter, source: Tensor, name: str | None = None) -> SSAValue:
    """Give a tensor of the pattern program with the elements of another, a copy if need be."""
    if isinstance(source, View) and source.is_whole:
        return source.source
    if isinstance(source, Splat) and not isinstance(source.value, SSAValue):
        value = 0.0 if source.value is None else float(source.value.value.data)
        type = TensorType(source.element, source.shape)
        return e.add(arith.ConstantOp(elements([value], type)), name)

    def write(inner: Emitter, at: Sequence[AffineExpr], indices: Sequence[SSAValue]) -> SSAValue:
        return read(inner, source, at, indices)

    return _copied(e, source.shape, source, name, write)


Write = Callable[[Emitter, Sequence[AffineExpr], Sequence[SSAValue]], SSAValue]


def _copied(
    e: Emitter, shape: Sequence[int], like: Tensor, name: str | None, write: Write
) -> SSAValue:
    """Write a map whose elements `write` gives at the indices."""
    op = MapOp(list(shape), [like.element])
    inner = Emitter(op.body.block, e.location)
    at = [AffineExpr.dimension(n) for n in range(len(shape))]
    inner.append(YieldOp(write(inner, at, op.indices)))
    return e.add(op, name)


def padding(op: tensor.PadOp, around: Surroundings, e: Emitter) -> Tensor:
    source, shape = around.tensor(op.source), shape_of(op, op.result)
    low = numbers_of(op, op.static_low, op.low, around)
    end = op.region.block.last_op
    value = None if end is None else end.operands[0].owner
    if not isinstance(value, arith.ConstantOp) or not isa(value.value, Number):
        raise refusal(op, "it pads with something that is no constant; pad with one")
    filler = Splat(shape, source.element, value.value)
    if value.value.value.data == 0 and isinstance(source, View):
        seen = padded(source, low, shape)
        if seen is not None:
            return seen
        copy = padded(whole(materialised(e, source)), low, shape)
        if copy is not None:
            return copy
    return _placed(op, source, filler, [Form.constant(n) for n in low], e)


def concatenation(op: tensor.ConcatOp, around: Surroundings, e: Emitter) -> Tensor:
    """Write a map that takes each element from the first part that reaches so far."""
    parts = [_standing(e, around.tensor(value)) for value in op.inputs]
    dimension, shape = int(op.dim.value.data), shape_of(op, op.result)
    ends = list(accumulate(part.shape[dimension] for part in parts))

    def write(inner: Emitter, at: Sequence[AffineExpr], indices: Sequence[SSAValue]) -> SSAValue:
        value: SSAValue | None = None
        for part, end in reversed(list(zip(parts, ends, strict=True))):
            there = list(at)
            there[dimension] = there[dimension] - (end - part.shape[dimension])
            element = _read_guarded(inner, part, there, indices)
            if value is None:
                value = element
                continue
            before = inner.add(arith.CmpiOp(indices[dimension], inner.index(end), "ult"))
            value = inner.add(arith.SelectOp(before, element, value))
        if value is None:
            raise RuntimeError("a concatenation of nothing, this is a bug")
        return value

    return whole(_copied(e, shape, parts[0], op.result.name_hint, write))


def insertion(op: tensor.InsertSliceOp, around: Surroundings, e: Emitter) -> Tensor:
    into = around.tensor(op.dest)
    sizes = numbers_of(op, op.static_sizes, op.sizes, around)
    strides = numbers_of(op, op.static_strides, op.strides, around)
    offsets = offsets_of(op, op.static_offsets, op.offsets, around)
    if any(stride != 1 for stride, size in zip(strides, sizes, strict=True) if size > 1):
        raise refusal(op, "it writes every other element; write them all, or read with strides")
    part = reshaped(around.tensor(op.source), tuple(sizes))
    if tuple(sizes) == into.shape:
        return part
    return _placed(op, part, into, offsets, e)


def _placed(
    op: Operation, part: Tensor, into: Tensor, offsets: Sequence[Form], e: Emitter
) -> Tensor:
    """Write a tensor that is `part` from some offsets on, and another one elsewhere."""
    part = _standing(e, part)
    steps = tuple(dict.fromkeys(index for form in offsets for index in form.indices))

    def write(inner: Emitter, at: Sequence[AffineExpr], indices: Sequence[SSAValue]) -> SSAValue:
        moved = [AffineExpr.dimension(len(indices) + n) for n in range(len(steps))]
        shifted = [
            expr - form.over(steps).replace_dims_and_symbols(moved, [])
            for expr, form in zip(at, offsets, strict=True)
        ]
        inside = _inside(inner, op, offsets, part.shape, into.shape, indices)
        there = _read_guarded(inner, part, shifted, [*indices, *steps])
        if inside is None:
            return there
        return inner.add(arith.SelectOp(inside, there, read(inner, into, at, indices)))

    return whole(_copied(e, into.shape, into, op.results[0].name_hint, write))


def _standing(e: Emitter, part: Tensor) -> Tensor:
    """Give a tensor that can be read outside of its bounds: a whole one."""
    return part if isinstance(part, Splat) else whole(materialised(e, part))


def _read_guarded(
    e: Emitter, part: Tensor, at: Sequence[AffineExpr], indices: Sequence[SSAValue]
) -> SSAValue:
    """Read an element where there may be none: zero then, which nobody looks at."""
    if isinstance(part, Splat):
        return splat_value(e, part)
    map = AffineMap(len(indices), 0, tuple(at))
    return e.add(ReadOp(part.source, list(indices), map, zero_outside=True))


def _inside(
    e: Emitter,
    op: Operation,
    offsets: Sequence[Form],
    sizes: Sequence[int],
    shape: Sequence[int],
    indices: Sequence[SSAValue],
) -> SSAValue | None:
    """Write whether an element lies in the part; None where all do."""
    total: SSAValue | None = None
    for offset, size, extent, index in zip(offsets, sizes, shape, indices, strict=True):
        if size == extent:
            continue
        place = index
        if offset.number != 0:
            place = e.add(arith.SubiOp(index, _number(e, op, offset)))
        here = e.add(arith.CmpiOp(place, e.index(size), "ult"))
        total = here if total is None else e.add(arith.AndIOp(total, here))
    return total


def _number(e: Emitter, op: Operation, form: Form) -> SSAValue:
    """Write where a part starts."""
    constant = form.number
    if constant is not None:
        return e.index(constant)
    if form.expr == AffineExpr.dimension(0):
        return form.indices[0]
    raise refusal(op, f"it writes at {form.expr} of the step; write at the step itself")
