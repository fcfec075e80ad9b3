"""
Memories of run-time values: which of them holds a value for whom.

Values keep their own shape. A reduction cut into pieces gets one memory per piece, so that each
feeds its own unit, and one memory serves every unit that reads the same addresses (a multicast).
Row units that read neighbours side by side, each its own rows, share one memory too: a token for
each of them leaves it per firing. What a step of a loop reads while another version is written, by
the step itself or by a load beside it, has a buffer for each version (`declarations`). What is read
when the loop is over is read from the memory that the last step left it in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from xdsl.ir import Block, BlockArgument, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.lowering.spatial.declarations import Declarations
from spatial_opt.lowering.spatial.halves import Half, halves
from spatial_opt.lowering.spatial.layouts import (
    Held,
    Layout,
    Source,
    check_contiguous,
    fixed_dims,
    held_range,
    initial_contents,
    is_carry,
    reads_beyond,
    steps_apart,
)
from spatial_opt.lowering.spatial.plan import Feed, MemoryPlan, Plan, StreamPlan
from spatial_opt.lowering.spatial.program import (
    Access,
    Program,
    ProgramBlock,
    element_type,
    emitted_carries,
    final_carry,
    same_carries,
    shape,
)
from spatial_opt.lowering.spatial.space import UnitSpace, shifted
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


@dataclass(frozen=True)
class Whole:
    """Streams that together give all elements of a value, vector by vector."""

    sources: tuple[Source, ...]
    feed: Feed
    bounds: tuple[int, ...]
    """Vectors: the dimensions of the value, the last one in vectors."""
    width: int


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
        self._same: dict[SSAValue, SSAValue] = {}
        self._note_blocks(self.top)
        self.emitted = emitted_carries(program)
        self.cut: dict[SSAValue, tuple[Half, Half]] = {}
        self.held: dict[Layout, Held] = {}

    def _note_blocks(self, block: ProgramBlock) -> None:
        if block.loop is not None:
            self.blocks[block.loop.body.block] = block
            self._same |= same_carries(block.loop)
        for item in block.items:
            if isinstance(item, ProgramBlock):
                self._note_blocks(item)

    def home(self, value: SSAValue) -> ProgramBlock:
        """Give the block in which a value is made."""
        block = value.owner if isinstance(value.owner, Block) else value.owner.parent
        assert block is not None
        return self.blocks.get(block, self.top)

    # --- reads of kernels

    def read_rows(
        self, access: Access, spaces: Sequence[UnitSpace]
    ) -> tuple[list[Feed], list[Source]]:
        """
        Give what feeds each row unit of a kernel for an access, and all the sources of it.

        It is one source for all of them where the units read evenly apart, and a memory has a port
        for each; or two in turn, where the value is stored in each step.
        """
        value = self._same.get(access.source, access.source)
        if value in self.emitted and value not in self.cut:
            cut = halves(access, spaces, self.machine.pcu.lanes)
            if cut is not None:
                self.cut[value] = cut
        parts = self.cut.get(value, ())
        if not parts or parts != halves(access, spaces, self.machine.pcu.lanes):
            sources = self._rows(access, spaces, None)
            return [((source.port, None),) for source in sources], sources
        feeds: list[Feed] = [() for _ in spaces]
        found: list[Source] = []
        for half in parts:
            sources = self._rows(access, [half.of(space) for space in spaces], half)
            turn = half.turn(spaces[0])
            feeds = [(*f, (s.port, turn)) for f, s in zip(feeds, sources, strict=True)]
            found += sources
        return feeds, found

    def _rows(self, access: Access, spaces: Sequence[UnitSpace], half: Half | None) -> list[Source]:
        width = spaces[0].width(access)
        apart = steps_apart(access, spaces)
        if len(spaces) == 1 or apart is None or apart < (width or 1):
            return [self._read(access, space, half)[0] for space in spaces]
        count = self._ports(width)
        found: list[Source] = []
        for first in range(0, len(spaces), count):
            some = spaces[first : first + count]
            found += self._read(access, some[0], half, len(some), apart)
        return found

    def read(self, access: Access, space: UnitSpace) -> Source:
        """Give the source of an access of one unit."""
        return self._read(access, space)[0]

    def _read(
        self,
        access: Access,
        space: UnitSpace,
        half: Half | None = None,
        ports: int = 1,
        apart: int | None = None,
    ) -> list[Source]:
        check_contiguous(access, space)
        width = space.width(access)
        reading = Reading(
            space.kernel.name,
            space.bounds,
            space.names,
            access.substituted(dict(space.positions)),
            width,
            ports,
            None if ports == 1 or apart == (width or 1) else apart,
            access.read.zero_outside is not None,
            self.private and space.run is not None,
        )
        value, kernel = self._same.get(access.source, access.source), space.kernel
        offset, length = held_range(access, space) if half is None else (half.offset, half.length)
        if kernel.block is self.top and not reading.private:
            last = self._last(value, offset, length, reading)
            if last is not None:
                return last
        fixed = fixed_dims(access, kernel)
        crossing = self.home(value) is not kernel.block and not fixed
        layout = Layout(
            value,
            kernel.block if not crossing else self.top,
            crossing,
            tuple((d, str(expr)) for d, expr in fixed.items()),
            offset,
            length,
        )
        if crossing:
            reading = replace(
                reading,
                bounds=(kernel.block.trips, *space.bounds),
                names=("step", *space.names),
            )
        held = self._hold(layout, fixed)
        return self._serve(held, reading, held.address(reading.exprs, AffineExpr.dimension(0)))

    # --- reads of whole values, vector by vector

    def stored(self, value: SSAValue, block: ProgramBlock) -> Whole:
        """Give streams that read a whole value, in each iteration of its block."""
        size = shape(value)[-1]
        held = self._hold(Layout(value, block, False, (), 0, size), {})
        reading = self._vectors(value, block, STORE, 0, size)
        address = held.address(reading.exprs, AffineExpr.dimension(0))
        return self._whole(value, self._serve(held, reading, address))

    def stored_next(self, carry: BlockArgument) -> Whole | None:
        """
        Give streams that read, in each step, what the step hands on as a carried value.

        None unless memories hold all of it whose readers take each element once. The port of one
        that is read over and over has no time for another reader.
        """
        value = self._same.get(carry, carry)
        block = self.home(value)
        parts: list[Held] = []
        for offset, length in self._ranges(value):
            held = self.held.get(Layout(value, block, False, (), offset, length))
            if held is None or not held.memories[0].is_read_once:
                return None
            memory = held.memories[0]
            if memory.outputs(self.machine.pcu.lanes) >= self._ports(self.machine.pcu.lanes):
                return None
            parts.append(held)
        found: list[Source] = []
        for held in parts:
            reading = self._vectors(value, block, STORE, held.layout.offset, held.layout.length)
            address = held.address(reading.exprs, AffineExpr.dimension(0) + 1)
            found += self._stream(held, held.memories[0], reading, address)
        return self._whole(value, found)

    def last(self, value: SSAValue) -> Whole | None:
        """Give streams that read the whole value that the last step of a loop left, or None."""
        carried = final_carry(value)
        if carried is None:
            return None
        carry = self._same.get(carried[0], carried[0])
        for ranges in ([(0, shape(value)[-1])], self._ranges(carry), self._pieces(carry)):
            parts = [
                self._last(value, *part, self._vectors(value, self.top, LAST, *part))
                for part in ranges
            ]
            found = [source for part in parts for source in part or ()]
            if found and len(found) == len(ranges):
                return self._whole(value, found)
        return None

    def _pieces(self, value: SSAValue) -> list[tuple[int, int]]:
        """List the parts in which reductions read a value, if these are all of it in vectors."""
        pieces = sorted(
            (layout.offset, layout.length)
            for layout in self.held
            if layout.value is value and layout.block is self.home(value) and not layout.fixed
        )
        size, lanes = shape(value)[-1], self.machine.pcu.lanes
        ends = [0, *(offset + length for offset, length in pieces)]
        in_a_row = [offset for offset, _ in pieces] == ends[:-1] and ends[-1] == size
        return pieces if in_a_row and all(end % lanes == 0 for end in ends[:-1]) else []

    def _ranges(self, value: SSAValue) -> list[tuple[int, int]]:
        """List offsets and lengths of the parts of a value that have memories of their own."""
        cut = [(half.offset, half.length) for half in self.cut.get(value, ())]
        return cut or [(0, shape(value)[-1])]

    def _vectors(
        self, value: SSAValue, block: ProgramBlock, reader: str, offset: int, length: int
    ) -> Reading:
        size, lanes = shape(value), self.machine.pcu.lanes
        base = 0 if block.loop is None else 1
        exprs = [AffineExpr.dimension(base + d) for d in range(len(size))]
        exprs[-1] = shifted(exprs[-1] * lanes, offset)
        return Reading(reader, (*size[:-1], -(-length // lanes)), None, tuple(exprs), lanes)

    def _whole(self, value: SSAValue, sources: list[Source]) -> Whole:
        *rows, size = shape(value)
        count = -(-size // self.machine.pcu.lanes)
        ends = [0]
        for source in sources:
            ends.append(ends[-1] + source.stream.bounds[-1])
        feed = tuple(
            (source.port, (low, high, count) if len(sources) > 1 else None)
            for source, (low, high) in zip(sources, pairwise(ends), strict=True)
        )
        return Whole(tuple(sources), feed, (*rows, count), self.machine.pcu.lanes)

    # --- memories

    def _last(
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
            (self._same.get(carry, carry), scan.steps),
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

    def _hold(self, layout: Layout, fixed: dict[int, AffineExpr]) -> Held:
        held = self.held.get(layout)
        if held is None:
            held = Held(layout, fixed, self.declarations.buffers(layout))
            self.held[layout] = held
        return held

    def _serve(self, held: Held, reading: Reading, address: tuple[AffineExpr, ...]) -> list[Source]:
        memory = None if reading.private else self._free(held, reading, address)
        return self._serve_from(held, memory or self._allocate(held), reading, address)

    def _serve_from(
        self, held: Held, memory: MemoryPlan, reading: Reading, address: tuple[AffineExpr, ...]
    ) -> list[Source]:
        stream = None if reading.private else _same_stream(memory, reading, address)
        if stream is not None:
            return _sources(held, memory, stream)
        return self._stream(held, memory, reading, address)

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
            elif memory.outputs(reading.width) + reading.ports <= self._ports(reading.width):
                return memory
        return None

    def _ports(self, width: int | None) -> int:
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

    def _stream(
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
