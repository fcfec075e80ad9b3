"""
A static check that no two streams of a memory touch the same elements in unknown order.

For streams A and B of one memory the links say how the iterations of the controller around them
are ordered: if the initial tokens on some path from A to B sum to d, then A's iteration n comes
before B's iteration n + d. Pairs of iterations that are ordered in neither direction must touch
different elements, as the two halves of a double buffer do. What is ordered is judged by whole
activations: a path of data links counts like one of tokens. A stream that is outside the
innermost controller of its memory is ordered with all its iterations at once, by a path without
initial tokens from or to the very stream inside.
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from math import prod

import numpy as np
from xdsl.ir import Operation

from spatial_opt.dialects.spatial import (
    ConfigOp,
    ControllerOp,
    GatherOp,
    PmuOp,
    ReadOp,
    WriteOp,
)
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.numpy_access import Access
from spatial_opt.runtime.order import Edge, Structure, siblings, structure_of
from spatial_opt.runtime.stream_places import firing_elements, firing_offsets

ITERATIONS = 8
"""Iterations of the controllers looked at, from the first on; buffers take turns faster."""


@dataclass(frozen=True)
class Race:
    """Two streams whose accesses to an element are not ordered."""

    memory: str
    first: str
    second: str
    first_iteration: tuple[int, ...]
    second_iteration: tuple[int, ...]
    element: tuple[int, ...]

    @property
    def message(self) -> str:
        """One sentence for the user, with a remedy."""
        when = (
            f" (iterations {list(self.first_iteration)} and {list(self.second_iteration)})"
            if self.first_iteration
            else ""
        )
        return (
            f"unordered access to memory @{self.memory}: @{self.first} and @{self.second} both "
            f"touch element {list(self.element)}{when}, and no path of links orders them; add a "
            "token link from one's signals to the other's waits, or use more buffers"
        )


def check_races(config: ConfigOp) -> list[Race]:
    """List one finding per pair of streams (at least one writes) that may clash."""
    structure = structure_of(config)
    streams: dict[str, list[Process]] = {}
    for process in structure.processes:
        if isinstance(process.op, ReadOp | GatherOp | WriteOp):
            streams.setdefault(process.unit.sym_name.data, []).append(process)
    pairs = [
        pair
        for members in streams.values()
        for pair in combinations(members, 2)
        if any(isinstance(process.op, WriteOp) for process in pair)
    ]
    if not pairs:
        return []
    graphs = _graphs(structure)
    across: dict[ControllerOp | None, Graph] = {}
    accesses: dict[Operation, Access] = {}
    found: list[Race] = []
    for first, second in pairs:
        body = siblings(first, second)[0]
        if first.controllers == second.controllers:
            graph = graphs.get(body, {})
        else:
            graph = across.setdefault(body, _across(structure, body))
        forth = _distance(graph, first.op, second.op)
        back = _distance(graph, second.op, first.op)
        race = _clash(first, second, forth, back, accesses)
        if race is not None:
            found.append(race)
    return found


def refuse_races(config: ConfigOp) -> None:
    """Raise `SpatialError` for the first race of a configuration."""
    races = check_races(config)
    if races:
        more = f" ({len(races) - 1} more pairs)" if len(races) > 1 else ""
        raise SpatialError(races[0].message + more)


Graph = Mapping[Operation, Sequence[tuple[Operation, int]]]


def _graphs(structure: Structure) -> dict[ControllerOp | None, Graph]:
    graphs: dict[ControllerOp | None, dict[Operation, list[tuple[Operation, int]]]] = {}
    for edge in structure.edges:
        body, first, second = siblings(edge.source, edge.target)
        graphs.setdefault(body, {}).setdefault(first, []).append((second, _initial(edge)))
    return {body: graph for body, graph in graphs.items()}


def _across(structure: Structure, body: ControllerOp | None) -> Graph:
    """Join the processes in a body with those of its inner controllers, each iteration's own."""
    graph: dict[Operation, list[tuple[Operation, int]]] = {}
    for edge in structure.edges:
        initial = _initial(edge)
        if not initial or siblings(edge.source, edge.target)[0] is body:
            graph.setdefault(edge.source.op, []).append((edge.target.op, initial))
    return graph


def _initial(edge: Edge) -> int:
    """Iterations that the target of an edge may be ahead."""
    if edge.link is not None and edge.source.controllers == edge.target.controllers:
        # A token for `every` iterations, held for as many, orders whole groups of them.
        return edge.initial * max(edge.link.every.value.data, 1)
    return edge.initial


def _distance(graph: Graph, start: Operation, goal: Operation) -> int | None:
    """Give the least sum of initial tokens on a path, None without a path."""
    numbers = {start: 0}
    heap: list[tuple[int, int, Operation]] = [(0, 0, start)]
    done: set[Operation] = set()
    while heap:
        distance, _, op = heapq.heappop(heap)
        if op is goal:
            return distance
        if op in done:
            continue
        done.add(op)
        for other, more in graph.get(op, ()):
            if other not in done:
                number = numbers.setdefault(other, len(numbers))
                heapq.heappush(heap, (distance + more, number, other))
    return None


def _clash(
    first: Process,
    second: Process,
    forth: int | None,
    back: int | None,
    accesses: dict[Operation, Access],
) -> Race | None:
    shared = min(len(first.controllers), len(second.controllers))
    iterations = [_iterations(process, shared) for process in (first, second)]
    for (m, here), (n, there) in product(*iterations):
        # second's n follows first's m, or first's m follows second's n.
        if (forth is not None and n - m >= forth) or (back is not None and m - n >= back):
            continue
        common = np.intersect1d(
            _elements(first, here, accesses), _elements(second, there, accesses), True
        )
        if common.size:
            memory = _memory(first)
            shape = tuple(memory.held.get_shape())
            place = np.unravel_index(int(common[0]), shape)
            return Race(
                memory.sym_name.data,
                first.name.replace("::", "::@"),
                second.name.replace("::", "::@"),
                here,
                there,
                tuple(int(i) for i in place),
            )
    return None


def _iterations(process: Process, shared: int) -> list[tuple[int, tuple[int, ...]]]:
    """List the first iterations of a process, after their numbers in the `shared` controllers."""
    bounds = [c.bounds.get_values() for c in process.controllers]
    inner = prod(b for of in bounds[shared:] for b in of)
    points = product(*(range(b) for of in bounds for b in of))
    return [(number // inner, point) for number, point in enumerate(islice(points, ITERATIONS))]


def _memory(process: Process) -> PmuOp:
    if not isinstance(process.unit, PmuOp):
        raise RuntimeError(f"stream {process.name} outside a memory unit; this is a bug")
    return process.unit


def _elements(process: Process, point: tuple[int, ...], accesses: dict[Operation, Access]) -> Array:
    op, memory = process.op, _memory(process)
    shape = tuple(memory.held.get_shape())
    if not isinstance(op, ReadOp | GatherOp | WriteOp):
        raise RuntimeError(f"{process.name} is no stream; this is a bug")
    if op not in accesses:
        outer = sum(len(controller.bounds) for controller in process.controllers)
        # A counter that no address uses only repeats elements.
        used = {dim for expr in op.map.data.results for dim in expr.used_dims()}
        bounds = [b if outer + i in used else 1 for i, b in enumerate(process.bounds)]
        if isinstance(op, GatherOp):
            # Any element of the rows it addresses.
            accesses[op] = Access(
                process.name,
                op.map.data,
                outer,
                bounds,
                shape[:-1],
                0,
            )
        else:
            accesses[op] = Access(
                process.name,
                op.map.data,
                outer,
                bounds,
                shape,
                firing_elements(op),
                firing_offsets(op),
            )
    touched = accesses[op].elements(point)
    if isinstance(op, GatherOp):
        return (touched[:, None] * shape[-1] + np.arange(shape[-1])).reshape(-1)
    return touched
