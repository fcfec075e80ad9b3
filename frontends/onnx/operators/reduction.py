"""Sums, means and norms along axes, and softmax."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.reduction import (
    combine,
    log_sum_exp,
    mean,
    norm,
    softmax,
    square,
)
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.onnx.call import Call, Handler

Reduction = Callable[..., Tensor]
"""From a graph, a name, a tensor and axes, with `keep`, to a tensor."""


def _reduce(reduction: Reduction, *, integers: bool = False, axes_since: int = 18) -> Handler:
    """Return the handler of a reduction whose axes are an input from an opset on."""

    def handle(call: Call) -> Sequence[Tensor]:
        x = call.operand(0) if integers else call.floats(0)
        if x.kind is Kind.BOOLEAN:
            call.refuse("it combines truth values; cast them to INT32 first")
        keep = bool(call.integer("keepdims", 1))
        if call.opset < axes_since:
            values = call.integer_list("axes")
        else:
            values = call.integers(1, "axes")
        if not values:
            if call.integer("noop_with_empty_axes", 0):
                # Nothing is combined, but what is computed before and after still is.
                return [reduction(call.graph, call.name, x, [], keep=True)]
            values = list(range(x.rank))
        call.attribute("noop_with_empty_axes", 0)
        return [reduction(call.graph, call.name, x, call.axes(values, x.rank), keep=keep)]

    return handle


def _softmax(logarithm: bool) -> Handler:
    def handle(call: Call) -> Sequence[Tensor]:
        x = call.floats(0)
        if call.opset < 13:
            # All dimensions from the axis on are one, whose default is the second dimension.
            first = call.integer("axis", 1)
            axes = list(range(x.rank if first == x.rank else call.axis(first, x.rank), x.rank))
        else:
            axes = [call.axis(call.integer("axis", -1), x.rank)]
        return [softmax(call.graph, call.name, x, axes, logarithm=logarithm)]

    return handle


_LOG = scalars.activation("log")
_SUM = partial(combine, kind="add")
_MAX = partial(combine, kind="max")

REDUCTION: Mapping[str, Handler] = {
    "ReduceSum": _reduce(_SUM, integers=True, axes_since=13),
    "ReduceMax": _reduce(_MAX, integers=True),
    "ReduceMin": _reduce(partial(combine, kind="min"), integers=True),
    "ReduceProd": _reduce(partial(combine, kind="mul"), integers=True),
    "ReduceMean": _reduce(mean),
    "ReduceSumSquare": _reduce(partial(combine, kind="add", before=square), integers=True),
    "ReduceL1": _reduce(partial(combine, kind="add", before=scalars.absolute), integers=True),
    "ReduceL2": _reduce(norm),
    "ReduceLogSum": _reduce(partial(combine, kind="add", after=_LOG)),
    "ReduceLogSumExp": _reduce(log_sum_exp),
    "Softmax": _softmax(False),
    "LogSoftmax": _softmax(True),
}
"""Handlers by operator."""
