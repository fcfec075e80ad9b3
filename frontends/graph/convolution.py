"""Convolutions over any number of spatial dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import scaled, shifted
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.lowering.rnn.emitter import Dims, Emitter
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class Window:
    """How a filter moves over one spatial dimension."""

    size: int
    stride: int = 1
    before: int = 0
    """Zeros in front."""
    after: int = 0
    """Zeros behind."""
    dilation: int = 1

    @property
    def span(self) -> int:
        """Return the elements from the first to the last one that the filter sees."""
        return (self.size - 1) * self.dilation + 1

    def count(self, extent: int) -> int:
        """Return at how many places the filter fits."""
        return (extent + self.before + self.after - self.span) // self.stride + 1

    def reads_outside(self, extent: int) -> bool:
        """Return whether the filter sees zeros that were added."""
        last = (self.count(extent) - 1) * self.stride + self.span - self.before
        return self.before > 0 or last > extent


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
    counts = [window.count(extent) for window, extent in zip(windows, space, strict=True)]
    if min(counts, default=1) < 1:
        raise SpatialError(
            f"a filter that spans {[window.span for window in windows]} does not fit into "
            f"{space}; pad the input or shorten the filter"
        )
    padded = any(w.reads_outside(extent) for w, extent in zip(windows, space, strict=True))
    per_group = filters // groups

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        n, f, *places = indices

        def term(deep: Emitter, channel: SSAValue, *taps: SSAValue) -> list[SSAValue]:
            def seen(i: Dims) -> Sequence[AffineExpr | int]:
                own, c = i[2 : 2 + len(space)], i[2 + len(space)]
                group = i[1] if per_group == 1 else i[1] // per_group
                whole = c if groups == 1 else c + group * depth
                at = [
                    shifted(scaled(p, w.stride) + scaled(k, w.dilation), -w.before)
                    for p, k, w in zip(own, i[3 + len(space) :], windows, strict=True)
                ]
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
