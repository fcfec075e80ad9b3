"""Operators that move elements: shapes, orders, repetitions."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from spatial_opt.frontends.graph.broadcasting import expand
from spatial_opt.frontends.graph.layout import (
    renamed,
    reshape,
    strided,
    tile,
    transpose,
    whole_shape,
)
from spatial_opt.frontends.graph.padding import Mode, pad, pad_with_own
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.frontends.torch.call import Call, Handler


def _view(call: Call) -> Tensor:
    x = call.tensor("self")
    sizes = call.integers("size" if call.has("size") else "shape") or []
    return reshape(call.graph, call.name, x, whole_shape(x.size, sizes))


def _flatten(call: Call) -> Tensor:
    x = call.tensor("self")
    first = call.axis(call.integer("start_dim"), x.rank)
    last = call.axis(call.integer("end_dim"), x.rank)
    middle = prod(x.shape[first : last + 1])
    shape = (*x.shape[:first], middle, *x.shape[last + 1 :])
    return reshape(call.graph, call.name, x, shape)


def _unflatten(call: Call) -> Tensor:
    x = call.tensor("self")
    axis, sizes = call.axis(call.integer("dim"), x.rank), call.integers("sizes") or []
    shape = (*x.shape[:axis], *whole_shape(x.shape[axis], sizes), *x.shape[axis + 1 :])
    return reshape(call.graph, call.name, x, shape)


def _squeeze(call: Call) -> Tensor:
    x = call.tensor("self")
    axes = call.axes("dim", x.rank) if call.has("dim") else list(range(x.rank))
    shape = tuple(n for axis, n in enumerate(x.shape) if n != 1 or axis not in axes)
    return reshape(call.graph, call.name, x, shape)


def _unsqueeze(call: Call) -> Tensor:
    x = call.tensor("self")
    axis = call.axis(call.integer("dim"), x.rank + 1)
    return reshape(call.graph, call.name, x, (*x.shape[:axis], 1, *x.shape[axis:]))


def _permute(call: Call) -> Tensor:
    x = call.tensor("self")
    return transpose(call.graph, call.name, x, call.axes("dims", x.rank))


def _transpose(call: Call) -> Tensor:
    x = call.tensor("self")
    order = list(range(x.rank))
    if call.has("dim0") and x.rank:
        one, other = (call.axis(call.integer(name), x.rank) for name in ("dim0", "dim1"))
        order[one], order[other] = other, one
    elif x.rank == 2:
        order = [1, 0]
    return transpose(call.graph, call.name, x, order)


def _expand(call: Call) -> Tensor:
    x, sizes = call.tensor("self"), call.integers("size") or []
    call.ignore("implicit")
    lead = len(sizes) - x.rank
    shape = [x.shape[n - lead] if size == -1 else size for n, size in enumerate(sizes)]
    return expand(call.graph, call.name, x, tuple(shape))


def _repeat(call: Call) -> Tensor:
    x, times = call.tensor("self"), call.integers("repeats") or []
    shape = (*[1] * (len(times) - x.rank), *x.shape)
    return tile(call.graph, call.name, reshape(call.graph, call.name, x, shape), times)


def _flip(call: Call) -> Tensor:
    x = call.tensor("self")
    axes = call.axes("dims", x.rank)
    steps = [(n - 1, -1, n) if axis in axes else (0, 1, n) for axis, n in enumerate(x.shape)]
    return strided(call.graph, call.name, x, steps)


def _pad(call: Call) -> Tensor:
    x, sizes = call.tensor("self"), call.integers("pad") or []
    mode = call.value("mode") if call.has("mode") else "constant"
    value = call.number("value")
    before, after = [0] * x.rank, [0] * x.rank
    for n in range(len(sizes) // 2):
        before[x.rank - 1 - n], after[x.rank - 1 - n] = sizes[2 * n], sizes[2 * n + 1]
    if mode == "constant":
        return pad(call.graph, call.name, x, before, after, value)
    if mode not in _MODES:
        call.refuse(f"mode {mode!r} is not known; it is constant, {', '.join(_MODES)}")
    return pad_with_own(call.graph, call.name, x, before, after, _MODES[mode])


_MODES: Mapping[str, Mode] = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""Our names of what PyTorch adds around a tensor."""


def _filled(call: Call) -> Tensor:
    """Give every element the value of a tensor or number that is broadcast."""
    x, source = call.tensor("self"), call.tensor("value" if call.has("value") else "src")
    call.ignore("non_blocking")
    return expand(call.graph, call.name, call.as_kind(source, x.kind), x.shape)


def _view_as(call: Call) -> Tensor:
    return reshape(call.graph, call.name, call.tensor("self"), call.tensor("other").shape)


def _expand_as(call: Call) -> Tensor:
    return expand(call.graph, call.name, call.tensor("self"), call.tensor("other").shape)


def _movedim(call: Call) -> Tensor:
    x = call.tensor("self")
    sources, targets = call.axes("source", x.rank), call.axes("destination", x.rank)
    order = [n for n in range(x.rank) if n not in sources]
    for target, source in sorted(zip(targets, sources, strict=True)):
        order.insert(target, source)
    return transpose(call.graph, call.name, x, order)


def _renamed(call: Call) -> Tensor:
    return renamed(call.tensor("self"), call.name)


LAYOUT: Mapping[str, Handler] = {
    "view": _view,
    "_unsafe_view": _view,
    "reshape": _view,
    "view_as": _view_as,
    "flatten": _flatten,
    "unflatten": _unflatten,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "permute": _permute,
    "transpose": _transpose,
    "t": _transpose,
    "numpy_T": _transpose,
    "movedim": _movedim,
    "expand": _expand,
    "expand_as": _expand_as,
    "repeat": _repeat,
    "fill": _filled,
    "copy": _filled,
    "flip": _flip,
    "pad": _pad,
    "constant_pad_nd": _pad,
    "resolve_conj": _renamed,
    "resolve_neg": _renamed,
}
"""Handlers by operator, without the name of the overload."""
