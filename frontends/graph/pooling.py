"""The largest element or the mean of a window that moves over an input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Literal

import numpy as np
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import scaled
from spatial_opt.frontends.graph.tensor import Array, Tensor
from spatial_opt.frontends.graph.windows import Window, counts_of
from spatial_opt.lowering.rnn.emitter import Access, Dims, Emitter

_LOWEST = np.finfo(np.float32).min


def max_pool(graph: Graph, name: str, x: Tensor, windows: Sequence[Window]) -> Tensor:
    """Return the largest element of each window of `x` (batch x channels x space, floats)."""
    space = x.shape[2:]
    # What stands around is read as zero; the least number on top of it is never the largest.
    around = {
        n: Tensor.constant(f"{name}.around{n}", _around(window, extent))
        for n, (window, extent) in enumerate(zip(windows, space, strict=True))
        if window.reads_outside(extent)
    }

    def lowered(e: Emitter, value: SSAValue, indices: Sequence[SSAValue]) -> SSAValue:
        for n, tensor in around.items():

            def place(i: Dims, n: int = n) -> Sequence[AffineExpr]:
                window = windows[n]
                tap = i[2 + len(space) + n]
                return [scaled(i[2 + n], window.stride) + scaled(tap, window.dilation)]

            value = scalars.add(e, value, graph.read(e, tensor, indices, place))
        return value

    return _pooled(graph, name, x, windows, "max", lowered)


def _around(window: Window, extent: int) -> Array:
    """Return zeros where the input stands along a dimension, and the least number around it."""
    found = np.full((window.count(extent) - 1) * window.stride + window.span, _LOWEST)
    found[window.before : window.before + extent] = 0
    return found.astype(np.float32)


def average_pool(
    graph: Graph,
    name: str,
    x: Tensor,
    windows: Sequence[Window],
    counted: Sequence[tuple[int, int]],
) -> Tensor:
    """
    Return the mean of each window of `x`.

    `counted` says per dimension how many elements in front of the input and behind it count as
    zeros; others that a window sees around the input do not count at all.
    """
    counts = [
        _counts(window, extent, *more)
        for window, extent, more in zip(windows, x.shape[2:], counted, strict=True)
    ]
    divisors = Tensor.constant(f"{name}.counts", reduce(np.multiply.outer, counts))

    def same(e: Emitter, value: SSAValue, indices: Sequence[SSAValue]) -> SSAValue:
        return value

    def divided(e: Emitter, total: SSAValue, indices: Sequence[SSAValue]) -> SSAValue:
        return scalars.divide(e, total, graph.read(e, divisors, indices[2:]))

    return _pooled(graph, name, x, windows, "add", same, divided)


def _counts(window: Window, extent: int, before: int, after: int) -> Array:
    """Count the elements of a dimension that count at each place."""
    starts = np.arange(window.count(extent)) * window.stride - window.before
    taps = starts[:, None] + np.arange(window.size) * window.dilation
    inside = (taps >= -before) & (taps < extent + after)
    return inside.sum(axis=1).astype(np.float32)


def _pooled(
    graph: Graph,
    name: str,
    x: Tensor,
    windows: Sequence[Window],
    kind: Literal["max", "add"],
    before: scalars.AtIndices,
    after: scalars.AtIndices | None = None,
) -> Tensor:
    """Combine the elements of windows, `before` applied to each, `after` to each result."""
    space = len(windows)
    extents = x.shape[2:]
    padded = any(w.reads_outside(n) for w, n in zip(windows, extents, strict=True))

    def seen(i: Dims) -> Sequence[AffineExpr]:
        taps = zip(i[2 : 2 + space], i[2 + space :], windows, strict=True)
        return [i[0], i[1], *(window.seen(place, tap) for place, tap, window in taps)]

    access: Access = seen

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        def term(deep: Emitter, *taps: SSAValue) -> list[SSAValue]:
            at = [*indices, *taps]
            return [before(deep, graph.read(deep, x, at, access, padded=padded), at)]

        over = [(f"k{n}", window.size) for n, window in enumerate(windows)]
        found = e.reduction(kind, over, x.kind.element, term)
        return found if after is None else after(e, found, indices)

    counts = counts_of(windows, extents)
    return graph.kernel(name, (*x.shape[:2], *counts), x.kind, body)
