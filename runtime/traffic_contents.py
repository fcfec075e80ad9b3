"""
Weights, tables and DRAM buffers: how many of their elements must be moved.

A weight must be read once per iteration of the controllers around its reader, whatever memories
hold it; a look-up reads one element; an element of DRAM must be moved once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from spatial_opt.dialects.spatial import GatherOp, ReadOp
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.passes.solvers.resources import held_bytes
from spatial_opt.runtime.element_granules import granulated
from spatial_opt.runtime.element_sets import Coordinate, count_union, touched
from spatial_opt.runtime.held_values import Cause, Memory
from spatial_opt.runtime.masks import Mask
from spatial_opt.runtime.stream_places import StreamPlaces
from spatial_opt.runtime.traffic_flows import Flow, Flows
from spatial_opt.runtime.useful_elements import UsefulElements


@dataclass(frozen=True)
class Copy:
    """A value that several memory units hold, and the bytes that this moves in a run."""

    holds: str
    units: tuple[str, ...]
    """All that hold it."""
    bytes: int


@dataclass
class Account:
    """What memories move, what they must, and what they move for holding a value twice."""

    by_cause: Counter[Cause] = field(default_factory=Counter[Cause])
    compulsory: Counter[Cause] = field(default_factory=Counter[Cause])
    copies: list[Copy] = field(default_factory=list[Copy])
    copied: Counter[str] = field(default_factory=Counter[str])
    """Bytes by memory unit that move what another one holds."""
    contents: int = 0
    """Bytes of weights and inputs that are there before the run and are used, each once."""

    def add(self, cause: Cause, moved: int, needed: int, copied: int = 0) -> None:
        """Book bytes that are moved for a cause, of which some only for holding a value twice."""
        self.by_cause[cause] += moved - copied
        self.by_cause["copies"] += copied
        self.compulsory[cause] += 0 if cause == "copies" else needed


Reader = tuple[Memory, Flow]


def account_for_contents(flows: Flows, elements: UsefulElements, account: Account) -> None:
    """Book the reads of all memories that nothing is written to."""
    look_ups: dict[Hashable, list[Reader]] = {}
    sources: dict[Hashable, list[Reader]] = {}
    for memory in flows.values.memories.values():
        for flow in flows.of(memory.reads) if not memory.writes else ():
            op, places = flow.process.op, elements.places(flow.process)
            if isinstance(op, GatherOp):
                index = flows.values.origins.origin((memory.name, op.index_port.data))
                look_ups.setdefault((memory.unit.init, op.type_, index), []).append((memory, flow))
            elif places is not None and places.sources:
                names = tuple(source.name for source in places.sources)
                key = names, memory.unit.held.element_type
                sources.setdefault(key, []).append((memory, flow))
            else:
                account.add(flow.cause, moved := flow.bytes(flow.elements), moved)
    for readers in look_ups.values():
        _look_ups(readers, account)
    for readers in sources.values():
        _elements(readers, elements, account)


def _look_ups(readers: Sequence[Reader], account: Account) -> None:
    memory, first = readers[0]
    moved = [flow.bytes(flow.elements) for _, flow in readers]
    again = sum(moved) - moved[0]
    account.add(first.cause, sum(moved), moved[0], again)
    for (other, _), amount in list(zip(readers, moved, strict=True))[1:]:
        account.copied[other.name] += amount
    note_copies(readers, again, account)
    if memory.cause != "tables":
        account.contents += held_bytes(memory.unit)


def _elements(readers: Sequence[Reader], elements: UsefulElements, account: Account) -> None:
    loops: dict[Hashable, list[Reader]] = {}
    for reader in readers:
        loops.setdefault(reader[1].process.controllers, []).append(reader)
    union = 0
    for together in loops.values():
        touches = [_Touch(flow, elements) for _, flow in together]
        moved = sum(flow.bytes(flow.elements) for _, flow in together)
        union, held = _union(touches, outer=False)
        once = union * together[0][1].process.activations
        if any(touch.varies for touch in touches):
            once, _ = _union(touches, outer=True)
        # What more than one memory holds is read in the share that it has in all they hold.
        again = moved * (held - union) // held if held else 0
        cause = together[0][1].cause
        account.add(cause, moved, min(moved, together[0][1].bytes(once)), again)
        note_copies(together, again, account)
    if len(loops) > 1:
        union, _ = _union([_Touch(flow, elements) for _, flow in readers], outer=False)
    account.contents += readers[0][1].bytes(union)


class _Touch:
    """Which elements of the tensors that fill a memory are read, and wanted."""

    def __init__(self, flow: Flow, elements: UsefulElements) -> None:
        op, places = flow.process.op, elements.places(flow.process)
        assert isinstance(op, ReadOp)
        assert places is not None
        self.trips, self.outer = places.trips, places.outer
        self.coordinates = [
            Coordinate(place, size)
            for source in places.sources
            for place, size in zip(source.places, source.shape, strict=True)
        ]
        self.masks: list[Mask] = [*places.data, elements.given(flow.process)]
        arrays = [*(c.places for c in self.coordinates), *(m for m in self.masks if m.ndim)]
        self.varies = any(array.shape[: self.outer] != (1,) * self.outer for array in arrays)

    def with_outer(self) -> list[Coordinate]:
        """Give the coordinates, behind the iteration that reads them."""
        rank = len(self.trips)
        counters = [
            Coordinate(np.arange(trip).reshape([-1 if a == axis else 1 for a in range(rank)]), trip)
            for axis, trip in enumerate(self.trips[: self.outer])
        ]
        return [*counters, *self.coordinates]


def _union(touches: Sequence[_Touch], outer: bool) -> tuple[int, int]:
    """Count the different elements, of each iteration or of all; and those of each, added up."""
    found = granulated(
        [(touch.with_outer() if outer else touch.coordinates, touch.masks) for touch in touches]
    )
    sets = [[touched(*part) for part in parts] for parts in found]
    every = [part for parts in sets for part in parts]
    sizes = [c.size for coordinates, _ in next(filter(None, found), ())[:1] for c in coordinates]
    return count_union(every, sizes), sum(count_union(parts, sizes) for parts in sets)


def note_copies(readers: Sequence[Reader], again: int, account: Account) -> None:
    """Book that several memories hold a value, if that moves any bytes."""
    if again:
        names = tuple(dict.fromkeys(memory.name for memory, _ in readers))
        account.copies.append(Copy(readers[0][0].holds, names, again))


def buffer_elements(processes: Sequence[Process], elements: UsefulElements) -> int:
    """
    Count the different elements of a DRAM buffer that address generators touch in a run.

    Of weights only those that a parameter has and somebody wants.
    """
    found: list[tuple[StreamPlaces, Sequence[Mask]]] = []
    for process in processes:
        places, unit = elements.places(process), process.unit.sym_name.data
        assert places is not None
        weights = bool(places.sources)
        masks = [*places.data, elements.leaving((unit, "data"))] if weights else places.masks
        found.append((places, masks))
    sets = [
        touched([Coordinate(p, n) for p, n in zip(places.places, places.shape, strict=True)], masks)
        for places, masks in found
    ]
    return count_union(sets, found[0][0].shape) if found else 0
