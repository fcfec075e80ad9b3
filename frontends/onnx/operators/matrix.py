"""Matrix products and convolutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.convolution import convolution
from spatial_opt.frontends.graph.einsum import einsum, parse
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.layout import transpose
from spatial_opt.frontends.graph.matrix import linear, matmul
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.onnx.call import Call, Handler
from spatial_opt.frontends.onnx.operators.windows import windows_of
from spatial_opt.lowering.rnn.emitter import Emitter


def _matmul(call: Call) -> Sequence[Tensor]:
    return [matmul(call.graph, call.name, call.floats(0), call.floats(1))]


def _scaled(x: Tensor, factor: float) -> Tensor:
    """Multiply a constant by a factor."""
    assert x.array is not None
    if factor == 1.0:
        return x
    return Tensor.constant(x.name, x.array.astype(np.float32) * np.float32(factor))


def _gemm(call: Call) -> Sequence[Tensor]:
    graph, name = call.graph, call.name
    a, b, c = call.floats(0), call.floats(1), call.optional_floats(2)
    alpha, beta = call.number("alpha", 1.0), call.number("beta", 1.0)
    first, turned = (bool(call.integer(flag, 0)) for flag in ("transA", "transB"))
    if first and a.rank == 2:
        a = transpose(graph, f"{name}.a", a, [1, 0])
    if a.rank != 2 or b.rank != 2 or a.shape[1] != b.shape[1 if turned else 0]:
        call.refuse(
            f"its matrices {list(a.shape)} and {list(b.shape)} can't be multiplied; correct the "
            "shapes"
        )
    outputs = b.shape[0 if turned else 1]
    if b.array is not None:
        rows = b.array if turned else np.ascontiguousarray(b.array.T)
        weights = _scaled(Tensor.constant(b.name, rows), alpha)
        if c is not None and c.array is not None and c.size in (1, outputs) and _is_row(c):
            bias = _scaled(Tensor.constant(c.name, c.array.reshape(-1)), beta)
            return [linear(graph, name, a, weights, bias)]
        product = linear(graph, f"{name}.product", a, weights, None)
        alpha = 1.0
    else:
        other = transpose(graph, f"{name}.b", b, [1, 0]) if turned else b
        product = matmul(graph, f"{name}.product", a, other)
    if c is None and alpha == 1.0:
        return [Tensor(name, product.shape, product.kind, product.value)]

    def finish(e: Emitter, value: SSAValue, *added: SSAValue) -> SSAValue:
        value = value if alpha == 1.0 else e.times(value, e.constant(alpha))
        for term in added:
            term = term if beta == 1.0 else e.times(term, e.constant(beta))
            value = scalars.add(e, value, term)
        return value

    return [elementwise(graph, name, finish, [product, *([] if c is None else [c])])]


def _is_row(c: Tensor) -> bool:
    return c.rank < 2 or c.shape[0] == 1


def _convolution(call: Call) -> Sequence[Tensor]:
    x, weights, bias = call.floats(0), call.floats(1), call.optional_floats(2)
    if x.rank < 3 or weights.rank != x.rank:
        call.refuse(
            f"input {list(x.shape)} and filters {list(weights.shape)} need three dimensions or "
            "more, as many of both"
        )
    sizes = call.integer_list("kernel_shape") or list(weights.shape[2:])
    if sizes != list(weights.shape[2:]):
        call.refuse(f"kernel_shape {sizes} is not that of its filters {list(weights.shape)}")
    if bias is not None and bias.shape != (weights.shape[0],):
        call.refuse(
            f"its bias has the shape {list(bias.shape)} for {weights.shape[0]} filters; give one "
            "number per filter"
        )
    windows = windows_of(call, x.shape[2:], sizes)
    groups = call.integer("group", 1)
    return [convolution(call.graph, call.name, x, weights, bias, windows, groups)]


def _einsum(call: Call) -> Sequence[Tensor]:
    operands = call.same_kind(call.all_operands())
    if operands[0].kind is Kind.BOOLEAN:
        call.refuse("it multiplies truth values; cast them to FLOAT first")
    equation = call.text("equation", "")
    labels, result = parse(equation, [operand.rank for operand in operands])
    return [einsum(call.graph, call.name, operands, labels, result)]


MATRIX: Mapping[str, Handler] = {
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Conv": _convolution,
    "Einsum": _einsum,
}
"""Handlers by operator."""
