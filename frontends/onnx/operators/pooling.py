"""Pools: windows that move, and those that see all of a channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from spatial_opt.frontends.graph.pooling import average_pool, max_pool
from spatial_opt.frontends.graph.reduction import combine, mean
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.frontends.graph.windows import Window
from spatial_opt.frontends.onnx.call import Call, Handler
from spatial_opt.frontends.onnx.operators.windows import windows_of


def _windows(call: Call, x: Tensor) -> tuple[list[Window], list[Window]]:
    """Return the windows as the attributes give them, and with a last place partly filled."""
    if x.rank < 3:
        call.refuse(f"its input {list(x.shape)} needs three dimensions or more; unsqueeze it")
    sizes = call.integer_list("kernel_shape")
    if sizes is None:
        call.refuse("its kernel_shape is missing; give it")
    windows = windows_of(call, x.shape[2:], sizes)
    if not call.integer("ceil_mode", 0):
        return windows, windows
    return windows, [w.rounded_up(n) for w, n in zip(windows, x.shape[2:], strict=True)]


def _max_pool(call: Call) -> Sequence[Tensor]:
    x = call.floats(0)
    # Only the places of the largest elements have an order of storage.
    call.attribute("storage_order", 0)
    _, windows = _windows(call, x)
    return [max_pool(call.graph, call.name, x, windows)]


def _average_pool(call: Call) -> Sequence[Tensor]:
    x = call.floats(0)
    given, windows = _windows(call, x)
    zeros = bool(call.integer("count_include_pad", 0))
    counted = [(each.before, each.after) if zeros else (0, 0) for each in given]
    return [average_pool(call.graph, call.name, x, windows, counted)]


def _global(reduction: Callable[..., Tensor]) -> Handler:
    def handle(call: Call) -> Sequence[Tensor]:
        x = call.floats(0)
        return [reduction(call.graph, call.name, x, list(range(2, x.rank)), keep=True)]

    return handle


POOLING: Mapping[str, Handler] = {
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global(mean),
    "GlobalMaxPool": _global(partial(combine, kind="max")),
}
"""Handlers by operator."""
