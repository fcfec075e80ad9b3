"""Activations that are written with others, on scalars."""

from __future__ import annotations

from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.scalars import Unary
from spatial_opt.lowering.rnn.emitter import Emitter
from spatial_opt.machine.errors import SpatialError

SELU_ALPHA, SELU_SCALE = 1.67326319217681884765625, 1.05070102214813232421875


def selu(alpha: float = SELU_ALPHA, scale: float = SELU_SCALE) -> Unary:
    """Return scale * elu(x)."""

    def apply(e: Emitter, x: SSAValue) -> SSAValue:
        return e.times(scalars.activation("elu", alpha)(e, x), e.constant(scale))

    return apply


def celu(alpha: float) -> Unary:
    """Return max(0, x) + min(0, alpha * (exp(x / alpha) - 1)); SpatialError for an alpha of 0."""
    if not alpha:
        raise SpatialError("its alpha is 0, by which x is divided; give another one")

    def apply(e: Emitter, x: SSAValue) -> SSAValue:
        scaled = e.times(x, e.constant(1.0 / alpha))
        if alpha > 0:
            inner = scalars.activation("elu", 1.0)(e, scaled)
        else:
            inner = scalars.subtract(e, scalars.activation("exp")(e, scaled), e.constant(1.0))
        below = scalars.minimum(e, e.times(inner, e.constant(alpha)), e.constant(0.0))
        return scalars.add(e, scalars.maximum(e, x, e.constant(0.0)), below)

    return apply


def mish(e: Emitter, x: SSAValue) -> SSAValue:
    """Return x * tanh(softplus(x))."""
    return e.times(x, scalars.activation("tanh")(e, scalars.activation("softplus")(e, x)))


def swish(alpha: float = 1.0) -> Unary:
    """Return x * sigmoid(alpha * x)."""

    def apply(e: Emitter, x: SSAValue) -> SSAValue:
        inner = x if alpha == 1.0 else e.times(x, e.constant(alpha))
        return e.times(x, scalars.activation("sigmoid")(e, inner))

    return apply


def hard_sigmoid(e: Emitter, x: SSAValue) -> SSAValue:
    """Return x / 6 + 1/2, bounded by 0 and 1."""
    return scalars.activation("hardsigmoid", 1.0 / 6.0, 0.5)(e, x)


def hard_swish(e: Emitter, x: SSAValue) -> SSAValue:
    """Return x times its hard sigmoid."""
    return e.times(x, hard_sigmoid(e, x))


def leaky(e: Emitter, x: SSAValue, slope: SSAValue) -> SSAValue:
    """Return x above zero, and x times a slope that is computed below."""
    zero = e.constant(0.0)
    below = e.times(scalars.minimum(e, x, zero), slope)
    return scalars.add(e, scalars.maximum(e, x, zero), below)
