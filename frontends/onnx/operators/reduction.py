"""Sums, means and norms along axes, softmax, and normalisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.layout import renamed
from spatial_opt.frontends.graph.reduction import (
    batch_normalize,
    combine,
    log_sum_exp,
    mean,
    norm,
    normalize,
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
                return [renamed(x, call.name)]
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


def _layer_normalization(call: Call) -> Sequence[Tensor]:
    x, scale, bias = call.floats(0), call.optional_floats(1), call.optional_floats(2)
    axis = call.axis(call.integer("axis", -1), x.rank)
    epsilon = call.number("epsilon", 1e-5)
    call.attribute("stash_type", 1)
    axes = list(range(axis, x.rank))
    return normalize(call.graph, call.name, x, axes, epsilon, scale, bias)


def _batch_normalization(call: Call) -> Sequence[Tensor]:
    x = call.floats(0)
    constants = [call.constant(n, "statistics") for n in range(1, 5)]
    if call.integer("training_mode", 0):
        call.refuse("it is in training mode; export for inference")
    if call.integer("spatial", 1) != 1:
        call.refuse("it has statistics of every element (spatial = 0); export with opset 9")
    call.attribute("momentum", 0.9)
    scale, bias, average, variance = (np.zeros(1) if each is None else each for each in constants)
    epsilon = call.number("epsilon", 1e-5)
    return [batch_normalize(call.graph, call.name, x, epsilon, scale, bias, average, variance)]


def _global(reduction: Reduction) -> Handler:
    def handle(call: Call) -> Sequence[Tensor]:
        x = call.floats(0)
        return [reduction(call.graph, call.name, x, list(range(2, x.rank)), keep=True)]

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
    "LayerNormalization": _layer_normalization,
    "BatchNormalization": _batch_normalization,
    "GlobalAveragePool": _global(mean),
    "GlobalMaxPool": _global(_MAX),
}
"""Handlers by operator."""
