"""
Activations of the streams of a memory: which of them are alike, and which reads what which wrote.

A stream runs once in each iteration of the controllers around it. What it reads is what a stream of
the same iteration wrote, or one of the iteration before; what was written before a loop, all its
iterations read, or only the first one, if the loop writes it anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.masks import Mask
from spatial_opt.runtime.stream_places import Places, outer_trips

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Activations:
    """Coordinates and a mask of a stream's elements, over all its activations."""

    outer: tuple[int, ...]
    """Trip counts of the controllers around it."""
    coordinates: Sequence[Places]
    """[outer..., own counters..., elements], per dimension."""
    mask: Mask
    shape: tuple[int, ...]
    """Of the memory."""

    @cached_property
    def kinds(self) -> Numbers:
        """Number the activations so that those that touch the same have one number, [outer...]."""
        return self._different[1].reshape(self.outer)

    @cached_property
    def _different(self) -> tuple[Numbers, Numbers]:
        depth, count = len(self.outer), prod(self.outer)
        rows = [
            np.broadcast_to(a, (*self.outer, *a.shape[depth:])).reshape(count, -1).astype(np.int64)
            for a in (*self.coordinates, self.mask)
            if a.ndim and a.shape[:depth] != (1,) * depth
        ]
        if not rows:
            return np.zeros(1, np.int64), np.zeros(count, np.int64)
        _, first, kinds = np.unique(
            np.concatenate(rows, axis=1), axis=0, return_index=True, return_inverse=True
        )
        return first, kinds.reshape(-1)

    def elements(self, kind: int) -> tuple[Numbers, Mask]:
        """Give the number in its memory of each element of an activation, and which count."""
        at: list[int] = []
        rest = int(self._different[0][kind])
        for trip in reversed(self.outer):
            rest, index = divmod(rest, trip)
            at.insert(0, index)
        place, inside = np.zeros((), np.int64), self._here(self.mask, at)
        for coordinate, size in zip(self.coordinates, self.shape, strict=True):
            here = self._here(coordinate, at)
            place = place * size + here
            inside = inside & (here >= 0) & (here < size)
        shape = np.broadcast_shapes(place.shape, inside.shape)
        return np.broadcast_to(place, shape), np.broadcast_to(inside, shape)

    @staticmethod
    def _here(array: NDArray[Any], at: Sequence[int]) -> NDArray[Any]:
        if not array.ndim:
            return array
        return array[tuple(i if n > 1 else 0 for i, n in zip(at, array.shape, strict=False))]


Pairs = Counter[tuple[int, frozenset[int]]]
"""How often an activation of a kind writes what activations of some kinds read."""


def pairs(write: Process, read: Process, made: Numbers, taken: Numbers, carried: bool) -> Pairs:
    """
    Pair the activations of a write with those that read what it wrote, as kinds [outer...].

    `carried` says whether a read sees what the iteration before it wrote.
    """
    ours, theirs = outer_trips(write), outer_trips(read)
    if ours == theirs:
        if carried:
            made, taken = made[..., :-1], taken[..., 1:]
        return _counted(made.reshape(-1), taken.reshape(-1, 1))
    if len(ours) > len(theirs):
        # Read after the loop: what its last iteration left.
        last = made.reshape(prod(theirs), -1)[:, -1]
        return _counted(last, taken.reshape(-1, 1))
    inner = taken.reshape(prod(ours), -1)
    return _counted(made.reshape(-1), inner[:, :1] if carried else inner)


def _counted(made: Numbers, taken: Numbers) -> Pairs:
    if taken.shape[1] == 1:
        found, times = np.unique(np.stack([made, taken[:, 0]]), axis=1, return_counts=True)
        return Counter(
            {
                (int(one), frozenset({int(other)})): int(often)
                for one, other, often in zip(*found, times, strict=True)
            }
        )
    return Counter(
        (int(one), frozenset(map(int, others))) for one, others in zip(made, taken, strict=True)
    )
