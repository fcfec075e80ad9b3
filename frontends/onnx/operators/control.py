"""If: one of two graphs, or what a computed condition chooses of both results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.layout import reshape
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.onnx.call import Call, Handler


def _if(call: Call) -> Sequence[Tensor]:
    condition = call.operand(0, "condition")
    branches = call.subgraph("then_branch"), call.subgraph("else_branch")
    if condition.size != 1 or condition.kind is not Kind.BOOLEAN:
        call.refuse(f"its condition has {condition.size} elements; it is one truth value")
    if condition.array is not None:
        return call.run(branches[0 if np.all(condition.array) else 1], {})
    return [
        _chosen(call, position, condition, *both)
        for position, both in enumerate(zip(*(call.run(b, {}) for b in branches), strict=True))
    ]


def _chosen(call: Call, position: int, condition: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Take what the condition says of what both branches, which both run, have computed."""
    if (one.shape, one.kind) != (other.shape, other.kind):
        call.refuse(
            f"its condition is computed when the network runs, and its branches give "
            f"{list(one.shape)} {one.kind.value} and {list(other.shape)} {other.kind.value}; make "
            "both alike, or the condition a constant"
        )
    flat = reshape(call.graph, condition.name, condition, ())
    operands = [flat, one, other]
    name = call.output(position) or one.name
    return elementwise(call.graph, name, scalars.select, operands, one.kind)


CONTROL: Mapping[str, Handler] = {"If": _if}
"""Handlers by operator."""
