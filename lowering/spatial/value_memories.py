"""
Memories of run-time values: which of them holds a value for whom.

Values keep their own shape. What a step of a loop reads while another version is written, by the
step itself or by a load beside it, has a buffer for each version (`declarations`). A memory serves
everybody who reads the same tokens of it (a multicast), and others as far as its ports go. What is
read when a loop is over is read from the memory that the last step left it in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from xdsl.ir import Block, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.lowering.spatial.carries import final_carry, is_carry, same_carries
from spatial_opt.lowering.spatial.declarations import Declarations
from spatial_opt.lowering.spatial.halves import Half
from spatial_opt.lowering.spatial.layouts import (
    Held,
    Layout,
    Source,
    initial_contents,
    reads_beyond,
)
from spatial_opt.lowering.spatial.plan import MemoryPlan, Plan, StreamPlan
from spatial_opt.lowering.spatial.program import Program, ProgramBlock, element_type, shape
from spatial_opt.machine.description import Machine

STORE, LAST = "store", "last"
"""Who reads what goes to DRAM in each activation, and what is left when a loop is over."""


@dataclass(frozen=True)
class Reading:
    """What somebody reads of a value, token by token."""

    reader: str
    """A kernel, `STORE` or `LAST`."""
    bounds: tuple[int, ...]
    names: tuple[str, ...] | None
    exprs: tuple[AffineExpr, ...]
    """Coordinates, over the counter of the loop that it runs in and its own counters."""
    width: int | None
    ports: int = 1
    apart: int | None = None
    """Elements from one port's token to the next one's, if they are not side by side."""
    zero_outside: bool = False
    private: bool = False
    """Whether it gets a memory of its own."""
    after: bool = False
    """Whether it runs once, after the loop that the memory stands in."""

    @property
    def stream(self) -> str:
        """Name of its stream."""
        return f"to.{self.reader}"


class ValueMemories:
    """Allocates memories of run-time values, and the streams that read them."""

    def __init__(
        self,
        plan: Plan,
        program: Program,
        machine: Machine,
        declarations: Declarations,
        private: bool = False,
    ) -> None:
        self.plan = plan
        self.top = program.top
        self.machine = machine
        self.declarations = declarations
        self.private = private
        """Whether every unit of a reduction has memories of its own."""
        self.blocks: dict[Block, ProgramBlock] = {}
        self.same: dict[SSAValue, SSAValue] = {}
        """Carried values that are always equal to one before them; memories hold that one."""
        self._note_blocks(self.top)
        self.cut: dict[SSAValue, tuple[Half, Half]] = {}
        """Values that two memories hold, and what each of them does."""
        self.held: dict[Layout, Held] = {}

    def _note_blocks(self, block: ProgramBlock) -> None:
        if block.loop is not None:
            self.blocks[block.loop.body.block] = block
            self.same |= same_carries(block.loop)
        for item in block.items:
            if isinstance(item, ProgramBlock):
                self._note_blocks(item)

    def home(self, value: SSAValue) -> ProgramBlock:
        """Give the block in which a value is made."""
        block = value.owner if isinstance(value.owner, Block) else value.owner.parent
        assert block is not None
        return self.blocks.get(block, self.top)

    def last_version(
        self, value: SSAValue, offset: int, length: int, reading: Reading
    ) -> list[Source] | None:
        """Read a carried value's last version where the loop has left it, if that can be."""
        found = final_carry(value)
        if found is None:
            return None
        carry, made, scan = found
        block = self.blocks[scan.body.block]
        # A step hands on version n + 1 of what it carries, and makes version n of what it makes.
        for held_value, version in (
            (self.same.get(carry, carry), scan.steps),
            (made, scan.steps - 1),
        ):
            held = self.held.get(Layout(held_value, block, False, (), offset, length))
            if held is None:
                continue
            address = held.address(reading.exprs, AffineExpr.constant(version))
            memory = self._free(held, replace(reading, after=True), address)
            if memory is not None:
                return self._serve_from(held, memory, replace(reading, after=True), address)
        return None

    def hold(self, layout: Layout, fixed: dict[int, AffineExpr]) -> Held:
        held = self.held.get(layout)
        if held is None:
            held = Held(layout, fixed, self.declarations.buffers(layout))
            self.held[layout] = held
        return held

    def serve(self, held: Held, reading: Reading, address: tuple[AffineExpr, ...]) -> list[Source]:
        memory = None if reading.private else self._free(held, reading, address)
        return self._serve_from(held, memory or self._allocate(held), reading, address)

    def _serve_from(
        self, held: Held, memory: MemoryPlan, reading: Reading, address: tuple[AffineExpr, ...]
    ) -> list[Source]:
        stream = None if reading.private else _same_stream(memory, reading, address)
        if stream is not None:
            return _sources(held, memory, stream)
        return self.add_stream(held, memory, reading, address)

    def _free(
        self, held: Held, reading: Reading, address: tuple[AffineExpr, ...]
    ) -> MemoryPlan | None:
        """Find a memory that gives these tokens already, or has a port left for them."""
        for memory in held.memories:
            if reading.reader in memory.readers:
                if _same_stream(memory, reading, address) is not None:
                    return memory
                continue
            if held.layout.crossing:
                # Streams on one port take turns run by run, and a run of a stream outside the
                # loop is all steps long: two of them would wait for each other.
                if not memory.readers:
                    return memory
            elif memory.outputs(reading.width) + reading.ports <= self.ports(reading.width):
                return memory
        return None

    def ports(self, width: int | None) -> int:
        """Count the output ports of a memory unit for tokens of a width."""
        pmu = self.machine.pmu
        return max(1, pmu.scalar_outputs if width is None else pmu.vector_outputs)

    def _allocate(self, held: Held) -> MemoryPlan:
        layout = held.layout
        size = [n for d, n in enumerate(shape(layout.value)) if d not in held.fixed]
        size[-1] = layout.length
        base = layout.value.name_hint or "value"
        if layout.length != shape(layout.value)[-1]:
            parts = [other for other in self.held if other.value is layout.value]
            base = f"{base}.{parts.index(layout)}"
        dims = (held.buffers, *size) if held.buffers > 1 else tuple(size)
        memory = MemoryPlan(
            self.plan.unique(base),
            layout.block,
            dims,
            element_type(layout.value),
            initial_contents(held),
            mutable=True,
            original=held.memories[0] if held.memories else None,
            carried=is_carry(layout.value),
            buffers=held.buffers,
            banking=self.declarations.banking(layout, held.buffers),
        )
        held.memories.append(memory)
        self.plan.units.append(memory)
        return memory

    def add_stream(
        self, held: Held, memory: MemoryPlan, reading: Reading, address: tuple[AffineExpr, ...]
    ) -> list[Source]:
        inside = memory.block.loop is not None and not reading.after
        trips = (memory.block.trips, *reading.bounds) if inside else reading.bounds
        width = reading.width or 1
        reach = (reading.ports - 1) * (reading.apart or width) + width
        stream = StreamPlan(
            "read",
            reading.stream,
            reading.bounds,
            address,
            memory.element,
            reading.width,
            ports=tuple(f"{reading.stream}.{n}" for n in range(reading.ports))
            if reading.ports > 1
            else (reading.stream,),
            apart=reading.apart,
            names=reading.names,
            padded=reading.zero_outside or reads_beyond(memory, address, trips, reach),
            when="after" if reading.after else None,
            sequenced=not (held.layout.crossing or reading.after or reading.reader == STORE),
        )
        memory.streams.append(stream)
        memory.readers.add(reading.reader)
        return _sources(held, memory, stream)


def _sources(held: Held, memory: MemoryPlan, stream: StreamPlan) -> list[Source]:
    crossing = held.layout.crossing
    return [
        Source((memory.name, port), stream.width, memory, stream, crossing) for port in stream.ports
    ]


def _same_stream(
    memory: MemoryPlan, reading: Reading, address: tuple[AffineExpr, ...]
) -> StreamPlan | None:
    for stream in memory.streams:
        if (
            stream.kind == "read"
            and stream.name == reading.stream
            and stream.bounds == reading.bounds
            and stream.address == address
            and stream.width == reading.width
            and len(stream.ports) == reading.ports
            and stream.apart == reading.apart
        ):
            return stream
    return None
