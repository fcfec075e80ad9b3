"""Operators that compute element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.elementwise import clip, elementwise
from spatial_opt.frontends.graph.layout import renamed
from spatial_opt.frontends.graph.power import power
from spatial_opt.frontends.graph.scalars import Binary
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.torch.call import Call, Handler
from spatial_opt.lowering.rnn.emitter import Emitter


def _binary(
    function: Binary, *, truth: Binary | None = None, result: Kind | None = None
) -> Handler:
    """Return the handler of a function of two, `truth` of truth values; a comparison's `result`."""

    def handle(call: Call) -> Tensor:
        operands = call.promoted(call.tensor("self"), call.tensor("other"))
        alpha = call.number("alpha", 1.0) if call.has("alpha") else 1.0
        if alpha != 1.0:
            factor = call.as_kind(Tensor.constant("alpha", np.array(alpha)), operands[1].kind)
            scaled = elementwise(
                call.graph, f"{call.name}.scaled", scalars.multiply, [operands[1], factor]
            )
            operands = [operands[0], scaled]
        if operands[0].kind is Kind.BOOLEAN:
            if result is None and truth is not None:
                return elementwise(call.graph, call.name, truth, operands)
            if result is None:
                call.refuse("it is given truth values; convert them to numbers first")
            operands = [call.as_kind(operand, Kind.INTEGER) for operand in operands]
        return elementwise(call.graph, call.name, function, operands, result)

    return handle


def _reverse_subtract(call: Call) -> Tensor:
    operands = call.promoted(call.tensor("self"), call.tensor("other"))
    if call.number("alpha", 1.0) != 1.0:
        call.refuse("its argument alpha is not supported; write the product")
    return elementwise(call.graph, call.name, scalars.subtract, operands[::-1])


def _divide(call: Call) -> Tensor:
    mode = call.value("rounding_mode") if call.has("rounding_mode") else None
    if mode is not None:
        call.refuse(f"rounding_mode {mode!r} is not supported; divide, then round")
    operands = [call.floats("self"), call.floats("other")]
    return elementwise(call.graph, call.name, scalars.divide, operands)


def _logical(function: Binary) -> Handler:
    def handle(call: Call) -> Tensor:
        operands = [call.as_kind(call.tensor(name), Kind.BOOLEAN) for name in ("self", "other")]
        return elementwise(call.graph, call.name, function, operands)

    return handle


def _equal(negated: bool) -> Handler:
    def handle(call: Call) -> Tensor:
        operands = call.promoted(call.tensor("self"), call.tensor("other"))
        truth = operands[0].kind is Kind.BOOLEAN

        def differs(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
            if truth:
                return scalars.exclusive_or(e, a, b)
            return scalars.invert(e, scalars.compare("eq")(e, a, b))

        def same(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
            return scalars.invert(e, differs(e, a, b))

        function = differs if negated else same
        return elementwise(call.graph, call.name, function, operands, Kind.BOOLEAN)

    return handle


def _not(call: Call) -> Tensor:
    x = call.as_kind(call.tensor("self"), Kind.BOOLEAN)
    return elementwise(call.graph, call.name, scalars.invert, [x])


def _bitwise(handler: Handler) -> Handler:
    """Take truth values only: bits of integers are not computed with."""

    def handle(call: Call) -> Tensor | Sequence[Tensor]:
        names = [name for name in ("self", "other") if call.has(name)]
        if any(call.tensor(name).kind is not Kind.BOOLEAN for name in names):
            call.refuse(
                "it is given integers, whose bits are not computed with; compare them first"
            )
        return handler(call)

    return handle


def _where(call: Call) -> Tensor:
    choices = call.promoted(call.tensor("self"), call.tensor("other"))
    condition = call.as_kind(call.tensor("condition"), Kind.BOOLEAN)
    kind = choices[0].kind
    return elementwise(call.graph, call.name, scalars.select, [condition, *choices], kind)


def _masked_fill(call: Call) -> Tensor:
    x, value = call.promoted(call.tensor("self"), call.tensor("value"))
    mask = call.as_kind(call.tensor("mask"), Kind.BOOLEAN)
    return elementwise(call.graph, call.name, scalars.select, [mask, value, x], x.kind)


def _clamp(call: Call) -> Tensor:
    low, high = (call.optional(n) if call.has(n) else None for n in ("min", "max"))
    given = [each for each in (low, high) if each is not None]
    x, *limits = call.promoted(call.tensor("self"), *given)
    bounds = iter(limits)
    low, high = (None if each is None else next(bounds) for each in (low, high))
    return clip(call.graph, call.name, x, low, high)


def _power(call: Call) -> Tensor:
    base, exponent = call.tensor("self"), call.tensor("exponent")
    kind = Kind.INTEGER if base.kind is exponent.kind is Kind.INTEGER else Kind.FLOAT
    return power(call.graph, call.name, call.as_kind(base, kind), exponent)


def _type_as(call: Call) -> Tensor:
    return renamed(call.as_kind(call.tensor("self"), call.tensor("other").kind), call.name)


def _same(call: Call) -> Tensor:
    call.ignore("memory_format")
    return renamed(call.tensor("self"), call.name)


def _dropout(call: Call) -> Tensor:
    share, train = call.number("p", 0.5), bool(call.value("train"))
    if train and share > 0.0:
        call.refuse("it draws random numbers; call module.eval() before the export")
    return renamed(call.tensor("input"), call.name)


def _to(call: Call) -> Tensor:
    call.ignore("device", "layout", "pin_memory", "non_blocking", "copy", "memory_format")
    return renamed(call.to_dtype(call.tensor("self")), call.name)


_RELATIONS = {"lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}


ELEMENTWISE: Mapping[str, Handler] = {
    **{n: _binary(scalars.compare(r), result=Kind.BOOLEAN) for n, r in _RELATIONS.items()},
    "add": _binary(scalars.add, truth=scalars.either),
    "sub": _binary(scalars.subtract),
    "rsub": _reverse_subtract,
    "mul": _binary(scalars.multiply, truth=scalars.both),
    "div": _divide,
    "maximum": _binary(scalars.maximum, truth=scalars.either),
    "minimum": _binary(scalars.minimum, truth=scalars.both),
    "pow": _power,
    "eq": _equal(False),
    "ne": _equal(True),
    "logical_and": _logical(scalars.both),
    "logical_or": _logical(scalars.either),
    "logical_xor": _logical(scalars.exclusive_or),
    "bitwise_and": _bitwise(_logical(scalars.both)),
    "bitwise_or": _bitwise(_logical(scalars.either)),
    "bitwise_xor": _bitwise(_logical(scalars.exclusive_or)),
    "__and__": _bitwise(_logical(scalars.both)),
    "__or__": _bitwise(_logical(scalars.either)),
    "__xor__": _bitwise(_logical(scalars.exclusive_or)),
    "logical_not": _not,
    "bitwise_not": _bitwise(_not),
    "where": _where,
    "masked_fill": _masked_fill,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clamp_max": _clamp,
    "clone": _same,
    "contiguous": _same,
    "detach": _same,
    "detach_": _same,
    "alias": _same,
    "lift_fresh_copy": _same,
    "dropout": _dropout,
    "to": _to,
    "_to_copy": _to,
    "type_as": _type_as,
}
"""Handlers by operator, without the name of the overload."""
