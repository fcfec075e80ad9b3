"""Operators that combine elements along dimensions: sums, means, norms, softmax, normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import reshape
from spatial_opt.frontends.graph.scalars import Unary
from spatial_opt.frontends.graph.tensor import Array, Tensor
from spatial_opt.lowering.rnn.emitter import Dims, Emitter


def combine(
    graph: Graph,
    name: str,
    x: Tensor,
    axes: Sequence[int],
    kind: str,
    *,
    before: Unary | None = None,
    after: Unary | None = None,
    keep: bool = True,
) -> Tensor:
    """
    Combine the elements along `axes` by add, mul, max or min.

    `before` is applied to each element first, `after` to each result. With `keep` the axes stay,
    with one element.
    """
    axes = sorted(axes)
    kept = tuple(1 if n in axes else extent for n, extent in enumerate(x.shape))

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        outer = [indices[n] for n in range(x.rank) if n not in axes]

        def term(inner: Emitter, *over: SSAValue) -> list[SSAValue]:
            def access(i: Dims) -> Sequence[AffineExpr]:
                mine, theirs = iter(i[: len(outer)]), iter(i[len(outer) :])
                return [next(theirs) if n in axes else next(mine) for n in range(x.rank)]

            value = graph.read(inner, x, [*outer, *over], access)
            return [value if before is None else before(inner, value)]

        domain = [(f"k{n}", x.shape[n]) for n in axes]
        if domain:
            total = e.reduction(kind, domain, x.kind.element, term)
        else:
            (total,) = term(e)
        return total if after is None else after(e, total)

    result = graph.kernel(name, kept, x.kind, body)
    if keep:
        return result
    dropped = tuple(extent for n, extent in enumerate(x.shape) if n not in axes)
    return reshape(graph, name, result, dropped)


def mean(graph: Graph, name: str, x: Tensor, axes: Sequence[int], *, keep: bool = True) -> Tensor:
    """Return the mean along `axes`."""
    return combine(graph, name, x, axes, "add", after=_divided(x, axes), keep=keep)


def _divided(x: Tensor, axes: Sequence[int]) -> Unary:
    count = float(prod(x.shape[n] for n in axes))

    def divide(e: Emitter, total: SSAValue) -> SSAValue:
        return scalars.divide(e, total, e.constant(count))

    return divide


def square(e: Emitter, x: SSAValue) -> SSAValue:
    """Return x * x."""
    return scalars.multiply(e, x, x)


def softmax(
    graph: Graph, name: str, x: Tensor, axes: Sequence[int], *, logarithm: bool = False
) -> Tensor:
    """Return exponentials over their sum along `axes`, or the logarithm of that."""
    exp, log = scalars.activation("exp"), scalars.activation("log")
    greatest = combine(graph, f"{name}.max", x, axes, "max")
    shifted = elementwise(graph, f"{name}.shifted", scalars.subtract, [x, greatest])
    if logarithm:
        total = combine(graph, f"{name}.log", shifted, axes, "add", before=exp, after=log)
        return elementwise(graph, name, scalars.subtract, [shifted, total])
    powers = elementwise(graph, f"{name}.exp", exp, [shifted])
    total = combine(graph, f"{name}.sum", powers, axes, "add")
    return elementwise(graph, name, scalars.divide, [powers, total])


def log_sum_exp(graph: Graph, name: str, x: Tensor, axes: Sequence[int], *, keep: bool) -> Tensor:
    """Return log(sum(exp(x))) along `axes`, without overflow."""
    exp, log = scalars.activation("exp"), scalars.activation("log")
    greatest = combine(graph, f"{name}.max", x, axes, "max")
    shifted = elementwise(graph, f"{name}.shifted", scalars.subtract, [x, greatest])
    total = combine(graph, f"{name}.log", shifted, axes, "add", before=exp, after=log)
    result = elementwise(graph, name, scalars.add, [total, greatest])
    if keep:
        return result
    dropped = tuple(extent for n, extent in enumerate(x.shape) if n not in axes)
    return reshape(graph, name, result, dropped)


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
    divide = _divided(x, axes)

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


def norm(graph: Graph, name: str, x: Tensor, axes: Sequence[int], *, keep: bool) -> Tensor:
    """Return the root of the sum of squares along `axes`."""
    after = scalars.square_root
    return combine(graph, name, x, axes, "add", before=square, after=after, keep=keep)


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
