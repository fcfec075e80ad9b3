"""Operators that combine elements along dimensions: sums, means, norms, softmax."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import reshape
from spatial_opt.frontends.graph.scalars import Unary
from spatial_opt.frontends.graph.tensor import Tensor
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
    return combine(graph, name, x, axes, "add", after=divided_by_count(x, axes), keep=keep)


def divided_by_count(x: Tensor, axes: Sequence[int]) -> Unary:
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


def norm(graph: Graph, name: str, x: Tensor, axes: Sequence[int], *, keep: bool) -> Tensor:
    """Return the root of the sum of squares along `axes`."""
    after = scalars.square_root
    return combine(graph, name, x, axes, "add", before=square, after=after, keep=keep)
