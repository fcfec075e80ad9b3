"""
Numbers of the units of a kernel, as a configuration tells them.

They are those of the ports on which the units write the kernel's results side by side. A stream
that reads for a unit has the number of the results that come out of what it sends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects.spatial import GatherOp, PcuOp, ReceiveOp, SendOp, WriteOp
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.useful_elements import End, UsefulElements


@dataclass(frozen=True)
class UnitNumber:
    """Which of the units of a kernel it is, and whether there are others."""

    number: int
    several: bool


class UnitNumbers:
    """Follows tokens through compute units and look-ups to where results are written."""

    def __init__(self, elements: UsefulElements) -> None:
        self.elements = elements
        self._known: dict[End, frozenset[UnitNumber]] = {}

    def behind(self, end: End) -> frozenset[UnitNumber]:
        """Give the units that an output port serves."""
        if end not in self._known:
            # What is on the way round a cycle adds nothing.
            self._known[end] = frozenset()
            found = [
                self._taken(link.target, self.elements.table[link.target][0])
                for link in self.elements.out_of.get(end, ())
            ]
            self._known[end] = frozenset[UnitNumber]().union(*found)
        return self._known[end]

    def _taken(self, end: End, process: Process) -> frozenset[UnitNumber]:
        unit, port = end
        match process.op:
            case WriteOp() as op if port in op.port_names:
                names = op.port_names
                return frozenset({UnitNumber(names.index(port), len(names) > 1)})
            case GatherOp() as op if port == op.index_port.data:
                return self.behind((unit, op.sym_name.data))
            case PcuOp() as op:
                found = [self.behind((unit, name)) for name in _results(op, port)]
                return frozenset[UnitNumber]().union(*found)
            case _:
                return frozenset()


def _results(unit: PcuOp, port: str) -> Iterator[str]:
    """Name the output ports whose tokens depend on those of an input port."""
    reached: set[SSAValue] = set()
    for op in unit.body.block.ops:
        match op:
            case ReceiveOp() if op.port.data == port:
                reached.add(op.result)
            case SendOp() if op.value in reached:
                yield op.port.data
            case Operation() if any(operand in reached for operand in op.operands):
                reached.update(op.results)
            case _:
                pass
