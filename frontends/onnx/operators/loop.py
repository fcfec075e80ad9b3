"""Loop: one whose number of steps is known before the network runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from xdsl.ir import SSAValue

from spatial_opt.frontends.graph.layout import renamed
from spatial_opt.frontends.graph.loop import loop, part_of_step
from spatial_opt.frontends.graph.tensor import Array, Tensor
from spatial_opt.frontends.onnx.call import Call, Handler
from spatial_opt.frontends.onnx.counted_reads import Piece, piece_at, slice_of_steps
from spatial_opt.frontends.onnx.counting import (
    Body,
    Count,
    changing,
    computable,
    count,
    counted_states,
)
from spatial_opt.frontends.onnx.model import NetworkGraph, Node, Port
from spatial_opt.frontends.onnx.slicing import free_names, needed, reads, source_of


def _loop(call: Call) -> Sequence[Tensor]:
    body = call.subgraph("body")
    operands = [call.optional(position) for position in range(len(call.operands))]
    states = operands[2:]
    if len(body.inputs) != len(states) + 2 or len(body.outputs) < len(states) + 1:
        call.refuse(
            f"{len(states)} states do not fit a body of {len(body.inputs)} inputs and "
            f"{len(body.outputs)} outputs; export the model again"
        )
    trips, going = call.constant(0, "steps"), call.constant(1, "condition")
    for what, array in (("number of steps", trips), ("condition", going)):
        if array is not None and array.size != 1:
            call.refuse(f"its {what} is {array.size} numbers; it is one")
    if going is not None and not np.all(going):
        call.refuse("its condition is false, so it makes no step; take it out of the network")
    given = [
        call.refuse(f"input {n + 2} is missing; give it") if state is None else state
        for n, state in enumerate(states)
    ]
    return _Loop(call, body, given).write(None if trips is None else int(trips.reshape(-1)[0]))


@dataclass
class _Loop:
    """A Loop being written."""

    call: Call
    body: NetworkGraph
    states: Sequence[Tensor]

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """Name each state at the start of a step and at its end."""
        ends = self.body.outputs[1 : len(self.states) + 1]
        return [(a.name, b.name) for a, b in zip(self.body.inputs[2:], ends, strict=True)]

    @cached_property
    def same(self) -> dict[str, Tensor]:
        """Return the states that never change: weights that the loop hands to itself."""
        return {
            start: state
            for (start, end), state in zip(self.names, self.states, strict=True)
            if source_of(self.body.nodes, end) == start
        }

    @cached_property
    def facts(self) -> Body:
        """Return what can be counted of the body."""
        fixed: dict[str, Array] = dict(self.body.constants)
        for name in free_names(self.body):
            found = self.call.around.get(name)
            if found is not None and found.array is not None:
                fixed.setdefault(name, found.array)
        fixed |= {name: t.array for name, t in self.same.items() if t.array is not None}
        starts = {
            name: tensor.array
            for (name, _), tensor in zip(self.names, self.states, strict=True)
            if tensor.array is not None
        }
        moving = [pair for pair in self.names if pair[0] not in self.same]
        return Body(self.body, moving, starts, fixed, self.call.versions)

    def write(self, trips: int | None) -> list[Tensor]:
        """Write the loop; gives its last states, then the stacks."""
        counters = counted_states(self.facts)
        counted = changing(self.facts, counters)
        carried = [
            (start, end, state)
            for (start, end), state in zip(self.names, self.states, strict=True)
            if start not in self.same and start not in counters
        ]
        emitted = [port.name for port in self.body.outputs[len(self.states) + 1 :]]
        results = [*(end for _, end, _ in carried), *emitted]
        nodes = [n for n in needed(self.body.nodes, results) if counted.isdisjoint(n.outputs)]
        read = {name for node in nodes for name in reads(node)} | set(results)
        tables = [name for name in counted if name in read]
        # What is cut out of a tensor may be told by what the body makes of constants.
        places = {name for node in nodes if node.operator == "Slice" for name in node.inputs[1:]}
        places &= computable(self.facts, counters)
        found = count(self.facts, trips, counters, [*dict.fromkeys([*tables, *sorted(places)])])
        last, stacks = self._written(nodes, carried, results, found, tables)
        by_start = {start: end for (start, _, _), end in zip(carried, last, strict=True)}
        by_start |= {n: Tensor.constant(n, found.last[n]) for n in counters} | self.same
        return [*(by_start[start] for start, _ in self.names), *stacks]

    def _written(
        self,
        nodes: Sequence[Node],
        carried: Sequence[tuple[str, str, Tensor]],
        results: Sequence[str],
        found: Count,
        tables: Sequence[str],
    ) -> tuple[list[Tensor], list[Tensor]]:
        if not results:
            return [], []
        graph = self.call.graph
        pieces = {
            node.outputs[0]: piece
            for node in nodes
            if (piece := self._piece(node, found)) is not None
        }
        rest = replace(
            self.body, nodes=[node for node in nodes if node.outputs[0] not in pieces], inputs=[]
        )
        used = {name for node in rest.nodes for name in reads(node)} | set(results)

        def step(states: Sequence[Tensor], time: SSAValue) -> list[Tensor]:
            given = {start: state for (start, _, _), state in zip(carried, states, strict=True)}
            given |= self.same
            given |= {name: piece.write(graph, name, time) for name, piece in pieces.items()}
            for name in tables:
                if name in used:
                    table = Tensor.constant(f"{self.call.name}.{name}", found.values[name])
                    given[name] = part_of_step(graph, name, table, 0, time)
            made = self.call.run(replace(rest, outputs=self._ports(results)), given)
            return [renamed(tensor, name) for tensor, name in zip(made, results, strict=True)]

        return loop(graph, found.steps, [state for _, _, state in carried], step)

    def _ports(self, names: Sequence[str]) -> list[Port]:
        ports = {port.name: port for port in self.body.outputs}
        return [ports[name] for name in names]

    def _piece(self, node: Node, found: Count) -> Piece | None:
        """Return what an operation takes that reads at counted places, None for other ones."""
        if node.operator not in ("Gather", "Slice") or len(node.inputs) < 2:
            return None
        if node.inputs[1] not in found.values:
            return None
        x = self._unchanged(node.inputs[0])
        rows = [self._of_all_steps(name, found) for name in node.inputs[1:]]
        known = [each for each in rows if each is not None]
        if x is None or not x.rank or len(known) < len(rows):
            return None
        if node.operator == "Slice":
            return slice_of_steps(self.call, x, known)
        axis = self.call.axis(int(node.attributes.get("axis", 0)), x.rank)
        return piece_at(x, axis, known[0], None)

    def _unchanged(self, name: str) -> Tensor | None:
        """Return a value that every step reads as it was in front of the loop."""
        own = {port.name for port in self.body.inputs} | set(self.body.constants)
        own |= {name for node in self.body.nodes for name in node.outputs}
        return self.same.get(name) if name in own else self.call.around.get(name)

    def _of_all_steps(self, name: str, found: Count) -> Array | None:
        """Return what is known of a value at each step."""
        fixed = self.facts.constants.get(name)
        if fixed is not None:
            return np.broadcast_to(fixed, (found.steps, *fixed.shape))
        return found.values.get(name)


LOOP: Mapping[str, Handler] = {"Loop": _loop}
"""Handlers by operator."""
