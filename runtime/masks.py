"""
Truth values over counters, kept small.

A mask is an array of truth values with one axis per counter and a last one for the lanes of a
token. An axis on which it does not depend has length 1, so that a mask over thousands of firings
may be a handful of values. A mask of no axes at all holds everywhere, or nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

EVERYTHING = np.ones((), np.bool_)
"""A mask that depends on nothing."""


def all_of(masks: Iterable[Mask]) -> Mask:
    """Tell where all masks hold."""
    found = EVERYTHING
    for mask in masks:
        found = found & mask
    return found


def any_over(mask: Mask, axes: Sequence[int], keep: bool = False) -> Mask:
    """Tell where a mask holds anywhere along some axes."""
    return np.asarray(mask.any(axis=tuple(axes), keepdims=keep)) if mask.ndim else mask


def regrid(mask: Mask, trips: Sequence[int], into: Sequence[int]) -> Mask:
    """
    Give a mask [trips..., lanes] over other counters that count the same tokens: [into..., lanes].

    Axes of one iteration come and go; where the counters differ otherwise, the mask is spelled
    out from the first one that does.
    """
    trips, into = tuple(trips), tuple(into)
    if not mask.ndim or trips == into:
        return mask
    lanes = mask.shape[-1]
    kept = [size for size, trip in zip(mask.shape, trips, strict=False) if trip != 1]
    if [trip for trip in trips if trip != 1] == [trip for trip in into if trip != 1]:
        sizes = iter(kept)
        return mask.reshape(*(1 if trip == 1 else next(sizes) for trip in into), lanes)
    if mask.size == lanes:
        return mask.reshape(*(1 for _ in into), lanes)
    same = 0
    while same < min(len(trips), len(into)) and trips[same] == into[same]:
        same += 1
    head = mask.shape[:same]
    whole = np.broadcast_to(mask, (*head, *trips[same:], lanes))
    return squeezed(whole.reshape(*head, *into[same:], lanes), same)


def squeezed(mask: Mask, first: int) -> Mask:
    """Drop what the axes from `first` on do not say: they get length 1 where all is the same."""
    for axis in range(first, mask.ndim):
        start = mask[(slice(None),) * axis + (slice(0, 1),)]
        if mask.shape[axis] > 1 and (mask == start).all():
            mask = start
    return mask


def flat_tokens(mask: Mask, trips: Sequence[int], outer: int) -> Mask:
    """Give a mask [trips..., lanes] as [the first `outer` trips..., tokens, lanes]."""
    return regrid(mask, trips, (*trips[:outer], prod(trips[outer:])))


def count(masks: Sequence[Mask], trips: Sequence[int]) -> int:
    """
    Count the points of a box where all masks hold.

    Masks without a common axis are counted apart, so nothing is spelled out that need not be.
    """
    groups: list[tuple[set[int], Mask]] = []
    for mask in masks:
        if not mask.ndim:
            if not mask:
                return 0
            continue
        axes, found = {axis for axis, size in enumerate(mask.shape) if size > 1}, mask
        rest: list[tuple[set[int], Mask]] = []
        for other, theirs in groups:
            if axes & other:
                axes, found = axes | other, found & theirs
            else:
                rest.append((other, theirs))
        groups = [*rest, (axes, found)]
    total = prod(int(np.count_nonzero(found)) for _, found in groups)
    covered = {axis for axes, _ in groups for axis in axes}
    return total * prod(trip for axis, trip in enumerate(trips) if axis not in covered)
