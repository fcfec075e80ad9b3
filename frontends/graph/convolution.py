"""Convolutions over any number of spatial dimensions."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.frontends.graph.windows import Window, counts_of
from spatial_opt.lowering.rnn.emitter import Dims, Emitter
from spatial_opt.machine.errors import SpatialError


def convolution(
    graph: Graph,
    name: str,
    x: Tensor,
    weights: Tensor,
    bias: Tensor | None,
    windows: Sequence[Window],
    groups: int,
) -> Tensor:
    """
    Correlate `x` (batch x channels x space) with filters (filters x channels / groups x window).

    Raises SpatialError for channels that do not fit, and for windows that do not fit anywhere.
    """
    batch, channels, *space = x.shape
    filters, depth, *_ = weights.shape
    if groups < 1 or channels != depth * groups or filters % groups:
        raise SpatialError(
            f"{channels} channels and {filters} filters of depth {depth} do not go into {groups} "
            "groups; channels must be groups times depth, and filters a multiple of groups"
        )
    counts = counts_of(windows, space)
    padded = any(w.reads_outside(extent) for w, extent in zip(windows, space, strict=True))
    per_group = filters // groups

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        n, f, *places = indices

        def term(deep: Emitter, channel: SSAValue, *taps: SSAValue) -> list[SSAValue]:
            def seen(i: Dims) -> Sequence[AffineExpr | int]:
                own, c = i[2 : 2 + len(space)], i[2 + len(space)]
                group = i[1] if per_group == 1 else i[1] // per_group
                whole = c if groups == 1 else c + group * depth
                taps_at = i[3 + len(space) :]
                at = [w.seen(p, k) for p, k, w in zip(own, taps_at, windows, strict=True)]
                return [i[0], whole, *at]

            value = graph.read(deep, x, [n, f, *places, channel, *taps], seen, padded=padded)
            weight = graph.read(deep, weights, [f, channel, *taps])
            return [scalars.multiply(deep, weight, value)]

        over = [("c", depth), *((f"k{d}", w.size) for d, w in enumerate(windows))]
        total = e.reduction("add", over, x.kind.element, term)
        if bias is None or bias.is_zero:
            return total
        return scalars.add(e, total, graph.read(e, bias, [f]))

    return graph.kernel(name, (batch, filters, *counts), x.kind, body)
