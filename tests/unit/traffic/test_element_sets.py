"""Masks and sets in closed form against sets that are spelled out."""

from __future__ import annotations

from math import prod

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.runtime.element_sets import Coordinate, Product, count_union, touched
from spatial_opt.runtime.masks import Mask, count, regrid

TRIPS = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@st.composite
def masks(draw: st.DrawFn, trips: tuple[int, ...]) -> Mask:
    """A mask that depends on some of the counters."""
    shape = [trip if draw(st.booleans()) else 1 for trip in trips]
    bits = draw(st.lists(st.booleans(), min_size=prod(shape), max_size=prod(shape)))
    return np.array(bits, np.bool_).reshape(shape)


@given(st.data())
def test_count(data: st.DataObject) -> None:
    trips = data.draw(TRIPS)
    given = data.draw(st.lists(masks(trips), max_size=4))
    whole = np.ones(trips, np.bool_)
    for mask in given:
        whole = whole & mask
    assert count(given, trips) == whole.sum()


@given(st.data())
def test_regrid(data: st.DataObject) -> None:
    """The same tokens over other counters: split, joined, with ones put in."""
    trips = data.draw(TRIPS)
    mask = data.draw(masks((*trips, 3)))
    into = data.draw(
        st.sampled_from([(prod(trips),), (*trips, 1), (1, *trips), (trips[0], prod(trips[1:]))])
    )
    if data.draw(st.booleans()):
        whole = np.broadcast_to(mask, (*trips, 3)).reshape(*into, 3)
        assert (np.broadcast_to(regrid(mask, trips, into), (*into, 3)) == whole).all()
    else:
        back = regrid(regrid(mask, trips, into), into, trips)
        assert (np.broadcast_to(back, (*trips, 3)) == np.broadcast_to(mask, (*trips, 3))).all()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_unions(data: st.DataObject) -> None:
    """Rows, columns and digits of counters, padded and masked, in up to four sets."""
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    sets: list[Product] = []
    expected: set[tuple[int, ...]] = set()
    for _ in range(data.draw(st.integers(1, 4))):
        trips = data.draw(st.sampled_from([(3, 2, 4), (2, 5, 6), (1, 3, 8)]))
        grid = np.indices(trips, sparse=True)
        places = [_place(data, grid, trips) for _ in sizes]
        given = data.draw(st.lists(masks(trips), max_size=2))
        found = touched([Coordinate(p, n) for p, n in zip(places, sizes, strict=True)], given)
        where = np.ones(trips, np.bool_)
        for mask in given:
            where = where & mask
        spelled = [np.broadcast_to(p, trips)[where] for p in places]
        clipped = [np.where((p < 0) | (p >= n), -1, p) for p, n in zip(spelled, sizes, strict=True)]
        elements = set(zip(*(p.tolist() for p in clipped), strict=True))
        assert found.size == len(elements)
        sets.append(found)
        expected |= elements
    assert count_union(sets, sizes) == len(expected)


def _place(data: st.DataObject, grid: tuple[np.ndarray, ...], trips: tuple[int, ...]) -> np.ndarray:
    """A linear form of some counters, or a digit of the last one."""
    if data.draw(st.booleans()):
        low = data.draw(st.sampled_from([2, 4]))
        digit = grid[-1] // low if data.draw(st.booleans()) else grid[-1] % low
        return digit + data.draw(st.integers(-1, 2)) * grid[0]
    factors = [data.draw(st.integers(-1, 3)) for _ in trips]
    total = np.full((1,) * len(trips), data.draw(st.integers(-2, 3)))
    for factor, counter in zip(factors, grid, strict=True):
        if factor:
            total = total + factor * counter
    return total
