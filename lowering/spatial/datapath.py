"""
Compute units of a kernel: one per piece of a reduction, and one per run of scalar arithmetic.

The arithmetic that stands between a kernel's reductions and what it yields is cut where a
table is looked up, since the table stands in a memory unit: one compute unit before it, one
behind it.  Units are of unlimited size here; `spatial-partition` cuts them to the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, vector
from xdsl.dialects.builtin import (
    AnyFloat,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IndexType,
    IntegerAttr,
    IntegerType,
    TensorType,
    VectorType,
)
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects import pattern, spatial
from spatial_opt.lowering.spatial.memories import Memories, Source
from spatial_opt.lowering.spatial.plan import ComputePlan, MemoryPlan, Plan, Port, StreamPlan
from spatial_opt.lowering.spatial.program import TOOL, Access, Kernel
from spatial_opt.lowering.spatial.space import KernelSpace, ReduceSpace
from spatial_opt.lowering.spatial.trees import reduce_vector, zero_preserving
from spatial_opt.machine.errors import SpatialError


def widened(type: Attribute, width: int | None) -> Attribute:
    """Give the type of a token: a scalar, or a vector of `width` elements."""
    return type if width is None else VectorType(type, [width])


class UnitBody:
    """The body of one compute unit while it is written."""

    def __init__(self, bounds: Sequence[int], names: Sequence[str], width: int | None) -> None:
        self.block = Block(arg_types=[IndexType()] * len(bounds))
        for argument, name in zip(self.block.args, names, strict=True):
            argument.name_hint = name
        self.bounds = tuple(bounds)
        self.width = width
        self.values: dict[SSAValue, SSAValue] = {}
        self.ports: set[str] = set()
        self.inputs: list[tuple[Port, str, int | None]] = []

    def add(self, op: Operation) -> SSAValue:
        """Append an op and give its first result."""
        self.block.add_op(op)
        return op.results[0]

    def port(self, wanted: str | None, fallback: str) -> str:
        """Reserve a port name."""
        base = wanted or fallback
        name, number = base, 1
        while name in self.ports:
            name, number = f"{base}_{number}", number + 1
        self.ports.add(name)
        return name

    def receive(
        self, source: Port, element: Attribute, width: int | None, hint: str | None
    ) -> SSAValue:
        """Take a token from a source at every firing; spread a scalar over the lanes."""
        name = self.port(hint, "in")
        value = self.add(spatial.ReceiveOp(name, widened(element, width)))
        value.name_hint = hint
        self.inputs.append((source, name, width))
        if width is None and self.width is not None:
            value = self.add(vector.BroadcastOp(value, VectorType(element, [self.width])))
        return value

    def copy(self, op: Operation) -> None:
        """Append a scalar op, on vectors where the unit has lanes."""
        if isinstance(op, arith.ConstantOp):
            new = self._constant(op)
        else:
            new = type(op).create(
                operands=[self.operand(operand) for operand in op.operands],
                result_types=[widened(result.type, self.width) for result in op.results],
                properties=dict(op.properties),
                attributes=dict(op.attributes),
            )
        self.block.add_op(new)
        new.location = op.location
        for old, fresh in zip(op.results, new.results, strict=True):
            fresh.name_hint = old.name_hint
            self.values[old] = fresh

    def operand(self, value: SSAValue) -> SSAValue:
        """Give the unit's value for one of the kernel's; constants are copied in."""
        if value not in self.values and isinstance(value.owner, arith.ConstantOp):
            self.copy(value.owner)
        return self.values[value]

    def _constant(self, op: arith.ConstantOp) -> Operation:
        if self.width is None:
            return op.clone()
        if isa(op.value, FloatAttr[AnyFloat]):
            floats = VectorType(op.value.type, [self.width])
            dense = DenseIntOrFPElementsAttr.from_list(floats, [op.value.value.data])
            return arith.ConstantOp(dense, floats)
        if isa(op.value, IntegerAttr[IntegerType]):
            integers = VectorType(op.value.type, [self.width])
            dense = DenseIntOrFPElementsAttr.from_list(integers, [op.value.value.data])
            return arith.ConstantOp(dense, integers)
        raise SpatialError(f"{TOOL}: cannot spread the constant {op.value} over lanes")

    def send(self, value: SSAValue, hint: str | None, per: SSAValue | None = None) -> str:
        """Send a value to a new port."""
        name = self.port(hint, "out")
        self.block.add_op(spatial.SendOp(name, value, per))
        return name


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
                body.operand(value),
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
        self.sent: dict[SSAValue, Port] = {}

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
            if value in self.level and value not in self.sources:
                self._send(value)
        for name, body in zip(self.names, self.bodies, strict=True):
            self.lowering.place(name, body)

    def output(self, value: SSAValue) -> Port:
        """Give the port at which a yielded value leaves."""
        if value in self.sent:
            return self.sent[value]
        if value in self.sources:
            return self.sources[value][0]
        raise SpatialError(
            f"{TOOL}: kernel %{self.lowering.kernel.name} yields a constant; "
            "write it as a pattern.parameter"
        )

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
        if value in self.sources:
            port, width = self.sources[value]
        else:
            port, width = self._send(value), self.lowering.width
        assert not isinstance(value.type, TensorType)
        body.values[value] = body.receive(port, value.type, width, value.name_hint)

    def _send(self, value: SSAValue) -> Port:
        if value not in self.sent:
            level = self.level[value]
            body = self.bodies[level]
            self.sent[value] = (self.names[level], body.send(body.values[value], value.name_hint))
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
        source = self.sources[index][0] if index in self.sources else self._send(index)
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
