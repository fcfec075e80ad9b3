"""
The order in which the processes of a configuration run when only values matter.

Within the body of a controller (and at the top) the activations of one iteration are ordered by
the links without initial tokens; a link with initial tokens carries something over to a later
iteration. A port that several streams of a memory share adds their turns.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from spatial_opt.dialects.spatial import (
    ConfigOp,
    ControllerOp,
    GatherOp,
    LinkOp,
    ReadOp,
    WriteOp,
)
from spatial_opt.dialects.spatial_ports import Port, Process, links, processes
from spatial_opt.machine.errors import SpatialError


def is_plain(link: LinkOp) -> bool:
    """Whether each token sent is taken, once."""
    numbers = link.init.value.data, link.every.value.data, link.hold.value.data
    return numbers == (0, 1, 1)


@dataclass(frozen=True, eq=False)
class Edge:
    """A link (or the turn of a shared port) between two processes."""

    name: str
    source: Process
    target: Process
    initial: int
    """Iterations by which the target may be ahead of the source; 0 orders one iteration."""
    link: LinkOp | None
    """None for the turn of a port."""


@dataclass(frozen=True, eq=False)
class Loop:
    """The body of a controller (None: the whole configuration) in an order that works."""

    controller: ControllerOp | None
    nodes: tuple[Process | Loop, ...]

    @property
    def bounds(self) -> tuple[int, ...]:
        """Trip counts of the controller, outermost first."""
        return () if self.controller is None else tuple(self.controller.bounds.get_values())

    def processes(self) -> Iterator[Process]:
        """All processes inside, in order."""
        for node in self.nodes:
            if isinstance(node, Process):
                yield node
            else:
                yield from node.processes()


@dataclass
class Structure:
    """The processes and edges of a configuration, in the order of the text."""

    config: ConfigOp
    processes: list[Process] = field(default_factory=list[Process])
    edges: list[Edge] = field(default_factory=list[Edge])
    ports: dict[tuple[str, str], tuple[Process, Port]] = field(
        default_factory=dict[tuple[str, str], tuple[Process, Port]]
    )
    """By (unit, port)."""


def config_of(module: ModuleOp | ConfigOp) -> ConfigOp:
    """Give the one configuration of a module; `SpatialError` if there is none or several."""
    if isinstance(module, ConfigOp):
        return module
    found = [op for op in module.body.block.ops if isinstance(op, ConfigOp)]
    if len(found) != 1:
        raise SpatialError(
            f"the module holds {len(found)} configurations (spatial.config), but one is needed; "
            "lower a network with convert-pattern-to-spatial first"
        )
    return found[0]


def body_of(process: Process) -> ControllerOp | None:
    """Give the controller whose iterations fire the process; a controller is in its own body."""
    if isinstance(process.op, ControllerOp):
        return process.op
    return process.controllers[-1] if process.controllers else None


def _loops(process: Process) -> tuple[ControllerOp, ...]:
    if isinstance(process.op, ControllerOp):
        return (*process.controllers, process.op)
    return process.controllers


def structure_of(config: ConfigOp) -> Structure:
    """
    List the processes of a configuration and the edges between them.

    Raises `SpatialError` for a link that ends at a port that isn't there.
    """
    structure = Structure(config, processes(config))
    for process in structure.processes:
        for port in process.ports:
            structure.ports[process.unit.sym_name.data, port.name] = process, port
    for link in links(config):
        source = _end(structure, link, link.source, "out")
        target = _end(structure, link, link.target, "in")
        structure.edges.append(Edge(link_name(link), source, target, link.init.value.data, link))
    _add_port_turns(structure)
    return structure


def link_name(link: LinkOp) -> str:
    """Give the two ends of a link as in the text."""
    (source, sent), (target, received) = link.source, link.target
    return f"@{source}::@{sent} to @{target}::@{received}"


def _end(structure: Structure, link: LinkOp, end: tuple[str, str], direction: str) -> Process:
    unit, name = end
    found = structure.ports.get(end)
    if found is not None and found[1].direction == direction:
        return found[0]
    wrong = f"link {link_name(link)}: @{unit}::@{name} is no {direction}put port"
    if found is not None:
        raise SpatialError(f"{wrong}; exchange the ends")
    there = [
        f"@{other}"
        for (owner, other), (_, port) in structure.ports.items()
        if owner == unit and port.direction == direction
    ]
    hint = f"@{unit} has {', '.join(there)}" if there else f"@{unit} has none"
    raise SpatialError(f"{wrong}; {hint}")


def _add_port_turns(structure: Structure) -> None:
    """Streams that share a port of a memory take turns."""
    sharing: dict[tuple[str, bool, int], list[Process]] = {}
    for process in structure.processes:
        if isinstance(process.op, ReadOp | GatherOp | WriteOp):
            unit = process.unit.sym_name.data
            key = unit, isinstance(process.op, WriteOp), process.op.port.value.data
            sharing.setdefault(key, []).append(process)
    for (unit, writes, port), streams in sharing.items():
        name = f"turn of {'write' if writes else 'read'} port {port} of @{unit}"
        for first, second, initial in turns_of(streams):
            structure.edges.append(Edge(name, first, second, initial, None))


def turns_of(streams: Sequence[Process]) -> list[tuple[Process, Process, int]]:
    """
    Say who has a port after whom, and whether it is that one's turn already at the start.

    Streams of a port take turns in the order of the text, and then the first has the next turn.
    Those that are outside the innermost controller have theirs before or after all of these.
    """
    times = {"before": 0, None: 1, "after": 2}
    ordered = sorted(streams, key=lambda stream: times[_when(stream)])
    repeated = [stream for stream in ordered if _when(stream) is None]
    found = [(first, second, 0) for first, second in pairwise(ordered)]
    if len(repeated) > 1:
        found.append((repeated[-1], repeated[0], 1))
    outside = [stream for stream in ordered if _when(stream) is not None]
    if len(ordered) > 1 and any(stream.controllers for stream in outside):
        # An outer controller starts it all over.
        found.append((ordered[-1], ordered[0], 1))
    return found


def _when(stream: Process) -> str | None:
    when = stream.op.when if isinstance(stream.op, ReadOp | WriteOp) else None
    return None if when is None else when.data


def siblings(source: Process, target: Process) -> tuple[ControllerOp | None, Operation, Operation]:
    """
    Give the innermost body that two processes share, and the op that stands for each in it.

    A unit inside a nested controller is stood for by that controller.
    """
    around, other = _loops(source), _loops(target)
    depth = 0
    for a, b in zip(around, other, strict=False):
        if a is not b:
            break
        depth += 1
    body = around[depth - 1] if depth else None
    first = around[depth] if len(around) > depth else source.op
    second = other[depth] if len(other) > depth else target.op
    return body, first, second


def order_activations(structure: Structure) -> Loop:
    """
    Order the activations of every body.

    Raises `SpatialError` for an input port that no link feeds, and for a cycle of links without
    initial tokens, which it names: nothing on it can ever start.
    """
    fed = {edge.link.target for edge in structure.edges if edge.link is not None}
    for unit, port in structure.ports:
        if structure.ports[unit, port][1].direction == "in" and (unit, port) not in fed:
            raise SpatialError(f"no link feeds port @{unit}::@{port}; add one")
    # A body holds its own controller as a process beside its units; the controller with all it
    # repeats is a node of the body around it. Either way the op is the key within one body.
    members: dict[ControllerOp | None, dict[Operation, Process | None]] = {None: {}}
    numbers: dict[Operation, int] = {
        process.op: number for number, process in enumerate(structure.processes)
    }
    for process in structure.processes:
        members.setdefault(body_of(process), {})[process.op] = process
        if isinstance(process.op, ControllerOp):
            around = process.controllers[-1] if process.controllers else None
            members.setdefault(around, {})[process.op] = None
    edges: dict[ControllerOp | None, list[tuple[Operation, Operation, Edge]]] = {}
    for edge in structure.edges:
        if edge.initial == 0:
            body, first, second = siblings(edge.source, edge.target)
            edges.setdefault(body, []).append((first, second, edge))

    def build(body: ControllerOp | None) -> Loop:
        inside = members.get(body, {})
        nodes: list[Process | Loop] = []
        for op in _sort({op: numbers[op] for op in inside}, edges.get(body, [])):
            process = inside[op]
            if process is not None:
                nodes.append(process)
            elif isinstance(op, ControllerOp):
                nodes.append(build(op))
        return Loop(body, tuple(nodes))

    return build(None)


def _sort(
    numbers: dict[Operation, int], edges: Sequence[tuple[Operation, Operation, Edge]]
) -> list[Operation]:
    """Order topologically, ties in the order of the text."""
    after: dict[Operation, list[Operation]] = {op: [] for op in numbers}
    pending: dict[Operation, int] = dict.fromkeys(numbers, 0)
    for first, second, _ in edges:
        after[first].append(second)
        pending[second] += 1
    by_number = {number: op for op, number in numbers.items()}
    ready = [numbers[op] for op, count in pending.items() if count == 0]
    heapq.heapify(ready)
    ordered: list[Operation] = []
    while ready:
        op = by_number[heapq.heappop(ready)]
        ordered.append(op)
        for other in after[op]:
            pending[other] -= 1
            if pending[other] == 0:
                heapq.heappush(ready, numbers[other])
    if len(ordered) < len(numbers):
        cycle = _find_cycle(edges, lambda op: pending[op] > 0)
        listed = ", then ".join(edge.name for edge in cycle)
        raise SpatialError(
            "deadlock: these links form a cycle without an initial token, so no process on it "
            f"can start: {listed}; give the one that closes the loop an initial token (init 1)"
        )
    return ordered


def _find_cycle(
    edges: Sequence[tuple[Operation, Operation, Edge]], stuck: Callable[[Operation], bool]
) -> list[Edge]:
    """Give the edges of one cycle among the ops for which `stuck` holds."""
    # Walked backwards: every stuck op has a stuck predecessor.
    before: dict[Operation, tuple[Operation, Edge]] = {}
    for first, second, edge in edges:
        if stuck(first) and stuck(second):
            before.setdefault(second, (first, edge))
    op = next(iter(before))
    path: list[Edge] = []
    seen: dict[Operation, int] = {}
    while op not in seen:
        seen[op] = len(path)
        op, edge = before[op]
        path.append(edge)
    return path[seen[op] :][::-1]
