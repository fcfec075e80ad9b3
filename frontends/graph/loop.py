"""Loops over steps whose states and outputs are tensors of any shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import reshape, scaled, shifted
from spatial_opt.frontends.graph.tensor import Shape, Tensor
from spatial_opt.lowering.rnn.emitter import Dims, Emitter
from spatial_opt.machine.errors import SpatialError

Body = Callable[[Sequence[Tensor], SSAValue], Sequence[Tensor]]
"""From the states and the index of a step to the next states, then what the step puts out."""


def loop(
    graph: Graph, steps: int, states: Sequence[Tensor], body: Body, *, reverse: bool = False
) -> tuple[list[Tensor], list[Tensor]]:
    """
    Write a loop; give the last states, and what the steps put out, stacked with the steps first.

    Raises SpatialError for a state that changes its shape or type.
    """
    shapes: list[Shape] = []

    def step(
        carried: Sequence[Tensor], time: SSAValue
    ) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        made = body(carried, time)
        following, emitted = made[: len(states)], made[len(states) :]
        for state, after in zip(states, following, strict=True):
            if (state.shape, state.kind) != (after.shape, after.kind):
                raise SpatialError(
                    f"state {state.name!r} begins as {_text(state)} and goes on as "
                    f"{_text(after)}; a state keeps shape and type"
                )
        shapes.extend(each.shape for each in emitted)
        return following, emitted

    last, stacks = graph.scan(steps, states, step, reverse=reverse)
    shaped = [
        reshape(graph, stack.name, stack, (steps, *shape))
        for stack, shape in zip(stacks, shapes, strict=True)
    ]
    return last, shaped


def _text(tensor: Tensor) -> str:
    shape = "x".join(map(str, tensor.shape))
    return f"{shape} {tensor.kind.value}" if shape else f"one of {tensor.kind.value}"


def part_of_step(
    graph: Graph,
    name: str,
    x: Tensor,
    axis: int,
    time: SSAValue,
    *,
    first: int = 0,
    stride: int = 1,
    count: int | None = None,
) -> Tensor:
    """
    Write the kernel that takes a step's part of a tensor.

    Step t takes the element `first` + `stride` * t of the axis, which is gone then; with `count`
    so many from there on, and the axis stays.
    """
    kept = () if count is None else (count,)
    shape = (*x.shape[:axis], *kept, *x.shape[axis + 1 :])

    def access(i: Dims) -> Sequence[AffineExpr]:
        now, *own = i
        place = shifted(scaled(now, stride), first)
        if count is not None:
            place = place + own.pop(axis)
        return [*own[:axis], place, *own[axis:]]

    def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
        return graph.read(e, x, [time, *indices], access)

    return graph.kernel(name, shape, x.kind, body)
