"""
Which elements a stream touches, firing by firing, as small arrays.

The coordinates of a stream are one array per dimension of its memory (or buffer), with an axis per
counter, those of the controllers around it first, and a last one for the lanes of a token; axes
on which a coordinate does not depend have length 1. So the coordinates of all firings of a run are
a few hundred numbers, whatever the number of elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import AffineMapAttr
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.dialects.spatial import (
    AgOp,
    DramOp,
    GatherOp,
    Holder,
    InputInitAttr,
    InputOp,
    OutputOp,
    PmuOp,
    ReadOp,
    WriteOp,
    parameter_parts,
    token_elements,
)
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.masks import EVERYTHING, Mask, all_of

Places = NDArray[np.int64]
"""One coordinate, [counters..., lanes]."""


@dataclass(frozen=True)
class Source:
    """Where the elements of a memory come from in one tensor that fills it."""

    name: str
    shape: tuple[int, ...]
    places: tuple[Places, ...]

    @cached_property
    def masks(self) -> list[Mask]:
        """Where they lie inside that tensor."""
        return inside(self.places, self.shape)


@dataclass(frozen=True)
class StreamPlaces:
    """The elements of a read, a write or an address generator over a whole run."""

    trips: tuple[int, ...]
    """Counters of the controllers around it, its own counters, lanes."""
    outer: int
    """How many counters are of controllers."""
    shape: tuple[int, ...]
    """Of the memory or buffer."""
    places: tuple[Places, ...]
    sources: tuple[Source, ...]
    """What fills the memory before the run; none where something is written to it."""

    @cached_property
    def masks(self) -> list[Mask]:
        """Where the elements lie inside the memory or buffer; all of them must hold."""
        return inside(self.places, self.shape)

    @cached_property
    def data(self) -> list[Mask]:
        """Where they are inside, and come from inside one of the tensors that fill the memory."""
        if not self.sources:
            return self.masks
        if len(self.sources) == 1:
            return [*self.masks, *self.sources[0].masks]
        found = ~EVERYTHING
        for source in self.sources:
            found = found | all_of(source.masks)
        return self.masks if not found.ndim else [*self.masks, found]


def inside(places: Sequence[Places], shape: Sequence[int]) -> list[Mask]:
    """Where coordinates lie within their sizes: one mask for each that does not always."""
    return [
        (place >= 0) & (place < size)
        for place, size in zip(places, shape, strict=True)
        if place.min() < 0 or place.max() >= size
    ]


def stream_places(
    process: Process, buffer: InputOp | DramOp | OutputOp | None = None
) -> StreamPlaces:
    """Find the elements of a stream; of an address generator in that buffer."""
    op, unit = process.op, process.unit
    assert isinstance(op, ReadOp | WriteOp | AgOp)
    outer = outer_trips(process)
    trips = (*outer, *process.bounds, firing_elements(op))
    holder = unit if isinstance(unit, PmuOp) else buffer
    assert holder is not None
    shape = tuple((holder.held if isinstance(holder, PmuOp) else holder.tensor).get_shape())
    places = _evaluate(op.map.data.results, _grid(trips)[:-1], len(trips))
    if places:
        places[-1] = places[-1] + firing_offsets(op).reshape((1,) * (len(trips) - 1) + (-1,))
    sources = _sources(holder, places) if isinstance(holder, PmuOp | DramOp) else ()
    return StreamPlaces(trips, len(outer), shape, tuple(places), tuple(sources))


def firing_elements(op: ReadOp | GatherOp | WriteOp | AgOp) -> int:
    """How many elements a firing of a stream moves: a token of each of its ports."""
    ports = len(op.port_names) if isinstance(op, ReadOp | WriteOp) else 1
    return token_elements(op.type_) * ports


def firing_offsets(op: ReadOp | WriteOp | AgOp) -> Places:
    """Places of a firing's elements along the last dimension, from the first one on, [elements]."""
    lanes = np.arange(token_elements(op.type_), dtype=np.int64)
    if isinstance(op, AgOp):
        return lanes
    first = op.port_step * np.arange(len(op.port_names), dtype=np.int64)
    return (first[:, None] + lanes).reshape(-1)


def outer_trips(process: Process) -> tuple[int, ...]:
    """Trip counts of the controllers that repeat a process, outermost first."""
    return tuple(bound for c in process.controllers for bound in c.bounds.get_values())


def full_trips(process: Process) -> tuple[int, ...]:
    """Trip counts of everything that counts the firings of a process in a run."""
    return (*outer_trips(process), *process.bounds)


@lru_cache(maxsize=256)
def _grid(trips: tuple[int, ...]) -> list[Places]:
    """One array per counter, shaped to broadcast over all of them."""
    return [
        np.arange(trip, dtype=np.int64).reshape([-1 if a == axis else 1 for a in range(len(trips))])
        for axis, trip in enumerate(trips)
    ]


def _evaluate(
    expressions: Sequence[AffineExpr], values: Sequence[Places], rank: int
) -> list[Places]:
    found = [np.asarray(evaluate_affine(expr, values), np.int64) for expr in expressions]
    return [place if place.ndim else place.reshape((1,) * rank) for place in found]


def _sources(holder: Holder, places: Sequence[Places]) -> list[Source]:
    """What fills a memory that nothing is written to, if the shapes of all of it are known."""
    init = holder.init
    if isinstance(holder, PmuOp) and any(isinstance(s, WriteOp) for s in holder.streams):
        return []
    parts = (init,) if isinstance(init, InputInitAttr) else parameter_parts(init)
    found: list[Source] = []
    for part in parts:
        shape = part.source_shape
        if shape is None:
            return []
        at = list(places)
        if isinstance(part.map, AffineMapAttr):
            at = _evaluate(part.map.data.results, places, places[0].ndim if places else 1)
            # A division may take the lanes away.
            at = [place[..., :1] if (place == place[..., :1]).all() else place for place in at]
        name = part.input if isinstance(part, InputInitAttr) else part.parameter
        found.append(Source(name.data, shape, tuple(at)))
    return found
