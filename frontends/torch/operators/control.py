"""The scan operator, whose body becomes patterns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xdsl.ir import SSAValue

from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.loop import loop, part_of_step
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.machine.errors import SpatialError

RunBody = Callable[[Any, Sequence[Tensor]], list[Tensor]]
"""From a graph module and the values of its inputs to its outputs."""


def scan(
    graph: Graph,
    name: str,
    body: Any,
    starts: Sequence[Tensor],
    scanned: Sequence[Tensor],
    others: Sequence[Tensor],
    run: RunBody,
) -> list[Tensor]:
    """
    Write a loop over the first dimension of `scanned`; give the last states, then the stacks.

    `others` is what the body takes from around it. Raises SpatialError for a state that changes
    its shape, and without anything to scan.
    """
    if not scanned:
        raise SpatialError("it scans nothing, so its number of steps is not known; give it xs")

    def step(states: Sequence[Tensor], time: SSAValue) -> list[Tensor]:
        slices = [part_of_step(graph, f"{name}.x{n}", x, 0, time) for n, x in enumerate(scanned)]
        return run(body, [*states, *slices, *others])

    last, stacks = loop(graph, scanned[0].shape[0], starts, step)
    return [*last, *stacks]
