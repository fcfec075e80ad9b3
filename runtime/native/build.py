"""From a configuration to kernels: every activation of an iteration, in an order that works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.dialects.builtin import (
    BFloat16Type,
    Float8E4M3FNType,
    Float8E5M2Type,
    Float16Type,
    TensorType,
    i32,
)
from xdsl.ir import Attribute
from xdsl.ir.affine import AffineConstantExpr, AffineExpr, AffineMap

from spatial_opt.dialects.affine_bounds import exact_range, interval
from spatial_opt.dialects.spatial import (
    AgOp,
    ConfigOp,
    ControllerOp,
    GatherOp,
    InputOp,
    OutputOp,
    PcuOp,
    PmuOp,
    ReadOp,
    WriteOp,
    element_type,
    token_elements,
)
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.native.access import Access, Linear, linear, translate
from spatial_opt.runtime.native.arithmetic import kind_of
from spatial_opt.runtime.native.body import Node, body_of
from spatial_opt.runtime.native.kernel import Irregular, Kernel, Resource, make_structure
from spatial_opt.runtime.native.kernel import Structure as KernelStructure
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.order import Edge, Loop, order_activations, structure_of

_COMPACT: dict[type[Attribute], str] = {
    Float16Type: "f16",
    BFloat16Type: "bf16",
    Float8E4M3FNType: "f16",
    Float8E5M2Type: "f16",
}


def held_storage(element: Attribute) -> str:
    """
    Give the kind that holds an element in memories that change and in streams.

    i8 is widened to i16, so that a pair of them is one operand of a 16-bit multiply-add.
    """
    kind = kind_of(element)
    return {"i1": "i8", "i8": "i16"}.get(kind, kind)


def constant_storage(element: Attribute) -> str:
    """Give the smallest kind that represents an element, for memories nobody writes."""
    kind = kind_of(element)
    return _COMPACT.get(type(element), "i8" if kind == "i1" else kind)


@dataclass(eq=False)
class Array:
    """A memory or DRAM buffer: its shape in the arena and how its elements are stored."""

    resource: Resource
    element: Attribute
    shape: list[int]
    """Shape of the data."""
    pitch: int
    """Elements from one row (of the last dimension) to the next, at least the row's length."""
    stored: str
    op: PmuOp | InputOp | OutputOp
    written: bool
    """Whether a stream writes it."""
    rows: tuple[int, int, int] | None = None
    """(row length, rows per block, lanes per group) when stored in blocks of rows."""

    @property
    def strides(self) -> list[int]:
        """Elements per step of each dimension."""
        sizes = [*self.shape[1:-1], self.pitch] if len(self.shape) > 1 else []
        return [prod(sizes[i:]) for i in range(len(sizes))] + [1]

    @property
    def elements(self) -> int:
        """Elements in the arena, padding included."""
        count = prod(self.shape[:-1]) * self.pitch
        if self.rows is not None:
            length, block, _ = self.rows
            return -(-(count // length) // block) * block * length
        return count


@dataclass
class LoopItem:
    """A controller's iterations over items, or a run of kernels."""

    bounds: tuple[int, ...]
    items: list[list[Kernel] | LoopItem] = field(default_factory=list["list[Kernel] | LoopItem"])


@dataclass(frozen=True)
class _Regular:
    form: Linear
    bounds: tuple[int, ...]


class Builder:
    """Builds all kernels of a configuration; raises `SpatialError` for what it can't express."""

    def __init__(self, config: ConfigOp) -> None:
        self.config = config
        self.structure = structure_of(config)
        self.tree = order_activations(self.structure)
        self.sequence = list(self.tree.processes())
        self.position = {id(p): n for n, p in enumerate(self.sequence)}
        self.arrays: dict[Resource, Array] = {}
        self.buffers: dict[Resource, tuple[int, str]] = {}
        """Stream buffers: elements and kind."""
        self._edges: dict[tuple[str, str], list[Edge]] = {}
        for edge in self.structure.edges:
            if edge.link is not None and edge.link.kind.data != "token":
                self._edges.setdefault(edge.link.target, []).append(edge)
        self._writers: dict[Resource, list[Process]] = {}
        self._collect_arrays()
        self._regular: dict[int, _Regular | None] = {}
        self._materialised: set[int] = set()
        self._kernels: dict[int, list[Kernel]] = {}
        for process in self.sequence:
            self._kernels[id(process)] = self._build(process)
        self.root = self._arrange(self.tree)

    # --- memories

    def _collect_arrays(self) -> None:
        for op in self.config.body.block.ops:
            if isinstance(op, InputOp | OutputOp):
                self._array(("dram", op.sym_name.data), op.tensor, op, constant=False)
        for process in self.sequence:
            if isinstance(process.op, ReadOp | GatherOp | WriteOp):
                pmu = process.op.parent_op()
                if not isinstance(pmu, PmuOp):
                    raise RuntimeError("a stream outside a memory; this is a bug")
                resource = ("memory", pmu.sym_name.data)
                if resource not in self.arrays:
                    constant = not any(isinstance(s, WriteOp) for s in pmu.streams)
                    self._array(resource, pmu.held, pmu, constant)
                if isinstance(process.op, WriteOp):
                    self._writers.setdefault(resource, []).append(process)
                if isinstance(process.op, ReadOp) and process.op.padded is not None:
                    self._widen(self.arrays[resource], process)
            elif isinstance(process.op, AgOp):
                resource = ("dram", process.op.buffer.root_reference.data)
                if resource not in self.arrays:
                    raise SpatialError(
                        f"@{_unit(process)} moves @{resource[1]}, which is no DRAM buffer"
                    )
                if process.op.direction.data == "loads":
                    self._widen(self.arrays[resource], process)

    def _array(
        self, resource: Resource, held: TensorType, op: PmuOp | InputOp | OutputOp, constant: bool
    ) -> None:
        shape = [int(n) for n in held.get_shape()] or [1]
        element = held.element_type
        stored = constant_storage(element) if constant else held_storage(element)
        self.arrays[resource] = Array(resource, element, shape, shape[-1], stored, op, not constant)

    def _widen(self, array: Array, process: Process) -> None:
        """Make room for the zeros that a padded stream reads behind each row."""
        op = process.op
        if not isinstance(op, ReadOp | AgOp) or not op.map.data.results:
            return
        bounds = self._all_bounds(process)
        _, high = interval(op.map.data.results[-1], bounds)
        high += token_elements(op.type_) - 1
        if high < 4 * array.shape[-1] + 64:
            array.pitch = max(array.pitch, high + 1)

    def _all_bounds(self, process: Process) -> list[int]:
        op = process.op
        if isinstance(op, ControllerOp):
            raise RuntimeError("a controller has no address; this is a bug")
        return [*self._outer_bounds(process), *op.bounds.get_values()]

    def _outer_bounds(self, process: Process) -> list[int]:
        return [b for loop in process.controllers for b in loop.bounds.get_values()]

    def _array_of(self, process: Process) -> Array:
        if isinstance(process.op, AgOp):
            return self.arrays["dram", process.op.buffer.root_reference.data]
        return self.arrays["memory", _unit(process)]

    # --- addresses

    def _form(
        self, process: Process, map_: AffineMap, lanes: int, stores: bool = False
    ) -> _Regular | None:
        """Give the linear address of a stream that stays inside its array (or its padding)."""
        key = id(process)
        if key not in self._regular:
            self._regular[key] = self._linearise(process, map_, lanes, stores)
        return self._regular[key]

    def _linearise(
        self, process: Process, map_: AffineMap, lanes: int, stores: bool
    ) -> _Regular | None:
        op = process.op
        if isinstance(op, ControllerOp):
            return None
        array = self._array_of(process)
        bounds = self._all_bounds(process)
        own = tuple(op.bounds.get_values())
        total = Linear((0,) * len(own), 0)
        for dim, (expr, stride) in enumerate(zip(map_.results, array.strides, strict=False)):
            form = linear(expr, len(bounds) - len(own), len(own))
            if form is None:
                return None
            last = dim == len(array.shape) - 1
            reach = lanes - 1 if last else 0
            padded = isinstance(op, AgOp) or (isinstance(op, ReadOp) and op.padded is not None)
            size = array.pitch if last and padded and not stores else array.shape[dim]
            low, high = exact_range(expr, bounds) or interval(expr, bounds)
            if low < 0 or high + reach >= size:
                return None
            total = total + form.times(stride)
        return _Regular(total, own)

    # --- where a port's tokens come from

    def _source(
        self, process: Process, port: str, element: Attribute, lanes: int, trips: Sequence[int], depth: int
    ) -> tuple[Access, tuple[Resource, int]]:
        """Give the access of a receive, and its base."""
        edges = self._edges.get((_unit(process), port), [])
        if not edges:
            raise SpatialError(f"no link leads to @{_unit(process)}::@{port}")
        tokens = prod(trips[:depth])
        zeros = (0,) * (len(trips) - depth)
        single = len(edges) == 1 and self._covers(edges[0], tokens)
        if single:
            fused = self._fused(edges[0], process, element, lanes, tuple(trips[:depth]), tokens)
            if fused is not None:
                access, base = fused
                return access.with_counters((*access.coefficients, *zeros)), base
            resource = self._materialise(edges[0], process)
        else:
            resource = self._assemble(edges, process, port, element, lanes, tokens)
        steps = [lanes * prod(trips[i + 1 : depth]) for i in range(depth)]
        access = Access(element, held_storage(element), (*steps, *zeros))
        return access, (resource, 0)

    @staticmethod
    def _covers(edge: Edge, tokens: int) -> bool:
        if edge.link is None or edge.link.window is None:
            return True
        return tuple(edge.link.window.get_values()) == (0, tokens)

    def _check_edge(self, edge: Edge, process: Process) -> None:
        link = edge.link
        if link is None:
            raise RuntimeError("a turn is no link; this is a bug")
        plain = (link.init.value.data, link.every.value.data, link.hold.value.data) == (0, 1, 1)
        sent = self.structure.ports[link.source][1].tokens_per_activation
        if link.window is None:
            taken = self.structure.ports[link.target][1].tokens_per_activation
        else:
            low, high = link.window.get_values()
            taken = high - low
        if not plain or sent != taken or edge.source.controllers != process.controllers:
            raise SpatialError(
                f"link {edge.name} carries data between iterations, which the native evaluator "
                "does not support; use the numpy evaluator"
            )

    def _fused(
        self, edge: Edge, process: Process, element: Attribute, lanes: int, trips: tuple[int, ...], tokens: int
    ) -> tuple[Access, tuple[Resource, int]] | None:
        source = edge.source
        op = source.op
        self._check_edge(edge, process)
        if not isinstance(op, ReadOp | AgOp) or token_elements(op.type_) != lanes:
            return None
        array = self._array_of(source)
        between = range(self.position[id(source)], self.position[id(process)])
        writers = self._writers.get(array.resource, [])
        if any(self.position[id(w)] in between for w in writers):
            return None
        form = self._form(source, op.map.data, lanes)
        if form is None:
            return None
        coefficients = translate(form.form.coefficients, form.bounds, trips)
        if coefficients is None:
            return None
        access = Access(
            element, array.stored, coefficients, form.form.outer, memory=True
        )
        return access, (array.resource, form.form.constant)

    def _port(self, source: Process, edge: Edge) -> Resource:
        if edge.link is None:
            raise RuntimeError("a turn is no link; this is a bug")
        return ("port", *edge.link.source)

    def _buffer(self, resource: Resource, elements: int, element: Attribute) -> None:
        self.buffers[resource] = (elements, held_storage(element))

    def _materialise(self, edge: Edge, process: Process) -> Resource:
        """Give the buffer of a source's tokens, filled by the source itself."""
        self._check_edge(edge, process)
        source = edge.source
        resource = self._port(source, edge)
        if isinstance(source.op, ReadOp | AgOp):
            if id(source) not in self._materialised:
                self._materialised.add(id(source))
                self._kernels.setdefault(id(source), []).append(self._copy_out(source, resource))
        return resource

    def _assemble(
        self, edges: list[Edge], process: Process, port: str, element: Attribute, lanes: int, tokens: int
    ) -> Resource:
        """Give a buffer into which the links with windows are copied, one after another."""
        target: Resource = ("input", _unit(process), port)
        self._buffer(target, tokens * lanes, element)
        for edge in edges:
            link = edge.link
            if link is None or link.window is None:
                raise SpatialError(
                    f"@{_unit(process)}::@{port} has several links, so each needs a window"
                )
            low, high = link.window.get_values()
            trips = (high - low,)
            fused = self._fused(edge, process, element, lanes, trips, high - low)
            if fused is None:
                resource = self._materialise(edge, process)
                fused = Access(element, held_storage(element), (lanes,)), (resource, 0)
            out = Access(element, held_storage(element), (lanes,))
            nodes = [Node("receive", element, lanes, (), 1), Node("send", element, lanes, (0,), 1)]
            structure = make_structure(
                trips, len(self._outer_bounds(process)), nodes, {0: fused[0], 1: out}
            )
            bases = [fused[1], (target, low * lanes)]
            self._kernels.setdefault(id(process), []).append(Kernel(edge.name, structure, bases))
        return target

    # --- kernels of one process

    def _build(self, process: Process) -> list[Kernel]:
        match process.op:
            case PcuOp():
                kernel = self._compute(process, process.op)
            case WriteOp():
                return [*self._kernels.get(id(process), []), *self._write(process, process.op)]
            case GatherOp():
                kernel = self._gather(process, process.op)
            case AgOp() if process.op.direction.data == "stores":
                return [*self._kernels.get(id(process), []), *self._store(process, process.op)]
            case _:
                return self._kernels.get(id(process), [])
        return [*self._kernels.get(id(process), []), kernel]

    def _compute(self, process: Process, op: PcuOp) -> Kernel:
        trips = tuple(op.bounds.get_values())
        nodes, ports = body_of(op)
        accesses: dict[int, Access] = {}
        bases: dict[int, tuple[Resource, int]] = {}
        for port, index in ports.items():
            node = nodes[index]
            if node.kind == "receive":
                accesses[index], bases[index] = self._source(
                    process, port, node.type, node.lanes, trips, node.depth
                )
            else:
                resource = ("port", _unit(process), port)
                count = prod(trips[: node.depth])
                self._buffer(resource, count * node.lanes, node.type)
                steps = [node.lanes * prod(trips[i + 1 : node.depth]) for i in range(node.depth)]
                zeros = [0] * (len(trips) - node.depth)
                accesses[index] = Access(node.type, held_storage(node.type), (*steps, *zeros))
                bases[index] = (resource, 0)
        structure = make_structure(trips, len(self._outer_bounds(process)), nodes, accesses)
        return Kernel(process.name, structure, [bases[i] for i, _ in sorted(accesses.items())])

    def _copy_out(self, source: Process, resource: Resource) -> Kernel:
        """Give the kernel that reads a stream into its buffer."""
        op = source.op
        if not isinstance(op, ReadOp | AgOp):
            raise RuntimeError("only reads and loads are copied; this is a bug")
        element, lanes = element_type(op.type_), token_elements(op.type_)
        trips = tuple(op.bounds.get_values())
        self._buffer(resource, prod(trips) * lanes, element)
        form = self._form(source, op.map.data, lanes)
        array = self._array_of(source)
        if form is None:
            checked = isinstance(op, ReadOp) and op.padded is None
            return self._irregular(source, op.map.data, lanes, [resource], False, checked)
        nodes = [
            Node("receive", element, lanes, (), len(trips)),
            Node("send", element, lanes, (0,), len(trips)),
        ]
        out = Access(element, held_storage(element), self._token_steps(trips, lanes))
        into = Access(element, array.stored, form.form.coefficients, form.form.outer, memory=True)
        structure = make_structure(
            trips, len(self._outer_bounds(source)), nodes, {0: into, 1: out}
        )
        return Kernel(
            source.name, structure, [(array.resource, form.form.constant), (resource, 0)]
        )

    @staticmethod
    def _token_steps(trips: Sequence[int], lanes: int) -> tuple[int, ...]:
        return tuple(lanes * prod(trips[i + 1 :]) for i in range(len(trips)))

    def _irregular(
        self,
        process: Process,
        map_: AffineMap,
        lanes: int,
        buffers: list[Resource],
        stores: bool,
        checked: bool,
    ) -> Kernel:
        op = process.op
        if isinstance(op, ControllerOp):
            raise RuntimeError("a controller has no address; this is a bug")
        array = self._array_of(process)
        exprs: list[AffineExpr] = []
        constants: list[int] = []
        for expr in map_.results:
            core, constant = _split_constant(expr)
            exprs.append(core)
            constants.append(constant)
        trips = tuple(op.bounds.get_values())
        irregular = Irregular(
            tuple(exprs),
            tuple(array.strides),
            tuple(array.shape),
            lanes,
            len(buffers),
            stores,
            checked,
        )
        element = array.element
        accesses = (
            (0, Access(element, array.stored, (), memory=True)),
            (1, Access(element, held_storage(element), ())),
        )
        structure = KernelStructure(
            trips,
            len(self._outer_bounds(process)),
            len(trips),
            (),
            accesses,
            frozenset(),
            irregular=irregular,
        )
        bases = [(array.resource, 0), *((b, 0) for b in buffers)]
        return Kernel(process.name, structure, bases, constants=constants)

    def _input_buffer(
        self, process: Process, port: str, element: Attribute, lanes: int, trips: Sequence[int]
    ) -> Resource:
        """Give a buffer with the tokens of a port, copying them if they have none."""
        access, base = self._source(process, port, element, lanes, trips, len(trips))
        if not access.memory and base[1] == 0 and base[0][0] in ("port", "input"):
            return base[0]
        target: Resource = ("input", _unit(process), port)
        self._buffer(target, prod(trips) * lanes, element)
        nodes = [
            Node("receive", element, lanes, (), len(trips)),
            Node("send", element, lanes, (0,), len(trips)),
        ]
        out = Access(element, held_storage(element), self._token_steps(trips, lanes))
        structure = make_structure(
            tuple(trips), len(self._outer_bounds(process)), nodes, {0: access, 1: out}
        )
        self._kernels.setdefault(id(process), []).append(
            Kernel(f"{process.name}::@{port}", structure, [base, (target, 0)])
        )
        return target

    def _write(self, process: Process, op: WriteOp) -> list[Kernel]:
        ports = [name.data for name in op.ports]
        return self._store_tokens(process, op.map.data, op.type_, ports)

    def _store(self, process: Process, op: AgOp) -> list[Kernel]:
        return self._store_tokens(process, op.map.data, op.type_, ["data"])

    def _store_tokens(
        self, process: Process, map_: AffineMap, type_: Attribute, ports: list[str]
    ) -> list[Kernel]:
        op = process.op
        if not isinstance(op, WriteOp | AgOp):
            raise RuntimeError("only writes and stores store; this is a bug")
        element, lanes = element_type(type_), token_elements(type_)
        trips = tuple(op.bounds.get_values())
        array = self._array_of(process)
        width = lanes * len(ports)
        window: tuple[int, int, int] | None = None
        form = self._form(process, map_, width, stores=True)
        if form is None:
            window, form = self._clipped(process, map_, array, width)
        if form is None or not _disjoint(form.form.coefficients, trips, width):
            checked = isinstance(op, WriteOp) and op.clip is None
            buffers = [self._input_buffer(process, p, element, lanes, trips) for p in ports]
            return [self._irregular(process, map_, lanes, buffers, True, checked)]
        kernels: list[Kernel] = []
        for number, port in enumerate(ports):
            access, base = self._source(process, port, element, lanes, trips, len(trips))
            nodes = [
                Node("receive", element, lanes, (), len(trips)),
                Node("send", element, lanes, (0,), len(trips)),
            ]
            out = Access(
                element, array.stored, form.form.coefficients, form.form.outer, memory=True
            )
            own, counters = trips, {0: access, 1: out}
            extent = None
            if window is not None:
                # One counter over all elements of this port, cut to those inside.
                step, first, size = window
                if lanes > 1:
                    own = (trips[0] * lanes,)
                    counters = {
                        0: access.with_counters((1,)),
                        1: out.with_counters((1,)),
                    }
                    nodes = [
                        Node("receive", element, 1, (), 1),
                        Node("send", element, 1, (0,), 1),
                    ]
                    step = 1
                begin = first + number * lanes
                low = max(0, -(begin // step))
                high = min(own[0], -((begin - size) // step))
                if low >= high:
                    continue
                extent = (low, high)
            structure = make_structure(
                own, len(self._outer_bounds(process)), nodes, counters, window is not None
            )
            bases = [base, (array.resource, form.form.constant + number * lanes)]
            kernels.append(Kernel(f"{process.name}.{port}", structure, bases, extent))
        return kernels

    def _clipped(
        self, process: Process, map_: AffineMap, array: Array, width: int
    ) -> tuple[tuple[int, int, int] | None, _Regular | None]:
        """
        Give a store that leaves only the last dimension, along its one counter.

        As (elements per firing, first position, size of the dimension) and the linear address.
        """
        op = process.op
        if not isinstance(op, WriteOp | AgOp):
            return None, None
        if isinstance(op, WriteOp) and op.clip is None:
            return None, None
        own = tuple(op.bounds.get_values())
        bounds = self._all_bounds(process)
        if len(own) != 1 or not map_.results:
            return None, None
        total = Linear((0,), 0)
        for dim, (expr, stride) in enumerate(zip(map_.results, array.strides, strict=True)):
            form = linear(expr, len(bounds) - 1, 1)
            if form is None:
                return None, None
            if dim < len(array.shape) - 1:
                low, high = exact_range(expr, bounds) or interval(expr, bounds)
                if low < 0 or high >= array.shape[dim]:
                    return None, None
            elif form.outer or form.coefficients[0] < 1:
                return None, None
            total = total + form.times(stride)
        last = linear(map_.results[-1], len(bounds) - 1, 1)
        if last is None:
            return None, None
        step = last.coefficients[0]
        lanes = token_elements(op.type_)
        if lanes > 1 and (step != lanes or width != lanes):
            return None, None
        if total.coefficients[0] != step:
            return None, None
        return (step, last.constant, array.shape[-1]), _Regular(total, own)

    def _gather(self, process: Process, op: GatherOp) -> Kernel:
        element, lanes = element_type(op.type_), token_elements(op.type_)
        trips = tuple(op.bounds.get_values())
        array = self._array_of(process)
        form = self._form(process, op.map.data, 1)
        if form is None:
            raise SpatialError(
                f"{process.name} gathers at addresses that are not linear, which the native "
                "evaluator does not support; use the numpy evaluator"
            )
        port = op.index_port.data
        access, base = self._source(process, port, i32, lanes, trips, len(trips))
        resource = ("port", _unit(process), op.sym_name.data)
        self._buffer(resource, prod(trips) * lanes, element)
        depth = len(trips)
        nodes = [
            Node("receive", i32, lanes, (), depth),
            Node("gather", element, lanes, (0,), depth, array.shape[-1]),
            Node("send", element, lanes, (1,), depth),
        ]
        form_access = Access(
            element, array.stored, form.form.coefficients, form.form.outer, 0, memory=True
        )
        out = Access(element, held_storage(element), self._token_steps(trips, lanes))
        structure = make_structure(
            trips, len(self._outer_bounds(process)), nodes, {0: access, 1: form_access, 2: out}
        )
        bases = [base, (array.resource, form.form.constant), (resource, 0)]
        return Kernel(process.name, structure, bases)

    # --- arrangement

    def _arrange(self, loop: Loop) -> LoopItem:
        item = LoopItem(loop.bounds)
        for node in loop.nodes:
            if isinstance(node, Process):
                kernels = self._kernels[id(node)]
                if not kernels:
                    continue
                if item.items and isinstance(item.items[-1], list):
                    item.items[-1].extend(kernels)
                else:
                    item.items.append(list(kernels))
            else:
                item.items.append(self._arrange(node))
        return item


def _unit(process: Process) -> str:
    return process.unit.sym_name.data


def _split_constant(expr: AffineExpr) -> tuple[AffineExpr, int]:
    from xdsl.ir.affine import AffineBinaryOpExpr, AffineBinaryOpKind

    if isinstance(expr, AffineConstantExpr):
        return AffineExpr.constant(0), expr.value
    if isinstance(expr, AffineBinaryOpExpr) and expr.kind == AffineBinaryOpKind.Add:
        left, a = _split_constant(expr.lhs)
        right, b = _split_constant(expr.rhs)
        if isinstance(left, AffineConstantExpr):
            return right, a + b
        if isinstance(right, AffineConstantExpr):
            return left, a + b
        return left + right, a + b
    return expr, 0


def _disjoint(coefficients: Sequence[int], trips: Sequence[int], width: int) -> bool:
    """Whether no two firings write the same element."""
    reach = width
    steps = sorted((abs(c), t) for c, t in zip(coefficients, trips, strict=True) if t > 1)
    for step, trip in steps:
        if step < reach:
            return False
        reach = step * (trip - 1) + reach
    return True
