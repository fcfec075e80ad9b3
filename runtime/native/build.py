"""From a configuration to kernels: every activation of an iteration, in an order that works."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects.builtin import i32
from xdsl.ir.affine import AffineMap

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
from spatial_opt.runtime.native.access import Access
from spatial_opt.runtime.native.arrays import (
    Arrays,
    firing_reach,
    outer_bounds,
    port_offset,
)
from spatial_opt.runtime.native.body import Node
from spatial_opt.runtime.native.chains import Chains
from spatial_opt.runtime.native.kernel import Kernel, Resource, make_structure
from spatial_opt.runtime.native.sources import Place, Sources, copy_kernel
from spatial_opt.runtime.native.storing import Storing, irregular_kernel
from spatial_opt.runtime.order import Loop, order_activations, structure_of
from spatial_opt.runtime.relays import without_relays


@dataclass
class LoopItem:
    """A controller's iterations over items, or a run of kernels."""

    bounds: tuple[int, ...]
    items: list[list[Kernel] | LoopItem] = field(default_factory=list["list[Kernel] | LoopItem"])


class Builder:
    """Builds all kernels of a configuration; raises `SpatialError` for what it can't express."""

    def __init__(self, config: ConfigOp) -> None:
        structure = without_relays(structure_of(config))
        tree = order_activations(structure)
        self.sequence = list(tree.processes())
        position = {p.name: n for n, p in enumerate(self.sequence)}
        self.arrays = Arrays(structure, self.sequence)
        self.sources = Sources(structure, self.arrays, position, self._copy_out)
        self._storing = Storing(self.arrays, self.sources)
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
                ports = list(op.port_names)
                checked = op.clip is None
                return self._storing.store(
                    process, op.map.data, op.type_, ports, checked, op.port_step
                )
            case AgOp() as op if op.direction.data == "stores":
                return self._storing.store(process, op.map.data, op.type_, ["data"], checked=False)
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
        form = self.arrays.form(source, op.map.data, firing_reach(op))
        offset = port_offset(op, resource[2])
        if form is None:
            checked = isinstance(op, ReadOp) and op.padded is None
            buffers = [(out, (resource, 0))]
            *rows, last = op.map.data.results
            address = AffineMap(op.map.data.num_dims, 0, (*rows, last + offset))
            return irregular_kernel(self.arrays, source, address, lanes, buffers, False, checked)
        into = Access(array.element, array.stored, form.coefficients, form.outer, memory=True)
        place = (array.resource, form.constant + offset)
        return copy_kernel(
            source.name, source, source.bounds, lanes, (into, place), (out, (resource, 0))
        )
