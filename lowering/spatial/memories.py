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

from dataclasses import dataclass, field

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr
from xdsl.ir import Block, BlockArgument, OpResult, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.signature import argument_name, argument_scale
from spatial_opt.lowering.spatial.plan import MemoryPlan, Plan, Port, StreamPlan
from spatial_opt.lowering.spatial.program import (
    TOOL,
    Access,
    Kernel,
    ProgramBlock,
    element_type,
    shape,
)
from spatial_opt.lowering.spatial.space import (
    KernelSpace,
    ReduceSpace,
    time_replacement,
    vector_width,
)
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class Source:
    """Where a unit gets the tokens of one access."""

    port: Port
    width: int | None
    memory: MemoryPlan
    stream: StreamPlan
    crossing: bool
    """The stream stands outside the loop that its reader runs in."""


@dataclass(frozen=True)
class Layout:
    """How a run-time value lies in one memory: equal layouts can share it."""

    value: SSAValue
    block: ProgramBlock
    crossing: bool
    fixed: tuple[tuple[int, str], ...]
    """Dimensions of an argument that one step fixes, with their index in the loop counter."""
    piece: int | None
    """Number of the piece of the last dimension that is held; None for all of it."""
    offset: int
    length: int
    """Range of the last dimension that is held."""


@dataclass(eq=False)
class Held:
    """The memories of one layout, in order of allocation."""

    layout: Layout
    fixed: dict[int, AffineExpr]
    buffers: int
    memories: list[MemoryPlan] = field(default_factory=list[MemoryPlan])


class Memories:
    """Allocates memories and read streams for accesses."""

    def __init__(self, plan: Plan, top: ProgramBlock, outputs_per_memory: int) -> None:
        self.plan = plan
        self.top = top
        self.outputs_per_memory = max(1, outputs_per_memory)
        self.blocks: dict[Block, ProgramBlock] = {}
        self._note_blocks(top)
        self.constants: dict[tuple[Access, int, int], Source] = {}
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

    def serve(
        self, access: Access, space: KernelSpace, copy: int, reduce: ReduceSpace | None, piece: int
    ) -> Source:
        """Give the source of one access for one copy and piece of its kernel."""
        if isinstance(access.source.owner, pattern.ParameterOp):
            return self._constant(access, space, copy, reduce, piece)
        return self._value(access, space, copy, reduce, piece)

    def _constant(
        self, access: Access, space: KernelSpace, copy: int, reduce: ReduceSpace | None, piece: int
    ) -> Source:
        kernel = space.kernel
        used = [v for v in access.variables if access.dims_of(v)]
        last_row = kernel.indices[-1]
        per_copy = last_row in used and space.vector_variable is None
        per_piece = reduce is not None and reduce.op.body.block.args[-1] in used
        key = (access, copy if per_copy else -1, piece if per_piece else -1)
        if key in self.constants:
            return self.constants[key]
        parameter = access.source.owner
        assert isinstance(parameter, pattern.ParameterOp)
        held: list[int] = []
        address: list[AffineExpr] = []
        origin: dict[SSAValue, AffineExpr] = {}
        bounds = self._bounds(space, reduce, piece)
        time = time_replacement(kernel.block)
        order = [*time, *kernel.indices, *(reduce.op.body.block.args if reduce else ())]
        for position, variable in enumerate(order):
            if variable not in used:
                continue
            counter = AffineExpr.dimension(position)
            coordinate = AffineExpr.dimension(len(held))
            if variable in time:
                held.append(kernel.block.trips)
                origin[variable] = (
                    coordinate
                    if kernel.block.loop is None or kernel.block.loop.reverse is None
                    else AffineExpr.constant(kernel.block.trips - 1) - coordinate
                )
            elif reduce is not None and variable is reduce.op.body.block.args[-1]:
                held.append(reduce.length(piece))
                origin[variable] = coordinate + piece * reduce.piece
                counter = counter * reduce.lanes if reduce.lanes > 1 else counter
            elif variable is space.vector_variable:
                held.append(kernel.bounds[-1])
                origin[variable] = coordinate
                counter = counter * kernel.lanes
            elif variable is last_row:
                held.append(space.rows[-1])
                origin[variable] = coordinate * space.step + copy if space.step > 1 else coordinate
            else:
                held.append(bounds[position - space.base])
                origin[variable] = coordinate
            address.append(counter)
        source_map = AffineMap(max(1, len(held)), 0, access.substituted(origin))
        scale = parameter.scale.value.data if parameter.scale is not None else None
        name = parameter.name_.data
        init = spatial.ParameterInitAttr.get(name, scale, source_map)
        labels = [str(n) for n, on in ((copy, per_copy), (piece, per_piece)) if on]
        short = name.rsplit(".", 1)[-1]
        memory = MemoryPlan(
            self.plan.unique(".".join([kernel.name, short, *labels])),
            kernel.block,
            tuple(held) or (1,),
            element_type(access.source),
            init,
            mutable=False,
        )
        self.plan.units.append(memory)
        source = self._stream(
            memory,
            kernel.name,
            bounds,
            tuple(address) or (AffineExpr.constant(0),),
            vector_width(access, space, reduce),
            crossing=False,
            names=space.names(reduce),
        )
        self.constants[key] = source
        return source

    @staticmethod
    def _bounds(space: KernelSpace, reduce: ReduceSpace | None, piece: int) -> tuple[int, ...]:
        return (*space.rows, *(reduce.counters(piece) if reduce is not None else ()))

    def _value(
        self, access: Access, space: KernelSpace, copy: int, reduce: ReduceSpace | None, piece: int
    ) -> Source:
        kernel = space.kernel
        replacements = space.replacements(copy, reduce, piece)
        exprs = access.substituted(replacements)
        width = vector_width(access, space, reduce)
        self._check_contiguous(access, space, reduce, width)
        fixed = self._fixed_dims(access, kernel)
        crossing = self.home(access.source) is not kernel.block and not fixed
        size = shape(access.source)
        number, offset, length = None, 0, size[-1]
        if reduce is not None and reduce.pieces > 1 and self._is_piece(access, reduce):
            number, offset, length = piece, piece * reduce.piece, reduce.length(piece)
        block = kernel.block if not crossing else self.top
        layout = Layout(
            access.source,
            block,
            crossing,
            tuple((d, str(expr)) for d, expr in fixed.items()),
            number,
            offset,
            length,
        )
        bounds = self._bounds(space, reduce, piece)
        memory = self._memory(layout, fixed, kernel.name, bounds, exprs, width)
        held = self.held[layout]
        address = self._address(held, exprs)
        shared = self._same_stream(memory, kernel.name, bounds, address, width)
        if shared is not None:
            return Source((memory.name, shared.name), width, memory, shared, crossing)
        names = space.names(reduce)
        if crossing:
            bounds, names = (kernel.block.trips, *bounds), ("step", *names)
        return self._stream(memory, kernel.name, bounds, address, width, crossing, names)

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
    ) -> MemoryPlan:
        held = self.held.get(layout)
        if held is None:
            held = Held(layout, fixed, 2 if fixed or self.is_carry(layout.value) else 1)
            self.held[layout] = held
        address = self._address(held, exprs)
        for memory in held.memories:
            if kernel in memory.readers:
                if self._same_stream(memory, kernel, bounds, address, width) is not None:
                    return memory
                continue
            if len(memory.readers) < self.outputs_per_memory:
                return memory
        return self._allocate(held)

    def _allocate(self, held: Held) -> MemoryPlan:
        layout = held.layout
        size = [n for d, n in enumerate(shape(layout.value)) if d not in held.fixed]
        size[-1] = layout.length
        base = layout.value.name_hint or "value"
        if layout.piece is not None:
            base = f"{base}.{layout.piece}"
        dims = (held.buffers, *size) if held.buffers > 1 else tuple(size)
        memory = MemoryPlan(
            self.plan.unique(base),
            layout.block,
            dims,
            element_type(layout.value),
            self._initial(held),
            mutable=True,
        )
        held.memories.append(memory)
        self.plan.units.append(memory)
        return memory

    @staticmethod
    def is_carry(value: SSAValue) -> bool:
        """Tell whether a value is carried by a scan."""
        return (
            isinstance(value, BlockArgument)
            and isinstance(value.block.parent_op(), pattern.ScanOp)
            and value.index > 0
        )

    def _initial(self, held: Held) -> spatial.InitAttr:
        """Contents before the run: zero, or a carried value's first state in buffer 0."""
        value = held.layout.value
        if not self.is_carry(value):
            return spatial.ZeroInitAttr()
        assert isinstance(value, BlockArgument)
        scan = value.block.parent_op()
        assert isinstance(scan, pattern.ScanOp)
        start = scan.inits[value.index - 1]
        rank = len(shape(value))
        # Buffer 1 maps outside the source, which leaves it zero.
        first = AffineExpr.dimension(1) + AffineExpr.dimension(0) * shape(value)[0]
        rest = [AffineExpr.dimension(d + 1) for d in range(1, rank)]
        if rank == 1:
            first = first + held.layout.offset
        elif held.layout.offset:
            rest[-1] = rest[-1] + held.layout.offset
        source_map = AffineMap(rank + 1, 0, (first, *rest))
        match start.owner:
            case pattern.ParameterOp() as parameter:
                scale = parameter.scale.value.data if parameter.scale is not None else None
                return spatial.ParameterInitAttr.get(parameter.name_.data, scale, source_map)
            case arith.ConstantOp() as constant if _is_zero(constant):
                return spatial.ZeroInitAttr()
            case Block() as block if isinstance(block.parent_op(), func.FuncOp):
                assert isinstance(start, BlockArgument)
                name = argument_name(start)
                scale = argument_scale(start)
                return spatial.InputInitAttr.get(name, scale, source_map)
            case _:
                raise SpatialError(
                    f"{TOOL}: the initial state %{value.name_hint} of a scan is made on the "
                    "machine; it must be zero, a pattern.parameter or a function argument"
                )

    def _stream(
        self,
        memory: MemoryPlan,
        kernel: str,
        bounds: tuple[int, ...],
        address: tuple[AffineExpr, ...],
        width: int | None,
        crossing: bool,
        names: tuple[str, ...] | None = None,
    ) -> Source:
        padded = width is not None and memory.held[-1] % width != 0
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
        layout = Layout(value, block, False, (), None, 0, size[-1])
        rows = (*size[:-1], -(-size[-1] // lanes))
        base = 0 if block.loop is None else 1
        exprs = [AffineExpr.dimension(base + d) for d in range(len(size))]
        exprs[-1] = exprs[-1] * lanes
        memory = self._memory(layout, {}, "store", rows, tuple(exprs), lanes)
        address = self._address(self.held[layout], tuple(exprs))
        return self._stream(memory, "store", rows, address, lanes, crossing=False)

    def _fixed_dims(self, access: Access, kernel: Kernel) -> dict[int, AffineExpr]:
        """Dimensions of an argument whose index is fixed by the loop counter alone."""
        if kernel.block.loop is None or not _is_argument(access.source):
            return {}
        time = kernel.block.loop.body.block.args[0]
        replaced = access.substituted(
            {v: AffineExpr.constant(0) for v in access.variables} | time_replacement(kernel.block)
        )
        found = dict[int, AffineExpr]()
        for d in access.dims_of(time):
            if all(v is time or d not in access.dims_of(v) for v in access.variables):
                found[d] = replaced[d]
        last = len(access.exprs) - 1
        return {} if last in found else found

    @staticmethod
    def _is_piece(access: Access, reduce: ReduceSpace) -> bool:
        """Whether the last index is the reduction's variable and nothing else."""
        variable = reduce.op.body.block.args[-1]
        if variable not in access.variables:
            return False
        return access.exprs[-1] == AffineExpr.dimension(access.variables.index(variable))

    def _check_contiguous(
        self, access: Access, space: KernelSpace, reduce: ReduceSpace | None, width: int | None
    ) -> None:
        if width is None:
            return
        variable = reduce.op.body.block.args[-1] if reduce else space.vector_variable
        assert variable is not None
        last = len(access.exprs) - 1
        if access.dims_of(variable) != [last] or access.coefficient(last, variable) != 1:
            raise SpatialError(
                f"{TOOL}: kernel %{space.kernel.name} reads %{access.source.name_hint} "
                f"{width} elements at a time along %{variable.name_hint}, which are not "
                "neighbours in it; use one lane (rv=1) or transpose the value"
            )


def _stream_name(kernel: str) -> str:
    return f"to.{kernel}"


def _is_argument(value: SSAValue) -> bool:
    return isinstance(value, BlockArgument) and isinstance(value.block.parent_op(), func.FuncOp)


def is_argument(value: SSAValue) -> bool:
    """Tell whether a value is an argument of the function."""
    return _is_argument(value)


def is_map_result(value: SSAValue) -> bool:
    """Tell whether a kernel made a value."""
    return isinstance(value, OpResult) and isinstance(value.op, pattern.MapOp)


def _is_zero(op: arith.ConstantOp) -> bool:
    value = op.value
    if isinstance(value, DenseIntOrFPElementsAttr):
        return all(entry == 0 for entry in value.get_values()[:1]) and (
            value.is_splat() or not any(value.get_values())
        )
    return False
