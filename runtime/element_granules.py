"""
Elements that are always touched together, taken as one, so that sets of them are small.

A token of 64 elements is told apart from others by its beginning: each coordinate falls apart into
a high digit, which the counters choose, and a low one, which depends on the lane alone. That needs
beginnings that are multiples of the same number in all sets, one that no lane reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial_opt.runtime.element_sets import Coordinate
from spatial_opt.runtime.masks import Mask
from spatial_opt.runtime.stream_places import Places

Touched = tuple[list[Coordinate], list[Mask]]
"""The coordinates of the elements that a stream touches, and where they count."""
MOST_PATTERNS = 16
"""Different sets of lanes that may count, so that each gets a set of its own."""


@dataclass(frozen=True)
class _Digits:
    """How one coordinate falls apart, in all sets."""

    lanes: Places
    """What each lane of a granule adds, [lanes]."""
    unit: int
    """Beginnings are multiples of it; lanes add less."""

    @property
    def moves(self) -> bool:
        """Whether lanes tell elements apart by this coordinate."""
        return bool(self.lanes.any())


def granulated(sets: Sequence[Touched]) -> list[list[Touched]]:
    """
    Give the parts of each set, by lanes that count, with coordinates split into digits.

    The sets are over the same coordinates, and so are all parts. Granules are as large as all sets
    allow; sets that allow none are given as they are.
    """
    widths = [_width(each) for each in sets]
    for size in range(gcd(*widths), 1, -1):
        if all(width % size == 0 for width in widths):
            digits = _digits(sets, size)
            if digits is not None:
                parts = [_parts(each, digits, size) for each in sets]
                found = [each for each in parts if each is not None]
                if len(found) == len(sets):
                    return found
    return [[each] for each in sets]


def _width(touched: Touched) -> int:
    """Lanes of a token."""
    coordinates, masks = touched
    shapes = [c.places.shape for c in coordinates] + [mask.shape for mask in masks if mask.ndim]
    return max((shape[-1] for shape in shapes), default=1)


def _grouped(array: NDArray[Any], size: int) -> NDArray[Any]:
    """Put the lanes of each granule on an axis of their own; a single one stays so."""
    if array.shape[-1] == 1:
        return array[..., None]
    return array.reshape(*array.shape[:-1], -1, size)


def _digits(sets: Sequence[Touched], size: int) -> list[_Digits] | None:
    """Find how each coordinate falls apart for granules of `size` lanes; None if one does not."""
    found: list[_Digits] = []
    for number in range(len(sets[0][0])):
        lanes: Places | None = None
        unit = 0
        for coordinates, _ in sets:
            groups: Places = _grouped(coordinates[number].places, size)
            first = groups[..., :1]
            added = np.zeros(size, np.int64)
            if groups.shape[-1] > 1:
                offsets = groups - first
                added = offsets.reshape(-1, size)[0]
                if (offsets != added).any():
                    return None
            if lanes is not None and (lanes != added).any():
                return None
            lanes, unit = added, gcd(unit, int(np.gcd.reduce(first, axis=None)))
        if lanes is None:
            return None
        low, high = int(lanes.min()), int(lanes.max())
        unit = unit or high + 1
        if low < 0 or (high and unit <= high):
            return None
        found.append(_Digits(lanes, unit if high else 1))
    return found


def _parts(touched: Touched, digits: Sequence[_Digits], size: int) -> list[Touched] | None:
    """Split one set; None where what is outside a coordinate can't be told by the high digits."""
    coordinates, masks = touched
    high: list[Coordinate] = []
    low: list[Coordinate] = []
    for coordinate, own in zip(coordinates, digits, strict=True):
        first: Places = _grouped(coordinate.places, size)[..., :1] // own.unit
        high.append(Coordinate(first, -(-coordinate.size // own.unit)))
        if own.moves:
            rank = coordinate.places.ndim
            lanes = own.lanes.reshape((1,) * rank + (size,))
            low.append(Coordinate(lanes, int(own.lanes.max()) + 1))
    found: list[Touched] = []
    for granules, lanes in _patterns([mask for mask in masks if mask.ndim], size):
        if not _is_told(coordinates, high, digits, granules, lanes):
            return None
        rank = high[0].places.ndim if high else 1
        where = [lanes.reshape((1,) * (rank - 1) + (size,))]
        found.append(([*high, *low], [*granules, *where, *(m for m in masks if not m.ndim)]))
    return found if len(found) <= MOST_PATTERNS else None


def _patterns(masks: Sequence[Mask], size: int) -> Iterator[tuple[list[Mask], Mask]]:
    """Give the different sets of lanes of a granule that count, and where it is they."""
    alike: list[Mask] = []
    different: Mask | None = None
    for mask in masks:
        groups: Mask = _grouped(mask, size)
        if (groups == groups[..., :1]).all():
            alike.append(groups[..., :1].astype(np.bool_))
        else:
            different = groups if different is None else different & groups
    if different is None:
        yield alike, np.ones(size, np.bool_)
        return
    packed = np.packbits(different.reshape(-1, size), axis=1)
    rows, which = np.unique(packed, axis=0, return_inverse=True)
    which = which.reshape(*different.shape[:-1], 1)
    for number, row in enumerate(rows):
        lanes = np.unpackbits(row, count=size).astype(np.bool_)
        if lanes.any():
            yield [*alike, which == number], lanes


def _is_told(
    coordinates: Sequence[Coordinate],
    high: Sequence[Coordinate],
    digits: Sequence[_Digits],
    granules: Sequence[Mask],
    lanes: Mask,
) -> bool:
    """
    Whether the high digits tell which elements of a part are outside a coordinate, and what is.

    Nothing that counts may lie beyond a size inside a granule. And where granules lie outside one
    coordinate as a whole, another one must tell their lanes apart in the same way.
    """
    counts = np.ones((), np.bool_)
    for mask in granules:
        counts = counts & mask
    inside: dict[bytes, Mask] = {}
    for coordinate, first, own in zip(coordinates, high, digits, strict=True):
        if not own.moves:
            continue
        whole, rest = divmod(coordinate.size, own.unit)
        beyond = lanes & (own.lanes >= rest)
        if rest and beyond.any() and (counts & (first.places == whole)).any():
            return False
        key = own.lanes.tobytes()
        within = (first.places >= 0) & (first.places < first.size)
        inside[key] = inside.get(key, np.zeros((), np.bool_)) | within
    return not any((counts & ~within).any() for within in inside.values())
