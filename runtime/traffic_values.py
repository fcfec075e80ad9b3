"""
Values that are written at run time: what of their traffic is needed, and what is copies.

An element is written once: as often as it is new, if it survives the activation that writes it.
It is read once by each group of readers; readers that get the same elements in the same order are
one group, however many memories serve them. An intermediate value that everybody reads once,
element by element, need not be in a memory at all; one that is read again and again, as all rows
of a product read the whole vector, must be. What is moved from memory to memory need not be.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from spatial_opt.dialects.spatial import GatherOp, ReadOp, WriteOp
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.held_values import FIRST, Memory
from spatial_opt.runtime.masks import EVERYTHING, Mask, all_of, count, regrid
from spatial_opt.runtime.stream_places import StreamPlaces, firing_elements, full_trips
from spatial_opt.runtime.token_origins import Origin
from spatial_opt.runtime.traffic_contents import Account, note_copies
from spatial_opt.runtime.traffic_flows import Flow, Flows
from spatial_opt.runtime.useful_elements import UsefulElements


@dataclass(eq=False)
class _Value:
    """The same tokens, wherever they are written."""

    writes: list[tuple[Memory, Flow]] = field(default_factory=list[tuple[Memory, Flow]])
    reads: list[tuple[Memory, Flow]] = field(default_factory=list[tuple[Memory, Flow]])
    """Of memories that are written with these tokens only, or with these first."""
    starts: bool = False
    """Whether memories that others write later start with it."""


def account_for_values(flows: Flows, elements: UsefulElements, account: Account) -> None:
    """Book the traffic of all memories that something is written to."""
    values: dict[Origin, _Value] = {}
    for memory in flows.values.memories.values():
        for number, flow in enumerate(flows.of(memory.writes)):
            value = values.setdefault(flows.values.origins.written(flow.process), _Value())
            value.writes.append((memory, flow))
            if not number:
                value.reads += [(memory, read) for read in flows.of(memory.reads)]
            value.starts |= number > 0 and bool(memory.reads)
    for value in values.values():
        value.writes.sort(key=lambda item: FIRST.index(item[1].cause))
        value.reads.sort(key=lambda item: FIRST.index(item[0].cause))
        needed = _writes(value, elements, account)
        _reads(value, needed, flows, account)


def _writes(value: _Value, elements: UsefulElements, account: Account) -> int:
    """Book the writes of a value; give the elements that are new and survive, each once."""
    trips = _tokens(value.writes[0][1].process)
    seen, surviving = np.zeros((), np.bool_), np.zeros((), np.bool_)
    before = again = 0
    first = value.writes[0][1]
    for memory, flow in value.writes:
        places = elements.places(flow.process)
        assert places is not None
        kept = all_of(places.masks)
        seen = seen | regrid(kept, places.trips[:-1], trips[:-1])
        lasting = kept & _lasting(places, len(places.trips) - 1 - len(flow.process.bounds))
        surviving = surviving | regrid(lasting, places.trips[:-1], trips[:-1])
        new = count([seen], trips) - before
        before += new
        copied = flow.bytes(flow.elements - new)
        again += copied
        account.copied[memory.name] += copied
        account.add(flow.cause, flow.bytes(flow.elements), 0, copied)
    needed = count([surviving], trips)
    note_copies(value.writes, again, account)
    if _is_needed(value, needed):
        account.compulsory[first.cause] += first.bytes(needed)
    return needed


def _tokens(write: Process) -> tuple[int, ...]:
    op = write.op
    assert isinstance(op, WriteOp)
    return *full_trips(write), firing_elements(op)


def _lasting(places: StreamPlaces, outer: int) -> Mask:
    """
    Tokens that the activation that writes them does not overwrite.

    Counters that do not move the address write to the same elements over and over.
    """
    found = EVERYTHING
    for axis in range(outer, len(places.trips) - 1):
        trip = places.trips[axis]
        if trip > 1 and all(place.shape[axis] == 1 for place in places.places):
            shape = [-1 if a == axis else 1 for a in range(len(places.trips))]
            found = found & (np.arange(trip) == trip - 1).reshape(shape)
    return found


def _is_needed(value: _Value, elements: int) -> bool:
    """Whether a value must be in a memory."""
    if not (value.reads or value.starts) or value.writes[0][1].cause == "copies":
        return False
    if value.writes[0][0].cause not in ("intermediate", "index"):
        return True
    return any(flow.elements > elements for _, flow in value.reads)


def _reads(value: _Value, needed: int, flows: Flows, account: Account) -> None:
    """Book the reads of a value, by groups that get the same elements in the same order."""
    must = _is_needed(value, needed)
    groups: dict[Hashable, list[tuple[Memory, Flow]]] = {}
    for memory, flow in value.reads:
        groups.setdefault(sequence(memory, flow.process, flows), []).append((memory, flow))
    for members in groups.values():
        members.sort(key=lambda member: -member[1].elements)
        moved = [flow.bytes(flow.elements) for _, flow in members]
        most, cause = moved[0], members[0][1].cause
        needs = must and cause != "copies"
        account.add(cause, sum(moved), most if needs else 0, sum(moved) - most)
        for (memory, _), amount in list(zip(members, moved, strict=True))[1:]:
            account.copied[memory.name] += amount
        note_copies(members, sum(moved) - most, account)


def sequence(memory: Memory, read: Process, flows: Flows) -> Hashable:
    """Identify what a stream reads: which elements of which tokens, in which order."""
    op = read.op
    if isinstance(op, GatherOp):
        return (
            "gather",
            _layout(memory, flows),
            flows.values.origins.origin((memory.name, op.index_port.data)),
        )
    assert isinstance(op, ReadOp)
    tokens = op.type_, len(op.port_names), op.port_step
    return _layout(memory, flows), op.map.data, read.controllers, read.bounds, tokens


def _layout(memory: Memory, flows: Flows) -> Hashable:
    """Identify where a memory keeps which tokens."""
    layout: list[Hashable] = [memory.unit.held, memory.unit.init]
    for write in memory.writes:
        assert isinstance(write.op, WriteOp)
        tokens = flows.values.origins.written(write)
        layout.append((tokens, write.op.map.data, write.op.port_step, write.bounds))
    return tuple(layout)
