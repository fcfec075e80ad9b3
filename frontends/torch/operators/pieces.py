"""Operators that take tensors apart and put them together: slices, concatenations, look-ups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spatial_opt.frontends.graph.layout import (
    concatenate,
    part,
    reshape,
    strided,
)
from spatial_opt.frontends.graph.selection import take
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.torch.call import Call, Handler


def _concatenate(call: Call) -> Tensor:
    parts = call.promoted(*call.tensors("tensors"))
    # An empty list may stand in front of the others.
    parts = [x for x in parts if x.size] or parts[:1]
    axis = call.axis(call.integer("dim"), parts[0].rank)
    return concatenate(call.graph, call.name, parts, axis)


def _stack(call: Call) -> Tensor:
    parts = call.promoted(*call.tensors("tensors"))
    axis = call.axis(call.integer("dim"), parts[0].rank + 1)
    shape = (*parts[0].shape[:axis], 1, *parts[0].shape[axis:])
    rows = [reshape(call.graph, x.name, x, shape) for x in parts]
    return concatenate(call.graph, call.name, rows, axis)


def _places(call: Call, extent: int) -> range:
    """Return which elements of a dimension a slice means."""
    start, end = (
        None if call.value(name) is None else call.integer(name) for name in ("start", "end")
    )
    places = range(extent)[start : end : call.integer("step")]
    if not places:
        call.refuse(f"it takes no element of a dimension of {extent}; take at least one")
    return places


def _slice(call: Call) -> Tensor:
    x = call.tensor("self")
    axis = call.axis(call.integer("dim"), x.rank)
    places = _places(call, x.shape[axis])
    axes = [(0, 1, size) for size in x.shape]
    axes[axis] = (places.start, places.step, len(places))
    return strided(call.graph, call.name, x, axes)


def _narrow(call: Call) -> Tensor:
    x = call.tensor("self")
    axis = call.axis(call.integer("dim"), x.rank)
    first = call.integer("start") % x.shape[axis]
    return part(call.graph, call.name, x, axis, first, call.integer("length"))


def _select(call: Call) -> Tensor:
    x = call.tensor("self")
    axis = call.axis(call.integer("dim"), x.rank)
    place, extent = call.integer("index"), x.shape[axis]
    if not -extent <= place < extent:
        call.refuse(f"element {place} is outside of a dimension of {extent}")
    one = part(call.graph, f"{call.name}.slice", x, axis, place % extent, 1)
    return reshape(call.graph, call.name, one, (*x.shape[:axis], *x.shape[axis + 1 :]))


def _cut(call: Call, x: Tensor, axis: int, sizes: Sequence[int]) -> list[Tensor]:
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    return [
        part(call.graph, f"{call.name}.{n}", x, axis, start, size)
        for n, (start, size) in enumerate(zip(starts, sizes, strict=True))
    ]


def _split(call: Call) -> list[Tensor]:
    x = call.tensor("self")
    axis = call.axis(call.integer("dim"), x.rank)
    name = "split_size" if call.has("split_size") else "split_sizes"
    sizes = call.integers(name) or []
    if len(sizes) == 1:
        extent, size = x.shape[axis], sizes[0]
        sizes = [min(size, extent - start) for start in range(0, extent, size)]
    return _cut(call, x, axis, sizes)


def _chunk(call: Call) -> list[Tensor]:
    x = call.tensor("self")
    axis = call.axis(call.integer("dim"), x.rank)
    extent = x.shape[axis]
    size = -(-extent // call.integer("chunks"))
    return _cut(call, x, axis, [min(size, extent - start) for start in range(0, extent, size)])


def _unbind(call: Call) -> list[Tensor]:
    x = call.tensor("self")
    axis = call.axis(call.integer("dim"), x.rank)
    shape = (*x.shape[:axis], *x.shape[axis + 1 :])
    parts = _cut(call, x, axis, [1] * x.shape[axis])
    return [reshape(call.graph, each.name, each, shape) for each in parts]


def _embedding(call: Call) -> Tensor:
    call.ignore("padding_idx", "scale_grad_by_freq", "sparse")
    return _take(call, call.floats("weight"), call.tensor("indices"), 0)


def _index_select(call: Call) -> Tensor:
    x = call.tensor("self")
    return _take(call, x, call.tensor("index"), call.axis(call.integer("dim"), x.rank))


def _index(call: Call) -> Tensor:
    x = call.tensor("self")
    places: Sequence[Tensor | None] = call.value("indices")
    given = [n for n, each in enumerate(places) if each is not None]
    if len(given) != 1:
        call.refuse("it takes elements by several lists of places; use one list at a time")
    found = places[given[0]]
    assert found is not None
    return _take(call, x, found, given[0])


def _take(call: Call, x: Tensor, places: Tensor, axis: int) -> Tensor:
    if places.kind is not Kind.INTEGER:
        call.refuse(f"places are integers, not {places.kind.value}; use where with them")
    return take(call.graph, call.name, x, places, axis)


def _replaced(call: Call, axis: int, first: int, part_of: Tensor) -> Tensor:
    """Put a tensor in the place of some elements of a dimension."""
    x, whole = call.tensor("self"), call.tensor("self").shape[axis]
    count, kind = part_of.shape[axis], x.kind
    behind = first + count
    pieces = [
        part(call.graph, f"{call.name}.before", x, axis, 0, first) if first else None,
        call.as_kind(part_of, kind),
        part(call.graph, f"{call.name}.behind", x, axis, behind, whole - behind)
        if behind < whole
        else None,
    ]
    return concatenate(call.graph, call.name, [x for x in pieces if x is not None], axis)


def _select_scatter(call: Call) -> Tensor:
    x, source = call.tensor("self"), call.tensor("src")
    axis = call.axis(call.integer("dim"), x.rank)
    place = call.integer("index") % x.shape[axis]
    row = reshape(call.graph, source.name, source, (*x.shape[:axis], 1, *x.shape[axis + 1 :]))
    return _replaced(call, axis, place, row)


def _slice_scatter(call: Call) -> Tensor:
    axis = call.axis(call.integer("dim"), call.tensor("self").rank)
    places = _places(call, call.tensor("self").shape[axis])
    if places.step != 1:
        call.refuse(f"it writes to one element of {places.step}; write to neighbours, or use where")
    return _replaced(call, axis, places.start, call.tensor("src"))


PIECES: Mapping[str, Handler] = {
    "cat": _concatenate,
    "concat": _concatenate,
    "stack": _stack,
    "slice": _slice,
    "narrow": _narrow,
    "select": _select,
    "split": _split,
    "split_with_sizes": _split,
    "chunk": _chunk,
    "unbind": _unbind,
    "select_scatter": _select_scatter,
    "slice_scatter": _slice_scatter,
    "embedding": _embedding,
    "index_select": _index_select,
    "index": _index,
}
"""Handlers by operator, without the name of the overload."""
