"""Write a plan as IR of the spatial dialect."""

from __future__ import annotations

from xdsl.dialects.builtin import IndexType, TensorType
from xdsl.ir import Block, BlockArgument, Operation
from xdsl.ir.affine import AffineMap

from spatial_opt.dialects import spatial
from spatial_opt.dialects.signature import argument_name, argument_scale
from spatial_opt.lowering.spatial.plan import (
    AgPlan,
    ComputePlan,
    ControllerPlan,
    LinkPlan,
    MemoryPlan,
    Plan,
    StreamPlan,
    UnitPlan,
)
from spatial_opt.lowering.spatial.program import Program, ProgramBlock, tensor_type
from spatial_opt.lowering.spatial.unit_body import widened
from spatial_opt.machine.banks import Banking
from spatial_opt.machine.description import Machine


class Emitter:
    """Turns units and links into ops, each unit in the region of its loop."""

    def __init__(
        self, program: Program, plan: Plan, machine: Machine, queue_depth: int | None = None
    ) -> None:
        self.program = program
        self.plan = plan
        self.machine = machine
        self.queue_depth = queue_depth
        """Places of the queues behind accumulators and before look-ups; None: the machine's."""
        self.units = {unit.name: unit for unit in plan.units}

    def config(self) -> spatial.ConfigOp:
        """Make the whole configuration."""
        function = self.program.function
        ops: list[Operation] = []
        for argument in function.body.block.args:
            ops.append(
                spatial.InputOp(
                    argument_name(argument), tensor_type(argument), argument_scale(argument)
                )
            )
        for name, value in self.program.results:
            ops.append(spatial.OutputOp(name, tensor_type(value)))
        ops += self._block(self.program.top)
        ops += [self._link(link) for link in self.plan.links]
        return spatial.ConfigOp(function.sym_name.data, ops)

    def _block(self, block: ProgramBlock) -> list[Operation]:
        return [self._unit(unit, block) for unit in self.plan.units if unit.block is block]

    def _unit(self, unit: UnitPlan, block: ProgramBlock) -> Operation:
        outer = 0 if block.loop is None else 1
        match unit:
            case MemoryPlan():
                banking = unit.banking or Banking(self.machine.pmu.banks)
                return spatial.PmuOp(
                    unit.name,
                    TensorType(unit.element, unit.held),
                    (banking.banks, banking.block),
                    unit.init,
                    [self._stream(stream, outer) for stream in unit.streams],
                    duplicated=unit.duplicated,
                    projection=banking.projection,
                )
            case ComputePlan():
                return spatial.PcuOp(unit.name, unit.bounds, unit.body)
            case AgPlan():
                return spatial.AgOp(
                    unit.name,
                    unit.direction,
                    unit.buffer,
                    unit.bounds,
                    AffineMap(outer + len(unit.bounds), 0, unit.address),
                    widened(unit.element, unit.width),
                    names=unit.names,
                )
            case ControllerPlan():
                if unit.loop is None:
                    return spatial.ControllerOp(
                        unit.name, (), waits=unit.waits, signals=unit.signals
                    )
                assert unit.loop.loop is not None
                body = Block(arg_types=[IndexType()])
                body.args[0].name_hint = _hint(unit.loop.loop.index)
                body.add_ops(self._block(unit.loop))
                return spatial.ControllerOp(
                    unit.name, (unit.loop.trips,), body, unit.waits, unit.signals
                )

    @staticmethod
    def _stream(stream: StreamPlan, outer: int) -> Operation:
        dims = (outer if stream.when is None else 0) + len(stream.bounds)
        token = widened(stream.element, stream.width)
        address = AffineMap(dims, 0, stream.address)
        match stream.kind:
            case "read":
                return spatial.ReadOp(
                    stream.name,
                    stream.bounds,
                    address,
                    token,
                    padded=stream.padded,
                    waits=stream.waits,
                    signals=stream.signals,
                    names=stream.names,
                    ports=None if stream.ports == (stream.name,) else stream.ports,
                    apart=stream.apart,
                    when=stream.when,
                )
            case "write":
                return spatial.WriteOp(
                    stream.name,
                    stream.ports,
                    stream.bounds,
                    address,
                    token,
                    clip=stream.clip,
                    waits=stream.waits,
                    signals=stream.signals,
                    names=stream.names,
                    apart=stream.apart,
                    when=stream.when,
                )
            case "gather":
                return spatial.GatherOp(
                    stream.name,
                    stream.bounds,
                    AffineMap(dims, 0, ()),
                    token,
                    index_port=stream.ports[0],
                    waits=stream.waits,
                    signals=stream.signals,
                    names=stream.names,
                )

    def _link(self, link: LinkPlan) -> spatial.LinkOp:
        unit, source = self.units[link.dst[0]], self.units[link.src[0]]
        if link.kind == "token":
            depth = max(2, link.init)
        elif isinstance(source, ComputePlan) and source.queue is not None:
            depth = source.queue
        elif self.queue_depth is not None and (_looks_up(unit) or _accumulates(source)):
            depth = self.queue_depth
        elif isinstance(unit, MemoryPlan):
            depth = self.machine.pmu.fifo_depth
        elif isinstance(unit, AgPlan):
            depth = self.machine.ag.fifo_depth
        else:
            depth = self.machine.pcu.fifo_depth
        lo, hi, of = link.turn or (0, 0, None)
        return spatial.LinkOp(
            link.src,
            link.dst,
            link.kind,
            depth,
            link.init,
            link.every,
            link.hold,
            window=None if link.turn is None else (lo, hi),
            window_of=of,
        )


def _looks_up(unit: UnitPlan) -> bool:
    """Whether a unit is the memory of a table."""
    return isinstance(unit, MemoryPlan) and any(s.kind == "gather" for s in unit.streams)


def _accumulates(unit: UnitPlan) -> bool:
    """Whether a compute unit holds an accumulator."""
    return isinstance(unit, ComputePlan) and any(
        isinstance(op, spatial.FoldOp) for op in unit.body.ops
    )


def _hint(argument: BlockArgument) -> str:
    return argument.name_hint or "t"
