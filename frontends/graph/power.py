"""Powers of which one side is a constant number."""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.broadcasting import broadcast_shape
from spatial_opt.frontends.graph.elementwise import convert, elementwise
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.scalars import Unary
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.lowering.rnn.emitter import Emitter
from spatial_opt.machine.errors import SpatialError


def power(graph: Graph, name: str, base: Tensor, exponent: Tensor) -> Tensor:
    """
    Return base to the exponent, broadcast, of the kind of the base.

    Raises SpatialError unless the exponent is one constant number, a whole one from 0 to 64 for
    integers, or the base is one and positive.
    """
    if isinstance(exponent.splat, float | int):
        if base.kind is Kind.INTEGER and exponent.splat not in range(65):
            raise SpatialError(
                f"the power {exponent.splat} of integers is not computed when the network runs, "
                "only whole ones from 0 to 64; convert the base to floats"
            )
        if exponent.splat == 0:
            shape = broadcast_shape([base.shape, exponent.shape])
            ones = np.ones(shape, np.float32 if base.kind is Kind.FLOAT else np.int32)
            return Tensor.constant(name, ones)
        return _broadcast(graph, name, scalars.power(float(exponent.splat)), base, exponent)
    if isinstance(base.splat, float | int) and base.splat > 0 and base.kind is Kind.FLOAT:
        powers = convert(graph, f"{name}.exponent", exponent, Kind.FLOAT)
        return _broadcast(graph, name, scalars.exponential_of(float(base.splat)), powers, base)
    raise SpatialError(
        "neither its base nor its exponent is one constant number; the exponent must be, or the "
        "base must and be positive"
    )


def _broadcast(graph: Graph, name: str, function: Unary, x: Tensor, other: Tensor) -> Tensor:
    """Apply a function to `x`, in the shape that both operands broadcast to."""

    def first(e: Emitter, value: SSAValue, _: SSAValue) -> SSAValue:
        return function(e, value)

    if other.rank <= x.rank and other.size == 1:
        return elementwise(graph, name, function, [x])
    return elementwise(graph, name, first, [x, other])
