"""
How many different elements several streams touch, without listing them.

The coordinates that a stream touches fall apart into groups that depend on different counters: the
row on one, the column on another. Such a set is the product of one small set per group, and the
union of products is counted on classes of coordinates that no set tells apart. Where the groups of
two streams differ, both are spelled out as far as needed to agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial_opt.runtime.masks import Mask, all_of, count
from spatial_opt.runtime.stream_places import Places

Keys = NDArray[np.int64]
"""Different coordinate tuples of a group, as sorted numbers."""


@dataclass(frozen=True)
class Coordinate:
    """One coordinate of the elements of a stream: -1 to size - 1, -1 being outside."""

    places: Places
    size: int


@dataclass(frozen=True)
class Product:
    """A set of elements: every combination of what its groups of coordinates may be."""

    groups: tuple[tuple[int, ...], ...]
    """Numbers of the coordinates in each group, in order."""
    keys: tuple[Keys, ...]
    """What each group may be, mixed radix with sizes one larger than the coordinates'."""

    @property
    def size(self) -> int:
        """How many elements there are."""
        return prod(len(keys) for keys in self.keys)


def touched(coordinates: Sequence[Coordinate], masks: Sequence[Mask]) -> Product:
    """Give the different elements where all masks hold; arrays are over counters and lanes."""
    arrays = [np.clip(c.places, -1, c.size) for c in coordinates]
    arrays = [
        np.where(array == c.size, -1, array) for array, c in zip(arrays, coordinates, strict=True)
    ]
    arrays, masks = _split_axes(arrays, [mask for mask in masks if mask.ndim])
    pending = [
        ({a for a, n in enumerate(array.shape) if n > 1}, [k], list[Mask]())
        for k, array in enumerate(arrays)
    ]
    pending += [
        ({a for a, n in enumerate(mask.shape) if n > 1}, list[int](), [mask]) for mask in masks
    ]
    merged: list[tuple[set[int], list[int], list[Mask]]] = []
    for axes, members, where in pending:
        rest: list[tuple[set[int], list[int], list[Mask]]] = []
        for other in merged:
            if axes & other[0]:
                axes, members, where = axes | other[0], members + other[1], where + other[2]
            else:
                rest.append(other)
        merged = [*rest, (axes, members, where)]
    groups: list[tuple[int, ...]] = []
    keys: list[Keys] = []
    empty = False
    for _, members, where in merged:
        members.sort()
        if members:
            found = _keys(
                [arrays[k] for k in members], [coordinates[k].size for k in members], where
            )
            groups.append(tuple(members))
            keys.append(found)
        else:
            empty |= count(where, where[0].shape) == 0
    order = sorted(range(len(groups)), key=lambda n: groups[n])
    none = np.zeros(0, np.int64)
    return Product(
        tuple(groups[n] for n in order), tuple(none if empty else keys[n] for n in order)
    )


def _keys(arrays: Sequence[Places], sizes: Sequence[int], masks: Sequence[Mask]) -> Keys:
    key = arrays[0] + 1
    for array, size in zip(arrays[1:], sizes[1:], strict=True):
        key = key * (size + 1) + (array + 1)
    if masks:
        key, where = np.broadcast_arrays(key, all_of(masks))
        key = key[where]
    key = key.reshape(-1)
    if len(key) < 2 or (key[1:] > key[:-1]).all():
        return key
    return np.unique(key)


def _split_axes(arrays: list[Places], masks: list[Mask]) -> tuple[list[Places], list[Mask]]:
    """
    Split axes whose high and low digits go into different coordinates.

    Such as lanes 4 l + e with row l and column e: they are two counters in one.
    """
    everything: list[NDArray[Any]] = [*arrays, *masks]
    rank = max((each.ndim for each in everything), default=0)
    for axis in reversed(range(rank)):
        users = [each for each in everything if each.shape[axis] > 1]
        if sum(each.dtype != np.bool_ for each in users) < 2:
            continue
        trip = users[0].shape[axis]
        for low in range(2, trip // 2 + 1):
            if trip % low == 0 and all(_one_digit(each, axis, low) for each in users):
                everything = [_split(each, axis, low) for each in everything]
                break
    return everything[: len(arrays)], everything[len(arrays) :]


def _digits(array: NDArray[Any], axis: int, low: int) -> NDArray[Any]:
    shape = array.shape
    return array.reshape(*shape[:axis], shape[axis] // low, low, *shape[axis + 1 :])


def _one_digit(array: NDArray[Any], axis: int, low: int) -> bool:
    """Whether an array depends on the high or on the low digit of an axis only."""
    digits = _digits(array, axis, low)
    return bool(
        (digits == digits.take([0], axis)).all() or (digits == digits.take([0], axis + 1)).all()
    )


def _split(array: NDArray[Any], axis: int, low: int) -> NDArray[Any]:
    if array.shape[axis] == 1:
        return np.expand_dims(array, axis)
    digits = _digits(array, axis, low)
    high = digits.take([0], axis + 1)
    if (digits == high).all():
        return high
    return digits.take([0], axis)


def count_union(sets: Sequence[Product], sizes: Sequence[int]) -> int:
    """Count the different elements of several sets over the same coordinates."""
    sets = [each for each in sets if each.size]
    if len(sets) < 2:
        return sets[0].size if sets else 0
    sets = _agree(sets, sizes)
    weights: list[Keys] = []
    member: list[list[NDArray[np.bool_]]] = []
    for number in range(len(sets[0].groups)):
        classes, where = _classes([each.keys[number] for each in sets])
        weights.append(classes)
        member.append(where)
    grid = np.zeros([len(w) for w in weights], np.bool_)
    for number in range(len(sets)):
        grid[np.ix_(*(where[number] for where in member))] = True
    total = grid.astype(np.int64)
    for weight in reversed(weights):
        total = total @ weight
    return int(total)


def _classes(found: Sequence[Keys]) -> tuple[Keys, list[NDArray[np.bool_]]]:
    """Sort coordinates by the sets they are in: the size of each class, and the classes of each."""
    numbers: dict[bytes, int] = {}
    which = [numbers.setdefault(keys.tobytes(), len(numbers)) for keys in found]
    different: list[Keys] = []
    for keys, number in zip(found, which, strict=True):
        if number == len(different):
            different.append(keys)
    every, inverse = np.unique(np.concatenate(different), return_inverse=True)
    if len(every) == sum(map(len, different)):
        identity = np.eye(len(different), dtype=np.bool_)
        return np.array([len(keys) for keys in different]), [identity[n] for n in which]
    table = np.zeros((len(every), len(different)), np.bool_)
    table[inverse, np.repeat(np.arange(len(different)), [len(keys) for keys in different])] = True
    rows, sizes = np.unique(np.packbits(table, axis=1), axis=0, return_counts=True)
    classes = np.unpackbits(rows, axis=1, count=len(different)).astype(np.bool_)
    return sizes, [classes[:, n] for n in which]


def _agree(sets: Sequence[Product], sizes: Sequence[int]) -> list[Product]:
    """Give the sets with the same groups of coordinates: the finest that all have or can take."""
    if len({each.groups for each in sets}) == 1:
        return list(sets)
    merged: list[set[int]] = []
    for group in (group for each in sets for group in each.groups):
        joined = set(group)
        rest = [other for other in merged if not joined & other]
        joined.update(*(other for other in merged if joined & other))
        merged = [*rest, joined]
    groups = tuple(sorted(tuple(sorted(group)) for group in merged))
    return [_regrouped(each, groups, sizes) for each in sets]


def _regrouped(
    product: Product, groups: tuple[tuple[int, ...], ...], sizes: Sequence[int]
) -> Product:
    keys: list[Keys] = []
    for group in groups:
        digits: dict[int, Keys] = {}
        length = 1
        for members, found in zip(product.groups, product.keys, strict=True):
            if not set(members) <= set(group):
                continue
            rest, parts = found, dict[int, Keys]()
            for k in reversed(members):
                rest, parts[k] = np.divmod(rest, sizes[k] + 1)
            digits = {k: np.repeat(array, len(found)) for k, array in digits.items()}
            digits |= {k: np.tile(array, length) for k, array in parts.items()}
            length *= len(found)
        key = np.zeros(length, np.int64)
        for k in group:
            key = key * (sizes[k] + 1) + digits[k]
        keys.append(np.unique(key))
    return Product(groups, tuple(keys))
