"""Scan: a loop over its inputs, with any body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import moved, shifted, transpose
from spatial_opt.frontends.graph.loop import loop, part_of_step
from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.frontends.onnx.call import Call, Handler
from spatial_opt.frontends.onnx.model import NetworkGraph
from spatial_opt.frontends.onnx.slicing import source_of
from spatial_opt.lowering.rnn.emitter import Dims


def _directions(call: Call, name: str, count: int) -> list[int]:
    found = call.integer_list(name) or [0] * count
    if len(found) != count or not set(found) <= {0, 1}:
        call.refuse(f"{name} {found} are not one of 0 and 1 for each of {count}")
    return found


def _axes(call: Call, name: str, count: int) -> list[int]:
    found = call.integer_list(name) or [0] * count
    if len(found) != count:
        call.refuse(f"{name} {found} are not one for each of {count}; correct them")
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
    axes = _axes(call, "scan_input_axes", inputs)
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
    axes = _axes(call, "scan_output_axes", len(stacks))
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
        ports = [port.name for port in self.body.inputs]
        ends = [source_of(self.body.nodes, port.name) for port in self.body.outputs[:count]]
        # Weights that the body hands to itself are read where they are, not carried along.
        moving = [n for n in range(count) if ends[n] != ports[n]]

        def body(carried: Sequence[Tensor], time: SSAValue) -> list[Tensor]:
            given = dict(zip(ports, self.states, strict=False))
            given |= {ports[n]: state for n, state in zip(moving, carried, strict=True)}
            for position, port in enumerate(ports[count:]):
                given[port] = self._slice(port, position, time)
            made = call.run(self.body, given)
            return [*(made[n] for n in moving), *made[count:]]

        states = [self.states[n] for n in moving]
        ended, stacks = loop(call.graph, self.steps, states, body, reverse=self.reverse)
        last = [*self.states]
        for n, state in zip(moving, ended, strict=True):
            last[n] = state
        for position, turn in enumerate(self.ends):
            if turn and not self.reverse:
                stacks[position] = _backwards(call.graph, stacks[position])
        return last, stacks

    def _slice(self, name: str, position: int, time: SSAValue) -> Tensor:
        """Write the kernel that takes a step's part of a scanned input."""
        x, axis = self.scanned[position], self.axes[position]
        if self.ways[position] and not self.reverse:
            last = self.steps - 1
            return part_of_step(self.call.graph, name, x, axis, time, first=last, stride=-1)
        return part_of_step(self.call.graph, name, x, axis, time)


def _backwards(graph: Graph, stack: Tensor) -> Tensor:
    steps = stack.shape[0]

    def access(i: Dims) -> Sequence[AffineExpr]:
        return [shifted(i[0] * -1, steps - 1), *i[1:]]

    return moved(graph, stack.name, stack, stack.shape, access)


SCAN: Mapping[str, Handler] = {"Scan": _scan}
"""Handlers by operator."""
