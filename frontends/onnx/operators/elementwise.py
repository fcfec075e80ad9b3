"""Operators that compute element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import activations, scalars
from spatial_opt.frontends.graph.elementwise import clip, elementwise, folded
from spatial_opt.frontends.graph.power import power
from spatial_opt.frontends.graph.scalars import Binary, Unary
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.onnx.call import Call, Handler
from spatial_opt.lowering.rnn.emitter import Emitter

_BOTH = (Kind.FLOAT, Kind.INTEGER)
_FLOAT, _BOOLEAN = (Kind.FLOAT,), (Kind.BOOLEAN,)


def _operand(call: Call, position: int, kinds: Sequence[Kind]) -> Tensor:
    found = call.operand(position)
    if found.kind not in kinds:
        call.refuse(
            f"input {position} holds {found.kind.value}, for which it is not computed when the "
            "network runs; cast it to FLOAT first"
        )
    return found


def _unary(function: Unary, kinds: Sequence[Kind] = _FLOAT) -> Handler:
    def handle(call: Call) -> Sequence[Tensor]:
        return [elementwise(call.graph, call.name, function, [_operand(call, 0, kinds)])]

    return handle


def _binary(function: Binary, kinds: Sequence[Kind] = _BOTH, result: Kind | None = None) -> Handler:
    def handle(call: Call) -> Sequence[Tensor]:
        operands = call.same_kind([_operand(call, position, kinds) for position in (0, 1)])
        return [elementwise(call.graph, call.name, function, operands, result)]

    return handle


def _several(function: Binary) -> Handler:
    def handle(call: Call) -> Sequence[Tensor]:
        count = max(1, len(call.operands))
        operands = [_operand(call, position, _BOTH) for position in range(count)]
        call.same_kind(operands)
        return [folded(call.graph, call.name, function, operands)]

    return handle


def _activation(function: str, alpha: float | None = None, beta: float | None = None) -> Handler:
    """Return the handler of an activation whose constants have these defaults."""

    def handle(call: Call) -> Sequence[Tensor]:
        first = None if alpha is None else call.number("alpha", alpha)
        second = None if beta is None else call.number("beta", beta)
        apply = scalars.activation(function, first, second)
        return [elementwise(call.graph, call.name, apply, [call.floats(0)])]

    return handle


def _relu(call: Call) -> Sequence[Tensor]:
    def apply(e: Emitter, x: SSAValue) -> SSAValue:
        kind = Kind.FLOAT if x.type == f32 else Kind.INTEGER
        return scalars.maximum(e, x, scalars.constant(e, 0, kind))

    return [elementwise(call.graph, call.name, apply, [_operand(call, 0, _BOTH)])]


def _selu(call: Call) -> Sequence[Tensor]:
    alpha = call.number("alpha", activations.SELU_ALPHA)
    function = activations.selu(alpha, call.number("gamma", activations.SELU_SCALE))
    return [elementwise(call.graph, call.name, function, [call.floats(0)])]


def _celu(call: Call) -> Sequence[Tensor]:
    function = activations.celu(call.number("alpha", 1.0))
    return [elementwise(call.graph, call.name, function, [call.floats(0)])]


def _gelu(call: Call) -> Sequence[Tensor]:
    how = call.text("approximate", "none")
    function = scalars.gelu_by_tanh if how == "tanh" else scalars.gelu
    return [elementwise(call.graph, call.name, function, [call.floats(0)])]


def _swish(call: Call) -> Sequence[Tensor]:
    function = activations.swish(call.number("alpha", 1.0))
    return [elementwise(call.graph, call.name, function, [call.floats(0)])]


def _power(call: Call) -> Sequence[Tensor]:
    return [power(call.graph, call.name, _operand(call, 0, _BOTH), call.operand(1))]


def _mean(call: Call) -> Sequence[Tensor]:
    operands = [call.floats(position) for position in range(max(1, len(call.operands)))]

    def apply(e: Emitter, *values: SSAValue) -> SSAValue:
        total = values[0]
        for value in values[1:]:
            total = scalars.add(e, total, value)
        return scalars.divide(e, total, e.constant(float(len(values))))

    return [elementwise(call.graph, call.name, apply, operands)]


def _clip(call: Call) -> Sequence[Tensor]:
    x = _operand(call, 0, _BOTH)
    limits = [call.optional(1), call.optional(2)]
    if call.opset < 11:
        given = [call.attribute(name, None) for name in ("min", "max")]
        limits = [
            None if value is None else Tensor.constant(call.name, np.array(value, np.float32))
            for value in given
        ]
    call.same_kind([x, *(limit for limit in limits if limit is not None)])
    return [clip(call.graph, call.name, x, *limits)]


def _equal(call: Call) -> Sequence[Tensor]:
    operands = call.same_kind([call.operand(0), call.operand(1)])

    def same(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
        return scalars.invert(e, scalars.exclusive_or(e, a, b))

    function = same if operands[0].kind is Kind.BOOLEAN else scalars.compare("eq")
    return [elementwise(call.graph, call.name, function, operands, Kind.BOOLEAN)]


def _where(call: Call) -> Sequence[Tensor]:
    condition = _operand(call, 0, _BOOLEAN)
    choices = call.same_kind([call.operand(1), call.operand(2)])
    operands = [condition, *choices]
    return [elementwise(call.graph, call.name, scalars.select, operands, choices[0].kind)]


_FUNCTIONS: Mapping[str, Unary] = {
    "Exp": scalars.activation("exp"),
    "Log": scalars.activation("log"),
    "Erf": scalars.activation("erf"),
    "Sqrt": scalars.square_root,
    "Reciprocal": scalars.reciprocal,
    "Floor": scalars.floor,
    "Ceil": scalars.ceiling,
    "Round": scalars.round_even,
    "Sigmoid": scalars.activation("sigmoid"),
    "Tanh": scalars.activation("tanh"),
    "Softplus": scalars.activation("softplus"),
    "Softsign": scalars.activation("softsign"),
    "HardSwish": activations.hard_swish,
    "Mish": activations.mish,
}

_RELATIONS = {
    "Less": "lt",
    "LessOrEqual": "le",
    "Greater": "gt",
    "GreaterOrEqual": "ge",
}

ELEMENTWISE: Mapping[str, Callable[[Call], Sequence[Tensor]]] = {
    **{name: _unary(function) for name, function in _FUNCTIONS.items()},
    **{
        name: _binary(scalars.compare(relation), _BOTH, Kind.BOOLEAN)
        for name, relation in _RELATIONS.items()
    },
    "Abs": _unary(scalars.absolute, _BOTH),
    "Neg": _unary(scalars.negate, _BOTH),
    "Sign": _unary(scalars.sign, _BOTH),
    "Not": _unary(scalars.invert, _BOOLEAN),
    "Relu": _relu,
    "LeakyRelu": _activation("leakyrelu", 0.01),
    "ThresholdedRelu": _activation("thresholdedrelu", 1.0),
    "Elu": _activation("elu", 1.0),
    "HardSigmoid": _activation("hardsigmoid", 0.2, 0.5),
    "Selu": _selu,
    "Celu": _celu,
    "Gelu": _gelu,
    "Swish": _swish,
    "PRelu": _binary(activations.leaky, _FLOAT),
    "Add": _binary(scalars.add),
    "Sub": _binary(scalars.subtract),
    "Mul": _binary(scalars.multiply),
    "Div": _binary(scalars.divide, _FLOAT),
    "Pow": _power,
    "Max": _several(scalars.maximum),
    "Min": _several(scalars.minimum),
    "Sum": _several(scalars.add),
    "Mean": _mean,
    "Clip": _clip,
    "Equal": _equal,
    "And": _binary(scalars.both, _BOOLEAN),
    "Or": _binary(scalars.either, _BOOLEAN),
    "Xor": _binary(scalars.exclusive_or, _BOOLEAN),
    "Where": _where,
}
"""Handlers by operator."""
