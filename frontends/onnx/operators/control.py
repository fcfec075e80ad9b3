"""Operators with graphs inside: Scan, and If whose condition is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import moved, shifted, transpose
from spatial_opt.frontends.graph.loop import loop, part_of_step
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.frontends.onnx.call import Call, Handler
from spatial_opt.frontends.onnx.model import NetworkGraph
from spatial_opt.lowering.rnn.emitter import Dims


def _if(call: Call) -> Sequence[Tensor]:
    condition = call.constant(0, "condition")
    branches = call.subgraph("then_branch"), call.subgraph("else_branch")
    return call.run(branches[0 if condition is not None and np.all(condition) else 1], {})


def _directions(call: Call, name: str, count: int) -> list[int]:
    found = call.integer_list(name) or [0] * count
    if len(found) != count or not set(found) <= {0, 1}:
        call.refuse(f"{name} {found} are not one of 0 and 1 for each of {count}")
    return found


def _scan(call: Call) -> Sequence[Tensor]:
    if call.opset < 9:
        call.refuse(
            "Scan of opset 8 has a batch and lengths of its own, which later ones have not; export "
            "the model for opset 9 or later"
        )
    body = call.subgraph("body")
    operands = call.all_operands()
    inputs = call.integer("num_scan_inputs", 0)
    count = len(operands) - inputs
    outputs = len(body.outputs) - count
    if inputs < 1 or count < 0 or outputs < 0 or len(body.inputs) != len(operands):
        call.refuse(
            f"{len(operands)} inputs, {inputs} of them scanned, do not fit a body of "
            f"{len(body.inputs)} inputs and {len(body.outputs)} outputs; export the model again"
        )
    states, scanned = operands[:count], operands[count:]
    axes = call.integer_list("scan_input_axes") or [0] * inputs
    axes = [call.axis(axis, x.rank) for axis, x in zip(axes, scanned, strict=True)]
    steps = {x.shape[axis] for x, axis in zip(scanned, axes, strict=True)}
    if len(steps) != 1:
        call.refuse(f"its inputs have {sorted(steps)} steps; give all as many")
    ways = _directions(call, "scan_input_directions", inputs)
    ends = _directions(call, "scan_output_directions", outputs)
    scan = _Loop(call, body, states, scanned, axes, ways, ends, steps.pop())
    last, stacks = scan.write()
    return [*last, *_turned(call, count, stacks)]


def _turned(call: Call, count: int, stacks: Sequence[Tensor]) -> list[Tensor]:
    """Put the dimension of the steps where the outputs want it."""
    axes = call.integer_list("scan_output_axes") or [0] * len(stacks)
    turned: list[Tensor] = []
    for position, (stack, axis) in enumerate(zip(stacks, axes, strict=True)):
        rest = list(range(1, stack.rank))
        rest.insert(call.axis(axis, stack.rank), 0)
        name = call.output(count + position) or stack.name
        turned.append(transpose(call.graph, name, stack, rest))
    return turned


class _Loop:
    """A Scan being written."""

    def __init__(
        self,
        call: Call,
        body: NetworkGraph,
        states: Sequence[Tensor],
        scanned: Sequence[Tensor],
        axes: Sequence[int],
        ways: Sequence[int],
        ends: Sequence[int],
        steps: int,
    ) -> None:
        self.call = call
        self.body = body
        self.states = states
        self.scanned = scanned
        self.axes = axes
        self.ways = ways
        self.ends = ends
        self.steps = steps
        # All of it runs backwards: then the loop does, and nothing has to be turned round.
        self.reverse = bool(ways) and all([*ways, *ends])

    def write(self) -> tuple[list[Tensor], list[Tensor]]:
        """Write the loop; gives the last states, and the stacks with the steps first."""
        call, count = self.call, len(self.states)

        def body(carried: Sequence[Tensor], time: SSAValue) -> list[Tensor]:
            ports = [port.name for port in self.body.inputs]
            slices = [
                self._slice(port, position, time) for position, port in enumerate(ports[count:])
            ]
            return call.run(self.body, dict(zip(ports, [*carried, *slices], strict=True)))

        last, stacks = loop(call.graph, self.steps, self.states, body, reverse=self.reverse)
        for position, turn in enumerate(self.ends):
            if turn and not self.reverse:
                stacks[position] = _backwards(call.graph, stacks[position])
        return last, stacks

    def _slice(self, name: str, position: int, time: SSAValue) -> Tensor:
        """Write the kernel that takes a step's part of a scanned input."""
        x, axis = self.scanned[position], self.axes[position]
        back = bool(self.ways[position]) and not self.reverse
        return part_of_step(self.call.graph, name, x, axis, time, backwards=back)


def _backwards(graph: Graph, stack: Tensor) -> Tensor:
    steps = stack.shape[0]

    def access(i: Dims) -> Sequence[AffineExpr]:
        return [shifted(i[0] * -1, steps - 1), *i[1:]]

    return moved(graph, stack.name, stack, stack.shape, access)


CONTROL: Mapping[str, Handler] = {"Scan": _scan, "If": _if}
"""Handlers by operator."""
