"""Operators that compute each element from those at the same place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.broadcasting import broadcast_access, broadcast_shape
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import renamed
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.lowering.rnn.emitter import Emitter

Function = Callable[..., SSAValue]
"""From an emitter and one scalar per operand to a scalar."""


def elementwise(
    graph: Graph,
    name: str,
    function: Function,
    operands: Sequence[Tensor],
    kind: Kind | None = None,
) -> Tensor:
    """Apply a function to operands that are broadcast; the result has the first one's kind."""
    shape = broadcast_shape([operand.shape for operand in operands])

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        return function(e, *(read_broadcast(graph, e, x, indices) for x in operands))

    return graph.kernel(name, shape, operands[0].kind if kind is None else kind, body)


def read_broadcast(graph: Graph, e: Emitter, x: Tensor, indices: Sequence[SSAValue]) -> SSAValue:
    """Read the element of a broadcast operand at the indices of the result."""
    return graph.read(e, x, indices, broadcast_access(x.shape, len(indices)))


def folded(graph: Graph, name: str, function: Function, operands: Sequence[Tensor]) -> Tensor:
    """Apply a function of two to any number of operands, from left to right."""
    if len(operands) == 1:
        return renamed(operands[0], name)

    def all_of(e: Emitter, first: SSAValue, *rest: SSAValue) -> SSAValue:
        for value in rest:
            first = function(e, first, value)
        return first

    return elementwise(graph, name, all_of, operands)


def clip(graph: Graph, name: str, x: Tensor, low: Tensor | None, high: Tensor | None) -> Tensor:
    """Bound the elements of a tensor; limits are tensors of one element."""

    def bounded(e: Emitter, value: SSAValue, *limits: SSAValue) -> SSAValue:
        given = iter(limits)
        if low is not None:
            value = scalars.maximum(e, value, next(given))
        if high is not None:
            value = scalars.minimum(e, value, next(given))
        return value

    return elementwise(graph, name, bounded, [x, *(t for t in (low, high) if t is not None)])


def convert(graph: Graph, name: str, x: Tensor, kind: Kind) -> Tensor:
    """Return a tensor as another kind of number."""
    if x.kind is kind:
        return renamed(x, name)

    def cast(e: Emitter, value: SSAValue) -> SSAValue:
        return scalars.converted(e, value, x.kind, kind)

    return elementwise(graph, name, cast, [x], kind)
