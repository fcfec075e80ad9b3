"""
The portable evaluator: a configuration's values on numpy, activation by activation.

Each process runs once per iteration of its controllers, in the order of
`spatial_opt.runtime.order`; links are queues of token arrays. It knows nothing about the network
that was compiled: what flows where is what the links say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import prod

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import (
    AgOp,
    ConfigOp,
    ControllerOp,
    DramOp,
    GatherOp,
    InputOp,
    LinkOp,
    OutputOp,
    PcuOp,
    PmuOp,
    ReadOp,
    WriteOp,
    token_elements,
)
from spatial_opt.dialects.spatial_ports import Process, trip_count
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.boundary import sample_count
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.memory_contents import Contents, input_ranks, memories, outputs
from spatial_opt.runtime.numpy_access import Access
from spatial_opt.runtime.numpy_datapath import Datapath, token_axes
from spatial_opt.runtime.numpy_state import Point, Queue, State
from spatial_opt.runtime.order import (
    Edge,
    Loop,
    config_of,
    link_name,
    order_activations,
    structure_of,
)
from spatial_opt.runtime.stream_places import firing_elements, firing_offsets

Run = Callable[[State, Point], None]
"""Run one activation of a process."""


class Prepared:
    """A configuration ready to run, any number of times."""

    def __init__(self, config: ConfigOp) -> None:
        self.config = config
        self._structure = structure_of(config)
        self._order = order_activations(self._structure)
        self._edges = [edge for edge in self._structure.edges if edge.link is not None]
        self._sources: dict[tuple[str, str], list[int]] = {}
        self._targets: dict[tuple[str, str], list[int]] = {}
        self._axes: list[int | None] = []
        for number, edge in enumerate(self._edges):
            link = _link_of(edge)
            self._sources.setdefault(link.source, []).append(number)
            self._targets.setdefault(link.target, []).append(number)
            self._axes.append(self._token_axes(link))
        self._written = {
            op.sym_name.data: any(isinstance(stream, WriteOp) for stream in op.streams)
            for op in memories(config)
        }
        self._buffers: dict[str, tuple[int, ...]] = {
            op.sym_name.data: tuple(op.tensor.get_shape())
            for op in config.body.block.ops
            if isinstance(op, InputOp | DramOp | OutputOp)
        }
        self._runs: dict[str, Run] = {
            process.name: self._compile(process) for process in self._structure.processes
        }

    def _token_axes(self, link: LinkOp) -> int | None:
        sent = self._structure.ports[link.source][1].type
        taken = self._structure.ports[link.target][1].type
        if sent != taken:
            raise SpatialError(
                f"link {link_name(link)} sends {sent or 'tokens'} where its destination takes "
                f"{taken or 'tokens'}; convert before sending"
            )
        return None if sent is None else len(token_axes(sent))

    # --- one process ----------------------------------------------------------------------

    def _compile(self, process: Process) -> Run:
        match process.op:
            case ReadOp() as op:
                return self._compile_read(process, op)
            case GatherOp() as op:
                return self._compile_gather(process, op)
            case WriteOp() as op:
                return self._compile_write(process, op)
            case PcuOp() as op:
                return self._compile_pcu(op)
            case AgOp() as op:
                return self._compile_ag(process, op)
            case _:
                return _nothing

    def _sender(self, unit: str, port: str) -> Callable[[State, Array], None]:
        numbers = self._sources.get((unit, port), [])

        def send(state: State, tokens: Array) -> None:
            for number in numbers:
                state.queue(number).push(tokens)

        return send

    def _taker(self, unit: str, port: str, count: int) -> Callable[[State], Array]:
        """Fetch the `count` tokens of one activation, from one link or one window after another."""
        numbers = self._targets.get((unit, port), [])
        if not numbers:
            raise SpatialError(f"no link feeds port @{unit}::@{port}; add one")
        if len(numbers) == 1:
            only = numbers[0]
            return lambda state: state.queue(only).pop(count)
        windows: list[tuple[int, int, int]] = []
        periods: set[int] = set()
        for number in numbers:
            link = _link_of(self._edges[number])
            if link.span is None:
                raise SpatialError(
                    f"{len(numbers)} links feed port @{unit}::@{port}; give each a window"
                )
            windows.append((*link.span, number))
            periods.add(link.period(count))
        windows.sort()
        edges = [0, *(high for _, high, _ in windows)]
        covered = [low for low, _, _ in windows] == edges[:-1] and {edges[-1]} == periods
        if not covered or count % edges[-1]:
            listed = ", ".join(f"({low}, {high})" for low, high, _ in windows)
            of = "" if periods == {count} else f" of {' and '.join(map(str, sorted(periods)))}"
            raise SpatialError(
                f"the windows of port @{unit}::@{port} are {listed}{of}, but together they must "
                f"cover its {count} tokens once"
            )
        rounds = count // edges[-1]

        def take(state: State) -> Array:
            pieces: list[Array] = []
            for low, high, number in windows:
                queue = state.queue(number)
                array = queue.pop((high - low) * rounds)
                axes = array.shape[array.ndim - queue.axes :]
                pieces.append(array.reshape(rounds, high - low, *axes))
            joined = np.concatenate(pieces, axis=1)
            return joined.reshape(count, *joined.shape[2:])

        return take

    def _memory_access(
        self, process: Process, op: ReadOp | GatherOp | WriteOp, shape: Sequence[int], width: int
    ) -> Access:
        name = f"@{process.unit.sym_name.data}::@{op.sym_name.data}"
        offsets = None if isinstance(op, GatherOp) or not width else firing_offsets(op)
        return Access(name, op.map.data, _outer(process), process.bounds, shape, width, offsets)

    def _compile_read(self, process: Process, op: ReadOp) -> Run:
        unit, memory = _memory(process)
        shape = tuple(memory.held.get_shape())
        senders = [self._sender(unit, port) for port in op.port_names]
        axes = token_axes(op.type_)
        width = sum(axes) if len(senders) == 1 else firing_elements(op)
        access = self._memory_access(process, op, shape, width)
        padded, copy = op.padded is not None, self._written[unit]

        def run(state: State, point: Point) -> None:
            tokens = access.read(state.memories[unit], point, padded, copy)
            if len(senders) == 1:
                senders[0](state, tokens)
                return
            each = tokens.reshape(*process.bounds, len(senders), *axes)
            for number, send in enumerate(senders):
                send(state, each[(..., number, *(slice(None) for _ in axes))])

        return run

    def _compile_gather(self, process: Process, op: GatherOp) -> Run:
        unit, memory = _memory(process)
        shape = tuple(memory.held.get_shape())
        lead = self._memory_access(process, op, shape[:-1], 0)
        size = shape[-1]
        axes = token_axes(op.type_)
        take = self._taker(unit, op.index_port.data, trip_count(process.bounds))
        send = self._sender(unit, op.sym_name.data)

        def run(state: State, point: Point) -> None:
            rows = lead.flat(point)
            index = take(state).reshape((*process.bounds, *axes))
            outside = (index < 0) | (index >= size)
            if outside.any():
                first = [int(i) for i in np.argwhere(outside)[0]]
                raise SpatialError(
                    f"{lead.name} gathers at index {int(index[tuple(first)])} outside its memory "
                    f"of shape {list(shape)}, at enclosing counters {list(point)} and own counters "
                    f"{first[: len(process.bounds)]}; correct or clamp the index"
                )
            rows = rows.reshape((*process.bounds, *(1,) * len(axes)))
            flat = state.memories[unit].reshape(-1)
            send(state, flat[rows * size + index])

        return run

    def _compile_write(self, process: Process, op: WriteOp) -> Run:
        unit, memory = _memory(process)
        count = trip_count(process.bounds)
        takers = [self._taker(unit, port, count) for port in op.port_names]
        scalar = not token_axes(op.type_)
        width = token_elements(op.type_) * len(takers)
        single = scalar and len(takers) == 1
        shape = tuple(memory.held.get_shape())
        access = self._memory_access(process, op, shape, 0 if single else width)
        clip = op.clip is not None
        lead = process.bounds if single else (*process.bounds, -1)

        def run(state: State, point: Point) -> None:
            tokens = [take(state).reshape(lead) for take in takers]
            values = tokens[0] if len(tokens) == 1 else np.concatenate(tokens, axis=-1)
            access.write(state.memories[unit], point, values, clip)

        return run

    def _compile_pcu(self, op: PcuOp) -> Run:
        unit = op.sym_name.data
        datapath = Datapath(op)
        takers = [
            self._taker(unit, each.port.data, prod(datapath.token_bounds(each)))
            for each in datapath.receives
        ]
        senders = [self._sender(unit, each.port.data) for each in datapath.sends]

        def run(state: State, point: Point) -> None:
            results = datapath.run([take(state) for take in takers])
            for send, tokens in zip(senders, results, strict=True):
                send(state, tokens)

        return run

    def _compile_ag(self, process: Process, op: AgOp) -> Run:
        unit, buffer = op.sym_name.data, op.buffer.root_reference.data
        if buffer not in self._buffers:
            known = ", ".join(f"@{name}" for name in self._buffers) or "none"
            raise SpatialError(f"@{unit} moves @{buffer}, but the DRAM buffers are {known}")
        shape = self._buffers[buffer]
        width = sum(token_axes(op.type_))
        access = Access(f"@{unit}", op.map.data, _outer(process), process.bounds, shape, width)
        if op.direction.data == "loads":
            send = self._sender(unit, "data")

            def load(state: State, point: Point) -> None:
                # The last burst of a row may reach beyond it; those elements are 0.
                send(state, access.read(state.buffers[buffer], point, padded=True, copy=False))

            return load
        take = self._taker(unit, "data", trip_count(process.bounds))

        def store(state: State, point: Point) -> None:
            values = take(state).reshape(access.token_shape)
            access.write(state.buffers[buffer], point, values, clip=True)

        return store

    # --- everything -----------------------------------------------------------------------

    def run(
        self, inputs: Mapping[str, object], parameters: Mapping[str, object]
    ) -> dict[str, Array]:
        """
        Evaluate: result name -> held values (float32 for floats), shaped as declared.

        Inputs with one extra leading axis are samples, evaluated one after another from the same
        initial state; the results then have that axis too. Raises `SpatialError` for bad arrays,
        addresses outside a memory, and links that bring fewer tokens than are taken.
        """
        ranks = input_ranks(self.config)
        samples = sample_count(inputs, ranks)
        contents = Contents(self.config, parameters, inputs)
        contents.check()
        if samples is None:
            return self._run_sample(contents)
        results: list[dict[str, Array]] = []
        for sample in range(samples):
            contents.select({n: _sample(inputs[n], rank, sample) for n, rank in ranks.items()})
            results.append(self._run_sample(contents))
        return {name: np.stack([result[name] for result in results]) for name in results[0]}

    def _run_sample(self, contents: Contents) -> dict[str, Array]:
        held = {op.sym_name.data: contents.memory(op) for op in memories(self.config)}
        state = State(held, contents.buffers(), len(self._edges))
        for number, (edge, axes) in enumerate(zip(self._edges, self._axes, strict=True)):
            if axes is not None:
                state.queues[number] = Queue(_link_of(edge), axes)
        self._run_loop(self._order, state, ())
        for queue in state.queues:
            if queue is not None and queue.available:
                raise SpatialError(
                    f"link {link_name(queue.link)} brought {queue.taken + queue.available} tokens, "
                    f"but its destination took only {queue.taken}; correct the counters at one end"
                )
        return {spec.name: state.buffers[spec.name] for spec in outputs(self.config)}

    def _run_loop(self, loop: Loop, state: State, point: Point) -> None:
        steps: list[tuple[Run | None, Loop | None]] = [
            (self._runs[node.name], None) if isinstance(node, Process) else (None, node)
            for node in loop.nodes
            if not (isinstance(node, Process) and isinstance(node.op, ControllerOp))
        ]
        for own in _points(loop.bounds):
            inner = point + own
            for run, nested in steps:
                if run is not None:
                    run(state, inner)
                elif nested is not None:
                    self._run_loop(nested, state, inner)


def prepare(module: ModuleOp | ConfigOp) -> Prepared:
    """
    Prepare the one configuration of a module for evaluation.

    Raises `SpatialError` when there is none or several, for links that end nowhere, ports that
    nothing feeds, and processes that wait for each other.
    """
    return Prepared(config_of(module))


def _nothing(state: State, point: Point) -> None:
    """Controllers move no values."""


def _link_of(edge: Edge) -> LinkOp:
    if edge.link is None:
        raise RuntimeError(f"{edge.name} is no link; this is a bug")
    return edge.link


def _outer(process: Process) -> int:
    return sum(len(controller.bounds) for controller in process.controllers)


def _memory(process: Process) -> tuple[str, PmuOp]:
    if not isinstance(process.unit, PmuOp):
        raise RuntimeError(f"stream {process.name} outside a memory unit; this is a bug")
    return process.unit.sym_name.data, process.unit


def _points(bounds: Sequence[int]) -> Iterator[Point]:
    return product(*(range(bound) for bound in bounds))


def _sample(value: object, rank: int, sample: int) -> object:
    array = np.asarray(value)
    return array[sample] if array.ndim == rank + 1 else value
