"""Elements taken or put at places: look-ups, one-hot rows, sequences turned round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.elementwise import convert, elementwise
from spatial_opt.frontends.graph.layout import (
    concatenate,
    part,
    renamed,
    reshape,
    strided,
    transpose,
)
from spatial_opt.frontends.graph.selection import one_hot, take
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.onnx.call import Call, Handler
from spatial_opt.lowering.rnn.emitter import Emitter


def _gather(call: Call) -> Sequence[Tensor]:
    x, places = call.operand(0), call.operand(1)
    if not x.rank:
        call.refuse("its data is a single number; there is nothing to choose from")
    axis = call.axis(call.integer("axis", 0), x.rank)
    if places.kind is not Kind.INTEGER:
        call.refuse(f"its indices are {places.kind.value}; give integers")
    return [take(call.graph, call.name, x, places, axis)]


def _one_hot(call: Call) -> Sequence[Tensor]:
    graph, name = call.graph, call.name
    places = convert(graph, f"{name}.places", call.operand(0), Kind.INTEGER)
    depth, values = call.integers(1, "depth") or [], call.constant(2, "values")
    if len(depth) != 1 or depth[0] < 1 or values is None or values.size != 2:
        call.refuse("its depth is a number from 1 on, and its values are two; correct them")
    axis = call.axis(call.integer("axis", -1), places.rank + 1)
    rows = one_hot(graph, f"{name}.rows", places, depth[0])
    rows = reshape(graph, f"{name}.rows", rows, (*places.shape, depth[0]))
    order = list(range(places.rank))
    order.insert(axis, places.rank)
    rows = transpose(graph, f"{name}.rows", rows, order)
    off, on = (float(value) for value in values.reshape(-1))

    def between(e: Emitter, row: SSAValue) -> SSAValue:
        # Both ends exactly: one product is zero.
        cold = e.times(e.complement(row), e.constant(off))
        return scalars.add(e, cold, e.times(row, e.constant(on)))

    made = rows if (off, on) == (0.0, 1.0) else elementwise(graph, name, between, [rows])
    return [convert(graph, name, made, Tensor.constant(name, values).kind)]


def _reverse_sequence(call: Call) -> Sequence[Tensor]:
    x, lengths = call.operand(0), call.integers(1, "lengths")
    batch, time = (call.axis(call.integer(f"{n}_axis", d), x.rank) for n, d in _REVERSED)
    assert lengths is not None
    steps = x.shape[time]
    if batch == time or len(lengths) != x.shape[batch]:
        call.refuse(
            f"{len(lengths)} lengths, batch_axis {batch} and time_axis {time} do not fit its input "
            f"{list(x.shape)}; give two axes, and a length per batch"
        )
    if not all(1 <= length <= steps for length in lengths):
        call.refuse(f"its lengths {lengths} do not all run from 1 to {steps}; correct them")
    graph, name, first = call.graph, call.name, 0
    parts: list[Tensor] = []
    for length, group in groupby(lengths):
        count = len(list(group))
        own = part(graph, f"{name}.{first}", x, batch, first, count)
        axes = [(0, 1, extent) for extent in own.shape]
        axes[time] = (length - 1, -1, length)
        pieces = [strided(graph, f"{name}.{first}.turned", own, axes)]
        if length < steps:
            rest = part(graph, f"{name}.{first}.rest", own, time, length, steps - length)
            pieces.append(rest)
        parts.append(concatenate(graph, f"{name}.{first}", pieces, time))
        first += count
    return [renamed(concatenate(graph, name, parts, batch), name)]


_REVERSED = (("batch", 1), ("time", 0))

SELECTION: Mapping[str, Handler] = {
    "Gather": _gather,
    "OneHot": _one_hot,
    "ReverseSequence": _reverse_sequence,
}
"""Handlers by operator."""
