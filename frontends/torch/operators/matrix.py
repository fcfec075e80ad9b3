"""Matrix products, linear layers and convolutions."""

from __future__ import annotations

from collections.abc import Mapping

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.convolution import convolution
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.layout import reshape
from spatial_opt.frontends.graph.matrix import linear, matmul
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.frontends.graph.windows import Window
from spatial_opt.frontends.torch.call import Call, Handler


def _linear(call: Call) -> Tensor:
    x, weights, bias = call.floats("input"), call.floats("weight"), call.optional_floats("bias")
    if x.shape[-1:] != weights.shape[-1:]:
        call.refuse(
            f"rows of {x.shape[-1]} elements meet weights for {weights.shape[-1]}; correct one"
        )
    return linear(call.graph, call.name, x, weights, bias)


def _product(first: str, second: str) -> Handler:
    def handle(call: Call) -> Tensor:
        return matmul(call.graph, call.name, call.floats(first), call.floats(second))

    return handle


def _added_product(call: Call) -> Tensor:
    for name in ("beta", "alpha"):
        if call.number(name, 1.0) != 1.0:
            call.refuse(f"its argument {name} is not supported; write the product")
    names = ("batch1", "batch2") if call.has("batch1") else ("mat1", "mat2")
    product = matmul(call.graph, f"{call.name}.product", *(call.floats(name) for name in names))
    return elementwise(call.graph, call.name, scalars.add, [product, call.floats("self")])


def _convolution(call: Call) -> Tensor:
    x, weights = call.floats("input"), call.floats("weight")
    bias = call.optional_floats("bias")
    if call.has("transposed") and bool(call.value("transposed")):
        call.refuse("it is transposed; convolve an input with zeros between its elements")
    call.ignore("output_padding")
    alone, space = x.rank < weights.rank, weights.rank - 2
    if alone:
        x = reshape(call.graph, f"{call.name}.batch", x, (1, *x.shape))
    padding = call.value("padding")
    stride, dilation = (_each(call, name, space) for name in ("stride", "dilation"))
    sizes = weights.shape[2:]
    if isinstance(padding, str):
        spans = [(size - 1) * d for size, d in zip(sizes, dilation, strict=True)]
        around = [(span // 2, span - span // 2) for span in spans]
        around = around if padding == "same" else [(0, 0)] * space
    else:
        around = [(n, n) for n in _each(call, "padding", space)]
    windows = [
        Window(size, step, before, after, apart)
        for size, step, (before, after), apart in zip(sizes, stride, around, dilation, strict=True)
    ]
    groups = call.integer("groups")
    found = convolution(call.graph, call.name, x, weights, bias, windows, groups)
    return reshape(call.graph, call.name, found, found.shape[1:]) if alone else found


def _each(call: Call, name: str, space: int) -> list[int]:
    found = call.integers(name) or []
    return found * space if len(found) == 1 else found


MATRIX: Mapping[str, Handler] = {
    "linear": _linear,
    "matmul": _product("self", "other"),
    "mm": _product("self", "mat2"),
    "bmm": _product("self", "mat2"),
    "mv": _product("self", "vec"),
    "dot": _product("self", "tensor"),
    "addmm": _added_product,
    "baddbmm": _added_product,
    "conv1d": _convolution,
    "conv2d": _convolution,
    "convolution": _convolution,
}
"""Handlers by operator, without the name of the overload."""
