"""Operators that give elements as they are, or as other numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spatial_opt.frontends.graph.elementwise import convert
from spatial_opt.frontends.graph.layout import renamed
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.onnx.call import Call, Handler

_NARROW = {2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 12: "UINT32", 13: "UINT64"}
_KINDS = {
    **dict.fromkeys((1, 10, 11, 16), Kind.FLOAT),
    **dict.fromkeys((6, 7), Kind.INTEGER),
    9: Kind.BOOLEAN,
}
_ROUNDED = {10: "FLOAT16", 11: "DOUBLE", 16: "BFLOAT16"}


def _cast(call: Call) -> Sequence[Tensor]:
    x, to = call.operand(0), call.integer("to", 1)
    call.attribute("saturate", 1)
    call.attribute("round_mode", "up")
    if to in _NARROW and x.kind is not Kind.BOOLEAN:
        call.refuse(
            f"it casts to {_NARROW[to]} when the network runs, and integers are computed in 32 "
            "bits, which wrap elsewhere; cast to INT32"
        )
    if to not in _KINDS and to not in _NARROW:
        call.refuse(
            f"it casts to element type {to}, which is not computed in; cast to FLOAT, INT32, INT64 "
            "or BOOL"
        )
    if to in _ROUNDED:
        call.graph.note(f"{_ROUNDED[to]} is computed in 32-bit floats")
    return [convert(call.graph, call.name, x, _KINDS.get(to, Kind.INTEGER))]


def _cast_like(call: Call) -> Sequence[Tensor]:
    x, like = call.operand(0), call.operand(1)
    call.attribute("saturate", 1)
    call.attribute("round_mode", "up")
    return [convert(call.graph, call.name, x, like.kind)]


def _dropout(call: Call) -> Sequence[Tensor]:
    x = call.operand(0)
    call.attribute("ratio", 0.5)
    call.attribute("seed", 0)
    call.optional(1)
    training = call.constant(2, "training mode")
    if training is not None and bool(np.any(training)):
        call.refuse("it is in training mode, which draws random numbers; export for inference")
    return [renamed(x, call.name)]


def _identity(call: Call) -> Sequence[Tensor]:
    return [renamed(call.operand(0), call.name)]


CONVERSION: Mapping[str, Handler] = {
    "Cast": _cast,
    "CastLike": _cast_like,
    "Dropout": _dropout,
    "Identity": _identity,
}
"""Handlers by operator."""
