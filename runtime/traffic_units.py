"""
Words that units get from units of another number, as a configuration alone tells it.

An output of a memory serves the units whose results come out of what it sends. Where these are of
one number, of several that their kernel has, each element was made by the unit of that number, or
it is moved. Outputs that serve units of several numbers bring all of them the same (the operand of
a matrix-vector product), and move nothing in this sense.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial_opt.dialects.spatial import ReadOp, WriteOp, token_elements
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.held_values import Memory
from spatial_opt.runtime.masks import EVERYTHING, Mask, all_of
from spatial_opt.runtime.stream_places import outer_trips
from spatial_opt.runtime.traffic_flows import Flows
from spatial_opt.runtime.traffic_values import sequence
from spatial_opt.runtime.unit_numbers import UnitNumbers
from spatial_opt.runtime.useful_elements import End, UsefulElements
from spatial_opt.runtime.versions import Activations, pairs


@dataclass(frozen=True)
class Moved:
    """What a memory gives a unit, in a run, of what units of other numbers made."""

    unit: str
    """The memory unit."""
    port: str
    """Its output."""
    number: int
    """Of the unit that it serves, among those of its kernel."""
    words: int


def moved_between_units(flows: Flows, elements: UsefulElements) -> list[Moved]:
    """List what memories give units of others' making; outputs that give nothing are left out."""
    numbers = UnitNumbers(elements)
    groups: dict[Hashable, list[_Port]] = {}
    for memory in flows.values.memories.values():
        for read in memory.reads if memory.writes else ():
            if isinstance(read.op, ReadOp):
                for place, name in enumerate(read.op.port_names):
                    key = read.op.sym_name, sequence(memory, read, flows), place
                    groups.setdefault(key, []).append(_Port(memory, read, read.op, place, name))
    found: list[Moved] = []
    for members in groups.values():
        # Memories of which a kernel has a copy for each product are as one.
        served = {unit for port in members for unit in numbers.behind(port.end)}
        if len(served) != 1:
            continue
        (unit,) = served
        if unit.several:
            moved = [_moved(port, unit.number, flows, elements) for port in members]
            found.append(max(moved, key=lambda each: each.words))
    return [each for each in found if each.words]


@dataclass(frozen=True)
class _Port:
    """One output of a stream that reads."""

    memory: Memory
    read: Process
    op: ReadOp
    place: int
    """Among the ports of the stream."""
    name: str

    @property
    def end(self) -> End:
        return self.memory.name, self.name


def _moved(port: _Port, number: int, flows: Flows, elements: UsefulElements) -> Moved:
    """Count the elements that a port takes and other units wrote, each time that these do."""
    taken = _taken_by(port, elements)
    carried = flows.values.is_carried(port.read, port.memory)
    words = 0
    for write in port.memory.writes:
        op = write.op
        assert isinstance(op, WriteOp)
        if _is_unmade(write, flows) or _is_over(write, port):
            continue
        made = _made_by(write, elements)
        units = np.repeat(np.arange(len(op.port_names)), token_elements(op.type_))
        found = pairs(write, port.read, made.kinds, taken.kinds, carried)
        for (one, others), often in found.items():
            wanted = np.zeros(prod(taken.shape), np.bool_)
            for other in others:
                at, inside = taken.elements(other)
                wanted[at[inside]] = True
            at, inside = made.elements(one)
            makers = np.full(wanted.shape, number, np.int64)
            makers[at[inside]] = np.broadcast_to(units, at.shape)[inside]
            words += often * int(np.count_nonzero(wanted & (makers != number)))
    return Moved(port.memory.name, port.name, number, words)


def _is_unmade(write: Process, flows: Flows) -> bool:
    """Whether no unit makes what is written: it comes from DRAM, or from what another loop left."""
    op = write.op
    assert isinstance(op, WriteOp)
    if flows.values.origins.loads(write) is not None:
        return True
    start = op.when is not None and op.when.data == "before" and len(op.port_names) == 1
    return start and flows.values.origins.is_move(write)


def _is_over(write: Process, port: _Port) -> bool:
    """Whether a loop writes anew what was written before it, and what is read is what it left."""
    op = write.op
    assert isinstance(op, WriteOp)
    if op.when is None or port.op.when is None or op.when == port.op.when:
        return False
    return any(len(other.controllers) > len(write.controllers) for other in port.memory.writes)


def _made_by(write: Process, elements: UsefulElements) -> Activations:
    places = elements.places(write)
    assert places is not None
    return Activations(outer_trips(write), places.places, EVERYTHING, places.shape)


def _taken_by(port: _Port, elements: UsefulElements) -> Activations:
    """Give what a port sends and somebody wants."""
    places = elements.places(port.read)
    assert places is not None
    width = token_elements(port.op.type_)
    own = slice(port.place * width, (port.place + 1) * width)
    masks = [_lanes(mask, own) for mask in places.data]
    wanted: Mask = all_of([*masks, elements.leaving(port.end)])
    coordinates = [_lanes(place, own) for place in places.places]
    return Activations(outer_trips(port.read), coordinates, wanted, places.shape)


def _lanes(array: NDArray[Any], lanes: slice) -> NDArray[Any]:
    """Give some of the elements of a firing, where they differ at all."""
    return array[..., lanes] if array.ndim and array.shape[-1] > 1 else array
