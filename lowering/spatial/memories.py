"""
Memories: who holds a value for whom, and at which address.

Every access gets a read stream of a memory laid out for it. Constants (parameters, tables)
are laid out in the order in which they are read, one memory per unit that reads them. Values
made at run time keep their own shape; a reduction cut into pieces gets one memory per piece,
so that each feeds its own unit, and one memory serves every unit that reads the same addresses
(a multicast). Carried values are double-buffered over the time loop, so reading the old state
and writing the new one never meet.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.ir import Block, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.affine_bounds import interval
from spatial_opt.lowering.spatial.constants import (
    ConstantLayout,
    alike,
    constant_layout,
    constant_memory,
)
from spatial_opt.lowering.spatial.layouts import (
    Held,
    Layout,
    Source,
    check_contiguous,
    fixed_dims,
    held_range,
    initial_contents,
    is_carry,
)
from spatial_opt.lowering.spatial.plan import MemoryPlan, Plan, StreamPlan
from spatial_opt.lowering.spatial.program import Access, ProgramBlock, element_type, shape
from spatial_opt.lowering.spatial.space import UnitSpace


class Memories:
    """Allocates memories and read streams for accesses."""

    def __init__(
        self, plan: Plan, top: ProgramBlock, outputs_per_memory: int, private: bool = False
    ) -> None:
        self.plan = plan
        self.top = top
        self.private = private
        """Whether every unit of a reduction has memories of its own."""
        self.outputs_per_memory = max(1, outputs_per_memory)
        self.blocks: dict[Block, ProgramBlock] = {}
        self._note_blocks(top)
        self.constants: dict[
            tuple[
                tuple[SSAValue, ...], str, tuple[ConstantLayout, ...], tuple[int, ...], int | None
            ],
            Source,
        ] = {}
        self.held: dict[Layout, Held] = {}

    def _note_blocks(self, block: ProgramBlock) -> None:
        if block.loop is not None:
            self.blocks[block.loop.body.block] = block
        for item in block.items:
            if isinstance(item, ProgramBlock):
                self._note_blocks(item)

    def home(self, value: SSAValue) -> ProgramBlock:
        """Give the block in which a value is made."""
        block = value.owner if isinstance(value.owner, Block) else value.owner.parent
        assert block is not None
        return self.blocks.get(block, self.top)

    def serve(self, access: Access, space: UnitSpace) -> Source:
        """Give the source of one access of one unit."""
        constant = is_constant(access) and self.constant([access], space)
        return constant or self._value(access, space)

    def constant(self, accesses: Sequence[Access], space: UnitSpace) -> Source | None:
        """
        Give the source of a parameter's elements, or of the sum of several parameters' elements.

        None where they are not laid out alike, so that no memory can hold the sum.
        """
        layouts = [constant_layout(access, space) for access in accesses]
        if not alike(layouts):
            return None
        kernel, width = space.kernel, space.width(accesses[0])
        sources = tuple(access.source for access in accesses)
        key = (sources, kernel.name, tuple(layouts), space.bounds, width)
        if key in self.constants:
            return self.constants[key]
        shorts: list[str] = []
        for source in sources:
            assert isinstance(source.owner, pattern.ParameterOp)
            shorts.append(source.owner.name_.data.rsplit(".", 1)[-1])
        labels = space.label if layouts[0].address != (AffineExpr.constant(0),) else ()
        short = "".join(dict.fromkeys(shorts))
        name = self.plan.unique(".".join([kernel.name, short, *map(str, labels)]))
        memory = constant_memory(accesses, layouts, name, kernel.block)
        self.plan.units.append(memory)
        found = self._stream(
            memory,
            kernel.name,
            space.bounds,
            layouts[0].address,
            width,
            crossing=False,
            names=space.names,
        )
        self.constants[key] = found
        return found

    def index(self, op: arith.IndexCastOp, space: UnitSpace) -> Source:
        """Give the source of an index as a number: a memory that holds 0, 1, 2, …"""
        kernel = space.kernel
        variable = op.operands[0]
        lanes = dict(space.lanes).get(variable)
        extent = kernel.block.trips if variable not in kernel.indices else kernel.bounds[-1]
        memory = MemoryPlan(
            self.plan.unique(f"{kernel.name}.{variable.name_hint or 'index'}"),
            kernel.block,
            (extent,),
            op.result.type,
            spatial.TableInitAttr.get("identity", 0.0, float(extent)),
            mutable=False,
        )
        self.plan.units.append(memory)
        address = (space.positions[variable],)
        return self._stream(
            memory,
            kernel.name,
            space.bounds,
            address,
            lanes,
            crossing=False,
            names=space.names,
        )

    def _value(self, access: Access, space: UnitSpace) -> Source:
        kernel = space.kernel
        exprs = access.substituted(dict(space.positions))
        width = space.width(access)
        check_contiguous(access, space)
        fixed = fixed_dims(access, kernel)
        crossing = self.home(access.source) is not kernel.block and not fixed
        offset, length = held_range(access, space)
        layout = Layout(
            access.source,
            kernel.block if not crossing else self.top,
            crossing,
            tuple((d, str(expr)) for d, expr in fixed.items()),
            offset,
            length,
        )
        bounds, names = space.bounds, space.names
        private = self.private and space.run is not None
        memory = self._memory(layout, fixed, kernel.name, bounds, exprs, width, private)
        address = self._address(self.held[layout], exprs)
        if not private:
            shared = self._same_stream(memory, kernel.name, bounds, address, width)
            if shared is not None:
                return Source((memory.name, shared.name), width, memory, shared, crossing)
        if crossing:
            bounds, names = (kernel.block.trips, *bounds), ("step", *names)
        zero_outside = access.read.zero_outside is not None
        return self._stream(
            memory, kernel.name, bounds, address, width, crossing, names, zero_outside
        )

    def _address(self, held: Held, exprs: tuple[AffineExpr, ...]) -> tuple[AffineExpr, ...]:
        """Index expressions of a read, without fixed dimensions, with the buffer in front."""
        kept = [expr for d, expr in enumerate(exprs) if d not in held.fixed]
        if held.layout.offset:
            kept[-1] = kept[-1] - held.layout.offset
        if held.buffers > 1:
            kept.insert(0, AffineExpr.dimension(0) % held.buffers)
        return tuple(kept) or (AffineExpr.constant(0),)

    @staticmethod
    def _same_stream(
        memory: MemoryPlan,
        kernel: str,
        bounds: tuple[int, ...],
        address: tuple[AffineExpr, ...],
        width: int | None,
    ) -> StreamPlan | None:
        for stream in memory.streams:
            if stream.kind == "read" and stream.name == _stream_name(kernel):
                same_run = stream.bounds[-len(bounds) :] == bounds
                if same_run and stream.address == address and stream.width == width:
                    return stream
        return None

    def _memory(
        self,
        layout: Layout,
        fixed: dict[int, AffineExpr],
        kernel: str,
        bounds: tuple[int, ...],
        exprs: tuple[AffineExpr, ...],
        width: int | None,
        private: bool = False,
    ) -> MemoryPlan:
        held = self.held.get(layout)
        if held is None:
            held = Held(layout, fixed, 2 if fixed or is_carry(layout.value) else 1)
            self.held[layout] = held
        if private:
            return self._allocate(held)
        address = self._address(held, exprs)
        for memory in held.memories:
            if kernel in memory.readers:
                if self._same_stream(memory, kernel, bounds, address, width) is not None:
                    return memory
                continue
            # Streams on one port take turns run by run, and a run of a stream outside the loop
            # is all steps long: two of them would wait for each other.
            if len(memory.readers) < (1 if layout.crossing else self.outputs_per_memory):
                return memory
        return self._allocate(held)

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
        )
        held.memories.append(memory)
        self.plan.units.append(memory)
        return memory

    def _stream(
        self,
        memory: MemoryPlan,
        kernel: str,
        bounds: tuple[int, ...],
        address: tuple[AffineExpr, ...],
        width: int | None,
        crossing: bool,
        names: tuple[str, ...] | None = None,
        zero_outside: bool = False,
    ) -> Source:
        trips = bounds if crossing or memory.block.loop is None else (memory.block.trips, *bounds)
        reach = [interval(expr, trips) for expr in address]
        beyond = [1] * (len(address) - 1) + [width or 1]
        padded = zero_outside or any(
            first < 0 or last + count > extent
            for (first, last), count, extent in zip(reach, beyond, memory.held, strict=True)
        )
        stream = StreamPlan(
            "read",
            _stream_name(kernel),
            bounds,
            address,
            memory.element,
            width,
            names=names,
            padded=padded,
        )
        memory.streams.append(stream)
        memory.readers.add(kernel)
        return Source((memory.name, stream.name), width, memory, stream, crossing)

    def stored(self, value: SSAValue, block: ProgramBlock, lanes: int) -> Source:
        """Give a stream that reads a whole value, vector by vector, to store it off chip."""
        size = shape(value)
        layout = Layout(value, block, False, (), 0, size[-1])
        rows = (*size[:-1], -(-size[-1] // lanes))
        base = 0 if block.loop is None else 1
        exprs = [AffineExpr.dimension(base + d) for d in range(len(size))]
        exprs[-1] = exprs[-1] * lanes
        memory = self._memory(layout, {}, "store", rows, tuple(exprs), lanes)
        address = self._address(self.held[layout], tuple(exprs))
        return self._stream(memory, "store", rows, address, lanes, crossing=False)


def is_constant(access: Access) -> bool:
    """Tell whether an access reads a parameter."""
    return isinstance(access.source.owner, pattern.ParameterOp)


def _stream_name(kernel: str) -> str:
    return f"to.{kernel}"
