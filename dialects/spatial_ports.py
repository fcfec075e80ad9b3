"""
Ports and processes of a configuration: what the units exchange, and how often.

A *process* is anything that fires: a stream of a memory unit, a compute unit, an address
generator, a controller. An *activation* is one run through its own counters; it happens once
per iteration of the controllers around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from xdsl.dialects.builtin import ArrayAttr, StringAttr
from xdsl.ir import Attribute, Block, Operation

from spatial_opt.dialects.spatial_compute import PcuOp, ReceiveOp, SendOp, firings_per_token
from spatial_opt.dialects.spatial_dram import AgOp, DramOp
from spatial_opt.dialects.spatial_links import LinkOp
from spatial_opt.dialects.spatial_memory import GatherOp, PmuOp, ReadOp, Stream, WriteOp
from spatial_opt.dialects.spatial_structure import ConfigOp, ControllerOp, trip_count

Unit: TypeAlias = PcuOp | PmuOp | AgOp | ControllerOp
Holder: TypeAlias = PmuOp | DramOp
"""What is filled before the run."""
ProcessKind: TypeAlias = Literal["pcu", "read", "gather", "write", "load", "store", "controller"]


@dataclass(frozen=True)
class Port:
    """An end of links. A token passes at firing n of an activation iff n % period == offset."""

    name: str
    direction: Literal["in", "out"]
    kind: Literal["data", "token"]
    type: Attribute | None
    """Type of a data token; None for `kind` "token"."""
    period: int
    offset: int
    firings: int
    """Firings of its process per activation."""
    process: str
    """Name of its process, as in `Process.name`."""

    @property
    def tokens_per_activation(self) -> int:
        """Tokens that pass in one activation of its process."""
        return self.firings // self.period


@dataclass(frozen=True)
class Process:
    """Something that fires, with all that its rate depends on."""

    name: str
    """`unit`, or `unit::stream` for a stream."""
    kind: ProcessKind
    unit: Unit
    op: Unit | Stream
    """The stream, or the unit itself."""
    controllers: tuple[ControllerOp, ...]
    """Controllers that repeat it, outermost first."""
    bounds: tuple[int, ...]
    """Its own counters."""
    firings: int
    """Per activation."""
    activations: int
    """Trip product of `controllers`."""
    ports: tuple[Port, ...]


def units(config: ConfigOp) -> Iterator[Unit]:
    """All units, controllers before their contents, in the order of the text."""
    for unit, _ in _units(config.body.block, ()):
        yield unit


def _units(
    block: Block, controllers: tuple[ControllerOp, ...]
) -> Iterator[tuple[Unit, tuple[ControllerOp, ...]]]:
    for op in block.ops:
        if isinstance(op, PcuOp | PmuOp | AgOp):
            yield op, controllers
        elif isinstance(op, ControllerOp):
            yield op, controllers
            yield from _units(op.body.block, (*controllers, op))


def holders(config: ConfigOp) -> list[Holder]:
    """Everything that is filled before the run: memory units, then DRAM tensors."""
    declared = [op for op in config.body.block.ops if isinstance(op, DramOp)]
    return [*(unit for unit in units(config) if isinstance(unit, PmuOp)), *declared]


def links(config: ConfigOp) -> Iterator[LinkOp]:
    """All links, wherever they stand, in the order of the text."""
    yield from _links(config.body.block)


def _links(block: Block) -> Iterator[LinkOp]:
    for op in block.ops:
        if isinstance(op, LinkOp):
            yield op
        elif isinstance(op, ControllerOp):
            yield from _links(op.body.block)


def processes(config: ConfigOp) -> list[Process]:
    """All processes, in the order of the text; streams of a memory in the order they take turns."""
    found: list[Process] = []
    for unit, controllers in _units(config.body.block, ()):
        found += _processes_of(unit, controllers)
    return found


def ports(unit: Operation) -> list[Port]:
    """All ports of a unit (or of a single stream)."""
    if isinstance(unit, ReadOp | GatherOp | WriteOp):
        pmu = unit.parent_op()
        prefix = f"{pmu.sym_name.data}::" if isinstance(pmu, PmuOp) else ""
        return _stream_ports(unit, prefix + unit.sym_name.data)
    if isinstance(unit, PcuOp | PmuOp | AgOp | ControllerOp):
        return [port for process in _processes_of(unit, ()) for port in process.ports]
    raise ValueError(f"{unit.name} is not a unit and has no ports")


def port_table(config: ConfigOp) -> dict[tuple[str, str], tuple[Process, Port]]:
    """Process and port by (unit name, port name)."""
    return {
        (process.unit.sym_name.data, port.name): (process, port)
        for process in processes(config)
        for port in process.ports
    }


def _processes_of(unit: Unit, controllers: tuple[ControllerOp, ...]) -> Iterator[Process]:
    name = unit.sym_name.data
    if isinstance(unit, PmuOp):
        for stream in unit.streams:
            full = f"{name}::{stream.sym_name.data}"
            bounds = stream.bounds.get_values()
            around = controllers[:-1] if "when" in stream.properties else controllers
            yield Process(
                full,
                _stream_kind(stream),
                unit,
                stream,
                around,
                bounds,
                trip_count(bounds),
                _iterations(around),
                tuple(_stream_ports(stream, full)),
            )
        return
    activations = _iterations(controllers)
    bounds = unit.bounds.get_values()
    firings = trip_count(bounds)
    match unit:
        case PcuOp():
            kind, found = "pcu", _pcu_ports(unit, firings)
        case AgOp():
            loads = unit.direction.data == "loads"
            kind = "load" if loads else "store"
            data = Port("data", "out" if loads else "in", "data", unit.type_, 1, 0, firings, name)
            found = [data, *_control_ports(unit.waits, unit.signals, firings, firings, name)]
        case ControllerOp():
            kind = "controller"
            found = _control_ports(unit.waits, unit.signals, 1, firings, name)
    yield Process(name, kind, unit, unit, controllers, bounds, firings, activations, tuple(found))


def _iterations(controllers: tuple[ControllerOp, ...]) -> int:
    return trip_count([bound for c in controllers for bound in c.bounds.get_values()])


def _stream_kind(stream: Stream) -> ProcessKind:
    if isinstance(stream, ReadOp):
        return "read"
    return "gather" if isinstance(stream, GatherOp) else "write"


def _control_ports(
    waits: ArrayAttr[StringAttr],
    signals: ArrayAttr[StringAttr],
    period: int,
    firings: int,
    process: str,
) -> list[Port]:
    last = period - 1
    return [
        *(Port(w.data, "in", "token", None, period, 0, firings, process) for w in waits),
        *(Port(s.data, "out", "token", None, period, last, firings, process) for s in signals),
    ]


def _stream_ports(stream: Stream, process: str) -> list[Port]:
    firings = trip_count(stream.bounds)

    def data(name: str, direction: Literal["in", "out"], type: Attribute) -> Port:
        return Port(name, direction, "data", type, 1, 0, firings, process)

    match stream:
        case ReadOp():
            found = [data(port, "out", stream.type_) for port in stream.port_names]
        case GatherOp():
            found = [
                data(stream.index_port.data, "in", stream.index_type),
                data(stream.sym_name.data, "out", stream.type_),
            ]
        case WriteOp():
            found = [data(port, "in", stream.type_) for port in stream.port_names]
    return [*found, *_control_ports(stream.waits, stream.signals, firings, firings, process)]


def _pcu_ports(pcu: PcuOp, firings: int) -> list[Port]:
    found: list[Port] = []
    name = pcu.sym_name.data
    for op in pcu.body.block.ops:
        if isinstance(op, ReceiveOp):
            period = firings_per_token(op)
            found.append(Port(op.port.data, "in", "data", op.result.type, period, 0, firings, name))
        elif isinstance(op, SendOp):
            period = firings_per_token(op)
            type = op.value.type
            found.append(Port(op.port.data, "out", "data", type, period, period - 1, firings, name))
    return found
