"""
The arithmetic around a kernel's reductions: one unit for each row and run of scalar arithmetic.

It is cut where a table is looked up, since the table stands in a memory unit: one compute unit
before it, one behind it. Sums of a reduction's pieces are added here, pair by pair.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith
from xdsl.dialects.builtin import TensorType
from xdsl.ir import BlockArgument, Operation, SSAValue

from spatial_opt.dialects import pattern, spatial
from spatial_opt.lowering.spatial.kernel_units import KernelUnits
from spatial_opt.lowering.spatial.plan import Feed, MemoryPlan, StreamPlan
from spatial_opt.lowering.spatial.program import TOOL, Access, is_index_read
from spatial_opt.lowering.spatial.unit_body import UnitBody
from spatial_opt.machine.errors import SpatialError


class Rows:
    """One row unit before it is cut into levels by table look-ups."""

    def __init__(self, units: KernelUnits, number: int) -> None:
        self.units = units
        self.space = units.space.row(number)
        self.width = units.space.width
        self.sources: dict[SSAValue, tuple[Feed, int | None]] = {}
        self.pieces: dict[SSAValue, tuple[list[Feed], str]] = {}
        self.gone: set[Operation] = set()
        """Operations whose results are read from memories instead."""
        self.level: dict[SSAValue, int] = {}
        self.bodies: list[UnitBody] = []
        self.names: list[str] = []
        self.yielded: dict[SSAValue, Feed] = {}
        self.sent: dict[SSAValue, tuple[Feed, int | None]] = {}

    def offer(self, value: SSAValue, feed: Feed, width: int | None) -> None:
        """Say what brings a value of the kernel, one token per firing."""
        self.sources[value] = (feed, width)

    def hold(self, sums: dict[SSAValue, list[Access]]) -> set[Operation]:
        """Read sums of parameters from memories that hold them; gives the ops that do it now."""
        gone: set[Operation] = set()
        for value, accesses in sums.items():
            source = self.units.serve_sum(accesses, self.space)
            if source is not None and isinstance(value.owner, Operation):
                self.offer(value, ((source.port, None),), source.width)
                gone |= {value.owner, *(access.read for access in accesses)}
        self.gone |= gone
        return gone

    def offer_pieces(self, value: SSAValue, feeds: list[Feed], kind: str) -> None:
        """Say what brings the pieces of a reduction's result."""
        if len(feeds) == 1:
            self.offer(value, feeds[0], self.width)
        else:
            self.pieces[value] = (feeds, kind)
            self.level[value] = 0

    def build(self) -> None:
        """Write the units and place them."""
        for value in self.pieces:
            self._sum(value)
        for op in self.units.kernel.op.body.block.ops:
            match op:
                case _ if op in self.gone:
                    pass
                case pattern.ReadOp() | pattern.ReduceOp() | pattern.YieldOp():
                    pass
                case pattern.MemoryOp():
                    pass
                case arith.ConstantOp():
                    pass
                case pattern.GatherOp():
                    self._gather(op)
                case arith.IndexCastOp() if is_index_read(op, self.units.kernel):
                    source = self.units.memories.index(op, self.space)
                    self.offer(op.result, ((source.port, None),), source.width)
                case _:
                    level = max((self._level(v) for v in op.operands), default=0)
                    body = self._body(level)
                    for operand in op.operands:
                        self._bring(operand, level)
                    body.copy(op)
                    for result in op.results:
                        self.level[result] = level
        # What is yielded leaves its unit before the units are closed.
        for value in self.units.kernel.op.yielded:
            self._yield(value)
        for name, body in zip(self.names, self.bodies, strict=True):
            self.units.place(name, body)

    def output(self, value: SSAValue) -> Feed:
        """Give what brings a yielded value."""
        return self.yielded[value]

    def _yield(self, value: SSAValue) -> None:
        """Let a value leave in the kernel's width."""
        width = self.width
        if value in self.sources and self.sources[value][1] == width:
            self.yielded[value] = self.sources[value][0]
            return
        if isinstance(value.owner, arith.ConstantOp):
            raise SpatialError(
                f"{TOOL}: kernel %{self.units.kernel.name} yields a constant; "
                "write it as a pattern.parameter"
            )
        level = self._level(value)
        self._bring(value, level)
        body = self.bodies[level]
        if body.lanes_of(value) == width:
            self.yielded[value] = self._send(value)[0]
        else:
            port = body.send(body.spread(value), value.name_hint)
            self.yielded[value] = (((self.names[level], port), None),)

    def _level(self, value: SSAValue) -> int:
        return self.level.get(value, 0)

    def _body(self, level: int) -> UnitBody:
        while len(self.bodies) <= level:
            kernel = self.units.kernel
            what = ["", "then", "last"][min(len(self.bodies), 2)]
            self.bodies.append(UnitBody(self.space.bounds, self.space.names, self.width))
            fallback = "row" if kernel.reduces and not what else what
            self.names.append(self.units.label(fallback, *self.space.label))
        return self.bodies[level]

    def _bring(self, value: SSAValue, level: int) -> None:
        """Make a value available in the unit of one level."""
        body = self._body(level)
        if value in body.values or isinstance(value.owner, arith.ConstantOp):
            return
        if value in self.units.kernel.indices:
            body.values[value] = self._counter(value, body)
            return
        feed, width = self.sources[value] if value in self.sources else self._send(value)
        assert not isinstance(value.type, TensorType)
        body.values[value] = body.receive(feed, value.type, width, value.name_hint)

    def _counter(self, index: SSAValue, body: UnitBody) -> SSAValue:
        """Give an index of the map as a number."""
        if self.width is not None and index is self.units.kernel.indices[-1]:
            raise SpatialError(
                f"{TOOL}: kernel %{self.units.kernel.name} computes with %"
                f"{index.name_hint}, which differs from lane to lane; read it from a "
                "pattern.parameter"
            )
        return body.index(self.space.positions[index], self.space.base)

    def _send(self, value: SSAValue) -> tuple[Feed, int | None]:
        if value not in self.sent:
            level = self.level[value]
            body = self.bodies[level]
            port = body.send(body.values[value], value.name_hint)
            self.sent[value] = ((((self.names[level], port), None),), body.lanes_of(value))
        return self.sent[value]

    def _sum(self, value: SSAValue) -> None:
        """Add the pieces of a reduction by a tree of neighbouring pairs."""
        feeds, kind = self.pieces[value]
        body = self._body(0)
        level = [body.receive(feed, value.type, self.width, "part") for feed in feeds]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            combined = [body.add(_COMBINE[kind, _is_float(value)](a, b)) for a, b in pairs]
            level = combined + level[len(combined) * 2 :]
        level[0].name_hint = value.name_hint
        body.values[value] = level[0]

    def _gather(self, op: pattern.GatherOp) -> None:
        units, kernel = self.units, self.units.kernel
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
        feed, width = self.sources[index] if index in self.sources else self._send(index)
        stream = StreamPlan(
            "gather",
            "value",
            self.space.bounds,
            (),
            table.result.type.element_type,
            width,
            ports=("index",),
        )
        memory = MemoryPlan(
            units.label(table.function.data, *self.space.label),
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
        memory.bank(units.memories.values.declarations.fixed_banking(op.source))
        units.plan.units.append(memory)
        units.plan.connect(feed, (memory.name, "index"), units.plan.kind(width))
        level = self._level(index) + 1
        self.offer(op.result, (((memory.name, "value"), None),), width)
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
