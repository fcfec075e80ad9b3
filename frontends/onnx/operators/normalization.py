"""Normalisation of layers, batches and instances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spatial_opt.frontends.graph.normalization import batch_normalize, group_normalize, normalize
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.frontends.onnx.call import Call, Handler


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


def _instance_normalization(call: Call) -> Sequence[Tensor]:
    x, scale, bias = (call.floats(position) for position in range(3))
    if x.rank < 3 or scale.shape != bias.shape or scale.shape != (x.shape[1],):
        call.refuse(
            f"its input {list(x.shape)} needs three dimensions or more, and scale "
            f"{list(scale.shape)} and bias {list(bias.shape)} one number per channel; correct them"
        )
    epsilon = call.number("epsilon", 1e-5)
    return [group_normalize(call.graph, call.name, x, x.shape[1], epsilon, scale, bias)]


NORMALIZATION: Mapping[str, Handler] = {
    "LayerNormalization": _layer_normalization,
    "BatchNormalization": _batch_normalization,
    "InstanceNormalization": _instance_normalization,
}
"""Handlers by operator."""
