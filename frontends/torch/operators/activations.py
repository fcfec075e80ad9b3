"""Functions of one number: activations, roots and exponentials."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import activations, scalars
from spatial_opt.frontends.graph.elementwise import clip, elementwise
from spatial_opt.frontends.graph.layout import part, reshape
from spatial_opt.frontends.graph.reduction import square
from spatial_opt.frontends.graph.scalars import Unary
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.torch.call import Call, Handler
from spatial_opt.lowering.rnn.emitter import Emitter


def _unary(function: Unary) -> Handler:
    def handle(call: Call) -> Tensor:
        return elementwise(call.graph, call.name, function, [call.floats("self")])

    return handle


def _any_number(function: Unary) -> Handler:
    def handle(call: Call) -> Tensor:
        x = call.tensor("self")
        if x.kind is Kind.BOOLEAN:
            call.refuse("it is given truth values; convert them to numbers first")
        return elementwise(call.graph, call.name, function, [x])

    return handle


def _limits(low_name: str, high_name: str) -> Handler:
    def handle(call: Call) -> Tensor:
        limits = [Tensor.constant(n, np.array(call.number(n))) for n in (low_name, high_name)]
        low, high = (call.as_kind(limit, Kind.FLOAT) for limit in limits)
        return clip(call.graph, call.name, call.floats("self"), low, high)

    return handle


def _relu(call: Call) -> Tensor:
    x = call.tensor("self")
    zero = call.as_kind(Tensor.constant("zero", np.array(0)), x.kind)
    return elementwise(call.graph, call.name, scalars.maximum, [x, zero])


def _relu6(call: Call) -> Tensor:
    limits = [Tensor.constant("limit", np.array(value, np.float32)) for value in (0.0, 6.0)]
    return clip(call.graph, call.name, call.floats("self"), *limits)


def _leaky_relu(call: Call) -> Tensor:
    function = scalars.activation("leakyrelu", call.number("negative_slope", 0.01))
    return elementwise(call.graph, call.name, function, [call.floats("self")])


def _elu(call: Call) -> Tensor:
    scales = call.number("scale", 1.0), call.number("input_scale", 1.0)
    if scales != (1.0, 1.0):
        call.refuse("its arguments scale and input_scale are not supported; write the products")
    function = scalars.activation("elu", call.number("alpha", 1.0))
    return elementwise(call.graph, call.name, function, [call.floats("self")])


def _softplus(call: Call) -> Tensor:
    beta, threshold = call.number("beta", 1.0), call.number("threshold", 20.0)
    if beta <= 0.0 or threshold < 20.0:
        call.refuse(
            f"beta is {beta:g} and threshold {threshold:g}; beta must be positive, and threshold "
            "at least 20, from where softplus is its argument"
        )

    def apply(e: Emitter, x: SSAValue) -> SSAValue:
        if beta == 1.0:
            return scalars.activation("softplus")(e, x)
        inner = scalars.activation("softplus")(e, e.times(x, e.constant(beta)))
        return e.times(inner, e.constant(1.0 / beta))

    return elementwise(call.graph, call.name, apply, [call.floats("self")])


def _gelu(call: Call) -> Tensor:
    by_tanh = call.value("approximate") == "tanh"
    function = scalars.gelu_by_tanh if by_tanh else scalars.gelu
    return elementwise(call.graph, call.name, function, [call.floats("self")])


def _reciprocal_root(e: Emitter, x: SSAValue) -> SSAValue:
    return scalars.reciprocal(e, scalars.square_root(e, x))


def _log_sigmoid(e: Emitter, x: SSAValue) -> SSAValue:
    return scalars.negate(e, scalars.activation("softplus")(e, scalars.negate(e, x)))


def _log1p(e: Emitter, x: SSAValue) -> SSAValue:
    return scalars.activation("log")(e, scalars.add(e, x, e.constant(1.0)))


def _expm1(e: Emitter, x: SSAValue) -> SSAValue:
    return scalars.subtract(e, scalars.activation("exp")(e, x), e.constant(1.0))


def _log_to(base: float) -> Unary:
    def apply(e: Emitter, x: SSAValue) -> SSAValue:
        return e.times(scalars.activation("log")(e, x), e.constant(1.0 / math.log(base)))

    return apply


def _selu(call: Call) -> Tensor:
    return elementwise(call.graph, call.name, activations.selu(), [call.floats("self")])


def _celu(call: Call) -> Tensor:
    function = activations.celu(call.number("alpha", 1.0))
    return elementwise(call.graph, call.name, function, [call.floats("self")])


def _prelu(call: Call) -> Tensor:
    x, slope = call.floats("self"), call.floats("weight")
    if slope.size > 1 and x.rank > 2:
        slope = reshape(call.graph, slope.name, slope, (slope.size, *[1] * (x.rank - 2)))
    return elementwise(call.graph, call.name, activations.leaky, [x, slope])


def _glu(call: Call) -> Tensor:
    x = call.floats("self")
    axis = call.axis(call.integer("dim"), x.rank)
    half = x.shape[axis] // 2
    value, gate = (part(call.graph, f"{call.name}.{n}", x, axis, n * half, half) for n in (0, 1))

    def gated(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
        return e.times(a, scalars.activation("sigmoid")(e, b))

    return elementwise(call.graph, call.name, gated, [value, gate])


_FUNCTIONS: Mapping[str, Unary] = {
    "exp": scalars.activation("exp"),
    "log": scalars.activation("log"),
    "log1p": _log1p,
    "log2": _log_to(2.0),
    "log10": _log_to(10.0),
    "expm1": _expm1,
    "erf": scalars.activation("erf"),
    "sqrt": scalars.square_root,
    "rsqrt": _reciprocal_root,
    "reciprocal": scalars.reciprocal,
    "floor": scalars.floor,
    "ceil": scalars.ceiling,
    "round": scalars.round_even,
    "sigmoid": scalars.activation("sigmoid"),
    "tanh": scalars.activation("tanh"),
    "silu": activations.swish(),
    "mish": activations.mish,
    "hardsigmoid": activations.hard_sigmoid,
    "hardswish": activations.hard_swish,
    "square": square,
    "log_sigmoid": _log_sigmoid,
}


ACTIVATIONS: Mapping[str, Handler] = {
    **{name: _unary(function) for name, function in _FUNCTIONS.items()},
    "abs": _any_number(scalars.absolute),
    "neg": _any_number(scalars.negate),
    "sign": _any_number(scalars.sign),
    "hardtanh": _limits("min_val", "max_val"),
    "relu": _relu,
    "relu6": _relu6,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "selu": _selu,
    "celu": _celu,
    "prelu": _prelu,
    "_prelu_kernel": _prelu,
    "glu": _glu,
    "softplus": _softplus,
    "gelu": _gelu,
}
"""Handlers by operator, without the name of the overload."""
