"""Operators that move elements: shapes, slices, concatenations, look-ups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast, get_args

import numpy as np

from spatial_opt.frontends.graph.broadcasting import broadcast_shape, expand
from spatial_opt.frontends.graph.layout import (
    concatenate,
    flatten_from,
    part,
    reshape,
    strided,
    tile,
    transpose,
    whole_shape,
)
from spatial_opt.frontends.graph.padding import Mode, pad, pad_with_own
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.frontends.onnx.call import Call, Handler


def _reshape(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    wanted = call.integers(1, "sizes") or []
    keep_zeros = bool(call.integer("allowzero", 0))
    shape = [
        x.shape[n] if size == 0 and not keep_zeros and n < x.rank else size
        for n, size in enumerate(wanted)
    ]
    return [reshape(call.graph, call.name, x, whole_shape(x.size, shape))]


def _flatten(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    axis = call.integer("axis", 1)
    if not -x.rank <= axis <= x.rank:
        call.refuse(f"axis {axis} is outside of {x.rank} dimensions")
    axis = axis + x.rank if axis < 0 else axis
    return [reshape(call.graph, call.name, x, flatten_from(x, axis))]


def _axes(call: Call, rank: int) -> list[int] | None:
    """Return the axes, which were an attribute before opset 13."""
    values = call.integer_list("axes") if call.opset < 13 else call.integers(1, "axes")
    return None if values is None else call.axes(values, rank)


def _squeeze(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    axes = _axes(call, x.rank)
    if axes is None:
        axes = [n for n, extent in enumerate(x.shape) if extent == 1]
    for axis in axes:
        if x.shape[axis] != 1:
            call.refuse(
                f"dimension {axis} of {list(x.shape)} has {x.shape[axis]} elements, so it can't "
                "be left out; take one of them with Gather"
            )
    shape = tuple(extent for n, extent in enumerate(x.shape) if n not in axes)
    return [reshape(call.graph, call.name, x, shape)]


def _unsqueeze(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    values = call.integer_list("axes") if call.opset < 13 else call.integers(1, "axes")
    axes = call.axes(values or [], x.rank + len(values or []))
    rest = iter(x.shape)
    shape = tuple(1 if n in axes else next(rest) for n in range(x.rank + len(axes)))
    return [reshape(call.graph, call.name, x, shape)]


def _transpose(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    order = call.integer_list("perm")
    if order is None:
        order = list(range(x.rank))[::-1]
    if sorted(order) != list(range(x.rank)):
        call.refuse(f"perm {order} is no order of {x.rank} dimensions; name each once")
    return [transpose(call.graph, call.name, x, order)]


def _concat(call: Call) -> Sequence[Tensor]:
    parts = call.same_kind(call.all_operands())
    axis = call.axis(call.integer("axis", 1), parts[0].rank)
    shapes = {(*t.shape[:axis], 1, *t.shape[axis + 1 :]) for t in parts}
    if len(shapes) > 1 or len({t.rank for t in parts}) > 1:
        listed = " and ".join(str(list(tensor.shape)) for tensor in parts)
        call.refuse(f"shapes {listed} differ in more than dimension {axis}; make them fit")
    parts = [tensor for tensor in parts if tensor.size] or parts[:1]
    return [concatenate(call.graph, call.name, parts, axis)]


def _split(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    axis = call.axis(call.integer("axis", 0), x.rank)
    extent, count = x.shape[axis], len(call.node.outputs)
    sizes = call.integer_list("split") if call.opset < 13 else call.integers(1, "sizes")
    if sizes is None:
        count = min(count, max(1, call.integer("num_outputs", count)))
        each = -(-extent // count)
        sizes = [max(0, min(each, extent - n * each)) for n in range(count)]
    if sum(sizes) != extent or min(sizes) < 1 or len(sizes) != len(call.node.outputs):
        call.refuse(
            f"parts of {sizes} elements do not make up dimension {axis} of {extent} for "
            f"{len(call.node.outputs)} outputs; correct the sizes"
        )
    made: list[Tensor] = []
    first = 0
    for position, size in enumerate(sizes):
        name = call.output(position)
        # A part that nobody names is not written.
        made.append(part(call.graph, name, x, axis, first, size) if name else x)
        first += size
    return made


def _slice(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    if call.opset < 10:
        starts, ends = call.integer_list("starts") or [], call.integer_list("ends") or []
        axes, steps = call.integer_list("axes"), None
    else:
        starts, ends = call.integers(1, "starts") or [], call.integers(2, "ends") or []
        axes, steps = call.integers(3, "axes"), call.integers(4, "steps")
    axes = call.axes(list(range(len(starts))) if axes is None else axes, x.rank)
    steps = [1] * len(starts) if steps is None else steps
    if not len(starts) == len(ends) == len(axes) == len(steps):
        call.refuse("starts, ends, axes and steps differ in number; give one of each per axis")
    taken = [(0, 1, extent) for extent in x.shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if step == 0:
            call.refuse(f"the step along axis {axis} is 0; give another one")
        chosen = range(x.shape[axis])[slice(start, _behind_first(end, step, x.shape[axis]), step)]
        if not chosen:
            call.refuse(
                f"nothing of dimension {axis} with {x.shape[axis]} elements lies from {start} to "
                f"{end} by {step}; a tensor needs an element"
            )
        taken[axis] = (chosen.start, step, len(chosen))
    return [strided(call.graph, call.name, x, taken)]


def _behind_first(end: int, step: int, extent: int) -> int | None:
    """Return the end of a slice as Python has it: None for one before the first element."""
    return None if step < 0 and end < -extent else end


def _expand(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    sizes = tuple(call.integers(1, "sizes") or ())
    return [expand(call.graph, call.name, x, broadcast_shape([x.shape, sizes]))]


def _tile(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    times = call.integers(1, "repeats") or []
    if len(times) != x.rank or min(times, default=1) < 1:
        call.refuse(f"repeats {times} are not one positive number per dimension of {x.rank}")
    return [tile(call.graph, call.name, x, times)]


def _pad(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    mode = call.text("mode", "constant")
    axes = None
    if call.opset < 11:
        widths, given = call.integer_list("pads") or [], call.attribute("value", 0.0)
        value = np.array(given, np.float32)
    else:
        widths, value = call.integers(1, "widths") or [], call.constant(2, "value")
        axes = call.integers(3, "axes")
    axes = list(range(x.rank)) if axes is None else call.axes(axes, x.rank)
    if len(widths) != 2 * len(axes):
        call.refuse(f"widths {widths} are not two per axis of {len(axes)}; correct them")
    before, after = [0] * x.rank, [0] * x.rank
    for n, axis in enumerate(axes):
        before[axis], after[axis] = widths[n], widths[n + len(axes)]
    if any(x.shape[n] + before[n] + after[n] < 1 for n in range(x.rank)):
        call.refuse(f"widths {widths} cut off all of {list(x.shape)}; leave an element")
    if mode == "constant":
        number = 0 if value is None or not value.size else value.reshape(-1)[0].item()
        return [pad(call.graph, call.name, x, before, after, number)]
    if mode not in get_args(Mode):
        call.refuse(f"mode {mode!r} is not known; it is constant, {', '.join(get_args(Mode))}")
    return [pad_with_own(call.graph, call.name, x, before, after, cast(Mode, mode))]


def _shape(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    first, last = call.integer("start", 0), call.attribute("end", None)
    return [Tensor.constant(call.name, np.array(x.shape[first:last], np.int64))]


def _size(call: Call) -> Sequence[Tensor]:
    return [Tensor.constant(call.name, np.array(call.operand(0).size, np.int64))]


LAYOUT: Mapping[str, Handler] = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Expand": _expand,
    "Tile": _tile,
    "Pad": _pad,
    "Shape": _shape,
    "Size": _size,
}
"""Handlers by operator."""
