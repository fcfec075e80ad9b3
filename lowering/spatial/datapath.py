"""
Compute units of a kernel: one per piece of a reduction, and one per run of scalar arithmetic.

The arithmetic that stands between a kernel's reductions and what it yields is cut where a
table is looked up, since the table stands in a memory unit: one compute unit before it, one
behind it.  Units are of unlimited size here; `spatial-partition` cuts them to the machine.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith
from xdsl.dialects.builtin import IndexType, IntegerAttr, TensorType
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from spatial_opt.dialects import pattern, spatial
from spatial_opt.lowering.spatial.layouts import Source
from spatial_opt.lowering.spatial.memories import Memories
from spatial_opt.lowering.spatial.plan import ComputePlan, MemoryPlan, Plan, Port, StreamPlan
from spatial_opt.lowering.spatial.program import TOOL, Access, Kernel, is_index_read
from spatial_opt.lowering.spatial.space import KernelSpace, ReduceSpace
from spatial_opt.lowering.spatial.trees import reduce_vector, zero_preserving
from spatial_opt.lowering.spatial.unit_body import UnitBody
from spatial_opt.machine.errors import SpatialError


class KernelLowering:
    """Builds all compute units of one kernel; afterwards `outputs` says where results leave."""

    def __init__(self, plan: Plan, memories: Memories, kernel: Kernel, word_lanes: int) -> None:
        self.plan = plan
        self.memories = memories
        self.kernel = kernel
        self.word_lanes = word_lanes
        self.space = KernelSpace(kernel)
        self.width = kernel.lanes if kernel.lanes > 1 else None
        self.sources: list[Source] = []
        self.outputs: list[list[Port]] = [[] for _ in kernel.op.results]
        """Per result, one port for each copy."""

    def run(self) -> None:
        """Build the units of every copy."""
        for copy in range(min(self.kernel.copies, self.kernel.bounds[-1])):
            self._copy(copy)

    def label(self, what: str, copy: int, *more: int) -> str:
        """Reserve a unit name made of the kernel's, what the unit does, and its numbers."""
        numbers = [str(copy)] if self.kernel.copies > 1 else []
        parts = [self.kernel.name, what, *numbers, *(str(n) for n in more)]
        return self.plan.unique(".".join(part for part in parts if part))

    def place(self, name: str, body: UnitBody) -> None:
        """Add a compute unit whose body is complete, and the links into it."""
        unit = ComputePlan(name, self.kernel.block, body.bounds, body.block)
        self.plan.units.append(unit)
        for source, port, width in body.inputs:
            self.plan.connect(source, (name, port), width)

    def _serve(self, access: Access, copy: int, domain: ReduceSpace | None, piece: int) -> Source:
        source = self.memories.serve(access, self.space, copy, domain, piece)
        self.sources.append(source)
        return source

    def _copy(self, copy: int) -> None:
        rows = _Rows(self, copy)
        for access in self.kernel.accesses:
            if access.reduce is None:
                source = self._serve(access, copy, None, 0)
                rows.offer(access.read.result, source.port, source.width)
        for reduce in self.kernel.reduces:
            partial = self._reduction(reduce, copy)
            for position, result in enumerate(reduce.results):
                rows.offer_pieces(result, [ports[position] for ports in partial], reduce, position)
        rows.build()
        for position, value in enumerate(self.kernel.op.yielded):
            self.outputs[position].append(rows.output(value))

    def _reduction(self, reduce: pattern.ReduceOp, copy: int) -> list[list[Port]]:
        """Build one unit per piece; give, per piece, the port of each result."""
        domain = ReduceSpace(reduce)
        if domain.has_remainder and not zero_preserving(reduce):
            raise SpatialError(
                f"{TOOL}: the reduction %{reduce.results[0].name_hint} runs over "
                f"{domain.bounds[-1]} elements by {domain.lanes} lanes, and a lane that is left "
                "over would not add zero; choose lanes (rv) that divide, or make it a sum of "
                "products"
            )
        accesses = {a.read: a for a in self.kernel.accesses if a.reduce is reduce}
        found: list[list[Port]] = []
        for piece in range(domain.pieces):
            numbers = (piece,) if domain.pieces > 1 else ()
            which = str(self.kernel.reduces.index(reduce)) if len(self.kernel.reduces) > 1 else ""
            name = self.label(f"dot{which}", copy, *numbers)
            found.append(self._piece(name, reduce, domain, accesses, copy, piece))
        return found

    def _piece(
        self,
        name: str,
        reduce: pattern.ReduceOp,
        domain: ReduceSpace,
        accesses: dict[pattern.ReadOp, Access],
        copy: int,
        piece: int,
    ) -> list[Port]:
        width = domain.lanes if domain.lanes > 1 else None
        body = UnitBody(
            (*self.space.rows, *domain.counters(piece)), self.space.names(domain), width
        )
        received: dict[tuple[Port, Attribute], SSAValue] = {}
        for op in reduce.body.block.ops:
            if isinstance(op, pattern.ReadOp):
                source = self._serve(accesses[op], copy, domain, piece)
                key = (source.port, op.result.type)
                if key not in received:
                    hint = accesses[op].source.name_hint
                    received[key] = body.receive(
                        source.port, op.result.type, source.width, op.result.name_hint or hint
                    )
                body.values[op.result] = received[key]
            elif isinstance(op, pattern.GatherOp):
                raise SpatialError(
                    f"{TOOL}: kernel %{self.kernel.name} looks up a table inside a reduction; "
                    "look it up in a map of its own"
                )
            elif not isinstance(op, pattern.YieldOp):
                self._check_captured(op, reduce)
                body.copy(op)
        row = body.block.args[len(self.space.rows) - 1]
        ports: list[Port] = []
        for position, value in enumerate(reduce.yielded):
            folded = reduce_vector(
                body.block,
                body.spread(value),
                reduce.kind_names[position],
                reduce.through_types,
                reduce.results[position].type,
                row,
                self.word_lanes,
            )
            folded.name_hint = reduce.results[position].name_hint
            ports.append((name, body.send(folded, "out", row)))
        self.place(name, body)
        return ports

    def _check_captured(self, op: Operation, reduce: pattern.ReduceOp) -> None:
        for operand in op.operands:
            owner = operand.owner
            inside = isinstance(owner, Operation) and owner.parent is reduce.body.block
            if not inside and not isinstance(owner, arith.ConstantOp):
                raise SpatialError(
                    f"{TOOL}: the reduction of kernel %{self.kernel.name} uses "
                    f"%{operand.name_hint}, which is computed outside it; move it into the "
                    "reduction or apply it to the result"
                )


class _Rows:
    """The arithmetic of one copy outside its reductions, cut into levels by table look-ups."""

    def __init__(self, lowering: KernelLowering, copy: int) -> None:
        self.lowering = lowering
        self.copy = copy
        self.sources: dict[SSAValue, tuple[Port, int | None]] = {}
        self.pieces: dict[SSAValue, tuple[list[Port], str]] = {}
        self.level: dict[SSAValue, int] = {}
        self.bodies: list[UnitBody] = []
        self.names: list[str] = []
        self.yielded: dict[SSAValue, Port] = {}
        self.sent: dict[SSAValue, tuple[Port, int | None]] = {}

    def offer(self, value: SSAValue, port: Port, width: int | None) -> None:
        self.sources[value] = (port, width)

    def offer_pieces(
        self, value: SSAValue, ports: list[Port], reduce: pattern.ReduceOp, position: int
    ) -> None:
        if len(ports) == 1:
            self.offer(value, ports[0], None)
        else:
            self.pieces[value] = (ports, reduce.kind_names[position])
            self.level[value] = 0

    def build(self) -> None:
        for value in self.pieces:
            self._sum(value)
        for op in self.lowering.kernel.op.body.block.ops:
            match op:
                case pattern.ReadOp() | pattern.ReduceOp() | pattern.YieldOp():
                    pass
                case arith.ConstantOp():
                    pass
                case pattern.GatherOp():
                    self._gather(op)
                case arith.IndexCastOp() if is_index_read(op, self.lowering.kernel):
                    source = self.lowering.memories.index(op, self.lowering.space, self.copy)
                    self.offer(op.result, source.port, source.width)
                case _:
                    level = max((self._level(v) for v in op.operands), default=0)
                    body = self._body(level)
                    for operand in op.operands:
                        self._bring(operand, level)
                    body.copy(op)
                    for result in op.results:
                        self.level[result] = level
        # What is yielded leaves its unit before the units are closed.
        for value in self.lowering.kernel.op.yielded:
            self._yield(value)
        for name, body in zip(self.names, self.bodies, strict=True):
            self.lowering.place(name, body)

    def output(self, value: SSAValue) -> Port:
        """Give the port at which a yielded value leaves."""
        return self.yielded[value]

    def _yield(self, value: SSAValue) -> None:
        """Let a value leave in the kernel's width."""
        width = self.lowering.width
        if value in self.sources and self.sources[value][1] == width:
            self.yielded[value] = self.sources[value][0]
            return
        if isinstance(value.owner, arith.ConstantOp):
            raise SpatialError(
                f"{TOOL}: kernel %{self.lowering.kernel.name} yields a constant; "
                "write it as a pattern.parameter"
            )
        level = self._level(value)
        self._bring(value, level)
        body = self.bodies[level]
        if body.lanes_of(value) == width:
            self.yielded[value] = self._send(value)[0]
        else:
            port = body.send(body.spread(value), value.name_hint)
            self.yielded[value] = (self.names[level], port)

    def _level(self, value: SSAValue) -> int:
        return self.level.get(value, 0)

    def _body(self, level: int) -> UnitBody:
        while len(self.bodies) <= level:
            kernel = self.lowering.kernel
            what = ["", "then", "last"][min(len(self.bodies), 2)]
            space = self.lowering.space
            self.bodies.append(UnitBody(space.rows, space.names(), self.lowering.width))
            fallback = "row" if kernel.reduces and not what else what
            self.names.append(self.lowering.label(fallback, self.copy))
        return self.bodies[level]

    def _bring(self, value: SSAValue, level: int) -> None:
        """Make a value available in the unit of one level."""
        body = self._body(level)
        if value in body.values or isinstance(value.owner, arith.ConstantOp):
            return
        if value in self.lowering.kernel.indices:
            body.values[value] = self._counter(value, body)
            return
        port, width = self.sources[value] if value in self.sources else self._send(value)
        assert not isinstance(value.type, TensorType)
        body.values[value] = body.receive(port, value.type, width, value.name_hint)

    def _counter(self, index: SSAValue, body: UnitBody) -> SSAValue:
        """Give an index of the map as a number; the last one is strided over the copies."""
        indices = self.lowering.kernel.indices
        position = next(n for n, other in enumerate(indices) if other is index)
        value: SSAValue = body.block.args[position]
        step = self.lowering.space.step
        if position == len(indices) - 1 and step > 1:
            if self.lowering.width is not None:
                raise SpatialError(
                    f"{TOOL}: kernel %{self.lowering.kernel.name} computes with %"
                    f"{index.name_hint}, which differs from lane to lane; read it from a "
                    "pattern.parameter"
                )
            factor = body.add(arith.ConstantOp(IntegerAttr(step, IndexType())))
            offset = body.add(arith.ConstantOp(IntegerAttr(self.copy, IndexType())))
            value = body.add(arith.AddiOp(body.add(arith.MuliOp(value, factor)), offset))
        return value

    def _send(self, value: SSAValue) -> tuple[Port, int | None]:
        if value not in self.sent:
            level = self.level[value]
            body = self.bodies[level]
            port = body.send(body.values[value], value.name_hint)
            self.sent[value] = ((self.names[level], port), body.lanes_of(value))
        return self.sent[value]

    def _sum(self, value: SSAValue) -> None:
        """Add the pieces of a reduction by a tree of neighbouring pairs."""
        ports, kind = self.pieces[value]
        body = self._body(0)
        level = [body.receive(port, value.type, None, "part") for port in ports]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            combined = [body.add(_COMBINE[kind, _is_float(value)](a, b)) for a, b in pairs]
            level = combined + level[len(combined) * 2 :]
        level[0].name_hint = value.name_hint
        body.values[value] = level[0]

    def _gather(self, op: pattern.GatherOp) -> None:
        lowering, kernel = self.lowering, self.lowering.kernel
        table = op.source.owner
        if not isinstance(table, pattern.TableOp) or len(op.indices) != 1:
            raise SpatialError(
                f"{TOOL}: kernel %{kernel.name} looks up %{op.source.name_hint}; only "
                "pattern.table values with one index can be looked up"
            )
        index = op.indices[0]
        if isinstance(index, BlockArgument):
            raise SpatialError(
                f"{TOOL}: kernel %{kernel.name} looks up a table at a loop index; "
                "read it with pattern.read"
            )
        assert isinstance(table.result.type, TensorType)
        stream = StreamPlan(
            "gather",
            "value",
            lowering.space.rows,
            (),
            table.result.type.element_type,
            lowering.width,
            ports=("index",),
        )
        memory = MemoryPlan(
            lowering.label(table.function.data, self.copy),
            kernel.block,
            tuple(table.result.type.get_shape()),
            table.result.type.element_type,
            spatial.TableInitAttr.get(
                table.function.data, table.low.value.data, table.high.value.data
            ),
            mutable=False,
            duplicated=True,
            streams=[stream],
        )
        lowering.plan.units.append(memory)
        source, width = self.sources[index] if index in self.sources else self._send(index)
        if width != lowering.width:
            raise SpatialError(
                f"{TOOL}: kernel %{kernel.name} looks up the same entry of %"
                f"{op.source.name_hint} for all lanes; look it up in a map of its own"
            )
        lowering.plan.connect(source, (memory.name, "index"), lowering.width)
        level = self._level(index) + 1
        self.offer(op.result, (memory.name, "value"), lowering.width)
        self.level[op.result] = level


def _is_float(value: SSAValue) -> bool:
    return pattern.is_float(value.type)


_COMBINE: dict[tuple[str, bool], Callable[[SSAValue, SSAValue], Operation]] = {
    ("add", True): arith.AddfOp,
    ("mul", True): arith.MulfOp,
    ("max", True): arith.MaximumfOp,
    ("min", True): arith.MinimumfOp,
    ("add", False): arith.AddiOp,
    ("mul", False): arith.MuliOp,
    ("max", False): arith.MaxSIOp,
    ("min", False): arith.MinSIOp,
}
