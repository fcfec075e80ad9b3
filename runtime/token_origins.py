"""
Where the tokens of a configuration come from, and where they go.

A token is followed through compute units that only pass it on, and back to the DRAM buffer that an
address generator loads. Two ports get the same tokens if their origins are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from spatial_opt.dialects.spatial import AgOp, GatherOp, PcuOp, ReadOp, ReceiveOp, SendOp, WriteOp
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.order import is_plain
from spatial_opt.runtime.stream_places import full_trips
from spatial_opt.runtime.useful_elements import End, UsefulElements

Origin: TypeAlias = tuple[object, ...]
"""Where the tokens of a port come from; equal for the same tokens."""


class TokenOrigins:
    """Answers for all ports of a configuration."""

    def __init__(self, elements: UsefulElements) -> None:
        self.elements = elements

    def written(self, write: Process) -> Origin:
        """Identify the tokens that a stream writes: what comes on its ports, in their order."""
        op = write.op
        assert isinstance(op, WriteOp)
        trips = tuple(trip for trip in full_trips(write) if trip > 1)
        return op.type_, trips, *self._origins(write)

    def origin(self, end: End) -> Origin:
        """Identify the tokens that arrive at an input port."""
        feeding = self.elements.into.get(end, [])
        if len(feeding) != 1 or feeding[0].span is not None:
            return "turns", *((link.source, link.span, str(link.window_of)) for link in feeding)
        link = feeding[0]
        if not is_plain(link):
            return "port", end
        source, port = self.elements.table[link.source]
        match source.op:
            case AgOp() as op:
                trips = tuple(trip for trip in full_trips(source) if trip > 1)
                return "load", op.buffer.root_reference.data, str(op.map.data), trips, op.type_
            case ReadOp():
                return "memory", link.source
            case PcuOp() as op:
                passed = _passed_on(op, port.name)
                if passed is not None:
                    return self.origin((link.source[0], passed))
            case _:
                pass
        return "port", link.source

    def loads(self, write: Process) -> str | None:
        """Name the DRAM buffer that a stream writes straight from, if it does."""
        origins = self._origins(write)
        return str(origins[0][1]) if all(origin[0] == "load" for origin in origins) else None

    def is_move(self, write: Process) -> bool:
        """Whether a stream writes what was read from another memory, unchanged."""
        return all(origin[0] == "memory" for origin in self._origins(write))

    def _origins(self, write: Process) -> list[Origin]:
        op, name = write.op, write.unit.sym_name.data
        assert isinstance(op, WriteOp)
        return [self.origin((name, port)) for port in op.port_names]

    def takers(self, read: Process) -> list[Process]:
        """Processes that take the tokens of a read, behind units that only pass them on."""
        op, unit = read.op, read.unit.sym_name.data
        assert isinstance(op, ReadOp | GatherOp)
        names = op.port_names if isinstance(op, ReadOp) else (op.sym_name.data,)
        found: list[Process] = []
        pending: list[End] = [(unit, name) for name in names]
        while pending:
            for link in self.elements.out_of.get(pending.pop(), ()):
                process = self.elements.table[link.target][0]
                passed = _passes(process.op, link.target[1])
                if passed:
                    pending += [(link.target[0], port) for port in passed]
                else:
                    found.append(process)
        return found


def _passed_on(unit: PcuOp, port: str) -> str | None:
    """The input port whose tokens leave on an output port as they are."""
    for op in unit.body.block.ops:
        if isinstance(op, SendOp) and op.port.data == port:
            given = op.value.owner
            same = isinstance(given, ReceiveOp) and _rate(given) == _rate(op)
            return given.port.data if same and isinstance(given, ReceiveOp) else None
    return None


def _passes(op: object, port: str) -> list[str]:
    """Output ports of a unit that only pass on what arrives at an input port."""
    if not isinstance(op, PcuOp):
        return []
    ops = list(op.body.block.ops)
    received = [r.result for r in ops if isinstance(r, ReceiveOp) and r.port.data == port]
    users = [use.operation for result in received for use in result.uses]
    sends = [user for user in users if isinstance(user, SendOp)]
    if len(sends) != len(users):
        return []
    return [send.port.data for send in sends if _passed_on(op, send.port.data) == port]


def _rate(op: ReceiveOp | SendOp) -> Sequence[object]:
    return op.once is not None, op.per
