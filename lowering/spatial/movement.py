"""Writes of what kernels make, loads of arguments, stores of results."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Block, BlockArgument, OpResult, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.signature import argument_name
from spatial_opt.lowering.spatial.datapath import KernelLowering
from spatial_opt.lowering.spatial.layouts import Held, is_argument, is_carry
from spatial_opt.lowering.spatial.memories import Memories
from spatial_opt.lowering.spatial.plan import AgPlan, Feed, MemoryPlan, Plan, StreamPlan
from spatial_opt.lowering.spatial.program import (
    TOOL,
    Program,
    ProgramBlock,
    defining_scan,
    element_type,
    shape,
)
from spatial_opt.lowering.spatial.space import time_replacement
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class Written:
    """A write stream, and where it stands relative to what feeds it."""

    memory: MemoryPlan
    stream: StreamPlan
    crossing: bool
    loaded: bool


@dataclass(frozen=True)
class Stored:
    """A stream that reads a result for an address generator to store."""

    memory: MemoryPlan
    stream: StreamPlan


class Movement:
    """Adds the streams and address generators that fill memories and empty them."""

    def __init__(
        self,
        plan: Plan,
        program: Program,
        memories: Memories,
        lowered: dict[pattern.MapOp, KernelLowering],
        word_lanes: int,
        vector_bits: int,
        packed: bool,
    ) -> None:
        self.plan = plan
        self.program = program
        self.memories = memories
        self.lowered = lowered
        self.word_lanes = word_lanes
        self.vector_bits = vector_bits
        self.packed = packed
        self.written: dict[pattern.MapOp, list[Written]] = {}
        """Write streams by the kernel that feeds them."""
        self.loads: list[Written] = []
        self.stored: list[Stored] = []

    def made_by(self, value: SSAValue) -> OpResult | None:
        """Give the kernel result that a value stands for; None for an argument."""
        if is_argument(value):
            return None
        made = value
        if isinstance(value.owner, Block):
            scan = value.owner.parent_op()
            assert isinstance(scan, pattern.ScanOp)
            assert isinstance(value, BlockArgument)
            made = scan.next.carries[value.index - 1]
        else:
            scan = defining_scan(value)
            if scan is not None:
                assert isinstance(value, OpResult)
                made = [*scan.next.carries, *scan.next.emits][value.index]
        if isinstance(made, OpResult) and isinstance(made.op, pattern.MapOp):
            return made
        raise SpatialError(
            f"{TOOL}: %{value.name_hint or 'value'} is handed on by a scan without being "
            "computed in it; write it through a pattern.map"
        )

    def store_results(self) -> None:
        """Add a read stream and an address generator for every result of the function."""
        for name, value in self.program.results:
            made = self.made_by(value)
            if made is None:
                raise SpatialError(
                    f"{TOOL}: result {name!r} is an argument that nothing computes; "
                    "return it from the caller"
                )
            scan = defining_scan(value)
            kernel_block = self.memories.home(made)
            emitted = scan is not None and value.type != made.type
            target = made if emitted else value
            block = kernel_block if emitted else self.memories.home(value)
            source = self.memories.stored(target, block, self.word_lanes)
            base = 0 if block.loop is None else 1
            dims = len(shape(target))
            address = [AffineExpr.dimension(base + d) for d in range(dims)]
            address[-1] = address[-1] * self.word_lanes
            if emitted:
                address.insert(0, *time_replacement(block).values())
            unit = AgPlan(
                self.plan.unique(f"{name}.store"),
                block,
                "stores",
                name,
                source.stream.bounds,
                tuple(address),
                element_type(value),
                source.width,
            )
            self.plan.units.append(unit)
            self.plan.connect(
                ((source.port, None),), (unit.name, "data"), self.plan.kind(source.width)
            )
            self.stored.append(Stored(source.memory, source.stream))

    def fill(self) -> None:
        """Add the write stream of every run-time memory, and the loads of arguments."""
        loaded: dict[tuple[SSAValue, ProgramBlock, tuple[tuple[int, str], ...]], AgPlan] = {}
        for held in list(self.memories.held.values()):
            made = self.made_by(held.layout.value)
            for memory in held.memories:
                if made is None:
                    key = (held.layout.value, held.layout.block, held.layout.fixed)
                    if key not in loaded:
                        loaded[key] = self._load(held)
                    self._fill_from_load(held, memory, loaded[key])
                else:
                    self._fill_from_kernel(held, memory, made)

    def _fill_from_kernel(self, held: Held, memory: MemoryPlan, made: OpResult) -> None:
        assert isinstance(made.op, pattern.MapOp)
        lowering = self.lowered[made.op]
        kernel, space = lowering.kernel, lowering.space
        crossing = memory.block is not kernel.block
        # The units of all rows write side by side, so their tokens begin where the first one's do.
        row = space.row(0)
        address = [row.positions[index] for index in kernel.indices]
        if held.layout.offset:
            address[-1] = address[-1] - held.layout.offset
        if len(memory.held) > len(address):
            time = AffineExpr.dimension(0)
            carry = is_carry(held.layout.value)
            address.insert(
                0,
                (time + 1) % held.buffers if carry else time_replacement(kernel.block).popitem()[1],
            )
        outputs = lowering.outputs[made.index]
        partial = (
            held.layout.length != shape(held.layout.value)[-1]
            or kernel.bounds[-1] % space.group != 0
        )
        stream = StreamPlan(
            "write",
            "in",
            (kernel.block.trips, *row.bounds) if crossing else row.bounds,
            tuple(address),
            memory.element,
            space.width,
            ports=tuple(f"in{n}" for n in range(len(outputs))) if len(outputs) > 1 else ("data",),
            names=("step", *row.names) if crossing else row.names,
            clip=partial,
        )
        memory.streams.insert(0, stream)
        for port, feed in zip(stream.ports, outputs, strict=True):
            self.plan.connect(feed, (memory.name, port), self.plan.kind(space.width))
        self.written.setdefault(made.op, []).append(Written(memory, stream, crossing, False))

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
        bits = spatial.element_bits(element_type(value)) if self.packed else 32
        return self.vector_bits // max(8, bits)

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
        self.loads.append(Written(memory, stream, False, True))
