"""Writes of what kernels make, and loads of arguments."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import BlockArgument, OpResult, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.affine_bounds import interval
from spatial_opt.dialects.signature import argument_name
from spatial_opt.lowering.spatial.carries import final_carry, first_value, is_carry, made_by
from spatial_opt.lowering.spatial.datapath import KernelLowering
from spatial_opt.lowering.spatial.layouts import Held, is_written_first
from spatial_opt.lowering.spatial.plan import AgPlan, Feed, MemoryPlan, Plan, StreamPlan
from spatial_opt.lowering.spatial.program import ProgramBlock, defining_scan, element_type, shape
from spatial_opt.lowering.spatial.space import time_replacement
from spatial_opt.lowering.spatial.whole_reads import Whole, WholeReads
from spatial_opt.machine.description import Machine


@dataclass(frozen=True)
class Written:
    """A write stream that a kernel feeds, and where it stands relative to it."""

    memory: MemoryPlan
    stream: StreamPlan
    crossing: bool
    result: int
    """Which result of the kernel that feeds it."""


@dataclass(frozen=True)
class Loaded:
    """A write stream that an address generator feeds."""

    memory: MemoryPlan
    stream: StreamPlan


@dataclass(frozen=True)
class Moved:
    """A write of what a loop starts with, straight from what another loop has left."""

    whole: Whole
    memory: MemoryPlan
    stream: StreamPlan


class Movement:
    """Adds the streams and address generators that fill memories."""

    def __init__(
        self,
        plan: Plan,
        reads: WholeReads,
        lowered: dict[pattern.MapOp, KernelLowering],
        machine: Machine,
    ) -> None:
        self.plan = plan
        self.values = reads.values
        self.reads = reads
        self.lowered = lowered
        self.machine = machine
        self.written: dict[pattern.MapOp, list[Written]] = {}
        """Write streams by the kernel that feeds them."""
        self.loads: list[Loaded] = []
        self.moved: list[Moved] = []

    def fill(self) -> None:
        """Add the write stream of every run-time memory, and the loads of arguments."""
        loaded: dict[tuple[SSAValue, ProgramBlock, tuple[tuple[int, str], ...]], AgPlan] = {}
        for held in list(self.values.held.values()):
            self._fill_first(held)
        for held in self.values.held.values():
            made = made_by(held.layout.value)
            for memory in held.memories:
                if made is None:
                    key = (held.layout.value, held.layout.block, held.layout.fixed)
                    if key not in loaded:
                        loaded[key] = self._load(held)
                    self._fill_from_load(held, memory, loaded[key])
                else:
                    self._fill_from_kernel(held, memory, made)

    def _fill_first(self, held: Held) -> None:
        """Let what a loop starts with be written before it, where a kernel makes it."""
        start = first_value(held.layout.value)
        if not is_written_first(held) or start is None:
            return
        made = made_by(start)
        assert made is not None
        if defining_scan(start) is None:
            for memory in held.memories:
                self._fill_from_kernel(held, memory, made, first=True)
            return
        whole = self.reads.last(start) or self.reads.stored(start, self.values.top)
        vectors = [AffineExpr.dimension(d) for d in range(len(whole.bounds))]
        vectors[-1] = vectors[-1] * whole.width
        for memory in held.memories:
            stream = StreamPlan(
                "write",
                "first",
                whole.bounds,
                held.address(vectors, AffineExpr.constant(0)),
                memory.element,
                whole.width,
                ports=("first.data",),
                clip=True,
                when="before",
            )
            memory.streams.insert(0, stream)
            self.plan.connect(whole.feed, (memory.name, "first.data"), self.plan.kind(whole.width))
            self.moved.append(Moved(whole, memory, stream))

    def _fill_from_kernel(
        self, held: Held, memory: MemoryPlan, made: OpResult, first: bool = False
    ) -> None:
        """Write what a kernel makes; `first`: before the loop that the memory stands in."""
        assert isinstance(made.op, pattern.MapOp)
        lowering = self.lowered[made.op]
        kernel, space = lowering.kernel, lowering.space
        crossing = memory.block is not kernel.block and not first
        clip = held.layout.length != shape(held.layout.value)[-1] or space.dealing.is_partial
        # The units of all rows write side by side, so their tokens begin where the first one's do.
        row = space.row(0)
        place = [row.positions[index] for index in kernel.indices]
        # A carried value is that of the step before: what a step makes is for the next one.
        version = AffineExpr.dimension(0) + int(is_carry(held.layout.value))
        address = list(held.address(place, AffineExpr.constant(0) if first else version))
        if crossing and final_carry(held.layout.value) is not None:
            # In all steps but the last one, what is written lies before the memory.
            bounds = (kernel.block.trips, *row.bounds)
            rows = (kernel.rows - 1) * space.dealing.unit_step + kernel.lanes
            size = interval(address[0], bounds)[1] + rows
            early = AffineExpr.dimension(0) - (kernel.block.trips - 1)
            address[0] = address[0] + early * size
            clip = clip or kernel.block.trips > 1
        elif len(memory.held) > len(address):
            address.insert(0, *time_replacement(kernel.block).values())
        outputs = lowering.outputs[made.index]
        ports = tuple(f"in{n}" for n in range(len(outputs))) if len(outputs) > 1 else ("data",)
        if first:
            ports = tuple(f"first.{port}" for port in ports)
        stream = StreamPlan(
            "write",
            "first" if first else "in",
            (kernel.block.trips, *row.bounds) if crossing else row.bounds,
            tuple(address),
            memory.element,
            space.width,
            ports=ports,
            names=("step", *row.names) if crossing else row.names,
            clip=clip,
            apart=space.dealing.unit_step if len(outputs) > 1 and space.dealing.blocked else None,
            when="before" if first else None,
        )
        memory.streams.insert(0, stream)
        for port, feed in zip(stream.ports, outputs, strict=True):
            self.plan.connect(feed, (memory.name, port), self.plan.kind(space.width))
        written = Written(memory, stream, crossing, made.index)
        self.written.setdefault(made.op, []).append(written)

    def _load(self, held: Held) -> AgPlan:
        value, block = held.layout.value, held.layout.block
        size = shape(value)
        width = self._load_width(value)
        base = 0 if block.loop is None else 1
        address: list[AffineExpr] = []
        bounds: list[int] = []
        for d, extent in enumerate(size):
            if d in held.fixed:
                address.append(held.fixed[d])
            else:
                address.append(AffineExpr.dimension(base + len(bounds)))
                bounds.append(extent)
        bounds[-1] = -(-bounds[-1] // width)
        address[-1] = address[-1] * width
        assert isinstance(value, BlockArgument)
        name = argument_name(value)
        unit = AgPlan(
            self.plan.unique(f"{name}.load"),
            block,
            "loads",
            name,
            tuple(bounds),
            tuple(address),
            element_type(value),
            width,
        )
        self.plan.units.append(unit)
        return unit

    def _load_width(self, value: SSAValue) -> int:
        bits = spatial.element_bits(element_type(value)) if self.machine.pcu.packed else 32
        return self.machine.vector_bits // max(8, bits)

    def _fill_from_load(self, held: Held, memory: MemoryPlan, unit: AgPlan) -> None:
        base = 0 if unit.block.loop is None else 1
        address = [AffineExpr.dimension(base + d) for d in range(len(unit.bounds))]
        assert unit.width is not None
        address[-1] = address[-1] * unit.width
        if held.layout.offset:
            address[-1] = address[-1] - held.layout.offset
        if held.buffers > 1:
            address.insert(0, AffineExpr.dimension(0) % held.buffers)
        stream = StreamPlan(
            "write",
            "in",
            unit.bounds,
            tuple(address),
            memory.element,
            unit.width,
            ports=("data",),
            clip=True,
        )
        memory.streams.insert(0, stream)
        feed: Feed = (((unit.name, "data"), None),)
        self.plan.connect(feed, (memory.name, "data"), self.plan.kind(unit.width))
        self.loads.append(Loaded(memory, stream))
