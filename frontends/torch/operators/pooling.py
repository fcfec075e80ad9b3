"""Pools: windows that move, and those that share out an input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from spatial_opt.frontends.graph.layout import reshape
from spatial_opt.frontends.graph.pooling import average_pool, max_pool
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.frontends.graph.windows import Window
from spatial_opt.frontends.torch.call import Call, Handler, listed

Pool = Callable[[Call, Tensor, Sequence[Window], Sequence[Window]], Tensor]
"""From an input with a batch, the windows as given, and those with a last place partly filled."""


def _largest(call: Call, x: Tensor, given: Sequence[Window], windows: Sequence[Window]) -> Tensor:
    return max_pool(call.graph, call.name, x, windows)


def _mean(call: Call, x: Tensor, given: Sequence[Window], windows: Sequence[Window]) -> Tensor:
    if call.has("divisor_override") and call.value("divisor_override") is not None:
        call.refuse("its divisor_override is not supported; multiply the result instead")
    zeros = not call.has("count_include_pad") or bool(call.value("count_include_pad"))
    counted = [(w.before, w.after) if zeros else (0, 0) for w in given]
    return average_pool(call.graph, call.name, x, windows, counted)


def _moving(pool: Pool, space: int) -> Handler:
    def handle(call: Call) -> Tensor:
        def each(name: str, default: Sequence[int]) -> list[int]:
            found = (call.integers(name) if call.has(name) else None) or [*default]
            return found * space if len(found) == 1 else found

        sizes = each("kernel_size", ())
        strides, pads = each("stride", sizes), each("padding", [0])
        apart = each("dilation", [1])
        windows = [
            Window(size, stride, pad, pad, dilation)
            for size, stride, pad, dilation in zip(sizes, strides, pads, apart, strict=True)
        ]
        return _pooled(call, pool, windows, rounded=bool(call.value("ceil_mode")))

    return handle


def _pooled(call: Call, pool: Pool, windows: Sequence[Window], *, rounded: bool) -> Tensor:
    x = call.floats("self")
    alone = x.rank == len(windows) + 1
    batch = reshape(call.graph, f"{call.name}.batch", x, (1, *x.shape)) if alone else x
    seen = list(windows)
    if rounded:
        extents = batch.shape[2:]
        seen = [w.rounded_up(extent) for w, extent in zip(windows, extents, strict=True)]
    found = pool(call, batch, windows, seen)
    return reshape(call.graph, call.name, found, found.shape[1:]) if alone else found


def _sharing(pool: Pool, space: int, *, places: bool = False) -> Handler:
    """Give each place of the result an equal share; with `places` those are not computed."""

    def handle(call: Call) -> Tensor | list[Tensor]:
        x, wanted = call.floats("self"), listed(call.value("output_size"))
        wanted = wanted * space if len(wanted) == 1 else wanted
        extents = x.shape[x.rank - space :]
        sizes = [n if size is None else int(size) for size, n in zip(wanted, extents, strict=True)]
        if any(size < 1 or n % size for size, n in zip(sizes, extents, strict=True)):
            call.refuse(
                f"its output size {sizes} does not divide {list(extents)}, so its windows differ; "
                "choose sizes that do"
            )
        windows = [Window(n // size, n // size) for size, n in zip(sizes, extents, strict=True)]
        found = _pooled(call, pool, windows, rounded=False)
        return [found] if places else found

    return handle


def _with_places(handler: Handler) -> Handler:
    """Give the result of a pool that also tells places, which are not computed."""

    def handle(call: Call) -> Sequence[Tensor]:
        found = handler(call)
        return [found] if isinstance(found, Tensor) else found

    return handle


POOLING: Mapping[str, Handler] = {
    "max_pool1d": _moving(_largest, 1),
    "max_pool2d": _moving(_largest, 2),
    "max_pool1d_with_indices": _with_places(_moving(_largest, 1)),
    "max_pool2d_with_indices": _with_places(_moving(_largest, 2)),
    "avg_pool1d": _moving(_mean, 1),
    "avg_pool2d": _moving(_mean, 2),
    "adaptive_avg_pool1d": _sharing(_mean, 1),
    "adaptive_avg_pool2d": _sharing(_mean, 2),
    "adaptive_max_pool1d": _sharing(_largest, 1, places=True),
    "adaptive_max_pool2d": _sharing(_largest, 2, places=True),
}
"""Handlers by operator, without the name of the overload."""
