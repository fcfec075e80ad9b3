"""From a configuration to kernels: every activation of an iteration, in an order that works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import i32
from xdsl.ir import Attribute
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineExpr,
    AffineMap,
)

from spatial_opt.dialects.spatial import (
    AgOp,
    ConfigOp,
    GatherOp,
    PcuOp,
    ReadOp,
    WriteOp,
    element_type,
    token_elements,
)
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.machine.errors import UnsupportedError
from spatial_opt.runtime.native.access import Access, Linear, linear
from spatial_opt.runtime.native.arrays import (
    Array,
    Arrays,
    held_storage,
    inside,
    outer_bounds,
)
from spatial_opt.runtime.native.body import Node
from spatial_opt.runtime.native.chains import Chains
from spatial_opt.runtime.native.kernel import Irregular, Kernel, Resource, Structure, make_structure
from spatial_opt.runtime.native.sources import Place, Sources, copy_kernel
from spatial_opt.runtime.order import Loop, order_activations, structure_of


@dataclass
class LoopItem:
    """A controller's iterations over items, or a run of kernels."""

    bounds: tuple[int, ...]
    items: list[list[Kernel] | LoopItem] = field(default_factory=list["list[Kernel] | LoopItem"])


@dataclass(frozen=True)
class _Cut:
    """A store along the last dimension, cut to the elements inside."""

    form: Linear
    step: int
    """Elements per firing."""
    first: int
    size: int


class Builder:
    """Builds all kernels of a configuration; raises `SpatialError` for what it can't express."""

    def __init__(self, config: ConfigOp) -> None:
        structure = structure_of(config)
        tree = order_activations(structure)
        self.sequence = list(tree.processes())
        position = {p.name: n for n, p in enumerate(self.sequence)}
        self.arrays = Arrays(structure, self.sequence)
        self.sources = Sources(structure, self.arrays, position, self._copy_out)
        self.chains = Chains(structure, self.sources.into, self.sources.out_of)
        built = {process.name: self._build(process) for process in self.sequence}
        copies = self.sources.kernels
        self._kernels = {name: [*copies.get(name, []), *kernels] for name, kernels in built.items()}
        self.arrays.keep({b for ks in self._kernels.values() for k in ks for b, _ in k.bases})
        self.root = self._arrange(tree)

    def _arrange(self, loop: Loop) -> LoopItem:
        item = LoopItem(loop.bounds)
        for node in loop.nodes:
            if isinstance(node, Loop):
                item.items.append(self._arrange(node))
                continue
            kernels = self._kernels[node.name]
            if kernels and item.items and isinstance(item.items[-1], list):
                item.items[-1].extend(kernels)
            elif kernels:
                item.items.append(list(kernels))
        return item

    def _build(self, process: Process) -> list[Kernel]:
        match process.op:
            case PcuOp() if process.name not in self.chains.joined:
                return [self._compute(process)]
            case GatherOp() as op:
                return [self._gather(process, op)]
            case WriteOp() as op:
                ports = [name.data for name in op.ports]
                checked = op.clip is None
                return self._store(process, op.map.data, op.type_, ports, checked)
            case AgOp() as op if op.direction.data == "stores":
                return self._store(process, op.map.data, op.type_, ["data"], checked=False)
            case _:
                # A stream that needs a kernel of its own gets one from who takes its tokens.
                return []

    # --- compute units and gathers

    def _compute(self, process: Process) -> Kernel:
        trips = process.bounds
        chain = self.chains.of(process, self.sequence)
        accesses: dict[int, Access] = {}
        bases: dict[int, Place] = {}
        for owner, port, index in chain.ports:
            node = chain.nodes[index]
            own = trips[: node.depth]
            if node.kind == "receive":
                access, bases[index] = self.sources.find(
                    owner, port, node.type, node.lanes, own, process
                )
            else:
                access, bases[index] = self.sources.target(owner, port, node.type, node.lanes, own)
            zeros = (0,) * (len(trips) - node.depth)
            accesses[index] = access.with_counters((*access.coefficients, *zeros))
        structure = make_structure(trips, len(outer_bounds(process)), chain.nodes, accesses)
        return Kernel(process.name, structure, [bases[i] for i, _ in sorted(accesses.items())])

    def _gather(self, process: Process, op: GatherOp) -> Kernel:
        element, lanes = element_type(op.type_), token_elements(op.type_)
        trips, array = process.bounds, self.arrays.of(process)
        form = self.arrays.form(process, op.map.data, 1)
        if form is None:
            raise UnsupportedError(
                f"@{process.name} gathers at an address that is not linear or leaves its memory, "
                "which the native evaluator does not support; use the numpy evaluator"
            )
        index, index_base = self.sources.find(process, op.index_port.data, i32, lanes, trips)
        port = op.sym_name.data
        out, out_base = self.sources.target(process, port, element, lanes, trips)
        table = Access(element, array.stored, form.coefficients, form.outer, lane=0, memory=True)
        depth = len(trips)
        nodes = [
            Node("receive", i32, lanes, (), depth),
            Node("gather", element, lanes, (0,), depth, array.shape[-1]),
            Node("send", element, lanes, (1,), depth),
        ]
        structure = make_structure(
            trips, len(outer_bounds(process)), nodes, {0: index, 1: table, 2: out}
        )
        bases = [index_base, (array.resource, form.constant), out_base]
        return Kernel(process.name, structure, bases)

    def _copy_out(self, source: Process, resource: Resource, out: Access) -> Kernel:
        """Give the kernel that reads a stream into its buffer."""
        op = source.op
        if not isinstance(op, ReadOp | AgOp):
            raise RuntimeError("only reads and loads are copied; this is a bug")
        lanes, array = token_elements(op.type_), self.arrays.of(source)
        form = self.arrays.form(source, op.map.data, lanes)
        if form is None:
            checked = isinstance(op, ReadOp) and op.padded is None
            buffers = [(out, (resource, 0))]
            return self._irregular(source, op.map.data, lanes, buffers, False, checked)
        into = Access(array.element, array.stored, form.coefficients, form.outer, memory=True)
        place = (array.resource, form.constant)
        return copy_kernel(
            source.name, source, source.bounds, lanes, (into, place), (out, (resource, 0))
        )

    # --- writes and stores

    def _store(
        self,
        process: Process,
        map_: AffineMap,
        type_: Attribute,
        ports: list[str],
        checked: bool,
    ) -> list[Kernel]:
        element, lanes = element_type(type_), token_elements(type_)
        trips, array = process.bounds, self.arrays.of(process)
        width = lanes * len(ports)
        form = self.arrays.form(process, map_, width, stores=True)
        cut = None
        if form is None and not checked:
            cut = self._cut(process, map_, array, lanes, len(ports))
            form = None if cut is None else cut.form
        if form is None or not _disjoint(form.coefficients, trips, width):
            buffers = [self.sources.buffer_of(process, p, element, lanes) for p in ports]
            return [self._irregular(process, map_, lanes, buffers, True, checked)]
        found = [self.sources.find(process, p, element, lanes, trips) for p in ports]
        out = Access(element, array.stored, form.coefficients, form.outer, memory=True)
        place = (array.resource, form.constant)
        if cut is not None:
            return self._cut_store(process, lanes, found, out, place, cut)
        if lanes == 1 and _interleaves(form.coefficients, len(ports)):
            return [self._interleaved(process, found, out, place, None)]
        return [
            copy_kernel(
                f"{process.name}.{port}",
                process,
                trips,
                lanes,
                source,
                (out, (place[0], place[1] + n * lanes)),
            )
            for n, (port, source) in enumerate(zip(ports, found, strict=True))
        ]

    def _cut_store(
        self,
        process: Process,
        lanes: int,
        found: list[tuple[Access, Place]],
        out: Access,
        place: Place,
        cut: _Cut,
    ) -> list[Kernel]:
        """Give the kernels of a store that may leave its array."""
        trips = process.bounds
        if lanes == 1 and len(found) > 1 and _interleaves((cut.step,), len(found)):
            low = max(0, -cut.first)
            high = min(trips[0] * cut.step, cut.size - cut.first)
            extent = (low // cut.step, -(-high // cut.step), low, high)
            if low >= high:
                return []
            return [self._interleaved(process, found, out, place, extent)]
        kernels: list[Kernel] = []
        for number, (access, base) in enumerate(found):
            step, own = cut.step, trips
            if lanes > 1:
                # One counter over all elements.
                step, own = 1, (trips[0] * lanes,)
                access, out = access.with_counters((1,)), out.with_counters((1,))
            begin = cut.first + number * lanes
            low = max(0, -(begin // step))
            high = min(own[0], -((begin - cut.size) // step))
            if low < high:
                target = out, (place[0], place[1] + number * lanes)
                name = f"{process.name}.{number}"
                kernels.append(
                    copy_kernel(name, process, own, 1, (access, base), target, (low, high))
                )
        return kernels

    def _interleaved(
        self,
        process: Process,
        found: list[tuple[Access, Place]],
        out: Access,
        place: Place,
        extent: tuple[int, int, int, int] | None,
    ) -> Kernel:
        """Give the kernel that writes a token of every port side by side."""
        count, depth = len(found), len(process.bounds)
        element = out.element
        nodes = [Node("receive", element, 1, (), depth) for _ in found]
        nodes.append(Node("concat", element, count, tuple(range(count)), depth))
        nodes.append(Node("send", element, count, (count,), depth))
        accesses = {n: access for n, (access, _) in enumerate(found)}
        accesses[count + 1] = out
        structure = make_structure(
            process.bounds,
            len(outer_bounds(process)),
            nodes,
            accesses,
            0 if extent is None else count,
        )
        bases = [*(base for _, base in found), place]
        return Kernel(process.name, structure, bases, () if extent is None else extent)

    def _cut(
        self, process: Process, map_: AffineMap, array: Array, lanes: int, ports: int
    ) -> _Cut | None:
        """Describe a store that leaves its array only along its one counter."""
        own, outer = process.bounds, outer_bounds(process)
        if len(own) != 1 or not map_.results:
            return None
        total = Linear((0,), 0)
        last = Linear((0,), 0)
        for dim, (expr, stride) in enumerate(zip(map_.results, array.strides, strict=True)):
            form = linear(expr, len(outer), 1)
            if form is None:
                return None
            is_last = dim == len(array.shape) - 1
            if not is_last and not inside(expr, [*outer, *own], array.shape[dim]):
                return None
            if is_last and (form.outer or form.coefficients[0] < 1):
                return None
            total, last = total + form.times(stride), form
        step = last.coefficients[0]
        if total.coefficients[0] != step or (lanes > 1 and (step != lanes or ports > 1)):
            return None
        return _Cut(total, step, last.constant, array.shape[-1])

    def _irregular(
        self,
        process: Process,
        map_: AffineMap,
        lanes: int,
        buffers: Sequence[tuple[Access, Place]],
        stores: bool,
        checked: bool,
    ) -> Kernel:
        """Give the kernel that moves elements one by one."""
        array = self.arrays.of(process)
        split = [_split_constant(expr) for expr in map_.results]
        irregular = Irregular(
            tuple(expr for expr, _ in split),
            tuple(array.strides),
            tuple(array.shape),
            lanes,
            len(buffers),
            stores,
            checked,
        )
        accesses = [(0, Access(array.element, array.stored, (), memory=True))]
        accesses += [
            (n + 1, Access(array.element, held_storage(array.element), (), access.outer))
            for n, (access, _) in enumerate(buffers)
        ]
        structure = Structure(
            process.bounds,
            len(outer_bounds(process)),
            len(process.bounds),
            (),
            tuple(accesses),
            frozenset(),
            irregular=irregular,
        )
        bases: list[Place] = [(array.resource, 0), *(place for _, place in buffers)]
        return Kernel(process.name, structure, bases, constants=[c for _, c in split])


def _split_constant(expr: AffineExpr) -> tuple[AffineExpr, int]:
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
    for step, trip in sorted((abs(c), t) for c, t in zip(coefficients, trips, strict=True)):
        if trip > 1:
            if step < reach:
                return False
            reach += step * (trip - 1)
    return True


def _interleaves(coefficients: Sequence[int], ports: int) -> bool:
    """Whether the ports' elements of consecutive firings lie side by side."""
    power = ports > 1 and ports & (ports - 1) == 0
    return power and bool(coefficients) and coefficients[-1] == ports
