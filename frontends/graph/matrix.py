"""Matrix products: with constant weights as layers of the rnn dialect, otherwise as patterns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.rnn import LinearOp
from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.broadcasting import broadcast_access, broadcast_shape
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import reshape
from spatial_opt.frontends.graph.program import identifier
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.lowering.rnn.emitter import Dims, Emitter
from spatial_opt.machine.errors import SpatialError


def matmul(graph: Graph, name: str, a: Tensor, b: Tensor) -> Tensor:
    """Multiply as numpy does: the last two dimensions are matrices, those before broadcast."""
    if not a.shape or not b.shape:
        raise SpatialError("a matrix product takes no single numbers; use an elementwise product")
    left = a if a.rank > 1 else reshape(graph, name, a, (1, *a.shape))
    right = b if b.rank > 1 else reshape(graph, name, b, (*b.shape, 1))
    if left.shape[-1] != right.shape[-2]:
        raise SpatialError(
            f"rows of {left.shape[-1]} elements meet columns of {right.shape[-2]}; a matrix "
            "product needs as many of both, correct the shapes"
        )
    if right.array is not None and right.rank == 2 and right.kind is Kind.FLOAT:
        weights = Tensor.constant(right.name, np.ascontiguousarray(right.array.T))
        result = linear(graph, name, left, weights, None)
    else:
        result = _product(graph, name, left, right)
    if a.rank > 1 and b.rank > 1:
        return result
    shape = list(result.shape)
    if b.rank == 1:
        del shape[-1]
    if a.rank == 1:
        del shape[-1 if b.rank == 1 else -2]
    return reshape(graph, name, result, tuple(shape))


def linear(graph: Graph, name: str, x: Tensor, weights: Tensor, bias: Tensor | None) -> Tensor:
    """
    Multiply the rows of `x` by a matrix: y[..., j] = sum over k of x[..., k] * w[j, k], plus bias.

    `weights` is outputs x inputs and `bias` has one element per output, or one. Outside of loops
    this is an `rnn.linear`, which has a number format.
    """
    if graph.in_loop:
        turned = Tensor(weights.name, weights.shape, weights.kind, weights.value, weights.array)
        product = _product(graph, name, x, turned, transposed=True)
        return product if bias is None else elementwise(graph, name, scalars.add, [product, bias])
    outputs, inputs = weights.shape
    rows = reshape(graph, f"{name}.rows", x, (x.size // inputs, inputs))
    if bias is not None and bias.shape != (outputs,) and bias.array is not None:
        bias = Tensor.constant(bias.name, np.broadcast_to(bias.array, (outputs,)))
    # A bias of zeros adds nothing.
    added = None if bias is None or bias.is_zero else graph.value(bias)
    op = LinearOp(graph.value(rows), graph.value(weights), added)
    value = graph.emitter.value(op, identifier(name))
    result = Tensor(name, (rows.shape[0], outputs), Kind.FLOAT, value)
    return reshape(graph, name, result, (*x.shape[:-1], outputs))


def _product(graph: Graph, name: str, a: Tensor, b: Tensor, *, transposed: bool = False) -> Tensor:
    """Write the product of two computed matrices; `transposed` if `b` is columns x rows."""
    rows, inner = a.shape[-2:] if a.rank > 1 else (1, a.shape[-1])
    columns = b.shape[-2] if transposed else b.shape[-1]
    outer = broadcast_shape([a.shape[:-2], b.shape[:-2]])
    vector = a.rank == 1
    shape = (*outer, columns) if vector else (*outer, rows, columns)

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        def term(deep: Emitter, k: SSAValue) -> list[SSAValue]:
            def left(i: Dims) -> Sequence[AffineExpr | int]:
                if vector:
                    return [i[-1]]
                lead = broadcast_access(a.shape[:-2], len(outer))(i[: len(outer)])
                return [*lead, i[-3], i[-1]]

            def right(i: Dims) -> Sequence[AffineExpr | int]:
                lead = broadcast_access(b.shape[:-2], len(outer))(i[: len(outer)])
                return [*lead, i[-2], i[-1]] if transposed else [*lead, i[-1], i[-2]]

            at = [*indices, k]
            factors = graph.read(deep, a, at, left), graph.read(deep, b, at, right)
            return [scalars.multiply(deep, *factors)]

        return e.reduction("add", [("k", inner)], a.kind.element, term)

    return graph.kernel(name, shape, a.kind, body)
