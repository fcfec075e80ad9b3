"""Normalisation: by mean and deviation along dimensions, or by statistics that are known."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import reshape
from spatial_opt.frontends.graph.reduction import combine, divided_by_count, mean, square
from spatial_opt.frontends.graph.tensor import Array, Tensor
from spatial_opt.lowering.rnn.emitter import Emitter
from spatial_opt.machine.errors import SpatialError


def normalize(
    graph: Graph,
    name: str,
    x: Tensor,
    axes: Sequence[int],
    epsilon: float,
    scale: Tensor | None,
    bias: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """
    Subtract the mean along `axes`, divide by the deviation, then scale and shift.

    Gives the result, the mean, and the inverse of the deviation, sqrt(variance + epsilon).
    """
    average = mean(graph, f"{name}.mean", x, axes)
    centred = elementwise(graph, f"{name}.centred", scalars.subtract, [x, average])
    divide = divided_by_count(x, axes)

    def inverse_deviation(e: Emitter, total: SSAValue) -> SSAValue:
        variance = scalars.add(e, divide(e, total), e.constant(epsilon))
        return scalars.reciprocal(e, scalars.square_root(e, variance))

    inverse = combine(
        graph, f"{name}.scale", centred, axes, "add", before=square, after=inverse_deviation
    )

    def scaled(e: Emitter, value: SSAValue, factor: SSAValue, *rest: SSAValue) -> SSAValue:
        value, given = e.times(value, factor), iter(rest)
        if scale is not None:
            value = e.times(value, next(given))
        return value if bias is None else scalars.add(e, value, next(given))

    operands = [centred, inverse, *(t for t in (scale, bias) if t is not None)]
    return elementwise(graph, name, scaled, operands), average, inverse


def variance(
    graph: Graph,
    name: str,
    x: Tensor,
    axes: Sequence[int],
    correction: float,
    *,
    root: bool,
    keep: bool,
) -> Tensor:
    """
    Return the sum of squared distances from the mean along `axes`, over their count.

    The count is lowered by `correction`, as of a sample by 1; `root` gives the deviation.
    """
    average = mean(graph, f"{name}.mean", x, axes)
    centred = elementwise(graph, f"{name}.centred", scalars.subtract, [x, average])
    left = prod(x.shape[n] for n in axes) - correction
    if left <= 0:
        raise SpatialError(
            f"the variance of {prod(x.shape[n] for n in axes)} numbers, less {correction:g}, is no "
            "number; take more of them"
        )

    def finish(e: Emitter, total: SSAValue) -> SSAValue:
        found = scalars.divide(e, total, e.constant(left))
        return scalars.square_root(e, found) if root else found

    return combine(graph, name, centred, axes, "add", before=square, after=finish, keep=keep)


def group_normalize(
    graph: Graph,
    name: str,
    x: Tensor,
    groups: int,
    epsilon: float,
    scale: Tensor | None,
    bias: Tensor | None,
) -> Tensor:
    """
    Normalise groups of channels (dimension 1) over all their elements, then scale each channel.

    `groups` divides the channels; as many groups as channels is instance normalisation.
    """
    batch, channels, *space = x.shape
    grouped = reshape(graph, f"{name}.groups", x, (batch, groups, channels // groups, *space))
    per_channel = (1, groups, channels // groups, *[1] * len(space))
    scale, bias = (
        None if each is None else reshape(graph, each.name, each, per_channel)
        for each in (scale, bias)
    )
    axes = list(range(2, grouped.rank))
    found = normalize(graph, f"{name}.normal", grouped, axes, epsilon, scale, bias)[0]
    return reshape(graph, name, found, x.shape)


def batch_normalize(
    graph: Graph,
    name: str,
    x: Tensor,
    epsilon: float,
    scale: Array | None,
    bias: Array | None,
    average: Array,
    variance: Array,
) -> Tensor:
    """Scale and shift each channel (dimension 1) by statistics that are known."""
    factor = 1.0 / np.sqrt(variance.astype(np.float64) + epsilon)
    if scale is not None:
        factor = factor * scale.astype(np.float64)
    offset = -average.astype(np.float64) * factor
    if bias is not None:
        offset = offset + bias.astype(np.float64)

    def apply(e: Emitter, value: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
        return scalars.add(e, e.times(value, a), b)

    shape = (-1, *[1] * (x.rank - 2))
    factors = Tensor.constant(f"{name}.scale", factor.astype(np.float32).reshape(shape))
    offsets = Tensor.constant(f"{name}.bias", offset.astype(np.float32).reshape(shape))
    return elementwise(graph, name, apply, [x, factors, offsets])
